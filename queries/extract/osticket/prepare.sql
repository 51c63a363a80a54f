-- What a status does, by its state; statuses may be named and added as one likes. One named like "Resolved" was answered and
-- can still be closed; an open one named like "On hold" waits, for whom is not said: as "internal" it stops no clock. A state
-- that is not in the list is kept and named by unknown.sql.
CREATE TABLE status AS
SELECT
    CAST(id AS INTEGER) AS id, name, state,
    CASE
        WHEN state = 'open' AND (name LIKE '%hold%' OR name LIKE '%wait%' OR name LIKE '%pend%') THEN 'wait'
        WHEN state = 'open' THEN 'work'
        WHEN state = 'closed' AND (name LIKE '%resolv%' OR name LIKE '%solved%' OR name LIKE '%answered%') THEN 'solved'
        WHEN state IN ('closed', 'archived') THEN 'closed'
        WHEN state = 'deleted' THEN 'removed'
        ELSE 'unknown'
    END AS does
FROM ost_ticket_status;
CREATE UNIQUE INDEX status_by_id ON status (id);

-- A linked ticket (flag 8) has a parent too and stays one of its own.
CREATE TABLE ticket AS
SELECT
    CAST(k.ticket_id AS INTEGER) AS case_key, k.number AS case_id, k.user_id AS complainant, CAST(k.status_id AS INTEGER) AS status_id,
    CAST(k.dept_id AS INTEGER) AS dept_id, CAST(k.topic_id AS INTEGER) AS topic_id, CAST(k.sla_id AS INTEGER) AS sla_id, k.source,
    k.created, k.closed, k.updated,
    CASE WHEN CAST(k.flags AS INTEGER) & 8 = 0 THEN CAST(NULLIF(k.ticket_pid, '0') AS INTEGER) END AS merged_into,
    COALESCE(local_month(k.created), 'unknown') AS received_month
FROM ost_ticket AS k;
CREATE UNIQUE INDEX ticket_by_key ON ticket (case_key);
CREATE INDEX ticket_by_month ON ticket (received_month, case_key);

CREATE TABLE thread AS
SELECT CAST(id AS INTEGER) AS id, CAST(object_id AS INTEGER) AS ticket_id FROM ost_thread WHERE object_type = 'T';
CREATE UNIQUE INDEX thread_by_id ON thread (id);
CREATE INDEX thread_by_ticket ON thread (ticket_id);

-- The events of tickets. A closing that a return annulled has happened all the same. A clock that is ahead of a later row is
-- set back to it: ids grow with the changes.
CREATE TABLE change AS
SELECT
    CAST(e.id AS INTEGER) AS id, t.ticket_id, v.name AS what, CAST(e.dept_id AS INTEGER) AS dept_id, CAST(e.topic_id AS INTEGER) AS topic_id,
    CAST(e.staff_id AS INTEGER) AS staff_id, CAST(e.team_id AS INTEGER) AS team_id, e.uid_type = 'U' AS by_customer,
    CASE WHEN e.uid_type = 'S' THEN e.uid END AS actor, CASE WHEN json_valid(e.data) THEN e.data END AS data,
    MIN(e.timestamp) OVER (
        PARTITION BY e.thread_id ORDER BY CAST(e.id AS INTEGER) ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS at
FROM ost_thread_event AS e
JOIN thread AS t ON t.id = CAST(e.thread_id AS INTEGER)
LEFT JOIN ost_event AS v ON v.id = e.event_id
WHERE COALESCE(e.thread_type, 'T') IN ('T', '', ' ');
CREATE INDEX change_by_ticket ON change (ticket_id, what, id);

-- When a ticket was merged: the event that names its parent. What happens to it afterwards (it is closed by force) is not the
-- desk's answer.
CREATE TABLE merging AS
SELECT k.case_key, COALESCE(MIN(c.id), 9000000000000) AS nth, COALESCE(MIN(c.at), k.closed, k.updated) AS at, MIN(c.actor) AS actor, p.case_id AS into_id
FROM ticket AS k
LEFT JOIN change AS c ON c.ticket_id = k.case_key AND c.what = 'merged' AND c.data ->> 'id' = k.merged_into
LEFT JOIN ticket AS p ON p.case_key = k.merged_into
WHERE k.merged_into IS NOT NULL
GROUP BY k.case_key;

-- Every status a ticket was in. It begins open; a ticket whose thread says nothing of its end has its own date.
CREATE TABLE step AS
SELECT k.case_key, 0 AS nth, k.created AS at, NULL AS actor, 0 AS by_customer, 'work' AS does, NULL AS status_id
FROM ticket AS k
UNION ALL
SELECT c.ticket_id, c.id, c.at, c.actor, c.by_customer,
    CASE c.what
        WHEN 'reopened' THEN 'work'
        WHEN 'closed' THEN COALESCE(s.does, 'closed')
        ELSE COALESCE(s.does, 'unknown')
    END,
    COALESCE(c.data ->> '$.status[0]', c.data ->> 'status')
FROM change AS c
LEFT JOIN merging AS m ON m.case_key = c.ticket_id
LEFT JOIN status AS s ON s.id = CAST(COALESCE(c.data ->> '$.status[0]', c.data ->> 'status') AS INTEGER)
WHERE (c.what IN ('closed', 'reopened') OR c.what = 'edited' AND c.data ->> 'status' IS NOT NULL)
    AND (m.nth IS NULL OR c.id < m.nth)
UNION ALL
SELECT k.case_key, 8000000000000, COALESCE(k.closed, k.updated), NULL, 0, s.does, k.status_id
FROM ticket AS k
JOIN status AS s ON s.id = k.status_id AND s.does IN ('solved', 'closed', 'removed')
WHERE k.merged_into IS NULL AND NOT EXISTS (SELECT 1 FROM change AS c WHERE c.ticket_id = k.case_key AND c.what = 'closed')
UNION ALL
SELECT k.case_key, 8000000000000, k.updated, NULL, 0, 'unknown', k.status_id
FROM ticket AS k
LEFT JOIN status AS s ON s.id = k.status_id
WHERE COALESCE(s.does, 'unknown') = 'unknown';

-- Where a ticket stood before, unknown states left out: they move nothing.
CREATE TABLE passed AS
SELECT p.*,
    COALESCE(before IN ('solved', 'closed') AND does IN ('work', 'wait'), 0) AS goes_back,
    1 + SUM(COALESCE(before IN ('solved', 'closed') AND does IN ('work', 'wait'), 0)) OVER (PARTITION BY case_key ORDER BY nth) AS pass
FROM (
    SELECT s.*, LAG(does) OVER (PARTITION BY case_key ORDER BY nth) AS before FROM step AS s WHERE does <> 'unknown'
) AS p;

CREATE TABLE derived (case_key INTEGER, nth INTEGER, part INTEGER, kind TEXT, occurred_at INTEGER, role TEXT, actor TEXT, data TEXT);
CREATE INDEX derived_by_case ON derived (case_key, nth, part);

INSERT INTO derived
SELECT k.case_key, 0, 0, 'registered', k.created, 'contact', NULL, json_object(
    'received_at', rfc3339(k.created),
    'channel', CASE k.source WHEN 'Web' THEN 'form' WHEN 'Email' THEN 'email' WHEN 'Phone' THEN 'phone' ELSE 'other' END,
    'language', 'en')
FROM ticket AS k;

-- The help topic is what a ticket is about; its first event knows which one it was. Without one the department says it.
INSERT INTO derived
SELECT b.case_key, 0, 1, 'classified', b.created, 'agent', NULL, json_object('category', COALESCE(t.topic, d.name, 'topic ' || b.topic_id))
FROM (
    SELECT k.case_key, k.created, k.dept_id, COALESCE(
        (SELECT NULLIF(topic_id, 0) FROM change WHERE ticket_id = k.case_key AND what = 'created' ORDER BY id LIMIT 1), k.topic_id) AS topic_id
    FROM ticket AS k
) AS b
LEFT JOIN ost_help_topic AS t ON CAST(t.topic_id AS INTEGER) = b.topic_id
LEFT JOIN ost_department AS d ON CAST(d.id AS INTEGER) = b.dept_id;

INSERT INTO derived
SELECT b.case_key, 0, 2, 'routed', b.created, 'agent', NULL, json_object('department', COALESCE(d.name, 'department ' || b.dept_id))
FROM (
    SELECT k.case_key, k.created, COALESCE(
        (SELECT NULLIF(dept_id, 0) FROM change WHERE ticket_id = k.case_key AND what = 'created' ORDER BY id LIMIT 1), k.dept_id) AS dept_id
    FROM ticket AS k
) AS b
LEFT JOIN ost_department AS d ON CAST(d.id AS INTEGER) = b.dept_id;

INSERT INTO derived
SELECT c.ticket_id, c.id, 2, 'routed', c.at, 'agent', c.actor, json_object('department', COALESCE(c.data ->> 'dept', d.name, 'department ' || c.dept_id))
FROM change AS c
LEFT JOIN ost_department AS d ON CAST(d.id AS INTEGER) = c.dept_id
WHERE c.what = 'transferred';

-- A priority is a field of the ticket's form: which one it is now is known, and not since when.
INSERT INTO derived
SELECT k.case_key, 0, 3, 'assessed', k.created, 'agent', NULL, json_object(
    'severity', CASE p.priority WHEN 'low' THEN 'low' WHEN 'normal' THEN 'medium' WHEN 'high' THEN 'high' ELSE 'critical' END, 'change', 'first')
FROM ticket AS k
JOIN ost_ticket__cdata AS f ON CAST(f.ticket_id AS INTEGER) = k.case_key
JOIN ost_ticket_priority AS p ON p.priority_id = f.priority AND p.priority IN ('low', 'normal', 'high', 'emergency');

INSERT INTO derived
SELECT c.ticket_id, c.id, 4, 'assigned', c.at, 'agent', c.actor,
    json_object('to', CASE WHEN c.staff_id > 0 THEN CAST(c.staff_id AS TEXT) ELSE 'team ' || c.team_id END)
FROM change AS c
WHERE c.what = 'assigned';

INSERT INTO derived
SELECT case_key, nth, 5, 'resumed', at, 'agent', actor, '{}'
FROM passed
WHERE before = 'wait' AND does <> 'wait';

-- Leaving "resolved" for the first time is taken as the customer's no; any other return is a reopening.
INSERT INTO derived
SELECT case_key, nth, 6, CASE WHEN before = 'solved' AND pass = 2 THEN 'rejected' ELSE 'reopened' END, at,
    CASE WHEN by_customer THEN 'customer' ELSE 'agent' END, CASE WHEN by_customer THEN NULL ELSE actor END,
    CASE WHEN before = 'solved' AND pass = 2 THEN '{"pass":1}' ELSE '{}' END
FROM passed
WHERE goes_back;

INSERT INTO derived
SELECT case_key, nth, 7, 'paused', at, 'agent', actor, '{"reason":"internal"}'
FROM passed
WHERE does = 'wait' AND COALESCE(before, '') <> 'wait';

-- Response, means and rule are constants that the canonical form demands.
INSERT INTO derived
SELECT case_key, nth, 8, 'decided', at, 'agent', actor, json_object(
    'pass', pass, 'response', 'information', 'rule', '-', 'rule_version', '-')
FROM passed
WHERE does IN ('solved', 'closed') AND COALESCE(before, '') NOT IN ('solved', 'closed');

INSERT INTO derived
SELECT case_key, nth, 9, 'communicated', occurred_at, role, actor, json_object('pass', json_extract(data, '$.pass'), 'means', 'email')
FROM derived
WHERE kind = 'decided';

-- Nobody is asked, so that closing is never an acceptance.
INSERT INTO derived
SELECT case_key, nth, 10, 'answer_lapsed', at, 'system', NULL, json_object('pass', pass, 'reminders', 0)
FROM passed
WHERE does = 'closed' AND COALESCE(before, '') <> 'closed';

INSERT INTO derived
SELECT case_key, nth, 11, 'merged', at, 'agent', actor, json_object('into', COALESCE(into_id, 'unknown'))
FROM merging;

-- A status of the state "deleted" without the deletion: taken out by staff, counted as withdrawn.
INSERT INTO derived
SELECT case_key, nth, 12, 'withdrawn', at, 'agent', actor, '{}'
FROM passed
WHERE does = 'removed' AND COALESCE(before, '') <> 'removed';

-- Unknown states and the mark "overdue" stay visible.
INSERT INTO derived
SELECT case_key, nth, 13, 'note_added', at, 'agent', actor, '{}'
FROM step
WHERE does = 'unknown'
UNION ALL
SELECT ticket_id, id, 13, 'note_added', at, 'system', NULL, '{}'
FROM change
WHERE what = 'overdue';

CREATE INDEX entry_by_thread ON ost_thread_entry (thread_id);
