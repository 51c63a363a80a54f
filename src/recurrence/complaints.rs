//! The complaints of a snapshot, as far as the search for what comes again needs them.

use std::path::Path;

use chrono::{DateTime, NaiveDate, Utc};
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use redress_lake::manifest::{FileEntry, Manifest};
use redress_lake::reader::{Batch, ReadError, read_table};

/// A word among those of [`Names`].
pub type Name = u32;

/// One complaint.
#[derive(Debug, Clone, Default)]
pub struct Complaint {
    pub case_key: i64,
    pub case_id: String,
    pub received_at: DateTime<Utc>,
    pub received_on: NaiveDate,
    /// Registered a second time and merged into another case; counts in no cluster.
    pub merged: bool,
    pub merged_into: Option<String>,
    pub open: bool,
    pub complainant: Option<Name>,
    pub product: Option<Name>,
    pub lot: Option<Name>,
    pub site: Option<Name>,
    pub channel: Option<Name>,
    pub category: Option<Name>,
    /// Minor units.
    pub cost_minor: i64,
    /// Days on which its decisions came into force, earliest first.
    pub decided_on: Vec<NaiveDate>,
}

/// Names and codes, each once.
#[derive(Debug, Default)]
pub struct Names {
    numbers: FxHashMap<String, Name>,
    words: Vec<String>,
}

impl Names {
    /// The number of a word, given when it is new.
    pub fn number(&mut self, word: &str) -> Name {
        if let Some(number) = self.numbers.get(word) {
            return *number;
        }
        let number = Name::try_from(self.words.len()).unwrap_or(Name::MAX);
        self.words.push(word.to_owned());
        self.numbers.insert(word.to_owned(), number);
        number
    }

    /// The word of a number.
    pub fn word(&self, number: Name) -> &str {
        self.words.get(number as usize).map_or("", String::as_str)
    }
}

/// All complaints of a snapshot in canonical order: by receipt, then by number of the case.
#[derive(Debug, Default)]
pub struct Complaints {
    pub rows: Vec<Complaint>,
    pub names: Names,
    /// What each row says, masked; empty where it says nothing. They fill as much memory as the rest together.
    pub texts: Vec<Text>,
}

/// What a complaint says.
pub type Text = Box<str>;

const CASES: [&str; 14] = [
    "case_key",
    "case_id",
    "received_at",
    "received_on",
    "state",
    "merged_into",
    "closed_on",
    "complainant_key",
    "product",
    "lot",
    "site",
    "channel",
    "category",
    "cost_minor",
];

/// Reads the complaints of a snapshot.
///
/// # Errors
/// When a file of the snapshot cannot be read or is not the manifest's.
pub fn read(snapshot: &Path, manifest: &Manifest) -> Result<Complaints, ReadError> {
    let files = &manifest.files;
    let (narratives, others) = rayon::join(
        || narratives(snapshot, files),
        || Ok((cases(snapshot, files)?, decisions(snapshot, files)?)),
    );
    let (mut found, decisions) = others?;
    found
        .rows
        .par_sort_by(|a, b| (a.received_at, &a.case_id).cmp(&(b.received_at, &b.case_id)));
    let place = places(&found.rows);
    for (key, day) in decisions {
        if let Some(at) = place.get(&key) {
            found.rows[*at].decided_on.push(day);
        }
    }
    for row in &mut found.rows {
        row.decided_on.sort_unstable();
    }
    found.texts = of_rows(narratives?, found.rows.len(), &place);
    Ok(found)
}

/// Reads the texts of complaints again, in the order of their rows.
///
/// # Errors
/// As [`read`].
pub fn texts(
    snapshot: &Path,
    manifest: &Manifest,
    rows: &[Complaint],
) -> Result<Vec<Text>, ReadError> {
    let narratives = narratives(snapshot, &manifest.files)?;
    Ok(of_rows(narratives, rows.len(), &places(rows)))
}

/// The row of each case, by its key.
type Places = FxHashMap<i64, usize>;

fn places(rows: &[Complaint]) -> Places {
    let rows = rows.iter().enumerate();
    rows.map(|(at, row)| (row.case_key, at)).collect()
}

/// Each row's text; several texts of a case are one, in their order.
fn of_rows(narratives: Vec<(i64, Text)>, rows: usize, place: &Places) -> Vec<Text> {
    let mut texts = vec![Text::default(); rows];
    for (key, text) in narratives {
        let Some(at) = place.get(&key) else { continue };
        let own = &mut texts[*at];
        *own = match own.is_empty() {
            true => text,
            false => [own, "\n", &text].concat().into(),
        };
    }
    texts
}

fn cases(snapshot: &Path, files: &[FileEntry]) -> Result<Complaints, ReadError> {
    let mut found = Complaints::default();
    read_table(snapshot, files, "cases", &CASES, |batch| {
        found.take_cases(batch)
    })?;
    Ok(found)
}

/// Texts with the key of their case, in the order of the files.
fn narratives(snapshot: &Path, files: &[FileEntry]) -> Result<Vec<(i64, Text)>, ReadError> {
    let mut found = Vec::new();
    let columns = ["case_key", "narrative"];
    read_table(snapshot, files, "narratives", &columns, |batch| {
        let keys = batch.integers("case_key")?;
        let texts = batch.texts("narrative")?;
        let both = keys.into_iter().zip(texts);
        found.extend(both.filter_map(|(key, text)| Some((key?, text?.into()))));
        Ok(())
    })?;
    Ok(found)
}

/// Days on which decisions came into force, with the key of their case.
fn decisions(snapshot: &Path, files: &[FileEntry]) -> Result<Vec<(i64, NaiveDate)>, ReadError> {
    let mut found = Vec::new();
    read_table(
        snapshot,
        files,
        "passes",
        &["case_key", "decided_on"],
        |batch| {
            let keys = batch.integers("case_key")?;
            let days = batch.days("decided_on")?;
            let both = keys.into_iter().zip(days);
            found.extend(both.filter_map(|(key, day)| Some((key?, day?))));
            Ok(())
        },
    )?;
    Ok(found)
}

impl Complaints {
    fn take_cases(&mut self, batch: &Batch<'_>) -> Result<(), ReadError> {
        let keys = batch.integers("case_key")?;
        let ids = batch.texts("case_id")?;
        let received_at = batch.instants("received_at")?;
        let received_on = batch.days("received_on")?;
        let states = batch.texts("state")?;
        let merged_into = batch.texts("merged_into")?;
        let closed_on = batch.days("closed_on")?;
        let costs = batch.integers("cost_minor")?;
        let mut named = |column: &str| -> Result<Vec<Option<Name>>, ReadError> {
            let words = batch.texts(column)?;
            let numbers = words.into_iter().map(|w| w.map(|w| self.names.number(w)));
            Ok(numbers.collect())
        };
        let complainants = named("complainant_key")?;
        let products = named("product")?;
        let lots = named("lot")?;
        let sites = named("site")?;
        let channels = named("channel")?;
        let categories = named("category")?;
        for row in 0..batch.len() {
            let (Some(case_key), Some(case_id), Some(at), Some(on)) =
                (keys[row], ids[row], received_at[row], received_on[row])
            else {
                // The lake's schema allows none of these to be absent.
                continue;
            };
            self.rows.push(Complaint {
                case_key,
                case_id: case_id.to_owned(),
                received_at: at,
                received_on: on,
                merged: states[row] == Some("merged"),
                merged_into: merged_into[row].map(str::to_owned),
                open: closed_on[row].is_none(),
                complainant: complainants[row],
                product: products[row],
                lot: lots[row],
                site: sites[row],
                channel: channels[row],
                category: categories[row],
                cost_minor: costs[row].unwrap_or(0),
                decided_on: Vec::new(),
            });
        }
        Ok(())
    }
}
