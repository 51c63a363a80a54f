-- From version 5 to 6: second factors and recovery of staff, tokens of integrations with what they are told, and
-- cases that vanished from a foreign store.

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
