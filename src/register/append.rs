//! Adding an event to a case: the checks that the workflow leaves to the register, the event, its
//! projection, and what follows from it, in one transaction.

use chrono::{DateTime, TimeDelta, Utc};

use super::entry::{Entry, Tail, next_event_no, recording_time};
use super::error::{RegisterError, Result};
use super::follow_up::follow_up;
use super::message_queue::{self, Queue};
use super::messages::Saying;
use super::settings::{self, Setting};
use super::{Actor, Register, Writing, cases, projection, secrets, staff};
use redress_domain::case_file::CaseFile;
use redress_domain::event::{Decided, EventBody, EventKind, Paused};
use redress_domain::vocabulary::{MessagePurpose, PauseReason, Role};
use redress_domain::workflow::StateName;

/// An event to be added.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// When it happened.
    pub occurred_at: DateTime<Utc>,
    pub body: EventBody,
    /// Free text that goes with it. Erasable.
    pub text: Option<String>,
    /// Needed when it happened longer ago than the register allows.
    pub late_reason: Option<String>,
    /// The position of the case's last event as the caller saw it.
    pub expected_seq: Option<i64>,
}

impl Draft {
    /// An event without text.
    pub fn new(occurred_at: DateTime<Utc>, body: impl Into<EventBody>) -> Self {
        Draft {
            occurred_at,
            body: body.into(),
            text: None,
            late_reason: None,
            expected_seq: None,
        }
    }

    /// With a free text.
    #[must_use]
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.text = Some(text.into());
        self
    }

    /// With the reason why it is entered late.
    #[must_use]
    pub fn late_reason(mut self, reason: impl Into<String>) -> Self {
        self.late_reason = Some(reason.into());
        self
    }

    /// Only if the case's last event is still at this position.
    #[must_use]
    pub const fn expecting(mut self, last_seq: i64) -> Self {
        self.expected_seq = Some(last_seq);
        self
    }
}

/// What became of a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// Position of the event.
    pub seq: i64,
    /// Positions of the events that followed from it (a remedy that is due).
    pub follow_ups: Vec<i64>,
    /// Messages that were queued.
    pub messages: Vec<i64>,
    /// A message was due, but there is neither phone nor e-mail: staff tell the customer.
    pub unreachable: bool,
    /// The decision lies above the decider's discretion and waits for a second signature.
    pub needs_second_signature: bool,
    /// The case's state after all of this.
    pub state: StateName,
}

impl Register {
    /// Adds an event to a case, with all that follows from it.
    ///
    /// A decision above the decider's discretion is marked as needing a second signature. A decision
    /// that comes into force, and a second rejection, queue their message. An acceptance of something
    /// that is delivered later adds the remedy's due date.
    ///
    /// # Errors
    /// The workflow's refusal in words; a time in the future; a late entry without a reason; a case
    /// that changed meanwhile. Nothing is recorded then.
    pub fn append(
        &mut self,
        case_key: i64,
        draft: Draft,
        by: &Actor,
        now: DateTime<Utc>,
    ) -> Result<Appended> {
        check_direct(&draft.body, by)?;
        let salt = secrets::random::<16>()?;
        self.write(|w| append_in(w, case_key, draft, by, now, &salt))
    }

    /// Puts a question to the customer: work rests for that reason, and the question goes out.
    ///
    /// # Errors
    /// Those of [`Register::append`]; a reason that is not the customer's side; no way to reach them.
    pub fn ask_customer(
        &mut self,
        case_key: i64,
        reason: PauseReason,
        question: &str,
        by: &Actor,
        now: DateTime<Utc>,
    ) -> Result<Appended> {
        if !reason.stops_clock() || question.trim().is_empty() {
            return Err(RegisterError::invalid(
                "question",
                question,
                "ask something that only the customer can answer, with such a reason",
            ));
        }
        let salt = secrets::random::<16>()?;
        self.write(|w| {
            let draft = Draft::new(now, Paused { reason }).text(question);
            let mut appended = append_in(w, case_key, draft, by, now, &salt)?;
            let queued = message_queue::queue(
                w,
                &Queue {
                    case_key,
                    purpose: MessagePurpose::Question,
                    pass: None,
                    saying: Saying::Question { question },
                    mark: appended.seq,
                    now,
                },
            )?;
            match queued {
                Some(message_id) => {
                    appended.messages.push(message_id);
                    Ok(appended)
                }
                None => Err(RegisterError::Unreachable {
                    number: cases::by_key(&w.tx, case_key)?.number,
                }),
            }
        })
    }
}

/// Events that have a function of their own, and events that only some people may cause.
pub(super) fn check_direct(body: &EventBody, by: &Actor) -> Result<()> {
    let kind = body.kind();
    let instead = match body {
        EventBody::Registered(_) => "register the complaint",
        EventBody::EvidenceAdded(_) => "attach the file",
        EventBody::MessageSent(_) | EventBody::MessageFailed(_) => {
            "the outbox records what became of its messages"
        }
        EventBody::Erased(_) => "erase the case, so that it is true",
        EventBody::Amended(_) => "amend the event, so that its present value is looked up",
        EventBody::Voided(_) => "void the event",
        EventBody::Accepted(_) | EventBody::Rejected(_) if by.role != Role::Customer => {
            "staff enter the customer's answer as given on their behalf, with its proof"
        }
        EventBody::AnsweredOnBehalf(a) if a.proof.trim().is_empty() => {
            "say what proves the customer's answer"
        }
        EventBody::AnsweredOnBehalf(_) | EventBody::Decided(_) | EventBody::Countersigned(_)
            if matches!(by.role, Role::Customer | Role::System) =>
        {
            "a member of staff does it, and is named"
        }
        EventBody::Decided(d) if d.rule.trim().is_empty() || d.cost < 0 => {
            "a decision names the internal rule it rests on, and its cost is not negative"
        }
        EventBody::Acknowledged(_)
        | EventBody::Assessed(_)
        | EventBody::Classified(_)
        | EventBody::IssueAdded(_)
        | EventBody::Routed(_)
        | EventBody::Assigned(_)
        | EventBody::Paused(_)
        | EventBody::Resumed(_)
        | EventBody::SampleReceived(_)
        | EventBody::SampleReturned(_)
        | EventBody::NoteAdded(_)
        | EventBody::Decided(_)
        | EventBody::Countersigned(_)
        | EventBody::Communicated(_)
        | EventBody::Accepted(_)
        | EventBody::Rejected(_)
        | EventBody::AnsweredOnBehalf(_)
        | EventBody::AnswerLapsed(_)
        | EventBody::RemediesTold(_)
        | EventBody::ReferredExternally(_)
        | EventBody::ExternalOutcome(_)
        | EventBody::RecourseExhausted(_)
        | EventBody::RemedyDue(_)
        | EventBody::RemedyDone(_)
        | EventBody::CorrectionVerified(_)
        | EventBody::Surveyed(_)
        | EventBody::SurveySent(_)
        | EventBody::Escalated(_)
        | EventBody::Reopened(_)
        | EventBody::Withdrawn(_)
        | EventBody::Merged(_) => return Ok(()),
    };
    Err(RegisterError::NotAppendable { kind, instead })
}

/// Adds an event within the caller's transaction.
pub(super) fn append_in(
    w: &Writing<'_>,
    case_key: i64,
    draft: Draft,
    by: &Actor,
    now: DateTime<Utc>,
    salt: &[u8; 16],
) -> Result<Appended> {
    let case = cases::by_key(&w.tx, case_key)?;
    if let Some(expected) = draft.expected_seq
        && expected != case.last_seq
    {
        return Err(RegisterError::Changed {
            expected,
            found: case.last_seq,
        });
    }
    let recorded_at = recording_time(&w.tx, now)?;
    // `now` itself stays possible when the clock moved back a little.
    let latest = recorded_at.max(now);
    let late_reason = given(draft.late_reason);
    check_times(
        w,
        draft.body.kind(),
        draft.occurred_at,
        late_reason.as_deref(),
        latest,
    )?;
    let body = with_discretion(w, draft.body, by)?;
    check_target(w, &body, case_key)?;
    let text = given(draft.text);
    let seq = Tail::read(&w.tx)?.add(
        &w.tx,
        &Entry {
            case_key,
            number: &case.number,
            event_no: next_event_no(&w.tx, case_key)?,
            occurred_at: draft.occurred_at,
            recorded_at,
            role: by.role,
            actor: by.name.as_deref(),
            late_reason: late_reason.as_deref(),
            body: &body,
            text: text.as_deref(),
        },
        salt,
    )?;
    let folded = projection::refold(&w.tx, case_key)?;
    check_lapse(w, &body, draft.occurred_at, &folded.file)?;
    let mut appended = Appended {
        seq,
        follow_ups: Vec::new(),
        messages: Vec::new(),
        unreachable: false,
        needs_second_signature: matches!(&body, EventBody::Decided(d) if d.needs_second_signature),
        state: folded.file.state.name(),
    };
    follow_up(
        w,
        case_key,
        &body,
        draft.occurred_at,
        recorded_at,
        folded,
        &mut appended,
    )?;
    Ok(appended)
}

/// Reminders before a decision may lapse without an answer; no more are sent.
pub(super) const LEAST_REMINDERS: u8 = 2;

/// A decision lapses only where the organisation chose so, after its days and reminders.
fn check_lapse(
    w: &Writing<'_>,
    body: &EventBody,
    lapsed_at: DateTime<Utc>,
    file: &CaseFile,
) -> Result<()> {
    let EventBody::AnswerLapsed(lapse) = body else {
        return Ok(());
    };
    let days = settings::whole(&w.tx, Setting::LapseAfterDays)?;
    let told = file
        .passes
        .iter()
        .find(|p| p.pass == lapse.pass)
        .and_then(|p| p.communicated.map(|(at, _)| at));
    let waited = told.is_some_and(|at| lapsed_at - at >= TimeDelta::days(days));
    let why = if days == 0 {
        "decisions do not lapse here: set `lapse_after_days` first"
    } else if lapse.reminders < LEAST_REMINDERS {
        "a decision lapses after two reminders"
    } else if !waited {
        "the days of `lapse_after_days` are not over since the decision was communicated"
    } else {
        return Ok(());
    };
    Err(RegisterError::invalid(
        "answer_lapsed",
        lapse.reminders.to_string(),
        why,
    ))
}

/// Refuses times in the future, and late entries without a reason.
pub(super) fn check_times(
    w: &Writing<'_>,
    kind: EventKind,
    occurred_at: DateTime<Utc>,
    late_reason: Option<&str>,
    now: DateTime<Utc>,
) -> Result<()> {
    if occurred_at > now {
        return Err(RegisterError::InTheFuture {
            kind,
            occurred_at,
            now,
        });
    }
    let allowed_hours = settings::whole(&w.tx, Setting::LateAfterHours)?;
    let late = now - occurred_at > TimeDelta::hours(allowed_hours);
    if late && late_reason.is_none_or(|reason| reason.trim().is_empty()) {
        return Err(RegisterError::LateWithoutReason {
            kind,
            occurred_at,
            allowed_hours,
        });
    }
    Ok(())
}

/// Marks a decision above the decider's discretion; somebody who is not on the staff list decides
/// alone only what costs nothing.
fn with_discretion(w: &Writing<'_>, body: EventBody, by: &Actor) -> Result<EventBody> {
    let kind = body.kind();
    if let EventBody::Decided(mut decided) = body {
        let above = is_above_discretion(w, &decided, named(by, kind)?, kind)?;
        decided.needs_second_signature |= above;
        return Ok(EventBody::Decided(decided));
    }
    if kind == EventKind::Countersigned {
        active(w, named(by, kind)?, kind)?;
    }
    Ok(body)
}

/// Whether the decider may not grant this alone.
pub(super) fn is_above_discretion(
    w: &Writing<'_>,
    decided: &Decided,
    name: &str,
    kind: EventKind,
) -> Result<bool> {
    Ok(match active(w, name, kind)? {
        Some(person) => person
            .discretion_minor
            .is_some_and(|limit| decided.cost > limit),
        None => decided.cost > 0,
    })
}

/// A member of staff who may act; `None` when the list does not know the name.
fn active(w: &Writing<'_>, name: &str, kind: EventKind) -> Result<Option<staff::Staff>> {
    match staff::find(&w.tx, name)? {
        Some(person) if !person.active => Err(RegisterError::Inactive {
            name: name.to_owned(),
            kind,
        }),
        found => Ok(found),
    }
}

fn named(by: &Actor, kind: EventKind) -> Result<&str> {
    by.name
        .as_deref()
        .filter(|name| !name.trim().is_empty())
        .ok_or(RegisterError::ActorMissing { kind })
}

/// A case is merged into one that exists.
fn check_target(w: &Writing<'_>, body: &EventBody, case_key: i64) -> Result<()> {
    if let EventBody::Merged(merged) = body {
        let into = cases::by_number(&w.tx, &merged.into)?;
        if into.case_key == case_key {
            return Err(RegisterError::invalid(
                "case",
                &merged.into,
                "a case cannot be merged into itself",
            ));
        }
        if into.state == StateName::Merged {
            return Err(RegisterError::invalid(
                "case",
                &merged.into,
                "it is merged itself; name the case that it was merged into",
            ));
        }
    }
    Ok(())
}

fn given(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.trim().is_empty())
}
