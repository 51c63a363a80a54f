//! The working-day calendar against numpy and the package `holidays` (tests/oracle/calendar), and the zone rules.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::LazyLock;

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use proptest::prelude::*;
use redress::domain::calendar::{
    AfterHours, Calendar, CalendarError, CalendarSettings, CalendarSpec, DayKind, Hours, LimitEnds,
    SpecialDay,
};
use redress::domain::calendar_file::{Amendment, CalendarFile, CalendarFileError, changed_dates};
use redress::domain::limits::{LimitError, LimitQuery, Limits, Stage};
use redress::domain::vocabulary::Severity;

pub fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

pub fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub fn time(text: &str) -> NaiveTime {
    NaiveTime::parse_from_str(text, "%H:%M").unwrap()
}

/// A local wall-clock time that exists once.
pub fn local(zone: Tz, text: &str) -> DateTime<Utc> {
    let naive = chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap();
    zone.from_local_datetime(&naive).unwrap().to_utc()
}

pub fn utc(text: &str) -> DateTime<Utc> {
    local(Tz::UTC, text)
}

pub fn holiday(on: &str, kind: DayKind) -> SpecialDay {
    SpecialDay {
        date: date(on),
        name: format!("day of {on}"),
        name_en: None,
        name_ru: None,
        kind,
        predicted: false,
    }
}

/// Monday to Friday 08:30 to 17:30.
pub fn spec(zone: Tz, days: Vec<SpecialDay>) -> CalendarSpec {
    let open: Hours = Some((time("08:30"), time("17:30")));
    CalendarSpec {
        id: "test".to_owned(),
        version: 1,
        zone,
        covers: (date("2001-01-01"), date("2058-12-31")),
        hours: [open, open, open, open, open, None, None],
        settings: CalendarSettings::default(),
        days,
    }
}

pub fn turkey() -> CalendarFile {
    let path = repository().join("reports/calendars/turkey.toml");
    CalendarFile::from_toml(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The same, built once: property tests ask it thousands of times.
pub static TURKEY: LazyLock<Calendar> = LazyLock::new(|| turkey().calendar().unwrap());

pub fn rows(name: &str) -> Vec<BTreeMap<String, String>> {
    let path = repository().join("tests/oracle/calendar").join(name);
    csv::Reader::from_path(path)
        .unwrap()
        .deserialize()
        .collect::<Result<_, _>>()
        .unwrap()
}

/// The calendars of `calendars.csv`, as numpy understood them.
pub fn numpy_calendars() -> Vec<Calendar> {
    let open: Hours = Some((time("09:00"), time("17:00")));
    rows("calendars.csv")
        .iter()
        .map(|row| {
            let mut spec = spec(Tz::Europe__Istanbul, Vec::new());
            for (hours, letter) in spec.hours.iter_mut().zip(row["weekmask"].chars()) {
                *hours = if letter == '1' { open } else { None };
            }
            let days = row["holidays"].split_whitespace();
            spec.days = days.map(|day| holiday(day, DayKind::FullDay)).collect();
            Calendar::new(spec).unwrap()
        })
        .collect()
}

#[test]
fn counting_agrees_with_numpy() {
    let calendars = numpy_calendars();
    let table = rows("busday.csv");
    assert!(table.len() > 2500);
    for row in table {
        let calendar = &calendars[row["calendar"].parse::<usize>().unwrap()];
        let (start, stop) = (date(&row["start"]), date(&row["stop"]));
        let n: u32 = row["n"].parse().unwrap();
        assert_eq!(
            calendar.nth_counted_day(start, n).unwrap(),
            date(&row["nth"]),
            "{row:?}"
        );
        let count = calendar.counted_days_between(start, stop).unwrap();
        assert_eq!(count, row["count"].parse::<i64>().unwrap(), "{row:?}");
        let working = calendar.is_working(stop).unwrap();
        assert_eq!(working, row["is_working"] == "1", "{row:?}");
    }
}

#[test]
fn turkish_holidays_agree_with_the_holidays_package() {
    let file = turkey();
    let ours: BTreeSet<(NaiveDate, &str)> = file
        .spec
        .days
        .iter()
        .map(|day| match day.kind {
            DayKind::FullDay => (day.date, "full_day"),
            DayKind::HalfDay { closes } => {
                assert_eq!(closes, time("13:00"), "{}", day.date);
                (day.date, "half_day")
            }
            DayKind::Closure | DayKind::AdministrativeLeave => (day.date, "other"),
        })
        .collect();
    let table = rows("turkey.csv");
    let theirs = table
        .iter()
        .map(|row| (date(&row["date"]), row["kind"].as_str()))
        .collect();
    let differences: Vec<_> = ours.symmetric_difference(&theirs).collect();
    // The README of the table lists every difference with its reason: none at present.
    assert!(differences.is_empty(), "{differences:?}");
    assert_eq!(ours.len(), table.len());
}

#[test]
fn turkish_feasts_to_come_agree_with_the_sky() {
    let calendar = turkey().calendar().unwrap();
    for row in rows("crescent.csv") {
        let first = date(&row["first_day"]);
        let name = calendar.name_of(first).unwrap();
        assert!(
            name.contains(&format!("{}, 1. gün", row["feast"])),
            "{first}"
        );
        let observed_a_day_later = ["2015-09-24", "2016-09-12"].contains(&&*row["first_day"]);
        let difference = i64::from(observed_a_day_later);
        assert_eq!(
            (first - date(&row["by_the_rule"])).num_days(),
            difference,
            "{first}"
        );
    }
}

#[test]
fn turkish_feasts_to_come_are_marked_predicted_and_past_ones_are_not() {
    for day in turkey().spec.days {
        let feast = day.name.contains("Ramazan") || day.name.contains("Kurban");
        let fixed = day.name.contains("; ") || !feast;
        let expected = feast && !fixed && day.date > date("2026-11-22");
        assert_eq!(day.predicted, expected, "{}", day.date);
        assert!(day.name_en.is_some() && day.name_ru.is_some());
    }
}

#[test]
fn turkish_calendar_answers_for_known_days() {
    let calendar = turkey().calendar().unwrap();
    // Ramadan Feast 2026 was Friday 20 to Sunday 22 March, its eve a half day.
    assert_eq!(calendar.fraction(date("2026-03-19")).unwrap(), 0.5);
    assert!(!calendar.is_working(date("2026-03-20")).unwrap());
    assert_eq!(
        calendar.name_of(date("2026-03-19")),
        Some("Ramazan Bayramı arifesi")
    );
    let eve = calendar.opening(date("2026-10-28")).unwrap().unwrap();
    assert_eq!(eve, (utc("2026-10-28 05:30"), utc("2026-10-28 10:00")));
    // 2023-04-23 was both a feast day and National Sovereignty Day.
    let both = calendar.name_of(date("2023-04-23")).unwrap();
    assert!(
        both.contains("Ulusal Egemenlik") && both.contains("Ramazan"),
        "{both}"
    );
    assert!(calendar.covers(date("2035-12-31")) && !calendar.covers(date("2036-01-01")));
}

#[test]
fn opening_hours_follow_daylight_saving() {
    let calendar = Calendar::new(spec(Tz::Europe__London, Vec::new())).unwrap();
    // Clocks went forward on Sunday 29 March 2026 and back on Sunday 25 October 2026.
    let opening = |on| calendar.opening(date(on)).unwrap().unwrap();
    assert_eq!(
        opening("2026-03-27"),
        (utc("2026-03-27 08:30"), utc("2026-03-27 17:30"))
    );
    assert_eq!(
        opening("2026-03-30"),
        (utc("2026-03-30 07:30"), utc("2026-03-30 16:30"))
    );
    assert_eq!(
        opening("2026-10-26"),
        (utc("2026-10-26 08:30"), utc("2026-10-26 17:30"))
    );
    let end = |on| calendar.closing_instant_of_due(date(on)).unwrap();
    assert_eq!(end("2026-03-28"), utc("2026-03-29 00:00"));
    assert_eq!(end("2026-03-29"), utc("2026-03-29 23:00"));
    assert_eq!(end("2026-10-25"), utc("2026-10-26 00:00"));
    let day = |at| calendar.local_date(utc(at)).unwrap();
    assert_eq!(day("2026-03-29 22:59"), date("2026-03-29"));
    assert_eq!(day("2026-03-29 23:00"), date("2026-03-30"));
}

#[test]
fn hours_that_a_change_of_clocks_skips_or_repeats_are_placed() {
    let mut night = spec(Tz::Europe__London, Vec::new());
    night.hours = [Some((time("01:30"), time("05:30"))); 7];
    let calendar = Calendar::new(night).unwrap();
    // 01:30 does not exist on 29 March 2026: the day opens when it resumes, at 02:00 BST.
    let (opens, closes) = calendar.opening(date("2026-03-29")).unwrap().unwrap();
    assert_eq!(
        (opens, closes),
        (utc("2026-03-29 01:00"), utc("2026-03-29 04:30"))
    );
    // 01:30 happens twice on 25 October 2026: opening at the first, so the day has five hours.
    let (opens, closes) = calendar.opening(date("2026-10-25")).unwrap().unwrap();
    assert_eq!(
        (opens, closes),
        (utc("2026-10-25 00:30"), utc("2026-10-25 05:30"))
    );
    let seconds = calendar.working_seconds(utc("2026-10-24 12:00"), utc("2026-10-25 12:00"));
    assert_eq!(seconds.unwrap(), 5 * 3600);
    // A closing time that happens twice is the second one.
    let mut midnight = spec(Tz::Europe__London, Vec::new());
    midnight.hours = [Some((time("00:15"), time("01:30"))); 7];
    let calendar = Calendar::new(midnight).unwrap();
    let (opens, closes) = calendar.opening(date("2026-10-25")).unwrap().unwrap();
    assert_eq!(
        (opens, closes),
        (utc("2026-10-24 23:15"), utc("2026-10-25 01:30"))
    );
}

#[test]
fn a_date_that_a_zone_never_had_is_not_worked() {
    // Samoa went from 29 to 31 December 2011.
    let mut samoa = spec(Tz::Pacific__Apia, Vec::new());
    samoa.hours = [Some((time("08:30"), time("17:30"))); 7];
    let calendar = Calendar::new(samoa).unwrap();
    assert!(!calendar.is_working(date("2011-12-30")).unwrap());
    let before = utc("2011-12-30 09:59");
    assert_eq!(calendar.local_date(before).unwrap(), date("2011-12-29"));
    let after = before + TimeDelta::minutes(1);
    assert_eq!(calendar.local_date(after).unwrap(), date("2011-12-31"));
}

#[test]
fn counting_runs_over_the_turn_of_the_year() {
    let calendar = turkey().calendar().unwrap();
    // Wednesday 31 December 2025; Thursday 1 January is New Year's Day.
    let eve = date("2025-12-31");
    assert_eq!(
        calendar.nth_counted_day(eve, 1).unwrap(),
        date("2026-01-02")
    );
    assert_eq!(
        calendar.nth_counted_day(eve, 2).unwrap(),
        date("2026-01-05")
    );
    let count = calendar.counted_days_between(eve, date("2026-01-04"));
    assert_eq!(count.unwrap(), 1);
    let zone = calendar.zone();
    let late = local(zone, "2025-12-31 23:59");
    assert_eq!(calendar.local_date(late).unwrap(), eve);
    assert_eq!(
        calendar.local_date(late + TimeDelta::minutes(1)).unwrap(),
        date("2026-01-01")
    );
}

#[test]
fn day_zero_follows_the_setting() {
    let zone = Tz::Europe__Istanbul;
    let mut settings = spec(zone, vec![holiday("2026-07-15", DayKind::FullDay)]);
    let same_day = Calendar::new(settings.clone()).unwrap();
    settings.settings.after_hours = AfterHours::NextWorkingDay;
    let next_day = Calendar::new(settings).unwrap();
    for (start, same, next) in [
        ("2026-07-13 07:00", "2026-07-13", "2026-07-13"), // before opening
        ("2026-07-13 17:29", "2026-07-13", "2026-07-13"),
        ("2026-07-13 17:30", "2026-07-13", "2026-07-14"), // at closing time
        ("2026-07-14 20:00", "2026-07-14", "2026-07-16"), // before a holiday
        ("2026-07-17 18:00", "2026-07-17", "2026-07-20"), // Friday evening
        ("2026-07-18 10:00", "2026-07-18", "2026-07-20"), // Saturday
    ] {
        let at = local(zone, start);
        assert_eq!(same_day.day_zero(at).unwrap(), date(same), "{start}");
        assert_eq!(next_day.day_zero(at).unwrap(), date(next), "{start}");
    }
}

#[test]
fn half_days_count_unless_the_setting_says_otherwise() {
    let half = DayKind::HalfDay {
        closes: time("13:00"),
    };
    let mut settings = spec(Tz::Europe__Istanbul, vec![holiday("2026-10-28", half)]);
    let counts = Calendar::new(settings.clone()).unwrap();
    settings.settings.half_days_count = false;
    let does_not = Calendar::new(settings).unwrap();
    let tuesday = date("2026-10-27");
    assert_eq!(
        counts.nth_counted_day(tuesday, 1).unwrap(),
        date("2026-10-28")
    );
    assert_eq!(
        does_not.nth_counted_day(tuesday, 1).unwrap(),
        date("2026-10-29")
    );
    for calendar in [&counts, &does_not] {
        assert!(calendar.is_working(date("2026-10-28")).unwrap());
        assert_eq!(calendar.fraction(date("2026-10-28")).unwrap(), 0.5);
    }
    assert!(!does_not.is_counted(date("2026-10-28")).unwrap());
}

#[test]
fn a_limit_ends_at_midnight_or_at_closing_time() {
    let zone = Tz::Europe__Istanbul;
    let half = DayKind::HalfDay {
        closes: time("13:00"),
    };
    let mut settings = spec(zone, vec![holiday("2026-10-28", half)]);
    let midnight = Calendar::new(settings.clone()).unwrap();
    settings.settings.limit_ends = LimitEnds::ClosingTime;
    let closing = Calendar::new(settings).unwrap();
    let end = |calendar: &Calendar, on| calendar.closing_instant_of_due(date(on)).unwrap();
    assert_eq!(
        end(&midnight, "2026-10-27"),
        local(zone, "2026-10-28 00:00")
    );
    assert_eq!(end(&closing, "2026-10-27"), local(zone, "2026-10-27 17:30"));
    assert_eq!(end(&closing, "2026-10-28"), local(zone, "2026-10-28 13:00"));
}

#[test]
fn dates_outside_the_table_are_refused_by_name() {
    let calendar = turkey().calendar().unwrap();
    let refused = calendar.is_working(date("1999-12-31"));
    assert!(
        matches!(refused, Err(CalendarError::OutOfRange { date: found, .. }) if found == date("1999-12-31"))
    );
    assert!(calendar.local_date(utc("2061-06-01 00:00")).is_err());
    assert!(calendar.nth_counted_day(date("2060-12-30"), 10).is_err());
}

#[test]
fn a_calendar_file_survives_being_written_and_read() {
    let file = turkey();
    let again = CalendarFile::from_toml(&file.to_toml().unwrap()).unwrap();
    assert_eq!(file, again);
}

#[test]
fn faulty_calendar_files_are_refused_with_the_date() {
    let head = "id = \"x\"\nversion = 1\nzone = \"Europe/Istanbul\"\n\
                covers = [2026-01-01, 2026-12-31]\n[hours]\nmon = [\"08:30\", \"17:30\"]\n";
    let day = |text: &str| format!("{head}[[day]]\n{text}\n");
    let good = "date = 2026-01-05\nname = \"A\"\nkind = \"full_day\"";
    for (text, expected) in [
        (
            day(&format!("{good}\n[[day]]\n{good}")),
            "2026-01-05 is listed twice",
        ),
        (
            day("date = 2026-01-05\nname = \"A\"\nkind = \"feast\""),
            "2026-01-05 `A`: `feast` is no",
        ),
        (
            day("date = 2026-01-05\nname = \"A\"\nkind = \"half_day\"\ncloses = \"18:00\""),
            "2026-01-05 `A` is a half day that closes at 18:00",
        ),
        (
            day("date = 2026-01-05\nname = \"A\"\nkind = \"half_day\""),
            "2026-01-05 `A`: a half day needs",
        ),
        (
            day("date = 2026-01-05\nname = \"A\"\nkind = \"full_day\"\ncloses = \"13:00\""),
            "2026-01-05 `A`: `closes` belongs to half days",
        ),
        (
            day("date = 2027-01-05\nname = \"A\"\nkind = \"full_day\""),
            "2027-01-05 `A` lies outside covers",
        ),
        (day(&format!("{good}\nrank = 3")), "unknown field `rank`"),
        (
            day("date = 2026-02-30\nname = \"A\"\nkind = \"full_day\""),
            "line 8",
        ),
        (
            head.replace("Europe/Istanbul", "Europe/Konya"),
            "`Europe/Konya` is no time zone",
        ),
        (
            head.replace("17:30", "8 pm"),
            "mon: `8 pm` is no time of day",
        ),
        (
            head.replace("17:30", "08:00"),
            "Mon opens at 08:30:00 and closes at 08:00:00",
        ),
        (
            head.replace("version = 1", "version = 0"),
            "version must be 1 or more",
        ),
        (
            head.replace("2026-12-31", "2025-12-31"),
            "covers must run forward",
        ),
        (
            head.replace("mon = [\"08:30\", \"17:30\"]\n", ""),
            "no weekday has opening hours",
        ),
        (
            format!(
                "{head}[[change]]\nversion = 2\ndate = 2026-01-05\nreason = \"r\"\nrecorded_on = 2026-01-05\n"
            ),
            "the history names version 2",
        ),
    ] {
        let message = CalendarFile::from_toml(&text).unwrap_err().to_string();
        assert!(message.contains(expected), "{expected}: {message}");
    }
}

#[test]
fn an_amendment_makes_a_new_version_with_its_reason() {
    let file = turkey();
    let leave = SpecialDay {
        name: "İdari izin".to_owned(),
        ..holiday("2026-05-25", DayKind::AdministrativeLeave)
    };
    let on = date("2026-05-20");
    let amended = file
        .amend(Amendment::Set(leave.clone()), " circular 2026/7 ", on)
        .unwrap();
    assert_eq!(amended.spec.version, 2);
    let change = amended.changes.last().unwrap();
    assert_eq!(
        (change.version, change.reason.as_str()),
        (2, "circular 2026/7")
    );
    let again = CalendarFile::from_toml(&amended.to_toml().unwrap()).unwrap();
    assert_eq!(amended, again);

    let changes = changed_dates(&file.calendar().unwrap(), &amended.calendar().unwrap());
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0].date, date("2026-05-25"));
    assert_eq!(changes[0].counted, (true, false));
    assert_eq!(changes[0].name.1.as_deref(), Some("İdari izin"));

    let removed = amended
        .amend(Amendment::Remove(leave.date), "withdrawn", on)
        .unwrap();
    assert_eq!(removed.spec.version, 3);
    assert_eq!(removed.spec.days, file.spec.days);

    let refused = |amendment, reason| amended.amend(amendment, reason, on).unwrap_err();
    assert!(matches!(
        refused(Amendment::Remove(leave.date), "  "),
        CalendarFileError::NoReason { .. }
    ));
    assert!(matches!(
        refused(Amendment::Set(leave.clone()), "again"),
        CalendarFileError::NothingChanges { .. }
    ));
    assert!(matches!(
        refused(Amendment::Remove(date("2026-05-21")), "r"),
        CalendarFileError::NothingToRemove { .. }
    ));
    let beyond = holiday("2040-01-01", DayKind::FullDay);
    assert!(matches!(
        refused(Amendment::Set(beyond), "r"),
        CalendarFileError::Calendar(CalendarError::DayOutsideCoverage { .. })
    ));
}

fn query(stage: Stage) -> LimitQuery<'static> {
    LimitQuery {
        stage,
        pass: 1,
        department: None,
        severity: None,
        started_on: date("2026-07-01"),
        known_at: None,
    }
}

#[test]
fn default_limits_are_those_of_the_published_process() {
    let limits = Limits::default();
    for (stage, days) in [
        (Stage::Intake, 2),
        (Stage::Processing, 4),
        (Stage::Resolution, 1),
        (Stage::Overall, 7),
        (Stage::Acknowledgement, 1),
    ] {
        for pass in [1, 2] {
            let asked = LimitQuery {
                pass,
                ..query(stage)
            };
            assert_eq!(limits.lookup(asked).unwrap().days, days, "{stage}");
        }
    }
    let again = Limits::from_toml(&limits.to_toml().unwrap()).unwrap();
    assert_eq!(limits, again);
}

#[test]
fn the_most_special_limit_in_force_at_the_start_applies() {
    let limits = Limits::from_toml(
        r#"
        [[limit]]
        version = 1
        stage = "processing"
        days = 4
        [[limit]]
        version = 2
        stage = "processing"
        effective_from = 2026-06-01
        recorded_at = "2026-07-10T08:00:00Z"
        days = 5
        [[limit]]
        version = 1
        stage = "processing"
        severity = "critical"
        days = 2
        [[limit]]
        version = 1
        stage = "processing"
        department = "plant"
        days = 6
        [[limit]]
        version = 1
        stage = "processing"
        department = "plant"
        pass = 2
        days = 3
        "#,
    )
    .unwrap();
    let asked = query(Stage::Processing);
    let days = |asked| {
        let found = limits.lookup(asked).unwrap();
        (found.days, found.version)
    };
    assert_eq!(days(asked), (5, 2));
    assert_eq!(
        days(LimitQuery {
            started_on: date("2026-05-31"),
            ..asked
        }),
        (4, 1)
    );
    // On 5 July the register did not know the new limit yet.
    let then = LimitQuery {
        known_at: Some(utc("2026-07-05 00:00")),
        ..asked
    };
    assert_eq!(days(then), (4, 1));
    assert_eq!(
        days(LimitQuery {
            severity: Some(Severity::Critical),
            ..asked
        }),
        (2, 1)
    );
    let plant = LimitQuery {
        department: Some("plant"),
        ..asked
    };
    assert_eq!(days(plant), (6, 1));
    assert_eq!(days(LimitQuery { pass: 2, ..plant }), (3, 1));
    assert_eq!(
        days(LimitQuery {
            severity: Some(Severity::Critical),
            ..plant
        }),
        (6, 1)
    );
    assert!(matches!(
        limits.lookup(query(Stage::Intake)),
        Err(LimitError::NoneInForce { .. })
    ));
}

#[test]
fn faulty_limits_are_refused() {
    let entry = "[[limit]]\nversion = 1\nstage = \"intake\"\ndays = 2\n";
    for (text, expected) in [
        (entry.replace("days = 2", "days = 0"), "give 1 to"),
        (
            entry.replace("version = 1", "version = 0"),
            "version must be 1",
        ),
        (format!("{entry}pass = 0\n"), "pass 0 does not exist"),
        (
            format!("{entry}{entry}"),
            "entries 1 and 2 set the same limit",
        ),
        (format!("{entry}hours = 2\n"), "unknown field `hours`"),
        (entry.replace("intake", "waiting"), "waiting"),
    ] {
        let message = Limits::from_toml(&text).unwrap_err().to_string();
        assert!(message.contains(expected), "{expected}: {message}");
    }
}

proptest! {
    /// Lookups equal a day-by-day walk that knows nothing of the table.
    #[test]
    fn table_equals_a_walk_over_the_days(offset in 0i64..20_000, length in 0i64..120, n in 1u32..40) {
        let calendar = &*TURKEY;
        let start = date("2001-01-01") + TimeDelta::days(offset);
        let stop = start + TimeDelta::days(length);
        let special: BTreeMap<_, _> = calendar.spec().days.iter().map(|d| (d.date, d.kind)).collect();
        let counts = |day: NaiveDate| day.weekday().num_days_from_monday() < 5
            && matches!(special.get(&day), None | Some(DayKind::HalfDay { .. }));
        let walked = start.iter_days().skip(1).take_while(|d| *d <= stop).filter(|d| counts(*d)).count();
        prop_assert_eq!(calendar.counted_days_between(start, stop).unwrap(), walked as i64);
        let nth = start.iter_days().skip(1).filter(|d| counts(*d)).nth(n as usize - 1).unwrap();
        prop_assert_eq!(calendar.nth_counted_day(start, n).unwrap(), nth);
        prop_assert_eq!(calendar.fraction(stop).unwrap() > 0.0, counts(stop));
    }

    /// Seconds of two neighbouring intervals add up, and whole local days have whole shares.
    #[test]
    fn working_time_adds_up(from in 0i64..1_500_000_000, first in 0i64..3_000_000, second in 0i64..3_000_000) {
        let calendar = &*TURKEY;
        let a = utc("2002-01-01 00:00") + TimeDelta::seconds(from);
        let b = a + TimeDelta::seconds(first);
        let c = b + TimeDelta::seconds(second);
        let seconds = |x, y| calendar.working_seconds(x, y).unwrap();
        prop_assert_eq!(seconds(a, b) + seconds(b, c), seconds(a, c));
        let days = calendar.working_days(a, c).unwrap();
        prop_assert!((days - seconds(a, c) as f64 / 32_400.0).abs() < 1e-9);
    }
}
