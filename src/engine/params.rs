//! The one-row table `params`: what a query may know of the question asked.

use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::period::Period;

/// The period asked for, the moment of judgement, and the days derived from them.
#[derive(Debug, Clone, PartialEq)]
pub struct Params {
    /// Moment of judgement.
    pub as_of_at: DateTime<Utc>,
    /// Its local day.
    pub as_of_on: NaiveDate,
    /// The last local day that is over at `as_of` (its counting has ended).
    pub over_on: NaiveDate,
    /// The organisation's calendar.
    pub calendar_id: String,
    pub period: Period,
    pub previous: Period,
}

impl Params {
    /// Day at whose end stock is taken: the period's last, or the day of `as_of` when that is earlier.
    pub fn stock_on(&self) -> NaiveDate {
        self.period.last.min(self.as_of_on)
    }

    /// Whether the period had not ended at `as_of`.
    pub fn provisional(&self) -> bool {
        self.over_on < self.period.last
    }
}
