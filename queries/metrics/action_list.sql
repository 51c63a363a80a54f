-- id: action_list
-- title.en: Corrective and preventive actions, one by one
-- title.tr: Düzeltici ve önleyici faaliyetler, tek tek
-- title.ru: Корректирующие и предупреждающие действия поимённо
-- iso: I6
-- basis: stock
-- grain: action
-- key: action_id
-- dimensions: state, kind, source, owner, department, overdue, verdict
-- columns: action_id, title, kind, owner, state, due_on, overdue, check_due_on, cases_in_scope, cost_minor, ending_note
-- rests_on: actions
-- chart: none
-- definition: Actions opened by 24:00 of the period's last day (or by the cut of the data, when that is earlier) that were open then or were closed within the period. Overdue: its due date has passed and it was not implemented by then. The verdict is the computed one, or a person's where nothing is counted.
-- definition.tr: Dönemin son gününün sonuna kadar (değerlendirme anı daha erkense o ana kadar) açılmış ve o anda açık olan ya da dönem içinde kapatılan faaliyetler. Gecikmiş: vadesi geçmiş ve o güne kadar uygulanmamış. Sonuç, hesaplanan sonuçtur; sayılacak bir şey yoksa kişinin verdiği sonuçtur.
-- definition.ru: Действия, открытые к 24:00 последнего дня периода (или к моменту оценки, если он раньше), которые в этот момент не были закрыты или закрыты в периоде. Просрочено: срок прошёл, а действие к этому дню не выполнено. Вывод – рассчитанный, а где считать нечего – данный человеком.
WITH last_attempts AS (
    SELECT e.action_id, MAX(e.attempt) AS attempt
    FROM action_checks AS e
    GROUP BY e.action_id
),
verdicts AS (
    SELECT e.action_id, MAX(e.verdict) AS verdict
    FROM action_checks AS e
    JOIN last_attempts AS a ON a.action_id = e.action_id AND a.attempt = e.attempt
    WHERE e.settles
    GROUP BY e.action_id
),
counted AS (
    SELECT
        a.action_id, a.title, a.kind, a.source, a.owner, a.department, a.state, a.due_on, a.check_due_on,
        a.cases_in_scope, a.cost_minor, a.ending_note, v.verdict,
        CASE
            WHEN a.due_on < p.stock_on AND (a.implemented_on IS NULL OR a.implemented_on > p.stock_on)
                AND a.withdrawn = FALSE THEN 'yes'
            ELSE 'no'
        END AS overdue
    FROM actions AS a
    LEFT JOIN verdicts AS v ON v.action_id = a.action_id
    CROSS JOIN params AS p
    WHERE a.opened_on <= p.stock_on
        AND (a.closed_on IS NULL OR a.closed_on > p.stock_on OR (a.closed_on >= p.period_first AND a.closed_on <= p.period_last))
)
SELECT
    action_id, title, kind, owner, state, due_on, overdue, check_due_on,
    CAST(cases_in_scope AS BIGINT) AS cases_in_scope,
    CAST(cost_minor AS BIGINT) AS cost_minor,
    ending_note
FROM counted
ORDER BY action_id
