-- Cases get a dense key in the order of their first registration; the month is that of the receipt first recorded.
CREATE TABLE keyed AS
SELECT ROW_NUMBER() OVER (ORDER BY c.row_no) AS case_key,
    c.case_id, c.complainant_id AS complainant, c.source_verdict,
    COALESCE(local_month(json_extract(r.data, '$.received_at')), 'unknown') AS received_month
FROM cases AS c
LEFT JOIN events AS r ON r.case_id = c.case_id AND r.kind = 'registered'
GROUP BY c.row_no;
CREATE UNIQUE INDEX keyed_by_id ON keyed (case_id);
CREATE INDEX keyed_by_month ON keyed (received_month, case_key);
CREATE INDEX events_by_case ON events (case_id, seq);
CREATE INDEX narratives_by_case ON narratives (case_id);
