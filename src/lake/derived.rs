//! Layers that are computed from a snapshot's facts and lie beside them: `derived/<kind>/<run>/`.
//!
//! A layer is complete and immutable like the facts; it appears by one rename and names the facts that it was
//! made from. The newest layer of a kind is the one that queries see.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::manifest::{FileEntry, MANIFEST, Manifest, ManifestError, is_understood};
use super::store::LakeError;
use redress_plain::hex::hex;
use redress_plain::sha256;

/// Folder of the layers within a snapshot.
pub const FOLDER: &str = "derived";

/// Prefix of a layer that is being written; it is never data.
const UNFINISHED: &str = ".being-written-";

/// What a layer says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerManifest {
    /// `clusters`, …
    pub kind: String,
    /// Name of the run that made it; sorts by time.
    pub run: String,
    pub tool: String,
    pub made_at: DateTime<Utc>,
    /// Digest of the manifest of the facts that it was made from.
    pub facts_digest: String,
    /// What it was made with, in words: method, settings, figures of the run.
    pub settings: BTreeMap<String, String>,
    /// What a reader should know.
    pub notes: Vec<String>,
    pub rows: BTreeMap<String, u64>,
    /// Paths are within the layer's folder.
    pub files: Vec<FileEntry>,
    /// SHA-256 of this document with this field empty.
    pub digest: String,
}

impl LayerManifest {
    pub(super) fn sealed_json(&mut self) -> Result<String, serde_json::Error> {
        self.digest.clear();
        let bare = serde_json::to_string_pretty(self)?;
        self.digest = hex(&sha256::digest(bare.as_bytes()));
        serde_json::to_string_pretty(self)
    }

    fn read(folder: &Path) -> Result<Self, ManifestError> {
        let path = folder.join(MANIFEST);
        let text = fs::read_to_string(&path).map_err(|source| ManifestError::Unreadable {
            path: path.clone(),
            source,
        })?;
        let malformed = |source| ManifestError::Malformed {
            path: path.clone(),
            source,
        };
        let found: LayerManifest = serde_json::from_str(&text).map_err(malformed)?;
        let mut again = found.clone();
        again.sealed_json().map_err(malformed)?;
        let understood = is_understood(text.as_bytes(), &found).map_err(malformed)?;
        match again.digest == found.digest && understood {
            true => Ok(found),
            false => Err(ManifestError::Altered { path }),
        }
    }

    /// Path of the layer within its snapshot, with `/`.
    pub fn place(&self) -> String {
        format!("{FOLDER}/{}/{}", self.kind, self.run)
    }

    /// The layer's files with their paths from the snapshot.
    pub fn files_from_snapshot(&self) -> impl Iterator<Item = FileEntry> + '_ {
        let place = self.place();
        self.files.iter().map(move |file| FileEntry {
            path: format!("{place}/{}", file.path),
            ..file.clone()
        })
    }
}

/// A layer being written. Dropped unfinished, it leaves nothing behind.
#[derive(Debug)]
pub struct LayerDraft {
    folder: PathBuf,
    path: PathBuf,
    finished: bool,
}

impl LayerDraft {
    /// Begins a layer of a kind beside the facts of a snapshot; clears what killed writers left.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn begin(snapshot: &Path, kind: &str) -> Result<Self, LakeError> {
        let folder = snapshot.join(FOLDER).join(kind);
        let failed = |source| LakeError::Io {
            path: folder.clone(),
            source,
        };
        fs::create_dir_all(&folder).map_err(failed)?;
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
                fs::remove_dir_all(entry.path()).map_err(failed)?;
            }
        }
        let path = folder.join(format!("{UNFINISHED}{}", std::process::id()));
        fs::create_dir(&path).map_err(failed)?;
        Ok(LayerDraft {
            folder,
            path,
            finished: false,
        })
    }

    /// Where the layer's tables are written.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes the manifest and gives the layer its name: that of the run, or with `~2` where it is taken.
    ///
    /// # Errors
    /// When a file cannot be written or renamed; the layer is then not there.
    pub fn finish(mut self, manifest: &mut LayerManifest) -> Result<PathBuf, LakeError> {
        let failed = |source| LakeError::Io {
            path: self.path.clone(),
            source,
        };
        let stem = manifest.run.clone();
        let mut number = 2;
        while self.folder.join(&manifest.run).exists() {
            manifest.run = format!("{stem}~{number}");
            number += 1;
        }
        manifest.files.sort_by(|a, b| a.path.cmp(&b.path));
        manifest.rows.clear();
        for file in &manifest.files {
            *manifest.rows.entry(file.table.clone()).or_default() += file.rows;
        }
        let file = self.path.join(MANIFEST);
        fs::write(&file, manifest.sealed_json()?).map_err(failed)?;
        sync(&file).map_err(failed)?;
        let target = self.folder.join(&manifest.run);
        fs::rename(&self.path, &target).map_err(failed)?;
        self.finished = true;
        sync(&self.folder).map_err(failed)?;
        Ok(target)
    }
}

impl Drop for LayerDraft {
    fn drop(&mut self) {
        if !self.finished {
            // Nothing more can be done about a folder that cannot be removed; the next writer tries again.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

fn sync(path: &Path) -> io::Result<()> {
    File::open(path).and_then(|file| file.sync_all())
}

/// The newest layer of each kind beside a snapshot's facts.
///
/// # Errors
/// When one is malformed, altered, or made from other facts.
pub fn layers(snapshot: &Path, facts: &Manifest) -> Result<Vec<LayerManifest>, ManifestError> {
    let mut found = Vec::new();
    for kind in names(&snapshot.join(FOLDER))? {
        let folder = snapshot.join(FOLDER).join(&kind);
        let newest = names(&folder)?
            .into_iter()
            .filter(|run| !run.starts_with('.') && folder.join(run).join(MANIFEST).is_file())
            .max_by_key(|run| order(run));
        let Some(newest) = newest else { continue };
        let layer = LayerManifest::read(&folder.join(&newest))?;
        let path = folder.join(&newest).join(MANIFEST);
        if layer.kind != kind || layer.run != newest {
            return Err(ManifestError::Altered { path });
        }
        if layer.facts_digest != facts.digest {
            return Err(ManifestError::OtherFacts { path });
        }
        found.push(layer);
    }
    Ok(found)
}

/// All layers beside a snapshot's facts, those that newer ones replaced too.
///
/// # Errors
/// When one is malformed or altered.
pub(super) fn all(snapshot: &Path) -> Result<Vec<LayerManifest>, ManifestError> {
    let mut found = Vec::new();
    for kind in names(&snapshot.join(FOLDER))? {
        let folder = snapshot.join(FOLDER).join(&kind);
        for run in names(&folder)? {
            let place = folder.join(&run);
            if !run.starts_with('.') && place.join(MANIFEST).is_file() {
                found.push(LayerManifest::read(&place)?);
            }
        }
    }
    Ok(found)
}

/// A snapshot's manifest with the files and rows of its newest layers, and those layers.
///
/// # Errors
/// As [`Manifest::read`] and [`layers`].
pub fn read_with_layers(snapshot: &Path) -> Result<(Manifest, Vec<LayerManifest>), ManifestError> {
    let mut manifest = Manifest::read(snapshot)?;
    let layers = layers(snapshot, &manifest)?;
    for layer in &layers {
        manifest.files.extend(layer.files_from_snapshot());
        for (table, rows) in &layer.rows {
            *manifest.rows.entry(table.clone()).or_default() += rows;
        }
    }
    Ok((manifest, layers))
}

/// Runs sort by name; a second one of the same moment (`~2`, `~10`) after the first.
fn order(run: &str) -> (String, u32) {
    match run.split_once('~') {
        Some((stem, number)) => (stem.to_owned(), number.parse().unwrap_or(0)),
        None => (run.to_owned(), 1),
    }
}

/// Names of the folders in a folder, sorted; none where it does not exist.
fn names(folder: &Path) -> Result<Vec<String>, ManifestError> {
    let failed = |source| ManifestError::Unreadable {
        path: folder.to_owned(),
        source,
    };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(failed)?;
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}
