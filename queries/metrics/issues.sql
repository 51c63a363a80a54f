-- id: issues
-- title.en: Problems named in complaints
-- title.tr: Şikâyetlerde dile getirilen sorunlar
-- title.ru: Проблемы, названные в жалобах
-- iso: 8.2
-- basis: received
-- grain: problem of a case
-- key: case_key, issue_no
-- dimensions: category, product, lot, month, place
-- columns: category, place, problems
-- chart: none
-- definition: Every problem of the complaints received in the period, net of merged, by category: the primary one of each complaint, and the further ones that it names.
-- definition.tr: Dönemde alınan şikâyetlerin (birleştirilenler hariç) bütün sorunları, kategoriye göre: her şikâyetin asıl sorunu ve dile getirdiği ek sorunlar.
-- definition.ru: Все проблемы из жалоб, полученных в периоде (без объединённых), по категориям: основная проблема каждой жалобы и дополнительные, названные в ней.
WITH period_days AS (
    SELECT c.day, c.month
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id
    WHERE c.day >= p.period_first AND c.day <= p.period_last
),
received AS (
    SELECT k.case_key, d.month
    FROM cases AS k
    JOIN period_days AS d ON d.day = k.received_on
    WHERE k.state <> 'merged'
),
counted AS (
    SELECT
        i.case_key, i.issue_no, i.category, i.product, i.lot, r.month,
        CASE WHEN i.issue_no = 0 THEN 'primary' ELSE 'further' END AS place
    FROM case_issues AS i
    JOIN received AS r ON r.case_key = i.case_key
)
SELECT category, place, CAST(COUNT(*) AS BIGINT) AS problems
FROM counted
GROUP BY category, place
ORDER BY category, place
