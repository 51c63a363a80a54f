-- id: survey_score_out_of_range
-- title.en: Survey score out of 1 to 5
-- title.tr: 1–5 aralığı dışında anket puanı
-- title.ru: Оценка опроса вне пределов от 1 до 5
-- key: case_key
-- columns: case_key, case_id, surveyed_on, survey_score
-- definition: Cases whose satisfaction with the handling is not between 1 and 5.
-- definition.tr: Şikâyetin ele alınışından memnuniyet puanı 1 ile 5 arasında olmayan kayıtlar.
-- definition.ru: Жалобы, у которых оценка удовлетворённости работой с жалобой не лежит между 1 и 5.
-- fault: cases: SELECT case_key, case_id, state, pass, received_at, received_on, received_hour, registered_at, registered_on, registration_lag_hours, registered_role, channel, language, category, product, lot, site, department, units_taking_part, severity_first, severity_last, priority_change, safety, remedy_sought, response, remedy_granted, expectation, cost_minor, rule, root_cause, acknowledged_on, classified_on, routed_on, decided_on, communicated_on, answered_on, closed_on, settled_where_made, decided_by_contact, passes, first_answer, first_answer_on_behalf, last_answer, outstanding_since, remedies_told_on, referred_on, referral_body, external_outcome, remedy_due_on, remedy_done_on, correction_holds, survey_sent_on, CASE WHEN survey_score IS NULL THEN 0 ELSE survey_score + 5 END AS survey_score, surveyed_on, merged_into, complainant_key, sold_on, produced_on, reopenings, reopened_on, escalations, late_entries, amendments, voided, deviations, source_verdict FROM cases
SELECT k.case_key, k.case_id, k.surveyed_on, k.survey_score
FROM cases AS k
WHERE k.survey_score < 1 OR k.survey_score > 5
ORDER BY k.case_key
