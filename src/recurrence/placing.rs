//! Where each text stands: by a full search, by a night's that goes on from the last run, or as the book has it.

use std::collections::HashMap;
use std::path::Path;

use chrono::NaiveDate;
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::complaints::{Complaint, Complaints};
use super::descriptions::Descriptions;
use super::layer::Mode;
use super::state::{self, Kept, Unusable, text_hash};
use redress_clusters::{Material, Options, Standing, State, Text, Vectors, extend};
use redress_domain::cluster::{ClusterBook, ClusterLevel};
use redress_register::KnownBook;

/// The texts placed: what the search came to, in the order of the complaints.
pub(super) struct Placed {
    pub mode: Mode,
    pub state: State,
    /// Text of each complaint in the state.
    pub text_of: Vec<usize>,
    /// Problem and theme of each complaint, numbered by the search.
    pub problem_of: Vec<Option<u32>>,
    pub theme_of: Vec<Option<u32>>,
    /// Merges that an analyst's word kept from happening.
    pub refused: usize,
    pub full_on: NaiveDate,
    /// Cases of the state, in its order.
    pub cases: Vec<(String, u64)>,
    /// Whether the state holds texts that that of the last run did not.
    pub new: bool,
    /// How the last run described its clusters, where this one went on from it.
    pub descriptions: Option<Descriptions>,
}

/// How to search.
pub(super) struct Manner<'a> {
    /// The day of judgement.
    pub as_of_on: NaiveDate,
    /// Days after which a run is full by itself.
    pub full_every_days: u32,
    pub vectors: Option<&'a Vectors>,
}

/// What the last run left.
pub(super) struct Earlier {
    kept: Result<Kept, Unusable>,
    descriptions: Option<Descriptions>,
}

impl Earlier {
    /// A full run asks nothing of it.
    pub fn read(lake: &Path, source: &str, full: bool) -> Self {
        let kept = match full {
            true => Err(Unusable::None),
            false => Kept::load(&state::folder(lake, source)),
        };
        let layer = kept.as_ref().ok().and_then(|kept| kept.layer.as_ref());
        let descriptions =
            layer.and_then(|layer| Descriptions::read(&lake.join(&layer.snapshot), &layer.run));
        Earlier { kept, descriptions }
    }
}

/// A full or an incremental search. A full one lets the complaints' texts go once their words are known.
pub(super) fn search(
    complaints: &mut Complaints,
    known: &KnownBook,
    manner: &Manner<'_>,
    earlier: Earlier,
    notes: &mut Vec<String>,
) -> Placed {
    match earlier.kept {
        Ok(kept) => {
            let age = (manner.as_of_on - kept.full_on).num_days();
            if age < i64::from(manner.full_every_days) {
                match incremental(complaints, known, manner, kept, notes) {
                    Ok(placed) => {
                        return Placed {
                            descriptions: earlier.descriptions,
                            ..placed
                        };
                    }
                    Err(error) => notes.push(format!("searched in full: {error}")),
                }
            } else {
                notes.push(format!(
                    "searched in full: the last full search is {age} days old"
                ));
            }
        }
        Err(Unusable::None) => {}
        Err(error) => notes.push(format!("searched in full: {error}")),
    }
    full(complaints, &known.book, manner)
}

fn full(complaints: &mut Complaints, book: &ClusterBook, manner: &Manner<'_>) -> Placed {
    let material = {
        let barred = Barred::of(book);
        let places = 0..complaints.rows.len();
        let texts: Vec<Text<'_>> = places.map(|at| barred.text(book, complaints, at)).collect();
        Material::read(&texts)
    };
    let texts = std::mem::take(&mut complaints.texts);
    let hashes: Vec<u64> = texts.par_iter().map(|text| text_hash(text)).collect();
    drop(texts);
    let options = Options {
        vectors: manner.vectors,
    };
    let run = material.cluster(&options);
    let ids = complaints.rows.iter().map(|row| row.case_id.clone());
    let (problem_of, theme_of) = (run.problem_of.clone(), run.theme_of.clone());
    let refused = run.refused.len();
    Placed {
        mode: Mode::Full,
        state: State::of(run),
        text_of: (0..complaints.rows.len()).collect(),
        problem_of,
        theme_of,
        refused,
        full_on: manner.as_of_on,
        cases: ids.zip(hashes).collect(),
        new: true,
        descriptions: None,
    }
}

/// Cases that an analyst keeps out of a cluster.
struct Barred(HashMap<String, Vec<u32>>);

impl Barred {
    fn of(book: &ClusterBook) -> Self {
        let mut barred: HashMap<String, Vec<u32>> = HashMap::new();
        for cluster in book.standing(ClusterLevel::Problem) {
            for case in &cluster.barred {
                barred.entry(case.clone()).or_default().push(cluster.id.0);
            }
        }
        Barred(barred)
    }

    /// A complaint's text with the analyst's word on it.
    fn text<'a>(&'a self, book: &ClusterBook, complaints: &'a Complaints, at: usize) -> Text<'a> {
        let case = complaints.rows[at].case_id.as_str();
        let stands = book.cluster_of(ClusterLevel::Problem, case);
        let bound = stands.filter(|id| book.cluster(*id).is_ok_and(|c| c.bound.contains(case)));
        Text {
            text: &complaints.texts[at],
            gate: 0,
            anchor: bound.map(|id| id.0),
            apart: self.0.get(case).map_or(&[], Vec::as_slice),
            theme: None,
        }
    }
}

fn incremental(
    complaints: &Complaints,
    known: &KnownBook,
    manner: &Manner<'_>,
    mut kept: Kept,
    notes: &mut Vec<String>,
) -> Result<Placed, redress_clusters::StateError> {
    let book = &known.book;
    let place: FxHashMap<&str, usize> = kept
        .cases
        .iter()
        .enumerate()
        .map(|(at, (case, _))| (case.as_str(), at))
        .collect();
    let mut text_of = vec![usize::MAX; complaints.rows.len()];
    let mut new = Vec::new();
    let mut changed = 0;
    for (at, complaint) in complaints.rows.iter().enumerate() {
        match place.get(complaint.case_id.as_str()) {
            Some(text) => {
                text_of[at] = *text;
                changed += usize::from(kept.cases[*text].1 != text_hash(&complaints.texts[at]));
            }
            None => {
                text_of[at] = kept.cases.len() + new.len();
                new.push(at);
            }
        }
    }
    if changed > 0 {
        notes.push(format!(
            "{changed} earlier text(s) changed; they keep their place until the next full search"
        ));
    }
    let stands = |level| -> Vec<Option<u32>> {
        let of = |(case, _): &(String, u64)| book.cluster_of(level, case).map(|id| id.0);
        kept.cases.par_iter().map(of).collect()
    };
    let (problem_of, theme_of) = (stands(ClusterLevel::Problem), stands(ClusterLevel::Theme));
    let confirmed = book.standing(ClusterLevel::Problem).filter(|c| c.confirmed);
    let fixed: Vec<u32> = confirmed.map(|c| c.id.0).collect();
    let mut apart = Vec::new();
    for cluster in book.standing(ClusterLevel::Problem) {
        for case in &cluster.barred {
            if let Some(other) = book.cluster_of(ClusterLevel::Problem, case) {
                apart.push((cluster.id.0, other.0));
            }
        }
    }
    apart.sort_unstable();
    apart.dedup();
    let barred = Barred::of(book);
    let texts: Vec<Text<'_>> = new
        .iter()
        .map(|at| barred.text(book, complaints, *at))
        .collect();
    let standing = Standing {
        problem_of: &problem_of,
        theme_of: &theme_of,
        fixed: &fixed,
        apart: &apart,
        // No number is given twice, also none of another source or of a cluster that was merged away.
        first_problem: known.next,
        first_theme: known.next,
    };
    let options = Options {
        vectors: manner.vectors,
    };
    let outcome = extend(&mut kept.state, &standing, &texts, &options)?;
    kept.cases.extend(new.iter().map(|at| {
        let hash = text_hash(&complaints.texts[*at]);
        (complaints.rows[*at].case_id.clone(), hash)
    }));
    let of = |all: &[Option<u32>]| text_of.iter().map(|text| all[*text]).collect();
    Ok(Placed {
        mode: Mode::Incremental,
        problem_of: of(&outcome.problem_of),
        theme_of: of(&outcome.theme_of),
        refused: outcome.refused.len(),
        text_of,
        state: kept.state,
        full_on: kept.full_on,
        cases: kept.cases,
        new: !new.is_empty(),
        descriptions: None,
    })
}

/// The clusters of a past moment, without a search.
pub(super) fn as_known(complaints: &Complaints, known: &KnownBook) -> Placed {
    let texts: Vec<Text<'_>> = complaints
        .texts
        .iter()
        .map(|text| Text {
            text,
            ..Text::default()
        })
        .collect();
    let of = |level| -> Vec<Option<u32>> {
        let case = |c: &Complaint| known.book.cluster_of(level, &c.case_id).map(|id| id.0);
        complaints.rows.iter().map(case).collect()
    };
    Placed {
        mode: Mode::Past,
        state: State::read(&texts, &Options::default()),
        text_of: (0..complaints.rows.len()).collect(),
        problem_of: of(ClusterLevel::Problem),
        theme_of: of(ClusterLevel::Theme),
        refused: 0,
        full_on: NaiveDate::default(),
        cases: Vec::new(),
        new: false,
        descriptions: None,
    }
}
