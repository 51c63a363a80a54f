//! `redress clusters`: what comes again, under numbers that stay.

mod history;
mod list;
mod run;
mod show;
mod table;
mod word;

use clap::Subcommand;
use redress_domain::cluster::{ClusterId, ClusterLevel};
use redress_engine::counted::{Counted, Value};
use redress_register::Register;

use super::Context;
use super::case::common::word as known_word;
use super::failure::Failure;

pub use run::{Args as RunArgs, perform};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Search the latest snapshot, or any table, for what comes again
    Run(run::Args),
    /// The clusters of the latest search
    List(list::Args),
    /// A cluster: figures, where and when, its complaints and why each is in it
    Show(show::Args),
    /// What happened to a cluster
    History {
        /// C-000123
        cluster: ClusterId,
    },
    /// Say that a cluster is one problem as it stands; its complaints stay together
    Confirm(word::One),
    /// Take back what was bound
    Release(word::One),
    /// Say that two clusters are one problem; the second's number leads to the first
    Merge(word::Merge),
    /// Say that some complaints of a cluster are another problem
    Split(word::Split),
    /// Put a complaint into a cluster, or out of its own
    Move(word::Move),
    /// Name a cluster
    Rename(word::Rename),
    /// Say that a cluster is no problem; it counts nowhere
    Ignore(word::One),
    /// Let it count again
    Heed(word::One),
}

/// `redress clusters`.
pub fn run(context: &Context, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Run(args) => run::run(context, &args),
        Command::List(args) => list::run(context, &args),
        Command::Show(args) => show::run(context, &args),
        Command::History { cluster } => history::run(context, cluster),
        Command::Confirm(args) => word::confirm(context, &args),
        Command::Release(args) => word::release(context, &args),
        Command::Merge(args) => word::merge(context, &args),
        Command::Split(args) => word::split(context, &args),
        Command::Move(args) => word::moved(context, &args),
        Command::Rename(args) => word::rename(context, &args),
        Command::Ignore(args) => word::ignore(context, &args),
        Command::Heed(args) => word::heed(context, &args),
    }
}

/// Level of clusters.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Level {
    /// problem: the same thing went wrong; theme: a family of problems
    #[arg(long, value_parser = known_word!(ClusterLevel), default_value = "problem")]
    level: ClusterLevel,
}

/// The register in which the book of clusters is.
fn register(context: &Context) -> anyhow::Result<Register> {
    Ok(Register::open(&context.config.register)?)
}

/// An answer with reals to four decimal places: more say nothing of a trend or a similarity.
fn rounded(mut answer: Counted) -> Counted {
    for value in answer.rows.iter_mut().flatten() {
        if let Value::Real(real) = value {
            *real = (*real * 10_000.0).round() / 10_000.0;
        }
    }
    answer
}

/// The standing cluster that a number leads to; a redirected number is said on stderr.
fn follow(register: &Register, id: ClusterId) -> anyhow::Result<ClusterId> {
    let source = register
        .cluster_source(id)
        .map_err(|e| Failure::Usage(e.to_string()))?;
    let known = register.cluster_book(&source, None)?;
    let found = known
        .book
        .follow(id)
        .map_err(|e| Failure::Usage(e.to_string()))?;
    if found.id != id {
        say_line!("note: {id} was merged; this is {}", found.id);
    }
    Ok(found.id)
}
