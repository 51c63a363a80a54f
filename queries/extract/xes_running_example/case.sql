SELECT case_key, case_id, NULL AS complainant, NULL AS source_verdict
FROM request
WHERE received_month = :month
ORDER BY case_key
