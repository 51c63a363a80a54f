//! A tracking password stands in the outbox until it is delivered, and nowhere after that.

use redress::channels::notify::send_due;
use redress::domain::vocabulary::Language;
use redress::register::MessageState;

use super::fake_gateway::{FakeGateway, Reply};
use super::{
    assert_clean, at, by_phone, fresh, messages, person, register_for, send, settings, stands_in,
};

#[test]
fn no_delivered_password_is_left_in_the_registers_files() {
    let (dir, mut register) = fresh();
    let mut cases = Vec::new();
    for n in 0..60_i64 {
        let mut who = person(Some(&format!("0555 000 {n:04}")), None);
        who.name = Some(format!("Elif {n}"));
        who.language = Language::ALL[usize::try_from(n).unwrap() % 3];
        cases.push(register_for(&mut register, who, at(n)));
        // Rows that grow move to other pages, and leave their bytes behind.
        if n % 4 == 0 {
            let id = cases.last().unwrap().message_id.unwrap();
            let why = "the gateway says no ".repeat(100);
            register.message_failed(id, &why, false, at(n)).unwrap();
        }
    }
    assert!(
        stands_in(dir.path(), &cases[5].number),
        "the search finds what is there"
    );
    for case in &cases {
        assert!(
            !stands_in(dir.path(), &case.password),
            "it never stood there in clear"
        );
    }
    // Every third customer cannot be reached yet.
    let gateway = FakeGateway::start(|n, _| match n % 3 {
        0 => Reply::Answer(503, "down"),
        _ => Reply::Answer(200, "ok"),
    });
    let mut minute = 100;
    while messages(&register)
        .iter()
        .filter(|m| m.state == MessageState::Sent)
        .count()
        < 40
    {
        assert!(minute < 200, "they go");
        send(&mut register, &settings(&gateway.sms("")), at(minute));
        minute += 1;
    }
    for case in &cases {
        assert!(!stands_in(dir.path(), &case.password));
    }
    // The keys were replaced meanwhile, and what waited still says the right password.
    let willing = FakeGateway::willing();
    while messages(&register)
        .iter()
        .any(|m| m.state != MessageState::Sent)
    {
        assert!(minute < 2_000, "they go");
        send(&mut register, &settings(&willing.sms("")), at(minute));
        minute += 10;
    }
    let said: String = gateway
        .requests()
        .iter()
        .chain(&willing.requests())
        .map(|r| r.body.clone())
        .collect();
    for case in &cases {
        assert!(said.contains(&case.password), "{}", case.number);
        let opens = register.verify_tracking(&case.number, &case.password);
        assert_eq!(opens.unwrap(), Some(case.case_key));
    }
    assert!(messages(&register).iter().all(|m| m.body.is_none()));
    assert_clean(&register);
}

#[test]
fn what_the_file_keeps_of_a_delivered_password_opens_with_no_key_of_the_register() {
    let (dir, mut register) = fresh();
    let case = register_for(&mut register, by_phone(), at(0));
    let key = |register: &redress::register::Register| -> Vec<u8> {
        register
            .connection()
            .query_row(
                "SELECT value FROM secret WHERE name = 'waiting_password_key'",
                [],
                |row| row.get(0),
            )
            .unwrap()
    };
    let before = key(&register);
    let gateway = FakeGateway::willing();
    let sent = send(&mut register, &settings(&gateway.sms("")), at(1));
    assert!(!sent.traces_left);
    assert_ne!(key(&register), before);
    let file = std::fs::read(dir.path().join("register.sqlite")).unwrap();
    assert!(
        !file.windows(32).any(|bytes| bytes == before),
        "the old key is gone"
    );
    let log = std::fs::read(dir.path().join("register.sqlite-wal")).unwrap_or_default();
    assert!(!log.windows(32).any(|bytes| bytes == before));
    let opens = register.verify_tracking(&case.number, &case.password);
    assert_eq!(
        opens.unwrap(),
        Some(case.case_key),
        "the customer's password is the same"
    );
}

#[test]
fn a_reader_delays_the_closing_of_traces_to_the_next_run() {
    let (dir, mut register) = fresh();
    register_for(&mut register, by_phone(), at(0));
    let reader = rusqlite::Connection::open(dir.path().join("register.sqlite")).unwrap();
    reader
        .execute_batch("BEGIN; SELECT count(*) FROM outbox;")
        .unwrap();
    let gateway = FakeGateway::willing();
    let settings = settings(&gateway.sms(""));
    let sent = send(&mut register, &settings, at(1));
    assert_eq!((sent.delivered, sent.traces_left), (1, true));
    reader.execute_batch("COMMIT").unwrap();
    drop(reader);
    let sent = send_due(&mut register, &settings, at(2), &mut |_| {}).unwrap();
    assert!(!sent.traces_left);
    assert_clean(&register);
}

#[test]
fn lists_show_no_password_and_a_gateway_that_repeats_it_is_not_quoted() {
    let (dir, mut register) = fresh();
    let case = register_for(&mut register, by_phone(), at(0));
    let listed = messages(&register)[0].body.clone().unwrap();
    assert!(
        listed.contains(&case.number) && !listed.contains(&case.password),
        "{listed}"
    );
    let password = case.password.clone();
    let answer: &'static str = Box::leak(format!("bad text: {password}").into_boxed_str());
    let gateway = FakeGateway::start(move |_, _| Reply::Answer(400, answer));
    assert_eq!(
        send(&mut register, &settings(&gateway.sms("")), at(1)).dead,
        1
    );
    let said = messages(&register)[0].last_error.clone().unwrap();
    assert!(said.contains("400") && !said.contains(&password), "{said}");
    assert!(!stands_in(dir.path(), &password));
}

#[test]
fn a_new_password_takes_the_old_message_out_of_reach() {
    let (_dir, mut register) = fresh();
    let case = register_for(&mut register, by_phone(), at(0));
    let refusing = FakeGateway::start(|_, _| Reply::Answer(400, "no"));
    send(&mut register, &settings(&refusing.sms("")), at(1));
    let again = register
        .reset_tracking_password(case.case_key, at(2))
        .unwrap();
    assert!(register.retry_dead_messages(at(3)).unwrap().is_empty());
    let gateway = FakeGateway::willing();
    assert_eq!(
        send(&mut register, &settings(&gateway.sms("")), at(4)).delivered,
        1
    );
    let body = &gateway.requests()[0].body;
    assert!(body.contains(&again.password) && !body.contains(&case.password));
}
