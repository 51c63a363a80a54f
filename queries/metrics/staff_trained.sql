-- id: staff_trained
-- title.en: Contact staff trained
-- title.tr: Eğitim almış temas personeli
-- title.ru: Обученный контактный персонал
-- iso: P7
-- basis: stock
-- grain: member of staff
-- key: staff_no
-- dimensions: department, site, trained
-- columns: department, staff, trained
-- rests_on: staff
-- chart: none
-- definition: Active contact staff, and those of them who had been trained in complaint handling by the end of the period (or by the cut of the data, when that is earlier).
-- definition.tr: Görevde olan ve müşteriyle temas eden personel ile bunlardan dönem sonuna (değerlendirme anı daha erkense o ana) kadar şikâyet ele alma eğitimi almış olanlar.
-- definition.ru: Работающий контактный персонал и те из него, кто к концу периода (или к моменту оценки, если он раньше) прошёл обучение работе с жалобами.
WITH counted AS (
    SELECT
        s.staff_no, s.department, s.site,
        CASE WHEN s.trained_on <= p.stock_on THEN 'yes' ELSE 'no' END AS trained
    FROM staff AS s
    CROSS JOIN params AS p
    WHERE s.active = TRUE AND s.contact = TRUE
)
SELECT
    department,
    CAST(COUNT(*) AS BIGINT) AS staff,
    CAST(SUM(CASE WHEN trained = 'yes' THEN 1 ELSE 0 END) AS BIGINT) AS trained
FROM counted
GROUP BY department
ORDER BY department
