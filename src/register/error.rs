//! What can go wrong with a register, each with what, where and what to do.

use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::ErrorCode;

use redress_domain::case_file::FoldError;
use redress_domain::event::{BadEventData, EventKind};

/// The result of a register's function.
pub type Result<T, E = RegisterError> = std::result::Result<T, E>;

/// Why a register could not be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    #[error("there is no register at {path}; make one with `redress init`, or name the right file")]
    NotFound { path: PathBuf },
    #[error("{path} exists already, and a register is never overwritten; choose another path")]
    AlreadyExists { path: PathBuf },
    #[error("{path} is no SQLite database; name the register's file, nothing was changed")]
    NotADatabase { path: PathBuf },
    #[error(
        "{path} is an SQLite database, but no register of this program (application id {found}); name the register's file, nothing was changed"
    )]
    NotARegister { path: PathBuf, found: i64 },
    #[error(
        "{path} has schema version {found}, and this program knows versions up to {known}; use the newer program that wrote it"
    )]
    NewerSchema {
        path: PathBuf,
        found: i64,
        known: i64,
    },
    #[error(
        "{path} has the older schema version {found} (this program's is {known}) and is opened read-only; open it once for writing to upgrade it"
    )]
    OlderSchema {
        path: PathBuf,
        found: i64,
        known: i64,
    },
    #[error(
        "{path} is locked by another process for longer than {waited_ms} ms; try again when that has ended"
    )]
    Busy { path: PathBuf, waited_ms: u64 },
    #[error(
        "{path} cannot be written: the file, its folder or the way it was opened is read-only; check the rights of the file and of its folder"
    )]
    ReadOnly { path: PathBuf },
    #[error(
        "{path} is cut short: its header speaks of {expected} bytes, the file has {found}; copy it again from its source, or restore a backup"
    )]
    Truncated {
        path: PathBuf,
        expected: u64,
        found: u64,
    },
    #[error(
        "{path} is damaged ({why}); keep the file as it is, restore a backup beside it and compare with `redress audit verify`"
    )]
    Damaged { path: PathBuf, why: String },
    #[error(
        "no room left on the disk of {path}; nothing of this step was recorded, make room and repeat it"
    )]
    DiskFull { path: PathBuf },
    #[error("{path} cannot be opened ({why}); check the path and the rights of its folder")]
    CannotOpen { path: PathBuf, why: String },
    #[error("{path}: the database refused a step: {source}")]
    Database {
        path: PathBuf,
        source: rusqlite::Error,
    },
    #[error("cannot {what} {path}: {source}")]
    File {
        what: &'static str,
        path: PathBuf,
        source: std::io::Error,
    },

    #[error(
        "there is no {what} `{key}` in the register; list what there is and check the spelling"
    )]
    NoSuch { what: &'static str, key: String },
    #[error(
        "event {seq} was struck out on {on}; it counts no more, and nothing of it is left to mend"
    )]
    Struck { seq: i64, on: NaiveDate },
    #[error("{what} `{key}` is in the register already; choose another")]
    Exists { what: &'static str, key: String },
    #[error("{what} `{found}`: {hint}")]
    Invalid {
        what: &'static str,
        found: String,
        hint: &'static str,
    },
    /// The book of clusters refuses the event.
    #[error(transparent)]
    Book(#[from] redress_domain::cluster::BookError),
    #[error(
        "the clusters of `{found}` were changed by somebody else meanwhile; nothing was recorded, run it again"
    )]
    BookMoved { found: String },
    /// An action does not admit the event.
    #[error(transparent)]
    Action(#[from] redress_domain::action::ActionRefusal),
    /// A record of continual improvement does not admit the event.
    #[error(transparent)]
    Record(#[from] redress_domain::improvement::RecordRefusal),
    /// A phase of a control chart is not recorded like this.
    #[error(transparent)]
    Phase(#[from] super::phases::PhaseRefusal),
    /// The calendar has no answer for a day.
    #[error(transparent)]
    Calendar(#[from] redress_domain::calendar::CalendarError),
    /// The workflow refuses the event.
    #[error("{0}")]
    Refused(#[from] FoldError),
    #[error("case {number}: {why}")]
    CaseRefused { number: String, why: FoldError },
    #[error(
        "`{kind}` is said to happen at {occurred_at}, which is after now ({now}); give a time that has passed"
    )]
    InTheFuture {
        kind: EventKind,
        occurred_at: DateTime<Utc>,
        now: DateTime<Utc>,
    },
    #[error("{field}: {day} has not come yet; today is {today}")]
    DayAhead {
        field: &'static str,
        day: NaiveDate,
        today: NaiveDate,
    },
    #[error(
        "`{kind}` happened at {occurred_at}, more than {allowed_hours} hours ago; say why it is entered late (`--late-reason`)"
    )]
    LateWithoutReason {
        kind: EventKind,
        occurred_at: DateTime<Utc>,
        allowed_hours: i64,
    },
    #[error(
        "the clock says {now}, but the register's last event was recorded at {last}; set this computer's clock right"
    )]
    ClockBehind {
        now: DateTime<Utc>,
        last: DateTime<Utc>,
    },
    #[error(
        "the case has changed: its last event is {found}, not {expected}; read it again, then decide"
    )]
    Changed { expected: i64, found: i64 },
    #[error("`{kind}` is not entered like this: {instead}")]
    NotAppendable {
        kind: EventKind,
        instead: &'static str,
    },
    #[error("`{kind}` needs the name of the member of staff who does it")]
    ActorMissing { kind: EventKind },
    #[error("{name} is no longer active, so cannot record `{kind}`")]
    Inactive { name: String, kind: EventKind },
    #[error(
        "the customer of case {number} has neither a phone number nor an e-mail address; tell them by other means and record that"
    )]
    Unreachable { number: String },
    #[error(
        "the copy at {path} does not pass its audit: {first}; the register itself is untouched, look at it with `redress audit verify`"
    )]
    CopyDiffers { path: PathBuf, first: String },
    #[error("{0}")]
    EventData(#[from] BadEventData),
    #[error(
        "what the register holds in {table} ({key}) cannot be read: {why}; run `redress audit verify`"
    )]
    Unreadable {
        table: &'static str,
        key: String,
        why: String,
    },
    #[error("the system gives no random numbers: {0}")]
    Random(#[from] getrandom::Error),
    #[error("a password cannot be hashed: {0}")]
    Password(String),
    /// The key that covers the secrets of second factors is not to be had.
    #[error(
        "{path}: {why}; put the file back from where it is kept apart from the backups, or take the second factors away with `redress staff reset-second-factor`"
    )]
    FactorKey { path: PathBuf, why: &'static str },
    #[error("the message template {file} has a fault: {why}")]
    Template { file: &'static str, why: String },
}

impl From<rusqlite::Error> for RegisterError {
    fn from(source: rusqlite::Error) -> Self {
        RegisterError::Database {
            path: PathBuf::new(),
            source,
        }
    }
}

impl RegisterError {
    /// Says where it happened, and turns the database's codes into the errors of this page.
    pub(super) fn at(self, place: &Path, waited_ms: u64) -> Self {
        let RegisterError::Database { path, source } = self else {
            return self;
        };
        let path = if path.as_os_str().is_empty() {
            place.to_owned()
        } else {
            path
        };
        let code = source.sqlite_error_code();
        match code {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                RegisterError::Busy { path, waited_ms }
            }
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
                RegisterError::ReadOnly { path }
            }
            Some(ErrorCode::NotADatabase) => RegisterError::NotADatabase { path },
            Some(ErrorCode::DatabaseCorrupt) => RegisterError::Damaged {
                path,
                why: source.to_string(),
            },
            Some(ErrorCode::DiskFull) => RegisterError::DiskFull { path },
            Some(ErrorCode::CannotOpen) => RegisterError::CannotOpen {
                path,
                why: source.to_string(),
            },
            _ => RegisterError::Database { path, source },
        }
    }

    /// An input value that is refused.
    pub(super) fn invalid(
        what: &'static str,
        found: impl Into<String>,
        hint: &'static str,
    ) -> Self {
        RegisterError::Invalid {
            what,
            found: found.into(),
            hint,
        }
    }
}

/// Says which file could not be dealt with.
pub(super) fn file_error(
    what: &'static str,
    path: &Path,
) -> impl FnOnce(std::io::Error) -> RegisterError {
    let path = path.to_owned();
    move |source| RegisterError::File { what, path, source }
}

/// A stored value that does not fit its type.
pub(super) fn unreadable(
    table: &'static str,
    key: &str,
    why: impl std::fmt::Display,
) -> RegisterError {
    RegisterError::Unreadable {
        table,
        key: key.to_owned(),
        why: why.to_string(),
    }
}
