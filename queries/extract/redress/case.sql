SELECT case_key, number AS case_id, complainant_id AS complainant, NULL AS source_verdict
FROM complaint_case
WHERE received_month = :month AND case_key BETWEEN :first_key AND :last_key
ORDER BY case_key
