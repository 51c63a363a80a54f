//! The decision reaches the customer, and the customer answers, or does not.

use super::examine::InForce;
use super::{Bond, Life};
use crate::catalogue::{CATEGORIES, Site};
use crate::office::Second;
use redress_domain::event::{
    Accepted, AnswerLapsed, AnsweredOnBehalf, Communicated, MessageFailed, MessageSent, Rejected,
    Reopened,
};
use redress_domain::vocabulary::{Answer, Channel, Means, MessagePurpose, RejectionReason, Role};

const DAY: Second = 86_400;

impl Life<'_> {
    /// Tells the customer the decision.
    pub(super) fn communicate(&mut self, decision: InForce) {
        let missed = match (self.department, self.plant) {
            ("technical_bursa", _) => 190,
            ("technical_gebze", _) => 75,
            (_, Some(Site::Bursa)) => 110,
            (_, _) => 60,
        };
        let n = if self.rng.chance(missed) {
            self.rng.pick_weighted(&[(2, 56), (3, 24), (5, 14), (9, 6)])
        } else {
            self.rng.pick_weighted(&[(0, 58), (1, 42)])
        };
        let at = self.office.moment(decision.at, n, &mut self.rng);
        let spoken = matches!(self.complaint.channel, Channel::Phone | Channel::InPerson)
            && self.rng.chance(300);
        let mut means = self.rng.pick_weighted(&[
            (Means::Sms, 74),
            (Means::Email, 20),
            (Means::Letter, 3),
            (Means::Phone, 3),
        ]);
        let mut at = at;
        if spoken {
            means = Means::Phone;
        } else if means == Means::Sms && self.rng.chance(40) {
            let failed = MessageFailed {
                purpose: MessagePurpose::Decision,
                means,
            };
            self.put(at, Role::System, None, Bond::Free, failed.into());
            at = self.office.moment(at, 1, &mut self.rng);
            means = self
                .rng
                .pick_weighted(&[(Means::Phone, 60), (Means::Email, 40)]);
        }
        let actor = self.person("customer_service", Role::Agent);
        let told = Communicated {
            pass: decision.pass,
            means,
        };
        self.put(at, Role::Agent, Some(actor), Bond::Chain, told.into());
        if matches!(means, Means::Sms | Means::Email) {
            let sent = MessageSent {
                purpose: MessagePurpose::Decision,
                means,
            };
            self.put(at, Role::System, None, Bond::Free, sent.into());
        }
        if decision.pass == 1 {
            self.communicated = Some(at);
        }
        if at < self.world.span.until {
            self.answer(decision, at);
        }
    }

    fn answer(&mut self, decision: InForce, told: Second) {
        let bursa = if self.plant == Some(Site::Bursa) {
            40
        } else {
            0
        };
        let displeased =
            u64::from(decision.unfounded) * 170 + u64::from(self.was_late) * 50 + bursa;
        let (rejects, silent) = match decision.pass {
            1 => (135 + displeased, 130),
            _ => (270 + displeased, 110),
        };
        let draw = self.rng.below(1000);
        if draw < rejects {
            self.reply(decision, told, Answer::Rejected);
        } else if draw < rejects + silent {
            self.silence(decision, told);
        } else {
            self.reply(decision, told, Answer::Accepted);
        }
    }

    /// The customer answers on the web, or staff enter the answer with its proof.
    fn reply(&mut self, decision: InForce, told: Second, answer: Answer) {
        let spoken = matches!(self.complaint.channel, Channel::Phone | Channel::InPerson);
        let on_behalf = self.rng.chance(if spoken { 300 } else { 25 });
        let days = self
            .rng
            .pick_weighted(&[(1, 34), (2, 22), (4, 20), (7, 14), (12, 8), (20, 2)]);
        let at = if on_behalf {
            let at = self.office.moment(
                told + 600,
                u32::try_from(days).unwrap_or(1) / 2,
                &mut self.rng,
            );
            let means = self.rng.pick_weighted(&[
                (Means::Phone, 75),
                (Means::InPerson, 10),
                (Means::Letter, 15),
            ]);
            let proof = match means {
                Means::Phone => format!("call note of {}", self.office.date(at)),
                Means::InPerson => format!("signed form of {}", self.office.date(at)),
                Means::Letter | Means::Sms | Means::Email | Means::Web => {
                    format!("letter of {}", self.office.date(at))
                }
            };
            let actor = self.person("customer_service", Role::Contact);
            let entered = AnsweredOnBehalf {
                pass: decision.pass,
                answer,
                means,
                proof,
                reason: rejection_reason(answer, at),
            };
            self.put(at, Role::Contact, Some(actor), Bond::Chain, entered.into());
            at
        } else {
            let seconds = self.rng.between(1800, days * DAY);
            let at = self.waking(told + seconds);
            let pass = decision.pass;
            let body = match answer {
                Answer::Accepted => Accepted { pass }.into(),
                Answer::Rejected => Rejected {
                    pass,
                    reason: rejection_reason(answer, at),
                }
                .into(),
            };
            self.put(at, Role::Customer, None, Bond::Chain, body);
            at
        };
        if answer == Answer::Rejected {
            let wordings = self.world.texts.of(self.complaint.language);
            let text = self.phrase(&wordings.rejections);
            if let Some(last) = self.drafts.last_mut() {
                last.text = Some(text);
            }
        }
        match answer {
            Answer::Accepted => self.accepted(decision, at),
            Answer::Rejected => self.rejected(decision, at),
        }
    }

    fn accepted(&mut self, decision: InForce, at: Second) {
        self.closed.get_or_insert(at);
        if decision.pass == 1 && self.rng.chance(22) {
            let n = u32::try_from(self.rng.between(8, 40)).unwrap_or(8);
            let reopened = self.office.moment(at, n, &mut self.rng);
            self.deliver(decision, at, reopened);
            self.reopen(reopened);
        } else {
            self.deliver(decision, at, Second::MAX);
            self.survey(at, true);
        }
    }

    fn reopen(&mut self, at: Second) {
        let actor = self.person("customer_service", Role::Agent);
        self.put(
            at,
            Role::Agent,
            Some(actor),
            Bond::Chain,
            Reopened {}.into(),
        );
        self.second_pass(at);
    }

    fn rejected(&mut self, decision: InForce, at: Second) {
        if decision.pass == 1 {
            self.second_pass(at);
        } else {
            self.outstanding(decision, at);
        }
    }

    /// What contact staff settled goes to a department for the re-examination.
    fn second_pass(&mut self, at: Second) {
        if self.department == "customer_service" {
            self.department = self.department_of(CATEGORIES[self.complaint.matter.category].0);
            let agent = self.person("customer_service", Role::Agent);
            let routed = self.office.soon(at, 1800);
            self.route(routed, agent);
            self.examine(2, routed);
        } else {
            self.examine(2, at);
        }
    }

    /// No answer: reminders, and at times the case is closed without one.
    fn silence(&mut self, decision: InForce, told: Second) {
        let pass = decision.pass;
        for days in [10, 20] {
            if self.rng.chance(800) {
                let at = self.office.midnight(self.office.date(told + days * DAY)) + 10 * 3600;
                let sent = MessageSent {
                    purpose: MessagePurpose::Reminder,
                    means: Means::Sms,
                };
                self.put(at, Role::System, None, Bond::Free, sent.into());
            }
        }
        if !self.rng.chance(240) {
            return;
        }
        let at = self.office.midnight(self.office.date(told + 31 * DAY)) + 2 * 3600;
        self.put(
            at,
            Role::System,
            None,
            Bond::Chain,
            AnswerLapsed { pass, reminders: 2 }.into(),
        );
        self.closed.get_or_insert(at);
        if self.rng.chance(120) {
            let answer = self
                .rng
                .pick_weighted(&[(Answer::Accepted, 60), (Answer::Rejected, 40)]);
            let days = self.rng.between(2, 25);
            let late = self.waking(at + days * DAY);
            match answer {
                Answer::Accepted => {
                    self.put(
                        late,
                        Role::Customer,
                        None,
                        Bond::Chain,
                        Accepted { pass }.into(),
                    );
                    self.deliver(decision, late, Second::MAX);
                }
                Answer::Rejected => {
                    self.put(
                        late,
                        Role::Customer,
                        None,
                        Bond::Chain,
                        Rejected {
                            pass,
                            reason: rejection_reason(answer, late),
                        }
                        .into(),
                    );
                    self.rejected(decision, late);
                }
            }
        }
    }

    /// An hour at which people are awake: the small hours are moved to the morning.
    pub(super) fn waking(&self, at: Second) -> Second {
        let since = at - self.office.midnight(self.office.date(at));
        if (3600..25_200).contains(&since) {
            at + 7 * 3600
        } else {
            at
        }
    }
}

/// The coded reason of a rejection; one in six customers gives none. It hangs on the moment alone, so that
/// it draws nothing from the case's random numbers.
fn rejection_reason(answer: Answer, at: Second) -> Option<RejectionReason> {
    match answer {
        Answer::Accepted => None,
        Answer::Rejected => match at.rem_euclid(12) {
            0..=3 => Some(RejectionReason::RemedyInsufficient),
            4..=5 => Some(RejectionReason::FactsDisputed),
            6..=7 => Some(RejectionReason::RemedyUnsuitable),
            8 => Some(RejectionReason::NotUnderstood),
            9 => Some(RejectionReason::Other),
            _ => None,
        },
    }
}
