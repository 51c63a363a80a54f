//! Corrective actions through the interface: opened once, step by step, judged by somebody else.

use axum::http::StatusCode;
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::Client;

fn opening(number: &str) -> Value {
    json!({
        "title": "Kapı menteşeleri", "kind": "corrective", "source": "case", "reference": number,
        "owner": "zeynep", "due_on": "2026-04-01",
    })
}

fn open(client: &Client) -> String {
    let number = client.registered("k1", "Kapı çatladı.");
    let answer = client.post_with(
        "/api/v1/actions",
        &[("idempotency-key", "a1")],
        &opening(&number),
    );
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
    let id = answer.text("id");
    assert_eq!(answer.header("location"), format!("/api/v1/actions/{id}"));
    let again = client.post_with(
        "/api/v1/actions",
        &[("idempotency-key", "a1")],
        &opening(&number),
    );
    assert_eq!(again.status, StatusCode::OK);
    assert_eq!(again.text("id"), id);
    id
}

#[test]
fn an_action_goes_its_way_by_the_steps_of_the_desk() {
    let client = Client::new();
    let id = open(&client);
    let step = |step: &str, body: Value| {
        let answer = client.post(&format!("/api/v1/actions/{id}/steps/{step}"), &body);
        assert_eq!(answer.status, StatusCode::OK, "{step}: {}", answer.body);
        answer.body
    };
    let analysed = step(
        "analyse",
        json!({
            "on": "2026-03-02", "method": "five_whys", "why1": "menteşe gevşek", "root_cause": "worn jig",
            "elsewhere": ["K30", "Bursa"],
        }),
    );
    assert_eq!(analysed["state"], "analysed");
    assert_eq!(analysed["root_cause"], "worn jig");
    let planned = step(
        "plan",
        json!({
            "what": "new jig", "due_on": "2026-03-02", "judge_by": "criterion",
            "criterion": "no loose hinge in a hundred doors", "criterion_due": "2026-03-03",
        }),
    );
    assert_eq!(planned["check"]["by"], "criterion");
    step(
        "implement",
        json!({ "on": "2026-03-02", "cost": 125_050, "documents": "WI-12 rev 4" }),
    );
    client.desk.pass(TimeDelta::days(2));
    let verified = step(
        "verify",
        json!({ "on": "2026-03-04", "verdict": "inconclusive", "note": "too few doors yet" }),
    );
    assert_eq!(verified["verified_by"], "api:erp");
    assert_eq!(verified["verdict"], "inconclusive");
    let history = client.get(&format!("/api/v1/actions/{id}/history")).body;
    let events = history["events"].as_array().unwrap();
    let kinds: Vec<&str> = events.iter().map(|e| e["kind"].as_str().unwrap()).collect();
    assert_eq!(
        kinds,
        ["opened", "analysed", "planned", "implemented", "verified"]
    );
    assert!(events.iter().all(|event| event["actor"] == "api:erp"));
    assert_eq!(events[3]["data"]["cost_minor"], 125_050);
    let list = client
        .get("/api/v1/actions?owner=zeynep&overdue=false")
        .body;
    assert_eq!(list["actions"][0]["id"], id.as_str());
    assert_eq!(
        client.get("/api/v1/actions?owner=ali").body["actions"],
        json!([])
    );
}

#[test]
fn an_action_that_cannot_be_opened_is_refused_field_by_field() {
    let client = Client::new();
    let wrong = |body: &Value| {
        let answer = client.post_with("/api/v1/actions", &[("idempotency-key", "a")], body);
        answer.refused(422, "invalid");
        answer
            .wrong_fields()
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<String>>()
    };
    assert_eq!(
        wrong(
            &json!({ "title": "x", "source": "gossip", "kind": "corrective", "owner": "zeynep" })
        ),
        ["source"]
    );
    let mut body = opening("C-999999");
    body["source"] = json!("cluster");
    assert_eq!(wrong(&body), ["reference"]);
    body = opening(&client.registered("k1", "Kapı çatladı."));
    body["owner"] = json!("nobody");
    assert_eq!(wrong(&body), ["owner"]);
}

#[test]
fn a_step_that_is_not_due_or_that_saw_an_older_action_is_refused() {
    let client = Client::new();
    let id = open(&client);
    let path = format!("/api/v1/actions/{id}");
    client
        .post(&format!("{path}/steps/verify"), &json!({}))
        .refused(409, "refused");
    let tag = client.get(&path).header("etag").to_owned();
    assert_eq!(tag, "\"1\"");
    client.post(&format!("{path}/steps/note"), &json!({ "text": "seen" }));
    let late = client.post_with(
        &format!("{path}/steps/note"),
        &[("if-match", &tag)],
        &json!({ "text": "also" }),
    );
    late.refused(409, "changed");
    assert_eq!(late.body["version"], 2);
    let refused = client.post(&format!("{path}/steps/analyse"), &json!({ "on": "soon" }));
    refused.refused(422, "invalid");
    assert!(refused.wrong_fields().contains(&"on"));
    let offered = client.get(&path).body["steps"].clone();
    assert!(offered.as_array().unwrap().contains(&json!("analyse")));
    assert!(!offered.as_array().unwrap().contains(&json!("verify")));
}
