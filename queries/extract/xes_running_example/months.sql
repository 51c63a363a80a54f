SELECT received_month, COUNT(*) AS cases FROM request GROUP BY received_month ORDER BY received_month
