//! Staging: a folder of CSV files becomes tables of a temporary SQLite file, so that a mapping is
//! SQL wherever the rows come from.
//!
//! Every table has `row_no` (the file's line order, from 1) and the file's columns as text; a
//! missing value is NULL; columns declared as instants are microseconds in UTC.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use chrono::{DateTime, LocalResult, NaiveDateTime, TimeZone, Utc};
use chrono_tz::Tz;
use encoding_rs::Encoding;
use encoding_rs_io::DecodeReaderBytesBuilder;
use rusqlite::Connection;
use rusqlite::types::Value;

use super::mapping::{Mapping, StagedFile};

/// Why a folder could not be staged.
#[derive(Debug, thiserror::Error)]
pub enum StagingError {
    #[error("{path}: cannot be read: {source}")]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("{path}: the file is missing; the mapping reads it")]
    Missing { path: PathBuf },
    #[error("{path}: line {line}: {what}")]
    Csv {
        path: PathBuf,
        line: u64,
        what: String,
    },
    #[error("{path}: has no column `{column}`; it has: {found}")]
    MissingColumn {
        path: PathBuf,
        column: String,
        found: String,
    },
    #[error("{path}: the column `{column}` stands twice in the header")]
    RepeatedColumn { path: PathBuf, column: String },
    #[error("{path}: `{name}` is no known encoding (such as utf-8, windows-1254, windows-1251)")]
    UnknownEncoding { path: PathBuf, name: String },
    #[error("{path}: {source}")]
    Prepare {
        path: PathBuf,
        source: rusqlite::Error,
    },
}

/// Stages the files that a mapping names, runs its `prepare.sql`, and notes what could not be read.
///
/// # Errors
/// When a file or column is missing, a file is no CSV, or `prepare.sql` fails.
pub fn stage(
    into: &mut Connection,
    folder: &Path,
    mapping: &Mapping,
    zone: Tz,
) -> Result<Vec<String>, StagingError> {
    let prepare_path = mapping.path("prepare.sql");
    let failed = |source| StagingError::Prepare {
        path: prepare_path.clone(),
        source,
    };
    // The copy is thrown away afterwards: nothing needs to survive a crash.
    into.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;")
        .map_err(failed)?;
    let mut notes = Vec::new();
    for file in &mapping.settings.files {
        notes.extend(stage_file(into, folder, file, zone)?);
    }
    if let Some(sql) = mapping.sql("prepare.sql") {
        into.execute_batch(sql).map_err(failed)?;
    }
    Ok(notes)
}

fn stage_file(
    into: &mut Connection,
    folder: &Path,
    spec: &StagedFile,
    zone: Tz,
) -> Result<Vec<String>, StagingError> {
    let path = folder.join(&spec.name);
    let sqlite = |source| StagingError::Prepare {
        path: path.clone(),
        source,
    };
    if !path.exists() {
        if spec.optional {
            create_table(into, spec, &spec.columns).map_err(sqlite)?;
            return Ok(Vec::new());
        }
        return Err(StagingError::Missing { path });
    }
    let (encoding, mut notes) = encoding_of(&path, spec)?;
    let unreadable = |source| StagingError::Unreadable {
        path: path.clone(),
        source,
    };
    let file = File::open(&path).map_err(unreadable)?;
    let decoded = DecodeReaderBytesBuilder::new()
        .encoding(Some(encoding))
        .build(BufReader::with_capacity(1 << 17, file));
    let mut csv = csv::ReaderBuilder::new()
        .delimiter(
            spec.separator
                .map_or(b',', |c| u8::try_from(c).unwrap_or(b',')),
        )
        .from_reader(decoded);
    let bad = |error: csv::Error| csv_error(&path, &error);
    let header: Vec<String> = csv
        .headers()
        .map_err(bad)?
        .iter()
        .map(|name| name.trim().to_owned())
        .collect();
    for (position, column) in header.iter().enumerate() {
        if header[..position].contains(column) {
            return Err(StagingError::RepeatedColumn {
                path: path.clone(),
                column: column.clone(),
            });
        }
    }
    for column in spec.columns.iter().chain(spec.instants.keys()) {
        if !header.contains(column) {
            return Err(StagingError::MissingColumn {
                path: path.clone(),
                column: column.clone(),
                found: header.join(", "),
            });
        }
    }
    create_table(into, spec, &header).map_err(sqlite)?;

    let formats: Vec<Option<&str>> = header
        .iter()
        .map(|column| spec.instants.get(column).map(String::as_str))
        .collect();
    let places = vec!["?"; header.len()].join(", ");
    let transaction = into.transaction().map_err(sqlite)?;
    {
        let mut insert = transaction
            .prepare(&format!(
                "INSERT INTO {} VALUES (NULL, {places})",
                quoted(&spec.table)
            ))
            .map_err(sqlite)?;
        let mut record = csv::StringRecord::new();
        let mut unreadable_instants: Vec<u64> = vec![0; header.len()];
        while csv.read_record(&mut record).map_err(bad)? {
            let mut cells = Vec::with_capacity(header.len());
            for (place, text) in record.iter().enumerate() {
                let absent = text.is_empty() || spec.missing.as_deref() == Some(text);
                cells.push(match formats.get(place).copied().flatten() {
                    _ if absent => Value::Null,
                    None => Value::Text(text.to_owned()),
                    Some(format) => match instant(text, format, zone) {
                        Some(at) => Value::Integer(at.timestamp_micros()),
                        None => {
                            if unreadable_instants[place] == 0 {
                                let line = record.position().map_or(0, csv::Position::line);
                                notes.push(format!(
                                    "{}: line {line}: `{text}` in {} is no instant of the form {format}; such values count as missing",
                                    path.display(),
                                    header[place],
                                ));
                            }
                            unreadable_instants[place] += 1;
                            Value::Null
                        }
                    },
                });
            }
            insert
                .execute(rusqlite::params_from_iter(cells))
                .map_err(sqlite)?;
        }
    }
    transaction.commit().map_err(sqlite)?;
    Ok(notes)
}

fn create_table(into: &Connection, spec: &StagedFile, columns: &[String]) -> rusqlite::Result<()> {
    let columns: Vec<String> = columns.iter().map(|c| quoted(c)).collect();
    into.execute_batch(&format!(
        "CREATE TABLE {} (row_no INTEGER PRIMARY KEY, {})",
        quoted(&spec.table),
        columns.join(", ")
    ))
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// An instant in a declared format. Local times that happen twice are taken as the first; skipped ones are none.
fn instant(text: &str, format: &str, zone: Tz) -> Option<DateTime<Utc>> {
    if format == "rfc3339" {
        return DateTime::parse_from_rfc3339(text)
            .ok()
            .map(|at| at.with_timezone(&Utc));
    }
    let local = NaiveDateTime::parse_from_str(text, format).ok()?;
    match zone.from_local_datetime(&local) {
        LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => Some(at.with_timezone(&Utc)),
        LocalResult::None => None,
    }
}

/// The declared encoding, or UTF-8 when the whole file is, or the best guess, which is noted.
fn encoding_of(
    path: &Path,
    spec: &StagedFile,
) -> Result<(&'static Encoding, Vec<String>), StagingError> {
    if let Some(name) = &spec.encoding {
        return Encoding::for_label(name.as_bytes())
            .map(|encoding| (encoding, Vec::new()))
            .ok_or_else(|| StagingError::UnknownEncoding {
                path: path.to_owned(),
                name: name.clone(),
            });
    }
    let unreadable = |source| StagingError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let mut file = File::open(path).map_err(unreadable)?;
    let mut guess = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
    let mut utf8 = Utf8Check::default();
    let mut buffer = vec![0; 1 << 16];
    let mut start = true;
    loop {
        let read = file.read(&mut buffer).map_err(unreadable)?;
        let bytes = &buffer[..read];
        if start && let Some((encoding, _)) = Encoding::for_bom(bytes) {
            return Ok((encoding, Vec::new()));
        }
        start = false;
        utf8.feed(bytes);
        guess.feed(bytes, read == 0);
        if read == 0 {
            break;
        }
    }
    if utf8.valid() {
        return Ok((encoding_rs::UTF_8, Vec::new()));
    }
    let encoding = guess.guess(None, chardetng::Utf8Detection::Deny);
    let note = format!(
        "{}: is not UTF-8 and was read as {}; if letters look wrong, set `encoding` in mapping.toml",
        path.display(),
        encoding.name(),
    );
    Ok((encoding, vec![note]))
}

/// Whether a stream of bytes is UTF-8, over the borders of its pieces.
#[derive(Default)]
struct Utf8Check {
    pending: Vec<u8>,
    broken: bool,
}

impl Utf8Check {
    fn feed(&mut self, bytes: &[u8]) {
        if self.broken {
            return;
        }
        self.pending.extend_from_slice(bytes);
        match std::str::from_utf8(&self.pending) {
            Ok(_) => self.pending.clear(),
            Err(error) if error.error_len().is_none() => {
                self.pending.drain(..error.valid_up_to());
            }
            Err(_) => self.broken = true,
        }
    }

    fn valid(&self) -> bool {
        !self.broken && self.pending.is_empty()
    }
}

fn csv_error(path: &Path, error: &csv::Error) -> StagingError {
    let line = error.position().map_or(0, csv::Position::line);
    let what = match error.kind() {
        csv::ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => format!(
            "has {len} fields where the header has {expected_len}; look for a quote that is not closed or a separator inside a field"
        ),
        csv::ErrorKind::Utf8 { .. } => {
            "is not text in the file's encoding; set `encoding` in mapping.toml".to_owned()
        }
        csv::ErrorKind::Io(source) => format!("cannot be read: {source}"),
        _ => error.to_string(),
    };
    StagingError::Csv {
        path: path.to_owned(),
        line,
        what,
    }
}
