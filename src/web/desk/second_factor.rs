//! A person's own second factor: set up with a picture and a code, renewed or removed with password and code.
//!
//! The secret is in the answer to the form that asked for it, and the recovery codes in the answer to the one that made
//! them; no address shows either again. Each change ends the person's other sessions.

use askama::Template;
use axum::http::StatusCode;

use self::qr::Drawing;
use super::{password, sign_in};
use crate::answer::Answer;
use crate::app::App;
use crate::entry::{EntryForm, Field, Wrong};
use crate::error::{Result, WebError};
use crate::resume::Kept;
use crate::routes::{Access, Route};
use crate::shell::{Area, FORM, Shell};
use crate::visit::Visit;
use crate::visits::Try;
use crate::words::Words;
use redress_register::{Enrolment, RegisterError, Staff};

pub mod account;
pub mod code_step;
mod qr;

pub const ROUTES: &[Route] = &[
    Route::get(PATH, Access::NewStaff, page),
    Route::post(PATH, Access::NewStaff, change).hashing(),
];

const PATH: &str = "/desk/second-factor";

/// The field of a code; no page that waits carries it along.
pub const CODE: &str = "second_code";

/// The field of the password that proves who asks.
const PASSWORD: &str = "own_password";

/// What is sent to go on to where somebody was on their way.
const GO_ON: &str = "go_on";

/// Signs between two blanks of a secret that is typed by hand.
const GROUP: usize = 4;

/// The page: how it stands, and what can be done.
#[derive(Template)]
#[template(path = "desk/second_factor/page.html")]
struct Page<'a> {
    shell: Shell<'a>,
    kept: Vec<(String, &'a str)>,
    /// The role asks for one and there is none: nothing else opens.
    owed: bool,
    /// The role asks for one.
    demanded: bool,
    /// Since when there is one, and how many recovery codes are left.
    stands: Option<(String, String)>,
    /// How to set one up; none where there is one.
    begins: Option<EntryForm>,
    /// What can be done with the one that there is, under its heading. One form each: a template includes it in a loop.
    forms: Vec<(String, Vec<EntryForm>)>,
}

/// The secret, to be scanned and proved.
#[derive(Template)]
#[template(path = "desk/second_factor/enrol.html")]
struct EnrolPage<'a> {
    shell: Shell<'a>,
    kept: Vec<(String, &'a str)>,
    drawing: Option<Drawing>,
    secret: String,
    form: EntryForm,
    /// The role asks for it: there is no way past.
    owed: bool,
}

/// Recovery codes, shown once.
#[derive(Template)]
#[template(path = "desk/second_factor/codes.html")]
struct CodesPage<'a> {
    shell: Shell<'a>,
    kept: Vec<(String, &'a str)>,
    /// What was done by making them.
    said: &'a str,
    codes: Vec<String>,
}

/// What is done to a second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Begin,
    Confirm,
    Renew,
    Remove,
}

impl What {
    const ALL: [What; 4] = [What::Begin, What::Confirm, What::Renew, What::Remove];

    const fn id(self) -> &'static str {
        match self {
            What::Begin => "begin",
            What::Confirm => "confirm",
            What::Renew => "renew",
            What::Remove => "remove",
        }
    }
}

fn page(app: &App, visit: &Visit) -> Result<Answer> {
    if visit.staff().is_some_and(|staff| staff.must_change) {
        return Ok(Answer::see("/desk/password"));
    }
    show(app, visit, None, None)
}

/// The page, to somebody who has to set one up before anything else opens, with a form that waits.
///
/// # Errors
/// When the page cannot be made.
pub fn owed(app: &App, visit: &Visit, kept: Option<&Kept>) -> Result<Answer> {
    show(app, visit, kept, None)
}

fn change(app: &App, visit: &Visit) -> Result<Answer> {
    let staff = visit.staff().ok_or(WebError::Forbidden)?;
    let kept = Kept::carried(&visit.form);
    if staff.must_change {
        return password::show(app, visit, kept.as_ref(), Vec::new());
    }
    if visit.turns_language() {
        return show(app, visit, kept.as_ref(), None);
    }
    let given = visit.form.get("what");
    if given == GO_ON {
        return sign_in::go_on(app, visit, staff.clone(), kept);
    }
    let what = What::ALL.into_iter().find(|what| what.id() == given);
    match what {
        Some(What::Begin) => begin(app, visit, staff, kept.as_ref()),
        Some(What::Confirm) => confirm(app, visit, staff, kept.as_ref()),
        Some(What::Renew) => renew(app, visit, staff),
        Some(What::Remove) => remove(app, visit, staff),
        None => Err(WebError::BadForm {
            why: format!("`{given}` is nothing that is done to a second factor"),
        }),
    }
}

fn begin(app: &App, visit: &Visit, staff: &Staff, kept: Option<&Kept>) -> Result<Answer> {
    if let Some(wrong) = wrong_password(app, visit, staff)? {
        return show(app, visit, kept, Some((What::Begin, vec![wrong])));
    }
    match app.register(|r| r.begin_second_factor(&staff.name, visit.now)) {
        Ok(begun) => enrol(app, visit, &begun, kept, Vec::new()),
        Err(RegisterError::Exists { .. }) => Ok(Answer::see(PATH)),
        Err(error) => Err(error.into()),
    }
}

fn confirm(app: &App, visit: &Visit, staff: &Staff, kept: Option<&Kept>) -> Result<Answer> {
    let (words, name) = (app.words(visit.language), staff.name.as_str());
    let begun = app.register(|r| r.begun_second_factor(name, visit.now))?;
    let Some(begun) = begun else {
        let late = Wrong::whole(words.text("factor.late"));
        return show(app, visit, kept, Some((What::Begin, vec![late])));
    };
    if let Some(wrong) = too_many_codes(app, visit, name)? {
        return enrol(app, visit, &begun, kept, vec![wrong]);
    }
    let entered = visit.form.get(CODE);
    match app.register(|r| r.confirm_second_factor(name, entered, visit.now))? {
        Some(codes) => shown_once(app, visit, name, ("factor.codes_begun", codes), kept),
        None => {
            code_failed(app, visit, name)?;
            let wrong = Wrong::of(CODE, words.text("factor.wrong"));
            enrol(app, visit, &begun, kept, vec![wrong])
        }
    }
}

fn renew(app: &App, visit: &Visit, staff: &Staff) -> Result<Answer> {
    if let Some(wrong) = unproved(app, visit, staff)? {
        return show(app, visit, None, Some((What::Renew, vec![wrong])));
    }
    let codes = app.register(|r| r.renew_recovery_codes(&staff.name, visit.now))?;
    shown_once(
        app,
        visit,
        &staff.name,
        ("factor.codes_renewed", codes),
        None,
    )
}

fn remove(app: &App, visit: &Visit, staff: &Staff) -> Result<Answer> {
    if let Some(wrong) = unproved(app, visit, staff)? {
        return show(app, visit, None, Some((What::Remove, vec![wrong])));
    }
    app.register(|r| r.remove_second_factor(&staff.name, visit.now))?;
    let cookie = sign_in::renewed(app, visit, &staff.name)?;
    Ok(Answer::see("/desk/account?done=factor_removed").cookie(cookie))
}

/// What is wrong with the password that was typed. Tries are those of signing in.
fn wrong_password(app: &App, visit: &Visit, staff: &Staff) -> Result<Option<Wrong>> {
    app.visits
        .check(Try::SignIn, &staff.name, &visit.from, visit.now)?;
    // A password is taken as it was typed, blanks and all.
    let typed = visit.form.all(PASSWORD).next().unwrap_or("");
    if app
        .register(|r| r.verify_staff(&staff.name, typed))?
        .is_some()
    {
        return Ok(None);
    }
    app.visits
        .failed(Try::SignIn, &staff.name, &visit.from, visit.now)?;
    let words = app.words(visit.language);
    Ok(Some(Wrong::of(
        PASSWORD,
        words.text("factor.wrong_password"),
    )))
}

/// What is wrong with the password and the code that were typed. A code is used up by fitting.
fn unproved(app: &App, visit: &Visit, staff: &Staff) -> Result<Option<Wrong>> {
    if let Some(wrong) = wrong_password(app, visit, staff)? {
        return Ok(Some(wrong));
    }
    let name = staff.name.as_str();
    if let Some(wrong) = too_many_codes(app, visit, name)? {
        return Ok(Some(wrong));
    }
    let entered = visit.form.get(CODE);
    let proof = app.register(|r| r.check_second_factor(name, entered, visit.now))?;
    if proof.is_some() {
        return Ok(None);
    }
    code_failed(app, visit, name)?;
    let words = app.words(visit.language);
    Ok(Some(Wrong::of(CODE, words.text("code.wrong"))))
}

/// Counts a wrong code. The one with which the others add up to too many is told to its owner in the trail of the account.
fn code_failed(app: &App, visit: &Visit, name: &str) -> Result<()> {
    app.visits.failed(Try::Code, name, &visit.from, visit.now)?;
    if app.visits.is_locked(Try::Code, name, visit.now)? {
        app.register(|r| r.note_locked_codes(name, visit.now))?;
    }
    Ok(())
}

/// Said where so many codes were wrong that none is looked at for a while.
fn too_many_codes(app: &App, visit: &Visit, name: &str) -> Result<Option<Wrong>> {
    match app.visits.check(Try::Code, name, &visit.from, visit.now) {
        Ok(()) => Ok(None),
        Err(WebError::TooMany { .. }) => {
            let words = app.words(visit.language);
            Ok(Some(Wrong::of(CODE, words.text("code.too_many"))))
        }
        Err(error) => Err(error),
    }
}

fn show(
    app: &App,
    visit: &Visit,
    kept: Option<&Kept>,
    refused: Option<(What, Vec<Wrong>)>,
) -> Result<Answer> {
    let words = app.words(visit.language);
    let staff = visit.staff().ok_or(WebError::Forbidden)?;
    let (found, demanded, zone) = app.register(|r| {
        let found = r.second_factor(&staff.name)?;
        let demanded = r.must_have_second_factor(staff)?;
        Ok::<_, WebError>((found, demanded, r.zone()))
    })?;
    let owed = demanded && found.is_none();
    let mut shell = Shell::new(app, visit, Area::Desk, words.text("factor.title"));
    if found.is_none() {
        // A form that waits goes along into the other language.
        shell = shell.form(FORM);
    }
    if owed {
        // None of them opens before it is set up.
        shell.ways.clear();
    }
    let wrongs = |what: What| match &refused {
        Some((refused, wrongs)) if *refused == what => wrongs.clone(),
        Some(_) | None => Vec::new(),
    };
    let begins = found
        .is_none()
        .then(|| form_of(words, What::Begin).refused(wrongs(What::Begin)));
    let forms = match found {
        None => Vec::new(),
        Some(_) => [
            (What::Renew, "factor.renew_title"),
            (What::Remove, "factor.remove_title"),
        ]
        .map(|(what, title)| {
            let form = form_of(words, what).refused(wrongs(what));
            (words.text(title).to_owned(), vec![form])
        })
        .into(),
    };
    let page = Answer::page(&Page {
        shell,
        kept: kept.map(Kept::hidden).unwrap_or_default(),
        owed,
        demanded,
        stands: found.map(|found| {
            (
                words.moment(found.since, zone),
                words.plural("factor.left", found.recovery_codes_left),
            )
        }),
        begins,
        forms,
    })?;
    Ok(page.status(status(refused.is_some())))
}

fn form_of(words: &Words, what: What) -> EntryForm {
    let password = || {
        Field::typed(
            PASSWORD,
            words.text("factor.password"),
            "password",
            "current-password",
        )
    };
    let code = |key: &'static str| Field::typed(CODE, words.text(key), "text", "one-time-code");
    let (id, button, fields) = match what {
        What::Begin => ("begin", "factor.begin", vec![password()]),
        What::Confirm => ("confirm", "factor.confirm", vec![code("factor.code")]),
        What::Renew => (
            "renew",
            "factor.renew",
            vec![password(), code("factor.code_or")],
        ),
        What::Remove => (
            "remove",
            "factor.remove",
            vec![password(), code("factor.code_or")],
        ),
    };
    EntryForm::new(id, PATH, words.text(button), fields).hidden("what", what.id())
}

fn enrol(
    app: &App,
    visit: &Visit,
    begun: &Enrolment,
    kept: Option<&Kept>,
    wrongs: Vec<Wrong>,
) -> Result<Answer> {
    let words = app.words(visit.language);
    let title = words.text("factor.enrol_title");
    let mut shell = Shell::new(app, visit, Area::Desk, title).once();
    shell.ways.clear();
    let staff = visit.staff().ok_or(WebError::Forbidden)?;
    let owed = app.register(|r| r.must_have_second_factor(staff))?;
    let form = form_of(words, What::Confirm).refused(wrongs);
    let status = status(form.is_refused());
    let page = Answer::page(&EnrolPage {
        shell,
        kept: kept.map(Kept::hidden).unwrap_or_default(),
        drawing: qr::drawing(&begun.address(&app.settings.organisation)),
        secret: grouped(&begun.secret()),
        form,
        owed,
    })?;
    Ok(page.status(status))
}

const fn status(is_refused: bool) -> StatusCode {
    match is_refused {
        true => StatusCode::UNPROCESSABLE_ENTITY,
        false => StatusCode::OK,
    }
}

/// The page of fresh recovery codes, and the key of what was done by making them, with a fresh session: every other
/// one of the person has ended.
fn shown_once(
    app: &App,
    visit: &Visit,
    name: &str,
    (said, codes): (&'static str, Vec<String>),
    kept: Option<&Kept>,
) -> Result<Answer> {
    let words = app.words(visit.language);
    let cookie = sign_in::renewed(app, visit, name)?;
    let page = Answer::page(&CodesPage {
        shell: Shell::new(app, visit, Area::Desk, words.text("factor.codes_title")).once(),
        kept: kept.map(Kept::hidden).unwrap_or_default(),
        said: words.text(said),
        codes,
    })?;
    Ok(page.cookie(cookie))
}

fn grouped(secret: &str) -> String {
    let signs: Vec<char> = secret.chars().collect();
    let groups: Vec<String> = signs.chunks(GROUP).map(|g| g.iter().collect()).collect();
    groups.join(" ")
}
