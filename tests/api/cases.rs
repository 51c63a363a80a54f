//! Cases through the interface: registered once, listed page by page, found, read.

use axum::http::StatusCode;
use redress::domain::event::EventKind;
use serde_json::json;

use super::Client;

#[test]
fn a_complaint_that_is_sent_twice_is_one_case() {
    let client = Client::new();
    let first = client.register("order-4711", "Kapı çatladı.");
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.body);
    let number = first.text("number");
    assert_eq!(first.header("location"), format!("/api/v1/cases/{number}"));
    let password = first.text("tracking_password");
    assert_eq!(first.body["customer_is_told"], true);
    let case_key = client.desk.key(&number);
    let register = client.desk.register();
    assert_eq!(
        register.verify_tracking(&number, &password).unwrap(),
        Some(case_key)
    );
    let second = client.register("order-4711", "Kapı çatladı.");
    assert_eq!(second.status, StatusCode::OK, "{}", second.body);
    assert_eq!(second.text("number"), number);
    // Nobody kept it.
    assert_eq!(second.body["tracking_password"], json!(null));
    client
        .register("order-4711", "Boya soldu.")
        .refused(422, "key_reused");
    assert_eq!(
        client.get("/api/v1/cases").body["cases"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let other = client.registered("order-4712", "Kapı çatladı.");
    assert_ne!(other, number);
}

#[test]
fn a_complaint_that_is_sent_again_after_the_server_died_is_one_case() {
    let client = Client::new();
    let number = client.registered("order-4711", "Kapı çatladı.");
    // The server died before it noted what became of the request: what it noted is gone.
    let register = client.desk.register();
    let mut visits = register.path().as_os_str().to_owned();
    visits.push(".visits");
    let conn = rusqlite::Connection::open(visits).unwrap();
    assert_eq!(conn.execute("DELETE FROM form_key", []).unwrap(), 1);
    let again = client.register("order-4711", "Kapı çatladı.");
    assert_eq!(again.status, StatusCode::OK, "{}", again.body);
    assert_eq!(again.text("number"), number);
    let cases = client.get("/api/v1/cases").body["cases"].clone();
    assert_eq!(cases.as_array().unwrap().len(), 1);
}

#[test]
fn a_complaint_without_a_key_or_with_faults_is_not_registered() {
    let client = Client::new();
    let whole = json!({ "text": "Kapı çatladı.", "channel": "phone", "language": "tr" });
    client
        .post("/api/v1/cases", &whole)
        .refused(400, "bad_request");
    let wrong = json!({
        "text": " ", "channel": "pigeon", "received": "yesterday", "sold_on": "2026-13-01", "colour": "red",
    });
    let refused = client.post_with("/api/v1/cases", &[("idempotency-key", "k")], &wrong);
    refused.refused(422, "invalid");
    assert_eq!(
        refused.wrong_fields(),
        ["colour", "channel", "language", "received", "sold_on"]
    );
    let ahead = json!({
        "text": "Kapı çatladı.", "channel": "phone", "language": "tr", "received": "2026-03-02T06:00:01Z",
    });
    let mut early = ahead.clone();
    early["received"] = json!("1999-03-02T06:00:00Z");
    for out_of_time in [ahead, early] {
        let refused = client.post_with("/api/v1/cases", &[("idempotency-key", "k")], &out_of_time);
        refused.refused(422, "invalid");
        assert_eq!(refused.wrong_fields(), ["received"]);
    }
    for day in ["sold_on", "produced_on"] {
        let mut unmade = whole.clone();
        unmade[day] = json!("2199-01-01");
        let refused = client.post_with("/api/v1/cases", &[("idempotency-key", "k")], &unmade);
        refused.refused(422, "invalid");
        assert_eq!(refused.wrong_fields(), [day]);
    }
    assert_eq!(client.get("/api/v1/cases").body["cases"], json!([]));
    // The key was not used up.
    client.registered("k", "Kapı çatladı.");
}

#[test]
fn a_severity_that_comes_along_is_the_first_assessment() {
    let client = Client::new();
    let body = json!({
        "text": "Kapı düştü.", "channel": "phone", "language": "tr", "severity": "high",
        "received": "2026-03-02T08:00:00+03:00",
    });
    let answer = client.post_with("/api/v1/cases", &[("idempotency-key", "k")], &body);
    let number = answer.text("number");
    assert_eq!(
        client.desk.kinds(&number),
        [EventKind::Registered, EventKind::Assessed]
    );
    let case = client.get(&format!("/api/v1/cases/{number}")).body;
    assert_eq!(case["severity"], "high");
    assert_eq!(case["received_at"], "2026-03-02T05:00:00Z");
    assert_eq!(case["version"], answer.body["version"]);
}

#[test]
fn a_list_goes_on_where_the_page_before_ended() {
    let client = Client::new();
    let numbers: Vec<String> = (0..5)
        .map(|n| client.registered(&format!("k{n}"), "Kapı çatladı."))
        .collect();
    let (mut seen, mut path) = (Vec::new(), "/api/v1/cases?limit=2".to_owned());
    for pages in 1..10 {
        let page = client.get(&path).body;
        let cases = page["cases"].as_array().unwrap();
        assert!(cases.len() <= 2);
        seen.extend(cases.iter().map(|case| case["number"].clone()));
        match page["next"].as_str() {
            Some(next) => path = format!("/api/v1/cases?limit=2&after={next}"),
            None => {
                assert_eq!(pages, 3);
                break;
            }
        }
    }
    assert_eq!(json!(seen), json!(numbers));
    for wrong in [
        "limit=0",
        "limit=201",
        "limit=x",
        "after=x",
        "state=lost",
        "open=perhaps",
    ] {
        let refused = client.get(&format!("/api/v1/cases?{wrong}"));
        refused.refused(422, "invalid");
        assert_eq!(refused.wrong_fields(), [wrong.split('=').next().unwrap()]);
    }
    for month in ["2026", "2026-13", "202603"] {
        client
            .get(&format!("/api/v1/cases?from_month={month}"))
            .refused(422, "invalid");
    }
}

#[test]
fn a_list_is_narrowed_and_searched() {
    let client = Client::new();
    let cracked = client.registered("k1", "Kapı ışıkta çatladı.");
    let faded = client.registered("k2", "Boya soldu.");
    client.done(&cracked, "classify", &json!({ "category": "cracking" }));
    client.done(&faded, "withdraw", &json!({ "text": "Müşteri vazgeçti." }));
    let numbers = |query: &str| -> Vec<String> {
        let page = client.get(&format!("/api/v1/cases?{query}")).body;
        let cases = page["cases"].as_array().unwrap().iter();
        cases
            .map(|case| case["number"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(numbers("open=true"), std::slice::from_ref(&cracked));
    assert_eq!(numbers("state=withdrawn"), std::slice::from_ref(&faded));
    assert_eq!(numbers("category=cracking"), std::slice::from_ref(&cracked));
    assert!(numbers("from_month=2026-04").is_empty());
    assert_eq!(numbers("to_month=2026-03").len(), 2);
    assert_eq!(numbers("q=ISIKTA"), std::slice::from_ref(&cracked));
    assert_eq!(numbers("q=0555%20111%2022%2033"), [faded, cracked]);
    client.get("/api/v1/cases?q=x").refused(422, "invalid");
}

#[test]
fn a_case_is_read_with_its_history_and_its_clocks() {
    let client = Client::new();
    let number = client.registered("k1", "Kapı çatladı.");
    let path = format!("/api/v1/cases/{number}");
    let answer = client.get(&path);
    let case = &answer.body;
    assert_eq!(case["complaint"], "Kapı çatladı.");
    assert_eq!(case["complainant"]["name"], "Elif Kaya");
    assert_eq!(case["state"], "registered");
    let version = case["version"].as_i64().unwrap();
    assert_eq!(answer.header("etag"), format!("\"{version}\""));
    let commands: Vec<&str> = case["commands"]
        .as_array()
        .unwrap()
        .iter()
        .map(|command| command.as_str().unwrap())
        .collect();
    assert!(commands.contains(&"classify") && !commands.contains(&"answer"));
    let history = client.get(&format!("{path}/history")).body;
    assert_eq!(history["events"][0]["kind"], "registered");
    // The integration is named as who did it, in the role that it acts in.
    assert_eq!(history["events"][0]["actor"], "api:erp");
    assert_eq!(history["events"][0]["role"], "agent");
    let ledger = client.get(&format!("{path}/ledger")).body;
    let stages = ledger["stages"].as_array().unwrap();
    let intake = stages.iter().find(|s| s["stage"] == "intake").unwrap();
    // Received on Monday, 2 March 2026, with two working days: Wednesday.
    assert_eq!(intake["limit_days"], 2);
    assert_eq!(intake["net"]["due_on"], "2026-03-04");
    assert_eq!(intake["verdict"], "open_not_due");
    assert_eq!(case["next_due"]["due_on"].as_str().unwrap().len(), 10);
    client
        .get("/api/v1/cases/2026-999999")
        .refused(404, "not_found");
}
