//! What the register counts for whoever watches, and forms that are sent again after the server died.

use chrono::{DateTime, TimeDelta, Utc};
use redress::domain::event::{NoteAdded, Registered, Resumed};
use redress::domain::vocabulary::{Channel, Language};
use redress::register::attachments::CleanFile;
use redress::register::{
    Actor, Complaining, Draft, MessageState, NewCase, NewRegister, OfAddition, OfForm, Part,
    Person, Register, RegisterError,
};

fn now() -> DateTime<Utc> {
    "2026-03-02T06:00:00Z".parse().unwrap()
}

fn register() -> (tempfile::TempDir, Register) {
    let dir = tempfile::tempdir().unwrap();
    let new = NewRegister {
        zone: chrono_tz::Europe::Istanbul,
        calendar_toml: include_str!("../../reports/calendars/turkey.toml").to_owned(),
        limits_toml: "intake = 2\n".to_owned(),
        now: now(),
    };
    let register = Register::create(&dir.path().join("register.sqlite"), &new).unwrap();
    (dir, register)
}

fn complaint(phone: Option<&str>) -> NewCase {
    NewCase {
        registered: Registered {
            received_at: now(),
            channel: Channel::Form,
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
            name: Some("Elif Kaya".to_owned()),
            phone: phone.map(str::to_owned),
            email: None,
            address: None,
            language: Language::Tr,
        }),
        narrative: "Kapının boyası çatladı.".to_owned(),
        occurred_at: now(),
        late_reason: None,
    }
}

#[test]
fn messages_count_by_where_they_stand_and_the_oldest_that_waits_shows() {
    let (_dir, mut register) = register();
    let empty = register.standing().unwrap();
    assert_eq!((empty.cases, empty.waits_since), (0, None));
    assert!(empty.messages.iter().all(|(_, n)| *n == 0));
    let by = Actor::customer();
    let first = register
        .register_case(&complaint(Some("+905321112233")), &by, now())
        .unwrap();
    let later = now() + TimeDelta::hours(2);
    register
        .register_case(&complaint(Some("+905321112244")), &by, later)
        .unwrap();
    // Nobody can be written to there: a case without a message.
    register
        .register_case(&complaint(None), &by, later)
        .unwrap();
    let waiting = register.standing().unwrap();
    assert_eq!((waiting.cases, waiting.waits_since), (3, Some(now())));
    register
        .message_delivered(first.message_id.unwrap(), later)
        .unwrap();
    let standing = register.standing().unwrap();
    assert_eq!(standing.waits_since, Some(later));
    let count = |state| {
        let found = standing.messages.iter().find(|(known, _)| *known == state);
        found.unwrap().1
    };
    assert_eq!(
        [MessageState::Queued, MessageState::Sent, MessageState::Dead].map(count),
        [1, 1, 0]
    );
}

#[test]
fn a_form_that_is_sent_again_after_the_server_died_is_one_case() {
    let (dir, mut register) = register();
    let by = Actor::customer();
    let new = complaint(Some("+905321112233"));
    let OfForm::New(made) = register.register_form(&new, &by, "key-1", now()).unwrap() else {
        panic!("a new form was taken for an old one");
    };
    // The process is gone before anybody was told, and with it whatever it held.
    drop(register);
    let mut register = Register::open(&dir.path().join("register.sqlite")).unwrap();
    let hour_later = now() + TimeDelta::hours(1);
    let again = register
        .register_form(&new, &by, "key-1", hour_later)
        .unwrap();
    assert_eq!(again, OfForm::Before(made.number));
    assert_eq!(register.standing().unwrap().cases, 1);
    // The same words in another form are another complaint.
    let other = register.register_form(&new, &by, "key-2", hour_later);
    assert!(matches!(other.unwrap(), OfForm::New(_)));
    assert!(register.audit_verify(None).unwrap().is_clean());
}

fn file(words: &str) -> CleanFile {
    CleanFile::new(
        "words.txt".to_owned(),
        "text/plain",
        words.as_bytes().to_vec(),
    )
    .unwrap()
}

fn note(words: &str) -> Part {
    Part::event(
        Draft::new(now(), NoteAdded {}).text(words),
        Actor::customer(),
    )
}

#[test]
fn an_addition_that_is_sent_again_after_the_server_died_is_there_once() {
    let (dir, mut register) = register();
    let by = Actor::customer();
    let case = register
        .register_case(&complaint(None), &by, now())
        .unwrap();
    let add = |register: &mut Register| {
        let mut parts = vec![note("The kitchen too.")];
        parts.extend(register.lay_together(&[file("a photograph")], &by).unwrap());
        register
            .add_form(case.case_key, &parts, "key-1", now())
            .unwrap()
    };
    let OfAddition::New(added) = add(&mut register) else {
        panic!("a new form was taken for an old one");
    };
    assert!(!added.resumed);
    drop(register);
    let mut register = Register::open(&dir.path().join("register.sqlite")).unwrap();
    assert_eq!(add(&mut register), OfAddition::Before);
    // Registered, the note, the file; and the file that both sendings brought is still there.
    assert_eq!(register.events(case.case_key).unwrap().len(), 3);
    let files = register.attachments(case.case_key).unwrap();
    assert_eq!(files.len(), 1);
    let content = register.read_attachment(&files[0].sha256).unwrap();
    assert_eq!(content, b"a photograph");
    assert!(register.audit_verify(None).unwrap().is_clean());
}

#[test]
fn parts_of_which_one_is_refused_leave_nothing() {
    let (_dir, mut register) = register();
    let by = Actor::customer();
    let case = register
        .register_case(&complaint(None), &by, now())
        .unwrap();
    let refused = |register: &Register| {
        let laid = register.lay_clean(&file("a photograph")).unwrap();
        // Nothing rests, so nothing can go on.
        let wrong = Part::event(Draft::new(now(), Resumed {}), Actor::customer());
        [note("Words."), Part::file(laid, Actor::customer()), wrong]
    };
    let parts = refused(&register);
    let added = register.add_together(case.case_key, &parts, now());
    assert!(
        matches!(
            added,
            Err(RegisterError::Refused(_) | RegisterError::CaseRefused { .. })
        ),
        "{added:?}"
    );
    let parts = refused(&register);
    register
        .register_whole_form(&complaint(None), &by, &parts, "key-1", now())
        .unwrap_err();
    assert_eq!(register.standing().unwrap().cases, 1);
    assert_eq!(register.events(case.case_key).unwrap().len(), 1);
    let Part::File { file: laid, .. } = &parts[1] else {
        panic!("the file");
    };
    assert!(!register.path_of(laid).exists());
    // The same form may be sent again.
    let again = register
        .register_form(&complaint(None), &by, "key-1", now())
        .unwrap();
    assert!(matches!(again, OfForm::New(_)));
}

#[test]
fn a_file_that_nobody_recorded_goes_after_its_time_and_a_recorded_one_stays() {
    let (_dir, mut register) = register();
    let by = Actor::customer();
    let case = register
        .register_case(&complaint(None), &by, now())
        .unwrap();
    let parts = register.lay_together(&[file("kept")], &by).unwrap();
    register.add_together(case.case_key, &parts, now()).unwrap();
    let left = register.lay_clean(&file("left")).unwrap();
    // The time of a file is the machine's.
    let today = Utc::now();
    assert_eq!(register.drop_left_files(today).unwrap(), 0);
    assert!(register.path_of(&left).exists());
    let later = today + TimeDelta::hours(2);
    assert_eq!(register.drop_left_files(later).unwrap(), 1);
    assert!(!register.path_of(&left).exists());
    let files = register.attachments(case.case_key).unwrap();
    assert_eq!(register.read_attachment(&files[0].sha256).unwrap(), b"kept");
}
