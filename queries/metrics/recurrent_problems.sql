-- id: recurrent_problems
-- title.en: Recurrent problems of the period
-- title.tr: Dönemin yinelenen sorunları
-- title.ru: Повторяющиеся проблемы периода
-- iso: 8.2
-- basis: received
-- grain: case
-- key: case_key
-- dimensions: cluster_id, label, trend, theme_id, month, product, site, channel, state
-- columns: cluster_id, label, trend, received, complaints, complainants, open_cases, cost_minor
-- rests_on: cluster_runs
-- chart: bars
-- definition: Problems (complaints in which the same thing went wrong) of which two or more complainants complained, by the complaints received in the period, net of merged; beside them all complaints of the problem, its complainants, its open cases and its cost of redress. Problems that an analyst set aside are left out.
-- definition.tr: İki ya da daha çok şikâyetçinin dile getirdiği sorunlar (aynı şeyin ters gittiği şikâyetler); dönemde alınan şikâyet sayısına göre (birleştirilenler hariç). Yanında sorunun bütün şikâyetleri, şikâyetçileri, açık kayıtları ve telafi maliyeti. Analistin hariç tuttuğu sorunlar yer almaz.
-- definition.ru: Проблемы (жалобы, в которых неисправно одно и то же), на которые пожаловались двое или больше заявителей, по числу жалоб, полученных в периоде (без объединённых); рядом все жалобы по проблеме, число заявителей, открытые жалобы и стоимость возмещения. Проблемы, исключённые аналитиком, не показаны.
WITH period_days AS (
    SELECT c.day, c.month
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id
    WHERE c.day >= p.period_first AND c.day <= p.period_last
),
problems AS (
    SELECT
        g.cluster_id, g.theme_id, g.trend, g.cases, g.complainants, g.open_cases, g.cost_minor,
        CASE WHEN g.name IS NOT NULL THEN g.name ELSE g.label END AS label
    FROM clusters AS g
    WHERE g.kind = 'recurrent' AND g.level = 'problem' AND g.ignored = FALSE
),
counted AS (
    SELECT
        k.case_key, g.cluster_id, g.label, g.trend, g.theme_id, d.month, k.product, k.site, k.channel, k.state,
        g.cases, g.complainants, g.open_cases, g.cost_minor
    FROM cases AS k
    JOIN period_days AS d ON d.day = k.received_on
    JOIN cluster_members AS m ON m.case_key = k.case_key
    JOIN problems AS g ON g.cluster_id = m.cluster_id
    WHERE k.state <> 'merged'
)
SELECT
    cluster_id,
    label,
    trend,
    CAST(COUNT(*) AS BIGINT) AS received,
    CAST(MAX(cases) AS BIGINT) AS complaints,
    CAST(MAX(complainants) AS BIGINT) AS complainants,
    CAST(MAX(open_cases) AS BIGINT) AS open_cases,
    CAST(MAX(cost_minor) AS BIGINT) AS cost_minor
FROM counted
GROUP BY cluster_id, label, trend
ORDER BY received DESC, cluster_id
