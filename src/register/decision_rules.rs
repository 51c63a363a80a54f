//! The internal rules on which decisions rest, in full, so that a complainant reads the rule and not its number alone.
//!
//! A decision names a rule and its version. The text of a version never changes and never goes: whoever rejected a
//! decision has to find the very words that it rested on.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::Register;
use super::error::{RegisterError, Result};
use super::settings;
use redress_domain::vocabulary::Language;

/// The rules that the register knows; there may be none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecisionRules {
    #[serde(rename = "rule", default)]
    rules: Vec<DecisionRule>,
}

/// One version of a rule, in one language at least.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecisionRule {
    /// As decisions name it.
    pub code: String,
    /// As decisions name it.
    pub version: String,
    tr: Option<RuleText>,
    en: Option<RuleText>,
    ru: Option<RuleText>,
}

/// What a rule says.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleText {
    pub title: String,
    /// In full; lines are kept.
    pub text: String,
}

const KEY: &str = "decision_rules";

/// The longest code, version and title, and the longest text, in characters.
const LONGEST_LINE: usize = 200;
const LONGEST_TEXT: usize = 20_000;

impl DecisionRules {
    /// The rules of a TOML file: tables `[[rule]]` with `code`, `version` and, for each language that it is written in,
    /// a table such as `[rule.tr]` with `title` and `text`.
    ///
    /// # Errors
    /// When it is no such file, names a version of a rule twice, or a text is empty or too long.
    pub fn parse(toml_text: &str) -> Result<DecisionRules> {
        let rules: DecisionRules = toml::from_str(toml_text).map_err(|error| {
            let message = error.message().lines().last().unwrap_or_default();
            RegisterError::invalid(
                WHAT,
                message,
                "write tables [[rule]] with code, version and [rule.tr], [rule.en] or [rule.ru] with title and text",
            )
        })?;
        rules.check()?;
        Ok(rules)
    }

    /// The rules in the order of their file.
    pub fn iter(&self) -> impl Iterator<Item = &DecisionRule> {
        self.rules.iter()
    }

    /// The version of a rule that a decision names.
    pub fn find(&self, code: &str, version: &str) -> Option<&DecisionRule> {
        let (code, version) = (code.trim(), version.trim());
        self.rules
            .iter()
            .find(|rule| rule.code == code && rule.version == version)
    }

    fn check(&self) -> Result<()> {
        let unfit = |found: &str, hint| Err(RegisterError::invalid(WHAT, found, hint));
        let mut known = BTreeSet::new();
        for rule in &self.rules {
            let is_line = |text: &str| {
                !text.is_empty()
                    && text.trim() == text
                    && !text.contains(char::is_control)
                    && text.chars().count() <= LONGEST_LINE
            };
            if !is_line(&rule.code) || !is_line(&rule.version) {
                return unfit(
                    &rule.code,
                    "write code and version on one line of at most 200 characters",
                );
            }
            if !known.insert((&rule.code, &rule.version)) {
                return unfit(&rule.code, "name each version of a rule once");
            }
            let texts: Vec<&RuleText> = rule.texts().map(|(_, text)| text).collect();
            if texts.is_empty() {
                return unfit(&rule.code, "write the rule in one language at least");
            }
            for RuleText { title, text } in texts {
                let is_text = !text.trim().is_empty()
                    && !text.contains(|c: char| c.is_control() && c != '\n' && c != '\t')
                    && text.chars().count() <= LONGEST_TEXT;
                if !is_line(title) || !is_text {
                    return unfit(
                        &rule.code,
                        "write a title of one line and a text of at most 20000 characters",
                    );
                }
            }
        }
        Ok(())
    }

    /// What of these rules is missing or says something else in another list.
    fn lost_in(&self, other: &DecisionRules) -> Option<&DecisionRule> {
        self.rules
            .iter()
            .find(|rule| other.find(&rule.code, &rule.version) != Some(rule))
    }
}

const WHAT: &str = "decision rules";

impl DecisionRule {
    /// What it says in a language, or else in the first that it is written in, with that language.
    pub fn text(&self, language: Language) -> Option<(Language, &RuleText)> {
        let mut texts = self.texts();
        let first = texts.next()?;
        if first.0 == language {
            return Some(first);
        }
        Some(texts.find(|(own, _)| *own == language).unwrap_or(first))
    }

    fn texts(&self) -> impl Iterator<Item = (Language, &RuleText)> {
        [
            (Language::Tr, &self.tr),
            (Language::En, &self.en),
            (Language::Ru, &self.ru),
        ]
        .into_iter()
        .filter_map(|(language, text)| Some((language, text.as_ref()?)))
    }
}

impl Register {
    /// The rules on which decisions rest.
    ///
    /// # Errors
    /// When the database cannot be read, or the list was damaged.
    pub fn decision_rules(&self) -> Result<DecisionRules> {
        DecisionRules::parse(&self.decision_rules_toml()?)
    }

    /// The same as the TOML text that was set.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn decision_rules_toml(&self) -> Result<String> {
        Ok(self
            .read(|conn| settings::lookup(conn, KEY))?
            .unwrap_or_default())
    }

    /// Sets the rules. A version that the register has must stay as it is; a change is a further version.
    ///
    /// # Errors
    /// As [`DecisionRules::parse`]; when a version is missing or was changed; when the database cannot be written.
    pub fn set_decision_rules(&mut self, toml_text: &str) -> Result<DecisionRules> {
        let rules = DecisionRules::parse(toml_text)?;
        self.write(|w| {
            let before = settings::lookup(&w.tx, KEY)?.unwrap_or_default();
            if let Some(lost) = DecisionRules::parse(&before)?.lost_in(&rules) {
                return Err(RegisterError::invalid(
                    WHAT,
                    format!("{} version {}", lost.code, lost.version),
                    "this version stands in the register: keep it as it is and add a further one",
                ));
            }
            settings::store(&w.tx, KEY, toml_text)
        })?;
        Ok(rules)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: &str = "[[rule]]\ncode = \"CR-7\"\nversion = \"3\"\n[rule.tr]\ntitle = \"Değişim\"\n\
                        text = \"\"\"\nBirinci satır.\nİkinci satır.\n\"\"\"\n";

    #[test]
    fn a_rule_is_found_by_its_version_and_read_in_a_language_that_it_has() {
        let both = format!("{RULE}[rule.ru]\ntitle = \"Замена\"\ntext = \"Текст.\"\n");
        let rules = DecisionRules::parse(&both).unwrap();
        assert_eq!(rules.find("CR-7", "2"), None);
        let rule = rules.find(" CR-7 ", "3").unwrap();
        let said = |language| {
            let (own, text) = rule.text(language).unwrap();
            (own, text.title.as_str())
        };
        assert_eq!(said(Language::Ru), (Language::Ru, "Замена"));
        assert_eq!(said(Language::Tr), (Language::Tr, "Değişim"));
        assert_eq!(said(Language::En), (Language::Tr, "Değişim"));
    }

    #[test]
    fn a_rule_without_words_or_twice_is_refused() {
        assert!(DecisionRules::parse("").unwrap().iter().next().is_none());
        for wrong in [
            "[[rule]]\ncode = \"CR-7\"\nversion = \"3\"\n".to_owned(),
            format!("{RULE}{RULE}"),
            RULE.replace("Değişim", " "),
            RULE.replace("title", "name"),
            RULE.replace("CR-7", ""),
        ] {
            assert!(DecisionRules::parse(&wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn no_version_is_lost_or_says_something_else() {
        let before = DecisionRules::parse(RULE).unwrap();
        let further = format!("{RULE}{}", RULE.replace("\"3\"", "\"4\""));
        let further = DecisionRules::parse(&further).unwrap();
        assert_eq!(before.lost_in(&further), None);
        assert!(further.lost_in(&before).is_some());
        let changed = DecisionRules::parse(&RULE.replace("Birinci", "Son")).unwrap();
        assert!(before.lost_in(&changed).is_some());
    }
}
