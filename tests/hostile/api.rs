//! Requests of other programs with a good token: what they write is refused or taken, and the register stays whole.

use axum::body::Body;
use axum::http::Request;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, IF_MATCH};
use chrono::{DateTime, TimeDelta, Utc};
use redress::domain::vocabulary::Role;
use redress::register::{NewIntegration, NewStaff, Scope};

use super::harness::{Seen, Target, Try, attack};
use crate::web_public::Site;

/// Requests after which the whole register is audited.
const BETWEEN_AUDITS: u64 = 50;

/// A request as text: method and path in a line each, and JSON below.
fn request(input: &[u8], token: &str, turn: u64) -> Option<Request<Body>> {
    let text = std::str::from_utf8(input).ok()?;
    let (method, rest) = text.split_once('\n')?;
    let (path, body) = rest.split_once('\n')?;
    // The version that was seen: mostly the one that stands, so that a command goes on to what it says.
    let version = format!("\"{}\"", 1 + turn % 3);
    Request::builder()
        .method(method)
        .uri(path)
        .header(AUTHORIZATION, format!("Bearer {token}"))
        .header("Idempotency-Key", format!("key-{turn}"))
        .header(IF_MATCH, version)
        .header(CONTENT_TYPE, "application/json")
        .body(Body::from(body.to_owned()))
        .ok()
}

fn a_program() -> Try {
    let site = Site::new();
    let now: DateTime<Utc> = "2026-03-02T06:00:00Z".parse().expect("a moment");
    let new = NewIntegration {
        name: "shop".to_owned(),
        scopes: Scope::ALL.to_vec(),
        roles: vec![Role::Contact, Role::Agent, Role::Quality, Role::Admin],
        department: None,
        site: None,
        per_minute: 1_000,
        expires_at: None,
    };
    let mut register = site.register();
    let clerk = NewStaff {
        name: "clerk".to_owned(),
        roles: vec![Role::Admin],
        department: None,
        site: None,
        discretion_minor: None,
    };
    register.add_staff(&clerk).expect("a member of staff");
    let token = register.create_token(&new, "clerk", now).expect("a token");
    drop(register);
    let mut turn = 0;
    Box::new(move |input| {
        turn += 1;
        let Some(request) = request(input, &token, turn) else {
            return Ok(Seen::Refused);
        };
        site.pass(TimeDelta::minutes(1));
        let page = site.send(request);
        if page.status.is_server_error() {
            return Err(format!("{}: {}", page.status, page.body));
        }
        if turn.is_multiple_of(BETWEEN_AUDITS) {
            let report = site
                .register()
                .audit_verify(None)
                .map_err(|e| e.to_string())?;
            if let Some(first) = report.first() {
                return Err(format!("the audit: {first}"));
            }
        }
        Ok(match page.status.is_success() {
            true => Seen::Read,
            false => Seen::Refused,
        })
    })
}

#[test]
fn no_request_of_a_program_makes_a_fault_or_breaks_the_register() {
    let seeds = [
        "POST\n/api/v1/cases\n{\"text\":\"The lid leaks.\",\"channel\":\"phone\",\"language\":\"tr\",\"name\":\"Elif\",\"phone\":\"0532 000 00 00\",\"sold_on\":\"2026-02-01\",\"remedy\":\"repair\",\"severity\":\"low\"}",
        "GET\n/api/v1/cases\n",
        "GET\n/api/v1/cases/2026-000001\n",
        "GET\n/api/v1/cases/2026-000001/history\n",
        "GET\n/api/v1/cases/2026-000001/ledger\n",
        "POST\n/api/v1/cases/2026-000001/commands/note\n{\"text\":\"Called back.\"}",
        "POST\n/api/v1/cases/2026-000001/commands/classify\n{\"category\":\"delivery\"}",
        "POST\n/api/v1/actions\n{\"title\":\"Lids\",\"kind\":\"corrective\",\"source\":\"case\",\"owner\":\"ayse\"}",
        "GET\n/api/v1/actions/A-000001\n",
    ];
    let target = Target {
        name: "api",
        share: 2,
        seeds: seeds.iter().map(|text| text.as_bytes().to_vec()).collect(),
        words: &[
            "2026-000001",
            "2026-000002",
            "/commands/decide",
            "/commands/communicate",
            "/commands/pause",
            "/commands/withdraw",
            "/history",
            "?cursor=",
            "&limit=0",
            "%00",
            "%2f",
            "\"received\":\"9999-12-31T23:59:60Z\"",
            "\"received\":\"2026-03-02T07:00\"",
            "\"sold_on\":\"+262142-12-31\"",
            "null",
            "[]",
            "{}",
            "1e400",
            "\\u0000",
            "\\ud800",
            "[[[[[[[[",
            "\"text\":\"\"",
        ],
    };
    attack(target, a_program);
}
