//! `redress case`: register, examine, decide, answer, mend, read.
//!
//! Most commands add one event; which one is allowed when is the workflow's word, in the library.

mod answer;
pub(super) mod common;
mod decide;
mod erase;
mod explain;
mod external;
mod form;
mod list;
mod mend;
mod register;
mod show;
mod words;
mod work;

use clap::Subcommand;

use self::common::Step;
use super::Context;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Register a complaint (ISO 10002, 7.2)
    Register(Box<register::Args>),
    /// Give a case a new tracking password; a message tells the customer
    Password(register::PasswordArgs),
    /// The cases of the register
    List(list::Args),
    /// The whole file of a case, with its history
    Show(show::Args),
    /// How each stage was counted, day by day
    Explain(explain::Args),
    /// The complaint form or the follow-up form to print, blank or filled from a case
    Form(form::Args),

    /// Receipt was confirmed to the customer (7.4)
    Acknowledge(work::Told),
    /// Severity and need of immediate action (7.5); every later value is kept beside the first
    Assess(work::Assess),
    /// Category, and what it concerns (8.2)
    Classify(work::Classify),
    /// A further problem or product of the same case
    Issue(work::Classify),
    /// The responsible department, and other units taking part
    Route(work::Route),
    /// Give the case to a member of staff
    Assign(work::Assign),
    /// Let the work rest; only reasons on the customer's side stop the clock
    Pause(work::Pause),
    /// Go on with the work
    Resume(Step),
    /// Add a file as evidence
    Attach(work::Attach),
    /// Add an internal note
    Note(Step),
    /// A sample arrived for examination
    SampleReceived(Step),
    /// The sample went back
    SampleReturned(Step),
    /// Raise the case to a higher level
    Escalate(work::Escalate),

    /// Take the decision (7.7)
    Decide(decide::Decide),
    /// Sign a decision above its decider's discretion
    Countersign(decide::OfPass),
    /// The decision reached the customer by a proven means (7.8)
    Communicate(decide::Communicate),
    /// The customer accepts the decision
    Accept(answer::Args),
    /// The customer rejects the decision
    Reject(answer::Args),
    /// Close without answer: the customer never answered
    Lapse(answer::Lapse),
    /// Examine a completed or unanswered case again
    Reopen(Step),

    /// The customer was told of the external remedies
    RemediesTold(work::Told),
    /// The customer took the case to an external body
    Refer(external::Refer),
    /// The external body's outcome
    Outcome(external::Outcome),
    /// No recourse is left; the customer is not satisfied
    Exhausted(Step),
    /// By when the remedy granted has to be delivered
    RemedyDue(external::RemedyDue),
    /// The remedy was delivered (7.9)
    RemedyDone(Step),
    /// Whether the correction holds (7.9)
    Verify(external::Verify),
    /// Satisfaction with the handling (8.3)
    Survey(external::Survey),

    /// The customer withdraws the complaint
    Withdraw(Step),
    /// The case is a duplicate of another one
    Merge(mend::Merge),
    /// Mend a field of an earlier event, in the open
    Amend(mend::Amend),
    /// Strike out an earlier event, in the open
    Void(mend::Void),
    /// Erase what is personal in a case (8.1); the chain of events stays whole
    Erase(erase::Erase),
}

/// `redress case`.
pub fn run(context: &Context, command: Command) -> anyhow::Result<()> {
    use redress_domain::event as e;
    match command {
        Command::Register(args) => register::run(context, &args),
        Command::Password(args) => register::password(context, &args),
        Command::List(args) => list::run(context, &args),
        Command::Show(args) => show::run(context, &args),
        Command::Explain(args) => explain::run(context, &args),
        Command::Form(args) => form::run(context, &args),

        Command::Acknowledge(args) => args.acknowledged(context),
        Command::Assess(args) => args.run(context),
        Command::Classify(args) => args.classified(context),
        Command::Issue(args) => args.issue_added(context),
        Command::Route(args) => args.run(context),
        Command::Assign(args) => args.run(context),
        Command::Pause(args) => args.run(context),
        Command::Resume(step) => step.record(context, |_| e::Resumed {}.into()),
        Command::Attach(args) => args.run(context),
        Command::Note(step) => work::note(context, &step),
        Command::SampleReceived(step) => step.record(context, |_| e::SampleReceived {}.into()),
        Command::SampleReturned(step) => step.record(context, |_| e::SampleReturned {}.into()),
        Command::Escalate(args) => args.run(context),

        Command::Decide(args) => args.run(context),
        Command::Countersign(args) => args.countersigned(context),
        Command::Communicate(args) => args.run(context),
        Command::Accept(args) => args.accepted(context),
        Command::Reject(args) => args.rejected(context),
        Command::Lapse(args) => args.run(context),
        Command::Reopen(step) => step.record(context, |_| e::Reopened {}.into()),

        Command::RemediesTold(args) => args.remedies(context),
        Command::Refer(args) => args.run(context),
        Command::Outcome(args) => args.run(context),
        Command::Exhausted(step) => step.record(context, |_| e::RecourseExhausted {}.into()),
        Command::RemedyDue(args) => args.run(context),
        Command::RemedyDone(step) => step.record(context, |_| e::RemedyDone {}.into()),
        Command::Verify(args) => args.run(context),
        Command::Survey(args) => args.run(context),

        Command::Withdraw(step) => step.record(context, |_| e::Withdrawn {}.into()),
        Command::Merge(args) => args.run(context),
        Command::Amend(args) => args.run(context),
        Command::Void(args) => args.run(context),
        Command::Erase(args) => args.run(context),
    }
}
