-- id: problem_course
-- title.en: Problems month by month
-- title.tr: Aylara göre sorunlar
-- title.ru: Проблемы по месяцам
-- iso: 8.2
-- basis: received
-- grain: case
-- key: case_key
-- dimensions: cluster_id, label, trend, product, month, in_period, site
-- columns: cluster_id, label, trend, product, month, complaints
-- rests_on: cluster_runs
-- chart: multiples
-- definition: For the test of growth and the charts: complaints received in the 36 calendar months that end with the period, net of merged, by problem, product and month. Only problems with at least two complaints in these months, and at least one in fifty thousand of all, stand by themselves; the complaints of smaller ones, of problems that an analyst set aside and of no problem stand in rows without a problem, so that the rows of a product add up to all its complaints.
-- definition.tr: Büyüme sınaması ve grafikler için: dönemin sonunda biten 36 takvim ayında alınan şikâyetler (birleştirilenler hariç), soruna, ürüne ve aya göre. Yalnız bu aylarda en az iki şikâyeti olan ve bütün şikâyetlerin en az elli binde birini oluşturan sorunlar kendi satırlarında yer alır; daha küçük sorunların, analistin hariç tuttuğu sorunların ve hiçbir soruna ait olmayanların şikâyetleri sorunsuz satırlardadır. Böylece bir ürünün satırları toplamı bütün şikâyetlerini verir.
-- definition.ru: Для проверки роста и графиков: жалобы, полученные за 36 календарных месяцев до конца периода (без объединённых), по проблемам, продуктам и месяцам. Отдельно показаны только проблемы, по которым за эти месяцы не менее двух жалоб и не менее одной на пятьдесят тысяч всех жалоб; жалобы по меньшим проблемам, по исключённым аналитиком и не относящиеся ни к какой проблеме стоят в строках без проблемы, так что строки продукта в сумме дают все жалобы на него.
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
    SELECT c.day, c.month, CASE WHEN c.day >= p.period_first THEN 'yes' ELSE 'no' END AS in_period
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id
    JOIN months AS m ON m.of_month = c.month
    CROSS JOIN ending AS e
    WHERE m.first_index >= e.last_index - 1095 AND c.day <= p.period_last
),
received AS (
    SELECT k.case_key, d.month, d.in_period, k.product, k.site
    FROM cases AS k
    JOIN course_days AS d ON d.day = k.received_on
    WHERE k.state <> 'merged'
),
everything AS (
    SELECT CAST(COUNT(*) AS BIGINT) AS complaints_in_all
    FROM received
),
members AS (
    SELECT
        m.case_key AS member_key, g.cluster_id, g.trend,
        CASE WHEN g.name IS NOT NULL THEN g.name ELSE g.label END AS label
    FROM cluster_members AS m
    JOIN clusters AS g ON g.cluster_id = m.cluster_id
    WHERE m.level = 'problem' AND g.level = 'problem' AND g.ignored = FALSE
),
sizes AS (
    SELECT m.cluster_id AS sized_id, CAST(COUNT(*) AS BIGINT) AS complaints_of_it
    FROM received AS r
    JOIN members AS m ON m.member_key = r.case_key
    GROUP BY m.cluster_id
),
large AS (
    SELECT s.sized_id
    FROM sizes AS s
    CROSS JOIN everything AS e
    WHERE s.complaints_of_it >= 2 AND s.complaints_of_it * 50000 >= e.complaints_in_all
),
of_large AS (
    SELECT m.member_key, m.cluster_id, m.label, m.trend
    FROM members AS m
    JOIN large AS l ON l.sized_id = m.cluster_id
),
counted AS (
    SELECT r.case_key, o.cluster_id, o.label, o.trend, r.product, r.month, r.in_period, r.site
    FROM received AS r
    LEFT JOIN of_large AS o ON o.member_key = r.case_key
)
SELECT cluster_id, label, trend, product, month, CAST(COUNT(*) AS BIGINT) AS complaints
FROM counted
GROUP BY cluster_id, label, trend, product, month
ORDER BY cluster_id, product, month
