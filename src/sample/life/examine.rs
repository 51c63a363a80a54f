//! Processing: pauses, second thoughts, the decision and its second signature.

use super::{Bond, Life};
use crate::catalogue::{CATEGORIES, RULES, Site, Staff};
use crate::office::Second;
use crate::planted::CAUSES;
use redress_domain::event::{
    Assessed, Classified, Countersigned, Decided, MessageSent, Paused, Resumed, SampleReceived,
    SampleReturned,
};
use redress_domain::vocabulary::{
    AssessmentChange, Expectation, Means, MessagePurpose, PauseReason, Response, Role, Severity,
};

/// What one person may grant alone, in minor units.
pub const DISCRETION: i64 = 500_000;

/// The person who signs what is above the others' discretion.
const MANAGER: &str = "Nurhan Divriği";

/// Working days that the process allows for processing.
const LIMIT_DAYS: i64 = 4;

/// A decision in force.
#[derive(Debug, Clone, Copy)]
pub(super) struct InForce {
    pub pass: u8,
    pub at: Second,
    pub granted: Option<Response>,
    pub unfounded: bool,
}

impl Life<'_> {
    /// One pass of processing, and everything that follows from it.
    pub(super) fn examine(&mut self, pass: u8, start: Second) {
        if start >= self.world.span.until {
            return;
        }
        let missed = self.processing_miss(pass);
        let late = self.rng.chance(missed);
        let n = if late {
            self.rng.pick_weighted(&[
                (5, 36),
                (6, 22),
                (7, 14),
                (8, 10),
                (10, 8),
                (13, 6),
                (18, 3),
                (25, 1),
            ])
        } else {
            self.rng
                .pick_weighted(&[(0, 4), (1, 16), (2, 25), (3, 29), (4, 26)])
        };
        let Some((ready, used)) = self.rests(pass, start) else {
            return;
        };
        let left = n.max(used) - used;
        let decided = self
            .office
            .moment(ready, left, &mut self.rng)
            .max(self.office.soon(ready, 420));
        self.second_thoughts(pass, start, decided);
        if self.rng.chance(360) {
            let seconds = self.rng.between(300, 50_000);
            let at = self.office.soon(start, seconds);
            let staff = self.anyone(self.department);
            self.note(at, staff);
        }
        let days = self.office.days_between(start, decided);
        if days > LIMIT_DAYS && self.rng.chance(480) {
            let at = self.office.moment(start, 5, &mut self.rng);
            if at < decided {
                self.escalate(at, "rule: processing overdue");
            }
        } else if self.rng.chance(8) {
            let at = self.office.soon(start, 9000);
            if at < decided {
                self.escalate(at, MANAGER);
            }
        }
        self.was_late |= late;
        let mut decider = self.anyone(self.department);
        while Some(decider.name) == self.first_decider {
            decider = self.anyone(self.department);
        }
        if pass == 1 {
            self.first_decider = Some(decider.name);
        }
        let in_force = self.decide(pass, decided, decider);
        self.communicate(in_force);
    }

    /// Contact staff settle the complaint themselves.
    pub(super) fn settle(&mut self) {
        let n = self.rng.pick_weighted(&[(0, 80), (1, 14), (2, 4), (4, 2)]);
        let mut earliest = self.registered;
        if self.rng.chance(350) {
            self.assess_first();
        }
        if self.rng.chance(880) {
            let seconds = self.rng.between(40, 500);
            earliest = self.office.soon(self.registered, seconds);
            let category = CATEGORIES[self.complaint.matter.category].0.to_owned();
            let actor = self.person("customer_service", Role::Contact);
            let classified = Classified {
                category,
                product: self.complaint.matter.product.map(|p| p.name.to_owned()),
                lot: None,
            };
            self.put(
                earliest,
                Role::Contact,
                Some(actor),
                Bond::Chain,
                classified.into(),
            );
        }
        let at = self
            .office
            .moment(self.registered, n, &mut self.rng)
            .max(self.office.soon(earliest, 240));
        let name = self.person("customer_service", Role::Contact);
        self.first_decider = Some(name);
        let decider = Staff {
            name,
            department: "customer_service",
            role: Role::Contact,
        };
        let in_force = self.decide(1, at, decider);
        self.communicate(in_force);
    }

    /// Share of processings that take too long, in thousandths: the plant in Bursa is clearly worse.
    fn processing_miss(&self, pass: u8) -> u32 {
        let usual = match (self.department, self.plant) {
            ("technical_bursa", _) => 330,
            ("technical_gebze", _) => 65,
            ("quality", Some(Site::Bursa)) => 190,
            ("quality", _) => 75,
            ("logistics", _) => 35,
            ("billing", _) => 80,
            (_, _) => 60,
        };
        let usual = if self.bad_quarter() {
            usual * 3 / 2
        } else {
            usual
        };
        if pass == 1 { usual } else { usual * 2 / 3 }
    }

    /// The pauses of a pass: when work can end, and how many days of it were used before. `None` when a
    /// pause never ends.
    fn rests(&mut self, pass: u8, start: Second) -> Option<(Second, u32)> {
        let mut ready = start;
        let mut used = 0;
        let mut more = if pass == 1 { 225 } else { 90 };
        while self.rng.chance(more) {
            more = 140;
            let seconds = self.rng.between(900, 60_000);
            let from = self.office.soon(ready, seconds);
            used += u32::try_from(self.office.days_between(ready, from)).unwrap_or(0);
            let reason = self.rng.pick_weighted(&[
                (PauseReason::CustomerInformation, 40),
                (PauseReason::CustomerSample, 18),
                (PauseReason::CustomerAppointment, 14),
                (PauseReason::Laboratory, 14),
                (PauseReason::Supplier, 8),
                (PauseReason::Internal, 6),
            ]);
            let staff = self.anyone(self.department);
            self.put(
                from,
                staff.role,
                Some(staff.name),
                Bond::Chain,
                Paused { reason }.into(),
            );
            if reason == PauseReason::CustomerInformation {
                let question = MessageSent {
                    purpose: MessagePurpose::Question,
                    means: Means::Email,
                };
                self.put(from + 5, Role::System, None, Bond::Free, question.into());
            }
            if self.rng.chance(28) {
                return None;
            }
            let (low, high) = self.rng.pick_weighted(&[
                ((0, 0), 15),
                ((1, 3), 40),
                ((4, 10), 33),
                ((11, 35), 12),
            ]);
            let to = if high == 0 {
                let seconds = self.rng.between(1500, 9000);
                self.office.soon(from, seconds)
            } else {
                let days = u32::try_from(self.rng.between(low, high)).unwrap_or(1);
                self.office.moment(from, days, &mut self.rng)
            };
            match reason {
                PauseReason::CustomerInformation if self.rng.chance(700) => {
                    let at = to - self.rng.between(30, 900).min(to - from - 1);
                    self.evidence(at, Role::Customer, None);
                }
                PauseReason::CustomerSample => {
                    self.put(
                        to,
                        staff.role,
                        Some(staff.name),
                        Bond::Free,
                        SampleReceived {}.into(),
                    );
                    if self.rng.chance(500) {
                        let at = self.office.moment(to, 8, &mut self.rng);
                        self.put(
                            at,
                            staff.role,
                            Some(staff.name),
                            Bond::Free,
                            SampleReturned {}.into(),
                        );
                    }
                }
                PauseReason::CustomerInformation
                | PauseReason::CustomerAppointment
                | PauseReason::Laboratory
                | PauseReason::Supplier
                | PauseReason::Internal => {}
            }
            self.put(
                to,
                staff.role,
                Some(staff.name),
                Bond::Chain,
                Resumed {}.into(),
            );
            ready = to;
        }
        Some((ready, used))
    }

    /// Assessed, classified or routed anew while the case is examined.
    fn second_thoughts(&mut self, pass: u8, start: Second, decided: Second) {
        let somewhere = |life: &mut Self| {
            let seconds = life.rng.between(1200, 70_000);
            let at = life.office.soon(start, seconds);
            (at < decided).then_some(at)
        };
        if self.rng.chance(100)
            && let Some((before, severity)) = self.severity
            && let Some(at) = somewhere(self).filter(|at| *at > before)
        {
            let up = self.rng.chance(580);
            let other = match (severity, up) {
                (Severity::Low, _) | (Severity::High, false) => Severity::Medium,
                (Severity::Medium, true) | (Severity::Critical, _) => Severity::High,
                (Severity::Medium, false) => Severity::Low,
                (Severity::High, true) => Severity::Critical,
            };
            let change = self.rng.pick_weighted(&[
                (AssessmentChange::Misjudged, 58),
                (AssessmentChange::NewFacts, 42),
            ]);
            let safety = CATEGORIES[self.complaint.matter.category].0 == "safety-health";
            let staff = self.anyone(self.department);
            let assessed = Assessed {
                severity: other,
                safety,
                complex: self.rng.chance(250),
                immediate_action: false,
                change,
            };
            self.severity = Some((at, other));
            self.put(
                at,
                staff.role,
                Some(staff.name),
                Bond::Open,
                assessed.into(),
            );
        }
        if pass > 1 {
            return;
        }
        if self.rng.chance(80)
            && let Some(at) = somewhere(self)
        {
            let category = CATEGORIES[self.complaint.matter.category].0.to_owned();
            let staff = self.anyone(self.department);
            let classified = Classified {
                category,
                product: None,
                lot: None,
            };
            self.put(
                at,
                staff.role,
                Some(staff.name),
                Bond::Chain,
                classified.into(),
            );
        }
        if self.rng.chance(55)
            && let Some(at) = somewhere(self)
        {
            let agent = self.person("customer_service", Role::Agent);
            self.department = self.department_of(CATEGORIES[self.complaint.matter.category].0);
            self.route(at, agent);
        }
    }

    fn decide(&mut self, pass: u8, at: Second, decider: Staff) -> InForce {
        let settled = decider.role == Role::Contact;
        let response = self.response(pass, settled);
        let cost = self.cost(response, settled);
        let needs_second_signature = cost > DISCRETION;
        let granted = (response != Response::Unfounded).then_some(response);
        let root_cause = match self.complaint.matter.cause {
            Some(cause) => self.rng.chance(560).then_some(CAUSES[cause].root),
            None => self.rng.chance(220).then(|| {
                self.rng.pick(&[
                    "application_error",
                    "transport",
                    "human_error",
                    "storage",
                    "unclear_instructions",
                ])
            }),
        };
        let rule = self.rng.pick_weighted(RULES);
        let version = if self.world.span.permille(self.office.date(at)) < 420 {
            "3"
        } else {
            "4"
        };
        let decided = Decided {
            pass,
            response,
            granted,
            cost,
            rule: rule.to_owned(),
            rule_version: version.to_owned(),
            needs_second_signature,
            root_cause: root_cause.map(str::to_owned),
            expectation: Some(match granted {
                Some(Response::Refund | Response::Replacement | Response::Repair) => {
                    Expectation::Met
                }
                Some(_) => Expectation::Partly,
                None => Expectation::NotMet,
            }),
        };
        let wordings = self.world.texts.of(self.complaint.language);
        let text = self.phrase(&wordings.decisions);
        self.put(
            at,
            decider.role,
            Some(decider.name),
            Bond::Chain,
            decided.into(),
        );
        if let Some(last) = self.drafts.last_mut() {
            last.text = Some(text);
        }
        let mut in_force = at;
        if needs_second_signature {
            let n = self.rng.pick_weighted(&[(0, 62), (1, 30), (2, 8)]);
            in_force = self.office.moment(at, n, &mut self.rng);
            self.put(
                in_force,
                Role::Admin,
                Some(MANAGER),
                Bond::Chain,
                Countersigned { pass }.into(),
            );
        }
        InForce {
            pass,
            at: in_force,
            granted,
            unfounded: response == Response::Unfounded,
        }
    }

    fn response(&mut self, pass: u8, settled: bool) -> Response {
        const SETTLED: &[(Response, u32)] = &[
            (Response::Information, 40),
            (Response::Apology, 20),
            (Response::Replacement, 18),
            (Response::GoodwillGift, 8),
            (Response::Refund, 8),
            (Response::TechnicalHelp, 6),
        ];
        const FIRST: &[(Response, u32)] = &[
            (Response::Replacement, 30),
            (Response::Refund, 18),
            (Response::TechnicalHelp, 12),
            (Response::Unfounded, 13),
            (Response::Information, 8),
            (Response::Compensation, 7),
            (Response::Repair, 6),
            (Response::Apology, 3),
            (Response::ChangeNotice, 3),
        ];
        const SECOND: &[(Response, u32)] = &[
            (Response::Compensation, 26),
            (Response::Refund, 26),
            (Response::Replacement, 18),
            (Response::Unfounded, 14),
            (Response::Repair, 8),
            (Response::GoodwillGift, 8),
        ];
        self.rng.pick_weighted(match (settled, pass) {
            (true, _) => SETTLED,
            (false, 1) => FIRST,
            (false, _) => SECOND,
        })
    }

    /// Cost of redress in minor units, in whole lira.
    fn cost(&mut self, response: Response, settled: bool) -> i64 {
        let (low, high) = match response {
            Response::Information
            | Response::Referral
            | Response::Apology
            | Response::ChangeNotice
            | Response::Unfounded => return 0,
            Response::GoodwillGift => (150, 600),
            Response::TechnicalHelp | Response::OtherHelp => (300, 1800),
            _ if settled => (120, 1400),
            Response::Replacement | Response::Substitute => (250, 5200),
            Response::Refund => (200, 4800),
            Response::Repair => (600, 6500),
            Response::Compensation | Response::FinancialHelp => (900, 12_000),
        };
        // The smaller of two draws: most redress is cheap, some is not.
        let lira = self.rng.between(low, high).min(self.rng.between(low, high));
        lira * 100
    }
}
