SELECT e.case_key, e.seq, e.kind, e.occurred_at, e.recorded_at, e.role, e.actor, e.late_reason, e.data
FROM complaint_case AS c
CROSS JOIN case_event AS e ON e.case_key = c.case_key
WHERE c.received_month = :month AND c.case_key BETWEEN :first_key AND :last_key
ORDER BY c.case_key, e.event_no
