-- The municipality's own deadline: met when the application ended by it. Where it has not ended, nobody can say yet.
SELECT case_key, case_id, NULL AS complainant,
    CASE WHEN ended_at <= deadline_at THEN 'met' WHEN ended_at > deadline_at THEN 'missed' END AS source_verdict
FROM application
WHERE received_month = :month
ORDER BY case_key
