//! Where a complainant can turn outside the organisation: one list for the pages, the messages and the commands.
//!
//! The register keeps it, since the message about it is queued in the transaction that makes a case outstanding, by
//! whichever process. A register without a list of its own has that of `reports/remedies/turkey.toml`.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::Register;
use super::error::{RegisterError, Result};
use super::settings;
use redress_domain::vocabulary::Language;

/// The external remedies of the organisation, in the order in which they are told; at least one.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExternalRemedies {
    #[serde(rename = "remedy")]
    remedies: Vec<ExternalRemedy>,
}

/// One of them, in every language of the messages.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExternalRemedy {
    /// What the command line calls it: small letters, figures, `-` and `_`.
    pub id: String,
    en: RemedyTexts,
    tr: RemedyTexts,
    ru: RemedyTexts,
}

/// What is said of a remedy in one language.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemedyTexts {
    /// The body, without a full stop: it also stands in a list of names.
    pub name: String,
    /// For whom, or for what disputes: a sentence.
    pub whom: String,
    /// How it is reached: a sentence.
    pub how: String,
    /// Until when, where there is a time limit: a sentence.
    pub limit: Option<String>,
}

const KEY: &str = "external_remedies";
const SHIPPED: &str = include_str!("../../reports/remedies/turkey.toml");

/// The longest list; an SMS names all of them.
const MOST: usize = 8;
/// The longest name, and the longest of the other texts, in characters.
const LONGEST_NAME: usize = 120;
const LONGEST_TEXT: usize = 1_000;

impl ExternalRemedies {
    /// The list of a TOML file, such as `reports/remedies/turkey.toml`.
    ///
    /// # Errors
    /// When it is no such file, has no remedy or more than eight, an `id` twice, or a text that is empty, too long or
    /// of several lines.
    pub fn parse(toml_text: &str) -> Result<ExternalRemedies> {
        let list: ExternalRemedies = toml::from_str(toml_text).map_err(|error| {
            // The last line of toml's message says what is wrong, the first only where.
            let message = error
                .message()
                .lines()
                .last()
                .unwrap_or_default()
                .to_owned();
            RegisterError::invalid(
                "external remedies",
                message,
                "write them as reports/remedies/turkey.toml has them, each in en, tr and ru",
            )
        })?;
        list.check()?;
        Ok(list)
    }

    /// The remedies in the order in which they are told.
    pub fn iter(&self) -> impl Iterator<Item = &ExternalRemedy> {
        self.remedies.iter()
    }

    /// The one that somebody means: by its `id`, or by its name in any language.
    pub fn find(&self, written: &str) -> Option<&ExternalRemedy> {
        let written = written.trim();
        self.remedies.iter().find(|remedy| {
            remedy.id == written
                || [&remedy.en, &remedy.tr, &remedy.ru]
                    .iter()
                    .any(|texts| texts.name == written)
        })
    }

    /// Their names, for the sentence of a message.
    pub fn names(&self, language: Language) -> String {
        let names: Vec<&str> = self
            .remedies
            .iter()
            .map(|remedy| remedy.texts(language).name.as_str())
            .collect();
        names.join("; ")
    }

    fn check(&self) -> Result<()> {
        let unfit =
            |found: &str, hint| Err(RegisterError::invalid("external remedies", found, hint));
        if self.remedies.is_empty() || self.remedies.len() > MOST {
            let found = self.remedies.len().to_string();
            return unfit(&found, "name at least one remedy and at most eight");
        }
        let mut ids = BTreeSet::new();
        for remedy in &self.remedies {
            let is_plain = remedy
                .id
                .bytes()
                .all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'));
            if remedy.id.is_empty() || !is_plain || !ids.insert(&remedy.id) {
                return unfit(
                    &remedy.id,
                    "give each an id of its own, of small letters, figures, - and _",
                );
            }
            for texts in [&remedy.en, &remedy.tr, &remedy.ru] {
                let limit = texts.limit.as_ref();
                let all = [&texts.name, &texts.whom, &texts.how]
                    .into_iter()
                    .chain(limit);
                for text in all {
                    if text.trim().is_empty()
                        || text.contains(char::is_control)
                        || text.chars().count() > LONGEST_TEXT
                    {
                        return unfit(text, "write texts of one line and at most 1000 characters");
                    }
                }
                if texts.name.chars().count() > LONGEST_NAME {
                    return unfit(&texts.name, "write names of at most 120 characters");
                }
            }
        }
        Ok(())
    }
}

impl ExternalRemedy {
    /// What is said of it in a language.
    pub const fn texts(&self, language: Language) -> &RemedyTexts {
        match language {
            Language::En => &self.en,
            Language::Tr => &self.tr,
            Language::Ru => &self.ru,
        }
    }
}

impl Register {
    /// The external remedies of this register.
    ///
    /// # Errors
    /// When the database cannot be read, or its list was damaged.
    pub fn external_remedies(&self) -> Result<ExternalRemedies> {
        self.read(of)
    }

    /// The same as the TOML text that was set, comments and all.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn external_remedies_toml(&self) -> Result<String> {
        self.read(text)
    }

    /// Sets the external remedies. What was told before stays told.
    ///
    /// # Errors
    /// As [`ExternalRemedies::parse`]; when the database cannot be written.
    pub fn set_external_remedies(&mut self, toml_text: &str) -> Result<ExternalRemedies> {
        let list = ExternalRemedies::parse(toml_text)?;
        self.write(|w| settings::store(&w.tx, KEY, toml_text))?;
        Ok(list)
    }
}

/// The list in force.
pub(super) fn of(conn: &rusqlite::Connection) -> Result<ExternalRemedies> {
    ExternalRemedies::parse(&text(conn)?)
}

fn text(conn: &rusqlite::Connection) -> Result<String> {
    let own = settings::lookup(conn, KEY)?;
    Ok(own.unwrap_or_else(|| SHIPPED.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_list_names_committee_and_court_in_every_language() {
        let list = ExternalRemedies::parse(SHIPPED).unwrap();
        assert_eq!(
            list.names(Language::Tr),
            "İlçe veya il tüketici hakem heyeti; Tüketici mahkemesi"
        );
        let ids: Vec<&str> = list.iter().map(|remedy| remedy.id.as_str()).collect();
        assert_eq!(ids, ["committee", "court"]);
        for &language in Language::ALL {
            for remedy in list.iter() {
                let texts = remedy.texts(language);
                assert!(!texts.name.ends_with('.'), "{}", texts.name);
                for sentence in [&texts.whom, &texts.how] {
                    assert!(sentence.ends_with('.'), "{sentence}");
                }
            }
        }
        let court = list.find("Tüketici mahkemesi").unwrap();
        assert_eq!(list.find("court"), Some(court));
        assert_eq!(list.find("somebody"), None);
    }

    #[test]
    fn a_list_that_says_nothing_to_somebody_is_refused() {
        let with = |from: &str, to: &str| {
            let changed = SHIPPED.replacen(from, to, 1);
            assert_ne!(changed, SHIPPED, "{from}");
            ExternalRemedies::parse(&changed)
        };
        assert!(ExternalRemedies::parse("").is_err());
        assert!(ExternalRemedies::parse("remedy = []").is_err());
        assert!(with("id = \"court\"", "id = \"committee\"").is_err());
        assert!(with("id = \"court\"", "id = \"The court\"").is_err());
        assert!(with("name = \"Tüketici mahkemesi\"", "name = \" \"").is_err());
        assert!(with("name = \"Tüketici mahkemesi\"\n", "").is_err());
        assert!(with("limit =", "deadline =").is_err());
        assert!(with("name = \"Consumer court\"", "name = \"Consumer\\ncourt\"").is_err());
    }
}
