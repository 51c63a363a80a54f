//! Every mail once: a second run, copies, broken-off runs, several runs at a time, erasure, a restored register.

use std::fs;
use std::path::{Path, PathBuf};

use redress::channels::mail_in::{Intake, Outcome};
use redress::domain::event::{EventKind, Registered};
use redress::domain::vocabulary::{Channel, Language, Role};
use redress::register::{Actor, Complaining, NewCase, Person, Register};

use super::{
    NOW, assert_clean, at, cases, fresh, incoming, order, raw, registered, take, try_take,
};

const LETTERS: [&str; 9] = [
    "tr-windows-1254-qp",
    "ru-koi8-r-8bit",
    "ru-windows-1251-base64",
    "tr-8859-9-subject-cut",
    "tr-utf8-letter-cut",
    "en-plain",
    "html-only",
    "nested",
    "no-sender",
];

fn beside(register: &Register, ending: &str) -> PathBuf {
    let mut name = register.path().as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// The mail as another server of ours delivered it.
fn copy(mail: &[u8]) -> Vec<u8> {
    let mut copy = b"Received: by other.firma.example with LMTP id 9; Tue, 3 Mar 2026 10:20:00 +0300\r\nX-Spam-Status: No\r\n".to_vec();
    copy.extend_from_slice(mail);
    copy
}

#[test]
fn a_second_run_does_nothing() {
    let (_dir, mut register) = fresh();
    let numbers: Vec<String> = LETTERS
        .iter()
        .map(|name| registered(take(&mut register, raw(name))))
        .collect();
    let events = register.chain_head().unwrap();
    for (name, number) in LETTERS.iter().zip(&numbers) {
        let seen = Outcome::Seen {
            number: number.clone(),
        };
        assert_eq!(take(&mut register, raw(name)), seen, "{name}");
        if *name != "no-sender" {
            // It came by another way, too: other bytes, the same mail.
            assert_eq!(take(&mut register, copy(&raw(name))), seen, "{name}");
        }
    }
    assert_eq!(register.chain_head().unwrap(), events);
    assert_eq!(cases(&register), LETTERS.len());
}

#[test]
fn the_same_message_id_with_other_words_is_another_mail() {
    let (_dir, mut register) = fresh();
    let mail = |words: &str| {
        format!(
            "From: a@example.org\r\nMessage-ID: <constant@device>\r\nSubject: Tiles\r\n\r\n{words}\r\n"
        )
    };
    registered(take(&mut register, mail("The first box was cracked.")));
    registered(take(&mut register, mail("The second box was cracked.")));
    assert_eq!(cases(&register), 2);
}

#[test]
fn a_lost_index_is_made_anew_from_the_originals() {
    let (_dir, mut register) = fresh();
    let number = registered(take(&mut register, raw("nested")));
    fs::remove_file(beside(&register, ".mail")).unwrap();
    assert_eq!(
        take(&mut register, copy(&raw("nested"))),
        Outcome::Seen { number }
    );
    assert_eq!(cases(&register), 1);
}

#[test]
fn a_mail_whose_files_cannot_be_kept_is_no_case_until_they_can() {
    for name in ["nested", "no-sender", "en-plain"] {
        let (_dir, mut register) = fresh();
        // No file can be kept: nothing is there, not a case without its files.
        let folder = beside(&register, ".files");
        fs::write(&folder, "in the way").unwrap();
        try_take(&mut register, raw(name)).unwrap_err();
        assert_eq!(cases(&register), 0, "{name}");
        fs::remove_file(&folder).unwrap();
        let number = registered(take(&mut register, raw(name)));
        assert_eq!(number, "2026-000001", "{name}");
        assert_eq!(cases(&register), 1, "{name}");
        assert_eq!(
            take(&mut register, raw(name)),
            Outcome::Seen { number },
            "{name}"
        );
        assert_clean(&register);
    }
}

fn case_of_elif(register: &mut Register) -> i64 {
    let received_at = at("2026-03-02T07:00:00Z");
    let new = NewCase {
        registered: Registered {
            received_at,
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
        complainant: Complaining::Person(Person {
            name: Some("Elif Yıldız".to_owned()),
            phone: None,
            email: Some("elif.yildiz@example.net".to_owned()),
            address: None,
            language: Language::Tr,
        }),
        narrative: "Karo kırık.".to_owned(),
        occurred_at: received_at,
        late_reason: None,
    };
    let by = Actor::staff(Role::Contact, "deniz");
    register
        .register_case(&new, &by, received_at)
        .unwrap()
        .case_key
}

#[test]
fn an_addition_broken_off_is_completed_by_the_next_run() {
    for name in ["answer", "answer-of-another"] {
        let (_dir, mut register) = fresh();
        let case_key = case_of_elif(&mut register);
        let folder = beside(&register, ".files");
        fs::write(&folder, "in the way").unwrap();
        try_take(&mut register, raw(name)).unwrap_err();
        fs::remove_file(&folder).unwrap();
        let outcome = take(&mut register, raw(name));
        assert!(
            matches!(outcome, Outcome::Added { .. } | Outcome::Noted { .. }),
            "{outcome:?}"
        );
        let events = register.events(case_key).unwrap();
        let notes = events
            .iter()
            .filter(|e| e.body.kind() == EventKind::NoteAdded);
        assert_eq!(notes.count(), 1, "{name}");
        assert!(
            matches!(take(&mut register, raw(name)), Outcome::Seen { .. }),
            "{name}"
        );
        assert_clean(&register);
    }
}

#[test]
fn the_index_may_be_lost_between_the_original_and_its_remembering() {
    let (_dir, mut register) = fresh();
    let number = registered(take(&mut register, raw("nested")));
    // As if the process had died there: the index knows nothing of the mail.
    let index = rusqlite::Connection::open(beside(&register, ".mail")).unwrap();
    assert_eq!(index.execute("DELETE FROM mail", []).unwrap(), 1);
    drop(index);
    assert_eq!(take(&mut register, raw("nested")), Outcome::Seen { number });
}

#[test]
fn several_runs_at_a_time_register_each_mail_once() {
    let (_dir, register) = fresh();
    let path = register.path().to_owned();
    let runs: Vec<_> = (0..4)
        .map(|turn| {
            let path = path.clone();
            std::thread::spawn(move || {
                let mut register = Register::open(&path).unwrap();
                let mut intake = Intake::new(&mut register, order(), at(NOW)).unwrap();
                let mut new = 0;
                for place in 0..LETTERS.len() {
                    // Each run begins elsewhere, so that they meet on every mail.
                    let name = LETTERS[(place + turn * 2) % LETTERS.len()];
                    let mail = raw(name);
                    let mail = if turn % 2 == 1 && name != "no-sender" {
                        copy(&mail)
                    } else {
                        mail
                    };
                    match intake.take(&incoming(mail), at(NOW)).unwrap() {
                        Outcome::Registered { .. } => new += 1,
                        Outcome::Seen { .. } => {}
                        other => panic!("{name}: {other:?}"),
                    }
                }
                new
            })
        })
        .collect();
    let new: usize = runs.into_iter().map(|run| run.join().unwrap()).sum();
    assert_eq!(new, LETTERS.len());
    assert_eq!(cases(&register), LETTERS.len());
    assert_clean(&register);
}

#[test]
fn what_was_erased_does_not_come_back_with_the_next_run() {
    let (_dir, mut register) = fresh();
    let number = registered(take(&mut register, raw("nested")));
    let case_key = register.case_by_number(&number).unwrap().case_key;
    let by = Actor::staff(Role::Admin, "deniz");
    register
        .erase(case_key, "request of 4 March", &by, at(NOW))
        .unwrap();
    for mail in [raw("nested"), copy(&raw("nested"))] {
        assert_eq!(
            take(&mut register, mail),
            Outcome::Seen {
                number: number.clone()
            }
        );
    }
    assert_eq!(cases(&register), 1);
    // A new mail that names the erased case puts nothing personal back into it.
    let mail = format!(
        "From: elif.yildiz@example.net\r\nSubject: Re: {number}\r\n\r\nThe tiles are still cracked.\r\n"
    );
    let new = registered(take(&mut register, mail));
    assert_ne!(new, number);
    let events = register.events(case_key).unwrap();
    assert_eq!(events.last().unwrap().body.kind(), EventKind::Erased);
}

#[test]
fn the_index_holds_nothing_that_can_be_read() {
    let (_dir, mut register) = fresh();
    take(&mut register, raw("nested"));
    let bytes = fs::read(beside(&register, ".mail")).unwrap();
    let holds = |text: &str| {
        bytes
            .windows(text.len())
            .any(|part| part == text.as_bytes())
    };
    for text in ["elif", "fixture", "example", "Karo"] {
        assert!(!holds(text), "{text}");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(beside(&register, ".mail"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o077, 0);
    }
}

#[test]
fn an_index_from_after_a_backup_keeps_no_mail_out_of_the_restored_register() {
    let (dir, mut register) = fresh();
    let saved = dir.path().join("backup.sqlite");
    register.backup(&saved, at(NOW)).unwrap();
    registered(take(&mut register, raw("nested")));
    let path = register.path().to_owned();
    drop(register);
    restore(&saved, &path);
    let mut register = Register::open(&path).unwrap();
    assert_eq!(cases(&register), 0);
    registered(take(&mut register, copy(&raw("nested"))));
    registered(take(&mut register, raw("en-plain")));
    assert_eq!(cases(&register), 2);
    assert_clean(&register);
}

fn restore(backup: &Path, register: &Path) {
    for ending in ["-wal", "-shm"] {
        let mut name = register.as_os_str().to_owned();
        name.push(ending);
        let _ = fs::remove_file(PathBuf::from(name));
    }
    fs::copy(backup, register).unwrap();
}
