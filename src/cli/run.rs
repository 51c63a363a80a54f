//! `redress run`: the nightly batch. One at a time; every step is timed in the log.

use std::fs::{File, TryLockError};
use std::time::Instant;

use redress_lake::batch::{self, LastBatch, Outcome};
use redress_lake::store::Lake;

use super::Context;
use super::engine::EngineArgs;
use super::failure::Failure;
use super::logging::{self, LogArgs};
use super::{action, check, clusters, extract, notify, review};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Also build the review of this period
    #[arg(long, value_name = "PERIOD")]
    review: Option<String>,
    /// Read every month again
    #[arg(long)]
    full: bool,
    /// The period that thresholds are judged on
    #[arg(long, value_name = "PERIOD", default_value = "last-quarter")]
    check_period: String,
    #[command(flatten)]
    engine: EngineArgs,
    #[command(flatten)]
    pub log: LogArgs,
}

/// `redress run`.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<()> {
    let _lock = alone(context)?;
    let lake = &context.config.lake;
    let mut noted = LastBatch {
        began_at: context.now,
        ended_at: None,
        outcome: Outcome::Running,
    };
    batch::note(lake, &noted)?;
    let began = Instant::now();
    let worked = work(context, args);
    noted.outcome = match &worked {
        Ok(()) => Outcome::Done,
        Err(error) => match error.downcast_ref::<Failure>() {
            Some(Failure::Check(_)) => Outcome::ChecksFailed,
            Some(Failure::Usage(_) | Failure::Nothing(_)) | None => Outcome::Failed,
        },
    };
    noted.ended_at = Some(context.now + began.elapsed());
    // A night whose figures are made is not lost because nobody can note it.
    if let Err(error) = batch::note(lake, &noted) {
        tracing::warn!(%error, "the batch's end is not noted");
    }
    worked
}

/// The night's steps.
fn work(context: &Context, args: &Args) -> anyhow::Result<()> {
    // Better nothing than half a night: a step that comes late would be the first to notice.
    context.config.check_batch()?;
    let began = Instant::now();
    step("extract", || {
        let order = extract::Args {
            full: args.full,
            ..extract::Args::default()
        };
        let done = extract::perform(context, &order)?;
        let said = format!(
            "{} ({} months read, {} spliced, {} linked)",
            done.snapshot.display(),
            done.months_read,
            done.months_spliced,
            done.months_linked
        );
        Ok((said, ()))
    })?;
    step("clusters", || {
        let done = clusters::perform(context, &clusters::RunArgs::default())?;
        let said = format!(
            "{} problems, {} growing, {} emerging; {} duplicates, {} repeats ({} search)",
            done.problems,
            done.growing,
            done.emerging,
            done.duplicates,
            done.repeats,
            done.mode.as_str()
        );
        Ok((said, ()))
    })?;
    step("actions", || {
        let done = action::perform(context, &action::UpdateArgs::default())?;
        let said = format!(
            "{} actions, {} judged, {} proposals, {} due soon or overdue",
            done.actions.len(),
            done.judged.len(),
            done.signals.len(),
            done.reminders.len()
        );
        Ok((said, ()))
    })?;
    let checked = step("check", || {
        let order = check::Args {
            period: args.check_period.clone(),
            threshold: Vec::new(),
            queries: None,
            snapshot: None,
            mail: None,
            list: false,
        };
        let outcome = check::perform(context, &order)?;
        Ok((outcome.summary(), outcome))
    })?;
    step("prune", || {
        let keep = usize::try_from(context.config.keep_snapshots)?;
        let gone = Lake::at(&context.config.lake).prune(keep, false)?;
        Ok((format!("{} snapshot(s) removed", gone.len()), ()))
    })?;
    step("reminders", || {
        // A store that is not ours has customers whom we do not write to.
        if !context.config.register.is_file() {
            return Ok(("no register".to_owned(), ()));
        }
        let queued = notify::queue(context)?;
        let said = format!(
            "{} reminder(s) and {} survey(s) queued, {} case(s) closed without an answer",
            queued.reminders, queued.surveys, queued.lapsed
        );
        Ok((said, ()))
    })?;
    if let Some(period) = &args.review {
        step("review", || {
            let pack = review::build_pack(
                context,
                &review::BuildArgs {
                    force: true,
                    engine: args.engine.clone(),
                    ..review::BuildArgs::of_period(period)
                },
            )?;
            Ok((pack.display().to_string(), ()))
        })?;
    }
    logging::step("run", "done", "done", began.elapsed().as_secs_f64());
    // The rest of the night's work is done all the same; the exit code tells of the failure.
    match checked.failures() {
        0 => Ok(()),
        _ => Err(Failure::Check(format!("check: {}", checked.summary())).into()),
    }
}

/// One line a step: what, outcome, seconds.
fn step<T>(name: &str, work: impl FnOnce() -> anyhow::Result<(String, T)>) -> anyhow::Result<T> {
    let began = Instant::now();
    let outcome = work();
    let seconds = began.elapsed().as_secs_f64();
    match &outcome {
        Ok((said, _)) => logging::step(name, "done", said, seconds),
        Err(_) => logging::step(name, "failed", "", seconds),
    }
    outcome.map(|(_, result)| result)
}

/// The lock of the batch; it goes with the process, however that ends.
fn alone(context: &Context) -> anyhow::Result<File> {
    let lake = &context.config.lake;
    std::fs::create_dir_all(lake)?;
    let lock = File::create(lake.join(".run.lock"))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => anyhow::bail!(
            "another `redress run` is at work on {}; this one did nothing",
            lake.display()
        ),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}
