-- id: case_id_twice
-- title.en: Case number used twice
-- title.tr: İki kez kullanılan kayıt numarası
-- title.ru: Номер жалобы использован дважды
-- key: case_id
-- columns: case_id, cases_found
-- definition: Case numbers that more than one case has.
-- definition.tr: Birden çok kayda verilmiş kayıt numaraları.
-- definition.ru: Номера, присвоенные больше чем одной жалобе.
-- fault: cases: SELECT case_key, CASE WHEN case_key > 0 THEN 'one-number' ELSE case_id END AS case_id, state, pass, received_at, received_on, received_hour, registered_at, registered_on, registration_lag_hours, registered_role, channel, language, category, product, lot, site, department, units_taking_part, severity_first, severity_last, priority_change, safety, remedy_sought, response, remedy_granted, expectation, cost_minor, rule, root_cause, acknowledged_on, classified_on, routed_on, decided_on, communicated_on, answered_on, closed_on, settled_where_made, decided_by_contact, passes, first_answer, first_answer_on_behalf, last_answer, outstanding_since, remedies_told_on, referred_on, referral_body, external_outcome, remedy_due_on, remedy_done_on, correction_holds, survey_sent_on, survey_score, surveyed_on, merged_into, complainant_key, sold_on, produced_on, reopenings, reopened_on, escalations, late_entries, amendments, voided, deviations, source_verdict FROM cases
WITH numbers AS (
    SELECT k.case_id, CAST(COUNT(*) AS BIGINT) AS cases_found
    FROM cases AS k
    GROUP BY k.case_id
)
SELECT case_id, cases_found
FROM numbers
WHERE cases_found > 1
ORDER BY case_id
