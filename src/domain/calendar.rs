//! The working-day calendar: opening hours, holidays and half days of one organisation, as one table.
//!
//! A calendar is built once from a [`CalendarSpec`] into a table of days (2000 to 2060, or wider when
//! `covers` asks for it); every question is then a lookup or one subtraction. Days that neither the hours nor the
//! list of special days mention do not exist: outside `covers` the hours alone decide, and callers
//! should warn (see [`Calendar::covers`]).
//!
//! Two notions stand apart: a day is *working* when the organisation opens at all, and *counted* when
//! it also counts towards a limit. They differ only for half days when `half_days_count` is off.
//!
//! Daylight saving: a wall-clock time that is skipped is taken as the instant after the skip; a time
//! that happens twice is its first instance as a beginning and its second as an end.

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, Utc, Weekday};
use chrono_tz::Tz;

use super::vocabulary::words;

mod table;

use table::{Day, usual_hours};

/// First and last day of the table unless `covers` reaches further.
const TABLE_FIRST_YEAR: i32 = 2000;
const TABLE_LAST_YEAR: i32 = 2060;
/// Years that a calendar may reach at most, so that a slip of the pen does not fill the memory.
const EARLIEST_YEAR: i32 = 1950;
const LATEST_YEAR: i32 = 2150;

/// Why a special day is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DayKind {
    /// A public holiday; nothing opens.
    FullDay,
    /// Open from the usual hour until `closes`, local time.
    HalfDay { closes: NaiveTime },
    /// The company itself is closed.
    Closure,
    /// Administrative leave granted by the authorities.
    AdministrativeLeave,
}

/// A day that differs from its weekday.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpecialDay {
    pub date: NaiveDate,
    /// Name in the calendar's own language.
    pub name: String,
    pub name_en: Option<String>,
    pub name_ru: Option<String>,
    pub kind: DayKind,
    /// Not yet officially fixed (religious feasts of coming years).
    pub predicted: bool,
}

words! {
    /// What is day 0 of a stage that starts after closing time or on a free day.
    AfterHours {
        /// The local date of the start, whatever the hour.
        SameDay = "same_day",
        /// The next working day.
        NextWorkingDay = "next_working_day",
    }
}

words! {
    /// When the last day of a limit is over.
    LimitEnds {
        /// At 24:00 local time.
        Midnight = "midnight",
        /// At that day's closing time.
        ClosingTime = "closing_time",
    }
}

/// The rules that the process leaves open; printed with the figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CalendarSettings {
    /// Whether a half day counts as a day of a limit.
    pub half_days_count: bool,
    pub after_hours: AfterHours,
    pub limit_ends: LimitEnds,
}

impl Default for CalendarSettings {
    fn default() -> Self {
        CalendarSettings {
            half_days_count: true,
            after_hours: AfterHours::SameDay,
            limit_ends: LimitEnds::Midnight,
        }
    }
}

/// Opening and closing instant of one day.
pub type Opening = (DateTime<Utc>, DateTime<Utc>);

/// Opening and closing time of one weekday, local; `None` = closed.
pub type Hours = Option<(NaiveTime, NaiveTime)>;

/// Everything that a calendar is built from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarSpec {
    pub id: String,
    /// Grows with every change; from 1.
    pub version: u32,
    pub zone: Tz,
    /// First and last day for which the special days are recorded.
    pub covers: (NaiveDate, NaiveDate),
    /// Monday first.
    pub hours: [Hours; 7],
    pub settings: CalendarSettings,
    pub days: Vec<SpecialDay>,
}

/// Why a calendar cannot be built or cannot answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    #[error(
        "calendar `{calendar}`: {date} lies outside its table, {first} to {last}; check the date, or widen `covers`"
    )]
    OutOfRange {
        calendar: String,
        date: NaiveDate,
        first: NaiveDate,
        last: NaiveDate,
    },
    #[error("calendar `{calendar}`: version must be 1 or more")]
    NoVersion { calendar: String },
    #[error(
        "calendar `{calendar}`: covers must run forward and lie within {EARLIEST_YEAR} and {LATEST_YEAR}, found {from} to {to}"
    )]
    BadCoverage {
        calendar: String,
        from: NaiveDate,
        to: NaiveDate,
    },
    #[error(
        "calendar `{calendar}`: {weekday} opens at {opens} and closes at {closes}; the closing time must be the later one"
    )]
    BadHours {
        calendar: String,
        weekday: Weekday,
        opens: NaiveTime,
        closes: NaiveTime,
    },
    #[error("calendar `{calendar}`: no weekday has opening hours; give at least one in [hours]")]
    NeverOpen { calendar: String },
    #[error(
        "calendar `{calendar}`: {date} is listed twice, as `{first}` and as `{second}`; keep one entry and join the names"
    )]
    DuplicateDay {
        calendar: String,
        date: NaiveDate,
        first: String,
        second: String,
    },
    #[error(
        "calendar `{calendar}`: {date} `{name}` lies outside covers, {from} to {to}; widen covers or remove the day"
    )]
    DayOutsideCoverage {
        calendar: String,
        date: NaiveDate,
        name: String,
        from: NaiveDate,
        to: NaiveDate,
    },
    #[error(
        "calendar `{calendar}`: {date} `{name}` is a half day that closes at {closes}, which is not between {opens} and {usual}, the opening hours of that weekday"
    )]
    HalfDayOutsideHours {
        calendar: String,
        date: NaiveDate,
        name: String,
        closes: NaiveTime,
        opens: NaiveTime,
        usual: NaiveTime,
    },
    #[error(
        "calendar `{calendar}`: the opening hours of {date} cannot be placed in the zone {zone}"
    )]
    UnplaceableTime {
        calendar: String,
        date: NaiveDate,
        zone: Tz,
    },
}

/// Number of a day in a calendar's table; 0 is the table's first day.
pub(super) type DayNo = i32;

/// A calendar ready to answer. See the module's notes.
#[derive(Debug, Clone)]
pub struct Calendar {
    spec: CalendarSpec,
    first: NaiveDate,
    last: NaiveDate,
    /// One more than the days of the table: the last entry only ends the day before it.
    days: Vec<Day>,
    /// Day numbers of the counted days, in order.
    counted: Vec<DayNo>,
}

impl Calendar {
    /// Checks the specification and builds the table.
    ///
    /// # Errors
    /// Names the first thing that is wrong, with its date.
    pub fn new(mut spec: CalendarSpec) -> Result<Self, CalendarError> {
        spec.days.sort_by_key(|day| day.date);
        check(&spec)?;
        let year = |year, month, day| NaiveDate::from_ymd_opt(year, month, day);
        let first =
            year(TABLE_FIRST_YEAR, 1, 1).map_or(spec.covers.0, |usual| usual.min(spec.covers.0));
        let last =
            year(TABLE_LAST_YEAR, 12, 31).map_or(spec.covers.1, |usual| usual.max(spec.covers.1));
        let (days, counted) = table::build(&spec, first, last)?;
        Ok(Calendar {
            spec,
            first,
            last,
            days,
            counted,
        })
    }

    pub fn id(&self) -> &str {
        &self.spec.id
    }

    pub fn version(&self) -> u32 {
        self.spec.version
    }

    pub fn zone(&self) -> Tz {
        self.spec.zone
    }

    pub fn settings(&self) -> CalendarSettings {
        self.spec.settings
    }

    /// What the calendar was built from, special days in order of date.
    pub fn spec(&self) -> &CalendarSpec {
        &self.spec
    }

    /// First and last date that the calendar can answer for.
    pub fn table_range(&self) -> (NaiveDate, NaiveDate) {
        (self.first, self.last)
    }

    /// Whether the special days of that date are recorded. Outside, holidays are unknown: warn.
    pub fn covers(&self, date: NaiveDate) -> bool {
        (self.spec.covers.0..=self.spec.covers.1).contains(&date)
    }

    /// Whether the organisation opens on that date, if only for half a day.
    ///
    /// # Errors
    /// As every method that takes a date: [`CalendarError::OutOfRange`] outside the table.
    pub fn is_working(&self, date: NaiveDate) -> Result<bool, CalendarError> {
        Ok(self.day(self.number(date)?).is_open())
    }

    /// Whether that date counts as a day of a limit.
    pub fn is_counted(&self, date: NaiveDate) -> Result<bool, CalendarError> {
        Ok(self.day(self.number(date)?).counted)
    }

    /// Share of that weekday's usual opening hours: 1.0, the half day's share, or 0.0. (On a day with a
    /// change of clocks during opening hours the real length is taken, so it may differ from 1.)
    pub fn fraction(&self, date: NaiveDate) -> Result<f64, CalendarError> {
        Ok(self.day(self.number(date)?).share())
    }

    /// The special day of that date, if it is one.
    pub fn special(&self, date: NaiveDate) -> Option<&SpecialDay> {
        self.special_no(self.number(date).ok()?)
    }

    /// The holiday's name in the calendar's own language.
    pub fn name_of(&self, date: NaiveDate) -> Option<&str> {
        self.special(date).map(|day| day.name.as_str())
    }

    /// Counted days from the table's first day up to and including that date. Differences of two such
    /// numbers count days; the number itself means nothing outside one calendar.
    pub fn workday_index(&self, date: NaiveDate) -> Result<i64, CalendarError> {
        Ok(self.index_no(self.number(date)?))
    }

    /// Counted days after `day_zero` up to and including `date`; 0 when `date` is not later.
    pub fn counted_days_between(
        &self,
        day_zero: NaiveDate,
        date: NaiveDate,
    ) -> Result<i64, CalendarError> {
        Ok((self.workday_index(date)? - self.workday_index(day_zero)?).max(0))
    }

    /// The n-th counted day after `day_zero`; `n` = 0 gives `day_zero` itself.
    pub fn nth_counted_day(&self, day_zero: NaiveDate, n: u32) -> Result<NaiveDate, CalendarError> {
        let number = self.number(day_zero)?;
        if n == 0 {
            return Ok(day_zero);
        }
        Ok(self.date_no(self.counted_no(self.index_no(number) + i64::from(n))?))
    }

    /// The date in the calendar's zone.
    pub fn local_date(&self, instant: DateTime<Utc>) -> Result<NaiveDate, CalendarError> {
        Ok(self.date_no(self.number_at(instant)?))
    }

    /// Day 0 of a stage that starts at `instant`, by the setting `after_hours`.
    pub fn day_zero(&self, instant: DateTime<Utc>) -> Result<NaiveDate, CalendarError> {
        Ok(self.date_no(self.day_zero_no(instant)?))
    }

    /// Opening and closing instant, or `None` when closed.
    pub fn opening(&self, date: NaiveDate) -> Result<Option<Opening>, CalendarError> {
        let day = self.day(self.number(date)?);
        Ok(
            match (day.is_open(), instant(day.opens), instant(day.closes)) {
                (true, Some(opens), Some(closes)) => Some((opens, closes)),
                _ => None,
            },
        )
    }

    /// The instant from which a limit with this last day is exceeded: local midnight at the day's end,
    /// or its closing time, by the setting `limit_ends` (a closed day always ends at midnight).
    pub fn closing_instant_of_due(&self, date: NaiveDate) -> Result<DateTime<Utc>, CalendarError> {
        self.limit_end_no(self.number(date)?)
    }

    /// Opening seconds between two instants; 0 when `to` is not later than `from`.
    pub fn working_seconds(
        &self,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> Result<i64, CalendarError> {
        let until = |at: DateTime<Utc>| -> Result<i64, CalendarError> {
            let day = self.day(self.number_at(at)?);
            Ok(day.seconds_before + day.seconds_until(at.timestamp()))
        };
        Ok((until(to)? - until(from)?).max(0))
    }

    /// Working days between two instants as a fraction: the opening seconds of each day divided by the
    /// opening seconds that its weekday usually has, summed. A half day adds its share, never 1.
    /// 0 when `to` is not later than `from`.
    pub fn working_days(
        &self,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> Result<f64, CalendarError> {
        let until = |at: DateTime<Utc>| -> Result<(f64, f64), CalendarError> {
            let day = self.day(self.number_at(at)?);
            Ok((day.share_before, day.share_until(at.timestamp())))
        };
        let ((whole_to, part_to), (whole_from, part_from)) = (until(to)?, until(from)?);
        Ok(((whole_to - whole_from) + (part_to - part_from)).max(0.0))
    }
}

/// Day numbers, for the stage clock: one conversion at the edge, integers inside.
impl Calendar {
    pub(super) fn number(&self, date: NaiveDate) -> Result<DayNo, CalendarError> {
        if date < self.first || date > self.last {
            return Err(self.out_of_range(date));
        }
        Ok(date.num_days_from_ce() - self.first.num_days_from_ce())
    }

    pub(super) fn date_no(&self, number: DayNo) -> NaiveDate {
        NaiveDate::from_num_days_from_ce_opt(self.first.num_days_from_ce() + number)
            .unwrap_or(self.last)
    }

    /// The local day on which an instant lies.
    pub(super) fn number_at(&self, instant: DateTime<Utc>) -> Result<DayNo, CalendarError> {
        self.number_at_second(instant.timestamp())
    }

    /// As [`Calendar::number_at`], for seconds since 1970.
    pub(super) fn number_at_second(&self, at: i64) -> Result<DayNo, CalendarError> {
        let days = self.days.len() - 1;
        if at < self.days[0].midnight || at >= self.days[days].midnight {
            let date = instant(at).map(|at| at.with_timezone(&self.spec.zone).date_naive());
            return Err(self.out_of_range(date.unwrap_or(NaiveDate::MAX)));
        }
        // Local days begin within hours of UTC days, so the guess is off by at most a day or two.
        let guess = (at - self.days[0].midnight) / 86_400;
        let mut number = usize::try_from(guess).unwrap_or(0).min(days - 1);
        while self.days[number].midnight > at {
            number -= 1;
        }
        while self.days[number + 1].midnight <= at {
            number += 1;
        }
        Ok(DayNo::try_from(number).unwrap_or(0))
    }

    pub(super) fn day_zero_no(&self, instant: DateTime<Utc>) -> Result<DayNo, CalendarError> {
        let number = self.number_at(instant)?;
        let day = self.day(number);
        match self.spec.settings.after_hours {
            AfterHours::SameDay => Ok(number),
            AfterHours::NextWorkingDay => {
                if day.is_open() && instant.timestamp() < day.closes {
                    return Ok(number);
                }
                let end = DayNo::try_from(self.days.len() - 1).unwrap_or(DayNo::MAX);
                (number + 1..end)
                    .find(|&next| self.day(next).is_open())
                    .ok_or_else(|| self.out_of_range(self.last))
            }
        }
    }

    /// The day of a limit to which an instant belongs: its local day, or the day after once that day's
    /// limit is over.
    pub(super) fn limit_day_no(&self, instant: DateTime<Utc>) -> Result<DayNo, CalendarError> {
        let number = self.number_at(instant)?;
        Ok(match self.spec.settings.limit_ends {
            LimitEnds::Midnight => number,
            LimitEnds::ClosingTime => {
                let day = self.day(number);
                number + DayNo::from(day.is_open() && instant.timestamp() >= day.closes)
            }
        })
    }

    pub(super) fn index_no(&self, number: DayNo) -> i64 {
        i64::from(self.day(number).index)
    }

    /// The counted day with the given index (from 1).
    pub(super) fn counted_no(&self, index: i64) -> Result<DayNo, CalendarError> {
        usize::try_from(index - 1)
            .ok()
            .and_then(|place| self.counted.get(place))
            .copied()
            .ok_or_else(|| self.out_of_range(self.last))
    }

    /// Opening and closing as seconds since 1970, or `None` when closed.
    pub(super) fn opening_no(&self, number: DayNo) -> Option<(i64, i64)> {
        let day = self.day(number);
        day.is_open().then_some((day.opens, day.closes))
    }

    pub(super) fn limit_end_no(&self, number: DayNo) -> Result<DateTime<Utc>, CalendarError> {
        let day = self.day(number);
        let end = match self.spec.settings.limit_ends {
            LimitEnds::ClosingTime if day.is_open() => day.closes,
            LimitEnds::ClosingTime | LimitEnds::Midnight => self.day(number + 1).midnight,
        };
        instant(end).ok_or_else(|| self.out_of_range(self.date_no(number)))
    }

    pub(super) fn special_no(&self, number: DayNo) -> Option<&SpecialDay> {
        self.spec
            .days
            .get(usize::try_from(self.day(number).special).ok()?)
    }

    /// The table's entry; numbers come from this calendar, a stray one is clamped to the table.
    fn day(&self, number: DayNo) -> &Day {
        let place = usize::try_from(number).unwrap_or(0);
        &self.days[place.min(self.days.len() - 1)]
    }

    #[cold]
    fn out_of_range(&self, date: NaiveDate) -> CalendarError {
        CalendarError::OutOfRange {
            calendar: self.spec.id.clone(),
            date,
            first: self.first,
            last: self.last,
        }
    }
}

fn instant(seconds: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(seconds, 0)
}

fn check(spec: &CalendarSpec) -> Result<(), CalendarError> {
    let calendar = || spec.id.clone();
    let (from, to) = spec.covers;
    if spec.version == 0 {
        return Err(CalendarError::NoVersion {
            calendar: calendar(),
        });
    }
    if from > to || from.year() < EARLIEST_YEAR || to.year() > LATEST_YEAR {
        return Err(CalendarError::BadCoverage {
            calendar: calendar(),
            from,
            to,
        });
    }
    let mut weekday = Weekday::Mon;
    for hours in spec.hours {
        if let Some((opens, closes)) = hours
            && opens >= closes
        {
            return Err(CalendarError::BadHours {
                calendar: calendar(),
                weekday,
                opens,
                closes,
            });
        }
        weekday = weekday.succ();
    }
    if spec.hours.iter().all(Option::is_none) {
        return Err(CalendarError::NeverOpen {
            calendar: calendar(),
        });
    }
    for pair in spec.days.windows(2) {
        if let [first, second] = pair
            && first.date == second.date
        {
            return Err(CalendarError::DuplicateDay {
                calendar: calendar(),
                date: first.date,
                first: first.name.clone(),
                second: second.name.clone(),
            });
        }
    }
    for day in &spec.days {
        if day.date < from || day.date > to {
            return Err(CalendarError::DayOutsideCoverage {
                calendar: calendar(),
                date: day.date,
                name: day.name.clone(),
                from,
                to,
            });
        }
        if let (DayKind::HalfDay { closes }, Some((opens, usual))) =
            (day.kind, usual_hours(spec, day.date))
            && (closes <= opens || closes >= usual)
        {
            return Err(CalendarError::HalfDayOutsideHours {
                calendar: calendar(),
                date: day.date,
                name: day.name.clone(),
                closes,
                opens,
                usual,
            });
        }
    }
    Ok(())
}
