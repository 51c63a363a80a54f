//! Files that belong to cases. The file lies beside the register under the name of its SHA-256, so a
//! file that two cases share is kept once, and a changed file shows.
//!
//! Whoever brings a file (a form, a mail, the desk, the command line), it is kept as [`Register::attach`] makes it:
//! under a name that does no harm, with the media type that its content has, and, when it is an image, without what it
//! says besides the picture. Of an image that lost something the event also names the SHA-256 of what was sent: whoever
//! still has the original can show that it is the one, and nobody can read a place or a time out of the number.

use std::borrow::Cow;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, Row};

use self::image::ImageFault;
use super::append::{Draft, append_in};
use super::error::{RegisterError, Result, file_error};
use super::records::instant;
use super::seal::{self, ATTACHMENT};
use super::{Actor, Register, Writing, cases, from_micros, secrets, to_micros};
use redress_domain::event::EvidenceAdded;
use redress_plain::hex::hex;
use redress_plain::sha256::{self, Sha256};

pub mod image;
pub mod kind;
pub mod name;

/// As much of a file as is looked at to tell what it is, in bytes.
const START: usize = 64 * 1024;

/// The largest image that is taken, in bytes: it is cleaned in memory.
const LARGEST_IMAGE: usize = 128 << 20;

/// How long a file that no event names is left alone: somebody may just be recording it.
const LEFT_ALONE: TimeDelta = TimeDelta::hours(1);

/// What a file is called whose own name says nothing.
const NAMELESS: &str = "file";

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

/// A file as it is kept: its name and its media type are to be believed, and an image has no metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CleanFile {
    pub name: String,
    pub media_type: String,
    pub content: Vec<u8>,
    /// SHA-256 of the file as it was sent, in hexadecimal, where something was taken out of it.
    pub original_sha256: Option<String>,
}

impl CleanFile {
    /// Takes out of an image what it says besides the picture; another file stays as it is.
    ///
    /// # Errors
    /// When the image is cut short, damaged, or larger than a viewer can bear.
    pub fn new(
        name: String,
        media_type: &str,
        content: Vec<u8>,
    ) -> std::result::Result<Self, ImageFault> {
        let cleaned = match image::clean(&content)? {
            Cow::Borrowed(_) => None,
            Cow::Owned(cleaned) => Some(cleaned),
        };
        let original_sha256 = cleaned.as_ref().map(|_| hex(&sha256::digest(&content)));
        Ok(CleanFile {
            name,
            media_type: media_type.to_owned(),
            content: cleaned.unwrap_or(content),
            original_sha256,
        })
    }
}

/// A file that lies in its folder and is not yet recorded: [`Register::add_together`] puts it to a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaidFile {
    pub(super) name: String,
    pub(super) media_type: String,
    /// In hexadecimal.
    pub(super) sha256: String,
    pub(super) bytes: u64,
    pub(super) original_sha256: Option<String>,
}

const COLUMNS: &str = "sha256, case_key, name, media_type, bytes, recorded_at, erased_at";

impl Register {
    /// Keeps a file and adds it to a case as evidence. Its name and its media type are not believed: see
    /// [`name::clean_name`] and [`kind::media_type`]. An image is kept without its metadata.
    ///
    /// # Errors
    /// When there is no such case, the case has this very file already, the file is a damaged image, or it cannot be
    /// kept; nothing of it is left then.
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
        let file = self.lay(name, media_type, content)?;
        self.record_file(case_key, &file, by, now)
    }

    /// Adds a file to a case that was cleaned before, as the files of a form are when they come.
    ///
    /// # Errors
    /// Those of [`Register::attach`].
    pub fn attach_clean(
        &mut self,
        case_key: i64,
        file: &CleanFile,
        by: &Actor,
        now: DateTime<Utc>,
    ) -> Result<Attachment> {
        self.case_row(case_key)?;
        let file = self.lay_clean(file)?;
        self.record_file(case_key, &file, by, now)
    }

    /// Lays a file beside the register, as [`Register::attach`] keeps it, before it is recorded together with other
    /// things.
    ///
    /// # Errors
    /// When the file is a damaged image or cannot be kept; nothing of it is left then.
    pub fn lay(&self, name: &str, media_type: &str, content: &mut dyn Read) -> Result<LaidFile> {
        let folder = files_folder(&self.path);
        let name = name::clean_name(name).unwrap_or_else(|| NAMELESS.to_owned());
        let read_error = || file_error("read what is to be kept in", &folder);
        let mut start = read_at_most(content, START).map_err(read_error())?;
        let media_type = kind::media_type(&start, Some(media_type));
        if image::is_cleaned(media_type) {
            let room = (LARGEST_IMAGE + 1).saturating_sub(start.len());
            start.extend(read_at_most(content, room).map_err(read_error())?);
            if start.len() > LARGEST_IMAGE {
                let hint = "the image is larger than 128 MiB; save it smaller";
                return Err(RegisterError::invalid("the file", name, hint));
            }
            let file = CleanFile::new(name.clone(), media_type, start)
                .map_err(|fault| RegisterError::invalid("the file", name, fault.hint()))?;
            return self.lay_clean(&file);
        }
        let media_type = media_type.to_owned();
        let (sha256, bytes) = keep(&folder, &mut start.as_slice().chain(content))?;
        Ok(LaidFile {
            name,
            media_type,
            sha256,
            bytes,
            original_sha256: None,
        })
    }

    /// Lays a file that was cleaned before beside the register.
    ///
    /// # Errors
    /// When it cannot be kept; nothing of it is left then.
    pub fn lay_clean(&self, file: &CleanFile) -> Result<LaidFile> {
        let (sha256, bytes) = keep(&files_folder(&self.path), &mut file.content.as_slice())?;
        Ok(LaidFile {
            name: file.name.clone(),
            media_type: file.media_type.clone(),
            sha256,
            bytes,
            original_sha256: file.original_sha256.clone(),
        })
    }

    /// Records a file that lies in its folder; when that fails, the file goes again unless another case has it.
    fn record_file(
        &mut self,
        case_key: i64,
        file: &LaidFile,
        by: &Actor,
        now: DateTime<Utc>,
    ) -> Result<Attachment> {
        let folder = files_folder(&self.path);
        let recorded = self.write(|w| {
            if !record_in(w, &folder, case_key, file, by, now)? {
                return Err(RegisterError::Exists {
                    what: "the file",
                    key: file.name.clone(),
                });
            }
            let kept = of_case(&w.tx, case_key)?
                .into_iter()
                .find(|a| a.sha256 == file.sha256);
            kept.ok_or_else(|| missing(&file.sha256))
        });
        if recorded.is_err()
            && let Err(error) = self.drop_unused(std::slice::from_ref(&file.sha256))
        {
            tracing::warn!(case_key, %error, "a file that was not recorded is still there");
        }
        recorded
    }

    /// Deletes the files with these hashes that neither a case nor a figure has (any more); answers how many. It is done
    /// while nobody else can record one of them.
    ///
    /// # Errors
    /// When the register is busy, or a file cannot be deleted.
    pub(super) fn drop_unused(&mut self, hashes: &[String]) -> Result<usize> {
        if hashes.is_empty() {
            return Ok(0);
        }
        let folder = files_folder(&self.path);
        self.write(|w| {
            let mut gone = 0;
            for sha256 in hashes {
                if is_used(&w.tx, sha256)? {
                    continue;
                }
                let path = file_path(&folder, sha256);
                match fs::remove_file(&path) {
                    Ok(()) => gone += 1,
                    Err(e) if e.kind() == ErrorKind::NotFound => {}
                    Err(e) => return Err(file_error("delete", &path)(e)),
                }
            }
            Ok(gone)
        })
    }

    /// Deletes what a process that was killed left in the folder of files: half-written ones, and whole ones that no
    /// event names. What is younger than an hour is left alone. Answers how many it deleted.
    ///
    /// # Errors
    /// When the folder cannot be read, or a file in it cannot be deleted.
    pub fn drop_left_files(&mut self, now: DateTime<Utc>) -> Result<usize> {
        let folder = files_folder(&self.path);
        let mut unnamed = Vec::new();
        let mut halves = 0;
        for path in old_files(&folder, now)? {
            match path.file_name().and_then(|name| name.to_str()) {
                Some(name) if name.starts_with(HALF_WRITTEN) => {
                    fs::remove_file(&path).map_err(file_error("delete", &path))?;
                    halves += 1;
                }
                Some(name) if file_path(&folder, name) == path => unnamed.push(name.to_owned()),
                Some(_) | None => {}
            }
        }
        Ok(halves + self.drop_unused(&unnamed)?)
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
        if hex(&sha256::digest(&content)) != sha256 {
            return Err(RegisterError::Damaged {
                path,
                why: "its content is not what was added".to_owned(),
            });
        }
        Ok(content)
    }
}

/// Puts a file that lies in its folder to a case, within the caller's transaction; `false` where the case has it already.
pub(super) fn record_in(
    w: &Writing<'_>,
    folder: &Path,
    case_key: i64,
    file: &LaidFile,
    by: &Actor,
    now: DateTime<Utc>,
) -> Result<bool> {
    let held = of_case(&w.tx, case_key)?;
    if held
        .iter()
        .any(|a| a.sha256 == file.sha256 && a.erased_at.is_none())
    {
        return Ok(false);
    }
    // Another process may just have erased the last case that had it.
    let path = file_path(folder, &file.sha256);
    if !path.is_file() {
        return Err(file_error("find", &path)(ErrorKind::NotFound.into()));
    }
    w.tx.execute(
        "INSERT INTO attachment (sha256, case_key, name, media_type, bytes, recorded_at, checksum)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, x'')
         ON CONFLICT (sha256, case_key) DO UPDATE SET name = excluded.name, erased_at = NULL",
        (
            &file.sha256,
            case_key,
            &file.name,
            &file.media_type,
            file.bytes.cast_signed(),
            to_micros(now),
        ),
    )?;
    seal_row(&w.tx, &file.sha256, case_key)?;
    let evidence = EvidenceAdded {
        sha256: file.sha256.clone(),
        media_type: file.media_type.clone(),
        bytes: file.bytes,
        original_sha256: file.original_sha256.clone(),
    };
    let salt = secrets::random::<16>()?;
    append_in(w, case_key, Draft::new(now, evidence), by, now, &salt)?;
    Ok(true)
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

/// What the name of a file begins with that is being written.
const HALF_WRITTEN: &str = ".being-written-";

/// Copies a content into the folder under the name of its hash; answers the hash and the size. When it fails, nothing of
/// it is left.
pub(super) fn keep(folder: &Path, content: &mut dyn Read) -> Result<(String, u64)> {
    make_folder(folder)?;
    let mut aside = tempfile::Builder::new()
        .prefix(HALF_WRITTEN)
        .tempfile_in(folder)
        .map_err(write_error("write into", folder))?;
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
            .map_err(write_error("write into", folder))?;
    }
    let sha256 = hex(&sha.finish());
    let path = file_path(folder, &sha256);
    let parent = path.parent().unwrap_or(folder);
    make_folder(parent)?;
    aside
        .as_file()
        .sync_all()
        .map_err(write_error("write", &path))?;
    aside
        .persist(&path)
        .map_err(|e| write_error("write", &path)(e.error))?;
    sync_folder(parent)?;
    Ok((sha256, bytes))
}

/// Makes a folder where there is none, so that its name survives a loss of power.
fn make_folder(folder: &Path) -> Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(folder).map_err(write_error("make the folder", folder))?;
    match folder.parent() {
        // A name without a folder lies in the one where the process runs.
        Some(above) if above.as_os_str().is_empty() => sync_folder(Path::new(".")),
        Some(above) => sync_folder(above),
        None => Ok(()),
    }
}

/// Says which file could not be written; a disk without room by its name.
fn write_error(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> RegisterError {
    let path = path.to_owned();
    move |source| match source.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            RegisterError::DiskFull { path }
        }
        _ => RegisterError::File { what, path, source },
    }
}

/// The next bytes of a content, as many as there are.
fn read_at_most(content: &mut dyn Read, most: usize) -> io::Result<Vec<u8>> {
    let mut read = Vec::new();
    content.take(most as u64).read_to_end(&mut read)?;
    Ok(read)
}

/// Whether a case or a figure has the file with this hash.
fn is_used(conn: &Connection, sha256: &str) -> Result<bool> {
    let used = conn.query_row(
        "SELECT EXISTS (SELECT 1 FROM attachment WHERE sha256 = ?1 AND erased_at IS NULL)
             OR EXISTS (SELECT 1 FROM evidence WHERE file_sha256 = ?1)",
        [sha256],
        |row| row.get(0),
    )?;
    Ok(used)
}

/// The files in the folder and its folders that nobody can be writing any more.
fn old_files(folder: &Path, now: DateTime<Utc>) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(at) = open.pop() {
        let entries = match fs::read_dir(&at) {
            Ok(entries) => entries,
            Err(e) if e.kind() == ErrorKind::NotFound => continue,
            Err(e) => return Err(file_error("read the folder", &at)(e)),
        };
        for entry in entries {
            let entry = entry.map_err(file_error("read the folder", &at))?;
            let path = entry.path();
            let about = match entry.metadata() {
                Ok(about) => about,
                // It went meanwhile.
                Err(e) if e.kind() == ErrorKind::NotFound => continue,
                Err(e) => return Err(file_error("look at", &path)(e)),
            };
            if about.is_dir() {
                open.push(path);
            } else if about
                .modified()
                .is_ok_and(|at| DateTime::<Utc>::from(at) + LEFT_ALONE < now)
            {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
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
            return Ok(hex(&sha.finish()));
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
