//! Changes that other systems hand over as JSON lines (`action apply`, `improvement apply`): by real processes, on one
//! register that has to stay whole.

use std::process::Command;

use redress::register::Register;

use super::harness::{Seen, Target, Try, attack_some, inputs};

const BINARY: &str = env!("CARGO_BIN_EXE_redress");

const ACTIONS: &str = r#"{"by":"ayse","kind":"opened","data":{"on":"2026-03-02","title":"Lids","kind":"corrective","source":"case","owner":"ayse","due_on":"2026-06-01"}}
{"action":"A-000001","by":"ayse","expect":1,"kind":"contained","data":{"on":"2026-03-03","what":"stock blocked"}}
{"action":"A-000001","by":"ayse","kind":"analysed","data":{"on":"2026-03-10","method":"five_whys","whys":["a","b"],"root_cause":"storage"}}
{"action":"A-000001","by":"veli","kind":"noted","data":{"text":"x"}}
"#;

const RECORDS: &str = r#"{"by":"veli","kind":"audit_held","data":{"on":"2026-03-02","department":"technical","auditor":"veli","findings":"none"}}
{"by":"veli","kind":"suggested","data":{"on":"2026-03-02","from":"ali","text":"labels"}}
{"record":"S-0001","by":"veli","expect":1,"kind":"suggestion_decided","data":{"on":"2026-03-09","fate":"declined","reason":"dear"}}
"#;

const WORDS: &[&str] = &[
    "\"by\":\"nobody\"",
    "\"expect\":0",
    "\"action\":\"A-999999\"",
    "\"record\":\"R-0001\"",
    "\"on\":\"9999-12-31\"",
    "\"on\":\"+262142-12-31\"",
    "\"kind\":\"judged\"",
    "\"data\":{}",
    "\"data\":null",
    "\\u0000",
    "\\ud800",
    "[[[[[[[[",
    "{\"a\":{\"a\":{\"a\":",
    "\n\n",
    "null",
];

/// An answer with an exit code that is documented, and a clean audit afterwards.
fn applied(command: &'static str) -> Try {
    let folder = tempfile::tempdir().expect("a folder");
    let redress = |arguments: &[&str]| {
        let mut redress = Command::new(BINARY);
        redress
            .env_clear()
            .current_dir(folder.path())
            .args(["--register", "register.sqlite"])
            .args(arguments);
        redress.output().expect("it runs")
    };
    let made = redress(&["init"]);
    assert!(made.status.success());
    for name in ["ayse", "veli"] {
        let made = redress(&["staff", "add", name, "--roles", "quality"]);
        assert!(made.status.success());
    }
    let path = folder.path().to_owned();
    Box::new(move |input| {
        let _ = &folder;
        std::fs::write(path.join("lines"), input).expect("the lines");
        let done = Command::new(BINARY)
            .env_clear()
            .current_dir(&path)
            .args(["--register", "register.sqlite", command, "apply", "lines"])
            .output()
            .expect("it runs");
        let said = String::from_utf8_lossy(&done.stderr);
        let register = Register::open(&path.join("register.sqlite")).map_err(|e| e.to_string())?;
        let report = register.audit_verify(None).map_err(|e| e.to_string())?;
        if let Some(first) = report.first() {
            return Err(format!("the audit: {first}"));
        }
        match done.status.code() {
            Some(0) => Ok(Seen::Read),
            Some(1..=3) if !said.trim().is_empty() => Ok(Seen::Refused),
            other => Err(format!("ended with {other:?}: {said}")),
        }
    })
}

/// One process in so many inputs of the other targets.
const RARE: u64 = 4_000;

#[test]
fn no_lines_of_another_system_break_the_register() {
    let target = |name, lines: &str| Target {
        name,
        share: 0,
        seeds: vec![lines.as_bytes().to_vec()],
        words: WORDS,
    };
    attack_some(target("action_lines", ACTIONS), inputs() / RARE, || {
        applied("action")
    });
    attack_some(target("record_lines", RECORDS), inputs() / RARE, || {
        applied("improvement")
    });
}
