//! Where a complaint stands: its steps with their days, and what happens next and by when, in words.
//!
//! Days are those of the stage clock, with the complainant's own time left out (the net side), so that
//! this page and the figures of the management review never disagree.

use chrono::{DateTime, NaiveDate, Utc};

use super::seen::Seen;
use crate::words::Words;
use redress_domain::case_file::PassRecord;
use redress_domain::limits::LimitQuery;
use redress_domain::rulebook::{RuleError, Rulebook};
use redress_domain::stage_clock::{SideKind, StageEnd, Verdict};
use redress_domain::stages::{CUSTOMER_SERVICE, Stage, StageRecord, stages};
use redress_domain::vocabulary::{Answer, Means, PauseReason};
use redress_domain::workflow::{Pass, State};

/// What the complainant is told of the way.
#[derive(Debug, Clone)]
pub struct Progress {
    /// What happens next, and by when.
    pub next: String,
    /// Said where a limit is over.
    pub late: Option<String>,
    pub steps: Vec<Step>,
}

/// A step of the way.
#[derive(Debug, Clone)]
pub struct Step {
    pub name: String,
    pub stands: Stands,
    /// What there is to say of it: its day, or by when it is due.
    pub lines: Vec<String>,
}

/// Where a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stands {
    Done,
    Now,
    Ahead,
}

impl Stands {
    /// Its class in the style sheet.
    pub const fn class(self) -> &'static str {
        match self {
            Stands::Done => "done",
            Stands::Now => "now",
            Stands::Ahead => "ahead",
        }
    }

    /// The key of its word, for who does not see the marks.
    pub const fn key(self) -> &'static str {
        match self {
            Stands::Done => "public_case.step_done",
            Stands::Now => "public_case.step_now",
            Stands::Ahead => "public_case.step_ahead",
        }
    }
}

/// The way of a case, as it stands now.
pub fn progress(seen: &Seen, rules: &Rulebook, words: &Words, now: DateTime<Utc>) -> Progress {
    let way = Way {
        seen,
        rules,
        words,
        now,
        stages: stages(&seen.file),
    };
    Progress {
        next: way.next(),
        late: way.late(),
        steps: way.steps(),
    }
}

/// By when a stage ends at the latest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// The last day; `None` while the complainant's pause leaves it open.
    pub on: Option<NaiveDate>,
    /// Counted days from today to it.
    pub left: i64,
    /// The limit is over.
    pub late: bool,
}

impl Due {
    /// The due date of an open stage.
    ///
    /// # Errors
    /// When no limit applies, or a day lies outside the calendar.
    pub fn of(
        seen: &Seen,
        record: &StageRecord,
        rules: &Rulebook,
        now: DateTime<Utc>,
    ) -> Result<Due, RuleError> {
        let (_, _, measure) = rules.measure(&seen.file, record)?;
        let calendar = rules.calendar(&record.department);
        let on = measure.side(SideKind::Net).due_on;
        let left = match on {
            Some(day) => calendar.counted_days_between(calendar.local_date(now)?, day)?,
            None => 0,
        };
        Ok(Due {
            on,
            left,
            late: measure.verdict_at(SideKind::Net, now) == Verdict::OpenLate,
        })
    }

    /// "by 12 March 2026 (3 working days)", "today", or "as soon as possible".
    pub fn in_words(self, words: &Words) -> String {
        match self.on {
            Some(day) if !self.late && self.left > 0 => {
                let left = words.plural("time.working_days", self.left);
                words.fill(
                    "public_case.by",
                    &[("day", &words.date(day)), ("left", &left)],
                )
            }
            // The last day may be a free one by now; it is still the last.
            Some(_) if !self.late => words.text("public_case.by_today").to_owned(),
            Some(_) | None => words.text("public_case.by_soon").to_owned(),
        }
    }
}

struct Way<'a> {
    seen: &'a Seen,
    rules: &'a Rulebook,
    words: &'a Words,
    now: DateTime<Utc>,
    stages: Vec<StageRecord>,
}

impl Way<'_> {
    fn next(&self) -> String {
        if let Some(rest) = self.seen.waits_for_complainant() {
            return self.text(match rest.reason {
                PauseReason::CustomerSample => "next_sample",
                PauseReason::CustomerAppointment => "next_appointment",
                PauseReason::CustomerInformation
                | PauseReason::Laboratory
                | PauseReason::Supplier
                | PauseReason::Internal => "next_information",
            });
        }
        let file = &self.seen.file;
        match &file.state {
            State::Registered { .. } => self.told("next_intake", Stage::Intake),
            State::InProcessing { pass: 0 | 1 } => self.told("next_processing", Stage::Processing),
            State::InProcessing { .. } => self.told("next_again", Stage::Processing),
            State::Decided { signed: true, .. } => self.told("next_resolution", Stage::Resolution),
            State::Decided { pass: 0 | 1, .. } => self.told("next_processing", Stage::Processing),
            State::Decided { .. } => self.told("next_again", Stage::Processing),
            State::Resolved { .. } => self.text("next_answer"),
            State::Completed { .. } | State::CompletedExternally => {
                match (file.remedy_due_on, file.remedy_done_at) {
                    (Some(day), None) if self.is_past(day) => {
                        self.on("next_remedy_late", &self.words.date(day))
                    }
                    (Some(day), None) => self.on("next_remedy", &self.words.date(day)),
                    (_, _) => self.text("next_completed"),
                }
            }
            State::Outstanding { referred: true, .. } => self.text("next_referred"),
            State::Outstanding { .. } => self.text("next_outstanding"),
            State::Exhausted => self.text("next_exhausted"),
            State::Unanswered { .. } => self.text("next_unanswered"),
            State::Withdrawn { .. } => self.text("next_withdrawn"),
            State::Merged { into, .. } => self
                .words
                .fill("public_case.next_merged", &[("number", into)]),
        }
    }

    /// The sentence of a running stage with its due date.
    fn told(&self, key: &str, stage: Stage) -> String {
        let by = match self.running(stage).and_then(|record| self.due(record)) {
            Some(due) => due.in_words(self.words),
            None => self.words.text("public_case.by_soon").to_owned(),
        };
        self.words
            .fill(&format!("public_case.{key}"), &[("by", &by)])
    }

    fn late(&self) -> Option<String> {
        [Stage::Intake, Stage::Processing, Stage::Resolution]
            .into_iter()
            .filter_map(|stage| self.due(self.running(stage)?))
            .find(|due| due.late)
            .and_then(|due| Some(self.on("late", &self.words.date(due.on?))))
    }

    /// The stage of the present pass that has not ended.
    fn running(&self, stage: Stage) -> Option<&StageRecord> {
        self.stages
            .iter()
            .rev()
            .find(|record| record.stage == stage && record.applies && record.ended.is_none())
    }

    /// A due date that cannot be computed is left out: a gap in the calendar hides nobody's case.
    fn due(&self, record: &StageRecord) -> Option<Due> {
        match Due::of(self.seen, record, self.rules, self.now) {
            Ok(due) => Some(due),
            Err(error) => {
                let case_key = self.seen.case_key;
                tracing::warn!(case_key, %error, "a due date cannot be computed");
                None
            }
        }
    }

    fn steps(&self) -> Vec<Step> {
        let file = &self.seen.file;
        let mut steps = vec![self.received()];
        // Settled where it was made: nobody passed it on.
        if !file.settled_where_made() {
            steps.extend(self.step("step_intake", Stage::Intake, 1));
        }
        let first = PassRecord::begun(1, None);
        let known = file.passes.iter().find(|record| record.pass == 1);
        steps.extend(self.pass(known.unwrap_or(&first)));
        for record in file.passes.iter().filter(|record| record.pass > 1) {
            steps.extend(self.pass(record));
        }
        steps.extend(self.end());
        steps
    }

    fn received(&self) -> Step {
        let file = &self.seen.file;
        let mut lines = vec![self.words.moment(file.received_at(), self.seen.zone)];
        if let Some((at, means)) = file.acknowledged {
            lines.push(self.by_means("acknowledged_on", at, means));
        }
        self.made("step_received", Stands::Done, lines)
    }

    /// Decision, its way to the complainant, and the answer.
    fn pass(&self, record: &PassRecord) -> Vec<Step> {
        let names = match record.pass {
            0 | 1 => ["step_processing", "step_resolution", "step_answer"],
            _ => ["step_again", "step_again_resolution", "step_again_answer"],
        };
        let mut steps = Vec::new();
        steps.extend(self.step(names[0], Stage::Processing, record.pass));
        match record.communicated {
            Some((at, means)) => {
                let line = match means {
                    Some(means) => self.by_means("told_on", at, means),
                    None => self.words.day(at, self.seen.zone),
                };
                steps.push(self.made(names[1], Stands::Done, vec![line]));
            }
            None => steps.extend(self.step(names[1], Stage::Resolution, record.pass)),
        }
        steps.extend(self.answer(names[2], record));
        steps
    }

    fn answer(&self, name: &str, record: &PassRecord) -> Option<Step> {
        let file = &self.seen.file;
        if let Some(answer) = &record.answer {
            let key = match (answer.answer, answer.on_behalf) {
                (Answer::Accepted, false) => "accepted_on",
                (Answer::Rejected, false) => "rejected_on",
                (Answer::Accepted, true) => "accepted_on_behalf_on",
                (Answer::Rejected, true) => "rejected_on_behalf_on",
            };
            let line = self.on(key, &self.words.day(answer.at, self.seen.zone));
            return Some(self.made(name, Stands::Done, vec![line]));
        }
        if let Some(at) = record.lapsed_at {
            let line = self.on("lapsed_on", &self.words.day(at, self.seen.zone));
            return Some(self.made(name, Stands::Done, vec![line]));
        }
        let is_present = file.state.pass() == record.pass;
        match file.state {
            State::Resolved { .. } if is_present => {
                Some(self.made(name, Stands::Now, vec![self.text("answer_awaited")]))
            }
            State::Registered { .. } | State::InProcessing { .. } | State::Decided { .. }
                if is_present =>
            {
                Some(self.made(name, Stands::Ahead, Vec::new()))
            }
            State::Registered { .. }
            | State::InProcessing { .. }
            | State::Decided { .. }
            | State::Resolved { .. }
            | State::Completed { .. }
            | State::Outstanding { .. }
            | State::CompletedExternally
            | State::Exhausted
            | State::Unanswered { .. }
            | State::Withdrawn { .. }
            | State::Merged { .. } => None,
        }
    }

    /// A stage as a step: done on a day, running until one, or still ahead with its limit. `None` where the
    /// case ended before it.
    fn step(&self, name: &str, stage: Stage, pass: Pass) -> Option<Step> {
        let mut found = self
            .stages
            .iter()
            .filter(|r| r.stage == stage && r.pass == pass);
        let Some(record) = found.next() else {
            let ended = self.seen.file.state.name().is_closed();
            return (!ended).then(|| self.made(name, Stands::Ahead, self.limit(stage, pass)));
        };
        match record.ended {
            Some((at, StageEnd::Done)) => {
                let day = self.words.day(at, self.seen.zone);
                Some(self.made(name, Stands::Done, vec![day]))
            }
            Some((_, StageEnd::Withdrawn | StageEnd::Merged)) => None,
            None => {
                let lines = match self.due(record) {
                    Some(due) if due.late => due
                        .on
                        .map(|day| self.on("was_due", &self.words.date(day)))
                        .into_iter()
                        .collect(),
                    Some(due) if due.on.is_none() => vec![self.text("stands_still")],
                    Some(due) => vec![due.in_words(self.words)],
                    None => Vec::new(),
                };
                Some(self.made(name, Stands::Now, lines))
            }
        }
    }

    /// "within 4 working days after that", by the limits in force today.
    fn limit(&self, stage: Stage, pass: Pass) -> Vec<String> {
        let file = &self.seen.file;
        let held = file.holdings.last().map(|held| held.department.as_str());
        let limit = self.rules.limits.lookup(LimitQuery {
            stage,
            pass,
            department: held.or(Some(CUSTOMER_SERVICE)),
            severity: file.severity_at(self.now),
            started_on: self.now.with_timezone(&self.seen.zone).date_naive(),
            known_at: self.rules.known_at,
        });
        match limit {
            Ok(limit) => {
                let days = self
                    .words
                    .plural("public_case.within", i64::from(limit.days));
                vec![days]
            }
            Err(_) => Vec::new(),
        }
    }

    /// How it ended, or what remains.
    fn end(&self) -> Vec<Step> {
        let file = &self.seen.file;
        let mut steps = Vec::new();
        let state = self.words.name("states", file.state.name().as_str());
        let entered = file.history.last().map(|change| change.at);
        let day = entered.map(|at| self.words.day(at, self.seen.zone));
        match file.state {
            State::Outstanding { .. } => {
                let mut lines: Vec<String> = day.into_iter().collect();
                if let Some(at) = file.remedies_told_at {
                    lines.push(self.on("remedies_told_on", &self.words.day(at, self.seen.zone)));
                }
                if let Some((at, body)) = &file.referral {
                    let on = self.words.day(*at, self.seen.zone);
                    let values = [("body", body.as_str()), ("day", on.as_str())];
                    lines.push(self.words.fill("public_case.referred_on", &values));
                }
                steps.push(Step {
                    name: state,
                    stands: Stands::Now,
                    lines,
                });
            }
            State::Completed { .. }
            | State::CompletedExternally
            | State::Exhausted
            | State::Unanswered { .. }
            | State::Withdrawn { .. }
            | State::Merged { .. } => steps.push(Step {
                name: state,
                stands: Stands::Done,
                lines: day.into_iter().collect(),
            }),
            State::Registered { .. }
            | State::InProcessing { .. }
            | State::Decided { .. }
            | State::Resolved { .. } => {}
        }
        // The acceptance completes a complaint; the remedy is delivered after it.
        let remedy = match (file.remedy_due_on, file.remedy_done_at) {
            (Some(_), Some(done)) => {
                let line = self.words.day(done, self.seen.zone);
                Some((
                    self.made("step_remedy", Stands::Done, vec![line]),
                    Some(done),
                ))
            }
            (Some(day), None) => {
                let key = match self.is_past(day) {
                    true => "was_due",
                    false => "remedy_by",
                };
                let line = self.on(key, &self.words.date(day));
                Some((self.made("step_remedy", Stands::Now, vec![line]), None))
            }
            (None, _) => None,
        };
        if let Some((step, done)) = remedy {
            let was_before = done.zip(entered).is_some_and(|(done, end)| done < end);
            steps.insert(if was_before { 0 } else { steps.len() }, step);
        }
        steps
    }

    /// A day that is over, by the clock of the organisation.
    fn is_past(&self, day: NaiveDate) -> bool {
        self.now.with_timezone(&self.seen.zone).date_naive() > day
    }

    fn made(&self, name: &str, stands: Stands, lines: Vec<String>) -> Step {
        Step {
            name: self.text(name),
            stands,
            lines,
        }
    }

    fn text(&self, key: &str) -> String {
        self.words.text(&format!("public_case.{key}")).to_owned()
    }

    fn on(&self, key: &str, day: &str) -> String {
        self.words
            .fill(&format!("public_case.{key}"), &[("day", day)])
    }

    fn by_means(&self, key: &str, at: DateTime<Utc>, means: Means) -> String {
        let day = self.words.day(at, self.seen.zone);
        let means = self.words.text(&format!("public_means.{means}")).to_owned();
        let values = [("day", day.as_str()), ("means", means.as_str())];
        self.words.fill(&format!("public_case.{key}"), &values)
    }
}
