//! The wordings of complaints, decisions and notes, read from one file per language.
//!
//! A line that begins with `#` is a comment, `[…]` opens a section, any other line is one text.

use super::SampleError;
use super::catalogue::CATEGORIES;
use super::planted::CAUSES;
use redress_domain::vocabulary::Language;

/// Number of planted causes.
const CAUSE_COUNT: usize = CAUSES.len();
/// Number of categories.
const CATEGORY_COUNT: usize = CATEGORIES.len();

/// All texts of one language.
#[derive(Debug, Default, Clone)]
pub struct Wordings {
    /// By place of the cause in the catalogue.
    pub causes: [Vec<&'static str>; CAUSE_COUNT],
    /// By place of the category in the catalogue.
    pub backgrounds: [Vec<&'static str>; CATEGORY_COUNT],
    pub greetings: Vec<&'static str>,
    pub closings: Vec<&'static str>,
    pub quoted_tails: Vec<&'static str>,
    pub remedy_notes: Vec<&'static str>,
    pub decisions: Vec<&'static str>,
    pub rejections: Vec<&'static str>,
    pub notes: Vec<&'static str>,
}

/// All texts.
#[derive(Debug, Clone)]
pub struct Texts {
    tr: Wordings,
    ru: Wordings,
    en: Wordings,
}

impl Texts {
    /// Reads the files that come with the program.
    ///
    /// # Errors
    /// Names the file, the line and what is wrong with it.
    pub fn shipped() -> Result<Self, SampleError> {
        Ok(Texts {
            tr: Wordings::parse("tr.txt", include_str!("texts/tr.txt"))?,
            ru: Wordings::parse("ru.txt", include_str!("texts/ru.txt"))?,
            en: Wordings::parse("en.txt", include_str!("texts/en.txt"))?,
        })
    }

    /// The texts of a language.
    pub fn of(&self, language: Language) -> &Wordings {
        match language {
            Language::Tr => &self.tr,
            Language::Ru => &self.ru,
            Language::En => &self.en,
        }
    }
}

/// The section that lines go to.
enum Section {
    Cause(usize),
    Background(usize),
    Other(fn(&mut Wordings) -> &mut Vec<&'static str>),
}

impl Wordings {
    /// Reads one file.
    ///
    /// # Errors
    /// At an unknown section, a text outside any section, an unknown slot, or an empty section.
    pub fn parse(file: &'static str, text: &'static str) -> Result<Self, SampleError> {
        let wrong = |line: usize, what: String| SampleError::BadText { file, line, what };
        let mut wordings = Wordings::default();
        let mut section = None;
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if let Some(header) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
                let found = Section::named(header).ok_or_else(|| {
                    wrong(
                        number,
                        format!("there is no section `{header}`; check its spelling"),
                    )
                })?;
                section = Some(found);
                continue;
            }
            if let Some(slot) = unknown_slot(line) {
                return Err(wrong(
                    number,
                    format!(
                        "the slot `{{{slot}}}` is not known; known are {}",
                        SLOTS.join(", ")
                    ),
                ));
            }
            match &section {
                Some(Section::Cause(place)) => wordings.causes[*place].push(line),
                Some(Section::Background(place)) => wordings.backgrounds[*place].push(line),
                Some(Section::Other(list)) => list(&mut wordings).push(line),
                None => {
                    return Err(wrong(
                        number,
                        "a text stands before the first section".to_owned(),
                    ));
                }
            }
        }
        match wordings.first_empty() {
            Some(missing) => Err(wrong(
                text.lines().count(),
                format!("the section `{missing}` is missing or empty"),
            )),
            None => Ok(wordings),
        }
    }

    fn first_empty(&self) -> Option<String> {
        let cause = CAUSES
            .iter()
            .zip(&self.causes)
            .find(|(_, texts)| texts.is_empty());
        let category = CATEGORIES
            .iter()
            .zip(&self.backgrounds)
            .find(|(_, texts)| texts.is_empty());
        let others = [
            ("greeting", &self.greetings),
            ("closing", &self.closings),
            ("quoted_tail", &self.quoted_tails),
            ("remedy_note", &self.remedy_notes),
            ("decision", &self.decisions),
            ("rejection", &self.rejections),
            ("note", &self.notes),
        ];
        let other = others.iter().find(|(_, texts)| texts.is_empty());
        cause
            .map(|(cause, _)| format!("cause {}", cause.id))
            .or_else(|| category.map(|((id, _), _)| format!("background {id}")))
            .or_else(|| other.map(|(name, _)| (*name).to_owned()))
    }
}

impl Section {
    fn named(header: &str) -> Option<Section> {
        if let Some(id) = header.strip_prefix("cause ") {
            return CAUSES.iter().position(|c| c.id == id).map(Section::Cause);
        }
        if let Some(id) = header.strip_prefix("background ") {
            return CATEGORIES
                .iter()
                .position(|(c, _)| *c == id)
                .map(Section::Background);
        }
        match header {
            "greeting" => Some(Section::Other(|w| &mut w.greetings)),
            "closing" => Some(Section::Other(|w| &mut w.closings)),
            "quoted_tail" => Some(Section::Other(|w| &mut w.quoted_tails)),
            "remedy_note" => Some(Section::Other(|w| &mut w.remedy_notes)),
            "decision" => Some(Section::Other(|w| &mut w.decisions)),
            "rejection" => Some(Section::Other(|w| &mut w.rejections)),
            "note" => Some(Section::Other(|w| &mut w.notes)),
            _ => None,
        }
    }
}

/// The slots that a text may have.
pub const SLOTS: [&str; 6] = ["product", "lot", "place", "days", "amount", "order"];

fn unknown_slot(line: &str) -> Option<&str> {
    line.split('{')
        .skip(1)
        .map(|rest| rest.split('}').next().unwrap_or(rest))
        .find(|slot| !SLOTS.contains(slot))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_section_is_named_with_its_line() {
        let error =
            Wordings::parse("x.txt", "# a\n[greeting]\nhello\n[caus grout-stains]\nx").unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains("x.txt") && text.contains("line 4") && text.contains("caus grout-stains"),
            "{text}"
        );
    }

    #[test]
    fn an_unknown_slot_and_a_missing_section_are_named() {
        let slot = Wordings::parse("x.txt", "[note]\nsee {prodct}")
            .unwrap_err()
            .to_string();
        assert!(slot.contains("{prodct}"), "{slot}");
        let missing = Wordings::parse("x.txt", "[note]\nsee {lot}")
            .unwrap_err()
            .to_string();
        assert!(missing.contains("cause wrinkling-topcoat"), "{missing}");
    }

    #[test]
    fn the_shipped_texts_are_complete() {
        let texts = Texts::shipped().unwrap();
        for language in Language::ALL {
            let wordings = texts.of(*language);
            assert!(wordings.causes.iter().all(|c| c.len() >= 32), "{language}");
            assert!(
                wordings.backgrounds.iter().all(|b| b.len() >= 9),
                "{language}"
            );
        }
    }
}
