-- id: verdict_without_end
-- title.en: Verdict and end of a stage do not fit
-- title.tr: Aşamanın sonucu ile bitişi uyuşmuyor
-- title.ru: Исход и завершение этапа не согласуются
-- key: case_key, stage, pass
-- columns: case_key, case_id, stage, pass, ended_at, verdict_gross, verdict_net
-- definition: Open stages that carry a verdict, and ended stages that lack one, gross or net. An open stage is judged when it is asked for, never beforehand.
-- definition.tr: Sonucu bulunan açık aşamalar ile brüt ya da net sonucu eksik olan bitmiş aşamalar. Açık aşama önceden değil, sorulduğunda değerlendirilir.
-- definition.ru: Открытые этапы, у которых есть исход, и завершённые, у которых его нет, брутто или нетто. Открытый этап оценивается в момент запроса, а не заранее.
-- fault: stages: SELECT case_key, stage, pass, applies, started_at, started_on, ended_at, ended_on, end_kind, department, site, severity, calendar_id, limit_days, limit_version, start_index, due_on_gross, due_at_gross, due_on_net, due_at_net, counted_gross, counted_net, elapsed_gross, elapsed_net, paused_days, pause_from, pause_reason, pause_stops_clock, pause_base_index, late_when_paused, clock_resumes_at, verdict_gross, CASE WHEN ended_at IS NULL THEN 'met' ELSE NULL END AS verdict_net FROM stages
WITH offending AS (
    SELECT s.case_key, s.stage, s.pass, s.ended_at, s.verdict_gross, s.verdict_net
    FROM stages AS s
    WHERE (s.ended_at IS NULL AND (s.verdict_gross IS NOT NULL OR s.verdict_net IS NOT NULL))
        OR (s.ended_at IS NOT NULL AND (s.verdict_gross IS NULL OR s.verdict_net IS NULL))
)
SELECT o.case_key, k.case_id, o.stage, o.pass, o.ended_at, o.verdict_gross, o.verdict_net
FROM offending AS o
LEFT JOIN cases AS k ON k.case_key = o.case_key
ORDER BY o.case_key, o.stage, o.pass
