SELECT value AS secret FROM secret WHERE name = 'complainant_key'
