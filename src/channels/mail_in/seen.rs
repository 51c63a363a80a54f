//! Which mails were taken in already.
//!
//! The register itself answers for that: the original of every mail is the last file that its case gets, so a mail whose
//! hash stands among the files was taken in whole, also when its case was erased since. What the register cannot tell
//! is that a mail came by two ways and differs in its uppermost fields; for that there is a small database beside it,
//! `<register>.mail`, which leads from what the copies share to the original that was kept. It is believed only where
//! the register has that original, so an old one beside a restored register keeps no mail out. It holds hashes alone,
//! and when it is missing it is made anew from the originals.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OpenFlags, OptionalExtension, Transaction, TransactionBehavior};

use super::error::{MailError, file_error};
use super::files::MAIL;
use super::message::Mail;
use redress_domain::event::EventKind;
use redress_domain::vocabulary::Role;
use redress_register::{Register, RegisterError};

/// How long a mail waits for one that another process takes in.
const WAIT: Duration = Duration::from_secs(120);

const SCHEMA: &str = "
CREATE TABLE mail (
    fingerprint TEXT PRIMARY KEY, -- what the copies of a mail share; see Mail::fingerprint
    original    TEXT NOT NULL,    -- SHA-256 of the mail as it was kept
    at          INTEGER NOT NULL  -- when it was taken in, microseconds since 1970
) STRICT, WITHOUT ROWID;";

/// What a mail is known by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marks {
    /// SHA-256 of the mail as it lies there, in hexadecimal.
    pub original: String,
    /// What it shares with its copies, when it has a Message-ID.
    pub fingerprint: Option<String>,
}

/// The index of mails beside a register.
#[derive(Debug)]
pub struct Seen {
    /// `None` where nothing may be written and there is none.
    conn: Option<Connection>,
    path: PathBuf,
    /// Whether it may be written, so that turns are to be waited for.
    writes: bool,
}

/// The turn to take in a mail: until it ends, other processes wait.
#[derive(Debug)]
pub struct Turn<'s> {
    tx: Option<Transaction<'s>>,
    path: &'s Path,
}

impl Seen {
    /// Opens the index beside a register, or makes it from the originals that the register keeps.
    ///
    /// # Errors
    /// When it cannot be read or written, or the register cannot be read.
    pub fn open(register: &Register, now: DateTime<Utc>) -> Result<Seen, MailError> {
        let path = beside(register.path());
        claim(&path)?;
        let mut conn =
            connect(&path, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(index_error(&path))?;
        let tx = conn
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(index_error(&path))?;
        if !is_filled(&tx).map_err(index_error(&path))? {
            fill(&tx, register, now, &path)?;
        }
        tx.commit().map_err(index_error(&path))?;
        Ok(Seen {
            conn: Some(conn),
            path,
            writes: true,
        })
    }

    /// Opens the index for looking only; nothing is made where there is none.
    ///
    /// # Errors
    /// When there is one that cannot be read.
    pub fn look(register: &Register) -> Result<Seen, MailError> {
        let path = beside(register.path());
        let conn = match path.exists() {
            true => {
                let conn =
                    connect(&path, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(index_error(&path))?;
                let filled = is_filled(&conn).map_err(index_error(&path))?;
                filled.then_some(conn)
            }
            false => None,
        };
        Ok(Seen {
            conn,
            path,
            writes: false,
        })
    }

    /// Waits for the turn to take in a mail.
    ///
    /// # Errors
    /// When another process does not end its own.
    pub fn turn(&mut self) -> Result<Turn<'_>, MailError> {
        let behavior = match self.writes {
            true => TransactionBehavior::Immediate,
            false => TransactionBehavior::Deferred,
        };
        let tx = match &mut self.conn {
            Some(conn) => Some(
                conn.transaction_with_behavior(behavior)
                    .map_err(index_error(&self.path))?,
            ),
            None => None,
        };
        Ok(Turn {
            tx,
            path: &self.path,
        })
    }
}

impl Turn<'_> {
    /// The case to which this mail, or a copy of it, was taken in.
    ///
    /// # Errors
    /// When the index or the register cannot be read.
    pub fn case_of(&self, register: &Register, marks: &Marks) -> Result<Option<i64>, MailError> {
        if let Some(case_key) = case_with_file(register, &marks.original)? {
            return Ok(Some(case_key));
        }
        let (Some(tx), Some(fingerprint)) = (&self.tx, &marks.fingerprint) else {
            return Ok(None);
        };
        let kept: Option<String> = tx
            .query_row(
                "SELECT original FROM mail WHERE fingerprint = ?1",
                [fingerprint],
                |row| row.get(0),
            )
            .optional()
            .map_err(index_error(self.path))?;
        match kept {
            Some(original) => case_with_file(register, &original),
            None => Ok(None),
        }
    }

    /// Remembers a mail that the register has whole, and ends the turn.
    ///
    /// # Errors
    /// When the index cannot be written; the register has the mail all the same.
    pub fn remember(self, marks: &Marks, now: DateTime<Utc>) -> Result<(), MailError> {
        let Some(tx) = self.tx else { return Ok(()) };
        let write = || {
            if let Some(fingerprint) = &marks.fingerprint {
                add(&tx, fingerprint, &marks.original, now)?;
            }
            tx.commit()
        };
        write().map_err(index_error(self.path))
    }
}

/// The case that has a file with this hash, or had it before it was erased.
fn case_with_file(register: &Register, sha256: &str) -> Result<Option<i64>, MailError> {
    let found = register
        .connection()
        .query_row(
            "SELECT case_key FROM attachment WHERE sha256 = ?1 ORDER BY case_key LIMIT 1",
            [sha256],
            |row| row.get(0),
        )
        .optional()
        .map_err(RegisterError::from)?;
    Ok(found)
}

fn add(
    conn: &Connection,
    fingerprint: &str,
    original: &str,
    now: DateTime<Utc>,
) -> rusqlite::Result<()> {
    conn.execute(
        "INSERT OR REPLACE INTO mail (fingerprint, original, at) VALUES (?1, ?2, ?3)",
        (fingerprint, original, now.timestamp_micros()),
    )?;
    Ok(())
}

fn is_filled(conn: &Connection) -> rusqlite::Result<bool> {
    conn.query_row(
        "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'mail')",
        [],
        |row| row.get(0),
    )
}

/// Makes the table, with the originals that the register still has.
fn fill(
    conn: &Connection,
    register: &Register,
    now: DateTime<Utc>,
    path: &Path,
) -> Result<(), MailError> {
    let originals = originals(register).map_err(RegisterError::from)?;
    conn.execute_batch(SCHEMA).map_err(index_error(path))?;
    for original in originals {
        // A file that is gone or changed is the audit's to report.
        let Ok(raw) = register.read_attachment(&original) else {
            continue;
        };
        if let Some(fingerprint) = Mail::read(&raw).fingerprint() {
            add(conn, &fingerprint, &original, now).map_err(index_error(path))?;
        }
    }
    Ok(())
}

/// The mails that were kept as they came; those that customers forwarded as files are none.
fn originals(register: &Register) -> rusqlite::Result<Vec<String>> {
    let mut select = register.connection().prepare(
        "SELECT DISTINCT a.sha256 FROM attachment a
         WHERE a.media_type = ?1 AND a.erased_at IS NULL
           AND EXISTS (SELECT 1 FROM case_event e
                       WHERE e.case_key = a.case_key AND e.kind = ?2 AND e.role <> ?3
                         AND instr(e.data, a.sha256) > 0)
         ORDER BY a.sha256",
    )?;
    let kind = EventKind::EvidenceAdded.as_str();
    let found = select.query_map((MAIL, kind, Role::Customer.as_str()), |row| row.get(0))?;
    found.collect()
}

fn beside(register: &Path) -> PathBuf {
    let mut name = register.as_os_str().to_owned();
    name.push(".mail");
    PathBuf::from(name)
}

/// Makes the file where there is none; only its owner may read it.
fn claim(path: &Path) -> Result<(), MailError> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path).map_err(file_error("make", path))?;
    Ok(())
}

fn connect(path: &Path, mode: OpenFlags) -> rusqlite::Result<Connection> {
    let conn = Connection::open_with_flags(path, mode | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    conn.busy_timeout(WAIT)?;
    Ok(conn)
}

fn index_error(path: &Path) -> impl Fn(rusqlite::Error) -> MailError {
    let path = path.to_owned();
    move |source| MailError::Index {
        path: path.clone(),
        source,
    }
}
