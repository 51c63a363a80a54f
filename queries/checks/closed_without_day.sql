-- id: closed_without_day
-- title.en: Closed state and closing day do not fit
-- title.tr: Kapalı durum ile kapanış günü uyuşmuyor
-- title.ru: Закрытое состояние и день закрытия не согласуются
-- key: case_key
-- columns: case_key, case_id, state, closed_on
-- definition: Cases in a closed state without the day of closing, and cases that are not closed but have one. Outstanding is not closed.
-- definition.tr: Kapanış günü olmayan kapalı kayıtlar ile kapalı olmadığı hâlde kapanış günü olan kayıtlar. Uzlaşılamayan kayıt kapalı sayılmaz.
-- definition.ru: Жалобы в закрытом состоянии без дня закрытия и незакрытые жалобы, у которых он есть. Актуальная жалоба не закрыта.
-- fault: cases: SELECT case_key, case_id, state, pass, received_at, received_on, received_hour, registered_at, registered_on, registration_lag_hours, registered_role, channel, language, category, product, lot, site, department, units_taking_part, severity_first, severity_last, priority_change, safety, remedy_sought, response, remedy_granted, expectation, cost_minor, rule, root_cause, acknowledged_on, classified_on, routed_on, decided_on, communicated_on, answered_on, CASE WHEN closed_on IS NULL THEN received_on ELSE NULL END AS closed_on, settled_where_made, decided_by_contact, passes, first_answer, first_answer_on_behalf, last_answer, outstanding_since, remedies_told_on, referred_on, referral_body, external_outcome, remedy_due_on, remedy_done_on, correction_holds, survey_sent_on, survey_score, surveyed_on, merged_into, complainant_key, sold_on, produced_on, reopenings, reopened_on, escalations, late_entries, amendments, voided, deviations, source_verdict FROM cases
WITH judged AS (
    SELECT
        k.case_key, k.case_id, k.state, k.closed_on,
        CASE
            WHEN k.state IN ('completed', 'completed_externally', 'exhausted', 'unanswered', 'withdrawn', 'merged') THEN 'yes'
            ELSE 'no'
        END AS closed
    FROM cases AS k
)
SELECT case_key, case_id, state, closed_on
FROM judged
WHERE (closed = 'yes' AND closed_on IS NULL) OR (closed = 'no' AND closed_on IS NOT NULL)
ORDER BY case_key
