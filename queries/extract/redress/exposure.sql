SELECT month, product, site, units
FROM exposure
ORDER BY month, product, site
