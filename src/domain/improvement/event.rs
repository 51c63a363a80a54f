//! What happens to a record of improvement.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{RecommendationSource, RecordKind, ResearchOutcome, ReviewInput, SuggestionFate};
use crate::action::ReviewOutput;

/// One event of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordEvent {
    /// 1, 2, 3 … within the record.
    pub event_no: u32,
    pub actor: String,
    pub body: RecordBody,
}

/// What happened to a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "data", rename_all = "snake_case")]
pub enum RecordBody {
    AuditHeld(AuditHeld),
    Recommended(Recommended),
    /// A recommendation was carried out.
    CarriedOut {
        on: NaiveDate,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    Suggested(Suggested),
    SuggestionDecided {
        on: NaiveDate,
        fate: SuggestionFate,
        reason: String,
        /// The action that carries it out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        action: Option<String>,
    },
    ResearchBegun(ResearchBegun),
    ResearchConcluded {
        on: NaiveDate,
        outcome: ResearchOutcome,
        finding: String,
    },
    ReviewBegun(ReviewBegun),
    /// Text for an input; a later one replaces an earlier one.
    InputEntered {
        input: ReviewInput,
        text: String,
    },
    /// The action that carries out a decision.
    Decided {
        output: ReviewOutput,
        text: String,
        action: String,
    },
    ReviewClosed {
        on: NaiveDate,
    },
}

impl RecordBody {
    /// The word for it in the register.
    pub const fn kind(&self) -> &'static str {
        match self {
            RecordBody::AuditHeld(_) => "audit_held",
            RecordBody::Recommended(_) => "recommended",
            RecordBody::CarriedOut { .. } => "carried_out",
            RecordBody::Suggested(_) => "suggested",
            RecordBody::SuggestionDecided { .. } => "suggestion_decided",
            RecordBody::ResearchBegun(_) => "research_begun",
            RecordBody::ResearchConcluded { .. } => "research_concluded",
            RecordBody::ReviewBegun(_) => "review_begun",
            RecordBody::InputEntered { .. } => "input_entered",
            RecordBody::Decided { .. } => "decided",
            RecordBody::ReviewClosed { .. } => "review_closed",
        }
    }

    /// The kind of record that it belongs to.
    pub const fn of(&self) -> RecordKind {
        match self {
            RecordBody::AuditHeld(_) => RecordKind::Audit,
            RecordBody::Recommended(_) | RecordBody::CarriedOut { .. } => {
                RecordKind::Recommendation
            }
            RecordBody::Suggested(_) | RecordBody::SuggestionDecided { .. } => {
                RecordKind::Suggestion
            }
            RecordBody::ResearchBegun(_) | RecordBody::ResearchConcluded { .. } => {
                RecordKind::Research
            }
            RecordBody::ReviewBegun(_)
            | RecordBody::InputEntered { .. }
            | RecordBody::Decided { .. }
            | RecordBody::ReviewClosed { .. } => RecordKind::Review,
        }
    }
}

/// An audit of the complaint handling.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditHeld {
    pub on: NaiveDate,
    /// Department audited; `None` for the whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<String>,
    pub auditor: String,
    /// What was found, in words.
    pub findings: String,
}

/// A recommendation of an audit or a management review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recommended {
    pub on: NaiveDate,
    pub source: RecommendationSource,
    /// The audit or review: `AU-0007`, `MR-0002`.
    pub reference: String,
    pub text: String,
    pub owner: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_on: Option<NaiveDate>,
}

/// A suggestion by staff (P9).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suggested {
    pub on: NaiveDate,
    pub from: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<String>,
    pub text: String,
}

/// Research into a better way of handling complaints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResearchBegun {
    pub on: NaiveDate,
    pub owner: String,
    pub question: String,
    /// How it is looked into: literature, a trial, a comparison with others.
    pub method: String,
}

/// A management review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReviewBegun {
    pub on: NaiveDate,
    /// The period reviewed: `2026-Q3`.
    pub period: String,
    pub chair: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub present: Vec<String>,
    /// Why the period is reviewed a further time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again: Option<String>,
}
