//! The stage clock: pauses, verdicts and the ledger, against numpy (tests/oracle/calendar), cases worked by hand,
//! and a plain day-by-day reckoning.

use chrono::{DateTime, NaiveDate, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use proptest::prelude::*;
use redress::domain::calendar::{
    AfterHours, Calendar, CalendarSettings, DayKind, LimitEnds, SpecialDay,
};
use redress::domain::stage_clock::{
    DayWhat, LedgerDay, Pause, SideKind, StageEnd, StageMeasure, StageSpan, Verdict, ledger,
    measure,
};

use crate::calendar::{
    TURKEY, date, holiday, local, numpy_calendars, rows, spec, time, turkey, utc,
};

const ZONE: Tz = Tz::Europe__Istanbul;

/// July 2026 in Istanbul, Monday the 6th; the 15th is a holiday. No other special day.
fn july() -> Calendar {
    Calendar::new(spec(ZONE, vec![holiday("2026-07-15", DayKind::FullDay)])).unwrap()
}

fn with(change: impl FnOnce(&mut CalendarSettings), days: Vec<SpecialDay>) -> Calendar {
    let mut spec = spec(ZONE, days);
    change(&mut spec.settings);
    Calendar::new(spec).unwrap()
}

fn at(text: &str) -> DateTime<Utc> {
    local(ZONE, text)
}

fn open(start: &str, limit_days: u32) -> StageSpan {
    StageSpan {
        started_at: at(start),
        ended: None,
        limit_days,
        pauses: Vec::new(),
    }
}

fn done(start: &str, end: &str, limit_days: u32) -> StageSpan {
    StageSpan {
        ended: Some((at(end), StageEnd::Done)),
        ..open(start, limit_days)
    }
}

fn pause(from: &str, to: Option<&str>) -> Pause {
    Pause {
        from: at(from),
        to: to.map(at),
        reason: "customer_sample".to_owned(),
        stops_clock: true,
    }
}

fn measured(span: &StageSpan, calendar: &Calendar) -> StageMeasure {
    measure(span, calendar, None).unwrap()
}

/// Counted days gross and net, and the verdicts.
fn result(m: &StageMeasure) -> (i64, i64, Verdict, Verdict) {
    (
        m.gross.counted_days.unwrap(),
        m.net.counted_days.unwrap(),
        m.gross.verdict_when_ended.unwrap(),
        m.net.verdict_when_ended.unwrap(),
    )
}

#[test]
fn limits_and_pauses_agree_with_numpy() {
    let calendars = numpy_calendars();
    let table = rows("pauses.csv");
    assert!(table.len() >= 1500);
    let noon = |day: &str| date(day).and_hms_opt(12, 0, 0).unwrap();
    for row in table {
        let calendar = &calendars[row["calendar"].parse::<usize>().unwrap()];
        let instant = |naive| {
            ZONE.from_local_datetime(&naive)
                .earliest()
                .unwrap()
                .to_utc()
        };
        let mut pauses = Vec::new();
        for n in ["1", "2"] {
            let (from, to) = (&row[&format!("from{n}")], &row[&format!("to{n}")]);
            let whole = row[&format!("mid{n}")] == "0";
            let half_day = if whole {
                TimeDelta::hours(12)
            } else {
                TimeDelta::zero()
            };
            pauses.push(Pause {
                from: instant(noon(from) - half_day),
                to: Some(instant(noon(to) + half_day)),
                reason: "customer_sample".to_owned(),
                stops_clock: true,
            });
        }
        let span = StageSpan {
            started_at: instant(noon(&row["start"])),
            ended: Some((instant(noon(&row["stop"])), StageEnd::Done)),
            limit_days: row["limit"].parse().unwrap(),
            pauses,
        };
        let found = measured(&span, calendar);
        let number = |name: &str| row[name].parse::<i64>().unwrap();
        assert_eq!(found.gross.due_on, Some(date(&row["due_gross"])), "{row:?}");
        assert_eq!(found.net.due_on, Some(date(&row["due_net"])), "{row:?}");
        assert_eq!(
            found.gross.counted_days,
            Some(number("limit_day_gross")),
            "{row:?}"
        );
        assert_eq!(
            found.net.counted_days,
            Some(number("limit_day_net")),
            "{row:?}"
        );
    }
}

#[test]
fn limit_days_of_ends_agree_with_numpy() {
    let calendars = numpy_calendars();
    for row in rows("busday.csv") {
        let calendar = &calendars[row["calendar"].parse::<usize>().unwrap()];
        let span = done(
            &format!("{} 12:00", row["start"]),
            &format!("{} 12:00", row["stop"]),
            row["n"].parse().unwrap(),
        );
        let found = measured(&span, calendar);
        assert_eq!(found.net.due_on, Some(date(&row["nth"])), "{row:?}");
        let limit_day: i64 = row["limit_day"].parse().unwrap();
        assert_eq!(found.gross.counted_days, Some(limit_day), "{row:?}");
        assert_eq!(found.net.counted_days, Some(limit_day), "{row:?}");
    }
}

#[test]
fn an_end_on_the_due_day_is_met_and_the_minute_after_is_missed() {
    let calendar = july();
    // Monday, limit 2: due Wednesday.
    let met = measured(&done("2026-07-06 10:00", "2026-07-08 23:59", 2), &calendar);
    assert_eq!(result(&met), (2, 2, Verdict::Met, Verdict::Met));
    assert_eq!(met.net.due_on, Some(date("2026-07-08")));
    assert_eq!(met.net.due_at, Some(at("2026-07-09 00:00")));
    let missed = measured(&done("2026-07-06 10:00", "2026-07-09 00:00", 2), &calendar);
    assert_eq!(result(&missed), (3, 3, Verdict::Missed, Verdict::Missed));
}

#[test]
fn with_limits_ending_at_closing_time_the_evening_belongs_to_the_next_day() {
    let calendar = with(|s| s.limit_ends = LimitEnds::ClosingTime, Vec::new());
    let met = measured(&done("2026-07-06 10:00", "2026-07-08 17:29", 2), &calendar);
    assert_eq!(result(&met), (2, 2, Verdict::Met, Verdict::Met));
    let missed = measured(&done("2026-07-06 10:00", "2026-07-08 17:30", 2), &calendar);
    assert_eq!(result(&missed), (3, 3, Verdict::Missed, Verdict::Missed));
}

#[test]
fn an_end_on_a_free_day_after_the_limit_is_missed() {
    let calendar = july();
    // Thursday, limit 1: due Friday; done on Saturday counts as the next counted day.
    let missed = measured(&done("2026-07-09 10:00", "2026-07-11 10:00", 1), &calendar);
    assert_eq!(result(&missed), (2, 2, Verdict::Missed, Verdict::Missed));
    // Friday, limit 1: due Monday; done on Saturday is in time.
    let met = measured(&done("2026-07-10 10:00", "2026-07-11 10:00", 1), &calendar);
    assert_eq!(result(&met), (1, 1, Verdict::Met, Verdict::Met));
}

#[test]
fn a_stage_done_on_its_first_day_took_no_counted_day() {
    let calendar = july();
    let found = measured(&done("2026-07-06 10:00", "2026-07-06 14:30", 1), &calendar);
    assert_eq!(result(&found), (0, 0, Verdict::Met, Verdict::Met));
    assert_eq!(found.elapsed_gross, Some(0.5));
}

#[test]
fn starts_after_closing_and_on_free_days_follow_the_setting() {
    let same = july();
    let next = with(
        |s| s.after_hours = AfterHours::NextWorkingDay,
        vec![holiday("2026-07-15", DayKind::FullDay)],
    );
    for (start, due_same, due_next) in [
        ("2026-07-07 10:00", "2026-07-09", "2026-07-09"),
        ("2026-07-07 18:00", "2026-07-09", "2026-07-10"),
        ("2026-07-11 10:00", "2026-07-14", "2026-07-16"), // Saturday; the 15th is free
        ("2026-07-14 18:00", "2026-07-17", "2026-07-20"),
    ] {
        let span = open(start, 2);
        assert_eq!(
            measured(&span, &same).net.due_on,
            Some(date(due_same)),
            "{start}"
        );
        assert_eq!(
            measured(&span, &next).net.due_on,
            Some(date(due_next)),
            "{start}"
        );
    }
    let lines = ledger(
        &open("2026-07-11 10:00", 2),
        &next,
        None,
        at("2026-07-16 12:00"),
    )
    .unwrap();
    let words: Vec<_> = lines.iter().map(|line| line.what.as_str()).collect();
    assert_eq!(
        words,
        [
            "start",
            "weekend",
            "day_zero",
            "working",
            "non_working",
            "working"
        ]
    );
}

#[test]
fn a_pause_over_part_of_a_day_leaves_nothing_out() {
    let calendar = july();
    let mut span = done("2026-07-06 10:00", "2026-07-08 10:00", 2);
    span.pauses = vec![pause("2026-07-07 08:31", Some("2026-07-07 20:00"))];
    let found = measured(&span, &calendar);
    assert_eq!(found.net.due_on, Some(date("2026-07-08")));
    assert_eq!(found.paused_days, 0);
    // 7.5 h of Monday, 9 h of Tuesday, 1.5 h of Wednesday, in days of 9 h; net: one minute of Tuesday.
    assert!((found.elapsed_gross.unwrap() - 2.0).abs() < 1e-12);
    assert!((found.elapsed_net.unwrap() - (1.0 + 1.0 / 540.0)).abs() < 1e-12);
}

#[test]
fn a_pause_over_whole_days_moves_the_net_due_date_by_them() {
    let calendar = july();
    let mut span = open("2026-07-06 10:00", 2);
    // Opening hours of Tuesday and Wednesday, to the minute; Thursday partly.
    span.pauses = vec![pause("2026-07-07 08:30", Some("2026-07-09 11:00"))];
    let found = measured(&span, &calendar);
    assert_eq!(found.gross.due_on, Some(date("2026-07-08")));
    assert_eq!(found.net.due_on, Some(date("2026-07-10")));
    assert_eq!(found.paused_days, 2);
    let verdict = |side, when| found.verdict_at(side, at(when));
    assert_eq!(
        verdict(SideKind::Gross, "2026-07-09 12:00"),
        Verdict::OpenLate
    );
    assert_eq!(
        verdict(SideKind::Net, "2026-07-09 12:00"),
        Verdict::OpenNotDue
    );
    assert_eq!(
        verdict(SideKind::Net, "2026-07-11 00:00"),
        Verdict::OpenLate
    );
}

#[test]
fn several_pauses_may_cover_a_day_together() {
    let calendar = july();
    let mut span = open("2026-07-06 10:00", 2);
    span.pauses = vec![
        pause("2026-07-07 12:00", Some("2026-07-07 18:00")),
        pause("2026-07-07 08:00", Some("2026-07-07 12:30")),
    ];
    assert_eq!(measured(&span, &calendar).paused_days, 1);
    span.pauses[1].to = Some(at("2026-07-07 12:00"));
    assert_eq!(measured(&span, &calendar).paused_days, 1);
    // A minute between them, and the day counts.
    span.pauses[1].to = Some(at("2026-07-07 11:59"));
    assert_eq!(measured(&span, &calendar).paused_days, 0);
    // A reason on our own side covers nothing.
    span.pauses[1].to = Some(at("2026-07-07 12:30"));
    span.pauses[1].stops_clock = false;
    assert_eq!(measured(&span, &calendar).paused_days, 0);
}

#[test]
fn weekends_and_holidays_inside_a_pause_are_not_left_out_twice() {
    let calendar = july();
    let mut span = open("2026-07-10 10:00", 4);
    // Friday noon to Thursday noon: Monday and Tuesday left out, Wednesday is a holiday.
    span.pauses = vec![pause("2026-07-10 12:00", Some("2026-07-16 12:00"))];
    let found = measured(&span, &calendar);
    assert_eq!(found.paused_days, 2);
    assert_eq!(found.gross.due_on, Some(date("2026-07-17")));
    assert_eq!(found.net.due_on, Some(date("2026-07-21")));
}

#[test]
fn a_running_pause_leaves_the_net_due_date_open() {
    let calendar = july();
    let mut span = open("2026-07-06 10:00", 4);
    span.pauses = vec![pause("2026-07-08 09:00", None)];
    let found = measured(&span, &calendar);
    assert_eq!((found.net.due_on, found.net.due_at), (None, None));
    assert_eq!(found.gross.due_on, Some(date("2026-07-10")));
    // Tuesday was over when the clock stopped.
    assert_eq!(found.net.counted_days, Some(1));
    let running = found.running_pause.as_ref().unwrap();
    assert!(running.stops_clock && !running.late_when_paused);
    assert_eq!(running.reason, "customer_sample");
    let verdict = |side, when| found.verdict_at(side, at(when));
    assert_eq!(
        verdict(SideKind::Net, "2026-07-08 08:00"),
        Verdict::OpenNotDue
    );
    assert_eq!(verdict(SideKind::Net, "2026-07-08 09:00"), Verdict::Paused);
    assert_eq!(verdict(SideKind::Net, "2026-09-01 09:00"), Verdict::Paused);
    assert_eq!(
        verdict(SideKind::Gross, "2026-07-10 09:00"),
        Verdict::OpenNotDue
    );
    assert_eq!(
        verdict(SideKind::Gross, "2026-09-01 09:00"),
        Verdict::OpenLate
    );
    let counted = |side, when| found.counted_days_at(side, at(when), &calendar).unwrap();
    assert_eq!(counted(SideKind::Net, "2026-07-14 00:00"), 2);
    assert_eq!(counted(SideKind::Gross, "2026-07-14 00:00"), 5);
}

#[test]
fn a_pause_that_does_not_stop_the_clock_changes_no_date() {
    let calendar = july();
    let mut span = open("2026-07-06 10:00", 2);
    span.pauses = vec![Pause {
        stops_clock: false,
        reason: "laboratory".to_owned(),
        ..pause("2026-07-07 08:00", None)
    }];
    let found = measured(&span, &calendar);
    assert_eq!(found.net.due_on, Some(date("2026-07-08")));
    assert_eq!(found.net.counted_days, None);
    let running = found.running_pause.as_ref().unwrap();
    assert!(!running.stops_clock);
    let verdict = |when| found.verdict_at(SideKind::Net, at(when));
    assert_eq!(verdict("2026-07-07 12:00"), Verdict::OpenNotDue);
    assert_eq!(verdict("2026-07-09 00:00"), Verdict::OpenLate);
    let lines = ledger(&span, &calendar, None, at("2026-07-07 12:00")).unwrap();
    assert!(matches!(&lines[1].what, DayWhat::PausedPart { reason } if reason == "laboratory"));
    assert_eq!(lines[1].counted_net, 1);
}

#[test]
fn a_stage_already_late_when_paused_stays_late() {
    let calendar = july();
    let mut span = open("2026-07-06 10:00", 2);
    span.pauses = vec![pause("2026-07-09 09:00", None)];
    let found = measured(&span, &calendar);
    assert_eq!(found.net.due_on, Some(date("2026-07-08")));
    assert!(found.running_pause.as_ref().unwrap().late_when_paused);
    assert_eq!(
        found.verdict_at(SideKind::Net, at("2026-07-20 09:00")),
        Verdict::OpenLate
    );
}

#[test]
fn a_pause_that_begins_on_the_due_day_does_not_save_that_day() {
    let calendar = july();
    let mut span = open("2026-07-06 10:00", 2);
    span.pauses = vec![pause("2026-07-08 15:00", None)];
    let running = measured(&span, &calendar);
    assert_eq!(running.net.due_on, Some(date("2026-07-08")));
    assert!(!running.running_pause.as_ref().unwrap().late_when_paused);
    let verdict = |when| running.verdict_at(SideKind::Net, at(when));
    assert_eq!(verdict("2026-07-08 16:00"), Verdict::Paused);
    assert_eq!(verdict("2026-07-09 00:00"), Verdict::OpenLate);
    // Resuming later does not change the due date: the figure is the same before and after.
    span.pauses = vec![pause("2026-07-08 15:00", Some("2026-07-20 10:00"))];
    let resumed = measured(&span, &calendar);
    assert_eq!(resumed.net.due_at, running.net.due_at);
}

#[test]
fn withdrawn_or_merged_is_cancelled_before_the_limit_and_missed_after_it() {
    let calendar = july();
    for how in [StageEnd::Withdrawn, StageEnd::Merged] {
        for (end, expected) in [
            ("2026-07-08 23:00", Verdict::Cancelled),
            ("2026-07-09 09:00", Verdict::Missed),
        ] {
            let mut span = open("2026-07-06 10:00", 2);
            span.ended = Some((at(end), how));
            let found = measured(&span, &calendar);
            assert_eq!(found.net.verdict_when_ended, Some(expected), "{how} {end}");
            assert_eq!(
                found.verdict_at(SideKind::Gross, at("2026-08-01 00:00")),
                expected
            );
        }
    }
}

#[test]
fn an_end_after_as_of_has_not_happened() {
    let calendar = july();
    let found = measured(&done("2026-07-06 10:00", "2026-07-08 10:00", 1), &calendar);
    let verdict = |when| found.verdict_at(SideKind::Net, at(when));
    assert_eq!(verdict("2026-07-07 12:00"), Verdict::OpenNotDue);
    assert_eq!(verdict("2026-07-08 09:59"), Verdict::OpenLate);
    assert_eq!(verdict("2026-07-08 10:00"), Verdict::Missed);
}

#[test]
fn a_pause_ends_with_its_stage() {
    let calendar = july();
    let mut span = done("2026-07-06 10:00", "2026-07-09 20:00", 1);
    span.pauses = vec![pause("2026-07-07 08:00", None)];
    let found = measured(&span, &calendar);
    assert_eq!(found.running_pause, None);
    // Tuesday to Thursday are left out; the end falls on Thursday, before the first limit day is over.
    assert_eq!(result(&found), (3, 1, Verdict::Missed, Verdict::Met));
    assert_eq!(found.paused_days, 2);
    assert_eq!(found.net.due_on, Some(date("2026-07-10")));
}

#[test]
fn half_days_count_and_can_be_covered_by_a_shorter_pause() {
    let half = DayKind::HalfDay {
        closes: time("13:00"),
    };
    let eve = vec![holiday("2026-07-08", half)];
    let calendar = with(|_| (), eve.clone());
    let mut span = done("2026-07-07 17:30", "2026-07-09 08:30", 1);
    let found = measured(&span, &calendar);
    assert_eq!(found.net.due_on, Some(date("2026-07-08")));
    assert_eq!(found.elapsed_gross, Some(0.5));
    span.pauses = vec![pause("2026-07-08 08:30", Some("2026-07-08 13:00"))];
    let found = measured(&span, &calendar);
    assert_eq!(found.net.due_on, Some(date("2026-07-09")));
    assert_eq!(found.elapsed_net, Some(0.0));
    let not_counted = with(|s| s.half_days_count = false, eve);
    span.pauses.clear();
    assert_eq!(
        measured(&span, &not_counted).net.due_on,
        Some(date("2026-07-09"))
    );
}

#[test]
fn the_maximum_pause_lets_the_clock_run_again() {
    let calendar = july();
    let mut span = open("2026-07-06 10:00", 2);
    span.pauses = vec![pause("2026-07-07 08:00", None)];
    let found = measure(&span, &calendar, Some(3)).unwrap();
    // Tuesday to Thursday left out, Friday and Monday are the two limit days.
    assert_eq!(found.net.due_on, Some(date("2026-07-13")));
    let running = found.running_pause.as_ref().unwrap();
    assert_eq!(running.clock_resumes_at, Some(at("2026-07-10 08:30")));
    let verdict = |when| found.verdict_at(SideKind::Net, at(when));
    assert_eq!(verdict("2026-07-10 08:00"), Verdict::Paused);
    assert_eq!(verdict("2026-07-10 09:00"), Verdict::OpenNotDue);
    assert_eq!(verdict("2026-07-14 00:00"), Verdict::OpenLate);
    let counted = |when| {
        found
            .counted_days_at(SideKind::Net, at(when), &calendar)
            .unwrap()
    };
    assert_eq!(counted("2026-07-10 09:00"), 0);
    assert_eq!(counted("2026-07-14 00:00"), 2);

    // The maximum is over all pauses of a stage: two days by the first, one by the second.
    span.pauses = vec![
        pause("2026-07-07 08:00", Some("2026-07-08 20:00")),
        pause("2026-07-10 08:00", Some("2026-07-14 20:00")),
    ];
    let found = measure(&span, &calendar, Some(3)).unwrap();
    assert_eq!(found.paused_days, 3);
    assert_eq!(found.net.due_on, Some(date("2026-07-13")));
    let none = measure(&span, &calendar, Some(0)).unwrap();
    assert_eq!(none.net.due_on, none.gross.due_on);
    let unlimited = measured(&span, &calendar);
    assert_eq!(unlimited.paused_days, 5);
    assert_eq!(unlimited.net.due_on, Some(date("2026-07-16")));
}

#[test]
fn a_maximum_that_is_just_used_up_changes_nothing() {
    let calendar = july();
    let mut span = done("2026-07-06 10:00", "2026-07-09 10:00", 2);
    // All of Tuesday, and Wednesday until 11:00.
    span.pauses = vec![pause("2026-07-07 08:00", Some("2026-07-08 11:00"))];
    let limited = measure(&span, &calendar, Some(1)).unwrap();
    let unlimited = measured(&span, &calendar);
    assert_eq!(limited.net, unlimited.net);
    // 7.5 h of Monday, 6.5 h of Wednesday and 1.5 h of Thursday, in days of 9 h.
    assert!((limited.elapsed_net.unwrap() - 15.5 / 9.0).abs() < 1e-12);
    assert_eq!(limited.elapsed_net, unlimited.elapsed_net);
    // With none allowed, the clock runs from Tuesday's opening on.
    let none = measure(&span, &calendar, Some(0)).unwrap();
    assert_eq!(none.net.counted_days, none.gross.counted_days);
    assert_eq!(none.elapsed_net, none.elapsed_gross);
}

#[test]
fn a_stage_over_the_end_of_summer_time_is_counted_by_local_days() {
    let london = Calendar::new(spec(Tz::Europe__London, Vec::new())).unwrap();
    // Friday 23 October 2026 to Monday 26 October; clocks went back on Sunday.
    let span = StageSpan {
        started_at: utc("2026-10-23 22:59"), // 23:59 BST, still Friday
        ended: Some((utc("2026-10-26 23:59"), StageEnd::Done)),
        limit_days: 1,
        pauses: Vec::new(),
    };
    let found = measured(&span, &london);
    assert_eq!(found.day_zero, date("2026-10-23"));
    assert_eq!(found.net.due_at, Some(utc("2026-10-27 00:00")));
    assert_eq!(result(&found), (1, 1, Verdict::Met, Verdict::Met));
    assert_eq!(found.elapsed_gross, Some(1.0));
}

#[test]
fn the_ledger_tells_the_story_of_a_stage() {
    let calendar = turkey().calendar().unwrap();
    // Ramadan Feast 2026: eve on Thursday 19 March, feast Friday 20 to Sunday 22.
    let mut span = done("2026-03-17 14:00", "2026-03-26 11:00", 3);
    span.pauses = vec![pause("2026-03-23 16:00", Some("2026-03-25 09:00"))];
    let lines = ledger(&span, &calendar, None, at("2026-04-01 00:00")).unwrap();
    let told: Vec<_> = lines
        .iter()
        .map(|l| {
            (
                l.date.to_string(),
                l.what.as_str(),
                l.counted_gross,
                l.counted_net,
                l.left_net,
            )
        })
        .collect();
    let expected = [
        ("2026-03-17", "start", 0, 0, 3),
        ("2026-03-18", "working", 1, 1, 2),
        ("2026-03-19", "half_day", 2, 2, 1),
        ("2026-03-20", "non_working", 2, 2, 1),
        ("2026-03-21", "non_working", 2, 2, 1),
        ("2026-03-22", "non_working", 2, 2, 1),
        ("2026-03-23", "paused_part", 3, 3, 0),
        ("2026-03-24", "paused_out", 4, 3, 0),
        ("2026-03-25", "paused_part", 5, 4, -1),
        ("2026-03-26", "working", 6, 5, -2),
    ];
    let expected: Vec<_> = expected
        .iter()
        .map(|e| (e.0.to_owned(), e.1, e.2, e.3, e.4))
        .collect();
    assert_eq!(told, expected);
    assert_eq!(lines[3].what.detail(), Some("Ramazan Bayramı, 1. gün"));
    assert_eq!(lines[7].what.detail(), Some("customer_sample"));
    assert!(lines[6].due_gross && lines[6].due_net && lines[9].ended);
}

#[test]
fn words_are_those_of_the_definitions() {
    let words: Vec<_> = Verdict::ALL
        .iter()
        .map(|verdict| verdict.as_str())
        .collect();
    assert_eq!(
        words,
        [
            "met",
            "missed",
            "open_late",
            "open_not_due",
            "paused",
            "cancelled",
            "not_applicable"
        ]
    );
}

/// A reckoning that shares nothing with the code under test but the opening hours: minute-free, day by day.
/// Gives (due gross, due net, limit day gross, limit day net); a due date beyond 400 days is `None`.
fn reckon(
    span: &StageSpan,
    calendar: &Calendar,
    max: Option<u32>,
) -> (
    Option<NaiveDate>,
    Option<NaiveDate>,
    Option<i64>,
    Option<i64>,
) {
    let zone = calendar.zone();
    let day_zero = calendar.day_zero(span.started_at).unwrap();
    let end = span.ended.map(|(at, _)| at);
    let far = utc("2100-01-01 00:00");
    let covered = |opens: DateTime<Utc>, closes: DateTime<Utc>| {
        // Chain the pauses that hold at the instant reached, from opening until closing.
        let mut reached = opens;
        loop {
            let next = span
                .pauses
                .iter()
                .filter(|p| p.stops_clock)
                .map(|p| {
                    let to = p.to.unwrap_or(far);
                    (
                        p.from.max(span.started_at),
                        end.map_or(to, |end| to.min(end)),
                    )
                })
                .filter(|(from, to)| *from <= reached && *to > reached)
                .map(|(_, to)| to)
                .max();
            match next {
                Some(to) if to >= closes => return true,
                Some(to) => reached = to,
                None => return false,
            }
        }
    };
    let limit = i64::from(span.limit_days);
    let (mut gross, mut net, mut left_out) = (0, 0, 0);
    let (mut due_gross, mut due_net) = (None, None);
    let (mut end_gross, mut end_net) = (None, None);
    let end_day = end.map(|end| {
        let local = end.with_timezone(&zone).date_naive();
        let past_limit = calendar.settings().limit_ends == LimitEnds::ClosingTime
            && calendar
                .opening(local)
                .unwrap()
                .is_some_and(|(_, closes)| end >= closes);
        if past_limit {
            local.succ_opt().unwrap()
        } else {
            local
        }
    });
    if end_day.is_some_and(|day| day <= day_zero) {
        (end_gross, end_net) = (Some(0), Some(0));
    }
    if limit == 0 {
        (due_gross, due_net) = (Some(day_zero), Some(day_zero));
    }
    for day in day_zero.iter_days().skip(1).take(400) {
        if end_day == Some(day) {
            (end_gross, end_net) = (Some(gross + 1), Some(net + 1));
        }
        if !calendar.is_counted(day).unwrap() {
            continue;
        }
        let (opens, closes) = calendar.opening(day).unwrap().unwrap();
        gross += 1;
        if gross == limit {
            due_gross = Some(day);
        }
        if covered(opens, closes) && max.is_none_or(|max| left_out < max) {
            left_out += 1;
            continue;
        }
        net += 1;
        if net == limit {
            due_net = Some(day);
        }
    }
    (due_gross, due_net, end_gross, end_net)
}

/// Stages of 2024 to 2026 with up to four pauses, some of them running, in quarters of an hour.
fn spans() -> impl Strategy<Value = StageSpan> {
    let pauses = prop::collection::vec((-8i64..400, 1i64..900, any::<bool>(), 0u8..10), 0..5);
    (
        0i64..70_000,
        prop::option::of(0i64..2_000),
        0u8..6,
        0u32..9,
        pauses,
    )
        .prop_map(|(start, length, how, limit_days, pauses)| {
            let quarter = TimeDelta::minutes(15);
            let at = |n: i64| utc("2024-01-01 00:00") + quarter * i32::try_from(n).unwrap();
            let how = match how {
                0 => StageEnd::Withdrawn,
                1 => StageEnd::Merged,
                _ => StageEnd::Done,
            };
            StageSpan {
                started_at: at(start),
                ended: length.map(|length| (at(start + length), how)),
                limit_days,
                pauses: pauses
                    .into_iter()
                    .map(|(from, length, stops_clock, running)| Pause {
                        from: at(start + from),
                        to: (running > 0).then(|| at(start + from + length)),
                        reason: "customer_information".to_owned(),
                        stops_clock: stops_clock || running > 4,
                    })
                    .collect(),
            }
        })
}

static CLOSING: std::sync::LazyLock<Calendar> = std::sync::LazyLock::new(|| {
    let mut spec = turkey().spec;
    spec.settings = CalendarSettings {
        half_days_count: false,
        after_hours: AfterHours::NextWorkingDay,
        limit_ends: LimitEnds::ClosingTime,
    };
    Calendar::new(spec).unwrap()
});

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, ..ProptestConfig::default() })]

    #[test]
    fn measures_equal_a_plain_reckoning(span in spans(), max in prop::option::of(0u32..12)) {
        for calendar in [&*TURKEY, &*CLOSING] {
            let m = measure(&span, calendar, max).unwrap();
            let found = (m.gross.due_on, m.net.due_on, m.gross.counted_days, m.net.counted_days);
            let mut plain = reckon(&span, calendar, max);
            if span.ended.is_none() {
                // Up to a running pause the plain reckoning has no word.
                plain.3 = m.net.counted_days;
            }
            prop_assert_eq!(found, plain);
        }
    }

    #[test]
    fn net_is_never_due_before_gross_and_never_counts_more(span in spans(), max in prop::option::of(0u32..12)) {
        for calendar in [&*TURKEY, &*CLOSING] {
            let m = measure(&span, calendar, max).unwrap();
            if let Some(net) = m.net.due_at {
                prop_assert!(net >= m.gross.due_at.unwrap());
            } else {
                prop_assert!(max.is_none() && m.running_pause.as_ref().unwrap().stops_clock);
            }
            if span.ended.is_some() {
                let (gross, net, _, _) = result(&m);
                prop_assert_eq!(gross - net, m.paused_days);
                prop_assert!(m.paused_days >= 0 && m.elapsed_net <= m.elapsed_gross);
            }
            if let Some(max) = max {
                prop_assert!(m.paused_days <= i64::from(max));
            }
        }
    }

    #[test]
    fn verdicts_and_counted_days_say_the_same(span in spans(), max in prop::option::of(0u32..12)) {
        for calendar in [&*TURKEY, &*CLOSING] {
            let m = measure(&span, calendar, max).unwrap();
            for side in [m.gross, m.net] {
                let (Some(verdict), Some(counted), Some((end, how))) =
                    (side.verdict_when_ended, side.counted_days, span.ended) else { continue };
                let in_time = counted <= i64::from(span.limit_days);
                prop_assert_eq!(in_time, end < side.due_at.unwrap());
                prop_assert_eq!(verdict, match (in_time, how) {
                    (false, _) => Verdict::Missed,
                    (true, StageEnd::Done) => Verdict::Met,
                    (true, StageEnd::Withdrawn | StageEnd::Merged) => Verdict::Cancelled,
                });
            }
        }
    }

    #[test]
    fn an_open_stage_counts_and_is_judged_without_going_back(span in spans(), max in prop::option::of(0u32..12)) {
        let span = StageSpan { ended: None, ..span };
        for calendar in [&*TURKEY, &*CLOSING] {
            let m = measure(&span, calendar, max).unwrap();
            for side in [SideKind::Gross, SideKind::Net] {
                let mut before = (0, false);
                for hours in 0..800 {
                    let as_of = span.started_at + TimeDelta::hours(hours);
                    let counted = m.counted_days_at(side, as_of, calendar).unwrap();
                    let late = m.verdict_at(side, as_of) == Verdict::OpenLate;
                    prop_assert!(counted >= before.0 && late >= before.1);
                    // Late is: all days of the limit are over (day 0 alone for a limit of none).
                    if span.limit_days > 0 {
                        prop_assert_eq!(late, counted >= i64::from(span.limit_days));
                    }
                    before = (counted, late);
                }
            }
        }
    }

    #[test]
    fn the_last_line_of_the_ledger_is_the_measure(span in spans(), max in prop::option::of(0u32..12)) {
        for calendar in [&*TURKEY, &*CLOSING] {
            let m = measure(&span, calendar, max).unwrap();
            let as_of = utc("2028-01-01 00:00");
            let lines: Vec<LedgerDay> = ledger(&span, calendar, max, as_of).unwrap();
            let last = lines.last().unwrap();
            let (gross, net) = if span.ended.is_some() {
                (m.gross.counted_days.unwrap(), m.net.counted_days.unwrap())
            } else {
                let day_over = calendar.closing_instant_of_due(last.date).unwrap();
                let at = |side| m.counted_days_at(side, day_over, calendar).unwrap();
                (at(SideKind::Gross), at(SideKind::Net))
            };
            prop_assert_eq!((last.counted_gross, last.counted_net), (gross, net));
            prop_assert_eq!(last.left_net, i64::from(span.limit_days) - net);
            prop_assert_eq!(last.ended, span.ended.is_some());
            for pair in lines.windows(2) {
                let step = pair[1].counted_gross - pair[0].counted_gross;
                // An end after closing time belongs to the next limit day when limits end at closing.
                let evening = calendar.settings().limit_ends == LimitEnds::ClosingTime;
                prop_assert!((0..=1 + i64::from(pair[1].ended && evening)).contains(&step));
                prop_assert!(pair[1].counted_net >= pair[0].counted_net);
            }
            let out = lines.iter().filter(|l| matches!(l.what, DayWhat::PausedOut { .. })).count();
            if span.ended.is_none() && m.running_pause.is_none() && out > 0 {
                prop_assert_eq!(i64::try_from(out).unwrap(), m.paused_days);
            }
            for (mark, side) in [(last.due_gross, m.gross), (last.due_net, m.net)] {
                prop_assert_eq!(mark, side.due_on == Some(last.date));
            }
        }
    }
}
