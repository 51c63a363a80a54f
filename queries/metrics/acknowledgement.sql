-- id: acknowledgement
-- title.en: Acknowledged in time
-- title.tr: Süresinde alındı bildirimi
-- title.ru: Подтверждено в срок
-- iso: M4
-- basis: due
-- grain: stage of a pass of a case
-- key: case_key, stage, pass, side
-- dimensions: side, stage, pass, month, department, site, category, channel, severity, verdict
-- apart: side
-- columns: side, stage, pass, month, met, missed, open_late, open_not_due, paused, cancelled, not_applicable
-- needs: acknowledgement
-- chart: sla
-- definition: Receipt confirmed by a proven means within the limit; complaints whose acknowledgement was due in the period. Not acknowledged and late counts as late.
-- definition.tr: Şikâyetin alındığının kanıtlanabilir bir yolla süresinde bildirilmesi; alındı bildiriminin vadesi dönem içinde dolan şikâyetler. Bildirilmemiş ve vadesi geçmiş olan, geç sayılır.
-- definition.ru: Получение жалобы подтверждено заявителю доказуемым способом в установленный срок; жалобы, срок подтверждения которых приходился на период. Если срок истёк, а подтверждения нет, это опоздание.
WITH period_days AS (
    SELECT c.day, c.month
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id
    WHERE c.day >= p.period_first AND c.day <= p.period_last
),
past_days AS (
    SELECT c.day
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id
    WHERE c.day <= p.period_last
),
judged AS (
    SELECT
        s.case_key, s.stage, s.pass, 'net' AS side, d.month, s.department, s.site, s.severity,
        CASE
            WHEN s.applies = FALSE THEN 'not_applicable'
            WHEN s.ended_at IS NOT NULL THEN s.verdict_net
            WHEN p.as_of_at >= s.due_at_net THEN 'open_late'
            WHEN s.pause_stops_clock = TRUE
                AND (s.clock_resumes_at IS NULL OR p.as_of_at < s.clock_resumes_at) THEN 'paused'
            ELSE 'open_not_due'
        END AS verdict
    FROM stages AS s
    JOIN period_days AS d ON d.day = s.due_on_net
    CROSS JOIN params AS p
    WHERE s.stage = 'acknowledgement'
    UNION ALL
    SELECT
        s.case_key, s.stage, s.pass, 'net' AS side, CAST(NULL AS STRING) AS month, s.department,
        s.site, s.severity, 'paused' AS verdict
    FROM stages AS s
    JOIN past_days AS d ON d.day = s.started_on
    WHERE s.due_on_net IS NULL AND s.stage = 'acknowledgement'
    UNION ALL
    SELECT
        s.case_key, s.stage, s.pass, 'gross' AS side, d.month, s.department, s.site, s.severity,
        CASE
            WHEN s.applies = FALSE THEN 'not_applicable'
            WHEN s.ended_at IS NOT NULL THEN s.verdict_gross
            WHEN p.as_of_at >= s.due_at_gross THEN 'open_late'
            ELSE 'open_not_due'
        END AS verdict
    FROM stages AS s
    JOIN period_days AS d ON d.day = s.due_on_gross
    CROSS JOIN params AS p
    WHERE s.stage = 'acknowledgement'
),
counted AS (
    SELECT
        j.case_key, j.side, j.stage, j.pass, j.month, j.department, j.site, k.category, k.channel,
        j.severity, j.verdict
    FROM judged AS j
    JOIN cases AS k ON k.case_key = j.case_key
)
SELECT
    side, stage, pass, month,
    CAST(SUM(CASE WHEN verdict = 'met' THEN 1 ELSE 0 END) AS BIGINT) AS met,
    CAST(SUM(CASE WHEN verdict = 'missed' THEN 1 ELSE 0 END) AS BIGINT) AS missed,
    CAST(SUM(CASE WHEN verdict = 'open_late' THEN 1 ELSE 0 END) AS BIGINT) AS open_late,
    CAST(SUM(CASE WHEN verdict = 'open_not_due' THEN 1 ELSE 0 END) AS BIGINT) AS open_not_due,
    CAST(SUM(CASE WHEN verdict = 'paused' THEN 1 ELSE 0 END) AS BIGINT) AS paused,
    CAST(SUM(CASE WHEN verdict = 'cancelled' THEN 1 ELSE 0 END) AS BIGINT) AS cancelled,
    CAST(SUM(CASE WHEN verdict = 'not_applicable' THEN 1 ELSE 0 END) AS BIGINT) AS not_applicable
FROM counted
GROUP BY side, stage, pass, month
ORDER BY side, stage, pass, month
