//! Records that are not cases: evidence, objectives, calendars and limits.
//!
//! Objectives, calendars and limits are versions: one is added with its reason, none is changed.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::{Connection, Row};

use super::error::{RegisterError, Result, unreadable};
use super::seal::{self, CALENDAR_VERSION, EVIDENCE, LIMITS_VERSION, OBJECTIVE};
use super::{Register, from_micros, to_micros};
use redress_domain::vocabulary::words;

/// One version of a working calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarVersion {
    pub calendar_id: String,
    /// 1, 2, 3 …
    pub version: i64,
    pub recorded_at: DateTime<Utc>,
    pub reason: String,
    pub toml: String,
}

/// One version of the stages' limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitsVersion {
    /// 1, 2, 3 …
    pub version: i64,
    /// The first local day on which they apply.
    pub effective_from: NaiveDate,
    pub recorded_at: DateTime<Utc>,
    pub reason: String,
    pub toml: String,
}

words! {
    /// Which side of its target an objective asks for.
    Direction { AtLeast = "at_least", AtMost = "at_most" }
}

/// A target for an indicator.
#[derive(Debug, Clone, PartialEq)]
pub struct NewObjective {
    /// M1 … M8 or P1 … P15.
    pub indicator: String,
    /// In the indicator's own unit.
    pub target: f64,
    pub direction: Direction,
    pub owner: String,
    pub effective_from: NaiveDate,
    pub reason: String,
}

/// One version of an objective.
#[derive(Debug, Clone, PartialEq)]
pub struct Objective {
    pub version: i64,
    pub recorded_at: DateTime<Utc>,
    pub objective: NewObjective,
}

impl Objective {
    /// Of each indicator the version in force on a day: the latest `effective_from` that has come, then the highest
    /// version.
    pub fn in_force(all: &[Objective], on: NaiveDate) -> BTreeMap<&str, &Objective> {
        let mut best: BTreeMap<&str, &Objective> = BTreeMap::new();
        for candidate in all.iter().filter(|o| o.objective.effective_from <= on) {
            let order = |o: &Objective| (o.objective.effective_from, o.version);
            let held = best
                .entry(candidate.objective.indicator.as_str())
                .or_insert(candidate);
            if order(candidate) > order(held) {
                *held = candidate;
            }
        }
        best
    }
}

/// A figure or finding that somebody enters by hand, with what proves it.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEvidence {
    /// P1 … P15, I1 … I8, O1 … O3.
    pub indicator: String,
    pub value: Option<f64>,
    pub unit: Option<String>,
    /// The day it speaks of.
    pub dated: NaiveDate,
    pub entered_by: String,
    /// SHA-256 of a file that proves it, in hexadecimal.
    pub file_sha256: Option<String>,
    pub note: Option<String>,
}

/// Recorded evidence.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    pub evidence_id: i64,
    pub recorded_at: DateTime<Utc>,
    pub evidence: NewEvidence,
}

impl Register {
    /// Adds a version of a calendar and answers its number. The text's meaning is the caller's matter.
    ///
    /// # Errors
    /// When the text is no TOML or no reason is given.
    pub fn set_calendar(
        &mut self,
        calendar_id: &str,
        toml: &str,
        reason: &str,
        now: DateTime<Utc>,
    ) -> Result<i64> {
        check_toml("calendar", toml)?;
        check_reason(reason)?;
        self.write(|w| add_calendar(&w.tx, calendar_id, toml, reason, now))
    }

    /// The version of a calendar that was known at `as_of` (the newest when `None`).
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn calendar(
        &self,
        calendar_id: &str,
        as_of: Option<DateTime<Utc>>,
    ) -> Result<Option<CalendarVersion>> {
        let versions = self.calendar_versions(as_of)?;
        Ok(versions
            .into_iter()
            .rfind(|version| version.calendar_id == calendar_id))
    }

    /// All versions of all calendars known at `as_of`, by calendar and version.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn calendar_versions(&self, as_of: Option<DateTime<Utc>>) -> Result<Vec<CalendarVersion>> {
        let sql = "SELECT calendar_id, version, recorded_at, reason, toml FROM calendar_version
                   WHERE recorded_at <= ?1 ORDER BY calendar_id, version";
        self.known(sql, as_of, |row| {
            Ok(CalendarVersion {
                calendar_id: row.get(0)?,
                version: row.get(1)?,
                recorded_at: instant(row, 2)?,
                reason: row.get(3)?,
                toml: row.get(4)?,
            })
        })
    }

    /// Adds a version of the limits and answers its number. The text's meaning is the caller's matter.
    ///
    /// # Errors
    /// When the text is no TOML or no reason is given.
    pub fn set_limits(
        &mut self,
        toml: &str,
        effective_from: NaiveDate,
        reason: &str,
        now: DateTime<Utc>,
    ) -> Result<i64> {
        check_toml("limits", toml)?;
        check_reason(reason)?;
        self.write(|w| add_limits(&w.tx, toml, effective_from, reason, now))
    }

    /// All versions of the limits known at `as_of`, oldest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn limits(&self, as_of: Option<DateTime<Utc>>) -> Result<Vec<LimitsVersion>> {
        let sql = "SELECT version, effective_from, recorded_at, reason, toml FROM limits_version
                   WHERE recorded_at <= ?1 ORDER BY version";
        self.known(sql, as_of, |row| {
            Ok(LimitsVersion {
                version: row.get(0)?,
                effective_from: day(row, 1, "limits_version")?,
                recorded_at: instant(row, 2)?,
                reason: row.get(3)?,
                toml: row.get(4)?,
            })
        })
    }

    /// Adds a version of an indicator's objective and answers its number.
    ///
    /// # Errors
    /// When no owner or reason is given, or the target is no number.
    pub fn set_objective(&mut self, new: &NewObjective, now: DateTime<Utc>) -> Result<i64> {
        check_reason(&new.reason)?;
        if new.owner.trim().is_empty() {
            return Err(RegisterError::invalid(
                "owner",
                &new.owner,
                "an objective has an owner",
            ));
        }
        check_finite("target", new.target)?;
        self.write(|w| {
            let version = next_version(
                &w.tx,
                "SELECT max(version) FROM objective WHERE indicator = ?1",
                &new.indicator,
            )?;
            w.tx.execute(
                "INSERT INTO objective (indicator, version, target, direction, owner, effective_from,
                                        recorded_at, reason, checksum)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, x'')",
                (
                    &new.indicator,
                    version,
                    new.target,
                    new.direction.as_str(),
                    &new.owner,
                    new.effective_from.to_string(),
                    to_micros(now),
                    &new.reason,
                ),
            )?;
            seal::seal(&w.tx, OBJECTIVE, w.tx.last_insert_rowid())?;
            Ok(version)
        })
    }

    /// All versions of all objectives known at `as_of`, by indicator and version.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn objectives(&self, as_of: Option<DateTime<Utc>>) -> Result<Vec<Objective>> {
        let sql = "SELECT indicator, version, target, direction, owner, effective_from, recorded_at, reason
                   FROM objective WHERE recorded_at <= ?1 ORDER BY indicator, version";
        self.known(sql, as_of, |row| {
            let direction: String = row.get(3)?;
            Ok(Objective {
                version: row.get(1)?,
                recorded_at: instant(row, 6)?,
                objective: NewObjective {
                    indicator: row.get(0)?,
                    target: row.get(2)?,
                    direction: direction
                        .parse()
                        .map_err(|e| unreadable("objective", &direction, e))?,
                    owner: row.get(4)?,
                    effective_from: day(row, 5, "objective")?,
                    reason: row.get(7)?,
                },
            })
        })
    }

    /// Records evidence and answers its number.
    ///
    /// # Errors
    /// When there is neither a value nor a note nor a file, or the value is no number.
    pub fn add_evidence(&mut self, new: &NewEvidence, now: DateTime<Utc>) -> Result<i64> {
        if let Some(value) = new.value {
            check_finite("value", value)?;
        }
        if new.value.is_none() && new.note.is_none() && new.file_sha256.is_none() {
            return Err(RegisterError::invalid(
                "evidence for",
                &new.indicator,
                "give a value, a note or a file",
            ));
        }
        self.write(|w| {
            w.tx.execute(
                "INSERT INTO evidence (indicator, value, unit, dated, entered_by, recorded_at,
                                       file_sha256, note, checksum)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, x'')",
                (
                    &new.indicator,
                    new.value,
                    &new.unit,
                    new.dated.to_string(),
                    &new.entered_by,
                    to_micros(now),
                    &new.file_sha256,
                    &new.note,
                ),
            )?;
            let id = w.tx.last_insert_rowid();
            seal::seal(&w.tx, EVIDENCE, id)?;
            Ok(id)
        })
    }

    /// All evidence known at `as_of`, in the order of entry.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn evidence(&self, as_of: Option<DateTime<Utc>>) -> Result<Vec<Evidence>> {
        let sql = "SELECT evidence_id, indicator, value, unit, dated, entered_by, recorded_at, file_sha256, note
                   FROM evidence WHERE recorded_at <= ?1 ORDER BY evidence_id";
        self.known(sql, as_of, |row| {
            Ok(Evidence {
                evidence_id: row.get(0)?,
                recorded_at: instant(row, 6)?,
                evidence: NewEvidence {
                    indicator: row.get(1)?,
                    value: row.get(2)?,
                    unit: row.get(3)?,
                    dated: day(row, 4, "evidence")?,
                    entered_by: row.get(5)?,
                    file_sha256: row.get(7)?,
                    note: row.get(8)?,
                },
            })
        })
    }

    /// The rows of a query whose only parameter is the moment up to which records were known.
    pub(super) fn known<T>(
        &self,
        sql: &str,
        as_of: Option<DateTime<Utc>>,
        read: impl Fn(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        self.read(|conn| {
            let mut select = conn.prepare_cached(sql)?;
            let mut rows = select.query([as_of.map_or(i64::MAX, to_micros)])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(read(row)?);
            }
            Ok(found)
        })
    }
}

/// Adds a calendar version in the caller's transaction.
pub(super) fn add_calendar(
    conn: &Connection,
    calendar_id: &str,
    toml: &str,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<i64> {
    let version = next_version(
        conn,
        "SELECT max(version) FROM calendar_version WHERE calendar_id = ?1",
        calendar_id,
    )?;
    conn.execute(
        "INSERT INTO calendar_version (calendar_id, version, recorded_at, reason, toml, checksum)
         VALUES (?1, ?2, ?3, ?4, ?5, x'')",
        (calendar_id, version, to_micros(now), reason, toml),
    )?;
    seal::seal(conn, CALENDAR_VERSION, conn.last_insert_rowid())?;
    Ok(version)
}

/// Adds a version of the limits in the caller's transaction.
pub(super) fn add_limits(
    conn: &Connection,
    toml: &str,
    effective_from: NaiveDate,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<i64> {
    let version = next_version(
        conn,
        "SELECT max(version) FROM limits_version WHERE ?1 = ''",
        "",
    )?;
    conn.execute(
        "INSERT INTO limits_version (version, effective_from, recorded_at, reason, toml, checksum)
         VALUES (?1, ?2, ?3, ?4, ?5, x'')",
        (
            version,
            effective_from.to_string(),
            to_micros(now),
            reason,
            toml,
        ),
    )?;
    seal::seal(conn, LIMITS_VERSION, conn.last_insert_rowid())?;
    Ok(version)
}

/// Whether a text is TOML at all.
pub(super) fn check_toml(what: &'static str, text: &str) -> Result<()> {
    match text.parse::<toml::Table>() {
        Ok(_) => Ok(()),
        Err(e) => Err(RegisterError::invalid(
            what,
            e.to_string(),
            "the text is no TOML; correct it at that place",
        )),
    }
}

fn next_version(conn: &Connection, sql: &str, key: &str) -> Result<i64> {
    let last: Option<i64> = conn.query_row(sql, [key], |row| row.get(0))?;
    Ok(last.unwrap_or(0) + 1)
}

fn check_reason(reason: &str) -> Result<()> {
    if reason.trim().is_empty() {
        return Err(RegisterError::invalid(
            "reason",
            reason,
            "say why this version is needed",
        ));
    }
    Ok(())
}

/// Refuses what is no number.
pub(super) fn check_finite(what: &'static str, value: f64) -> Result<()> {
    if value.is_finite() {
        Ok(())
    } else {
        Err(RegisterError::invalid(
            what,
            value.to_string(),
            "give a number",
        ))
    }
}

/// An instant from a column.
pub(super) fn instant(row: &Row<'_>, column: usize) -> Result<DateTime<Utc>> {
    from_micros(row.get(column)?)
}

/// A day from a column.
pub(super) fn day(row: &Row<'_>, column: usize, table: &'static str) -> Result<NaiveDate> {
    let text: String = row.get(column)?;
    text.parse().map_err(|e| unreadable(table, &text, e))
}
