-- By month, so that some months can be counted alone; without one stands what belongs to no ticket.
SELECT k.received_month, COUNT(*) AS cases, 0 AS events
FROM tickets AS t
LEFT JOIN ticket AS k ON k.case_key = CAST(t.id AS INTEGER)
GROUP BY k.received_month
UNION ALL
SELECT k.received_month, 0, COUNT(*)
FROM derived AS d
LEFT JOIN ticket AS k ON k.case_key = d.case_key
GROUP BY k.received_month
