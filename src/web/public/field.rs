//! A question of a public form: label, hint, entry, and what is wrong with the entry. What a page sets is the field of
//! all forms ([`entry::Field`]).

use crate::entry;
use crate::words::Words;

/// A question with its entry.
#[derive(Debug, Clone)]
pub struct Field {
    /// Name of the field, and `id` of its (first) control.
    pub id: &'static str,
    pub label: String,
    pub hint: Option<String>,
    /// What is wrong with the entry.
    pub error: Option<String>,
    /// It may stay empty.
    pub optional: bool,
    pub value: String,
    pub asks: Asks,
    pub autocomplete: &'static str,
}

/// How it is asked.
#[derive(Debug, Clone)]
pub enum Asks {
    /// One line: the `type` of the control, and the class of its width.
    Line(&'static str, &'static str),
    /// Several lines: so many at first.
    Words(u32),
    /// One of these.
    One(Vec<Choice>),
    /// Files, of the types of the `accept` attribute.
    Files(&'static str),
}

/// One of several answers.
#[derive(Debug, Clone)]
pub struct Choice {
    pub value: &'static str,
    pub label: String,
    pub chosen: bool,
}

/// Something wrong with an entry, for the summary on top; the field's id is where its link leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub field: &'static str,
    pub text: String,
}

impl Problem {
    /// A problem in the words of a key.
    pub fn new(field: &'static str, words: &Words, key: &str) -> Problem {
        Problem {
            field,
            text: words.text(key).to_owned(),
        }
    }
}

/// Whether an entry is wrong. What is not the visitor's to mend (the register is busy) is said without asking to check.
pub fn is_to_be_mended(problems: &[Problem]) -> bool {
    problems.iter().any(|problem| !problem.field.is_empty())
}

impl Field {
    /// A question of one line whose label is the text `section.field`, its hint `section.field_hint` where there is one.
    pub fn line(words: &Words, section: &str, id: &'static str, value: &str) -> Field {
        let key = format!("{section}.{id}");
        Field {
            id,
            label: words.text(&key).to_owned(),
            hint: words.find(&format!("{key}_hint")).map(str::to_owned),
            error: None,
            optional: false,
            value: value.to_owned(),
            asks: Asks::Line("text", ""),
            autocomplete: "off",
        }
    }

    /// Asked in another way than by a line of text.
    #[must_use]
    pub fn asks(mut self, asks: Asks) -> Field {
        self.asks = asks;
        self
    }

    /// What the browser may fill in (HTML, 4.10.18.7.1).
    #[must_use]
    pub const fn autocomplete(mut self, token: &'static str) -> Field {
        self.autocomplete = token;
        self
    }

    /// It may stay empty.
    #[must_use]
    pub const fn optional(mut self) -> Field {
        self.optional = true;
        self
    }

    /// With what is wrong with it, if one of these problems is its own.
    #[must_use]
    pub fn with(mut self, problems: &[Problem]) -> Field {
        let own = problems.iter().find(|problem| problem.field == self.id);
        self.error = own.map(|problem| problem.text.clone());
        self
    }

    /// The field that a page sets.
    pub fn set(self) -> entry::Field {
        let (id, label) = (self.id, self.label);
        let field = match self.asks {
            Asks::Line(kind, width) => {
                let field = entry::Field::typed(id, label, kind, self.autocomplete);
                match width {
                    "short" => field.short().holding(self.value),
                    _ => field.holding(self.value),
                }
            }
            Asks::Words(rows) => entry::Field::area(id, label, rows)
                .completed(self.autocomplete)
                .holding(self.value),
            Asks::One(choices) => {
                let chosen = choices.iter().find(|choice| choice.chosen);
                let chosen = chosen.map_or("", |choice| choice.value).to_owned();
                let choices = choices
                    .into_iter()
                    .map(|choice| entry::Choice::new(choice.value, choice.label));
                entry::Field::radios(id, label, choices).holding(chosen)
            }
            Asks::Files(accept) => entry::Field::files(id, label).accepting(accept),
        };
        let field = field.hint(self.hint.unwrap_or_default()).wrong(self.error);
        match self.optional {
            true => field.optional(),
            false => field,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use redress_domain::vocabulary::Language;

    #[test]
    fn a_field_is_described_by_what_it_has() {
        let words = Words::load(Language::En).unwrap();
        let field = Field::line(&words, "public_track", "number", "");
        assert_eq!(field.clone().set().explained_by(), "number-hint");
        let problems = [Problem::new(
            "number",
            &words,
            "public_track.number_missing",
        )];
        assert_eq!(
            field.with(&problems).set().explained_by(),
            "number-hint number-error"
        );
    }

    #[test]
    fn of_several_answers_the_chosen_one_is_held() {
        let words = Words::load(Language::En).unwrap();
        let choice = |value, chosen| Choice {
            value,
            label: value.to_owned(),
            chosen,
        };
        let ask = |chosen| {
            let choices = vec![choice("self", false), choice("agent", chosen)];
            Field::line(&words, "public_complain", "behalf", "").asks(Asks::One(choices))
        };
        assert!(ask(true).set().holds("agent"));
        let open = ask(false).set();
        assert!(!open.holds("agent") && !open.holds("self"));
    }
}
