//! Local days of many instants: the zone's offset is looked up once a UTC day, not once an instant.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Offset, TimeDelta, TimeZone, Timelike, Utc};
use chrono_tz::Tz;

const DAY_SECONDS: i64 = 86_400;

/// The organisation's local days.
pub struct LocalDays {
    zone: Tz,
    /// Offset in seconds by UTC day where it is the same all day long; `None` where it changes.
    offsets: HashMap<i64, Option<i32>>,
}

impl LocalDays {
    /// Local days of a zone.
    pub fn of(zone: Tz) -> Self {
        LocalDays {
            zone,
            offsets: HashMap::new(),
        }
    }

    /// The local day of an instant.
    pub fn day(&mut self, at: DateTime<Utc>) -> NaiveDate {
        self.local(at).date()
    }

    /// The local hour of an instant, 0 to 23.
    pub fn hour(&mut self, at: DateTime<Utc>) -> u32 {
        self.local(at).hour()
    }

    fn local(&mut self, at: DateTime<Utc>) -> NaiveDateTime {
        let day = at.timestamp().div_euclid(DAY_SECONDS);
        let zone = self.zone;
        let offset = *self.offsets.entry(day).or_insert_with(|| {
            let offset_at = |seconds: i64| {
                DateTime::from_timestamp(seconds, 0).map(|at| {
                    zone.offset_from_utc_datetime(&at.naive_utc())
                        .fix()
                        .local_minus_utc()
                })
            };
            let first = offset_at(day * DAY_SECONDS)?;
            let next = offset_at((day + 1) * DAY_SECONDS)?;
            (first == next).then_some(first)
        });
        match offset {
            Some(seconds) => at.naive_utc() + TimeDelta::seconds(i64::from(seconds)),
            None => at.with_timezone(&zone).naive_local(),
        }
    }
}
