-- id: exposure_unsound
-- title.en: Units negative or given twice
-- title.tr: Eksi ya da iki kez girilmiş miktar
-- title.ru: Объём отрицательный или задан дважды
-- key: month, product, site
-- columns: month, product, site, entries, lowest_units
-- definition: Months, products and sites whose units sold or served are below zero or given more than once.
-- definition.tr: Satış ya da hizmet miktarı sıfırın altında olan veya birden çok kez girilen ay, ürün ve tesisler.
-- definition.ru: Месяцы, товары и площадки, для которых объём продаж или услуг меньше нуля или задан больше одного раза.
-- fault: exposures: SELECT month, product, site, CASE WHEN units > 0 THEN 0 - units ELSE units END AS units FROM exposures
WITH entered AS (
    SELECT e.month, e.product, e.site, CAST(COUNT(*) AS BIGINT) AS entries, MIN(e.units) AS lowest_units
    FROM exposures AS e
    GROUP BY e.month, e.product, e.site
)
SELECT month, product, site, entries, lowest_units
FROM entered
WHERE entries > 1 OR lowest_units < 0
ORDER BY month, product, site
