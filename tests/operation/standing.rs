//! What the register counts for whoever watches, and forms that are sent again after the server died.

use chrono::{DateTime, TimeDelta, Utc};
use redress::domain::event::Registered;
use redress::domain::vocabulary::{Channel, Language};
use redress::register::{
    Actor, Complaining, MessageState, NewCase, NewRegister, OfForm, Person, Register,
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
