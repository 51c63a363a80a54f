SELECT indicator, version, target, direction, owner, effective_from
FROM objective
ORDER BY indicator, version
