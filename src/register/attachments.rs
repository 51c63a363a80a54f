//! Files that belong to cases. The file lies beside the register under the name of its SHA-256, so a
//! file that two cases share is kept once, and a changed file shows.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use rusqlite::{Connection, Row};
use sha2::{Digest, Sha256};

use super::append::{Draft, append_in};
use super::error::{RegisterError, Result, file_error};
use super::records::instant;
use super::seal::{self, ATTACHMENT};
use super::{Actor, Register, cases, from_micros, secrets, to_micros};
use crate::domain::event::EvidenceAdded;
use crate::hex::hex;

/// A file of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// In hexadecimal; names the file.
    pub sha256: String,
    pub case_key: i64,
    /// The name it came with; `None` once erased.
    pub name: Option<String>,
    pub media_type: String,
    pub bytes: u64,
    pub recorded_at: DateTime<Utc>,
    pub erased_at: Option<DateTime<Utc>>,
}

const COLUMNS: &str = "sha256, case_key, name, media_type, bytes, recorded_at, erased_at";

impl Register {
    /// Keeps a file and adds it to a case as evidence.
    ///
    /// # Errors
    /// When there is no such case, the case has this very file already, or the file cannot be kept.
    pub fn attach(
        &mut self,
        case_key: i64,
        name: &str,
        media_type: &str,
        content: &mut dyn Read,
        by: &Actor,
        now: DateTime<Utc>,
    ) -> Result<Attachment> {
        self.case_row(case_key)?;
        let folder = files_folder(&self.path);
        // The file is there before the event that names it; a file that no event names does no harm.
        let (sha256, bytes) = keep(&folder, content)?;
        let salt = secrets::random::<16>()?;
        self.write(|w| {
            let held = of_case(&w.tx, case_key)?;
            if held.iter().any(|a| a.sha256 == sha256 && a.erased_at.is_none()) {
                return Err(RegisterError::Exists {
                    what: "the file",
                    key: name.to_owned(),
                });
            }
            w.tx.execute(
                "INSERT INTO attachment (sha256, case_key, name, media_type, bytes, recorded_at, checksum)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, x'')
                 ON CONFLICT (sha256, case_key) DO UPDATE SET name = excluded.name, erased_at = NULL",
                (
                    &sha256,
                    case_key,
                    name,
                    media_type,
                    bytes.cast_signed(),
                    to_micros(now),
                ),
            )?;
            seal_row(&w.tx, &sha256, case_key)?;
            let evidence = EvidenceAdded {
                sha256: sha256.clone(),
                media_type: media_type.to_owned(),
                bytes,
            };
            append_in(w, case_key, Draft::new(now, evidence), by, now, &salt)?;
            let kept = of_case(&w.tx, case_key)?.into_iter().find(|a| a.sha256 == sha256);
            kept.ok_or_else(|| missing(&sha256))
        })
    }

    /// The files of a case, those that were erased too.
    ///
    /// # Errors
    /// When there is no such case.
    pub fn attachments(&self, case_key: i64) -> Result<Vec<Attachment>> {
        self.read(|conn| {
            cases::by_key(conn, case_key)?;
            of_case(conn, case_key)
        })
    }

    /// Where the file with this hash lies.
    pub fn attachment_path(&self, sha256: &str) -> PathBuf {
        file_path(&files_folder(&self.path), sha256)
    }

    /// The content of a file, after making sure that it is still what was added.
    ///
    /// # Errors
    /// When it is gone or changed.
    pub fn read_attachment(&self, sha256: &str) -> Result<Vec<u8>> {
        let path = self.attachment_path(sha256);
        let content = fs::read(&path).map_err(file_error("read", &path))?;
        if hex(&Sha256::digest(&content)) != sha256 {
            return Err(RegisterError::Damaged {
                path,
                why: "its content is not what was added".to_owned(),
            });
        }
        Ok(content)
    }
}

/// Where the files of a register lie.
pub(super) fn files_folder(register: &Path) -> PathBuf {
    let mut name = register.as_os_str().to_owned();
    name.push(".files");
    PathBuf::from(name)
}

/// Where a file lies within its folder.
pub(super) fn file_path(folder: &Path, sha256: &str) -> PathBuf {
    let start = sha256.get(..2).unwrap_or("xx");
    folder.join(start).join(sha256)
}

/// Copies a content into the folder under the name of its hash; answers the hash and the size.
pub(super) fn keep(folder: &Path, content: &mut dyn Read) -> Result<(String, u64)> {
    fs::create_dir_all(folder).map_err(file_error("make the folder", folder))?;
    let mut aside =
        tempfile::NamedTempFile::new_in(folder).map_err(file_error("write into", folder))?;
    let mut sha = Sha256::new();
    let mut bytes = 0_u64;
    let mut buffer = vec![0_u8; 64 * 1024];
    loop {
        let count = content
            .read(&mut buffer)
            .map_err(file_error("read what is to be kept in", folder))?;
        if count == 0 {
            break;
        }
        sha.update(&buffer[..count]);
        bytes += count as u64;
        aside
            .write_all(&buffer[..count])
            .map_err(file_error("write into", folder))?;
    }
    let sha256 = hex(&sha.finalize());
    let path = file_path(folder, &sha256);
    let parent = path.parent().unwrap_or(folder);
    fs::create_dir_all(parent).map_err(file_error("make the folder", parent))?;
    aside
        .as_file()
        .sync_all()
        .map_err(file_error("write", &path))?;
    aside
        .persist(&path)
        .map_err(|e| file_error("write", &path)(e.error))?;
    sync_folder(parent)?;
    Ok((sha256, bytes))
}

/// Makes a new name in a folder survive a loss of power.
pub(super) fn sync_folder(folder: &Path) -> Result<()> {
    // Only Unix lets a folder be opened for this.
    if cfg!(unix) {
        File::open(folder)
            .and_then(|opened| opened.sync_all())
            .map_err(file_error("write", folder))?;
    }
    Ok(())
}

/// The hash of a file's content, in hexadecimal.
pub(super) fn file_hash(path: &Path) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let mut sha = Sha256::new();
    let mut buffer = vec![0_u8; 64 * 1024];
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            return Ok(hex(&sha.finalize()));
        }
        sha.update(&buffer[..count]);
    }
}

/// The files of a case.
pub(super) fn of_case(conn: &Connection, case_key: i64) -> Result<Vec<Attachment>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM attachment WHERE case_key = ?1 ORDER BY recorded_at, sha256"
    );
    collect(conn, &sql, [case_key])
}

/// All files that are not erased.
pub(super) fn kept(conn: &Connection) -> Result<Vec<Attachment>> {
    let sql = format!("SELECT {COLUMNS} FROM attachment WHERE erased_at IS NULL ORDER BY sha256");
    collect(conn, &sql, [])
}

/// Seals the row of a file.
pub(super) fn seal_row(conn: &Connection, sha256: &str, case_key: i64) -> Result<()> {
    let rowid = conn.query_row(
        "SELECT rowid FROM attachment WHERE sha256 = ?1 AND case_key = ?2",
        (sha256, case_key),
        |row| row.get(0),
    )?;
    seal::seal(conn, ATTACHMENT, rowid)
}

fn collect(conn: &Connection, sql: &str, params: impl rusqlite::Params) -> Result<Vec<Attachment>> {
    let mut select = conn.prepare_cached(sql)?;
    let mut rows = select.query(params)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(from_row(row)?);
    }
    Ok(found)
}

fn from_row(row: &Row<'_>) -> Result<Attachment> {
    let bytes: i64 = row.get(4)?;
    let erased_at: Option<i64> = row.get(6)?;
    Ok(Attachment {
        sha256: row.get(0)?,
        case_key: row.get(1)?,
        name: row.get(2)?,
        media_type: row.get(3)?,
        bytes: bytes.unsigned_abs(),
        recorded_at: instant(row, 5)?,
        erased_at: erased_at.map(from_micros).transpose()?,
    })
}

fn missing(sha256: &str) -> RegisterError {
    RegisterError::NoSuch {
        what: "file",
        key: sha256.to_owned(),
    }
}
