//! A copy of the register that is known to be good: taken from one state, re-opened, audited, and
//! with the chain's head beside it.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::backup::Backup;
use rusqlite::{Connection, OpenFlags};
use serde::{Deserialize, Serialize};

use super::attachments::{file_hash, file_path, files_folder, keep, kept, sync_folder};
use super::audit::audit;
use super::chain::ChainHead;
use super::error::{RegisterError, Result, file_error};
use super::open::connect;
use super::{BUSY_TIMEOUT_MS, Register, SCHEMA_VERSION};
use redress_plain::place::{folder_for, unnamed};

/// What a backup holds; written beside it as `<backup>.head.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupReport {
    pub taken_at: DateTime<Utc>,
    pub schema_version: i64,
    pub events: u64,
    pub cases: u64,
    /// Attached files copied.
    pub files: usize,
    /// The chain's head in the copy.
    pub head: ChainHead,
    /// SHA-256 of the copied database, in hexadecimal.
    pub sha256: String,
}

impl Register {
    /// Copies the register with its attached files to a new place, opens the copy, audits it, and
    /// writes the chain's head beside it.
    ///
    /// # Errors
    /// When the place is taken or cannot be written, or the copy does not pass the audit; then
    /// nothing stands at that place but files that were copied beside it, which the next try uses.
    pub fn backup(&self, to: &Path, now: DateTime<Utc>) -> Result<BackupReport> {
        let sidecar = beside(to, ".head.json");
        // A head without its backup is what a process left that ended between the two; no backup has it.
        let is_left = !to.exists() && recorded_head(to).is_ok();
        for (place, may_stand) in [(to, false), (sidecar.as_path(), is_left)] {
            if place.exists() && !may_stand {
                return Err(RegisterError::AlreadyExists {
                    path: place.to_owned(),
                });
            }
        }
        let folder = folder_for(to).map_err(file_error("write", to))?;
        let aside = tempfile::Builder::new()
            .prefix(HALF_COPIED)
            .tempfile_in(folder)
            .map_err(|e| file_error("write into", folder)(unnamed(e)))?;
        drop_left_copies(folder, now)?;
        let known = self.chain_head()?;
        copy(&self.conn, aside.path()).map_err(|e| e.at(to, BUSY_TIMEOUT_MS))?;
        let report = self
            .check_copy(aside.path(), to, &known, now)
            .map_err(|e| e.at(to, BUSY_TIMEOUT_MS))?;
        let noted = noted(&report, &sidecar)?;
        File::open(aside.path())
            .and_then(|file| file.sync_all())
            .map_err(file_error("write", to))?;
        // The head first, so that no backup ever stands without it.
        match is_left {
            true => noted.persist(&sidecar),
            false => noted.persist_noclobber(&sidecar),
        }
        .map_err(|e| file_error("write", &sidecar)(e.error))?;
        let named = aside
            .persist_noclobber(to)
            .map_err(|e| file_error("write", to)(e.error));
        if let Err(error) = named {
            fs::remove_file(&sidecar).map_err(file_error("remove", &sidecar))?;
            return Err(error);
        }
        if let Err(error) = sync_folder(folder) {
            for place in [to, &sidecar] {
                fs::remove_file(place).map_err(file_error("remove", place))?;
            }
            return Err(error);
        }
        Ok(report)
    }

    /// Copies the attached files that the copy names, and audits both.
    fn check_copy(
        &self,
        aside: &Path,
        to: &Path,
        known: &ChainHead,
        now: DateTime<Utc>,
    ) -> Result<BackupReport> {
        let conn = connect(aside, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let (source, target) = (files_folder(&self.path), files_folder(to));
        let attachments = kept(&conn)?;
        for attachment in &attachments {
            let path = file_path(&source, &attachment.sha256);
            let mut file = File::open(&path).map_err(file_error("read", &path))?;
            keep(&target, &mut file)?;
        }
        let audited = audit(&conn, Some(known), Some(&target))?;
        if let Some(first) = audited.first() {
            return Err(RegisterError::CopyDiffers {
                path: to.to_owned(),
                first: first.to_string(),
            });
        }
        Ok(BackupReport {
            taken_at: now,
            schema_version: SCHEMA_VERSION,
            events: audited.events,
            cases: audited.cases,
            files: attachments.len(),
            head: audited.head,
            sha256: file_hash(aside).map_err(file_error("read", aside))?,
        })
    }
}

/// Copies one state of a database into a file, which needs no log beside it.
fn copy(from: &Connection, path: &Path) -> Result<()> {
    let mut to = Connection::open(path)?;
    Backup::new(from, &mut to)?.run_to_completion(i32::MAX, Duration::from_millis(50), None)?;
    let _: String = to.pragma_update_and_check(None, "journal_mode", "DELETE", |row| row.get(0))?;
    to.close().map_err(|(_, error)| error)?;
    Ok(())
}

/// What the name of a copy begins with until it is whole. A process that is killed leaves it.
const HALF_COPIED: &str = ".backup-being-written-";

/// A copy that nothing was written to for so long is nobody's any more.
const LEFT_ALONE: TimeDelta = TimeDelta::hours(1);

/// The copies in a folder that are not whole, with what SQLite laid beside them: being written, or left by a process that
/// was killed. They hold the same personal data as a backup.
///
/// # Errors
/// When the folder cannot be read.
pub fn half_copies(folder: &Path) -> Result<Vec<PathBuf>> {
    let unreadable = || file_error("read the folder", folder);
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable())? {
        let entry = entry.map_err(unreadable())?;
        let name = entry.file_name();
        if name.to_str().is_some_and(|n| n.starts_with(HALF_COPIED)) {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

fn drop_left_copies(folder: &Path, now: DateTime<Utc>) -> Result<()> {
    for path in half_copies(folder)? {
        let is_left = fs::metadata(&path)
            .and_then(|about| about.modified())
            .is_ok_and(|at| DateTime::<Utc>::from(at) + LEFT_ALONE < now);
        match is_left.then(|| fs::remove_file(&path)) {
            // Another backup may have removed it meanwhile.
            Some(Err(e)) if e.kind() != ErrorKind::NotFound => {
                return Err(file_error("remove", &path)(e));
            }
            Some(_) | None => {}
        }
    }
    Ok(())
}

/// The report as a file that waits for its name.
fn noted(report: &BackupReport, sidecar: &Path) -> Result<tempfile::NamedTempFile> {
    let mut text =
        serde_json::to_string_pretty(report).map_err(|e| file_error("write", sidecar)(e.into()))?;
    text.push('\n');
    let write = || -> std::io::Result<tempfile::NamedTempFile> {
        let mut file = tempfile::NamedTempFile::new_in(folder_for(sidecar)?).map_err(unnamed)?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        Ok(file)
    };
    write().map_err(file_error("write", sidecar))
}

/// The head that a backup recorded.
///
/// # Errors
/// When there is none beside it or it cannot be read.
pub fn recorded_head(backup: &Path) -> Result<BackupReport> {
    let sidecar = beside(backup, ".head.json");
    let text = fs::read_to_string(&sidecar).map_err(file_error("read", &sidecar))?;
    serde_json::from_str(&text).map_err(|e| file_error("read", &sidecar)(e.into()))
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
