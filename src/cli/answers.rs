//! Whether a command's answer can be printed in the form asked for, known before the command does anything. One that
//! found it out afterwards would have registered a case, or made a token that nobody sees, and say that it failed.

use std::io::{IsTerminal, stdout};

use super::failure::Failure;
use super::output::{self, Format};
use super::{
    Command, action, case, clusters, improvement, outbox, phases, records, review, staff, token,
    webhook,
};

/// Refuses a form in which the answer cannot be printed.
///
/// # Errors
/// When rows are asked for and the answer is a document, and when Parquet would go to a terminal.
pub(super) fn check(command: &Command, format: Format) -> Result<(), Failure> {
    match format {
        Format::Table | Format::Json => Ok(()),
        Format::Csv | Format::Parquet if is_deed(command) => Err(output::no_rows()),
        Format::Parquet if stdout().is_terminal() => Err(output::no_terminal()),
        Format::Csv | Format::Parquet => Ok(()),
    }
}

/// Whether it changes or sends something and answers with a document. Those that only read may find out when they print.
const fn is_deed(command: &Command) -> bool {
    match command {
        Command::Init(_) | Command::Backup(_) | Command::Notify(_) | Command::Import(_) => true,
        Command::Case(command) => case_deed(command),
        Command::Staff(command) => match command {
            staff::Command::Add(_)
            | staff::Command::Reset { .. }
            | staff::Command::ResetSecondFactor { .. }
            | staff::Command::Roles(_) => true,
            staff::Command::List { .. }
            | staff::Command::History { .. }
            | staff::Command::Train(_) => false,
        },
        Command::Evidence(command) => match command {
            records::EvidenceCommand::Add(_) => true,
            records::EvidenceCommand::List { .. } => false,
        },
        Command::Objectives(command) => match command {
            records::ObjectivesCommand::Set(_) => true,
            records::ObjectivesCommand::Show { .. } => false,
        },
        Command::Phases(command) => match command {
            phases::Command::Set(_) | phases::Command::Withdraw(_) => true,
            phases::Command::List { .. } => false,
        },
        Command::Clusters(command) => match command {
            clusters::Command::Confirm(_)
            | clusters::Command::Release(_)
            | clusters::Command::Merge(_)
            | clusters::Command::Split(_)
            | clusters::Command::Move(_)
            | clusters::Command::Rename(_)
            | clusters::Command::Ignore(_)
            | clusters::Command::Heed(_) => true,
            clusters::Command::Run(_)
            | clusters::Command::List(_)
            | clusters::Command::Show(_)
            | clusters::Command::History { .. } => false,
        },
        Command::Action(command) => action_deed(command),
        Command::Improvement(command) => match command {
            improvement::Command::Audit(_)
            | improvement::Command::Recommend(_)
            | improvement::Command::CarryOut(_)
            | improvement::Command::Suggest(_)
            | improvement::Command::Decide(_)
            | improvement::Command::Research(_)
            | improvement::Command::Conclude(_) => true,
            improvement::Command::Compare(_)
            | improvement::Command::Apply(_)
            | improvement::Command::List { .. } => false,
        },
        Command::Review(command) => match command {
            review::Command::Minutes(_) | review::Command::Build(_) => true,
            review::Command::Verify(_) | review::Command::Diff(_) => false,
        },
        Command::Outbox(command) => match command {
            outbox::Command::Retry(_) => true,
            outbox::Command::List(_) => false,
        },
        Command::Token(command) => match command {
            token::Command::Revoke { .. } => true,
            // What is shown once refuses by itself, with its reason, before it is made.
            token::Command::Create(_) | token::Command::List { .. } | token::Command::History => {
                false
            }
        },
        Command::Webhook(command) => match command {
            webhook::Command::Remove { .. }
            | webhook::Command::Test { .. }
            | webhook::Command::Retry { .. } => true,
            webhook::Command::Add(_)
            | webhook::Command::List
            | webhook::Command::Deliveries(_)
            | webhook::Command::Kinds => false,
        },
        Command::Demo(_)
        | Command::Run(_)
        | Command::Limits(_)
        | Command::Calendar(_)
        | Command::Extract(_)
        | Command::Lake(_)
        | Command::Query(_)
        | Command::Check(_)
        | Command::Stat(_)
        | Command::Serve(_)
        | Command::Sample(_)
        | Command::Audit(_)
        | Command::Config(_)
        | Command::Bench(_)
        | Command::Completions { .. } => false,
    }
}

const fn case_deed(command: &case::Command) -> bool {
    match command {
        case::Command::List(_)
        | case::Command::Show(_)
        | case::Command::Explain(_)
        | case::Command::Form(_) => false,
        case::Command::Register(_)
        | case::Command::Password(_)
        | case::Command::Acknowledge(_)
        | case::Command::Assess(_)
        | case::Command::Classify(_)
        | case::Command::Issue(_)
        | case::Command::Route(_)
        | case::Command::Assign(_)
        | case::Command::Pause(_)
        | case::Command::Resume(_)
        | case::Command::Attach(_)
        | case::Command::Note(_)
        | case::Command::SampleReceived(_)
        | case::Command::SampleReturned(_)
        | case::Command::Escalate(_)
        | case::Command::Decide(_)
        | case::Command::Countersign(_)
        | case::Command::Communicate(_)
        | case::Command::Accept(_)
        | case::Command::Reject(_)
        | case::Command::Lapse(_)
        | case::Command::Reopen(_)
        | case::Command::RemediesTold(_)
        | case::Command::Refer(_)
        | case::Command::Outcome(_)
        | case::Command::Exhausted(_)
        | case::Command::RemedyDue(_)
        | case::Command::RemedyDone(_)
        | case::Command::Verify(_)
        | case::Command::Survey(_)
        | case::Command::Withdraw(_)
        | case::Command::Merge(_)
        | case::Command::Amend(_)
        | case::Command::Void(_)
        | case::Command::Erase(_) => true,
    }
}

const fn action_deed(command: &action::Command) -> bool {
    match command {
        action::Command::Open(_)
        | action::Command::Contain(_)
        | action::Command::Analyse(_)
        | action::Command::Plan(_)
        | action::Command::Implement(_)
        | action::Command::Check(_)
        | action::Command::Verify(_)
        | action::Command::Close(_)
        | action::Command::Withdraw(_)
        | action::Command::Reopen(_)
        | action::Command::Amend(_)
        | action::Command::Note(_) => true,
        action::Command::List(_)
        | action::Command::Show(_)
        | action::Command::History { .. }
        | action::Command::Propose(_)
        | action::Command::Update(_)
        | action::Command::Apply(_)
        | action::Command::Study(_) => false,
    }
}
