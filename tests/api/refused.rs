//! What is not taken: bodies of the wrong kind, addresses that are none, methods that do not fit.

use serde_json::json;

use super::Client;

const KEY: (&str, &str) = ("idempotency-key", "k1");
const JSON: (&str, &str) = ("content-type", "application/json");

#[test]
fn a_body_of_another_kind_is_refused_for_what_it_is() {
    let client = Client::new();
    let send = |kind: &str, body: &str| {
        client.send(
            "POST",
            "/api/v1/cases",
            &[KEY, ("content-type", kind)],
            body,
        )
    };
    send("text/plain", "{}").refused(415, "media_type");
    send("application/x-www-form-urlencoded", "text=x").refused(415, "media_type");
    send("application/json", "{\"text\": ").refused(400, "bad_request");
    send("application/json", "[1, 2]").refused(422, "invalid");
    send("application/json", "\u{feff}{}").refused(400, "bad_request");
    send("multipart/form-data; boundary=b", "--b--\r\n").refused(415, "media_type");
    send("multipart/form-data", "--b--\r\n").refused(400, "bad_request");
    let large = format!("{{\"text\": \"{}\"}}", "x".repeat(1 << 20));
    send("application/json", &large).refused(413, "too_large");
    let long = format!("{{\"text\": \"{}\"}}", "x".repeat(300_000));
    let refused = send("application/json; charset=utf-8", &long);
    refused.refused(422, "invalid");
    assert!(refused.wrong_fields().contains(&"text"));
    let deep = format!("{}{}", "{\"a\":".repeat(5_000), "}".repeat(5_000));
    send("application/json", &deep).refused(400, "bad_request");
}

#[test]
fn an_address_that_is_none_and_a_method_that_does_not_fit_are_problems_too() {
    let client = Client::new();
    for path in ["/api/v1/nothing", "/api/v2/cases", "/api/"] {
        client.get(path).refused(404, "not_found");
    }
    let refused = client.send("DELETE", "/api/v1/cases", &[], "");
    refused.refused(405, "method_not_allowed");
    let allowed = refused.header("allow").to_owned();
    assert!(
        allowed.contains("GET") && allowed.contains("POST"),
        "{allowed}"
    );
    let refused = client.send("POST", "/api/v1/indicators", &[JSON], "{}");
    refused.refused(405, "method_not_allowed");
    assert!(!refused.header("allow").contains("POST"));
}

#[test]
fn ids_of_no_kind_are_not_found() {
    let client = Client::new();
    for path in [
        "/api/v1/cases/%00",
        "/api/v1/cases/..%2F..%2Fetc",
        "/api/v1/actions/A-0",
        "/api/v1/actions/x",
        "/api/v1/actions/A-999999",
        "/api/v1/clusters/x",
        "/api/v1/clusters/C-999999",
        "/api/v1/reviews/building",
        "/api/v1/reviews/x/files/review.html",
        "/api/v1/reviews/..%2F..%2Fetc/files/passwd",
    ] {
        client.get(path).refused(404, "not_found");
    }
    for path in [
        "/api/v1/messages/x/retry",
        "/api/v1/messages/999/retry",
        "/api/v1/actions/A-000001/steps/close",
        "/api/v1/actions/A-000001/steps/dance",
        "/api/v1/clusters/C-000001/words/confirm",
    ] {
        client.post(path, &json!({})).refused(404, "not_found");
    }
}

#[test]
fn no_language_and_no_cookie_changes_an_answer() {
    let client = Client::new();
    let plain = client.get("/api/v1/cases/2026-999999").body;
    let headers = [("accept-language", "tr"), ("cookie", "language=ru")];
    let other = client.send("GET", "/api/v1/cases/2026-999999?lang=tr", &headers, "");
    assert_eq!(other.body, plain);
}
