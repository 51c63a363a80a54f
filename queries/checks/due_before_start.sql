-- id: due_before_start
-- title.en: Due date before the start
-- title.tr: Vadesi başlangıcından önce olan aşama
-- title.ru: Срок раньше начала
-- key: case_key, stage, pass
-- columns: case_key, case_id, stage, pass, started_on, due_on_gross, due_on_net
-- definition: Stages whose due date, gross or net, lies before the day on which they started.
-- definition.tr: Brüt ya da net vadesi, başladığı günden önce olan aşamalar.
-- definition.ru: Этапы, срок которых, брутто или нетто, раньше дня их начала.
-- fault: stages: SELECT case_key, stage, pass, applies, started_at, CASE WHEN due_on_gross > started_on THEN due_on_gross ELSE started_on END AS started_on, ended_at, ended_on, end_kind, department, site, severity, calendar_id, limit_days, limit_version, start_index, CASE WHEN due_on_gross > started_on THEN started_on ELSE due_on_gross END AS due_on_gross, due_at_gross, due_on_net, due_at_net, counted_gross, counted_net, elapsed_gross, elapsed_net, paused_days, pause_from, pause_reason, pause_stops_clock, pause_base_index, late_when_paused, clock_resumes_at, verdict_gross, verdict_net FROM stages
WITH offending AS (
    SELECT s.case_key, s.stage, s.pass, s.started_on, s.due_on_gross, s.due_on_net
    FROM stages AS s
    WHERE s.due_on_gross < s.started_on OR s.due_on_net < s.started_on
)
SELECT o.case_key, k.case_id, o.stage, o.pass, o.started_on, o.due_on_gross, o.due_on_net
FROM offending AS o
LEFT JOIN cases AS k ON k.case_key = o.case_key
ORDER BY o.case_key, o.stage, o.pass
