SELECT indicator, dated, CAST(figure AS REAL) AS figure, NULLIF(unit, '') AS unit, entered_by, NULLIF(note, '') AS note
FROM evidences
ORDER BY indicator, dated, row_no
