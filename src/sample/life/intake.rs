//! Intake: the first assessment, the category, and the department that the case goes to.

use super::{Bond, Life};
use crate::catalogue::{CATEGORIES, Site};
use crate::office::Second;
use redress_domain::event::{Assessed, Assigned, Classified, IssueAdded, Routed};
use redress_domain::vocabulary::{AssessmentChange, Role, Severity};

impl Life<'_> {
    /// Classified and routed; `None` when the span ends before.
    pub(super) fn intake(&mut self) -> Option<Second> {
        self.assess_first();
        let category = CATEGORIES[self.complaint.matter.category].0;
        let seen = self.category_seen();
        self.department = self.department_of(category);
        let missed = self.intake_miss();
        let n = if self.rng.chance(missed) {
            self.rng
                .pick_weighted(&[(3, 48), (4, 27), (5, 12), (6, 6), (8, 4), (11, 3)])
        } else {
            self.rng.pick_weighted(&[(0, 34), (1, 40), (2, 26)])
        };
        let by_received = self
            .office
            .moment(self.complaint.received, n, &mut self.rng);
        let classified = by_received.max(self.office.soon(self.registered, 300));
        let seconds = self.rng.between(20, 1200);
        let routed = self.office.soon(classified, seconds);
        let classified = if self.rng.chance(40) {
            // Sent on first and given its category only later.
            self.office.moment(routed, 1, &mut self.rng)
        } else {
            classified
        };
        let agent = self.person("customer_service", Role::Agent);
        let data = Classified {
            category: seen.to_owned(),
            product: self.complaint.matter.product.map(|p| p.name.to_owned()),
            lot: self
                .complaint
                .matter
                .lot
                .clone()
                .filter(|_| self.complaint.matter.cause.is_some() || self.rng.chance(600)),
        };
        self.put(
            classified,
            Role::Agent,
            Some(agent),
            Bond::Chain,
            data.into(),
        );
        self.route(routed, agent);
        if self.rng.chance(55) {
            let other = CATEGORIES[self.rng.place(CATEGORIES.len())].0;
            let at = self.office.soon(classified.max(routed), 200);
            let issue = IssueAdded {
                category: other.to_owned(),
                product: None,
                lot: None,
            };
            self.put(at, Role::Agent, Some(agent), Bond::Open, issue.into());
        }
        let end = classified.max(routed);
        (end < self.world.span.until).then_some(end)
    }

    pub(super) fn route(&mut self, at: Second, agent: &'static str) {
        let also = if self.rng.chance(110) {
            let other =
                self.rng
                    .pick(&["quality", "logistics", "technical_gebze", "technical_bursa"]);
            if other == self.department {
                Vec::new()
            } else {
                vec![other.to_owned()]
            }
        } else {
            Vec::new()
        };
        let routed = Routed {
            department: self.department.to_owned(),
            site: Some(self.site().to_owned()),
            also,
        };
        self.put(at, Role::Agent, Some(agent), Bond::Chain, routed.into());
        if self.rng.chance(850) {
            let seconds = self.rng.between(60, 9000);
            let at = self.office.soon(at, seconds);
            let to = self.anyone(self.department).name;
            self.put(
                at,
                Role::Agent,
                Some(agent),
                Bond::Open,
                Assigned { to: to.to_owned() }.into(),
            );
        }
    }

    /// The category as first judged: mostly the right one.
    fn category_seen(&mut self) -> &'static str {
        if self.rng.chance(930) {
            CATEGORIES[self.complaint.matter.category].0
        } else {
            CATEGORIES[self.rng.place(CATEGORIES.len())].0
        }
    }

    pub(super) fn department_of(&mut self, category: &str) -> &'static str {
        let options = CATEGORIES
            .iter()
            .find(|(id, _)| *id == category)
            .map_or(CATEGORIES[0].1, |(_, options)| *options);
        match self.rng.pick_weighted(options) {
            "technical" => match self.plant {
                Some(plant) => plant.technical(),
                None if self.rng.chance(600) => Site::Gebze.technical(),
                None => Site::Bursa.technical(),
            },
            other => other,
        }
    }

    /// Share of intakes that come too late, in thousandths: deliveries are sorted out at once, the head
    /// office is slower, and one quarter was bad for all.
    fn intake_miss(&self) -> u32 {
        let usual = match (self.department, self.plant) {
            ("logistics", _) => 25,
            (_, Some(Site::Gebze)) => 95,
            (_, Some(Site::Bursa)) => 130,
            (_, None) => 110,
        };
        if self.bad_quarter() {
            usual * 5 / 2
        } else {
            usual
        }
    }

    /// The fifth eighth of the span: in the usual span the last quarter of 2025.
    pub(super) fn bad_quarter(&self) -> bool {
        let date = self.office.date(self.complaint.received);
        (500..625).contains(&self.world.span.permille(date))
    }

    pub(super) fn assess_first(&mut self) {
        if self.rng.chance(40) {
            return;
        }
        let seconds = self.rng.between(120, 7200);
        let at = self.office.soon(self.registered, seconds);
        let safety =
            CATEGORIES[self.complaint.matter.category].0 == "safety-health" || self.rng.chance(15);
        let severity = match safety {
            true => self
                .rng
                .pick_weighted(&[(Severity::High, 70), (Severity::Critical, 30)]),
            false => self.rng.pick_weighted(&[
                (Severity::Low, 30),
                (Severity::Medium, 50),
                (Severity::High, 17),
                (Severity::Critical, 3),
            ]),
        };
        self.severity = Some((at, severity));
        let assessed = Assessed {
            severity,
            safety,
            complex: self.rng.chance(180),
            immediate_action: safety && self.rng.chance(600),
            change: AssessmentChange::First,
        };
        let actor = self.person("customer_service", Role::Agent);
        self.put(at, Role::Agent, Some(actor), Bond::Open, assessed.into());
    }
}
