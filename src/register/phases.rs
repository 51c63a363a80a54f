//! Phases of control charts: that a series' limits begin anew with a month is recorded with its reason, and so is that
//! they do not after all.
//!
//! A record is a version of its series, site and month; none is changed. A new phase takes the past away from what is
//! called a change, so only quality and admin may record one.

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::{Connection, OptionalExtension as _};

use super::error::Result;
use super::records::instant;
use super::seal::{self, CHART_PHASE};
use super::{Register, Writing, local_day, staff, to_micros};
use redress_domain::chart_phase::ChartPhase;
use redress_domain::chart_series::ChartSeries;
use redress_domain::vocabulary::Role;

/// A phase to be recorded, or to be taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPhase {
    pub series: ChartSeries,
    /// `None`: the series of the whole. A phase of the whole is none of its sites, nor the other way round.
    pub site: Option<String>,
    /// First month of the phase, `YYYY-MM`.
    pub begins: String,
    /// Why the limits begin anew, or why the phase is taken back.
    pub reason: String,
    /// An active member of staff with the role quality or admin.
    pub by: String,
}

/// Why a phase is not recorded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PhaseRefusal {
    #[error("`{found}` is no month; write it as 2026-03")]
    NoMonth { found: String },
    #[error("{begins} lies ahead, this month is {this_month}; record the phase when it has begun")]
    Ahead { begins: String, this_month: String },
    #[error(
        "say why the limits begin anew, or do not after all: without a reason a phase would only hide a change"
    )]
    NoReason,
    #[error("there is no member of staff `{name}`; add them with `redress staff add`")]
    UnknownStaff { name: String },
    #[error(
        "{name} is no longer active; `redress staff roles {name} --active` lets them act again"
    )]
    Inactive { name: String },
    #[error(
        "{name} has the role {roles}; a phase is recorded by somebody with the role quality or admin"
    )]
    NotQuality { name: String, roles: String },
    #[error(
        "{series} has no phase from {begins}{at_site}, so none is withdrawn; `redress phases list` has those in force"
    )]
    NotInForce {
        series: ChartSeries,
        begins: String,
        at_site: String,
    },
}

impl Register {
    /// Records that the limits of a series begin anew with a month, and answers the version of that record.
    ///
    /// # Errors
    /// When the month is none or lies ahead, no reason is given, or the person may not record it.
    pub fn set_phase(&mut self, new: &NewPhase, now: DateTime<Utc>) -> Result<i64> {
        self.write(|w| add(w, new, false, now))
    }

    /// Records that a phase in force does not hold after all, and answers the version of that record.
    ///
    /// # Errors
    /// As [`Register::set_phase`], and when no such phase is in force.
    pub fn withdraw_phase(&mut self, new: &NewPhase, now: DateTime<Utc>) -> Result<i64> {
        self.write(|w| add(w, new, true, now))
    }

    /// All versions of all phases known at `as_of` (today's when `None`), by series, site, month and version;
    /// [`in_force`](redress_domain::chart_phase::in_force) tells those that hold.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn phases(&self, as_of: Option<DateTime<Utc>>) -> Result<Vec<ChartPhase>> {
        let sql = "SELECT series, site, begins_month, version, withdrawn, reason, entered_by, recorded_at
                   FROM chart_phase WHERE recorded_at <= ?1 ORDER BY series, site, begins_month, version";
        self.known(sql, as_of, |row| {
            let site: String = row.get(1)?;
            Ok(ChartPhase {
                series: row.get(0)?,
                site: (!site.is_empty()).then_some(site),
                begins: row.get(2)?,
                version: row.get(3)?,
                withdrawn: row.get(4)?,
                reason: row.get(5)?,
                entered_by: row.get(6)?,
                recorded_at: instant(row, 7)?,
            })
        })
    }
}

/// Adds a version in the caller's transaction.
fn add(w: &Writing<'_>, new: &NewPhase, withdrawn: bool, now: DateTime<Utc>) -> Result<i64> {
    let this_month = local_day(now, w.zone).format("%Y-%m").to_string();
    check_month(&new.begins, this_month)?;
    let reason = new.reason.trim();
    if reason.is_empty() {
        return Err(PhaseRefusal::NoReason.into());
    }
    let by = new.by.trim();
    check_person(&w.tx, by)?;
    let series = new.series.to_string();
    let site = new.site.as_deref().map_or("", str::trim);
    let last = last(&w.tx, &series, site, &new.begins)?;
    let holds = last.is_some_and(|(_, withdrawn)| !withdrawn);
    if withdrawn && !holds {
        return Err(PhaseRefusal::NotInForce {
            series: new.series,
            begins: new.begins.clone(),
            at_site: match site {
                "" => String::new(),
                site => format!(" at {site}"),
            },
        }
        .into());
    }
    let version = last.map_or(1, |(version, _)| version + 1);
    w.tx.execute(
        "INSERT INTO chart_phase (series, site, begins_month, version, withdrawn, reason, entered_by, recorded_at,
                                  checksum)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, x'')",
        (
            series,
            site,
            &new.begins,
            version,
            withdrawn,
            reason,
            by,
            to_micros(now),
        ),
    )?;
    seal::seal(&w.tx, CHART_PHASE, w.tx.last_insert_rowid())?;
    Ok(version)
}

/// A month as it is written, which has come.
fn check_month(begins: &str, this_month: String) -> Result<(), PhaseRefusal> {
    let first = format!("{begins}-01").parse::<NaiveDate>();
    if !first.is_ok_and(|day| day.format("%Y-%m").to_string() == begins) {
        return Err(PhaseRefusal::NoMonth {
            found: begins.to_owned(),
        });
    }
    // Months of four-digit years sort as their text.
    if begins > this_month.as_str() {
        return Err(PhaseRefusal::Ahead {
            begins: begins.to_owned(),
            this_month,
        });
    }
    Ok(())
}

/// Whether somebody may record a phase.
fn check_person(conn: &Connection, name: &str) -> Result<()> {
    let named = || name.to_owned();
    let Some(person) = staff::find(conn, name)? else {
        return Err(PhaseRefusal::UnknownStaff { name: named() }.into());
    };
    if !person.active {
        return Err(PhaseRefusal::Inactive { name: named() }.into());
    }
    let answers = |role: &Role| matches!(role, Role::Quality | Role::Admin);
    if !person.roles.iter().any(answers) {
        let roles: Vec<&str> = person.roles.iter().map(|role| role.as_str()).collect();
        return Err(PhaseRefusal::NotQuality {
            name: named(),
            roles: roles.join(", "),
        }
        .into());
    }
    Ok(())
}

/// The newest version of a series, site and month, and whether it takes the phase back.
fn last(conn: &Connection, series: &str, site: &str, begins: &str) -> Result<Option<(i64, bool)>> {
    let found = conn
        .prepare_cached(
            "SELECT version, withdrawn FROM chart_phase WHERE series = ?1 AND site = ?2 AND begins_month = ?3
             ORDER BY version DESC LIMIT 1",
        )?
        .query_row((series, site, begins), |row| Ok((row.get(0)?, row.get(1)?)));
    Ok(found.optional()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_written_in_one_way_and_has_come() {
        let check = |begins: &str| check_month(begins, "2026-03".to_owned());
        assert_eq!(check("2026-03"), Ok(()));
        assert_eq!(check("1999-12"), Ok(()));
        for found in [
            "2026-3",
            "2026-13",
            "26-03",
            "2026-03-01",
            "+2026-1",
            "march",
            "",
        ] {
            let found = found.to_owned();
            assert_eq!(check(&found), Err(PhaseRefusal::NoMonth { found }));
        }
        assert!(matches!(check("2026-04"), Err(PhaseRefusal::Ahead { .. })));
    }
}
