SELECT e.month, NULLIF(e.product, '') AS product, NULLIF(e.site, '') AS site, e.units
FROM exposure AS e
JOIN (
    SELECT month, product, site, MAX(version) AS version
    FROM exposure
    WHERE recorded_at <= :as_of
    GROUP BY month, product, site
) AS known
    ON known.month = e.month AND known.product = e.product AND known.site = e.site AND known.version = e.version
ORDER BY e.month, product, site
