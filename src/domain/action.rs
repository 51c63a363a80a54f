//! Corrective and preventive actions, from the signal that raised one to the proof that it worked.
//!
//! An action is its events. How it will be judged is fixed before it is carried out; the verdict is computed from the
//! complaints, and a person other than the owner says theirs beside it. See `docs/state-machine.md`.

pub mod check;
mod event;
mod refusal;

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

pub use check::{Check, CountBy, CriterionCheck, ExposureKind, Foreseen, Look, RateCheck, Sides};
pub use event::{
    ActionBody, ActionEvent, AmendedField, Amendment, Analysed, Contained, Implemented, Opened,
    Planned, Verified,
};
pub use refusal::ActionRefusal;

use super::scope::Scope;
use super::vocabulary::words;

/// Number of an action: `A-000012`. Given once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ActionId(pub u32);

impl std::fmt::Display for ActionId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "A-{:06}", self.0)
    }
}

impl From<ActionId> for String {
    fn from(id: ActionId) -> String {
        id.to_string()
    }
}

impl TryFrom<String> for ActionId {
    type Error = ActionRefusal;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl std::str::FromStr for ActionId {
    type Err = ActionRefusal;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text
            .strip_prefix("A-")
            .or_else(|| text.strip_prefix("a-"))
            .unwrap_or_default();
        digits
            .parse()
            .ok()
            .filter(|number| *number > 0)
            .map(ActionId)
            .ok_or_else(|| ActionRefusal::NoNumber(text.to_owned()))
    }
}

words! {
    /// What an action is for.
    ActionKind {
        /// Puts one complaint right.
        Correction = "correction",
        /// Removes a cause, so that the complaint does not come again.
        Corrective = "corrective",
        /// Removes a cause before it led to complaints.
        Preventive = "preventive",
        /// Makes the handling of complaints better.
        Improvement = "improvement",
        /// Tries a way that is new here.
        Innovation = "innovation",
    }
}

impl ActionKind {
    /// Whether a root cause has to be found before anything is planned.
    pub const fn needs_analysis(self) -> bool {
        match self {
            ActionKind::Corrective | ActionKind::Preventive => true,
            ActionKind::Correction | ActionKind::Improvement | ActionKind::Innovation => false,
        }
    }
}

words! {
    /// Where an action comes from.
    ActionSource {
        Cluster = "cluster", Case = "case", Audit = "audit", Review = "review", Suggestion = "suggestion",
    }
}

words! {
    /// Where an action stands on a day.
    ActionState {
        Open = "open", Analysed = "analysed", Planned = "planned", Implemented = "implemented",
        /// Its follow-up has begun.
        Checking = "checking",
        Effective = "effective", Ineffective = "ineffective", Inconclusive = "inconclusive",
        Closed = "closed", Withdrawn = "withdrawn", Reopened = "reopened",
    }
}

words! {
    /// Whether an action worked.
    Verdict { Effective = "effective", Ineffective = "ineffective", Inconclusive = "inconclusive" }
}

words! {
    /// How a root cause was looked for.
    AnalysisMethod { FiveWhys = "five_whys", Ishikawa = "ishikawa", Other = "other" }
}

words! {
    /// The branches of Ishikawa's diagram.
    IshikawaBranch {
        People = "people", Method = "method", Machine = "machine", Material = "material",
        Measurement = "measurement", Environment = "environment",
    }
}

words! {
    /// Which output of a management review an action carries out (ISO 10002, 8.6).
    ReviewOutput {
        /// Decisions and actions on the process.
        Process = "O1",
        /// Proposals for products and services.
        Product = "O2",
        /// Resource decisions.
        Resources = "O3",
    }
}

/// How an action stands, without regard to the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Open,
    Analysed,
    Planned,
    Implemented,
    Verified(Verdict),
    Closed,
    Withdrawn,
    Reopened,
}

impl Standing {
    /// The word of a refusal.
    pub const fn as_str(self) -> &'static str {
        match self {
            Standing::Open => "open",
            Standing::Analysed => "analysed",
            Standing::Planned => "planned",
            Standing::Implemented => "implemented",
            Standing::Verified(verdict) => verdict.as_str(),
            Standing::Closed => "closed",
            Standing::Withdrawn => "withdrawn",
            Standing::Reopened => "reopened",
        }
    }

    /// Whether nothing more is to be done.
    pub const fn is_over(self) -> bool {
        match self {
            Standing::Closed | Standing::Withdrawn => true,
            Standing::Open
            | Standing::Analysed
            | Standing::Planned
            | Standing::Implemented
            | Standing::Verified(_)
            | Standing::Reopened => false,
        }
    }
}

/// A check as it was fixed, and why it was changed.
#[derive(Debug, Clone, PartialEq)]
pub struct FixedCheck {
    pub check: Check,
    pub by: String,
    pub fixed_at: DateTime<Utc>,
    /// `None` for the one that was fixed first.
    pub reason: Option<String>,
    /// Changed after the action was implemented.
    pub after_start: bool,
}

/// One attempt: from the analysis to the verdict. A reopening begins the next one.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Round {
    pub analysis: Option<Analysed>,
    /// What is to be done, and by when.
    pub plan: Option<(String, NaiveDate)>,
    /// As first fixed, then every change; the last one is in force.
    pub checks: Vec<FixedCheck>,
    pub implementation: Option<Implemented>,
    /// Computed by the program at the ends that were fixed.
    pub looks: Vec<Look>,
    pub verification: Option<(String, Verified)>,
}

impl Round {
    /// The check in force.
    pub fn check(&self) -> Option<&FixedCheck> {
        self.checks.last()
    }

    /// The look that settles the verdict.
    pub fn settled(&self) -> Option<&Look> {
        self.looks.last().filter(|look| look.settles)
    }
}

/// The end of an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    pub on: NaiveDate,
    pub by: String,
    /// The note of a closing, or the reason of a withdrawal.
    pub note: Option<String>,
}

/// An action as its events have made it.
#[derive(Debug, Clone, PartialEq)]
pub struct Action {
    pub id: ActionId,
    /// Number of its last event: whoever changes it can say which version they saw.
    pub version: u32,
    pub opened: Opened,
    pub opened_by: String,
    pub containments: Vec<Contained>,
    /// At least one; the last one is the present one.
    pub rounds: Vec<Round>,
    pub amendments: Vec<Amendment>,
    /// Cases that were in scope and were moved out since.
    pub moved_out: BTreeSet<String>,
    /// Day and reason of each reopening.
    pub reopenings: Vec<(NaiveDate, String)>,
    pub ending: Option<Ending>,
    pub notes: Vec<(String, String)>,
    pub standing: Standing,
}

impl Action {
    /// Folds an action from its events, oldest first.
    ///
    /// # Errors
    /// When there is no event, or one does not fit what came before it.
    pub fn fold(id: ActionId, events: &[ActionEvent]) -> Result<Action, ActionRefusal> {
        let mut folded: Option<Action> = None;
        for event in events {
            folded = Some(match folded {
                None => Action::begin(id, event)?,
                Some(action) => action.with(event)?,
            });
        }
        folded.ok_or(ActionRefusal::Unknown(id))
    }

    /// The action that a first event opens.
    ///
    /// # Errors
    /// When it is no opening, or lacks title or owner.
    pub fn begin(id: ActionId, event: &ActionEvent) -> Result<Action, ActionRefusal> {
        let ActionBody::Opened(opened) = &event.body else {
            return Err(ActionRefusal::Unknown(id));
        };
        filled("title", &opened.title)?;
        filled("owner", &opened.owner)?;
        refusal::one_line("the title", &opened.title)?;
        refusal::one_line("the owner", &opened.owner)?;
        refusal::has_come(opened.on, event)?;
        Ok(Action {
            id,
            version: event.event_no,
            opened: opened.clone(),
            opened_by: event.actor.clone(),
            containments: Vec::new(),
            rounds: vec![Round::default()],
            amendments: Vec::new(),
            moved_out: BTreeSet::new(),
            reopenings: Vec::new(),
            ending: None,
            notes: Vec::new(),
            standing: Standing::Open,
        })
    }

    /// The present attempt.
    pub fn round(&self) -> &Round {
        // There is always one: `begin` makes the first, a reopening adds one.
        &self.rounds[self.rounds.len() - 1]
    }

    fn round_mut(&mut self) -> &mut Round {
        let last = self.rounds.len() - 1;
        &mut self.rounds[last]
    }

    /// The scope as fixed with the check, else as given at the opening.
    pub fn scope(&self) -> Option<&Scope> {
        match self.round().check().map(|fixed| &fixed.check) {
            Some(Check::Rate(check)) => Some(&check.scope),
            Some(Check::Criterion(_)) | None => self.opened.scope.as_ref(),
        }
    }

    /// The day by which it is to be carried out.
    pub fn due_on(&self) -> Option<NaiveDate> {
        self.round()
            .plan
            .as_ref()
            .map(|(_, due)| *due)
            .or(self.opened.due_on)
    }

    /// Where it stands on a day.
    pub fn state(&self, today: NaiveDate) -> ActionState {
        match self.standing {
            Standing::Open => ActionState::Open,
            Standing::Analysed => ActionState::Analysed,
            Standing::Planned => ActionState::Planned,
            Standing::Implemented => match self.follow_up_begins() {
                Some(first) if first <= today => ActionState::Checking,
                Some(_) | None => ActionState::Implemented,
            },
            Standing::Verified(Verdict::Effective) => ActionState::Effective,
            Standing::Verified(Verdict::Ineffective) => ActionState::Ineffective,
            Standing::Verified(Verdict::Inconclusive) => ActionState::Inconclusive,
            Standing::Closed => ActionState::Closed,
            Standing::Withdrawn => ActionState::Withdrawn,
            Standing::Reopened => ActionState::Reopened,
        }
    }

    /// First day of the follow-up; `None` before the action is implemented.
    pub fn follow_up_begins(&self) -> Option<NaiveDate> {
        let round = self.round();
        let on = round.implementation.as_ref()?.on;
        match &round.check()?.check {
            Check::Rate(check) => check.follow_up(on).map(|(first, _)| first),
            Check::Criterion(_) => Some(on),
        }
    }

    /// The day after whose end the verdict can be given; `None` before the action is implemented.
    pub fn check_due_on(&self) -> Option<NaiveDate> {
        let round = self.round();
        let on = round.implementation.as_ref()?.on;
        match &round.check()?.check {
            Check::Rate(check) => check.observed_until(on, round.looks.len()),
            Check::Criterion(check) => Some(check.due_on),
        }
    }

    /// Whether the day by which it waits for somebody has passed: that of its carrying out, or that of its verdict.
    pub fn is_overdue(&self, today: NaiveDate) -> bool {
        match self.state(today) {
            ActionState::Open
            | ActionState::Analysed
            | ActionState::Planned
            | ActionState::Reopened => self.due_on().is_some_and(|due| due < today),
            ActionState::Implemented | ActionState::Checking => {
                self.check_due_on().is_some_and(|due| due < today)
            }
            ActionState::Effective
            | ActionState::Ineffective
            | ActionState::Inconclusive
            | ActionState::Closed
            | ActionState::Withdrawn => false,
        }
    }

    /// The action after one more event.
    ///
    /// # Errors
    /// When the event does not fit where the action stands.
    pub fn with(mut self, event: &ActionEvent) -> Result<Action, ActionRefusal> {
        self.admits(event)?;
        self.version = event.event_no;
        match &event.body {
            ActionBody::Opened(_) => return Err(ActionRefusal::OpenedTwice(self.id)),
            ActionBody::Contained(contained) => self.containments.push(contained.clone()),
            ActionBody::Analysed(analysed) => {
                self.round_mut().analysis = Some(analysed.clone());
                self.standing = Standing::Analysed;
            }
            ActionBody::Planned(planned) => {
                let round = self.round_mut();
                round.plan = Some((planned.what.clone(), planned.due_on));
                round.checks = vec![FixedCheck {
                    check: planned.check.clone(),
                    by: event.actor.clone(),
                    fixed_at: event.recorded_at,
                    reason: None,
                    after_start: false,
                }];
                self.standing = Standing::Planned;
            }
            ActionBody::CheckChanged { check, reason } => {
                let after_start = self.standing == Standing::Implemented;
                self.round_mut().checks.push(FixedCheck {
                    check: check.clone(),
                    by: event.actor.clone(),
                    fixed_at: event.recorded_at,
                    reason: Some(reason.clone()),
                    after_start,
                });
            }
            ActionBody::Implemented(implemented) => {
                self.round_mut().implementation = Some(implemented.clone());
                self.standing = Standing::Implemented;
            }
            ActionBody::Judged(look) => self.round_mut().looks.push(look.as_ref().clone()),
            ActionBody::Verified(verified) => {
                self.round_mut().verification = Some((event.actor.clone(), verified.clone()));
                self.standing = Standing::Verified(verified.verdict);
            }
            ActionBody::Closed { on, note } => {
                self.end(*on, &event.actor, note.clone(), Standing::Closed);
            }
            ActionBody::Withdrawn { on, reason } => {
                self.end(*on, &event.actor, Some(reason.clone()), Standing::Withdrawn);
            }
            ActionBody::Reopened { on, reason } => {
                self.reopenings.push((*on, reason.clone()));
                self.rounds.push(Round::default());
                self.ending = None;
                self.standing = Standing::Reopened;
            }
            ActionBody::Amended(amendment) => {
                self.amend(amendment)?;
                self.amendments.push(amendment.clone());
            }
            ActionBody::MovedOut { cases } => self.moved_out.extend(cases.iter().cloned()),
            ActionBody::MovedIn { cases } => {
                for case in cases {
                    self.moved_out.remove(case);
                }
            }
            ActionBody::Noted { text } => {
                self.notes.push((event.actor.clone(), text.clone()));
            }
        }
        Ok(self)
    }

    fn end(&mut self, on: NaiveDate, by: &str, note: Option<String>, standing: Standing) {
        self.ending = Some(Ending {
            on,
            by: by.to_owned(),
            note,
        });
        self.standing = standing;
    }

    fn amend(&mut self, amendment: &Amendment) -> Result<(), ActionRefusal> {
        let value = amendment.new.clone();
        let day = |text: &str| {
            text.parse::<NaiveDate>()
                .map_err(|_| ActionRefusal::Day(text.to_owned()))
        };
        match amendment.field {
            AmendedField::Title => {
                filled("title", &value)?;
                self.opened.title = value;
            }
            AmendedField::Owner => {
                filled("owner", &value)?;
                self.opened.owner = value;
            }
            AmendedField::Department => {
                self.opened.department = Some(value).filter(|text| !text.is_empty());
            }
            AmendedField::DueOn => {
                let due = day(&value)?;
                match &mut self.round_mut().plan {
                    Some((_, planned)) => *planned = due,
                    None => self.opened.due_on = Some(due),
                }
            }
        }
        Ok(())
    }

    /// What a field that can be amended holds now.
    pub fn field(&self, field: AmendedField) -> String {
        match field {
            AmendedField::Title => self.opened.title.clone(),
            AmendedField::Owner => self.opened.owner.clone(),
            AmendedField::Department => self.opened.department.clone().unwrap_or_default(),
            AmendedField::DueOn => self
                .due_on()
                .map_or(String::new(), |day| day.format("%Y-%m-%d").to_string()),
        }
    }
}

/// A text that must say something.
pub(super) fn filled(what: &'static str, text: &str) -> Result<(), ActionRefusal> {
    match text.trim().is_empty() {
        true => Err(ActionRefusal::Missing(what)),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests;
