//! An action as JSON, and in words.

use chrono::NaiveDate;
use redress_domain::action::{
    Action, ActionState, Amendment, Analysed, Check, Contained, Implemented, Look, Verified,
};
use redress_register::Register;
use serde::Serialize;

use super::today;
use crate::Context;
use crate::case::common::SCHEMA_VERSION;
use crate::foreign::Gone;
use crate::output;

/// An action as it stands.
#[derive(Debug, Serialize)]
pub struct Document<'a> {
    pub schema_version: u32,
    pub action: String,
    /// Number of its last event; a change can ask that it be still this.
    pub version: u32,
    pub state: ActionState,
    pub opened: &'a redress_domain::action::Opened,
    pub opened_by: &'a str,
    pub due_on: Option<NaiveDate>,
    pub check_due_on: Option<NaiveDate>,
    pub containments: &'a [Contained],
    pub attempts: Vec<Attempt<'a>>,
    pub amendments: &'a [Amendment],
    pub moved_out: Vec<&'a str>,
    pub reopenings: Vec<Dated<'a>>,
    pub ended: Option<Ended<'a>>,
    pub notes: Vec<Note<'a>>,
    /// Cases of it that a foreign source no longer has.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gone: Vec<Gone>,
}

#[derive(Debug, Serialize)]
pub struct Attempt<'a> {
    pub analysis: Option<&'a Analysed>,
    pub what: Option<&'a str>,
    pub due_on: Option<NaiveDate>,
    pub checks: Vec<Fixed<'a>>,
    pub implementation: Option<&'a Implemented>,
    pub looks: &'a [Look],
    pub verification: Option<Verification<'a>>,
}

#[derive(Debug, Serialize)]
pub struct Fixed<'a> {
    pub check: &'a Check,
    pub by: &'a str,
    pub fixed_at: chrono::DateTime<chrono::Utc>,
    pub reason: Option<&'a str>,
    pub after_start: bool,
}

#[derive(Debug, Serialize)]
pub struct Verification<'a> {
    pub by: &'a str,
    #[serde(flatten)]
    pub verified: &'a Verified,
    /// Whether it says something else than the computed verdict.
    pub differs: bool,
}

#[derive(Debug, Serialize)]
pub struct Dated<'a> {
    pub on: NaiveDate,
    pub reason: &'a str,
}

#[derive(Debug, Serialize)]
pub struct Ended<'a> {
    pub on: NaiveDate,
    pub by: &'a str,
    pub note: Option<&'a str>,
}

#[derive(Debug, Serialize)]
pub struct Note<'a> {
    pub by: &'a str,
    pub text: &'a str,
}

impl<'a> Document<'a> {
    /// The document of an action on a day.
    pub fn of(action: &'a Action, today: NaiveDate) -> Self {
        Document {
            schema_version: SCHEMA_VERSION,
            action: action.id.to_string(),
            version: action.version,
            state: action.state(today),
            opened: &action.opened,
            opened_by: &action.opened_by,
            due_on: action.due_on(),
            check_due_on: action.check_due_on(),
            containments: &action.containments,
            attempts: action.rounds.iter().map(attempt).collect(),
            amendments: &action.amendments,
            moved_out: action.moved_out.iter().map(String::as_str).collect(),
            reopenings: action
                .reopenings
                .iter()
                .map(|(on, reason)| Dated { on: *on, reason })
                .collect(),
            ended: action.ending.as_ref().map(|ending| Ended {
                on: ending.on,
                by: &ending.by,
                note: ending.note.as_deref(),
            }),
            notes: action
                .notes
                .iter()
                .map(|(by, text)| Note { by, text })
                .collect(),
            gone: Vec::new(),
        }
    }
}

fn attempt(round: &redress_domain::action::Round) -> Attempt<'_> {
    let computed = round.settled().map(|look| look.found.verdict);
    Attempt {
        analysis: round.analysis.as_ref(),
        what: round.plan.as_ref().map(|(what, _)| what.as_str()),
        due_on: round.plan.as_ref().map(|(_, due)| *due),
        checks: round
            .checks
            .iter()
            .map(|fixed| Fixed {
                check: &fixed.check,
                by: &fixed.by,
                fixed_at: fixed.fixed_at,
                reason: fixed.reason.as_deref(),
                after_start: fixed.after_start,
            })
            .collect(),
        implementation: round.implementation.as_ref(),
        looks: &round.looks,
        verification: round
            .verification
            .as_ref()
            .map(|(by, verified)| Verification {
                by,
                verified,
                differs: computed.is_some_and(|computed| computed != verified.verdict),
            }),
    }
}

#[derive(Debug, Serialize)]
struct Recorded<'a> {
    recorded: bool,
    event: &'a str,
    #[serde(flatten)]
    document: Document<'a>,
}

/// Prints what became of a change.
///
/// # Errors
/// When stdout cannot be written.
pub fn print_recorded(
    context: &Context,
    register: &Register,
    action: &Action,
    event: &str,
    recorded: bool,
) -> anyhow::Result<()> {
    let answer = Recorded {
        recorded,
        event,
        document: Document::of(action, today(context, register)),
    };
    let human = || {
        let mut text = format!(
            "{} {event}; it is now {} (version {})\n",
            action.id, answer.document.state, action.version
        );
        if !recorded {
            text.push_str("nothing was recorded (dry run)\n");
        }
        text
    };
    output::print_document(&answer, human, context.format)
}

/// A share as a percentage.
pub fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

/// A ratio with its interval.
pub fn ratio(found: &redress_domain::action::Sides) -> String {
    let upper = found.upper.map_or("∞".to_owned(), |u| format!("{u:.2}"));
    let ratio = found.ratio.map_or("∞".to_owned(), |r| format!("{r:.2}"));
    format!("{ratio} ({:.2} to {upper})", found.lower)
}
