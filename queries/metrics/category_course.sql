-- id: category_course
-- title.en: Categories month by month
-- title.tr: Aylara göre kategoriler
-- title.ru: Категории по месяцам
-- iso: 8.2
-- basis: received
-- grain: case
-- key: case_key
-- dimensions: category, month, site, product
-- columns: category, month, complaints
-- chart: control
-- definition: For the test of growth: complaints received in the 36 calendar months that end with the period, net of merged, by category; those not classified stand apart.
-- definition.tr: Büyüme sınaması için: dönemin sonunda biten 36 takvim ayında alınan şikâyetler (birleştirilenler hariç), kategoriye göre; sınıflandırılmamış olanlar ayrıdır.
-- definition.ru: Для проверки роста: жалобы, полученные в 36 календарных месяцев до конца периода (без объединённых), по категориям; неклассифицированные отдельно.
WITH ending AS (
    SELECT c.day_index AS last_index
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id AND c.day = p.period_last
),
months AS (
    SELECT c.month AS of_month, MIN(c.day_index) AS first_index
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id
    GROUP BY c.month
),
course_days AS (
    SELECT c.day, c.month
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id
    JOIN months AS m ON m.of_month = c.month
    CROSS JOIN ending AS e
    WHERE m.first_index >= e.last_index - 1095 AND c.day <= p.period_last
),
counted AS (
    SELECT k.case_key, k.category, d.month, k.site, k.product
    FROM cases AS k
    JOIN course_days AS d ON d.day = k.received_on
    WHERE k.state <> 'merged'
)
SELECT category, month, CAST(COUNT(*) AS BIGINT) AS complaints
FROM counted
GROUP BY category, month
ORDER BY category, month
