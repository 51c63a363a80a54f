//! Histories: events of cases, of actions and of records in any order and with any data.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use redress::domain::action::{Action, ActionBody, ActionEvent, ActionId};
use redress::domain::case_file::{CaseFile, FoldError, Mode};
use redress::domain::event::{Event, EventBody, EventKind};
use redress::domain::improvement::{Record, RecordBody, RecordEvent};
use redress::domain::rulebook::Rulebook;
use redress::domain::stages::stages;
use redress::domain::vocabulary::Role;
use serde_json::{Map, Value, json};

use super::harness::{Seen, Target, Try, attack};
use crate::common::rulebook;

/// Bytes that make one event: kind, choices, hours since the event before, hours until it was recorded, who, a late reason.
const BYTES: usize = 6;

fn start() -> DateTime<Utc> {
    "2026-03-02T06:00:00Z".parse().expect("a moment")
}

/// A value for a field: what fits it, and what only nearly does.
fn value(kind: EventKind, field: &str, choice: u8) -> Value {
    let words = |words: &[&str]| json!(words[usize::from(choice) % words.len()]);
    let numbers = |numbers: &[i64]| json!(numbers[usize::from(choice) % numbers.len()]);
    let flag = || json!(choice.is_multiple_of(2));
    match (kind, field) {
        (EventKind::Assessed, "immediate_action") => flag(),
        (EventKind::Paused, "reason") => words(&[
            "customer_information",
            "customer_sample",
            "laboratory",
            "supplier",
            "internal",
        ]),
        (EventKind::Rejected | EventKind::AnsweredOnBehalf, "reason") => {
            words(&["facts_disputed", "remedy_insufficient"])
        }
        (_, "received_at") => words(&[
            "2026-03-02T06:00:00Z",
            "2026-03-01T21:59:59.999999Z",
            "2026-03-05T06:00:00Z",
            "1970-01-01T00:00:00Z",
            "2035-12-31T23:59:59Z",
            "9999-12-31T23:59:59Z",
        ]),
        (_, "channel") => words(&["form", "email", "phone", "in_person", "other"]),
        (_, "language") => words(&["en", "tr", "ru"]),
        (_, "means") => words(&["sms", "email", "phone", "letter", "web"]),
        (_, "severity") => words(&["low", "medium", "high", "critical"]),
        (_, "change") => words(&["first", "misjudged", "new_facts"]),
        (_, "response" | "granted" | "remedy_sought") => {
            words(&["refund", "replacement", "repair", "information", "apology"])
        }
        (_, "expectation") => words(&["met", "partly", "not_met"]),
        (_, "answer") => words(&["accepted", "rejected"]),
        (_, "purpose") => words(&["registration", "acknowledgement", "question"]),
        (_, "pass") => numbers(&[1, 1, 1, 2, 2, 0, 3, 255]),
        (_, "score") => numbers(&[1, 5, 3, 0, 255]),
        (_, "reminders") => numbers(&[2, 0, 255]),
        (_, "cost") => numbers(&[0, 12_500, -1, i64::MAX, i64::MIN]),
        (_, "bytes") => numbers(&[0, 1, i64::MAX]),
        (_, "seq") => numbers(&[1, 2, 3, 4, 5, 6, 7, 8, -1, i64::MAX]),
        (_, "due_on" | "sold_on" | "produced_on") => words(&[
            "2026-03-20",
            "1899-12-31",
            "2026-02-29",
            "9999-12-31",
            "+262142-12-31",
        ]),
        (_, "field") => words(&[
            "occurred_at",
            "pass",
            "category",
            "severity",
            "cost",
            "seq",
            "",
        ]),
        (_, "old" | "new") => match choice % 6 {
            0 => json!("2026-03-03T06:00:00Z"),
            1 => json!(1),
            2 => json!(2),
            3 => json!("delivery"),
            4 => Value::Null,
            _ => json!({ "a": [1, null] }),
        },
        (_, "also") => match choice % 3 {
            0 => json!([]),
            1 => json!(["plant"]),
            _ => json!(["plant", "", "plant"]),
        },
        (_, "safety" | "complex" | "satisfied" | "holds" | "needs_second_signature") => flag(),
        _ => words(&[
            "technical",
            "delivery",
            "ayse",
            "2026-000002",
            "",
            "İş\u{202e}",
        ]),
    }
}

fn body(kind: EventKind, choices: u8, more: u8) -> Option<EventBody> {
    let mut data = Map::new();
    for (place, field) in EventBody::fields(kind).iter().enumerate() {
        let turn = u32::try_from(place % 8).unwrap_or(0);
        // Now and then a field is left out.
        if more.rotate_left(turn) % 7 == 6 {
            continue;
        }
        let choice = choices.rotate_left(turn).wrapping_add(more);
        data.insert((*field).to_owned(), value(kind, field, choice));
    }
    EventBody::parse(kind, &Value::Object(data).to_string()).ok()
}

/// The events that bytes stand for. The first is mostly a registration, as in any store that somebody would read.
fn events(input: &[u8]) -> Vec<Event> {
    let mut occurred_at = start();
    let mut recorded_at = start();
    let mut events = Vec::new();
    for (place, bytes) in input.chunks_exact(BYTES).take(60).enumerate() {
        let [kind, choices, hours, delay, who, late] = bytes else {
            continue;
        };
        let kind = match place {
            0 if kind % 16 != 15 => EventKind::Registered,
            _ => EventKind::ALL[usize::from(*kind) % EventKind::ALL.len()],
        };
        let Some(body) = body(kind, *choices, *late) else {
            continue;
        };
        // Some go back in time, some are recorded before they happened.
        occurred_at += TimeDelta::hours(i64::from(*hours) - 20);
        recorded_at = recorded_at.max(occurred_at + TimeDelta::hours(i64::from(*delay % 64) - 8));
        events.push(Event {
            seq: i64::try_from(place).unwrap_or(0) + 1,
            occurred_at,
            recorded_at,
            role: Role::ALL[usize::from(*who) % Role::ALL.len()],
            actor: (who % 3 != 0).then(|| format!("staff-{}", who % 5)),
            late_reason: (late % 5 == 0).then(|| "typed in later".to_owned()),
            body,
        });
    }
    events
}

fn a_case() -> Try {
    let rules = rulebook();
    Box::new(move |input| {
        let events = events(input);
        let strict = CaseFile::fold(&events, None, Mode::Strict);
        let lenient = match CaseFile::fold(&events, None, Mode::Lenient) {
            Ok(file) => file,
            Err(FoldError::NotRegistered) => {
                return match strict {
                    Err(_) => Ok(Seen::Refused),
                    Ok(_) => Err("the strict fold takes what the lenient one refuses".to_owned()),
                };
            }
            Err(other) => return Err(format!("the lenient fold refuses: {other}")),
        };
        if let Ok(strict) = &strict
            && *strict != lenient
        {
            return Err(format!("two files of one case:\n{strict:?}\n{lenient:?}"));
        }
        consistent(&lenient, &rules)?;
        replayed(&events, &lenient)?;
        for event in &events {
            let json = event.body.to_json().map_err(|e| e.to_string())?;
            let again = EventBody::parse(event.body.kind(), &json);
            if again.ok().as_ref() != Some(&event.body) {
                return Err(format!("another event when it is read again: {json}"));
            }
            // Whether it would be taken now is asked by every page of a case.
            let _ = lenient.preview(event);
        }
        let _ = CaseFile::fold_restated(&events, start() + TimeDelta::days(3), Mode::Lenient);
        Ok(Seen::Read)
    })
}

/// What holds of every file, whatever its events.
fn consistent(file: &CaseFile, rules: &Rulebook) -> Result<(), String> {
    if file.history.first().map(|change| change.at) != Some(file.received_at()) {
        return Err("the history does not begin with the receipt".to_owned());
    }
    if file.history.last().map(|change| change.state) != Some(file.state.name()) {
        return Err(format!(
            "the last state of the history is not {:?}",
            file.state
        ));
    }
    if file.closed_at().is_some() != file.state.name().is_closed() {
        return Err(format!("closed or not: {:?}", file.state));
    }
    let numbers: BTreeSet<u8> = file.passes.iter().map(|pass| pass.pass).collect();
    if numbers.len() != file.passes.len() {
        return Err("a pass stands twice".to_owned());
    }
    let running = file.rests.iter().filter(|rest| rest.to.is_none()).count();
    if running > 1 {
        return Err(format!("{running} rests at once"));
    }
    for record in stages(file) {
        // A date outside the calendar is an error, and no panic.
        let Ok((limit, span, measured)) = rules.measure(file, &record) else {
            continue;
        };
        if span.limit_days != limit.days {
            return Err("a stage is measured by another limit".to_owned());
        }
        if rules.measure(file, &record).ok() != Some((limit, span, measured)) {
            return Err("a stage measured twice gives two verdicts".to_owned());
        }
    }
    Ok(())
}

/// What was known at a moment is what the events give that were recorded by then, and nothing else.
fn replayed(events: &[Event], whole: &CaseFile) -> Result<(), String> {
    let again = CaseFile::fold(events, None, Mode::Lenient).map_err(|e| e.to_string())?;
    if again != *whole {
        return Err("the second fold gives another file".to_owned());
    }
    for at in [events.len() / 2, events.len() * 3 / 4] {
        let Some(moment) = events.get(at).map(|event| event.recorded_at) else {
            continue;
        };
        let known: Vec<Event> = events
            .iter()
            .filter(|event| event.recorded_at <= moment)
            .cloned()
            .collect();
        let then = CaseFile::fold(events, Some(moment), Mode::Lenient).ok();
        let alone = CaseFile::fold(&known, None, Mode::Lenient).ok();
        if then != alone {
            return Err(format!("as of {moment}:\n{then:?}\n{alone:?}"));
        }
    }
    Ok(())
}

/// The bytes of a history that the workflow takes: after a rejection the second pass, by another person.
fn script(kinds: &[EventKind]) -> Vec<u8> {
    let (mut choices, mut who) = (0, 1);
    let mut bytes = Vec::new();
    for kind in kinds {
        let place = EventKind::ALL.iter().position(|known| known == kind);
        let place = place.and_then(|place| u8::try_from(place).ok());
        bytes.extend([place.unwrap_or(0), choices, 26, 8, who, 1]);
        if *kind == EventKind::Rejected {
            (choices, who) = (2, 2);
        }
    }
    bytes
}

#[test]
fn any_history_of_a_case_folds_to_one_file() {
    use EventKind as K;
    let target = Target {
        name: "case_events",
        share: 160,
        seeds: vec![
            script(&[
                K::Registered,
                K::Acknowledged,
                K::Assessed,
                K::Classified,
                K::Routed,
                K::Paused,
                K::Resumed,
                K::Decided,
                K::Communicated,
                K::Accepted,
                K::RemedyDue,
                K::RemedyDone,
                K::CorrectionVerified,
            ]),
            script(&[
                K::Registered,
                K::Classified,
                K::Routed,
                K::Decided,
                K::Communicated,
                K::Rejected,
                K::Decided,
                K::Communicated,
                K::Rejected,
                K::RemediesTold,
                K::ReferredExternally,
                K::ExternalOutcome,
            ]),
            script(&[
                K::Registered,
                K::Amended,
                K::Voided,
                K::Reopened,
                K::Withdrawn,
                K::Merged,
            ]),
            EventKind::ALL
                .iter()
                .flat_map(|kind| script(&[*kind]))
                .collect(),
        ],
        words: &[],
    };
    attack(target, a_case);
}

/// The values above fit every kind of event, so that none is left out of the histories.
#[test]
fn every_kind_of_event_stands_in_some_history() {
    for kind in EventKind::ALL {
        let made = (0..=u8::MAX).any(|more| body(*kind, more, more).is_some());
        assert!(
            made,
            "`{kind}` has a field of which tests/hostile/folds.rs knows no value: {:?}",
            EventBody::fields(*kind)
        );
    }
}

const ACTION: &str = r#"{"kind":"opened","data":{"on":"2026-03-02","title":"Lids","kind":"corrective","source":"cluster","scope":"category = delivery","signal_on":"2026-02-01","owner":"ayse","due_on":"2026-06-01"}}
{"kind":"contained","data":{"on":"2026-03-03","what":"stock blocked"}}
{"kind":"analysed","data":{"on":"2026-03-10","method":"five_whys","whys":["a","b"],"root_cause":"storage"}}
{"kind":"planned","data":{"what":"new lids","due_on":"2026-05-01","check":{"by":"criterion","criterion":"no leak","due_on":"2026-09-01"}}}
{"kind":"implemented","data":{"on":"2026-04-20","documents":["WI-7"],"cost_minor":100}}
{"kind":"verified","data":{"on":"2026-09-02","verdict":"effective","note":"none came"}}
{"kind":"closed","data":{"on":"2026-09-03"}}
"#;

const RATE: &str = r#"{"kind":"opened","data":{"on":"2026-03-02","title":"Lids","kind":"improvement","source":"case","owner":"ayse"}}
{"kind":"planned","data":{"what":"x","due_on":"2026-05-01","check":{"by":"rate","scope":"category = delivery","signal_on":"2026-02-01","baseline_first":"2025-01-01","baseline_last":"2025-12-31","seasonal":false,"count_by":"received","exposure":"working_days","settling_days":30,"follow_up_months":12,"extension_months":6,"target":0.5,"reduction":0.3,"confidence":0.95,"foreseen":{"snapshot":"s","source":"register","baseline_cases":40,"baseline_exposure":250.0,"months_needed":12,"seen":0.8,"refuted":0.1}}}}
{"kind":"implemented","data":{"on":"2026-04-20"}}
{"kind":"noted","data":{"text":"x"}}
{"kind":"moved_out","data":{"cases":["2026-000001"]}}
{"kind":"amended","data":{"field":"title","old":"Lids","new":"Lid","reason":"typo"}}
{"kind":"withdrawn","data":{"on":"2026-05-01","reason":"x"}}
{"kind":"reopened","data":{"on":"2026-05-02","reason":"x"}}
"#;

/// The lines of a text that are JSON of some kind.
fn lines<T: serde::de::DeserializeOwned>(input: &[u8]) -> Vec<T> {
    String::from_utf8_lossy(input)
        .lines()
        .take(40)
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect()
}

fn an_action(input: &[u8]) -> Result<Seen, String> {
    let bodies: Vec<ActionBody> = lines(input);
    for body in &bodies {
        let json = serde_json::to_string(body).map_err(|e| e.to_string())?;
        let again: ActionBody = serde_json::from_str(&json).map_err(|e| format!("{e}: {json}"))?;
        // Figures may differ in their last digit: the reader of JSON does not promise it.
        if again.kind() != body.kind() {
            return Err(format!("another event when it is read again: {json}"));
        }
    }
    let mut folded: Option<Action> = None;
    let mut events = Vec::new();
    for (place, body) in bodies.into_iter().enumerate() {
        let event = ActionEvent {
            event_no: u32::try_from(events.len()).unwrap_or(0) + 1,
            recorded_at: "2026-12-01T06:00:00Z".parse().map_err(|_| "a moment")?,
            actor: ["system", "veli", "ayse"][place % 3].to_owned(),
            body,
        };
        let next = match folded.clone() {
            None => Action::begin(ActionId(1), &event),
            Some(action) => action.with(&event),
        };
        // What is refused leaves the action as it was.
        if let Ok(next) = next {
            events.push(event);
            folded = Some(next);
        }
    }
    let Some(action) = folded else {
        return Ok(Seen::Refused);
    };
    for today in [
        date(2026, 1, 1),
        date(2026, 12, 1),
        NaiveDate::MAX,
        NaiveDate::MIN,
    ] {
        let _ = (action.state(today), action.is_overdue(today));
    }
    let _ = (
        action.check_due_on(),
        action.follow_up_begins(),
        action.due_on(),
    );
    if let Some(scope) = action.scope() {
        let _ = scope.to_string();
    }
    match Action::fold(ActionId(1), &events) {
        Ok(again) if again == action => Ok(Seen::Read),
        Ok(again) => Err(format!(
            "two actions of one history:\n{again:?}\n{action:?}"
        )),
        Err(error) => Err(format!(
            "what was taken one by one is refused as a whole: {error}"
        )),
    }
}

fn date(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).expect("a date")
}

#[test]
fn any_history_of_an_action_folds_or_is_refused() {
    let target = Target {
        name: "action_events",
        share: 60,
        seeds: vec![ACTION.as_bytes().to_vec(), RATE.as_bytes().to_vec()],
        words: &[
            "{\"kind\":\"closed\",\"data\":{\"on\":\"2026-09-03\"}}\n",
            "{\"kind\":\"judged\",\"data\":{}}\n",
            "\"on\":\"9999-12-31\"",
            "\"due_on\":\"-9999-01-01\"",
            "\"settling_days\":4294967295",
            "\"follow_up_months\":4294967295",
            "\"target\":1e308",
            "\"by\":\"rate\"",
            "\"scope\":\"site != x\"",
            "null",
            "[[[[",
            "\\u0000",
            "\\ud800",
        ],
    };
    attack(target, || Box::new(an_action));
}

const RECORDS: &str = r#"{"kind":"audit_held","data":{"on":"2026-03-02","department":"technical","auditor":"veli","findings":"none"}}
{"kind":"recommended","data":{"on":"2026-03-02","source":"audit","reference":"AU-1","text":"train","owner":"ayse","due_on":"2026-06-01"}}
{"kind":"carried_out","data":{"on":"2026-05-01"}}
{"kind":"suggested","data":{"on":"2026-03-02","from":"ali","text":"labels"}}
{"kind":"suggestion_decided","data":{"on":"2026-03-09","fate":"accepted","reason":"good"}}
{"kind":"review_begun","data":{"period":"2026-Q1","on":"2026-04-10","chair":"x"}}
{"kind":"input_entered","data":{"input":"I1","text":"x"}}
{"kind":"decided","data":{"output":"O1","text":"x","action":"A-000001"}}
{"kind":"review_closed","data":{"on":"2026-04-11"}}
"#;

fn a_record(input: &[u8]) -> Result<Seen, String> {
    let bodies: Vec<RecordBody> = lines(input);
    let mut folded: Option<Record> = None;
    let mut events = Vec::new();
    let Some(kind) = bodies.first().map(RecordBody::of) else {
        return Ok(Seen::Refused);
    };
    for body in bodies {
        let event = RecordEvent {
            event_no: u32::try_from(events.len()).unwrap_or(0) + 1,
            actor: "veli".to_owned(),
            body,
        };
        let next = match folded.clone() {
            None => Record::begin(kind, 1, &event),
            Some(record) => record.with(&event),
        };
        if let Ok(next) = next {
            events.push(event);
            folded = Some(next);
        }
    }
    let Some(record) = folded else {
        return Ok(Seen::Refused);
    };
    let name = record.name();
    if kind.number(&name).ok() != Some(1) {
        return Err(format!("the name {name} is not read again"));
    }
    match Record::fold(kind, 1, &events) {
        Ok(again) if again == record => Ok(Seen::Read),
        Ok(_) => Err("two records of one history".to_owned()),
        Err(error) => Err(format!(
            "what was taken one by one is refused as a whole: {error}"
        )),
    }
}

#[test]
fn any_history_of_a_record_folds_or_is_refused() {
    let lines: Vec<Vec<u8>> = RECORDS
        .lines()
        .map(|line| line.as_bytes().to_vec())
        .collect();
    let mut seeds = vec![RECORDS.as_bytes().to_vec()];
    for pair in lines.windows(2) {
        seeds.push(pair.join(&b'\n'));
    }
    let target = Target {
        name: "record_events",
        share: 40,
        seeds,
        words: &[
            "\"on\":\"9999-12-31\"",
            "\"text\":\"\"",
            "\"input\":\"I9\"",
            "null",
            "\n",
        ],
    };
    attack(target, || Box::new(a_record));
}
