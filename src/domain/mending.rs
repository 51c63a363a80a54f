//! Amendments and voids: mistakes are mended in the open, before the fold sees the events.

use std::ops::Deref;

use super::case_file::{Deviation, FoldError, Mode};
use super::event::{Amended, Event, EventBody};
use super::workflow::Refusal;

/// An event as it counts. Not a `Cow`, which has the size of an event: these are moved and sorted for every case.
pub(super) enum InForce<'a> {
    AsRecorded(&'a Event),
    Amended(Box<Event>),
}

impl Deref for InForce<'_> {
    type Target = Event;

    fn deref(&self) -> &Event {
        match self {
            InForce::AsRecorded(event) => event,
            InForce::Amended(event) => event,
        }
    }
}

/// The events after amendments and voids, in the order of recording.
pub(super) struct Mended<'a> {
    pub(super) events: Vec<InForce<'a>>,
    pub(super) amendments: u32,
    pub(super) voided: u32,
    pub(super) deviations: Vec<Deviation>,
}

impl<'a> Mended<'a> {
    /// Applies what was recorded.
    ///
    /// # Errors
    /// In strict mode the first amendment or void that does not fit.
    pub(super) fn of(
        known: impl Iterator<Item = &'a Event>,
        mode: Mode,
    ) -> Result<Self, FoldError> {
        let mut mended = Mended {
            events: Vec::with_capacity(known.size_hint().0),
            amendments: 0,
            voided: 0,
            deviations: Vec::new(),
        };
        let mut mending: Vec<&Event> = Vec::new();
        for event in known {
            match event.body {
                EventBody::Amended(_) | EventBody::Voided(_) => mending.push(event),
                _ => mended.events.push(InForce::AsRecorded(event)),
            }
        }
        mending.sort_by_key(|e| e.seq);
        let struck: Vec<i64> = mending
            .iter()
            .filter_map(|e| match &e.body {
                EventBody::Voided(v) => Some(v.seq),
                _ => None,
            })
            .collect();
        for event in &mending {
            let outcome = match &event.body {
                // A voided amendment never took place.
                EventBody::Amended(_) if struck.contains(&event.seq) => Ok(()),
                EventBody::Amended(amended) => mended.amend(amended),
                EventBody::Voided(v) => mended.void(v.seq, &mending),
                _ => Ok(()),
            };
            if let Err(refusal) = outcome {
                let (seq, kind) = (event.seq, event.body.kind());
                match mode {
                    Mode::Strict => return Err(FoldError::Refused { seq, kind, refusal }),
                    Mode::Lenient => mended.deviations.push(Deviation {
                        seq,
                        kind,
                        why: refusal,
                    }),
                }
            }
        }
        Ok(mended)
    }

    fn void(&mut self, seq: i64, mending: &[&Event]) -> Result<(), Refusal> {
        let is_amendment = mending
            .iter()
            .any(|e| e.seq == seq && matches!(e.body, EventBody::Amended(_)));
        let found = self
            .events
            .iter()
            .position(|e| e.seq == seq && !matches!(e.body, EventBody::Registered(_)));
        match found {
            Some(position) => {
                self.events.remove(position);
            }
            None if is_amendment => {}
            None => {
                return Err(Refusal::NoSuchEvent {
                    seq,
                    what: "voided",
                });
            }
        }
        self.voided += 1;
        Ok(())
    }

    fn amend(&mut self, amended: &Amended) -> Result<(), Refusal> {
        let missing = || Refusal::NoSuchEvent {
            seq: amended.seq,
            what: "amended",
        };
        let target = self
            .events
            .iter_mut()
            .find(|e| e.seq == amended.seq)
            .ok_or_else(missing)?;
        let changed = amend_event(target, amended)?;
        *target = InForce::Amended(Box::new(changed));
        self.amendments += 1;
        Ok(())
    }
}

/// The event with one field replaced; `occurred_at` is a field of every event.
///
/// # Errors
/// When the event has no such field, its value is not the expected old one, or the new value does not fit.
pub fn amend_event(event: &Event, amended: &Amended) -> Result<Event, Refusal> {
    let unreadable = |why: String| Refusal::AmendmentUnreadable { why };
    let mut changed = event.clone();
    if amended.field == "occurred_at" {
        changed.occurred_at =
            serde_json::from_value(amended.new.clone()).map_err(|e| unreadable(e.to_string()))?;
        return Ok(changed);
    }
    let json = event
        .body
        .to_json()
        .map_err(|e| unreadable(e.to_string()))?;
    let mut data: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(&json).map_err(|e| unreadable(e.to_string()))?;
    let found = data
        .get(&amended.field)
        .cloned()
        .unwrap_or(serde_json::Value::Null);
    if found != amended.old {
        return Err(Refusal::FieldChanged {
            seq: amended.seq,
            field: amended.field.clone(),
            found: found.to_string(),
            expected: amended.old.to_string(),
        });
    }
    data.insert(amended.field.clone(), amended.new.clone());
    let text = serde_json::Value::Object(data).to_string();
    changed.body = EventBody::parse(event.body.kind(), &text).map_err(|e| {
        if found.is_null() {
            Refusal::NoSuchField {
                seq: amended.seq,
                field: amended.field.clone(),
            }
        } else {
            unreadable(e.to_string())
        }
    })?;
    Ok(changed)
}
