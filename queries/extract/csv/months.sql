SELECT received_month, COUNT(*) AS cases FROM keyed GROUP BY received_month ORDER BY received_month
