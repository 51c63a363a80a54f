//! SMS over a gateway, and what its answers mean.

use std::time::Duration;

use redress::domain::event::{Communicated, EventKind, NoteAdded};
use redress::domain::vocabulary::Means;
use redress::register::{MessageState, Setting};

use super::fake_gateway::{FakeGateway, Reply, dead_port};
use super::{
    AWKWARD, append, ask, assert_clean, at, by_email, by_phone, contact, decide, fresh, kinds,
    messages, person, register_for, send, settings,
};

/// The value of a field of a form.
fn field(body: &str, name: &str) -> String {
    form_urlencoded::parse(body.as_bytes())
        .find(|(found, _)| found == name)
        .map(|(_, value)| value.into_owned())
        .unwrap()
}

#[test]
fn a_message_goes_once_and_the_case_learns_what_that_means() {
    let (_dir, mut register) = fresh();
    let case = register_for(&mut register, by_phone(), at(0));
    let gateway = FakeGateway::willing();
    let settings = settings(&gateway.sms(""));
    let sent = send(&mut register, &settings, at(1));
    assert_eq!((sent.delivered, sent.later, sent.dead), (1, 0, 0));
    assert_eq!(send(&mut register, &settings, at(2)).delivered, 0);
    let requests = gateway.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(field(&requests[0].body, "to"), "+905551112233");
    let text = field(&requests[0].body, "text");
    assert!(
        text.contains(&case.number) && text.contains(&case.password),
        "{text}"
    );
    assert_eq!(field(&requests[0].body, "key"), requests[0].key());
    assert_eq!(requests[0].key().len(), 32);
    assert_eq!(
        kinds(&register, case.case_key),
        [
            EventKind::Registered,
            EventKind::MessageSent,
            EventKind::Acknowledged
        ]
    );
    assert_clean(&register);
}

#[test]
fn awkward_words_arrive_as_they_were_written_in_every_kind_of_body() {
    let bodies = [
        ("form", "text={text}"),
        ("json", "{\\\"text\\\": \\\"{text}\\\", \\\"o\\\": {}}"),
        ("xml", "<m a='{key}'><t>{text}</t></m>"),
        ("none", "{text}"),
    ];
    for (encode, body) in bodies {
        let (_dir, mut register) = fresh();
        let case = register_for(&mut register, by_phone(), at(0));
        let gateway = FakeGateway::willing();
        let settings = settings(&format!(
            "[sms]\nkind = \"http\"\nurl = \"http://127.0.0.1:{}/?n={{to_national}}\"\nencode = \"{encode}\"\n\
             country_code = \"90\"\nbody = \"{body}\"\n",
            gateway.port
        ));
        send(&mut register, &settings, at(1));
        ask(&mut register, case.case_key, at(2));
        send(&mut register, &settings, at(3));
        let request = &gateway.requests()[1];
        assert_eq!(request.line, "POST /?n=5551112233 HTTP/1.1");
        let text = match encode {
            "form" => field(&request.body, "text"),
            "json" => {
                let read: serde_json::Value = serde_json::from_str(&request.body).unwrap();
                assert_eq!(request.header("Content-Type"), Some("application/json"));
                read["text"].as_str().unwrap().to_owned()
            }
            "xml" => {
                let inside = request.body.split("<t>").nth(1).unwrap();
                let inside = inside.split("</t>").next().unwrap();
                quick_xml::escape::unescape(inside).unwrap().into_owned()
            }
            _ => request.body.clone(),
        };
        assert!(text.ends_with(AWKWARD), "{encode}: {text}");
    }
}

#[test]
fn a_gateway_that_is_busy_gets_the_same_message_later_under_the_same_key() {
    let (_dir, mut register) = fresh();
    let case = register_for(&mut register, by_phone(), at(0));
    let gateway = FakeGateway::start(|n, _| match n {
        0 => Reply::Answer(500, "down"),
        1 => Reply::Answer(429, "slowly"),
        _ => Reply::Answer(200, "ok"),
    });
    let settings = settings(&gateway.sms(""));
    assert_eq!(send(&mut register, &settings, at(1)).later, 1);
    let waiting = &messages(&register)[0];
    assert_eq!((waiting.state, waiting.attempts), (MessageState::Failed, 1));
    assert!(!kinds(&register, case.case_key).contains(&EventKind::Acknowledged));
    assert_eq!(send(&mut register, &settings, at(1)).later, 0, "not yet");
    assert_eq!(send(&mut register, &settings, at(3)).later, 1);
    assert_eq!(send(&mut register, &settings, at(9)).delivered, 1);
    let requests = gateway.requests();
    assert_eq!(requests.len(), 3);
    assert!(requests.iter().all(|r| r.key() == requests[0].key()));
    assert!(requests.iter().all(|r| r.body == requests[0].body));
    assert_clean(&register);
}

#[test]
fn a_gateway_that_hangs_or_breaks_off_may_have_the_message_and_gets_it_again() {
    let replies: [fn() -> Reply; 2] = [
        || Reply::Silence(Duration::from_millis(2_500)),
        || Reply::BreakOff,
    ];
    for reply in replies {
        let (_dir, mut register) = fresh();
        register_for(&mut register, by_phone(), at(0));
        let gateway = FakeGateway::start(move |n, _| match n {
            0 => reply(),
            _ => Reply::Answer(200, "ok"),
        });
        let settings = settings(&gateway.sms("timeout = 1"));
        let sent = send(&mut register, &settings, at(1));
        assert_eq!((sent.later, sent.faults.len()), (1, 0));
        assert_eq!(messages(&register)[0].attempts, 1);
        assert_eq!(send(&mut register, &settings, at(3)).delivered, 1);
        let requests = gateway.requests();
        assert_eq!(requests.len(), 2);
        assert_eq!(requests[0].key(), requests[1].key());
    }
}

#[test]
fn a_message_that_is_refused_for_good_is_dead_and_the_case_knows() {
    let (_dir, mut register) = fresh();
    let case = register_for(&mut register, by_phone(), at(0));
    let gateway = FakeGateway::start(|_, _| Reply::Answer(400, "no such number"));
    let sent = send(&mut register, &settings(&gateway.sms("")), at(1));
    assert_eq!((sent.dead, sent.later), (1, 0));
    assert_eq!(messages(&register)[0].state, MessageState::Dead);
    assert_eq!(
        kinds(&register, case.case_key),
        [EventKind::Registered, EventKind::MessageFailed]
    );
    assert_clean(&register);
}

#[test]
fn what_is_no_phone_number_asks_no_gateway() {
    let (_dir, mut register) = fresh();
    register_for(&mut register, person(Some("komşuya sor"), None), at(0));
    let gateway = FakeGateway::willing();
    assert_eq!(
        send(&mut register, &settings(&gateway.sms("")), at(1)).dead,
        1
    );
    assert!(gateway.requests().is_empty());
    let said = messages(&register)[0].last_error.clone();
    assert!(said.unwrap().contains("no phone number"));
}

#[test]
fn a_gateway_that_cannot_be_used_costs_no_message_an_attempt() {
    // Nobody listens; the password is wrong; the address has moved; the gateway says so itself.
    let refusing = [
        FakeGateway::start(|_, _| Reply::Answer(401, "who are you?")),
        FakeGateway::start(|_, _| Reply::Answer(302, "")),
        FakeGateway::start(|_, _| Reply::Answer(406, "{\"code\": \"30\"}")),
    ];
    let rule = "halt = { json = { pointer = \"/code\", equals = [\"30\", \"40\"] } }";
    let mut tables: Vec<String> = refusing.iter().map(|g| g.sms(rule)).collect();
    tables.push(format!(
        "[sms]\nkind = \"http\"\nurl = \"http://127.0.0.1:{}\"\nbody = \"{{to}} {{text}}\"\n",
        dead_port()
    ));
    for table in tables {
        let (_dir, mut register) = fresh();
        for minute in 0..12 {
            register_for(&mut register, by_phone(), at(minute));
        }
        let sent = send(&mut register, &settings(&table), at(20));
        assert_eq!((sent.delivered, sent.dead, sent.faults.len()), (0, 0, 1));
        let waiting = messages(&register);
        assert!(waiting.iter().all(|m| m.attempts == 0), "{table}");
        assert!(waiting.iter().all(|m| m.state == MessageState::Queued));
        assert!(waiting[0].last_error.is_some());
        let willing = FakeGateway::willing();
        let sent = send(&mut register, &settings(&willing.sms("")), at(22));
        assert_eq!(sent.delivered, 12);
        assert_clean(&register);
    }
    assert!(
        refusing.iter().all(|g| g.requests().len() == 1),
        "nothing more was sent there"
    );
}

#[test]
fn three_failures_in_a_row_leave_a_gateway_alone_for_that_run() {
    let (_dir, mut register) = fresh();
    for minute in 0..12 {
        register_for(&mut register, by_phone(), at(minute));
    }
    let gateway = FakeGateway::start(|_, _| Reply::Answer(503, "down"));
    let sent = send(&mut register, &settings(&gateway.sms("")), at(20));
    assert_eq!(gateway.requests().len(), 3);
    assert_eq!(sent.faults.len(), 1);
    let attempts: u32 = messages(&register).iter().map(|m| m.attempts).sum();
    assert_eq!(attempts, 3);
}

#[test]
fn a_message_is_given_up_when_its_attempts_are_used_up_and_can_be_tried_again() {
    let (_dir, mut register) = fresh();
    register.set_setting(Setting::SendAttempts, "2").unwrap();
    let case = register_for(&mut register, by_phone(), at(0));
    let gateway = FakeGateway::start(|n, _| match n {
        0 | 1 => Reply::Answer(503, "down"),
        _ => Reply::Answer(200, "ok"),
    });
    let settings = settings(&gateway.sms(""));
    send(&mut register, &settings, at(1));
    assert_eq!(send(&mut register, &settings, at(10)).dead, 1);
    assert_eq!(send(&mut register, &settings, at(600)).delivered, 0);
    let again = register.retry_dead_messages(at(601)).unwrap();
    assert_eq!(again, [case.message_id.unwrap()]);
    assert_eq!(send(&mut register, &settings, at(602)).delivered, 1);
    let requests = gateway.requests();
    assert_eq!(requests[0].key(), requests[2].key());
    assert_clean(&register);
}

#[test]
fn what_was_given_up_because_it_was_no_longer_true_is_never_sent_after_all() {
    let (_dir, mut register) = fresh();
    let case = register_for(&mut register, by_phone(), at(0));
    let gateway = FakeGateway::willing();
    let settings = settings(&gateway.sms(""));
    send(&mut register, &settings, at(1));
    decide(&mut register, case.case_key, at(2));
    let means = Means::Phone;
    let told = Communicated { pass: 1, means };
    append(&mut register, case.case_key, told, &contact(), at(3));
    assert!(register.retry_dead_messages(at(4)).unwrap().is_empty());
    assert_eq!(send(&mut register, &settings, at(5)).delivered, 0);
    assert_eq!(gateway.requests().len(), 1);
}

#[test]
fn a_note_struck_out_leaves_the_waiting_decision_alone() {
    let (_dir, mut register) = fresh();
    let case = register_for(&mut register, by_phone(), at(0));
    append(
        &mut register,
        case.case_key,
        NoteAdded {},
        &contact(),
        at(1),
    );
    let seq = register.case_row(case.case_key).unwrap().last_seq;
    decide(&mut register, case.case_key, at(2));
    register
        .void(case.case_key, seq, "the wrong case", &contact(), at(3))
        .unwrap();
    let gateway = FakeGateway::willing();
    assert_eq!(
        send(&mut register, &settings(&gateway.sms("")), at(4)).delivered,
        2
    );
    assert!(kinds(&register, case.case_key).contains(&EventKind::Communicated));
}

#[test]
fn rules_say_what_an_answer_means() {
    // Codes in the body of a 200, as many gateways give them; and in JSON with another status.
    let in_text = "success = { starts_with = [\"00\", \"01\", \"02\"] }\npermanent = { starts_with = \"20\" }";
    let in_json = "success = { json = { pointer = \"/code\", equals = \"00\" } }\n\
                   permanent = { json = { pointer = \"/code\", equals = [\"20\", \"70\"] } }";
    let cases: [(&str, u16, &'static str, MessageState); 7] = [
        (
            in_text,
            200,
            "00 17377215342605050417149344",
            MessageState::Sent,
        ),
        (in_text, 200, "20", MessageState::Dead),
        (in_text, 200, "80", MessageState::Failed),
        (in_json, 200, "{\"code\": \"00\"}", MessageState::Sent),
        (in_json, 406, "{\"code\": \"70\"}", MessageState::Dead),
        (in_json, 406, "{\"code\": \"80\"}", MessageState::Failed),
        (in_json, 200, "not JSON", MessageState::Failed),
    ];
    for (rules, status, body, expected) in cases {
        let (_dir, mut register) = fresh();
        register_for(&mut register, by_phone(), at(0));
        let gateway = FakeGateway::start(move |_, _| Reply::Answer(status, body));
        send(&mut register, &settings(&gateway.sms(rules)), at(1));
        assert_eq!(messages(&register)[0].state, expected, "{status} {body}");
    }
}

#[test]
fn a_request_with_get_fills_its_address_and_credentials_go_in_headers() {
    let (_dir, mut register) = fresh();
    register_for(&mut register, by_phone(), at(0));
    let gateway = FakeGateway::willing();
    let settings = settings(&format!(
        "[sms]\nkind = \"http\"\nmethod = \"GET\"\nuser = \"Aladdin\"\npassword = \"open sesame\"\nfrom = \"KUZEY YAPI\"\n\
         country_code = \"90\"\nheaders = {{ Authorization = \"Basic {{basic}}\", \"Idempotency-Key\" = \"k-{{key}}\" }}\n\
         url = \"http://127.0.0.1:{}/get?n={{to_digits}}&m={{text}}&h={{from}}\"\n",
        gateway.port
    ));
    assert_eq!(send(&mut register, &settings, at(1)).delivered, 1);
    let request = &gateway.requests()[0];
    assert!(
        request.line.starts_with("GET /get?n=905551112233&m="),
        "{}",
        request.line
    );
    assert!(
        request.line.ends_with("&h=KUZEY%20YAPI HTTP/1.1"),
        "{}",
        request.line
    );
    // RFC 7617, section 2.
    assert_eq!(
        request.header("Authorization"),
        Some("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")
    );
    assert!(request.key().starts_with("k-"));
    assert!(request.body.is_empty());
}

#[test]
fn messages_without_a_gateway_wait_and_are_counted() {
    let (_dir, mut register) = fresh();
    register_for(&mut register, by_email(), at(0));
    register_for(&mut register, by_phone(), at(1));
    let gateway = FakeGateway::willing();
    let sent = send(&mut register, &settings(&gateway.sms("")), at(2));
    assert_eq!((sent.delivered, sent.without_gateway), (1, 1));
}
