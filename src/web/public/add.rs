//! What a complainant adds to the complaint: words and files. It also ends a pause that waited for them.

use askama::Template;
use axum::http::StatusCode;

use super::field::{Asks, Field, Problem};
use super::files::{self, Waiting};
use super::seen::Seen;
use super::thread::question;
use crate::answer::Answer;
use crate::app::App;
use crate::entry;
use crate::error::{Result, WebError};
use crate::logging;
use crate::once;
use crate::shell::{Area, FORM, Shell};
use crate::uploads::ACCEPT;
use crate::visit::{Fields, Visit};
use crate::visits::{Reserved, Try};
use redress_domain::event::NoteAdded;
use redress_register::{Actor, Draft, OfAddition, Part};

/// The longest text, in characters.
const LONGEST_TEXT: usize = 20_000;

#[derive(Template)]
#[template(path = "public/add.html")]
struct Page<'a> {
    shell: Shell<'a>,
    problems: Vec<Problem>,
    question: Option<&'a str>,
    hidden: Vec<(&'static str, String)>,
    fields: Vec<entry::Field>,
    files: Vec<Waiting>,
}

/// What was entered.
struct Entry {
    text: String,
    /// The form's key: sent twice, it counts once.
    once: String,
}

impl Entry {
    fn of(form: &Fields) -> Result<Entry> {
        Ok(Entry {
            text: form.get("text").replace("\r\n", "\n").replace('\0', ""),
            once: once::key(form)?,
        })
    }
}

/// `GET /case/add`.
pub fn show(app: &App, visit: &Visit) -> Result<Answer> {
    let seen = Seen::of(app, visit)?;
    page(
        app,
        visit,
        &seen,
        &Entry::of(&Fields::default())?,
        Vec::new(),
    )
}

/// Keeps the files of a form that is not taken now, under the form's own key; what cannot be kept is not listed when the
/// form is shown again.
///
/// # Errors
/// When the store of visits cannot be used.
pub fn keep_files(app: &App, visit: &Visit) -> Result<()> {
    match visit
        .form
        .given(once::FIELD)
        .filter(|key| once::is_key(key))
    {
        Some(key) => files::keep(app, visit, key).map(drop),
        None => Ok(()),
    }
}

/// The form that waited until its sender had shown the password again, with the files that came with it.
pub fn again(app: &App, visit: &Visit) -> Result<Answer> {
    let seen = Seen::of(app, visit)?;
    let problems = other_case(app, visit, &seen);
    page(app, visit, &seen, &Entry::of(&visit.form)?, problems)
}

/// `POST /case/add`.
pub fn take(app: &App, visit: &Visit) -> Result<Answer> {
    let words = app.words(visit.language);
    let seen = Seen::of(app, visit)?;
    let entry = Entry::of(&visit.form)?;
    let mut problems = other_case(app, visit, &seen);
    problems.extend(files::keep(app, visit, &entry.once)?);
    if let Some(file_id) = visit.form.get("go").strip_prefix("drop-") {
        if let Ok(file_id) = file_id.parse() {
            app.visits.drop_file(&entry.once, file_id)?;
        }
        return page(app, visit, &seen, &entry, problems);
    }
    if visit.form.get("go") == "show" {
        return page(app, visit, &seen, &entry, problems);
    }
    let nothing = entry.text.is_empty() && files::waiting(app, visit, &entry.once)?.is_empty();
    // A form that was taken before has nothing waiting any more.
    let is_new = app.visits.outcome(&entry.once)?.is_none();
    if nothing && problems.is_empty() && is_new {
        problems.push(Problem::new("text", words, "public_add.nothing"));
    }
    if entry.text.chars().count() > LONGEST_TEXT {
        problems.push(Problem::new("text", words, "public_add.too_long"));
    }
    if !problems.is_empty() {
        let answer = page(app, visit, &seen, &entry, problems)?;
        return Ok(answer.status(StatusCode::UNPROCESSABLE_ENTITY));
    }
    match app
        .visits
        .check(Try::Complaint, &seen.number, &visit.from, visit.now)
    {
        Ok(()) => {}
        Err(WebError::TooMany { .. }) => {
            let problem = Problem::new("", words, "failure.too_many_text");
            let answer = page(app, visit, &seen, &entry, vec![problem])?;
            return Ok(answer.status(StatusCode::TOO_MANY_REQUESTS));
        }
        Err(error) => return Err(error),
    }
    match once::reserve(app, &entry.once, visit.now)? {
        Reserved::Yours => record(app, visit, &seen, &entry),
        Reserved::Done(done) => Ok(Answer::see(format!("/case?done={done}"))),
        Reserved::Busy => {
            let problem = Problem::new("", words, "failure.busy_text");
            let answer = page(app, visit, &seen, &entry, vec![problem])?;
            Ok(answer.status(StatusCode::CONFLICT))
        }
    }
}

/// The words, the files and the end of the pause, all of it or nothing: what could not be recorded is shown again, and
/// the clock does not run on nothing.
fn record(app: &App, visit: &Visit, seen: &Seen, entry: &Entry) -> Result<Answer> {
    let words = app.words(visit.language);
    app.visits
        .failed(Try::Complaint, &seen.number, &visit.from, visit.now)?;
    let done = match added(app, visit, seen, entry) {
        // Recorded before the server could note it; what it ended then cannot be told any more.
        Ok(OfAddition::Before) => "case_added",
        Ok(OfAddition::New(added)) if added.resumed => "case_resumed",
        Ok(OfAddition::New(_)) => "case_added",
        Err(error) => {
            logging::failed(&visit.request_id, &error);
            app.visits.release(&entry.once)?;
            let problem = Problem::new("", words, "public_add.not_recorded");
            let answer = page(app, visit, seen, entry, vec![problem])?;
            return Ok(answer.status(StatusCode::SERVICE_UNAVAILABLE));
        }
    };
    app.visits.remember(&entry.once, done, visit.now)?;
    files::recorded(app, &entry.once);
    Ok(Answer::see(format!("/case?done={done}")))
}

fn added(app: &App, visit: &Visit, seen: &Seen, entry: &Entry) -> Result<OfAddition> {
    let mut parts = files::lay(app, &entry.once)?;
    if !entry.text.is_empty() {
        let note = Draft::new(visit.now, NoteAdded {}).text(entry.text.clone());
        parts.insert(0, Part::event(note, Actor::customer()));
    }
    parts.push(Part::Answer {
        at: visit.now,
        late_reason: None,
    });
    let added =
        app.register(|register| register.add_form(seen.case_key, &parts, &entry.once, visit.now))?;
    Ok(added)
}

/// What to say where the form was written for another case than the one that is followed now.
fn other_case(app: &App, visit: &Visit, seen: &Seen) -> Vec<Problem> {
    match seen.is_other(&visit.form) {
        true => vec![Problem::new(
            "",
            app.words(visit.language),
            "public_case.other_case",
        )],
        false => Vec::new(),
    }
}

fn page(
    app: &App,
    visit: &Visit,
    seen: &Seen,
    entry: &Entry,
    problems: Vec<Problem>,
) -> Result<Answer> {
    let words = app.words(visit.language);
    let line = |id, value: &str| Field::line(words, "public_add", id, value);
    let fields = [
        line("text", &entry.text).asks(Asks::Words(8)),
        line("files", "").asks(Asks::Files(ACCEPT)).optional(),
    ];
    let title = words.fill("public_add.title", &[("number", &seen.number)]);
    Answer::page(&Page {
        shell: Shell::new(app, visit, Area::Public, title).form(FORM),
        question: question(seen),
        hidden: vec![("for", seen.number.clone()), ("once", entry.once.clone())],
        fields: fields
            .into_iter()
            .map(|field| field.with(&problems).set())
            .collect(),
        problems,
        files: files::waiting(app, visit, &entry.once)?,
    })
}
