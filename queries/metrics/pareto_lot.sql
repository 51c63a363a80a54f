-- id: pareto_lot
-- title.en: Complaints by product and lot
-- title.tr: Ürün ve partiye göre şikâyetler
-- title.ru: Жалобы по товарам и партиям
-- iso: 8.2
-- basis: received
-- grain: case
-- key: case_key
-- dimensions: product, lot, cause, month, site, category, channel
-- columns: product, lot, complaints, cost_minor
-- chart: pareto
-- definition: Complaints received in the period, net of merged, by primary product and its lot as known at the cut of the data, with the cost of redress; those without a lot stand apart under their product.
-- definition.tr: Dönemde alınan şikâyetler (birleştirilenler hariç), değerlendirme anında bilinen asıl ürüne ve partiye göre, telafi maliyetiyle; partisi belirtilmeyenler ürününün altında ayrı gösterilir.
-- definition.ru: Жалобы, полученные в периоде (без объединённых), по основному товару и его партии, известным на момент оценки, со стоимостью возмещения; без партии – отдельно внутри товара.
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
    product, lot,
    CAST(COUNT(*) AS BIGINT) AS complaints,
    CAST(SUM(cost_minor) AS BIGINT) AS cost_minor
FROM counted
GROUP BY product, lot
ORDER BY complaints DESC, product, lot
