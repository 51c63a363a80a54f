SELECT 'activity' AS what, COALESCE(l."concept:name", '(none)') AS word, COUNT(*) AS rows, 'row ' || MIN(l.row_no) AS first
FROM log AS l
LEFT JOIN word AS w ON w.activity = l."concept:name"
WHERE w.activity IS NULL
GROUP BY l."concept:name"
ORDER BY l."concept:name"
