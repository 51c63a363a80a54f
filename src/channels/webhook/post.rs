//! One delivery on its way: body, headers, and what the answer means.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::json;
use ureq::config::Config;
use ureq::http::Request;
use ureq::unversioned::transport::DefaultConnector;
use ureq::{Agent, Error};

use super::address::{PublicOnly, check};
use super::sign::signature;
use redress_register::{ClaimedDelivery, Webhook};

/// How long a receiver may take; it should answer first and work afterwards.
const WITHIN: Duration = Duration::from_secs(15);
/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(5);

/// What became of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Posted {
    Taken,
    /// It may be taken another time.
    Later(String),
    /// It will never be taken.
    Never(String),
}

/// Posts a delivery.
pub(super) fn post(claimed: &ClaimedDelivery, now: DateTime<Utc>) -> Posted {
    let delivery = &claimed.delivery;
    let (subject, folder) = match delivery.kind.starts_with("case.") {
        true => ("case", "cases"),
        false => ("action", "actions"),
    };
    let body = json!({
        "type": delivery.kind,
        "timestamp": moment(delivery.recorded_at),
        "data": {
            subject: delivery.subject,
            "version": delivery.version,
            "link": format!("/api/v1/{folder}/{}", encoded(&delivery.subject)),
        },
    });
    send(
        &claimed.webhook,
        &claimed.secret,
        &delivery.message_id,
        &body.to_string(),
        now,
    )
}

/// Posts a trial event, which is of no case.
pub(super) fn ping(webhook: &Webhook, secret: &[u8], now: DateTime<Utc>) -> Posted {
    let body = json!({ "type": "ping", "timestamp": moment(now), "data": {} });
    let id = format!("ping.{}", now.timestamp_micros());
    send(webhook, secret, &id, &body.to_string(), now)
}

fn send(webhook: &Webhook, secret: &[u8], id: &str, body: &str, now: DateTime<Utc>) -> Posted {
    // What was allowed once may not be any more: the address is judged at each sending.
    if let Err(why) = check(&webhook.url, webhook.allows_private) {
        return Posted::Never(why.to_string());
    }
    let seconds = now.timestamp();
    let request = Request::post(&webhook.url)
        .header("content-type", "application/json")
        .header("webhook-id", id)
        .header("webhook-timestamp", seconds.to_string())
        .header("webhook-signature", signature(secret, id, seconds, body))
        .body(body.to_owned());
    let request = match request {
        Ok(request) => request,
        Err(error) => return Posted::Never(format!("the request cannot be made: {error}")),
    };
    match agent(webhook.allows_private).run(request) {
        Ok(answer) => judged(answer.status().as_u16()),
        Err(error) => Posted::Later(in_words(&error)),
    }
}

fn agent(allows_private: bool) -> Agent {
    let config: Config = Agent::config_builder()
        .http_status_as_error(false)
        // A redirect leads elsewhere than was agreed, and past the check of the address.
        .max_redirects(0)
        // A proxy would resolve the name itself, and reach what is refused here.
        .proxy(None)
        .timeout_global(Some(WITHIN))
        .timeout_resolve(Some(CONNECT))
        .timeout_connect(Some(CONNECT))
        .user_agent(concat!("redress/", env!("CARGO_PKG_VERSION")))
        .build();
    match allows_private {
        true => config.into(),
        false => Agent::with_parts(config, DefaultConnector::new(), PublicOnly::default()),
    }
}

/// What a status means (Standard Webhooks 1.0, "Responses"): any 2xx is a yes, 410 asks for no more.
fn judged(status: u16) -> Posted {
    match status {
        200..=299 => Posted::Taken,
        300..=399 => Posted::Later(format!(
            "the receiver answered {status}: redirects are not followed, give the address itself"
        )),
        410 => Posted::Never("the receiver answered 410: it is gone for good".to_owned()),
        _ => Posted::Later(format!("the receiver answered {status}")),
    }
}

fn in_words(error: &Error) -> String {
    match error {
        Error::HostNotFound => {
            "the host has no address, or none that is public (--allow-private)".to_owned()
        }
        error => format!("no answer: {error}"),
    }
}

fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// A number as one part of a path: numbers that came from elsewhere may hold any sign.
fn encoded(number: &str) -> String {
    let encoded: String = form_urlencoded::byte_serialize(number.as_bytes()).collect();
    // A space is `+` in forms only.
    encoded.replace('+', "%20")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_yes_is_one_and_only_gone_is_final() {
        assert_eq!(judged(204), Posted::Taken);
        for status in [301, 400, 401, 404, 429, 500, 503] {
            assert!(matches!(judged(status), Posted::Later(_)), "{status}");
        }
        assert!(matches!(judged(410), Posted::Never(_)));
    }

    #[test]
    fn a_name_that_leads_inside_is_not_reached() {
        let request = Request::post("https://localhost:9/").body(String::new());
        let refused = agent(false).run(request.unwrap()).unwrap_err();
        assert!(matches!(refused, Error::HostNotFound), "{refused}");
    }

    #[test]
    fn a_number_from_elsewhere_stays_one_part_of_the_link() {
        assert_eq!(encoded("2026-000001"), "2026-000001");
        assert_eq!(encoded("A/7 ş"), "A%2F7%20%C5%9F");
    }
}
