//! What becomes of a mail in the register.

use chrono::TimeDelta;
use redress::channels::mail_in::{Automatic, Intake, Order, Outcome};
use redress::domain::event::{
    Classified, Communicated, Decided, EventBody, EventKind, Merged, Paused, Registered, Routed,
    Withdrawn,
};
use redress::domain::vocabulary::{Channel, Language, Means, PauseReason, Response, Role};
use redress::domain::workflow::StateName;
use redress::register::{
    Actor, Attachment, Complaining, Draft, NewCase, Person, Recorded, Register,
};

use super::{
    NOW, RECEIVED, assert_clean, at, cases, fresh, incoming, order, raw, registered, take,
};

const ELIF: &str = "elif.yildiz@example.net";

fn agent() -> Actor {
    Actor::staff(Role::Agent, "ayse")
}

fn key(register: &Register, number: &str) -> i64 {
    register.case_by_number(number).unwrap().case_key
}

fn history(register: &Register, number: &str) -> Vec<Recorded> {
    register.history(key(register, number)).unwrap()
}

fn notes(register: &Register, number: &str) -> Vec<Recorded> {
    history(register, number)
        .into_iter()
        .filter(|recorded| recorded.event.body.kind() == EventKind::NoteAdded)
        .collect()
}

fn files(register: &Register, number: &str) -> Vec<Attachment> {
    register.attachments(key(register, number)).unwrap()
}

/// A complaint by telephone on 2 March, 10:00 in Istanbul; its number is 2026-000001 in a fresh register.
fn by_telephone(register: &mut Register, name: &str, email: Option<&str>) -> String {
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
            name: Some(name.to_owned()),
            phone: Some("+90 555 111 22 33".to_owned()),
            email: email.map(str::to_owned),
            address: None,
            language: Language::Tr,
        }),
        narrative: format!("{name}: karo kırık."),
        occurred_at: received_at,
        late_reason: None,
    };
    register
        .register_case(&new, &agent(), received_at)
        .unwrap()
        .number
}

fn add(register: &mut Register, number: &str, moment: &str, body: impl Into<EventBody>) {
    let case_key = key(register, number);
    let moment = at(moment);
    register
        .append(case_key, Draft::new(moment, body), &agent(), moment)
        .unwrap();
}

fn decide_and_tell(register: &mut Register, number: &str) {
    let classified = Classified {
        category: "crack".to_owned(),
        product: None,
        lot: None,
    };
    let routed = Routed {
        department: "tiles".to_owned(),
        site: None,
        also: Vec::new(),
    };
    let decided = Decided {
        pass: 1,
        response: Response::Information,
        granted: None,
        cost: 0,
        rule: "CR-1".to_owned(),
        rule_version: "1".to_owned(),
        needs_second_signature: false,
        root_cause: None,
        expectation: None,
    };
    let told = Communicated {
        pass: 1,
        means: Means::Phone,
    };
    add(register, number, "2026-03-02T08:00:00Z", classified);
    add(register, number, "2026-03-02T08:01:00Z", routed);
    add(register, number, "2026-03-02T08:02:00Z", decided);
    add(register, number, "2026-03-02T08:03:00Z", told);
}

#[test]
fn a_mail_becomes_a_case_with_its_files_and_its_original() {
    let (_dir, mut register) = fresh();
    let mail = raw("nested");
    let outcome = take(&mut register, mail.clone());
    assert_eq!(
        outcome,
        Outcome::Registered {
            number: Some("2026-000001".to_owned()),
            after_closed: None,
            told: true
        }
    );
    let number = registered(outcome);
    let history = history(&register, &number);
    let EventBody::Registered(complaint) = &history[0].event.body else {
        panic!("{:?}", history[0])
    };
    assert_eq!(complaint.channel, Channel::Email);
    assert_eq!(complaint.language, Language::Tr);
    assert_eq!(complaint.received_at, at(RECEIVED));
    assert_eq!(history[0].event.occurred_at, at(NOW));
    assert_eq!(history[0].event.late_reason, None);
    assert_eq!(
        history[0].text.as_deref(),
        Some("Fotoğraflar ekte\n\nKaroların fotoğrafları ektedir; ikisi köşeden kırık.")
    );
    let case = register.case_by_number(&number).unwrap();
    let complainant = register.complainant(case.complainant_id).unwrap().person;
    assert_eq!(complainant.name.as_deref(), Some("Elif Yıldız"));
    assert_eq!(complainant.email.as_deref(), Some(ELIF));
    assert_eq!(complainant.language, Language::Tr);

    let mut kept: Vec<(String, String)> = files(&register, &number)
        .into_iter()
        .map(|file| (file.name.unwrap(), file.media_type))
        .collect();
    kept.sort();
    let wanted = [
        ("2026-03-03 10.15 original-mail.eml", "message/rfc822"),
        ("Fatura ürün şubat.pdf", "application/pdf"),
        ("image001.png", "image/png"),
        ("kırık köşe.jpg", "image/jpeg"),
    ];
    assert_eq!(
        kept,
        wanted.map(|(name, kind)| (name.to_owned(), kind.to_owned()))
    );
    // The original is the last one, byte for byte, and not the customer's: it names our own hosts.
    let last = history.last().unwrap();
    let EventBody::EvidenceAdded(original) = &last.event.body else {
        panic!("{last:?}")
    };
    assert_eq!(last.event.role, Role::System);
    assert_eq!(register.read_attachment(&original.sha256).unwrap(), mail);
    let evidence = |r: &&Recorded| r.event.body.kind() == EventKind::EvidenceAdded;
    assert!(
        history
            .iter()
            .filter(evidence)
            .rev()
            .skip(1)
            .all(|r| r.event.role == Role::Customer)
    );
    assert_clean(&register);
}

#[test]
fn broken_mails_become_cases_and_nothing_of_them_is_lost() {
    let (_dir, mut register) = fresh();
    for name in [
        "no-boundary",
        "cut-off",
        "nul-bytes",
        "no-sender",
        "bare-line-ends",
    ] {
        let mail = raw(name);
        let number = registered(take(&mut register, mail.clone()));
        let originals: Vec<Attachment> = files(&register, &number)
            .into_iter()
            .filter(|file| file.media_type == "message/rfc822")
            .collect();
        assert_eq!(originals.len(), 1, "{name}");
        assert_eq!(
            register.read_attachment(&originals[0].sha256).unwrap(),
            mail,
            "{name}"
        );
    }
    assert_eq!(cases(&register), 5);
    assert_clean(&register);
}

#[test]
fn a_mail_without_an_address_is_registered_and_said_to_be_unreachable() {
    let (_dir, mut register) = fresh();
    let outcome = take(&mut register, raw("no-sender"));
    assert!(
        matches!(outcome, Outcome::Registered { told: false, .. }),
        "{outcome:?}"
    );
    assert_eq!(
        take(&mut register, raw("no-sender")),
        Outcome::Seen {
            number: registered(outcome)
        }
    );
}

#[test]
fn a_mail_of_files_alone_and_one_with_an_endless_header_become_cases() {
    let (_dir, mut register) = fresh();
    let only_file = "From: a@example.org\r\nContent-Type: application/pdf; name=\"x.pdf\"\r\n\r\n%PDF-1.4 words\r\n";
    let number = registered(take(&mut register, only_file));
    assert_eq!(
        history(&register, &number)[0].text.as_deref(),
        Some("(The mail has no text; see the attached files.)")
    );
    assert_eq!(files(&register, &number).len(), 2);

    let mut endless = "From: b@example.org\r\n".to_owned();
    for hop in 0..20_000 {
        endless.push_str(&format!("X-Hop-{hop}: {}\r\n", "x".repeat(60)));
    }
    endless.push_str(&format!(
        "Subject: {}\r\n\r\nThe tiles were cracked.\r\n",
        "long ".repeat(50_000)
    ));
    let number = registered(take(&mut register, endless));
    let text = history(&register, &number)[0].text.clone().unwrap();
    assert!(
        text.ends_with("The tiles were cracked."),
        "{} letters",
        text.len()
    );
}

#[test]
fn the_complainants_answer_is_added_to_the_case_and_ends_the_pause() {
    let (_dir, mut register) = fresh();
    let number = by_telephone(
        &mut register,
        "Elif Yıldız",
        Some("Elif.Yildiz@Example.net"),
    );
    let reason = PauseReason::CustomerInformation;
    add(
        &mut register,
        &number,
        "2026-03-02T14:40:00Z",
        Paused { reason },
    );
    let outcome = take(&mut register, raw("answer"));
    assert_eq!(
        outcome,
        Outcome::Added {
            number: number.clone(),
            resumed: true
        }
    );
    let notes = notes(&register, &number);
    let [note] = notes.as_slice() else {
        panic!("{notes:?}")
    };
    assert_eq!(note.event.role, Role::Customer);
    assert_eq!(note.event.occurred_at, at(RECEIVED));
    assert_eq!(
        note.text.as_deref(),
        Some("YNT: Şikâyet 2026-000001: sorumuz\n\nLot numarası GG-7741, kutu fotoğrafı ektedir.")
    );
    let file = register.case_file(key(&register, &number), None).unwrap();
    assert_eq!(file.rests[0].to, Some(at(RECEIVED)));
    let kept = files(&register, &number);
    assert_eq!(kept.len(), 2);
    assert!(
        kept.iter()
            .any(|file| file.name.as_deref() == Some("kutu.png"))
    );
    assert_eq!(cases(&register), 1);
    assert_clean(&register);
}

#[test]
fn a_pause_that_the_mail_did_not_answer_goes_on() {
    for (reason, since) in [
        // A sample does not come by mail.
        (PauseReason::CustomerSample, "2026-03-02T14:40:00Z"),
        (PauseReason::Laboratory, "2026-03-02T14:40:00Z"),
        // Asked after the mail came.
        (PauseReason::CustomerInformation, "2026-03-03T08:00:00Z"),
    ] {
        let (_dir, mut register) = fresh();
        let number = by_telephone(&mut register, "Elif Yıldız", Some(ELIF));
        add(&mut register, &number, since, Paused { reason });
        let outcome = take(&mut register, raw("answer"));
        assert!(
            matches!(outcome, Outcome::Added { resumed: false, .. }),
            "{reason}"
        );
        let file = register.case_file(key(&register, &number), None).unwrap();
        assert!(file.running_rest().is_some(), "{reason}");
    }
}

#[test]
fn a_strangers_mail_is_a_note_for_staff_and_no_more() {
    let (_dir, mut register) = fresh();
    let number = by_telephone(&mut register, "Elif Yıldız", Some(ELIF));
    let reason = PauseReason::CustomerInformation;
    add(
        &mut register,
        &number,
        "2026-03-02T14:40:00Z",
        Paused { reason },
    );
    let outcome = take(&mut register, raw("answer-of-another"));
    assert_eq!(
        outcome,
        Outcome::Noted {
            number: number.clone()
        }
    );
    let notes = notes(&register, &number);
    let [note] = notes.as_slice() else {
        panic!("{notes:?}")
    };
    assert_eq!(note.event.role, Role::System);
    let text = note.text.as_deref().unwrap();
    assert!(
        text.starts_with("Mail from ali.kaya@example.org, who is not known as the complainant"),
        "{text}"
    );
    assert!(
        text.ends_with("Sikayetimi geri cekiyorum, kapatin."),
        "{text}"
    );
    // The files stay within the original, and the pause goes on.
    let kept = files(&register, &number);
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].media_type, "message/rfc822");
    let file = register.case_file(key(&register, &number), None).unwrap();
    assert!(file.running_rest().is_some());
    assert_eq!(file.state.name(), StateName::Registered);
    assert_clean(&register);
}

#[test]
fn a_sender_whom_a_server_found_forged_is_a_stranger() {
    let (_dir, mut register) = fresh();
    let number = by_telephone(&mut register, "Elif Yıldız", Some(ELIF));
    let mut forged = b"Authentication-Results: mx.firma.example;\r\n dmarc=fail (p=reject) header.from=example.net\r\n".to_vec();
    forged.extend(raw("answer"));
    assert_eq!(take(&mut register, forged), Outcome::Noted { number });
}

#[test]
fn a_mail_answers_no_decision() {
    let (_dir, mut register) = fresh();
    let number = by_telephone(&mut register, "Elif Yıldız", Some(ELIF));
    decide_and_tell(&mut register, &number);
    let mail = "From: elif.yildiz@example.net\r\nSubject: Re: 2026-000001\r\nMessage-ID: <a@b>\r\n\r\nI accept.\r\n";
    assert!(matches!(take(&mut register, mail), Outcome::Added { .. }));
    let case = register.case_by_number(&number).unwrap();
    assert_eq!(case.state, StateName::Resolved);
}

#[test]
fn a_mail_that_names_a_closed_case_is_a_new_complaint_that_says_so() {
    let (_dir, mut register) = fresh();
    let closed = by_telephone(&mut register, "Elif Yıldız", Some(ELIF));
    add(&mut register, &closed, "2026-03-02T09:00:00Z", Withdrawn {});
    let outcome = take(&mut register, raw("answer"));
    assert!(
        matches!(&outcome, Outcome::Registered { after_closed: Some(number), .. } if *number == closed),
        "{outcome:?}"
    );
    let new = registered(outcome);
    let notes = notes(&register, &new);
    assert_eq!(
        notes[0].text.as_deref(),
        Some(
            "The mail names case 2026-000001, which is closed (Withdrawn). It was registered as a new complaint."
        )
    );
    assert_eq!(files(&register, &new).len(), 2);
    assert_eq!(history(&register, &closed).len(), 2);
    // The same person: what was closed and what is new stand together.
    let ids = [&closed, &new].map(|number| register.case_by_number(number).unwrap().complainant_id);
    assert_eq!(ids[0], ids[1]);
}

#[test]
fn a_mail_that_names_a_merged_case_is_added_to_its_heir() {
    let (_dir, mut register) = fresh();
    let merged = by_telephone(&mut register, "Elif Yıldız", Some(ELIF));
    let heir = by_telephone(&mut register, "Yıldız Ltd.", Some("ofis@example.net"));
    add(
        &mut register,
        &merged,
        "2026-03-02T09:00:00Z",
        Merged { into: heir.clone() },
    );
    let outcome = take(&mut register, raw("answer"));
    assert_eq!(
        outcome,
        Outcome::Added {
            number: heir,
            resumed: false
        }
    );
}

#[test]
fn a_number_that_nobody_has_is_only_a_word_of_the_subject() {
    let (_dir, mut register) = fresh();
    let number = registered(take(&mut register, raw("answer")));
    assert_eq!(number, "2026-000001");
    assert!(notes(&register, &number).is_empty());
}

#[test]
fn an_addition_that_was_fetched_late_says_so() {
    let (_dir, mut register) = fresh();
    let number = by_telephone(&mut register, "Elif Yıldız", Some(ELIF));
    let later = at("2026-03-09T07:00:00Z");
    let mut intake = Intake::new(&mut register, order(), later).unwrap();
    intake.take(&incoming(raw("answer")), later).unwrap();
    let notes = notes(&register, &number);
    assert_eq!(notes[0].event.occurred_at, at(RECEIVED));
    assert_eq!(
        notes[0].event.late_reason.as_deref(),
        Some("Taken in later from the mailbox.")
    );
}

#[test]
fn a_mail_older_than_its_case_counts_from_the_receipt() {
    let (_dir, mut register) = fresh();
    by_telephone(&mut register, "Elif Yıldız", Some(ELIF));
    let mail = "Date: Sun, 1 Mar 2026 10:00:00 +0300\r\nFrom: elif.yildiz@example.net\r\nSubject: 2026-000001\r\n\r\nsooner\r\n";
    assert!(matches!(take(&mut register, mail), Outcome::Added { .. }));
    let notes = notes(&register, "2026-000001");
    assert_eq!(notes[0].event.occurred_at, at("2026-03-02T07:00:00Z"));
}

#[test]
fn a_sender_without_a_name_is_the_one_person_of_that_address() {
    let (_dir, mut register) = fresh();
    let first = by_telephone(&mut register, "Elif Yıldız", Some(ELIF));
    let mail =
        "From: elif.yildiz@example.net\r\nSubject: Tiles\r\n\r\nThe tiles were cracked again.\r\n";
    let second = registered(take(&mut register, mail));
    let ids =
        [&first, &second].map(|number| register.case_by_number(number).unwrap().complainant_id);
    assert_eq!(ids[0], ids[1]);
}

#[test]
fn machines_get_no_case() {
    let (_dir, mut register) = fresh();
    by_telephone(&mut register, "Elif Yıldız", Some(ELIF));
    for (name, why) in [
        ("bounce", Automatic::Report),
        ("vacation", Automatic::AutoSubmitted),
        ("list", Automatic::Precedence),
    ] {
        assert_eq!(
            take(&mut register, raw(name)),
            Outcome::Skipped(why),
            "{name}"
        );
    }
    assert_eq!(cases(&register), 1);
    assert_eq!(history(&register, "2026-000001").len(), 1);
    let ours = Order {
        own_lists: vec!["haber.news.example.org".to_owned()],
        ..order()
    };
    let mut intake = Intake::new(&mut register, ours, at(NOW)).unwrap();
    let outcome = intake.take(&incoming(raw("list")), at(NOW)).unwrap();
    assert!(matches!(outcome, Outcome::Registered { .. }), "{outcome:?}");
}

#[test]
fn a_dry_run_says_what_would_be_done_and_writes_nothing() {
    let (dir, mut register) = fresh();
    let number = by_telephone(&mut register, "Elif Yıldız", Some(ELIF));
    let before = history(&register, &number);
    let dry = Order {
        dry_run: true,
        ..order()
    };
    let mut intake = Intake::new(&mut register, dry, at(NOW)).unwrap();
    let mut would = |name: &str| intake.take(&incoming(raw(name)), at(NOW)).unwrap();
    assert!(matches!(
        would("nested"),
        Outcome::Registered { number: None, .. }
    ));
    assert!(matches!(would("answer"), Outcome::Added { .. }));
    assert!(matches!(would("answer-of-another"), Outcome::Noted { .. }));
    assert!(matches!(would("bounce"), Outcome::Skipped(_)));
    assert_eq!(history(&register, &number), before);
    assert_eq!(cases(&register), 1);
    let beside: Vec<String> = std::fs::read_dir(dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".mail") || name.ends_with(".files"))
        .collect();
    assert!(beside.is_empty(), "{beside:?}");
}

#[test]
fn the_moment_of_receipt_starts_the_clock_also_when_the_mail_is_fetched_days_later() {
    let (_dir, mut register) = fresh();
    let later = at(NOW) + TimeDelta::days(5);
    let mut intake = Intake::new(&mut register, order(), later).unwrap();
    let outcome = intake.take(&incoming(raw("en-plain")), later).unwrap();
    let number = registered(outcome);
    let case = register.case_by_number(&number).unwrap();
    assert_eq!(case.received_at, at(RECEIVED));
    assert_eq!(history(&register, &number)[0].event.occurred_at, later);
}
