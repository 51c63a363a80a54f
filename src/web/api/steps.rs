//! The steps of an action: the desk's own list, its own reading and its own recording, with a JSON object in place of the
//! form.

use chrono::{DateTime, NaiveDate};
use serde_json::Value;

use super::actions::{action_schema, shown};
use super::entry::{Member, fields_of, schema_of};
use super::operation::{Answers, Each, Operation, PLAIN};
use super::problem::{Code, Problem};
use crate::answer::Answer;
use crate::app::App;
use crate::desk::actions::planning;
use crate::desk::actions::step::Step;
use crate::desk::actions::step_page::{Entered, allowed, entered, judge, record};
use crate::error::Result;
use crate::routes::{Access, Route};
use crate::visit::{Fields, Visit};
use crate::words::Words;
use redress_domain::action::{
    Action, ActionBody, ActionEvent, ActionId, ActionKind, ActionSource, Opened,
};
use redress_register::Scope;

pub const ROUTES: &[Route] = &[Route::post(
    "/api/v1/actions/{id}/steps/{step}",
    Access::Integration(Scope::ActionsWrite),
    take,
)
.described(&Operation {
    id: "stepAction",
    summary: "Takes a step of an action",
    answer: Answers::Json("Action", action_schema),
    is_versioned: true,
    each: Each::Step,
    ..PLAIN
})];

/// The steps that the action and the visitor's role admit now.
pub fn open(visit: &Visit, action: &Action, today: NaiveDate) -> Vec<&'static str> {
    Step::ALL
        .iter()
        .filter(|step| step.may(visit, action) && step.fits(visit, action, today).is_ok())
        .map(|step| step.as_str())
        .collect()
}

/// What a step asks for, in the words of its form.
pub fn members(words: &Words, step: Step, action: &Action) -> Vec<Member> {
    let none = Fields::default();
    let mut fields = step.fields(words, action, &none, action.opened.on);
    let mut members: Vec<Member> = fields.iter().filter_map(Member::of_field).collect();
    if matches!(step, Step::Plan | Step::Change) {
        fields = planning::fields(words, action, &none);
        // What a check needs depends on how it judges, and the desk's reading says so.
        let more = fields.iter().filter_map(Member::of_field);
        members.extend(more.map(Member::optional));
    }
    members
}

/// An action that stands for any, to ask a step what it asks for.
pub fn any_action() -> Option<Action> {
    let on = NaiveDate::from_ymd_opt(2000, 1, 1)?;
    let opened = Opened {
        on,
        title: "-".to_owned(),
        kind: ActionKind::Corrective,
        source: ActionSource::Case,
        reference: None,
        scope: None,
        cases: Vec::new(),
        case_source: None,
        signal_on: None,
        owner: "-".to_owned(),
        department: None,
        due_on: None,
        output: None,
    };
    let event = ActionEvent {
        event_no: 1,
        recorded_at: DateTime::from_timestamp(1_000_000_000, 0)?,
        actor: "-".to_owned(),
        body: ActionBody::Opened(opened),
    };
    Action::begin(ActionId(1), &event).ok()
}

fn take(app: &App, visit: &Visit) -> Result<Answer> {
    match taken(app, visit)? {
        Ok(answer) => Ok(answer),
        Err(problem) => Ok(problem.answer()),
    }
}

fn taken(app: &App, visit: &Visit) -> Result<std::result::Result<Answer, Problem>> {
    let words = app.words(visit.language);
    // The desk's routes call the place of a step's name `command`.
    let mut visit = visit.clone();
    let name = visit.place("step").to_owned();
    visit.places.insert("command".to_owned(), name);
    let (step, action, today) = allowed(app, &visit)?;
    let program = visit.program.clone().unwrap_or_default();
    let version = i64::from(action.version);
    let seen = match program.seen() {
        Ok(seen) => seen.unwrap_or(version),
        Err(problem) => return Ok(Err(problem)),
    };
    if seen != version {
        let problem = Problem::new(Code::Changed, "read the action again, then decide");
        return Ok(Err(problem.with("version", version)));
    }
    if let Err(refusal) = step.fits(&visit, &action, today) {
        return Ok(Err(Problem::new(Code::Refused, refusal.to_string())));
    }
    let object = program.json();
    match object.and_then(|object| fields_of(&members(words, step, &action), &object)) {
        Ok(form) => visit.form = form,
        Err(problem) => return Ok(Err(problem)),
    }
    if step == Step::Check {
        return checked(app, &visit, &action, today);
    }
    let Entered { wrongs, body, .. } = entered(app, &visit, step, &action, today)?;
    let body = match body {
        Ok(body) if wrongs.is_empty() => body,
        Ok(_) => return Ok(Err(Problem::of_wrongs(wrongs))),
        Err(mut more) => {
            more.extend(wrongs);
            return Ok(Err(Problem::of_wrongs(more)));
        }
    };
    let after = record(app, &visit, &action, body, action.version)?;
    Ok(Ok(shown(&visit, &after, today)))
}

/// The verdict whose day has come.
fn checked(
    app: &App,
    visit: &Visit,
    action: &Action,
    today: NaiveDate,
) -> Result<std::result::Result<Answer, Problem>> {
    match judge(app, visit, action)? {
        Some(true) => {
            let after = app.register(|r| r.action(action.id, None))?;
            Ok(Ok(shown(visit, &after, today)))
        }
        Some(false) => Ok(Err(Problem::new(
            Code::NotNow,
            "the day of the verdict has not come, or the newest snapshot does not reach it",
        ))),
        None => Ok(Err(Problem::new(
            Code::NotNow,
            "there is no snapshot to count on; run `redress extract`",
        ))),
    }
}

/// The names of the steps with their schemas.
pub fn described(words: &Words) -> Vec<(&'static str, Value)> {
    let Some(action) = any_action() else {
        return Vec::new();
    };
    Step::ALL
        .iter()
        .map(|step| {
            let members = members(words, *step, &action);
            (step.as_str(), schema_of(&members))
        })
        .collect()
}
