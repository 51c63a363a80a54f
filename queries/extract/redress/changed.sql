-- Cases with an event after :since; an erasure asks for a full extract. From the new events to their
-- cases (CROSS JOIN keeps that order): the other way round would read the whole register.
SELECT c.received_month, c.case_key, MAX(e.kind = 'erased') AS erased
FROM case_event AS e
CROSS JOIN complaint_case AS c ON c.case_key = e.case_key
WHERE e.seq > :since
GROUP BY c.received_month, c.case_key
