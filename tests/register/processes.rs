//! Several processes at one register, and the death of one.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use redress::domain::event::{EventKind, NoteAdded};
use redress::register::{Draft, Register, RegisterError};
use rusqlite::Connection;

use super::{agent, assert_clean, at, fresh, kinds, resolved};

#[test]
fn two_writers_take_turns() {
    let (dir, mut register) = fresh();
    let key = resolved(&mut register).case_key;
    let path = dir.path().join("register.sqlite");
    let writers: Vec<_> = (0..2)
        .map(|_| {
            let path = path.clone();
            std::thread::spawn(move || {
                let mut register = Register::open(&path).unwrap();
                for i in 0..40 {
                    let draft = Draft::new(at(5), NoteAdded {}).text(format!("note {i}"));
                    register.append(key, draft, &agent(), at(5)).unwrap();
                }
            })
        })
        .collect();
    for writer in writers {
        writer.join().unwrap();
    }
    let notes = kinds(&register, key)
        .iter()
        .filter(|k| **k == EventKind::NoteAdded)
        .count();
    assert_eq!(notes, 80);
    assert_clean(&register);
}

#[test]
fn a_register_locked_for_too_long_is_said_to_be_busy() {
    let (dir, mut register) = fresh();
    let key = resolved(&mut register).case_key;
    let other = Connection::open(dir.path().join("register.sqlite")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let busy = register
        .append(key, Draft::new(at(5), NoteAdded {}), &agent(), at(5))
        .unwrap_err();
    assert!(matches!(busy, RegisterError::Busy { .. }), "{busy}");
    assert!(busy.to_string().contains("try again"));
    assert_eq!(
        register.case_row(key).unwrap().number,
        "2026-000001",
        "reading goes on"
    );
}

const CHILD_REGISTER: &str = "REDRESS_TEST_REGISTER";

/// Writes events and says each position once it is confirmed; run as a process of its own.
#[test]
#[ignore = "the process that the next test kills"]
fn writing_child() {
    let Ok(path) = std::env::var(CHILD_REGISTER) else {
        return;
    };
    let mut register = Register::open(Path::new(&path)).unwrap();
    for i in 0.. {
        let draft = Draft::new(at(5), NoteAdded {}).text(format!("note {i}"));
        let appended = register.append(1, draft, &agent(), at(5)).unwrap();
        println!("confirmed {}", appended.seq);
    }
}

#[test]
fn a_killed_writer_loses_no_confirmed_event() {
    let (dir, mut register) = fresh();
    resolved(&mut register);
    drop(register);
    let path = dir.path().join("register.sqlite");
    let name = module_path!()
        .split_once("::")
        .map_or(String::new(), |(_, rest)| format!("{rest}::"));
    for round in 0..3 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                &format!("{name}writing_child"),
                "--exact",
                "--ignored",
                "--nocapture",
            ])
            .env(CHILD_REGISTER, &path)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut confirmed = Vec::new();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        for line in lines.by_ref() {
            if let Some((_, seq)) = line.unwrap().split_once("confirmed ") {
                confirmed.push(seq.trim().parse::<i64>().unwrap());
            }
            if confirmed.len() == 15 + round * 8 {
                break;
            }
        }
        assert!(confirmed.len() >= 15, "the child wrote {}", confirmed.len());
        // On Unix this is SIGKILL.
        child.kill().unwrap();
        for line in lines.map_while(Result::ok) {
            if let Some((_, seq)) = line.split_once("confirmed ") {
                confirmed.extend(seq.trim().parse::<i64>());
            }
        }
        child.wait().unwrap();
        let register = Register::open(&path).unwrap();
        let events = register.events(1).unwrap();
        for seq in confirmed {
            assert!(
                events.iter().any(|e| e.seq == seq),
                "event {seq} was confirmed"
            );
        }
        assert_clean(&register);
    }
}

/// Says how many notes there are, adds one and closes; run as a process of its own.
#[test]
#[ignore = "the process that the next test starts"]
fn passing_child() {
    let Ok(path) = std::env::var(CHILD_REGISTER) else {
        return;
    };
    let mut register = Register::open(Path::new(&path)).unwrap();
    println!("found {}", notes(&register));
    let draft = Draft::new(at(5), NoteAdded {}).text("note of a passing process");
    register.append(1, draft, &agent(), at(5)).unwrap();
}

fn notes(register: &Register) -> usize {
    kinds(register, 1)
        .iter()
        .filter(|kind| **kind == EventKind::NoteAdded)
        .count()
}

/// Whoever closes a handle of the file loses all locks of the process on it; the next process that ends then deletes the
/// log under those that are still open. <https://www.sqlite.org/howtocorrupt.html>, 2.2.
#[test]
fn what_is_written_while_others_open_and_close_the_register_is_kept() {
    let (dir, mut register) = fresh();
    resolved(&mut register);
    let path = dir.path().join("register.sqlite");
    let name = module_path!()
        .split_once("::")
        .map_or(String::new(), |(_, rest)| format!("{rest}::"));
    let passing = || {
        let child = Command::new(std::env::current_exe().unwrap())
            .args([
                &format!("{name}passing_child"),
                "--exact",
                "--ignored",
                "--nocapture",
            ])
            .env(CHILD_REGISTER, &path)
            .stderr(Stdio::null())
            .output()
            .unwrap();
        let said = String::from_utf8(child.stdout).unwrap();
        let (_, found) = said.split_once("found ").unwrap();
        let figures: String = found.chars().take_while(char::is_ascii_digit).collect();
        figures.parse::<usize>().unwrap()
    };
    for round in 0..3 {
        // As the pages do for the rules in force and for readiness, beside connections that stay open.
        drop(Register::open_read_only(&path).unwrap());
        drop(Register::open(&path).unwrap());
        assert_eq!(passing(), 2 * round);
        let draft = Draft::new(at(5), NoteAdded {}).text("note of this process");
        register.append(1, draft, &agent(), at(5)).unwrap();
        assert_eq!(notes(&register), 2 * round + 2);
    }
    drop(register);
    assert_eq!(passing(), 6);
    assert_clean(&Register::open(&path).unwrap());
}
