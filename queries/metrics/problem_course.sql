-- id: problem_course
-- title.en: Problems month by month
-- title.tr: Aylara göre sorunlar
-- title.ru: Проблемы по месяцам
-- iso: 8.2
-- basis: received
-- grain: case
-- key: case_key
-- dimensions: cluster_id, label, trend, month, product, site
-- columns: cluster_id, label, trend, month, complaints
-- rests_on: cluster_runs
-- chart: multiples
-- definition: Problems with two complaints or more in the period, month by month over the 36 calendar months that end with the period; complaints net of merged. Problems that an analyst set aside are left out.
-- definition.tr: Dönemde en az iki şikâyeti olan sorunlar, dönemin sonunda biten 36 takvim ayında ay ay; şikâyetler birleştirilenler hariçtir. Analistin ayırdığı sorunlar yer almaz.
-- definition.ru: Проблемы, по которым в периоде не менее двух жалоб, по месяцам за 36 календарных месяцев до конца периода; жалобы без объединённых. Проблемы, отложенные аналитиком, не показаны.
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
    SELECT c.day, c.month
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id
    JOIN months AS m ON m.of_month = c.month
    CROSS JOIN ending AS e
    WHERE m.first_index >= e.last_index - 1095 AND c.day <= p.period_last
),
members AS (
    SELECT k.case_key, m.cluster_id, d.month, k.product, k.site, k.received_on
    FROM cases AS k
    JOIN course_days AS d ON d.day = k.received_on
    JOIN cluster_members AS m ON m.case_key = k.case_key
    WHERE k.state <> 'merged' AND m.level = 'problem'
),
of_period AS (
    SELECT
        c.cluster_id AS frequent_id,
        CAST(SUM(CASE WHEN c.received_on >= p.period_first THEN 1 ELSE 0 END) AS BIGINT) AS in_period
    FROM members AS c
    CROSS JOIN params AS p
    GROUP BY c.cluster_id
),
counted AS (
    SELECT
        c.case_key, c.cluster_id, c.month, c.product, c.site, g.trend,
        CASE WHEN g.name IS NOT NULL THEN g.name ELSE g.label END AS label
    FROM members AS c
    JOIN of_period AS f ON f.frequent_id = c.cluster_id
    JOIN clusters AS g ON g.cluster_id = c.cluster_id
    WHERE f.in_period >= 2 AND g.level = 'problem' AND g.ignored = FALSE
)
SELECT cluster_id, label, trend, month, CAST(COUNT(*) AS BIGINT) AS complaints
FROM counted
GROUP BY cluster_id, label, trend, month
ORDER BY cluster_id, month
