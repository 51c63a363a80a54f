-- From version 3 to 4: units sold get versions. What was given before counts as known from the beginning, since nobody
-- noted when it was entered.

ALTER TABLE exposure RENAME TO exposure_without_versions;
CREATE TABLE exposure (
    month       TEXT NOT NULL,
    product     TEXT NOT NULL,    -- '' for all
    site        TEXT NOT NULL,    -- '' for all
    version     INTEGER NOT NULL, -- 1, 2, 3 … of the month, product and site
    units       REAL NOT NULL CHECK (units >= 0),
    recorded_at INTEGER NOT NULL,
    entered_by  TEXT NOT NULL,
    reason      TEXT,             -- why it replaces an earlier version; NULL for the first
    checksum    BLOB NOT NULL,
    PRIMARY KEY (month, product, site, version)
) STRICT;
INSERT INTO exposure (month, product, site, version, units, recorded_at, entered_by, reason, checksum)
SELECT month, product, site, 1, units, 0, 'unknown', NULL, x'' FROM exposure_without_versions;
DROP TABLE exposure_without_versions;
CREATE TRIGGER exposure_stays BEFORE UPDATE ON exposure WHEN OLD.checksum IS NOT x''
BEGIN SELECT RAISE(ABORT, 'exposure is never changed: add a version'); END;
CREATE TRIGGER exposure_remains BEFORE DELETE ON exposure
BEGIN SELECT RAISE(ABORT, 'exposure is never deleted: add a version'); END;
