//! Filling a register from a source with its own past.

use std::fs;

use redress::domain::event::*;
use redress::domain::vocabulary::{AssessmentChange, Means, Response, Role, Severity};
use redress::domain::workflow::StateName;
use redress::register::bulk::{BulkCase, BulkEvent, Loader};
use redress::register::{Actor, CaseFilter, Draft, Register, RegisterError};

use super::{
    agent, assert_clean, at, classified, complaint, contact, decided, fresh, person, routed,
};

/// Loads cases of ten events each, interleaved as in life; answers the number of events.
fn load(register: &mut Register, cases: i64) -> u64 {
    let mut loader = Loader::begin(register).unwrap();
    let who = loader.complainant(&person("Elif Kaya", Some("1"))).unwrap();
    let mut keys = Vec::new();
    for i in 0..cases {
        let case = BulkCase {
            complainant_id: who,
            received_at: at(i),
            recorded_at: at(i),
            number: None,
            tracking_hash: None,
        };
        keys.push(loader.case(&case).unwrap().case_key);
    }
    let new = complaint(person("Elif Kaya", None), at(0));
    let steps: Vec<(EventBody, Actor)> = vec![
        (Acknowledged { means: Means::Sms }.into(), Actor::system()),
        (
            Assessed {
                severity: Severity::Low,
                safety: false,
                complex: false,
                immediate_action: false,
                change: AssessmentChange::First,
            }
            .into(),
            agent(),
        ),
        (classified().into(), agent()),
        (routed().into(), agent()),
        (Assigned { to: "ayse".into() }.into(), agent()),
        (NoteAdded {}.into(), agent()),
        (decided(1, 100, Some(Response::Refund)).into(), agent()),
        (
            Communicated {
                pass: 1,
                means: Means::Sms,
            }
            .into(),
            Actor::system(),
        ),
        (Accepted { pass: 1 }.into(), Actor::customer()),
    ];
    // Case i is received at minute i and makes one step every second minute.
    for minute in 0..cases + 2 * steps.len() as i64 {
        for i in (minute - 2 * steps.len() as i64).max(0)..=minute.min(cases - 1) {
            let (age, key) = (minute - i, keys[i as usize]);
            let registered;
            let (body, actor, text) = if age == 0 {
                registered = EventBody::from(Registered {
                    received_at: at(i),
                    ..new.registered.clone()
                });
                (
                    &registered,
                    &contact(),
                    Some("Karo ikinci gün çatladı, değiştirilmesini istiyorum."),
                )
            } else if age % 2 == 0 {
                let (body, actor) = &steps[(age / 2 - 1) as usize];
                (body, actor, None)
            } else {
                continue;
            };
            loader
                .event(
                    key,
                    &BulkEvent {
                        occurred_at: at(minute),
                        recorded_at: at(minute),
                        role: actor.role,
                        actor: actor.name.as_deref(),
                        late_reason: None,
                        body,
                        text,
                    },
                )
                .unwrap();
        }
    }
    let report = loader.finish().unwrap();
    assert_eq!(report.cases, cases as u64);
    report.events
}

#[test]
fn loaded_cases_are_chained_folded_and_go_on_like_any_other() {
    let (_dir, mut register) = fresh();
    assert_eq!(load(&mut register, 40), 400);
    assert_clean(&register);
    let rows = register.list_cases(&CaseFilter::default()).unwrap();
    assert!(rows.iter().all(|row| row.state == StateName::Completed));
    register
        .append(
            rows[7].case_key,
            Draft::new(at(99), Reopened {}),
            &agent(),
            at(99),
        )
        .unwrap();
    let next = complaint(person("Can", None), at(100));
    let case = register.register_case(&next, &contact(), at(100)).unwrap();
    assert_eq!(case.number, "2026-000041");
    assert_clean(&register);
}

#[test]
fn a_load_that_is_broken_off_or_refused_shows() {
    let (dir, mut register) = fresh();
    let before = register.chain_head().unwrap();
    {
        let mut loader = Loader::begin(&mut register).unwrap();
        loader.complainant(&person("Elif", None)).unwrap();
    }
    assert_eq!(register.chain_head().unwrap(), before);
    assert_clean(&register);
    let mut loader = Loader::begin(&mut register).unwrap();
    let who = loader.complainant(&person("Elif", None)).unwrap();
    let case = loader
        .case(&BulkCase {
            complainant_id: who,
            received_at: at(0),
            recorded_at: at(0),
            number: Some("K-1"),
            tracking_hash: None,
        })
        .unwrap();
    let event = |body| BulkEvent {
        occurred_at: at(0),
        recorded_at: at(0),
        role: Role::Agent,
        actor: None,
        late_reason: None,
        body,
        text: None,
    };
    let registered = EventBody::from(complaint(person("Elif", None), at(0)).registered);
    loader.event(case.case_key, &event(&registered)).unwrap();
    let resumed = EventBody::from(Resumed {});
    loader.event(case.case_key, &event(&resumed)).unwrap();
    let earlier = BulkEvent {
        recorded_at: at(-1),
        occurred_at: at(-1),
        ..event(&resumed)
    };
    assert!(matches!(
        loader.event(case.case_key, &earlier),
        Err(RegisterError::ClockBehind { .. })
    ));
    let refused = loader.finish().unwrap_err().to_string();
    assert!(
        refused.contains("K-1") && refused.contains("not paused"),
        "{refused}"
    );
    drop(dir);
}

/// `cargo test --release -- --ignored --nocapture how_fast` prints the rate.
#[test]
#[ignore = "a measurement"]
fn how_fast_events_are_loaded() {
    let (dir, mut register) = fresh();
    let start = std::time::Instant::now();
    let events = load(&mut register, 50_000);
    let seconds = start.elapsed().as_secs_f64();
    let size = fs::metadata(dir.path().join("register.sqlite"))
        .unwrap()
        .len();
    println!(
        "{events} events in {seconds:.2} s: {:.0}/s, {} bytes each",
        events as f64 / seconds,
        size / events
    );
    let start = std::time::Instant::now();
    assert_clean(&register);
    println!("audit: {:.2} s", start.elapsed().as_secs_f64());
}
