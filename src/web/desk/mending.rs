//! Mending an earlier event in the open: which one, which datum of it, the right value, and why.

use chrono::SecondsFormat;
use serde_json::Value;

use super::commands::{Act, Command};
use super::happened::{can_be_mended, label, list_of, named};
use super::opened::Opened;
use super::reading::{code_of, for_a_field, local_moment, minor_units};
use crate::app::App;
use crate::collation;
use crate::entry::{Choice as Answer, EntryForm, Field, Wrong};
use crate::visit::{Fields, Visit};
use crate::words::Words;
use redress_domain::event::{Event, EventBody, EventKind};
use redress_domain::mending::amend_event;
use redress_register::Amendment;

/// A way on: to an event, or to a datum of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    pub path: String,
    pub name: String,
    /// What it says at present.
    pub value: Option<String>,
}

/// What is not amended by itself: it belongs to the course of the case.
const FIXED: [&str; 2] = ["pass", "needs_second_signature"];

/// The events or data to choose from, or the form once they are chosen.
pub fn form(
    app: &App,
    visit: &Visit,
    opened: &Opened,
    command: &'static Command,
) -> (Vec<Choice>, Option<EntryForm>) {
    let words = app.words(visit.language);
    let telling = opened.telling(app, visit);
    let path = format!("{}/{}", opened.path(), command.name);
    let Some(event) = chosen(visit, opened) else {
        let mendable = opened.history.iter().rev().filter(|recorded| {
            let kind = recorded.event.body.kind();
            present(opened, recorded.event.seq).is_some()
                && can_be_mended(kind)
                && (kind != EventKind::Registered || matches!(command.act, Act::Amend))
        });
        let choices = mendable.map(|recorded| {
            let seq = recorded.event.seq;
            Choice {
                path: format!("{path}?event={seq}"),
                name: telling.event_named(seq),
                value: Some(words.moment(recorded.event.occurred_at, opened.zone)),
            }
        });
        return (choices.collect(), None);
    };
    let kind = event.body.kind();
    let about = telling.event_named(event.seq);
    let reason = Field::area("reason", words.text("labels.reason"), 3).of(&visit.form);
    let form = |fields| {
        EntryForm::new("c", path.as_str(), words.text("command.record"), fields)
            .hidden("last_seq", opened.case.last_seq.to_string())
            .hidden("event", event.seq.to_string())
    };
    if matches!(command.act, Act::Void) {
        let reason = reason.hint(words.fill("hints.void_reason", &[("event", &about)]));
        return (Vec::new(), Some(form(vec![reason])));
    }
    let Some(field) = field_of(visit, kind) else {
        let choices = fields_of(kind).map(|field| Choice {
            path: format!("{path}?event={}&field={field}", event.seq),
            name: label(words, field),
            value: Some(telling.value(kind, field, &value_of(&event, field))),
        });
        return (choices.collect(), None);
    };
    let present = value_of(&event, field);
    let entry = entry(words, opened, kind, field, &present, &visit.form)
        .hint(words.fill("hints.amend_value", &[("event", &about)]));
    let form = form(vec![entry, reason]).hidden("field", field);
    (Vec::new(), Some(form))
}

/// The amendment that the form makes.
///
/// # Errors
/// What is wrong with the form.
pub fn amendment(app: &App, visit: &Visit, opened: &Opened) -> Result<Amendment, Vec<Wrong>> {
    let words = app.words(visit.language);
    let lost = || vec![Wrong::whole(words.text("refusals.no_such_event"))];
    let event = chosen(visit, opened).ok_or_else(lost)?;
    let kind = event.body.kind();
    let field = field_of(visit, kind).ok_or_else(lost)?;
    let old = value_of(&event, field);
    let mut wrong = Vec::new();
    let reason = visit.form.text("reason");
    if reason.is_none() {
        let label = words.text("labels.reason");
        let text = words.fill("entry.needed", &[("label", label)]);
        wrong.push(Wrong::of("reason", text));
    }
    let entered = visit.form.get("value");
    let new = read(words, opened, kind, field, &old, entered);
    match &new {
        None => {
            let label = label(words, field);
            let text = words.fill("entry.unreadable", &[("label", &label)]);
            wrong.push(Wrong::of("value", text));
        }
        Some(new) if *new == old => {
            wrong.push(Wrong::of("value", words.text("entry.same")));
        }
        Some(_) => {}
    }
    match (new, reason, wrong.is_empty()) {
        (Some(new), Some(reason), true) => Ok(Amendment {
            seq: event.seq,
            field: field.to_owned(),
            new,
            reason,
        }),
        _ => Err(wrong),
    }
}

/// The event that the address or the form names, as earlier amendments left it.
fn chosen(visit: &Visit, opened: &Opened) -> Option<Event> {
    let named = visit.form.given("event").or(visit.query.given("event"))?;
    let event = present(opened, named.parse().ok()?)?;
    can_be_mended(event.body.kind()).then_some(event)
}

/// An event as earlier amendments left it; nothing when it was struck out.
fn present(opened: &Opened, seq: i64) -> Option<Event> {
    let events = || opened.history.iter().map(|recorded| &recorded.event);
    let is_struck = |seq: i64| {
        events().any(|event| match &event.body {
            EventBody::Voided(voided) => voided.seq == seq,
            _ => false,
        })
    };
    if is_struck(seq) {
        return None;
    }
    let mut found = events().find(|event| event.seq == seq)?.clone();
    for event in events() {
        if let EventBody::Amended(amended) = &event.body
            && amended.seq == seq
            && !is_struck(event.seq)
        {
            found = amend_event(&found, amended).ok()?;
        }
    }
    Some(found)
}

/// The data of a kind that can be amended: when it happened, and its own.
fn fields_of(kind: EventKind) -> impl Iterator<Item = &'static str> {
    let own = EventBody::fields(kind).iter().copied();
    std::iter::once("occurred_at").chain(own.filter(|field| !FIXED.contains(field)))
}

fn field_of(visit: &Visit, kind: EventKind) -> Option<&'static str> {
    let named = visit.form.given("field").or(visit.query.given("field"))?;
    fields_of(kind).find(|field| *field == named)
}

/// What an event says of a field; null where it says nothing.
fn value_of(event: &Event, field: &str) -> Value {
    if field == "occurred_at" {
        let at = event
            .occurred_at
            .to_rfc3339_opts(SecondsFormat::Micros, true);
        return Value::String(at);
    }
    let data = event.body.to_json().unwrap_or_default();
    let data: serde_json::Map<String, Value> = serde_json::from_str(&data).unwrap_or_default();
    data.get(field).cloned().unwrap_or(Value::Null)
}

/// The field for the right value, by what kind of datum it is.
fn entry(
    words: &Words,
    opened: &Opened,
    kind: EventKind,
    field: &'static str,
    present: &Value,
    entered: &Fields,
) -> Field {
    let label = label(words, field);
    let text = present.as_str().unwrap_or_default();
    if let Some((group, codes)) = list_of(kind, field) {
        let codes = codes.into_iter();
        let answers = codes.map(|code| Answer::new(code, named(words, group, code)));
        let answers = super::asking::none_first(words, answers);
        return Field::select("value", label, answers).or(entered, text);
    }
    match (field, present) {
        (_, Value::Bool(is_set)) => {
            let answers = [
                Answer::new("yes", words.text("shell.yes")),
                Answer::new("no", words.text("shell.no")),
            ];
            let value = if *is_set { "yes" } else { "no" };
            Field::select("value", label, answers).or(entered, value)
        }
        ("cost", Value::Number(minor)) => {
            let minor = minor.as_i64().unwrap_or(0);
            let text = format!("{}.{:02}", minor / 100, minor % 100);
            Field::number("value", label).or(entered, text)
        }
        ("category", _) => {
            let mut names: Vec<String> = words
                .codes("categories")
                .map(|code| words.name("categories", code))
                .collect();
            collation::sort(words.language(), &mut names);
            Field::suggested("value", label, names).or(entered, words.name("categories", text))
        }
        ("department" | "unit", _) => {
            let names = words.codes("departments");
            let mut names: Vec<String> =
                names.map(|code| words.name("departments", code)).collect();
            collation::sort(words.language(), &mut names);
            let value = match text {
                "" => String::new(),
                code => words.name("departments", code),
            };
            Field::suggested("value", label, names).or(entered, value)
        }
        ("also", Value::Array(units)) => {
            let units = units.iter().filter_map(Value::as_str);
            let units: Vec<String> = units.map(|u| words.name("departments", u)).collect();
            Field::line("value", label).or(entered, units.join(", "))
        }
        _ if field.ends_with("_at") => {
            let value = match text.parse() {
                Ok(at) => for_a_field(at, opened.zone),
                Err(_) => String::new(),
            };
            Field::typed("value", label, "datetime-local", "off").or(entered, value)
        }
        _ if field.ends_with("_on") => Field::date("value", label).or(entered, text),
        (_, Value::Number(number)) => Field::number("value", label).or(entered, number.to_string()),
        _ => Field::line("value", label).or(entered, text),
    }
}

/// What was entered as the datum it stands for; an empty entry takes the datum away.
fn read(
    words: &Words,
    opened: &Opened,
    kind: EventKind,
    field: &str,
    old: &Value,
    entered: &str,
) -> Option<Value> {
    let text = |text: &str| Some(Value::String(text.to_owned()));
    if field == "also" {
        let units = entered
            .split(',')
            .map(str::trim)
            .filter(|unit| !unit.is_empty());
        let codes: Vec<Value> = units
            .map(|unit| Value::String(code_of(words, "departments", unit)))
            .collect();
        return Some(match codes.is_empty() && old.is_null() {
            true => Value::Null,
            false => Value::Array(codes),
        });
    }
    if entered.is_empty() {
        return Some(Value::Null);
    }
    if let Some((_, codes)) = list_of(kind, field) {
        return codes.contains(&entered).then(|| text(entered)).flatten();
    }
    match (field, old) {
        (_, Value::Bool(_)) => match entered {
            "yes" => Some(Value::Bool(true)),
            "no" => Some(Value::Bool(false)),
            _ => None,
        },
        ("cost", _) => minor_units(entered).map(Value::from),
        ("category", _) => text(&code_of(words, "categories", entered)),
        ("department" | "unit", _) => text(&code_of(words, "departments", entered)),
        _ if field.ends_with("_at") => {
            let at = local_moment(entered, opened.zone)?;
            text(&at.to_rfc3339_opts(SecondsFormat::Micros, true))
        }
        (_, Value::Number(_)) => entered.parse::<i64>().ok().map(Value::from),
        _ => text(entered),
    }
}
