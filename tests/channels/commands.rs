//! `redress notify`, `redress outbox` and the settings, as they are called.

use std::path::Path;
use std::process::{Command, Output};

use chrono::Utc;
use redress::register::{Register, Registration};
use tempfile::TempDir;

use super::fake_gateway::{FakeGateway, Reply, dead_port};
use super::{by_phone, make, register_for};

/// A folder with a register of one case, whose message waits, and with these settings.
fn office(settings: &str) -> (TempDir, Registration) {
    let dir = tempfile::tempdir().unwrap();
    let now = Utc::now();
    let mut register = make(&dir.path().join("redress.sqlite"), now);
    let case = register_for(&mut register, by_phone(), now);
    std::fs::write(dir.path().join("redress.toml"), settings).unwrap();
    (dir, case)
}

fn run(folder: &Path, line: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_redress"))
        .env_clear()
        .current_dir(folder)
        .args(line.split_whitespace())
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    let out = String::from_utf8_lossy(&output.stdout);
    let err = String::from_utf8_lossy(&output.stderr);
    format!("{out}{err}")
}

#[test]
fn a_dry_run_shows_what_would_go_without_the_password_and_sends_nothing() {
    let gateway = FakeGateway::willing();
    let (dir, case) = office(&gateway.sms(""));
    let shown = run(dir.path(), "notify --dry-run --format json");
    assert_eq!(shown.status.code(), Some(0), "{}", said(&shown));
    let rows: serde_json::Value = serde_json::from_slice(&shown.stdout).unwrap();
    assert_eq!(rows[0]["case"], case.number.as_str());
    assert_eq!(rows[0]["to"], "05551112233");
    assert_eq!(rows[0]["what"], "would send registration");
    let text = rows[0]["text"].as_str().unwrap();
    assert!(text.contains(&case.number) && !said(&shown).contains(&case.password));
    assert!(gateway.requests().is_empty());
    let sent = run(dir.path(), "notify --format json");
    assert_eq!(sent.status.code(), Some(0), "{}", said(&sent));
    let answer: serde_json::Value = serde_json::from_slice(&sent.stdout).unwrap();
    assert_eq!(answer["delivered"], 1);
    assert_eq!(gateway.requests().len(), 1);
}

#[test]
fn a_gateway_that_is_not_reachable_is_a_failure_and_none_at_all_is_a_fault_of_the_settings() {
    let table = format!(
        "[sms]\nkind = \"http\"\nurl = \"http://127.0.0.1:{}\"\nbody = \"{{to}} {{text}}\"\n",
        dead_port()
    );
    let (dir, _) = office(&table);
    let failed = run(dir.path(), "notify");
    assert_eq!(failed.status.code(), Some(1), "{}", said(&failed));
    assert!(said(&failed).contains("not reachable"), "{}", said(&failed));
    std::fs::write(dir.path().join("redress.toml"), "").unwrap();
    let unset = run(dir.path(), "notify");
    assert_eq!(unset.status.code(), Some(2));
    assert!(said(&unset).contains("[sms]"), "{}", said(&unset));
    std::fs::write(dir.path().join("redress.toml"), "[sms]\nkind = \"http\"\n").unwrap();
    let unfit = run(dir.path(), "notify");
    assert_eq!(unfit.status.code(), Some(2));
    assert!(said(&unfit).contains("[sms] url"), "{}", said(&unfit));
    std::fs::write(
        dir.path().join("redress.toml"),
        "[sms]\nkind = \"http\"\nuri = \"x\"\n",
    )
    .unwrap();
    let unknown = run(dir.path(), "config show");
    assert_eq!(unknown.status.code(), Some(2));
    assert!(said(&unknown).contains("uri"), "{}", said(&unknown));
}

#[test]
fn the_dead_letters_are_listed_without_recipients_and_tried_again() {
    let gateway = FakeGateway::start(|n, _| match n {
        0 => Reply::Answer(400, "no such number"),
        _ => Reply::Answer(200, "ok"),
    });
    let (dir, case) = office(&gateway.sms(""));
    let sent = run(dir.path(), "notify");
    assert_eq!(sent.status.code(), Some(0), "{}", said(&sent));
    assert!(said(&sent).contains("1 given up"), "{}", said(&sent));
    let line = format!(
        "outbox list --state dead --case {} --format json",
        case.number
    );
    let listed = run(dir.path(), &line);
    let rows: serde_json::Value = serde_json::from_slice(&listed.stdout).unwrap();
    assert_eq!(rows[0]["state"], "dead");
    assert_eq!(rows[0]["to"], "…33");
    assert!(!said(&listed).contains("0555"));
    let full = run(dir.path(), &format!("{line} --full"));
    assert!(said(&full).contains("05551112233"));
    let retried = run(dir.path(), "outbox retry --all-dead");
    assert!(
        said(&retried).contains("queued again: 1"),
        "{}",
        said(&retried)
    );
    assert_eq!(run(dir.path(), "notify").status.code(), Some(0));
    assert_eq!(gateway.requests().len(), 2);
    let sent_already = run(dir.path(), "outbox retry 1");
    assert_eq!(sent_already.status.code(), Some(2));
}

#[test]
fn settings_are_shown_without_secrets_and_set_within_their_range() {
    let gateway = FakeGateway::willing();
    let (dir, _) = office(&gateway.sms("user = \"kuzey\"\npassword = \"hidden-one\""));
    let shown = said(&run(dir.path(), "config show"));
    assert!(
        shown.contains("sms.user") && shown.contains("kuzey"),
        "{shown}"
    );
    assert!(
        shown.contains("sms.password") && !shown.contains("hidden-one"),
        "{shown}"
    );
    let set = run(dir.path(), "config set reminder_after_days 7");
    assert_eq!(set.status.code(), Some(0), "{}", said(&set));
    let listed = said(&run(dir.path(), "config register"));
    let line = listed
        .lines()
        .find(|l| l.starts_with("reminder_after_days"));
    let cells: Vec<&str> = line.unwrap().split_whitespace().collect();
    assert_eq!(cells[1..3], ["7", "5"]);
    for wrong in [
        "reminder_after_days -1",
        "preferred_means fax",
        "nonsense 1",
    ] {
        let refused = run(dir.path(), &format!("config set -- {wrong}"));
        assert_eq!(
            refused.status.code(),
            Some(2),
            "{wrong}: {}",
            said(&refused)
        );
    }
    let register = Register::open(&dir.path().join("redress.sqlite")).unwrap();
    let kept = register.setting(redress::register::Setting::PreferredMeans);
    assert_eq!(kept.unwrap(), "sms");
}
