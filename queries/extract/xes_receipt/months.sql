SELECT received_month, COUNT(*) AS cases FROM application GROUP BY received_month ORDER BY received_month
