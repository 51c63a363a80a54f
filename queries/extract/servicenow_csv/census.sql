SELECT (SELECT COUNT(DISTINCT number) FROM log) AS cases, (SELECT COUNT(*) FROM derived) AS events
