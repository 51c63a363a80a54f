//! Messages to customers on their way out: gateways that refuse, hang, break off and repeat themselves, and what
//! the register knows afterwards.

mod commands;
mod e_mail;
pub mod fake_gateway;
mod fake_mail_server;
mod follow_ups;
mod order;
mod passwords;
mod sms;

use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use redress::channels::Secret;
use redress::channels::notify::{Sent, send_due};
use redress::channels::settings::{FileTable, MailTable, Passwords, Settings, SmsTable};
use redress::domain::event::{Decided, EventBody, EventKind, Registered};
use redress::domain::limits::Limits;
use redress::domain::vocabulary::{Channel, Language, PauseReason, Response, Role};
use redress::register::{
    Actor, Complaining, Draft, Message, MessageFilter, NewCase, NewRegister, Person, Register,
    Registration,
};
use serde::Deserialize;
use tempfile::TempDir;

/// Monday 2 March 2026, 09:00 in Istanbul, plus minutes.
fn at(minutes: i64) -> DateTime<Utc> {
    let start: DateTime<Utc> = "2026-03-02T06:00:00Z".parse().unwrap();
    start + TimeDelta::minutes(minutes)
}

fn fresh() -> (TempDir, Register) {
    let dir = tempfile::tempdir().unwrap();
    let register = make(&dir.path().join("register.sqlite"), at(0));
    (dir, register)
}

fn make(path: &Path, now: DateTime<Utc>) -> Register {
    let new = NewRegister {
        zone: chrono_tz::Europe::Istanbul,
        calendar_toml: include_str!("../reports/calendars/turkey.toml").to_owned(),
        limits_toml: Limits::default().to_toml().unwrap(),
        now,
    };
    Register::create(path, &new).unwrap()
}

/// Somebody with a phone number, an e-mail address, or neither.
fn person(phone: Option<&str>, email: Option<&str>) -> Person {
    Person {
        name: Some("Elif Kaya".to_owned()),
        phone: phone.map(str::to_owned),
        email: email.map(str::to_owned),
        address: None,
        language: Language::Tr,
    }
}

fn by_phone() -> Person {
    person(Some("0555 111 22 33"), None)
}

fn by_email() -> Person {
    person(None, Some("elif@example.org"))
}

fn register_for(register: &mut Register, person: Person, now: DateTime<Utc>) -> Registration {
    let new = NewCase {
        registered: Registered {
            received_at: now,
            channel: Channel::Phone,
            language: Language::Tr,
            product: None,
            lot: None,
            site: None,
            unit: None,
            remedy_sought: None,
            sold_on: None,
            produced_on: None,
            immediate_action: None,
        },
        complainant: Complaining::Person(person),
        narrative: "Karo ikinci gün çatladı.".to_owned(),
        occurred_at: now,
        late_reason: None,
    };
    register.register_case(&new, &contact(), now).unwrap()
}

fn contact() -> Actor {
    Actor::staff(Role::Contact, "deniz")
}

/// Decides a case where it was made; its message waits then.
fn decide(register: &mut Register, case_key: i64, now: DateTime<Utc>) {
    let decided = Decided {
        pass: 1,
        response: Response::Information,
        granted: None,
        cost: 0,
        rule: "CR-7".to_owned(),
        rule_version: "3".to_owned(),
        needs_second_signature: false,
        root_cause: None,
        expectation: None,
    };
    append(register, case_key, decided, &contact(), now);
}

fn append(
    register: &mut Register,
    case_key: i64,
    body: impl Into<EventBody>,
    by: &Actor,
    now: DateTime<Utc>,
) {
    register
        .append(case_key, Draft::new(now, body), by, now)
        .unwrap();
}

#[test]
fn the_examples_of_the_documentation_are_settings() {
    let page = include_str!("../docs/messages.md");
    // The page also shows files that hold other things: the texts of rules and the bodies outside.
    let of_gateways = |example: &&str| {
        let tables = ["[sms]", "[mail]", "[file]"];
        tables.iter().any(|table| example.starts_with(table))
    };
    let examples: Vec<&str> = page
        .split("```toml\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap())
        .filter(of_gateways)
        .collect();
    assert!(examples.len() >= 5);
    for example in examples {
        let tables: Tables = toml::from_str(example).unwrap();
        let secret = Some(Secret::new("x"));
        let passwords = Passwords {
            sms: secret.clone(),
            mail: secret,
        };
        Settings::from_tables(
            tables.sms.as_ref(),
            tables.mail.as_ref(),
            tables.file.as_ref(),
            passwords,
            Language::En,
        )
        .unwrap_or_else(|e| panic!("{e}: {example}"));
    }
}

/// A question in words that are awkward to send.
const AWKWARD: &str = "Hangi \"oda\" & <kat>? 'İğne' ışığı, ürün şeması; Жалоба {key} \\ 100%";

fn ask(register: &mut Register, case_key: i64, now: DateTime<Utc>) {
    let reason = PauseReason::CustomerInformation;
    register
        .ask_customer(case_key, reason, AWKWARD, &contact(), now)
        .unwrap();
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tables {
    sms: Option<SmsTable>,
    mail: Option<MailTable>,
    file: Option<FileTable>,
}

/// Settings as `redress.toml` says them.
fn settings(text: &str) -> Settings {
    let tables: Tables = toml::from_str(text).unwrap();
    Settings::from_tables(
        tables.sms.as_ref(),
        tables.mail.as_ref(),
        tables.file.as_ref(),
        Passwords::default(),
        Language::En,
    )
    .unwrap()
}

fn send(register: &mut Register, settings: &Settings, now: DateTime<Utc>) -> Sent {
    send_due(register, settings, now, &mut |_| {}).unwrap()
}

/// Every message of the register, oldest first.
fn messages(register: &Register) -> Vec<Message> {
    let mut all = register.messages(&MessageFilter::default()).unwrap();
    all.reverse();
    all
}

fn kinds(register: &Register, case_key: i64) -> Vec<EventKind> {
    let events = register.events(case_key).unwrap();
    events.iter().map(|e| e.body.kind()).collect()
}

fn assert_clean(register: &Register) {
    let report = register.audit_verify(None).unwrap();
    assert!(report.is_clean(), "{:#?}", report.differences);
}

/// Whether bytes stand in a file of the folder: the register, its log, its index.
fn stands_in(folder: &Path, text: &str) -> bool {
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        path.is_file()
            && std::fs::read(path)
                .unwrap()
                .windows(text.len())
                .any(|bytes| bytes == text.as_bytes())
    })
}
