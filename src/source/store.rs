//! The operational store, opened for reading: several connections that see one consistent state.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};

use crate::attendance::Attendance;
use crate::mapping::{Mapping, SourceKind};
use crate::plain_text::plain_text;
use crate::staging::postgres::error::PostgresError;
use crate::staging::{How, Marked, StagingError, postgres, stage};
use redress_lake::manifest::WholeBecause;

/// A store that can be read.
pub struct Source {
    path: PathBuf,
    zone: Tz,
    /// The staged copy of a folder; removed with this value.
    staged: Option<tempfile::TempDir>,
    /// Rows of staged files that could not be read, in words.
    pub notes: Vec<String>,
    /// Rows that came from a server; `None` for any other store.
    pub server_rows: Option<u64>,
    /// What a server's cases were like.
    pub marked: Option<Marked>,
}

/// Why a store cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    #[error("{path}: does not exist; name the store with {option}")]
    Missing { path: PathBuf, option: &'static str },
    #[error("{path}: {what}")]
    Unusable { path: PathBuf, what: String },
    #[error("the zone `{0}` is not in the IANA list (such as Europe/Istanbul)")]
    Zone(String),
    #[error(transparent)]
    Staging(#[from] StagingError),
    #[error("{path}: {source}")]
    Sqlite {
        path: PathBuf,
        source: rusqlite::Error,
    },
}

impl Source {
    /// Opens a store for a mapping; CSV files, event logs and the tables of a server are staged first.
    ///
    /// # Errors
    /// When the store is missing, is not what the mapping reads, or cannot be staged.
    pub fn open(store: &Path, mapping: &Mapping, zone: Tz) -> Result<Source, SourceError> {
        let how = How {
            zone,
            connections: 1,
            attendance: &Attendance::nobody(),
            before: Err(WholeBecause::Asked),
            key: None,
        };
        Source::open_attended(store, mapping, how)
    }

    /// The same while somebody attends. The mapping's own zone goes before the one given.
    ///
    /// # Errors
    /// As [`Source::open`], and when stopping was asked for.
    pub fn open_attended(
        store: &Path,
        mapping: &Mapping,
        mut how: How<'_>,
    ) -> Result<Source, SourceError> {
        if postgres::is_address(store) {
            match mapping.settings.source {
                SourceKind::Csv => {}
                SourceKind::Register | SourceKind::Sqlite | SourceKind::Xes => {
                    let other = PostgresError::OtherMapping {
                        store: store_name(store),
                        mapping: mapping.name.clone(),
                    };
                    return Err(StagingError::from(other).into());
                }
            }
        } else if !store.exists() {
            return Err(SourceError::Missing {
                path: store.to_owned(),
                option: match mapping.settings.source {
                    SourceKind::Register => "--register",
                    SourceKind::Sqlite | SourceKind::Csv | SourceKind::Xes => "--store",
                },
            });
        }
        let zone = match &mapping.settings.zone {
            Some(name) => name.parse().map_err(|_| SourceError::Zone(name.clone()))?,
            None => how.zone,
        };
        how.zone = zone;
        match mapping.settings.source {
            SourceKind::Register | SourceKind::Sqlite if store.is_dir() => {
                Err(SourceError::Unusable {
                    path: store.to_owned(),
                    what: "is a folder; name the file of the database".to_owned(),
                })
            }
            SourceKind::Register | SourceKind::Sqlite => {
                let source = Source {
                    path: store.to_owned(),
                    zone,
                    staged: None,
                    notes: Vec::new(),
                    server_rows: None,
                    marked: None,
                };
                // One read shows at once whether it is a database at all.
                source
                    .connect()?
                    .query_row("SELECT COUNT(*) FROM sqlite_schema", [], |_| Ok(()))
                    .map_err(|e| source.explain(e))?;
                Ok(source)
            }
            SourceKind::Csv | SourceKind::Xes => {
                let folder = tempfile::tempdir().map_err(|e| SourceError::Unusable {
                    path: std::env::temp_dir(),
                    what: format!("no room for a staged copy: {e}"),
                })?;
                let path = folder.path().join("staged.sqlite");
                let mut connection = Connection::open(&path).map_err(|e| sqlite_error(&path, e))?;
                add_functions(&connection, zone).map_err(|e| sqlite_error(&path, e))?;
                let copied = stage(&mut connection, store, mapping, &how)?;
                Ok(Source {
                    path,
                    zone,
                    staged: Some(folder),
                    notes: copied.notes,
                    server_rows: copied.server_rows,
                    marked: copied.marked,
                })
            }
        }
    }

    /// Connections that all see the same state of the store.
    ///
    /// While they begin, a write lock keeps everybody else from writing; it is released at once.
    ///
    /// # Errors
    /// When the store is locked for too long or cannot be read.
    pub fn readers(&self, count: usize) -> Result<Vec<Connection>, SourceError> {
        let explain = |e| self.explain(e);
        let mut readers = Vec::with_capacity(count);
        for _ in 0..count {
            readers.push(self.connect()?);
        }
        let hold = if self.staged.is_some() || readers.len() < 2 {
            None
        } else {
            self.hold()
        };
        for reader in &readers {
            reader
                .execute_batch("BEGIN; SELECT COUNT(*) FROM sqlite_schema;")
                .map_err(explain)?;
        }
        if let Some(hold) = hold {
            hold.execute_batch("ROLLBACK").map_err(explain)?;
        } else if readers.len() > 1 && self.staged.is_none() {
            // A store that may not even be locked (a read-only disk) is read by one connection.
            readers.truncate(1);
        }
        Ok(readers)
    }

    /// A connection that holds the write lock, where the store allows it.
    fn hold(&self) -> Option<Connection> {
        let connection = Connection::open_with_flags(
            &self.path,
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )
        .ok()?;
        connection
            .busy_timeout(std::time::Duration::from_secs(5))
            .ok()?;
        connection.execute_batch("BEGIN IMMEDIATE").ok()?;
        Some(connection)
    }

    fn connect(&self) -> Result<Connection, SourceError> {
        let connection = Connection::open_with_flags(
            &self.path,
            OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )
        .map_err(|e| self.explain(e))?;
        connection
            .busy_timeout(std::time::Duration::from_secs(5))
            .and_then(|()| connection.execute_batch("PRAGMA cache_size = -16384;"))
            .and_then(|()| add_functions(&connection, self.zone))
            .map_err(|e| self.explain(e))?;
        Ok(connection)
    }

    fn explain(&self, error: rusqlite::Error) -> SourceError {
        sqlite_error(&self.path, error)
    }
}

/// A store as messages, manifests and logs name it: a path, or a server's address without its password.
pub fn store_name(store: &Path) -> String {
    postgres::shown(store)
}

/// Whether a store is a server's address and no file or folder.
pub fn is_server(store: &Path) -> bool {
    postgres::is_address(store)
}

/// SQLite's word on a file, with what to do about it.
fn sqlite_error(path: &Path, error: rusqlite::Error) -> SourceError {
    use rusqlite::ErrorCode;
    let what = match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => {
            "is no SQLite database; name the register's file".to_owned()
        }
        Some(ErrorCode::DatabaseCorrupt) => {
            "is damaged or cut short; check it with `redress audit verify` and restore a backup"
                .to_owned()
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            "is locked by another program; try again when that has finished".to_owned()
        }
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied | ErrorCode::ReadOnly) => {
            format!("cannot be opened: {error}; check the rights of the file and its folder")
        }
        _ => {
            return SourceError::Sqlite {
                path: path.to_owned(),
                source: error,
            };
        }
    };
    SourceError::Unusable {
        path: path.to_owned(),
        what,
    }
}

/// SQLite's word on a query of a mapping, in one line; of a damaged store also what to do.
pub fn query_words(error: &rusqlite::Error) -> String {
    if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseCorrupt) {
        return "the store that it reads is damaged or cut short; check it (a register with `redress audit verify`) and \
                restore a backup"
            .to_owned();
    }
    match error {
        rusqlite::Error::SqlInputError {
            msg, sql, offset, ..
        } => {
            let offset = usize::try_from(*offset).unwrap_or(0);
            let before = sql.get(..offset).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            format!("{msg} (line {line})")
        }
        rusqlite::Error::SqliteFailure(_, Some(message)) => message.clone(),
        other => other.to_string(),
    }
}

/// What a mapping's SQL may use besides SQLite's own functions:
/// `local_month(instant)` gives YYYY-MM in the source's zone, `rfc3339(instant)` the text of an instant,
/// `plain_text(html)` what a text with markup says. An instant is microseconds in UTC or RFC 3339 text.
fn add_functions(connection: &Connection, zone: Tz) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_scalar_function("local_month", 1, flags, move |ctx| {
        Ok(
            instant_of(ctx.get_raw(0))
                .map(|at| at.with_timezone(&zone).format("%Y-%m").to_string()),
        )
    })?;
    connection.create_scalar_function("rfc3339", 1, flags, |ctx| {
        Ok(instant_of(ctx.get_raw(0))
            .map(|at| at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)))
    })?;
    connection.create_scalar_function("plain_text", 1, flags, |ctx| {
        Ok(match ctx.get_raw(0) {
            ValueRef::Text(text) => Some(plain_text(&String::from_utf8_lossy(text))),
            ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) | ValueRef::Blob(_) => None,
        })
    })
}

/// An instant in a cell: microseconds in UTC, or RFC 3339 text.
pub fn instant_of(cell: ValueRef<'_>) -> Option<DateTime<Utc>> {
    match cell {
        ValueRef::Integer(micros) => DateTime::from_timestamp_micros(micros),
        ValueRef::Text(text) => std::str::from_utf8(text)
            .ok()
            .and_then(|text| DateTime::parse_from_rfc3339(text).ok())
            .map(|at| at.with_timezone(&Utc)),
        ValueRef::Null | ValueRef::Real(_) | ValueRef::Blob(_) => None,
    }
}
