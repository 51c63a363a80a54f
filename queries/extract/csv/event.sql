SELECT k.case_key, CAST(e.seq AS INTEGER) AS seq, e.kind, e.occurred_at, e.recorded_at, e.role, e.actor,
    e.late_reason, e.data
FROM keyed AS k
CROSS JOIN events AS e ON e.case_id = k.case_id
WHERE k.received_month = :month
ORDER BY k.case_key, CAST(e.seq AS INTEGER)
