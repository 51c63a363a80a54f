//! The place of a pack: what may lie there, and how it gets there. It is written aside and appears by one rename, so that
//! whatever fails, no half pack is seen and a former one stands.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use redress_plain::place::unnamed;

use super::aside::{self, Aside};
use super::{MANIFEST, PAGE, PackError};

/// The name of a pack that is being replaced begins so, and goes on with its own.
const FORMER: &str = ".former-";

/// Whether a pack could be put there: asked before the work, so that nobody waits for a refusal.
///
/// # Errors
/// When something lies there that is not to be replaced, or nothing can be written.
pub fn look(target: &Path, force: bool) -> Result<(), PackError> {
    settle(target)?;
    check_target(target, force)?;
    let parent = parent_of(target);
    aside::sweep(parent);
    // What is not there yet is made with the pack.
    let there = parent
        .ancestors()
        .find(|folder| fs::symlink_metadata(or_here(folder)).is_ok());
    let there = or_here(there.unwrap_or_else(|| Path::new("")));
    Aside::make(there)
        .map_err(|e| unwritten(target, there)(unnamed(e)))
        .map(drop)
}

/// Puts a pack there, replacing a former one; `files` are paths within it, with `/`, and their bytes.
pub(super) fn put(target: &Path, files: &[(String, Vec<u8>)]) -> Result<(), PackError> {
    let parent = parent_of(target);
    fs::create_dir_all(parent).map_err(unwritten(target, parent))?;
    // Removed with this value when anything fails before the rename.
    let aside = Aside::make(parent).map_err(|e| unwritten(target, parent)(unnamed(e)))?;
    for (name, bytes) in files {
        whole_file(&aside.path().join(name), bytes).map_err(unwritten(target, Path::new(name)))?;
    }
    readable(aside.path()).map_err(unwritten(target, parent))?;
    // The former pack steps aside first and goes last, so that no moment is without one for long and
    // none is lost when the new one cannot take its place.
    let former = former_of(target);
    let replaces = target.exists();
    if replaces {
        fs::rename(target, &former).map_err(unwritten(target, target))?;
    }
    if let Err(source) = fs::rename(aside.path(), target) {
        if replaces {
            fs::rename(&former, target).map_err(unwritten(target, target))?;
        }
        return Err(unwritten(target, target)(source));
    }
    aside.keep();
    match replaces {
        true => remove_former(&former),
        false => Ok(()),
    }
}

/// Takes a former pack away: first out of its place, which a half-removed one would bar for the next replacement.
fn remove_former(former: &Path) -> Result<(), PackError> {
    let removed = || -> io::Result<()> {
        let away = Aside::make(parent_of(former))?;
        fs::rename(former, away.path().join(aside::FORMER))?;
        away.close()
    };
    removed().map_err(|source| PackError::Former {
        path: former.to_owned(),
        source,
    })
}

/// Where a pack stands while its successor takes its place.
fn former_of(target: &Path) -> PathBuf {
    let mut name = OsString::from(FORMER);
    name.push(target.file_name().unwrap_or_default());
    parent_of(target).join(name)
}

/// Ends what a process began that was killed while it replaced a pack: the former one goes back to an empty place, and
/// goes away where the new one stands.
fn settle(target: &Path) -> Result<(), PackError> {
    let former = former_of(target);
    // What is no pack of ours, whatever its name, is somebody else's.
    if fs::symlink_metadata(&former).is_err() || check_target(&former, true).is_err() {
        return Ok(());
    }
    match fs::symlink_metadata(target) {
        Ok(_) if target.join(MANIFEST).is_file() => remove_former(&former),
        Ok(_) => Ok(()),
        Err(_) => fs::rename(&former, target).map_err(unwritten(target, target)),
    }
}

fn parent_of(target: &Path) -> &Path {
    or_here(target.parent().unwrap_or_else(|| Path::new("")))
}

fn or_here(folder: &Path) -> &Path {
    match folder.as_os_str().is_empty() {
        true => Path::new("."),
        false => folder,
    }
}

/// Some file systems tell only then that there is no room.
fn whole_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// The error of a pack: what, where, why, and what helps.
fn unwritten<'a>(target: &'a Path, place: &'a Path) -> impl FnOnce(io::Error) -> PackError + 'a {
    move |source| PackError::Unwritten {
        target: target.to_owned(),
        place: place.to_owned(),
        advice: advice(source.kind()),
        source,
    }
}

/// What helps against a failure to write.
pub(crate) const fn advice(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            "make room there, or name another folder with --out"
        }
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            "allow writing there, or name another folder with --out"
        }
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists => {
            "a file lies where a folder is needed: name another folder with --out"
        }
        _ => "name another folder with --out",
    }
}

/// Refuses to replace anything but a pack: `--force` must never remove a folder of somebody else's.
fn check_target(target: &Path, force: bool) -> Result<(), PackError> {
    match fs::symlink_metadata(target) {
        Err(_) => return Ok(()),
        Ok(_) if !force => return Err(PackError::Exists(target.to_owned())),
        Ok(found) if !found.is_dir() => return Err(PackError::NotAPack(target.to_owned())),
        Ok(_) => {}
    }
    let manifest = fs::read_to_string(target.join(MANIFEST)).unwrap_or_default();
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap_or_default();
    let known = |path: &str| {
        manifest["files"]
            .as_array()
            .is_some_and(|files| files.iter().any(|f| f["path"] == path))
    };
    if !known(PAGE) {
        return Err(PackError::NotAPack(target.to_owned()));
    }
    // Nothing that the pack does not name is lost with it.
    for entry in fs::read_dir(target).map_err(|source| PackError::Unreadable {
        path: target.to_owned(),
        why: source.to_string(),
    })? {
        let name = entry
            .map(|e| e.file_name().to_string_lossy().into_owned())
            .unwrap_or_default();
        let folder = format!("{name}/");
        let ours = name == MANIFEST
            || manifest["files"].as_array().is_some_and(|files| {
                files
                    .iter()
                    .filter_map(|f| f["path"].as_str())
                    .any(|path| path == name || path.starts_with(&folder))
            });
        if !ours {
            return Err(PackError::NotAPack(target.to_owned()));
        }
    }
    Ok(())
}

/// A temporary folder is private; a pack is read by others.
#[cfg(unix)]
fn readable(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn readable(_folder: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pack() -> Vec<(String, Vec<u8>)> {
        let manifest = format!(r#"{{"files": [{{"path": "{PAGE}"}}]}}"#);
        vec![
            (PAGE.to_owned(), b"page".to_vec()),
            (MANIFEST.to_owned(), manifest.into_bytes()),
        ]
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("a folder");
        let name = |entry: io::Result<fs::DirEntry>| {
            let name = entry.expect("an entry").file_name();
            name.to_string_lossy().into_owned()
        };
        let mut names: Vec<String> = entries.map(name).collect();
        names.sort();
        names
    }

    #[test]
    fn looking_leaves_nothing_behind() {
        let folder = tempfile::tempdir().expect("a folder");
        let target = folder.path().join("not/there/yet");
        look(&target, false).expect("a place");
        assert_eq!(names(folder.path()), [""; 0]);
        put(&target, &pack()).expect("a pack");
        assert!(matches!(look(&target, false), Err(PackError::Exists(_))));
        look(&target, true).expect("a place");
        assert_eq!(names(&folder.path().join("not/there")), ["yet"]);
    }

    #[test]
    fn a_pack_whose_replacement_was_broken_off_is_put_back_or_goes() {
        let folder = tempfile::tempdir().expect("a folder");
        let target = folder.path().join("pack");
        put(&target, &pack()).expect("a pack");
        // As after a kill between the two renames.
        fs::rename(&target, folder.path().join(".former-pack")).expect("it steps aside");
        look(&target, true).expect("a place");
        assert_eq!(names(folder.path()), ["pack"]);
        assert_eq!(fs::read(target.join(PAGE)).expect("the page"), b"page");
        // As after a kill before the former one was removed.
        put(&folder.path().join(".former-pack"), &pack()).expect("a pack");
        look(&target, true).expect("a place");
        assert_eq!(names(folder.path()), ["pack"]);
        // A folder of that name that is no pack is somebody else's.
        fs::create_dir(folder.path().join(".former-pack")).expect("a folder");
        look(&target, true).expect("a place");
        assert_eq!(names(folder.path()), [".former-pack", "pack"]);
    }

    #[test]
    fn a_build_clears_what_a_killed_one_left_beside_its_place() {
        let folder = tempfile::tempdir().expect("a folder");
        let left = folder.path().join(".writing-killed");
        fs::create_dir_all(left.join("charts")).expect("a folder");
        fs::write(left.join(PAGE), "half").expect("a file");
        look(&folder.path().join("pack"), false).expect("a place");
        assert_eq!(names(folder.path()), [""; 0]);
    }

    #[test]
    fn a_file_in_the_way_is_named_with_what_helps() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("notes"), "words").expect("a file");
        for target in ["notes/pack", "notes/deep/pack"] {
            let target = folder.path().join(target);
            let both = [look(&target, false), put(&target, &pack())];
            for said in both.map(|outcome| outcome.expect_err("refused").to_string()) {
                assert!(said.starts_with(&target.display().to_string()), "{said}");
                assert!(said.contains("--out"), "{said}");
            }
        }
        assert_eq!(names(folder.path()), ["notes"]);
    }

    #[test]
    fn a_pack_that_fails_half_way_leaves_the_former_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let target = folder.path().join("pack");
        put(&target, &pack()).expect("a pack");
        // A folder's name cannot be a file's too.
        let mut broken = pack();
        broken.push((format!("{PAGE}/inside"), Vec::new()));
        let said = put(&target, &broken).expect_err("refused").to_string();
        assert!(said.contains(&format!("{PAGE}/inside")), "{said}");
        assert_eq!(names(folder.path()), ["pack"]);
        assert_eq!(fs::read(target.join(PAGE)).expect("the page"), b"page");
    }
}
