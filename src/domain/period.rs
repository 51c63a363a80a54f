//! Reporting periods: years, halves, quarters, months, ISO weeks, ranges of dates.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, Days, Months, NaiveDate, Weekday};

/// A span of local days, both ends included, with the name it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Period {
    pub name: String,
    pub first: NaiveDate,
    pub last: NaiveDate,
}

/// A period that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PeriodError {
    #[error(
        "`{0}` is no period; use a year (2026), half (2026-H1), quarter (2026-Q3), month (2026-07), ISO week (2026-W31), a range of dates (2026-07-01..2026-09-30) or last-quarter"
    )]
    Unreadable(String),
    #[error("the period `{0}` ends before it starts")]
    Backwards(String),
}

impl Period {
    /// Reads a period; `today` serves only `last-quarter`.
    ///
    /// # Errors
    /// When the text is none of the known forms, names a date that does not exist, or runs backwards.
    pub fn parse(text: &str, today: NaiveDate) -> Result<Period, PeriodError> {
        if text == "last-quarter" {
            return Period::last_quarter(today).ok_or_else(|| PeriodError::Unreadable(text.into()));
        }
        text.parse()
    }

    /// The calendar quarter before the one `today` lies in.
    fn last_quarter(today: NaiveDate) -> Option<Period> {
        let start = NaiveDate::from_ymd_opt(today.year(), today.month0() / 3 * 3 + 1, 1)?;
        let day = start.pred_opt()?;
        format!("{}-Q{}", day.year(), day.month0() / 3 + 1)
            .parse()
            .ok()
    }

    /// Whether a local day lies in the period.
    pub fn contains(&self, day: NaiveDate) -> bool {
        self.first <= day && day <= self.last
    }

    /// The number of days, both ends included.
    pub fn days(&self) -> i64 {
        (self.last - self.first).num_days() + 1
    }

    /// The period of equal kind just before this one; for a range, as many days.
    pub fn previous(&self) -> Option<Period> {
        let whole_months = self.first.day() == 1 && self.last.succ_opt()?.day() == 1;
        let last = self.first.pred_opt()?;
        let first = if whole_months {
            let months = (self.last.year() - self.first.year()) * 12 + self.last.month() as i32
                - self.first.month() as i32
                + 1;
            self.first
                .checked_sub_months(Months::new(months.unsigned_abs()))?
        } else {
            self.first
                .checked_sub_days(Days::new(self.days().unsigned_abs()))?
        };
        Some(Period {
            name: named(first, last),
            first,
            last,
        })
    }

    /// The same days a year earlier.
    pub fn year_before(&self) -> Option<Period> {
        let first = self.first.checked_sub_months(Months::new(12))?;
        let last = self
            .last
            .succ_opt()?
            .checked_sub_months(Months::new(12))?
            .pred_opt()?;
        Some(Period {
            name: named(first, last),
            first,
            last,
        })
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl FromStr for Period {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unreadable = || PeriodError::Unreadable(text.to_owned());
        if let Some((first, last)) = text.split_once("..") {
            let day = |t: &str| t.parse::<NaiveDate>().map_err(|_| unreadable());
            let (first, last) = (day(first)?, day(last)?);
            if last < first {
                return Err(PeriodError::Backwards(text.to_owned()));
            }
            return Ok(Period {
                name: text.to_owned(),
                first,
                last,
            });
        }
        let (year, part) = match text.split_once('-') {
            Some((year, part)) => (year, Some(part)),
            None => (text, None),
        };
        let digits = |t: &str, n: usize| {
            (t.len() == n && t.bytes().all(|b| b.is_ascii_digit()))
                .then(|| t.parse::<u32>().ok())
                .flatten()
        };
        let year = digits(year, 4)
            .and_then(|y| i32::try_from(y).ok())
            .ok_or_else(unreadable)?;
        let months = |from: u32, count: u32| {
            let first = NaiveDate::from_ymd_opt(year, from, 1)?;
            let last = first.checked_add_months(Months::new(count))?.pred_opt()?;
            Some((first, last))
        };
        let span = match part {
            None => months(1, 12),
            Some("H1") => months(1, 6),
            Some("H2") => months(7, 6),
            Some(part) => match part.strip_prefix('Q').map(|q| digits(q, 1)) {
                Some(Some(q)) if (1..=4).contains(&q) => months(q * 3 - 2, 3),
                Some(_) => None,
                None => match part.strip_prefix('W').map(|w| digits(w, 2)) {
                    Some(Some(week)) => NaiveDate::from_isoywd_opt(year, week, Weekday::Mon)
                        .zip(NaiveDate::from_isoywd_opt(year, week, Weekday::Sun)),
                    Some(None) => None,
                    None => digits(part, 2)
                        .filter(|m| (1..=12).contains(m))
                        .and_then(|m| months(m, 1)),
                },
            },
        };
        let (first, last) = span.ok_or_else(unreadable)?;
        Ok(Period {
            name: text.to_owned(),
            first,
            last,
        })
    }
}

/// The shortest usual name of a span of days.
fn named(first: NaiveDate, last: NaiveDate) -> String {
    let year = first.year();
    let candidates = [
        format!("{year}"),
        format!("{year}-H{}", first.month0() / 6 + 1),
        format!("{year}-Q{}", first.month0() / 3 + 1),
        format!("{year}-{:02}", first.month()),
        format!(
            "{}-W{:02}",
            first.iso_week().year(),
            first.iso_week().week()
        ),
    ];
    candidates
        .into_iter()
        .find(|name| {
            name.parse::<Period>()
                .is_ok_and(|p| p.first == first && p.last == last)
        })
        .unwrap_or_else(|| format!("{first}..{last}"))
}
