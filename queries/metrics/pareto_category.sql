-- id: pareto_category
-- title.en: Complaints by category
-- title.tr: Kategoriye göre şikâyetler
-- title.ru: Жалобы по категориям
-- iso: 8.2
-- basis: received
-- grain: case
-- key: case_key
-- dimensions: category, month, channel, product, site, language
-- columns: category, complaints, cost_minor
-- chart: pareto
-- definition: Complaints received in the period, net of merged, by the category they are classified as at the cut of the data; not yet classified apart.
-- definition.tr: Dönemde alınan şikâyetler (birleştirilenler hariç), değerlendirme anındaki sınıflandırmaya göre; henüz sınıflandırılmamış olanlar ayrı gösterilir.
-- definition.ru: Жалобы, полученные в периоде (без объединённых), по категории на момент оценки; ещё не классифицированные показаны отдельно.
WITH period_days AS (
    SELECT c.day, c.month
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id
    WHERE c.day >= p.period_first AND c.day <= p.period_last
),
counted AS (
    SELECT k.case_key, k.category, d.month, k.channel, k.product, k.site, k.language, k.cost_minor
    FROM cases AS k
    JOIN period_days AS d ON d.day = k.received_on
    WHERE k.state <> 'merged'
)
SELECT
    category,
    CAST(COUNT(*) AS BIGINT) AS complaints,
    CAST(SUM(cost_minor) AS BIGINT) AS cost_minor
FROM counted
GROUP BY category
ORDER BY complaints DESC, category
