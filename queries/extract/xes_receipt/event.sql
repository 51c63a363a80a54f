SELECT d.case_key, d.seq, d.kind, d.occurred_at, d.occurred_at AS recorded_at,
    CASE d.kind WHEN 'registered' THEN 'contact' ELSE 'agent' END AS role, d.actor, NULL AS late_reason, d.data
FROM application AS a
CROSS JOIN derived AS d ON d.case_key = a.case_key
WHERE a.received_month = :month
ORDER BY d.case_key, d.seq
