-- id: growing_problems
-- title.en: Problems that grow or emerge beyond chance
-- title.tr: Rastlantının ötesinde büyüyen ya da yeni çıkan sorunlar
-- title.ru: Проблемы, растущие или возникшие сверх случайности
-- iso: 8.2
-- basis: received
-- grain: case
-- key: case_key
-- dimensions: cluster_id, label, trend, theme_id, month, product, site, channel, state
-- columns: cluster_id, label, trend, recent, expected, ratio, ratio_lower, ratio_upper, growth_q
-- rests_on: cluster_runs
-- chart: bars
-- definition: Problems whose complaints of the last three whole months before the cut of the data exceed what their own past and the volume of their product's other complaints let expect, and problems new in these months, after one control of false discoveries over all problems tested (level and number: table cluster_runs). The test is beta-binomial; seasons are minded from two years of history on. Problems that an analyst set aside are left out. The months are those of the search, whatever the period.
-- definition.tr: Değerlendirme anından önceki son üç tam aydaki şikâyetleri, kendi geçmişinden ve ürününün diğer şikâyetlerinin hacminden beklenenin üzerinde olan sorunlar ile bu aylarda yeni çıkan sorunlar; sınanan bütün sorunlar üzerinde tek bir yanlış keşif denetiminden sonra (düzey ve sayı: cluster_runs tablosu). Sınama beta-binomdur; iki yıllık geçmişten itibaren mevsim dikkate alınır. Analistin hariç tuttuğu sorunlar yer almaz. Aylar, dönem ne olursa olsun, aramanın aylarıdır.
-- definition.ru: Проблемы, жалоб по которым за последние три полных месяца до момента оценки больше, чем ожидается по их собственному прошлому и по числу других жалоб на тот же продукт, и проблемы, возникшие в эти месяцы, после единого контроля ложных открытий по всем проверенным проблемам (уровень и число: таблица cluster_runs). Критерий бета-биномиальный; сезонность учитывается при истории от двух лет. Проблемы, исключённые аналитиком, не показаны. Месяцы те, по которым шёл поиск, каким бы ни был период.
WITH run_months AS (
    SELECT MAX(r.recent_first) AS recent_first, MAX(r.recent_last) AS recent_last
    FROM cluster_runs AS r
),
recent_days AS (
    SELECT c.day, c.month
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id
    CROSS JOIN run_months AS r
    WHERE c.day >= r.recent_first AND c.day <= r.recent_last
),
problems AS (
    SELECT
        g.cluster_id, g.theme_id, g.trend, g.recent_expected, g.growth_ratio, g.growth_lower, g.growth_upper, g.growth_q,
        CASE WHEN g.name IS NOT NULL THEN g.name ELSE g.label END AS label
    FROM clusters AS g
    WHERE g.level = 'problem' AND g.ignored = FALSE AND (g.trend = 'growing' OR g.trend = 'emerging')
),
counted AS (
    SELECT
        k.case_key, g.cluster_id, g.label, g.trend, g.theme_id, d.month, k.product, k.site, k.channel, k.state,
        g.recent_expected, g.growth_ratio, g.growth_lower, g.growth_upper, g.growth_q
    FROM cases AS k
    JOIN recent_days AS d ON d.day = k.received_on
    JOIN cluster_members AS m ON m.case_key = k.case_key
    JOIN problems AS g ON g.cluster_id = m.cluster_id
    WHERE k.state <> 'merged'
)
SELECT
    cluster_id,
    label,
    trend,
    CAST(COUNT(*) AS BIGINT) AS recent,
    MAX(recent_expected) AS expected,
    MAX(growth_ratio) AS ratio,
    MAX(growth_lower) AS ratio_lower,
    MAX(growth_upper) AS ratio_upper,
    MAX(growth_q) AS growth_q
FROM counted
GROUP BY cluster_id, label, trend
ORDER BY growth_q, cluster_id
