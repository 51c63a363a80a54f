-- id: action_effectiveness
-- title.en: Effectiveness of actions, as checked
-- title.tr: Faaliyetlerin doğrulanan etkililiği
-- title.ru: Результативность действий по итогам проверок
-- iso: P15
-- basis: ended
-- grain: check of an action
-- key: action_id, attempt
-- dimensions: month, verdict
-- columns: month, verdict, checks
-- rests_on: action_checks
-- chart: bars
-- definition: Effectiveness checks of corrective and preventive actions that ended in the period, by the verdict that settles them: effective, ineffective or inconclusive.
-- definition.tr: Düzeltici ve önleyici faaliyetlerin dönem içinde biten etkililik değerlendirmeleri, sonucuna göre: etkili, etkisiz ya da kesin sonuç vermeyen.
-- definition.ru: Проверки результативности корректирующих и предупреждающих действий, завершённые в периоде, по выводу: результативно, нерезультативно или вывод неоднозначен.
WITH period_days AS (
    SELECT c.day, c.month
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id
    WHERE c.day >= p.period_first AND c.day <= p.period_last
),
counted AS (
    SELECT e.action_id, e.attempt, d.month, e.verdict
    FROM action_checks AS e
    JOIN period_days AS d ON d.day = e.ended_on
    WHERE e.settles
)
SELECT month, verdict, CAST(COUNT(*) AS BIGINT) AS checks
FROM counted
GROUP BY month, verdict
ORDER BY month, verdict
