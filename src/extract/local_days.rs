//! Local days of many instants: the zone's offset is looked up once a UTC day, not once an instant.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, NaiveTime, Offset, TimeDelta, TimeZone, Timelike, Utc};
use chrono_tz::Tz;
use rustc_hash::FxBuildHasher;

const DAY_SECONDS: i64 = 86_400;
const HOUR_SECONDS: i64 = 3_600;

/// The organisation's local days.
pub struct LocalDays {
    zone: Tz,
    /// Offset in seconds by UTC day where it is the same all day long; `None` where it changes.
    offsets: HashMap<NaiveDate, Option<i32>, FxBuildHasher>,
    /// The day asked for last: what happens to a case is mostly recorded on the same day.
    last: Option<(NaiveDate, Option<i32>)>,
}

impl LocalDays {
    /// Local days of a zone.
    pub fn of(zone: Tz) -> Self {
        LocalDays {
            zone,
            offsets: HashMap::default(),
            last: None,
        }
    }

    /// The local day of an instant.
    pub fn day(&mut self, at: DateTime<Utc>) -> NaiveDate {
        self.local(at).0
    }

    /// The local hour of an instant, 0 to 23.
    pub fn hour(&mut self, at: DateTime<Utc>) -> u32 {
        u32::try_from(self.local(at).1 / HOUR_SECONDS).unwrap_or(0)
    }

    /// The local day of an instant and the seconds since its midnight.
    fn local(&mut self, at: DateTime<Utc>) -> (NaiveDate, i64) {
        let utc = at.naive_utc();
        let day = utc.date();
        let offset = match self.last {
            Some((last, offset)) if last == day => offset,
            _ => self.offset(day),
        };
        let offset = offset.unwrap_or_else(|| {
            let at = at.with_timezone(&self.zone);
            at.offset().fix().local_minus_utc()
        });
        let seconds = i64::from(utc.num_seconds_from_midnight()) + i64::from(offset);
        // An offset is less than a day, so that the local day is this one or one beside it.
        let local = match seconds {
            ..0 => day.pred_opt(),
            DAY_SECONDS.. => day.succ_opt(),
            _ => Some(day),
        };
        (local.unwrap_or(day), seconds.rem_euclid(DAY_SECONDS))
    }

    fn offset(&mut self, day: NaiveDate) -> Option<i32> {
        let zone = self.zone;
        let offset = *self.offsets.entry(day).or_insert_with(|| {
            let midnight = day.and_time(NaiveTime::MIN);
            let offset_at = |at| zone.offset_from_utc_datetime(&at).fix().local_minus_utc();
            let next = midnight.checked_add_signed(TimeDelta::seconds(DAY_SECONDS))?;
            let first = offset_at(midnight);
            (first == offset_at(next)).then_some(first)
        });
        self.last = Some((day, offset));
        offset
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against chrono's own conversion, by steps that meet every hour: changes of the clock forwards and backwards, half
    /// hours, a zone that left out a whole day (Apia, 30 December 2011), and instants before 1970.
    #[test]
    fn local_days_and_hours_are_those_of_the_zone() {
        for zone in [
            chrono_tz::Europe::Istanbul,
            chrono_tz::Europe::London,
            chrono_tz::Asia::Kolkata,
            chrono_tz::Australia::Lord_Howe,
            chrono_tz::Pacific::Apia,
            chrono_tz::America::St_Johns,
        ] {
            let mut days = LocalDays::of(zone);
            let starts = [
                "1969-12-28T00:00:00Z",
                "2011-12-01T00:00:00Z",
                "2016-01-01T00:00:00Z",
            ];
            for start in starts {
                let start: DateTime<Utc> = start.parse().expect("an instant");
                for step in 0..20_000_i64 {
                    let at = start + TimeDelta::seconds(step * 1801);
                    let local = at.with_timezone(&zone).naive_local();
                    let found = (days.day(at), days.hour(at));
                    assert_eq!(found, (local.date(), local.hour()), "{zone} {at}");
                }
            }
        }
    }
}
