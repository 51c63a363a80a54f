-- id: volume
-- title.en: Complaints received
-- title.tr: Alınan şikâyetler
-- title.ru: Полученные жалобы
-- iso: M1
-- basis: received
-- grain: case
-- key: case_key
-- dimensions: month, channel, language, category, product, site, merged
-- columns: month, channel, gross, net, working_days
-- chart: volume
-- definition: Complaints received in the period by month and channel. Net leaves out duplicate registrations known as merged at the cut of the data; gross counts them. Working days of the month stand beside, since volume is read per working day.
-- definition.tr: Dönemde alınan şikâyetler, aya ve kanala göre. Net, değerlendirme anında birleştirilmiş olduğu bilinen mükerrer kayıtları saymaz; brüt sayar. Ayın iş günleri yanında verilir, çünkü şikâyet sayısı iş günü başına değerlendirilir.
-- definition.ru: Жалобы, полученные в периоде, по месяцам и каналам. Нетто не включает повторные регистрации, объединённые к моменту оценки; брутто включает. Рядом – рабочие дни месяца, так как число жалоб оценивают в расчёте на рабочий день.
WITH period_days AS (
    SELECT c.day, c.month, c.fraction
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id
    WHERE c.day >= p.period_first AND c.day <= p.period_last
),
counted AS (
    SELECT
        k.case_key, d.month, k.channel, k.language, k.category, k.product, k.site,
        CASE WHEN k.state = 'merged' THEN 'yes' ELSE 'no' END AS merged
    FROM cases AS k
    JOIN period_days AS d ON d.day = k.received_on
),
work AS (
    SELECT d.month, SUM(d.fraction) AS working_days
    FROM period_days AS d
    GROUP BY d.month
),
grouped AS (
    SELECT
        month, channel,
        CAST(COUNT(*) AS BIGINT) AS gross,
        CAST(SUM(CASE WHEN merged = 'no' THEN 1 ELSE 0 END) AS BIGINT) AS net
    FROM counted
    GROUP BY month, channel
)
SELECT g.month, g.channel, g.gross, g.net, w.working_days
FROM grouped AS g
JOIN work AS w ON w.month = g.month
ORDER BY g.month, g.channel
