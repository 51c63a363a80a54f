//! The pack as a folder: the page, the spreadsheet, charts and tables as files, the cases behind them, the model, and a
//! manifest with a hash of each. It is written aside and appears by one rename.

mod aside;
pub mod difference;
pub(super) mod place;
pub mod verification;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::members::Members;
use super::model::ReviewModel;
use super::workbook::workbook;
use super::{ReviewError, charts, html, minutes_document};
use redress_domain::vocabulary::Language;
use redress_engine::counted::Counted;
use redress_engine::export::{ExportError, csv_bytes, parquet_bytes};
use redress_lake::derived::LayerManifest;
use redress_lake::manifest::{RulesUsed, is_understood};
use redress_plain::hex::hex;
use redress_plain::sha256;

pub use place::look;

/// The page and the manifest within a pack.
const PAGE: &str = "review.html";
pub(super) const MANIFEST: &str = "manifest.json";
/// The cases that the metrics counted.
const CASES: &str = "cases.parquet";

/// What the pack's manifest says of its origin: all that decides what is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    pub tool: String,
    pub period: String,
    /// The period that stands beside it.
    pub compared_with: String,
    pub language: Language,
    pub organisation: String,
    /// An edition for the public.
    #[serde(default)]
    pub public: bool,
    /// Why it may be published beside one that it overlaps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overlap_reason: Option<String>,
    pub currency: Option<String>,
    pub as_of: DateTime<Utc>,
    /// Name of the snapshot, and the digest of its manifest: which facts the figures rest on.
    pub snapshot: String,
    pub lake_digest: String,
    /// The layers that were read with them.
    pub layers: Vec<LayerRead>,
    pub mapping_sha256: String,
    pub rules: RulesUsed,
    /// SHA-256 of each metric's SQL with its header.
    pub definitions: BTreeMap<String, String>,
}

/// A layer that a pack read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerRead {
    pub kind: String,
    pub run: String,
    pub digest: String,
}

impl LayerRead {
    /// What a pack notes of the layers beside a snapshot's facts.
    pub fn of(layers: Vec<LayerManifest>) -> Vec<LayerRead> {
        let read = |layer: LayerManifest| LayerRead {
            kind: layer.kind,
            run: layer.run,
            digest: layer.digest,
        };
        layers.into_iter().map(read).collect()
    }
}

/// `manifest.json` of a pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackManifest {
    #[serde(flatten)]
    pub origin: Origin,
    pub files: Vec<PackFile>,
    /// SHA-256 of this document with this field empty.
    pub digest: String,
}

/// One file of a pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackFile {
    /// Path within the pack, with `/`.
    pub path: String,
    pub bytes: usize,
    pub sha256: String,
}

impl PackManifest {
    fn sealed_json(&mut self) -> Result<Vec<u8>, serde_json::Error> {
        self.digest.clear();
        self.digest = hex(&sha256::digest(serde_json::to_vec_pretty(self)?));
        serde_json::to_vec_pretty(self)
    }

    /// Reads the manifest of a pack.
    ///
    /// # Errors
    /// When it is not there, is none, or was altered.
    pub fn read(pack: &Path) -> Result<Self, PackError> {
        let path = pack.join(MANIFEST);
        let text = fs::read(&path).map_err(|_| PackError::NoPack(pack.to_owned()))?;
        let found: PackManifest =
            serde_json::from_slice(&text).map_err(|_| PackError::NoPack(pack.to_owned()))?;
        let mut again = found.clone();
        again.sealed_json()?;
        match again.digest == found.digest && is_understood(&text, &found)? {
            true => Ok(found),
            false => Err(PackError::Altered(path)),
        }
    }
}

/// Why a pack could not be written.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    #[error(transparent)]
    Review(#[from] ReviewError),
    #[error("the table {table}: {source}")]
    Table { table: String, source: ExportError },
    #[error("the model cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("{0}: exists already; choose another --out or add --force")]
    Exists(PathBuf),
    #[error(
        "{0}: is not a review pack, so it is not replaced even with --force; choose another --out"
    )]
    NotAPack(PathBuf),
    #[error("{0}: is no review pack of this program: it has no manifest that can be read")]
    NoPack(PathBuf),
    #[error("{0}: was altered after it was written (its digest does not match)")]
    Altered(PathBuf),
    #[error("{target}: the pack was not written ({place}: {source}); {advice}")]
    Unwritten {
        target: PathBuf,
        /// A folder, or a file within the pack.
        place: PathBuf,
        source: io::Error,
        advice: &'static str,
    },
    #[error("{path}: the new pack is in its place, but the former one cannot be removed: {source}")]
    Former { path: PathBuf, source: io::Error },
    #[error("{path}: cannot be read: {why}")]
    Unreadable { path: PathBuf, why: String },
}

/// Everything that goes into a pack.
#[derive(Debug)]
pub struct Contents<'a> {
    pub model: &'a ReviewModel,
    /// The metrics as counted.
    pub tables: &'a [(String, Counted)],
    /// What was missed, is late, was not delivered or told, and failed: a list each.
    pub exceptions: &'a [(String, Counted)],
    /// The cases that each metric counted.
    pub members: &'a Members,
    pub origin: &'a Origin,
}

/// Writes the pack to a new folder; with `force` an existing one is replaced.
///
/// # Errors
/// When the folder exists and is not to be replaced, or a part cannot be made or written.
pub fn write(target: &Path, contents: &Contents<'_>, force: bool) -> Result<(), PackError> {
    let Contents {
        model,
        tables,
        exceptions,
        members,
        origin,
    } = *contents;
    place::look(target, force)?;
    let mut files: Vec<(String, Vec<u8>)> = vec![
        (PAGE.to_owned(), html::render(model)?.into_bytes()),
        ("model.json".to_owned(), serde_json::to_vec_pretty(model)?),
    ];
    let public = origin.public;
    for chart in charts::files(model)? {
        files.push((format!("charts/{}", chart.name), chart.bytes));
    }
    for (name, table) in tables {
        let bytes = csv_bytes(table).map_err(not_made(name))?;
        files.push((format!("tables/{name}.csv"), bytes));
        let bytes = parquet_bytes(table).map_err(not_made(name))?;
        files.push((format!("tables/{name}.parquet"), bytes));
    }
    for (name, table) in exceptions {
        let bytes = csv_bytes(table).map_err(not_made(name))?;
        files.push((format!("exceptions/{name}.csv"), bytes));
    }
    let book = workbook(model, tables).map_err(ReviewError::from)?;
    files.push(("review.xlsx".to_owned(), book));
    if !public {
        let document = minutes_document::document(model)?;
        files.push(("minutes.docx".to_owned(), document));
        let cases = members.parquet().map_err(not_made("cases"))?;
        files.push((CASES.to_owned(), cases));
    }
    let mut manifest = PackManifest {
        origin: origin.clone(),
        files: files
            .iter()
            .map(|(path, bytes)| PackFile {
                path: path.clone(),
                bytes: bytes.len(),
                sha256: hex(&sha256::digest(bytes)),
            })
            .collect(),
        digest: String::new(),
    };
    files.push((MANIFEST.to_owned(), manifest.sealed_json()?));
    place::put(target, &files)
}

/// The error of a table that cannot be made.
fn not_made(table: &str) -> impl FnOnce(ExportError) -> PackError + '_ {
    |source| PackError::Table {
        table: table.to_owned(),
        source,
    }
}
