-- id: complaints_per_exposure
-- title.en: Complaints beside units sold
-- title.tr: Şikâyetler ve satış miktarı
-- title.ru: Жалобы и объём продаж
-- iso: I3
-- basis: received
-- grain: case
-- key: case_key
-- dimensions: month, product, site
-- columns: month, product, site, complaints, units
-- rests_on: exposures
-- chart: none
-- definition: Complaints received in the period, net of merged, by month, product and site, beside the units sold or served there. Units without a complaint are listed with none; complaints for which no units are given are listed without units.
-- definition.tr: Dönemde alınan şikâyetler (birleştirilenler hariç), aya, ürüne ve tesise göre; yanında oradaki satış ya da hizmet miktarı. Şikâyet gelmeyenler sıfır şikâyetle, miktarı verilmeyen şikâyetler miktarsız listelenir.
-- definition.ru: Жалобы, полученные в периоде (без объединённых), по месяцам, товарам и площадкам, рядом – объём продаж или услуг там же, в единицах. Где жалоб не было, указан ноль; жалобы, для которых объём не задан, приведены без него.
WITH period_days AS (
    SELECT c.day, c.month
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id
    WHERE c.day >= p.period_first AND c.day <= p.period_last
),
period_months AS (
    SELECT DISTINCT d.month AS period_month FROM period_days AS d
),
counted AS (
    SELECT k.case_key, d.month, k.product, k.site
    FROM cases AS k
    JOIN period_days AS d ON d.day = k.received_on
    WHERE k.state <> 'merged'
),
grouped AS (
    SELECT month, product, site, CAST(COUNT(*) AS BIGINT) AS complaints
    FROM counted
    GROUP BY month, product, site
),
sold AS (
    SELECT e.month AS sold_month, e.product AS sold_product, e.site AS sold_site, SUM(e.units) AS units
    FROM exposures AS e
    JOIN period_months AS m ON m.period_month = e.month
    WHERE e.product IS NOT NULL AND e.site IS NOT NULL
    GROUP BY e.month, e.product, e.site
),
beside AS (
    SELECT g.month, g.product, g.site, g.complaints, s.units
    FROM grouped AS g
    LEFT JOIN sold AS s ON s.sold_month = g.month AND s.sold_product = g.product AND s.sold_site = g.site
    UNION ALL
    SELECT
        s.sold_month AS month, s.sold_product AS product, s.sold_site AS site,
        CAST(0 AS BIGINT) AS complaints, s.units
    FROM sold AS s
    LEFT JOIN grouped AS g ON g.month = s.sold_month AND g.product = s.sold_product AND g.site = s.sold_site
    WHERE g.complaints IS NULL
)
SELECT month, product, site, complaints, units
FROM beside
ORDER BY month, product, site
