SELECT indicator, dated, value AS figure, unit, entered_by, note
FROM evidence
WHERE recorded_at <= :as_of
ORDER BY indicator, dated, evidence_id
