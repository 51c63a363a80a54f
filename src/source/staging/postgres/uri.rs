//! A connection URI taken apart: `postgres://user:password@host:port/database?name=value`.

/// The parts, by the names of PostgreSQL's parameters.
pub(super) struct Uri(Vec<(String, String)>);

/// Whether a store is named by such a URI.
pub(crate) fn is_uri(text: &str) -> bool {
    after_scheme(text).is_some()
}

/// A URI without anything that could be a password: what stands before the last `@` of the authority is cut down to the user,
/// and the parameters are left out.
pub(crate) fn bare(text: &str) -> String {
    let Some(rest) = after_scheme(text) else {
        return text.to_owned();
    };
    let (main, parameters) = rest.split_once('?').unwrap_or((rest, ""));
    let (who, place) = match (main.rsplit_once('@'), parameters.rsplit_once('@')) {
        (Some((who, place)), _) => (Some(who), place),
        // A question mark that should have been encoded: the password goes on behind it.
        (None, Some((_, place))) => (Some(main), place),
        (None, None) => (None, main),
    };
    let user = who.map(|who| who.split_once(':').map_or(who, |(user, _)| user));
    match user {
        Some(user) if !user.is_empty() => format!("postgres://{user}@{place}"),
        Some(_) | None => format!("postgres://{place}"),
    }
}

fn after_scheme(text: &str) -> Option<&str> {
    text.strip_prefix("postgres://")
        .or_else(|| text.strip_prefix("postgresql://"))
}

impl Uri {
    /// Takes a URI apart; what is wrong with one that cannot be is said without quoting it.
    pub(super) fn of(text: &str) -> Result<Uri, String> {
        let rest = after_scheme(text)
            .ok_or_else(|| "begins with neither postgres:// nor postgresql://".to_owned())?;
        let (main, parameters) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, database) = main.split_once('/').unwrap_or((main, ""));
        // Either would make a piece of the password a name that messages quote.
        if database.contains('@') || (!main.contains('@') && parameters.contains('@')) {
            return Err(
                "has an @ after a / or ?; in a password write %40 for an @, %2F for a /, %3F for a ?"
                    .to_owned(),
            );
        }
        let (who, place) = authority.rsplit_once('@').unwrap_or(("", authority));
        let (user, password) = who.split_once(':').unwrap_or((who, ""));
        let (host, port) = host_and_port(place)?;
        if host.contains(',') {
            return Err("names several servers; name the one to read".to_owned());
        }
        let mut parts = Vec::new();
        for (name, value) in [
            ("user", user),
            ("password", password),
            ("host", host),
            ("port", port),
            ("dbname", database),
        ] {
            if !value.is_empty() {
                parts.push((name.to_owned(), decoded(name, value)?));
            }
        }
        for parameter in parameters.split('&').filter(|p| !p.is_empty()) {
            let Some((name, value)) = parameter.split_once('=') else {
                return Err("has a parameter without a value; write name=value".to_owned());
            };
            parts.push((decoded("name", name)?, decoded(name, value)?));
        }
        Ok(Uri(parts))
    }

    /// A part by its name, which is then no longer there. Parameters prevail over what stands before them.
    pub(super) fn take(&mut self, name: &str) -> Option<String> {
        let mut found = None;
        self.0.retain_mut(|(known, value)| {
            if known == name {
                found = Some(std::mem::take(value));
            }
            known != name
        });
        found
    }

    /// The name of a part that nobody took.
    pub(super) fn left_over(&self) -> Option<&str> {
        self.0.first().map(|(name, _)| name.as_str())
    }
}

/// A host and a port; an IPv6 address stands in brackets.
fn host_and_port(place: &str) -> Result<(&str, &str), String> {
    if let Some(rest) = place.strip_prefix('[') {
        let (host, port) = rest
            .split_once(']')
            .ok_or_else(|| "has a `[` without its `]`".to_owned())?;
        return Ok((host, port.strip_prefix(':').unwrap_or(port)));
    }
    Ok(place.rsplit_once(':').unwrap_or((place, "")))
}

/// A part with its percent-encoded bytes as they are.
fn decoded(name: &str, text: &str) -> Result<String, String> {
    let wrong = || {
        format!(
            "the {name} is not percent-encoded text; write %25 for a percent sign, %40 for an @"
        )
    };
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || {
            rest.next()
                .and_then(|b| char::from(b).to_digit(16))
                .and_then(|d| u8::try_from(d).ok())
        };
        match (digit(), digit()) {
            (Some(high), Some(low)) => bytes.push(high * 16 + low),
            (_, _) => return Err(wrong()),
        }
    }
    String::from_utf8(bytes).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uri_is_known_by_its_beginning() {
        assert!(is_uri("postgres://h/d") && is_uri("postgresql:///d"));
        assert!(!is_uri("postgres") && !is_uri("export/tickets") && !is_uri("mysql://h/d"));
    }

    #[test]
    fn a_bare_uri_has_no_password_wherever_it_stood() {
        assert_eq!(
            bare("postgresql://a:b@c:1@h/d?password=x"),
            "postgres://a@h/d"
        );
        assert_eq!(bare("postgres://h/d?user=a&password=x"), "postgres://h/d");
        assert_eq!(bare("postgres://:x@h/d"), "postgres://h/d");
        // A slash that should have been encoded.
        assert_eq!(bare("postgres://a:b/c@h/d"), "postgres://a@h/d");
        assert_eq!(bare("postgres://a:b?c@h/d"), "postgres://a@h/d");
        assert_eq!(bare("tables"), "tables");
        for unencoded in [
            "postgres://a:b/c@h/d",
            "postgres://a:b?c@h/d",
            "postgres://a:b?c=1@h/d",
        ] {
            let said = Uri::of(unencoded).err().unwrap();
            assert!(said.contains("%40"), "{said}");
        }
    }

    #[test]
    fn a_parameter_prevails_and_is_taken_once() {
        let mut uri = Uri::of("postgres://a@h/d?user=b&x=1").ok().unwrap();
        assert_eq!(uri.take("user").as_deref(), Some("b"));
        assert_eq!(uri.take("user"), None);
        assert_eq!(uri.take("host").as_deref(), Some("h"));
        assert_eq!(uri.take("dbname").as_deref(), Some("d"));
        assert_eq!(uri.left_over(), Some("x"));
    }
}
