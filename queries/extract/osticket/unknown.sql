SELECT 'status' AS what, COALESCE(s.name || ' (' || COALESCE(s.state, 'no state') || ')', 'number ' || COALESCE(p.status_id, '-')) AS word,
    COUNT(*) AS rows, 'ticket ' || MIN(k.case_id) AS first
FROM step AS p
JOIN ticket AS k ON k.case_key = p.case_key
LEFT JOIN status AS s ON s.id = CAST(p.status_id AS INTEGER)
WHERE p.does = 'unknown'
GROUP BY 2
UNION ALL
-- Of a deleted ticket the events stay, with thread 0.
SELECT 'event of a deleted ticket', COALESCE(v.name, 'number ' || e.event_id), COUNT(*), 'event ' || MIN(CAST(e.id AS INTEGER))
FROM ost_thread_event AS e
LEFT JOIN thread AS t ON t.id = CAST(e.thread_id AS INTEGER)
LEFT JOIN ost_event AS v ON v.id = e.event_id
WHERE t.id IS NULL AND COALESCE(e.thread_type, 'T') IN ('T', '', ' ')
GROUP BY 2
