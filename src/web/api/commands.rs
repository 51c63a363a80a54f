//! The commands of a case: the desk's own table, its own reading and its own carrying out, with a JSON object in place of
//! the form.

use serde_json::{Value, json};

use super::case::versioned;
use super::cases::states;
use super::entry::{Member, Shape, fields_of};
use super::operation::{Answers, Each, Operation, PLAIN};
use super::problem::{Code, Problem};
use super::schema::{flag, list, object, text, whole};
use crate::answer::Answer;
use crate::app::App;
use crate::desk::command::{Outcome, SECOND, UNREACHABLE, carry_out};
use crate::desk::commands::{Act, Closed, Command, FreeText, find};
use crate::desk::opened::Opened;
use crate::desk::reading::label;
use crate::desk::refusal;
use crate::error::{Result, WebError};
use crate::routes::{Access, Route};
use crate::visit::Visit;
use crate::words::Words;
use redress_register::Scope;

const WRITES: Access = Access::Integration(Scope::CasesWrite);

pub const ROUTES: &[Route] = &[
    Route::get(
        "/api/v1/cases/{number}/commands",
        Access::Integration(Scope::CasesRead),
        offered,
    )
    .described(&Operation {
        id: "listCaseCommands",
        summary: "The commands that the state of the case and the token's roles allow now",
        answer: Answers::Json("CaseCommands", offered_schema),
        is_versioned: true,
        ..PLAIN
    }),
    // A password is hashed.
    Route::post(
        "/api/v1/cases/{number}/commands/new-password",
        WRITES,
        new_password,
    )
    .described(&Operation {
        id: "newTrackingPassword",
        summary: "Gives the case another tracking password, told this once; the customer is told where they can be reached",
        body: Some(|| super::entry::schema_of(&[])),
        answer: Answers::Json("NewPassword", password_schema),
        is_versioned: true,
        ..PLAIN
    })
    .hashing(),
    Route::post("/api/v1/cases/{number}/commands/{command}", WRITES, give).described(&Operation {
        id: "commandCase",
        summary: "Gives a command to a case",
        answer: Answers::Json("CaseCommanded", done_schema),
        is_versioned: true,
        each: Each::Command,
        ..PLAIN
    }),
];

/// The names of the commands that are open to the visitor; `None` where nobody is known.
pub fn open(opened: &Opened, visit: &Visit) -> Option<Vec<&'static str>> {
    let staff = visit.staff()?;
    let circumstances = opened.circumstances(staff, visit);
    Some(circumstances.open().map(|command| command.name).collect())
}

/// What a command asks for, in the words of its form.
pub fn members(words: &Words, command: &Command) -> Vec<Member> {
    let said = |name: &str| label(words, command.name, name);
    let mut members: Vec<Member> = command
        .asks
        .iter()
        .filter_map(|ask| Member::of_ask(ask, said(ask.name)))
        .collect();
    match command.act {
        Act::Amend => {
            members.push(Member::new(
                "event",
                true,
                Shape::Whole,
                "Position (seq) of the event",
            ));
            members.push(Member::new(
                "field",
                true,
                Shape::Text,
                "Name of the datum, or occurred_at",
            ));
            members.push(Member::new(
                "value",
                true,
                Shape::Any,
                "The right value; null takes it away",
            ));
            members.push(Member::new("reason", true, Shape::Text, said("reason")));
        }
        Act::Void => {
            members.push(Member::new(
                "event",
                true,
                Shape::Whole,
                "Position (seq) of the event",
            ));
            members.push(Member::new("reason", true, Shape::Text, said("reason")));
        }
        Act::Event(_) | Act::Ask | Act::Attach | Act::Remind | Act::Invite | Act::NewPassword => {}
    }
    match command.words {
        FreeText::None => {}
        FreeText::Optional => members.push(Member::new("text", false, Shape::Text, said("text"))),
        FreeText::Needed => members.push(Member::new("text", true, Shape::Text, said("text"))),
    }
    if command.dated {
        members.push(Member::new("at", false, Shape::Moment, said("at")));
        members.push(Member::new(
            "late_reason",
            false,
            Shape::Text,
            said("late_reason"),
        ));
    }
    members
}

/// Whether a command takes files and no JSON.
pub const fn takes_files(command: &Command) -> bool {
    matches!(command.act, Act::Attach)
}

fn offered(app: &App, visit: &Visit) -> Result<Answer> {
    let opened = Opened::of(app, visit)?;
    let document = json!({
        "number": opened.case.number,
        "version": opened.case.last_seq,
        "commands": open(&opened, visit).ok_or(WebError::Forbidden)?,
    });
    Ok(versioned(&document, opened.case.last_seq))
}

fn give(app: &App, visit: &Visit) -> Result<Answer> {
    let command = find(visit.place("command")).ok_or(WebError::NotFound)?;
    match given(app, visit, command)? {
        Ok(answer) => Ok(answer),
        Err(problem) => Ok(problem.answer()),
    }
}

fn new_password(app: &App, visit: &Visit) -> Result<Answer> {
    let command = find("new-password").ok_or(WebError::NotFound)?;
    match given(app, visit, command)? {
        Ok(answer) => Ok(answer),
        Err(problem) => Ok(problem.answer()),
    }
}

fn given(
    app: &App,
    visit: &Visit,
    command: &'static Command,
) -> Result<std::result::Result<Answer, Problem>> {
    let opened = Opened::of(app, visit)?;
    let visit = match read(app, visit, &opened, command) {
        Ok(visit) => visit,
        Err(problem) => return Ok(Err(problem)),
    };
    Ok(match carry_out(app, &visit, &opened, command)? {
        Outcome::Done(done) => {
            let case = app.register(|register| register.case_row(opened.case.case_key))?;
            let document = json!({
                "number": case.number,
                "state": case.state,
                "version": case.last_seq,
                "needs_second_signature": done == SECOND,
                "unreachable": done == UNREACHABLE,
            });
            Ok(versioned(&document, case.last_seq))
        }
        Outcome::NewPassword(registration) => {
            let document = json!({
                "number": registration.number,
                "tracking_password": registration.password,
                "customer_is_told": registration.message_id.is_some(),
                "version": registration.seq,
            });
            Ok(versioned(&document, registration.seq))
        }
        Outcome::Wrong(wrongs) => Err(Problem::of_wrongs(wrongs)),
    })
}

/// The visit with the fields of a form, when the command is open and what was sent can be read.
fn read(
    app: &App,
    visit: &Visit,
    opened: &Opened,
    command: &Command,
) -> std::result::Result<Visit, Problem> {
    let program = visit.program.clone().unwrap_or_default();
    if let Some(seen) = program.seen()?
        && seen != opened.case.last_seq
    {
        let problem = Problem::new(Code::Changed, "read the case again, then decide");
        return Err(problem.with("version", opened.case.last_seq));
    }
    let staff = visit
        .staff()
        .ok_or_else(|| Problem::of(&WebError::Forbidden))?;
    let words = app.words(visit.language);
    match opened.circumstances(staff, visit).may(command) {
        Ok(()) => {}
        Err(Closed::Role) => return Err(Problem::of(&WebError::Forbidden)),
        Err(Closed::Refused(why)) => {
            let said = refusal::in_words(words, &why);
            let problem = Problem::new(Code::Refused, said);
            return Err(problem.with("refusal", refusal::key(&why)));
        }
        Err(Closed::Idle) => {
            return Err(Problem::new(
                Code::NotNow,
                "as the case stands it would record nothing",
            ));
        }
    }
    let form = match takes_files(command) {
        true if program.has_files() => visit.form.clone(),
        true => {
            return Err(Problem::new(
                Code::MediaType,
                "send the files as multipart/form-data, in the field `files`",
            ));
        }
        false => fields_of(&members(words, command), &program.json()?)?,
    };
    let mut visit = visit.clone();
    visit.form = form;
    Ok(visit)
}

fn offered_schema() -> Value {
    object([
        ("number", text()),
        ("version", whole()),
        ("commands", list(text())),
    ])
}

fn done_schema() -> Value {
    object([
        ("number", text()),
        ("state", states()),
        ("version", whole()),
        ("needs_second_signature", flag()),
        ("unreachable", flag()),
    ])
}

fn password_schema() -> Value {
    object([
        ("number", text()),
        ("tracking_password", text()),
        ("customer_is_told", flag()),
        ("version", whole()),
    ])
}
