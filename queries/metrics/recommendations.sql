-- id: recommendations
-- title.en: Recommendations carried out in time
-- title.tr: Süresinde yerine getirilen öneriler
-- title.ru: Рекомендации, выполненные в срок
-- iso: P12
-- basis: due
-- grain: recommendation
-- key: recommendation_no
-- dimensions: month, source, verdict, days
-- columns: month, due, met, missed, open_late, open_not_due
-- rests_on: recommendations
-- chart: bars
-- definition: Recommendations of audits and management reviews that were to be carried out by a day of the period, by what became of them at the cut of the data. Days run from the day a recommendation was given to the day it was carried out, in calendar days.
-- definition.tr: Denetim ve yönetim gözden geçirmelerinden çıkan, vadesi dönem içinde dolan öneriler; değerlendirme anındaki sonucuna göre. Gün, önerinin verilmesinden yerine getirilmesine kadar geçen takvim günüdür.
-- definition.ru: Рекомендации по итогам аудитов и анализов со стороны руководства, срок выполнения которых приходился на период, по исходу на момент оценки. Дни – календарные, со дня, когда рекомендация дана, до дня её выполнения.
WITH period_days AS (
    SELECT c.day, c.month
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id
    WHERE c.day >= p.period_first AND c.day <= p.period_last
),
given_days AS (
    SELECT c.day AS given_day, c.day_index AS given_index
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id
),
done_days AS (
    SELECT c.day AS done_day, c.day_index AS done_index
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id
),
counted AS (
    SELECT
        r.recommendation_no, d.month, r.source,
        CASE
            WHEN r.done_on <= r.due_on THEN 'met'
            WHEN r.done_on > r.due_on THEN 'missed'
            WHEN p.as_of_on > r.due_on THEN 'open_late'
            ELSE 'open_not_due'
        END AS verdict,
        e.done_index - g.given_index AS days
    FROM recommendations AS r
    JOIN period_days AS d ON d.day = r.due_on
    LEFT JOIN given_days AS g ON g.given_day = r.given_on
    LEFT JOIN done_days AS e ON e.done_day = r.done_on
    CROSS JOIN params AS p
)
SELECT
    month,
    CAST(COUNT(*) AS BIGINT) AS due,
    CAST(SUM(CASE WHEN verdict = 'met' THEN 1 ELSE 0 END) AS BIGINT) AS met,
    CAST(SUM(CASE WHEN verdict = 'missed' THEN 1 ELSE 0 END) AS BIGINT) AS missed,
    CAST(SUM(CASE WHEN verdict = 'open_late' THEN 1 ELSE 0 END) AS BIGINT) AS open_late,
    CAST(SUM(CASE WHEN verdict = 'open_not_due' THEN 1 ELSE 0 END) AS BIGINT) AS open_not_due
FROM counted
GROUP BY month
ORDER BY month
