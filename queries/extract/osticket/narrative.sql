-- The first message (type M) of the ticket's thread, under its subject.
SELECT k.case_key, plain_text(COALESCE(f.subject, e.title, '') || char(10) || COALESCE(e.body, '')) AS narrative
FROM ticket AS k
LEFT JOIN ost_ticket__cdata AS f ON f.ticket_id = CAST(k.case_key AS TEXT)
LEFT JOIN ost_thread_entry AS e ON e.id = (
    SELECT CAST(MIN(CAST(m.id AS INTEGER)) AS TEXT)
    FROM thread AS t
    JOIN ost_thread_entry AS m ON m.thread_id = CAST(t.id AS TEXT) AND m.type = 'M'
    WHERE t.ticket_id = k.case_key)
WHERE k.received_month = :month
ORDER BY k.case_key
