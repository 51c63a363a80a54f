-- GLPI's own judgement, where a service level set a time to resolve. The requester is the first one named; one without an
-- account is known by the address.
SELECT k.case_key, k.case_id,
    (SELECT CASE WHEN r.users_id <> '0' THEN r.users_id ELSE r.alternative_email END
        FROM requester AS r WHERE r.ticket_id = k.case_key ORDER BY r.id LIMIT 1) AS complainant,
    CASE WHEN k.solvedate <= k.time_to_resolve THEN 'met' WHEN k.solvedate > k.time_to_resolve THEN 'missed' END AS source_verdict
FROM ticket AS k
WHERE k.received_month = :month
ORDER BY k.case_key
