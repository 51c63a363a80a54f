//! The complaint form: one thing a page, back and forth without losing a word, sent once.

use askama::Template;
use axum::http::StatusCode;
use chrono::NaiveDate;

mod entries;
mod sending;
mod steps;

use self::entries::Entries;
use self::sending::Sent;
use self::steps::Step;
use super::field::{Asks, Field, Problem};
use super::files::{self, Waiting};
use super::receipt;
use crate::answer::Answer;
use crate::app::App;
use crate::entry;
use crate::error::{Result, WebError};
use crate::shell::{Area, FORM, Shell};
use crate::visit::Visit;
use crate::words::Words;

#[derive(Template)]
#[template(path = "public/complain.html")]
struct Page<'a> {
    shell: Shell<'a>,
    /// "Step 2 of 7".
    place: String,
    lead: Option<String>,
    problems: Vec<Problem>,
    hidden: Vec<(&'static str, String)>,
    fields: Vec<entry::Field>,
    /// Files that were sent already.
    files: Vec<Waiting>,
    summary: Vec<Group>,
    /// The page takes files.
    takes_files: bool,
    is_first: bool,
    is_last: bool,
}

/// The entries of a page, to be looked over before sending.
struct Group {
    step: Step,
    heading: String,
    rows: Vec<(String, String)>,
}

/// What the visitor wants of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    Next,
    Back,
    /// To a page, from the last one.
    To(Step),
    /// A file taken away.
    Drop(i64),
    Send,
}

impl Wish {
    /// From the button that was pressed; without one (Enter in a field) it is the page's first.
    fn of(button: &str) -> Wish {
        let to = button
            .strip_prefix("to-")
            .and_then(|step| step.parse().ok());
        let drop = button.strip_prefix("drop-").and_then(|id| id.parse().ok());
        match (button, to, drop) {
            (_, Some(step), _) => Wish::To(step),
            (_, None, Some(file_id)) => Wish::Drop(file_id),
            ("back", None, None) => Wish::Back,
            ("send", None, None) => Wish::Send,
            (_, None, None) => Wish::Next,
        }
    }
}

/// `GET /complain`.
pub fn show(app: &App, visit: &Visit) -> Result<Answer> {
    page(app, visit, &Entries::blank()?, Step::Problem, Vec::new())
}

/// `POST /complain`.
pub fn take(app: &App, visit: &Visit) -> Result<Answer> {
    let mut entries = Entries::of(&visit.form)?;
    let step = visit.form.get("step").parse().unwrap_or(Step::Problem);
    let words = app.words(visit.language);
    let today = today(app, visit)?;
    // Whichever button came with them: a file that was chosen is kept.
    let refused = files::keep(app, visit, &entries.once)?;
    if !refused.is_empty() {
        return wrong(app, visit, &entries, Step::Files, refused);
    }
    if visit.turns_language() {
        return page(app, visit, &entries, step, Vec::new());
    }
    let path = entries.path();
    let here = path.iter().position(|known| *known == step).unwrap_or(0);
    match Wish::of(visit.form.get("go")) {
        Wish::Back => {
            let before = path.get(here.saturating_sub(1)).copied();
            page(
                app,
                visit,
                &entries,
                before.unwrap_or(Step::Problem),
                Vec::new(),
            )
        }
        Wish::To(step) => page(app, visit, &entries, step, Vec::new()),
        Wish::Drop(file_id) => {
            app.visits.drop_file(&entries.once, file_id)?;
            page(app, visit, &entries, Step::Files, Vec::new())
        }
        Wish::Next => {
            let problems = entries.problems(step, words, today);
            if !problems.is_empty() {
                return wrong(app, visit, &entries, step, problems);
            }
            let next = if entries.checked {
                // Mended from the last page: back to it, unless the change asks for something more.
                let unfinished = path
                    .iter()
                    .find(|step| !entries.problems(**step, words, today).is_empty());
                unfinished.copied()
            } else {
                path.get(here + 1).copied()
            };
            let next = next.unwrap_or(Step::Check);
            entries.checked |= next == Step::Check;
            page(app, visit, &entries, next, Vec::new())
        }
        Wish::Send => {
            let unfinished = path
                .iter()
                .map(|step| (*step, entries.problems(*step, words, today)))
                .find(|(_, problems)| !problems.is_empty());
            match unfinished {
                Some((step, problems)) => wrong(app, visit, &entries, step, problems),
                None => send(app, visit, &entries),
            }
        }
    }
}

fn send(app: &App, visit: &Visit, entries: &Entries) -> Result<Answer> {
    match sending::send(app, visit, entries)? {
        Sent::Registered(receipt) => receipt::page(app, visit, &receipt),
        Sent::Before(number) => receipt::again(app, visit, &number),
        Sent::NotNow { key, status } => {
            let words = app.words(visit.language);
            let problem = Problem::new("", words, &format!("public_complain.{key}"));
            let answer = page(app, visit, entries, Step::Check, vec![problem])?;
            Ok(answer.status(status))
        }
    }
}

/// The local day of the visit.
fn today(app: &App, visit: &Visit) -> Result<NaiveDate> {
    let zone = app.register(|register| Ok::<_, WebError>(register.zone()))?;
    Ok(visit.now.with_timezone(&zone).date_naive())
}

fn wrong(
    app: &App,
    visit: &Visit,
    entries: &Entries,
    step: Step,
    problems: Vec<Problem>,
) -> Result<Answer> {
    let answer = page(app, visit, entries, step, problems)?;
    Ok(answer.status(StatusCode::UNPROCESSABLE_ENTITY))
}

fn page(
    app: &App,
    visit: &Visit,
    entries: &Entries,
    step: Step,
    problems: Vec<Problem>,
) -> Result<Answer> {
    let words = app.words(visit.language);
    let path = entries.path();
    let here = path
        .iter()
        .position(|known| *known == step)
        .map_or(1, |at| at + 1);
    let place = [here, path.len()].map(|n| words.count(i64::try_from(n).unwrap_or(0)));
    let waiting = match step {
        Step::Files | Step::Check => files::waiting(app, visit, &entries.once)?,
        Step::Problem | Step::Product | Step::Wish | Step::Whom | Step::Person | Step::Agent => {
            Vec::new()
        }
    };
    let is_last = step == Step::Check;
    let summary = match is_last {
        true => summary(words, entries, &waiting),
        false => Vec::new(),
    };
    Answer::page(&Page {
        shell: Shell::new(
            app,
            visit,
            Area::Public,
            words.text(&format!("public_complain.{step}_heading")),
        )
        .form(FORM),
        place: words.fill(
            "public_complain.place",
            &[("here", &place[0]), ("all", &place[1])],
        ),
        lead: words
            .find(&format!("public_complain.{step}_lead"))
            .map(str::to_owned),
        hidden: entries.hidden(step),
        fields: step
            .fields(entries, words, &problems)
            .into_iter()
            .map(Field::set)
            .collect(),
        problems,
        files: if step == Step::Files {
            waiting
        } else {
            Vec::new()
        },
        summary,
        takes_files: step == Step::Files,
        is_first: step == Step::Problem,
        is_last,
    })
}

/// What was entered, page by page; what was left empty is said to be.
fn summary(words: &Words, entries: &Entries, waiting: &[Waiting]) -> Vec<Group> {
    let mut groups = Vec::new();
    for step in entries.path() {
        if step == Step::Check {
            continue;
        }
        let mut rows: Vec<(String, String)> = step
            .fields(entries, words, &[])
            .into_iter()
            .filter_map(|field| shown(entries, field, words))
            .collect();
        if step == Step::Files {
            let label = words.text("public_complain.files_short").to_owned();
            rows = waiting
                .iter()
                .map(|file| (label.clone(), file.name.clone()))
                .collect();
        }
        if rows.is_empty() {
            rows.push((
                String::new(),
                words.text("public_complain.nothing").to_owned(),
            ));
        }
        groups.push(Group {
            step,
            heading: words
                .text(&format!("public_complain.{step}_short"))
                .to_owned(),
            rows,
        });
    }
    groups
}

/// An entry as it is looked over: a choice by its label, a day as the language writes it.
fn shown(entries: &Entries, field: Field, words: &Words) -> Option<(String, String)> {
    let value = match field.asks {
        Asks::One(choices) => choices.into_iter().find(|choice| choice.chosen)?.label,
        Asks::Line("date", _) => entries
            .day(field.id)
            .map_or(field.value, |day| words.date(day)),
        Asks::Line(_, _) | Asks::Words(_) => field.value,
        Asks::Files(_) => return None,
    };
    Some((field.label, value)).filter(|(_, value)| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_button_says_where_to_go() {
        assert_eq!(Wish::of(""), Wish::Next);
        assert_eq!(Wish::of("back"), Wish::Back);
        assert_eq!(Wish::of("to-person"), Wish::To(Step::Person));
        assert_eq!(Wish::of("to-nowhere"), Wish::Next);
        assert_eq!(Wish::of("drop-12"), Wish::Drop(12));
        assert_eq!(Wish::of("send"), Wish::Send);
    }
}
