//! What the server writes into its log: requests by their route, failures by their reason, and nobody's data.
//!
//! A path holds numbers of cases and tokens, a query what somebody searched for, a refusal what somebody typed: none
//! of them is written. The number of the request leads from a visitor's complaint about a page to its line.

use std::fmt::Display;
use std::time::Duration;

use super::error::WebError;
use super::public::failure;
use redress_register::RegisterError;

/// The target of the lines of requests, to choose them with `REDRESS_LOG=redress::request=info`.
pub const REQUEST: &str = "redress::request";

/// Routes that say how the server is.
const HEALTH: [&str; 2] = ["/healthz", "/readyz"];

/// A request that was answered. Who looks after the server's health asks twice a minute: that it answered well is for
/// those who want to see everything.
pub fn answered(id: &str, method: &str, route: &str, status: u16, took: Duration) {
    let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    if HEALTH.contains(&route) && status < 400 {
        tracing::debug!(target: REQUEST, request_id = id, method, route, status, ms, "answered");
    } else {
        tracing::info!(target: REQUEST, request_id = id, method, route, status, ms, "answered");
    }
}

/// A visitor's address came in a header from somebody who is no trusted proxy, and was dropped. Whose it was is not
/// written: it may be a visitor's.
pub fn address_not_believed() {
    tracing::warn!(
        "a visitor's address came from a proxy that is not among `trusted_proxies`; such headers are dropped, and visitors \
         behind it share one limit on tries (said once)"
    );
}

/// A page that could not be made.
pub fn failed(id: &str, error: &WebError) {
    let error = reason(error);
    tracing::error!(request_id = id, error, "a page could not be made");
}

/// A handler that broke off. What it said may quote what it worked on, so only its place is written, by the hook
/// of the program.
pub fn panicked(route: &str, error: &tokio::task::JoinError) {
    let cancelled = error.is_cancelled();
    tracing::error!(route, cancelled, "a handler panicked");
}

/// What may be written of a failure.
pub fn reason(error: &WebError) -> String {
    match error {
        WebError::Register(error) => of_register(error),
        WebError::NotFound
        | WebError::Forbidden
        | WebError::OtherSite
        | WebError::TooMany { .. }
        | WebError::BadForm { .. }
        | WebError::TooLarge { .. }
        | WebError::Rules(_)
        | WebError::Rule(_)
        | WebError::Calendar(_)
        | WebError::Limit(_)
        | WebError::Visits { .. }
        | WebError::Random(_)
        | WebError::Words(_)
        | WebError::Translation { .. }
        | WebError::Form(_)
        | WebError::Template(_)
        | WebError::Other(_) => one_line(error),
    }
}

/// What may be written of a register's failure: what it says of files and databases. A refusal quotes what was
/// entered, and an unreadable record what it holds.
pub fn of_register(error: &RegisterError) -> String {
    if let RegisterError::Unreadable { table, .. } = error {
        return format!("a record in {table} cannot be read; see `redress audit verify`");
    }
    if matches!(error, RegisterError::EventData(_)) {
        return "an event's data cannot be read; see `redress audit verify`".to_owned();
    }
    match failure::speaks_of_entries(error) {
        true => "the register refused what was entered".to_owned(),
        false => one_line(error),
    }
}

/// A sentence on one line, so that no line of the log is made up by what stands in it.
fn one_line(text: &impl Display) -> String {
    text.to_string().replace(char::is_control, " ")
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn a_refusal_says_nothing_of_what_was_typed_and_a_full_disk_says_where() {
        let refused = WebError::Register(RegisterError::Invalid {
            what: "phone",
            found: "+90 532 111 22 33".to_owned(),
            hint: "digits",
        });
        assert!(!reason(&refused).contains("532"), "{}", reason(&refused));
        let full = WebError::Register(RegisterError::DiskFull {
            path: PathBuf::from("/srv/register.sqlite"),
        });
        assert!(reason(&full).contains("/srv/register.sqlite"));
        let unreadable = WebError::Register(RegisterError::Unreadable {
            table: "complainant",
            key: "17".to_owned(),
            why: "`Elif Kaya` is no language".to_owned(),
        });
        assert!(reason(&unreadable).contains("complainant"));
        assert!(!reason(&unreadable).contains("Elif"));
    }

    #[test]
    fn a_reason_stands_on_one_line() {
        let said = reason(&WebError::Other(
            "one\n{\"level\":\"INFO\"}\r\u{1b}[2J".to_owned(),
        ));
        assert!(!said.contains(['\n', '\r', '\u{1b}']), "{said:?}");
    }
}
