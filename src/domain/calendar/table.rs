//! The dense table behind a calendar: one entry per day, with everything summed up to it.

use std::collections::BTreeMap;

use chrono::{
    Datelike, Days, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone,
};
use chrono_tz::Tz;

use super::{CalendarError, CalendarSpec, DayKind, DayNo, Hours};

/// A wall-clock gap is never longer than this (Samoa skipped a whole day in 2011).
const LONGEST_GAP_MINUTES: i64 = 26 * 60;

/// One day of the table. Instants are seconds since 1970 in UTC.
#[derive(Debug, Clone, Copy)]
pub(super) struct Day {
    /// Local 00:00.
    pub(super) midnight: i64,
    /// Opening and closing; both equal `midnight` on a closed day.
    pub(super) opens: i64,
    pub(super) closes: i64,
    /// Opening seconds of all earlier days of the table.
    pub(super) seconds_before: i64,
    /// Sum of the shares of all earlier days of the table.
    pub(super) share_before: f64,
    /// Opening seconds of that weekday by its usual hours; 0 when it has none.
    pub(super) usual_seconds: u32,
    /// Counted days up to and including this one.
    pub(super) index: u32,
    /// Place in the list of special days, or `NO_SPECIAL`.
    pub(super) special: u32,
    pub(super) counted: bool,
}

/// `Day::special` of an ordinary day.
const NO_SPECIAL: u32 = u32::MAX;

impl Day {
    pub(super) fn is_open(&self) -> bool {
        self.closes > self.opens
    }

    pub(super) fn seconds_until(&self, at: i64) -> i64 {
        at.clamp(self.opens, self.closes) - self.opens
    }

    pub(super) fn share_until(&self, at: i64) -> f64 {
        if self.usual_seconds == 0 {
            return 0.0;
        }
        // Opening seconds of one day: far below 2^53.
        self.seconds_until(at) as f64 / f64::from(self.usual_seconds)
    }

    pub(super) fn share(&self) -> f64 {
        self.share_until(self.closes)
    }
}

/// The hours of the date's weekday.
pub(super) fn usual_hours(spec: &CalendarSpec, date: NaiveDate) -> Hours {
    let weekday = usize::try_from(date.weekday().num_days_from_monday()).unwrap_or(0);
    spec.hours[weekday]
}

/// The entries from `first` to the day after `last`, and the numbers of the counted days.
pub(super) fn build(
    spec: &CalendarSpec,
    first: NaiveDate,
    last: NaiveDate,
) -> Result<(Vec<Day>, Vec<DayNo>), CalendarError> {
    let special: BTreeMap<NaiveDate, u32> = spec
        .days
        .iter()
        .zip(0u32..)
        .map(|(day, place)| (day.date, place))
        .collect();
    let mut days = Vec::new();
    let mut counted = Vec::new();
    let (mut index, mut seconds_before, mut share_before) = (0u32, 0i64, 0.0f64);
    // One day more than the table, so that the last day has an end.
    let last_entry = last.checked_add_days(Days::new(1)).unwrap_or(last);
    for (date, number) in first.iter_days().take_while(|d| *d <= last_entry).zip(0..) {
        let place = special.get(&date).copied();
        let kind = place
            .and_then(|place| spec.days.get(usize::try_from(place).ok()?))
            .map(|day| day.kind);
        let usual = usual_hours(spec, date);
        let hours = match (usual, kind) {
            (None, _) => None,
            (Some(_), Some(DayKind::FullDay | DayKind::Closure | DayKind::AdministrativeLeave)) => {
                None
            }
            (Some((opens, _)), Some(DayKind::HalfDay { closes })) => Some((opens, closes)),
            (Some(usual), None) => Some(usual),
        };
        let at = |time: NaiveTime, edge: Edge| {
            place_in_zone(spec.zone, date.and_time(time), edge).ok_or_else(|| {
                CalendarError::UnplaceableTime {
                    calendar: spec.id.clone(),
                    date,
                    zone: spec.zone,
                }
            })
        };
        let midnight = at(NaiveTime::MIN, Edge::Beginning)?;
        let (opens, closes) = match hours {
            Some((opens, closes)) => (at(opens, Edge::Beginning)?, at(closes, Edge::End)?),
            None => (midnight, midnight),
        };
        let mut day = Day {
            midnight,
            opens,
            closes: closes.max(opens),
            seconds_before,
            share_before,
            usual_seconds: usual.map_or(0, |(opens, closes)| {
                u32::try_from((closes - opens).num_seconds()).unwrap_or(0)
            }),
            index,
            special: place.unwrap_or(NO_SPECIAL),
            counted: false,
        };
        let is_half = matches!(kind, Some(DayKind::HalfDay { .. }));
        if day.is_open() && (!is_half || spec.settings.half_days_count) {
            day.counted = true;
            index += 1;
            day.index = index;
            counted.push(number);
        }
        seconds_before += day.closes - day.opens;
        share_before += day.share();
        days.push(day);
    }
    // The extra entry is no day of the table.
    let table_days = DayNo::try_from(days.len() - 1).unwrap_or(DayNo::MAX);
    counted.retain(|number| *number < table_days);
    Ok((days, counted))
}

/// Which instance of a wall-clock time that happens twice is meant.
#[derive(Clone, Copy)]
enum Edge {
    Beginning,
    End,
}

/// The instant of a wall-clock time; a skipped time becomes the first instant after the skip.
fn place_in_zone(zone: Tz, local: NaiveDateTime, edge: Edge) -> Option<i64> {
    for minute in 0..=LONGEST_GAP_MINUTES {
        match zone.from_local_datetime(&(local + TimeDelta::minutes(minute))) {
            LocalResult::Single(at) => return Some(at.timestamp()),
            LocalResult::Ambiguous(early, late) => {
                return Some(match edge {
                    Edge::Beginning => early.timestamp(),
                    Edge::End => late.timestamp(),
                });
            }
            LocalResult::None => {}
        }
    }
    None
}
