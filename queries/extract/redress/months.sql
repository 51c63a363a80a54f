-- Months of receipt, with the number of cases in each.
SELECT received_month, COUNT(*) AS cases
FROM complaint_case
GROUP BY received_month
ORDER BY received_month
