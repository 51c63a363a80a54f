-- id: pareto_root_cause
-- title.en: Complaints by root cause
-- title.tr: Kök nedene göre şikâyetler
-- title.ru: Жалобы по коренным причинам
-- iso: 8.2
-- basis: received
-- grain: case
-- key: case_key
-- dimensions: product, lot, cause, month, site, category, channel
-- columns: cause, complaints, cost_minor
-- chart: pareto
-- definition: Complaints received in the period, net of merged, by the root cause named with their last decision in force, with the cost of redress; those without a decision or without a named cause apart.
-- definition.tr: Dönemde alınan şikâyetler (birleştirilenler hariç), yürürlükteki son kararda belirtilen kök nedene göre, telafi maliyetiyle; kararı olmayan ya da nedeni belirtilmeyenler ayrı gösterilir.
-- definition.ru: Жалобы, полученные в периоде (без объединённых), по коренной причине, названной в последнем действующем решении, со стоимостью возмещения; без решения или без названной причины – отдельно.
WITH period_days AS (
    SELECT c.day, c.month
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id
    WHERE c.day >= p.period_first AND c.day <= p.period_last
),
counted AS (
    SELECT
        k.case_key, k.product, k.lot, k.root_cause AS cause, d.month, k.site, k.category, k.channel,
        k.cost_minor
    FROM cases AS k
    JOIN period_days AS d ON d.day = k.received_on
    WHERE k.state <> 'merged'
)
SELECT
    cause,
    CAST(COUNT(*) AS BIGINT) AS complaints,
    CAST(SUM(cost_minor) AS BIGINT) AS cost_minor
FROM counted
GROUP BY cause
ORDER BY complaints DESC, cause
