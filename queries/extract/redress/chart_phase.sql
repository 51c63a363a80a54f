SELECT series, NULLIF(site, '') AS site, begins_month, version, withdrawn, reason, entered_by, recorded_at
FROM chart_phase
WHERE recorded_at <= :as_of
ORDER BY series, site, begins_month, version
