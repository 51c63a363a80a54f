-- Months with an event after :since; an erasure asks for a full extract.
SELECT DISTINCT c.received_month, e.kind = 'erased' AS erased
FROM case_event AS e
JOIN complaint_case AS c ON c.case_key = e.case_key
WHERE e.seq > :since
