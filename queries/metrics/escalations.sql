-- id: escalations
-- title.en: Escalated complaints
-- title.tr: Üst düzeye taşınan şikâyetler
-- title.ru: Жалобы, переданные на более высокий уровень
-- iso: 7.6
-- basis: received
-- grain: case
-- key: case_key
-- dimensions: month, escalated, department, category, severity
-- columns: month, received, escalated, escalations
-- chart: bars
-- definition: Complaints received in the period, net of merged, those of them that were raised to a higher level by a rule or a person, and how often. Severity is the last one assessed.
-- definition.tr: Dönemde alınan şikâyetler (birleştirilenler hariç), bunlardan bir kuralla ya da bir kişi tarafından üst düzeye taşınanlar ve kaç kez taşındıkları. Önem, son değerlendirmedekidir.
-- definition.ru: Жалобы, полученные в периоде (без объединённых), из них переданные на более высокий уровень по правилу или по решению человека, и сколько раз. Серьёзность – по последней оценке.
WITH period_days AS (
    SELECT c.day, c.month
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id
    WHERE c.day >= p.period_first AND c.day <= p.period_last
),
counted AS (
    SELECT
        k.case_key, d.month, CASE WHEN k.escalations > 0 THEN 'yes' ELSE 'no' END AS escalated,
        k.department, k.category, k.severity_last AS severity, k.escalations
    FROM cases AS k
    JOIN period_days AS d ON d.day = k.received_on
    WHERE k.state <> 'merged'
)
SELECT
    month,
    CAST(COUNT(*) AS BIGINT) AS received,
    CAST(SUM(CASE WHEN escalated = 'yes' THEN 1 ELSE 0 END) AS BIGINT) AS escalated,
    CAST(SUM(escalations) AS BIGINT) AS escalations
FROM counted
GROUP BY month
ORDER BY month
