-- What an activity does here. One that is missing from this list is kept as a note and named by unknown.sql.
CREATE TABLE word (activity TEXT PRIMARY KEY, does TEXT NOT NULL);
INSERT INTO word VALUES
    ('register request', 'registered'),
    ('examine casually', 'note'),
    ('examine thoroughly', 'note'),
    ('check ticket', 'note'),
    ('decide', 'decided'),
    ('reinitiate request', 'again'),
    ('pay compensation', 'told'),
    ('reject request', 'told');

-- Every row of a request beside what becomes of it: the next activity that settles it or sends it back.
CREATE TABLE step AS
SELECT
    l.row_no, CAST(l."case:concept:name" AS INTEGER) AS case_key, l."concept:name" AS activity, l."org:resource" AS resource,
    l."time:timestamp" AS at, COALESCE(w.does, 'note') AS does,
    (SELECT n."concept:name"
        FROM log AS n
        JOIN word AS v ON v.activity = n."concept:name" AND v.does IN ('again', 'told')
        WHERE n."case:concept:name" = l."case:concept:name" AND n.row_no > l.row_no
        ORDER BY n.row_no LIMIT 1) AS next_turn,
    l.row_no = MIN(l.row_no) OVER (PARTITION BY l."case:concept:name") AS is_first
FROM log AS l
LEFT JOIN word AS w ON w.activity = l."concept:name";

CREATE TABLE request AS
SELECT case_key, CAST(case_key AS TEXT) AS case_id, COALESCE(local_month(MIN(CASE WHEN is_first THEN at END)), 'unknown') AS received_month
FROM step
GROUP BY case_key;

CREATE TABLE derived (case_key INTEGER, seq INTEGER, kind TEXT, occurred_at INTEGER, actor TEXT, data TEXT);

INSERT INTO derived
SELECT case_key, row_no * 10, 'registered', at, resource, json_object('received_at', rfc3339(at), 'channel', 'other', 'language', 'en')
FROM step
WHERE is_first;

-- A decision that was taken back before anybody was told of it ("reinitiate request") is no decision of this procedure.
INSERT INTO derived
SELECT case_key, row_no * 10 + 1, 'decided', at, resource, json_object(
    'pass', 1, 'response', CASE next_turn WHEN 'pay compensation' THEN 'compensation' ELSE 'unfounded' END,
    'rule', '-', 'rule_version', '-')
FROM step
WHERE does = 'decided' AND next_turn IN ('pay compensation', 'reject request');

-- Paying and rejecting are how the customer learns of it.
INSERT INTO derived
SELECT case_key, row_no * 10 + 2, 'communicated', at, resource, '{"pass":1,"means":"letter"}'
FROM step
WHERE does = 'told';

INSERT INTO derived
SELECT s.case_key, s.row_no * 10 + 3, 'note_added', s.at, s.resource, '{}'
FROM step AS s
WHERE NOT EXISTS (SELECT 1 FROM derived AS d WHERE d.seq / 10 = s.row_no);
