-- id: merged_into_unknown_case
-- title.en: Merged into an unknown case
-- title.tr: Bulunmayan bir kayıtla birleştirilmiş
-- title.ru: Объединена с неизвестной жалобой
-- key: case_key
-- columns: case_key, case_id, merged_into
-- definition: Cases that name a case that is not in the lake as the one they duplicate.
-- definition.tr: Mükerreri olarak gösterildiği kayıt veri gölünde bulunmayan kayıtlar.
-- definition.ru: Жалобы, названные дубликатом жалобы, которой нет в озере данных.
-- fault: cases: SELECT case_key, case_id, state, pass, received_at, received_on, received_hour, registered_at, registered_on, registration_lag_hours, registered_role, channel, language, category, product, lot, site, department, units_taking_part, severity_first, severity_last, priority_change, safety, remedy_sought, response, remedy_granted, expectation, cost_minor, rule, root_cause, acknowledged_on, classified_on, routed_on, decided_on, communicated_on, answered_on, closed_on, settled_where_made, decided_by_contact, passes, first_answer, first_answer_on_behalf, last_answer, outstanding_since, remedies_told_on, referred_on, referral_body, external_outcome, remedy_due_on, remedy_done_on, correction_holds, survey_sent_on, survey_score, surveyed_on, CASE WHEN case_key > 0 THEN 'no-such-case' ELSE merged_into END AS merged_into, complainant_key, sold_on, produced_on, reopenings, reopened_on, escalations, late_entries, amendments, voided, deviations, source_verdict FROM cases
WITH known AS (
    SELECT DISTINCT k.case_id AS known_id FROM cases AS k
)
SELECT m.case_key, m.case_id, m.merged_into
FROM cases AS m
LEFT JOIN known AS n ON n.known_id = m.merged_into
WHERE m.merged_into IS NOT NULL AND n.known_id IS NULL
ORDER BY m.case_key
