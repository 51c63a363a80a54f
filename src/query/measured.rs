//! Whether a metric has an answer on a snapshot at all.

use std::collections::BTreeMap;

use super::query_file::QueryFile;

/// Why a figure is "not measured".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unmeasured {
    #[error("not measured: the source does not record `{0}`")]
    NotRecorded(String),
    #[error("not measured: the table `{0}` of this snapshot is empty")]
    Empty(String),
    #[error(
        "not measured: this snapshot was not searched for what comes again, or holds no texts; run `redress clusters run`"
    )]
    NotSearched,
    #[error(
        "not measured: the records of improvement were not read into this snapshot; run `redress action update`"
    )]
    NotRead,
}

/// Why a metric has no answer here, whatever its SQL gives; `None` when it has one. `rows` and
/// `not_recorded` are those of the snapshot's manifest.
pub fn unmeasured(
    metric: &QueryFile,
    rows: &BTreeMap<String, u64>,
    not_recorded: &[String],
) -> Option<Unmeasured> {
    if let Some(need) = metric.needs.iter().find(|n| not_recorded.contains(n)) {
        return Some(Unmeasured::NotRecorded(need.clone()));
    }
    metric
        .rests_on
        .as_ref()
        .filter(|table| rows.get(*table).is_none_or(|rows| *rows == 0))
        .map(|table| match table.as_str() {
            "cluster_runs" => Unmeasured::NotSearched,
            "improvement_runs" => Unmeasured::NotRead,
            _ => Unmeasured::Empty(table.clone()),
        })
}
