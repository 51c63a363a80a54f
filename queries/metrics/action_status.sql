-- id: action_status
-- title.en: Corrective and preventive actions open
-- title.tr: Açık düzeltici ve önleyici faaliyetler
-- title.ru: Незакрытые корректирующие и предупреждающие действия
-- iso: I6
-- basis: stock
-- grain: action
-- key: action_id
-- dimensions: kind, state, source, department, band, overdue
-- columns: state, band, actions, overdue
-- rests_on: actions
-- chart: none
-- definition: Actions opened and not closed by 24:00 of the period's last day (or by the cut of the data, when that is earlier), by state and by calendar days since they were opened. Overdue: the due date has passed and the action was not implemented by then.
-- definition.tr: Dönemin son gününün sonunda (değerlendirme anı daha erkense o anda) açılmış ve kapanmamış faaliyetler; durumuna ve açılışından beri geçen takvim gününe göre. Gecikmiş: vadesi geçmiş ve o güne kadar uygulanmamış.
-- definition.ru: Действия, открытые и не закрытые к 24:00 последнего дня периода (или к моменту оценки, если он раньше), по состоянию и по календарным дням со дня открытия. Просрочено: срок прошёл, а действие к этому дню не выполнено.
WITH opened_days AS (
    SELECT c.day AS opened_day, c.day_index AS opened_index
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id
),
stock AS (
    SELECT c.day_index AS stock_index
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id AND c.day = p.stock_on
),
aged AS (
    SELECT
        a.action_id, a.kind, a.state, a.source, a.department,
        t.stock_index - d.opened_index AS age_days,
        CASE
            WHEN a.due_on < p.stock_on AND (a.implemented_on IS NULL OR a.implemented_on > p.stock_on) THEN 'yes'
            ELSE 'no'
        END AS overdue
    FROM actions AS a
    JOIN opened_days AS d ON d.opened_day = a.opened_on
    CROSS JOIN stock AS t
    CROSS JOIN params AS p
    WHERE a.opened_on <= p.stock_on AND (a.closed_on IS NULL OR a.closed_on > p.stock_on)
),
counted AS (
    SELECT
        action_id, kind, state, source, department, overdue,
        CASE
            WHEN age_days <= 7 THEN '000-007'
            WHEN age_days <= 14 THEN '008-014'
            WHEN age_days <= 30 THEN '015-030'
            WHEN age_days <= 60 THEN '031-060'
            WHEN age_days <= 90 THEN '061-090'
            ELSE '091+'
        END AS band
    FROM aged
)
SELECT
    state, band,
    CAST(COUNT(*) AS BIGINT) AS actions,
    CAST(SUM(CASE WHEN overdue = 'yes' THEN 1 ELSE 0 END) AS BIGINT) AS overdue
FROM counted
GROUP BY state, band
ORDER BY state, band
