//! The number of a request: it joins what a visitor saw, what the log says and what a proxy wrote.

use axum::http::{Extensions, HeaderMap};

use super::error::Result;
use redress_plain::hex::hex;

/// The header that carries it, in and out.
pub const HEADER: &str = "x-request-id";

/// The longest number that is taken from a proxy.
const LONGEST: usize = 64;

/// A request's number, put into the request by the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(pub String);

/// The number that a request was given; empty where nothing gave it one.
pub fn given(extensions: &Extensions) -> String {
    extensions
        .get::<RequestId>()
        .map_or_else(String::new, |id| id.0.clone())
}

/// The number of a request: the proxy's, where the proxy is trusted and what it says can be a number; else a new one.
///
/// # Errors
/// When no random numbers are to be had.
pub fn of(headers: &HeaderMap, trusted: bool) -> Result<RequestId> {
    let theirs = headers
        .get(HEADER)
        .and_then(|value| value.to_str().ok())
        .filter(|text| trusted && is_number(text));
    match theirs {
        Some(text) => Ok(RequestId(text.to_owned())),
        None => new(),
    }
}

fn new() -> Result<RequestId> {
    let mut bytes = [0u8; 16];
    getrandom::fill(&mut bytes)?;
    Ok(RequestId(hex(&bytes)))
}

/// Whether a text can be a number: nothing that could break a line of a log or a page.
fn is_number(text: &str) -> bool {
    (1..=LONGEST).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn with(value: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(HEADER, HeaderValue::from_static(value));
        headers
    }

    #[test]
    fn a_number_is_taken_from_a_trusted_proxy_alone() {
        let headers = with("7f3a-0001");
        assert_eq!(of(&headers, true).unwrap().0, "7f3a-0001");
        let made = of(&headers, false).unwrap().0;
        assert_eq!(made.len(), 32, "{made}");
        assert_ne!(made, of(&headers, false).unwrap().0);
    }

    #[test]
    fn what_would_break_a_line_or_a_page_is_no_number() {
        let long: &'static str =
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
        for said in ["", "a b", "<b>", "a\tb", "a\"", long] {
            assert_ne!(of(&with(said), true).unwrap().0, said);
        }
    }
}
