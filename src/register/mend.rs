//! Mending earlier events in the open: a field amended, or the whole event struck out.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use serde_json::Value;

use super::append::{Appended, Draft, append_in, is_above_discretion};
use super::error::{RegisterError, Result};
use super::follow_up::voids;
use super::register_case::{check_days, check_received};
use super::{Actor, Register, Writing, local_day, projection, secrets};
use redress_domain::case_file::FoldError;
use redress_domain::event::{Amended, Event, EventBody, EventKind, Voided};
use redress_domain::mending::amend_event;
use redress_domain::workflow::Refusal;

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

impl Register {
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
        check_value(&amendment.new)?;
        let salt = secrets::random::<16>()?;
        self.write(|w| {
            let events = projection::read_events(&w.tx, case_key)?;
            let target = mended(&events, amendment.seq, w.zone)?;
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
            check_amended_times(&changed, now)?;
            check_amended_days(&target, &changed, local_day(now, w.zone))?;
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
            let events = projection::read_events(&w.tx, case_key)?;
            let target = mended(&events, seq, w.zone)?;
            if target.body.kind() == EventKind::Erased {
                return Err(RegisterError::NotAppendable {
                    kind: EventKind::Voided,
                    instead: "what was erased is gone, and the record of it stays",
                });
            }
            let voided = Voided {
                seq,
                reason: reason.to_owned(),
            };
            append_in(w, case_key, Draft::new(now, voided), by, now, &salt)
        })
    }
}

/// An amendment is no way round the second signature.
fn check_amended_decision(w: &Writing<'_>, before: &Event, after: &Event) -> Result<()> {
    let (EventBody::Decided(old), EventBody::Decided(new)) = (&before.body, &after.body) else {
        return Ok(());
    };
    let dropped = old.needs_second_signature && !new.needs_second_signature;
    if new.cost < 0 {
        return Err(RegisterError::NotAppendable {
            kind: EventKind::Amended,
            instead: "the cost of a decision is not negative",
        });
    }
    let kind = EventKind::Decided;
    let grown = match &before.actor {
        _ if new.cost <= old.cost => false,
        // Whoever signs second signs this amount.
        _ if new.needs_second_signature => true,
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

/// An amended time has passed, like any other.
fn check_amended_times(after: &Event, now: DateTime<Utc>) -> Result<()> {
    if after.occurred_at > now {
        return Err(RegisterError::InTheFuture {
            kind: after.body.kind(),
            occurred_at: after.occurred_at,
            now,
        });
    }
    if let EventBody::Registered(registered) = &after.body {
        check_received(registered, after.occurred_at)?;
    }
    Ok(())
}

fn check_amended_days(before: &Event, after: &Event, today: NaiveDate) -> Result<()> {
    match (&before.body, &after.body) {
        (EventBody::Registered(old), EventBody::Registered(new)) => {
            check_days(Some(old), new, today)
        }
        _ => Ok(()),
    }
}

/// An event as earlier amendments left it.
fn mended(events: &[Event], seq: i64, zone: Tz) -> Result<Event> {
    let struck: Vec<i64> = events.iter().filter_map(voids).collect();
    if let Some(event) = events.iter().find(|event| voids(event) == Some(seq)) {
        let on = local_day(event.recorded_at, zone);
        return Err(RegisterError::Struck { seq, on });
    }
    let missing = RegisterError::NoSuch {
        what: "event of this case",
        key: seq.to_string(),
    };
    let mut target = events
        .iter()
        .find(|event| event.seq == seq)
        .cloned()
        .ok_or(missing)?;
    for event in events {
        if let EventBody::Amended(a) = &event.body
            && a.seq == seq
            && !struck.contains(&event.seq)
        {
            target = amend_event(&target, a).map_err(|refusal| refused(event, refusal))?;
        }
    }
    Ok(target)
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
    RegisterError::Refused(FoldError::Refused {
        seq: event.seq,
        kind: event.body.kind(),
        refusal,
    })
}

/// Nothing is mended into a blank: an event carries a field with its words or not at all.
fn check_value(value: &Value) -> Result<()> {
    match value.as_str() {
        Some(text) if text.trim().is_empty() => Err(RegisterError::invalid(
            "value",
            text,
            "give the right value; null takes away a field that may be left out",
        )),
        Some(_) | None => Ok(()),
    }
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
