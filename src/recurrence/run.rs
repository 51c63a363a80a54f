//! The search over a snapshot: complaints in, numbered clusters in the register's book, a layer in the lake.
//!
//! A **full** run looks at all complaints anew. The nightly one lets new complaints join what stands and merges
//! whole clusters with restraint. A run over a **past** snapshot searches nothing: it shows the book as it was known
//! then.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::complaints::{self, Complaint, Complaints};
use super::describe::{Bare, Found, describe};
use super::descriptions::Descriptions;
use super::identity::{Carried, Occasion, carry_over};
pub use super::layer::Mode;
use super::layer::{self, Contents, Header, LayerError};
use super::relations::relations;
use super::state::{self, Kept, LayerPlace, Unusable, text_hash};
use super::steps::Steps;
use super::trend::trends;
use redress_clusters::{Options, Standing, State, Text, Vectors, cluster, extend};
use redress_domain::cluster::{ClusterBook, ClusterId, ClusterLevel};
use redress_lake::manifest::{Manifest, ManifestError};
use redress_lake::reader::ReadError;
use redress_register::{KnownBook, RUN_NAME, Register, RegisterError};
use redress_stats::StatsError;

/// What a run is asked for.
pub struct Order<'a> {
    /// The snapshot to search.
    pub snapshot: &'a Path,
    /// The lake that it belongs to; the state of the last run lies there.
    pub lake: &'a Path,
    /// The source of the cases: the book is kept apart for each.
    pub source: &'a str,
    pub zone: Tz,
    pub now: DateTime<Utc>,
    /// Search everything anew.
    pub full: bool,
    /// Days after which a run is full by itself.
    pub full_every_days: u32,
    pub vectors: Option<&'a Vectors>,
    /// Search and report, and write nothing.
    pub dry_run: bool,
    /// Told each step as it begins.
    pub progress: &'a dyn Fn(&'static str),
}

/// What a run did.
#[derive(Debug)]
pub struct Done {
    /// The layer; `None` for a dry run.
    pub layer: Option<PathBuf>,
    pub mode: Mode,
    pub complaints: usize,
    pub problems: usize,
    pub themes: usize,
    /// Events of the book by kind, problems only.
    pub events: BTreeMap<&'static str, usize>,
    /// Cases that stood in a problem before, and those of them that now stand under another number or none.
    pub stood: usize,
    pub moved: usize,
    pub growing: usize,
    pub emerging: usize,
    pub duplicates: usize,
    pub repeats: usize,
    /// What a reader should know.
    pub notes: Vec<String>,
    /// Seconds of each step, in order.
    pub seconds: Vec<(&'static str, f64)>,
}

/// Why a run failed. The book and the lake are then as they were.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Register(#[from] RegisterError),
    #[error(transparent)]
    Layer(#[from] LayerError),
    #[error("the trends cannot be judged: {0}")]
    Stats(#[from] StatsError),
    #[error(
        "the new clusters do not fit the book ({0}); report this with the register's `cluster_event`"
    )]
    Book(#[from] redress_domain::cluster::BookError),
}

/// Texts of one problem are more alike than this on average; less so only by an analyst's word.
const HARDLY_ALIKE: f64 = 0.2;

/// The texts placed: what the search came to, in the order of the complaints.
struct Placed {
    mode: Mode,
    state: State,
    /// Text of each complaint in the state.
    text_of: Vec<usize>,
    /// Problem and theme of each complaint, numbered by the search.
    problem_of: Vec<Option<u32>>,
    theme_of: Vec<Option<u32>>,
    /// Merges that an analyst's word kept from happening.
    refused: usize,
    full_on: NaiveDate,
    /// Cases of the state, in its order.
    cases: Vec<(String, u64)>,
    /// Whether the state holds texts that that of the last run did not.
    new: bool,
    /// How the last run described its clusters, where this one went on from it.
    descriptions: Option<Descriptions>,
}

/// Searches a snapshot.
///
/// # Errors
/// When the snapshot or the register cannot be read, or the layer cannot be written.
pub fn run(register: &mut Register, order: &Order<'_>) -> Result<Done, RunError> {
    let mut clock = Steps::new(order.progress);
    clock.begin("read the snapshot and the book of clusters");
    let manifest = Manifest::read(order.snapshot)?;
    // Both at once. A register may go to another thread, yet not be looked at by two: its borrow moves.
    let own = &mut *register;
    let Order {
        snapshot,
        lake,
        source,
        full,
        ..
    } = *order;
    let (complaints, (known, earlier)) = rayon::join(
        || complaints::read(snapshot, &manifest),
        move || {
            rayon::join(
                move || own.cluster_book(source, None),
                || Earlier::read(lake, source, full),
            )
        },
    );
    let (complaints, known) = (complaints?, known?);
    let as_of_on = manifest.as_of.with_timezone(&order.zone).date_naive();
    let run = manifest.as_of.format(RUN_NAME).to_string();
    let mut notes = Vec::new();
    let past = known
        .last_run
        .as_deref()
        .is_some_and(|last| last > run.as_str());
    let mut known = match past {
        true => register.cluster_book(order.source, Some(manifest.as_of))?,
        false => known,
    };

    clock.begin("search");
    let mut placed = match past {
        true => {
            notes.push(format!(
                "the clusters of {} were searched at a later snapshot already; this layer shows them as known at {}",
                order.source, manifest.as_of
            ));
            as_known(&complaints, &known)
        }
        false => search(&complaints, &known, order, earlier, as_of_on, &mut notes),
    };

    clock.begin("carry the numbers over");
    let searched: Vec<&str> = complaints
        .rows
        .iter()
        .map(|complaint| complaint.case_id.as_str())
        .collect();
    let mut next = known.next;
    let mut events = Vec::new();
    let mut clusters: Vec<Bare> = Vec::new();
    let mut of_problems = Carried::default();
    for level in [ClusterLevel::Problem, ClusterLevel::Theme] {
        let of = match level {
            ClusterLevel::Problem => &placed.problem_of,
            ClusterLevel::Theme => &placed.theme_of,
        };
        let groups = groups(&complaints.rows, of);
        let occasion = Occasion {
            level,
            run: &run,
            recorded_at: order.now,
            next,
            searched: &searched,
        };
        let mut carried = carry_over(&known.book, &groups, &occasion);
        next = carried.next;
        for (number, own) in carried.numbers.iter().zip(groups) {
            clusters.push((level, *number, own));
        }
        events.append(&mut carried.events);
        if level == ClusterLevel::Problem {
            of_problems = carried;
        }
    }
    if of_problems.gone > 0 && !past {
        notes.push(format!(
            "{} case(s) of problems are no longer in the source; they keep their place and count in no figure of this run",
            of_problems.gone
        ));
    }
    let mut counted: BTreeMap<&'static str, usize> = BTreeMap::new();
    let problem_events = events.iter().filter(|e| e.level == ClusterLevel::Problem);
    for event in problem_events {
        *counted.entry(event.kind.as_str()).or_default() += 1;
    }
    if let Some(share) = moved_share(&of_problems) {
        notes.push(share);
    }

    clock.begin("duplicates and repeats");
    let documents: Vec<Option<u32>> = placed
        .text_of
        .iter()
        .map(|text| {
            placed
                .state
                .corpus
                .document_of
                .get(*text)
                .copied()
                .flatten()
        })
        .collect();
    let mut problem_of: Vec<Option<ClusterId>> = vec![None; complaints.rows.len()];
    for (_, number, own) in clusters.iter().filter(|c| c.0 == ClusterLevel::Problem) {
        for at in own {
            problem_of[*at] = Some(*number);
        }
    }
    let relations = relations(
        &complaints.rows,
        &problem_of,
        &placed.state.corpus,
        &documents,
    );

    clock.begin("labels and explanations");
    let found = describe(
        &complaints.rows,
        &placed.state.corpus,
        &documents,
        clusters,
        placed.descriptions.take(),
    );

    contradictions(&mut notes, &placed, &found, &known.book);

    clock.begin("trends");
    let of_level = |level| -> Vec<&[usize]> {
        let own = found.iter().filter(move |f: &&Found| f.level == level);
        own.map(|f| f.members.as_slice()).collect()
    };
    let problems = trends(&complaints.rows, &of_level(ClusterLevel::Problem), as_of_on)?;
    let themes = trends(&complaints.rows, &of_level(ClusterLevel::Theme), as_of_on)?;
    let called = |word| {
        problems
            .clusters
            .iter()
            .filter(|t| t.verdict == word)
            .count()
    };
    let mut done = Done {
        layer: None,
        mode: placed.mode,
        complaints: complaints.rows.len(),
        problems: problems.clusters.len(),
        themes: themes.clusters.len(),
        events: counted,
        stood: of_problems.stood,
        moved: of_problems.moved,
        growing: called("growing"),
        emerging: called("emerging"),
        duplicates: relations
            .iter()
            .filter(|r| r.days_since_decision.is_none())
            .count(),
        repeats: relations
            .iter()
            .filter(|r| r.days_since_decision.is_some())
            .count(),
        notes,
        seconds: Vec::new(),
    };
    if order.dry_run {
        if placed.mode != Mode::Past {
            known.book.apply(&events)?;
        }
        done.seconds = clock.end();
        return Ok(done);
    }

    clock.begin("record and write");
    let header = Header {
        run: &run,
        ran_at: order.now,
        mode: placed.mode,
        refused: placed.refused,
        without_words: documents.iter().filter(|d| d.is_none()).count(),
        notes: &done.notes,
    };
    let mut kept = Kept {
        state: placed.state,
        full_on: placed.full_on,
        layer: None,
        cases: placed.cases,
    };
    let folder = state::folder(order.lake, order.source);
    let snapshot = order.snapshot;
    let (beside, written) = rayon::join(
        || match placed.new {
            true => kept.write_beside(&folder),
            false => Ok(()),
        },
        || {
            // The register first: what it numbers is true even when the layer has to be written again.
            let book = match placed.mode {
                Mode::Past => known.book,
                Mode::Full | Mode::Incremental => register.record_clusters(known, &events)?,
            };
            let contents = Contents {
                complaints: &complaints,
                clusters: &found,
                book: &book,
                relations: &relations,
                problem_trends: &problems,
                theme_trends: &themes,
            };
            Ok::<_, RunError>(layer::write(snapshot, &manifest, &header, &contents)?)
        },
    );
    let written = written?;
    if placed.mode != Mode::Past {
        kept.layer = LayerPlace::of(snapshot, &written);
        if let Err(error) = beside.and_then(|()| kept.save(&folder, placed.new)) {
            done.notes.push(format!(
                "the state for the next run could not be kept ({error}); the next run will be a full one"
            ));
        }
    }
    done.layer = Some(written);
    done.seconds = clock.end();
    Ok(done)
}

/// What the texts would have said otherwise, had an analyst not spoken.
fn contradictions(notes: &mut Vec<String>, placed: &Placed, found: &[Found], book: &ClusterBook) {
    if placed.refused > 0 {
        notes.push(format!(
            "{} pair(s) of problems would be one by their texts; an analyst's word keeps them apart",
            placed.refused
        ));
    }
    for cluster in found {
        let bound = book.cluster(cluster.id).is_ok_and(|c| c.bound.len() > 1);
        if bound && cluster.level == ClusterLevel::Problem && cluster.cohesion < HARDLY_ALIKE {
            notes.push(format!(
                "{} is held together by an analyst's word: its texts are only {:.2} alike on average",
                cluster.id,
                cluster.cohesion
            ));
        }
    }
}

fn moved_share(carried: &Carried) -> Option<String> {
    (carried.moved > 0).then(|| {
        format!(
            "{} of {} complaints that stood in a problem moved to another number or to none ({:.2} %); old numbers \
             lead to the new ones",
            carried.moved,
            carried.stood,
            100.0 * carried.moved as f64 / carried.stood as f64
        )
    })
}

/// What the last run left.
struct Earlier {
    kept: Result<Kept, Unusable>,
    descriptions: Option<Descriptions>,
}

impl Earlier {
    /// A full run asks nothing of it.
    fn read(lake: &Path, source: &str, full: bool) -> Self {
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

/// A full or an incremental search.
fn search(
    complaints: &Complaints,
    known: &KnownBook,
    order: &Order<'_>,
    earlier: Earlier,
    as_of_on: NaiveDate,
    notes: &mut Vec<String>,
) -> Placed {
    match earlier.kept {
        Ok(kept) => {
            let age = (as_of_on - kept.full_on).num_days();
            if age < i64::from(order.full_every_days) {
                match incremental(complaints, known, order, kept, notes) {
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
    full(complaints, &known.book, order, as_of_on)
}

fn full(
    complaints: &Complaints,
    book: &ClusterBook,
    order: &Order<'_>,
    as_of_on: NaiveDate,
) -> Placed {
    let barred = Barred::of(book);
    let texts: Vec<Text<'_>> = complaints
        .rows
        .iter()
        .map(|complaint| barred.text(book, complaint))
        .collect();
    let options = Options {
        vectors: order.vectors,
    };
    let run = cluster(&texts, &options);
    let (problem_of, theme_of) = (run.problem_of.clone(), run.theme_of.clone());
    let refused = run.refused.len();
    Placed {
        mode: Mode::Full,
        state: State::of(run),
        text_of: (0..complaints.rows.len()).collect(),
        problem_of,
        theme_of,
        refused,
        full_on: as_of_on,
        cases: complaints.rows.iter().map(name_and_hash).collect(),
        new: true,
        descriptions: None,
    }
}

fn name_and_hash(complaint: &Complaint) -> (String, u64) {
    (complaint.case_id.clone(), text_hash(&complaint.text))
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
    fn text<'a>(&'a self, book: &ClusterBook, complaint: &'a Complaint) -> Text<'a> {
        let case = complaint.case_id.as_str();
        let stands = book.cluster_of(ClusterLevel::Problem, case);
        let bound = stands.filter(|id| book.cluster(*id).is_ok_and(|c| c.bound.contains(case)));
        Text {
            text: &complaint.text,
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
    order: &Order<'_>,
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
                changed += usize::from(kept.cases[*text].1 != text_hash(&complaint.text));
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
        .map(|at| barred.text(book, &complaints.rows[*at]))
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
        vectors: order.vectors,
    };
    let outcome = extend(&mut kept.state, &standing, &texts, &options)?;
    kept.cases
        .extend(new.iter().map(|at| name_and_hash(&complaints.rows[*at])));
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
fn as_known(complaints: &Complaints, known: &KnownBook) -> Placed {
    let texts: Vec<Text<'_>> = complaints
        .rows
        .iter()
        .map(|complaint| Text {
            text: &complaint.text,
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

/// Groups of two complaints or more, merged ones left out, in the order of their first complaint.
fn groups(complaints: &[Complaint], group_of: &[Option<u32>]) -> Vec<Vec<usize>> {
    let mut place: FxHashMap<u32, usize> = FxHashMap::default();
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (at, (complaint, group)) in complaints.iter().zip(group_of).enumerate() {
        let Some(group) = group.filter(|_| !complaint.merged) else {
            continue;
        };
        let own = *place.entry(group).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        groups[own].push(at);
    }
    groups.retain(|own| own.len() > 1);
    groups
}
