SELECT 'activity' AS what, COALESCE(e.activity, '(none)') AS word, COUNT(*) AS rows, 'event ' || MIN(e.event_no) AS first
FROM event AS e
LEFT JOIN word AS w ON w.activity = e.activity
WHERE w.activity IS NULL
GROUP BY e.activity
ORDER BY e.activity
