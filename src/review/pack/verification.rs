//! Whether a pack is still what was written, and whether the same data give it again.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Serialize;

use super::{MANIFEST, PackError, PackFile, PackManifest};
use redress_plain::hex::hex;
use redress_plain::sha256;

/// What is wrong with a file of a pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// Other bytes than were written.
    Altered,
    /// Not there any more.
    Missing,
    /// Not of the pack.
    Further,
    /// The same data give other bytes.
    ComputedOtherwise,
}

/// A file at fault.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct FileFault {
    pub path: String,
    pub fault: Fault,
}

/// Compares every file with the hash that the manifest has of it, by path.
///
/// # Errors
/// When the folder or a file cannot be read.
pub fn files(pack: &Path, manifest: &PackManifest) -> Result<Vec<FileFault>, PackError> {
    let mut faults = Vec::new();
    let mut left = BTreeMap::new();
    list(pack, "", &mut left)?;
    for file in &manifest.files {
        let fault = match left.remove(&file.path) {
            None => Some(Fault::Missing),
            Some(sha256) if sha256 != file.sha256 => Some(Fault::Altered),
            Some(_) => None,
        };
        faults.extend(fault.map(|fault| FileFault {
            path: file.path.clone(),
            fault,
        }));
    }
    left.remove(MANIFEST);
    faults.extend(left.into_keys().map(|path| FileFault {
        path,
        fault: Fault::Further,
    }));
    faults.sort();
    Ok(faults)
}

/// Files whose bytes differ between a pack and the one that the same data give now; the manifest, where it tells of
/// another origin than the data have.
pub fn recomputed(pack: &PackManifest, again: &PackManifest) -> Vec<FileFault> {
    let hashes = |files: &[PackFile]| -> BTreeMap<String, String> {
        let pair = |file: &PackFile| (file.path.clone(), file.sha256.clone());
        files.iter().map(pair).collect()
    };
    let (before, now) = (hashes(&pack.files), hashes(&again.files));
    let mut faults: Vec<FileFault> = before
        .keys()
        .chain(now.keys())
        .filter(|path| before.get(*path) != now.get(*path))
        .map(|path| FileFault {
            path: path.clone(),
            fault: Fault::ComputedOtherwise,
        })
        .collect();
    if pack.origin != again.origin {
        faults.push(FileFault {
            path: MANIFEST.to_owned(),
            fault: Fault::ComputedOtherwise,
        });
    }
    faults.sort();
    faults.dedup();
    faults
}

/// Paths below a folder with the hash of each file.
fn list(pack: &Path, below: &str, found: &mut BTreeMap<String, String>) -> Result<(), PackError> {
    let folder = pack.join(below);
    let failed = |path: &Path, why: std::io::Error| PackError::Unreadable {
        path: path.to_owned(),
        why: why.to_string(),
    };
    for entry in fs::read_dir(&folder).map_err(|e| failed(&folder, e))? {
        let entry = entry.map_err(|e| failed(&folder, e))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = match below {
            "" => name,
            below => format!("{below}/{name}"),
        };
        let kind = entry.file_type().map_err(|e| failed(&entry.path(), e))?;
        if kind.is_dir() {
            list(pack, &path, found)?;
        } else {
            let bytes = fs::read(entry.path()).map_err(|e| failed(&entry.path(), e))?;
            found.insert(path, hex(&sha256::digest(&bytes)));
        }
    }
    Ok(())
}
