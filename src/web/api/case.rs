//! One case: what is known of it, its history, and its files.

use axum::http::header::ETAG;
use serde_json::{Value, json};

use super::cases::states;
use super::commands;
use super::operation::{Answers, Operation, PLAIN};
use super::schema::{any_object, day, flag, list, moment, object, or_null, text, whole, word};
use crate::answer::Answer;
use crate::app::App;
use crate::desk::case::file;
use crate::desk::opened::Opened;
use crate::error::{Result, WebError};
use crate::routes::{Access, Route};
use crate::visit::Visit;
use redress_domain::case_file::{CaseFile, PassRecord};
use redress_domain::due::{CaseClock, Due, clock};
use redress_domain::event::EventKind;
use redress_domain::stage_clock::Verdict;
use redress_domain::stages::Stage;
use redress_domain::vocabulary::{Channel, Language, Role};
use redress_register::{Attachment, Complainant, Recorded, Scope};

const READS: Access = Access::Integration(Scope::CasesRead);

pub const ROUTES: &[Route] = &[
    Route::get("/api/v1/cases/{number}", READS, one).described(&Operation {
        id: "getCase",
        summary: "A case with its complainant, its decisions, its clock, its files, and the commands that are open",
        answer: Answers::Json("Case", case_schema),
        is_versioned: true,
        ..PLAIN
    }),
    Route::get("/api/v1/cases/{number}/history", READS, history).described(&Operation {
        id: "getCaseHistory",
        summary: "Every event of a case with its words, in the order of recording",
        answer: Answers::Json("CaseHistory", history_schema),
        is_versioned: true,
        ..PLAIN
    }),
    Route::get("/api/v1/cases/{number}/ledger", READS, super::ledger::ledger).described(
        &Operation {
            id: "getCaseLedger",
            summary: "The stages of a case with limits, due days and verdicts, counted day by day",
            answer: Answers::Json("CaseLedger", super::ledger::ledger_schema),
            is_versioned: true,
            ..PLAIN
        },
    ),
    Route::get("/api/v1/cases/{number}/files/{sha256}", READS, file).described(&Operation {
        id: "getCaseFile",
        summary: "A file of a case, to be saved",
        answer: Answers::File,
        ..PLAIN
    }),
];

fn one(app: &App, visit: &Visit) -> Result<Answer> {
    let opened = Opened::of(app, visit)?;
    let complainant = app.register(|r| r.complainant(opened.case.complainant_id))?;
    let file = &opened.file;
    let clock = match file.state.name().is_closed() {
        true => CaseClock::default(),
        false => {
            let rules = app.rules(visit.now)?;
            clock(file, &rules, visit.now)?
        }
    };
    let holding = file.holdings.last();
    let registration = &file.registration;
    let document = json!({
        "number": opened.case.number,
        "state": opened.case.state,
        "pass": opened.case.pass,
        "version": opened.case.last_seq,
        "received_at": file.received_at(),
        "channel": registration.channel,
        "category": file.category,
        "product": file.product,
        "lot": file.lot,
        "department": holding.map(|holding| holding.department.as_str()),
        "also": holding.map(|holding| holding.also.clone()).unwrap_or_default(),
        "site": opened.case.site,
        "assigned_to": file.assigned_to,
        "severity": file.severities().map(|(_, last)| last.as_str()),
        "remedy_sought": registration.remedy_sought.map(|remedy| remedy.as_str()),
        "remedy_due_on": file.remedy_due_on,
        "remedy_done_at": file.remedy_done_at,
        "survey_score": file.survey_score,
        "complaint": opened.narrative(),
        "complainant": who(&complainant),
        "decisions": decisions(file),
        "next_due": clock.next.as_ref().map(due),
        "late": clock.late.iter().map(due).collect::<Vec<Value>>(),
        "files": opened.attachments.iter().filter_map(kept).collect::<Vec<Value>>(),
        "commands": commands::open(&opened, visit).ok_or(WebError::Forbidden)?,
    });
    Ok(versioned(&document, opened.case.last_seq))
}

fn history(app: &App, visit: &Visit) -> Result<Answer> {
    let opened = Opened::of(app, visit)?;
    let events: Result<Vec<Value>> = opened.history.iter().map(event).collect();
    let document = json!({
        "number": opened.case.number,
        "version": opened.case.last_seq,
        "events": events?,
    });
    Ok(versioned(&document, opened.case.last_seq))
}

/// JSON with the version of what it shows, to be handed back with a command.
pub fn versioned(document: &Value, version: i64) -> Answer {
    Answer::json(document).header(ETAG, format!("\"{version}\""))
}

fn event(recorded: &Recorded) -> Result<Value> {
    let event = &recorded.event;
    let data = event
        .body
        .to_json()
        .map_err(crate::quality::snapshot::failed)?;
    let data: Value = serde_json::from_str(&data).map_err(crate::quality::snapshot::failed)?;
    Ok(json!({
        "seq": event.seq,
        "event_no": recorded.event_no,
        "kind": event.body.kind(),
        "occurred_at": event.occurred_at,
        "recorded_at": event.recorded_at,
        "role": event.role,
        "actor": event.actor,
        "late_reason": event.late_reason,
        "data": data,
        "text": recorded.text,
        "text_erased": recorded.text_erased,
    }))
}

fn who(complainant: &Complainant) -> Value {
    let person = &complainant.person;
    json!({
        "name": person.name,
        "phone": person.phone,
        "email": person.email,
        "address": person.address,
        "language": person.language,
        "erased": complainant.erased_at.is_some(),
    })
}

fn decisions(file: &CaseFile) -> Vec<Value> {
    let told = |pass: &PassRecord| {
        let decided = pass.decision.as_ref()?;
        Some(json!({
            "pass": pass.pass,
            "decided_at": decided.at,
            "decided_by": decided.by,
            "in_force_at": decided.in_force_at,
            "response": decided.data.response,
            "granted": decided.data.granted,
            "cost": decided.data.cost,
            "rule": decided.data.rule,
            "rule_version": decided.data.rule_version,
            "communicated_at": pass.communicated.map(|(at, _)| at),
            "answer": pass.answer.as_ref().map(|answer| answer.answer.as_str()),
            "answered_at": pass.answer.as_ref().map(|answer| answer.at),
        }))
    };
    file.passes.iter().filter_map(told).collect()
}

fn due(due: &Due) -> Value {
    json!({
        "stage": due.stage.as_str(),
        "pass": due.pass,
        "verdict": due.verdict.as_str(),
        "due_on": due.net.due_on,
        "due_on_gross": due.gross.due_on,
        "left_days": due.left_days,
    })
}

/// A file that is still there.
fn kept(attachment: &Attachment) -> Option<Value> {
    attachment.erased_at.is_none().then(|| {
        json!({
            "sha256": attachment.sha256,
            "name": attachment.name,
            "media_type": attachment.media_type,
            "bytes": attachment.bytes,
            "recorded_at": attachment.recorded_at,
        })
    })
}

fn due_schema() -> Value {
    object([
        ("stage", word(Stage::ALL.iter().map(|stage| stage.as_str()))),
        ("pass", whole()),
        ("verdict", verdicts()),
        ("due_on", or_null(day())),
        ("due_on_gross", or_null(day())),
        ("left_days", whole()),
    ])
}

/// The words of a verdict on a stage.
pub fn verdicts() -> Value {
    word(Verdict::ALL.iter().map(|verdict| verdict.as_str()))
}

fn languages() -> Value {
    word(Language::ALL.iter().map(|language| language.as_str()))
}

fn case_schema() -> Value {
    let complainant = object([
        ("name", or_null(text())),
        ("phone", or_null(text())),
        ("email", or_null(text())),
        ("address", or_null(text())),
        ("language", languages()),
        ("erased", flag()),
    ]);
    let decision = object([
        ("pass", whole()),
        ("decided_at", moment()),
        ("decided_by", or_null(text())),
        ("in_force_at", or_null(moment())),
        ("response", text()),
        ("granted", or_null(text())),
        ("cost", whole()),
        ("rule", text()),
        ("rule_version", text()),
        ("communicated_at", or_null(moment())),
        ("answer", or_null(text())),
        ("answered_at", or_null(moment())),
    ]);
    let kept = object([
        ("sha256", text()),
        ("name", or_null(text())),
        ("media_type", text()),
        ("bytes", whole()),
        ("recorded_at", moment()),
    ]);
    object([
        ("number", text()),
        ("state", states()),
        ("pass", whole()),
        ("version", whole()),
        ("received_at", moment()),
        (
            "channel",
            word(Channel::ALL.iter().map(|channel| channel.as_str())),
        ),
        ("category", or_null(text())),
        ("product", or_null(text())),
        ("lot", or_null(text())),
        ("department", or_null(text())),
        ("also", list(text())),
        ("site", or_null(text())),
        ("assigned_to", or_null(text())),
        ("severity", or_null(text())),
        ("remedy_sought", or_null(text())),
        ("remedy_due_on", or_null(day())),
        ("remedy_done_at", or_null(moment())),
        ("survey_score", or_null(whole())),
        ("complaint", or_null(text())),
        ("complainant", complainant),
        ("decisions", list(decision)),
        ("next_due", or_null(due_schema())),
        ("late", list(due_schema())),
        ("files", list(kept)),
        ("commands", list(text())),
    ])
}

fn history_schema() -> Value {
    let event = object([
        ("seq", whole()),
        ("event_no", whole()),
        (
            "kind",
            word(EventKind::ALL.iter().map(|kind| kind.as_str())),
        ),
        ("occurred_at", moment()),
        ("recorded_at", moment()),
        ("role", word(Role::ALL.iter().map(|role| role.as_str()))),
        ("actor", or_null(text())),
        ("late_reason", or_null(text())),
        ("data", any_object()),
        ("text", or_null(text())),
        ("text_erased", flag()),
    ]);
    object([
        ("number", text()),
        ("version", whole()),
        ("events", list(event)),
    ])
}
