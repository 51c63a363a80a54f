-- id: volume_course
-- title.en: Complaints month by month
-- title.tr: Aylara göre şikâyetler
-- title.ru: Жалобы по месяцам
-- iso: M1, 8.2
-- basis: received
-- grain: case
-- key: case_key
-- dimensions: site, month, channel, product
-- columns: site, month, complaints, working_days
-- chart: control
-- definition: For the control charts: complaints received in the 36 calendar months that end with the period, net of merged, by site, beside the working days of the month (of the last one up to the end of the period).
-- definition.tr: Kontrol grafikleri için: dönemin sonunda biten 36 takvim ayında alınan şikâyetler (birleştirilenler hariç), tesise göre; yanında ayın iş günleri (son ayın yalnız dönem sonuna kadar olanları).
-- definition.ru: Для контрольных карт: жалобы, полученные в 36 календарных месяцев до конца периода (без объединённых), по площадкам; рядом – рабочие дни месяца (последнего – до конца периода).
WITH ending AS (
    SELECT c.day_index AS last_index
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id AND c.day = p.period_last
),
months AS (
    SELECT c.month AS of_month, MIN(c.day_index) AS first_index
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id
    GROUP BY c.month
),
course_days AS (
    SELECT c.day, c.month, c.fraction
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id
    JOIN months AS m ON m.of_month = c.month
    CROSS JOIN ending AS e
    WHERE m.first_index >= e.last_index - 1095 AND c.day <= p.period_last
),
counted AS (
    SELECT k.case_key, k.site, d.month, k.channel, k.product
    FROM cases AS k
    JOIN course_days AS d ON d.day = k.received_on
    WHERE k.state <> 'merged'
),
work AS (
    SELECT d.month, SUM(d.fraction) AS working_days
    FROM course_days AS d
    GROUP BY d.month
),
grouped AS (
    SELECT site, month, CAST(COUNT(*) AS BIGINT) AS complaints
    FROM counted
    GROUP BY site, month
)
SELECT g.site, g.month, g.complaints, w.working_days
FROM grouped AS g
JOIN work AS w ON w.month = g.month
ORDER BY g.site, g.month
