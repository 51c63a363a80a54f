//! Corrective and preventive actions: the list, one of them, its history, and opening one.

use axum::http::StatusCode;
use axum::http::header::LOCATION;
use chrono::NaiveDate;
use serde_json::{Value, json};

use super::case::versioned;
use super::entry::{Member, fields_of, schema_of};
use super::operation::{Answers, Operation, PLAIN, Parameter, asked};
use super::problem::Problem;
use super::register::{Once, in_progress};
use super::schema::{any_object, day, flag, list, moment, object, or_null, text, whole, word};
use super::steps;
use crate::answer::Answer;
use crate::app::App;
use crate::desk::actions::opening;
use crate::desk::actions::page::{asked as id_of, found};
use crate::entry::Wrong;
use crate::error::{Result, WebError};
use crate::once;
use crate::routes::{Access, Route};
use crate::visit::{Fields, Visit};
use crate::visits::Reserved;
use crate::words::Words;
use redress_domain::action::{Action, ActionBody, ActionKind, ActionSource, ActionState, Verdict};
use redress_domain::vocabulary::Language;
use redress_register::{Change, RegisterError, Scope};

const READS: Access = Access::Integration(Scope::ActionsRead);

pub const ROUTES: &[Route] = &[
    Route::get("/api/v1/actions", READS, actions).described(&Operation {
        id: "listActions",
        summary: "Actions by number",
        query: &[
            Parameter {
                name: "state",
                about: "Where they stand today",
                schema: states,
            },
            Parameter {
                name: "owner",
                about: "Who answers for them",
                schema: text,
            },
            Parameter {
                name: "overdue",
                about: "Only those whose day has passed",
                schema: || json!({ "type": "boolean" }),
            },
        ],
        answer: Answers::Json("Actions", actions_schema),
        ..PLAIN
    }),
    Route::post(
        "/api/v1/actions",
        Access::Integration(Scope::ActionsWrite),
        open,
    )
    .described(&Operation {
        id: "openAction",
        summary: "Opens an action",
        body: Some(open_schema),
        status: 201,
        answer: Answers::Json("Action", action_schema),
        is_once: true,
        ..PLAIN
    }),
    Route::get("/api/v1/actions/{id}", READS, one).described(&Operation {
        id: "getAction",
        summary: "An action with its check, its verdict, and the steps that can be taken",
        answer: Answers::Json("Action", action_schema),
        is_versioned: true,
        ..PLAIN
    }),
    Route::get("/api/v1/actions/{id}/history", READS, history).described(&Operation {
        id: "getActionHistory",
        summary: "Every event of an action, oldest first",
        answer: Answers::Json("ActionHistory", history_schema),
        is_versioned: true,
        ..PLAIN
    }),
];

fn actions(app: &App, visit: &Visit) -> Result<Answer> {
    let state: Option<ActionState> =
        match asked(visit, "state", "one of the states of the description") {
            Ok(state) => state,
            Err(problem) => return Ok(problem.answer()),
        };
    let overdue = match asked(visit, "overdue", "true or false") {
        Ok(overdue) => overdue.unwrap_or(false),
        Err(problem) => return Ok(problem.answer()),
    };
    let owner = visit.query.given("owner");
    let (actions, today) = app.register(|r| {
        let today = visit.now.with_timezone(&r.zone()).date_naive();
        Ok::<_, WebError>((r.actions(None)?, today))
    })?;
    let rows: Vec<Value> = actions
        .iter()
        .filter(|action| state.is_none_or(|state| action.state(today) == state))
        .filter(|action| owner.is_none_or(|owner| action.opened.owner == owner))
        .filter(|action| !overdue || action.is_overdue(today))
        .map(|action| row(action, today))
        .collect();
    Ok(Answer::json(&json!({ "actions": rows })))
}

fn one(app: &App, visit: &Visit) -> Result<Answer> {
    let id = id_of(visit)?;
    let (action, today) = app.register(|r| {
        let today = visit.now.with_timezone(&r.zone()).date_naive();
        Ok::<_, WebError>((found(r.action(id, None))?, today))
    })?;
    Ok(shown(visit, &action, today))
}

/// An action as its own address shows it.
pub fn shown(visit: &Visit, action: &Action, today: NaiveDate) -> Answer {
    let round = action.round();
    let mut document = row(action, today);
    let more = json!({
        "reference": action.opened.reference,
        "scope": action.scope().map(ToString::to_string),
        "cases": action.opened.cases,
        "root_cause": round.analysis.as_ref().map(|analysis| analysis.root_cause.as_str()),
        "plan": round.plan.as_ref().map(|(what, _)| what.as_str()),
        "check": round.check().map(|fixed| &fixed.check),
        "check_due_on": action.check_due_on(),
        "verified_by": round.verification.as_ref().map(|(by, _)| by.as_str()),
        "steps": steps::open(visit, action, today),
    });
    if let (Value::Object(document), Value::Object(more)) = (&mut document, more) {
        document.extend(more);
    }
    versioned(&document, i64::from(action.version))
}

fn row(action: &Action, today: NaiveDate) -> Value {
    let round = action.round();
    json!({
        "id": action.id,
        "version": action.version,
        "title": action.opened.title,
        "kind": action.opened.kind,
        "source": action.opened.source,
        "state": action.state(today),
        "owner": action.opened.owner,
        "department": action.opened.department,
        "opened_on": action.opened.on,
        "due_on": action.due_on(),
        "overdue": action.is_overdue(today),
        "computed_verdict": round.settled().map(|look| look.found.verdict),
        "verdict": round.verification.as_ref().map(|(_, verified)| verified.verdict),
    })
}

fn history(app: &App, visit: &Visit) -> Result<Answer> {
    let id = id_of(visit)?;
    let (action, events) = app.register(|r| {
        let action = found(r.action(id, None))?;
        Ok::<_, WebError>((action, r.action_events(id)?))
    })?;
    let events: Vec<Value> = events
        .iter()
        .map(|event| {
            let whole = serde_json::to_value(&event.body).unwrap_or_default();
            json!({
                "event_no": event.event_no,
                "kind": event.body.kind(),
                "recorded_at": event.recorded_at,
                "actor": event.actor,
                "data": whole.get("data").cloned().unwrap_or_default(),
            })
        })
        .collect();
    let document = json!({ "id": id, "version": action.version, "events": events });
    Ok(versioned(&document, i64::from(action.version)))
}

fn open(app: &App, visit: &Visit) -> Result<Answer> {
    match opened(app, visit)? {
        Ok(answer) => Ok(answer),
        Err(problem) => Ok(problem.answer()),
    }
}

fn opened(app: &App, visit: &Visit) -> Result<std::result::Result<Answer, Problem>> {
    let staff = visit.staff().ok_or(WebError::Forbidden)?;
    let words = app.words(visit.language);
    let program = visit.program.clone().unwrap_or_default();
    let (key, object) = match program.key().and_then(|key| Ok((key, program.json()?))) {
        Ok(sent) => sent,
        Err(problem) => return Ok(Err(problem)),
    };
    let mut entered = visit.clone();
    entered.form = match fields_of(&members(words), &object) {
        Ok(form) => form,
        Err(problem) => return Ok(Err(problem)),
    };
    let (action, mut wrongs) = opening::entered(app, &entered)?;
    match app.register(|r| r.staff(&action.owner)) {
        Ok(owner) if owner.active => {}
        Ok(_) | Err(RegisterError::NoSuch { .. }) => {
            wrongs.push(Wrong::of("owner", "name an active member of staff"));
        }
        Err(error) => return Err(error.into()),
    }
    if !wrongs.is_empty() {
        return Ok(Err(Problem::of_wrongs(wrongs)));
    }
    let today =
        app.register(|r| Ok::<_, WebError>(visit.now.with_timezone(&r.zone()).date_naive()))?;
    let once = Once::of(&staff.name, key, &Value::Object(object));
    match once::reserve(app, &once.key, visit.now)? {
        Reserved::Yours => {}
        Reserved::Busy => return Ok(Err(in_progress())),
        Reserved::Done(outcome) => {
            let id = match once.known(&outcome) {
                Ok(id) => id.parse().map_err(|_| WebError::NotFound)?,
                Err(problem) => return Ok(Err(problem)),
            };
            let action = app.register(|r| found(r.action(id, None)))?;
            return Ok(Ok(shown(visit, &action, today)));
        }
    }
    let change = Change {
        actor: &staff.name,
        seen: None,
        now: visit.now,
    };
    match app.register(|r| r.open_action(action, change)) {
        Ok(action) => {
            let id = action.id.to_string();
            app.visits
                .remember(&once.key, &once.outcome(&id), visit.now)?;
            Ok(Ok(shown(visit, &action, today)
                .status(StatusCode::CREATED)
                .header(LOCATION, format!("/api/v1/actions/{id}"))))
        }
        Err(error) => {
            app.visits.release(&once.key)?;
            Err(error.into())
        }
    }
}

/// What is asked for: the fields of the desk's form. An owner is named, since a program can be none.
fn members(words: &Words) -> Vec<Member> {
    let fields = opening::fields(words, &Fields::default(), std::iter::empty(), "");
    fields.iter().filter_map(Member::of_field).collect()
}

fn open_schema() -> Value {
    // The texts are built in; a test loads them.
    match Words::load(Language::En) {
        Ok(words) => schema_of(&members(&words)),
        Err(_) => any_object(),
    }
}

fn states() -> Value {
    word(ActionState::ALL.iter().map(|state| state.as_str()))
}

fn row_members() -> [(&'static str, Value); 13] {
    let verdict = || or_null(word(Verdict::ALL.iter().map(|verdict| verdict.as_str())));
    [
        ("id", text()),
        ("version", whole()),
        ("title", text()),
        (
            "kind",
            word(ActionKind::ALL.iter().map(|kind| kind.as_str())),
        ),
        (
            "source",
            word(ActionSource::ALL.iter().map(|source| source.as_str())),
        ),
        ("state", states()),
        ("owner", text()),
        ("department", or_null(text())),
        ("opened_on", day()),
        ("due_on", or_null(day())),
        ("overdue", flag()),
        ("computed_verdict", verdict()),
        ("verdict", verdict()),
    ]
}

fn actions_schema() -> Value {
    object([("actions", list(object(row_members())))])
}

/// The schema of one action.
pub fn action_schema() -> Value {
    let more = object([
        ("reference", or_null(text())),
        ("scope", or_null(text())),
        ("cases", list(text())),
        ("root_cause", or_null(text())),
        ("plan", or_null(text())),
        ("check", or_null(any_object())),
        ("check_due_on", or_null(day())),
        ("verified_by", or_null(text())),
        ("steps", list(text())),
    ]);
    super::schema::joined(object(row_members()), &more)
}

fn history_schema() -> Value {
    let event = object([
        ("event_no", whole()),
        ("kind", word(ActionBody::KINDS)),
        ("recorded_at", moment()),
        ("actor", text()),
        ("data", any_object()),
    ]);
    object([
        ("id", text()),
        ("version", whole()),
        ("events", list(event)),
    ])
}
