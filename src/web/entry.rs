//! A form as its fields: what is asked, what was entered, and what is wrong with it. `entry.html` sets it.
//!
//! A template has one set by `shell.entry(form)`; a field's own part is `field.html`, which the forms of complainants
//! have by `shell.field(field)` too.

use super::visit::Fields;

/// How a field is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    /// One line, with the type of an `<input>`.
    Line(&'static str),
    /// One line with words to choose from, or another one.
    Suggested(Vec<String>),
    Area {
        rows: u32,
    },
    Select(Vec<Choice>),
    /// One of a few, all of them in sight.
    Radios(Vec<Choice>),
    /// Several of a list.
    Ticks(Vec<Choice>),
    /// Yes or no.
    Tick,
    File,
}

/// One of several answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    pub code: String,
    pub name: String,
}

impl Choice {
    pub fn new(code: impl Into<String>, name: impl Into<String>) -> Choice {
        Choice {
            code: code.into(),
            name: name.into(),
        }
    }
}

/// One question of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    pub name: &'static str,
    /// The id of its (first) control, unique in the page.
    pub id: String,
    pub label: String,
    /// Empty: none.
    pub hint: String,
    pub error: Option<String>,
    pub optional: bool,
    /// What a browser may fill it with (the `autocomplete` of HTML); empty: the element's own.
    completed: &'static str,
    /// Several files.
    many: bool,
    /// The kinds of files that a browser offers; empty: all.
    accept: &'static str,
    /// What is entered is short, and so is its room.
    short: bool,
    /// Seldom needed: folded away.
    rare: bool,
    /// What it holds is a value to begin with, and nobody's entry.
    proposed: bool,
    values: Vec<String>,
    kind: Kind,
}

/// A form, or what is wrong with the one that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryForm {
    /// Its own id, which begins those of its fields; unique in the page.
    pub id: &'static str,
    pub to: String,
    pub fields: Vec<Field>,
    pub hidden: Vec<(&'static str, String)>,
    /// Words of the button.
    pub button: String,
    /// A second button that only looks: its value of the field `step`, and its words.
    pub look: Option<(&'static str, String)>,
    /// What its rare fields are folded under; none: it has no such fields.
    pub rare: Option<String>,
    /// The address that is asked while it is filled in, by the desk's script.
    pub asks: Option<&'static str>,
    /// What is wrong with no single field.
    pub errors: Vec<String>,
    /// The program's own sentence, in English.
    pub said: Option<String>,
}

/// Something that is wrong with what was entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// The field; `None`: the whole.
    pub field: Option<&'static str>,
    pub text: String,
    /// The program's own sentence, in English.
    pub said: Option<String>,
}

impl Wrong {
    /// What is wrong with a field.
    pub fn of(field: &'static str, text: impl Into<String>) -> Wrong {
        Wrong {
            field: Some(field),
            text: text.into(),
            said: None,
        }
    }

    /// What is wrong with the whole.
    pub fn whole(text: impl Into<String>) -> Wrong {
        Wrong {
            field: None,
            text: text.into(),
            said: None,
        }
    }

    /// With the program's own sentence.
    #[must_use]
    pub fn saying(mut self, said: impl ToString) -> Wrong {
        self.said = Some(said.to_string());
        self
    }
}

impl Field {
    fn new(name: &'static str, label: impl Into<String>, kind: Kind) -> Field {
        Field {
            name,
            id: name.to_owned(),
            label: label.into(),
            hint: String::new(),
            error: None,
            optional: false,
            completed: "",
            many: false,
            accept: "",
            short: false,
            rare: false,
            proposed: false,
            values: Vec::new(),
            kind,
        }
    }

    pub fn line(name: &'static str, label: impl Into<String>) -> Field {
        Field::new(name, label, Kind::Line("text"))
    }

    /// One line of another type of `<input>`: `tel`, `email`, `password`, `datetime-local`.
    pub fn typed(
        name: &'static str,
        label: impl Into<String>,
        input: &'static str,
        completed: &'static str,
    ) -> Field {
        let mut field = Field::new(name, label, Kind::Line(input));
        field.completed = completed;
        field
    }

    pub fn date(name: &'static str, label: impl Into<String>) -> Field {
        Field::new(name, label, Kind::Line("date"))
    }

    pub fn month(name: &'static str, label: impl Into<String>) -> Field {
        Field::new(name, label, Kind::Line("month"))
    }

    /// A number, typed as text: browsers change what is typed into fields of the type number.
    pub fn number(name: &'static str, label: impl Into<String>) -> Field {
        Field::new(name, label, Kind::Line("text"))
    }

    pub fn suggested(
        name: &'static str,
        label: impl Into<String>,
        among: impl IntoIterator<Item = String>,
    ) -> Field {
        let among = among.into_iter().collect();
        Field::new(name, label, Kind::Suggested(among))
    }

    pub fn area(name: &'static str, label: impl Into<String>, rows: u32) -> Field {
        Field::new(name, label, Kind::Area { rows })
    }

    pub fn select(
        name: &'static str,
        label: impl Into<String>,
        choices: impl IntoIterator<Item = Choice>,
    ) -> Field {
        Field::new(name, label, Kind::Select(choices.into_iter().collect()))
    }

    pub fn radios(
        name: &'static str,
        label: impl Into<String>,
        choices: impl IntoIterator<Item = Choice>,
    ) -> Field {
        Field::new(name, label, Kind::Radios(choices.into_iter().collect()))
    }

    pub fn ticks(
        name: &'static str,
        label: impl Into<String>,
        choices: impl IntoIterator<Item = Choice>,
    ) -> Field {
        Field::new(name, label, Kind::Ticks(choices.into_iter().collect()))
    }

    pub fn tick(name: &'static str, label: impl Into<String>) -> Field {
        Field::new(name, label, Kind::Tick)
    }

    pub fn file(name: &'static str, label: impl Into<String>) -> Field {
        Field::new(name, label, Kind::File)
    }

    /// Several files.
    pub fn files(name: &'static str, label: impl Into<String>) -> Field {
        let mut field = Field::file(name, label);
        field.many = true;
        field
    }

    /// With the kinds of files that a browser offers.
    #[must_use]
    pub fn accepting(mut self, accept: &'static str) -> Field {
        self.accept = accept;
        self
    }

    /// With what a browser may fill it with (HTML, 4.10.18.7.1).
    #[must_use]
    pub fn completed(mut self, token: &'static str) -> Field {
        self.completed = token;
        self
    }

    /// With little room.
    #[must_use]
    pub fn short(mut self) -> Field {
        self.short = true;
        self
    }

    /// With what is wrong with it.
    #[must_use]
    pub fn wrong(mut self, error: Option<String>) -> Field {
        self.error = error;
        self
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Field {
        self.hint = hint.into();
        self
    }

    #[must_use]
    pub fn optional(mut self) -> Field {
        self.optional = true;
        self
    }

    /// Folded away with the other rare ones.
    #[must_use]
    pub fn rare(mut self) -> Field {
        self.rare = true;
        self
    }

    /// With what was entered before.
    #[must_use]
    pub fn of(mut self, entered: &Fields) -> Field {
        self.values = entered
            .all(self.name)
            .map(|value| value.trim_end().to_owned())
            .collect();
        self
    }

    /// With what was entered before, or else a value to begin with.
    #[must_use]
    pub fn or(mut self, entered: &Fields, value: impl Into<String>) -> Field {
        self = self.of(entered);
        if self.values.is_empty() {
            self.values.push(value.into());
            self.proposed = true;
        }
        self
    }

    /// Holding a value.
    #[must_use]
    pub fn holding(mut self, value: impl Into<String>) -> Field {
        self.values = vec![value.into()];
        self
    }

    /// What it holds; empty where nothing.
    pub fn value(&self) -> &str {
        self.values.first().map_or("", String::as_str)
    }

    /// Whether a choice is taken.
    pub fn holds(&self, code: &str) -> bool {
        self.values.iter().any(|value| value == code)
    }

    /// The type of its `<input>`; empty where it is another element.
    pub fn input(&self) -> &'static str {
        match self.kind {
            Kind::Line(kind) => kind,
            Kind::Suggested(_) => "text",
            Kind::File => "file",
            Kind::Area { .. } | Kind::Select(_) | Kind::Radios(_) | Kind::Ticks(_) | Kind::Tick => {
                ""
            }
        }
    }

    /// Lines of its `<textarea>`; 0 where it is another element.
    pub fn rows(&self) -> u32 {
        match self.kind {
            Kind::Area { rows } => rows,
            Kind::Line(_)
            | Kind::Suggested(_)
            | Kind::Select(_)
            | Kind::Radios(_)
            | Kind::Ticks(_)
            | Kind::Tick
            | Kind::File => 0,
        }
    }

    /// The answers of its `<select>` or of its ticks.
    pub fn choices(&self) -> &[Choice] {
        match &self.kind {
            Kind::Select(choices) | Kind::Radios(choices) | Kind::Ticks(choices) => choices,
            Kind::Line(_) | Kind::Suggested(_) | Kind::Area { .. } | Kind::Tick | Kind::File => &[],
        }
    }

    /// Words to choose from.
    pub fn suggestions(&self) -> &[String] {
        match &self.kind {
            Kind::Suggested(among) => among,
            Kind::Line(_)
            | Kind::Area { .. }
            | Kind::Select(_)
            | Kind::Radios(_)
            | Kind::Ticks(_)
            | Kind::Tick
            | Kind::File => &[],
        }
    }

    /// Whether it is a group of boxes to tick.
    pub fn is_ticks(&self) -> bool {
        matches!(self.kind, Kind::Ticks(_))
    }

    /// Whether it is a group of answers of which one is taken.
    pub fn is_radios(&self) -> bool {
        matches!(self.kind, Kind::Radios(_))
    }

    /// Whether it is one box to tick.
    pub fn is_tick(&self) -> bool {
        matches!(self.kind, Kind::Tick)
    }

    /// A date or month needs no more room than it has.
    pub fn is_short(&self) -> bool {
        self.short
            || matches!(
                self.kind,
                Kind::Line("date" | "month" | "datetime-local" | "tel")
            )
    }

    /// Whether it is folded away.
    pub fn is_rare(&self) -> bool {
        self.rare
    }

    /// Whether it takes several files.
    pub fn is_many(&self) -> bool {
        self.many
    }

    /// The kinds of files that a browser offers; empty: all.
    pub fn accepts(&self) -> &'static str {
        self.accept
    }

    /// What a browser may fill it with.
    pub fn completed_as(&self) -> &'static str {
        match (self.completed, self.input()) {
            ("", "text") => "off",
            (completed, _) => completed,
        }
    }

    fn is_file(&self) -> bool {
        matches!(self.kind, Kind::File)
    }

    /// Ids of what explains it, for `aria-describedby`; empty where nothing does.
    pub fn explained_by(&self) -> String {
        let mut ids = Vec::new();
        if !self.hint.is_empty() {
            ids.push(format!("{}-hint", self.id));
        }
        if self.error.is_some() {
            ids.push(format!("{}-error", self.id));
        }
        ids.join(" ")
    }
}

impl EntryForm {
    /// A form that is sent to an address of ours.
    pub fn new(
        id: &'static str,
        to: impl Into<String>,
        button: impl Into<String>,
        mut fields: Vec<Field>,
    ) -> EntryForm {
        for field in &mut fields {
            field.id = format!("{id}-{}", field.name);
        }
        EntryForm {
            id,
            to: to.into(),
            fields,
            hidden: Vec::new(),
            button: button.into(),
            look: None,
            rare: None,
            asks: None,
            errors: Vec::new(),
            said: None,
        }
    }

    /// With a value that nobody sees.
    #[must_use]
    pub fn hidden(mut self, name: &'static str, value: impl Into<String>) -> EntryForm {
        self.hidden.push((name, value.into()));
        self
    }

    /// With a second button that sends `step`.
    #[must_use]
    pub fn look(mut self, step: &'static str, button: impl Into<String>) -> EntryForm {
        self.look = Some((step, button.into()));
        self
    }

    /// With its rare fields folded under these words.
    #[must_use]
    pub fn rare(mut self, summary: impl Into<String>) -> EntryForm {
        self.rare = Some(summary.into());
        self
    }

    /// Asking an address while it is filled in.
    #[must_use]
    pub fn asking(mut self, address: &'static str) -> EntryForm {
        self.asks = Some(address);
        self
    }

    /// With what is wrong, each beside its field; what names a field that the form lacks is said of the whole.
    #[must_use]
    pub fn refused(mut self, wrongs: Vec<Wrong>) -> EntryForm {
        for wrong in wrongs {
            if self.said.is_none() {
                self.said = wrong.said;
            }
            let field = self
                .fields
                .iter_mut()
                .find(|field| Some(field.name) == wrong.field && field.error.is_none());
            match field {
                Some(field) => field.error = Some(wrong.text),
                None => self.errors.push(wrong.text),
            }
        }
        self
    }

    /// Whether anything is wrong.
    pub fn is_refused(&self) -> bool {
        !self.errors.is_empty() || self.fields.iter().any(|field| field.error.is_some())
    }

    /// Whether a rare field has something to show.
    pub fn opens_rare(&self) -> bool {
        let entered = |field: &Field| !field.proposed && !field.value().is_empty();
        self.fields
            .iter()
            .any(|field| field.rare && (field.error.is_some() || entered(field)))
    }

    /// Whether it brings files.
    pub fn has_files(&self) -> bool {
        self.fields.iter().any(Field::is_file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_stands_beside_its_field_or_on_top() {
        let fields = vec![Field::line("title", "Title"), Field::date("on", "Day")];
        let form = EntryForm::new("f", "/x", "Save", fields).refused(vec![
            Wrong::of("title", "say it"),
            Wrong::of("lost", "no such field"),
            Wrong::whole("it changed").saying("changed since"),
        ]);
        assert!(form.is_refused());
        assert_eq!(form.fields[0].error.as_deref(), Some("say it"));
        assert_eq!(form.fields[0].explained_by(), "f-title-error");
        assert_eq!(form.fields[1].id, "f-on");
        assert_eq!(form.errors, ["no such field", "it changed"]);
        assert_eq!(form.said.as_deref(), Some("changed since"));
    }

    #[test]
    fn what_is_folded_away_opens_for_an_entry_and_for_no_proposal() {
        let form = |entered: &Fields| {
            let field = Field::line("language", "Language").rare().or(entered, "tr");
            EntryForm::new("f", "/x", "Save", vec![field]).rare("More")
        };
        assert!(!form(&Fields::default()).opens_rare());
        assert!(form(&Fields(vec![("language".into(), "ru".into())])).opens_rare());
    }

    #[test]
    fn what_was_entered_stands_before_what_is_proposed() {
        let entered = Fields(vec![("owner".into(), String::new())]);
        let field = |entered: &Fields| Field::line("owner", "Owner").or(entered, "ayse");
        assert_eq!(field(&entered).value(), "");
        assert_eq!(field(&Fields::default()).value(), "ayse");
    }
}
