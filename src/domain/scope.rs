//! The scope of a corrective action: which complaints it is meant to prevent.
//!
//! A scope is a conjunction of conditions on the dimensions of a case, written as people say it:
//! `category = leak and product in (K20, 'K 30') and cluster = C-000017`. There is no `or`: several values of one
//! dimension are a list, and several unlike scopes are several actions, each with its own check.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::cluster::ClusterId;
use super::vocabulary::words;

words! {
    /// What a condition of a scope can look at.
    ScopeDimension {
        Category = "category",
        Product = "product",
        Lot = "lot",
        Site = "site",
        Department = "department",
        Channel = "channel",
        Language = "language",
        Severity = "severity",
        RootCause = "root_cause",
        RemedySought = "remedy_sought",
        /// A problem or theme of the search for repeat complaints.
        Cluster = "cluster",
    }
}

/// One condition: the dimension has one of the values, or none of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    pub dimension: ScopeDimension,
    /// None of the values; a case without a value fulfils it.
    pub excluded: bool,
    /// At least one, sorted, each once.
    pub values: Vec<String>,
}

/// Conditions that all have to hold; at least one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Scope {
    conditions: Vec<Condition>,
}

/// Why a text is no scope. `at` counts characters from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScopeError {
    #[error("a scope needs a condition, for instance: category = leak and product in (K20, K30)")]
    Empty,
    #[error(
        "scope, character {at}: `{found}` is no dimension; known are: {}",
        known()
    )]
    Dimension { at: usize, found: String },
    #[error("scope, character {at}: expected {expected}, found {found}")]
    Expected {
        at: usize,
        expected: &'static str,
        found: String,
    },
    #[error("scope, character {at}: the quote is not closed")]
    Quote { at: usize },
    #[error("scope, character {at}: {why}")]
    Cluster { at: usize, why: String },
    #[error("scope: `{0}` is named in two conditions; put its values into one list")]
    Twice(ScopeDimension),
}

fn known() -> String {
    let names: Vec<&str> = ScopeDimension::ALL.iter().map(|d| d.as_str()).collect();
    names.join(", ")
}

impl Scope {
    /// The conditions, by dimension.
    pub fn conditions(&self) -> &[Condition] {
        &self.conditions
    }

    /// The clusters that the scope names, whether wanted or excluded.
    pub fn clusters(&self) -> Vec<ClusterId> {
        let named = self
            .conditions
            .iter()
            .filter(|c| c.dimension == ScopeDimension::Cluster);
        named
            .flat_map(|c| &c.values)
            .filter_map(|value| value.parse().ok())
            .collect()
    }

    /// The scope with the clusters that numbers lead to since, beside the numbers themselves: a lake may know either.
    #[must_use]
    pub fn with_clusters(&self, follow: impl Fn(ClusterId) -> ClusterId) -> Scope {
        let mut conditions = self.conditions.clone();
        for condition in &mut conditions {
            if condition.dimension == ScopeDimension::Cluster {
                let heirs: Vec<String> = condition
                    .values
                    .iter()
                    .filter_map(|value| value.parse().ok())
                    .map(|id| follow(id).to_string())
                    .collect();
                condition.values.extend(heirs);
                condition.values.sort();
                condition.values.dedup();
            }
        }
        Scope { conditions }
    }

    /// The scope without its conditions on some dimensions; `None` when nothing is left.
    pub fn without(&self, dimensions: &[ScopeDimension]) -> Option<Scope> {
        let mut conditions = self.conditions.clone();
        conditions.retain(|condition| !dimensions.contains(&condition.dimension));
        (!conditions.is_empty()).then_some(Scope { conditions })
    }

    /// Whether a case is in the scope. `value` gives its value of a dimension; of clusters, whether it is in one.
    pub fn holds<'a>(
        &self,
        value: impl Fn(ScopeDimension) -> Option<&'a str>,
        in_cluster: impl Fn(ClusterId) -> bool,
    ) -> bool {
        self.conditions.iter().all(|condition| {
            let listed = match condition.dimension {
                ScopeDimension::Cluster => condition
                    .values
                    .iter()
                    .filter_map(|v| v.parse().ok())
                    .any(&in_cluster),
                dimension => value(dimension)
                    .is_some_and(|found| condition.values.iter().any(|v| v == found)),
            };
            listed != condition.excluded
        })
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, condition) in self.conditions.iter().enumerate() {
            if n > 0 {
                f.write_str(" and ")?;
            }
            let values: Vec<String> = condition.values.iter().map(|v| written(v)).collect();
            write!(f, "{} ", condition.dimension)?;
            match (condition.excluded, values.as_slice()) {
                (false, [one]) => write!(f, "= {one}")?,
                (true, [one]) => write!(f, "!= {one}")?,
                (false, more) => write!(f, "in ({})", more.join(", "))?,
                (true, more) => write!(f, "not in ({})", more.join(", "))?,
            }
        }
        Ok(())
    }
}

/// A value as it is read again: bare where it is one word, else quoted.
fn written(value: &str) -> String {
    let bare = !value.is_empty()
        && value.chars().all(is_word)
        && !["and", "in", "not"].contains(&value.to_ascii_lowercase().as_str());
    match bare {
        true => value.to_owned(),
        false => format!("'{}'", value.replace('\'', "''")),
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | ':' | '+' | '#')
}

impl From<Scope> for String {
    fn from(scope: Scope) -> String {
        scope.to_string()
    }
}

impl TryFrom<String> for Scope {
    type Error = ScopeError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl FromStr for Scope {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let tokens = tokens(text)?;
        let mut reader = Reader {
            tokens: &tokens,
            next: 0,
            end: text.chars().count() + 1,
        };
        let mut conditions: Vec<Condition> = Vec::new();
        if tokens.is_empty() {
            return Err(ScopeError::Empty);
        }
        loop {
            let condition = reader.condition()?;
            if conditions
                .iter()
                .any(|c| c.dimension == condition.dimension)
            {
                return Err(ScopeError::Twice(condition.dimension));
            }
            conditions.push(condition);
            match reader.take() {
                None => break,
                Some(Token {
                    kind: Kind::Word(word),
                    ..
                }) if word.eq_ignore_ascii_case("and") => {}
                Some(token) => {
                    return Err(expected("`and` or the end", Some(token), reader.end));
                }
            }
        }
        conditions.sort_by_key(|c| c.dimension);
        Ok(Scope { conditions })
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Word(String),
    Quoted(String),
    Equal,
    Unequal,
    Open,
    Close,
    Comma,
    Other(char),
}

#[derive(Debug, Clone)]
struct Token {
    at: usize,
    kind: Kind,
}

fn tokens(text: &str) -> Result<Vec<Token>, ScopeError> {
    let letters: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut i = 0;
    while let Some(&letter) = letters.get(i) {
        let at = i + 1;
        i += 1;
        let kind = match letter {
            c if c.is_whitespace() => continue,
            '=' => Kind::Equal,
            '(' => Kind::Open,
            ')' => Kind::Close,
            ',' => Kind::Comma,
            '!' if letters.get(i) == Some(&'=') => {
                i += 1;
                Kind::Unequal
            }
            '<' if letters.get(i) == Some(&'>') => {
                i += 1;
                Kind::Unequal
            }
            quote @ ('\'' | '"') => {
                let mut value = String::new();
                loop {
                    match (letters.get(i), letters.get(i + 1)) {
                        // A doubled quote stands for itself.
                        (Some(c), Some(next)) if *c == quote && *next == quote => {
                            value.push(quote);
                            i += 2;
                        }
                        (Some(c), _) if *c == quote => {
                            i += 1;
                            break;
                        }
                        (Some(c), _) => {
                            value.push(*c);
                            i += 1;
                        }
                        (None, _) => return Err(ScopeError::Quote { at }),
                    }
                }
                Kind::Quoted(value)
            }
            c if is_word(c) => {
                let mut word = String::from(c);
                while let Some(c) = letters.get(i).filter(|c| is_word(**c)) {
                    word.push(*c);
                    i += 1;
                }
                Kind::Word(word)
            }
            other => Kind::Other(other),
        };
        tokens.push(Token { at, kind });
    }
    Ok(tokens)
}

struct Reader<'t> {
    tokens: &'t [Token],
    next: usize,
    /// Position after the last character.
    end: usize,
}

impl<'t> Reader<'t> {
    fn take(&mut self) -> Option<&'t Token> {
        let token = self.tokens.get(self.next);
        self.next += 1;
        token
    }

    fn condition(&mut self) -> Result<Condition, ScopeError> {
        let (at, name) = match self.take() {
            Some(Token {
                at,
                kind: Kind::Word(word),
            }) => (*at, word),
            other => return Err(expected("a dimension", other, self.end)),
        };
        let dimension: ScopeDimension =
            name.to_ascii_lowercase()
                .parse()
                .map_err(|_| ScopeError::Dimension {
                    at,
                    found: name.clone(),
                })?;
        let (excluded, list) = match self.take() {
            Some(Token {
                kind: Kind::Equal, ..
            }) => (false, false),
            Some(Token {
                kind: Kind::Unequal,
                ..
            }) => (true, false),
            Some(Token {
                kind: Kind::Word(word),
                ..
            }) if word.eq_ignore_ascii_case("in") => (false, true),
            Some(Token {
                kind: Kind::Word(word),
                ..
            }) if word.eq_ignore_ascii_case("not") => match self.take() {
                Some(Token {
                    kind: Kind::Word(word),
                    ..
                }) if word.eq_ignore_ascii_case("in") => (true, true),
                other => return Err(expected("`in` after `not`", other, self.end)),
            },
            other => return Err(expected("`=`, `!=`, `in` or `not in`", other, self.end)),
        };
        let mut values = Vec::new();
        if list {
            match self.take() {
                Some(Token {
                    kind: Kind::Open, ..
                }) => {}
                other => return Err(expected("`(`", other, self.end)),
            }
            loop {
                values.push(self.value(dimension)?);
                match self.take() {
                    Some(Token {
                        kind: Kind::Comma, ..
                    }) => {}
                    Some(Token {
                        kind: Kind::Close, ..
                    }) => break,
                    other => return Err(expected("`,` or `)`", other, self.end)),
                }
            }
        } else {
            values.push(self.value(dimension)?);
        }
        values.sort();
        values.dedup();
        Ok(Condition {
            dimension,
            excluded,
            values,
        })
    }

    fn value(&mut self, dimension: ScopeDimension) -> Result<String, ScopeError> {
        let (at, value) = match self.take() {
            Some(Token {
                at,
                kind: Kind::Word(value) | Kind::Quoted(value),
            }) if !value.trim().is_empty() => (*at, value.clone()),
            other => return Err(expected("a value", other, self.end)),
        };
        match dimension {
            // In its one spelling, so that equal scopes have equal texts.
            ScopeDimension::Cluster => {
                value
                    .parse::<ClusterId>()
                    .map(|id| id.to_string())
                    .map_err(|e| ScopeError::Cluster {
                        at,
                        why: e.to_string(),
                    })
            }
            _ => Ok(value),
        }
    }
}

fn expected(what: &'static str, found: Option<&Token>, end: usize) -> ScopeError {
    let (at, found) = match found {
        None => (end, "the end".to_owned()),
        Some(token) => (
            token.at,
            match &token.kind {
                Kind::Word(word) => format!("`{word}`"),
                Kind::Quoted(value) => format!("`'{value}'`"),
                Kind::Equal => "`=`".to_owned(),
                Kind::Unequal => "`!=`".to_owned(),
                Kind::Open => "`(`".to_owned(),
                Kind::Close => "`)`".to_owned(),
                Kind::Comma => "`,`".to_owned(),
                Kind::Other(c) => format!("`{c}`"),
            },
        ),
    };
    ScopeError::Expected {
        at,
        expected: what,
        found,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, String> {
        text.parse::<Scope>()
            .map(|s| s.to_string())
            .map_err(|e| e.to_string())
    }

    #[test]
    fn a_scope_has_one_spelling() {
        let once = read("product IN (K30, 'K 20',K30) AND category = leak and cluster = c-17");
        assert_eq!(
            once.as_deref(),
            Ok("category = leak and product in ('K 20', K30) and cluster = C-000017")
        );
        let again = read(once.as_deref().unwrap_or_default());
        assert_eq!(again, once);
        assert_eq!(
            read("lot not in ('it''s', \"a\"\"b\")").as_deref(),
            Ok("lot not in ('a\"b', 'it''s')")
        );
        assert_eq!(read("site <> Bursa").as_deref(), Ok("site != Bursa"));
        assert_eq!(read("category = 'and'").as_deref(), Ok("category = 'and'"));
    }

    #[test]
    fn a_refusal_says_where_and_what() {
        let cases = [
            ("", "a scope needs a condition"),
            ("colour = red", "character 1: `colour` is no dimension"),
            (
                "category leak",
                "character 10: expected `=`, `!=`, `in` or `not in`, found `leak`",
            ),
            (
                "category =",
                "character 11: expected a value, found the end",
            ),
            (
                "category in (a b)",
                "character 16: expected `,` or `)`, found `b`",
            ),
            (
                "category in ()",
                "character 14: expected a value, found `)`",
            ),
            ("category = 'leak", "character 12: the quote is not closed"),
            (
                "category = a or site = b",
                "character 14: expected `and` or the end, found `or`",
            ),
            (
                "category = a and category = b",
                "`category` is named in two conditions",
            ),
            ("cluster = 17", "`17` is no cluster's number"),
            ("category ; drop", "found `;`"),
        ];
        for (text, said) in cases {
            let error = read(text).expect_err(text);
            assert!(error.contains(said), "{text}: {error}");
        }
    }

    #[test]
    fn a_case_without_a_value_is_outside_a_list_and_inside_an_exclusion() {
        let none = |_: ScopeDimension| None;
        let nowhere = |_: ClusterId| false;
        let holds = |text: &str| text.parse::<Scope>().map(|s| s.holds(none, nowhere));
        assert_eq!(holds("lot = L1"), Ok(false));
        assert_eq!(holds("lot != L1"), Ok(true));
        assert_eq!(holds("cluster = C-1"), Ok(false));
        let leak = |d: ScopeDimension| (d == ScopeDimension::Category).then_some("leak");
        let scope: Scope = "category = leak and cluster in (C-1, C-2)"
            .parse()
            .expect("a scope");
        assert!(scope.holds(leak, |id| id == ClusterId(2)));
        assert!(!scope.holds(leak, nowhere));
    }
}
