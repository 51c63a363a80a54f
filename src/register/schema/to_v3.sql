-- From version 2 to 3: corrective actions and the records of continual improvement.

-- Actions, audits, recommendations, suggestions, research and the minutes of reviews, each by its events; hash-chained
-- like the events of cases, in a chain of its own.
CREATE TABLE improvement_event (
    seq         INTEGER PRIMARY KEY, -- 1, 2, 3 … within the register, without gaps
    subject     TEXT NOT NULL,       -- action, audit, recommendation, suggestion, research, review
    number      INTEGER NOT NULL,    -- 12 of an action is A-000012
    event_no    INTEGER NOT NULL,    -- 1, 2, 3 … within the subject
    kind        TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    actor       TEXT NOT NULL,       -- staff name; 'system' for what the program computed
    data        TEXT NOT NULL,       -- the JSON object, hashed as it stands here
    format      INTEGER NOT NULL,
    hash        BLOB NOT NULL,       -- SHA-256 of the previous hash and all of the above
    UNIQUE (subject, number, event_no)
) STRICT;
CREATE TRIGGER improvement_event_appends BEFORE INSERT ON improvement_event
WHEN NEW.seq IS NOT COALESCE((SELECT max(seq) FROM improvement_event), 0) + 1
BEGIN SELECT RAISE(ABORT, 'events are only appended, without gaps'); END;
CREATE TRIGGER improvement_event_stays BEFORE UPDATE ON improvement_event
BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
CREATE TRIGGER improvement_event_remains BEFORE DELETE ON improvement_event
BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END;
