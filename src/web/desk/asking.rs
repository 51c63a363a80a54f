//! The form of a command: its fields in the visitor's language, with what the case has already.

use super::commands::{Ask, Command, FreeText, How};
use super::happened::{amount, named};
use super::opened::Opened;
use super::reading::label;
use crate::app::App;
use crate::collation;
use crate::entry::{Choice, EntryForm, Field};
use crate::error::Result;
use crate::uploads;
use crate::visit::Visit;
use crate::words::Words;
use redress_domain::event::Decided;
use redress_register::Register;

/// How many of the cases registered last are asked for categories, departments and sites that are in use.
const IN_USE_AMONG: i64 = 5_000;

/// The form of a command that is not about an earlier event.
///
/// # Errors
/// When the register cannot be read.
pub fn form(
    app: &App,
    visit: &Visit,
    opened: &Opened,
    command: &'static Command,
) -> Result<EntryForm> {
    let words = app.words(visit.language);
    // Before anything was sent, a field begins with what the case has.
    let is_fresh = visit.form.0.is_empty();
    let mut fields = Vec::new();
    for ask in command.asks {
        if is_shown(command, ask, opened) {
            let field = field(app, visit, opened, command, ask)?;
            fields.push(match present(words, command, ask, opened) {
                Some(value) if is_fresh => field.or(&visit.form, value),
                Some(_) | None => field.of(&visit.form),
            });
        }
    }
    match command.words {
        FreeText::None => {}
        FreeText::Optional => {
            let field = Field::area("text", label(words, command.name, "text"), 3);
            fields.push(
                hinted(field, words, command, "text")
                    .optional()
                    .of(&visit.form),
            );
        }
        FreeText::Needed => {
            let field = Field::area("text", label(words, command.name, "text"), 8);
            fields.push(hinted(field, words, command, "text").of(&visit.form));
        }
    }
    if command.dated {
        let at = Field::typed(
            "at",
            label(words, command.name, "at"),
            "datetime-local",
            "off",
        );
        fields.push(at.optional().rare().of(&visit.form));
        let late = Field::line("late_reason", label(words, command.name, "late_reason"));
        fields.push(
            late.hint(words.text("hints.late_reason"))
                .optional()
                .rare()
                .of(&visit.form),
        );
    }
    let key = command.key();
    let button = words
        .find(&format!("buttons.{key}"))
        .unwrap_or_else(|| words.text("command.record"));
    let to = format!("{}/{}", opened.path(), command.name);
    let mut form = EntryForm::new("c", to, button, fields)
        .hidden("last_seq", opened.case.last_seq.to_string());
    if command.dated {
        form = form.rare(words.text("command.earlier"));
    }
    Ok(form)
}

/// Why an assessment differs from the one before is asked from the second one on.
fn is_shown(command: &Command, ask: &Ask, opened: &Opened) -> bool {
    (command.name, ask.name) != ("assess", "change") || !opened.file.assessments.is_empty()
}

fn field(
    app: &App,
    visit: &Visit,
    opened: &Opened,
    command: &'static Command,
    ask: &'static Ask,
) -> Result<Field> {
    let words = app.words(visit.language);
    let name = ask.name;
    let label = label(words, command.name, name);
    let field = match &ask.how {
        How::Line if name == "site" => {
            let mut sites = app.register(|register| in_use(register, "site"))?;
            collation::sort(words.language(), &mut sites);
            Field::suggested(name, label, sites)
        }
        How::Line if command.name == "decide" && matches!(name, "rule" | "rule_version") => {
            let rules = app.register(|register| register.decision_rules())?;
            let mut known: Vec<String> = rules
                .iter()
                .map(|rule| match name {
                    "rule" => rule.code.clone(),
                    _ => rule.version.clone(),
                })
                .collect();
            collation::sort(words.language(), &mut known);
            Field::suggested(name, label, known)
        }
        How::Line if (command.name, name) == ("refer", "body") => {
            let known = app.register(|register| register.external_remedies())?;
            let names = known.iter().map(|r| r.texts(visit.language).name.clone());
            Field::suggested(name, label, names)
        }
        How::Line => Field::line(name, label),
        How::Word(group, codes) => {
            let codes = codes().into_iter();
            let choices = codes.map(|code| Choice::new(code, named(words, group, code)));
            Field::select(name, label, none_first(words, choices))
        }
        How::Code(group) => Field::suggested(name, label, known(app, words, group)?),
        How::YesNo => {
            let choices = [
                Choice::new("yes", words.text("shell.yes")),
                Choice::new("no", words.text("shell.no")),
            ];
            Field::select(name, label, none_first(words, choices))
        }
        How::Tick => Field::tick(name, label),
        How::Day => Field::date(name, label),
        How::Amount => {
            let field = Field::number(name, label);
            match visit.staff().and_then(|staff| staff.discretion_minor) {
                Some(limit) => {
                    let limit = amount(words, limit, app.settings.currency.as_deref());
                    field.hint(words.fill("hints.discretion", &[("limit", &limit)]))
                }
                None => field,
            }
        }
        How::Staff => {
            let mut staff = app.register(|register| register.list_staff())?;
            staff.sort_by_cached_key(|person| collation::place(words.language(), &person.name));
            let active = staff.into_iter().filter(|person| person.active);
            let choices = active.map(|person| {
                let unit = person.department.as_deref();
                let place = unit.map(|unit| words.name("departments", unit));
                match place.or(person.site) {
                    Some(place) => Choice::new(&person.name, format!("{} · {place}", person.name)),
                    None => Choice::new(&person.name, &person.name),
                }
            });
            Field::select(name, label, none_first(words, choices))
        }
        How::Files => {
            let most = words.count(i64::try_from(uploads::MOST_MIB).unwrap_or(0));
            Field::files(name, label).hint(words.fill("hints.files", &[("most", &most)]))
        }
    };
    let field = hinted(field, words, command, name);
    // A box to tick is a question that may be left alone anyway.
    let is_tick = matches!(ask.how, How::Tick);
    let is_later_change =
        (command.name, name) == ("assess", "change") && !opened.file.assessments.is_empty();
    Ok(match ask.needed || is_tick || is_later_change {
        true => field,
        false => field.optional(),
    })
}

fn hinted(field: Field, words: &Words, command: &Command, name: &str) -> Field {
    let own = format!("hints.{}_{name}", command.key());
    match words.find(&own) {
        Some(hint) => field.hint(hint),
        None => field,
    }
}

/// Choices after one that says that nothing is chosen.
pub fn none_first(
    words: &Words,
    choices: impl IntoIterator<Item = Choice>,
) -> impl IntoIterator<Item = Choice> {
    let none = Choice::new("", words.text("entry.none"));
    std::iter::once(none).chain(choices)
}

/// The names of an open list: of the codes that the texts know, and of those in use.
///
/// # Errors
/// When the register cannot be read.
pub fn known(app: &App, words: &Words, group: &str) -> Result<Vec<String>> {
    let column = match group {
        "categories" => "category",
        _ => "department",
    };
    let in_use = app.register(|register| in_use(register, column))?;
    let mut names: Vec<String> = words
        .codes(group)
        .map(str::to_owned)
        .chain(in_use)
        .map(|code| words.name(group, &code))
        .collect();
    collation::sort(words.language(), &mut names);
    Ok(names)
}

/// The values of a column of cases among those registered last.
///
/// # Errors
/// When the register cannot be read.
pub fn in_use(register: &Register, column: &'static str) -> Result<Vec<String>> {
    let sql = format!(
        "SELECT DISTINCT {column} FROM complaint_case
         WHERE case_key > (SELECT max(case_key) FROM complaint_case) - {IN_USE_AMONG}
           AND {column} IS NOT NULL
         ORDER BY 1"
    );
    let read = || -> rusqlite::Result<Vec<String>> {
        let mut select = register.connection().prepare_cached(&sql)?;
        let values = select.query_map([], |row| row.get(0))?;
        values.collect()
    };
    read().map_err(|error| redress_register::RegisterError::from(error).into())
}

/// What the case has of a field already.
fn present(words: &Words, command: &Command, ask: &Ask, opened: &Opened) -> Option<String> {
    let file = &opened.file;
    let holding = file.holdings.last();
    match (command.name, ask.name) {
        ("classify", "category") => file
            .category
            .as_ref()
            .map(|category| words.name("categories", category)),
        ("classify", "product") => file.product.clone(),
        ("classify", "lot") => file.lot.clone(),
        ("route", "department") => holding.map(|h| words.name("departments", &h.department)),
        ("route", "site") => opened.case.site.clone(),
        ("route", "also") => holding.map(|h| {
            let units = h.also.iter();
            let named: Vec<String> = units.map(|u| words.name("departments", u)).collect();
            named.join(", ")
        }),
        ("assess", "severity") => file.severities().map(|(_, last)| last.as_str().to_owned()),
        ("assess", "safety" | "complex" | "immediate") => {
            let (_, last) = file.assessments.last()?;
            let is_set = match ask.name {
                "safety" => last.safety,
                "complex" => last.complex,
                _ => last.immediate_action,
            };
            is_set.then(|| "yes".to_owned())
        }
        ("remedy-due", "due_on") => file.remedy_due_on.map(|day| day.to_string()),
        // The rule of the first decision is mostly that of the second.
        ("decide", "rule") => last_decision(opened).map(|d| d.rule.clone()),
        ("decide", "rule_version") => last_decision(opened).map(|d| d.rule_version.clone()),
        _ => None,
    }
}

fn last_decision(opened: &Opened) -> Option<&Decided> {
    let mut passes = opened.file.passes.iter().rev();
    passes.find_map(|pass| pass.decision.as_ref().map(|decision| &decision.data))
}
