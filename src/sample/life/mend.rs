//! What the register learns late, and what it has to mend in the open.

use serde_json::{Value, json};

use super::{Bond, Draft, LATE_AFTER, Life};
use crate::office::{Second, instant};
use redress_domain::event::{Amended, EventBody, EventKind, Voided};
use redress_domain::vocabulary::{AssessmentChange, Role};

impl Life<'_> {
    /// Delays entries, and adds amendments and voids. The drafts are in order of time by now.
    pub(super) fn mend(&mut self) {
        if self.rng.chance(85) {
            self.enter_late();
        }
        if self.rng.chance(42) {
            self.amend();
        }
        if self.rng.chance(50) {
            self.void();
        }
    }

    fn enter_late(&mut self) {
        let candidates: Vec<usize> = (1..self.drafts.len())
            .filter(|place| {
                self.drafts[*place].actor.is_some() && may_be_late(self.drafts[*place].body.kind())
            })
            .collect();
        if candidates.is_empty() {
            return;
        }
        // A place may be unfit since something follows too soon; after a few tries nothing is late.
        for _ in 0..4 {
            let place = self.rng.pick(&candidates);
            let at = self.drafts[place].at;
            let n = self.rng.pick_weighted(&[(1, 52), (2, 26), (3, 14), (5, 8)]);
            let recorded = self.office.moment(at, n, &mut self.rng);
            let next = self.drafts[place + 1..]
                .iter()
                .filter(|d| d.bond == Bond::Chain)
                .map(|d| d.at)
                .min();
            let bound = match self.drafts[place].bond {
                Bond::Chain => next.unwrap_or(Second::MAX),
                Bond::Open | Bond::Free => Second::MAX,
            };
            if recorded < bound && recorded > self.drafts[place].recorded + LATE_AFTER {
                self.drafts[place].recorded = recorded;
                self.drafts[place].late_reason = Some(self.rng.pick(&[
                    "entered after the visit to the customer",
                    "system was not reachable",
                    "forgotten, found at the weekly check",
                    "paper note handed in later",
                    "colleague on leave",
                ]));
                return;
            }
        }
    }

    fn amend(&mut self) {
        let candidates: Vec<usize> = (0..self.drafts.len())
            .filter(|place| may_be_amended(&self.drafts[*place]))
            .collect();
        if candidates.is_empty() {
            return;
        }
        let place = self.rng.pick(&candidates);
        let Some((field, old, new, reason)) = self.correction(place) else {
            return;
        };
        let amended = Amended {
            // The position is known when the event is entered.
            seq: 0,
            field: field.to_owned(),
            old,
            new,
            reason: reason.to_owned(),
        };
        self.mending(place, amended.into());
    }

    /// The field to mend, its value now, the right value, and why.
    fn correction(&mut self, place: usize) -> Option<(&'static str, Value, Value, &'static str)> {
        let at = self.drafts[place].at;
        let moved = |new: Second, why| {
            (new < at).then(|| ("occurred_at", json!(instant(at)), json!(instant(new)), why))
        };
        let body = self.drafts[place].body.clone();
        if matches!(body, EventBody::Acknowledged(_)) {
            let seconds = self.rng.between(300, 9000);
            let new = self.office.soon(self.complaint.received, seconds);
            moved(new, "wrong hour entered")
        } else if matches!(body, EventBody::Communicated(_)) {
            let earlier = self.drafts[..place]
                .iter()
                .filter(|d| d.bond == Bond::Chain);
            let before = earlier.map(|d| d.at).max()?;
            let seconds = self.rng.between(600, 9000);
            let new = self.office.soon(before, seconds);
            moved(new, "the call was made before the entry")
        } else if let EventBody::Decided(decided) = body {
            let new = decided.cost + self.rng.between(1, 40) * 1000;
            Some((
                "cost",
                json!(decided.cost),
                json!(new),
                "transport was left out",
            ))
        } else if let EventBody::RemedyDue(due) = body {
            let new = due.due_on + chrono::Days::new(7);
            Some((
                "due_on",
                json!(due.due_on),
                json!(new),
                "date agreed anew with the customer",
            ))
        } else {
            self.misread_lot(place)
        }
    }

    /// Lets the registration hold a wrong lot, to be mended.
    fn misread_lot(&mut self, place: usize) -> Option<(&'static str, Value, Value, &'static str)> {
        let EventBody::Registered(entered) = &mut self.drafts[place].body else {
            return None;
        };
        let lot = entered.lot.clone()?;
        let mut wrong = lot.clone();
        let last = wrong.pop()?;
        wrong.push(if last == '9' { '4' } else { '9' });
        entered.lot = Some(wrong.clone());
        Some(("lot", json!(wrong), json!(lot), "lot misread on the label"))
    }

    fn void(&mut self) {
        let candidates: Vec<usize> = (0..self.drafts.len())
            .filter(|place| may_be_voided(&self.drafts[*place]))
            .collect();
        if candidates.is_empty() {
            return;
        }
        let place = self.rng.pick(&candidates);
        let reason = self
            .rng
            .pick(&["entered in the wrong case", "entered twice"]);
        self.mending(
            place,
            Voided {
                seq: 0,
                reason: reason.to_owned(),
            }
            .into(),
        );
    }

    fn mending(&mut self, place: usize, body: EventBody) {
        let n = self
            .rng
            .pick_weighted(&[(0, 30), (1, 35), (2, 20), (6, 15)]);
        let at = self
            .office
            .moment(self.drafts[place].recorded + 60, n, &mut self.rng);
        let actor = self.person("customer_service", Role::Agent);
        self.put(at, Role::Agent, Some(actor), Bond::Free, body);
        if let Some(last) = self.drafts.last_mut() {
            last.mends = Some(place);
        }
    }
}

/// What staff may enter after the event: nothing else of the case is built on it at that moment.
fn may_be_late(kind: EventKind) -> bool {
    matches!(
        kind,
        EventKind::Acknowledged
            | EventKind::Communicated
            | EventKind::AnsweredOnBehalf
            | EventKind::Paused
            | EventKind::Resumed
            | EventKind::Decided
            | EventKind::RemedyDone
            | EventKind::RemediesTold
            | EventKind::ReferredExternally
            | EventKind::NoteAdded
            | EventKind::SampleReceived
    )
}

fn may_be_amended(draft: &Draft) -> bool {
    let by_staff_in_time = draft.actor.is_some() && draft.late_reason.is_none();
    let body = &draft.body;
    matches!(
        body,
        EventBody::Acknowledged(_) | EventBody::Communicated(_)
    ) && by_staff_in_time
        || matches!(body, EventBody::Decided(decided) if decided.cost > 0 && decided.cost < 400_000)
        || matches!(body, EventBody::RemedyDue(_))
        || matches!(body, EventBody::Registered(entered) if entered.lot.is_some() && draft.actor.is_some())
}

fn may_be_voided(draft: &Draft) -> bool {
    let body = &draft.body;
    matches!(body, EventBody::NoteAdded(_) | EventBody::IssueAdded(_))
        || matches!(body, EventBody::EvidenceAdded(_)) && draft.actor.is_some()
        || matches!(body, EventBody::Assessed(assessed) if assessed.change != AssessmentChange::First)
}
