//! Signing in and out. Whoever signs in again after an hour at the telephone finds what they were writing.

use askama::Template;
use axum::http::StatusCode;

use super::password;
use super::second_factor::{self, code_step};
use crate::answer::Answer;
use crate::app::App;
use crate::entry::{EntryForm, Field, Wrong};
use crate::error::{Result, WebError};
use crate::resume::Kept;
use crate::routes::{self, Access, Route, Verb};
use crate::session::{self, Kind};
use crate::shell::{Area, FORM, Shell};
use crate::visit::{Fields, Visit, Visitor};
use crate::visits::{Opens, Try};
use redress_register::Staff;

pub const ROUTES: &[Route] = &[
    Route::get(PATH, Access::Anyone, page),
    Route::post(PATH, Access::Anyone, sign_in)
        .turning(turned)
        .hashing(),
    Route::post("/desk/sign-out", Access::NewStaff, sign_out),
];

const PATH: &str = "/desk/sign-in";

#[derive(Template)]
#[template(path = "desk/sign_in.html")]
struct Page<'a> {
    shell: Shell<'a>,
    form: EntryForm,
    kept: Vec<(String, &'a str)>,
    /// It stands in the place of another page.
    ended: bool,
    /// Something that was written waits.
    waits: bool,
}

#[derive(Template)]
#[template(path = "desk/kept.html")]
struct Again<'a> {
    shell: Shell<'a>,
    kept: &'a Kept,
    /// What people wrote, to be read before it is sent.
    written: Vec<&'a str>,
}

/// The page that asks for name and password, in the place of the one that was asked for.
///
/// # Errors
/// When the page cannot be made.
pub fn ask(app: &App, visit: &Visit, kept: Option<Kept>) -> Result<Answer> {
    let status = match kept {
        Some(_) => StatusCode::UNAUTHORIZED,
        None => StatusCode::OK,
    };
    let kept = kept.map(without_passwords);
    Ok(show(app, visit, kept.as_ref(), None)?.status(status))
}

fn page(app: &App, visit: &Visit) -> Result<Answer> {
    ask(app, visit, None)
}

/// The page in another language, with the name that was entered and with what waits.
fn turned(app: &App, visit: &Visit) -> Result<Answer> {
    show(app, visit, Kept::carried(&visit.form).as_ref(), None)
}

fn show(app: &App, visit: &Visit, kept: Option<&Kept>, wrong: Option<&str>) -> Result<Answer> {
    let words = app.words(visit.language);
    // Another page's form may have a field of this name.
    let is_own = visit.address.split('?').next() == Some(PATH);
    let tried = match wrong.is_some() || is_own {
        true => visit.form.clone(),
        false => Fields::default(),
    };
    let fields = vec![
        Field::typed("name", words.text("sign_in.name"), "text", "username").of(&tried),
        Field::typed(
            "password",
            words.text("sign_in.password"),
            "password",
            "current-password",
        ),
    ];
    let button = words.text("sign_in.button");
    let mut form = EntryForm::new("in", PATH, button, fields);
    if let Some(key) = wrong {
        form = form.refused(vec![Wrong::whole(words.text(key))]);
    }
    Answer::page(&Page {
        shell: Shell::new(app, visit, Area::Desk, words.text("sign_in.title")).form(form.id),
        form,
        kept: kept.map(Kept::hidden).unwrap_or_default(),
        ended: kept.is_some(),
        waits: kept.is_some_and(|kept| !kept.fields.is_empty()),
    })
}

fn sign_in(app: &App, visit: &Visit) -> Result<Answer> {
    let name = visit.form.get("name");
    // A password is taken as it was typed, blanks and all.
    let password = visit.form.all("password").next().unwrap_or("");
    let kept = Kept::carried(&visit.form);
    match app.visits.check(Try::SignIn, name, &visit.from, visit.now) {
        Ok(()) => {}
        Err(WebError::TooMany { .. }) => {
            let answer = show(app, visit, kept.as_ref(), Some("sign_in.too_many"))?;
            return Ok(answer.status(StatusCode::TOO_MANY_REQUESTS));
        }
        Err(error) => return Err(error),
    }
    let Some(staff) = app.register(|register| register.verify_staff(name, password))? else {
        app.visits
            .failed(Try::SignIn, name, &visit.from, visit.now)?;
        let answer = show(app, visit, kept.as_ref(), Some("sign_in.wrong"))?;
        return Ok(answer.status(StatusCode::UNAUTHORIZED));
    };
    let factor = app.register(|register| register.second_factor(&staff.name))?;
    match factor {
        Some(_) => {
            let kept = kept.map(without_passwords);
            code_step::ask(app, visit, &staff.name, kept.as_ref())
        }
        None => opened(app, visit, staff, kept),
    }
}

/// Opens the desk to somebody who has proved who they are.
///
/// # Errors
/// When the page cannot be made.
pub fn opened(app: &App, visit: &Visit, staff: Staff, kept: Option<Kept>) -> Result<Answer> {
    let cookie = session_of(app, visit, &staff.name)?;
    Ok(go_on(app, visit, staff, kept)?.cookie(cookie))
}

/// A fresh session in the place of all that a person has: whoever knew what was just changed is out everywhere.
/// Answers its cookie.
///
/// # Errors
/// When the store of visits cannot be written.
pub fn renewed(app: &App, visit: &Visit, name: &str) -> Result<String> {
    app.visits.end_all_of(name)?;
    session_of(app, visit, name)
}

fn session_of(app: &App, visit: &Visit, name: &str) -> Result<String> {
    let opens = Opens::Desk {
        staff: name.to_owned(),
    };
    let token = app.visits.begin(&opens, visit.now)?;
    Ok(session::begin(
        Kind::Desk,
        &token,
        app.settings.secure_cookies,
    ))
}

/// The page that asks for name and password once more, and why.
///
/// # Errors
/// When the page cannot be made.
pub fn again(app: &App, visit: &Visit, kept: Option<&Kept>, key: &str) -> Result<Answer> {
    Ok(show(app, visit, kept, Some(key))?.status(StatusCode::UNAUTHORIZED))
}

/// Where somebody goes on who has just signed in: to choose a password, to set up the second factor that their role asks
/// for, to what they were writing, to the page that they asked for, or to the queue.
///
/// # Errors
/// When the page cannot be made.
pub fn go_on(app: &App, visit: &Visit, staff: Staff, kept: Option<Kept>) -> Result<Answer> {
    let must_change = staff.must_change;
    let visit = Visit {
        visitor: Visitor::Staff(Box::new(staff)),
        ..visit.clone()
    };
    if must_change {
        return password::show(app, &visit, kept.as_ref(), Vec::new());
    }
    if owes(app, &visit)? {
        return second_factor::owed(app, &visit, kept.map(without_passwords).as_ref());
    }
    match kept.map(without_passwords) {
        Some(kept) if !kept.fields.is_empty() => {
            let words = app.words(visit.language);
            Answer::page(&Again {
                shell: Shell::new(app, &visit, Area::Desk, words.text("sign_in.kept_title"))
                    .form(FORM),
                written: written(&kept),
                kept: &kept,
            })
        }
        Some(kept) if is_page(&kept.to) => Ok(Answer::see(kept.to)),
        Some(_) | None => Ok(Answer::see("/desk")),
    }
}

fn owes(app: &App, visit: &Visit) -> Result<bool> {
    match visit.staff() {
        Some(staff) => Ok(app.register(|register| register.owes_second_factor(staff))?),
        None => Ok(false),
    }
}

fn sign_out(app: &App, visit: &Visit) -> Result<Answer> {
    if let Some(token) = &visit.token {
        app.visits.end(token)?;
    }
    let cookie = session::end(Kind::Desk, app.settings.secure_cookies);
    Ok(Answer::see("/desk/sign-in?done=signed_out").cookie(cookie))
}

/// No password and no code waits in a page.
fn without_passwords(mut kept: Kept) -> Kept {
    kept.fields
        .retain(|(name, _)| !name.contains("password") && name != second_factor::CODE);
    kept
}

/// Signs from which on an entry is something that somebody wrote, and not a code or a number.
const A_SENTENCE: usize = 20;

fn written(kept: &Kept) -> Vec<&str> {
    kept.fields
        .iter()
        .map(|(_, value)| value.as_str())
        .filter(|value| value.trim().contains(char::is_whitespace) || value.len() >= A_SENTENCE)
        // Keys of forms are long and say nothing.
        .filter(|value| !value.bytes().all(|b| b.is_ascii_hexdigit()))
        .collect()
}

/// Whether an address can be asked for, and not only sent to.
fn is_page(address: &str) -> bool {
    let path = address.split('?').next().unwrap_or("");
    routes::all().any(|route| route.verb == Verb::Get && fits(route.path, path))
}

fn fits(pattern: &str, path: &str) -> bool {
    let (mut pattern, mut path) = (pattern.split('/'), path.split('/'));
    loop {
        match (pattern.next(), path.next()) {
            (None, None) => return true,
            (Some(wanted), Some(found)) if wanted.starts_with('{') || wanted == found => {}
            (Some(_), Some(_)) | (Some(_), None) | (None, Some(_)) => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_asked_for_is_gone_back_to() {
        assert!(is_page("/desk/case/2026-000001/note?x=1"));
        assert!(is_page("/desk"));
        assert!(!is_page("/desk/outbox/7/retry"));
        assert!(!is_page("/desk/sign-out"));
    }

    #[test]
    fn no_password_is_carried_along() {
        let kept = without_passwords(Kept {
            to: "/desk/password".to_owned(),
            fields: vec![
                ("new_password".to_owned(), "secret".to_owned()),
                (second_factor::CODE.to_owned(), "k7m2-p9x4".to_owned()),
                ("text".to_owned(), "as written".to_owned()),
            ],
        });
        assert_eq!(kept.fields.len(), 1);
        assert_eq!(written(&kept), ["as written"]);
    }
}
