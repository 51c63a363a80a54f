//! The page that says what went wrong. Staff also see the register's own sentence where it tells them what
//! to do; nobody sees what would only tell of the machine.

use askama::Template;

use crate::answer::Answer;
use crate::app::App;
use crate::error::{Result, WebError};
use crate::shell::{Area, Shell};
use crate::visit::Visit;
use redress_register::RegisterError;

#[derive(Template)]
#[template(path = "public/failure.html")]
struct Page<'a> {
    shell: Shell<'a>,
    text: String,
    /// The register's sentence.
    sentence: Option<String>,
    /// The first page of the area, and what leads to it.
    home: &'static str,
    onward: &'a str,
    /// The request's number, by which its lines in the log are found; empty: it has none.
    request: &'a str,
}

/// The page of a failure; `key` names its texts in section `failure`.
///
/// # Errors
/// When the page itself cannot be set.
pub fn page(app: &App, visit: &Visit, key: &str, error: &WebError) -> Result<Answer> {
    let words = app.words(visit.language);
    let (area, home, onward) = match visit.staff() {
        Some(_) => (Area::Desk, "/desk", "failure.home_desk"),
        None => (Area::Public, "/", "failure.home"),
    };
    let text = format!("failure.{key}_text");
    // Where staff are told something else than complainants.
    let for_desk = visit
        .staff()
        .and_then(|_| words.find(&format!("{text}_desk")));
    let sentence = visit
        .staff()
        .and_then(|_| for_staff(error))
        .map(ToString::to_string);
    Answer::page(&Page {
        shell: Shell::new(app, visit, area, words.text(&format!("failure.{key}"))),
        text: for_desk.unwrap_or_else(|| words.text(&text)).to_owned(),
        sentence,
        home,
        onward: words.text(onward),
        request: &visit.request_id,
    })
}

/// The refusals that say what to do instead; not what speaks of files, databases and programs.
fn for_staff(error: &WebError) -> Option<&RegisterError> {
    let WebError::Register(error) = error else {
        return None;
    };
    speaks_of_entries(error).then_some(error)
}

/// Whether a sentence speaks of what was entered, and may quote it; else it speaks of files, databases and programs.
pub(crate) fn speaks_of_entries(error: &RegisterError) -> bool {
    use RegisterError as R;
    match error {
        R::NoSuch { .. }
        | R::Struck { .. }
        | R::Exists { .. }
        | R::Invalid { .. }
        | R::Book(_)
        | R::BookMoved { .. }
        | R::Action(_)
        | R::Record(_)
        | R::Phase(_)
        | R::Calendar(_)
        | R::Refused(_)
        | R::CaseRefused { .. }
        | R::InTheFuture { .. }
        | R::DayAhead { .. }
        | R::LateWithoutReason { .. }
        | R::Changed { .. }
        | R::NotAppendable { .. }
        | R::ActorMissing { .. }
        | R::Inactive { .. }
        | R::Unreachable { .. } => true,
        R::NotFound { .. }
        | R::AlreadyExists { .. }
        | R::NotADatabase { .. }
        | R::NotARegister { .. }
        | R::NewerSchema { .. }
        | R::OlderSchema { .. }
        | R::Busy { .. }
        | R::ReadOnly { .. }
        | R::Truncated { .. }
        | R::Damaged { .. }
        | R::DiskFull { .. }
        | R::CannotOpen { .. }
        | R::Database { .. }
        | R::File { .. }
        | R::ClockBehind { .. }
        | R::CopyDiffers { .. }
        | R::EventData(_)
        | R::Unreadable { .. }
        | R::Random(_)
        | R::Password(_)
        | R::FactorKey { .. }
        | R::Template { .. } => false,
    }
}
