SELECT case_key, case_id, complainant, NULL AS source_verdict
FROM ticket
WHERE received_month = :month
ORDER BY case_key
