//! `redress action`: corrective and preventive actions, from the signal to the proof.

mod apply;
mod check;
mod document;
mod ground;
mod judging;
mod list;
mod propose;
mod show;
mod study;
mod update;
mod work;

use chrono::NaiveDate;
use clap::Subcommand;
use redress_domain::action::{Action, ActionBody, ActionId};
use redress_register::{Change, Register};
use redress_sample::Settings;
use redress_sample::actions::{enter_actions, enter_records};

use super::Context;
use super::case::common::By;
use super::failure::{Failure, of_register};

pub use update::{Args as UpdateArgs, perform};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Open an action on a problem, a case, an audit, a review or a suggestion
    Open(work::Open),
    /// Record what was done at once, so that nothing worse happens
    Contain(work::Contain),
    /// Record the root cause, by five whys or Ishikawa's diagram
    Analyse(work::Analyse),
    /// Say what is to be done, and fix how it will be judged before it begins
    Plan(work::Plan),
    /// Record that it was carried out
    Implement(work::Implement),
    /// How an action does; judged once its follow-up is over
    Check(check::Args),
    /// Give a person's verdict, beside the computed one; never by the owner
    Verify(work::Verify),
    /// Close a verified action
    Close(work::Close),
    /// Give an action up, with a reason that the pack shows
    Withdraw(work::Withdraw),
    /// Begin anew: the effect did not last, or was none
    Reopen(work::Reopen),
    /// Change title, owner, department or due date, with a reason
    Amend(work::Amend),
    /// Add a note
    Note(work::Note),
    /// The actions
    List(list::Args),
    /// Everything about an action
    Show(show::Args),
    /// What happened to an action, event by event
    History {
        /// A-000012
        action: ActionId,
    },
    /// Problems and categories that have no action, and actions whose effect did not last
    Propose(propose::Args),
    /// Judge what is due and write the actions beside the latest snapshot; a step of `redress run`
    Update(update::Args),
    /// Take changes as JSON lines, from another system
    Apply(super::lines::Args),
    /// How often the method errs: simulated actions whose truth is known
    Study(study::Args),
}

/// `redress action`.
pub fn run(context: &Context, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Open(args) => work::open(context, &args),
        Command::Contain(args) => work::contain(context, &args),
        Command::Analyse(args) => work::analyse(context, &args),
        Command::Plan(args) => work::plan(context, &args),
        Command::Implement(args) => work::implement(context, &args),
        Command::Check(args) => check::run(context, &args),
        Command::Verify(args) => work::verify(context, &args),
        Command::Close(args) => work::close(context, &args),
        Command::Withdraw(args) => work::withdraw(context, &args),
        Command::Reopen(args) => work::reopen(context, &args),
        Command::Amend(args) => work::amend(context, &args),
        Command::Note(args) => work::note(context, &args),
        Command::List(args) => list::run(context, &args),
        Command::Show(args) => show::run(context, &args),
        Command::History { action } => show::history(context, action),
        Command::Propose(args) => propose::run(context, &args),
        Command::Update(args) => update::run(context, &args),
        Command::Apply(args) => apply::run(context, &args),
        Command::Study(args) => study::run(context, &args),
    }
}

/// Who changes an action, and whether it is only tried.
#[derive(Debug, clap::Args)]
pub struct Said {
    #[command(flatten)]
    pub by: By,
    /// Only if this is still its version (`action show` tells it)
    #[arg(long, value_name = "VERSION")]
    pub expect: Option<u32>,
    /// Say what would be recorded, and record nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Says that a day by which something is to be done has passed: right for what is entered afterwards, else a slip.
pub fn mention_past(due: Option<NaiveDate>, today: NaiveDate) {
    if let Some(due) = due.filter(|due| *due < today) {
        say!("note: the due date {due} has passed already\n");
    }
}

/// The day of an event.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct On {
    /// The day it happened [default: today]
    #[arg(long, value_name = "DATE")]
    pub on: Option<NaiveDate>,
}

impl On {
    /// The day, which must have come.
    ///
    /// # Errors
    /// When it lies ahead.
    pub fn day(self, context: &Context, register: &Register) -> Result<NaiveDate, Failure> {
        let today = today(context, register);
        match self.on {
            Some(day) if day > today => Err(Failure::Usage(format!(
                "--on {day} lies ahead; record it when it has happened"
            ))),
            Some(day) => Ok(day),
            None => Ok(today),
        }
    }
}

/// Today's date where the organisation is.
pub fn today(context: &Context, register: &Register) -> NaiveDate {
    context.now.with_timezone(&register.zone()).date_naive()
}

/// Records an event of an action, or only tries it, and prints the action as it then stands.
fn record(context: &Context, id: ActionId, body: ActionBody, said: &Said) -> anyhow::Result<()> {
    let mut register = Register::open(&context.config.register)?;
    let name = said.by.actor(&register)?.name.unwrap_or_default();
    let change = Change {
        actor: &name,
        seen: said.expect,
        now: context.now,
    };
    let event = body.kind();
    let action = match said.dry_run {
        true => register.preview_action(id, body, change),
        false => register.change_action(id, body, change),
    }
    .map_err(of_register)?;
    document::print_recorded(context, &register, &action, event, !said.dry_run)
}

/// Enters the actions that are planted in the sample, as its staff would have done.
///
/// # Errors
/// When the register or the latest snapshot cannot be used.
pub fn enter_sample(context: &Context, settings: &Settings) -> anyhow::Result<()> {
    let mut register = Register::open(&context.config.register)?;
    let opened = ground::Opened::open(context, &register, None)?;
    enter_actions(&mut register, &opened.ground(), settings)?;
    enter_records(&mut register, settings)?;
    Ok(())
}

/// The action of a number.
fn known(register: &Register, id: ActionId) -> anyhow::Result<Action> {
    register.action(id, None).map_err(of_register)
}
