//! A proposed mapping while it is being written: its files, and the sentences on what is unsure.

use std::fmt::Write as _;

use super::column::{Column, Holds};
use super::names::Role;
use super::reading::Reading;
use super::roles::Roles;
use redress_plain::hex::hex;

/// What no table that is guessed at says, be it a list or a log.
pub(super) const NEVER: [&str; 10] = [
    "resolution",
    "remedies",
    "external_remedies",
    "assessment",
    "response",
    "cost",
    "answers",
    "referral",
    "survey",
    "history",
];

/// A proposal that is being made.
pub(super) struct Proposal<'r> {
    pub reading: &'r Reading,
    pub roles: &'r Roles,
    unsure: Vec<String>,
    files: Vec<(&'static str, String)>,
}

impl<'r> Proposal<'r> {
    /// Begins a proposal with what is unsure of the file itself.
    pub(super) fn begin(reading: &'r Reading, roles: &'r Roles) -> Self {
        let mut proposal = Proposal {
            reading,
            roles,
            unsure: Vec::new(),
            files: Vec::new(),
        };
        if reading.encoding.guessed {
            proposal.doubt(format!(
                "The file is not UTF-8; {} was guessed. If letters look wrong, change `encoding` in mapping.toml.",
                reading.encoding.encoding.name()
            ));
        }
        if !roles.case_by_name {
            proposal.doubt(format!(
                "No column's name says that it is the number of the case. {} was taken, since it has the most different values.",
                proposal.title(Role::Case)
            ));
        }
        if roles.changes.partly {
            proposal.doubt(
                "What changes within a case was looked for in the first rows only.".to_owned(),
            );
        }
        for (role, others) in &roles.rivals {
            // One that is taken for something else by its own name is no rival.
            let others: Vec<String> = others
                .iter()
                .filter(|place| roles.of_column(**place).is_none())
                .map(|place| format!("`{}`", reading.columns[*place].name))
                .collect();
            if others.is_empty() {
                continue;
            }
            proposal.doubt(format!(
                "{} was taken for \"{}\"; by their names these could be it too: {}.",
                proposal.title(*role),
                role.as_str(),
                others.join(", ")
            ));
        }
        proposal
    }

    /// Notes something that a person has to look at.
    pub(super) fn doubt(&mut self, sentence: String) {
        self.unsure.push(sentence);
    }

    /// Adds a file of the mapping.
    pub(super) fn file(&mut self, name: &'static str, text: String) {
        self.files.push((name, text));
    }

    /// A role's column.
    pub(super) fn column(&self, role: Role) -> Option<&'r Column> {
        self.roles
            .column(role)
            .map(|place| &self.reading.columns[place])
    }

    /// Whether a role has a column.
    pub(super) fn has(&self, role: Role) -> bool {
        self.roles.column(role).is_some()
    }

    /// A role's column as SQL writes it, `NULL` where there is none.
    pub(super) fn sql(&self, role: Role) -> String {
        self.column(role)
            .map_or_else(|| "NULL".to_owned(), |column| name_in_sql(&column.name))
    }

    /// A role's column, for a sentence.
    pub(super) fn title(&self, role: Role) -> String {
        self.column(role).map_or_else(
            || "nothing".to_owned(),
            |column| format!("`{}`", column.name),
        )
    }

    /// `mapping.toml`: the file, its columns and dates, and what this source does not record.
    pub(super) fn settings(&mut self, table: &str, not_recorded: &[&str]) {
        let mut used: Vec<(Role, &Column)> = Vec::new();
        for role in ROLES {
            if let Some(column) = self.column(role) {
                used.push((role, column));
            }
        }
        let dated: Vec<&Column> = used
            .iter()
            .map(|(_, column)| *column)
            .filter(|column| column.holds() == Holds::Dates)
            .collect();
        let mut without_offset = false;
        for column in &dated {
            self.doubts_of_dates(column);
            without_offset |= column
                .dates
                .forms
                .iter()
                .any(|form| form.form != "rfc3339" && !form.form.ends_with('z'));
        }
        if without_offset {
            self.doubt(
                "Times name no zone. They are read in the organisation's; set `zone` in mapping.toml where it is another.".to_owned(),
            );
        }
        let marks = self.marks_for_nothing();
        if !marks.is_empty() {
            let list: Vec<String> = marks
                .iter()
                .map(|(mark, cells)| format!("`{mark}` ({cells} cell(s))"))
                .collect();
            self.doubt(format!(
                "These count as no value: {}. Strike from `missing` in mapping.toml what is one.",
                list.join(", ")
            ));
        }
        let unused: Vec<String> = self
            .reading
            .columns
            .iter()
            .enumerate()
            .filter(|(place, column)| {
                self.roles.of_column(*place).is_none() && column.holds() != Holds::Empty
            })
            .map(|(place, column)| {
                let holds = column.holds().as_str();
                match column.name.as_str() {
                    "" => format!("column {}, without a name ({holds})", place + 1),
                    name => format!("`{name}` ({holds})"),
                }
            })
            .collect();
        if !unused.is_empty() {
            self.doubt(format!(
                "These columns are not used: {}.",
                unused.join(", ")
            ));
        }

        let file = self
            .reading
            .path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy();
        let mut text = String::new();
        let _ = writeln!(
            text,
            "title = {}",
            text_in_toml(&format!("{file}, as proposed"))
        );
        let _ = writeln!(text, "source = \"csv\"");
        let _ = writeln!(text, "# zone = \"Europe/Istanbul\"");
        let list: Vec<String> = not_recorded
            .iter()
            .map(|what| format!("\"{what}\""))
            .collect();
        let _ = writeln!(
            text,
            "# What the file does not record is not measured. Strike out what it does record after all.\nnot_recorded = [{}]\n",
            list.join(", ")
        );
        let _ = writeln!(
            text,
            "[[file]]\nname = {}\ntable = \"{table}\"",
            text_in_toml(&file)
        );
        if self.reading.encoding.guessed {
            let name = self.reading.encoding.encoding.name().to_lowercase();
            let _ = writeln!(text, "encoding = \"{name}\"");
        }
        if self.reading.separator != b',' {
            let separator = char::from(self.reading.separator).to_string();
            let _ = writeln!(text, "separator = {}", text_in_toml(&separator));
        }
        if !marks.is_empty() {
            let list: Vec<String> = marks.iter().map(|(mark, _)| text_in_toml(mark)).collect();
            let _ = writeln!(text, "missing = [{}]", list.join(", "));
        }
        let list: Vec<String> = used
            .iter()
            .filter(|(_, column)| column.holds() != Holds::Dates)
            .map(|(_, column)| text_in_toml(&column.name))
            .collect();
        let _ = writeln!(text, "columns = [{}]", list.join(", "));
        let list: Vec<String> = dated
            .iter()
            .map(|column| {
                let forms: Vec<String> = column
                    .dates
                    .forms
                    .iter()
                    .map(|form| text_in_toml(&form.form))
                    .collect();
                match forms.as_slice() {
                    [one] => format!("{} = {one}", text_in_toml(&column.name)),
                    several => format!("{} = [{}]", text_in_toml(&column.name), several.join(", ")),
                }
            })
            .collect();
        let _ = writeln!(text, "instants = {{ {} }}", list.join(", "));
        self.file("mapping.toml", text);
    }

    /// The files, with what is unsure at the head of `mapping.toml`, and the sentences themselves.
    pub(super) fn finish(mut self) -> (Vec<(&'static str, String)>, Vec<String>) {
        let mut head = String::from(
            "# A proposal, made from the file alone. Read it, try it, and change what is wrong: it is plain SQL.\n# Unsure is:\n",
        );
        for (place, sentence) in self.unsure.iter().enumerate() {
            let _ = writeln!(head, "# {}. {}", place + 1, one_line(sentence));
        }
        if self.unsure.is_empty() {
            head.push_str("# nothing that could be seen.\n");
        }
        for (name, text) in &mut self.files {
            if *name == "mapping.toml" {
                text.insert_str(0, &head);
            }
        }
        (self.files, self.unsure)
    }

    fn doubts_of_dates(&mut self, column: &Column) {
        let dates = &column.dates;
        if dates.forms.len() > 1 {
            let ways: Vec<String> = dates
                .forms
                .iter()
                .map(|form| {
                    format!(
                        "`{}` in {} row(s) (first in line {}: `{}`)",
                        form.form, form.rows, form.line, form.first
                    )
                })
                .collect();
            self.doubt(format!(
                "`{}` writes its dates in {} ways, which are tried in this order: {}.",
                column.name,
                ways.len(),
                ways.join(", ")
            ));
        }
        if dates.either > 0 {
            let order = dates.forms.first().map_or("", |form| form.form.as_str());
            let why = if dates.mixed {
                "has the day first in some rows and the month in others"
            } else {
                "does not show whether the day or the month comes first"
            };
            self.doubt(format!(
                "`{}` {why}: {} row(s) can be read both ways and are read as `{order}`.",
                column.name, dates.either
            ));
        }
        if let Some(rest) = column.filled.checked_sub(dates.rows)
            && rest > 0
        {
            self.doubt(format!(
                "{rest} of {} values of `{}` are no dates; they will count as missing.",
                column.filled, column.name
            ));
        }
    }

    /// Texts that stand for nothing, with their cells, in all columns together.
    fn marks_for_nothing(&self) -> Vec<(&'static str, u64)> {
        let mut marks: std::collections::BTreeMap<&'static str, u64> =
            std::collections::BTreeMap::new();
        for column in &self.reading.columns {
            for (mark, cells) in &column.missing {
                *marks.entry(mark).or_default() += cells;
            }
        }
        marks.into_iter().collect()
    }
}

/// Roles in the order in which `mapping.toml` names their columns.
const ROLES: [Role; 15] = [
    Role::Case,
    Role::State,
    Role::Time,
    Role::Received,
    Role::Acknowledged,
    Role::Routed,
    Role::Decided,
    Role::Closed,
    Role::Complainant,
    Role::Category,
    Role::Department,
    Role::Product,
    Role::Channel,
    Role::Actor,
    Role::Text,
];

/// A name as SQL writes it.
pub(super) fn name_in_sql(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text as SQL writes it. SQLite reads no statement past a NUL, so that a text with one is written as its bytes.
pub(super) fn text_in_sql(text: &str) -> String {
    match text.contains('\0') {
        true => format!("CAST(x'{}' AS TEXT)", hex(text.as_bytes())),
        false => format!("'{}'", text.replace('\'', "''")),
    }
}

/// A text as TOML writes it, in one line, so that it can also stand as a key. The escapes of JSON are also TOML's; the
/// one sign that JSON leaves as it is and TOML does not is the last of ASCII.
fn text_in_toml(text: &str) -> String {
    serde_json::Value::from(text)
        .to_string()
        .replace('\u{7f}', "\\u007F")
}

/// A text as a comment can hold it: TOML and SQL have no place for control characters there.
pub(super) fn one_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.replace(char::is_control, "\u{fffd}")
}
