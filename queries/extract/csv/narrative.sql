SELECT k.case_key, n.narrative
FROM keyed AS k
CROSS JOIN narratives AS n ON n.case_id = k.case_id
WHERE k.received_month = :month AND n.narrative IS NOT NULL
ORDER BY k.case_key
