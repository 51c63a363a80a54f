//! What an event brings with it: messages to the customer, and the due date of a remedy.

use chrono::{DateTime, Days, Utc};

use super::append::Appended;
use super::entry::{Entry, Tail, next_event_no, recording_time};
use super::error::{RegisterError, Result};
use super::message_queue::{self, Queue};
use super::messages::Saying;
use super::projection::{self, Folded};
use super::settings::{self, Setting};
use super::{Writing, cases, local_day, untrue_messages};
use redress_domain::event::{Event, EventBody, RemedyDue};
use redress_domain::vocabulary::{Answer, MessagePurpose, Response, Role};
use redress_domain::workflow::State;

/// What an event brings with it.
pub(super) fn follow_up(
    w: &Writing<'_>,
    case_key: i64,
    body: &EventBody,
    occurred_at: DateTime<Utc>,
    now: DateTime<Utc>,
    folded: Folded,
    appended: &mut Appended,
) -> Result<()> {
    use EventBody as E;
    let mark = appended.seq;
    let tell = |purpose: MessagePurpose, pass: Option<u8>, saying: Saying<'_>| {
        message_queue::queue(
            w,
            &Queue {
                case_key,
                purpose,
                pass,
                saying,
                mark,
                now,
            },
        )
    };
    let answered_with = |answer: Answer| match answer {
        Answer::Accepted => {
            remedy_due(w, case_key, (occurred_at, now), &folded).map(Effect::Events)
        }
        Answer::Rejected => remedies(&folded.file.state, tell),
    };
    if let Some((untrue, why)) = overtaken(body) {
        untrue_messages::give_up_untrue(&w.tx, case_key, untrue, why, &folded.file)?;
    }
    let effect = match body {
        E::Decided(_) | E::Countersigned(_) => decision(&folded.file.state, tell),
        E::Accepted(_) => answered_with(Answer::Accepted),
        E::Rejected(_) => answered_with(Answer::Rejected),
        E::AnsweredOnBehalf(given) => answered_with(given.answer),
        E::Voided(_)
        | E::Withdrawn(_)
        | E::Merged(_)
        | E::Registered(_)
        | E::Acknowledged(_)
        | E::Assessed(_)
        | E::Classified(_)
        | E::IssueAdded(_)
        | E::Routed(_)
        | E::Assigned(_)
        | E::Paused(_)
        | E::Resumed(_)
        | E::EvidenceAdded(_)
        | E::SampleReceived(_)
        | E::SampleReturned(_)
        | E::NoteAdded(_)
        | E::Communicated(_)
        | E::AnswerLapsed(_)
        | E::RemediesTold(_)
        | E::ReferredExternally(_)
        | E::ExternalOutcome(_)
        | E::RecourseExhausted(_)
        | E::RemedyDue(_)
        | E::RemedyDone(_)
        | E::CorrectionVerified(_)
        | E::Surveyed(_)
        | E::SurveySent(_)
        | E::Escalated(_)
        | E::Reopened(_)
        | E::MessageSent(_)
        | E::MessageFailed(_)
        | E::Amended(_)
        | E::Erased(_) => Ok(Effect::None),
    };
    match effect? {
        Effect::None => {}
        Effect::Message(Some(message_id)) => appended.messages.push(message_id),
        Effect::Message(None) => appended.unreachable = true,
        Effect::Events(seqs) => appended.follow_ups.extend(seqs),
    }
    Ok(())
}

/// The waiting messages that an event makes pointless, and what the outbox notes of them.
const fn overtaken(body: &EventBody) -> Option<(&'static [MessagePurpose], &'static str)> {
    use EventBody as E;
    use MessagePurpose as P;
    match body {
        E::Voided(_) | E::Withdrawn(_) | E::Merged(_) => Some((
            &[P::Decision, P::Remedies, P::Question, P::Reminder],
            "the case took another turn before it was sent",
        )),
        E::Communicated(_) => Some((&[P::Decision], "the decision was told by other means")),
        E::Accepted(_) | E::Rejected(_) | E::AnsweredOnBehalf(_) | E::AnswerLapsed(_) => Some((
            &[P::Decision, P::Reminder],
            "the answer came before it was sent",
        )),
        E::Resumed(_) => Some((&[P::Question], "work went on before it was sent")),
        E::RemediesTold(_) => Some((&[P::Remedies], "the remedies were told by other means")),
        E::Registered(_)
        | E::Acknowledged(_)
        | E::Assessed(_)
        | E::Classified(_)
        | E::IssueAdded(_)
        | E::Routed(_)
        | E::Assigned(_)
        | E::Paused(_)
        | E::EvidenceAdded(_)
        | E::SampleReceived(_)
        | E::SampleReturned(_)
        | E::NoteAdded(_)
        | E::Decided(_)
        | E::Countersigned(_)
        | E::ReferredExternally(_)
        | E::ExternalOutcome(_)
        | E::RecourseExhausted(_)
        | E::RemedyDue(_)
        | E::RemedyDone(_)
        | E::CorrectionVerified(_)
        | E::Surveyed(_)
        | E::SurveySent(_)
        | E::Escalated(_)
        | E::Reopened(_)
        | E::MessageSent(_)
        | E::MessageFailed(_)
        | E::Amended(_)
        | E::Erased(_) => None,
    }
}

/// What follows from an event.
enum Effect {
    None,
    /// A message; `None` when the customer has neither phone nor e-mail.
    Message(Option<i64>),
    /// Further events.
    Events(Vec<i64>),
}

/// The message about a decision, once it is in force.
fn decision(
    state: &State,
    tell: impl Fn(MessagePurpose, Option<u8>, Saying<'_>) -> Result<Option<i64>>,
) -> Result<Effect> {
    let State::Decided {
        pass, signed: true, ..
    } = *state
    else {
        return Ok(Effect::None);
    };
    tell(
        MessagePurpose::Decision,
        Some(pass),
        Saying::Decision { pass },
    )
    .map(Effect::Message)
}

/// The message about the external remedies, once the case has become outstanding.
fn remedies(
    state: &State,
    tell: impl Fn(MessagePurpose, Option<u8>, Saying<'_>) -> Result<Option<i64>>,
) -> Result<Effect> {
    let State::Outstanding {
        remedies_told: false,
        ..
    } = *state
    else {
        return Ok(Effect::None);
    };
    tell(MessagePurpose::Remedies, None, Saying::Remedies).map(Effect::Message)
}

/// The due date of what was granted, unless somebody set one for this decision already.
fn remedy_due(
    w: &Writing<'_>,
    case_key: i64,
    (accepted_at, now): (DateTime<Utc>, DateTime<Utc>),
    folded: &Folded,
) -> Result<Vec<i64>> {
    let Some(decision) = folded.file.last_decision() else {
        return Ok(Vec::new());
    };
    if !decision
        .data
        .granted
        .is_some_and(Response::is_delivered_later)
    {
        return Ok(Vec::new());
    }
    let struck: Vec<i64> = folded.events.iter().filter_map(voids).collect();
    let is_set = folded.events.iter().any(|event| {
        matches!(event.body, EventBody::RemedyDue(_))
            && event.occurred_at >= decision.at
            && !struck.contains(&event.seq)
    });
    if is_set {
        return Ok(Vec::new());
    }
    let days = settings::whole(&w.tx, Setting::RemedyDays)?.unsigned_abs();
    let due_on = local_day(accepted_at, w.zone)
        .checked_add_days(Days::new(days))
        .ok_or_else(|| {
            RegisterError::invalid(
                "accepted at",
                accepted_at.to_string(),
                "the remedy's due date lies outside the calendar",
            )
        })?;
    let body = RemedyDue { due_on }.into();
    let folded = record_follow_up(w, case_key, &body, accepted_at, now)?;
    Ok(folded.events.last().map(|e| e.seq).into_iter().collect())
}

/// The position of the event that this one strikes out.
pub(super) fn voids(event: &Event) -> Option<i64> {
    match &event.body {
        EventBody::Voided(voided) => Some(voided.seq),
        _ => None,
    }
}

/// Adds an event that the program itself causes; it has no text and nothing follows from it.
pub(super) fn record_follow_up(
    w: &Writing<'_>,
    case_key: i64,
    body: &EventBody,
    occurred_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Folded> {
    let case = cases::by_key(&w.tx, case_key)?;
    Tail::read(&w.tx)?.add(
        &w.tx,
        &Entry {
            case_key,
            number: &case.number,
            event_no: next_event_no(&w.tx, case_key)?,
            occurred_at,
            recorded_at: recording_time(&w.tx, now)?,
            role: Role::System,
            actor: None,
            late_reason: None,
            body,
            text: None,
        },
        &[0; 16],
    )?;
    projection::refold(&w.tx, case_key)
}
