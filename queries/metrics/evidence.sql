-- id: evidence
-- title.en: Figures entered by hand
-- title.tr: Elle girilen rakamlar
-- title.ru: Цифры, внесённые вручную
-- iso: I3
-- basis: stock
-- grain: figure entered by hand
-- key: indicator, dated
-- dimensions: indicator, unit, entered_by
-- columns: indicator, dated, figure, unit, entered_by
-- chart: list
-- definition: Figures of indicators that are not computed but entered by hand with their evidence, dated up to the period's last day (or the cut of the data, when that is earlier).
-- definition.tr: Hesaplanmayan, kanıtıyla birlikte elle girilen gösterge rakamları; tarihi dönemin son gününe (değerlendirme anı daha erkense o güne) kadar olanlar.
-- definition.ru: Цифры показателей, которые не вычисляются, а вносятся вручную вместе со свидетельством, датированные не позднее последнего дня периода (или дня оценки, если он раньше).
WITH counted AS (
    SELECT e.indicator, e.dated, e.figure, e.unit, e.entered_by
    FROM evidences AS e
    CROSS JOIN params AS p
    WHERE e.dated <= p.stock_on
)
SELECT indicator, dated, figure, unit, entered_by
FROM counted
ORDER BY indicator, dated
