-- id: communicated_before_decided
-- title.en: Communicated before the decision
-- title.tr: Karardan önce bildirilmiş
-- title.ru: Сообщено раньше решения
-- key: case_key, pass
-- columns: case_key, case_id, pass, decided_on, communicated_on
-- definition: Passes whose decision was communicated on a day before it came into force. Cases with events outside the procedure are left out; those are counted by the metric of that name.
-- definition.tr: Kararı, yürürlüğe girdiği günden önce bildirilmiş turlar. Prosedür dışı olayı bulunan kayıtlara bakılmaz; onları aynı adlı ölçüt sayar.
-- definition.ru: Рассмотрения, решение которых сообщено раньше дня вступления в силу. Жалобы с событиями вне процедуры не проверяются: их считает показатель с этим названием.
-- fault: passes: SELECT case_key, pass, started_on, CASE WHEN answered_on > communicated_on THEN answered_on ELSE decided_on END AS decided_on, decided_by_contact, response, remedy_granted, expectation, cost_minor, rule, root_cause, communicated_on, answer, answered_on, on_behalf, rejection_reason, lapsed_on FROM passes
WITH offending AS (
    SELECT a.case_key, a.pass, a.decided_on, a.communicated_on
    FROM passes AS a
    WHERE a.communicated_on < a.decided_on
)
SELECT o.case_key, k.case_id, o.pass, o.decided_on, o.communicated_on
FROM offending AS o
JOIN cases AS k ON k.case_key = o.case_key
WHERE k.deviations = 0
ORDER BY o.case_key, o.pass
