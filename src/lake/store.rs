//! The folder of snapshots: a snapshot appears by one rename, `latest` points at the newest, and
//! only one writer is at work.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDateTime, Utc};

use super::manifest::{MANIFEST, Manifest, ManifestError};

/// Names of snapshots: the moment of judgement in UTC, sortable, without colons.
const NAME_FORMAT: &str = "%Y-%m-%dT%H-%M-%SZ";

/// Prefix of folders that are being written; they are never data.
const UNFINISHED: &str = ".snapshot-being-written-";

/// Prefix of a snapshot whose successor is about to take its place.
const REPLACED: &str = ".snapshot-replaced-";

/// A lake: one folder of snapshots.
#[derive(Debug, Clone)]
pub struct Lake {
    root: PathBuf,
}

/// What is wrong with a lake.
#[derive(Debug, thiserror::Error)]
pub enum LakeError {
    #[error("{path}: {source}")]
    Io { path: PathBuf, source: io::Error },
    #[error(
        "{0}: another extract is writing to this lake, or it is being pruned; wait for it or stop it"
    )]
    Busy(PathBuf),
    #[error("{0}: holds no snapshot; run `redress extract` first")]
    Empty(PathBuf),
    #[error("`{name}` is no snapshot of {root}; `redress lake list` shows them")]
    Unknown { root: PathBuf, name: String },
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    #[error("the manifest cannot be written: {0}")]
    Json(#[from] serde_json::Error),
}

/// A snapshot being written. Dropped unfinished, it leaves nothing behind.
pub struct Draft {
    root: PathBuf,
    path: PathBuf,
    _lock: File,
    finished: bool,
}

impl Lake {
    /// A lake at a folder; the folder is made when the first snapshot is.
    pub fn at(root: &Path) -> Self {
        Lake {
            root: root.to_owned(),
        }
    }

    /// The lake's folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Names of the snapshots, oldest first. A name is its `as_of`, so it sorts by time.
    ///
    /// # Errors
    /// When the folder cannot be listed.
    pub fn snapshots(&self) -> Result<Vec<String>, LakeError> {
        let entries = match fs::read_dir(&self.root) {
            Ok(entries) => entries,
            Err(source) if source.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(self.io(source)),
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|source| self.io(source))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            if is_folder && is_snapshot_name(&name) && entry.path().join(MANIFEST).is_file() {
                names.push(name);
            }
        }
        names.sort_by_key(|name| sort_key(name));
        Ok(names)
    }

    /// The folder of a snapshot: by name, or the latest.
    ///
    /// # Errors
    /// When there is none, or none of that name.
    pub fn snapshot(&self, name: Option<&str>) -> Result<PathBuf, LakeError> {
        let names = self.snapshots()?;
        let found = match name {
            Some(name) => names.iter().find(|n| *n == name),
            None => names.last(),
        };
        match (found, name) {
            (Some(found), _) => Ok(self.root.join(found)),
            (None, None) => Err(LakeError::Empty(self.root.clone())),
            (None, Some(name)) => Err(LakeError::Unknown {
                root: self.root.clone(),
                name: name.to_owned(),
            }),
        }
    }

    /// Begins a snapshot: takes the lake's lock and clears what a killed writer left.
    ///
    /// # Errors
    /// When another writer is at work or the folder cannot be written.
    pub fn begin(&self) -> Result<Draft, LakeError> {
        let io_error = |source| self.io(source);
        fs::create_dir_all(&self.root).map_err(io_error)?;
        let lock = self.lock()?;
        for entry in fs::read_dir(&self.root).map_err(io_error)? {
            let entry = entry.map_err(io_error)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if let Some(replaced) = name.strip_prefix(REPLACED) {
                let place = self.root.join(replaced);
                match place.exists() {
                    true => fs::remove_dir_all(entry.path()),
                    // The process ended between the two renames.
                    false => fs::rename(entry.path(), place),
                }
                .map_err(io_error)?;
            } else if name.starts_with(UNFINISHED) {
                fs::remove_dir_all(entry.path()).map_err(io_error)?;
            }
        }
        let path = self
            .root
            .join(format!("{UNFINISHED}{}", std::process::id()));
        fs::create_dir(&path).map_err(io_error)?;
        Ok(Draft {
            root: self.root.clone(),
            path,
            _lock: lock,
            finished: false,
        })
    }

    /// Removes all but the newest `keep` snapshots and says which.
    ///
    /// # Errors
    /// When a folder cannot be removed.
    pub fn prune(&self, keep: usize, dry_run: bool) -> Result<Vec<String>, LakeError> {
        let _lock = if dry_run { None } else { Some(self.lock()?) };
        let names = self.snapshots()?;
        let surplus = names.len().saturating_sub(keep.max(1));
        let gone: Vec<String> = names.into_iter().take(surplus).collect();
        if !dry_run {
            for name in &gone {
                // The manifest goes first: a half-removed snapshot is then no snapshot any more.
                let folder = self.root.join(name);
                fs::remove_file(folder.join(MANIFEST)).map_err(|source| self.io(source))?;
                fs::remove_dir_all(&folder).map_err(|source| self.io(source))?;
            }
        }
        Ok(gone)
    }

    /// The lake's lock: one writer at a time, extract or prune. It goes with the process.
    fn lock(&self) -> Result<File, LakeError> {
        let lock = File::create(self.root.join(".lock")).map_err(|source| self.io(source))?;
        match lock.try_lock() {
            Ok(()) => Ok(lock),
            Err(fs::TryLockError::WouldBlock) => Err(LakeError::Busy(self.root.clone())),
            Err(fs::TryLockError::Error(source)) => Err(self.io(source)),
        }
    }

    fn io(&self, source: io::Error) -> LakeError {
        LakeError::Io {
            path: self.root.clone(),
            source,
        }
    }
}

/// Whether a name is that of a snapshot: its `as_of`, perhaps with `~2`. Whatever else lies in the
/// folder is somebody else's and is never read or removed.
fn is_snapshot_name(name: &str) -> bool {
    let stem = match name.split_once('~') {
        Some((stem, number)) if number.parse::<u32>().is_ok_and(|n| n > 1) => stem,
        Some(_) => return false,
        None => name,
    };
    NaiveDateTime::parse_from_str(stem, NAME_FORMAT).is_ok()
}

/// Snapshots sort by `as_of`; a second one at the same moment (`~2`) after the first.
fn sort_key(name: &str) -> (String, u32) {
    match name.split_once('~') {
        Some((stem, number)) => (stem.to_owned(), number.parse().unwrap_or(u32::MAX)),
        None => (name.to_owned(), 1),
    }
}

impl Draft {
    /// Where the tables are written.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes the manifest, gives the snapshot its name and makes it the latest.
    ///
    /// # Errors
    /// When a file cannot be written or renamed; the lake is then as it was.
    pub fn finish(mut self, manifest: &mut Manifest) -> Result<PathBuf, LakeError> {
        let io_error = |source| LakeError::Io {
            path: self.path.clone(),
            source,
        };
        let json = manifest.to_json()?;
        let file = self.path.join(MANIFEST);
        fs::write(&file, json).map_err(io_error)?;
        File::open(&file)
            .and_then(|f| f.sync_all())
            .map_err(io_error)?;
        let target = free_name(&self.root, manifest.as_of);
        fs::rename(&self.path, &target).map_err(io_error)?;
        if let Err(error) = self.make_known() {
            // Whoever hears that it failed finds no snapshot of it: the folder loses its name, and goes with this value.
            fs::rename(&target, &self.path).map_err(io_error)?;
            match Lake::at(&self.root).snapshots()?.last() {
                Some(name) => point_latest(&self.root, Path::new(name)).map_err(io_error)?,
                None => match fs::remove_file(self.root.join("latest")) {
                    Err(source) if source.kind() != io::ErrorKind::NotFound => {
                        return Err(io_error(source));
                    }
                    Ok(()) | Err(_) => {}
                },
            }
            return Err(error);
        }
        self.finished = true;
        Ok(target)
    }

    /// Makes the newest snapshot the latest, and the names in the folder survive a loss of power.
    fn make_known(&self) -> Result<(), LakeError> {
        let io_error = |source| LakeError::Io {
            path: self.path.clone(),
            source,
        };
        // An extract of a past moment is not the latest.
        if let Some(name) = Lake::at(&self.root).snapshots()?.last() {
            point_latest(&self.root, Path::new(name)).map_err(io_error)?;
        }
        File::open(&self.root)
            .and_then(|f| f.sync_all())
            .map_err(io_error)
    }

    /// Writes the manifest and takes the place of the snapshot of this name, which is then gone.
    ///
    /// # Errors
    /// When a file cannot be written or renamed; the snapshot of that name is then as it was.
    pub(super) fn replace(mut self, manifest: &mut Manifest, name: &str) -> Result<(), LakeError> {
        let io_error = |source| LakeError::Io {
            path: self.root.clone(),
            source,
        };
        let json = manifest.to_json()?;
        let file = self.path.join(MANIFEST);
        fs::write(&file, json).map_err(io_error)?;
        File::open(&file)
            .and_then(|f| f.sync_all())
            .map_err(io_error)?;
        let target = self.root.join(name);
        let aside = self.root.join(format!("{REPLACED}{name}"));
        fs::rename(&target, &aside).map_err(io_error)?;
        if let Err(source) = fs::rename(&self.path, &target) {
            fs::rename(&aside, &target).map_err(io_error)?;
            return Err(io_error(source));
        }
        fs::remove_dir_all(&aside).map_err(io_error)?;
        File::open(&self.root)
            .and_then(|f| f.sync_all())
            .map_err(io_error)?;
        self.finished = true;
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.finished {
            // Nothing more can be done about a folder that cannot be removed; the next writer tries again.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

fn free_name(root: &Path, as_of: DateTime<Utc>) -> PathBuf {
    let stem = as_of.format(NAME_FORMAT).to_string();
    let mut target = root.join(&stem);
    let mut number = 2;
    while target.exists() {
        target = root.join(format!("{stem}~{number}"));
        number += 1;
    }
    target
}

/// Replaces `latest` by rename, so that a reader never finds it missing.
#[cfg(unix)]
fn point_latest(root: &Path, name: &Path) -> io::Result<()> {
    let aside = root.join(".latest");
    match fs::remove_file(&aside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    std::os::unix::fs::symlink(name, &aside)?;
    fs::rename(aside, root.join("latest"))
}

/// Where links are not to be had, `latest` is a file that holds the name.
#[cfg(not(unix))]
fn point_latest(root: &Path, name: &Path) -> io::Result<()> {
    let aside = root.join(".latest");
    fs::write(&aside, name.to_string_lossy().as_bytes())?;
    fs::rename(aside, root.join("latest"))
}
