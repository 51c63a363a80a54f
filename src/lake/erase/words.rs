//! The words by which a search described clusters: of those with an erased case only what somebody else's text has.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, PrimitiveArray, StringArray};
use arrow::datatypes::Int64Type;
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;

use super::Result;
use crate::derived::LayerManifest;
use crate::manifest::Manifest;
use crate::reader::read_table;
use crate::table::Rows as _;
use crate::tables::{ClusterColumns, ClusterMemberColumns, NarrativeColumns};

/// The label of a cluster without terms.
const NO_TERMS: &str = "?";

/// A cluster, by its level and number.
type Cluster = (String, String);

/// The words that may stay with the clusters that have one of the cases: those that somebody else's text has.
pub(super) struct Words {
    keys: BTreeSet<i64>,
    of: BTreeMap<Cluster, BTreeSet<String>>,
}

impl Words {
    /// Looks for every word of these clusters in the texts of their other cases.
    ///
    /// # Errors
    /// When a table cannot be read; likewise below.
    pub(super) fn left(
        snapshot: &Path,
        manifest: &Manifest,
        layer: &LayerManifest,
        keys: &BTreeSet<i64>,
    ) -> Result<Words> {
        let folder = snapshot.join(layer.place());
        let mut members: BTreeMap<i64, Vec<Cluster>> = BTreeMap::new();
        let mut touched: BTreeSet<Cluster> = BTreeSet::new();
        let mut terms: BTreeMap<Cluster, BTreeSet<String>> = BTreeMap::new();
        each_member(&folder, layer, |cluster, key, shared| {
            if keys.contains(&key) {
                touched.insert(cluster);
                return;
            }
            let words = parts(shared).map(|part| word_of(part).to_owned());
            terms.entry(cluster.clone()).or_default().extend(words);
            members.entry(key).or_default().push(cluster);
        })?;
        each_cluster(&folder, layer, |cluster, label| {
            let words = parts(label).map(str::to_owned);
            terms.entry(cluster).or_default().extend(words);
        })?;
        terms.retain(|cluster, _| touched.contains(cluster));
        let mut of: BTreeMap<Cluster, BTreeSet<String>> = touched
            .into_iter()
            .map(|cluster| (cluster, BTreeSet::new()))
            .collect();
        let table = NarrativeColumns::TABLE.name;
        let columns = ["case_key", "narrative"];
        read_table(snapshot, &manifest.files, table, &columns, |rows| {
            let keys = rows.integers("case_key")?;
            for (key, text) in keys.into_iter().zip(rows.texts("narrative")?) {
                let (Some(key), Some(text)) = (key, text) else {
                    continue;
                };
                let text = text.to_lowercase();
                for cluster in members.get(&key).into_iter().flatten() {
                    if let (Some(terms), Some(found)) = (terms.get(cluster), of.get_mut(cluster)) {
                        let here = terms
                            .iter()
                            .filter(|term| text.contains(&term.to_lowercase()));
                        found.extend(here.cloned());
                    }
                }
            }
            Ok(())
        })?;
        Ok(Words {
            keys: keys.clone(),
            of,
        })
    }

    /// Whether a description in the layer has a word that may not stay.
    pub(super) fn lose_something(&self, folder: &Path, layer: &LayerManifest) -> Result<bool> {
        let mut loses = false;
        each_member(folder, layer, |cluster, key, shared| {
            loses |= self.shared(&cluster, Some(key), shared).as_deref() != shared;
        })?;
        each_cluster(folder, layer, |cluster, label| {
            loses |= self.label(&cluster, label).as_deref() != label;
        })?;
        Ok(loses)
    }

    /// Rows of `clusters` with the labels that may stay.
    pub(super) fn labels(
        &self,
        rows: &RecordBatch,
    ) -> std::result::Result<RecordBatch, ArrowError> {
        with_texts(rows, "label", |cluster, _, label| {
            self.label(cluster, label)
        })
    }

    /// Rows of `cluster_members` with the shared terms that may stay.
    pub(super) fn shared_terms(
        &self,
        rows: &RecordBatch,
        keys: &PrimitiveArray<Int64Type>,
    ) -> std::result::Result<RecordBatch, ArrowError> {
        with_texts(rows, "shared_terms", |cluster, row, shared| {
            let key = keys.is_valid(row).then(|| keys.value(row));
            self.shared(cluster, key, shared)
        })
    }

    fn label(&self, cluster: &Cluster, label: Option<&str>) -> Option<String> {
        let Some(words) = self.of.get(cluster) else {
            return label.map(str::to_owned);
        };
        let left: Vec<&str> = parts(label).filter(|word| words.contains(*word)).collect();
        Some(match left.is_empty() {
            true => NO_TERMS.to_owned(),
            false => left.join(", "),
        })
    }

    fn shared(&self, cluster: &Cluster, key: Option<i64>, shared: Option<&str>) -> Option<String> {
        let Some(words) = self.of.get(cluster) else {
            return shared.map(str::to_owned);
        };
        let erased = key.is_some_and(|key| self.keys.contains(&key));
        let left: Vec<&str> = parts(shared)
            .filter(|part| !erased && words.contains(word_of(part)))
            .collect();
        (!left.is_empty()).then(|| left.join(", "))
    }
}

/// Every member of a cluster in a layer, with what it shares with the cluster's exemplar.
fn each_member(
    folder: &Path,
    layer: &LayerManifest,
    mut take: impl FnMut(Cluster, i64, Option<&str>),
) -> Result<()> {
    let table = ClusterMemberColumns::TABLE.name;
    let columns = ["cluster_id", "level", "case_key", "shared_terms"];
    read_table(folder, &layer.files, table, &columns, |rows| {
        let clusters = clusters(&rows.texts("level")?, &rows.texts("cluster_id")?);
        let rest = rows
            .integers("case_key")?
            .into_iter()
            .zip(rows.texts("shared_terms")?);
        for (cluster, (key, shared)) in clusters.into_iter().zip(rest) {
            if let Some(key) = key {
                take(cluster, key, shared);
            }
        }
        Ok(())
    })?;
    Ok(())
}

/// Every cluster of a layer with its label.
fn each_cluster(
    folder: &Path,
    layer: &LayerManifest,
    mut take: impl FnMut(Cluster, Option<&str>),
) -> Result<()> {
    let table = ClusterColumns::TABLE.name;
    let columns = ["cluster_id", "level", "label"];
    read_table(folder, &layer.files, table, &columns, |rows| {
        let clusters = clusters(&rows.texts("level")?, &rows.texts("cluster_id")?);
        for (cluster, label) in clusters.into_iter().zip(rows.texts("label")?) {
            take(cluster, label);
        }
        Ok(())
    })?;
    Ok(())
}

/// The terms of a label, or of what a complaint shares.
fn parts(terms: Option<&str>) -> impl Iterator<Item = &str> {
    terms.into_iter().flat_map(|terms| terms.split(", "))
}

/// The word of a part that has its weight behind it.
fn word_of(part: &str) -> &str {
    part.rsplit_once(' ').map_or(part, |(word, _)| word)
}

fn clusters(levels: &[Option<&str>], ids: &[Option<&str>]) -> Vec<Cluster> {
    let text = |cell: &Option<&str>| cell.unwrap_or_default().to_owned();
    let both = levels.iter().zip(ids);
    both.map(|(level, id)| (text(level), text(id))).collect()
}

/// The rows with other texts in a column.
fn with_texts(
    rows: &RecordBatch,
    column: &str,
    text: impl Fn(&Cluster, usize, Option<&str>) -> Option<String>,
) -> std::result::Result<RecordBatch, ArrowError> {
    let place = rows.schema().index_of(column)?;
    let cells = |name: &str| {
        rows.column_by_name(name)
            .and_then(|column| column.as_string_opt::<i32>())
            .ok_or_else(|| ArrowError::SchemaError(format!("`{name}` is no text")))
    };
    let (levels, ids, old) = (cells("level")?, cells("cluster_id")?, cells(column)?);
    let levels: Vec<Option<&str>> = levels.iter().collect();
    let ids: Vec<Option<&str>> = ids.iter().collect();
    let new: StringArray = clusters(&levels, &ids)
        .iter()
        .zip(old)
        .enumerate()
        .map(|(row, (cluster, old))| text(cluster, row, old))
        .collect();
    let mut columns: Vec<ArrayRef> = rows.columns().to_vec();
    if let Some(column) = columns.get_mut(place) {
        *column = Arc::new(new);
    }
    RecordBatch::try_new(rows.schema(), columns)
}
