SELECT 'status' AS what, CAST(p.status AS TEXT) AS word, COUNT(*) AS rows, 'ticket ' || MIN(p.case_key) AS first
FROM step AS p
LEFT JOIN meaning AS m ON m.status = p.status
WHERE m.status IS NULL
GROUP BY p.status
ORDER BY p.status
