//! Whether the files of a store stayed as they were while they were read.
//!
//! Files have no transaction: an export that is being written, or that is replaced between two of its files, would give a
//! state that never was.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::StagingError;

/// Files with what they looked like before they were read.
#[derive(Debug)]
pub(super) struct Watched(Vec<(PathBuf, Option<Look>)>);

/// What a file looks like from outside.
#[derive(Debug, PartialEq, Eq)]
struct Look {
    bytes: u64,
    changed_at: Option<SystemTime>,
    /// A file that took the place of another one is another one, also of the same size and time.
    number: u64,
}

impl Watched {
    /// Looks at files; one that is not there is watched as well.
    pub(super) fn of(paths: impl IntoIterator<Item = PathBuf>) -> Self {
        let looks = paths.into_iter().map(|path| {
            let look = Look::at(&path);
            (path, look)
        });
        Watched(looks.collect())
    }

    /// Looks again.
    ///
    /// # Errors
    /// For the first file that changed, came or went.
    pub(super) fn check(&self) -> Result<(), StagingError> {
        match self.0.iter().find(|(path, look)| Look::at(path) != *look) {
            None => Ok(()),
            Some((path, _)) => Err(StagingError::Changed { path: path.clone() }),
        }
    }
}

impl Look {
    fn at(path: &Path) -> Option<Look> {
        let found = std::fs::metadata(path).ok()?;
        Some(Look {
            bytes: found.len(),
            changed_at: found.modified().ok(),
            number: number(&found),
        })
    }
}

#[cfg(unix)]
fn number(found: &std::fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(found)
}

#[cfg(not(unix))]
const fn number(_: &std::fs::Metadata) -> u64 {
    0
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_file_that_grew_went_came_or_was_replaced_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let [a, b] = ["a.csv", "b.csv"].map(|name| folder.path().join(name));
        fs::write(&a, "id\n1\n").unwrap();
        let watch = || Watched::of([a.clone(), b.clone()]);
        let said = |watched: &Watched| watched.check().map_err(|error| error.to_string());

        let watched = watch();
        assert_eq!(said(&watched), Ok(()));
        fs::write(&a, "id\n1\n2\n").unwrap();
        assert!(said(&watched).unwrap_err().contains("a.csv"));

        let watched = watch();
        fs::write(&b, "id\n").unwrap();
        assert!(said(&watched).unwrap_err().contains("b.csv"));

        let watched = watch();
        fs::remove_file(&b).unwrap();
        assert!(said(&watched).unwrap_err().contains("b.csv"));

        // The same bytes under the same name, in another file.
        let watched = watch();
        let other = folder.path().join("other.csv");
        fs::copy(&a, &other).unwrap();
        let before = fs::metadata(&a).unwrap().modified().unwrap();
        fs::File::options()
            .write(true)
            .open(&other)
            .unwrap()
            .set_modified(before)
            .unwrap();
        fs::rename(&other, &a).unwrap();
        assert_eq!(said(&watched).is_err(), cfg!(unix));
    }
}
