//! Making, opening and upgrading a register. Each setting of the connection is explained in
//! `docs/db-pragmas.md`.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::error::{RegisterError, Result, file_error};
use super::messages::Messages;
use super::{BUSY_TIMEOUT_MS, Register, records, schema, secrets, settings};
use redress_plain::hex::hex;

/// Every SQLite database begins with these bytes.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// Length of the database header.
const HEADER: usize = 100;

/// The calendar that a department without its own uses.
const DEFAULT_CALENDAR: &str = "default";

/// What a new register begins with.
#[derive(Debug, Clone)]
pub struct NewRegister {
    /// The zone in which the organisation counts its days.
    pub zone: Tz,
    /// The working calendar, version 1.
    pub calendar_toml: String,
    /// The limits of the stages, version 1, in effect from the beginning of time.
    pub limits_toml: String,
    /// The present moment.
    pub now: DateTime<Utc>,
}

/// When a write counts as done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// When it is on the disk: survives a loss of power. The default.
    Full,
    /// When the system has it: survives a crash of this program, and a loss of power may cost the
    /// last writes (never the register's consistency). For filling a register from a source that
    /// can be read again.
    Normal,
}

impl Register {
    /// Makes a register in a new file.
    ///
    /// # Errors
    /// When the path is taken, cannot be written, or a text is no TOML.
    pub fn create(path: &Path, new: &NewRegister) -> Result<Register> {
        records::check_toml("calendar", &new.calendar_toml)?;
        records::check_toml("limits", &new.limits_toml)?;
        claim(path)?;
        let made = fill(path, new).map_err(|e| e.at(path, BUSY_TIMEOUT_MS));
        if made.is_err() {
            // The file was claimed by this very call and never was a register.
            fs::remove_file(path).map_err(file_error("clear away", path))?;
        }
        made?;
        Register::open(path)
    }

    /// Opens a register for reading and writing, and upgrades it when it is of an older version.
    ///
    /// # Errors
    /// A typed error for each of: missing, no database, another program's database, newer, locked,
    /// read-only, cut short, damaged. The file is never deleted or replaced.
    pub fn open(path: &Path) -> Result<Register> {
        Register::open_with(path, Durability::Full)
    }

    /// Opens a register for reading and writing with a chosen durability.
    ///
    /// # Errors
    /// Those of [`Register::open`].
    pub fn open_with(path: &Path, durability: Durability) -> Result<Register> {
        look_at_file(path)?;
        let opened = (|| {
            let mut conn = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
            if conn.is_readonly("main")? {
                return Err(RegisterError::ReadOnly {
                    path: path.to_owned(),
                });
            }
            let found = check_identity(&conn, path)?;
            check_length(&conn, path)?;
            configure(&conn, durability, path)?;
            if found < schema::SCHEMA_VERSION {
                upgrade(&mut conn, path)?;
            }
            assemble(conn, path)
        })();
        opened.map_err(|e| explain(e, path))
    }

    /// Opens a register for reading only.
    ///
    /// # Errors
    /// Those of [`Register::open`]; an older version is refused, since it would have to be upgraded.
    pub fn open_read_only(path: &Path) -> Result<Register> {
        look_at_file(path)?;
        let opened = (|| {
            let conn = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
            let found = check_identity(&conn, path)?;
            if found < schema::SCHEMA_VERSION {
                return Err(RegisterError::OlderSchema {
                    path: path.to_owned(),
                    found,
                    known: schema::SCHEMA_VERSION,
                });
            }
            check_length(&conn, path)?;
            conn.pragma_update(None, "query_only", true)?;
            assemble(conn, path)
        })();
        opened.map_err(|e| explain(e, path))
    }
}

/// Takes the path for a new register; only the owner may read the file.
fn claim(path: &Path) -> Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(e) if e.kind() == ErrorKind::AlreadyExists => Err(RegisterError::AlreadyExists {
            path: path.to_owned(),
        }),
        Err(e) => Err(file_error("make", path)(e)),
    }
}

fn fill(path: &Path, new: &NewRegister) -> Result<()> {
    let mut conn = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    // The page size counts only before the first page is written.
    conn.pragma_update(None, "page_size", 8192)?;
    configure(&conn, Durability::Full, path)?;
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    schema::create(&tx)?;
    let id = hex(&secrets::random::<16>()?);
    settings::store(&tx, settings::REGISTER_ID, &id)?;
    settings::store(&tx, settings::ZONE, new.zone.name())?;
    secrets::create(&tx, secrets::COMPLAINANT_KEY)?;
    let reason = "first version";
    records::add_calendar(&tx, DEFAULT_CALENDAR, &new.calendar_toml, reason, new.now)?;
    let beginning = NaiveDate::default();
    records::add_limits(&tx, &new.limits_toml, beginning, reason, new.now)?;
    tx.commit()?;
    Ok(())
}

pub(super) fn connect(path: &Path, mode: OpenFlags) -> Result<Connection> {
    let conn = Connection::open_with_flags(path, mode | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    conn.busy_timeout(Duration::from_millis(BUSY_TIMEOUT_MS))?;
    conn.pragma_update(None, "foreign_keys", true)?;
    conn.pragma_update(None, "trusted_schema", false)?;
    conn.set_prepared_statement_cache_capacity(64);
    Ok(conn)
}

fn configure(conn: &Connection, durability: Durability, path: &Path) -> Result<()> {
    let mode: String =
        conn.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
    if mode != "wal" {
        return Err(RegisterError::CannotOpen {
            path: path.to_owned(),
            why: format!("its file system allows no write-ahead log, only `{mode}`"),
        });
    }
    let synchronous = match durability {
        Durability::Full => "FULL",
        Durability::Normal => "NORMAL",
    };
    conn.pragma_update(None, "synchronous", synchronous)?;
    conn.pragma_update(None, "secure_delete", true)?;
    conn.pragma_update(None, "recursive_triggers", true)?;
    conn.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024)?;
    Ok(())
}

/// The schema version, after making sure that this is a register this program can read.
fn check_identity(conn: &Connection, path: &Path) -> Result<i64> {
    let application: i64 = conn.pragma_query_value(None, "application_id", |row| row.get(0))?;
    if application != schema::APPLICATION_ID {
        return Err(RegisterError::NotARegister {
            path: path.to_owned(),
            found: application,
        });
    }
    let found: i64 = conn.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found > schema::SCHEMA_VERSION {
        return Err(RegisterError::NewerSchema {
            path: path.to_owned(),
            found,
            known: schema::SCHEMA_VERSION,
        });
    }
    if found < 1 {
        return Err(RegisterError::Damaged {
            path: path.to_owned(),
            why: format!("its schema version is {found}"),
        });
    }
    Ok(found)
}

fn upgrade(conn: &mut Connection, path: &Path) -> Result<()> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have upgraded it while this one waited.
    let found = check_identity(&tx, path)?;
    schema::upgrade(&tx, found)?;
    tx.commit()?;
    Ok(())
}

fn assemble(conn: Connection, path: &Path) -> Result<Register> {
    let name = settings::required(&conn, settings::ZONE)?;
    let zone = name.parse().map_err(|_| RegisterError::Unreadable {
        table: "setting",
        key: settings::ZONE.to_owned(),
        why: format!("`{name}` is no time zone"),
    })?;
    Ok(Register {
        conn,
        path: path.to_owned(),
        zone,
        messages: Messages::embedded()?,
    })
}

/// What the file system says of the file, before the database engine opens it.
///
/// The file itself is not opened here. The system drops all locks of a process on a file as soon as the process closes
/// any handle of that file (POSIX 1003.1, `fcntl`), also those of connections that are open elsewhere in this program.
/// The next process that closed its own connection would then take itself for the last one and delete the write-ahead
/// log, and what this program wrote from then on would be lost. Source: <https://www.sqlite.org/howtocorrupt.html>, 2.2.
fn look_at_file(path: &Path) -> Result<()> {
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(e) if e.kind() == ErrorKind::NotFound => {
            return Err(RegisterError::NotFound {
                path: path.to_owned(),
            });
        }
        Err(e) => return Err(file_error("look at", path)(e)),
    };
    if !metadata.is_file() {
        return Err(RegisterError::CannotOpen {
            path: path.to_owned(),
            why: "it is no file".to_owned(),
        });
    }
    Ok(())
}

/// Refuses a file whose last page is cut, which the database engine would not notice before it reads that page.
fn check_length(conn: &Connection, path: &Path) -> Result<()> {
    // A checkpoint may be running: only what two looks agree on is said.
    match (missing_end(conn, path)?, missing_end(conn, path)?) {
        (Some(first), Some(second)) if first == second => Err(cut_short(path, first)),
        _ => Ok(()),
    }
}

/// Expected and found size in bytes when the file is shorter than its pages, and no write-ahead log can hold the rest.
fn missing_end(conn: &Connection, path: &Path) -> Result<Option<(u64, u64)>> {
    if fs::metadata(wal_path(path)).is_ok_and(|wal| wal.len() > 0) {
        return Ok(None);
    }
    let number = |pragma: &str| -> Result<u64> {
        let number: i64 = conn.pragma_query_value(None, pragma, |row| row.get(0))?;
        Ok(u64::try_from(number).unwrap_or_default())
    };
    let expected = number("page_size")? * number("page_count")?;
    let found = fs::metadata(path)
        .map_err(file_error("look at", path))?
        .len();
    Ok((found < expected).then_some((expected, found)))
}

/// Expected and found size in bytes when the file is shorter than its header says, and no
/// write-ahead log can hold the rest. Opens and closes the file, which costs the locks of every other connection of this
/// program (see [`look_at_file`]): only for a file that the database engine has refused.
fn shortfall(path: &Path) -> Result<Option<(u64, u64)>> {
    if fs::metadata(wal_path(path)).is_ok_and(|wal| wal.len() > 0) {
        return Ok(None);
    }
    let mut start = Vec::with_capacity(HEADER);
    let file = File::open(path).map_err(file_error("read", path))?;
    (&file)
        .take(HEADER as u64)
        .read_to_end(&mut start)
        .map_err(file_error("read", path))?;
    let found = file.metadata().map_err(file_error("look at", path))?.len();
    if !start.starts_with(MAGIC) {
        return Ok(None);
    }
    let Ok(header) = <[u8; HEADER]>::try_from(start.as_slice()) else {
        return Ok(Some((HEADER as u64, found)));
    };
    // Offsets of https://www.sqlite.org/fileformat2.html#the_database_header
    let page_size = match u64::from(u16::from_be_bytes([header[16], header[17]])) {
        1 => 65_536,
        size => size,
    };
    let word = |at: usize| {
        u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
    };
    let size_is_valid = word(24) == word(92);
    let expected = u64::from(word(28)) * page_size;
    Ok((size_is_valid && found < expected).then_some((expected, found)))
}

/// An error of opening, with a cut tail told from other damage.
fn explain(error: RegisterError, path: &Path) -> RegisterError {
    let error = error.at(path, BUSY_TIMEOUT_MS);
    let is_refused = matches!(
        error,
        RegisterError::Damaged { .. }
            | RegisterError::NotADatabase { .. }
            | RegisterError::NotARegister { .. }
    );
    match is_refused.then(|| shortfall(path)) {
        Some(Ok(Some(sizes))) => cut_short(path, sizes),
        Some(_) | None => error,
    }
}

fn cut_short(path: &Path, (expected, found): (u64, u64)) -> RegisterError {
    RegisterError::Truncated {
        path: path.to_owned(),
        expected,
        found,
    }
}

/// The write-ahead log that belongs to a register.
pub(super) fn wal_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    PathBuf::from(name)
}
