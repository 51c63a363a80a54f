-- id: stage_course
-- title.en: Late stages month by month
-- title.tr: Aylara göre geciken aşamalar
-- title.ru: Просроченные этапы по месяцам
-- iso: 8.2, M5
-- basis: due
-- grain: stage of a pass of a case
-- key: case_key, stage, pass
-- dimensions: stage, pass, site, month, department, late
-- apart: stage, pass
-- columns: stage, pass, site, month, late, judged
-- chart: control
-- definition: For the control charts: stages due in the 36 calendar months that end with the period, on the net clock, and those of them that missed their limit or are open beyond it. The overall clock and the acknowledgement stand among them. Paused without a due date, cancelled and not applicable are left out.
-- definition.tr: Kontrol grafikleri için: dönemin sonunda biten 36 takvim ayında vadesi dolan aşamalar (net sayım) ve bunlardan süresini aşanlar ya da açık ve gecikmiş olanlar. Toplam süre ile alındı bildirimi de aralarındadır. Vadesi olmadan durdurulmuş, iptal edilmiş ve uygulanmayan aşamalar yer almaz.
-- definition.ru: Для контрольных карт: этапы, срок которых приходился на 36 календарных месяцев до конца периода (нетто), и те из них, что завершены с опозданием или открыты и просрочены. Среди них общий срок и подтверждение получения. Приостановленные без срока, отменённые и неприменимые не включены.
WITH ending AS (
    SELECT c.day_index AS last_index
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id AND c.day = p.period_last
),
months AS (
    SELECT c.month AS of_month, MIN(c.day_index) AS first_index
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id
    GROUP BY c.month
),
course_days AS (
    SELECT c.day, c.month
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id
    JOIN months AS m ON m.of_month = c.month
    CROSS JOIN ending AS e
    WHERE m.first_index >= e.last_index - 1095 AND c.day <= p.period_last
),
judged AS (
    SELECT
        s.case_key, s.stage, s.pass, s.site, s.department, d.month,
        CASE
            WHEN s.applies = FALSE THEN 'not_applicable'
            WHEN s.ended_at IS NOT NULL THEN s.verdict_net
            WHEN p.as_of_at >= s.due_at_net THEN 'open_late'
            ELSE 'open_not_due'
        END AS verdict
    FROM stages AS s
    JOIN course_days AS d ON d.day = s.due_on_net
    CROSS JOIN params AS p
),
counted AS (
    SELECT
        j.case_key, j.stage, j.pass, j.site, j.department, j.month,
        CASE WHEN j.verdict = 'met' THEN 'no' ELSE 'yes' END AS late
    FROM judged AS j
    WHERE j.verdict IN ('met', 'missed', 'open_late')
)
SELECT
    stage, pass, site, month,
    CAST(SUM(CASE WHEN late = 'yes' THEN 1 ELSE 0 END) AS BIGINT) AS late,
    CAST(COUNT(*) AS BIGINT) AS judged
FROM counted
GROUP BY stage, pass, site, month
ORDER BY stage, pass, site, month
