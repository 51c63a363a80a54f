//! The register as its users meet it: what it keeps, what it refuses, and what it notices.

use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use redress::domain::event::{Classified, Decided, EventBody, EventKind, Registered, Routed};
use redress::domain::vocabulary::{Channel, Language, Response, Role};
use redress::register::{
    Actor, Complaining, Draft, NewCase, NewRegister, NewStaff, Person, Register, Registration,
};
use tempfile::TempDir;

mod audit;
mod cases;
mod erasure;
mod loading;
mod messages;
mod opening;
mod phases;
mod processes;
mod records;
mod replay;

const CALENDAR: &str = "name = \"test\"\n";
const LIMITS: &str = "intake = 2\n";

/// 2026-03-02 09:00 in Istanbul, plus minutes.
fn at(minutes: i64) -> DateTime<Utc> {
    let start: DateTime<Utc> = "2026-03-02T06:00:00Z".parse().unwrap();
    start + TimeDelta::minutes(minutes)
}

fn make(path: &Path) -> Register {
    let new = NewRegister {
        zone: chrono_tz::Europe::Istanbul,
        calendar_toml: CALENDAR.to_owned(),
        limits_toml: LIMITS.to_owned(),
        now: at(0),
    };
    Register::create(path, &new).unwrap()
}

fn fresh() -> (TempDir, Register) {
    let dir = tempfile::tempdir().unwrap();
    let register = make(&dir.path().join("register.sqlite"));
    (dir, register)
}

fn person(name: &str, phone: Option<&str>) -> Person {
    Person {
        name: Some(name.to_owned()),
        phone: phone.map(str::to_owned),
        email: None,
        address: None,
        language: Language::Tr,
    }
}

fn complaint(person: Person, received_at: DateTime<Utc>) -> NewCase {
    NewCase {
        registered: Registered {
            received_at,
            channel: Channel::Phone,
            language: Language::Tr,
            product: Some("floor-40".to_owned()),
            lot: None,
            site: Some("plant-1".to_owned()),
            unit: None,
            remedy_sought: Some(Response::Replacement),
            sold_on: None,
            produced_on: None,
            immediate_action: None,
        },
        complainant: Complaining::Person(person),
        narrative: "Karo ikinci gün çatladı.".to_owned(),
        occurred_at: received_at,
        late_reason: None,
    }
}

fn contact() -> Actor {
    Actor::staff(Role::Contact, "deniz")
}

fn agent() -> Actor {
    Actor::staff(Role::Agent, "ayse")
}

fn second_agent() -> Actor {
    Actor::staff(Role::Agent, "mehmet")
}

fn decided(pass: u8, cost: i64, granted: Option<Response>) -> Decided {
    Decided {
        pass,
        response: Response::Replacement,
        granted,
        cost,
        rule: "CR-7".to_owned(),
        rule_version: "3".to_owned(),
        needs_second_signature: false,
        root_cause: None,
        expectation: None,
    }
}

fn classified() -> Classified {
    Classified {
        category: "crack".to_owned(),
        product: None,
        lot: None,
    }
}

fn routed() -> Routed {
    Routed {
        department: "tiles".to_owned(),
        site: None,
        also: Vec::new(),
    }
}

fn staffed(register: &mut Register) {
    for (name, limit) in [("ayse", Some(10_000)), ("mehmet", None), ("deniz", Some(0))] {
        register
            .add_staff(&NewStaff {
                name: name.to_owned(),
                roles: vec![Role::Agent],
                department: Some("tiles".to_owned()),
                site: None,
                discretion_minor: limit,
            })
            .unwrap();
    }
}

/// Registers a complaint and brings it to the first decision, communicated by SMS.
fn resolved(register: &mut Register) -> Registration {
    let case = register
        .register_case(
            &complaint(person("Elif Kaya", Some("+90 555 111 22 33")), at(0)),
            &contact(),
            at(1),
        )
        .unwrap();
    let key = case.case_key;
    for body in [EventBody::from(classified()), routed().into()] {
        register
            .append(key, Draft::new(at(2), body), &agent(), at(2))
            .unwrap();
    }
    let decision = decided(1, 5_000, Some(Response::Replacement));
    register
        .append(
            key,
            Draft::new(at(3), decision).text("Yenisi verilecek."),
            &agent(),
            at(3),
        )
        .unwrap();
    deliver_all(register, at(4));
    case
}

fn deliver_all(register: &mut Register, now: DateTime<Utc>) {
    for message in register.claim_due_messages(now, 100).unwrap() {
        register.message_delivered(message.message_id, now).unwrap();
    }
}

fn kinds(register: &Register, case_key: i64) -> Vec<EventKind> {
    let events = register.events(case_key).unwrap();
    events.iter().map(|e| e.body.kind()).collect()
}

fn assert_clean(register: &Register) {
    let report = register.audit_verify(None).unwrap();
    assert!(report.is_clean(), "{:#?}", report.differences);
}
