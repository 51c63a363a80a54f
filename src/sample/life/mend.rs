//! What the register learns late, and what it has to mend in the open.

use serde_json::{Value, json};

use super::{Bond, Draft, LATE_AFTER, Life};
use crate::domain::event::{Amended, EventBody, EventKind, Voided};
use crate::domain::vocabulary::{AssessmentChange, Role};
use crate::sample::office::{Second, instant};

impl Life<'_> {
    /// Delays entries, and adds amendments and voids. The drafts are in order of time by now.
    pub(super) fn mend(&mut self) {
        if self.rng.chance(85) {
            self.enter_late();
        }
        if self.rng.chance(42) {
            self.amend();
        }
        if self.rng.chance(28) {
            self.void();
        }
    }

    fn enter_late(&mut self) {
        let candidates: Vec<usize> = (1..self.drafts.len())
            .filter(|place| self.drafts[*place].actor.is_some() && may_be_late(self.drafts[*place].body.kind()))
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
            let next = self.drafts[place + 1..].iter().filter(|d| d.bond == Bond::Chain).map(|d| d.at).min();
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
        let candidates: Vec<usize> = (0..self.drafts.len()).filter(|place| may_be_amended(&self.drafts[*place])).collect();
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
        let draft = self.drafts[place].clone();
        match draft.body {
            EventBody::Acknowledged(_) => {
                let seconds = self.rng.between(300, 9000);
                let new = self.office.soon(self.complaint.received, seconds);
                (new < draft.at).then(|| ("occurred_at", json!(instant(draft.at)), json!(instant(new)), "wrong hour entered"))
            }
            EventBody::Communicated(_) => {
                let before = self.drafts[..place].iter().filter(|d| d.bond == Bond::Chain).map(|d| d.at).max()?;
                let seconds = self.rng.between(600, 9000);
                let new = self.office.soon(before, seconds);
                (new < draft.at).then(|| ("occurred_at", json!(instant(draft.at)), json!(instant(new)), "the call was made before the entry"))
            }
            EventBody::Decided(decided) => {
                let new = decided.cost + self.rng.between(1, 40) * 1000;
                Some(("cost", json!(decided.cost), json!(new), "transport was left out"))
            }
            EventBody::RemedyDue(due) => {
                let new = due.due_on + chrono::Days::new(7);
                Some(("due_on", json!(due.due_on), json!(new), "date agreed anew with the customer"))
            }
            EventBody::Registered(registered) => {
                let lot = registered.lot?;
                let wrong = format!("{}9", &lot[..lot.len() - 1]);
                if wrong == lot {
                    return None;
                }
                if let EventBody::Registered(entered) = &mut self.drafts[place].body {
                    entered.lot = Some(wrong.clone());
                }
                Some(("lot", json!(wrong), json!(lot), "lot misread on the label"))
            }
            _ => None,
        }
    }

    fn void(&mut self) {
        let candidates: Vec<usize> = (0..self.drafts.len()).filter(|place| may_be_voided(&self.drafts[*place])).collect();
        if candidates.is_empty() {
            return;
        }
        let place = self.rng.pick(&candidates);
        let reason = self.rng.pick(&["entered in the wrong case", "entered twice"]);
        self.mending(place, Voided { seq: 0, reason: reason.to_owned() }.into());
    }

    fn mending(&mut self, place: usize, body: EventBody) {
        let n = self.rng.pick_weighted(&[(0, 30), (1, 35), (2, 20), (6, 15)]);
        let at = self.office.moment(self.drafts[place].recorded + 60, n, &mut self.rng);
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
    match &draft.body {
        EventBody::Acknowledged(_) | EventBody::Communicated(_) => draft.actor.is_some() && draft.late_reason.is_none(),
        EventBody::Decided(decided) => decided.cost > 0 && decided.cost < 400_000,
        EventBody::RemedyDue(_) => true,
        EventBody::Registered(registered) => registered.lot.is_some() && draft.actor.is_some(),
        _ => false,
    }
}

fn may_be_voided(draft: &Draft) -> bool {
    match &draft.body {
        EventBody::NoteAdded(_) | EventBody::IssueAdded(_) => true,
        EventBody::EvidenceAdded(_) => draft.actor.is_some(),
        EventBody::Assessed(assessed) => assessed.change != AssessmentChange::First,
        _ => false,
    }
}
