//! The cases of a foreign source, as far as the register beside it has to know them: some by which the source is known
//! again, and those that it no longer has.
//!
//! All is kept by source and number of the case: case 17 of one source is not case 17 of another.

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::Connection;

use super::error::{Result, unreadable};
use super::records::{day, instant};
use super::seal::{self, SOURCE_CASE_EVENT, SOURCE_WITNESS};
use super::{Register, to_micros};
use redress_domain::gone_case::GoneCase;

/// A case by which a source is known again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    pub case_id: String,
    pub received_on: NaiveDate,
}

/// What a snapshot showed of a source's cases.
#[derive(Debug, Clone, Copy)]
pub struct SourceSeen<'a> {
    pub source: &'a str,
    /// Moment of the snapshot.
    pub at: DateTime<Utc>,
    pub recorded_at: DateTime<Utc>,
    /// Cases that it has no longer.
    pub gone: &'a [GoneCase],
    /// Numbers of cases that were gone and are back.
    pub returned: &'a [String],
    /// Cases to know the source by from now on.
    pub witnesses: &'a [Witness],
}

impl Register {
    /// The cases by which a source is known again, by number.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn witnesses(&self, source: &str) -> Result<Vec<Witness>> {
        self.read(|conn| witnesses(conn, source))
    }

    /// The cases that a source no longer has, by number: as the snapshots up to `as_of` showed it (all of them when
    /// `None`).
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn gone_cases(&self, source: &str, as_of: Option<DateTime<Utc>>) -> Result<Vec<GoneCase>> {
        self.read(|conn| gone(conn, source, as_of))
    }

    /// The sources of which the register holds anything, by name.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn known_sources(&self) -> Result<Vec<String>> {
        self.read(|conn| {
            let mut select = conn.prepare_cached(
                "SELECT source FROM source_witness UNION SELECT source FROM source_case_event
                 UNION SELECT source FROM cluster_event ORDER BY 1",
            )?;
            let found = select.query_map([], |row| row.get(0))?;
            Ok(found.collect::<rusqlite::Result<Vec<String>>>()?)
        })
    }

    /// Records what a snapshot showed: all of it or nothing. What stands there already is not recorded again, so that
    /// an extract that was stopped can be repeated.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn record_source(&mut self, seen: &SourceSeen<'_>) -> Result<()> {
        if seen.gone.is_empty() && seen.returned.is_empty() && seen.witnesses.is_empty() {
            return Ok(());
        }
        self.write(|w| {
            let known = gone(&w.tx, seen.source, None)?;
            let is_gone = |number: &str| {
                known
                    .binary_search_by(|case| case.case_id.as_str().cmp(number))
                    .is_ok()
            };
            for case in seen.gone.iter().filter(|case| !is_gone(&case.case_id)) {
                add_gone(&w.tx, seen, case)?;
            }
            for number in seen.returned.iter().filter(|number| is_gone(number)) {
                add_returned(&w.tx, seen, number)?;
            }
            let known = witnesses(&w.tx, seen.source)?;
            for witness in seen.witnesses.iter().filter(|new| !known.contains(new)) {
                add_witness(&w.tx, seen, witness)?;
            }
            Ok(())
        })
    }
}

fn witnesses(conn: &Connection, source: &str) -> Result<Vec<Witness>> {
    let mut select = conn.prepare_cached(
        "SELECT w.case_id, w.received_on FROM source_witness AS w
         WHERE w.source = ?1
           AND NOT EXISTS (SELECT 1 FROM source_witness AS later
                           WHERE later.source = w.source AND later.case_id = w.case_id
                             AND later.recorded_at > w.recorded_at)
         ORDER BY w.case_id",
    )?;
    let mut rows = select.query([source])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(Witness {
            case_id: row.get(0)?,
            received_on: day(row, 1, "source_witness")?,
        });
    }
    Ok(found)
}

fn gone(conn: &Connection, source: &str, as_of: Option<DateTime<Utc>>) -> Result<Vec<GoneCase>> {
    let mut select = conn.prepare_cached(
        "SELECT e.case_id, e.seen_at, e.found_at, e.facts FROM source_case_event AS e
         WHERE e.source = ?1 AND e.kind = 'gone' AND e.found_at <= ?2
           AND NOT EXISTS (SELECT 1 FROM source_case_event AS later
                           WHERE later.source = e.source AND later.case_id = e.case_id
                             AND later.event_id > e.event_id AND later.found_at <= ?2)
         ORDER BY e.case_id",
    )?;
    let mut rows = select.query((source, as_of.map_or(i64::MAX, to_micros)))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let case_id: String = row.get(0)?;
        let facts: String = row.get(3)?;
        found.push(GoneCase {
            seen_at: instant(row, 1)?,
            gone_at: instant(row, 2)?,
            facts: serde_json::from_str(&facts)
                .map_err(|error| unreadable("source_case_event", &case_id, error))?,
            case_id,
        });
    }
    Ok(found)
}

fn add_gone(conn: &Connection, seen: &SourceSeen<'_>, case: &GoneCase) -> Result<()> {
    let facts = serde_json::to_string(&case.facts)
        .map_err(|error| unreadable("source_case_event", &case.case_id, error))?;
    conn.prepare_cached(
        "INSERT INTO source_case_event (source, case_id, kind, seen_at, found_at, facts, recorded_at, checksum)
         VALUES (?1, ?2, 'gone', ?3, ?4, ?5, ?6, x'')",
    )?
    .execute((
        seen.source,
        &case.case_id,
        to_micros(case.seen_at),
        to_micros(case.gone_at),
        facts,
        to_micros(seen.recorded_at),
    ))?;
    seal::seal(conn, SOURCE_CASE_EVENT, conn.last_insert_rowid())
}

fn add_returned(conn: &Connection, seen: &SourceSeen<'_>, number: &str) -> Result<()> {
    conn.prepare_cached(
        "INSERT INTO source_case_event (source, case_id, kind, seen_at, found_at, facts, recorded_at, checksum)
         VALUES (?1, ?2, 'returned', NULL, ?3, NULL, ?4, x'')",
    )?
    .execute((
        seen.source,
        number,
        to_micros(seen.at),
        to_micros(seen.recorded_at),
    ))?;
    seal::seal(conn, SOURCE_CASE_EVENT, conn.last_insert_rowid())
}

/// Adds a witness; the day that it bore until now does not count any more.
fn add_witness(conn: &Connection, seen: &SourceSeen<'_>, witness: &Witness) -> Result<()> {
    let added = conn
        .prepare_cached(
            "INSERT OR IGNORE INTO source_witness (source, case_id, received_on, recorded_at, checksum)
             VALUES (?1, ?2, ?3, ?4, x'')",
        )?
        .execute((
            seen.source,
            &witness.case_id,
            witness.received_on.to_string(),
            to_micros(seen.recorded_at),
        ))?;
    match added {
        0 => Ok(()),
        _ => seal::seal(conn, SOURCE_WITNESS, conn.last_insert_rowid()),
    }
}
