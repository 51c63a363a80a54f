SELECT CAST(staff_no AS INTEGER) AS staff_no, contact = 'yes' AS contact, NULLIF(department, '') AS department,
    NULLIF(site, '') AS site, active = 'yes' AS active, NULLIF(trained_on, '') AS trained_on
FROM staff
ORDER BY CAST(staff_no AS INTEGER)
