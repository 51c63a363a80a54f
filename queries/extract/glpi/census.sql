SELECT (SELECT COUNT(*) FROM glpi_tickets) AS cases, (SELECT COUNT(*) FROM derived) AS events
