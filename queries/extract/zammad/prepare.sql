-- What a state does, by its type: states may be renamed and added, their types may not. "Pending action" closes by itself
-- after a while: the answer was given. For whom a reminder waits is not said; as "internal" it stops no clock.
CREATE TABLE meaning (state_type TEXT PRIMARY KEY, does TEXT NOT NULL, reason TEXT);
INSERT INTO meaning VALUES
    ('new', 'work', NULL),
    ('open', 'work', NULL),
    ('pending reminder', 'wait', 'internal'),
    ('pending action', 'solved', NULL),
    ('closed', 'closed', NULL),
    ('merged', 'merged', NULL),
    ('removed', 'removed', NULL);

-- A state that closes nothing by itself waits; a state of a type that is not in the list is kept and named by unknown.sql.
CREATE TABLE state AS
SELECT
    CAST(s.id AS INTEGER) AS id, s.name, t.name AS state_type, m.reason,
    CASE
        WHEN m.does = 'solved' AND COALESCE(n.name, '') <> 'closed' THEN 'wait'
        ELSE COALESCE(m.does, 'unknown')
    END AS does
FROM ticket_states AS s
LEFT JOIN ticket_state_types AS t ON t.id = s.state_type_id
LEFT JOIN meaning AS m ON m.state_type = t.name
LEFT JOIN ticket_states AS x ON x.id = s.next_state_id
LEFT JOIN ticket_state_types AS n ON n.id = x.state_type_id;
CREATE UNIQUE INDEX state_by_id ON state (id);

-- Priorities are named "1 low", "2 normal", "3 high"; one that is added is read by its number.
CREATE TABLE priority AS
SELECT CAST(id AS INTEGER) AS id, name, CASE substr(name, 1, 1)
    WHEN '1' THEN 'low' WHEN '2' THEN 'medium' WHEN '3' THEN 'high' WHEN '4' THEN 'critical' END AS severity
FROM ticket_priorities;
CREATE UNIQUE INDEX priority_by_id ON priority (id);

-- The changes of tickets, with what changed. A clock that is ahead of a later row is set back to it: ids grow with the changes.
CREATE TABLE change AS
SELECT
    CAST(h.id AS INTEGER) AS id, CAST(h.o_id AS INTEGER) AS ticket_id, t.name AS what, a.name AS attribute,
    CAST(h.id_from AS INTEGER) AS id_from, CAST(h.id_to AS INTEGER) AS id_to, h.created_by_id AS actor,
    MIN(h.created_at) OVER (
        PARTITION BY h.o_id ORDER BY CAST(h.id AS INTEGER) ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS at
FROM histories AS h
JOIN history_objects AS o ON o.id = h.history_object_id AND o.name = 'Ticket'
JOIN history_types AS t ON t.id = h.history_type_id
LEFT JOIN history_attributes AS a ON a.id = h.history_attribute_id;
CREATE INDEX change_by_ticket ON change (ticket_id, attribute, id);

CREATE TABLE ticket AS
SELECT
    CAST(k.id AS INTEGER) AS case_key, k.number AS case_id, k.customer_id AS complainant, k.title, k.type,
    k.created_at, k.close_at, CAST(k.close_diff_in_min AS INTEGER) AS close_diff_in_min, k.create_article_type_id,
    CAST(k.group_id AS INTEGER) AS group_id, CAST(k.priority_id AS INTEGER) AS priority_id,
    CAST(k.state_id AS INTEGER) AS state_id, COALESCE(local_month(k.created_at), 'unknown') AS received_month
FROM tickets AS k;
CREATE UNIQUE INDEX ticket_by_key ON ticket (case_key);
CREATE INDEX ticket_by_month ON ticket (received_month, case_key);

-- What an attribute was at the beginning: what the first change changed it from, or what it still is.
CREATE TABLE beginning AS
SELECT
    k.case_key,
    COALESCE((SELECT id_from FROM change WHERE ticket_id = k.case_key AND attribute = 'state' ORDER BY id LIMIT 1), k.state_id) AS state_id,
    COALESCE((SELECT id_from FROM change WHERE ticket_id = k.case_key AND attribute = 'group' ORDER BY id LIMIT 1), k.group_id) AS group_id,
    COALESCE((SELECT id_from FROM change WHERE ticket_id = k.case_key AND attribute = 'priority' ORDER BY id LIMIT 1), k.priority_id)
        AS priority_id
FROM ticket AS k;

-- Every state a ticket was in, the first one included. `nth` orders: 0 is the beginning, the others are the history's ids. A
-- ticket that was imported has no history: it was closed when it says so.
CREATE TABLE step AS
SELECT k.case_key, 0 AS nth, b.state_id,
    CASE WHEN s.does = 'closed' THEN COALESCE(k.close_at, k.created_at) ELSE k.created_at END AS at, NULL AS actor
FROM ticket AS k
JOIN beginning AS b ON b.case_key = k.case_key
LEFT JOIN state AS s ON s.id = b.state_id
UNION ALL
SELECT c.ticket_id, c.id, c.id_to, c.at, c.actor
FROM change AS c
WHERE c.attribute = 'state' AND c.what = 'updated';

-- Where a ticket stood before, states of unknown types left out: they move nothing.
CREATE TABLE placed AS
SELECT
    p.case_key, p.nth, s.does, s.reason, p.at, p.actor,
    LAG(s.does) OVER (PARTITION BY p.case_key ORDER BY p.nth) AS before
FROM step AS p
JOIN state AS s ON s.id = p.state_id AND s.does <> 'unknown';

-- A ticket that leaves "solved" or "closed" for open work is examined again: the pass grows by one.
CREATE TABLE passed AS
SELECT p.*,
    COALESCE(before IN ('solved', 'closed') AND does IN ('work', 'wait'), 0) AS goes_back,
    1 + SUM(COALESCE(before IN ('solved', 'closed') AND does IN ('work', 'wait'), 0)) OVER (PARTITION BY case_key ORDER BY nth) AS pass
FROM placed AS p;

-- `nth` and `part` order the events of a ticket.
CREATE TABLE derived (case_key INTEGER, nth INTEGER, part INTEGER, kind TEXT, occurred_at INTEGER, role TEXT, actor TEXT, data TEXT);
CREATE INDEX derived_by_case ON derived (case_key, nth, part);

INSERT INTO derived
SELECT k.case_key, 0, 0, 'registered', k.created_at, 'contact', NULL, json_object(
    'received_at', rfc3339(k.created_at),
    'channel', CASE t.name WHEN 'email' THEN 'email' WHEN 'phone' THEN 'phone' WHEN 'web' THEN 'form' ELSE 'other' END,
    'language', 'en')
FROM ticket AS k
LEFT JOIN ticket_article_types AS t ON t.id = k.create_article_type_id;

-- The group is where a ticket is sorted to. `type` says what it is about where it is used; else the group does.
INSERT INTO derived
SELECT k.case_key, 0, 1, 'classified', k.created_at, 'agent', NULL, json_object('category', COALESCE(k.type, g.name, 'group ' || b.group_id))
FROM ticket AS k
JOIN beginning AS b ON b.case_key = k.case_key
LEFT JOIN groups AS g ON CAST(g.id AS INTEGER) = b.group_id;

INSERT INTO derived
SELECT k.case_key, 0, 2, 'routed', k.created_at, 'agent', NULL, json_object('department', COALESCE(g.name, 'group ' || b.group_id))
FROM ticket AS k
JOIN beginning AS b ON b.case_key = k.case_key
LEFT JOIN groups AS g ON CAST(g.id AS INTEGER) = b.group_id;

INSERT INTO derived
SELECT k.case_key, 0, 3, 'assessed', k.created_at, 'agent', NULL, json_object('severity', p.severity, 'change', 'first')
FROM ticket AS k
JOIN beginning AS b ON b.case_key = k.case_key
JOIN priority AS p ON p.id = b.priority_id AND p.severity IS NOT NULL;

INSERT INTO derived
SELECT c.ticket_id, c.id, 2, 'routed', c.at, 'agent', c.actor, json_object('department', COALESCE(g.name, 'group ' || c.id_to))
FROM change AS c
LEFT JOIN groups AS g ON CAST(g.id AS INTEGER) = c.id_to
WHERE c.attribute = 'group' AND c.what = 'updated';

-- Why a priority changed is not said: it is put down to new facts.
INSERT INTO derived
SELECT c.ticket_id, c.id, 3, 'assessed', c.at, 'agent', c.actor, json_object('severity', p.severity, 'change', 'new_facts')
FROM change AS c
JOIN priority AS p ON p.id = c.id_to AND p.severity IS NOT NULL
WHERE c.attribute = 'priority' AND c.what = 'updated';

-- Owner 1 is nobody.
INSERT INTO derived
SELECT c.ticket_id, c.id, 4, 'assigned', c.at, 'agent', c.actor, json_object('to', CAST(c.id_to AS TEXT))
FROM change AS c
WHERE c.attribute = 'owner' AND c.what = 'updated' AND c.id_to <> 1;

-- The first thing that went out to the customer, by a member of staff or by itself.
INSERT INTO derived
SELECT CAST(a.ticket_id AS INTEGER), 0, 5, 'acknowledged', MIN(a.created_at), 'system', NULL, json_object(
    'means', CASE t.name WHEN 'email' THEN 'email' WHEN 'sms' THEN 'sms' WHEN 'phone' THEN 'phone' ELSE 'web' END)
FROM ticket_articles AS a
JOIN ticket_article_types AS t ON t.id = a.type_id AND t.communication IN ('t', 'true', '1')
JOIN ticket_article_senders AS s ON s.id = a.sender_id AND s.name IN ('Agent', 'System')
JOIN ticket AS k ON k.case_key = CAST(a.ticket_id AS INTEGER)
WHERE a.internal NOT IN ('t', 'true', '1') AND a.created_at IS NOT NULL
GROUP BY a.ticket_id;

INSERT INTO derived
SELECT case_key, nth, 6, 'resumed', at, 'agent', actor, '{}'
FROM passed
WHERE before = 'wait' AND does <> 'wait';

-- Leaving "solved" for the first time is taken as the customer's no; any other return is a reopening.
INSERT INTO derived
SELECT case_key, nth, 7, CASE WHEN before = 'solved' AND pass = 2 THEN 'rejected' ELSE 'reopened' END, at, 'agent', actor,
    CASE WHEN before = 'solved' AND pass = 2 THEN '{"pass":1}' ELSE '{}' END
FROM passed
WHERE goes_back;

INSERT INTO derived
SELECT case_key, nth, 8, 'paused', at, 'agent', actor, json_object('reason', COALESCE(reason, 'internal'))
FROM passed
WHERE does = 'wait' AND COALESCE(before, '') <> 'wait';

-- Response, means and rule are constants that the canonical form demands.
INSERT INTO derived
SELECT case_key, nth, 9, 'decided', at, 'agent', actor, json_object(
    'pass', pass, 'response', 'information', 'rule', '-', 'rule_version', '-')
FROM passed
WHERE does IN ('solved', 'closed') AND COALESCE(before, '') NOT IN ('solved', 'closed');

INSERT INTO derived
SELECT case_key, nth, 10, 'communicated', occurred_at, role, actor, json_object('pass', json_extract(data, '$.pass'), 'means', 'web')
FROM derived
WHERE kind = 'decided';

-- Nobody is asked, so that closing is never an acceptance.
INSERT INTO derived
SELECT case_key, nth, 11, 'answer_lapsed', at, 'system', NULL, json_object('pass', pass, 'reminders', 0)
FROM passed
WHERE does = 'closed' AND COALESCE(before, '') <> 'closed';

-- The articles of a merged ticket move to the other one; its history says which.
INSERT INTO derived
SELECT p.case_key, p.nth, 12, 'merged', p.at, 'agent', p.actor, json_object('into', COALESCE(
    (SELECT t.case_id FROM change AS c JOIN ticket AS t ON t.case_key = c.id_to
        WHERE c.ticket_id = p.case_key AND c.what = 'merged_into' ORDER BY c.id DESC LIMIT 1), 'unknown'))
FROM passed AS p
WHERE p.does = 'merged' AND COALESCE(p.before, '') <> 'merged';

-- "Removed" is an old state: staff took the ticket out. It counts as withdrawn.
INSERT INTO derived
SELECT case_key, nth, 13, 'withdrawn', at, 'agent', actor, '{}'
FROM passed
WHERE does = 'removed' AND COALESCE(before, '') <> 'removed';

-- States of unknown types stay visible.
INSERT INTO derived
SELECT p.case_key, p.nth, 14, 'note_added', p.at, 'agent', p.actor, '{}'
FROM step AS p
LEFT JOIN state AS s ON s.id = p.state_id
WHERE COALESCE(s.does, 'unknown') = 'unknown';

CREATE INDEX article_by_ticket ON ticket_articles (ticket_id);
