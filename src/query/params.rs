//! The one-row table `params`: what a query may know of the question asked.

use chrono::{DateTime, NaiveDate, Utc};

use redress_domain::calendar::{Calendar, CalendarError};
use redress_domain::period::Period;

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

/// Why nothing can be asked of a period.
#[derive(Debug, thiserror::Error)]
pub enum ParamsError {
    #[error(transparent)]
    Calendar(#[from] CalendarError),
    #[error("{period} begins after the snapshot's as_of ({as_of_on}); nothing is known of it")]
    Ahead { period: String, as_of_on: NaiveDate },
    #[error("nothing lies before {0}")]
    NothingBefore(String),
}

impl Params {
    /// A question about a period to what was known at a moment, on the days of the organisation's calendar.
    ///
    /// # Errors
    /// When the period begins after the moment, nothing can lie before it, or the calendar does not hold the day.
    pub fn judged_at(
        as_of_at: DateTime<Utc>,
        calendar: &Calendar,
        period: Period,
    ) -> Result<Params, ParamsError> {
        let as_of_on = calendar.local_date(as_of_at)?;
        if period.first > as_of_on {
            return Err(ParamsError::Ahead {
                period: period.name,
                as_of_on,
            });
        }
        let mut over_on = as_of_on;
        if calendar.closing_instant_of_due(over_on)? > as_of_at {
            over_on = over_on.pred_opt().unwrap_or(over_on);
        }
        let Some(previous) = period.previous() else {
            return Err(ParamsError::NothingBefore(period.name));
        };
        Ok(Params {
            as_of_at,
            as_of_on,
            over_on,
            calendar_id: calendar.id().to_owned(),
            period,
            previous,
        })
    }

    /// Day at whose end stock is taken: the period's last, or the day of `as_of` when that is earlier.
    pub fn stock_on(&self) -> NaiveDate {
        self.period.last.min(self.as_of_on)
    }

    /// Whether the period had not ended at `as_of`.
    pub fn provisional(&self) -> bool {
        self.over_on < self.period.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use redress_domain::calendar_file::CalendarFile;

    #[test]
    fn a_day_is_over_only_after_its_closing() {
        let calendar = CalendarFile::from_toml(include_str!("../../reports/calendars/turkey.toml"))
            .expect("the shipped calendar")
            .calendar()
            .expect("the shipped calendar");
        let asked = |at: &str, period: &str| {
            let at = at.parse().expect("an instant");
            let period = period.parse().expect("a period");
            Params::judged_at(at, &calendar, period)
        };
        // 30 September 2026 is a Wednesday; Istanbul is three hours ahead.
        let noon = asked("2026-09-30T09:00:00Z", "2026-Q3").expect("a question");
        assert_eq!(noon.as_of_on.to_string(), "2026-09-30");
        assert_eq!(noon.over_on.to_string(), "2026-09-29");
        assert!(noon.provisional());
        assert_eq!(noon.previous.name, "2026-Q2");
        let next = asked("2026-09-30T21:30:00Z", "2026-Q3").expect("a question");
        assert_eq!(next.as_of_on.to_string(), "2026-10-01");
        assert_eq!(next.over_on.to_string(), "2026-09-30");
        assert!(!next.provisional());
        let ahead = asked("2026-09-30T09:00:00Z", "2026-Q4");
        assert!(matches!(ahead, Err(ParamsError::Ahead { .. })));
    }
}
