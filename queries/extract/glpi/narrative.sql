SELECT case_key, plain_text(COALESCE(name, '') || char(10) || COALESCE(content, '')) AS narrative
FROM ticket
WHERE received_month = :month
ORDER BY case_key
