-- From version 4 to 5: the phases of control charts, each with its reason.

-- From which month the limits of a control chart begin anew. A version with withdrawn = 1 takes the phase back.
CREATE TABLE chart_phase (
    series       TEXT NOT NULL,    -- received, rejected, processing-1 …
    site         TEXT NOT NULL,    -- '' for the whole
    begins_month TEXT NOT NULL,    -- YYYY-MM
    version      INTEGER NOT NULL, -- 1, 2, 3 … of the series, site and month
    withdrawn    INTEGER NOT NULL CHECK (withdrawn IN (0, 1)),
    reason       TEXT NOT NULL CHECK (trim(reason) <> ''),
    entered_by   TEXT NOT NULL,
    recorded_at  INTEGER NOT NULL,
    checksum     BLOB NOT NULL,
    PRIMARY KEY (series, site, begins_month, version)
) STRICT;
CREATE TRIGGER chart_phase_stays BEFORE UPDATE ON chart_phase WHEN OLD.checksum IS NOT x''
BEGIN SELECT RAISE(ABORT, 'a phase is never changed: add a version'); END;
CREATE TRIGGER chart_phase_remains BEFORE DELETE ON chart_phase
BEGIN SELECT RAISE(ABORT, 'a phase is never deleted: add a version that withdraws it'); END;
