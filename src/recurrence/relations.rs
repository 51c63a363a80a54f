//! Duplicates and repeats: a later complaint of the same complainant that belongs to an earlier one.

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use redress_clusters::corpus::Corpus;
use redress_clusters::exact::ExactComparison;
use redress_domain::cluster::ClusterId;

use super::complaints::{Complaint, Name};

/// Two texts of one complainant at least this similar say the same.
pub const SAME_TEXT: f32 = 0.8;
/// Days within which the same complaint is taken for registered twice rather than made again.
pub const DUPLICATE_DAYS: i64 = 14;
/// Earlier complaints of one complainant that a later one is compared with, the latest first. A complainant with
/// more is a dealer or an office, whose oldest complaints are no longer repeated.
const LOOKED_BACK: usize = 50;

/// How a complaint belongs to an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RelationKind {
    /// The same complaint registered twice.
    Duplicate,
    /// The same problem again after a decision.
    Repeat,
}

impl RelationKind {
    /// The spelling in the lake.
    pub const fn as_str(self) -> &'static str {
        match self {
            RelationKind::Duplicate => "duplicate",
            RelationKind::Repeat => "repeat",
        }
    }
}

/// A later complaint and the earlier one; both by their place in the canonical order.
#[derive(Debug, Clone, PartialEq)]
pub struct Relation {
    pub kind: RelationKind,
    pub later: usize,
    pub earlier: usize,
    /// Calendar days between the receipts.
    pub days_between: i64,
    /// Repeat: calendar days from the earlier one's last decision before the later receipt.
    pub days_since_decision: Option<i64>,
    pub similarity: f32,
}

/// Finds duplicates and repeats.
///
/// A complaint is a **duplicate** of the earliest one of the same complainant that was received at most
/// [`DUPLICATE_DAYS`] days before and says the same ([`SAME_TEXT`]), and of the one that staff merged it into. It is a
/// **repeat** of the latest one of the same complainant that had been decided when this one was received and is of
/// the same problem: by its words, or as classified (category and product, both known); a duplicate is never a repeat too. Complaints without a complainant have neither.
///
/// `complaints` stand in canonical order; `problem_of` is each one's problem, `documents` its text in the corpus.
pub fn relations(
    complaints: &[Complaint],
    problem_of: &[Option<ClusterId>],
    corpus: &Corpus,
    documents: &[Option<u32>],
) -> Vec<Relation> {
    let mut of_complainants: Vec<(Name, usize)> = complaints
        .iter()
        .enumerate()
        .filter_map(|(at, complaint)| Some((complaint.complainant?, at)))
        .collect();
    of_complainants.par_sort_unstable();
    let several: Vec<&[(Name, usize)]> = of_complainants
        .chunk_by(|a, b| a.0 == b.0)
        .filter(|own| own.len() > 1)
        .collect();
    let merged = merged(complaints);
    let mut found: Vec<Relation> = several
        .par_iter()
        .map_init(
            || ExactComparison::new(corpus),
            |comparison, own| {
                let own: Vec<usize> = own.iter().map(|(_, at)| *at).collect();
                let mut found = Vec::new();
                for (order, later) in own.iter().enumerate() {
                    // Staff said so: merged cases are duplicates whatever their words.
                    if merged.contains_key(later) {
                        continue;
                    }
                    let from = order.saturating_sub(LOOKED_BACK);
                    let search = Search {
                        complaints,
                        problem_of,
                        documents,
                        later: *later,
                    };
                    found.extend(search.among(&own[from..order], comparison));
                }
                found
            },
        )
        .flatten_iter()
        .collect();
    let mut comparison = ExactComparison::new(corpus);
    found.extend(merged.iter().map(|(later, earlier)| {
        let between = complaints[*later].received_on - complaints[*earlier].received_on;
        Relation {
            kind: RelationKind::Duplicate,
            later: *later,
            earlier: *earlier,
            days_between: between.num_days(),
            days_since_decision: None,
            similarity: similarity(documents, &mut comparison, *later, &[*earlier])[0],
        }
    }));
    found.sort_by_key(|relation| (relation.later, relation.kind));
    found
}

/// The complaints that staff merged into another one which is there too, with that one.
fn merged(complaints: &[Complaint]) -> FxHashMap<usize, usize> {
    let into = complaints.iter().filter_map(|c| c.merged_into.as_deref());
    let into: FxHashSet<&str> = into.collect();
    let place_of: FxHashMap<&str, usize> = complaints
        .iter()
        .enumerate()
        .filter(|(_, complaint)| into.contains(complaint.case_id.as_str()))
        .map(|(at, complaint)| (complaint.case_id.as_str(), at))
        .collect();
    complaints
        .iter()
        .enumerate()
        .filter_map(|(at, c)| Some((at, *place_of.get(c.merged_into.as_deref()?)?)))
        .collect()
}

struct Search<'a> {
    complaints: &'a [Complaint],
    problem_of: &'a [Option<ClusterId>],
    documents: &'a [Option<u32>],
    later: usize,
}

impl Search<'_> {
    fn among(&self, earlier: &[usize], comparison: &mut ExactComparison<'_>) -> Option<Relation> {
        let own = &self.complaints[self.later];
        let days = |at: usize| (own.received_on - self.complaints[at].received_on).num_days();
        let near: Vec<usize> = earlier
            .iter()
            .copied()
            .filter(|at| days(*at) <= DUPLICATE_DAYS)
            .collect();
        let alike = similarity(self.documents, comparison, self.later, &near);
        let twice = near.iter().zip(&alike).find(|(_, s)| **s >= SAME_TEXT);
        if let Some((at, similarity)) = twice {
            return Some(Relation {
                kind: RelationKind::Duplicate,
                later: self.later,
                earlier: *at,
                days_between: days(*at),
                days_since_decision: None,
                similarity: *similarity,
            });
        }
        let (at, since) = earlier
            .iter()
            .rev()
            .find_map(|at| Some((*at, self.days_since_decision(*at)?)))?;
        Some(Relation {
            kind: RelationKind::Repeat,
            later: self.later,
            earlier: at,
            days_between: days(at),
            days_since_decision: Some(since),
            similarity: similarity(self.documents, comparison, self.later, &[at])[0],
        })
    }

    /// Days since the last decision on an earlier complaint of the same problem; `None` when it is of another, was
    /// merged, or had not been decided.
    fn days_since_decision(&self, earlier: usize) -> Option<i64> {
        let own = &self.complaints[self.later];
        let other = &self.complaints[earlier];
        let same_problem = self.problem_of[self.later].is_some()
            && self.problem_of[self.later] == self.problem_of[earlier];
        // People do not say the same thing twice in the same words; staff classify both.
        let same_class = own.category.is_some()
            && own.category == other.category
            && own.product.is_some()
            && own.product == other.product;
        if !(same_problem || same_class) || own.merged || other.merged {
            return None;
        }
        let last = other
            .decided_on
            .iter()
            .rfind(|day| **day <= own.received_on)?;
        Some((own.received_on - *last).num_days())
    }
}

/// Similarity of one complaint's text with those of others.
fn similarity(
    documents: &[Option<u32>],
    comparison: &mut ExactComparison<'_>,
    one: usize,
    others: &[usize],
) -> Vec<f32> {
    comparison.of(documents[one], others.iter().map(|at| documents[*at]))
}
