//! The hidden folder in which a pack is written until it has its name: locked while its build lives, and swept up by a
//! later build where that was killed.

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind};
use std::path::Path;

use tempfile::TempDir;

use super::{CASES, MANIFEST, PAGE};

/// The names of these folders begin so.
const PREFIX: &str = ".writing-";

/// What can lie in such a folder: the parts of a pack, and a former one that is going.
const PARTS: [&str; 10] = [
    PAGE,
    MANIFEST,
    CASES,
    "model.json",
    "review.xlsx",
    "minutes.docx",
    "charts",
    "tables",
    "exceptions",
    FORMER,
];

/// A former pack within such a folder, while it is removed.
pub(super) const FORMER: &str = "former";

/// A folder of this build; removed when dropped.
#[derive(Debug)]
pub(super) struct Aside {
    folder: TempDir,
    /// Goes with the process. None where folders cannot be locked: there nothing is swept up either.
    _lock: Option<File>,
}

impl Aside {
    pub(super) fn make(parent: &Path) -> io::Result<Aside> {
        loop {
            let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(parent)?;
            let lock = match File::open(folder.path()) {
                Ok(open) => match open.try_lock() {
                    Ok(()) => Some(open),
                    // Another build took it for one that was left.
                    Err(TryLockError::WouldBlock) => continue,
                    Err(TryLockError::Error(_)) => None,
                },
                Err(e) if e.kind() == ErrorKind::NotFound => continue,
                Err(_) => None,
            };
            if folder.path().exists() {
                return Ok(Aside {
                    folder,
                    _lock: lock,
                });
            }
        }
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Removes the folder now.
    pub(super) fn close(self) -> io::Result<()> {
        self.folder.close()
    }

    /// The folder has another name; there is nothing left to remove.
    pub(super) fn keep(self) {
        let _ = self.folder.keep();
    }
}

/// Removes what killed builds left in a folder: their locks went with them. What holds anything else is somebody else's.
pub(super) fn sweep(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let is_aside = entry.file_name().to_string_lossy().starts_with(PREFIX);
        if !is_aside || !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            continue;
        }
        let path = entry.path();
        let Ok(lock) = File::open(&path) else {
            continue;
        };
        if lock.try_lock().is_ok() && holds_parts(&path) {
            // What cannot be removed bars nobody's way.
            let _ = fs::remove_dir_all(&path);
        }
    }
}

fn holds_parts(folder: &Path) -> bool {
    let is_part = |entry: io::Result<fs::DirEntry>| {
        entry.is_ok_and(|entry| PARTS.iter().any(|part| entry.file_name() == **part))
    };
    fs::read_dir(folder).is_ok_and(|mut entries| entries.all(is_part))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder as a killed build leaves it.
    fn left(parent: &Path, name: &str, part: &str) -> std::path::PathBuf {
        let folder = parent.join(format!("{PREFIX}{name}"));
        fs::create_dir_all(folder.join("charts")).expect("a folder");
        fs::write(folder.join(part), "half").expect("a file");
        folder
    }

    #[test]
    fn what_a_killed_build_left_goes_and_a_living_ones_folder_stays() {
        let parent = tempfile::tempdir().expect("a folder");
        let dead = left(parent.path(), "dead", PAGE);
        let others = left(parent.path(), "others", "novel.txt");
        let living = Aside::make(parent.path()).expect("a folder");
        fs::write(living.path().join(PAGE), "half").expect("a file");
        sweep(parent.path());
        assert!(!dead.exists());
        assert!(others.join("novel.txt").exists());
        assert!(living.path().join(PAGE).exists());
        let path = living.path().to_owned();
        drop(living);
        assert!(!path.exists());
    }
}
