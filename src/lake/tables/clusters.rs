//! The tables of the layer of clusters: what comes again, and how cases are related.

use chrono::NaiveDate;

use super::Instant;
use crate::table::{FreeText, Text, table};

table! {
    /// One row a run of the search for repeat complaints. Derived: it lies in a layer beside the facts.
    ClusterRunRow, ClusterRunColumns, "cluster_runs", partitioned: false, {
        run_id: Text => "name of the run",
        ran_at: Instant => "when it ran",
        full: bool => "all complaints were searched anew; otherwise new ones joined what stood",
        cases: i64 => "complaints it looked at",
        without_words: i64 => "of these, complaints without a word to compare",
        problems: i64 => "problems with two complaints or more",
        themes: i64 => "themes with two complaints or more",
        recent_first: NaiveDate => "first day of the months in which growth is looked for",
        recent_last: NaiveDate => "last day of these months",
        tested: i64 => "problems whose growth could be judged; one false-discovery control over all of them",
        false_discovery_rate: f64 => "share of false ones among those called growing or emerging that is accepted",
        smallest_emerging: Option<i64> => "fewest recent complaints with which a problem without a past could be called emerging",
        refused: i64 => "merges that an analyst's word kept from happening",
    }
}

table! {
    /// One row a cluster of two complaints or more. Derived.
    ClusterRow, ClusterColumns, "clusters", partitioned: false, {
        cluster_id: Text => "stable number",
        level: Text => "problem or theme",
        theme_id: Option<Text> => "problem: the theme it lies in",
        kind: Text => "recurrent: two complainants or more; single: one complainant",
        name: Option<FreeText> => "the analyst's name for it",
        label: FreeText => "terms that tell it from the others, in the complainants' words",
        confirmed: bool => "an analyst confirmed it",
        ignored: bool => "an analyst said that it is no problem; it counts nowhere",
        exemplar_case_key: i64 => "the complaint nearest to its centre",
        cohesion: f64 => "mean similarity of its complaints with the exemplar, 0 to 1",
        cases: i32 => "complaints in it, net of merged ones",
        complainants: i32 => "different complainants in it; those unknown count as one",
        first_seen_on: NaiveDate => "receipt of its first complaint",
        last_seen_on: NaiveDate => "receipt of its last complaint",
        open_cases: i32 => "complaints in it that are not closed",
        cost_minor: i64 => "cost of redress of its complaints, minor units",
        recent_cases: i32 => "complaints received in the recent months of the run",
        recent_expected: Option<f64> => "complaints expected in these months from its past and the volume of its product",
        growth_ratio: Option<f64> => "recent rate over past rate; NULL where there was no past",
        growth_lower: Option<f64> => "lower 95 % limit of that ratio",
        growth_upper: Option<f64> => "upper 95 % limit; NULL where unbounded",
        growth_p: Option<f64> => "one-sided probability of so many recent complaints by chance",
        growth_q: Option<f64> => "the same under the false-discovery control over all problems tested",
        trend: Text => "growing, emerging, steady, or not_testable",
    }
}

table! {
    /// One row a complaint in a cluster of a level. Derived.
    ClusterMemberRow, ClusterMemberColumns, "cluster_members", partitioned: false, {
        cluster_id: Text => "cluster",
        level: Text => "problem or theme",
        case_key: i64 => "case",
        similarity: Option<f64> => "problem: similarity with the exemplar, 0 to 1",
        shared_terms: Option<FreeText> => "problem: the terms that it shares with the exemplar, heaviest first, with their part of the similarity",
        bound: bool => "an analyst put it here",
    }
}

table! {
    /// One row a complaint that repeats an earlier one of the same complainant. Derived.
    CaseRelationRow, CaseRelationColumns, "case_relations", partitioned: false, {
        kind: Text => "duplicate: the same complaint registered twice; repeat: the same problem again after a decision",
        case_key: i64 => "the later case",
        of_case_key: i64 => "the earlier case",
        days_between: i32 => "calendar days from the earlier receipt to the later",
        days_since_decision: Option<i32> => "repeat: calendar days from the earlier case's last decision before this receipt",
        similarity: f64 => "similarity of the two texts, 0 to 1",
        cluster_id: Option<Text> => "the problem in which both stand",
    }
}
