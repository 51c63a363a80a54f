//! What an answer of a gateway means, as the settings say it.

use serde::{Deserialize, Deserializer};

/// Conditions on an answer. All that are given have to hold; of a condition with several values one is enough.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// HTTP status: 200, or `"2xx"` for all of a hundred.
    #[serde(default, deserialize_with = "one_or_many")]
    status: Vec<Status>,
    /// How the body begins, blanks before it left out.
    #[serde(default, deserialize_with = "one_or_many")]
    starts_with: Vec<String>,
    /// What stands in the body.
    #[serde(default, deserialize_with = "one_or_many")]
    contains: Vec<String>,
    /// What must not stand in the body.
    #[serde(default, deserialize_with = "one_or_many")]
    not_contains: Vec<String>,
    /// What stands in a JSON body.
    json: Option<JsonCondition>,
}

/// A value in a JSON body.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JsonCondition {
    /// Where it stands (RFC 6901), such as `/code`.
    pointer: String,
    /// Text, or a number or a truth value as it is written.
    #[serde(deserialize_with = "one_or_many")]
    equals: Vec<String>,
}

/// One status, or a hundred of them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "RawStatus")]
enum Status {
    One(u16),
    /// 2 is 200 to 299.
    Hundred(u16),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RawStatus {
    Number(u16),
    Text(String),
}

#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "write one value or a list of them; a status is 200 or \"2xx\""
)]
enum OneOrMany<T> {
    One(T),
    Many(Vec<T>),
}

/// An answer of a gateway.
#[derive(Debug, Clone, Copy)]
pub(super) struct Answer<'a> {
    pub status: u16,
    pub body: &'a str,
}

fn one_or_many<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Ok(match OneOrMany::deserialize(deserializer)? {
        OneOrMany::One(value) => vec![value],
        OneOrMany::Many(values) => values,
    })
}

impl Rule {
    /// The rule for gateways that say everything by the status.
    pub(super) fn any_success() -> Rule {
        Rule {
            status: vec![Status::Hundred(2)],
            ..Rule::default()
        }
    }

    /// The same with the status of a success where the rule names none.
    pub(super) fn or_success(mut self) -> Rule {
        if self.status.is_empty() {
            self.status.push(Status::Hundred(2));
        }
        self
    }

    /// Whether it says anything at all.
    pub(super) fn is_empty(&self) -> bool {
        *self == Rule::default()
    }

    /// Whether an answer fulfils it.
    pub(super) fn holds(&self, answer: Answer<'_>) -> bool {
        let body = answer.body;
        let one_of = |values: &[String], fits: &dyn Fn(&str) -> bool| {
            values.is_empty() || values.iter().any(|value| fits(value))
        };
        (self.status.is_empty() || self.status.iter().any(|s| s.is(answer.status)))
            && one_of(&self.starts_with, &|start| {
                body.trim_start().starts_with(start)
            })
            && one_of(&self.contains, &|part| body.contains(part))
            && !self
                .not_contains
                .iter()
                .any(|part| body.contains(part.as_str()))
            && self.json.as_ref().is_none_or(|json| json.holds(body))
    }
}

impl JsonCondition {
    fn holds(&self, body: &str) -> bool {
        let Ok(document) = serde_json::from_str::<serde_json::Value>(body) else {
            return false;
        };
        let found = match document.pointer(&self.pointer) {
            Some(serde_json::Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => return false,
        };
        self.equals.contains(&found)
    }
}

impl Status {
    const fn is(&self, status: u16) -> bool {
        match self {
            Status::One(one) => *one == status,
            Status::Hundred(hundred) => status / 100 == *hundred,
        }
    }
}

impl TryFrom<RawStatus> for Status {
    type Error = String;

    fn try_from(raw: RawStatus) -> Result<Self, Self::Error> {
        let unfit = |found: &str| format!("`{found}` is no HTTP status; write 200 or \"2xx\"");
        match raw {
            RawStatus::Number(number) if (100..600).contains(&number) => Ok(Status::One(number)),
            RawStatus::Number(number) => Err(unfit(&number.to_string())),
            RawStatus::Text(text) => match text.strip_suffix("xx").map(str::parse) {
                Some(Ok(hundred @ 1..=5)) => Ok(Status::Hundred(hundred)),
                _ => match text.parse() {
                    Ok(number @ 100..=599) => Ok(Status::One(number)),
                    _ => Err(unfit(&text)),
                },
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(text: &str) -> Rule {
        toml::from_str(text).unwrap()
    }

    fn holds(rule: &Rule, status: u16, body: &str) -> bool {
        rule.holds(Answer { status, body })
    }

    #[test]
    fn a_code_at_the_beginning_is_not_one_in_the_middle() {
        let success = rule("status = 200\nstarts_with = [\"00\", \"01\", \"02\"]");
        assert!(holds(&success, 200, " 00 17377215342605050417149344"));
        assert!(!holds(&success, 200, "30 00"));
        assert!(!holds(&success, 500, "00 1"));
    }

    #[test]
    fn a_value_of_a_json_body_is_found_by_its_pointer() {
        let success = rule("json = { pointer = \"/code\", equals = [\"00\"] }");
        assert!(holds(&success, 200, "{\"code\": \"00\", \"jobid\": \"1\"}"));
        assert!(!holds(
            &success,
            200,
            "{\"code\": \"30\", \"description\": \"00\"}"
        ));
        assert!(!holds(&success, 200, "00"));
        let number = rule("json = { pointer = \"/error/code\", equals = \"21211\" }");
        assert!(holds(&number, 400, "{\"error\": {\"code\": 21211}}"));
    }

    #[test]
    fn what_must_not_be_said_spoils_a_success() {
        let success = rule("status = [\"2xx\"]\nnot_contains = [\"error\", \"hata\"]");
        assert!(holds(&success, 202, "queued"));
        assert!(!holds(&success, 202, "hata: 30"));
    }

    #[test]
    fn a_status_that_is_none_is_refused() {
        for text in ["status = [\"abc\"]", "status = [\"9xx\"]", "status = [20]"] {
            assert!(toml::from_str::<Rule>(text).is_err(), "{text}");
        }
        assert!(toml::from_str::<Rule>("begins = [\"00\"]").is_err());
    }
}
