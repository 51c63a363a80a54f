-- id: stage_of_unknown_case
-- title.en: Stage of an unknown case
-- title.tr: Kaydı bulunmayan aşama
-- title.ru: Этап неизвестной жалобы
-- key: case_key, stage, pass
-- columns: case_key, stage, pass
-- definition: Stages whose case is not in the lake.
-- definition.tr: Kaydı veri gölünde bulunmayan aşamalar.
-- definition.ru: Этапы, жалобы которых нет в озере данных.
-- fault: stages: SELECT CASE WHEN case_key > 0 THEN 0 - case_key ELSE case_key END AS case_key, stage, pass, applies, started_at, started_on, ended_at, ended_on, end_kind, department, site, severity, calendar_id, limit_days, limit_version, start_index, due_on_gross, due_at_gross, due_on_net, due_at_net, counted_gross, counted_net, elapsed_gross, elapsed_net, paused_days, pause_from, pause_reason, pause_stops_clock, pause_base_index, late_when_paused, clock_resumes_at, verdict_gross, verdict_net FROM stages
WITH known AS (
    SELECT k.case_key AS known_key FROM cases AS k
)
SELECT s.case_key, s.stage, s.pass
FROM stages AS s
LEFT JOIN known AS k ON k.known_key = s.case_key
WHERE k.known_key IS NULL
ORDER BY s.case_key, s.stage, s.pass
