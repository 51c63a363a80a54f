//! The texts of the review in its languages, from `reports/translations/`.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

use super::{ReviewError, numbers};
use redress_domain::vocabulary::Language;

const EN: &str = include_str!("../../reports/translations/en.toml");
const TR: &str = include_str!("../../reports/translations/tr.toml");
const RU: &str = include_str!("../../reports/translations/ru.toml");

/// Shown for a cell without a value.
pub const NOTHING: &str = "–";

/// The texts of one language.
#[derive(Debug, Clone)]
pub struct Words {
    language: Language,
    texts: BTreeMap<String, String>,
    months: Vec<String>,
}

impl Words {
    /// Reads the bundled texts of a language.
    ///
    /// # Errors
    /// When the file is not TOML or holds something else than texts.
    pub fn load(language: Language) -> Result<Words, ReviewError> {
        let source = match language {
            Language::En => EN,
            Language::Tr => TR,
            Language::Ru => RU,
        };
        let broken = |reason: String| ReviewError::Words {
            language: language.as_str(),
            reason,
        };
        let table: toml::Table = source
            .parse()
            .map_err(|e: toml::de::Error| broken(e.to_string()))?;
        let mut texts = BTreeMap::new();
        flatten("", &table, &mut texts).map_err(broken)?;
        let months = (1..=12)
            .map(|m| {
                texts
                    .get(&format!("month_names.m{m:02}"))
                    .cloned()
                    .unwrap_or_default()
            })
            .collect();
        Ok(Words {
            language,
            texts,
            months,
        })
    }

    pub const fn language(&self) -> Language {
        self.language
    }

    /// Every key with its text.
    pub fn all(&self) -> &BTreeMap<String, String> {
        &self.texts
    }

    /// A text. A missing key shows itself; a test keeps the three languages complete.
    pub fn text(&self, key: &str) -> String {
        self.texts
            .get(key)
            .cloned()
            .unwrap_or_else(|| key.to_owned())
    }

    /// A text with its `{places}` filled; what is filled in is not searched again.
    pub fn fill(&self, key: &str, values: &[(&str, &str)]) -> String {
        let text = self.text(key);
        let mut filled = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            filled.push_str(before);
            match after.split_once('}') {
                Some((name, tail)) => {
                    match values.iter().find(|(n, _)| *n == name) {
                        Some((_, value)) => filled.push_str(value),
                        None => filled.push_str(&format!("{{{name}}}")),
                    }
                    rest = tail;
                }
                None => {
                    filled.push('{');
                    rest = after;
                }
            }
        }
        filled.push_str(rest);
        filled
    }

    /// A text in the form that the number asks for; `{n}` is the number.
    pub fn plural(&self, key: &str, n: i64, values: &[(&str, &str)]) -> String {
        let number = numbers::count(self.language, n);
        let mut all = vec![("n", number.as_str())];
        all.extend_from_slice(values);
        self.fill(&format!("{key}.{}", form(self.language, n)), &all)
    }

    /// The name of a code in a group (`states`, `channels`, ...); a code without a name is shown as it is.
    pub fn name(&self, group: &str, code: &str) -> String {
        match self.texts.get(&format!("{group}.{code}")) {
            Some(name) => name.clone(),
            None => clean(code),
        }
    }

    /// The name of a code in the first of these groups that knows it.
    pub fn name_in(&self, groups: &[&str], code: &str) -> String {
        groups
            .iter()
            .find_map(|group| self.texts.get(&format!("{group}.{code}")).cloned())
            .unwrap_or_else(|| clean(code))
    }

    pub fn count(&self, n: i64) -> String {
        numbers::count(self.language, n)
    }

    pub fn real(&self, value: f64, places: u32) -> String {
        numbers::real(self.language, value, places)
    }

    /// A share (0 to 1) in percent with one decimal place.
    pub fn percent(&self, share: f64) -> String {
        numbers::percent(self.language, share, 1)
    }

    /// A whole percent for an axis.
    pub fn percent_tick(&self, percent: f64) -> String {
        numbers::percent(self.language, percent / 100.0, 0)
    }

    /// A span of shares in percent, such as 71.2–88.0%.
    pub fn span(&self, low: f64, high: f64) -> String {
        numbers::percent_span(self.language, low, high, 1)
    }

    pub fn date(&self, day: NaiveDate) -> String {
        numbers::date(self.language, day, &self.months)
    }

    /// A moment in a zone, to the minute, with the zone's name.
    pub fn moment(&self, at: DateTime<Utc>, zone: Tz) -> String {
        let local = at.with_timezone(&zone);
        let day = self.date(local.date_naive());
        format!("{day}, {} ({})", local.format("%H:%M"), zone.name())
    }

    /// A month written 2026-07 as people read it; anything else as it is.
    pub fn month(&self, month: &str) -> String {
        let name = month.split_once('-').and_then(|(year, number)| {
            let name = self.texts.get(&format!("month_names.m{number}"))?;
            Some(format!("{name} {year}"))
        });
        name.unwrap_or_else(|| clean(month))
    }
}

/// Plural form: the cardinal rules of Unicode CLDR for whole numbers.
fn form(language: Language, n: i64) -> &'static str {
    let n = n.unsigned_abs();
    match language {
        Language::En | Language::Tr if n == 1 => "one",
        Language::En | Language::Tr => "other",
        Language::Ru => match (n % 10, n % 100) {
            (1, tens) if tens != 11 => "one",
            (2..=4, tens) if !(12..=14).contains(&tens) => "few",
            _ => "many",
        },
    }
}

/// Text from the data on one line: line breaks and control characters become spaces.
pub fn clean(text: &str) -> String {
    let spaced: String = text
        .chars()
        .map(|c| {
            if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}') {
                ' '
            } else {
                c
            }
        })
        .collect();
    let mut line = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.is_empty() {
        line.push_str(NOTHING);
    }
    line
}

/// The text cut to so many characters, for headings of columns.
pub fn short(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let cut: String = text.chars().take(most.saturating_sub(1)).collect();
    cut.trim_end().to_owned() + "…"
}

fn flatten(
    prefix: &str,
    table: &toml::Table,
    texts: &mut BTreeMap<String, String>,
) -> Result<(), String> {
    for (key, value) in table {
        let name = if prefix.is_empty() {
            key.clone()
        } else {
            format!("{prefix}.{key}")
        };
        match value {
            toml::Value::String(text) => {
                texts.insert(name, text.clone());
            }
            toml::Value::Table(inner) => flatten(&name, inner, texts)?,
            other => return Err(format!("`{name}` is a {}, not a text", other.type_str())),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn russian_plurals_follow_cldr() {
        let cases = [
            (0, "many"),
            (1, "one"),
            (2, "few"),
            (4, "few"),
            (5, "many"),
            (11, "many"),
            (12, "many"),
            (14, "many"),
            (21, "one"),
            (22, "few"),
            (25, "many"),
            (101, "one"),
            (111, "many"),
        ];
        for (n, expected) in cases {
            assert_eq!(form(Language::Ru, n), expected, "{n}");
        }
    }

    #[test]
    fn what_is_filled_in_is_not_searched_again() {
        let mut words = Words::load(Language::En).expect("bundled texts");
        words.texts.insert("probe".into(), "{a} and {b}".into());
        assert_eq!(
            words.fill("probe", &[("a", "{b}"), ("b", "x")]),
            "{b} and x"
        );
    }

    #[test]
    fn text_from_the_data_stays_on_one_line() {
        assert_eq!(clean("a\nb\u{0}\tc"), "a b c");
        assert_eq!(clean("\n"), NOTHING);
    }
}
