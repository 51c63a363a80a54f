//! The events of a case. A case is nothing but its events; every figure is folded from them.
//!
//! `occurred_at` says when something happened and drives the clocks; `recorded_at` says when the
//! register learnt it and decides what was known at a past `as_of`.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::vocabulary::{
    Answer, AssessmentChange, Channel, Expectation, Language, Means, MessagePurpose, PauseReason,
    RejectionReason, Response, Role, Severity, words,
};

/// One event of one case, as the register holds it.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Position within the store, in the order of recording; unique and growing.
    pub seq: i64,
    /// When it happened.
    pub occurred_at: DateTime<Utc>,
    /// When the register learnt it; never before the register's own clock.
    pub recorded_at: DateTime<Utc>,
    /// In which capacity the actor acted.
    pub role: Role,
    /// Who acted: a staff name, or nothing for the customer and the system.
    pub actor: Option<String>,
    /// Why it was entered late, when it was.
    pub late_reason: Option<String>,
    /// What happened.
    pub body: EventBody,
}

/// Declares the event kinds: one struct of data each, one spelling each.
macro_rules! events {
    ($($(#[$meta:meta])* $variant:ident = $text:literal { $($(#[$fmeta:meta])* $field:ident : $type:ty),* $(,)? }),+ $(,)?) => {
        words! {
            /// The kind of an event.
            EventKind { $($variant = $text),+ }
        }

        $(
            $(#[$meta])*
            #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
            #[serde(deny_unknown_fields)]
            pub struct $variant { $($(#[$fmeta])* pub $field: $type),* }
        )+

        /// What happened, with the data of its kind.
        #[derive(Debug, Clone, PartialEq)]
        pub enum EventBody { $($(#[$meta])* $variant($variant)),+ }

        impl EventBody {
            /// The kind of this event.
            pub const fn kind(&self) -> EventKind {
                match self { $(EventBody::$variant(_) => EventKind::$variant),+ }
            }

            /// The names of the data of a kind, in the order of declaration.
            pub const fn fields(kind: EventKind) -> &'static [&'static str] {
                match kind { $(EventKind::$variant => &[$(stringify!($field)),*]),+ }
            }

            /// Reads the data of an event of the given kind from its JSON object.
            ///
            /// # Errors
            /// When the text is no JSON object of that kind's fields.
            pub fn parse(kind: EventKind, data: &str) -> Result<Self, BadEventData> {
                match kind {
                    $(EventKind::$variant => serde_json::from_str(data)
                        .map(EventBody::$variant)
                        .map_err(|source| BadEventData { kind, source }),)+
                }
            }

            /// The data as a JSON object, fields in the order of declaration, absent ones left out.
            ///
            /// # Errors
            /// When a value cannot be written as JSON; the types here have no such value.
            pub fn to_json(&self) -> Result<String, BadEventData> {
                match self {
                    $(EventBody::$variant(data) => serde_json::to_string(data)
                        .map_err(|source| BadEventData { kind: EventKind::$variant, source }),)+
                }
            }
        }

        $(impl From<$variant> for EventBody { fn from(data: $variant) -> Self { EventBody::$variant(data) } })+
    };
}

/// Event data that does not fit its kind.
#[derive(Debug, thiserror::Error)]
#[error("the data of a `{kind}` event cannot be read: {source}")]
pub struct BadEventData {
    /// The kind whose data was expected.
    pub kind: EventKind,
    /// What the JSON reader found.
    pub source: serde_json::Error,
}

/// Amounts of money are whole minor units (kuruş, cents) of one currency per register.
pub type MinorUnits = i64;

events! {
    /// The complaint was entered in the register (ISO 10002, 7.2).
    Registered = "registered" {
        /// Server receipt of the mail, time of the call, submission of the form. Intake runs from here.
        received_at: DateTime<Utc>,
        channel: Channel,
        language: Language,
        #[serde(default, skip_serializing_if = "Option::is_none")] product: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")] lot: Option<String>,
        /// Plant or place the complaint is about.
        #[serde(default, skip_serializing_if = "Option::is_none")] site: Option<String>,
        /// Unit that the complaint names.
        #[serde(default, skip_serializing_if = "Option::is_none")] unit: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")] remedy_sought: Option<Response>,
        #[serde(default, skip_serializing_if = "Option::is_none")] sold_on: Option<NaiveDate>,
        #[serde(default, skip_serializing_if = "Option::is_none")] produced_on: Option<NaiveDate>,
        /// Action taken at once, in a few words without personal data.
        #[serde(default, skip_serializing_if = "Option::is_none")] immediate_action: Option<String>,
    },
    /// Receipt was confirmed to the customer (7.4), by a proven means.
    Acknowledged = "acknowledged" { means: Means },
    /// Initial assessment or a later one (7.5).
    Assessed = "assessed" {
        severity: Severity,
        #[serde(default)] safety: bool,
        #[serde(default)] complex: bool,
        #[serde(default)] immediate_action: bool,
        change: AssessmentChange,
    },
    /// Category, and what it concerns.
    Classified = "classified" {
        category: String,
        #[serde(default, skip_serializing_if = "Option::is_none")] product: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")] lot: Option<String>,
    },
    /// A further problem or product of the same case.
    IssueAdded = "issue_added" {
        category: String,
        #[serde(default, skip_serializing_if = "Option::is_none")] product: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")] lot: Option<String>,
    },
    /// The responsible department, and the other units taking part.
    Routed = "routed" {
        department: String,
        #[serde(default, skip_serializing_if = "Option::is_none")] site: Option<String>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")] also: Vec<String>,
    },
    /// A member of staff took or was given the case.
    Assigned = "assigned" { to: String },
    /// Work rests.
    Paused = "paused" { reason: PauseReason },
    /// Work goes on.
    Resumed = "resumed" {},
    /// A file was added; the hash names it.
    EvidenceAdded = "evidence_added" {
        sha256: String,
        media_type: String,
        bytes: u64,
        /// Of the file as it was sent, where it is kept without something.
        #[serde(default, skip_serializing_if = "Option::is_none")] original_sha256: Option<String>,
    },
    /// A sample arrived for examination.
    SampleReceived = "sample_received" {},
    /// The sample went back.
    SampleReturned = "sample_returned" {},
    /// An internal note; its words are erasable text.
    NoteAdded = "note_added" {},
    /// The decision on the complaint.
    Decided = "decided" {
        pass: u8,
        response: Response,
        /// What is granted.
        #[serde(default, skip_serializing_if = "Option::is_none")] granted: Option<Response>,
        /// Cost of redress in minor units.
        #[serde(default)] cost: MinorUnits,
        /// The internal rule it rests on, and its version.
        rule: String,
        rule_version: String,
        /// Above the decider's discretion: not in force before a second person signs.
        #[serde(default)] needs_second_signature: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")] root_cause: Option<String>,
        /// How far it meets the customer's expectation, as weighed; the words of it are the event's text.
        #[serde(default, skip_serializing_if = "Option::is_none")] expectation: Option<Expectation>,
    },
    /// The second signature of a decision above the decider's discretion (P5).
    Countersigned = "countersigned" { pass: u8 },
    /// The decision reached the customer by a proven means.
    Communicated = "communicated" { pass: u8, means: Means },
    /// The customer accepted the decision.
    Accepted = "accepted" { pass: u8 },
    /// The customer rejected the decision; the reason in their words is erasable text.
    Rejected = "rejected" {
        pass: u8,
        #[serde(default, skip_serializing_if = "Option::is_none")] reason: Option<RejectionReason>,
    },
    /// Staff entered the customer's answer, with proof of it.
    AnsweredOnBehalf = "answered_on_behalf" {
        pass: u8,
        answer: Answer,
        means: Means,
        proof: String,
        #[serde(default, skip_serializing_if = "Option::is_none")] reason: Option<RejectionReason>,
    },
    /// The customer never answered; closed without answer.
    AnswerLapsed = "answer_lapsed" { pass: u8, reminders: u8 },
    /// The customer was told of the external remedies by a proven means.
    RemediesTold = "remedies_told" { means: Means },
    /// The customer took the case to an external body.
    ReferredExternally = "referred_externally" { body: String },
    /// The external body's outcome.
    ExternalOutcome = "external_outcome" { satisfied: bool },
    /// No recourse is left; the customer is not satisfied.
    RecourseExhausted = "recourse_exhausted" {},
    /// What was granted has to be delivered by a date.
    RemedyDue = "remedy_due" { due_on: NaiveDate },
    /// What was granted was delivered.
    RemedyDone = "remedy_done" {},
    /// Somebody checked that the correction holds (7.9).
    CorrectionVerified = "correction_verified" { holds: bool },
    /// Satisfaction with the handling, 1 (worst) to 5 (8.3).
    Surveyed = "surveyed" { score: u8 },
    /// The survey was sent.
    SurveySent = "survey_sent" { means: Means },
    /// Raised to a higher level by a rule or a person.
    Escalated = "escalated" { by: String },
    /// A closed case is examined again.
    Reopened = "reopened" {},
    /// The customer withdrew the complaint.
    Withdrawn = "withdrawn" {},
    /// A duplicate registration of another case.
    Merged = "merged" { into: String },
    /// A gateway accepted a message.
    MessageSent = "message_sent" { purpose: MessagePurpose, means: Means },
    /// A gateway refused a message for good.
    MessageFailed = "message_failed" { purpose: MessagePurpose, means: Means },
    /// A field of an earlier event was mended in the open.
    Amended = "amended" { seq: i64, field: String, old: serde_json::Value, new: serde_json::Value, reason: String },
    /// An earlier event was struck out in the open.
    Voided = "voided" { seq: i64, reason: String },
    /// A person's data were erased from the case.
    Erased = "erased" { rule: String },
}
