//! E-mail in: what is read in mails, what becomes of them in the register, and what the command says.
//!
//! The mails under `tests/mail` are written by `tests/oracle/mail/fixtures.py`; what Python reads in them stands in
//! `tests/oracle/mail/expected.json`.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use redress::channels::mail_in::{Incoming, Intake, MailError, Order, Outcome};
use redress::domain::vocabulary::Language;
use redress::register::{Actor, NewRegister, Register};
use tempfile::TempDir;

mod command;
mod once;
mod reading;
mod taking;

/// 2026-03-03 15:00 in Istanbul; the mails were received at 10:15:20 of that day.
const NOW: &str = "2026-03-03T12:00:00Z";
const RECEIVED: &str = "2026-03-03T07:15:20Z";

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn mail_path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/mail")
        .join(format!("{name}.eml"))
}

fn raw(name: &str) -> Vec<u8> {
    std::fs::read(mail_path(name)).unwrap()
}

fn incoming(raw: impl Into<Vec<u8>>) -> Incoming {
    Incoming {
        raw: raw.into(),
        place: "a mail".to_owned(),
        file_time: Some(at("2026-03-03T11:00:00Z")),
        file: None,
    }
}

fn fresh() -> (TempDir, Register) {
    let dir = tempfile::tempdir().unwrap();
    let new = NewRegister {
        zone: chrono_tz::Europe::Istanbul,
        calendar_toml: "name = \"test\"\n".to_owned(),
        limits_toml: "intake = 2\n".to_owned(),
        now: at("2026-03-01T08:00:00Z"),
    };
    let register = Register::create(&dir.path().join("register.sqlite"), &new).unwrap();
    (dir, register)
}

fn order() -> Order {
    Order {
        by: Actor::system(),
        language: Language::En,
        staff_language: Language::En,
        own_lists: Vec::new(),
        dry_run: false,
    }
}

fn try_take(register: &mut Register, raw: impl Into<Vec<u8>>) -> Result<Outcome, MailError> {
    Intake::new(register, order(), at(NOW))?.take(&incoming(raw), at(NOW))
}

fn take(register: &mut Register, raw: impl Into<Vec<u8>>) -> Outcome {
    try_take(register, raw).unwrap()
}

/// The number of the case that a mail became.
#[track_caller]
fn registered(outcome: Outcome) -> String {
    match outcome {
        Outcome::Registered {
            number: Some(number),
            ..
        } => number,
        other => panic!("{other:?}"),
    }
}

fn cases(register: &Register) -> usize {
    register
        .list_cases(&redress::register::CaseFilter::default())
        .unwrap()
        .len()
}

fn assert_clean(register: &Register) {
    let report = register.audit_verify(None).unwrap();
    assert!(report.is_clean(), "{:#?}", report.differences);
}
