SELECT indicator, dated, value AS figure, unit, entered_by, note
FROM evidence
ORDER BY indicator, dated, id
