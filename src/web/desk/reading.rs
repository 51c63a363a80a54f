//! What was entered in a form of the desk, read into the values of an event; what cannot be read stands beside its field.

use std::str::FromStr;

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeZone as _, Utc};
use chrono_tz::Tz;

use crate::entry::Wrong;
use crate::visit::Fields;
use crate::words::Words;
use redress_clusters::normalise::fold;
use redress_domain::case_file::CaseFile;
use redress_domain::event::MinorUnits;

/// A form while it is read.
#[derive(Debug)]
pub struct Reading<'r> {
    pub form: &'r Fields,
    pub words: &'r Words,
    /// The case that the form is about.
    pub file: &'r CaseFile,
    /// Name of the command, for the labels of its fields.
    pub command: &'static str,
    /// Who acts.
    pub me: &'r str,
    /// Reminders that the customer got of the decision that awaits an answer.
    pub reminders: u8,
    /// What is wrong so far.
    pub wrong: Vec<Wrong>,
}

impl Reading<'_> {
    /// A text that is needed.
    pub fn needed(&mut self, name: &'static str) -> Option<String> {
        let text = self.form.text(name);
        if text.is_none() {
            self.refuse(name, "entry.needed");
        }
        text
    }

    /// A text that may be left out.
    pub fn text(&self, name: &str) -> Option<String> {
        self.form.text(name)
    }

    /// A word of a closed list.
    pub fn word<T: FromStr>(&mut self, name: &'static str) -> Option<T> {
        let word = self.form.given(name).and_then(|word| word.parse().ok());
        if word.is_none() {
            self.refuse(name, "entry.choose");
        }
        word
    }

    /// A word of a closed list that may be left out.
    pub fn word_if_given<T: FromStr>(&mut self, name: &'static str) -> Option<T> {
        self.form.given(name)?;
        self.word(name)
    }

    /// A code of an open list that is needed; people may write its name.
    pub fn code(&mut self, name: &'static str, group: &str) -> Option<String> {
        self.needed(name)
            .map(|text| code_of(self.words, group, &text))
    }

    /// Yes or no.
    pub fn yes_or_no(&mut self, name: &'static str) -> Option<bool> {
        match self.form.get(name) {
            "yes" => Some(true),
            "no" => Some(false),
            _ => {
                self.refuse(name, "entry.choose");
                None
            }
        }
    }

    /// An amount in minor units; nothing entered is nothing.
    pub fn amount(&mut self, name: &'static str) -> Option<MinorUnits> {
        let Some(text) = self.form.given(name) else {
            return Some(0);
        };
        let amount = minor_units(text);
        if amount.is_none() {
            self.refuse(name, "entry.amount");
        }
        amount
    }

    /// A day that is needed.
    pub fn day(&mut self, name: &'static str) -> Option<NaiveDate> {
        let day = self.form.get(name).parse().ok();
        if day.is_none() {
            self.refuse(name, "entry.day");
        }
        day
    }

    /// Says that a field is wrong.
    pub fn refuse(&mut self, name: &'static str, key: &str) {
        let label = label(self.words, self.command, name);
        let text = self.words.fill(key, &[("label", &label)]);
        self.wrong.push(Wrong::of(name, text));
    }
}

/// The label of a field: the command's own, or that of all forms.
pub fn label(words: &Words, command: &str, name: &str) -> String {
    let own = format!("labels.{}_{name}", command.replace('-', "_"));
    let common = format!("labels.{name}");
    let label = words.find(&own).unwrap_or_else(|| words.text(&common));
    label.to_owned()
}

/// The code of an open list that somebody means: by its name in the language of `words`, else as it was written.
pub fn code_of(words: &Words, group: &str, written: &str) -> String {
    let (mut sought, mut folded) = (String::new(), String::new());
    fold(written, &mut sought);
    let named = words.codes(group).find(|code| {
        fold(&words.name(group, code), &mut folded);
        folded == sought
    });
    named.unwrap_or(written).to_owned()
}

/// A local moment as a browser sends it, `2026-03-02T09:30`. Where clocks were put back, the first of the two. With an
/// offset or a Z (RFC 3339), as programs send it, it is that very moment.
pub fn local_moment(text: &str, zone: Tz) -> Option<DateTime<Utc>> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(at.with_timezone(&Utc));
    }
    let local = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())?;
    let at = zone.from_local_datetime(&local).earliest()?;
    Some(at.with_timezone(&Utc))
}

/// A moment as a browser wants it for a field.
pub fn for_a_field(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).format("%Y-%m-%dT%H:%M").to_string()
}

/// An amount as people write it (`1250`, `1.250,50`, `1,250.50`), in minor units. A point or comma with one or two
/// figures after it begins the part; others part thousands.
pub fn minor_units(text: &str) -> Option<MinorUnits> {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let (whole, part) = match text.rfind(['.', ',']) {
        Some(at) if (1..=2).contains(&(text.len() - at - 1)) => (&text[..at], &text[at + 1..]),
        _ => (text.as_str(), ""),
    };
    let mut groups = whole.split(['.', ',']);
    let mut figures = groups.next().unwrap_or_default().to_owned();
    for group in groups {
        if group.len() != 3 || figures.is_empty() {
            return None;
        }
        figures.push_str(group);
    }
    let is_number = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if figures.is_empty() || !is_number(&figures) || !is_number(part) {
        return None;
    }
    let part: MinorUnits = format!("{part:0<2}").parse().ok()?;
    let whole: MinorUnits = figures.parse().ok()?;
    whole.checked_mul(100)?.checked_add(part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use redress_domain::vocabulary::Language;

    #[test]
    fn amounts_are_read_as_three_languages_write_them() {
        let amounts = [
            ("0", 0),
            ("125", 12_500),
            ("125,5", 12_550),
            ("125.50", 12_550),
            ("1.250,50", 125_050),
            ("1,250.50", 125_050),
            ("1.250", 125_000),
            ("1\u{a0}250,07", 125_007),
            ("12 000 000", 1_200_000_000),
        ];
        for (text, minor) in amounts {
            assert_eq!(minor_units(text), Some(minor), "{text}");
        }
        for text in [
            "",
            "-5",
            "12a",
            ",50",
            "1.25.50",
            "1,2345",
            "99999999999999999999",
        ] {
            assert_eq!(minor_units(text), None, "{text}");
        }
    }

    #[test]
    fn a_name_of_a_code_is_its_code_whatever_its_letters() {
        let words = Words::load(Language::Tr).unwrap();
        assert_eq!(code_of(&words, "categories", "ÇATLAMA"), "cracking");
        assert_eq!(code_of(&words, "categories", "catlama"), "cracking");
        assert_eq!(code_of(&words, "categories", "cracking"), "cracking");
        assert_eq!(
            code_of(&words, "categories", "Yeni bir tür"),
            "Yeni bir tür"
        );
    }

    #[test]
    fn a_local_moment_is_placed_in_its_zone() {
        let zone = chrono_tz::Europe::Istanbul;
        let at = local_moment("2026-03-02T09:30", zone).unwrap();
        assert_eq!(at.to_rfc3339(), "2026-03-02T06:30:00+00:00");
        assert_eq!(for_a_field(at, zone), "2026-03-02T09:30");
        assert_eq!(local_moment("2026-03-02T06:30:00Z", zone), Some(at));
        assert!(local_moment("yesterday", zone).is_none());
    }
}
