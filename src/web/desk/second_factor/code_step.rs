//! The second step of signing in: the code, after a password that was right. Until it fits there is no session.

use askama::Template;
use axum::http::StatusCode;

use super::{CODE, code_failed};
use crate::answer::Answer;
use crate::app::App;
use crate::desk::sign_in;
use crate::entry::{EntryForm, Field, Wrong};
use crate::error::{Result, WebError};
use crate::resume::Kept;
use crate::routes::{Access, Route};
use crate::shell::{Area, FORM, Shell};
use crate::visit::Visit;
use crate::visits::Try;
use redress_register::Proof;

pub const ROUTES: &[Route] = &[
    Route::get("/desk/sign-in/code", Access::Anyone, back),
    Route::post("/desk/sign-in/code", Access::Anyone, check).hashing(),
];

/// The hidden field that tells whose password was right.
const HALF: &str = "half";

#[derive(Template)]
#[template(path = "desk/second_factor/code_step.html")]
struct Page<'a> {
    shell: Shell<'a>,
    form: EntryForm,
    kept: Vec<(String, &'a str)>,
}

/// Asks for the code of somebody whose password was right.
///
/// # Errors
/// When the store of visits cannot be written.
pub fn ask(app: &App, visit: &Visit, staff: &str, kept: Option<&Kept>) -> Result<Answer> {
    let half = app.visits.begin_half(staff, visit.now)?;
    show(app, visit, &half, kept, None)
}

/// A page that was only sent to, asked for by its address: there is nothing to enter a code for.
fn back(_: &App, _: &Visit) -> Result<Answer> {
    Ok(Answer::see("/desk/sign-in"))
}

fn show(
    app: &App,
    visit: &Visit,
    half: &str,
    kept: Option<&Kept>,
    wrong: Option<&str>,
) -> Result<Answer> {
    let words = app.words(visit.language);
    let code = Field::typed(CODE, words.text("code.code"), "text", "one-time-code")
        .hint(words.text("code.hint"));
    let form = EntryForm::new(
        "code",
        "/desk/sign-in/code",
        words.text("code.button"),
        vec![code],
    )
    .hidden(HALF, half);
    let wrong = wrong.map(|key| Wrong::of(CODE, words.text(key)));
    Answer::page(&Page {
        shell: Shell::new(app, visit, Area::Desk, words.text("code.title")).form(FORM),
        form: form.refused(wrong.into_iter().collect()),
        kept: kept.map(Kept::hidden).unwrap_or_default(),
    })
}

fn check(app: &App, visit: &Visit) -> Result<Answer> {
    let kept = Kept::carried(&visit.form);
    let half = visit.form.get(HALF);
    let Some(name) = app.visits.half(half, visit.now)? else {
        return sign_in::again(app, visit, kept.as_ref(), "code.late");
    };
    if visit.turns_language() {
        return show(app, visit, half, kept.as_ref(), None);
    }
    match app.visits.check(Try::Code, &name, &visit.from, visit.now) {
        Ok(()) => {}
        Err(WebError::TooMany { .. }) => {
            let answer = show(app, visit, half, kept.as_ref(), Some("code.too_many"))?;
            return Ok(answer.status(StatusCode::TOO_MANY_REQUESTS));
        }
        Err(error) => return Err(error),
    }
    let entered = visit.form.get(CODE);
    let (staff, proof) = app.register(|register| {
        let staff = register.staff(&name)?;
        let proof = match staff.active {
            true => register.check_second_factor(&name, entered, visit.now)?,
            false => None,
        };
        Ok::<_, WebError>((staff, proof))
    })?;
    let Some(proof) = proof else {
        code_failed(app, visit, &name)?;
        let answer = show(app, visit, half, kept.as_ref(), Some("code.wrong"))?;
        return Ok(answer.status(StatusCode::UNAUTHORIZED));
    };
    app.visits.end_half(half)?;
    let instead = match (proof, &kept) {
        // Whoever writes on with a recovery code learns of it there.
        (Proof::Code, _) | (Proof::Recovery { .. }, Some(_)) => None,
        (Proof::Recovery { .. }, None) => Some(Kept {
            to: "/desk/second-factor?done=recovery_used".to_owned(),
            fields: Vec::new(),
        }),
    };
    sign_in::opened(app, visit, staff, instead.or(kept))
}
