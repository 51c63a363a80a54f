//! Calendars as TOML files: reading, checking, writing, amending and comparing.
//!
//! ```toml
//! id = "turkey"
//! version = 1
//! zone = "Europe/Istanbul"
//! covers = [2015-01-01, 2035-12-31]
//!
//! [hours]
//! mon = ["08:30", "17:30"]
//!
//! [[day]]
//! date = 2026-10-28
//! name = "Cumhuriyet Bayramı arifesi"
//! kind = "half_day"
//! closes = "13:00"
//! ```

use chrono::{NaiveDate, NaiveTime};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::calendar::{
    AfterHours, Calendar, CalendarError, CalendarSettings, CalendarSpec, DayKind, Hours, LimitEnds,
    SpecialDay,
};
use super::vocabulary::words;
use redress_plain::toml_fault::in_one_line;

pub(super) mod toml_date;

words! {
    /// The kinds of special days, as files spell them.
    DayKindWord {
        FullDay = "full_day", HalfDay = "half_day", Closure = "closure",
        AdministrativeLeave = "administrative_leave",
    }
}

/// A calendar with its history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarFile {
    pub spec: CalendarSpec,
    /// Oldest first.
    pub changes: Vec<Change>,
}

/// Why a version came to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The version that the change made.
    pub version: u32,
    /// The day that was changed.
    pub date: NaiveDate,
    pub reason: String,
    pub recorded_on: NaiveDate,
}

/// What an amendment does to a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Amendment {
    /// Adds the day, or replaces what was recorded for its date.
    Set(SpecialDay),
    /// Makes the date an ordinary day of its weekday again.
    Remove(NaiveDate),
}

impl Amendment {
    pub fn date(&self) -> NaiveDate {
        match self {
            Amendment::Set(day) => day.date,
            Amendment::Remove(date) => *date,
        }
    }
}

/// A date on which two calendars differ in when the organisation is open.
#[derive(Debug, Clone, PartialEq)]
pub struct StatusChange {
    pub date: NaiveDate,
    /// Share of the weekday's usual hours, and whether the day counts, before and after.
    pub fraction: (f64, f64),
    pub counted: (bool, bool),
    /// Names before and after.
    pub name: (Option<String>, Option<String>),
}

/// Why a calendar file cannot be read, amended or written.
#[derive(Debug, thiserror::Error)]
pub enum CalendarFileError {
    #[error("the calendar is no valid TOML, or has a key that is not known: {0}")]
    Syntax(String),
    #[error("the calendar cannot be written as TOML: {0}")]
    Write(#[from] toml::ser::Error),
    #[error(
        "calendar `{calendar}`: `{zone}` is no time zone; use an IANA name such as Europe/Istanbul"
    )]
    UnknownZone { calendar: String, zone: String },
    #[error("calendar `{calendar}`: {date} `{name}`: {problem}")]
    BadDay {
        calendar: String,
        date: NaiveDate,
        name: String,
        problem: String,
    },
    #[error("calendar `{calendar}`: {whose}: `{found}` is no time of day; write it as \"08:30\"")]
    BadTime {
        calendar: String,
        /// The weekday or the date.
        whose: String,
        found: String,
    },
    #[error(
        "calendar `{calendar}`: the history names version {found}, but the file is version {version}; a change belongs to one version from 2 to the file's own"
    )]
    BadHistory {
        calendar: String,
        found: u32,
        version: u32,
    },
    #[error("calendar `{calendar}`: {date} cannot be changed without a reason; give one")]
    NoReason { calendar: String, date: NaiveDate },
    #[error("calendar `{calendar}`: {date} is no special day, so there is nothing to remove")]
    NothingToRemove { calendar: String, date: NaiveDate },
    #[error("calendar `{calendar}`: {date} is already recorded like that; nothing to change")]
    NothingChanges { calendar: String, date: NaiveDate },
    #[error(transparent)]
    Calendar(#[from] CalendarError),
}

impl CalendarFile {
    /// Reads and checks a calendar; what it returns always builds.
    ///
    /// # Errors
    /// Names what is wrong, with the line for the form and the date for the content.
    pub fn from_toml(text: &str) -> Result<Self, CalendarFileError> {
        let raw: RawFile = toml::from_str(text)
            .map_err(|error| CalendarFileError::Syntax(in_one_line(&error, text)))?;
        let file = raw.into_file()?;
        file.calendar()?;
        Ok(file)
    }

    /// Writes the same calendar; comments of the file it came from are not kept.
    ///
    /// # Errors
    /// [`CalendarFileError::Write`] when a value does not fit TOML.
    pub fn to_toml(&self) -> Result<String, CalendarFileError> {
        Ok(toml::to_string(&RawFile::from_file(self))?)
    }

    /// Builds the calendar.
    ///
    /// # Errors
    /// See [`Calendar::new`].
    pub fn calendar(&self) -> Result<Calendar, CalendarError> {
        Calendar::new(self.spec.clone())
    }

    /// The next version, with one day changed and the reason in its history.
    ///
    /// # Errors
    /// When the reason is empty, when nothing would change, or when the new calendar would not build.
    pub fn amend(
        &self,
        amendment: Amendment,
        reason: &str,
        recorded_on: NaiveDate,
    ) -> Result<Self, CalendarFileError> {
        let calendar = || self.spec.id.clone();
        let date = amendment.date();
        let reason = reason.trim();
        if reason.is_empty() {
            return Err(CalendarFileError::NoReason {
                calendar: calendar(),
                date,
            });
        }
        let mut next = self.clone();
        let recorded = self.spec.days.iter().find(|day| day.date == date);
        match (&amendment, recorded) {
            (Amendment::Remove(_), None) => {
                return Err(CalendarFileError::NothingToRemove {
                    calendar: calendar(),
                    date,
                });
            }
            (Amendment::Set(day), Some(old)) if day == old => {
                return Err(CalendarFileError::NothingChanges {
                    calendar: calendar(),
                    date,
                });
            }
            (Amendment::Remove(_), Some(_)) | (Amendment::Set(_), _) => {}
        }
        next.spec.days.retain(|day| day.date != date);
        if let Amendment::Set(day) = amendment {
            next.spec.days.push(day);
        }
        next.spec.days.sort_by_key(|day| day.date);
        next.spec.version += 1;
        next.changes.push(Change {
            version: next.spec.version,
            date,
            reason: reason.to_owned(),
            recorded_on,
        });
        next.calendar()?;
        Ok(next)
    }
}

/// Dates within the tables of both calendars on which opening or counting differs, in order. Differing
/// opening hours of the same share (a shifted working day) are no change of status.
pub fn changed_dates(before: &Calendar, after: &Calendar) -> Vec<StatusChange> {
    let (first, last) = before.table_range();
    let (after_first, after_last) = after.table_range();
    let mut changes = Vec::new();
    let dates = first.max(after_first).iter_days();
    for date in dates.take_while(|date| *date <= last.min(after_last)) {
        let status = |calendar: &Calendar| -> Option<(f64, bool)> {
            Some((
                calendar.fraction(date).ok()?,
                calendar.is_counted(date).ok()?,
            ))
        };
        if let (Some(old), Some(new)) = (status(before), status(after))
            && old != new
        {
            changes.push(StatusChange {
                date,
                fraction: (old.0, new.0),
                counted: (old.1, new.1),
                name: (
                    before.name_of(date).map(str::to_owned),
                    after.name_of(date).map(str::to_owned),
                ),
            });
        }
    }
    changes
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    id: String,
    version: u32,
    zone: String,
    #[serde(with = "toml_date::pair")]
    covers: (NaiveDate, NaiveDate),
    hours: RawHours,
    #[serde(default)]
    settings: RawSettings,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    change: Vec<RawChange>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    day: Vec<RawDay>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawHours {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mon: Option<[String; 2]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tue: Option<[String; 2]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    wed: Option<[String; 2]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    thu: Option<[String; 2]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fri: Option<[String; 2]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sat: Option<[String; 2]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sun: Option<[String; 2]>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawSettings {
    half_days_count: bool,
    after_hours: AfterHours,
    limit_ends: LimitEnds,
}

impl Default for RawSettings {
    fn default() -> Self {
        RawSettings::from(CalendarSettings::default())
    }
}

impl From<CalendarSettings> for RawSettings {
    fn from(settings: CalendarSettings) -> Self {
        RawSettings {
            half_days_count: settings.half_days_count,
            after_hours: settings.after_hours,
            limit_ends: settings.limit_ends,
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDay {
    #[serde(with = "toml_date")]
    date: NaiveDate,
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name_en: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name_ru: Option<String>,
    /// Kept as text, so that the message about an unknown kind can name the date.
    kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    closes: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    predicted: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawChange {
    version: u32,
    #[serde(with = "toml_date")]
    date: NaiveDate,
    reason: String,
    #[serde(with = "toml_date")]
    recorded_on: NaiveDate,
}

impl RawFile {
    fn into_file(self) -> Result<CalendarFile, CalendarFileError> {
        let id = self.id;
        let zone: Tz = self
            .zone
            .parse()
            .map_err(|_| CalendarFileError::UnknownZone {
                calendar: id.clone(),
                zone: self.zone.clone(),
            })?;
        let hours = self.hours;
        let hours = [
            read_hours(&id, "mon", hours.mon)?,
            read_hours(&id, "tue", hours.tue)?,
            read_hours(&id, "wed", hours.wed)?,
            read_hours(&id, "thu", hours.thu)?,
            read_hours(&id, "fri", hours.fri)?,
            read_hours(&id, "sat", hours.sat)?,
            read_hours(&id, "sun", hours.sun)?,
        ];
        let mut days = Vec::with_capacity(self.day.len());
        for day in self.day {
            days.push(read_day(&id, day)?);
        }
        let mut changes = Vec::with_capacity(self.change.len());
        for change in self.change {
            if change.version < 2 || change.version > self.version {
                return Err(CalendarFileError::BadHistory {
                    calendar: id,
                    found: change.version,
                    version: self.version,
                });
            }
            changes.push(Change {
                version: change.version,
                date: change.date,
                reason: change.reason,
                recorded_on: change.recorded_on,
            });
        }
        Ok(CalendarFile {
            spec: CalendarSpec {
                id,
                version: self.version,
                zone,
                covers: self.covers,
                hours,
                settings: CalendarSettings {
                    half_days_count: self.settings.half_days_count,
                    after_hours: self.settings.after_hours,
                    limit_ends: self.settings.limit_ends,
                },
                days,
            },
            changes,
        })
    }

    fn from_file(file: &CalendarFile) -> Self {
        let spec = &file.spec;
        let [mon, tue, wed, thu, fri, sat, sun] = spec
            .hours
            .map(|hours| hours.map(|(opens, closes)| [write_time(opens), write_time(closes)]));
        RawFile {
            id: spec.id.clone(),
            version: spec.version,
            zone: spec.zone.name().to_owned(),
            covers: spec.covers,
            hours: RawHours {
                mon,
                tue,
                wed,
                thu,
                fri,
                sat,
                sun,
            },
            settings: RawSettings::from(spec.settings),
            change: file
                .changes
                .iter()
                .map(|change| RawChange {
                    version: change.version,
                    date: change.date,
                    reason: change.reason.clone(),
                    recorded_on: change.recorded_on,
                })
                .collect(),
            day: spec.days.iter().map(write_day).collect(),
        }
    }
}

fn read_hours(
    calendar: &str,
    weekday: &str,
    hours: Option<[String; 2]>,
) -> Result<Hours, CalendarFileError> {
    hours
        .map(|[opens, closes]| {
            Ok((
                read_time(calendar, weekday, &opens)?,
                read_time(calendar, weekday, &closes)?,
            ))
        })
        .transpose()
}

fn read_time(calendar: &str, whose: &str, text: &str) -> Result<NaiveTime, CalendarFileError> {
    NaiveTime::parse_from_str(text, "%H:%M")
        .or_else(|_| NaiveTime::parse_from_str(text, "%H:%M:%S"))
        .map_err(|_| CalendarFileError::BadTime {
            calendar: calendar.to_owned(),
            whose: whose.to_owned(),
            found: text.to_owned(),
        })
}

fn write_time(time: NaiveTime) -> String {
    let minutes = time.format("%H:%M").to_string();
    let whole = NaiveTime::parse_from_str(&minutes, "%H:%M") == Ok(time);
    if whole {
        minutes
    } else {
        time.format("%H:%M:%S").to_string()
    }
}

fn read_day(calendar: &str, day: RawDay) -> Result<SpecialDay, CalendarFileError> {
    let bad = |problem: String| CalendarFileError::BadDay {
        calendar: calendar.to_owned(),
        date: day.date,
        name: day.name.clone(),
        problem,
    };
    if day.name.trim().is_empty() {
        return Err(bad("the name is empty; give the holiday's name".to_owned()));
    }
    let word: DayKindWord = day
        .kind
        .parse()
        .map_err(|unknown| bad(format!("{unknown}")))?;
    let kind = match (word, &day.closes) {
        (DayKindWord::HalfDay, Some(closes)) => DayKind::HalfDay {
            closes: read_time(calendar, &day.date.to_string(), closes)?,
        },
        (DayKindWord::HalfDay, None) => {
            return Err(bad("a half day needs `closes`, its closing time".to_owned()));
        }
        (
            DayKindWord::FullDay | DayKindWord::Closure | DayKindWord::AdministrativeLeave,
            Some(_),
        ) => {
            return Err(bad(format!(
                "`closes` belongs to half days only, and this is a `{word}`"
            )));
        }
        (DayKindWord::FullDay, None) => DayKind::FullDay,
        (DayKindWord::Closure, None) => DayKind::Closure,
        (DayKindWord::AdministrativeLeave, None) => DayKind::AdministrativeLeave,
    };
    Ok(SpecialDay {
        date: day.date,
        name: day.name,
        name_en: day.name_en,
        name_ru: day.name_ru,
        kind,
        predicted: day.predicted,
    })
}

fn write_day(day: &SpecialDay) -> RawDay {
    let (kind, closes) = match day.kind {
        DayKind::FullDay => (DayKindWord::FullDay, None),
        DayKind::HalfDay { closes } => (DayKindWord::HalfDay, Some(write_time(closes))),
        DayKind::Closure => (DayKindWord::Closure, None),
        DayKind::AdministrativeLeave => (DayKindWord::AdministrativeLeave, None),
    };
    RawDay {
        date: day.date,
        name: day.name.clone(),
        name_en: day.name_en.clone(),
        name_ru: day.name_ru.clone(),
        kind: kind.as_str().to_owned(),
        closes,
        predicted: day.predicted,
    }
}
