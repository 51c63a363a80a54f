-- Names stay in the register. Contact staff are those who may take complaints; whoever holds several roles counts as one person.
SELECT ROW_NUMBER() OVER (ORDER BY s.name) AS staff_no,
    EXISTS (SELECT 1 FROM json_each(s.roles) AS r WHERE r.value = 'contact') AS contact,
    s.department, s.site, s.active,
    (SELECT MIN(t.held_on) FROM training AS t WHERE t.staff = s.name AND t.recorded_at <= :as_of) AS trained_on
FROM staff AS s
ORDER BY s.name
