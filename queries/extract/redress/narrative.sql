-- The complaint's own text: that of its registration. Erased texts are NULL and are left out.
SELECT e.case_key, t.body AS narrative
FROM complaint_case AS c
CROSS JOIN case_event AS e ON e.case_key = c.case_key AND e.event_no = 1
CROSS JOIN event_text AS t ON t.text_id = e.text_id
WHERE c.received_month = :month AND c.case_key BETWEEN :first_key AND :last_key AND t.body IS NOT NULL
ORDER BY c.case_key
