SELECT case_key, case_id, complainant, source_verdict
FROM keyed
WHERE received_month = :month
ORDER BY case_key
