//! The cases of a snapshot that is being written: which there are, and that none stands twice.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::{BuildHasher as _, RandomState};
use std::path::Path;

use chrono::NaiveDate;

use crate::order::{ExtractError, Order};
use redress_lake::manifest::Manifest;
use redress_lake::reader::{ReadError, read_table};
use redress_register::Witness;

/// Cases by which a source is known again.
pub(super) const WITNESSES: usize = 200;

/// The cases of the new snapshot: of each number a keyed hash, with the day of receipt. A great source has millions, and
/// their numbers as text would take a gigabyte.
pub(super) struct Index {
    keys: RandomState,
    sorted: Vec<(u64, NaiveDate)>,
}

impl Index {
    /// Of all cases of a snapshot.
    pub(super) fn of(draft: &Path, new: &Manifest) -> Result<Index, ReadError> {
        let mut index = Index {
            keys: RandomState::new(),
            sorted: Vec::new(),
        };
        each_case(draft, new, |id, day| {
            index.sorted.push((index.keys.hash_one(id), day));
        })?;
        index.sorted.sort_unstable();
        Ok(index)
    }

    /// Whether there is no case.
    pub(super) fn is_empty(&self) -> bool {
        self.sorted.is_empty()
    }

    /// The day of receipt of a case, where the snapshot has it.
    pub(super) fn day_of(&self, case_id: &str) -> Option<NaiveDate> {
        let hash = self.keys.hash_one(case_id);
        let at = self.sorted.partition_point(|(known, _)| *known < hash);
        let (known, day) = self.sorted.get(at)?;
        (*known == hash).then_some(*day)
    }

    /// Within a month the reader has found it already; a case can stand in two months as well.
    pub(super) fn no_case_twice(
        &self,
        draft: &Path,
        new: &Manifest,
        order: &Order<'_>,
    ) -> Result<(), ExtractError> {
        let doubled: HashSet<u64> = self
            .sorted
            .windows(2)
            .filter_map(|pair| match pair {
                [(one, _), (other, _)] if one == other => Some(*one),
                _ => None,
            })
            .collect();
        if doubled.is_empty() {
            return Ok(());
        }
        let mut seen: HashMap<String, NaiveDate> = HashMap::new();
        let mut twice = None;
        each_case(draft, new, |id, day| {
            if !doubled.contains(&self.keys.hash_one(id)) {
                return;
            }
            // Two numbers may have one hash, so the numbers themselves are compared.
            if let Some(first) = seen.insert(id.to_owned(), day) {
                twice.get_or_insert((id.to_owned(), first, day));
            }
        })?;
        match twice {
            None => Ok(()),
            Some((case_id, first, second)) => Err(ExtractError::Twice {
                file: order.mapping.path("case.sql"),
                case_id,
                first: first.format("%Y-%m").to_string(),
                second: second.format("%Y-%m").to_string(),
            }),
        }
    }
}

/// Number and day of receipt of every case of a snapshot, also of one that is being written.
pub(super) fn each_case(
    snapshot: &Path,
    manifest: &Manifest,
    mut take: impl FnMut(&str, NaiveDate),
) -> Result<(), ReadError> {
    read_table(
        snapshot,
        &manifest.files,
        "cases",
        &["case_id", "received_on"],
        |batch| {
            let days = batch.days("received_on")?;
            for (id, day) in batch.texts("case_id")?.into_iter().zip(days) {
                if let (Some(id), Some(day)) = (id, day) {
                    take(id, day);
                }
            }
            Ok(())
        },
    )
}

/// Cases to know a source by, spread over all of it: those with the smallest hashes of their numbers. It is the same
/// hash on every machine.
pub(super) fn some_cases(draft: &Path, new: &Manifest) -> Result<Vec<Witness>, ReadError> {
    let keys = rustc_hash::FxBuildHasher;
    let mut picked: BTreeSet<(u64, String, NaiveDate)> = BTreeSet::new();
    each_case(draft, new, |id, day| {
        let hash = keys.hash_one(id);
        let is_small = picked.last().is_none_or(|(last, ..)| hash < *last);
        if picked.len() < WITNESSES || is_small {
            picked.insert((hash, id.to_owned(), day));
            if picked.len() > WITNESSES {
                picked.pop_last();
            }
        }
    })?;
    let witnesses = picked.into_iter().map(|(_, case_id, received_on)| Witness {
        case_id,
        received_on,
    });
    Ok(witnesses.collect())
}
