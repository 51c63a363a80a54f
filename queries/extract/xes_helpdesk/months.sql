SELECT received_month, COUNT(*) AS cases FROM ticket GROUP BY received_month ORDER BY received_month
