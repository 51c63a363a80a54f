//! The book of clusters: which complaints belong together under which number, folded from events.
//!
//! A number is minted once. Runs of the search and words of an analyst are events of the same book, so that the
//! book of any past moment is the fold of what was recorded by then. What an analyst binds stays bound: every
//! later run has to keep it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::vocabulary::words;

/// Number of a cluster: `C-000123`. Minted once and never given again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClusterId(pub u32);

impl std::fmt::Display for ClusterId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "C-{:06}", self.0)
    }
}

impl std::str::FromStr for ClusterId {
    type Err = BookError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text
            .strip_prefix("C-")
            .or_else(|| text.strip_prefix("c-"))
            .unwrap_or_default();
        digits
            .parse()
            .ok()
            .filter(|number| *number > 0)
            .map(ClusterId)
            .ok_or_else(|| BookError::NoNumber(text.to_owned()))
    }
}

words! {
    /// How tightly the complaints of a cluster belong together.
    ClusterLevel {
        /// The same thing went wrong.
        Problem = "problem",
        /// A family of problems, for the overview.
        Theme = "theme",
    }
}

words! {
    /// What happened to a cluster: by a run of the search, or by an analyst.
    ClusterEventKind {
        Emerged = "emerged",
        Changed = "changed",
        Merged = "merged",
        Absorbed = "absorbed",
        Split = "split",
        Vanished = "vanished",
        MovedOut = "moved_out",
        MovedIn = "moved_in",
        Confirmed = "confirmed",
        Released = "released",
        Renamed = "renamed",
        Ignored = "ignored",
        Heeded = "heeded",
    }
}

/// One event of a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterEvent {
    pub cluster: ClusterId,
    pub level: ClusterLevel,
    pub kind: ClusterEventKind,
    /// The other cluster of a merge, a split or a move.
    pub other: Option<ClusterId>,
    pub change: ClusterChange,
    /// The analyst; `None` for a run.
    pub actor: Option<String>,
    /// The run; `None` for an analyst.
    pub run: Option<String>,
    pub recorded_at: DateTime<Utc>,
}

/// What an event changes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClusterChange {
    /// Numbers of the cases that came.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub joined: Vec<String>,
    /// Numbers of the cases that went.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<String>,
    /// Cases that every later run has to keep in this cluster.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bound: Vec<String>,
    /// Cases that no later run may put into this cluster.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub barred: Vec<String>,
    /// The analyst's name for it; an empty one takes the name away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Whether a cluster still stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClusterState {
    Standing,
    /// It became part of another one; old links lead there.
    Merged {
        into: ClusterId,
    },
    /// Its cases no longer belong together. That they are gone from the source is no reason.
    Vanished,
}

/// A cluster as the book has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cluster {
    pub id: ClusterId,
    pub level: ClusterLevel,
    pub state: ClusterState,
    /// Numbers of its cases.
    pub members: BTreeSet<String>,
    /// Cases that every run has to keep in it.
    pub bound: BTreeSet<String>,
    /// Cases that no run may put into it.
    pub barred: BTreeSet<String>,
    /// The analyst's name for it.
    pub name: Option<String>,
    /// Whether an analyst confirmed it as it is.
    pub confirmed: bool,
    /// Whether an analyst said that it is no problem.
    pub ignored: bool,
    pub minted_at: DateTime<Utc>,
}

/// Why an event or a question does not fit the book.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BookError {
    #[error("`{0}` is no cluster's number; write it as C-000123")]
    NoNumber(String),
    #[error("there is no cluster {0}; `redress clusters list` shows those that stand")]
    Unknown(ClusterId),
    #[error("{0} was minted before; a number is given once")]
    MintedTwice(ClusterId),
    #[error("{id} no longer stands: {why}")]
    Gone { id: ClusterId, why: String },
    #[error("case {case} already stands in {within}; it has to leave that cluster first")]
    AlreadyIn { case: String, within: ClusterId },
    #[error("case {case} is not in {id}")]
    NotIn { case: String, id: ClusterId },
    #[error("{0} cannot be merged with itself")]
    Itself(ClusterId),
}

/// All clusters of one source, folded from their events.
#[derive(Debug, Clone, Default)]
pub struct ClusterBook {
    clusters: BTreeMap<ClusterId, Cluster>,
    problem_of: HashMap<String, ClusterId>,
    theme_of: HashMap<String, ClusterId>,
}

impl ClusterBook {
    /// Takes events that belong together (those of a run, or of one word of an analyst). Cases first leave, then
    /// join, so that two clusters can exchange cases in one step.
    ///
    /// # Errors
    /// When an event names a cluster that does not stand or a case that stands elsewhere. The book is then
    /// spoilt: fold it anew.
    pub fn apply(&mut self, events: &[ClusterEvent]) -> Result<(), BookError> {
        for event in events {
            self.mint(event)?;
        }
        for event in events {
            self.leave(event)?;
        }
        for event in events {
            self.join(event)?;
        }
        for event in events {
            self.note(event)?;
        }
        Ok(())
    }

    fn mint(&mut self, event: &ClusterEvent) -> Result<(), BookError> {
        if event.kind != ClusterEventKind::Emerged {
            return Ok(());
        }
        let fresh = Cluster {
            id: event.cluster,
            level: event.level,
            state: ClusterState::Standing,
            members: BTreeSet::new(),
            bound: BTreeSet::new(),
            barred: BTreeSet::new(),
            name: None,
            confirmed: false,
            ignored: false,
            minted_at: event.recorded_at,
        };
        match self.clusters.insert(event.cluster, fresh) {
            Some(_) => Err(BookError::MintedTwice(event.cluster)),
            None => Ok(()),
        }
    }

    fn leave(&mut self, event: &ClusterEvent) -> Result<(), BookError> {
        let cluster = standing(&mut self.clusters, event.cluster)?;
        let of = match cluster.level {
            ClusterLevel::Problem => &mut self.problem_of,
            ClusterLevel::Theme => &mut self.theme_of,
        };
        for case in &event.change.left {
            if !cluster.members.remove(case) {
                return Err(BookError::NotIn {
                    case: case.clone(),
                    id: event.cluster,
                });
            }
            cluster.bound.remove(case);
            of.remove(case);
        }
        Ok(())
    }

    fn join(&mut self, event: &ClusterEvent) -> Result<(), BookError> {
        let cluster = standing(&mut self.clusters, event.cluster)?;
        let of = match cluster.level {
            ClusterLevel::Problem => &mut self.problem_of,
            ClusterLevel::Theme => &mut self.theme_of,
        };
        for case in &event.change.joined {
            if let Some(within) = of.insert(case.clone(), event.cluster) {
                return Err(BookError::AlreadyIn {
                    case: case.clone(),
                    within,
                });
            }
            cluster.members.insert(case.clone());
        }
        Ok(())
    }

    fn note(&mut self, event: &ClusterEvent) -> Result<(), BookError> {
        let cluster = standing(&mut self.clusters, event.cluster)?;
        cluster.bound.extend(event.change.bound.iter().cloned());
        cluster.barred.extend(event.change.barred.iter().cloned());
        for case in &event.change.bound {
            cluster.barred.remove(case);
        }
        match event.kind {
            ClusterEventKind::Merged => {
                if let Some(into) = event.other {
                    cluster.state = ClusterState::Merged { into };
                }
                cluster.bound.clear();
            }
            ClusterEventKind::Vanished => {
                cluster.state = ClusterState::Vanished;
                cluster.bound.clear();
            }
            ClusterEventKind::Confirmed => cluster.confirmed = true,
            ClusterEventKind::Released => {
                cluster.confirmed = false;
                cluster.bound.clear();
                cluster.barred.clear();
            }
            ClusterEventKind::Renamed => {
                cluster.name = event.change.name.clone().filter(|name| !name.is_empty());
            }
            ClusterEventKind::Ignored => cluster.ignored = true,
            ClusterEventKind::Heeded => cluster.ignored = false,
            ClusterEventKind::Emerged
            | ClusterEventKind::Changed
            | ClusterEventKind::Absorbed
            | ClusterEventKind::Split
            | ClusterEventKind::MovedOut
            | ClusterEventKind::MovedIn => {}
        }
        Ok(())
    }

    /// Every cluster that was ever minted, by number.
    pub fn all(&self) -> impl Iterator<Item = &Cluster> {
        self.clusters.values()
    }

    /// The clusters of a level that stand, by number.
    pub fn standing(&self, level: ClusterLevel) -> impl Iterator<Item = &Cluster> {
        self.clusters
            .values()
            .filter(move |c| c.level == level && c.state == ClusterState::Standing)
    }

    /// A cluster of this number, whatever became of it.
    ///
    /// # Errors
    /// When it was never minted.
    pub fn cluster(&self, id: ClusterId) -> Result<&Cluster, BookError> {
        self.clusters.get(&id).ok_or(BookError::Unknown(id))
    }

    /// The standing cluster to which a number leads: itself, or the one that it was merged into.
    ///
    /// # Errors
    /// When it was never minted or vanished.
    pub fn follow(&self, id: ClusterId) -> Result<&Cluster, BookError> {
        let mut at = self.cluster(id)?;
        // Merges lead to clusters that stood at the time, so this ends.
        while let ClusterState::Merged { into } = at.state {
            at = self.cluster(into)?;
        }
        match at.state {
            ClusterState::Standing => Ok(at),
            ClusterState::Merged { .. } | ClusterState::Vanished => Err(gone(at)),
        }
    }

    /// The cluster of a level in which a case stands.
    pub fn cluster_of(&self, level: ClusterLevel, case: &str) -> Option<ClusterId> {
        match level {
            ClusterLevel::Problem => self.problem_of.get(case).copied(),
            ClusterLevel::Theme => self.theme_of.get(case).copied(),
        }
    }
}

fn standing(
    clusters: &mut BTreeMap<ClusterId, Cluster>,
    id: ClusterId,
) -> Result<&mut Cluster, BookError> {
    let cluster = clusters.get_mut(&id).ok_or(BookError::Unknown(id))?;
    match cluster.state {
        ClusterState::Standing => Ok(cluster),
        ClusterState::Merged { .. } | ClusterState::Vanished => Err(gone(cluster)),
    }
}

fn gone(cluster: &Cluster) -> BookError {
    let why = match cluster.state {
        ClusterState::Merged { into } => format!("it was merged into {into}"),
        ClusterState::Vanished => "its cases no longer belong together".to_owned(),
        ClusterState::Standing => "it stands".to_owned(),
    };
    BookError::Gone {
        id: cluster.id,
        why,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(number: u32, kind: ClusterEventKind, joined: &[&str], left: &[&str]) -> ClusterEvent {
        let owned = |cases: &[&str]| cases.iter().map(|c| (*c).to_owned()).collect();
        ClusterEvent {
            cluster: ClusterId(number),
            level: ClusterLevel::Problem,
            kind,
            other: None,
            change: ClusterChange {
                joined: owned(joined),
                left: owned(left),
                ..ClusterChange::default()
            },
            actor: None,
            run: Some("R1".to_owned()),
            recorded_at: DateTime::UNIX_EPOCH,
        }
    }

    fn two() -> ClusterBook {
        let mut book = ClusterBook::default();
        book.apply(&[
            event(1, ClusterEventKind::Emerged, &["a", "b"], &[]),
            event(2, ClusterEventKind::Emerged, &["c", "d"], &[]),
        ])
        .expect("a fresh book");
        book
    }

    #[test]
    fn two_clusters_exchange_cases_in_one_step() {
        let mut book = two();
        book.apply(&[
            event(1, ClusterEventKind::Changed, &["c"], &["a"]),
            event(2, ClusterEventKind::Changed, &["a"], &["c"]),
        ])
        .expect("an exchange");
        let level = ClusterLevel::Problem;
        assert_eq!(book.cluster_of(level, "c"), Some(ClusterId(1)));
        assert_eq!(book.cluster_of(level, "a"), Some(ClusterId(2)));
    }

    #[test]
    fn a_case_stands_in_one_cluster_of_a_level() {
        let mut book = two();
        let refused = book.apply(&[event(2, ClusterEventKind::Changed, &["a"], &[])]);
        assert_eq!(
            refused,
            Err(BookError::AlreadyIn {
                case: "a".to_owned(),
                within: ClusterId(1)
            })
        );
    }

    #[test]
    fn an_old_number_leads_to_the_cluster_that_stands() {
        let mut book = two();
        let mut merged = event(2, ClusterEventKind::Merged, &[], &["c", "d"]);
        merged.other = Some(ClusterId(1));
        book.apply(&[
            merged,
            event(1, ClusterEventKind::Absorbed, &["c", "d"], &[]),
        ])
        .expect("a merge");
        assert_eq!(book.follow(ClusterId(2)).map(|c| c.id), Ok(ClusterId(1)));
        assert_eq!(book.follow(ClusterId(1)).map(|c| c.members.len()), Ok(4));
        assert_eq!(book.standing(ClusterLevel::Problem).count(), 1);
        assert_eq!(
            book.apply(&[event(2, ClusterEventKind::Emerged, &[], &[])]),
            Err(BookError::MintedTwice(ClusterId(2)))
        );
    }

    #[test]
    fn numbers_are_read_as_they_are_written() {
        assert_eq!("C-000017".parse(), Ok(ClusterId(17)));
        assert_eq!("c-17".parse(), Ok(ClusterId(17)));
        assert_eq!(ClusterId(17).to_string(), "C-000017");
        for wrong in ["17", "C-", "C-0", "C-x", ""] {
            assert!(wrong.parse::<ClusterId>().is_err(), "{wrong}");
        }
    }
}
