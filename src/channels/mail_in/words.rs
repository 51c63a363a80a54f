//! What the program itself writes into a case, from `reports/translations/mail-*.toml`; the names of states are the
//! review's.

use serde::Deserialize;

use super::error::MailError;
use redress_domain::vocabulary::Language;
use redress_domain::workflow::StateName;
use redress_review::words::Words as ReviewWords;

const EN: &str = include_str!("../../../reports/translations/mail-en.toml");
const TR: &str = include_str!("../../../reports/translations/mail-tr.toml");
const RU: &str = include_str!("../../../reports/translations/mail-ru.toml");

/// The texts of one language.
#[derive(Debug, Clone)]
pub struct Words {
    texts: Texts,
    shared: ReviewWords,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Texts {
    note: Notes,
    text: Stand,
    file: File,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Notes {
    other_sender: String,
    no_address: String,
    after_closed: String,
    left_out: String,
    late: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stand {
    empty: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    original: String,
}

impl Words {
    /// Reads the bundled texts of a language.
    ///
    /// # Errors
    /// When a text is missing; a test reads all of them.
    pub fn load(language: Language) -> Result<Words, MailError> {
        let source = match language {
            Language::En => EN,
            Language::Tr => TR,
            Language::Ru => RU,
        };
        let broken = |reason: String| MailError::Words { language, reason };
        Ok(Words {
            texts: toml::from_str(source).map_err(|e| broken(e.to_string()))?,
            shared: ReviewWords::load(language).map_err(|e| broken(e.to_string()))?,
        })
    }

    /// Above the words of somebody who is not the complainant.
    pub fn other_sender(&self, address: Option<&str>) -> String {
        let sender = address.unwrap_or(&self.texts.note.no_address);
        self.texts.note.other_sender.replace("{sender}", sender)
    }

    /// On a new case whose mail named a closed one.
    pub fn after_closed(&self, number: &str, state: StateName) -> String {
        let state = self.shared.name("states", state.as_str());
        let text = &self.texts.note.after_closed;
        text.replace("{number}", number).replace("{state}", &state)
    }

    /// On a case whose mail had files that were not taken out of it.
    pub fn left_out(&self, count: usize) -> String {
        let text = &self.texts.note.left_out;
        text.replace("{count}", &count.to_string())
    }

    /// Why an event is entered late.
    pub fn late(&self) -> &str {
        &self.texts.note.late
    }

    /// In the place of a text that is not there.
    pub fn empty(&self) -> &str {
        &self.texts.text.empty
    }

    /// The name of the mail as it came, among the files of its case.
    pub fn original(&self) -> &str {
        &self.texts.file.original
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_says_what_it_has_to() {
        for &language in Language::ALL {
            let words = Words::load(language).unwrap();
            let note = words.other_sender(Some("ali@example.org"));
            assert!(note.contains("ali@example.org"), "{note}");
            assert!(!words.other_sender(None).contains('{'));
            let note = words.after_closed("2026-000007", StateName::Completed);
            assert!(
                note.contains("2026-000007") && !note.contains('{'),
                "{note}"
            );
            assert!(!note.contains("completed"), "{note}");
            assert!(words.left_out(3).contains('3'));
            assert!(words.original().ends_with(".eml"));
            assert!(!words.late().is_empty() && !words.empty().is_empty());
        }
    }
}
