SELECT d.case_key, d.nth * 100 + d.part AS seq, d.kind, d.occurred_at, d.occurred_at AS recorded_at,
    d.role, d.actor, NULL AS late_reason, d.data
FROM ticket AS k
CROSS JOIN derived AS d ON d.case_key = k.case_key
WHERE k.received_month = :month
ORDER BY d.case_key, d.nth, d.part
