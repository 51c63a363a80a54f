//! What follows an answer: the remedy, its verification, the survey, and the ways of an outstanding case.

use chrono::NaiveDate;

use super::examine::InForce;
use super::{Bond, Life};
use crate::catalogue::EXTERNAL_BODIES;
use crate::office::Second;
use redress_domain::event::{
    CorrectionVerified, ExternalOutcome, MessageSent, RecourseExhausted, ReferredExternally,
    RemediesTold, RemedyDone, RemedyDue, SurveySent, Surveyed,
};
use redress_domain::vocabulary::{Means, MessagePurpose, Response, Role};

const DAY: Second = 86_400;

impl Life<'_> {
    /// Delivers what was granted, in time, late or not at all; nothing is entered at or after `end`.
    pub(super) fn deliver(&mut self, decision: InForce, at: Second, end: Second) {
        if !decision.granted.is_some_and(Response::is_delivered_later) {
            return;
        }
        let seconds = self.rng.between(300, 14_000);
        let promised = self.office.soon(at, seconds);
        let days = u32::try_from(self.rng.between(4, 15)).unwrap_or(10);
        let due_at = self.office.moment(promised, days, &mut self.rng);
        let due_on: NaiveDate = self.office.date(due_at);
        if promised >= end {
            return;
        }
        let actor = self.person("customer_service", Role::Agent);
        self.put(
            promised,
            Role::Agent,
            Some(actor),
            Bond::Chain,
            RemedyDue { due_on }.into(),
        );
        let done = match self.rng.below(100) {
            0..9 => return,
            9..22 => {
                let late = self
                    .rng
                    .pick_weighted(&[(1, 35), (3, 35), (8, 20), (20, 10)]);
                self.office.moment(due_at, late, &mut self.rng)
            }
            _ => {
                let n = u32::try_from(self.rng.between(1, i64::from(days))).unwrap_or(1);
                self.office.moment(promised, n, &mut self.rng)
            }
        };
        if done >= end {
            return;
        }
        let staff = self.anyone(self.department);
        self.put(
            done,
            staff.role,
            Some(staff.name),
            Bond::Chain,
            RemedyDone {}.into(),
        );
        if self.rng.chance(560) {
            let n = u32::try_from(self.rng.between(4, 25)).unwrap_or(10);
            let at = self.office.moment(done, n, &mut self.rng);
            if at < end {
                let holds = self.rng.chance(920);
                let actor = self.person("quality", Role::Quality);
                self.put(
                    at,
                    Role::Quality,
                    Some(actor),
                    Bond::Chain,
                    CorrectionVerified { holds }.into(),
                );
            }
        }
    }

    /// Asks how the handling was; some answer.
    pub(super) fn survey(&mut self, at: Second, content: bool) {
        if !self.rng.chance(600) {
            return;
        }
        let days = self.rng.between(3, 9);
        let sent = self.office.midnight(self.office.date(at + days * DAY)) + 11 * 3600;
        let means = self
            .rng
            .pick_weighted(&[(Means::Email, 60), (Means::Sms, 40)]);
        let message = MessageSent {
            purpose: MessagePurpose::Survey,
            means,
        };
        self.put(sent, Role::System, None, Bond::Free, message.into());
        self.put(
            sent,
            Role::System,
            None,
            Bond::Chain,
            SurveySent { means }.into(),
        );
        if !self.rng.chance(350) {
            return;
        }
        let days = self.rng.between(0, 6);
        let seconds = self.rng.between(1200, DAY);
        let answered = self.waking(sent + days * DAY + seconds);
        let score = self.rng.pick_weighted(match (content, self.was_late) {
            (true, false) => &[(5, 38), (4, 34), (3, 17), (2, 7), (1, 4)],
            (true, true) => &[(5, 16), (4, 27), (3, 30), (2, 16), (1, 11)],
            (false, _) => &[(5, 2), (4, 6), (3, 18), (2, 32), (1, 42)],
        });
        self.put(
            answered,
            Role::Customer,
            None,
            Bond::Chain,
            Surveyed { score }.into(),
        );
    }

    /// Rejected twice: told of the external remedies, perhaps referred, perhaps settled there.
    pub(super) fn outstanding(&mut self, decision: InForce, at: Second) {
        if self.rng.chance(120) {
            return;
        }
        let n = self.rng.pick_weighted(&[(0, 35), (1, 40), (2, 17), (7, 8)]);
        let told = self.office.moment(at + 60, n, &mut self.rng);
        let actor = self.person("customer_service", Role::Agent);
        let means =
            self.rng
                .pick_weighted(&[(Means::Letter, 40), (Means::Email, 45), (Means::Phone, 15)]);
        self.put(
            told,
            Role::Agent,
            Some(actor),
            Bond::Chain,
            RemediesTold { means }.into(),
        );
        if self.rng.chance(450) {
            let n = u32::try_from(self.rng.between(3, 30)).unwrap_or(3);
            let referred = self.office.moment(told, n, &mut self.rng);
            let body = self.rng.pick_weighted(EXTERNAL_BODIES).to_owned();
            self.put(
                referred,
                Role::Agent,
                Some(actor),
                Bond::Chain,
                ReferredExternally { body }.into(),
            );
            if !self.rng.chance(780) {
                return;
            }
            let n = u32::try_from(self.rng.between(15, 80)).unwrap_or(15);
            let judged = self.office.moment(referred, n, &mut self.rng);
            let satisfied = self.rng.chance(560);
            self.put(
                judged,
                Role::Agent,
                Some(actor),
                Bond::Chain,
                ExternalOutcome { satisfied }.into(),
            );
            if satisfied {
                self.closed.get_or_insert(judged);
                self.deliver(decision, judged, Second::MAX);
                self.survey(judged, false);
            } else if self.rng.chance(720) {
                let n = u32::try_from(self.rng.between(3, 20)).unwrap_or(3);
                self.exhaust(judged, n, actor);
            }
        } else if self.rng.chance(260) {
            let n = u32::try_from(self.rng.between(35, 65)).unwrap_or(35);
            self.exhaust(told, n, actor);
        }
    }

    fn exhaust(&mut self, after: Second, days: u32, actor: &'static str) {
        let at = self.office.moment(after, days, &mut self.rng);
        self.put(
            at,
            Role::Agent,
            Some(actor),
            Bond::Chain,
            RecourseExhausted {}.into(),
        );
        self.closed.get_or_insert(at);
        self.survey(at, false);
    }
}
