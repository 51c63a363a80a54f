-- What a task does here. One that is missing from this list is kept as a note and named by unknown.sql.
CREATE TABLE word (task TEXT PRIMARY KEY, does TEXT NOT NULL);
INSERT INTO word VALUES
    ('Confirmation of receipt', 'routed'),
    ('T02 Check confirmation of receipt', 'note'),
    ('T03 Adjust confirmation of receipt', 'note'),
    ('T04 Determine confirmation of receipt', 'note'),
    ('T05 Print and send confirmation of receipt', 'acknowledged'),
    ('T06 Determine necessity of stop advice', 'note'),
    ('T07-1 Draft intern advice aspect 1', 'note'),
    ('T07-2 Draft intern advice aspect 2', 'note'),
    ('T07-3 Draft intern advice hold for aspect 3', 'note'),
    ('T07-4 Draft internal advice to hold for type 4', 'note'),
    ('T07-5 Draft intern advice aspect 5', 'note'),
    ('T08 Draft and send request for advice', 'note'),
    ('T09-1 Process or receive external advice from party 1', 'note'),
    ('T09-2 Process or receive external advice from party 2', 'note'),
    ('T09-3 Process or receive external advice from party 3', 'note'),
    ('T09-4 Process or receive external advice from party 4', 'note'),
    ('T10 Determine necessity to stop indication', 'note'),
    ('T11 Create document X request unlicensed', 'note'),
    ('T12 Check document X request unlicensed', 'note'),
    ('T13 Adjust document X request unlicensed', 'note'),
    ('T14 Determine document X request unlicensed', 'note'),
    ('T15 Print document X request unlicensed', 'note'),
    ('T16 Report reasons to hold request', 'note'),
    ('T17 Check report Y to stop indication', 'note'),
    ('T18 Adjust report Y to stop indicition', 'note'),
    ('T19 Determine report Y to stop indication', 'note'),
    ('T20 Print report Y to stop indication', 'note');

-- An application with its dates, which every row of it repeats. Two have a task logged before their start date: the
-- municipality had them by then.
CREATE TABLE application AS
SELECT
    ROW_NUMBER() OVER (ORDER BY MIN(row_no)) AS case_key, "case:concept:name" AS case_id,
    MIN(MIN("case:startdate"), MIN("time:timestamp")) AS received_at, MAX("case:enddate") AS ended_at,
    MAX("case:deadline") AS deadline_at, MIN("case:channel") AS channel, MIN("case:department") AS department,
    COALESCE(local_month(MIN(MIN("case:startdate"), MIN("time:timestamp"))), 'unknown') AS received_month
FROM log
GROUP BY "case:concept:name";
CREATE UNIQUE INDEX application_by_id ON application (case_id);
CREATE INDEX application_by_month ON application (received_month, case_key);

CREATE TABLE task AS
SELECT a.case_key, l.row_no, l."time:timestamp" AS at, l."org:resource" AS resource, w.does
FROM log AS l
JOIN application AS a ON a.case_id = l."case:concept:name"
LEFT JOIN word AS w ON w.task = l."concept:name";

-- `part` orders the events of one row; the end of an application is a row of its own, after all tasks.
CREATE TABLE derived (case_key INTEGER, seq INTEGER, kind TEXT, occurred_at INTEGER, actor TEXT, data TEXT);

INSERT INTO derived
SELECT a.case_key, MIN(t.row_no) * 10, 'registered', a.received_at, NULL, json_object(
    'received_at', rfc3339(a.received_at),
    'channel', CASE a.channel
        WHEN 'Internet' THEN 'form' WHEN 'Desk' THEN 'in_person' WHEN 'e-mail' THEN 'email' ELSE 'other' END,
    'language', 'en')
FROM application AS a
JOIN task AS t ON t.case_key = a.case_key
GROUP BY a.case_key;

-- What the applications are about is the same for all of them.
INSERT INTO derived
SELECT case_key, row_no * 10 + 1, 'classified', at, resource, '{"category":"permit"}'
FROM task
WHERE does = 'routed';

INSERT INTO derived
SELECT t.case_key, t.row_no * 10 + 2, 'routed', t.at, t.resource, json_object('department', a.department)
FROM task AS t
JOIN application AS a ON a.case_key = t.case_key
WHERE t.does = 'routed';

-- The confirmation of receipt is printed and sent.
INSERT INTO derived
SELECT case_key, row_no * 10 + 3, 'acknowledged', at, resource, '{"means":"letter"}'
FROM task
WHERE does = 'acknowledged';

-- What else is done stays visible, an unknown task with it.
INSERT INTO derived
SELECT case_key, row_no * 10 + 4, 'note_added', at, resource, '{}'
FROM task
WHERE COALESCE(does, 'note') = 'note';

-- On its end date an application is decided and the applicant told; what was decided is not in the log.
INSERT INTO derived
SELECT a.case_key, (SELECT MAX(row_no) FROM log) * 10 + a.case_key * 10 + e.part, e.kind, a.ended_at, NULL, e.data
FROM application AS a
JOIN (
    SELECT 5 AS part, 'decided' AS kind, '{"pass":1,"response":"information","rule":"-","rule_version":"-"}' AS data
    UNION ALL
    SELECT 6, 'communicated', '{"pass":1,"means":"letter"}'
    UNION ALL
    SELECT 7, 'answer_lapsed', '{"pass":1,"reminders":0}'
) AS e
WHERE a.ended_at IS NOT NULL;

CREATE INDEX derived_by_case ON derived (case_key, seq);
