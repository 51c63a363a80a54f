//! A password of one's own, in the place of the one that somebody else gave or of an older one.

use askama::Template;
use axum::http::StatusCode;

use super::sign_in;
use crate::answer::Answer;
use crate::app::App;
use crate::entry::{EntryForm, Field, Wrong};
use crate::error::{Result, WebError};
use crate::resume::Kept;
use crate::routes::{Access, Route};
use crate::shell::{Area, Shell};
use crate::visit::Visit;
use crate::visits::Try;
use crate::words::Words;
use redress_register::{Doing, Staff};

pub const ROUTES: &[Route] = &[
    Route::get("/desk/password", Access::NewStaff, page),
    Route::post("/desk/password", Access::NewStaff, change)
        .turning(turned)
        .hashing(),
];

/// The fewest characters; the register refuses fewer.
const SHORTEST: usize = 8;

#[derive(Template)]
#[template(path = "desk/password.html")]
struct Page<'a> {
    shell: Shell<'a>,
    form: EntryForm,
    kept: Vec<(String, &'a str)>,
    /// The present password was given by somebody else.
    must_change: bool,
}

fn page(app: &App, visit: &Visit) -> Result<Answer> {
    show(app, visit, None, Vec::new())
}

/// The page in another language, with a form that waits; passwords are in no page.
fn turned(app: &App, visit: &Visit) -> Result<Answer> {
    show(app, visit, Kept::carried(&visit.form).as_ref(), Vec::new())
}

/// The page, with what is wrong and with a form that waits.
///
/// # Errors
/// When the page cannot be made.
pub fn show(app: &App, visit: &Visit, kept: Option<&Kept>, wrong: Vec<Wrong>) -> Result<Answer> {
    let words = app.words(visit.language);
    let must_change = visit.staff().is_some_and(|staff| staff.must_change);
    let ask = |name, key, completed| Field::typed(name, words.text(key), "password", completed);
    let mut fields = Vec::new();
    if !must_change {
        fields.push(ask("old_password", "password.old", "current-password"));
    }
    fields.push(
        ask("new_password", "password.new", "new-password").hint(words.text("password.hint")),
    );
    fields.push(ask("again_password", "password.again", "new-password"));
    let button = words.text("shell.save");
    let form = EntryForm::new("pw", "/desk/password", button, fields).refused(wrong);
    let title = words.text("password.title");
    let mut shell = Shell::new(app, visit, Area::Desk, title).form(form.id);
    if must_change {
        // None of them opens before a password was chosen.
        shell.ways.clear();
    }
    let status = match form.is_refused() {
        true => StatusCode::UNPROCESSABLE_ENTITY,
        false => StatusCode::OK,
    };
    let page = Page {
        shell,
        form,
        kept: kept.map(Kept::hidden).unwrap_or_default(),
        must_change,
    };
    Ok(Answer::page(&page)?.status(status))
}

fn change(app: &App, visit: &Visit) -> Result<Answer> {
    let staff = visit.staff().ok_or(WebError::Forbidden)?;
    let kept = Kept::carried(&visit.form);
    let wrong = check(app, visit, staff, app.words(visit.language))?;
    if !wrong.is_empty() {
        return show(app, visit, kept.as_ref(), wrong);
    }
    let staff = app.register(|register| {
        let doing = Doing::own(&staff.name, visit.now);
        register.choose_password(&staff.name, typed(visit, "new_password"), doing)?;
        register.staff(&staff.name)
    })?;
    let cookie = sign_in::renewed(app, visit, &staff.name)?;
    let answer = match kept {
        Some(kept) => sign_in::go_on(app, visit, staff, Some(kept))?,
        None => Answer::see("/desk?done=password"),
    };
    Ok(answer.cookie(cookie))
}

/// What is wrong with the passwords that were typed.
fn check(app: &App, visit: &Visit, staff: &Staff, words: &Words) -> Result<Vec<Wrong>> {
    let (old, new) = (typed(visit, "old_password"), typed(visit, "new_password"));
    let mut wrong = Vec::new();
    if new.chars().count() < SHORTEST {
        wrong.push(Wrong::of("new_password", words.text("password.short")));
    } else if new == staff.name {
        wrong.push(Wrong::of("new_password", words.text("password.guessed")));
    }
    if typed(visit, "again_password") != new {
        wrong.push(Wrong::of("again_password", words.text("password.differs")));
    }
    if !wrong.is_empty() {
        return Ok(wrong);
    }
    if staff.must_change {
        // The one that somebody else knows is no choice.
        let same = app.register(|register| register.verify_staff(&staff.name, new))?;
        if same.is_some() {
            wrong.push(Wrong::of("new_password", words.text("password.same")));
        }
        return Ok(wrong);
    }
    app.visits
        .check(Try::SignIn, &staff.name, &visit.from, visit.now)?;
    let fits = app.register(|register| register.verify_staff(&staff.name, old))?;
    if fits.is_none() {
        app.visits
            .failed(Try::SignIn, &staff.name, &visit.from, visit.now)?;
        wrong.push(Wrong::of("old_password", words.text("password.wrong")));
    } else if old == new {
        wrong.push(Wrong::of("new_password", words.text("password.same")));
    }
    Ok(wrong)
}

/// A password as it was typed, blanks and all.
fn typed<'v>(visit: &'v Visit, name: &'v str) -> &'v str {
    visit.form.all(name).next().unwrap_or("")
}
