-- Instants of an update. The log's order is the order of changes: a clock that is ahead of a later row is set back to it.
CREATE TABLE clocked AS
SELECT
    row_no, number, opened_at, sys_created_at,
    CASE WHEN sys_updated_at IS NOT NULL THEN
        MIN(sys_updated_at) OVER (PARTITION BY number ORDER BY row_no ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
    END AS updated_at
FROM log;

-- When an incident was received and when it was entered. Some are entered before their `opened_at`: the desk had
-- them by then. `sys_created_at` is missing for nearly half; the first update is the entry there.
CREATE TABLE opening AS
SELECT
    number,
    MIN(MIN(opened_at), MIN(updated_at), COALESCE(MIN(sys_created_at), MIN(updated_at))) AS received_at,
    COALESCE(MIN(sys_created_at), MIN(updated_at)) AS entered_at
FROM clocked
GROUP BY number;

-- One row an update, beside what the incident looked like before it.
CREATE TABLE updates AS
SELECT
    l.row_no, l.number, c.updated_at, l.sys_updated_by AS updated_by,
    incident_state AS state, category, assignment_group, assigned_to, priority, closed_code, location,
    u_priority_confirmation = 'true' AS confirmed,
    CAST(substr(l.number, 4) AS INTEGER) AS case_key,
    LAG(incident_state) OVER changes AS state_before,
    LAG(category) OVER changes AS category_before,
    LAG(assignment_group) OVER changes AS group_before,
    LAG(assigned_to) OVER changes AS assigned_before,
    LAG(priority) OVER changes AS priority_before,
    LAG(u_priority_confirmation = 'true') OVER changes AS confirmed_before,
    ROW_NUMBER() OVER changes AS nth
FROM log AS l
JOIN clocked AS c ON c.row_no = l.row_no
WINDOW changes AS (PARTITION BY l.number ORDER BY l.row_no);

-- An incident that leaves Resolved or Closed for open work is examined again: the pass grows by one.
CREATE TABLE staged AS
SELECT
    u.*,
    state_before IN ('Resolved', 'Closed') AND state NOT IN ('Resolved', 'Closed') AS goes_back,
    1 + SUM(state_before IN ('Resolved', 'Closed') AND state NOT IN ('Resolved', 'Closed'))
        OVER (PARTITION BY number ORDER BY row_no) AS pass,
    state LIKE 'Awaiting%' AS waits,
    COALESCE(state_before, '') LIKE 'Awaiting%' AS waited
FROM updates AS u;

-- The complainant is the caller first named: three incidents change theirs later.
CREATE TABLE caller AS
SELECT number, caller_id, MIN(row_no) AS row_no
FROM log
WHERE caller_id IS NOT NULL
GROUP BY number;

CREATE TABLE incident AS
SELECT
    l.number AS case_id, CAST(substr(l.number, 4) AS INTEGER) AS case_key, c.caller_id AS complainant,
    COALESCE(local_month(o.received_at), 'unknown') AS received_month,
    -- The desk's own verdict never goes back from false to true, so that one false is the last word.
    CASE WHEN MIN(l.made_sla = 'true') = 1 THEN 'met' ELSE 'missed' END AS source_verdict
FROM log AS l
JOIN opening AS o ON o.number = l.number
LEFT JOIN caller AS c ON c.number = l.number
GROUP BY l.number;
CREATE INDEX incident_by_month ON incident (received_month, case_key);

-- `part` orders the events that one update gives.
CREATE TABLE derived (case_key INTEGER, row_no INTEGER, part INTEGER, kind TEXT, occurred_at INTEGER, actor TEXT, data TEXT);

INSERT INTO derived
SELECT u.case_key, u.row_no, 0, 'registered', o.entered_at, NULL, json_object(
    'received_at', rfc3339(o.received_at),
    'channel', CASE l.contact_type
        WHEN 'Phone' THEN 'phone' WHEN 'IVR' THEN 'phone' WHEN 'Email' THEN 'email'
        WHEN 'Self service' THEN 'form' ELSE 'other' END,
    'language', 'en',
    'product', l.cmdb_ci)
FROM updates AS u
JOIN log AS l ON l.row_no = u.row_no
JOIN opening AS o ON o.number = u.number
WHERE u.nth = 1;

-- Leaving Resolved for the first time is taken as the caller's no (the log does not say who asked); any other
-- return is a reopening.
INSERT INTO derived
SELECT case_key, row_no, 1,
    CASE WHEN state_before = 'Resolved' AND pass = 2 THEN 'rejected' ELSE 'reopened' END,
    updated_at, updated_by,
    CASE WHEN state_before = 'Resolved' AND pass = 2 THEN '{"pass":1}' ELSE '{}' END
FROM staged
WHERE goes_back;

INSERT INTO derived
SELECT case_key, row_no, 2, 'classified', updated_at, updated_by, json_object('category', category)
FROM staged
WHERE category IS NOT NULL AND category IS NOT category_before;

-- A new priority in the update that confirms it was first judged wrong; any other change is put down to new facts.
INSERT INTO derived
SELECT case_key, row_no, 3, 'assessed', updated_at, updated_by, json_object(
    'severity', CASE substr(priority, 1, 1)
        WHEN '1' THEN 'critical' WHEN '2' THEN 'high' WHEN '3' THEN 'medium' ELSE 'low' END,
    'change', CASE
        WHEN priority_before IS NULL THEN 'first'
        WHEN confirmed AND NOT COALESCE(confirmed_before, 0) THEN 'misjudged'
        ELSE 'new_facts' END)
FROM staged
WHERE priority IS NOT NULL AND priority IS NOT priority_before;

INSERT INTO derived
SELECT case_key, row_no, 4, 'routed', updated_at, updated_by, json_object('department', assignment_group, 'site', location)
FROM staged
WHERE assignment_group IS NOT NULL AND assignment_group IS NOT group_before;

INSERT INTO derived
SELECT case_key, row_no, 5, 'assigned', updated_at, updated_by, json_object('to', assigned_to)
FROM staged
WHERE assigned_to IS NOT NULL AND assigned_to IS NOT assigned_before;

INSERT INTO derived
SELECT case_key, row_no, 6, 'resumed', updated_at, updated_by, '{}'
FROM staged
WHERE waited AND state <> state_before;

INSERT INTO derived
SELECT case_key, row_no, 7, 'paused', updated_at, updated_by, json_object('reason', CASE state
    WHEN 'Awaiting Vendor' THEN 'supplier'
    WHEN 'Awaiting Problem' THEN 'internal'
    ELSE 'customer_information' END)
FROM staged
WHERE waits AND state IS NOT state_before;

-- The solution and the word to the caller are one update in this log: resolution takes no time of its own. What the
-- canonical words demand and the log does not know is a constant: the response, and the means (`notify` says "Do Not
-- Notify" nearly everywhere; the caller sees the state on the desk's page). The close code stands for the rule.
INSERT INTO derived
SELECT case_key, row_no, 8, 'decided', updated_at, updated_by, json_object(
    'pass', pass, 'response', 'technical_help', 'rule', COALESCE(closed_code, 'none'), 'rule_version', '-')
FROM staged
WHERE state IN ('Resolved', 'Closed') AND COALESCE(state_before, '') NOT IN ('Resolved', 'Closed');

INSERT INTO derived
SELECT case_key, row_no, 9, 'communicated', occurred_at, actor, json_object(
    'pass', json_extract(data, '$.pass'), 'means', 'web')
FROM derived
WHERE kind = 'decided';

-- The desk closes by itself; nobody asks the caller, so this is never an acceptance.
INSERT INTO derived
SELECT case_key, row_no, 10, 'answer_lapsed', updated_at, updated_by, json_object('pass', pass, 'reminders', 0)
FROM staged
WHERE state = 'Closed' AND state IS NOT state_before;

-- Updates that change nothing of the above stay visible.
INSERT INTO derived
SELECT case_key, row_no, 11, 'note_added', updated_at, updated_by, '{}'
FROM staged
WHERE row_no NOT IN (SELECT row_no FROM derived);

CREATE INDEX derived_by_case ON derived (case_key, row_no, part);
