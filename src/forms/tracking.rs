//! The progress of a complaint: what was done when and by whom, step by step (ISO 10002, 7.2 to 7.9).

use chrono::{DateTime, Utc};

use redress_domain::case_file::{CaseFile, PassRecord};
use redress_domain::event::EventKind;

use super::case::FormCase;
use super::common::blank_row;
use super::model::{Entry, Grid, Row};
use super::words::Words;

const COLUMNS: [&str; 4] = ["step", "day", "staff", "remarks"];

/// The steps of a blank form.
const STEPS: [&str; 9] = [
    "received",
    "acknowledged",
    "assessed",
    "investigated",
    "resolved",
    "informed",
    "corrected",
    "verified",
    "closed",
];

/// The table of steps; a second examination has rows of its own.
pub(super) fn tracking(words: &Words, case: Option<&FormCase>) -> Grid {
    let rows = match case {
        Some(case) => Steps { words, case }.rows(),
        None => STEPS
            .iter()
            .map(|step| blank_row(words.text(&format!("step.{step}")), COLUMNS.len() - 1))
            .collect(),
    };
    Grid {
        id: "step",
        caption: words.text("section.tracking"),
        columns: COLUMNS
            .map(|column| words.text(&format!("column.{column}")))
            .to_vec(),
        rows,
    }
}

struct Steps<'a> {
    words: &'a Words,
    case: &'a FormCase,
}

impl Steps<'_> {
    fn rows(&self) -> Vec<Row> {
        let file = self.case.file();
        let mut rows = vec![self.received(), self.acknowledged(), self.assessed()];
        if file.passes.is_empty() {
            rows.extend(self.pass(&PassRecord::begun(1, None)));
        }
        for pass in &file.passes {
            rows.extend(self.pass(pass));
        }
        rows.push(self.corrected());
        rows.push(self.verified());
        rows.extend(self.recourse());
        rows.push(self.closed());
        rows
    }

    fn received(&self) -> Row {
        let file = self.case.file();
        let registered = self.words.moment(file.registered_at, self.case.zone());
        let by = self.case.by(EventKind::Registered, file.registered_at);
        let remark = self.words.remark("registered", &registered);
        self.row("received", Some(file.received_at()), by, &[remark])
    }

    fn acknowledged(&self) -> Row {
        let Some((at, means)) = self.case.file().acknowledged else {
            return self.row("acknowledged", None, None, &[]);
        };
        let by = self.case.by(EventKind::Acknowledged, at);
        let means = self.words.text(&format!("means.{means}"));
        self.row("acknowledged", Some(at), by, &[means])
    }

    fn assessed(&self) -> Row {
        let assessments = &self.case.file().assessments;
        let remarks: Vec<String> = assessments
            .iter()
            .map(|(at, assessed)| {
                let severity = self.words.name("severities", assessed.severity.as_str());
                format!("{severity}, {}", self.day(*at))
            })
            .collect();
        let first = assessments.first().map(|(at, _)| *at);
        let by = first.and_then(|at| self.case.by(EventKind::Assessed, at));
        self.row("assessed", first, by, &remarks)
    }

    /// Examination, decision, and the way of the decision to the customer and back.
    fn pass(&self, pass: &PassRecord) -> [Row; 3] {
        let file = self.case.file();
        let rows = [
            self.investigated(pass),
            self.resolved(pass),
            self.informed(pass),
        ];
        if file.passes.len() < 2 {
            return rows;
        }
        let which = format!("{} {}", self.words.text("remark.pass"), pass.pass);
        rows.map(|row| Row {
            head: format!("{} ({which})", row.head),
            ..row
        })
    }

    /// The register records who has a case, not the day on which its examination was done.
    fn investigated(&self, pass: &PassRecord) -> Row {
        let file = self.case.file();
        let mut remarks = Vec::new();
        let held = match &pass.decision {
            Some(decision) => file.holding_at(decision.at),
            None => file.holdings.last(),
        };
        if let Some(held) = held {
            let department = self.words.name("departments", &held.department);
            let since = format!("{department}, {}", self.day(held.since));
            remarks.push(self.words.remark("department", &since));
        }
        let is_last = file.passes.last().is_none_or(|last| last.pass == pass.pass);
        if let Some(assigned) = file.assigned_to.as_deref().filter(|_| is_last) {
            remarks.push(self.words.remark("assigned", assigned));
        }
        if pass.pass == 1 && file.settled_where_made() {
            remarks.push(self.words.text("remark.settled"));
        }
        self.row("investigated", None, None, &remarks)
    }

    fn resolved(&self, pass: &PassRecord) -> Row {
        let Some(decision) = &pass.decision else {
            return self.row("resolved", None, None, &[]);
        };
        let name = |code| self.words.name("remedies", code);
        let mut remarks = vec![name(decision.data.response.as_str())];
        if let Some(granted) = decision.data.granted
            && granted != decision.data.response
        {
            remarks.push(self.words.remark("granted", &name(granted.as_str())));
        }
        if decision.in_force_at.is_none() {
            remarks.push(self.words.text("remark.unsigned"));
        }
        let by = decision.by.as_deref();
        self.row("resolved", Some(decision.at), by, &remarks)
    }

    fn informed(&self, pass: &PassRecord) -> Row {
        let mut remarks = Vec::new();
        let mut by = None;
        if let Some((at, means)) = pass.communicated {
            by = self.case.by(EventKind::Communicated, at);
            remarks.extend(means.map(|means| self.words.text(&format!("means.{means}"))));
        }
        if let Some(answer) = &pass.answer {
            let name = self.words.name("codes", answer.answer.as_str());
            let told = format!("{name}, {}", self.day(answer.at));
            remarks.push(self.words.remark("answer", &told));
        }
        if let Some(at) = pass.lapsed_at {
            remarks.push(self.words.remark("lapsed", &self.day(at)));
        }
        let at = pass.communicated.map(|(at, _)| at);
        self.row("informed", at, by, &remarks)
    }

    fn corrected(&self) -> Row {
        let CaseFile {
            remedy_due_on,
            remedy_done_at,
            ..
        } = self.case.file();
        let due = remedy_due_on.map(|day| self.words.remark("due", &self.words.date(day)));
        let by = remedy_done_at.and_then(|at| self.case.by(EventKind::RemedyDone, at));
        self.row("corrected", *remedy_done_at, by, due.as_slice())
    }

    fn verified(&self) -> Row {
        let Some((at, holds)) = self.case.file().correction_verified else {
            return self.row("verified", None, None, &[]);
        };
        let by = self.case.by(EventKind::CorrectionVerified, at);
        let outcome = if holds {
            self.words.text("remark.holds")
        } else {
            self.words.text("remark.fails")
        };
        self.row("verified", Some(at), by, &[outcome])
    }

    /// What followed a second rejection, only where it did.
    fn recourse(&self) -> Vec<Row> {
        let file = self.case.file();
        let mut rows = Vec::new();
        if let Some(at) = file.remedies_told_at {
            let by = self.case.by(EventKind::RemediesTold, at);
            rows.push(self.row("remedies_told", Some(at), by, &[]));
        }
        if let Some((at, body)) = &file.referral {
            let by = self.case.by(EventKind::ReferredExternally, *at);
            rows.push(self.row("referred", Some(*at), by, std::slice::from_ref(body)));
        }
        if let Some((at, satisfied)) = file.external_outcome {
            let by = self.case.by(EventKind::ExternalOutcome, at);
            let answer = if satisfied {
                self.words.text("entry.yes")
            } else {
                self.words.text("entry.no")
            };
            let remark = self.words.remark("satisfied", &answer);
            rows.push(self.row("outcome", Some(at), by, &[remark]));
        }
        rows
    }

    fn closed(&self) -> Row {
        let file = self.case.file();
        let Some(at) = file.closed_at() else {
            return self.row("closed", None, None, &[]);
        };
        let state = self.words.name("states", file.state.name().as_str());
        self.row("closed", Some(at), self.case.by_at(at), &[state])
    }

    fn day(&self, at: DateTime<Utc>) -> String {
        self.words.day(at, self.case.zone())
    }

    fn row(
        &self,
        step: &str,
        at: Option<DateTime<Utc>>,
        by: Option<&str>,
        remarks: &[String],
    ) -> Row {
        Row {
            head: self.words.text(&format!("step.{step}")),
            cells: vec![
                Entry::of(at.map(|at| self.day(at))),
                Entry::of(by),
                Entry::of(Some(remarks.join("; "))),
            ],
        }
    }
}
