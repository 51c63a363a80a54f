-- Zammad's tables as PostgreSQL has them, as far as the mapping and the stories need them.
--
-- Names and types are those of zammad/zammad, db/migrate/20120101000010_create_ticket.rb and 20120101000001_create_base.rb
-- (Rails: integer, boolean, string as character varying of its limit, text, decimal as numeric, timestamp with three digits
-- and without a time zone). Constraints on columns that the stories leave empty are left out.

CREATE TABLE groups (
    id serial PRIMARY KEY, name varchar(160) NOT NULL, active boolean NOT NULL DEFAULT true, note varchar(250),
    updated_by_id integer, created_by_id integer, created_at timestamp(3), updated_at timestamp(3)
);
CREATE TABLE ticket_state_types (
    id serial PRIMARY KEY, name varchar(250) NOT NULL, note varchar(250), updated_by_id integer, created_by_id integer,
    created_at timestamp(3) NOT NULL, updated_at timestamp(3) NOT NULL
);
CREATE TABLE ticket_states (
    id serial PRIMARY KEY, state_type_id integer NOT NULL, name varchar(250) NOT NULL, next_state_id integer,
    ignore_escalation boolean, default_create boolean, default_follow_up boolean, note varchar(250), active boolean,
    updated_by_id integer, created_by_id integer, created_at timestamp(3) NOT NULL, updated_at timestamp(3) NOT NULL
);
CREATE TABLE ticket_priorities (
    id serial PRIMARY KEY, name varchar(250) NOT NULL, default_create boolean, ui_icon varchar(100), ui_color varchar(100),
    note varchar(250), active boolean, updated_by_id integer, created_by_id integer, created_at timestamp(3) NOT NULL,
    updated_at timestamp(3) NOT NULL
);
CREATE TABLE tickets (
    id serial PRIMARY KEY, group_id integer NOT NULL, priority_id integer NOT NULL, state_id integer NOT NULL,
    organization_id integer, number varchar(60) NOT NULL, title varchar(250) NOT NULL, owner_id integer NOT NULL,
    customer_id integer NOT NULL, note varchar(250), first_response_at timestamp(3),
    first_response_escalation_at timestamp(3), first_response_in_min integer, first_response_diff_in_min integer,
    close_at timestamp(3), close_escalation_at timestamp(3), close_in_min integer, close_diff_in_min integer,
    update_escalation_at timestamp(3), update_in_min integer, update_diff_in_min integer, last_close_at timestamp(3),
    last_contact_at timestamp(3), last_contact_agent_at timestamp(3), last_contact_customer_at timestamp(3),
    last_owner_update_at timestamp(3), create_article_type_id integer, create_article_sender_id integer,
    article_count integer, escalation_at timestamp(3), pending_time timestamp(3), type varchar(100),
    time_unit numeric(6, 2), preferences text, updated_by_id integer NOT NULL, created_by_id integer NOT NULL,
    created_at timestamp(3) NOT NULL, updated_at timestamp(3) NOT NULL
);
CREATE TABLE ticket_article_types (
    id serial PRIMARY KEY, name varchar(250) NOT NULL, note varchar(250), communication boolean NOT NULL, active boolean,
    updated_by_id integer, created_by_id integer, created_at timestamp(3) NOT NULL, updated_at timestamp(3) NOT NULL
);
CREATE TABLE ticket_article_senders (
    id serial PRIMARY KEY, name varchar(250) NOT NULL, note varchar(250), updated_by_id integer, created_by_id integer,
    created_at timestamp(3) NOT NULL, updated_at timestamp(3) NOT NULL
);
CREATE TABLE ticket_articles (
    id serial PRIMARY KEY, ticket_id integer NOT NULL, type_id integer NOT NULL, sender_id integer NOT NULL,
    "from" varchar(3000), "to" varchar(3000), cc varchar(3000), subject varchar(3000), reply_to varchar(300),
    message_id varchar(3000), message_id_md5 varchar(32), in_reply_to varchar(3000), content_type varchar(20),
    body text NOT NULL, internal boolean NOT NULL DEFAULT false, preferences text, updated_by_id integer,
    created_by_id integer, origin_by_id integer, created_at timestamp(3) NOT NULL, updated_at timestamp(3) NOT NULL
);
CREATE TABLE histories (
    id serial PRIMARY KEY, history_type_id integer NOT NULL, history_object_id integer NOT NULL,
    history_attribute_id integer, o_id integer NOT NULL, related_o_id integer, related_history_object_id integer,
    id_to integer, id_from integer, value_from varchar(500), value_to varchar(500), created_by_id integer NOT NULL,
    created_at timestamp(3) NOT NULL, updated_at timestamp(3) NOT NULL
);
CREATE TABLE history_types (
    id serial PRIMARY KEY, name varchar(250) NOT NULL, created_at timestamp(3) NOT NULL, updated_at timestamp(3) NOT NULL
);
CREATE TABLE history_objects (
    id serial PRIMARY KEY, name varchar(250) NOT NULL, note varchar(250), created_at timestamp(3) NOT NULL,
    updated_at timestamp(3) NOT NULL
);
CREATE TABLE history_attributes (
    id serial PRIMARY KEY, name varchar(250) NOT NULL, created_at timestamp(3) NOT NULL, updated_at timestamp(3) NOT NULL
);
