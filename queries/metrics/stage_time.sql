-- id: stage_time
-- title.en: Time in a stage
-- title.tr: Aşamada geçen süre
-- title.ru: Время на этапе
-- iso: 7.5, 7.6, 7.8
-- basis: started
-- grain: stage of a pass of a case
-- key: case_key, stage, pass, side
-- dimensions: side, stage, pass, counted_days, outcome, department, site
-- apart: side, stage, pass
-- columns: side, stage, pass, limit_days, counted_days, outcome, stages
-- chart: survival
-- definition: Stages that started in the period, followed to the cut of the data, in counted days: ended, censored (still open or paused) at their own time, or ended by withdrawal or merging (competing). Passes never share a curve.
-- definition.tr: Dönem içinde başlayan ve değerlendirme anına kadar izlenen aşamalar, sayılan günle: biten; kendi süresinde sansürlenen (hâlâ açık ya da durdurulmuş); geri çekilerek ya da birleştirilerek biten (yarışan olay). Turların eğrileri karıştırılmaz.
-- definition.ru: Этапы, начатые в периоде и прослеженные до момента оценки, в учитываемых днях: завершённые; цензурированные на своём времени (ещё открытые или приостановленные); закончившиеся отзывом или объединением (конкурирующие события). Первое и повторное рассмотрения на одной кривой не смешиваются.
WITH period_days AS (
    SELECT c.day
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id
    WHERE c.day >= p.period_first AND c.day <= p.period_last
),
over_days AS (
    SELECT c.calendar_id, c.workday_index AS over_index
    FROM calendar AS c
    JOIN params AS p ON c.day = p.over_on
),
started AS (
    SELECT
        s.case_key, s.stage, s.pass, s.department, s.site, s.limit_days, s.ended_at, s.end_kind,
        s.counted_net, s.counted_gross, s.start_index, s.paused_days, s.calendar_id
    FROM stages AS s
    JOIN period_days AS d ON d.day = s.started_on
    WHERE s.applies = TRUE
),
counted AS (
    SELECT
        s.case_key, s.stage, s.pass, 'net' AS side, s.department, s.site, s.limit_days,
        CASE
            WHEN s.ended_at IS NULL THEN 'censored'
            WHEN s.end_kind = 'done' THEN 'ended'
            ELSE 'competing'
        END AS outcome,
        CASE
            WHEN s.counted_net IS NOT NULL THEN s.counted_net
            WHEN o.over_index - s.start_index - s.paused_days < 0 THEN 0
            ELSE o.over_index - s.start_index - s.paused_days
        END AS counted_days
    FROM started AS s
    JOIN over_days AS o ON o.calendar_id = s.calendar_id
    UNION ALL
    SELECT
        s.case_key, s.stage, s.pass, 'gross' AS side, s.department, s.site, s.limit_days,
        CASE
            WHEN s.ended_at IS NULL THEN 'censored'
            WHEN s.end_kind = 'done' THEN 'ended'
            ELSE 'competing'
        END AS outcome,
        CASE
            WHEN s.counted_gross IS NOT NULL THEN s.counted_gross
            WHEN o.over_index - s.start_index < 0 THEN 0
            ELSE o.over_index - s.start_index
        END AS counted_days
    FROM started AS s
    JOIN over_days AS o ON o.calendar_id = s.calendar_id
)
SELECT side, stage, pass, limit_days, counted_days, outcome, CAST(COUNT(*) AS BIGINT) AS stages
FROM counted
GROUP BY side, stage, pass, limit_days, counted_days, outcome
ORDER BY side, stage, pass, limit_days, counted_days, outcome
