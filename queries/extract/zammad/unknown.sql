SELECT 'state' AS what, COALESCE(s.name || ' (' || COALESCE(s.state_type, 'no type') || ')', 'number ' || p.state_id) AS word,
    COUNT(*) AS rows, 'ticket ' || MIN(k.case_id) AS first
FROM step AS p
JOIN ticket AS k ON k.case_key = p.case_key
LEFT JOIN state AS s ON s.id = p.state_id
WHERE COALESCE(s.does, 'unknown') = 'unknown'
GROUP BY 2
UNION ALL
SELECT 'priority', COALESCE(p.name, 'number ' || b.priority_id), COUNT(*), 'ticket ' || MIN(k.case_id)
FROM beginning AS b
JOIN ticket AS k ON k.case_key = b.case_key
LEFT JOIN priority AS p ON p.id = b.priority_id
WHERE p.severity IS NULL
GROUP BY 2
