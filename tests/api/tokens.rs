//! Tokens: who is let in, for what, how often, and what is recorded of it.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use chrono::TimeDelta;
use redress::domain::vocabulary::Role;
use redress::register::{IntegrationChange, NewIntegration, Scope};
use serde_json::json;

use super::{Client, instant, of_everything};

fn narrow(scopes: &[Scope], roles: &[Role]) -> NewIntegration {
    NewIntegration {
        scopes: scopes.to_vec(),
        roles: roles.to_vec(),
        ..of_everything("narrow")
    }
}

#[test]
fn who_shows_no_valid_token_is_let_in_nowhere() {
    let client = Client::new();
    let cookie = client.desk.sign_in("zeynep");
    let ask = |name: &str, value: &str| {
        let request = Request::get("/api/v1/cases").header(name, value);
        client.desk.send(request.body(Body::empty()).unwrap())
    };
    let basic = format!("Basic {}", client.token);
    for (name, value) in [
        ("x-nothing", "x"),
        // A session of the desk is none here.
        ("cookie", cookie.as_str()),
        ("authorization", "Bearer redress_0000"),
        ("authorization", basic.as_str()),
        ("authorization", client.token.as_str()),
    ] {
        let page = ask(name, value);
        assert_eq!(page.status, StatusCode::UNAUTHORIZED, "{name}: {value}");
        let challenge = page.headers["www-authenticate"].to_str().unwrap();
        assert!(challenge.starts_with("Bearer"), "{challenge}");
        assert!(page.body.contains("\"unauthorized\""), "{}", page.body);
    }
    assert_eq!(client.get("/api/v1/cases").status, StatusCode::OK);
}

#[test]
fn a_token_opens_its_scopes_alone() {
    let client = Client::with(&narrow(&[Scope::CasesRead], &[Role::Agent]));
    assert_eq!(client.get("/api/v1/cases").status, StatusCode::OK);
    let refused = client.register("k1", "Kapı çatladı.");
    refused.refused(403, "scope_missing");
    assert_eq!(refused.body["scope"], "cases:write");
    client.get("/api/v1/messages").refused(403, "scope_missing");
    client.get("/api/v1/actions").refused(403, "scope_missing");
    client.get("/api/v1/reviews").refused(403, "scope_missing");
}

#[test]
fn a_role_does_no_more_here_than_at_the_desk() {
    // Technical staff register nothing, and see nothing that is not their plant's.
    let scopes = [Scope::CasesRead, Scope::CasesWrite];
    let client = Client::with(&narrow(&scopes, &[Role::Technical]));
    client
        .register("k1", "Kapı çatladı.")
        .refused(403, "role_missing");
    let ayse = client.desk.sign_in("ayse");
    let number = client
        .desk
        .register_call(&ayse, "Elif Kaya", "Kapı çatladı.");
    client
        .get(&format!("/api/v1/cases/{number}"))
        .refused(404, "not_found");
}

#[test]
fn a_token_that_is_revoked_or_past_its_day_opens_nothing_from_then_on() {
    let end = instant("2026-03-05T00:00:00Z");
    let client = Client::with(&NewIntegration {
        expires_at: Some(end),
        ..of_everything("short")
    });
    assert_eq!(client.get("/api/v1/cases").status, StatusCode::OK);
    client.desk.pass(end - client.desk.now());
    client.get("/api/v1/cases").refused(401, "unauthorized");
    let client = Client::new();
    assert_eq!(client.get("/api/v1/cases").status, StatusCode::OK);
    let mut register = client.desk.register();
    let now = client.desk.now();
    register
        .revoke_token("erp", "lost with a laptop", "tekin", now)
        .unwrap();
    client.get("/api/v1/cases").refused(401, "unauthorized");
    let again = register.revoke_token("erp", "again", "tekin", now);
    assert!(again.unwrap_err().to_string().contains("revoked already"));
}

#[test]
fn a_token_asks_as_often_as_it_may_and_then_waits() {
    let client = Client::with(&NewIntegration {
        per_minute: 3,
        ..of_everything("busy")
    });
    for _ in 0..3 {
        assert_eq!(client.get("/api/v1/cases").status, StatusCode::OK);
    }
    let refused = client.get("/api/v1/cases");
    refused.refused(429, "too_many");
    assert_eq!(refused.header("retry-after"), "20");
    client.desk.pass(TimeDelta::seconds(20));
    assert_eq!(client.get("/api/v1/cases").status, StatusCode::OK);
}

#[test]
fn a_use_is_recorded_once_an_hour_and_nothing_else_is_written() {
    let client = Client::new();
    let used = || client.desk.register().integrations().unwrap()[0].last_used_at;
    assert_eq!(used(), None);
    let first = client.desk.now();
    client.get("/api/v1/cases");
    assert_eq!(used(), Some(first));
    client.desk.pass(TimeDelta::minutes(59));
    client.get("/api/v1/cases");
    assert_eq!(used(), Some(first));
    client.desk.pass(TimeDelta::minutes(1));
    client.get("/api/v1/cases");
    assert_eq!(used(), Some(client.desk.now()));
}

#[test]
fn of_a_token_only_a_hash_is_kept_and_who_made_it_is_known() {
    let client = Client::new();
    let mut register = client.desk.register();
    let now = client.desk.now();
    let path = register.path().to_owned();
    register
        .revoke_token("erp", "another supplier", "tekin", now)
        .unwrap();
    let events = register.integration_events().unwrap();
    let told: Vec<_> = events
        .iter()
        .map(|event| (event.change, event.name.as_str(), event.actor.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            (IntegrationChange::Created, "erp", "tekin"),
            (IntegrationChange::Revoked, "erp", "tekin"),
        ]
    );
    assert_eq!(events[1].detail, json!({ "reason": "another supplier" }));
    assert!(register.audit_verify(None).unwrap().is_clean());
    drop(register);
    let secret = client.token.strip_prefix("redress_").unwrap();
    for ending in ["", "-wal"] {
        let mut file = path.as_os_str().to_owned();
        file.push(ending);
        let bytes = std::fs::read(file).unwrap_or_default();
        let found = bytes
            .windows(secret.len())
            .any(|part| part == secret.as_bytes());
        assert!(!found, "the token stands in the register{ending}");
    }
}

#[test]
fn what_was_done_to_a_token_cannot_be_undone_unseen() {
    let client = Client::new();
    let register = client.desk.register();
    let conn = register.connection();
    for attempt in [
        "UPDATE integration_event SET actor = 'somebody'",
        "DELETE FROM integration_event",
    ] {
        let refused = conn.execute_batch(attempt).unwrap_err().to_string();
        assert!(refused.contains("never"), "{attempt}: {refused}");
    }
    conn.execute_batch("UPDATE integration_token SET revoked_at = NULL, per_minute = 1000000")
        .unwrap();
    let report = register.audit_verify(None).unwrap();
    assert_eq!(report.first().unwrap().place, "integration_token");
}

#[test]
fn a_token_that_makes_no_sense_is_not_made() {
    let client = Client::new();
    let mut register = client.desk.register();
    let now = client.desk.now();
    let mut refused = |new: NewIntegration, by: &str, words: &str| {
        let error = register
            .create_token(&new, by, now)
            .unwrap_err()
            .to_string();
        assert!(error.contains(words), "{error}");
    };
    refused(of_everything("erp"), "tekin", "already");
    refused(of_everything("ERP"), "tekin", "small letters");
    refused(of_everything("shop"), "nobody", "nobody");
    refused(narrow(&[], &[Role::Agent]), "tekin", "one scope or more");
    refused(narrow(&[Scope::CasesRead], &[]), "tekin", "one role");
    refused(
        narrow(&[Scope::ReviewsRead], &[Role::Agent]),
        "tekin",
        "none of the roles",
    );
    refused(
        NewIntegration {
            site: Some("gebze".to_owned()),
            ..narrow(&[Scope::CasesRead], &[Role::Agent])
        },
        "tekin",
        "technical alone",
    );
    refused(
        NewIntegration {
            expires_at: Some(now),
            ..of_everything("late")
        },
        "tekin",
        "lies ahead",
    );
}

#[test]
fn a_token_of_a_plant_sees_the_cases_of_the_plant_alone() {
    let client = Client::with(&NewIntegration {
        department: Some("technical_gebze".to_owned()),
        site: Some("gebze".to_owned()),
        ..narrow(&[Scope::CasesRead, Scope::CasesWrite], &[Role::Technical])
    });
    let desk = &client.desk;
    let ayse = desk.sign_in("ayse");
    let theirs = desk.register_call(&ayse, "Elif Kaya", "Kapı çatladı.");
    desk.routed(&ayse, &theirs);
    let other = desk.register_call(&ayse, "Ali Veli", "Boya soldu.");
    let list = client.get("/api/v1/cases");
    let numbers: Vec<&str> = list.body["cases"]
        .as_array()
        .unwrap()
        .iter()
        .map(|case| case["number"].as_str().unwrap())
        .collect();
    assert_eq!(numbers, [theirs.as_str()]);
    let found = client.get("/api/v1/cases?q=soldu");
    assert_eq!(found.body["cases"], json!([]));
    for path in ["", "/history", "/ledger", "/commands", "/files/00"] {
        client
            .get(&format!("/api/v1/cases/{other}{path}"))
            .refused(404, "not_found");
    }
    client
        .give(&other, "note", &json!({ "text": "x" }))
        .refused(404, "not_found");
    client.done(&theirs, "note", &json!({ "text": "Kalıp ölçüldü." }));
}
