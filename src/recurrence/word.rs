//! The analyst's word on clusters: what it means for the book, and what is refused.
//!
//! A word is binding: the cases that it names are kept together, or apart, by every later run. It is said of
//! problems; a theme is made of problems and follows them.

use chrono::{DateTime, Utc};

use redress_domain::cluster::{
    BookError, Cluster, ClusterChange, ClusterEvent, ClusterEventKind, ClusterId, ClusterLevel,
};
use redress_register::KnownBook;

/// What an analyst can say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Word {
    /// The cluster is one problem as it stands; its cases stay together.
    Confirm { cluster: ClusterId },
    /// What was bound is free again.
    Release { cluster: ClusterId },
    /// Two clusters are one problem; the second's number leads to the first.
    Merge { into: ClusterId, gone: ClusterId },
    /// Some cases of a cluster are another problem.
    Split {
        cluster: ClusterId,
        cases: Vec<String>,
    },
    /// A case belongs to a cluster. `core` is a case that stands for the cluster, its exemplar.
    Move {
        case: String,
        to: ClusterId,
        core: Option<String>,
    },
    /// A case does not belong to its cluster. `core` as above.
    Out { case: String, core: Option<String> },
    /// The cluster's name; an empty one takes it away.
    Rename { cluster: ClusterId, name: String },
    /// The cluster is no problem (a form letter, a greeting): it counts nowhere.
    Ignore { cluster: ClusterId },
    /// It counts again.
    Heed { cluster: ClusterId },
}

/// Who says it, when, and why.
#[derive(Debug, Clone, Copy)]
pub struct Speaker<'a> {
    pub name: &'a str,
    pub reason: Option<&'a str>,
    pub now: DateTime<Utc>,
}

/// Why a word is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WordError {
    #[error(transparent)]
    Book(#[from] BookError),
    #[error(
        "{0} is a theme; themes follow their problems: say it of a problem (`redress clusters show {0}` lists them)"
    )]
    OfATheme(ClusterId),
    #[error("case {case} stands in no problem; the next `redress clusters run` places new cases")]
    Nowhere { case: String },
    #[error("case {case} stands in {cluster} already")]
    AlreadyThere { case: String, cluster: ClusterId },
    #[error("a split names some of the cluster's cases, not none and not all {0}")]
    NoSplit(usize),
}

/// The events of a word, and the number of the cluster that a split makes.
///
/// # Errors
/// When a cluster does not stand, is a theme, or a case is not where the word says.
pub fn events(
    known: &KnownBook,
    word: &Word,
    speaker: &Speaker<'_>,
) -> Result<(Vec<ClusterEvent>, Option<ClusterId>), WordError> {
    let book = &known.book;
    let event = |cluster: &Cluster, kind, other, mut change: ClusterChange| {
        change.reason = speaker.reason.map(str::to_owned);
        ClusterEvent {
            cluster: cluster.id,
            level: cluster.level,
            kind,
            other,
            change,
            actor: Some(speaker.name.to_owned()),
            run: None,
            recorded_at: speaker.now,
        }
    };
    let problem = |id: ClusterId| -> Result<&Cluster, WordError> {
        let cluster = book.follow(id)?;
        match cluster.level {
            ClusterLevel::Problem => Ok(cluster),
            ClusterLevel::Theme => Err(WordError::OfATheme(cluster.id)),
        }
    };
    let home = |case: &str| {
        book.cluster_of(ClusterLevel::Problem, case)
            .ok_or_else(|| WordError::Nowhere {
                case: case.to_owned(),
            })
    };
    let all = |cluster: &Cluster| cluster.members.iter().cloned().collect::<Vec<_>>();
    let plain = ClusterChange::default;
    let one = |event: ClusterEvent| Ok((vec![event], None));
    match word {
        Word::Confirm { cluster } => {
            let cluster = problem(*cluster)?;
            let change = ClusterChange {
                bound: all(cluster),
                ..plain()
            };
            one(event(cluster, ClusterEventKind::Confirmed, None, change))
        }
        Word::Release { cluster } => {
            let cluster = problem(*cluster)?;
            one(event(cluster, ClusterEventKind::Released, None, plain()))
        }
        Word::Rename { cluster, name } => {
            let cluster = book.follow(*cluster)?;
            let change = ClusterChange {
                name: Some(name.trim().to_owned()),
                ..plain()
            };
            one(event(cluster, ClusterEventKind::Renamed, None, change))
        }
        Word::Ignore { cluster } => {
            let cluster = book.follow(*cluster)?;
            one(event(cluster, ClusterEventKind::Ignored, None, plain()))
        }
        Word::Heed { cluster } => {
            let cluster = book.follow(*cluster)?;
            one(event(cluster, ClusterEventKind::Heeded, None, plain()))
        }
        Word::Merge { into, gone } => {
            let (into, gone) = (problem(*into)?, problem(*gone)?);
            if into.id == gone.id {
                return Err(BookError::Itself(into.id).into());
            }
            let moved = all(gone);
            let bound = all(into).into_iter().chain(moved.clone()).collect();
            let leaves = ClusterChange {
                left: moved.clone(),
                ..plain()
            };
            let takes = ClusterChange {
                joined: moved,
                bound,
                ..plain()
            };
            let (first, second) = (ClusterEventKind::Merged, ClusterEventKind::Absorbed);
            Ok((
                vec![
                    event(gone, first, Some(into.id), leaves),
                    event(into, second, Some(gone.id), takes),
                ],
                None,
            ))
        }
        Word::Split { cluster, cases } => {
            let cluster = problem(*cluster)?;
            if let Some(case) = cases.iter().find(|case| !cluster.members.contains(*case)) {
                return Err(BookError::NotIn {
                    case: case.clone(),
                    id: cluster.id,
                }
                .into());
            }
            let mut apart = cases.clone();
            apart.sort();
            apart.dedup();
            if apart.is_empty() || apart.len() == cluster.members.len() {
                return Err(WordError::NoSplit(cluster.members.len()));
            }
            let rest = cluster
                .members
                .iter()
                .filter(|case| apart.binary_search(case).is_err())
                .cloned()
                .collect();
            let fresh = ClusterId(known.next);
            let leaves = ClusterChange {
                left: apart.clone(),
                bound: rest,
                barred: apart.clone(),
                ..plain()
            };
            let founds = ClusterChange {
                joined: apart.clone(),
                bound: apart,
                ..plain()
            };
            let mut emerged = event(cluster, ClusterEventKind::Emerged, Some(cluster.id), founds);
            emerged.cluster = fresh;
            let split = event(cluster, ClusterEventKind::Split, Some(fresh), leaves);
            Ok((vec![split, emerged], Some(fresh)))
        }
        Word::Move { case, to, core } => {
            let to = problem(*to)?;
            let from = book.cluster_of(ClusterLevel::Problem, case);
            if from == Some(to.id) {
                return Err(WordError::AlreadyThere {
                    case: case.clone(),
                    cluster: to.id,
                });
            }
            let mut events = Vec::new();
            if let Some(from) = from {
                let from = book.cluster(from)?;
                let change = ClusterChange {
                    left: vec![case.clone()],
                    barred: vec![case.clone()],
                    ..plain()
                };
                let kind = ClusterEventKind::MovedOut;
                events.push(event(from, kind, Some(to.id), change));
            }
            let change = ClusterChange {
                joined: vec![case.clone()],
                bound: core.iter().cloned().chain([case.clone()]).collect(),
                ..plain()
            };
            events.push(event(to, ClusterEventKind::MovedIn, from, change));
            Ok((events, None))
        }
        Word::Out { case, core } => {
            let from = book.cluster(home(case)?)?;
            let change = ClusterChange {
                left: vec![case.clone()],
                barred: vec![case.clone()],
                bound: core.iter().filter(|core| *core != case).cloned().collect(),
                ..plain()
            };
            one(event(from, ClusterEventKind::MovedOut, None, change))
        }
    }
}
