-- From version 1 to 2: the book of clusters.

-- The book of clusters, apart for each source: what was recorded together has one batch number.
CREATE TABLE cluster_event (
    event_id    INTEGER PRIMARY KEY,
    source      TEXT NOT NULL,
    batch       INTEGER NOT NULL,
    cluster     INTEGER NOT NULL, -- 17 is C-000017
    level       TEXT NOT NULL,
    kind        TEXT NOT NULL,
    other       INTEGER,
    change      TEXT NOT NULL,    -- JSON: cases joined, left, bound, barred; name; reason
    actor       TEXT,             -- the analyst; NULL for a run
    run         TEXT,             -- the run; NULL for an analyst
    recorded_at INTEGER NOT NULL,
    checksum    BLOB NOT NULL
) STRICT;
CREATE INDEX cluster_event_by_cluster ON cluster_event (cluster);
CREATE TRIGGER cluster_event_stays BEFORE UPDATE ON cluster_event WHEN OLD.checksum IS NOT x''
BEGIN SELECT RAISE(ABORT, 'what was recorded of a cluster is never changed'); END;
CREATE TRIGGER cluster_event_remains BEFORE DELETE ON cluster_event
BEGIN SELECT RAISE(ABORT, 'what was recorded of a cluster is never deleted'); END;
