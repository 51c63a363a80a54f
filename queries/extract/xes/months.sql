SELECT received_month, COUNT(*) AS cases FROM incident GROUP BY received_month ORDER BY received_month
