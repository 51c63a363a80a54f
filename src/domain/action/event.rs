//! What happens to an action.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::check::{Check, Look};
use super::{
    ActionKind, ActionSource, AnalysisMethod, IshikawaBranch, ReviewOutput, Verdict, words,
};
use crate::scope::Scope;

/// One event of an action.
#[derive(Debug, Clone, PartialEq)]
pub struct ActionEvent {
    /// 1, 2, 3 … within the action.
    pub event_no: u32,
    pub recorded_at: DateTime<Utc>,
    /// Who did it; `system` for what the program computed.
    pub actor: String,
    pub body: ActionBody,
}

/// What happened. Days are local days of the organisation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "data", rename_all = "snake_case")]
pub enum ActionBody {
    Opened(Opened),
    Contained(Contained),
    Analysed(Analysed),
    Planned(Planned),
    /// A check changed after it was fixed; the earlier ones stay beside it.
    CheckChanged {
        check: Check,
        reason: String,
    },
    Implemented(Implemented),
    /// The verdict that the program computed.
    Judged(Box<Look>),
    /// The verdict of a person.
    Verified(Verified),
    Closed {
        on: NaiveDate,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// Given up; the only way to close without a check.
    Withdrawn {
        on: NaiveDate,
        reason: String,
    },
    Reopened {
        on: NaiveDate,
        reason: String,
    },
    Amended(Amendment),
    /// Cases of the scope that were re-classified, moved to another cluster, or merged since.
    MovedOut {
        cases: Vec<String>,
    },
    MovedIn {
        cases: Vec<String>,
    },
    Noted {
        text: String,
    },
}

impl ActionBody {
    /// Every word of [`ActionBody::kind`], in the order of declaration.
    pub const KINDS: [&'static str; 15] = [
        "opened",
        "contained",
        "analysed",
        "planned",
        "check_changed",
        "implemented",
        "judged",
        "verified",
        "closed",
        "withdrawn",
        "reopened",
        "amended",
        "moved_out",
        "moved_in",
        "noted",
    ];

    /// The word for it, in the register and in refusals.
    pub const fn kind(&self) -> &'static str {
        match self {
            ActionBody::Opened(_) => "opened",
            ActionBody::Contained(_) => "contained",
            ActionBody::Analysed(_) => "analysed",
            ActionBody::Planned(_) => "planned",
            ActionBody::CheckChanged { .. } => "check_changed",
            ActionBody::Implemented(_) => "implemented",
            ActionBody::Judged(_) => "judged",
            ActionBody::Verified(_) => "verified",
            ActionBody::Closed { .. } => "closed",
            ActionBody::Withdrawn { .. } => "withdrawn",
            ActionBody::Reopened { .. } => "reopened",
            ActionBody::Amended(_) => "amended",
            ActionBody::MovedOut { .. } => "moved_out",
            ActionBody::MovedIn { .. } => "moved_in",
            ActionBody::Noted { .. } => "noted",
        }
    }
}

impl ActionBody {
    /// The day it says it happened; `None` for what has no day of its own.
    pub const fn on(&self) -> Option<NaiveDate> {
        match self {
            ActionBody::Opened(opened) => Some(opened.on),
            ActionBody::Contained(contained) => Some(contained.on),
            ActionBody::Analysed(analysed) => Some(analysed.on),
            ActionBody::Implemented(implemented) => Some(implemented.on),
            ActionBody::Verified(verified) => Some(verified.on),
            ActionBody::Closed { on, .. }
            | ActionBody::Withdrawn { on, .. }
            | ActionBody::Reopened { on, .. } => Some(*on),
            ActionBody::Planned(_)
            | ActionBody::CheckChanged { .. }
            | ActionBody::Judged(_)
            | ActionBody::Amended(_)
            | ActionBody::MovedOut { .. }
            | ActionBody::MovedIn { .. }
            | ActionBody::Noted { .. } => None,
        }
    }
}

/// What an action is begun with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opened {
    pub on: NaiveDate,
    pub title: String,
    pub kind: ActionKind,
    pub source: ActionSource,
    /// What of the source: a cluster, a case, an audit, a review, a suggestion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
    /// Numbers of the cases that it answers: when one of their complainants comes again, it is looked at again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cases: Vec<String>,
    /// Name of the source whose cases they are, and in which the scope lies: case 17 of one source is not case 17 of
    /// another. `None` where it is about no cases, or was opened before anything was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case_source: Option<String>,
    /// When the signal that raised it began: no baseline may reach into it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal_on: Option<NaiveDate>,
    pub owner: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_on: Option<NaiveDate>,
    /// The output of a management review that it carries out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<ReviewOutput>,
}

/// What was done at once, so that nothing worse happens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contained {
    pub on: NaiveDate,
    pub what: String,
}

/// The root cause, and how it was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Analysed {
    pub on: NaiveDate,
    pub method: AnalysisMethod,
    /// Five whys: each answer asks the next why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub whys: Vec<String>,
    /// Ishikawa: the branch on which the cause lies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<IshikawaBranch>,
    pub root_cause: String,
    /// Where it could have been noticed and was not (8D).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escape_point: Option<String>,
    /// Other products and sites where the same cause could act.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub elsewhere: Vec<String>,
}

/// What is to be done, by when, and how it will be judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Planned {
    pub what: String,
    pub due_on: NaiveDate,
    pub check: Check,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Implemented {
    pub on: NaiveDate,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub what: Option<String>,
    /// Procedures, instructions, forms that it changed (M8).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<String>,
    /// What it cost, in minor units of the register's currency; not negative.
    #[serde(default)]
    pub cost_minor: i64,
}

/// A person's verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verified {
    pub on: NaiveDate,
    pub verdict: Verdict,
    /// What it rests on; needed where it differs from the computed one, or where none is computed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

words! {
    /// What can be amended.
    AmendedField { Title = "title", Owner = "owner", Department = "department", DueOn = "due_on" }
}

/// A field changed in the open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Amendment {
    pub field: AmendedField,
    pub old: String,
    pub new: String,
    pub reason: String,
}
