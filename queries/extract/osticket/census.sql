SELECT (SELECT COUNT(*) FROM ost_ticket) AS cases, (SELECT COUNT(*) FROM derived) AS events
