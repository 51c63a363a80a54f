//! Whether a snapshot is still what was written: every file against its hash.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::Path;

use super::derived::read_with_layers;
use super::manifest::{FileEntry, MANIFEST};
use super::store::LakeError;
use redress_plain::hex::hex;
use redress_plain::sha256::Sha256;

/// A file of a snapshot that does not match its manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub path: String,
    pub what: &'static str,
}

/// Compares every file of a snapshot with its manifest.
///
/// # Errors
/// When the manifest cannot be read; files that cannot be read are faults.
pub fn verify(snapshot: &Path) -> Result<Vec<Fault>, LakeError> {
    let (manifest, _) = read_with_layers(snapshot)?;
    let mut faults: Vec<Fault> = manifest
        .files
        .iter()
        .filter_map(|entry| fault_of(snapshot, entry))
        .collect();
    let known: BTreeSet<&str> = manifest.files.iter().map(|f| f.path.as_str()).collect();
    for path in files_below(snapshot, snapshot)? {
        if path != MANIFEST && !path.starts_with("derived/") && !known.contains(path.as_str()) {
            faults.push(Fault {
                path,
                what: "it is not in the manifest",
            });
        }
    }
    Ok(faults)
}

/// How a file differs from its entry in the manifest; `None` when it does not.
pub fn fault_of(snapshot: &Path, entry: &FileEntry) -> Option<Fault> {
    let what = match hash_file(&snapshot.join(&entry.path)) {
        Ok(hash) if hash == entry.sha256 => return None,
        Ok(_) => "its contents differ from the manifest",
        Err(error) if error.kind() == io::ErrorKind::NotFound => "it is missing",
        Err(_) => "it cannot be read",
    };
    Some(Fault {
        path: entry.path.clone(),
        what,
    })
}

/// The files below a folder, by their path from the snapshot, with `/`.
fn files_below(snapshot: &Path, folder: &Path) -> Result<Vec<String>, LakeError> {
    let failed = |source| LakeError::Io {
        path: folder.to_owned(),
        source,
    };
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() {
            found.extend(files_below(snapshot, &path)?);
        } else if let Ok(name) = path.strip_prefix(snapshot) {
            found.push(name.to_string_lossy().replace('\\', "/"));
        }
    }
    found.sort();
    Ok(found)
}

fn hash_file(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = io::Read::read(&mut file, &mut buffer)?;
        if read == 0 {
            return Ok(hex(&hash.finish()));
        }
        hash.update(&buffer[..read]);
    }
}
