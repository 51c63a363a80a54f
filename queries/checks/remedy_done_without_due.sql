-- id: remedy_done_without_due
-- title.en: Remedy delivered that was never due
-- title.tr: Vadesi olmadan teslim edilmiş telafi
-- title.ru: Возмещение предоставлено без срока
-- key: case_key
-- columns: case_key, case_id, remedy_granted, remedy_done_on
-- definition: Cases whose remedy was delivered although no day was set by which it was due.
-- definition.tr: Telafisi, teslim edileceği gün belirlenmediği hâlde teslim edilmiş kayıtlar.
-- definition.ru: Жалобы, по которым возмещение предоставлено, хотя срок для него не установлен.
-- fault: cases: SELECT case_key, case_id, state, pass, received_at, received_on, received_hour, registered_at, registered_on, registration_lag_hours, registered_role, channel, language, category, product, lot, site, department, units_taking_part, severity_first, severity_last, priority_change, safety, remedy_sought, response, remedy_granted, expectation, cost_minor, rule, root_cause, acknowledged_on, classified_on, routed_on, decided_on, communicated_on, answered_on, closed_on, settled_where_made, decided_by_contact, passes, first_answer, first_answer_on_behalf, last_answer, outstanding_since, remedies_told_on, referred_on, referral_body, external_outcome, remedy_due_on, CASE WHEN remedy_due_on IS NULL THEN received_on ELSE remedy_done_on END AS remedy_done_on, correction_holds, survey_sent_on, survey_score, surveyed_on, merged_into, complainant_key, sold_on, produced_on, reopenings, reopened_on, escalations, late_entries, amendments, voided, deviations, source_verdict FROM cases
SELECT k.case_key, k.case_id, k.remedy_granted, k.remedy_done_on
FROM cases AS k
WHERE k.remedy_done_on IS NOT NULL AND k.remedy_due_on IS NULL
ORDER BY k.case_key
