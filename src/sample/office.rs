//! The office's opening hours as a table, so that work is placed inside them with a few look-ups.

use chrono::{DateTime, Days, NaiveDate, Utc};

use super::SampleError;
use redress_domain::calendar::Calendar;
use redress_plain::rng::Rng;

/// Seconds since 1970.
pub type Second = i64;

/// Extra days around the span, for work that begins or ends outside.
const MARGIN_DAYS: u64 = 400;

/// A local day: its midnight and, when open, its hours.
#[derive(Debug, Clone, Copy)]
struct OfficeDay {
    midnight: Second,
    hours: Option<(Second, Second)>,
    /// Number of open days before this one; the next open day has this place in `open`.
    place: usize,
}

/// Opening hours from some days before a span to some hundred days after it.
#[derive(Debug)]
pub struct Office {
    first: NaiveDate,
    days: Vec<OfficeDay>,
    /// Hours of the open days, in order.
    open: Vec<(Second, Second)>,
}

impl Office {
    /// Reads the hours from the calendar.
    ///
    /// # Errors
    /// When the calendar's table does not reach over the span.
    pub fn new(
        calendar: &Calendar,
        from: NaiveDate,
        until: DateTime<Utc>,
    ) -> Result<Self, SampleError> {
        let first = from - Days::new(10);
        let last = calendar.local_date(until)? + Days::new(MARGIN_DAYS);
        let mut days = Vec::new();
        let mut open = Vec::new();
        for date in first.iter_days().take_while(|date| *date <= last) {
            let midnight = date
                .and_hms_opt(0, 0, 0)
                .and_then(|at| at.and_local_timezone(calendar.zone()).earliest())
                .map_or_else(
                    || date.and_time(chrono::NaiveTime::MIN).and_utc().timestamp(),
                    |at| at.timestamp(),
                );
            let hours = calendar
                .opening(date)?
                .map(|(opens, closes)| (opens.timestamp(), closes.timestamp()));
            days.push(OfficeDay {
                midnight,
                hours,
                place: open.len(),
            });
            open.extend(hours);
        }
        if open.is_empty() {
            return Err(SampleError::NeverOpen);
        }
        Ok(Office { first, days, open })
    }

    /// Local midnight of a date.
    pub fn midnight(&self, date: NaiveDate) -> Second {
        let number = (date - self.first).num_days();
        let place = usize::try_from(number)
            .unwrap_or(0)
            .min(self.days.len() - 1);
        self.days[place].midnight
    }

    /// The local date of an instant.
    pub fn date(&self, at: Second) -> NaiveDate {
        let days = u64::try_from(self.number(at)).unwrap_or(0);
        self.first + Days::new(days)
    }

    /// Opening hours of the local day, when it opens.
    pub fn hours(&self, at: Second) -> Option<(Second, Second)> {
        self.days[self.number(at)].hours
    }

    /// That instant when the office is open, else the next opening.
    pub fn next_open(&self, at: Second) -> Second {
        let place = self.days[self.number(at)].place;
        for (opens, closes) in self.open[place.min(self.open.len() - 1)..].iter().take(2) {
            if at < *opens {
                return *opens;
            }
            if at < *closes {
                return at;
            }
        }
        at
    }

    /// A random instant in opening hours, later than `after`, on the n-th open day after the local day of
    /// `after` (0 = that day itself; the next open one when nothing of it is left).
    pub fn moment(&self, after: Second, n: u32, rng: &mut Rng) -> Second {
        let day = &self.days[self.number(after)];
        let steps = usize::try_from(n).unwrap_or(0);
        let place = match (day.hours, steps) {
            (Some((_, closes)), 0) if after + 120 < closes => day.place,
            (Some(_), 0) => day.place + 1,
            (Some(_), n) => day.place + n,
            (None, n) => day.place + n.max(1) - 1,
        };
        let (opens, closes) = self.open[place.min(self.open.len() - 1)];
        let earliest = opens.max(after + 1);
        // The clock's last minute stays free, so that what follows at once is still in office hours.
        earliest + rng.between(0, (closes - 61 - earliest).max(0))
    }

    /// A little later: `seconds` of opening time after `after`, at least one second.
    pub fn soon(&self, after: Second, seconds: i64) -> Second {
        let at = self.next_open(after + 1);
        let mut left = seconds.max(1) - 1;
        let mut at = at;
        while let Some((_, closes)) = self.hours(at) {
            if at + left < closes {
                return at + left;
            }
            left -= closes - at;
            let next = self.next_open(closes);
            if next <= at {
                break;
            }
            at = next;
        }
        at
    }

    /// Open days from the local day of `from` (excluded) to that of `to` (included).
    pub fn days_between(&self, from: Second, to: Second) -> i64 {
        let count = |at: Second| {
            let day = &self.days[self.number(at)];
            i64::try_from(day.place + usize::from(day.hours.is_some())).unwrap_or(0)
        };
        (count(to) - count(from)).max(0)
    }

    fn number(&self, at: Second) -> usize {
        self.days
            .partition_point(|day| day.midnight <= at)
            .saturating_sub(1)
    }
}

/// The instant of a second.
pub fn instant(at: Second) -> DateTime<Utc> {
    DateTime::from_timestamp(at, 0).unwrap_or_default()
}
