SELECT d.case_key, d.event_no * 100 + d.part AS seq, d.kind, d.occurred_at, d.occurred_at AS recorded_at,
    CASE d.kind WHEN 'registered' THEN 'contact' ELSE 'agent' END AS role, d.actor, NULL AS late_reason, d.data
FROM incident AS i
CROSS JOIN derived AS d ON d.case_key = i.case_key
WHERE i.received_month = :month
ORDER BY d.case_key, d.event_no, d.part
