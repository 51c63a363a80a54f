//! A case from the complaint to the customer's answer, by a program.

use axum::body::Body;
use axum::http::header::AUTHORIZATION;
use axum::http::{Request, StatusCode};
use redress::domain::event::EventKind;
use redress::domain::workflow::StateName;
use serde_json::json;

use super::Client;
use crate::web_desk::JPEG;

fn routed(client: &Client) -> String {
    let number = client.registered("k1", "Kapı çatladı.");
    client.done(&number, "classify", &json!({ "category": "cracking" }));
    let to = json!({ "department": "technical_gebze", "site": "gebze", "also": ["quality"] });
    client.done(&number, "route", &to);
    number
}

const DECISION: &str = r#"{ "response": "information", "rule": "CR-7", "rule_version": "3",
                            "text": "Bakım kılavuzu gönderildi." }"#;

#[test]
fn a_case_goes_its_way_by_the_commands_of_the_desk() {
    let client = Client::new();
    let number = routed(&client);
    let assessed = json!({ "severity": "high", "safety": true });
    client.done(&number, "assess", &assessed);
    let again = json!({ "severity": "low", "change": "new_facts" });
    client.done(&number, "assess", &again);
    let decision: serde_json::Value = serde_json::from_str(DECISION).unwrap();
    let done = client.done(&number, "decide", &decision);
    assert_eq!(done.body["needs_second_signature"], false);
    client.done(&number, "communicate", &json!({ "means": "phone" }));
    let answer = json!({ "answer": "accepted", "means": "phone", "proof": "call of 2 March" });
    let done = client.done(&number, "answer", &answer);
    assert_eq!(done.body["state"], client.desk.state(&number).as_str());
    assert_eq!(
        client.desk.kinds(&number),
        [
            EventKind::Registered,
            EventKind::Classified,
            EventKind::Routed,
            EventKind::Assessed,
            EventKind::Assessed,
            EventKind::Decided,
            EventKind::Communicated,
            EventKind::AnsweredOnBehalf,
        ]
    );
    let case = client.get(&format!("/api/v1/cases/{number}")).body;
    assert_eq!(case["also"], json!(["quality"]));
    assert_eq!(case["decisions"][0]["decided_by"], "api:erp");
    assert_eq!(case["decisions"][0]["answer"], "accepted");
    assert!(
        client
            .desk
            .register()
            .audit_verify(None)
            .unwrap()
            .is_clean()
    );
}

#[test]
fn a_program_decides_alone_only_what_costs_nothing_and_signs_nothing_of_its_own() {
    let client = Client::new();
    let number = routed(&client);
    let refund = json!({
        "response": "refund", "granted": "refund", "cost": 5_000, "rule": "CR-2", "rule_version": "1",
        "text": "Bedel iade edilir.",
    });
    let done = client.done(&number, "decide", &refund);
    assert_eq!(done.body["needs_second_signature"], true);
    let history = client.get(&format!("/api/v1/cases/{number}/history")).body;
    let decided = &history["events"][3];
    assert_eq!(decided["data"]["cost"], 5_000);
    let refused = client.give(&number, "countersign", &json!({}));
    refused.refused(409, "refused");
    assert_eq!(refused.body["refusal"], "signed_by_decider");
}

#[test]
fn whoever_saw_an_older_case_is_told_and_nothing_is_recorded() {
    let client = Client::new();
    let number = client.registered("k1", "Kapı çatladı.");
    let path = format!("/api/v1/cases/{number}");
    let tag = client.get(&path).header("etag").to_owned();
    client.done(&number, "note", &json!({ "text": "Fotoğraf istendi." }));
    let note = json!({ "text": "Arandı." });
    let late = client.post_with(
        &format!("{path}/commands/note"),
        &[("if-match", &tag)],
        &note,
    );
    late.refused(409, "changed");
    let present = client.get(&path);
    assert_eq!(late.body["version"], present.body["version"]);
    assert_eq!(client.desk.kinds(&number).len(), 2);
    let tag = present.header("etag").to_owned();
    let timely = client.post_with(
        &format!("{path}/commands/note"),
        &[("if-match", &tag)],
        &note,
    );
    assert_eq!(timely.status, StatusCode::OK, "{}", timely.body);
    client
        .post_with(
            &format!("{path}/commands/note"),
            &[("if-match", "x")],
            &note,
        )
        .refused(400, "bad_request");
}

#[test]
fn what_the_workflow_does_not_admit_is_refused_with_its_rule() {
    let client = Client::new();
    let number = client.registered("k1", "Kapı çatladı.");
    let answer = json!({ "answer": "accepted", "means": "phone", "proof": "call" });
    let refused = client.give(&number, "answer", &answer);
    refused.refused(409, "refused");
    assert_eq!(refused.body["refusal"], "not_in_this_state");
    client.done(&number, "acknowledge", &json!({ "means": "phone" }));
    client
        .give(&number, "acknowledge", &json!({ "means": "phone" }))
        .refused(409, "not_now");
    client
        .give(&number, "ponder", &json!({}))
        .refused(404, "not_found");
}

#[test]
fn what_is_wrong_with_a_command_is_said_of_its_fields() {
    let client = Client::new();
    let number = client.registered("k1", "Kapı çatladı.");
    let wrong = json!({ "severity": "awful", "safety": "yes", "colour": "red" });
    let refused = client.give(&number, "assess", &wrong);
    refused.refused(422, "invalid");
    assert_eq!(refused.wrong_fields(), ["colour", "severity", "safety"]);
    let refused = client.give(&number, "note", &json!({}));
    assert_eq!(refused.refused(422, "invalid").wrong_fields(), ["text"]);
    let early = json!({ "text": "Arandı.", "at": "2026-02-20T06:00:00Z" });
    let refused = client.give(&number, "note", &early);
    refused.refused(422, "invalid");
    assert_eq!(refused.wrong_fields(), ["late_reason"]);
    let ahead = json!({ "text": "Arandı.", "at": "2026-04-20T06:00:00Z" });
    let refused = client.give(&number, "note", &ahead);
    assert_eq!(refused.refused(422, "invalid").wrong_fields(), ["at"]);
    // A colleague who is not on the list gets nothing to do.
    let refused = client.give(&number, "assign", &json!({ "to": "nobody" }));
    assert_eq!(refused.refused(422, "invalid").wrong_fields(), ["to"]);
    assert_eq!(client.desk.kinds(&number).len(), 1);
}

#[test]
fn an_event_is_mended_in_the_open() {
    let client = Client::new();
    let number = client.registered("k1", "Kapı çatladı.");
    client.done(&number, "classify", &json!({ "category": "cracking" }));
    let seq = client
        .desk
        .register()
        .case_by_number(&number)
        .unwrap()
        .last_seq;
    let right =
        json!({ "event": seq, "field": "category", "value": "fading", "reason": "misread" });
    client.done(&number, "amend", &right);
    let case = client.get(&format!("/api/v1/cases/{number}")).body;
    assert_eq!(case["category"], "fading");
    let void = json!({ "event": seq, "reason": "another case" });
    client.done(&number, "void", &void);
    let case = client.get(&format!("/api/v1/cases/{number}")).body;
    assert_eq!(case["category"], json!(null));
    client.give(&number, "void", &void).refused(409, "refused");
    let lost = json!({ "event": 999, "field": "category", "value": "x", "reason": "y" });
    client.give(&number, "amend", &lost).refused(422, "invalid");
}

#[test]
fn files_come_as_multipart_and_are_read_back() {
    let client = Client::new();
    let number = client.registered("k1", "Kapı çatladı.");
    let path = format!("/api/v1/cases/{number}/commands/attach");
    client.post(&path, &json!({})).refused(415, "media_type");
    let mut body = Vec::new();
    body.extend(b"--b\r\nContent-Disposition: form-data; name=\"files\"; filename=\"k.jpg\"\r\n");
    body.extend(b"Content-Type: image/jpeg\r\n\r\n");
    body.extend_from_slice(JPEG);
    body.extend(b"\r\n--b--\r\n");
    let request = Request::post(&path)
        .header(AUTHORIZATION, format!("Bearer {}", client.token))
        .header("content-type", "multipart/form-data; boundary=b");
    let page = client.desk.send(request.body(Body::from(body)).unwrap());
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    let case = client.get(&format!("/api/v1/cases/{number}")).body;
    let sha256 = case["files"][0]["sha256"].as_str().unwrap();
    let file = client.get(&format!("/api/v1/cases/{number}/files/{sha256}"));
    assert_eq!(file.status, StatusCode::OK);
    assert!(file.header("content-disposition").starts_with("attachment"));
    let elsewhere = client.registered("k2", "Boya soldu.");
    client
        .get(&format!("/api/v1/cases/{elsewhere}/files/{sha256}"))
        .refused(404, "not_found");
}

#[test]
fn another_tracking_password_takes_the_place_of_the_first() {
    let client = Client::new();
    let first = client.register("k1", "Kapı çatladı.");
    let number = first.text("number");
    let given = client.done(&number, "new-password", &json!({}));
    let register = client.desk.register();
    let opens = |password: String| register.verify_tracking(&number, &password).unwrap();
    assert_eq!(opens(first.text("tracking_password")), None);
    assert!(opens(given.text("tracking_password")).is_some());
}

#[test]
fn a_question_waits_for_the_customer() {
    let client = Client::new();
    let number = routed(&client);
    let question = json!({ "pause": "customer_information", "text": "Hangi oda?" });
    client.done(&number, "ask", &question);
    let messages = client.get(&format!("/api/v1/messages?case={number}")).body;
    assert_eq!(messages["messages"][0]["purpose"], "question");
    assert_eq!(client.desk.state(&number), StateName::InProcessing);
    let decision: serde_json::Value = serde_json::from_str(DECISION).unwrap();
    client
        .give(&number, "decide", &decision)
        .refused(409, "refused");
}
