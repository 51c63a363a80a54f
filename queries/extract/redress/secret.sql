SELECT value AS secret FROM secret WHERE name = 'pseudonym'
