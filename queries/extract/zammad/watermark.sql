-- For PostgreSQL, and run there: a mark of each ticket that differs as soon as anything differs that its rows are made of.
--
-- `xmin` is the transaction that last wrote a row. It says more than `updated_at`: it changes whoever writes the row and
-- however, and with the number of rows and their ids what was deleted shows as well. That one transaction wrote the row
-- before and, after 4,294,967,296 others, again is the only change that it hides. A database that was dumped and restored
-- has other ones throughout: everything is read again once.
SELECT
    COALESCE(k.id, h.o_id) AS case_key, k.created_at AS received_at,
    concat(k.xmin, '|', a.rows, '|', a.marks, '|', h.rows, '|', h.marks, '|', m.numbers) AS mark
FROM tickets AS k
LEFT JOIN (
    SELECT ticket_id, count(*) AS rows, sum(hashtextextended(concat(id, ' ', xmin), 0)) AS marks
    FROM ticket_articles
    GROUP BY ticket_id
) AS a ON a.ticket_id = k.id
-- A history without its ticket is refused, with its number: it stands in the month that is always read.
FULL JOIN (
    SELECT h.o_id, count(*) AS rows, sum(hashtextextended(concat(h.id, ' ', h.xmin), 0)) AS marks
    FROM histories AS h
    JOIN history_objects AS o ON o.id = h.history_object_id AND o.name = 'Ticket'
    GROUP BY h.o_id
) AS h ON h.o_id = k.id
-- A merged ticket says the number of the other one, which may be gone since.
LEFT JOIN (
    SELECT h.o_id, string_agg(t.number, ' ' ORDER BY h.id) AS numbers
    FROM histories AS h
    JOIN history_objects AS o ON o.id = h.history_object_id AND o.name = 'Ticket'
    JOIN history_types AS y ON y.id = h.history_type_id AND y.name = 'merged_into'
    JOIN tickets AS t ON t.id = h.id_to
    GROUP BY h.o_id
) AS m ON m.o_id = k.id
