//! Cookies: of the desk's session, of a complainant's session, of the chosen language.

use axum::http::HeaderMap;
use axum::http::header::COOKIE;

use redress_domain::vocabulary::Language;

/// Which session a cookie holds. Staff may follow a case of their own while they are signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Desk,
    Case,
}

impl Kind {
    const fn name(self, secure: bool) -> &'static str {
        match (self, secure) {
            // The prefix keeps other hosts of the domain from setting it (RFC 6265bis, 4.1.3.2).
            (Kind::Desk, true) => "__Host-desk",
            (Kind::Desk, false) => "desk",
            (Kind::Case, true) => "__Host-case",
            (Kind::Case, false) => "case",
        }
    }
}

const LANGUAGE: &str = "language";

/// The `Set-Cookie` that begins a session.
pub fn begin(kind: Kind, token: &str, secure: bool) -> String {
    let name = kind.name(secure);
    format!(
        "{name}={token}; Path=/; HttpOnly; SameSite=Lax{}",
        secured(secure)
    )
}

/// The `Set-Cookie` that ends it.
pub fn end(kind: Kind, secure: bool) -> String {
    let name = kind.name(secure);
    format!(
        "{name}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0{}",
        secured(secure)
    )
}

/// The `Set-Cookie` of a chosen language, for a year.
pub fn language(language: Language, secure: bool) -> String {
    format!(
        "{LANGUAGE}={language}; Path=/; HttpOnly; SameSite=Lax; Max-Age=31536000{}",
        secured(secure)
    )
}

const fn secured(secure: bool) -> &'static str {
    if secure { "; Secure" } else { "" }
}

/// The token of a session in a request.
pub fn token(headers: &HeaderMap, kind: Kind, secure: bool) -> Option<String> {
    cookie(headers, kind.name(secure)).filter(|token| !token.is_empty())
}

/// The language that a visitor chose before.
pub fn chosen(headers: &HeaderMap) -> Option<Language> {
    cookie(headers, LANGUAGE)?.parse().ok()
}

fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(known, _)| *known == name)
        .map(|(_, value)| value.to_owned())
}

/// The first language of ours in an `Accept-Language`, by its weights (RFC 9110, 12.5.4).
pub fn accepted(header: &str) -> Option<Language> {
    let mut wished: Vec<(f64, Language)> = header
        .split(',')
        .filter_map(|item| {
            let mut parts = item.split(';').map(str::trim);
            let tag = parts.next()?;
            let language = tag.split('-').next()?.to_ascii_lowercase().parse().ok()?;
            let weight = parts
                .find_map(|part| part.strip_prefix("q="))
                .map_or(Some(1.0), |q| q.parse().ok())?;
            Some((weight, language))
        })
        .filter(|(weight, _)| *weight > 0.0)
        .collect();
    wished.sort_by(|a, b| b.0.total_cmp(&a.0));
    wished.first().map(|(_, language)| *language)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn over_https_a_session_is_bound_to_the_host_and_no_script_reads_it() {
        for kind in [Kind::Desk, Kind::Case] {
            let set = begin(kind, "t", true);
            let (name, rest) = set.split_once("=t; ").unwrap();
            // RFC 6265bis, 4.1.3.2: Secure, the whole site, and no Domain.
            assert!(name.starts_with("__Host-"), "{set}");
            let said: Vec<&str> = rest.split("; ").collect();
            assert_eq!(said, ["Path=/", "HttpOnly", "SameSite=Lax", "Secure"]);
            assert!(end(kind, true).contains("Max-Age=0; Secure"));
        }
        // Trying out over plain HTTP, a browser would drop a secure one.
        assert!(!begin(Kind::Desk, "t", false).contains("Secure"));
    }

    #[test]
    fn the_heaviest_language_that_we_have_is_taken() {
        assert_eq!(
            accepted("de-DE,de;q=0.9,ru;q=0.4,tr;q=0.7"),
            Some(Language::Tr)
        );
        assert_eq!(accepted("ru-RU"), Some(Language::Ru));
        assert_eq!(accepted("en;q=0, fr"), None);
    }
}
