SELECT (SELECT COUNT(*) FROM tickets) AS cases, (SELECT COUNT(*) FROM derived) AS events
