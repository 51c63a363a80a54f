SELECT case_key, number AS case_id, complainant_id AS complainant, NULL AS source_verdict
FROM complaint_case
WHERE received_month = :month
ORDER BY case_key
