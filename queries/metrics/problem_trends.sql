-- id: problem_trends
-- title.en: Problems tested for growth
-- title.tr: Büyümesi sınanan sorunlar
-- title.ru: Проблемы, проверенные на рост
-- iso: 8.2
-- basis: stock
-- grain: problem
-- key: cluster_id
-- dimensions: trend, theme_id
-- columns: cluster_id, label, trend, recent, expected, ratio, ratio_lower, ratio_upper, growth_p
-- rests_on: cluster_runs
-- chart: none
-- definition: Every problem that is large enough to be tested for growth, with the probability of so many complaints in the last three whole months before as_of by chance alone (beta-binomial, against its own past and the volume of its product's other complaints). Problems that an analyst set aside are left out. As of the search, whatever the period.
-- definition.tr: Büyümesi sınanabilecek kadar büyük her sorun; değerlendirme anından önceki son üç tam ayda bu kadar şikâyetin yalnız rastlantıyla gelme olasılığıyla (beta-binom; kendi geçmişine ve ürününün diğer şikâyetlerinin hacmine göre). Analistin ayırdığı sorunlar yer almaz. Dönem ne olursa olsun, aramanın anına göredir.
-- definition.ru: Каждая проблема, достаточно крупная для проверки на рост, с вероятностью получить столько жалоб за последние три полных месяца до момента оценки лишь случайно (бета-биномиальный критерий; по её собственному прошлому и числу других жалоб на тот же продукт). Проблемы, отложенные аналитиком, не показаны. На момент поиска, каким бы ни был период.
WITH counted AS (
    SELECT
        g.cluster_id, g.theme_id, g.trend, g.recent_cases, g.recent_expected, g.growth_ratio, g.growth_lower,
        g.growth_upper, g.growth_p,
        CASE WHEN g.name IS NOT NULL THEN g.name ELSE g.label END AS label
    FROM clusters AS g
    WHERE g.level = 'problem' AND g.ignored = FALSE AND g.growth_q IS NOT NULL
)
SELECT
    cluster_id, label, trend,
    CAST(recent_cases AS BIGINT) AS recent,
    recent_expected AS expected,
    growth_ratio AS ratio,
    growth_lower AS ratio_lower,
    growth_upper AS ratio_upper,
    growth_p
FROM counted
ORDER BY growth_p, cluster_id
