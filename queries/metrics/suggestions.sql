-- id: suggestions
-- title.en: Suggestions by staff
-- title.tr: Çalışan önerileri
-- title.ru: Предложения сотрудников
-- iso: P9
-- basis: received
-- grain: suggestion
-- key: suggestion_no
-- dimensions: month, fate, department
-- columns: month, fate, suggestions
-- rests_on: suggestions
-- chart: bars
-- definition: Suggestions that staff made in the period, by month and by what became of them as of the snapshot.
-- definition.tr: Çalışanların dönem içinde yaptığı öneriler; aya ve veri kesiti anındaki sonucuna göre.
-- definition.ru: Предложения сотрудников, сделанные в периоде, по месяцам и по судьбе на момент среза.
WITH period_days AS (
    SELECT c.day, c.month
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id
    WHERE c.day >= p.period_first AND c.day <= p.period_last
),
counted AS (
    SELECT s.suggestion_no, d.month, s.fate, s.department
    FROM suggestions AS s
    JOIN period_days AS d ON d.day = s.made_on
)
SELECT month, fate, CAST(COUNT(*) AS BIGINT) AS suggestions
FROM counted
GROUP BY month, fate
ORDER BY month, fate
