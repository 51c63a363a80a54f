-- id: stage_ended_before_start
-- title.en: Stage ended before it started
-- title.tr: Başlamadan biten aşama
-- title.ru: Этап завершён раньше, чем начат
-- key: case_key, stage, pass
-- columns: case_key, case_id, stage, pass, started_at, ended_at
-- definition: Stages whose end lies before their start.
-- definition.tr: Bitişi başlangıcından önce olan aşamalar.
-- definition.ru: Этапы, конец которых раньше их начала.
-- fault: stages: SELECT case_key, stage, pass, applies, CASE WHEN ended_at IS NOT NULL AND due_at_gross > ended_at THEN due_at_gross ELSE started_at END AS started_at, started_on, ended_at, ended_on, end_kind, department, site, severity, calendar_id, limit_days, limit_version, start_index, due_on_gross, due_at_gross, due_on_net, due_at_net, counted_gross, counted_net, elapsed_gross, elapsed_net, paused_days, pause_from, pause_reason, pause_stops_clock, pause_base_index, late_when_paused, clock_resumes_at, verdict_gross, verdict_net FROM stages
WITH offending AS (
    SELECT s.case_key, s.stage, s.pass, s.started_at, s.ended_at
    FROM stages AS s
    WHERE s.ended_at < s.started_at
)
SELECT o.case_key, k.case_id, o.stage, o.pass, o.started_at, o.ended_at
FROM offending AS o
LEFT JOIN cases AS k ON k.case_key = o.case_key
ORDER BY o.case_key, o.stage, o.pass
