-- id: answer_time
-- title.en: Days from receipt to the first answer
-- title.tr: Şikâyetin alınmasından ilk kararın bildirilmesine kadar geçen gün
-- title.ru: Дни от получения до первого сообщённого решения
-- iso: P13
-- basis: ended
-- grain: case
-- key: case_key
-- dimensions: month, days, channel, site, category, department
-- columns: month, days, complaints
-- needs: overall
-- chart: none
-- definition: Complaints, net of merged, whose first decision was communicated in the period, by the calendar days from receipt to that day. Nothing is deducted: it is the time that the complainant waited.
-- definition.tr: İlk kararı dönem içinde bildirilen şikâyetler (birleştirilenler hariç), alındığı günden bildirildiği güne kadar geçen takvim gününe göre. Hiçbir süre düşülmez: şikâyetçinin beklediği süredir.
-- definition.ru: Жалобы (без объединённых), первое решение по которым сообщено в периоде, по календарным дням от получения до этого дня. Ничего не вычитается: именно столько ждал заявитель.
WITH period_days AS (
    SELECT c.day, c.month
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id
    WHERE c.day >= p.period_first AND c.day <= p.period_last
),
received_days AS (
    SELECT c.day AS received_day, c.day_index AS received_index
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id
),
told_days AS (
    SELECT c.day AS told_day, c.day_index AS told_index
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id
),
told AS (
    SELECT
        k.case_key, d.month, k.channel, k.site, k.category, k.department, k.received_on,
        k.communicated_on
    FROM cases AS k
    JOIN period_days AS d ON d.day = k.communicated_on
    WHERE k.state <> 'merged'
),
counted AS (
    SELECT
        k.case_key, k.month, t.told_index - r.received_index AS days, k.channel, k.site, k.category,
        k.department
    FROM told AS k
    JOIN received_days AS r ON r.received_day = k.received_on
    JOIN told_days AS t ON t.told_day = k.communicated_on
)
SELECT month, days, CAST(COUNT(*) AS BIGINT) AS complaints
FROM counted
GROUP BY month, days
ORDER BY month, days
