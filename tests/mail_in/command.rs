//! `redress import mail` as people and programs call it.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use super::{mail_path, raw};

fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_redress"));
    command.env_clear().current_dir(folder);
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    program(folder)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn office() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    assert!(run(dir.path(), &["init"]).status.success());
    dir
}

#[track_caller]
fn json(output: &Output) -> Value {
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{error}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[track_caller]
fn refused(output: &Output, code: i32, words: &str) {
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{error}");
    assert!(error.contains(words), "`{words}` is not in: {error}");
    assert!(!error.contains("panicked"), "{error}");
}

/// A Maildir with a mail of every kind.
fn maildir(folder: &Path) {
    for part in ["box/new", "box/cur", "box/tmp"] {
        fs::create_dir_all(folder.join(part)).unwrap();
    }
    for (place, name) in [
        ("new/1772521001.a.host", "nested"),
        ("cur/1772521002.b.host:2,S", "en-plain"),
        ("cur/1772521003.c.host:2,", "bounce"),
        ("new/1772521004.d.host", "vacation"),
        ("new/1772521005.e.host", "no-boundary"),
    ] {
        fs::copy(mail_path(name), folder.join("box").join(place)).unwrap();
    }
}

#[test]
fn a_mailbox_is_taken_in_counted_and_left_as_it_was() {
    let dir = office();
    maildir(dir.path());
    let taken = json(&run(
        dir.path(),
        &["--format", "json", "import", "mail", "box"],
    ));
    assert_eq!(taken["read"], 5);
    assert_eq!(taken["registered"], 3);
    assert_eq!(taken["skipped"]["report"], 1);
    assert_eq!(taken["skipped"]["auto_submitted"], 1);
    assert_eq!(taken["failed"], 0);
    let first = &taken["mails"][0];
    assert_eq!(first["outcome"], "registered");
    assert!(first["number"].as_str().unwrap().ends_with("-000001"));
    let again = json(&run(
        dir.path(),
        &["--format", "json", "import", "mail", "box"],
    ));
    assert_eq!(
        (&again["registered"], &again["seen"]),
        (&Value::from(0), &Value::from(3))
    );
    assert_eq!(fs::read_dir(dir.path().join("box/new")).unwrap().count(), 3);
    assert_eq!(fs::read_dir(dir.path().join("box/cur")).unwrap().count(), 2);
    assert!(run(dir.path(), &["audit", "verify"]).status.success());
}

#[test]
fn the_summary_is_readable() {
    let dir = office();
    maildir(dir.path());
    let output = run(dir.path(), &["import", "mail", "box", "--dry-run"]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success());
    assert!(
        said.contains("5 mail(s): 3 registered, 0 added to cases, 0 noted for staff, 0 taken in before, 2 automatic, 0 failed"),
        "{said}"
    );
    assert!(
        said.contains("automatic, a report of a mail system: 1"),
        "{said}"
    );
    assert!(said.contains("nothing was recorded (dry run)"), "{said}");
    let cases = run(dir.path(), &["--format", "json", "case", "list"]);
    assert!(!String::from_utf8_lossy(&cases.stdout).contains("-000001"));
}

#[test]
fn mails_that_were_dealt_with_are_moved_where_that_is_asked_for() {
    let dir = office();
    maildir(dir.path());
    fs::write(
        dir.path().join("box/new/1772521009.z.host"),
        "no mail at all",
    )
    .unwrap();
    let output = run(dir.path(), &["import", "mail", "box", "--move-to", "done"]);
    // The one that is no mail stays, and is named.
    refused(&output, 1, "1772521009.z.host is no mail");
    assert_eq!(fs::read_dir(dir.path().join("done")).unwrap().count(), 5);
    let left: Vec<_> = fs::read_dir(dir.path().join("box/new")).unwrap().collect();
    assert_eq!(left.len(), 1);
}

#[test]
fn an_mbox_and_stdin_are_read() {
    let dir = office();
    let mut mbox = Vec::new();
    for name in ["tr-windows-1254-qp", "ru-koi8-r-8bit", "bounce"] {
        mbox.extend_from_slice(b"From elif@example.net Tue Mar  3 10:15:20 2026\n");
        mbox.extend(raw(name).into_iter().filter(|byte| *byte != b'\r'));
        mbox.extend_from_slice(b"\n");
    }
    fs::write(dir.path().join("inbox"), mbox).unwrap();
    let taken = json(&run(
        dir.path(),
        &["--format", "json", "import", "mail", "inbox"],
    ));
    assert_eq!(
        (&taken["read"], &taken["registered"]),
        (&Value::from(3), &Value::from(2))
    );
    assert!(
        taken["mails"][1]["place"]
            .as_str()
            .unwrap()
            .ends_with("inbox, mail 2")
    );
    refused(
        &run(
            dir.path(),
            &["import", "mail", "inbox", "--move-to", "done"],
        ),
        2,
        "no file to itself",
    );

    let mut child = program(dir.path())
        .args(["--format", "json", "import", "mail", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut piped = b"From x Tue Mar  3 10:15:20 2026\n".to_vec();
    piped.extend(raw("en-plain"));
    child.stdin.take().unwrap().write_all(&piped).unwrap();
    let taken = json(&child.wait_with_output().unwrap());
    assert_eq!(taken["registered"], 1);
}

#[test]
fn what_cannot_be_is_refused_before_anything_is_read() {
    let dir = office();
    fs::create_dir(dir.path().join("empty")).unwrap();
    let refuse = |arguments: &[&str], code: i32, words: &str| {
        refused(&run(dir.path(), arguments), code, words);
    };
    refuse(&["import", "mail", "nowhere"], 2, "nowhere");
    refuse(&["import", "mail", "empty"], 2, "is no mailbox");
    refuse(&["import", "mail"], 2, "PATH");
    let plain = mail_path("en-plain");
    let plain = plain.to_str().unwrap();
    refuse(
        &["import", "mail", plain, "--by", "nobody"],
        1,
        "no member of staff `nobody`",
    );
    let cases = run(dir.path(), &["--format", "json", "case", "list"]);
    assert!(!String::from_utf8_lossy(&cases.stdout).contains("-000001"));
}

#[test]
fn several_processes_register_each_mail_once() {
    let dir = office();
    maildir(dir.path());
    let children: Vec<_> = (0..3)
        .map(|_| {
            program(dir.path())
                .args(["--format", "json", "import", "mail", "box"])
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    let registered: u64 = children
        .into_iter()
        .map(|child| {
            json(&child.wait_with_output().unwrap())["registered"]
                .as_u64()
                .unwrap()
        })
        .sum();
    assert_eq!(registered, 3);
    assert!(run(dir.path(), &["audit", "verify"]).status.success());
}

#[test]
fn a_run_killed_at_any_moment_is_completed_by_the_next() {
    let dir = office();
    maildir(dir.path());
    for round in 0..8 {
        let mut child = program(dir.path())
            .args(["import", "mail", "box"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(20 + round * 35));
        // On Unix this is SIGKILL: no handler runs.
        let _ = child.kill();
        child.wait().unwrap();
    }
    json(&run(
        dir.path(),
        &["--format", "json", "import", "mail", "box"],
    ));
    let again = json(&run(
        dir.path(),
        &["--format", "json", "import", "mail", "box"],
    ));
    assert_eq!(again["seen"], 3);
    let list = json(&run(dir.path(), &["--format", "json", "case", "list"]));
    assert_eq!(list.as_array().unwrap().len(), 3);
    assert!(run(dir.path(), &["audit", "verify"]).status.success());
}
