//! The search over a snapshot: complaints in, numbered clusters in the register's book, a layer in the lake.
//!
//! A **full** run looks at all complaints anew. The nightly one lets new complaints join what stands and merges
//! whole clusters with restraint. A run over a **past** snapshot searches nothing: it shows the book as it was known
//! then.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use rustc_hash::FxHashMap;

use super::complaints::{self, Complaint};
use super::describe::{Bare, Found, describe};
use super::identity::{Carried, Occasion, carry_over};
pub use super::layer::Mode;
use super::layer::{self, Contents, Header, LayerError};
use super::placing::{Earlier, Manner, Placed, as_known, search};
use super::relations::relations;
use super::state::{self, Kept, LayerPlace};
use super::steps::Steps;
use super::trend::trends;
use redress_clusters::Vectors;
use redress_domain::cluster::{ClusterBook, ClusterId, ClusterLevel};
use redress_lake::manifest::{Manifest, ManifestError};
use redress_lake::reader::ReadError;
use redress_register::{RUN_NAME, Register, RegisterError};
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
    let (mut complaints, known) = (complaints?, known?);
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
        false => {
            let manner = Manner {
                as_of_on,
                full_every_days: order.full_every_days,
                vectors: order.vectors,
            };
            search(&mut complaints, &known, &manner, earlier, &mut notes)
        }
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
    if placed.mode == Mode::Full {
        complaints.texts = complaints::texts(order.snapshot, &manifest, &complaints.rows)?;
    }
    let found = describe(
        &complaints.rows,
        &complaints.texts,
        &placed.state.corpus,
        &documents,
        clusters,
        placed.descriptions.take(),
    );
    complaints.texts = Vec::new();

    contradictions(&mut notes, &placed, &found, &known.book);

    clock.begin("trends");
    let of_level = |level| -> Vec<&[usize]> {
        let own = found.iter().filter(move |f: &&Found| f.level == level);
        own.map(|f| f.members.as_slice()).collect()
    };
    let judged = |level| trends(&complaints.rows, &of_level(level), as_of_on);
    let (problems, themes) = rayon::join(
        || judged(ClusterLevel::Problem),
        || judged(ClusterLevel::Theme),
    );
    let (problems, themes) = (problems?, themes?);
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
