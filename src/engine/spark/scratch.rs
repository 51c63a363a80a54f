//! The folder of a Spark run: private, gone with the answers, and swept up later where a run was killed.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;

use super::SparkError;

/// Prefix of the folders' names; a reader of the lake passes over names with a leading dot.
const PREFIX: &str = ".redress-spark-";

/// The file within, locked while its run lives.
const LOCK: &str = ".lock";

/// A folder younger than this is left alone, since its run may not have locked it yet.
const SETTLING: Duration = Duration::from_secs(600);

/// A run's folder; removed when dropped.
#[derive(Debug)]
pub(super) struct Scratch {
    folder: TempDir,
    _lock: File,
}

impl Scratch {
    /// Makes a folder, and removes those of runs that were killed.
    pub(super) fn make(parent: &Path) -> Result<Scratch, SparkError> {
        let failed = |source| SparkError::Io {
            path: parent.to_owned(),
            source,
        };
        fs::create_dir_all(parent).map_err(failed)?;
        let parent = parent.canonicalize().map_err(failed)?;
        sweep(&parent).map_err(failed)?;
        let folder = tempfile::Builder::new()
            .prefix(PREFIX)
            .tempdir_in(&parent)
            .map_err(failed)?;
        let lock = File::create(folder.path().join(LOCK)).map_err(failed)?;
        lock.lock().map_err(failed)?;
        Ok(Scratch {
            folder,
            _lock: lock,
        })
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Removes what killed runs left: their locks went with their processes.
fn sweep(parent: &Path) -> io::Result<()> {
    for entry in fs::read_dir(parent)? {
        let entry = entry?;
        if !entry.file_name().to_string_lossy().starts_with(PREFIX) {
            continue;
        }
        let age = entry
            .metadata()
            .and_then(|m| m.modified())
            .ok()
            .and_then(|at| at.elapsed().ok());
        let lock = File::open(entry.path().join(LOCK));
        let abandoned = lock.is_ok_and(|lock| lock.try_lock().is_ok());
        if abandoned && age.is_some_and(|age| age > SETTLING) {
            // Somebody else's folder, or one that another run is sweeping, is not ours to insist on.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    /// A folder as a killed run leaves it, last written so many seconds ago.
    fn left_behind(parent: &Path, name: &str, seconds: u64) -> std::path::PathBuf {
        let folder = parent.join(format!("{PREFIX}{name}"));
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join(LOCK), "").unwrap();
        let then = SystemTime::now() - Duration::from_secs(seconds);
        File::open(&folder).unwrap().set_modified(then).unwrap();
        folder
    }

    #[test]
    fn a_folder_goes_with_its_run() {
        let parent = tempfile::tempdir().unwrap();
        let scratch = Scratch::make(parent.path()).unwrap();
        let path = scratch.path().to_owned();
        assert!(path.is_dir());
        drop(scratch);
        assert!(!path.exists());
    }

    #[test]
    fn what_a_killed_run_left_is_swept_up_and_a_living_one_is_not() {
        let parent = tempfile::tempdir().unwrap();
        let dead = left_behind(parent.path(), "dead", 3600);
        let young = left_behind(parent.path(), "young", 5);
        let living = left_behind(parent.path(), "living", 3600);
        let held = File::open(living.join(LOCK)).unwrap();
        held.lock().unwrap();
        let other = parent.path().join("somebody-else");
        fs::create_dir(&other).unwrap();
        let _scratch = Scratch::make(parent.path()).unwrap();
        assert!(!dead.exists());
        assert!(young.exists() && living.exists() && other.exists());
    }
}
