//! Webhooks: nothing lost, nothing queued twice, signed, in order, tried again, given up.

use std::sync::{Arc, Mutex};

use chrono::{DateTime, TimeDelta, Utc};
use redress::channels::webhook::{secret_text, tell, try_out};
use redress::register::{MessageState, NewWebhook, Register, WEBHOOK_ATTEMPTS, webhook_kinds};
use serde_json::{Value, json};

use super::Client;
use crate::channels::fake_gateway::{FakeGateway, Reply, Request};

fn add(client: &Client, name: &str, url: &str, kinds: &[&str]) -> Vec<u8> {
    let new = NewWebhook {
        name: name.to_owned(),
        url: url.to_owned(),
        kinds: kinds.iter().map(|kind| (*kind).to_owned()).collect(),
        allows_private: true,
    };
    let now = client.desk.now();
    client
        .desk
        .register()
        .add_webhook(&new, "tekin", now)
        .unwrap()
}

fn url(receiver: &FakeGateway) -> String {
    format!("http://127.0.0.1:{}/hook", receiver.port)
}

fn kind(request: &Request) -> String {
    let body: Value = serde_json::from_str(&request.body).unwrap();
    body["type"].as_str().unwrap().to_owned()
}

fn states(register: &Register) -> Vec<(String, MessageState, u32)> {
    let mut all = register.deliveries(None, None, 100).unwrap();
    all.reverse();
    all.into_iter()
        .map(|d| (d.kind, d.state, d.attempts))
        .collect()
}

#[test]
fn an_event_is_told_signed_and_without_a_word_of_anybody() {
    let client = Client::new();
    let receiver = FakeGateway::willing();
    let before = client.registered("k0", "Eski şikâyet.");
    let secret = add(&client, "erp", &url(&receiver), &["case.*"]);
    let number = client.registered("k1", "Kapı çatladı, Elif Kaya.");
    let mut register = client.desk.register();
    let now = client.desk.now();
    let told = tell(&mut register, now).unwrap();
    assert_eq!((told.queued, told.delivered), (1, 1), "{told:?}");
    let requests = receiver.requests();
    assert_eq!(requests.len(), 1);
    let request = &requests[0];
    assert_eq!(request.line, "POST /hook HTTP/1.1");
    let body: Value = serde_json::from_str(&request.body).unwrap();
    let version = register.case_by_number(&number).unwrap().last_seq;
    assert_eq!(
        body,
        json!({
            "type": "case.registered",
            "timestamp": "2026-03-02T06:00:00.000000Z",
            "data": { "case": number, "version": version, "link": format!("/api/v1/cases/{number}") },
        })
    );
    // What happened before it was added, and who it was, is not told.
    assert!(!request.body.contains(&before) && !request.body.contains("Elif"));
    let id = request.header("webhook-id").unwrap();
    let seconds = request.header("webhook-timestamp").unwrap();
    let sent: i64 = seconds.parse().unwrap();
    assert!((sent - now.timestamp()).abs() < 60);
    let expected = signature(&secret, &format!("{id}.{seconds}.{}", request.body));
    assert_eq!(request.header("webhook-signature").unwrap(), expected);
    assert!(secret_text(&secret).starts_with("whsec_"));
    // Nothing more happened, so nothing more is told.
    assert_eq!(tell(&mut register, now).unwrap().queued, 0);
    assert_eq!(receiver.requests().len(), 1);
    assert!(register.audit_verify(None).unwrap().is_clean());
}

/// HMAC-SHA-256 in base64 by the definition (RFC 2104), apart from the code that is tried.
fn signature(secret: &[u8], message: &str) -> String {
    use sha2::{Digest as _, Sha256};
    let mut key = [0_u8; 64];
    key[..secret.len()].copy_from_slice(secret);
    let inner: Vec<u8> = key.iter().map(|byte| byte ^ 0x36).collect();
    let outer: Vec<u8> = key.iter().map(|byte| byte ^ 0x5c).collect();
    let inner = Sha256::digest([inner.as_slice(), message.as_bytes()].concat());
    let code = Sha256::digest([outer.as_slice(), inner.as_slice()].concat());
    let signs = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in code.chunks(3) {
        let bits = chunk
            .iter()
            .fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
        let bits = bits << (8 * (3 - chunk.len()));
        for place in 0..=chunk.len() {
            text.push(char::from(signs[(bits >> (18 - 6 * place)) as usize & 63]));
        }
        text.push_str(&"=".repeat(3 - chunk.len()));
    }
    format!("v1,{text}")
}

#[test]
fn a_webhook_is_told_of_the_kinds_that_it_asked_for() {
    let client = Client::new();
    let receiver = FakeGateway::willing();
    add(
        &client,
        "erp",
        &url(&receiver),
        &["case.decided", "action.*"],
    );
    let number = client.registered("k1", "Kapı çatladı.");
    client.done(&number, "note", &json!({ "text": "Arandı." }));
    let opening = json!({
        "title": "Menteşe", "kind": "corrective", "source": "case", "reference": number, "owner": "zeynep",
    });
    client.post_with("/api/v1/actions", &[("idempotency-key", "a")], &opening);
    let mut register = client.desk.register();
    tell(&mut register, client.desk.now()).unwrap();
    let requests = receiver.requests();
    assert_eq!(
        requests.iter().map(kind).collect::<Vec<_>>(),
        ["action.opened"]
    );
    let body: Value = serde_json::from_str(&requests[0].body).unwrap();
    assert_eq!(body["data"]["action"], "A-000001");
    assert_eq!(body["data"]["version"], 1);
    assert!(webhook_kinds().contains(&"case.decided".to_owned()));
    let unknown = NewWebhook {
        name: "other".to_owned(),
        url: url(&receiver),
        kinds: vec!["case.pondered".to_owned()],
        allows_private: true,
    };
    let now = client.desk.now();
    let refused = register.add_webhook(&unknown, "tekin", now).unwrap_err();
    assert!(refused.to_string().contains("case.pondered"), "{refused}");
}

#[test]
fn of_one_case_what_happened_first_is_told_first_and_others_do_not_wait() {
    let client = Client::new();
    let refuses = Arc::new(Mutex::new(true));
    let first = client.registered("k0", "Eski şikâyet.");
    let answer = {
        let (refuses, first) = (Arc::clone(&refuses), first.clone());
        move |_: usize, request: &Request| match *refuses.lock().unwrap() {
            true if request.body.contains(&first) => Reply::Answer(503, ""),
            _ => Reply::Answer(204, ""),
        }
    };
    let receiver = FakeGateway::start(answer);
    add(&client, "erp", &url(&receiver), &["case.*"]);
    client.done(&first, "note", &json!({ "text": "Bir." }));
    client.done(&first, "acknowledge", &json!({ "means": "phone" }));
    let second = client.registered("k1", "Kapı çatladı.");
    let mut register = client.desk.register();
    let now = client.desk.now();
    let told = tell(&mut register, now).unwrap();
    assert_eq!((told.delivered, told.later), (1, 1), "{told:?}");
    let to_first = |requests: &[Request]| -> Vec<String> {
        let of_first = requests.iter().filter(|r| r.body.contains(&first));
        of_first.map(kind).collect()
    };
    // The second event of the first case did not overtake the first one.
    assert_eq!(to_first(&receiver.requests()), ["case.note_added"]);
    assert!(receiver.requests().iter().any(|r| r.body.contains(&second)));
    *refuses.lock().unwrap() = false;
    let told = tell(&mut register, now + TimeDelta::minutes(2)).unwrap();
    assert_eq!((told.delivered, told.later), (2, 0), "{told:?}");
    assert_eq!(
        to_first(&receiver.requests()),
        ["case.note_added", "case.note_added", "case.acknowledged"]
    );
    // A delivery that is tried again has the number that it had.
    let requests = receiver.requests();
    let ids: Vec<&str> = requests
        .iter()
        .filter(|r| kind(r) == "case.note_added")
        .map(|r| r.header("webhook-id").unwrap())
        .collect();
    assert_eq!(ids[0], ids[1]);
}

#[test]
fn a_delivery_is_tried_less_and_less_often_and_then_given_up() {
    let client = Client::new();
    let receiver = FakeGateway::start(|_, _| Reply::Answer(500, ""));
    add(&client, "erp", &url(&receiver), &["case.*"]);
    client.registered("k1", "Kapı çatladı.");
    let mut register = client.desk.register();
    let mut at: DateTime<Utc> = client.desk.now();
    let mut waits = Vec::new();
    for attempt in 1..=WEBHOOK_ATTEMPTS {
        tell(&mut register, at).unwrap();
        let delivery = &register.deliveries(None, None, 1).unwrap()[0];
        assert_eq!(delivery.attempts, attempt);
        // A moment before its time it is not tried.
        tell(
            &mut register,
            delivery.next_attempt_at - TimeDelta::seconds(2),
        )
        .unwrap();
        waits.push((delivery.next_attempt_at - at).num_minutes());
        at = delivery.next_attempt_at + TimeDelta::seconds(1);
    }
    assert_eq!(waits[..10], [1, 2, 4, 8, 16, 32, 64, 128, 256, 360]);
    let dead = &register
        .deliveries(None, Some(MessageState::Dead), 9)
        .unwrap()[0];
    assert_eq!(
        dead.last_error.as_deref(),
        Some("the receiver answered 500")
    );
    assert_eq!(receiver.requests().len(), WEBHOOK_ATTEMPTS as usize);
    tell(&mut register, at + TimeDelta::days(1)).unwrap();
    assert_eq!(receiver.requests().len(), WEBHOOK_ATTEMPTS as usize);
    assert_eq!(register.retry_deliveries("erp", "tekin", at).unwrap(), 1);
    tell(&mut register, at).unwrap();
    assert_eq!(receiver.requests().len(), WEBHOOK_ATTEMPTS as usize + 1);
    assert!(register.audit_verify(None).unwrap().is_clean());
}

#[test]
fn a_receiver_that_is_gone_is_told_once_and_no_redirect_is_followed() {
    let client = Client::new();
    let gone = FakeGateway::start(|_, _| Reply::Answer(410, ""));
    let elsewhere = FakeGateway::willing();
    let moved = FakeGateway::start(|_, _| Reply::Answer(302, ""));
    add(&client, "gone", &url(&gone), &["case.*"]);
    add(&client, "moved", &url(&moved), &["case.*"]);
    client.registered("k1", "Kapı çatladı.");
    let mut register = client.desk.register();
    tell(&mut register, client.desk.now()).unwrap();
    assert_eq!(
        states(&register),
        [
            ("case.registered".to_owned(), MessageState::Dead, 1),
            ("case.registered".to_owned(), MessageState::Failed, 1),
        ]
    );
    assert!(elsewhere.requests().is_empty());
    let failed = &register.deliveries(Some("moved"), None, 1).unwrap()[0];
    assert!(failed.last_error.as_ref().unwrap().contains("redirects"));
}

#[test]
fn what_was_taken_is_forgotten_after_a_season_and_never_told_again() {
    let client = Client::new();
    let receiver = FakeGateway::willing();
    add(&client, "erp", &url(&receiver), &["case.*"]);
    client.registered("k1", "Kapı çatladı.");
    let mut register = client.desk.register();
    tell(&mut register, client.desk.now()).unwrap();
    client.desk.pass(TimeDelta::days(91));
    client.registered("k2", "Boya soldu.");
    let told = tell(&mut register, client.desk.now()).unwrap();
    assert_eq!((told.queued, told.delivered), (1, 1), "{told:?}");
    assert_eq!(states(&register).len(), 1);
    assert_eq!(receiver.requests().len(), 2);
}

#[test]
fn a_process_that_died_after_sending_leaves_the_delivery_to_the_next() {
    let client = Client::new();
    let receiver = FakeGateway::willing();
    add(&client, "erp", &url(&receiver), &["case.*"]);
    client.registered("k1", "Kapı çatladı.");
    let mut register = client.desk.register();
    let now = client.desk.now();
    register.queue_deliveries(now).unwrap();
    let claimed = register.claim_deliveries(now, now, &[], 8).unwrap();
    assert_eq!(claimed.len(), 1);
    // Meanwhile nobody else has it, and it is queued no second time.
    assert_eq!(tell(&mut register, now).unwrap().delivered, 0);
    let later = now + redress::register::LEASE + TimeDelta::seconds(1);
    assert_eq!(tell(&mut register, later).unwrap().delivered, 1);
    let request = &receiver.requests()[0];
    assert_eq!(
        request.header("webhook-id"),
        Some(claimed[0].delivery.message_id.as_str())
    );
    assert_eq!(states(&register).len(), 1);
}

#[test]
fn a_webhook_that_does_not_answer_is_left_alone_for_the_run() {
    let client = Client::new();
    let receiver = FakeGateway::start(|_, _| Reply::BreakOff);
    add(&client, "erp", &url(&receiver), &["case.*"]);
    for n in 0..12 {
        client.registered(&format!("k{n}"), "Kapı çatladı.");
    }
    let mut register = client.desk.register();
    let told = tell(&mut register, client.desk.now()).unwrap();
    assert_eq!(told.left_alone, ["erp"]);
    assert_eq!(told.delivered, 0);
    assert_eq!((told.queued, told.later), (12, 3), "{told:?}");
    assert_eq!(receiver.requests().len(), 3);
    // What was not tried is not held back for its sake.
    let waiting = register.deliveries(None, Some(MessageState::Queued), 100);
    assert_eq!(waiting.unwrap().len(), 9);
}

#[test]
fn a_webhook_that_is_removed_is_told_nothing_and_has_no_secret_any_more() {
    let client = Client::new();
    let receiver = FakeGateway::willing();
    let secret = add(&client, "erp", &url(&receiver), &["case.*"]);
    let mut register = client.desk.register();
    let now = client.desk.now();
    let (webhook, known) = register.webhook_secret("erp").unwrap();
    assert_eq!(known, secret);
    assert_eq!(try_out(&webhook, &secret, now), Ok(()));
    assert_eq!(kind(&receiver.requests()[0]), "ping");
    client.registered("k1", "Kapı çatladı.");
    register.queue_deliveries(now).unwrap();
    register.remove_webhook("erp", "tekin", now).unwrap();
    let told = tell(&mut register, now).unwrap();
    assert_eq!((told.queued, told.delivered), (0, 0));
    assert_eq!(states(&register)[0].1, MessageState::Dead);
    assert!(register.webhook_secret("erp").is_err());
    assert!(register.audit_verify(None).unwrap().is_clean());
    let path = register.path().to_owned();
    drop(register);
    for ending in ["", "-wal"] {
        let mut file = path.as_os_str().to_owned();
        file.push(ending);
        let bytes = std::fs::read(file).unwrap_or_default();
        let found = bytes.windows(secret.len()).any(|part| part == secret);
        assert!(!found, "the secret stands in the register{ending} in clear");
    }
}
