-- id: negative_cost
-- title.en: Negative cost of redress
-- title.tr: Eksi telafi maliyeti
-- title.ru: Отрицательная стоимость возмещения
-- key: case_key, pass
-- columns: case_key, case_id, pass, cost_minor
-- definition: Decisions, and cases as a whole (without a pass), whose cost of redress is below zero.
-- definition.tr: Telafi maliyeti sıfırın altında olan kararlar ve (tur belirtilmeden) kayıtların bütünü.
-- definition.ru: Решения и жалобы в целом (без номера рассмотрения), стоимость возмещения по которым меньше нуля.
-- fault: passes: SELECT case_key, pass, started_on, decided_on, decided_by_contact, response, remedy_granted, expectation, CASE WHEN decided_on IS NOT NULL THEN -100 ELSE cost_minor END AS cost_minor, rule, root_cause, communicated_on, answer, answered_on, on_behalf, rejection_reason, lapsed_on FROM passes
WITH offending AS (
    SELECT a.case_key, a.pass, a.cost_minor
    FROM passes AS a
    WHERE a.cost_minor < 0
    UNION ALL
    SELECT c.case_key, CAST(NULL AS INTEGER) AS pass, c.cost_minor
    FROM cases AS c
    WHERE c.cost_minor < 0
)
SELECT o.case_key, k.case_id, o.pass, o.cost_minor
FROM offending AS o
LEFT JOIN cases AS k ON k.case_key = o.case_key
ORDER BY o.case_key, o.pass
