-- osTicket's own judgement, where a service level applied: a ticket was marked overdue, or it was closed and never was.
SELECT k.case_key, k.case_id, k.complainant,
    CASE
        WHEN k.sla_id = 0 THEN NULL
        WHEN EXISTS (SELECT 1 FROM change AS c WHERE c.ticket_id = k.case_key AND c.what = 'overdue') THEN 'missed'
        WHEN k.closed IS NOT NULL THEN 'met'
    END AS source_verdict
FROM ticket AS k
WHERE k.received_month = :month
ORDER BY k.case_key
