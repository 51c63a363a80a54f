SELECT indicator, version, target, direction, owner, effective_from
FROM objective
WHERE recorded_at <= :as_of
ORDER BY indicator, version
