SELECT month, NULLIF(product, '') AS product, NULLIF(site, '') AS site, units
FROM exposure
ORDER BY month, product, site
