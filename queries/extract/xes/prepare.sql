-- What an activity does, by its name in small letters:
--   note    nothing that moves the case          work    somebody is at it
--   wait    it waits, for whom is not said       wait_customer  it waits for the customer
--   solved  an answer was given                  closed  nothing more is expected
--   withdrawn  the customer took it back
-- An activity that is missing here is kept as a note and named by unknown.sql.
CREATE TABLE word (activity TEXT PRIMARY KEY, does TEXT NOT NULL);
INSERT INTO word VALUES
    ('create', 'note'), ('created', 'note'), ('create case', 'note'), ('create ticket', 'note'), ('insert ticket', 'note'),
    ('new', 'note'), ('open', 'note'), ('opened', 'note'), ('receive', 'note'), ('received', 'note'), ('receive complaint', 'note'),
    ('register', 'note'), ('registered', 'note'), ('register complaint', 'note'), ('register request', 'note'),
    ('registration', 'note'), ('submit', 'note'), ('submitted', 'note'),
    ('comment', 'note'), ('note', 'note'), ('update', 'note'), ('updated', 'note'),
    ('accepted', 'work'), ('active', 'work'), ('analyse', 'work'), ('analyze', 'work'), ('assign', 'work'), ('assigned', 'work'),
    ('check', 'work'), ('examine', 'work'), ('escalate', 'work'), ('escalated', 'work'), ('in progress', 'work'),
    ('investigate', 'work'), ('process', 'work'), ('processing', 'work'), ('reopen', 'work'), ('reopened', 'work'),
    ('route', 'work'), ('routed', 'work'), ('start', 'work'), ('started', 'work'), ('take in charge', 'work'),
    ('take in charge ticket', 'work'), ('transfer', 'work'), ('transferred', 'work'),
    ('hold', 'wait'), ('on hold', 'wait'), ('pending', 'wait'), ('suspend', 'wait'), ('suspended', 'wait'), ('wait', 'wait'),
    ('waiting', 'wait'), ('awaiting customer', 'wait_customer'), ('awaiting user info', 'wait_customer'),
    ('wait - user', 'wait_customer'), ('waiting for customer', 'wait_customer'),
    ('answer', 'solved'), ('answered', 'solved'), ('decide', 'solved'), ('decided', 'solved'), ('decision', 'solved'),
    ('resolve', 'solved'), ('resolved', 'solved'), ('resolve ticket', 'solved'), ('solve', 'solved'), ('solved', 'solved'),
    ('archive', 'closed'), ('archived', 'closed'), ('close', 'closed'), ('closed', 'closed'), ('close case', 'closed'),
    ('close ticket', 'closed'), ('complete', 'closed'), ('completed', 'closed'), ('done', 'closed'), ('end', 'closed'),
    ('finish', 'closed'), ('finished', 'closed'),
    ('cancel', 'withdrawn'), ('cancelled', 'withdrawn'), ('canceled', 'withdrawn'), ('withdraw', 'withdrawn'),
    ('withdrawn', 'withdrawn');

CREATE INDEX event_by_trace ON event (trace_no, event_no);

-- An activity may be logged several times (schedule, start, complete); it has happened when it is complete.
CREATE TABLE step AS
SELECT
    e.event_no, e.trace_no AS case_key, e.at, e.resource, COALESCE(w.does, 'note') AS does,
    ROW_NUMBER() OVER (PARTITION BY e.trace_no ORDER BY e.event_no) AS nth
FROM event AS e
LEFT JOIN word AS w ON w.activity = LOWER(TRIM(e.activity)) AND LOWER(COALESCE(e.transition, 'complete')) = 'complete';

-- Where the case stood before each activity that moves it: as the last of these left it. NULL at the first.
CREATE TABLE turn (event_no INTEGER PRIMARY KEY, before TEXT);
INSERT INTO turn
SELECT event_no, LAG(does) OVER (PARTITION BY case_key ORDER BY event_no)
FROM step
WHERE does <> 'note';

-- A case that leaves "solved" or "closed" for open work is examined again: the pass grows by one.
CREATE TABLE placed AS
SELECT
    s.*, t.before,
    COALESCE(t.before IN ('solved', 'closed') AND s.does IN ('work', 'wait', 'wait_customer'), 0) AS goes_back,
    1 + SUM(COALESCE(t.before IN ('solved', 'closed') AND s.does IN ('work', 'wait', 'wait_customer'), 0))
        OVER (PARTITION BY s.case_key ORDER BY s.event_no) AS pass
FROM step AS s
LEFT JOIN turn AS t ON t.event_no = s.event_no;

-- The complainant is known where the log calls one so.
CREATE TABLE incident AS
SELECT
    t.trace_no AS case_key, COALESCE(t.name, 'trace ' || t.trace_no) AS case_id,
    COALESCE(t.attributes ->> 'complainant', t.attributes ->> 'customer', e.attributes ->> 'complainant', e.attributes ->> 'customer')
        AS complainant,
    COALESCE(local_month(e.at), 'unknown') AS received_month
FROM trace AS t
LEFT JOIN event AS e ON e.event_no = (SELECT MIN(event_no) FROM event WHERE trace_no = t.trace_no);
CREATE INDEX incident_by_month ON incident (received_month, case_key);

-- `part` orders the events that one activity gives.
CREATE TABLE derived (case_key INTEGER, event_no INTEGER, part INTEGER, kind TEXT, occurred_at INTEGER, actor TEXT, data TEXT);

-- The first entry of a trace is the receipt, whatever it is called.
INSERT INTO derived
SELECT p.case_key, p.event_no, 0, 'registered', p.at, p.resource, json_object(
    'received_at', rfc3339(p.at), 'channel', 'other', 'language', 'en', 'product', e.attributes ->> 'product')
FROM placed AS p
JOIN event AS e ON e.event_no = p.event_no
WHERE p.nth = 1;

-- Leaving "solved" for the first time is taken as the customer's no; any other return is a reopening.
INSERT INTO derived
SELECT case_key, event_no, 1,
    CASE WHEN before = 'solved' AND pass = 2 THEN 'rejected' ELSE 'reopened' END, at, resource,
    CASE WHEN before = 'solved' AND pass = 2 THEN '{"pass":1}' ELSE '{}' END
FROM placed
WHERE goes_back;

INSERT INTO derived
SELECT case_key, event_no, 2, 'assigned', at, resource, json_object('to', resource)
FROM placed
WHERE does = 'work' AND resource IS NOT NULL;

INSERT INTO derived
SELECT case_key, event_no, 3, 'resumed', at, resource, '{}'
FROM placed
WHERE before IN ('wait', 'wait_customer') AND does <> before AND does <> 'note';

-- For whom a case waits is mostly not said. As "internal" it stops no clock.
INSERT INTO derived
SELECT case_key, event_no, 4, 'paused', at, resource,
    json_object('reason', CASE does WHEN 'wait_customer' THEN 'customer_information' ELSE 'internal' END)
FROM placed
WHERE does IN ('wait', 'wait_customer') AND COALESCE(before, '') <> does;

-- Answer and word to the customer are one activity; response, means and rule are constants that the canonical form demands.
INSERT INTO derived
SELECT case_key, event_no, 5, 'decided', at, resource, json_object(
    'pass', pass, 'response', 'information', 'rule', '-', 'rule_version', '-')
FROM placed
WHERE does IN ('solved', 'closed') AND COALESCE(before, '') NOT IN ('solved', 'closed');

INSERT INTO derived
SELECT case_key, event_no, 6, 'communicated', occurred_at, actor, json_object('pass', json_extract(data, '$.pass'), 'means', 'web')
FROM derived
WHERE kind = 'decided';

-- Nobody is asked, so that closing is never an acceptance.
INSERT INTO derived
SELECT case_key, event_no, 7, 'answer_lapsed', at, resource, json_object('pass', pass, 'reminders', 0)
FROM placed
WHERE does = 'closed' AND COALESCE(before, '') <> 'closed';

INSERT INTO derived
SELECT case_key, event_no, 8, 'withdrawn', at, resource, '{}'
FROM placed
WHERE does = 'withdrawn';

-- Entries that give nothing of the above stay visible.
CREATE INDEX derived_by_event ON derived (event_no);
INSERT INTO derived
SELECT p.case_key, p.event_no, 9, 'note_added', p.at, p.resource, '{}'
FROM placed AS p
WHERE NOT EXISTS (SELECT 1 FROM derived AS d WHERE d.event_no = p.event_no);

CREATE INDEX derived_by_case ON derived (case_key, event_no, part);
