//! The command line: one file a command; arguments in, one call into the library, output.

/// Says something on stderr; one that was closed is no failure of the command.
macro_rules! say {
    ($($part:tt)*) => {{
        use std::io::Write as _;
        let _ = write!(std::io::stderr(), $($part)*);
    }};
}

/// As `say!`, and ends the line. `eprintln!` would end the command with a panic where stderr was closed.
macro_rules! say_line {
    ($($part:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stderr(), $($part)*);
    }};
}

mod action;
mod answers;
mod bench;
mod calendar;
mod case;
mod check;
mod child;
mod clusters;
mod config;
mod demo;
mod engine;
mod extract;
mod failure;
mod foreign;
mod import;
mod improvement;
mod init;
mod lake;
mod lines;
mod logging;
mod maintenance;
mod notify;
mod outbox;
mod output;
mod pages;
mod phases;
mod progress;
mod query;
mod records;
mod review;
mod rules;
mod run;
mod sample;
mod serve;
mod signals;
mod staff;
mod stat;
mod token;
mod webhook;

use std::path::PathBuf;
use std::process::ExitCode;

use chrono::{DateTime, Utc};
use clap::{CommandFactory, Parser, Subcommand};

use self::config::{Config, Overrides};
use self::logging::LogFormat;
use self::output::Format;
use self::pages::Pages;

/// Complaint handling under ISO 10002: register, figures, review.
#[derive(Debug, Parser)]
#[command(name = "redress", version, arg_required_else_help = true)]
struct Cli {
    /// Settings file [default: redress.toml where it exists]
    #[arg(long, global = true, env = "REDRESS_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// The register's file
    #[arg(long, global = true, value_name = "FILE")]
    register: Option<PathBuf>,
    /// The lake's folder
    #[arg(long, global = true, value_name = "DIR")]
    lake: Option<PathBuf>,
    /// Language of what people read: en, tr or ru
    #[arg(long, global = true, value_name = "LANG")]
    lang: Option<String>,
    /// Form of the answer on stdout
    #[arg(long, global = true, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Say more on stderr; twice for everything
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Sample register -> extract -> review, and where to look
    Demo(demo::Args),
    /// The nightly batch: extract, search, actions, checks, reminders and, when asked, the review; one at a time
    Run(run::Args),
    /// Make an empty register
    Init(init::Args),
    /// Cases: register, examine, decide, answer
    #[command(subcommand)]
    Case(case::Command),
    /// People who work with the register
    #[command(subcommand)]
    Staff(staff::Command),
    /// Figures entered by hand, with their evidence
    #[command(subcommand)]
    Evidence(records::EvidenceCommand),
    /// Targets of indicators
    #[command(subcommand)]
    Objectives(records::ObjectivesCommand),
    /// Limits of the stages
    #[command(subcommand)]
    Limits(records::LimitsCommand),
    /// Phases of control charts: from when limits begin anew, and why
    #[command(subcommand)]
    Phases(phases::Command),
    /// Working days and holidays
    #[command(subcommand)]
    Calendar(calendar::Command),
    /// Write a snapshot of the register or of another store to the lake
    Extract(extract::Args),
    /// Snapshots of the lake
    #[command(subcommand)]
    Lake(lake::Command),
    /// Ask a metric, or list what it counted
    Query(query::Args),
    /// Look for faults in the data, and judge thresholds; exit code 10 when anything fails
    Check(check::Args),
    /// What comes again: duplicates, repeats, recurrent problems
    #[command(subcommand)]
    Clusters(clusters::Command),
    /// Corrective and preventive actions: open, fix the check, judge, verify
    #[command(subcommand)]
    Action(action::Command),
    /// Audits, recommendations, staff suggestions, research
    #[command(subcommand)]
    Improvement(improvement::Command),
    /// Take tables and mails into the register: units sold, complaints by e-mail
    #[command(subcommand)]
    Import(import::Command),
    /// The review of a period, and the minutes of the meeting
    #[command(subcommand)]
    Review(review::Command),
    /// The statistics behind the figures, on any CSV or Parquet table
    #[command(subcommand)]
    Stat(stat::Command),
    /// The pages: complaints and tracking for customers, the desk for staff
    Serve(serve::Args),
    /// An invented register to try things on
    #[command(subcommand)]
    Sample(sample::Command),
    /// Copy the register, and check the copy
    Backup(maintenance::BackupArgs),
    /// Check the register's chain and projections
    #[command(subcommand)]
    Audit(maintenance::AuditCommand),
    /// Settings in force, and where each comes from
    #[command(subcommand)]
    Config(config::Command),
    /// Send the messages that wait to customers: SMS and e-mail
    Notify(notify::Args),
    /// Messages to customers, and what was given up
    #[command(subcommand)]
    Outbox(outbox::Command),
    /// Tokens of programs that use /api
    #[command(subcommand)]
    Token(token::Command),
    /// Addresses that are told of events of cases and actions
    #[command(subcommand)]
    Webhook(webhook::Command),
    /// What each step takes on this machine with this register: time, memory, bytes
    Bench(bench::Args),
    /// Completions for a shell
    Completions {
        /// bash, zsh, fish, elvish, powershell
        shell: clap_complete::Shell,
    },
}

impl Command {
    /// The form of its log: those that a service manager runs may have another than people's.
    const fn log_format(&self) -> LogFormat {
        if let Command::Serve(args) = self {
            args.log.log_format
        } else if let Command::Run(args) = self {
            args.log.log_format
        } else {
            LogFormat::Text
        }
    }

    /// How the allocator treats memory: what goes over the whole lake or register takes and frees much.
    const fn pages(&self) -> Pages {
        match self {
            Command::Demo(_)
            | Command::Run(_)
            | Command::Extract(_)
            | Command::Query(_)
            | Command::Check(_)
            | Command::Action(_)
            | Command::Review(_) => Pages::Kept,
            Command::Clusters(_) => Pages::GivenBack,
            Command::Init(_)
            | Command::Case(_)
            | Command::Staff(_)
            | Command::Evidence(_)
            | Command::Objectives(_)
            | Command::Limits(_)
            | Command::Phases(_)
            | Command::Improvement(_)
            | Command::Import(_)
            | Command::Calendar(_)
            | Command::Lake(_)
            | Command::Stat(_)
            | Command::Serve(_)
            | Command::Sample(_)
            | Command::Backup(_)
            | Command::Audit(_)
            | Command::Config(_)
            | Command::Notify(_)
            | Command::Outbox(_)
            | Command::Token(_)
            | Command::Webhook(_)
            | Command::Bench(_)
            | Command::Completions { .. } => Pages::AsTheyCome,
        }
    }
}

/// What every command may use.
pub struct Context {
    pub config: Config,
    pub format: Format,
    /// The one reading of the clock.
    pub now: DateTime<Utc>,
}

/// Parses, dispatches, and turns failures into exit codes: 0 done, 1 failed, 2 usage or configuration,
/// 3 nothing in the period, 10 a check or threshold failed.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let code = if error.use_stderr() { 2 } else { 0 };
            // Help that cannot be printed (a closed pipe) is nobody's loss.
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    cli.command.pages().settle();
    logging::start(cli.verbose, cli.command.log_format());
    match dispatch(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::report(&error),
    }
}

fn dispatch(cli: Cli) -> anyhow::Result<()> {
    if let Command::Completions { shell } = cli.command {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut Cli::command(), "redress", &mut script);
        return output::write_out(&script);
    }
    answers::check(&cli.command, cli.format)?;
    let overrides = Overrides {
        file: cli.config,
        register: cli.register,
        lake: cli.lake,
        language: cli.lang,
    };
    let context = Context {
        config: Config::load(overrides)?,
        format: cli.format,
        now: Utc::now(),
    };
    match cli.command {
        Command::Demo(args) => demo::run(&context, &args),
        Command::Run(args) => run::run(&context, &args),
        Command::Init(args) => init::run(&context, &args),
        Command::Case(command) => case::run(&context, command),
        Command::Staff(command) => staff::run(&context, command),
        Command::Evidence(command) => records::evidence(&context, command),
        Command::Objectives(command) => records::objectives(&context, command),
        Command::Limits(command) => records::limits(&context, command),
        Command::Phases(command) => phases::run(&context, command),
        Command::Calendar(command) => calendar::run(&context, command),
        Command::Extract(args) => extract::run(&context, &args),
        Command::Lake(command) => lake::run(&context, command),
        Command::Query(args) => query::run(&context, &args),
        Command::Check(args) => check::run(&context, &args),
        Command::Clusters(command) => clusters::run(&context, command),
        Command::Action(command) => action::run(&context, command),
        Command::Improvement(command) => improvement::run(&context, command),
        Command::Import(command) => import::run(&context, command),
        Command::Review(command) => review::run(&context, command),
        Command::Stat(command) => stat::run(&context, command),
        Command::Serve(args) => serve::run(&context, &args),
        Command::Sample(command) => sample::run(&context, command),
        Command::Backup(args) => maintenance::backup(&context, &args),
        Command::Audit(command) => maintenance::audit(&context, command),
        Command::Config(command) => config::run(&context, command),
        Command::Notify(args) => notify::run(&context, &args),
        Command::Outbox(command) => outbox::run(&context, command),
        Command::Token(command) => token::run(&context, command),
        Command::Webhook(command) => webhook::run(&context, command),
        Command::Bench(args) => bench::run(&context, &args),
        Command::Completions { .. } => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_and_every_argument_is_explained_in_its_help() {
        let mut bare = Vec::new();
        let mut waiting = vec![Cli::command()];
        while let Some(command) = waiting.pop() {
            let name = command.get_name();
            if command.get_about().is_none() {
                bare.push(name.to_owned());
            }
            let unexplained = |arg: &&clap::Arg| arg.get_help().is_none();
            let arguments = command.get_arguments().filter(unexplained);
            bare.extend(arguments.map(|arg| format!("{name} {}", arg.get_id())));
            waiting.extend(command.get_subcommands().cloned());
        }
        assert_eq!(bare, Vec::<String>::new());
        let about = Cli::command().get_about().map(ToString::to_string);
        assert!(about.is_some_and(|about| about.contains("ISO 10002")));
    }
}
