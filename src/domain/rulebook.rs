//! The rules in force for one reading of the register: calendars, limits, and which calendar counts
//! for which department.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::calendar::{Calendar, CalendarError};
use super::case_file::CaseFile;
use super::limits::{LimitError, LimitInForce, LimitQuery, Limits};
use super::stage_clock::{StageMeasure, StageSpan, measure};
use super::stages::StageRecord;

/// Calendars, limits and settings, as known at one `as_of`.
#[derive(Debug, Clone)]
pub struct Rulebook {
    /// The organisation's calendar; it also gives the zone of every local day.
    pub organisation: Calendar,
    /// Calendars of departments that keep hours of their own.
    pub departments: BTreeMap<String, Calendar>,
    pub limits: Limits,
    /// Only limits known then count; `None` = all.
    pub known_at: Option<DateTime<Utc>>,
    /// Longest pause that stops a clock, in counted days of one stage; `None` = no maximum.
    pub max_pause_days: Option<u32>,
}

/// Why a stage could not be measured.
#[derive(Debug, thiserror::Error)]
pub enum RuleError {
    #[error(transparent)]
    Calendar(#[from] CalendarError),
    #[error(transparent)]
    Limit(#[from] LimitError),
}

impl Rulebook {
    /// The calendar of the department that holds a stage at its start.
    pub fn calendar(&self, department: &str) -> &Calendar {
        self.departments
            .get(department)
            .unwrap_or(&self.organisation)
    }

    /// The limit of a stage: the version in force at its start.
    ///
    /// # Errors
    /// When no limit applies, or the start lies outside the calendar.
    pub fn limit(&self, record: &StageRecord) -> Result<LimitInForce, RuleError> {
        let started_on = self
            .calendar(&record.department)
            .local_date(record.started_at)?;
        Ok(self.limits.lookup(LimitQuery {
            stage: record.stage,
            pass: record.pass,
            department: Some(&record.department),
            severity: record.severity,
            started_on,
            known_at: self.known_at,
        })?)
    }

    /// The span and the measure of a stage: what statistics and `case explain` both use.
    ///
    /// # Errors
    /// As [`Rulebook::limit`].
    pub fn measure(
        &self,
        file: &CaseFile,
        record: &StageRecord,
    ) -> Result<(LimitInForce, StageSpan, StageMeasure), RuleError> {
        let limit = self.limit(record)?;
        let span = record.span(limit.days, &file.rests);
        let calendar = self.calendar(&record.department);
        let measured = measure(&span, calendar, self.max_pause_days)?;
        Ok((limit, span, measured))
    }
}
