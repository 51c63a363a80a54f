-- id: second_pass_without_cause
-- title.en: Re-examination without a rejection or reopening
-- title.tr: Ret ya da yeniden açma olmadan yeniden inceleme
-- title.ru: Повторное рассмотрение без отклонения решения и без открытия вновь
-- key: case_key
-- columns: case_key, case_id, started_on, first_answer
-- definition: Re-examinations (pass 2) of cases whose first decision was not rejected and that were not reopened either. Cases with events outside the procedure are left out.
-- definition.tr: İlk kararı reddedilmemiş ve yeniden de açılmamış kayıtların yeniden incelemeleri (2. tur). Prosedür dışı olayı bulunan kayıtlara bakılmaz.
-- definition.ru: Повторные рассмотрения жалоб, первое решение по которым не отклонено и которые не открывались вновь. Жалобы с событиями вне процедуры не проверяются.
-- fault: passes: SELECT case_key, pass, started_on, decided_on, decided_by_contact, response, remedy_granted, expectation, cost_minor, rule, root_cause, communicated_on, CASE WHEN pass = 1 THEN 'accepted' ELSE answer END AS answer, answered_on, on_behalf, rejection_reason, lapsed_on FROM passes
WITH first_passes AS (
    SELECT a.case_key AS first_key, a.answer AS first_pass_answer
    FROM passes AS a
    WHERE a.pass = 1
),
second_passes AS (
    SELECT a.case_key, a.started_on, f.first_pass_answer
    FROM passes AS a
    LEFT JOIN first_passes AS f ON f.first_key = a.case_key
    WHERE a.pass = 2
)
SELECT s.case_key, k.case_id, s.started_on, s.first_pass_answer AS first_answer
FROM second_passes AS s
JOIN cases AS k ON k.case_key = s.case_key
WHERE (s.first_pass_answer IS NULL OR s.first_pass_answer <> 'rejected')
    AND k.reopenings = 0 AND k.deviations = 0
ORDER BY s.case_key
