-- The first article, whoever wrote it down: the customer's own letter, or what was said on the phone.
SELECT k.case_key, plain_text(k.title || char(10) || COALESCE(a.body, '')) AS narrative
FROM ticket AS k
LEFT JOIN ticket_articles AS a ON a.id = (
    SELECT CAST(MIN(CAST(f.id AS INTEGER)) AS TEXT) FROM ticket_articles AS f
    WHERE f.ticket_id = CAST(k.case_key AS TEXT) AND f.internal NOT IN ('t', 'true', '1'))
WHERE k.received_month = :month
ORDER BY k.case_key
