//! The texts of the pages, from `reports/translations/web-*.toml`; numbers, dates and the names of codes are the review's.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

use super::error::{Result, WebError};
use redress_domain::vocabulary::Language;
use redress_review::words::Words as ReviewWords;

/// One file for each part of the site and language: shell, public pages, desk, accounts, quality.
macro_rules! files {
    ($language:literal) => {
        [
            (
                concat!("web-shell-", $language, ".toml"),
                include_str!(concat!(
                    "../../reports/translations/web-shell-",
                    $language,
                    ".toml"
                )),
            ),
            (
                concat!("web-public-", $language, ".toml"),
                include_str!(concat!(
                    "../../reports/translations/web-public-",
                    $language,
                    ".toml"
                )),
            ),
            (
                concat!("web-desk-", $language, ".toml"),
                include_str!(concat!(
                    "../../reports/translations/web-desk-",
                    $language,
                    ".toml"
                )),
            ),
            (
                concat!("web-account-", $language, ".toml"),
                include_str!(concat!(
                    "../../reports/translations/web-account-",
                    $language,
                    ".toml"
                )),
            ),
            (
                concat!("web-work-", $language, ".toml"),
                include_str!(concat!(
                    "../../reports/translations/web-work-",
                    $language,
                    ".toml"
                )),
            ),
            (
                concat!("web-quality-", $language, ".toml"),
                include_str!(concat!(
                    "../../reports/translations/web-quality-",
                    $language,
                    ".toml"
                )),
            ),
        ]
    };
}

const EN: [(&str, &str); 6] = files!("en");
const TR: [(&str, &str); 6] = files!("tr");
const RU: [(&str, &str); 6] = files!("ru");

/// The texts of one language.
#[derive(Debug, Clone)]
pub struct Words {
    texts: BTreeMap<String, String>,
    shared: ReviewWords,
}

impl Words {
    /// Reads the bundled texts of a language.
    ///
    /// # Errors
    /// When a file is not TOML of sections with texts; a test reads all of them.
    pub fn load(language: Language) -> Result<Words> {
        let files = match language {
            Language::En => EN,
            Language::Tr => TR,
            Language::Ru => RU,
        };
        let mut texts = BTreeMap::new();
        for (file, source) in files {
            let sections: BTreeMap<String, BTreeMap<String, String>> = toml::from_str(source)
                .map_err(|e| WebError::Translation {
                    file,
                    why: e.to_string(),
                })?;
            for (section, section_texts) in sections {
                for (key, text) in section_texts {
                    texts.insert(format!("{section}.{key}"), text);
                }
            }
        }
        Ok(Words {
            texts,
            shared: ReviewWords::load(language)?,
        })
    }

    /// The language of these texts.
    pub fn language(&self) -> Language {
        self.shared.language()
    }

    /// Every key (`section.key`) with its text.
    pub fn all(&self) -> &BTreeMap<String, String> {
        &self.texts
    }

    /// A text, where there is one of this key.
    pub fn find(&self, key: &str) -> Option<&str> {
        self.texts.get(key).map(String::as_str)
    }

    /// A text. A missing key shows itself; a test keeps the three languages complete.
    pub fn text<'w>(&'w self, key: &'w str) -> &'w str {
        self.find(key).unwrap_or(key)
    }

    /// A text with its `{places}` filled; what is filled in is not searched again.
    pub fn fill(&self, key: &str, values: &[(&str, &str)]) -> String {
        let mut filled = String::new();
        let mut rest = self.text(key);
        while let Some((before, after)) = rest.split_once('{') {
            filled.push_str(before);
            let Some((name, tail)) = after.split_once('}') else {
                filled.push('{');
                rest = after;
                continue;
            };
            let value = values.iter().find(|(known, _)| *known == name);
            filled.push_str(value.map_or(name, |(_, value)| value));
            rest = tail;
        }
        filled.push_str(rest);
        filled
    }

    /// A text in the form that the number asks for (`key_one`, `key_few`, `key_many`); `{n}` is the number.
    /// Turkish and English have `_one` and `_many`, Russian all three.
    pub fn plural(&self, key: &str, n: i64) -> String {
        let form = match self.language() {
            Language::En | Language::Tr if n == 1 => "one",
            Language::En | Language::Tr => "many",
            Language::Ru => match (n.rem_euclid(10), n.rem_euclid(100)) {
                (_, 11..=14) => "many",
                (1, _) => "one",
                (2..=4, _) => "few",
                _ => "many",
            },
        };
        let number = self.count(n);
        self.fill(&format!("{key}_{form}"), &[("n", &number)])
    }

    /// The name of a code in a group of the review's texts (`states`, `channels`, `remedies`, ...).
    pub fn name(&self, group: &str, code: &str) -> String {
        self.shared.name(group, code)
    }

    /// The codes of a group of the review's texts, in the order of their spelling.
    pub fn codes<'w>(&'w self, group: &'w str) -> impl Iterator<Item = &'w str> {
        self.shared
            .all()
            .keys()
            .filter_map(move |key| key.strip_prefix(group)?.strip_prefix('.'))
    }

    /// A whole number.
    pub fn count(&self, n: i64) -> String {
        self.shared.count(n)
    }

    /// A number with so many places.
    pub fn real(&self, value: f64, places: u32) -> String {
        self.shared.real(value, places)
    }

    /// A day.
    pub fn date(&self, day: NaiveDate) -> String {
        self.shared.date(day)
    }

    /// The local day of an instant.
    pub fn day(&self, at: DateTime<Utc>, zone: Tz) -> String {
        self.date(at.with_timezone(&zone).date_naive())
    }

    /// Day and time of an instant, to the minute.
    pub fn moment(&self, at: DateTime<Utc>, zone: Tz) -> String {
        let local = at.with_timezone(&zone);
        format!(
            "{} {}",
            self.date(local.date_naive()),
            local.format("%H:%M")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names in braces of a text, sorted.
    fn places(text: &str) -> Vec<&str> {
        let mut names: Vec<&str> = text
            .split('{')
            .skip(1)
            .filter_map(|after| after.split_once('}').map(|(name, _)| name))
            .collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn the_three_languages_have_the_same_texts_with_the_same_places() {
        let english = Words::load(Language::En).unwrap();
        for language in [Language::Tr, Language::Ru] {
            let words = Words::load(language).unwrap();
            let known: Vec<&String> = english
                .all()
                .keys()
                .filter(|k| !k.ends_with("_few"))
                .collect();
            let found: Vec<&String> = words
                .all()
                .keys()
                .filter(|k| !k.ends_with("_few"))
                .collect();
            assert_eq!(known, found, "{language}");
            for (key, text) in words.all() {
                assert!(!text.trim().is_empty(), "{language}: {key}");
                if let Some(english) = english.find(key) {
                    assert_eq!(places(text), places(english), "{language}: {key}");
                }
                if language == Language::Ru && key.ends_with("_one") {
                    let few = key.replace("_one", "_few");
                    assert!(words.find(&few).is_some(), "{few} is missing in Russian");
                }
            }
        }
    }

    #[test]
    fn a_number_asks_for_its_form() {
        let words = Words::load(Language::Ru).unwrap();
        let forms = [
            (1, "рабочий день"),
            (2, "рабочих дня"),
            (5, "рабочих дней"),
            (11, "рабочих дней"),
            (21, "рабочий день"),
            (112, "рабочих дней"),
        ];
        for (n, said) in forms {
            assert!(words.plural("time.working_days", n).contains(said), "{n}");
        }
    }
}
