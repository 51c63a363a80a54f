//! Erasing: what some cases say goes out of every snapshot that has it.
//!
//! No file of a snapshot is changed in place: others may share it by a link. A snapshot with such a text is made again
//! beside itself, with links to all that stays as it is; its manifest says what was taken out and when, and the new one
//! takes the old one's place by rename. The words by which a search described the clusters of these cases stay only where
//! the text of somebody else has them.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use arrow::array::{AsArray, BooleanArray, PrimitiveArray};
use arrow::compute::filter_record_batch;
use arrow::datatypes::Int64Type;
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use chrono::{DateTime, Utc};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::errors::ParquetError;

use self::words::Words;
use super::decoding::batches;
use super::derived::{self, LayerManifest};
use super::error::WriteError;
use super::file::{BATCH_ROWS, ColumnEncoder, GROUP_ROWS, TableFile};
use super::manifest::{ErasureNote, FileEntry, MANIFEST, Manifest, ManifestError};
use super::reader::{ReadError, read_table};
use super::store::{Lake, LakeError};
use super::table::{Rows as _, TableSpec};
use super::tables::{ClusterColumns, ClusterMemberColumns, NarrativeColumns};

mod words;

/// The mapping of the bundled register, whose cases are meant.
const MAPPING: &str = "redress";
/// The layer with the words of the clusters.
const CLUSTERS: &str = "clusters";
/// Where the search for what comes again keeps the words of all texts; without it the next search is a full one.
const SEARCH_STATE: &str = ".clusters";

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LakeErasure {
    /// The snapshots that had something of the cases, and have it no more.
    pub snapshots: Vec<String>,
    /// Texts that were taken out of them.
    pub texts: u64,
    /// Snapshots that this program cannot read: of another version, or damaged.
    pub unreadable: Vec<String>,
}

/// Why the lake still has something of the cases.
#[derive(Debug, thiserror::Error)]
pub enum LakeErasureError {
    #[error(transparent)]
    Lake(#[from] LakeError),
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error("{path}: cannot be rewritten: {source}")]
    Parquet { path: PathBuf, source: ParquetError },
    #[error("{path}: {source}")]
    Io { path: PathBuf, source: io::Error },
}

type Result<T> = std::result::Result<T, LakeErasureError>;

/// Takes the texts of cases, by their numbers, out of all snapshots. A second time there is nothing to do.
///
/// # Errors
/// When another writer is at work, or a snapshot cannot be read or written; those before it are done, and a second try
/// does the rest.
pub fn erase(lake: &Lake, numbers: &BTreeSet<String>, now: DateTime<Utc>) -> Result<LakeErasure> {
    let mut done = LakeErasure::default();
    forget_search(lake)?;
    for name in lake.snapshots()? {
        let folder = lake.root().join(&name);
        let Ok(manifest) = Manifest::read(&folder) else {
            done.unreadable.push(name);
            continue;
        };
        if manifest.mapping != MAPPING {
            continue;
        }
        let found = Found::in_snapshot(&folder, &manifest, numbers)?;
        if found.is_nothing() {
            continue;
        }
        done.texts += found.rewrite(lake, &name, manifest, now)?;
        done.snapshots.push(name);
    }
    Ok(done)
}

fn forget_search(lake: &Lake) -> Result<()> {
    let folder = lake.root().join(SEARCH_STATE);
    match fs::remove_dir_all(&folder) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => Err(LakeErasureError::Io {
            path: folder,
            source,
        }),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// What a snapshot has of the cases.
struct Found {
    folder: PathBuf,
    keys: BTreeSet<i64>,
    /// Files with a text of theirs.
    texts: Vec<FileEntry>,
    /// Layers whose clusters are described by words of theirs alone, with the words that may stay.
    layers: Vec<(LayerManifest, Words)>,
}

impl Found {
    fn in_snapshot(
        folder: &Path,
        manifest: &Manifest,
        numbers: &BTreeSet<String>,
    ) -> Result<Found> {
        let mut found = Found {
            folder: folder.to_owned(),
            keys: BTreeSet::new(),
            texts: Vec::new(),
            layers: Vec::new(),
        };
        let columns = ["case_key", "case_id"];
        read_table(folder, &manifest.files, "cases", &columns, |rows| {
            let keys = rows.integers("case_key")?;
            for (key, number) in keys.into_iter().zip(rows.texts("case_id")?) {
                if let (Some(key), Some(number)) = (key, number)
                    && numbers.contains(number)
                {
                    found.keys.insert(key);
                }
            }
            Ok(())
        })?;
        if found.keys.is_empty() {
            return Ok(found);
        }
        let narratives = NarrativeColumns::TABLE.name;
        for entry in manifest.files.iter().filter(|f| f.table == narratives) {
            if found.stands_in(folder, entry)? {
                found.texts.push(entry.clone());
            }
        }
        for layer in derived::all(folder)? {
            if layer.kind != CLUSTERS {
                continue;
            }
            let words = Words::left(folder, manifest, &layer, &found.keys)?;
            if words.lose_something(&folder.join(layer.place()), &layer)? {
                found.layers.push((layer, words));
            }
        }
        Ok(found)
    }

    fn stands_in(&self, folder: &Path, entry: &FileEntry) -> Result<bool> {
        let mut stands = false;
        let entries = std::slice::from_ref(entry);
        read_table(folder, entries, &entry.table, &["case_key"], |rows| {
            let keys = rows.integers("case_key")?;
            stands |= keys
                .into_iter()
                .flatten()
                .any(|key| self.keys.contains(&key));
            Ok(())
        })?;
        Ok(stands)
    }

    fn is_nothing(&self) -> bool {
        self.texts.is_empty() && self.layers.is_empty()
    }

    /// Makes the snapshot again without it; answers how many texts went.
    fn rewrite(
        &self,
        lake: &Lake,
        name: &str,
        mut manifest: Manifest,
        now: DateTime<Utc>,
    ) -> Result<u64> {
        let draft = lake.begin()?;
        let mut gone = 0;
        for old in &self.texts {
            let new = rewritten(
                &self.folder,
                draft.path(),
                NarrativeColumns::TABLE,
                old,
                |rows| self.without_texts(rows),
            )?;
            gone += old.rows.saturating_sub(new.rows);
            put_entry(&mut manifest.files, new);
        }
        if let Some(rows) = manifest.rows.get_mut(NarrativeColumns::TABLE.name) {
            *rows = rows.saturating_sub(gone);
        }
        manifest.erasures.push(ErasureNote {
            erased_at: now,
            cases: self.keys.len() as u64,
            texts: gone,
        });
        let before = manifest.digest.clone();
        manifest.to_json().map_err(LakeError::from)?;
        for mut layer in derived::all(&self.folder)? {
            let words = self.layers.iter().find(|(known, _)| *known == layer);
            if let Some((_, words)) = words {
                self.rewrite_clusters(draft.path(), &mut layer, words)?;
                let cases = self.keys.len();
                layer
                    .notes
                    .push(format!("words of {cases} case(s) were erased at {now}"));
            }
            // One that was made from other facts than these stays what it is.
            if layer.facts_digest == before {
                layer.facts_digest.clone_from(&manifest.digest);
            }
            let file = draft.path().join(layer.place()).join(MANIFEST);
            let json = layer.sealed_json().map_err(LakeError::from)?;
            write(&file, json.as_bytes())?;
        }
        link_rest(&self.folder, draft.path())?;
        draft.replace(&mut manifest, name)?;
        Ok(gone)
    }

    fn without_texts(&self, rows: &RecordBatch) -> std::result::Result<RecordBatch, ArrowError> {
        let keep: BooleanArray = keys_of(rows)?
            .iter()
            .map(|key| Some(key.is_none_or(|key| !self.keys.contains(&key))))
            .collect();
        filter_record_batch(rows, &keep)
    }

    /// Takes the words out of a layer that only these cases had.
    fn rewrite_clusters(
        &self,
        draft: &Path,
        layer: &mut LayerManifest,
        words: &Words,
    ) -> Result<()> {
        let from = self.folder.join(layer.place());
        let to = draft.join(layer.place());
        for old in layer.files.clone() {
            let new = if old.table == ClusterColumns::TABLE.name {
                rewritten(&from, &to, ClusterColumns::TABLE, &old, |rows| {
                    words.labels(rows)
                })?
            } else if old.table == ClusterMemberColumns::TABLE.name {
                rewritten(&from, &to, ClusterMemberColumns::TABLE, &old, |rows| {
                    words.shared_terms(rows, keys_of(rows)?)
                })?
            } else {
                continue;
            };
            put_entry(&mut layer.files, new);
        }
        Ok(())
    }
}

fn keys_of(rows: &RecordBatch) -> std::result::Result<&PrimitiveArray<Int64Type>, ArrowError> {
    rows.column_by_name("case_key")
        .and_then(|column| column.as_primitive_opt::<Int64Type>())
        .ok_or_else(|| ArrowError::SchemaError("`case_key` is no whole number".to_owned()))
}

/// Writes a table's file again, with its rows as `edit` makes them.
fn rewritten(
    from: &Path,
    to: &Path,
    table: TableSpec,
    old: &FileEntry,
    edit: impl Fn(&RecordBatch) -> std::result::Result<RecordBatch, ArrowError>,
) -> Result<FileEntry> {
    let path = from.join(&old.path);
    let failed = |source| LakeErasureError::Parquet {
        path: path.clone(),
        source,
    };
    let file = File::open(&path).map_err(|source| LakeErasureError::Io {
        path: path.clone(),
        source,
    })?;
    let batches = batches(|| {
        let builder = ParquetRecordBatchReaderBuilder::try_new(file)?;
        Ok(builder.with_batch_size(BATCH_ROWS))
    });
    let batches = batches.map_err(failed)?;
    let mut group = Group {
        file: TableFile::create(to, table, month_of(&old.path))?,
        encoders: Vec::new(),
        rows: 0,
    };
    for batch in batches {
        let edited = edit(&batch.map_err(failed)?);
        let batch = edited.map_err(|error| failed(ParquetError::ArrowError(error.to_string())))?;
        group.put(&batch)?;
    }
    group.end()?;
    Ok(group.file.finish()?)
}

/// The file that is being written, and its row group.
struct Group {
    file: TableFile,
    encoders: Vec<ColumnEncoder>,
    rows: usize,
}

impl Group {
    fn put(&mut self, batch: &RecordBatch) -> Result<()> {
        let mut from = 0;
        while from < batch.num_rows() {
            if self.encoders.is_empty() {
                self.encoders = self.file.encoders()?;
            }
            let now = (GROUP_ROWS - self.rows).min(batch.num_rows() - from);
            for (encoder, values) in self.encoders.iter_mut().zip(batch.columns()) {
                encoder
                    .put(values, from..from + now)
                    .map_err(|source| self.file.failed(source))?;
            }
            self.rows += now;
            from += now;
            if self.rows == GROUP_ROWS {
                self.end()?;
            }
        }
        Ok(())
    }

    fn end(&mut self) -> Result<()> {
        if self.rows == 0 {
            return Ok(());
        }
        let chunks = std::mem::take(&mut self.encoders)
            .into_iter()
            .map(ColumnEncoder::finish)
            .collect::<std::result::Result<Vec<_>, _>>()
            .map_err(|source| self.file.failed(source))?;
        self.file.append(self.rows, chunks)?;
        self.rows = 0;
        Ok(())
    }
}

/// The month of a partitioned table's file.
fn month_of(path: &str) -> Option<&str> {
    let (_, rest) = path.split_once("/received_month=")?;
    rest.split('/').next()
}

fn put_entry(entries: &mut [FileEntry], new: FileEntry) {
    if let Some(old) = entries.iter_mut().find(|entry| entry.path == new.path) {
        *old = new;
    }
}

fn write(file: &Path, content: &[u8]) -> Result<()> {
    let failed = |source| LakeErasureError::Io {
        path: file.to_owned(),
        source,
    };
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    fs::write(file, content).map_err(failed)?;
    File::open(file)
        .and_then(|file| file.sync_all())
        .map_err(failed)
}

/// Links all that is not there yet; the manifest of the facts is written last, and not here.
fn link_rest(from: &Path, to: &Path) -> Result<()> {
    let mut open = vec![PathBuf::new()];
    while let Some(inner) = open.pop() {
        let folder = from.join(&inner);
        let failed = |source| LakeErasureError::Io {
            path: folder.clone(),
            source,
        };
        fs::create_dir_all(to.join(&inner)).map_err(failed)?;
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            // What a killed writer left is none of the snapshot's.
            if entry.file_name().to_string_lossy().starts_with('.') {
                continue;
            }
            let place = inner.join(entry.file_name());
            if entry.file_type().map_err(failed)?.is_dir() {
                open.push(place);
                continue;
            }
            let (old, new) = (from.join(&place), to.join(&place));
            if place == Path::new(MANIFEST) || new.exists() {
                continue;
            }
            // Where links are not to be had a copy serves as well.
            fs::hard_link(&old, &new)
                .or_else(|_| fs::copy(&old, &new).map(|_| ()))
                .map_err(failed)?;
        }
    }
    Ok(())
}
