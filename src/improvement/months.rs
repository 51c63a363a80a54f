//! Whole months, as windows are made of.

use chrono::{Datelike, Months, NaiveDate};

/// A calendar month of a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    /// Its first day.
    first: NaiveDate,
}

impl Month {
    /// The month that a day lies in.
    pub fn of(day: NaiveDate) -> Month {
        Month {
            first: day.with_day(1).unwrap_or(day),
        }
    }

    /// Its first day.
    pub const fn first(self) -> NaiveDate {
        self.first
    }

    /// Its last day.
    pub fn last(self) -> NaiveDate {
        self.plus(1).first.pred_opt().unwrap_or(self.first)
    }

    /// The month so many months later.
    #[must_use]
    pub fn plus(self, months: u32) -> Month {
        let later = self.first.checked_add_months(Months::new(months));
        Month {
            first: later.unwrap_or(self.first),
        }
    }

    /// The month so many months earlier.
    #[must_use]
    pub fn minus(self, months: u32) -> Month {
        let earlier = self.first.checked_sub_months(Months::new(months));
        Month {
            first: earlier.unwrap_or(self.first),
        }
    }

    /// 1 to 12.
    pub fn of_year(self) -> u8 {
        u8::try_from(self.first.month()).unwrap_or(1)
    }

    /// Months from this one to a later one; negative to an earlier one.
    pub fn until(self, other: Month) -> i32 {
        (other.first.year() - self.first.year()) * 12 + other.first.month() as i32
            - self.first.month() as i32
    }

    /// The months from a day's month to another day's, both included.
    pub fn between(first: NaiveDate, last: NaiveDate) -> impl Iterator<Item = Month> {
        let (first, last) = (Month::of(first), Month::of(last));
        (0..)
            .map(move |n| first.plus(n))
            .take_while(move |month| *month <= last)
    }
}

impl std::fmt::Display for Month {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.first.format("%Y-%m"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_count_over_the_turn_of_the_year() {
        let day = |text: &str| text.parse::<NaiveDate>().expect("a day");
        let all: Vec<String> = Month::between(day("2025-11-30"), day("2026-02-01"))
            .map(|m| m.to_string())
            .collect();
        assert_eq!(all, ["2025-11", "2025-12", "2026-01", "2026-02"]);
        assert_eq!(Month::of(day("2024-02-10")).last(), day("2024-02-29"));
        assert_eq!(
            Month::of(day("2025-11-30")).until(Month::of(day("2026-02-01"))),
            3
        );
        assert_eq!(Month::of(day("2026-01-31")).minus(1).of_year(), 12);
    }
}
