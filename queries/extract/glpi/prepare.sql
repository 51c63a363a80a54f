-- What a status does. For whom a pending ticket waits is not said; as "internal" it stops no clock. Statuses 7 and up belong
-- to changes and problems; a ticket that has one is kept, and the status is named by unknown.sql.
CREATE TABLE meaning (status INTEGER PRIMARY KEY, does TEXT NOT NULL, reason TEXT);
INSERT INTO meaning VALUES
    (1, 'work', NULL),
    (2, 'work', NULL),
    (3, 'work', NULL),
    (4, 'wait', 'internal'),
    (5, 'solved', NULL),
    (6, 'closed', NULL);

CREATE TABLE ticket AS
SELECT
    CAST(id AS INTEGER) AS case_key, id AS case_id, name, content, CAST(status AS INTEGER) AS status,
    CAST(requesttypes_id AS INTEGER) AS requesttypes_id, CAST(priority AS INTEGER) AS priority,
    CAST(itilcategories_id AS INTEGER) AS itilcategories_id, is_deleted = '1' AS is_deleted, locations_id,
    -- The opening date may be set back to when the call came.
    MIN(COALESCE(date, date_creation), COALESCE(date_creation, date)) AS received_at,
    COALESCE(date_creation, date) AS entered_at, solvedate, closedate, date_mod, time_to_resolve
FROM glpi_tickets;
CREATE UNIQUE INDEX ticket_by_key ON ticket (case_key);
ALTER TABLE ticket ADD COLUMN received_month TEXT;
UPDATE ticket SET received_month = COALESCE(local_month(received_at), 'unknown');
CREATE INDEX ticket_by_month ON ticket (received_month, case_key);

-- The history of tickets. Names end with their number in brackets: "Ayşe Demir (12)". A clock that is ahead of a later row
-- is set back to it: ids grow with the changes.
CREATE TABLE change AS
SELECT
    CAST(l.id AS INTEGER) AS id, CAST(l.items_id AS INTEGER) AS ticket_id, COALESCE(l.itemtype_link, '') AS linked,
    CAST(l.linked_action AS INTEGER) AS did, CAST(l.id_search_option AS INTEGER) AS field, l.old_value, l.new_value,
    -- The digits before the last bracket.
    CASE WHEN l.user_name LIKE '%)' THEN
        NULLIF(replace(rtrim(l.user_name, ')'), rtrim(rtrim(l.user_name, ')'), '0123456789'), ''), '') END AS actor,
    MIN(l.date_mod) OVER (
        PARTITION BY l.items_id ORDER BY CAST(l.id AS INTEGER) ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS at
FROM glpi_logs AS l
WHERE l.itemtype = 'Ticket';
CREATE INDEX change_by_ticket ON change (ticket_id, field, id);

CREATE INDEX actors_by_ticket ON glpi_tickets_users (tickets_id);
CREATE INDEX groups_by_ticket ON glpi_groups_tickets (tickets_id);
CREATE INDEX solutions_by_ticket ON glpi_itilsolutions (items_id);
CREATE INDEX links_by_ticket ON glpi_tickets_tickets (tickets_id_1);

CREATE TABLE requester AS
SELECT CAST(tickets_id AS INTEGER) AS ticket_id, users_id, alternative_email, CAST(id AS INTEGER) AS id
FROM glpi_tickets_users
WHERE type = '1';
CREATE INDEX requester_by_ticket ON requester (ticket_id, users_id);

-- Every status a ticket was in (field 12), the first one included: what the first change changed it from, or what it still is.
CREATE TABLE step AS
SELECT k.case_key, 0 AS nth, k.entered_at AS at, NULL AS actor, COALESCE(
    (SELECT CAST(old_value AS INTEGER) FROM change WHERE ticket_id = k.case_key AND field = 12 AND did = 0 ORDER BY id LIMIT 1),
    k.status) AS status
FROM ticket AS k
UNION ALL
SELECT ticket_id, id, at, actor, CAST(new_value AS INTEGER)
FROM change
WHERE field = 12 AND did = 0;

-- A ticket whose history says nothing of its status (imported, purged, or closed as it was entered) has its own dates, and
-- comes after all that the history does say: it was sorted before it was solved.
CREATE TABLE silent AS
SELECT case_key FROM ticket
EXCEPT
SELECT ticket_id FROM change WHERE field = 12 AND did = 0;
UPDATE step SET nth = 8000000000000, at = COALESCE(
    (SELECT COALESCE(k.solvedate, k.closedate) FROM ticket AS k WHERE k.case_key = step.case_key), at)
WHERE nth = 0 AND status IN (5, 6) AND case_key IN (SELECT case_key FROM silent);

-- Where a ticket stood before, unknown statuses left out: they move nothing.
CREATE TABLE placed AS
SELECT
    p.case_key, p.nth, m.does, m.reason, p.at, p.actor,
    LAG(m.does) OVER (PARTITION BY p.case_key ORDER BY p.nth) AS before,
    EXISTS (SELECT 1 FROM requester AS r WHERE r.ticket_id = p.case_key AND r.users_id = p.actor) AS by_requester
FROM step AS p
JOIN meaning AS m ON m.status = p.status;

-- A ticket that leaves "solved" or "closed" for open work is examined again: the pass grows by one.
CREATE TABLE passed AS
SELECT p.*,
    COALESCE(before IN ('solved', 'closed') AND does IN ('work', 'wait'), 0) AS goes_back,
    1 + SUM(COALESCE(before IN ('solved', 'closed') AND does IN ('work', 'wait'), 0)) OVER (PARTITION BY case_key ORDER BY nth) AS pass
FROM placed AS p;

CREATE TABLE derived (case_key INTEGER, nth INTEGER, part INTEGER, kind TEXT, occurred_at INTEGER, role TEXT, actor TEXT, data TEXT);
CREATE INDEX derived_by_case ON derived (case_key, nth, part);

INSERT INTO derived
SELECT k.case_key, 0, 0, 'registered', k.entered_at, 'contact', NULL, json_object(
    'received_at', rfc3339(k.received_at),
    'channel', CASE t.name
        WHEN 'Helpdesk' THEN 'form' WHEN 'E-Mail' THEN 'email' WHEN 'Phone' THEN 'phone' WHEN 'Direct' THEN 'in_person' ELSE 'other' END,
    'language', 'en', 'site', l.name)
FROM ticket AS k
LEFT JOIN glpi_requesttypes AS t ON CAST(t.id AS INTEGER) = k.requesttypes_id
LEFT JOIN glpi_locations AS l ON l.id = k.locations_id;

-- The category (field 7) at the beginning, and each change. Without one a ticket is not classified.
INSERT INTO derived
SELECT b.case_key, 0, 1, 'classified', b.entered_at, 'agent', NULL, json_object('category', COALESCE(c.name, 'category ' || b.category))
FROM (
    SELECT k.case_key, k.entered_at, COALESCE(
        (SELECT CAST(replace(rtrim(old_value, ')'), rtrim(rtrim(old_value, ')'), '0123456789'), '') AS INTEGER)
            FROM change WHERE ticket_id = k.case_key AND field = 7 AND did = 0 ORDER BY id LIMIT 1),
        k.itilcategories_id) AS category
    FROM ticket AS k
) AS b
LEFT JOIN glpi_itilcategories AS c ON CAST(c.id AS INTEGER) = b.category
WHERE b.category > 0;

INSERT INTO derived
SELECT h.ticket_id, h.id, 1, 'classified', h.at, 'agent', h.actor, json_object('category', COALESCE(c.name, h.new_value))
FROM change AS h
LEFT JOIN glpi_itilcategories AS c ON c.id = replace(rtrim(h.new_value, ')'), rtrim(rtrim(h.new_value, ')'), '0123456789'), '')
WHERE h.field = 7 AND h.did = 0 AND h.new_value NOT LIKE '%(0)';

-- A group that is assigned (field 8; 0 where the version does not say, then by what is assigned today) is the routing.
INSERT INTO derived
SELECT h.ticket_id, h.id, 2, 'routed', h.at, 'agent', h.actor, json_object('department', COALESCE(g.name, h.new_value))
FROM change AS h
LEFT JOIN glpi_groups AS g ON g.id = replace(rtrim(h.new_value, ')'), rtrim(rtrim(h.new_value, ')'), '0123456789'), '')
WHERE h.did = 15 AND h.linked = 'Group' AND (h.field = 8 OR h.field = 0 AND EXISTS (
    SELECT 1 FROM glpi_groups_tickets AS a WHERE a.tickets_id = CAST(h.ticket_id AS TEXT) AND a.groups_id = g.id AND a.type = '2'));

-- A group of which the history says nothing was there from the beginning.
INSERT INTO derived
SELECT k.case_key, 0, 2, 'routed', k.entered_at, 'agent', NULL, json_object('department', COALESCE(g.name, 'group ' || a.groups_id))
FROM ticket AS k
JOIN glpi_groups_tickets AS a ON a.id = (
    SELECT CAST(MIN(CAST(f.id AS INTEGER)) AS TEXT) FROM glpi_groups_tickets AS f WHERE f.tickets_id = CAST(k.case_key AS TEXT) AND f.type = '2')
LEFT JOIN glpi_groups AS g ON g.id = a.groups_id
WHERE NOT EXISTS (SELECT 1 FROM derived AS d WHERE d.case_key = k.case_key AND d.kind = 'routed');

-- A person who is assigned (field 5).
INSERT INTO derived
SELECT h.ticket_id, h.id, 3, 'assigned', h.at, 'agent', h.actor, json_object('to', h.new_value)
FROM change AS h
WHERE h.did = 15 AND h.linked = 'User' AND (h.field = 5 OR h.field = 0 AND EXISTS (
    SELECT 1 FROM glpi_tickets_users AS a
    WHERE a.tickets_id = CAST(h.ticket_id AS TEXT) AND a.type = '2'
        AND a.users_id = replace(rtrim(h.new_value, ')'), rtrim(rtrim(h.new_value, ')'), '0123456789'), '')));

-- The priority (field 3): 1 and 2 are low, 3 is medium, 4 high, 5 and 6 critical. Why it changed is not said: it is put down
-- to new facts.
INSERT INTO derived
SELECT p.case_key, p.nth, 4, 'assessed', p.at, 'agent', p.actor, json_object(
    'severity', CASE WHEN p.priority <= 2 THEN 'low' WHEN p.priority = 3 THEN 'medium' WHEN p.priority = 4 THEN 'high' ELSE 'critical' END,
    'change', CASE p.nth WHEN 0 THEN 'first' ELSE 'new_facts' END)
FROM (
    SELECT k.case_key, 0 AS nth, k.entered_at AS at, NULL AS actor, COALESCE(
        (SELECT CAST(old_value AS INTEGER) FROM change WHERE ticket_id = k.case_key AND field = 3 AND did = 0 ORDER BY id LIMIT 1),
        k.priority) AS priority
    FROM ticket AS k
    UNION ALL
    SELECT ticket_id, id, at, actor, CAST(new_value AS INTEGER)
    FROM change
    WHERE field = 3 AND did = 0
) AS p
WHERE p.priority BETWEEN 1 AND 6;

INSERT INTO derived
SELECT case_key, nth, 5, 'resumed', at, 'agent', actor, '{}'
FROM passed
WHERE before = 'wait' AND does <> 'wait';

-- A requester who takes a solved ticket back refuses the solution. Anything else is a reopening, and one by staff of a ticket
-- that was only solved is not in the procedure.
INSERT INTO derived
SELECT case_key, nth, 6, CASE WHEN before = 'solved' AND by_requester THEN 'rejected' ELSE 'reopened' END, at,
    CASE WHEN by_requester THEN 'customer' ELSE 'agent' END, CASE WHEN by_requester THEN NULL ELSE actor END,
    CASE WHEN before = 'solved' AND by_requester THEN json_object('pass', pass - 1) ELSE '{}' END
FROM passed
WHERE goes_back;

INSERT INTO derived
SELECT case_key, nth, 7, 'paused', at, 'agent', actor, json_object('reason', reason)
FROM passed
WHERE does = 'wait' AND COALESCE(before, '') <> 'wait';

-- Response, means and rule are constants that the canonical form demands.
INSERT INTO derived
SELECT case_key, nth, 8, 'decided', at, 'agent', actor, json_object(
    'pass', pass, 'response', 'technical_help', 'rule', '-', 'rule_version', '-')
FROM passed
WHERE does IN ('solved', 'closed') AND COALESCE(before, '') NOT IN ('solved', 'closed');

INSERT INTO derived
SELECT case_key, nth, 9, 'communicated', occurred_at, role, actor, json_object('pass', json_extract(data, '$.pass'), 'means', 'web')
FROM derived
WHERE kind = 'decided';

-- Closing is an acceptance only where the last solution was accepted (status 3) by a requester: GLPI notes the technician
-- himself there when tickets are closed at once.
CREATE TABLE closing AS
SELECT p.*, EXISTS (
    SELECT 1
    FROM glpi_itilsolutions AS s
    JOIN requester AS r ON r.ticket_id = p.case_key AND r.users_id = s.users_id_approval
    WHERE s.itemtype = 'Ticket' AND s.items_id = CAST(p.case_key AS TEXT) AND s.status = '3'
        AND NOT EXISTS (SELECT 1 FROM passed AS q WHERE q.case_key = p.case_key AND q.nth > p.nth AND q.does = 'closed')) AS accepted
FROM passed AS p
WHERE p.does = 'closed' AND COALESCE(p.before, '') <> 'closed';

INSERT INTO derived
SELECT case_key, nth, 10, CASE WHEN accepted THEN 'accepted' ELSE 'answer_lapsed' END, at,
    CASE WHEN accepted THEN 'customer' ELSE 'system' END, NULL,
    CASE WHEN accepted THEN json_object('pass', pass) ELSE json_object('pass', pass, 'reminders', 0) END
FROM closing;

-- A silent ticket was solved when it says so and closed when it says so.
UPDATE derived SET occurred_at = COALESCE(
    (SELECT k.closedate FROM ticket AS k WHERE k.case_key = derived.case_key), occurred_at)
WHERE nth = 8000000000000 AND kind IN ('accepted', 'answer_lapsed');

-- In the bin. A merge puts a ticket there and links it to the other one, as its son (3) or its duplicate (2); anything else
-- was taken out by staff and counts as withdrawn.
INSERT INTO derived
SELECT k.case_key, COALESCE(d.id, 9000000000000), 11, CASE WHEN m.case_id IS NULL THEN 'withdrawn' ELSE 'merged' END,
    COALESCE(d.at, k.date_mod, k.entered_at), 'agent', d.actor,
    CASE WHEN m.case_id IS NULL THEN '{}' ELSE json_object('into', m.case_id) END
FROM ticket AS k
LEFT JOIN change AS d ON d.id = (SELECT MAX(id) FROM change WHERE ticket_id = k.case_key AND did = 13)
LEFT JOIN glpi_tickets_tickets AS t ON t.tickets_id_1 = k.case_id AND t.link IN ('2', '3')
LEFT JOIN ticket AS m ON m.case_id = t.tickets_id_2
WHERE k.is_deleted
GROUP BY k.case_key;

INSERT INTO derived
SELECT CAST(s.tickets_id AS INTEGER), 0, 12, 'survey_sent', s.date_begin, 'system', NULL, '{"means":"email"}'
FROM glpi_ticketsatisfactions AS s
WHERE s.date_begin IS NOT NULL;

INSERT INTO derived
SELECT CAST(s.tickets_id AS INTEGER), 0, 13, 'surveyed', s.date_answered, 'customer', NULL, json_object('score', CAST(s.satisfaction AS INTEGER))
FROM glpi_ticketsatisfactions AS s
WHERE s.date_answered IS NOT NULL AND CAST(s.satisfaction AS INTEGER) BETWEEN 1 AND 5;

-- Unknown statuses stay visible.
INSERT INTO derived
SELECT p.case_key, p.nth, 14, 'note_added', p.at, 'agent', p.actor, '{}'
FROM step AS p
LEFT JOIN meaning AS m ON m.status = p.status
WHERE m.status IS NULL;
