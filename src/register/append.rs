//! Adding an event to a case: the checks that the workflow leaves to the register, the event, its
//! projection, and what follows from it, in one transaction.

use chrono::{DateTime, Days, TimeDelta, Utc};
use serde_json::Value;

use super::entry::{Entry, Tail, next_event_no, recording_time};
use super::error::{RegisterError, Result};
use super::messages::Saying;
use super::outbox::{self, Queue};
use super::projection::{self, Folded};
use super::settings::{self, Setting};
use super::{Actor, Register, Writing, cases, local_day, secrets, staff};
use crate::domain::case_file::amend_event;
use crate::domain::event::{
    Amended, Decided, Event, EventBody, EventKind, Paused, RemedyDue, Voided,
};
use crate::domain::vocabulary::{Answer, MessagePurpose, PauseReason, Response, Role};
use crate::domain::workflow::{Refusal, State, StateName};

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

/// A field of an earlier event to be mended.
#[derive(Debug, Clone, PartialEq)]
pub struct Amendment {
    /// Position of the event.
    pub seq: i64,
    /// Name of the field in the event's data, or `occurred_at`.
    pub field: String,
    /// The right value.
    pub new: Value,
    /// Why it is mended.
    pub reason: String,
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
            let queued = outbox::queue(
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

    /// Mends one field of an earlier event in the open. `occurred_at` is a field of every event.
    ///
    /// # Errors
    /// When the event or the field does not exist, the value does not fit, the case would not make
    /// sense any more, or a decision would grow above the decider's discretion.
    pub fn amend(
        &mut self,
        case_key: i64,
        amendment: &Amendment,
        by: &Actor,
        now: DateTime<Utc>,
    ) -> Result<Appended> {
        check_reason(&amendment.reason)?;
        let salt = secrets::random::<16>()?;
        self.write(|w| {
            let events = projection::read_events(&w.tx, case_key)?;
            let target = mended(&events, amendment.seq)?;
            let amended = Amended {
                seq: amendment.seq,
                field: amendment.field.clone(),
                old: field_of(&target, &amendment.field)?,
                new: amendment.new.clone(),
                reason: amendment.reason.clone(),
            };
            let changed =
                amend_event(&target, &amended).map_err(|refusal| refused(&target, refusal))?;
            check_amended_decision(w, &target, &changed)?;
            append_in(w, case_key, Draft::new(now, amended), by, now, &salt)
        })
    }

    /// Strikes out an earlier event in the open.
    ///
    /// # Errors
    /// When the event does not exist or may not be struck out, or the case would not make sense any
    /// more without it.
    pub fn void(
        &mut self,
        case_key: i64,
        seq: i64,
        reason: &str,
        by: &Actor,
        now: DateTime<Utc>,
    ) -> Result<Appended> {
        check_reason(reason)?;
        let salt = secrets::random::<16>()?;
        self.write(|w| {
            let voided = Voided {
                seq,
                reason: reason.to_owned(),
            };
            append_in(w, case_key, Draft::new(now, voided), by, now, &salt)
        })
    }
}

/// Events that have a function of their own, and events that only some people may cause.
fn check_direct(body: &EventBody, by: &Actor) -> Result<()> {
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
        _ => return Ok(()),
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

/// What an event brings with it.
fn follow_up(
    w: &Writing<'_>,
    case_key: i64,
    body: &EventBody,
    occurred_at: DateTime<Utc>,
    now: DateTime<Utc>,
    folded: Folded,
    appended: &mut Appended,
) -> Result<()> {
    let mark = appended.seq;
    let tell = |purpose: MessagePurpose, pass: Option<u8>, saying: Saying<'_>| {
        outbox::queue(
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
    let queued = match body {
        EventBody::Decided(_) | EventBody::Countersigned(_) => match folded.file.state {
            State::Decided {
                pass, signed: true, ..
            } => Some(tell(
                MessagePurpose::Decision,
                Some(pass),
                Saying::Decision { pass },
            )?),
            _ => None,
        },
        EventBody::Rejected(_) => remedies(&folded.file.state, tell)?,
        EventBody::AnsweredOnBehalf(a) if a.answer == Answer::Rejected => {
            remedies(&folded.file.state, tell)?
        }
        EventBody::Accepted(_) | EventBody::AnsweredOnBehalf(_) => {
            remedy_due(w, (occurred_at, now), &folded, appended, case_key)?;
            None
        }
        EventBody::Voided(_) | EventBody::Withdrawn(_) | EventBody::Merged(_) => {
            let untrue = [
                MessagePurpose::Decision,
                MessagePurpose::Remedies,
                MessagePurpose::Question,
                MessagePurpose::Reminder,
            ];
            let why = "the case took another turn before it was sent";
            outbox::give_up(&w.tx, case_key, &untrue, why)?;
            None
        }
        _ => None,
    };
    match queued {
        Some(Some(message_id)) => appended.messages.push(message_id),
        Some(None) => appended.unreachable = true,
        None => {}
    }
    Ok(())
}

/// The message about the external remedies, once the case has become outstanding.
fn remedies(
    state: &State,
    tell: impl Fn(MessagePurpose, Option<u8>, Saying<'_>) -> Result<Option<i64>>,
) -> Result<Option<Option<i64>>> {
    match state {
        State::Outstanding {
            remedies_told: false,
            ..
        } => Ok(Some(tell(
            MessagePurpose::Remedies,
            None,
            Saying::Remedies,
        )?)),
        _ => Ok(None),
    }
}

/// The due date of what was granted, unless somebody set one for this decision already.
fn remedy_due(
    w: &Writing<'_>,
    (accepted_at, now): (DateTime<Utc>, DateTime<Utc>),
    folded: &Folded,
    appended: &mut Appended,
    case_key: i64,
) -> Result<()> {
    let Some(decision) = folded.file.last_decision() else {
        return Ok(());
    };
    if !decision
        .data
        .granted
        .is_some_and(Response::is_delivered_later)
    {
        return Ok(());
    }
    let struck: Vec<i64> = folded.events.iter().filter_map(voids).collect();
    let is_set = folded.events.iter().any(|event| {
        matches!(event.body, EventBody::RemedyDue(_))
            && event.occurred_at >= decision.at
            && !struck.contains(&event.seq)
    });
    if is_set {
        return Ok(());
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
    appended
        .follow_ups
        .extend(folded.events.last().map(|e| e.seq));
    Ok(())
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
    match body {
        EventBody::Decided(mut decided) => {
            let above = is_above_discretion(w, &decided, named(by, kind)?, kind)?;
            decided.needs_second_signature |= above;
            Ok(EventBody::Decided(decided))
        }
        EventBody::Countersigned(_) => {
            active(w, named(by, kind)?, kind)?;
            Ok(body)
        }
        _ => Ok(body),
    }
}

fn is_above_discretion(
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
    }
    Ok(())
}

/// An amendment is no way round the second signature.
fn check_amended_decision(w: &Writing<'_>, before: &Event, after: &Event) -> Result<()> {
    let (EventBody::Decided(old), EventBody::Decided(new)) = (&before.body, &after.body) else {
        return Ok(());
    };
    let dropped = old.needs_second_signature && !new.needs_second_signature;
    let kind = EventKind::Decided;
    let grown = match &before.actor {
        _ if new.needs_second_signature || new.cost <= old.cost => false,
        Some(name) => is_above_discretion(w, new, name, kind)?,
        None => true,
    };
    if dropped || grown {
        return Err(RegisterError::NotAppendable {
            kind: EventKind::Amended,
            instead: "the decision would need a second signature; void it and decide anew",
        });
    }
    Ok(())
}

/// An event as earlier amendments left it.
fn mended(events: &[Event], seq: i64) -> Result<Event> {
    let struck: Vec<i64> = events.iter().filter_map(voids).collect();
    let missing = RegisterError::NoSuch {
        what: "event of this case",
        key: seq.to_string(),
    };
    if struck.contains(&seq) {
        return Err(missing);
    }
    let mut target = events
        .iter()
        .find(|event| event.seq == seq)
        .cloned()
        .ok_or(missing)?;
    for event in events {
        match &event.body {
            EventBody::Amended(a) if a.seq == seq && !struck.contains(&event.seq) => {
                target = amend_event(&target, a).map_err(|refusal| refused(event, refusal))?;
            }
            _ => {}
        }
    }
    Ok(target)
}

fn voids(event: &Event) -> Option<i64> {
    match &event.body {
        EventBody::Voided(voided) => Some(voided.seq),
        _ => None,
    }
}

fn field_of(event: &Event, field: &str) -> Result<Value> {
    let data = event.body.to_json()?;
    let mut data: serde_json::Map<String, Value> = serde_json::from_str(&data)
        .map_err(|e| RegisterError::invalid("event", e.to_string(), "its data cannot be read"))?;
    if field == "occurred_at" {
        return Ok(Value::String(event.occurred_at.to_rfc3339()));
    }
    Ok(data.remove(field).unwrap_or(Value::Null))
}

fn refused(event: &Event, refusal: Refusal) -> RegisterError {
    RegisterError::Refused(crate::domain::case_file::FoldError::Refused {
        seq: event.seq,
        kind: event.body.kind(),
        refusal,
    })
}

fn check_reason(reason: &str) -> Result<()> {
    if reason.trim().is_empty() {
        return Err(RegisterError::invalid(
            "reason",
            reason,
            "say why the event is mended",
        ));
    }
    Ok(())
}

fn given(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.trim().is_empty())
}
