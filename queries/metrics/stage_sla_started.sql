-- id: stage_sla_started
-- title.en: Stages by their start, with bounds
-- title.tr: Başlangıca göre aşamalar, alt ve üst sınırlarıyla
-- title.ru: Этапы по дню начала, с границами
-- iso: 7.5, 7.6, 7.8
-- basis: started
-- grain: stage of a pass of a case
-- key: case_key, stage, pass, side
-- dimensions: side, stage, pass, month, department, site, category, channel, severity, verdict
-- apart: side, stage, pass
-- columns: side, stage, pass, month, met, missed, open_late, open_not_due, paused, cancelled, not_applicable
-- chart: none
-- definition: Stages that started in the period, by verdict at the cut of the data. Lower bound: all not yet due end late; upper bound: all end in time.
-- definition.tr: Dönem içinde başlayan aşamalar, değerlendirme anındaki sonucuna göre. Alt sınır: vadesi gelmemiş olanların hepsi geç biter; üst sınır: hepsi süresinde biter.
-- definition.ru: Этапы, начатые в периоде, по исходу на момент оценки. Нижняя граница: все, чей срок ещё не наступил, завершатся с опозданием; верхняя: все завершатся в срок.
WITH period_days AS (
    SELECT c.day, c.month
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id
    WHERE c.day >= p.period_first AND c.day <= p.period_last
),
judged AS (
    SELECT
        s.case_key, s.stage, s.pass, 'net' AS side, d.month, s.department, s.site, s.severity,
        CASE
            WHEN s.applies = FALSE THEN 'not_applicable'
            WHEN s.ended_at IS NOT NULL THEN s.verdict_net
            WHEN s.due_at_net IS NULL THEN 'paused'
            WHEN p.as_of_at >= s.due_at_net THEN 'open_late'
            WHEN s.pause_stops_clock = TRUE
                AND (s.clock_resumes_at IS NULL OR p.as_of_at < s.clock_resumes_at) THEN 'paused'
            ELSE 'open_not_due'
        END AS verdict
    FROM stages AS s
    JOIN period_days AS d ON d.day = s.started_on
    CROSS JOIN params AS p
    WHERE s.stage IN ('intake', 'processing', 'resolution', 'overall')
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
    JOIN period_days AS d ON d.day = s.started_on
    CROSS JOIN params AS p
    WHERE s.stage IN ('intake', 'processing', 'resolution', 'overall')
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
