//! What programs are told of messages, indicators, clusters and reviews.

use redress::domain::vocabulary::Means;
use redress::register::Claim;
use serde_json::json;

use super::Client;

#[test]
fn messages_are_told_without_the_words_that_hold_a_password() {
    let client = Client::new();
    let first = client.register("k1", "Kapı çatladı.");
    let number = first.text("number");
    let page = client.get("/api/v1/messages").body;
    let message = &page["messages"][0];
    assert_eq!(message["case"], number.as_str());
    assert_eq!(message["purpose"], "registration");
    assert_eq!(message["text"], json!(null));
    assert!(!page.to_string().contains(&first.text("tracking_password")));
    assert_eq!(
        client.get("/api/v1/messages?state=dead").body["messages"],
        json!([])
    );
    client
        .get("/api/v1/messages?case=2026-999999")
        .refused(404, "not_found");
    client
        .get("/api/v1/messages?state=lost")
        .refused(422, "invalid");
}

#[test]
fn a_message_that_was_given_up_is_queued_again() {
    let client = Client::new();
    client.registered("k1", "Kapı çatladı.");
    let id = client.get("/api/v1/messages").body["messages"][0]["id"]
        .as_i64()
        .unwrap();
    let retry = format!("/api/v1/messages/{id}/retry");
    client.post(&retry, &json!({})).refused(409, "refused");
    let mut register = client.desk.register();
    let now = client.desk.now();
    register
        .claim_messages(&Claim {
            means: Means::ALL,
            not_behind: &[],
            due: now,
            now,
            limit: 1,
        })
        .unwrap();
    register
        .message_failed(id, "no such number", true, now)
        .unwrap();
    let queued = client.post(&retry, &json!({}));
    assert_eq!(queued.status.as_u16(), 202, "{}", queued.body);
    assert_eq!(
        client.get("/api/v1/messages?state=queued").body["messages"][0]["id"],
        id
    );
}

#[test]
fn before_the_first_snapshot_there_is_nothing_to_tell() {
    let client = Client::new();
    let indicators = client.get("/api/v1/indicators").body;
    assert_eq!(indicators["indicators"], json!([]));
    client
        .get("/api/v1/indicators?period=soon")
        .refused(422, "invalid");
    assert_eq!(client.get("/api/v1/clusters").body["clusters"], json!([]));
    assert_eq!(client.get("/api/v1/reviews").body["reviews"], json!([]));
    let ask = json!({ "period": "2026-Q1", "language": "tr" });
    client.post("/api/v1/reviews", &ask).refused(409, "not_now");
    let wrong = json!({ "period": "soon", "language": "tr" });
    let refused = client.post("/api/v1/reviews", &wrong);
    assert_eq!(refused.refused(422, "invalid").wrong_fields(), ["period"]);
}
