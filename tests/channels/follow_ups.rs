//! Reminders, surveys and lapses. Days were counted by hand on the calendar of March 2026: Mondays are the 2nd, 9th,
//! 16th and 23rd, and Friday the 20th is a holiday.

use chrono::{DateTime, NaiveDate, Utc};
use redress::channels::notify::{queue_follow_ups, run_once};
use redress::domain::event::{Accepted, Communicated, EventKind, Reopened};
use redress::domain::vocabulary::{Means, MessagePurpose};
use redress::domain::workflow::StateName;
use redress::register::{Actor, MessageState, Queued, Register, Setting};

use super::fake_gateway::{FakeGateway, Reply};
use super::{
    append, assert_clean, at, by_phone, contact, decide, fresh, kinds, messages, person,
    register_for, send, settings,
};

/// A day of March 2026 and a time in Istanbul.
fn march(day: u32, hour: u32) -> DateTime<Utc> {
    let local = NaiveDate::from_ymd_opt(2026, 3, day)
        .unwrap()
        .and_hms_opt(hour, 0, 0)
        .unwrap();
    local
        .and_local_timezone(chrono_tz::Europe::Istanbul)
        .unwrap()
        .to_utc()
}

/// A decision that reached its customer on Monday 2 March.
fn told(register: &mut Register, gateway: &FakeGateway) -> i64 {
    told_from(register, gateway, 0)
}

/// The same, some minutes later in the day.
fn told_from(register: &mut Register, gateway: &FakeGateway, minute: i64) -> i64 {
    let case = register_for(register, by_phone(), at(minute));
    decide(register, case.case_key, at(minute + 1));
    assert_eq!(
        send(register, &settings(&gateway.sms("")), at(minute + 2)).delivered,
        2
    );
    case.case_key
}

fn reminders(register: &mut Register, now: DateTime<Utc>) -> usize {
    queue_follow_ups(register, now).unwrap().reminders
}

#[test]
fn who_does_not_answer_is_reminded_twice_five_working_days_apart() {
    let (_dir, mut register) = fresh();
    let gateway = FakeGateway::willing();
    let key = told(&mut register, &gateway);
    let settings = settings(&gateway.sms(""));
    assert_eq!(reminders(&mut register, march(8, 12)), 0);
    // In the night after five working days; it goes when the office opens.
    assert_eq!(reminders(&mut register, march(9, 2)), 1);
    assert_eq!(reminders(&mut register, march(9, 3)), 0, "one is waiting");
    assert_eq!(send(&mut register, &settings, march(9, 3)).delivered, 0);
    assert_eq!(send(&mut register, &settings, march(9, 12)).delivered, 1);
    assert_eq!(reminders(&mut register, march(13, 12)), 0);
    assert_eq!(reminders(&mut register, march(16, 12)), 1);
    assert_eq!(send(&mut register, &settings, march(16, 12)).delivered, 1);
    assert_eq!(
        reminders(&mut register, march(27, 12)),
        0,
        "twice is enough"
    );
    let said = &gateway.requests()[3].body;
    assert!(said.contains("yan%C4%B1t%20vermediniz"), "{said}");
    assert_eq!(register.case_row(key).unwrap().state, StateName::Resolved);
    assert_clean(&register);
}

#[test]
fn an_answer_ends_the_reminders_and_brings_the_survey_once() {
    let (_dir, mut register) = fresh();
    let gateway = FakeGateway::willing();
    let key = told(&mut register, &gateway);
    assert_eq!(reminders(&mut register, march(9, 2)), 1);
    append(
        &mut register,
        key,
        Accepted { pass: 1 },
        &Actor::customer(),
        march(9, 3),
    );
    let settings = settings(&gateway.sms(""));
    assert_eq!(
        send(&mut register, &settings, march(9, 12)).delivered,
        0,
        "it is not true any more"
    );
    let surveys =
        |register: &mut Register, day| queue_follow_ups(register, march(day, 12)).unwrap().surveys;
    assert_eq!(surveys(&mut register, 11), 0);
    assert_eq!(surveys(&mut register, 12), 1);
    assert_eq!(surveys(&mut register, 12), 0);
    assert_eq!(send(&mut register, &settings, march(12, 13)).delivered, 1);
    assert!(kinds(&register, key).contains(&EventKind::SurveySent));
    append(&mut register, key, Reopened {}, &contact(), march(13, 12));
    assert_eq!(surveys(&mut register, 30), 0);
    assert_clean(&register);
}

#[test]
fn an_answer_lapses_after_its_days_and_two_reminders_and_only_where_that_was_chosen() {
    let (_dir, mut register) = fresh();
    let gateway = FakeGateway::willing();
    let key = told(&mut register, &gateway);
    let settings = settings(&gateway.sms(""));
    for day in [9, 16] {
        assert_eq!(reminders(&mut register, march(day, 12)), 1);
        send(&mut register, &settings, march(day, 12));
    }
    assert_eq!(
        queue_follow_ups(&mut register, march(24, 12))
            .unwrap()
            .lapsed,
        0
    );
    register.set_setting(Setting::LapseAfterDays, "14").unwrap();
    // Five working days after the second reminder: 17, 18, 19, 23 and 24 March.
    assert_eq!(
        queue_follow_ups(&mut register, march(23, 12))
            .unwrap()
            .lapsed,
        0
    );
    let queued = queue_follow_ups(&mut register, march(24, 12)).unwrap();
    assert_eq!(queued.lapsed, 1);
    assert_eq!(register.case_row(key).unwrap().state, StateName::Unanswered);
    assert_eq!(kinds(&register, key).last(), Some(&EventKind::AnswerLapsed));
    assert_eq!(
        queue_follow_ups(&mut register, march(24, 13)).unwrap(),
        Queued::default()
    );
    assert_clean(&register);
}

#[test]
fn one_reminder_lets_nothing_lapse() {
    let (_dir, mut register) = fresh();
    let gateway = FakeGateway::willing();
    let key = told(&mut register, &gateway);
    register.set_setting(Setting::LapseAfterDays, "1").unwrap();
    assert_eq!(reminders(&mut register, march(9, 12)), 1);
    send(&mut register, &settings(&gateway.sms("")), march(9, 12));
    assert_eq!(
        queue_follow_ups(&mut register, march(13, 12))
            .unwrap()
            .lapsed,
        0
    );
    assert_eq!(register.case_row(key).unwrap().state, StateName::Resolved);
}

#[test]
fn zero_days_mean_never() {
    let (_dir, mut register) = fresh();
    let gateway = FakeGateway::willing();
    let key = told(&mut register, &gateway);
    register
        .set_setting(Setting::ReminderAfterDays, "0")
        .unwrap();
    register.set_setting(Setting::SurveyAfterDays, "0").unwrap();
    assert_eq!(
        queue_follow_ups(&mut register, march(16, 12)).unwrap(),
        Queued::default()
    );
    append(
        &mut register,
        key,
        Accepted { pass: 1 },
        &Actor::customer(),
        march(16, 13),
    );
    assert_eq!(
        queue_follow_ups(&mut register, march(25, 12)).unwrap(),
        Queued::default()
    );
}

#[test]
fn what_was_due_long_ago_is_left_alone() {
    let (_dir, mut register) = fresh();
    let gateway = FakeGateway::willing();
    told(&mut register, &gateway);
    let other = told_from(&mut register, &gateway, 10);
    append(
        &mut register,
        other,
        Accepted { pass: 1 },
        &Actor::customer(),
        at(13),
    );
    // The reminder was due on 9 March, the survey on 5 March.
    let late: DateTime<Utc> = "2026-04-09T09:00:00Z".parse().unwrap();
    assert_eq!(
        queue_follow_ups(&mut register, late).unwrap(),
        Queued::default()
    );
    let in_time: DateTime<Utc> = "2026-04-03T09:00:00Z".parse().unwrap();
    let (_dir, mut register) = fresh();
    told(&mut register, &gateway);
    assert_eq!(reminders(&mut register, in_time), 1);
}

#[test]
fn a_reminder_that_was_given_up_is_not_queued_every_day_anew() {
    let (_dir, mut register) = fresh();
    told(&mut register, &FakeGateway::willing());
    let refusing = FakeGateway::start(|_, _| Reply::Answer(400, "no such number"));
    assert_eq!(reminders(&mut register, march(9, 12)), 1);
    assert_eq!(
        send(&mut register, &settings(&refusing.sms("")), march(9, 12)).dead,
        1
    );
    for day in 10..16 {
        assert_eq!(reminders(&mut register, march(day, 12)), 0);
    }
}

#[test]
fn who_cannot_be_written_to_is_counted() {
    let (_dir, mut register) = fresh();
    let case = register_for(&mut register, person(None, None), at(0));
    decide(&mut register, case.case_key, at(1));
    let means = Means::Phone;
    let told = Communicated { pass: 1, means };
    append(&mut register, case.case_key, told, &contact(), at(2));
    let queued = queue_follow_ups(&mut register, march(9, 12)).unwrap();
    assert_eq!((queued.reminders, queued.unreachable), (0, 1));
}

#[test]
fn a_round_queues_once_a_day_and_sends() {
    let (_dir, mut register) = fresh();
    let gateway = FakeGateway::willing();
    let first = told(&mut register, &gateway);
    let settings = settings(&gateway.sms(""));
    let sent = run_once(&mut register, &settings, march(9, 12)).unwrap();
    assert_eq!(sent.follow_ups.map(|q| q.reminders), Some(1));
    assert_eq!(sent.delivered, 1);
    let sent = run_once(&mut register, &settings, march(9, 13)).unwrap();
    assert_eq!((sent.follow_ups, sent.delivered), (None, 0));
    let sent = run_once(&mut register, &settings, march(10, 13)).unwrap();
    assert_eq!(sent.follow_ups, Some(Queued::default()));
    let waiting = messages(&register);
    assert!(waiting.iter().all(|m| m.state == MessageState::Sent));
    assert_eq!(waiting.last().unwrap().purpose, MessagePurpose::Reminder);
    assert_eq!(waiting.last().unwrap().case_key, Some(first));
}

#[test]
fn a_calendar_that_cannot_be_read_holds_up_no_message() {
    let (_dir, mut register) = fresh();
    register
        .set_calendar("default", "name = \"broken\"\n", "a slip", at(0))
        .unwrap();
    register_for(&mut register, by_phone(), at(1));
    let gateway = FakeGateway::willing();
    let sent = run_once(&mut register, &settings(&gateway.sms("")), at(2)).unwrap();
    assert_eq!(sent.delivered, 1);
    assert!(sent.not_queued.is_some());
}

#[test]
fn a_reminder_by_hand_counts_as_one() {
    let (_dir, mut register) = fresh();
    let gateway = FakeGateway::willing();
    let key = told(&mut register, &gateway);
    register.remind(key, march(6, 12)).unwrap().unwrap();
    send(&mut register, &settings(&gateway.sms("")), march(6, 12));
    assert_eq!(reminders(&mut register, march(12, 12)), 0);
    assert_eq!(reminders(&mut register, march(13, 12)), 1);
}
