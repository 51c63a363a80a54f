//! Whether a foreign store still holds the source that it held, and which of its cases it no longer has.
//!
//! What is ours about the cases of another store (clusters and the analyst's word, what actions counted) is kept by the
//! name of the source and the number of the case. So the numbers have to mean the same cases from one extract to the
//! next, whatever the rows' order, their keys and the kind of store. The last snapshot of the same source shows it; where
//! the lake has none, some cases that the register keeps as witnesses do.

mod facts;
mod index;

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDate, Utc};

use self::facts::facts_of;
use self::index::{Index, WITNESSES, each_case, some_cases};
use super::order::{ExtractError, Order};
use super::query::Query;
use super::reader::Scope;
use super::run::months;
use redress_domain::gone_case::{GoneCase, GoneFacts};
use redress_lake::manifest::{GoneCount, Manifest};
use redress_lake::store::Lake;
use redress_register::{Register, SourceSeen, Witness};
use redress_source::mapping::SourceKind;
use redress_source::store::Source;

/// A store is another one when so many cases of equal numbers were received on other days, and these are most of them.
const LEAST_DIFFERING: u64 = 3;
/// A correction of the receipt, or another zone, moves a day by one at most.
const DAYS_OF_GRACE: i64 = 1;
/// From so many on, cases that are missing may be an export that was cut short.
const LEAST_MISSING: u64 = 10;

/// What an extract is told beside its order.
#[derive(Debug, Default)]
pub struct Beside<'a> {
    /// The register that holds what is ours about the cases, where there is one.
    pub register: Option<&'a mut Register>,
    /// The store is still this source, although most of its cases are gone or differ.
    pub same_source: bool,
    pub now: DateTime<Utc>,
}

/// A store that does not look like the source that it is said to be. Nothing was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OtherStore {
    #[error(
        "{store}: has none of the {known} case(s) that are known of the source `{name}`; if it is another source, give it a name of its own (--source, or `source` in redress.toml); if they were really taken out, say so with --same-source"
    )]
    NoneLeft {
        store: String,
        name: String,
        known: u64,
    },
    #[error(
        "{store}: {missing} of the {known} cases that the source `{name}` had are not in it; if the export was cut short, make it again; if they were really taken out, say so with --same-source"
    )]
    MostMissing {
        store: String,
        name: String,
        missing: u64,
        known: u64,
    },
    #[error(
        "{store}: {differing} of the {shared} cases whose numbers the source `{name}` has too were received on another day (the first is {first}), so it is another source; give it a name of its own (--source, or `source` in redress.toml), or say with --same-source that it is this one"
    )]
    OtherCases {
        store: String,
        name: String,
        differing: u64,
        shared: u64,
        first: String,
    },
}

/// What the comparison came to.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// For the manifest; `None` where no case is gone.
    pub count: Option<GoneCount>,
    /// What a reader should know, in words.
    pub notes: Vec<String>,
    gone: Vec<GoneCase>,
    returned: Vec<String>,
    witnesses: Vec<Witness>,
}

impl Outcome {
    /// Records in the register beside what was found. It comes before the snapshot has its name: an extract that is
    /// stopped in between finds the same again.
    pub(super) fn record(
        &self,
        order: &Order<'_>,
        beside: &mut Beside<'_>,
        new: &Manifest,
    ) -> Result<(), ExtractError> {
        if order.mapping.settings.source == SourceKind::Register {
            return Ok(());
        }
        if let Some(register) = beside.register.as_mut() {
            register.record_source(&SourceSeen {
                source: new.source_key(),
                at: new.as_of,
                recorded_at: beside.now,
                gone: &self.gone,
                returned: &self.returned,
                witnesses: &self.witnesses,
            })?;
        }
        Ok(())
    }
}

/// Compares the cases of a snapshot that is being written with what is known of its source.
///
/// # Errors
/// When a case stands twice, or the store does not look like the source that it is said to be.
pub(super) fn compare(
    lake: &Lake,
    draft: &Path,
    order: &Order<'_>,
    beside: &Beside<'_>,
    new: &Manifest,
    source: &Source,
) -> Result<Outcome, ExtractError> {
    let mut outcome = Outcome::default();
    // The bundled register loses no case, and its numbers are unique by its schema.
    if order.mapping.settings.source == SourceKind::Register {
        return Ok(outcome);
    }
    let index = Index::of(draft, new)?;
    index.no_case_twice(draft, new, order)?;
    let earlier = match before(lake, new)? {
        // A snapshot of a past moment says nothing of what became of a case since.
        Before::Past => return Ok(outcome),
        Before::Nothing => None,
        Before::Snapshot(earlier) => Some(*earlier),
    };
    let name = new.source_key();
    let (witnesses, known_gone) = match beside.register.as_deref() {
        Some(register) => (register.witnesses(name)?, register.gone_cases(name, None)?),
        None => (Vec::new(), Vec::new()),
    };
    let mut of_register = Tally::default();
    let gone: HashSet<&str> = known_gone.iter().map(|g| g.case_id.as_str()).collect();
    for witness in &witnesses {
        if !gone.contains(witness.case_id.as_str()) {
            of_register.take(&index, &witness.case_id, witness.received_on);
        }
    }
    let mut tally = Tally::default();
    let mut missing: HashMap<String, Option<GoneFacts>> = HashMap::new();
    if let Some(earlier) = &earlier {
        each_case(&earlier.folder, &earlier.manifest, |id, day| {
            if !tally.take(&index, id, day) {
                missing.insert(id.to_owned(), None);
            }
        })?;
    }
    if !missing.is_empty() {
        // What is there and cannot be used is refused and counted as such; it is not gone.
        let there = still_there(source, order, &mut missing)?;
        tally.missing = tally.missing.saturating_sub(there);
    }
    if !beside.same_source {
        // The lake may hold another source under the same name, so that the register's own cases are looked at as well.
        of_register.other_cases(order, name)?;
        match earlier {
            Some(_) => tally.judge(order, name, index.is_empty())?,
            None => of_register.judge(order, name, index.is_empty())?,
        }
    }
    if let Some(earlier) = &earlier {
        outcome.gone = facts_of(&earlier.folder, &earlier.manifest, missing, new.as_of)?;
        outcome.note_differing(&tally, &earlier.name);
    }
    outcome.returned = known_gone
        .iter()
        .filter(|case| index.day_of(&case.case_id).is_some())
        .map(|case| case.case_id.clone())
        .collect();
    outcome.count(earlier.as_ref(), &known_gone, beside.register.is_some());
    if beside.register.is_some() {
        let there = |w: &&Witness| index.day_of(&w.case_id).is_some();
        if beside.same_source || witnesses.iter().filter(there).count() < WITNESSES / 2 {
            outcome.witnesses = some_cases(draft, new)?;
        }
    }
    Ok(outcome)
}

impl Outcome {
    fn note_differing(&mut self, tally: &Tally, earlier: &str) {
        if let Some(first) = &tally.first {
            self.notes.push(format!(
                "{} case(s) were received on another day than in the snapshot {earlier} (the first is {first}); what is ours about them stays with their numbers",
                tally.differing
            ));
        }
    }

    /// The figures for the manifest, and lines for a reader.
    fn count(&mut self, earlier: Option<&Earlier>, known: &[GoneCase], is_kept: bool) {
        let already: HashSet<&str> = known.iter().map(|case| case.case_id.as_str()).collect();
        let fresh = self
            .gone
            .iter()
            .filter(|case| !already.contains(case.case_id.as_str()))
            .count();
        let in_all = match (is_kept, earlier.and_then(|e| e.manifest.gone.as_ref())) {
            (true, _) => (known.len() + fresh).saturating_sub(self.returned.len()) as u64,
            (false, Some(before)) => before.in_all + self.gone.len() as u64,
            (false, None) => self.gone.len() as u64,
        };
        if !self.returned.is_empty() {
            self.notes.push(format!(
                "{} case(s) that were gone from the source are back",
                self.returned.len()
            ));
        }
        if let (Some(first), Some(earlier)) = (self.gone.first(), earlier) {
            let kept = match is_kept {
                true => "what is ours about them is kept, and `redress lake gone` lists them",
                false => "make a register with `redress init`, so that they are remembered",
            };
            self.notes.push(format!(
                "{} case(s) of the snapshot {} are no longer in the source (the first is {}); {kept}",
                self.gone.len(),
                earlier.name,
                first.case_id
            ));
        }
        if in_all > 0 || !self.returned.is_empty() {
            self.count = Some(GoneCount {
                compared_with: earlier.map(|earlier| earlier.name.clone()),
                cases: self.gone.len() as u64,
                returned: self.returned.len() as u64,
                in_all,
                first: self.gone.first().map(|case| case.case_id.clone()),
            });
        }
    }
}

/// What the lake has of the same source.
enum Before {
    Nothing,
    /// A snapshot of a later moment, or the new one is restated.
    Past,
    Snapshot(Box<Earlier>),
}

struct Earlier {
    name: String,
    folder: PathBuf,
    manifest: Manifest,
}

fn before(lake: &Lake, new: &Manifest) -> Result<Before, ExtractError> {
    if new.known_at.is_some() {
        return Ok(Before::Past);
    }
    for name in lake.snapshots()?.into_iter().rev() {
        let folder = lake.root().join(&name);
        // A snapshot of another schema, or a damaged one, is no ground for a comparison.
        let Ok(manifest) = Manifest::read(&folder) else {
            continue;
        };
        if manifest.source_key() != new.source_key() || manifest.known_at.is_some() {
            continue;
        }
        return Ok(match manifest.as_of > new.as_of {
            true => Before::Past,
            false => Before::Snapshot(Box::new(Earlier {
                name,
                folder,
                manifest,
            })),
        });
    }
    Ok(Before::Nothing)
}

/// Known cases set against those of the store.
#[derive(Debug, Default)]
struct Tally {
    known: u64,
    missing: u64,
    shared: u64,
    differing: u64,
    /// The first that differs.
    first: Option<String>,
}

impl Tally {
    /// Counts a known case; whether the store has it.
    fn take(&mut self, index: &Index, case_id: &str, received_on: NaiveDate) -> bool {
        self.known += 1;
        let Some(day) = index.day_of(case_id) else {
            self.missing += 1;
            return false;
        };
        self.shared += 1;
        if (day - received_on).num_days().abs() > DAYS_OF_GRACE {
            self.differing += 1;
            self.first.get_or_insert_with(|| case_id.to_owned());
        }
        true
    }

    /// Whether equal numbers are equal cases.
    fn other_cases(&self, order: &Order<'_>, name: &str) -> Result<(), OtherStore> {
        if self.differing < LEAST_DIFFERING || 2 * self.differing <= self.shared {
            return Ok(());
        }
        Err(OtherStore::OtherCases {
            store: order.source_name.clone(),
            name: name.to_owned(),
            differing: self.differing,
            shared: self.shared,
            first: self.first.clone().unwrap_or_default(),
        })
    }

    fn judge(&self, order: &Order<'_>, name: &str, is_empty: bool) -> Result<(), OtherStore> {
        let store = || order.source_name.clone();
        let name = || name.to_owned();
        let all_missing = self.known > 0 && self.missing == self.known;
        // One case that another one replaced is no sign of anything.
        if all_missing && (is_empty || self.known >= LEAST_DIFFERING) {
            return Err(OtherStore::NoneLeft {
                store: store(),
                name: name(),
                known: self.known,
            });
        }
        self.other_cases(order, &name())?;
        if self.missing >= LEAST_MISSING && 2 * self.missing > self.known {
            return Err(OtherStore::MostMissing {
                store: store(),
                name: name(),
                missing: self.missing,
                known: self.known,
            });
        }
        Ok(())
    }
}

/// Takes from the missing cases those that the store gives and that were refused, and counts them.
fn still_there(
    source: &Source,
    order: &Order<'_>,
    missing: &mut HashMap<String, Option<GoneFacts>>,
) -> Result<u64, ExtractError> {
    let readers = source.readers(1)?;
    let Some(connection) = readers.first() else {
        return Err(ExtractError::WorkerLost);
    };
    let before = missing.len();
    let columns = &["case_key", "case_id"];
    let mut query = Query::prepare(connection, order.mapping, "case.sql", columns)?;
    for month in months(connection, order.mapping)? {
        let mut rows = query.open(&Scope::month(&month, order.knowledge()))?;
        while let Some((_, case_id)) =
            rows.next(|columns, row, number| columns.name(row, 1, number))?
        {
            missing.remove(&case_id);
        }
    }
    Ok((before - missing.len()) as u64)
}
