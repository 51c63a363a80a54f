//! How an action will be judged, fixed before it begins, and what a look at the complaints then found.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::{Verdict, words};
use crate::scope::Scope;

/// How an action will be judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Check {
    /// By the rate of the complaints in scope, before and after.
    Rate(Box<RateCheck>),
    /// By a criterion in words, where there is nothing to count; a person judges.
    Criterion(CriterionCheck),
}

/// A criterion in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CriterionCheck {
    pub criterion: String,
    /// From this day on it can be judged.
    pub due_on: NaiveDate,
}

words! {
    /// Which date of a case puts it into a month.
    CountBy {
        Received = "received",
        /// Goods made before the fix keep failing after it; counted by production they are told apart.
        Produced = "produced",
        Sold = "sold",
    }
}

words! {
    /// What a month's complaints are set against.
    ExposureKind {
        /// Working days of the organisation's calendar.
        WorkingDays = "working_days",
        /// Units sold or served, from `import exposure`.
        Units = "units",
    }
}

/// Complaints of two windows, compared. Every figure but the verdict's rule is fixed with it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateCheck {
    /// Frozen: cases that are moved out of it later are listed, and counted a second time as if still in it.
    pub scope: Scope,
    /// When the signal that raised the action began; the baseline ends before it.
    pub signal_on: NaiveDate,
    /// First day of the baseline's first month.
    pub baseline_first: NaiveDate,
    /// Last day of its last month.
    pub baseline_last: NaiveDate,
    /// Only the calendar months of the follow-up are taken from the baseline.
    pub seasonal: bool,
    pub count_by: CountBy,
    pub exposure: ExposureKind,
    /// Days after the implementation that are left out, while goods made before it still fail.
    pub settling_days: u32,
    /// Counting by production or sale: only complaints within so many days of it count, in both windows, and the
    /// verdict waits until the last month is so old.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ripening_days: Option<u32>,
    pub follow_up_months: u32,
    /// The one extension, declared beforehand: months that are added when the first look is inconclusive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extension_months: Option<u32>,
    /// Share by which the rate has to fall at least for "effective".
    pub target: f64,
    /// Share by which the action is expected to lower it; what can be seen is computed for this one.
    pub reduction: f64,
    /// Of the interval, over all looks together.
    pub confidence: f64,
    /// What could be known when it was fixed.
    pub foreseen: Foreseen,
}

/// What was computed when the check was fixed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Foreseen {
    /// The snapshot it was computed on, and the source of its cases: it is judged on cases of the same source.
    pub snapshot: String,
    pub source: String,
    pub baseline_cases: u64,
    pub baseline_exposure: f64,
    /// Scatter of the months beyond chance; 1 is chance alone. `None` where months are matched by season: what is season
    /// and what is scatter shows only beside the follow-up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dispersion: Option<f64>,
    /// Months of follow-up that see the expected reduction with a chance of 80 % and refute a useless action more often
    /// than not; `None`: not within three years.
    pub months_needed: Option<u32>,
    /// Chance that the follow-up as fixed sees the expected reduction.
    pub seen: f64,
    /// Chance that it refutes an action that changes nothing.
    pub refuted: f64,
}

impl RateCheck {
    /// First and last day of the follow-up of an action implemented on a day, without the extension: whole months, the
    /// first one that begins on or after the end of settling. `None` outside the years that a date can have.
    pub fn follow_up(&self, implemented_on: NaiveDate) -> Option<(NaiveDate, NaiveDate)> {
        self.follow_up_at(implemented_on, 0)
    }

    /// The same at a look: the second one (number 1) holds the extension too.
    pub fn follow_up_at(
        &self,
        implemented_on: NaiveDate,
        look: usize,
    ) -> Option<(NaiveDate, NaiveDate)> {
        let settled = implemented_on.checked_add_days(Days::new(self.settling_days.into()))?;
        let month = settled.with_day(1)?;
        let first = match month == settled {
            true => month,
            false => month.checked_add_months(Months::new(1))?,
        };
        let longer = match look {
            0 => 0,
            _ => self.extension_months.unwrap_or(0),
        };
        let last = first
            .checked_add_months(Months::new(self.follow_up_months + longer))?
            .pred_opt()?;
        Some((first, last))
    }

    /// The day whose end a look has to wait for.
    pub fn observed_until(&self, implemented_on: NaiveDate, look: usize) -> Option<NaiveDate> {
        let (_, last) = self.follow_up_at(implemented_on, look)?;
        last.checked_add_days(Days::new(self.ripening_days.unwrap_or(0).into()))
    }

    /// How many looks there can be.
    pub const fn looks(&self) -> usize {
        match self.extension_months {
            Some(_) => 2,
            None => 1,
        }
    }

    /// Confidence of each look: the error that all looks may make together is split evenly over them (Bonferroni).
    pub fn confidence_of_a_look(&self) -> f64 {
        1.0 - (1.0 - self.confidence) / self.looks() as f64
    }
}

/// The two windows as counted, and what follows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sides {
    pub cases_before: u64,
    pub exposure_before: f64,
    pub cases_after: u64,
    pub exposure_after: f64,
    /// Rate after over rate before; `None` where there was no case before.
    pub ratio: Option<f64>,
    pub lower: f64,
    /// `None`: unbounded.
    pub upper: Option<f64>,
    pub p_value: f64,
    pub dispersion: f64,
    pub verdict: Verdict,
}

/// A look at the complaints at an end that was fixed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Look {
    /// 1, or 2 for the extension.
    pub number: u32,
    pub snapshot: String,
    pub as_of: DateTime<Utc>,
    pub follow_up_first: NaiveDate,
    pub follow_up_last: NaiveDate,
    pub confidence: f64,
    pub found: Sides,
    /// The same with the cases that were moved out of the scope; `None` when there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_if_still_in: Option<Sides>,
    /// Whether it settles the verdict; an inconclusive first look before an extension does not.
    pub settles: bool,
}
