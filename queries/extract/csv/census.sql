SELECT (SELECT COUNT(*) FROM cases) AS cases, (SELECT COUNT(*) FROM events) AS events
