//! The fixed words of `case` in the language of `--lang`, from `reports/translations/cli-*.toml`.

use std::collections::BTreeMap;

use anyhow::Context as _;
use redress_domain::calendar::SpecialDay;
use redress_domain::vocabulary::Language;

const ENGLISH: &str = include_str!("../../../reports/translations/cli-en.toml");
const TURKISH: &str = include_str!("../../../reports/translations/cli-tr.toml");
const RUSSIAN: &str = include_str!("../../../reports/translations/cli-ru.toml");

/// Words by section and key.
#[derive(Debug)]
pub struct Words {
    language: Language,
    sections: BTreeMap<String, BTreeMap<String, String>>,
}

impl Words {
    /// The words of a language.
    ///
    /// # Errors
    /// When the embedded file cannot be read; a test reads all of them.
    pub fn of(language: Language) -> anyhow::Result<Words> {
        let text = match language {
            Language::En => ENGLISH,
            Language::Tr => TURKISH,
            Language::Ru => RUSSIAN,
        };
        let sections = toml::from_str(text)
            .with_context(|| format!("the words for `{language}` cannot be read"))?;
        Ok(Words { language, sections })
    }

    /// A word; the key itself where the file has none.
    pub fn get<'w>(&'w self, section: &str, key: &'w str) -> &'w str {
        let found = self.sections.get(section).and_then(|words| words.get(key));
        found.map_or(key, String::as_str)
    }

    /// A special day's name, in the calendar's own language where there is no other.
    pub fn day_name<'d>(&self, day: &'d SpecialDay) -> &'d str {
        let translated = match self.language {
            Language::En => day.name_en.as_deref(),
            Language::Ru => day.name_ru.as_deref(),
            Language::Tr => None,
        };
        translated.unwrap_or(&day.name)
    }
}
