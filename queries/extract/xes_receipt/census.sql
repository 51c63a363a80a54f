SELECT (SELECT COUNT(DISTINCT "case:concept:name") FROM log) AS cases, (SELECT COUNT(*) FROM derived) AS events
