SELECT series, NULLIF(site, '') AS site, begins_month, CAST(version AS INTEGER) AS version,
    withdrawn IS 'yes' AS withdrawn, reason, entered_by, recorded_at
FROM chart_phases
WHERE recorded_at <= :as_of
ORDER BY series, site, begins_month, CAST(version AS INTEGER)
