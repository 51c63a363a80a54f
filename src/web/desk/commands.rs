//! What can be done to a case: its name in the address, who may do it, what is asked, and the event that it makes. The
//! rows are in [`steps`], [`work`] and [`closing`]; whether the case admits one is tried on the case's own file.

use chrono::{DateTime, TimeDelta, Utc};

mod closing;
mod row;
mod steps;
mod work;

use super::reading::Reading;
use redress_domain::case_file::CaseFile;
use redress_domain::event::{Event, EventBody, EventKind};
use redress_domain::vocabulary::{MessagePurpose, Role};
use redress_domain::workflow::{Refusal, State};
use redress_register::{Recorded, Staff};

/// A command of a case.
pub struct Command {
    /// In the address; its texts are found by it.
    pub name: &'static str,
    pub roles: &'static [Role],
    /// Those of the roles that may only as long as the complaint is where it was made.
    on_the_spot: &'static [Role],
    pub group: Group,
    pub asks: &'static [Ask],
    pub words: FreeText,
    /// It may have happened before it is entered.
    pub dated: bool,
    /// The event that is tried on the case, to learn whether the case admits the command.
    sample: fn(&CaseFile) -> EventBody,
    /// What has to be true besides, where an event could be recorded that would say nothing.
    sensible: fn(&Circumstances<'_>) -> bool,
    pub act: Act,
}

/// Where a command stands on the case page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// What brings the case forward.
    Steps,
    /// What belongs to the work on it.
    Work,
    /// What is added to it.
    Evidence,
    /// What ends it otherwise, and what mends it.
    Other,
}

impl Group {
    pub const ALL: [Group; 4] = [Group::Steps, Group::Work, Group::Evidence, Group::Other];

    /// Key of its heading.
    pub const fn key(self) -> &'static str {
        match self {
            Group::Steps => "case.steps",
            Group::Work => "case.work",
            Group::Evidence => "case.evidence",
            Group::Other => "case.other",
        }
    }
}

/// Whether words go with a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FreeText {
    None,
    Optional,
    Needed,
}

/// What a command does with its form.
pub enum Act {
    /// Records the event that the form makes.
    Event(fn(&mut Reading<'_>) -> Option<EventBody>),
    /// Pauses with a question to the customer.
    Ask,
    Attach,
    Amend,
    Void,
    Remind,
    /// Asks the customer how the complaint was handled.
    Invite,
    NewPassword,
}

/// A field of a command's form.
pub struct Ask {
    pub name: &'static str,
    pub needed: bool,
    pub how: How,
}

/// How a field is asked for.
pub enum How {
    Line,
    /// A word of a closed list, with the group of its names.
    Word(&'static str, fn() -> Vec<&'static str>),
    /// A code of an open list, with the group of its names.
    Code(&'static str),
    YesNo,
    Tick,
    Day,
    Amount,
    Staff,
    Files,
}

/// What is known when it is asked which commands there are.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances<'c> {
    pub file: &'c CaseFile,
    pub history: &'c [Recorded],
    pub staff: &'c Staff,
    /// The register's setting: days without an answer that let a decision lapse; 0: never.
    pub lapse_after_days: i64,
    pub now: DateTime<Utc>,
}

/// Why a command is not open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Closed {
    /// The roles of the visitor do not allow it.
    Role,
    /// The workflow refuses it.
    Refused(Refusal),
    /// It would say nothing.
    Idle,
}

impl Circumstances<'_> {
    /// The commands that this visitor may give to this case now, in the order of the table.
    pub fn open(&self) -> impl Iterator<Item = &'static Command> {
        all().filter(|command| self.may(command).is_ok())
    }

    /// Whether a command is open to the visitor.
    ///
    /// # Errors
    /// Why it is not.
    pub fn may(&self, command: &Command) -> Result<(), Closed> {
        let role = command
            .role_of(self.staff, &self.file.state)
            .ok_or(Closed::Role)?;
        let sample = Event {
            seq: i64::MAX,
            occurred_at: self.now,
            recorded_at: self.now,
            role,
            actor: Some(self.staff.name.clone()),
            late_reason: None,
            body: (command.sample)(self.file),
        };
        self.file.preview(&sample).map_err(Closed::Refused)?;
        match (command.sensible)(self) {
            true => Ok(()),
            false => Err(Closed::Idle),
        }
    }

    /// How many events of a kind the case has, struck-out ones left out.
    fn count(&self, kind: EventKind) -> usize {
        let struck = |seq: i64| {
            self.history
                .iter()
                .any(|recorded| match &recorded.event.body {
                    EventBody::Voided(voided) => voided.seq == seq,
                    _ => false,
                })
        };
        self.history
            .iter()
            .filter(|r| r.event.body.kind() == kind && !struck(r.event.seq))
            .count()
    }

    /// When the decision that awaits an answer was communicated.
    fn told_at(&self) -> Option<DateTime<Utc>> {
        let pass = self.file.state.pass();
        let mut passes = self.file.passes.iter();
        let record = passes.find(|record| record.pass == pass)?;
        record.communicated.map(|(at, _)| at)
    }

    /// Reminders that were sent of the decision that awaits an answer.
    pub fn reminders(&self) -> u8 {
        let Some(told_at) = self.told_at() else {
            return 0;
        };
        let sent = self
            .history
            .iter()
            .filter(|recorded| match &recorded.event.body {
                EventBody::MessageSent(sent) => {
                    sent.purpose == MessagePurpose::Reminder
                        && recorded.event.occurred_at >= told_at
                }
                _ => false,
            })
            .count();
        u8::try_from(sent).unwrap_or(u8::MAX)
    }

    /// Whether the decision may lapse: the organisation chose so, and the days and reminders are over.
    fn may_lapse(&self) -> bool {
        let waited = self
            .told_at()
            .is_some_and(|at| self.now - at >= TimeDelta::days(self.lapse_after_days));
        self.lapse_after_days > 0 && waited && self.reminders() >= LEAST_REMINDERS
    }
}

/// Reminders before a decision may lapse; the register asks for as many.
const LEAST_REMINDERS: u8 = 2;

impl Command {
    /// The role in which a member of staff gives it to a case in this state: their first one that may.
    pub fn role_of(&self, staff: &Staff, state: &State) -> Option<Role> {
        let here = matches!(state, State::Registered { routed: false, .. });
        let mut roles = staff.roles.iter().copied();
        roles.find(|role| self.roles.contains(role) && (here || !self.on_the_spot.contains(role)))
    }

    /// Its name as part of a text's key.
    pub fn key(&self) -> String {
        self.name.replace('-', "_")
    }
}

/// Every command, in the order in which a page offers them.
pub fn all() -> impl Iterator<Item = &'static Command> {
    [steps::COMMANDS, work::COMMANDS, closing::COMMANDS]
        .into_iter()
        .flatten()
}

/// The command of this name.
pub fn find(name: &str) -> Option<&'static Command> {
    all().find(|command| command.name == name)
}
