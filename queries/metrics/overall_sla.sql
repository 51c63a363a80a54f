-- id: overall_sla
-- title.en: From receipt to the first decision told
-- title.tr: Başvurudan ilk kararın bildirilmesine kadar
-- title.ru: От получения до первого сообщённого решения
-- iso: M5
-- basis: due
-- grain: stage of a pass of a case
-- key: case_key, stage, pass, side
-- dimensions: side, stage, pass, month, department, site, category, channel, severity, verdict
-- apart: side
-- columns: side, stage, pass, month, met, missed, open_late, open_not_due, paused, cancelled, not_applicable
-- needs: overall
-- chart: sla
-- definition: One clock from receipt to the first communicated decision, with a limit of its own; complaints whose due date fell in the period: met / (met + missed + open_late).
-- definition.tr: Şikâyetin alınmasından ilk kararın bildirilmesine kadar, kendi süresi olan tek bir sayım; vadesi dönem içinde dolan şikâyetler: süresinde / (süresinde + geç + açık ve gecikmiş).
-- definition.ru: Единый счёт от получения до первого сообщённого решения, со своим сроком; жалобы, срок которых приходился на период: в срок / (в срок + с опозданием + открыто и просрочено).
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
    WHERE s.stage = 'overall'
    UNION ALL
    SELECT
        s.case_key, s.stage, s.pass, 'net' AS side, CAST(NULL AS STRING) AS month, s.department,
        s.site, s.severity, 'paused' AS verdict
    FROM stages AS s
    JOIN past_days AS d ON d.day = s.started_on
    WHERE s.due_on_net IS NULL AND s.stage = 'overall'
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
    WHERE s.stage = 'overall'
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
