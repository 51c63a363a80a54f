//! Following a complaint: by number and password, or by the link of an e-mail.

use askama::Template;
use axum::http::StatusCode;

use super::field::{Asks, Field, Problem};
use super::{add, answer, survey};
use crate::answer::Answer;
use crate::app::App;
use crate::entry;
use crate::error::{Result, WebError};
use crate::resume::Kept;
use crate::routes::Handler;
use crate::session::{self, Kind};
use crate::shell::{Area, FORM, Shell};
use crate::visit::{Fields, Visit, Visitor};
use crate::visits::{Opens, Try};

#[derive(Template)]
#[template(path = "public/track.html")]
struct Page<'a> {
    shell: Shell<'a>,
    /// A session was over: why the visitor is asked.
    interrupted: bool,
    problems: Vec<Problem>,
    fields: Vec<entry::Field>,
    hidden: Vec<(String, String)>,
}

/// `GET /track`.
pub fn show(app: &App, visit: &Visit) -> Result<Answer> {
    ask(app, visit, None)
}

/// The page that asks for number and password; with what waits until they are given, it stands in the place
/// of the page that was asked for.
///
/// # Errors
/// When the page cannot be set.
pub fn ask(app: &App, visit: &Visit, kept: Option<Kept>) -> Result<Answer> {
    // Nothing is left to be ended.
    if kept.as_ref().is_some_and(|kept| kept.to == "/case/leave") {
        return Ok(Answer::see("/"));
    }
    let status = match kept {
        Some(_) => StatusCode::UNAUTHORIZED,
        None => StatusCode::OK,
    };
    Ok(page(app, visit, kept.as_ref(), Vec::new())?.status(status))
}

/// `POST /track`.
pub fn take(app: &App, visit: &Visit) -> Result<Answer> {
    let words = app.words(visit.language);
    let kept = Kept::carried(&visit.form);
    let again = |problems: Vec<Problem>, status: StatusCode| -> Result<Answer> {
        Ok(page(app, visit, kept.as_ref(), problems)?.status(status))
    };
    if visit.turns_language() {
        return again(Vec::new(), StatusCode::OK);
    }
    let number = number(visit.form.get("number"));
    // Passwords have no capitals; telephones like to put one at the beginning.
    let password = visit.form.get("password").to_lowercase();
    let missing: Vec<Problem> = [
        (number.is_empty(), "number", "public_track.number_missing"),
        (
            password.is_empty(),
            "password",
            "public_track.password_missing",
        ),
    ]
    .into_iter()
    .filter(|(is_missing, _, _)| *is_missing)
    .map(|(_, field, key)| Problem::new(field, words, key))
    .collect();
    if !missing.is_empty() {
        return again(missing, StatusCode::UNPROCESSABLE_ENTITY);
    }
    match app
        .visits
        .check(Try::Track, &number, &visit.from, visit.now)
    {
        Ok(()) => {}
        Err(WebError::TooMany { .. }) => {
            let problem = Problem::new("", words, "failure.too_many_text");
            return again(vec![problem], StatusCode::TOO_MANY_REQUESTS);
        }
        Err(error) => return Err(error),
    }
    let found = app.register(|register| register.verify_tracking(&number, &password))?;
    let Some(case_key) = found else {
        app.visits
            .failed(Try::Track, &number, &visit.from, visit.now)?;
        // The same words whether there is such a number or not.
        let problem = Problem::new("number", words, "public_track.no_fit");
        return again(vec![problem], StatusCode::UNAUTHORIZED);
    };
    let token = begin(app, visit, case_key)?;
    let secure = app.settings.secure_cookies;
    let answer = go_on(app, visit, case_key, kept)?;
    Ok(answer.cookie(session::begin(Kind::Case, &token, secure)))
}

/// `GET /t/{token}`: the link of an e-mail.
pub fn link(app: &App, visit: &Visit) -> Result<Answer> {
    let words = app.words(visit.language);
    let token = visit.place("token");
    let found = app.register(|register| register.case_by_token(token, visit.now))?;
    let Some(case_key) = found else {
        let problem = Problem::new("", words, "public_track.link_over");
        let answer = page(app, visit, None, vec![problem])?;
        return Ok(answer.status(StatusCode::UNAUTHORIZED));
    };
    let token = begin(app, visit, case_key)?;
    let secure = app.settings.secure_cookies;
    Ok(Answer::see("/case").cookie(session::begin(Kind::Case, &token, secure)))
}

/// `POST /case/leave`.
pub fn leave(app: &App, visit: &Visit) -> Result<Answer> {
    if let Some(token) = &visit.token {
        app.visits.end(token)?;
    }
    let secure = app.settings.secure_cookies;
    Ok(Answer::see("/").cookie(session::end(Kind::Case, secure)))
}

fn begin(app: &App, visit: &Visit, case_key: i64) -> Result<String> {
    app.visits.begin(&Opens::Case { case_key }, visit.now)
}

/// To where the visitor was going: a form that waited is shown again with its entries, and sent by hand, since
/// it may have been meant for another case or for what has changed meanwhile.
///
/// # Errors
/// When the page cannot be made.
pub fn go_on(app: &App, visit: &Visit, case_key: i64, kept: Option<Kept>) -> Result<Answer> {
    let Some(kept) = kept else {
        return Ok(Answer::see("/case"));
    };
    let path = kept.to.split('?').next().unwrap_or("");
    let waits = !kept.fields.is_empty();
    let form: Handler = match path {
        "/case/answer" if waits => answer::again,
        "/case/add" if waits => add::again,
        "/case/survey" if waits => survey::again,
        "/case/answer" | "/case/survey" => return Ok(Answer::see("/case")),
        _ => return Ok(Answer::see(kept.to.clone())),
    };
    let own = Visit {
        visitor: Visitor::Complainant { case_key },
        address: "/case".to_owned(),
        form: Fields(kept.fields),
        files: Vec::new(),
        ..visit.clone()
    };
    form(app, &own)
}

fn page(app: &App, visit: &Visit, kept: Option<&Kept>, problems: Vec<Problem>) -> Result<Answer> {
    let words = app.words(visit.language);
    let line = |id, value: &str| Field::line(words, "public_track", id, value);
    let fields = vec![
        line("number", visit.form.get("number"))
            .asks(Asks::Line("text", "short"))
            .autocomplete("username"),
        line("password", "")
            .asks(Asks::Line("password", "short"))
            .autocomplete("current-password"),
    ];
    let hidden = kept.map(Kept::hidden).unwrap_or_default();
    Answer::page(&Page {
        shell: Shell::new(app, visit, Area::Public, words.text("public_track.title")).form(FORM),
        interrupted: kept.is_some_and(|kept| !kept.fields.is_empty()),
        fields: fields
            .into_iter()
            .map(|field| field.with(&problems).set())
            .collect(),
        problems,
        hidden: hidden
            .into_iter()
            .map(|(name, value)| (name, value.to_owned()))
            .collect(),
    })
}

/// A number as people type it: with blanks around or within, with another dash, without one.
pub fn number(text: &str) -> String {
    let plain: String = text
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| match c {
            '\u{2010}'..='\u{2015}' | '\u{2212}' | '_' | '/' => '-',
            c => c,
        })
        .collect();
    let is_bare = plain.len() == 10 && plain.bytes().all(|b| b.is_ascii_digit());
    match plain.split_at_checked(4) {
        Some((year, rest)) if is_bare => format!("{year}-{rest}"),
        Some(_) | None => plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_found_as_people_type_it() {
        for typed in [
            "2026-000012",
            " 2026-000012 ",
            "2026 - 000012",
            "2026–000012",
            "2026000012",
        ] {
            assert_eq!(number(typed), "2026-000012");
        }
        assert_eq!(number("ABC-1"), "ABC-1");
        assert_eq!(number(""), "");
    }
}
