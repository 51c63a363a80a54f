//! The layer of the lake: clusters, their members and the relations of cases, as queries and reviews read them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use super::complaints::{Complaint, Complaints};
use super::describe::Found;
use super::relations::Relation;
use super::trend::{Trend, Trends};
use redress_domain::cluster::{ClusterBook, ClusterId, ClusterLevel};
use redress_lake::derived::{LayerDraft, LayerManifest};
use redress_lake::error::WriteError;
use redress_lake::manifest::Manifest;
use redress_lake::store::LakeError;
use redress_lake::tables::{
    CaseRelationColumns, CaseRelationRow, ClusterColumns, ClusterMemberColumns, ClusterMemberRow,
    ClusterRow, ClusterRunColumns, ClusterRunRow,
};
use redress_lake::writer::TableWriter;

/// The kind of the layer.
pub const KIND: &str = "clusters";

/// How a run searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Full,
    Incremental,
    /// The book as it was known at a past snapshot.
    Past,
}

impl Mode {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Mode::Full => "full",
            Mode::Incremental => "incremental",
            Mode::Past => "past",
        }
    }
}

/// What the run says of itself.
#[derive(Debug, Clone, Copy)]
pub struct Header<'a> {
    pub run: &'a str,
    pub ran_at: DateTime<Utc>,
    pub mode: Mode,
    /// Merges that an analyst's word kept from happening.
    pub refused: usize,
    /// Complaints without a word to compare.
    pub without_words: usize,
    pub notes: &'a [String],
}

/// What the layer is made of.
pub struct Contents<'a> {
    pub complaints: &'a Complaints,
    /// Problems, then themes.
    pub clusters: &'a [Found],
    pub book: &'a ClusterBook,
    pub relations: &'a [Relation],
    /// In the order of the problems.
    pub problem_trends: &'a Trends,
    /// In the order of the themes.
    pub theme_trends: &'a Trends,
}

/// Why a layer could not be written.
#[derive(Debug, thiserror::Error)]
pub enum LayerError {
    #[error(transparent)]
    Lake(#[from] LakeError),
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// Writes the layer beside the facts of a snapshot and answers its folder.
///
/// # Errors
/// When a file cannot be written; the layer is then not there.
pub fn write(
    snapshot: &Path,
    facts: &Manifest,
    header: &Header<'_>,
    contents: &Contents<'_>,
) -> Result<PathBuf, LayerError> {
    let draft = LayerDraft::begin(snapshot, KIND)?;
    let folder = draft.path();
    // The members are as much work as the rest.
    let (members, (run, clusters, relations)) = rayon::join(
        || member_rows(folder, contents),
        || {
            (
                run_row(folder, header, contents),
                cluster_rows(folder, contents),
                relation_rows(folder, contents),
            )
        },
    );
    let mut settings = BTreeMap::new();
    settings.insert("search".to_owned(), header.mode.as_str().to_owned());
    settings.insert("source".to_owned(), facts.source_key().to_owned());
    let mut manifest = LayerManifest {
        kind: KIND.to_owned(),
        run: header.run.to_owned(),
        tool: redress_plain::TOOL.to_owned(),
        made_at: header.ran_at,
        facts_digest: facts.digest.clone(),
        settings,
        notes: header.notes.to_vec(),
        rows: BTreeMap::new(),
        files: vec![run?, clusters?, members?, relations?],
        digest: String::new(),
    };
    Ok(draft.finish(&mut manifest)?)
}

type Written = Result<redress_lake::manifest::FileEntry, WriteError>;

fn run_row(folder: &Path, header: &Header<'_>, contents: &Contents<'_>) -> Written {
    let of_level = |level| {
        contents
            .clusters
            .iter()
            .filter(|f| f.level == level)
            .count()
    };
    let trends = contents.problem_trends;
    let mut table = TableWriter::<ClusterRunColumns>::create(folder, None)?;
    // Where no complaint has a word, nothing was searched: its figures are not measured, never zero.
    if header.without_words < contents.complaints.rows.len() {
        table.push(ClusterRunRow {
            run_id: header.run,
            ran_at: header.ran_at,
            full: header.mode == Mode::Full,
            cases: whole(contents.complaints.rows.len()),
            without_words: whole(header.without_words),
            problems: whole(of_level(ClusterLevel::Problem)),
            themes: whole(of_level(ClusterLevel::Theme)),
            recent_first: trends.recent_first,
            recent_last: trends.recent_last,
            tested: whole(trends.tested),
            false_discovery_rate: trends.level,
            smallest_emerging: trends.smallest_emerging.and_then(|n| i64::try_from(n).ok()),
            refused: whole(header.refused),
        })?;
    }
    table.finish()
}

fn cluster_rows(folder: &Path, contents: &Contents<'_>) -> Written {
    let rows = &contents.complaints.rows;
    let theme_of = clusters_of(contents, ClusterLevel::Theme);
    let problems = contents.problem_trends.clusters.iter();
    let trends = problems.chain(&contents.theme_trends.clusters);
    let mut table = TableWriter::<ClusterColumns>::create(folder, None)?;
    for (found, trend) in contents.clusters.iter().zip(trends) {
        let id = found.id.to_string();
        let members: Vec<&Complaint> = found.members.iter().map(|at| &rows[*at]).collect();
        let mut complainants: Vec<Option<u32>> = members.iter().map(|c| c.complainant).collect();
        complainants.sort_unstable();
        complainants.dedup();
        let first = members.iter().map(|c| c.received_on).min();
        let last = members.iter().map(|c| c.received_on).max();
        let known = contents.book.cluster(found.id).ok();
        let theme = match found.level {
            ClusterLevel::Problem => theme_of[found.members[0]].map(|id| id.to_string()),
            ClusterLevel::Theme => None,
        };
        let Trend {
            recent,
            expected,
            ratio,
            lower,
            upper,
            p_value,
            q_value,
            verdict,
        } = trend;
        table.push(ClusterRow {
            cluster_id: &id,
            level: found.level.as_str(),
            theme_id: theme.as_deref(),
            kind: if complainants.len() > 1 {
                "recurrent"
            } else {
                "single"
            },
            name: known.and_then(|c| c.name.as_deref()),
            label: &found.label,
            confirmed: known.is_some_and(|c| c.confirmed),
            ignored: known.is_some_and(|c| c.ignored),
            exemplar_case_key: rows[found.exemplar].case_key,
            cohesion: found.cohesion,
            cases: count(members.len()),
            complainants: count(complainants.len()),
            first_seen_on: first.unwrap_or_default(),
            last_seen_on: last.unwrap_or_default(),
            open_cases: count(members.iter().filter(|c| c.open).count()),
            cost_minor: members.iter().map(|c| c.cost_minor).sum(),
            recent_cases: i32::try_from(*recent).unwrap_or(i32::MAX),
            recent_expected: *expected,
            growth_ratio: *ratio,
            growth_lower: *lower,
            growth_upper: *upper,
            growth_p: *p_value,
            growth_q: *q_value,
            trend: verdict,
        })?;
    }
    table.finish()
}

/// The cluster of a level in which each complaint lies.
fn clusters_of(contents: &Contents<'_>, level: ClusterLevel) -> Vec<Option<ClusterId>> {
    let mut of = vec![None; contents.complaints.rows.len()];
    for found in contents.clusters.iter().filter(|f| f.level == level) {
        for at in &found.members {
            of[*at] = Some(found.id);
        }
    }
    of
}

fn member_rows(folder: &Path, contents: &Contents<'_>) -> Written {
    let rows = &contents.complaints.rows;
    let mut table = TableWriter::<ClusterMemberColumns>::create(folder, None)?;
    for found in contents.clusters {
        let id = found.id.to_string();
        let bound = contents.book.cluster(found.id).ok().map(|c| &c.bound);
        let bound = bound.filter(|bound| !bound.is_empty());
        for (place, at) in found.members.iter().enumerate() {
            let own = found.belonging.get(place);
            table.push(ClusterMemberRow {
                cluster_id: &id,
                level: found.level.as_str(),
                case_key: rows[*at].case_key,
                similarity: own.map(|own| f64::from(own.similarity)),
                shared_terms: own.and_then(|own| own.shared.as_deref()),
                bound: bound.is_some_and(|bound| bound.contains(&rows[*at].case_id)),
            })?;
        }
    }
    table.finish()
}

fn relation_rows(folder: &Path, contents: &Contents<'_>) -> Written {
    let rows = &contents.complaints.rows;
    let problem_of = clusters_of(contents, ClusterLevel::Problem);
    let mut table = TableWriter::<CaseRelationColumns>::create(folder, None)?;
    for relation in contents.relations {
        let both = [relation.later, relation.earlier].map(|at| problem_of[at]);
        let cluster = match both {
            [Some(one), Some(other)] if one == other => Some(one.to_string()),
            _ => None,
        };
        let days = |days: i64| i32::try_from(days).unwrap_or(i32::MAX);
        table.push(CaseRelationRow {
            kind: relation.kind.as_str(),
            case_key: rows[relation.later].case_key,
            of_case_key: rows[relation.earlier].case_key,
            days_between: days(relation.days_between),
            days_since_decision: relation.days_since_decision.map(days),
            similarity: f64::from(relation.similarity),
            cluster_id: cluster.as_deref(),
        })?;
    }
    table.finish()
}

fn count(n: usize) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}

fn whole(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
