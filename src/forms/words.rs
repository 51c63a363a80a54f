//! The texts of the forms, from `reports/translations/forms-*.toml`; dates and the names of codes are the review's.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

use redress_domain::vocabulary::Language;
use redress_review::words::Words as ReviewWords;

use super::FormError;

const EN: &str = include_str!("../../reports/translations/forms-en.toml");
const TR: &str = include_str!("../../reports/translations/forms-tr.toml");
const RU: &str = include_str!("../../reports/translations/forms-ru.toml");

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
    /// When the file is not TOML of sections with texts; a test reads all of them.
    pub fn load(language: Language) -> Result<Words, FormError> {
        let source = match language {
            Language::En => EN,
            Language::Tr => TR,
            Language::Ru => RU,
        };
        let sections: BTreeMap<String, BTreeMap<String, String>> =
            toml::from_str(source).map_err(|e| FormError::Words {
                language,
                reason: e.to_string(),
            })?;
        let texts = sections
            .into_iter()
            .flat_map(|(section, texts)| {
                texts
                    .into_iter()
                    .map(move |(key, text)| (format!("{section}.{key}"), text))
            })
            .collect();
        Ok(Words {
            texts,
            shared: ReviewWords::load(language)?,
        })
    }

    /// Every key (`section.key`) with its text.
    pub fn all(&self) -> &BTreeMap<String, String> {
        &self.texts
    }

    /// A text, where there is one of this key.
    pub fn find(&self, key: &str) -> Option<String> {
        self.texts.get(key).cloned()
    }

    /// A text. A missing key shows itself; a test keeps the three languages complete.
    pub fn text(&self, key: &str) -> String {
        self.find(key).unwrap_or_else(|| key.to_owned())
    }

    /// The name of a code in a group of the review's texts (`channels`, `remedies`, ...).
    pub fn name(&self, group: &str, code: &str) -> String {
        self.shared.name(group, code)
    }

    /// Something with its name before it: `remark.<key>: value`.
    pub fn remark(&self, key: &str, value: &str) -> String {
        format!("{}: {value}", self.text(&format!("remark.{key}")))
    }

    /// A day.
    pub fn date(&self, day: NaiveDate) -> String {
        self.shared.date(day)
    }

    /// The local day of an instant.
    pub fn day(&self, at: DateTime<Utc>, zone: Tz) -> String {
        self.date(at.with_timezone(&zone).date_naive())
    }

    /// The local time of an instant, to the minute.
    pub fn time(&self, at: DateTime<Utc>, zone: Tz) -> String {
        at.with_timezone(&zone).format("%H:%M").to_string()
    }

    /// Day, time and zone of an instant.
    pub fn moment(&self, at: DateTime<Utc>, zone: Tz) -> String {
        self.shared.moment(at, zone)
    }
}
