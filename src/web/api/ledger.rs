//! The clocks of a case for programs: from the functions of the statistics, of `case explain` and of the desk.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::case::{verdicts, versioned};
use super::schema::{day, flag, list, moment, object, or_null, text, whole, word};
use crate::answer::Answer;
use crate::app::App;
use crate::desk::opened::Opened;
use crate::error::Result;
use crate::visit::Visit;
use redress_domain::case_file::CaseFile;
use redress_domain::rulebook::Rulebook;
use redress_domain::stage_clock::{LedgerDay, SideKind, Verdict, ledger as day_by_day};
use redress_domain::stages::{Stage, StageRecord, stages};

/// `GET /api/v1/cases/{number}/ledger`.
pub fn ledger(app: &App, visit: &Visit) -> Result<Answer> {
    let opened = Opened::of(app, visit)?;
    let rules = app.rules(visit.now)?;
    let told: Result<Vec<Value>> = stages(&opened.file)
        .iter()
        .map(|record| stage(&opened.file, record, &rules, visit.now))
        .collect();
    let document = json!({
        "number": opened.case.number,
        "version": opened.case.last_seq,
        "judged_at": visit.now,
        "stages": told?,
    });
    Ok(versioned(&document, opened.case.last_seq))
}

fn stage(
    file: &CaseFile,
    record: &StageRecord,
    rules: &Rulebook,
    now: DateTime<Utc>,
) -> Result<Value> {
    let calendar = rules.calendar(&record.department);
    let (limit, span, measure) = rules.measure(file, record)?;
    let (days, verdict) = match record.applies {
        true => (
            day_by_day(&span, calendar, rules.max_pause_days, now)?,
            measure.verdict_at(SideKind::Net, now),
        ),
        false => (Vec::new(), Verdict::NotApplicable),
    };
    let side = |kind| {
        Ok::<_, crate::error::WebError>(json!({
            "due_on": measure.side(kind).due_on,
            "counted_days": measure.counted_days_at(kind, now, calendar)?,
        }))
    };
    Ok(json!({
        "stage": record.stage.as_str(),
        "pass": record.pass,
        "department": record.department,
        "started_at": record.started_at,
        "ended_at": record.ended.map(|(at, _)| at),
        "limit_days": limit.days,
        "gross": side(SideKind::Gross)?,
        "net": side(SideKind::Net)?,
        "verdict": verdict.as_str(),
        "days": days.iter().map(one_day).collect::<Vec<Value>>(),
    }))
}

fn one_day(line: &LedgerDay) -> Value {
    json!({
        "date": line.date,
        "what": line.what.as_str(),
        "detail": line.what.detail(),
        "counted_gross": line.counted_gross,
        "counted_net": line.counted_net,
        "left_net": line.left_net,
        "due_gross": line.due_gross,
        "due_net": line.due_net,
        "ended": line.ended,
    })
}

/// The schema of the answer.
pub fn ledger_schema() -> Value {
    let side = || object([("due_on", or_null(day())), ("counted_days", whole())]);
    let line = object([
        ("date", day()),
        ("what", text()),
        ("detail", or_null(text())),
        ("counted_gross", whole()),
        ("counted_net", whole()),
        ("left_net", whole()),
        ("due_gross", flag()),
        ("due_net", flag()),
        ("ended", flag()),
    ]);
    let stage = object([
        ("stage", word(Stage::ALL.iter().map(|stage| stage.as_str()))),
        ("pass", whole()),
        ("department", text()),
        ("started_at", moment()),
        ("ended_at", or_null(moment())),
        ("limit_days", whole()),
        ("gross", side()),
        ("net", side()),
        ("verdict", verdicts()),
        ("days", list(line)),
    ]);
    object([
        ("number", text()),
        ("version", whole()),
        ("judged_at", moment()),
        ("stages", list(stage)),
    ])
}
