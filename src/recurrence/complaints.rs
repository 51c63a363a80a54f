//! The complaints of a snapshot, as far as the search for what comes again needs them.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};

use redress_lake::manifest::Manifest;
use redress_lake::reader::{Batch, ReadError, read_table};

/// A word among those of [`Names`].
pub type Name = u32;

/// One complaint.
#[derive(Debug, Clone)]
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
    /// The text, masked; empty where there is none.
    pub text: String,
}

/// Names and codes, each once.
#[derive(Debug, Default)]
pub struct Names {
    numbers: HashMap<String, Name>,
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
}

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
pub fn read(snapshot: &std::path::Path, manifest: &Manifest) -> Result<Complaints, ReadError> {
    let mut found = Complaints::default();
    let files = &manifest.files;
    read_table(snapshot, files, "cases", &CASES, |batch| {
        found.take_cases(batch)
    })?;
    let mut place: HashMap<i64, usize> = HashMap::with_capacity(found.rows.len());
    place.extend(
        found
            .rows
            .iter()
            .enumerate()
            .map(|(at, c)| (c.case_key, at)),
    );
    let narratives = ["case_key", "narrative"];
    read_table(snapshot, files, "narratives", &narratives, |batch| {
        let keys = batch.integers("case_key")?;
        for (key, text) in keys.into_iter().zip(batch.texts("narrative")?) {
            let row = key.and_then(|key| place.get(&key));
            if let (Some(at), Some(text)) = (row, text) {
                let own = &mut found.rows[*at].text;
                if !own.is_empty() {
                    own.push('\n');
                }
                own.push_str(text);
            }
        }
        Ok(())
    })?;
    let passes = ["case_key", "decided_on"];
    read_table(snapshot, files, "passes", &passes, |batch| {
        let keys = batch.integers("case_key")?;
        for (key, day) in keys.into_iter().zip(batch.days("decided_on")?) {
            let row = key.and_then(|key| place.get(&key));
            if let (Some(at), Some(day)) = (row, day) {
                found.rows[*at].decided_on.push(day);
            }
        }
        Ok(())
    })?;
    for row in &mut found.rows {
        row.decided_on.sort_unstable();
    }
    found
        .rows
        .sort_by(|a, b| (a.received_at, &a.case_id).cmp(&(b.received_at, &b.case_id)));
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
                text: String::new(),
            });
        }
        Ok(())
    }
}
