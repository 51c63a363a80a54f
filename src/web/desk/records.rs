//! Records beside the cases: figures and findings entered by hand with what proves them, targets of indicators, and the
//! courses that staff took. Each is added and none is changed.

mod evidence;
mod objectives;
mod training;

use askama::Template;
use axum::http::StatusCode;
use chrono::NaiveDate;

use crate::answer::Answer;
use crate::app::App;
use crate::entry::{EntryForm, Wrong};
use crate::error::{Result, WebError};
use crate::once;
use crate::routes::{Access, Route};
use crate::shell::{Area, Shell};
use crate::visit::Visit;
use crate::words::Words;
use redress_domain::vocabulary::Role;
use redress_register::{Register, RegisterError};

/// Who keeps these records.
const KEEPERS: Access = Access::Staff(&[Role::Quality, Role::Admin]);

pub const ROUTES: &[Route] = &[
    Route::get("/desk/records", KEEPERS, page),
    Route::post("/desk/records", KEEPERS, add).turning(turned),
];

/// Records that are listed, the latest first.
const SHOWN: usize = 100;

#[derive(Template)]
#[template(path = "desk/records/page.html")]
struct Page<'a> {
    shell: Shell<'a>,
    sections: Vec<Section>,
}

/// One kind of record: its form and what was recorded.
struct Section {
    id: &'static str,
    title: String,
    lead: String,
    add: String,
    /// One where something is being entered, else none: a language that is chosen can send one form of a page alone.
    forms: Vec<EntryForm>,
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// A kind of record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Evidence,
    Objective,
    Training,
}

impl Kind {
    const ALL: [Kind; 3] = [Kind::Evidence, Kind::Objective, Kind::Training];

    const fn id(self) -> &'static str {
        match self {
            Kind::Evidence => "evidence",
            Kind::Objective => "objective",
            Kind::Training => "training",
        }
    }

    fn of(id: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.id() == id)
    }
}

/// What a kind's form needs of a visit.
struct Asked<'a> {
    words: &'a Words,
    visit: &'a Visit,
    today: NaiveDate,
}

/// The records; with the form of the kind that `add` names.
fn page(app: &App, visit: &Visit) -> Result<Answer> {
    shown(app, visit, Kind::of(visit.query.get("add")), &[])
}

/// The form as it is being filled in, in another language.
fn turned(app: &App, visit: &Visit) -> Result<Answer> {
    shown(app, visit, Kind::of(visit.form.get("what")), &[])
}

fn add(app: &App, visit: &Visit) -> Result<Answer> {
    let what = visit.form.get("what");
    let kind = Kind::of(what).ok_or_else(|| WebError::BadForm {
        why: format!("`{what}` is no kind of record"),
    })?;
    let recorded = || Answer::see(format!("/desk/records?done=record_{what}#{what}"));
    if once::sent_before(app, visit)?.is_some() {
        return Ok(recorded());
    }
    let outcome = app.register(|r| {
        let asked = Asked {
            words: app.words(visit.language),
            visit,
            today: today(r, visit),
        };
        match kind {
            Kind::Evidence => evidence::add(r, &asked),
            Kind::Objective => objectives::add(r, &asked),
            Kind::Training => training::add(r, &asked),
        }
    });
    let outcome = match outcome {
        Ok(outcome) => outcome,
        Err(error) => {
            once::not_done(app, visit)?;
            return Err(error);
        }
    };
    match outcome {
        Ok(()) => {
            once::done(app, visit, kind.id())?;
            Ok(recorded())
        }
        Err(wrongs) => {
            once::not_done(app, visit)?;
            shown(app, visit, Some(kind), &wrongs)
        }
    }
}

fn today(register: &Register, visit: &Visit) -> NaiveDate {
    visit.now.with_timezone(&register.zone()).date_naive()
}

/// The records, with the form of one kind as it was filled in so far.
fn shown(app: &App, visit: &Visit, open: Option<Kind>, wrongs: &[Wrong]) -> Result<Answer> {
    let words = app.words(visit.language);
    let entered = &visit.form;
    let mut sections = app.register(|r| {
        let asked = Asked {
            words,
            visit,
            today: today(r, visit),
        };
        Ok::<_, WebError>(vec![
            evidence::section(r, &asked, entered)?,
            objectives::section(r, &asked, entered)?,
            training::section(r, &asked, entered)?,
        ])
    })?;
    let status = match wrongs.is_empty() {
        true => StatusCode::OK,
        false => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let mut shell = Shell::new(app, visit, Area::Desk, words.text("records.title"));
    for (kind, section) in Kind::ALL.into_iter().zip(&mut sections) {
        let form = section.forms.pop().filter(|_| open == Some(kind));
        if let Some(form) = form {
            shell = shell.form(form.id);
            let form = form
                .hidden("what", kind.id())
                .hidden(once::FIELD, once::key(entered)?)
                .refused(wrongs.to_vec());
            section.forms = vec![form];
        }
    }
    let page = Page { shell, sections };
    Ok(Answer::page(&page)?.status(status))
}

/// A day that has come.
fn day(asked: &Asked<'_>, name: &'static str, wrongs: &mut Vec<Wrong>) -> Option<NaiveDate> {
    let key = match asked.visit.form.get(name).parse::<NaiveDate>() {
        Ok(day) if day <= asked.today => return Some(day),
        Ok(_) => "records.day_ahead",
        Err(_) => "records.no_day",
    };
    wrongs.push(Wrong::of(name, asked.words.text(key)));
    None
}

/// A number as three languages write it.
fn number(text: &str) -> Option<f64> {
    let plain: String = text
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| match c {
            ',' => '.',
            '−' => '-',
            other => other,
        })
        .collect();
    plain.parse().ok().filter(|number: &f64| number.is_finite())
}

/// What the register does not take of an entry; its own faults stay errors.
fn refused(asked: &Asked<'_>, error: RegisterError) -> Result<Wrong> {
    match error {
        error @ (RegisterError::Invalid { .. } | RegisterError::NoSuch { .. }) => {
            Ok(Wrong::whole(asked.words.text("records.refused")).saying(error))
        }
        error => Err(error.into()),
    }
}

fn columns(words: &Words, keys: &[&str]) -> Vec<String> {
    keys.iter().map(|key| words.text(key).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_with_point_or_comma() {
        for (text, value) in [
            ("12", 12.0),
            ("12,5", 12.5),
            (" 1 250.5 ", 1250.5),
            ("−3", -3.0),
        ] {
            assert_eq!(number(text), Some(value), "{text}");
        }
        for text in ["", "a", "inf", "NaN", "1,250.5"] {
            assert_eq!(number(text), None, "{text}");
        }
    }
}
