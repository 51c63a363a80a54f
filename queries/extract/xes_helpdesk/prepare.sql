-- What an activity is here. One that is missing from this list is kept as a note and named by unknown.sql.
CREATE TABLE word (activity TEXT PRIMARY KEY, does TEXT NOT NULL);
INSERT INTO word VALUES
    ('Insert ticket', 'note'),
    ('Assign seriousness', 'intake'),
    ('Take in charge ticket', 'work'),
    ('Wait', 'wait'),
    ('Require upgrade', 'note'),
    ('Create SW anomaly', 'note'),
    ('Resolve SW anomaly', 'note'),
    ('Schedule intervention', 'note'),
    ('Resolve ticket', 'solved'),
    ('Closed', 'closed');

CREATE INDEX event_by_trace ON event (trace_no, event_no);

-- One row an event, with what its activity does.
CREATE TABLE step AS
SELECT
    e.event_no, e.trace_no AS case_key, e.at, e.resource,
    e.attributes ->> 'workgroup' AS workgroup, e.attributes ->> 'service_type' AS service_type,
    COALESCE(w.does, 'note') AS does,
    ROW_NUMBER() OVER changes AS nth,
    LAG(e.attributes ->> 'workgroup') OVER changes AS workgroup_before,
    LAG(e.attributes ->> 'service_type') OVER changes AS service_type_before
FROM event AS e
LEFT JOIN word AS w ON w.activity = e.activity
WINDOW changes AS (PARTITION BY e.trace_no ORDER BY e.event_no);

-- Where the ticket stood before each activity that moves it: as the last of these left it. NULL at the first.
CREATE TABLE turn (event_no INTEGER PRIMARY KEY, before TEXT);
INSERT INTO turn
SELECT event_no, LAG(does) OVER (PARTITION BY case_key ORDER BY event_no)
FROM step
WHERE does <> 'note';

-- A ticket that leaves "solved" or "closed" for open work is examined again: the pass grows by one.
CREATE TABLE placed AS
SELECT
    s.*, t.before,
    COALESCE(t.before IN ('solved', 'closed') AND s.does IN ('intake', 'work', 'wait'), 0) AS goes_back,
    1 + SUM(COALESCE(t.before IN ('solved', 'closed') AND s.does IN ('intake', 'work', 'wait'), 0))
        OVER (PARTITION BY s.case_key ORDER BY s.event_no) AS pass
FROM step AS s
LEFT JOIN turn AS t ON t.event_no = s.event_no;
CREATE INDEX placed_by_case ON placed (case_key, does, event_no);

CREATE TABLE ticket AS
SELECT
    t.trace_no AS case_key, t.name AS case_id, e.attributes ->> 'customer' AS complainant,
    COALESCE(local_month(e.at), 'unknown') AS received_month
FROM trace AS t
LEFT JOIN event AS e ON e.event_no = (SELECT MIN(event_no) FROM event WHERE trace_no = t.trace_no);
CREATE INDEX ticket_by_month ON ticket (received_month, case_key);

-- `part` orders the events that one activity gives.
CREATE TABLE derived (case_key INTEGER, event_no INTEGER, part INTEGER, kind TEXT, occurred_at INTEGER, actor TEXT, data TEXT);

-- The first activity is the receipt; the log has no other word of it.
INSERT INTO derived
SELECT p.case_key, p.event_no, 0, 'registered', p.at, p.resource, json_object(
    'received_at', rfc3339(p.at), 'channel', 'other', 'language', 'en',
    'product', e.attributes ->> 'product', 'unit', e.attributes ->> 'responsible_section')
FROM placed AS p
JOIN event AS e ON e.event_no = p.event_no
WHERE p.nth = 1;

-- Leaving "solved" for the first time is taken as the customer's no (the log does not say who asked); any other return
-- is a reopening.
INSERT INTO derived
SELECT case_key, event_no, 1,
    CASE WHEN before = 'solved' AND pass = 2 THEN 'rejected' ELSE 'reopened' END, at, resource,
    CASE WHEN before = 'solved' AND pass = 2 THEN '{"pass":1}' ELSE '{}' END
FROM placed
WHERE goes_back;

-- Seriousness is assigned when a ticket is sorted: with the type of service it is the classification.
INSERT INTO derived
SELECT case_key, event_no, 2, 'classified', at, resource, json_object('category', service_type)
FROM placed
WHERE service_type IS NOT NULL
    AND (does = 'intake' OR service_type_before IS NOT NULL AND service_type <> service_type_before);

-- Whoever takes it in charge works in a group: the first time it is the routing.
INSERT INTO derived
SELECT p.case_key, p.event_no, 3, 'routed', p.at, p.resource, json_object('department', p.workgroup)
FROM placed AS p
WHERE p.workgroup IS NOT NULL
    AND (p.event_no = (SELECT MIN(f.event_no) FROM placed AS f WHERE f.case_key = p.case_key AND f.does = 'work')
        OR p.workgroup_before IS NOT NULL AND p.workgroup <> p.workgroup_before);

INSERT INTO derived
SELECT case_key, event_no, 4, 'assigned', at, resource, json_object('to', resource)
FROM placed
WHERE does = 'work' AND resource IS NOT NULL;

-- Work goes on with the next activity that says where the ticket stands.
INSERT INTO derived
SELECT case_key, event_no, 5, 'resumed', at, resource, '{}'
FROM placed
WHERE before = 'wait' AND does NOT IN ('wait', 'note');

-- The log does not say for whom it waits. As "internal" it stops no clock.
INSERT INTO derived
SELECT case_key, event_no, 6, 'paused', at, resource, '{"reason":"internal"}'
FROM placed
WHERE does = 'wait' AND COALESCE(before, '') <> 'wait';

-- The solution and the word to the customer are one activity. Response, means and rule are constants that the canonical
-- form demands.
INSERT INTO derived
SELECT case_key, event_no, 7, 'decided', at, resource, json_object(
    'pass', pass, 'response', 'technical_help', 'rule', '-', 'rule_version', '-')
FROM placed
WHERE does IN ('solved', 'closed') AND COALESCE(before, '') NOT IN ('solved', 'closed');

INSERT INTO derived
SELECT case_key, event_no, 8, 'communicated', occurred_at, actor, json_object('pass', json_extract(data, '$.pass'), 'means', 'web')
FROM derived
WHERE kind = 'decided';

-- Nobody is asked, so that closing is never an acceptance.
INSERT INTO derived
SELECT case_key, event_no, 9, 'answer_lapsed', at, resource, json_object('pass', pass, 'reminders', 0)
FROM placed
WHERE does = 'closed';

-- Activities that give nothing of the above stay visible: notes, unknown ones, and "Resolve ticket" said again.
CREATE INDEX derived_by_event ON derived (event_no);
INSERT INTO derived
SELECT p.case_key, p.event_no, 10, 'note_added', p.at, p.resource, '{}'
FROM placed AS p
WHERE NOT EXISTS (SELECT 1 FROM derived AS d WHERE d.event_no = p.event_no AND d.kind <> 'registered')
    AND NOT (p.nth = 1 AND p.does = 'note');

CREATE INDEX derived_by_case ON derived (case_key, event_no, part);
