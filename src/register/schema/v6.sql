-- Schema of the register, version 6.
--
-- Instants are INTEGER microseconds since 1970-01-01T00:00:00Z. Days are TEXT 'YYYY-MM-DD', months TEXT 'YYYY-MM'.
-- `case_event` and `improvement_event` are hash-chained; every other table carries a `checksum` per row, the SHA-256 of
-- the row's values (x'' only inside the transaction that writes the row). Personal data stand in complainant,
-- event_text and outbox, and nowhere else.

CREATE TABLE setting (
    key      TEXT NOT NULL PRIMARY KEY,
    value    TEXT NOT NULL,
    checksum BLOB NOT NULL
) STRICT;

-- Random keys of this register. Who holds them can undo pseudonyms.
CREATE TABLE secret (
    name     TEXT NOT NULL PRIMARY KEY,
    value    BLOB NOT NULL,
    checksum BLOB NOT NULL
) STRICT;

CREATE TABLE complainant (
    complainant_id INTEGER PRIMARY KEY,
    name       TEXT,
    phone      TEXT,
    email      TEXT,
    address    TEXT,
    language   TEXT NOT NULL,
    erased_at  INTEGER,
    checksum   BLOB NOT NULL
) STRICT;
CREATE INDEX complainant_by_phone ON complainant (phone) WHERE phone IS NOT NULL;
CREATE INDEX complainant_by_email ON complainant (email) WHERE email IS NOT NULL;

CREATE TABLE complaint_case (
    case_key       INTEGER PRIMARY KEY,
    number         TEXT NOT NULL UNIQUE,
    received_month TEXT NOT NULL, -- local month of received_at as first recorded; never changes
    complainant_id INTEGER NOT NULL REFERENCES complainant (complainant_id),
    tracking_hash  TEXT,          -- argon2id in PHC form
    -- The projection: folded from the events, never written by hand.
    state          TEXT NOT NULL,
    pass           INTEGER NOT NULL,
    category       TEXT,
    department     TEXT,
    site           TEXT,
    assigned_to    TEXT,
    received_at    INTEGER NOT NULL,
    last_seq       INTEGER NOT NULL,
    checksum       BLOB NOT NULL  -- over the whole row
) STRICT;
CREATE INDEX complaint_case_by_month ON complaint_case (received_month, case_key);
CREATE INDEX complaint_case_by_complainant ON complaint_case (complainant_id);
CREATE INDEX complaint_case_by_state ON complaint_case (state, department);

CREATE TABLE event_text (
    text_id  INTEGER PRIMARY KEY,
    case_key INTEGER NOT NULL REFERENCES complaint_case (case_key),
    salt     BLOB, -- 16 random bytes; NULL once erased
    body     TEXT  -- NULL once erased
) STRICT;
CREATE INDEX event_text_by_case ON event_text (case_key);

CREATE TABLE case_event (
    case_key    INTEGER NOT NULL REFERENCES complaint_case (case_key),
    event_no    INTEGER NOT NULL, -- 1, 2, 3 … within the case
    seq         INTEGER NOT NULL UNIQUE, -- 1, 2, 3 … within the register, without gaps
    kind        TEXT NOT NULL,
    occurred_at INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    role        TEXT NOT NULL,
    actor       TEXT,
    late_reason TEXT,
    data        TEXT NOT NULL, -- the JSON object, hashed as it stands here
    text_id     INTEGER REFERENCES event_text (text_id),
    text_hash   BLOB,          -- SHA-256 of salt + body
    format      INTEGER NOT NULL,
    hash        BLOB NOT NULL, -- SHA-256 of the previous hash and all of the above
    PRIMARY KEY (case_key, event_no)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER case_event_appends BEFORE INSERT ON case_event
WHEN NEW.seq IS NOT COALESCE((SELECT max(seq) FROM case_event), 0) + 1
  OR NEW.event_no IS NOT COALESCE((SELECT max(event_no) FROM case_event WHERE case_key = NEW.case_key), 0) + 1
BEGIN SELECT RAISE(ABORT, 'events are only appended, without gaps'); END;
CREATE TRIGGER case_event_stays BEFORE UPDATE ON case_event
BEGIN SELECT RAISE(ABORT, 'events are never changed: amend or void them'); END;
CREATE TRIGGER case_event_remains BEFORE DELETE ON case_event
BEGIN SELECT RAISE(ABORT, 'events are never deleted: amend or void them'); END;

CREATE TABLE outbox (
    message_id      INTEGER PRIMARY KEY,
    case_key        INTEGER REFERENCES complaint_case (case_key), -- NULL: to the organisation itself
    purpose         TEXT NOT NULL,
    pass            INTEGER, -- of the decision told
    means           TEXT NOT NULL,
    recipient       TEXT,    -- NULL once erased
    body            TEXT,    -- NULL once erased, and once a message with a password was sent
    state           TEXT NOT NULL CHECK (state IN ('queued', 'sent', 'failed', 'dead')),
    attempts        INTEGER NOT NULL,
    next_attempt_at INTEGER NOT NULL,
    idempotency_key TEXT NOT NULL UNIQUE,
    created_at      INTEGER NOT NULL,
    sent_at         INTEGER,
    last_error      TEXT,
    checksum        BLOB NOT NULL
) STRICT;
CREATE INDEX outbox_waiting ON outbox (next_attempt_at) WHERE state IN ('queued', 'failed');
CREATE INDEX outbox_by_case ON outbox (case_key);

CREATE TABLE attachment (
    sha256      TEXT NOT NULL,    -- hex; the file is <register>.files/<first two digits>/<sha256>
    case_key    INTEGER NOT NULL REFERENCES complaint_case (case_key),
    name        TEXT,             -- NULL once erased
    media_type  TEXT NOT NULL,
    bytes       INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    erased_at   INTEGER,
    checksum    BLOB NOT NULL,
    PRIMARY KEY (sha256, case_key)
) STRICT;
CREATE INDEX attachment_by_case ON attachment (case_key);

CREATE TABLE staff (
    name             TEXT NOT NULL PRIMARY KEY,
    roles            TEXT NOT NULL,    -- JSON array
    department       TEXT,
    site             TEXT,
    password_hash    TEXT,             -- argon2id in PHC form; NULL: cannot sign in
    must_change      INTEGER NOT NULL, -- 1: the password was given by somebody else
    discretion_minor INTEGER,          -- what the person may grant alone, in minor units; NULL: no limit
    active           INTEGER NOT NULL,
    checksum         BLOB NOT NULL
) STRICT;

CREATE TABLE training (
    training_id INTEGER PRIMARY KEY,
    staff       TEXT NOT NULL REFERENCES staff (name),
    course      TEXT NOT NULL,
    held_on     TEXT NOT NULL,
    evidence    TEXT,
    recorded_at INTEGER NOT NULL,
    checksum    BLOB NOT NULL
) STRICT;

CREATE TABLE evidence (
    evidence_id INTEGER PRIMARY KEY,
    indicator   TEXT NOT NULL, -- P1 … P15, I1 … I8, O1 … O3
    value       REAL,
    unit        TEXT,
    dated       TEXT NOT NULL,
    entered_by  TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    file_sha256 TEXT,
    note        TEXT,
    checksum    BLOB NOT NULL
) STRICT;

CREATE TABLE objective (
    indicator      TEXT NOT NULL,
    version        INTEGER NOT NULL,
    target         REAL NOT NULL,
    direction      TEXT NOT NULL CHECK (direction IN ('at_least', 'at_most')),
    owner          TEXT NOT NULL,
    effective_from TEXT NOT NULL,
    recorded_at    INTEGER NOT NULL,
    reason         TEXT NOT NULL,
    checksum       BLOB NOT NULL,
    PRIMARY KEY (indicator, version)
) STRICT;

CREATE TABLE calendar_version (
    calendar_id TEXT NOT NULL,
    version     INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    reason      TEXT NOT NULL,
    toml        TEXT NOT NULL,
    checksum    BLOB NOT NULL,
    PRIMARY KEY (calendar_id, version)
) STRICT;

CREATE TABLE limits_version (
    version        INTEGER NOT NULL PRIMARY KEY,
    effective_from TEXT NOT NULL,
    recorded_at    INTEGER NOT NULL,
    reason         TEXT NOT NULL,
    toml           TEXT NOT NULL,
    checksum       BLOB NOT NULL
) STRICT;

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

-- Versions are added, never changed. A row may be completed (its checksum set) in the transaction that writes it.
CREATE TRIGGER objective_stays BEFORE UPDATE ON objective WHEN OLD.checksum IS NOT x''
BEGIN SELECT RAISE(ABORT, 'an objective is never changed: add a version'); END;
CREATE TRIGGER objective_remains BEFORE DELETE ON objective
BEGIN SELECT RAISE(ABORT, 'an objective is never deleted: add a version'); END;
CREATE TRIGGER exposure_stays BEFORE UPDATE ON exposure WHEN OLD.checksum IS NOT x''
BEGIN SELECT RAISE(ABORT, 'exposure is never changed: add a version'); END;
CREATE TRIGGER exposure_remains BEFORE DELETE ON exposure
BEGIN SELECT RAISE(ABORT, 'exposure is never deleted: add a version'); END;
CREATE TRIGGER chart_phase_stays BEFORE UPDATE ON chart_phase WHEN OLD.checksum IS NOT x''
BEGIN SELECT RAISE(ABORT, 'a phase is never changed: add a version'); END;
CREATE TRIGGER chart_phase_remains BEFORE DELETE ON chart_phase
BEGIN SELECT RAISE(ABORT, 'a phase is never deleted: add a version that withdraws it'); END;
CREATE TRIGGER calendar_version_stays BEFORE UPDATE ON calendar_version WHEN OLD.checksum IS NOT x''
BEGIN SELECT RAISE(ABORT, 'a calendar version is never changed: add a version'); END;
CREATE TRIGGER calendar_version_remains BEFORE DELETE ON calendar_version
BEGIN SELECT RAISE(ABORT, 'a calendar version is never deleted: add a version'); END;
CREATE TRIGGER limits_version_stays BEFORE UPDATE ON limits_version WHEN OLD.checksum IS NOT x''
BEGIN SELECT RAISE(ABORT, 'limits are never changed: add a version'); END;
CREATE TRIGGER limits_version_remains BEFORE DELETE ON limits_version
BEGIN SELECT RAISE(ABORT, 'limits are never deleted: add a version'); END;
CREATE TRIGGER evidence_stays BEFORE UPDATE ON evidence WHEN OLD.checksum IS NOT x''
BEGIN SELECT RAISE(ABORT, 'evidence is never changed: enter it anew'); END;
CREATE TRIGGER evidence_remains BEFORE DELETE ON evidence
BEGIN SELECT RAISE(ABORT, 'evidence is never deleted: enter it anew'); END;

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

-- The second factor of a member of staff: what an authenticator app makes its codes from.
CREATE TABLE second_factor (
    staff        TEXT NOT NULL PRIMARY KEY REFERENCES staff (name),
    secret       BLOB NOT NULL,    -- covered by a key that stands beside the register and in no backup of it
    begun_at     INTEGER NOT NULL,
    confirmed_at INTEGER,          -- NULL: no code has proved it yet, and it counts for nothing
    last_step    INTEGER NOT NULL, -- of the newest code that was taken, in steps of 30 s since 1970: none is taken twice
    checksum     BLOB NOT NULL
) STRICT;

-- Codes for who has lost the app, each taken once.
CREATE TABLE recovery_code (
    code_id  INTEGER PRIMARY KEY,
    staff    TEXT NOT NULL REFERENCES staff (name),
    hash     BLOB NOT NULL, -- SHA-256; a code is random and has 79 bits
    used_at  INTEGER,       -- NULL: not yet
    checksum BLOB NOT NULL
) STRICT;
CREATE INDEX recovery_code_by_staff ON recovery_code (staff);

-- What was done to the ways in which staff sign in, by whom. No password, secret or code stands here.
CREATE TABLE staff_event (
    event_id    INTEGER PRIMARY KEY,
    staff       TEXT NOT NULL REFERENCES staff (name),
    deed        TEXT NOT NULL,
    actor       TEXT NOT NULL, -- a member of staff, 'system', or 'command line' where it was told no name
    reason      TEXT,
    recorded_at INTEGER NOT NULL,
    checksum    BLOB NOT NULL
) STRICT;
CREATE INDEX staff_event_by_staff ON staff_event (staff);
CREATE TRIGGER staff_event_stays BEFORE UPDATE ON staff_event WHEN OLD.checksum IS NOT x''
BEGIN SELECT RAISE(ABORT, 'what was done to an account is never changed'); END;
CREATE TRIGGER staff_event_remains BEFORE DELETE ON staff_event
BEGIN SELECT RAISE(ABORT, 'what was done to an account is never deleted'); END;

-- Tokens of integrations: programs that use /api. A name is given once, since events carry it.
CREATE TABLE integration_token (
    token_id     INTEGER PRIMARY KEY,
    name         TEXT NOT NULL UNIQUE,
    token_hash   BLOB NOT NULL UNIQUE, -- SHA-256 of the token, which is nowhere itself
    scopes       TEXT NOT NULL,        -- JSON array
    roles        TEXT NOT NULL,        -- JSON array
    department   TEXT,
    site         TEXT,
    per_minute   INTEGER NOT NULL CHECK (per_minute > 0),
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER,
    last_used_at INTEGER,              -- exact to the hour
    revoked_at   INTEGER,
    checksum     BLOB NOT NULL
) STRICT;

-- What was done to tokens and webhooks, and by whom.
CREATE TABLE integration_event (
    event_id    INTEGER PRIMARY KEY,
    subject     TEXT NOT NULL CHECK (subject IN ('token', 'webhook')),
    name        TEXT NOT NULL,
    kind        TEXT NOT NULL,
    detail      TEXT NOT NULL, -- JSON; never a token or a secret
    actor       TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    checksum    BLOB NOT NULL
) STRICT;
CREATE TRIGGER integration_event_stays BEFORE UPDATE ON integration_event WHEN OLD.checksum IS NOT x''
BEGIN SELECT RAISE(ABORT, 'what was done to an integration is never changed'); END;
CREATE TRIGGER integration_event_remains BEFORE DELETE ON integration_event
BEGIN SELECT RAISE(ABORT, 'what was done to an integration is never deleted'); END;

-- Addresses that are told of events. Each has read the two chains of events up to a position of its own.
CREATE TABLE webhook (
    webhook_id      INTEGER PRIMARY KEY,
    name            TEXT NOT NULL UNIQUE,
    url             TEXT NOT NULL,
    kinds           TEXT NOT NULL,    -- JSON array: case.decided, action.*, …
    secret          BLOB NOT NULL,    -- under a key of the register; x'' once removed
    allows_private  INTEGER NOT NULL CHECK (allows_private IN (0, 1)),
    case_seq        INTEGER NOT NULL, -- of case_event
    improvement_seq INTEGER NOT NULL, -- of improvement_event
    created_at      INTEGER NOT NULL,
    removed_at      INTEGER,
    checksum        BLOB NOT NULL
) STRICT;

CREATE TABLE webhook_delivery (
    delivery_id     INTEGER PRIMARY KEY,
    webhook_id      INTEGER NOT NULL REFERENCES webhook (webhook_id),
    chain           TEXT NOT NULL CHECK (chain IN ('case', 'action')),
    seq             INTEGER NOT NULL, -- of the event within its chain
    subject         TEXT NOT NULL,    -- number of the case or of the action
    kind            TEXT NOT NULL,
    version         INTEGER NOT NULL, -- what a command on the subject would name as seen
    recorded_at     INTEGER NOT NULL, -- of the event
    state           TEXT NOT NULL CHECK (state IN ('queued', 'sent', 'failed', 'dead')),
    attempts        INTEGER NOT NULL,
    next_attempt_at INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    sent_at         INTEGER,
    last_error      TEXT,
    checksum        BLOB NOT NULL,
    UNIQUE (webhook_id, chain, seq)
) STRICT;
CREATE INDEX webhook_delivery_waiting ON webhook_delivery (webhook_id, subject, delivery_id)
    WHERE state IN ('queued', 'failed');

-- Counts the outbox by state without reading a message.
CREATE INDEX outbox_by_state ON outbox (state, created_at);

-- What became of the cases of a foreign source: that one is gone from it, with what was known of it, and that it came
-- back. What is ours about the case is kept either way.
CREATE TABLE source_case_event (
    event_id    INTEGER PRIMARY KEY,
    source      TEXT NOT NULL,
    case_id     TEXT NOT NULL,
    kind        TEXT NOT NULL CHECK (kind IN ('gone', 'returned')),
    seen_at     INTEGER,          -- moment of the last snapshot that had it; NULL for a return
    found_at    INTEGER NOT NULL, -- moment of the snapshot that showed it
    facts       TEXT,             -- JSON of what that last snapshot said of it; NULL for a return
    recorded_at INTEGER NOT NULL,
    checksum    BLOB NOT NULL
) STRICT;
CREATE INDEX source_case_event_by_case ON source_case_event (source, case_id);
CREATE TRIGGER source_case_event_stays BEFORE UPDATE ON source_case_event WHEN OLD.checksum IS NOT x''
BEGIN SELECT RAISE(ABORT, 'what became of a case of a source is never changed'); END;
CREATE TRIGGER source_case_event_remains BEFORE DELETE ON source_case_event
BEGIN SELECT RAISE(ABORT, 'what became of a case of a source is never deleted'); END;

-- Some cases by which a foreign source is known again, so that case 17 of another one is not taken for its case 17.
CREATE TABLE source_witness (
    source      TEXT NOT NULL,
    case_id     TEXT NOT NULL,
    received_on TEXT NOT NULL,
    recorded_at INTEGER NOT NULL, -- the newest of a case counts
    checksum    BLOB NOT NULL,
    PRIMARY KEY (source, case_id, recorded_at)
) STRICT;
CREATE TRIGGER source_witness_stays BEFORE UPDATE ON source_witness WHEN OLD.checksum IS NOT x''
BEGIN SELECT RAISE(ABORT, 'a witness of a source is never changed'); END;
CREATE TRIGGER source_witness_remains BEFORE DELETE ON source_witness
BEGIN SELECT RAISE(ABORT, 'a witness of a source is never deleted'); END;

-- The forms that cases came by, so that the same form is one case, also when the server died before it could say so.
CREATE TABLE registered_form (
    form_hash BLOB NOT NULL PRIMARY KEY, -- SHA-256 of the form's own key
    case_key  INTEGER NOT NULL REFERENCES complaint_case (case_key),
    checksum  BLOB NOT NULL
) STRICT;
