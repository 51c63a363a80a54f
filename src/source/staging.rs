//! Staging: foreign files become tables of a temporary SQLite file, so that a mapping is SQL wherever the
//! rows come from.
//!
//! A CSV file, or a table of another SQLite file or of a PostgreSQL database, becomes a table with `row_no` (its order,
//! from 1) and its columns as
//! text; a missing value is NULL; columns declared as instants are microseconds in UTC. An XES log becomes the tables
//! that `staging/xes.rs` describes. Files may be gzipped.

pub mod bounded;
mod cells;
mod csv_file;
pub mod encoding;
mod instants;
pub mod opened;
pub mod postgres;
mod sqlite_tables;
mod table;
mod watched;
mod xes;
mod xes_attributes;

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use chrono_tz::Tz;
use rusqlite::Connection;

pub use self::csv_file::{check_names, csv_error};
use self::postgres::error::PostgresError;
use self::watched::Watched;
use crate::attendance::Attendance;
use crate::mapping::{Mapping, SourceKind};
use redress_lake::manifest::{Watermark, WholeBecause};

/// Why a store could not be staged.
#[derive(Debug, thiserror::Error)]
pub enum StagingError {
    #[error("{path}: cannot be read: {source}")]
    Unreadable { path: PathBuf, source: io::Error },
    #[error(
        "{path}: changed while it was read, so that what was read is no state that there ever was; try again when the export is finished"
    )]
    Changed { path: PathBuf },
    #[error(
        "{path}: its header is one column with {} in it, and the mapping reads columns separated by {}; export it as before, or set `separator` in mapping.toml",
        sign(.found),
        sign(.separator)
    )]
    OtherSeparator {
        path: PathBuf,
        found: char,
        separator: char,
    },
    #[error(
        "{path}: is {found}, and the mapping reads it as {declared}; export it as before, or set `encoding` in mapping.toml"
    )]
    OtherEncoding {
        path: PathBuf,
        declared: String,
        found: &'static str,
    },
    #[error("{path}: the file is missing; the mapping reads it{hint}")]
    Missing { path: PathBuf, hint: String },
    #[error("{path}: is one file, and the mapping reads {files}; name the folder that has them")]
    OneFile { path: PathBuf, files: usize },
    #[error("{path}: {what}; name the log's file")]
    NoLog { path: PathBuf, what: String },
    #[error("{path}: has no table `{table}`; it has: {found}{hint}")]
    MissingTable {
        path: PathBuf,
        table: String,
        found: String,
        hint: String,
    },
    #[error("{path}: line {line}: {what}")]
    Csv {
        path: PathBuf,
        line: u64,
        what: String,
    },
    #[error("{path}: after event {event}: {what}")]
    Xes {
        path: PathBuf,
        event: i64,
        what: String,
    },
    #[error("{path}: has no column `{column}`; it has: {found}{hint}")]
    MissingColumn {
        path: PathBuf,
        column: String,
        found: String,
        hint: String,
    },
    #[error("{path}: the column `{column}` stands twice in the header")]
    RepeatedColumn { path: PathBuf, column: String },
    #[error(
        "{path}: none of the {values} values of {column} is an instant of the form `{forms}` (the first is `{first}`): the column holds something else, or is written otherwise"
    )]
    NoInstants {
        path: PathBuf,
        column: String,
        values: u64,
        forms: String,
        first: String,
    },
    #[error(
        "{path}: the row with {key} stands twice (rows {first} and {second}); export it again, each row once"
    )]
    Twice {
        path: PathBuf,
        key: String,
        first: i64,
        second: i64,
    },
    #[error("{path}: `{name}` is no known encoding (such as utf-8, windows-1254, windows-1251)")]
    UnknownEncoding { path: PathBuf, name: String },
    #[error(transparent)]
    Postgres(#[from] PostgresError),
    #[error("interrupted; nothing was written, and no query is left running")]
    Interrupted,
    #[error("{path}: {source}{hint}")]
    Prepare {
        path: PathBuf,
        source: rusqlite::Error,
        hint: String,
    },
}

/// A separator as messages write it.
fn sign(separator: &char) -> String {
    match separator {
        '\t' => "a tab".to_owned(),
        other => format!("`{other}`"),
    }
}

/// What staging says of a store.
#[derive(Debug)]
pub struct Staged {
    /// What a reader should know, in words.
    pub notes: Vec<String>,
    /// Rows that came from a server; `None` for files.
    pub server_rows: Option<u64>,
    /// What a server's cases were like; `None` where that cannot be said.
    pub marked: Option<Marked>,
}

/// What a server's cases were like, and what that means beside the last extract.
#[derive(Debug)]
pub struct Marked {
    pub watermark: Watermark,
    /// Months of which all cases were staged: those that changed, in whatever way, or are new. Of the others only the tables
    /// that are read whole. An error: why everything was staged.
    pub changed: Result<BTreeSet<String>, WholeBecause>,
}

/// What the last extract of the same source knew.
#[derive(Debug, Default)]
pub struct Before {
    pub watermark: Option<Watermark>,
    /// Months that have to be read whatever their cases are like.
    pub stale: BTreeSet<String>,
}

/// How a store is staged.
pub struct How<'a> {
    /// Zone of local times.
    pub zone: Tz,
    /// A server is read by so many at most.
    pub connections: usize,
    pub attendance: &'a Attendance<'a>,
    /// What can be built upon, or why nothing can.
    pub before: Result<Before, WholeBecause>,
    /// What the pseudonyms are made with.
    pub key: Option<&'a [u8]>,
}

/// Stages what a mapping names, runs its `prepare.sql`, and notes what could not be read.
///
/// # Errors
/// When a file, table or column is missing, a file is not what it should be, a server cannot be read, a row that has a key
/// comes twice, stopping was asked for, or `prepare.sql` fails.
pub fn stage(
    into: &mut Connection,
    store: &Path,
    mapping: &Mapping,
    how: &How<'_>,
) -> Result<Staged, StagingError> {
    let zone = how.zone;
    let stop = &how.attendance.stop;
    let hint = hint(mapping);
    let prepare_path = mapping.path("prepare.sql");
    let failed = |source| StagingError::Prepare {
        path: prepare_path.clone(),
        source,
        hint: hint.clone(),
    };
    // The copy is thrown away afterwards: nothing needs to survive a crash.
    into.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;")
        .map_err(failed)?;
    let files = &mapping.settings.files;
    let mut notes = Vec::new();
    let mut server_rows = None;
    let mut marked = None;
    match mapping.settings.source {
        SourceKind::Csv if postgres::is_address(store) => {
            let staged = postgres::stage(into, store, mapping, &hint, how)?;
            notes.extend(staged.notes);
            server_rows = staged.server_rows;
            marked = staged.marked;
        }
        SourceKind::Xes => {
            let log = log_file(store, mapping)?;
            notes.extend(unchanged(std::slice::from_ref(&log), || {
                xes::stage(into, &log, zone, stop)
            })?);
        }
        SourceKind::Csv if sqlite_tables::is_sqlite(store) => {
            notes.extend(sqlite_tables::stage(into, store, files, zone, &hint, stop)?);
        }
        SourceKind::Csv | SourceKind::Sqlite | SourceKind::Register => {
            if store.is_file() && files.len() != 1 {
                return Err(StagingError::OneFile {
                    path: store.to_owned(),
                    files: files.len(),
                });
            }
            let paths: Vec<PathBuf> = files
                .iter()
                .map(|file| match store.is_file() {
                    true => store.to_owned(),
                    false => store.join(&file.name),
                })
                .collect();
            notes.extend(unchanged(&paths, || {
                let mut notes = Vec::new();
                for (file, path) in files.iter().zip(&paths) {
                    notes.extend(csv_file::stage(into, path, file, zone, &hint, stop)?);
                }
                Ok(notes)
            })?);
        }
    }
    if let Some(sql) = mapping.sql("prepare.sql") {
        let running = into.get_interrupt_handle();
        let _pending = stop.on_ask(move || running.interrupt());
        into.execute_batch(sql)
            .map_err(|error| match stop.is_asked() {
                true => StagingError::Interrupted,
                false => failed(error),
            })?;
    }
    Ok(Staged {
        notes,
        server_rows,
        marked,
    })
}

/// Reads files that must stay as they are meanwhile. What was wrong with a file that changed is the change, whatever else
/// it looked like.
fn unchanged(
    paths: &[PathBuf],
    read: impl FnOnce() -> Result<Vec<String>, StagingError>,
) -> Result<Vec<String>, StagingError> {
    let watched = Watched::of(paths.iter().cloned());
    let found = read();
    watched.check()?;
    found
}

/// What tables that are otherwise may mean, where the mapping says what it was written for.
fn hint(mapping: &Mapping) -> String {
    match &mapping.settings.written_for {
        Some(program) => {
            format!(
                "; the mapping is written for {program}: is this another version, or another export?"
            )
        }
        None => String::new(),
    }
}

/// The log: the store itself, the file that the mapping names, or the only log of the folder.
fn log_file(store: &Path, mapping: &Mapping) -> Result<PathBuf, StagingError> {
    if store.is_file() {
        return Ok(store.to_owned());
    }
    if let Some(file) = mapping.settings.files.first() {
        return Ok(store.join(&file.name));
    }
    let unreadable = |source| StagingError::Unreadable {
        path: store.to_owned(),
        source,
    };
    let mut logs = Vec::new();
    for entry in std::fs::read_dir(store).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .to_lowercase();
        if name.ends_with(".xes") || name.ends_with(".xes.gz") {
            logs.push(path);
        }
    }
    match logs.as_slice() {
        [log] => Ok(log.clone()),
        [] => Err(StagingError::NoLog {
            path: store.to_owned(),
            what: "holds no .xes or .xes.gz file".to_owned(),
        }),
        several => Err(StagingError::NoLog {
            path: store.to_owned(),
            what: format!("holds {} logs", several.len()),
        }),
    }
}
