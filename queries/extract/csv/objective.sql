SELECT indicator, CAST(version AS INTEGER) AS version, CAST(target AS REAL) AS target, direction, owner, effective_from
FROM objectives
ORDER BY indicator, CAST(version AS INTEGER)
