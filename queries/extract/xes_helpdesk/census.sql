SELECT (SELECT COUNT(*) FROM trace) AS cases, (SELECT COUNT(*) FROM derived) AS events
