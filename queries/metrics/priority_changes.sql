-- id: priority_changes
-- title.en: Priority first judged wrong
-- title.tr: Önceliği ilk değerlendirmede yanlış belirlenen şikâyetler
-- title.ru: Приоритет, первоначально определённый неверно
-- iso: M3
-- basis: received
-- grain: case
-- key: case_key
-- dimensions: month, channel, site, category, change
-- columns: month, assessed, up, down
-- needs: assessment
-- chart: bars
-- definition: Complaints received in the period, net of merged, whose severity was assessed, and those whose severity was later changed because it had first been judged wrong: raised and lowered apart. A change that follows from new facts is none.
-- definition.tr: Dönemde alınan ve önemi değerlendirilen şikâyetler (birleştirilenler hariç) ile bunlardan, ilk değerlendirme yanlış olduğu için önemi sonradan yükseltilen ve düşürülenler (ayrı ayrı). Yeni bilgiye dayanan değişiklik yanlış sayılmaz.
-- definition.ru: Жалобы, полученные в периоде и прошедшие оценку серьёзности (без объединённых), и из них те, чья серьёзность позже изменена, так как первая оценка была неверной: повышение и понижение раздельно. Изменение из-за новых фактов ошибкой не считается.
WITH period_days AS (
    SELECT c.day, c.month
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id
    WHERE c.day >= p.period_first AND c.day <= p.period_last
),
counted AS (
    SELECT k.case_key, d.month, k.channel, k.site, k.category, k.priority_change AS change
    FROM cases AS k
    JOIN period_days AS d ON d.day = k.received_on
    WHERE k.state <> 'merged' AND k.severity_first IS NOT NULL
)
SELECT
    month,
    CAST(COUNT(*) AS BIGINT) AS assessed,
    CAST(SUM(CASE WHEN change = 'up' THEN 1 ELSE 0 END) AS BIGINT) AS up,
    CAST(SUM(CASE WHEN change = 'down' THEN 1 ELSE 0 END) AS BIGINT) AS down
FROM counted
GROUP BY month
ORDER BY month
