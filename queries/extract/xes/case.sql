SELECT case_key, case_id, complainant, NULL AS source_verdict
FROM incident
WHERE received_month = :month
ORDER BY case_key
