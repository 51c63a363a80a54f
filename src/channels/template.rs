//! Texts of the settings with names in braces, filled in for each message.

use super::escape::{self, Encoding};
use redress_domain::vocabulary::words;
use redress_plain::base64::base64;

words! {
    /// What a request may say of a message.
    Placeholder {
        /// The number with `+` and country code where the settings name the country, else as registered.
        To = "to",
        /// The same without the `+`.
        ToDigits = "to_digits",
        /// The number as dialled within the country, without country code and leading zero.
        ToNational = "to_national",
        Text = "text",
        /// The same each time that the same message is sent.
        Key = "key",
        From = "from",
        User = "user",
        Password = "password",
        /// User and password for `Authorization: Basic` (RFC 7617).
        Basic = "basic",
    }
}

/// A text with names in braces; braces around anything else stand for themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Plain(String),
    Filled(Placeholder),
}

/// A name in braces that nobody fills in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{{{name}}}` is filled in by nobody; known are {}", known())]
pub struct UnknownPlaceholder {
    pub name: String,
}

/// Where a template stands, which decides how its values are escaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Address,
    Header,
    Body(Encoding),
}

/// What is filled in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Values<'a> {
    pub to: &'a str,
    pub to_digits: &'a str,
    pub to_national: &'a str,
    pub text: &'a str,
    pub key: &'a str,
    pub from: &'a str,
    pub user: &'a str,
    pub password: &'a str,
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// For a name in braces that is none of [`Placeholder`]'s.
    pub fn parse(text: &str) -> Result<Template, UnknownPlaceholder> {
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            plain.push_str(before);
            match name_in_braces(after) {
                Some((name, behind)) => {
                    let filled = name.parse().map_err(|_| UnknownPlaceholder {
                        name: name.to_owned(),
                    })?;
                    pieces.push(Piece::Plain(std::mem::take(&mut plain)));
                    pieces.push(Piece::Filled(filled));
                    rest = behind;
                }
                None => {
                    plain.push('{');
                    rest = after;
                }
            }
        }
        plain.push_str(rest);
        pieces.push(Piece::Plain(plain));
        Ok(Template(pieces))
    }

    /// Whether it says this of a message.
    pub(super) fn says(&self, what: Placeholder) -> bool {
        self.0.contains(&Piece::Filled(what))
    }

    /// The text for one message. What is filled in is not looked at again.
    pub(super) fn fill(&self, values: &Values<'_>, place: Place) -> String {
        self.0
            .iter()
            .map(|piece| match piece {
                Piece::Plain(text) => text.clone(),
                Piece::Filled(what) => place.escaped(&values.of(*what)),
            })
            .collect()
    }
}

impl Place {
    fn escaped(self, value: &str) -> String {
        match self {
            Place::Address => escape::percent(value),
            Place::Header => escape::header(value),
            Place::Body(encoding) => encoding.escaped(value),
        }
    }
}

impl Values<'_> {
    fn of(&self, what: Placeholder) -> String {
        match what {
            Placeholder::To => self.to.to_owned(),
            Placeholder::ToDigits => self.to_digits.to_owned(),
            Placeholder::ToNational => self.to_national.to_owned(),
            Placeholder::Text => self.text.to_owned(),
            Placeholder::Key => self.key.to_owned(),
            Placeholder::From => self.from.to_owned(),
            Placeholder::User => self.user.to_owned(),
            Placeholder::Password => self.password.to_owned(),
            Placeholder::Basic => base64(format!("{}:{}", self.user, self.password).as_bytes()),
        }
    }
}

/// The name that closes with a brace here, and what follows it.
fn name_in_braces(text: &str) -> Option<(&str, &str)> {
    let (name, behind) = text.split_once('}')?;
    let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    is_name.then_some((name, behind))
}

fn known() -> String {
    let names: Vec<&str> = Placeholder::ALL.iter().map(|p| p.as_str()).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUES: Values<'static> = Values {
        to: "+905551112233",
        to_digits: "905551112233",
        to_national: "5551112233",
        text: "Karar \"verildi\": {key} & ığüş",
        key: "0123abcd",
        from: "KUZEY YAPI",
        user: "Aladdin",
        password: "open sesame",
    };

    fn filled(template: &str, place: Place) -> String {
        Template::parse(template).unwrap().fill(&VALUES, place)
    }

    #[test]
    fn a_json_body_keeps_its_own_braces_and_takes_awkward_words() {
        let body = filled(
            r#"{"messages": [{"no": "{to_national}", "msg": "{text}"}], "o": {}}"#,
            Place::Body(Encoding::Json),
        );
        let read: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(read["messages"][0]["no"], "5551112233");
        assert_eq!(read["messages"][0]["msg"], VALUES.text);
    }

    #[test]
    fn what_is_filled_in_is_not_filled_again() {
        let body = filled("{text}", Place::Body(Encoding::None));
        assert_eq!(body, VALUES.text);
    }

    #[test]
    fn an_address_takes_every_value_as_one_part() {
        assert_eq!(
            filled("https://example.org/send?m={text}&n={to}", Place::Address),
            "https://example.org/send?m=Karar%20%22verildi%22%3A%20%7Bkey%7D%20%26%20%C4%B1%C4%9F%C3%BC%C5%9F&n=%2B905551112233"
        );
    }

    #[test]
    fn basic_is_that_of_rfc_7617() {
        // The example of RFC 7617, section 2.
        assert_eq!(
            filled("Basic {basic}", Place::Header),
            "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
        );
    }

    #[test]
    fn a_name_that_nobody_fills_in_is_refused() {
        let error = Template::parse("to={to}&text={message}").unwrap_err();
        assert!(error.to_string().contains("`{message}`"), "{error}");
        assert!(error.to_string().contains("to_national"), "{error}");
    }
}
