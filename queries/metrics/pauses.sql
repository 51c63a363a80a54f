-- id: pauses
-- title.en: Stages paused on the customer's side
-- title.tr: Müşteri nedeniyle durdurulan aşamalar
-- title.ru: Этапы с паузами на стороне клиента
-- iso: 7.5, 7.6, 7.8
-- basis: started
-- grain: stage of a pass of a case
-- key: case_key, stage, pass
-- dimensions: stage, pass, month, department, site, paused, paused_days
-- apart: stage, pass
-- columns: stage, pass, paused, paused_days, stages
-- chart: none
-- definition: Stages that started in the period, by the counted days that pauses on the customer's side left out up to the cut of the data. Paused: at least one counted day was left out, or such a pause runs at the cut of the data; shorter pauses move no due date. A running pause counts up to the last day that is over; where a longest pause is set, one that began before the limit counts no further than it moved the limit.
-- definition.tr: Dönem içinde başlayan aşamalar, müşteri nedeniyle duraklamaların değerlendirme anına kadar sayım dışı bıraktığı günlere göre. Durdurulan: en az bir sayılan gün eksilmiş ya da böyle bir duraklama değerlendirme anında sürüyor; daha kısa duraklamalar vadeyi değiştirmez. Süren duraklama, biten son güne kadar sayılır; en uzun duraklama sınırı konmuşsa, süre dolmadan başlayan duraklama vadeyi ertelediğinden fazla sayılmaz.
-- definition.ru: Этапы, начатые в периоде, по учитываемым дням, которые паузы на стороне клиента исключили из счёта до момента оценки. Приостановлено: исключён хотя бы один учитываемый день или такая пауза продолжается на момент оценки; более короткие паузы срок не сдвигают. Продолжающаяся пауза считается до последнего завершившегося дня; если установлена наибольшая длительность, пауза, начавшаяся до срока, считается не больше, чем она сдвинула срок.
WITH period_days AS (
    SELECT c.day, c.month
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id
    WHERE c.day >= p.period_first AND c.day <= p.period_last
),
over_days AS (
    SELECT c.calendar_id, c.workday_index AS over_index
    FROM calendar AS c
    JOIN params AS p ON c.day = p.over_on
),
due_days AS (
    SELECT c.calendar_id, c.day, c.workday_index AS due_index
    FROM calendar AS c
),
started AS (
    SELECT
        s.case_key, s.stage, s.pass, d.month, s.department, s.site, s.paused_days,
        CASE WHEN s.ended_at IS NULL AND s.pause_stops_clock = TRUE THEN 1 ELSE 0 END AS running,
        CASE
            WHEN o.over_index > s.pause_base_index THEN s.paused_days + o.over_index - s.pause_base_index
            ELSE s.paused_days
        END AS open_days,
        CASE
            WHEN s.clock_resumes_at IS NULL THEN NULL
            ELSE l.due_index - s.start_index - s.limit_days
        END AS moved_days
    FROM stages AS s
    JOIN period_days AS d ON d.day = s.started_on
    JOIN over_days AS o ON o.calendar_id = s.calendar_id
    LEFT JOIN due_days AS l ON l.calendar_id = s.calendar_id AND l.day = s.due_on_net
    WHERE s.applies = TRUE
),
measured AS (
    SELECT
        case_key, stage, pass, month, department, site, running,
        CASE
            WHEN running = 0 THEN paused_days
            WHEN moved_days > paused_days AND moved_days < open_days THEN moved_days
            ELSE open_days
        END AS paused_days
    FROM started
),
counted AS (
    SELECT
        case_key, stage, pass, month, department, site,
        CASE WHEN paused_days > 0 OR running = 1 THEN 'yes' ELSE 'no' END AS paused,
        paused_days
    FROM measured
)
SELECT stage, pass, paused, paused_days, CAST(COUNT(*) AS BIGINT) AS stages
FROM counted
GROUP BY stage, pass, paused, paused_days
ORDER BY stage, pass, paused, paused_days
