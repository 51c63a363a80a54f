//! A case that its source no longer has: what is kept of it, so that what was counted before stays countable.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::cluster::{ClusterBook, ClusterLevel};
use super::scope::{Scope, ScopeDimension};

/// A case of a foreign source that was in a snapshot and is not in the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoneCase {
    /// Its number in the source.
    pub case_id: String,
    /// Moment of the last snapshot that had it.
    pub seen_at: DateTime<Utc>,
    /// Moment of the first snapshot without it.
    pub gone_at: DateTime<Utc>,
    pub facts: GoneFacts,
}

/// What the last snapshot with a case said of it, as far as scopes and windows of actions ask. Nothing in it names a
/// person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GoneFacts {
    pub state: String,
    pub received_on: NaiveDate,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub produced_on: Option<NaiveDate>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sold_on: Option<NaiveDate>,
    /// Minor units.
    pub cost_minor: i64,
    /// What it had of each dimension of a scope; clusters stand in the book.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<ScopeDimension, String>,
}

impl GoneCase {
    /// Whether it was merged into another case, and so was no complaint of its own.
    pub fn is_merged(&self) -> bool {
        self.facts.state == "merged"
    }

    /// Whether it was in a scope. It stands in the clusters of the book that it stood in when it was last seen.
    pub fn is_in(&self, scope: &Scope, book: &ClusterBook) -> bool {
        let value =
            |dimension: ScopeDimension| self.facts.values.get(&dimension).map(String::as_str);
        scope.holds(value, |id| {
            [ClusterLevel::Problem, ClusterLevel::Theme]
                .iter()
                .any(|level| book.cluster_of(*level, &self.case_id) == Some(id))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::{ClusterChange, ClusterEvent, ClusterEventKind, ClusterId};

    fn leak() -> GoneCase {
        let values = [
            (ScopeDimension::Category, "leak".to_owned()),
            (ScopeDimension::Site, "Gebze".to_owned()),
        ];
        GoneCase {
            case_id: "17".to_owned(),
            seen_at: DateTime::UNIX_EPOCH,
            gone_at: DateTime::UNIX_EPOCH,
            facts: GoneFacts {
                state: "completed".to_owned(),
                received_on: NaiveDate::from_ymd_opt(2026, 3, 2).unwrap(),
                produced_on: None,
                sold_on: None,
                cost_minor: 1200,
                values: values.into(),
            },
        }
    }

    /// A book in which case 17 stands in C-000004.
    fn book() -> ClusterBook {
        let mut book = ClusterBook::default();
        book.apply(&[ClusterEvent {
            cluster: ClusterId(4),
            level: ClusterLevel::Problem,
            kind: ClusterEventKind::Emerged,
            other: None,
            change: ClusterChange {
                joined: vec!["17".to_owned(), "18".to_owned()],
                ..ClusterChange::default()
            },
            actor: None,
            run: Some("R".to_owned()),
            recorded_at: DateTime::UNIX_EPOCH,
        }])
        .unwrap();
        book
    }

    #[test]
    fn a_scope_holds_a_case_that_is_gone_by_what_was_known_of_it() {
        let book = book();
        let case = leak();
        for (scope, holds) in [
            ("category = leak", true),
            ("category = leak and site = Gebze", true),
            ("category = leak and site != Gebze", false),
            ("product = K20", false),
            ("product != K20", true),
            ("cluster = C-000004", true),
            ("cluster = C-000005", false),
        ] {
            let parsed: Scope = scope.parse().unwrap();
            assert_eq!(case.is_in(&parsed, &book), holds, "{scope}");
        }
    }

    #[test]
    fn its_facts_come_back_from_json_as_they_were() {
        let case = leak();
        let json = serde_json::to_string(&case.facts).unwrap();
        assert!(json.contains(r#""category":"leak""#), "{json}");
        let again: GoneFacts = serde_json::from_str(&json).unwrap();
        assert_eq!(again, case.facts);
    }
}
