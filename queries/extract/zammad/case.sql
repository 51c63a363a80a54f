-- Zammad's own judgement, where a service level applied: minutes left to it when the ticket was first closed.
SELECT case_key, case_id, complainant,
    CASE WHEN close_diff_in_min >= 0 THEN 'met' WHEN close_diff_in_min < 0 THEN 'missed' END AS source_verdict
FROM ticket
WHERE received_month = :month
ORDER BY case_key
