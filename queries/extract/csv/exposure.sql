SELECT month, product, site, CAST(units AS REAL) AS units FROM exposures ORDER BY month, product, site
