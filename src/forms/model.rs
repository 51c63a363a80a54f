//! A form before it is set: sections of fields, choices and tables, each blank, known or erased.

use redress_domain::vocabulary::Language;

use super::words::Words;

/// A form with everything that stands on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    pub language: Language,
    pub organisation: String,
    /// How it is reached, each with its name; empty where nothing is known.
    pub contact: Vec<(String, String)>,
    pub title: String,
    /// Number of the case it is filled from.
    pub number: Option<String>,
    /// What stands where something was erased.
    pub erased: String,
    pub sections: Vec<Section>,
}

/// A numbered part of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Unique within the form.
    pub id: &'static str,
    pub title: String,
    /// What to know before filling it in.
    pub note: Option<String>,
    pub parts: Vec<Part>,
}

impl Section {
    /// A section under the title `section.<id>`, with the note `note.<id>` where there is one.
    pub fn new(words: &Words, id: &'static str, parts: Vec<Part>) -> Section {
        Section {
            id,
            title: words.text(&format!("section.{id}")),
            note: words.find(&format!("note.{id}")),
            parts,
        }
    }
}

/// What a section is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    Field(Field),
    Choice(Choice),
    Grid(Grid),
}

impl From<Field> for Part {
    fn from(field: Field) -> Self {
        Part::Field(field)
    }
}

impl From<Choice> for Part {
    fn from(choice: Choice) -> Self {
        Part::Choice(choice)
    }
}

impl From<Grid> for Part {
    fn from(grid: Grid) -> Self {
        Part::Grid(grid)
    }
}

/// What stands in a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// The register does not hold it: a line to write on.
    Blank,
    Known(String),
    /// The register held it, and it was erased (ISO 10002, 8.1).
    Erased,
}

impl Entry {
    /// What is known; a blank line where that is nothing.
    pub fn of(text: Option<impl AsRef<str>>) -> Entry {
        match text.map(|text| tidy(text.as_ref())) {
            Some(text) if !text.is_empty() => Entry::Known(text),
            Some(_) | None => Entry::Blank,
        }
    }

    /// As [`Entry::of`], of something that may have been erased.
    pub fn unless_erased(text: Option<impl AsRef<str>>, erased: bool) -> Entry {
        match Entry::of(text) {
            Entry::Blank if erased => Entry::Erased,
            entry => entry,
        }
    }
}

/// Share of the page's width.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Width {
    Third,
    Half,
    Full,
}

impl Width {
    /// Its class in the style sheet.
    pub const fn as_str(self) -> &'static str {
        match self {
            Width::Third => "third",
            Width::Half => "half",
            Width::Full => "full",
        }
    }
}

/// A labelled line, or several for a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Unique within the form.
    pub id: &'static str,
    pub label: String,
    pub hint: Option<String>,
    pub width: Width,
    /// Ruled lines to write on.
    pub rows: u8,
    /// What a browser may offer to fill in: the HTML attribute of this name.
    pub autocomplete: &'static str,
    /// Language of what stands in it, where it may be another one than the form's.
    pub language: Option<Language>,
    pub entry: Entry,
}

impl Field {
    /// One line under the label `field.<id>`, with the hint `hint.<id>` where there is one.
    pub fn new(words: &Words, id: &'static str, width: Width, entry: Entry) -> Field {
        Field {
            id,
            label: words.text(&format!("field.{id}")),
            hint: words.find(&format!("hint.{id}")),
            width,
            rows: 1,
            autocomplete: "off",
            language: None,
            entry,
        }
    }

    /// With so many lines to write on.
    pub fn rows(self, rows: u8) -> Field {
        Field { rows, ..self }
    }

    /// With something that the browser of the person concerned knows.
    pub fn autocomplete(self, autocomplete: &'static str) -> Field {
        Field {
            autocomplete,
            ..self
        }
    }

    /// With a text in this language.
    pub fn language(self, language: Option<Language>) -> Field {
        Field { language, ..self }
    }
}

/// Boxes to tick.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Unique within the form.
    pub id: &'static str,
    pub legend: String,
    pub width: Width,
    /// At most one is ticked.
    pub single: bool,
    pub ticks: Vec<Tick>,
}

impl Choice {
    /// Boxes under the legend `field.<id>`.
    pub fn new(words: &Words, id: &'static str, width: Width, ticks: Vec<Tick>) -> Choice {
        Choice {
            id,
            legend: words.text(&format!("field.{id}")),
            width,
            single: false,
            ticks,
        }
    }

    /// With at most one box ticked.
    pub fn single(self) -> Choice {
        Choice {
            single: true,
            ..self
        }
    }

    /// A yes and a no; `None` is not known.
    pub fn yes_no(words: &Words, id: &'static str, width: Width, known: Option<bool>) -> Choice {
        let ticks = vec![
            Tick::new("yes", words.text("entry.yes"), known == Some(true)),
            Tick::new("no", words.text("entry.no"), known == Some(false)),
        ];
        Choice::new(words, id, width, ticks).single()
    }

    /// Whether the register says what is ticked.
    pub fn is_known(&self) -> bool {
        self.ticks.iter().any(|tick| tick.ticked)
    }
}

/// One box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tick {
    /// Unique within its choice.
    pub value: &'static str,
    pub label: String,
    pub ticked: bool,
}

impl Tick {
    /// A box with its label.
    pub fn new(value: &'static str, label: String, ticked: bool) -> Tick {
        Tick {
            value,
            label,
            ticked,
        }
    }
}

/// A table to write in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grid {
    /// Unique within the form.
    pub id: &'static str,
    pub caption: String,
    /// Headings, that of the rows' heads first.
    pub columns: Vec<String>,
    pub rows: Vec<Row>,
}

/// A row of a table: as many cells as columns, less its head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub head: String,
    pub cells: Vec<Entry>,
}

/// A text as a page can hold it: without control characters other than line breaks, which HTML forbids.
pub fn tidy(text: &str) -> String {
    let allowed = |c: &char| !c.is_control() || *c == '\n';
    text.replace("\r\n", "\n")
        .replace(['\r', '\u{2028}', '\u{2029}'], "\n")
        .replace('\t', " ")
        .chars()
        .filter(allowed)
        .collect::<String>()
        .trim()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_keeps_its_lines_and_loses_what_moves_a_cursor() {
        assert_eq!(tidy(" a\r\nb\u{1b}[31m\tc\u{0}\n"), "a\nb[31m c");
    }

    #[test]
    fn nothing_known_is_a_blank_line_and_nothing_left_is_said() {
        assert_eq!(Entry::of(Some(" \n")), Entry::Blank);
        assert_eq!(Entry::of(None::<&str>), Entry::Blank);
        assert_eq!(Entry::unless_erased(None::<&str>, true), Entry::Erased);
        assert_eq!(
            Entry::unless_erased(Some("x"), true),
            Entry::Known("x".to_owned())
        );
    }
}
