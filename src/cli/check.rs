//! `redress check`: what is wrong with the data, and which thresholds are not met. For cron: exit code 10
//! when anything is.

use std::path::PathBuf;

use redress_engine::counted::{Counted, Value};
use redress_engine::local::LocalEngine;
use redress_engine::threshold::Threshold;
use redress_query::check_file::{CheckFile, checks_with};
use redress_query::query_file::{QueryFile, metrics_with};
use redress_register::Register;
use serde::Serialize;

use super::failure::Failure;
use super::{Context, output, query};

/// Offending rows shown of one check.
const ROWS_SHOWN: usize = 20;

#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// The period that thresholds are judged on: 2026, 2026-Q3, 2026-07, A..B, last-quarter
    #[arg(long, default_value = "last-quarter")]
    pub period: String,
    /// A threshold besides those of the settings, such as "sla.processing >= 95"; may be repeated
    #[arg(long, value_name = "THRESHOLD")]
    pub threshold: Vec<String>,
    /// A folder with checks of your own
    #[arg(long, value_name = "DIR")]
    pub queries: Option<PathBuf>,
    /// The snapshot [default: the latest]
    #[arg(long, value_name = "NAME")]
    pub snapshot: Option<String>,
    /// Queue a mail to this address when anything fails [default: alarm_mail of the settings]
    #[arg(long, value_name = "ADDRESS")]
    pub mail: Option<String>,
    /// Show the checks
    #[arg(long)]
    pub list: bool,
}

/// What came out, for machines.
#[derive(Debug, Serialize)]
pub struct Outcome {
    schema_version: u32,
    period: String,
    checks: Vec<CheckOutcome>,
    thresholds: Vec<ThresholdOutcome>,
}

#[derive(Debug, Serialize)]
struct CheckOutcome {
    id: String,
    title: String,
    /// What is wrong with a row that it lists.
    definition: String,
    faults: usize,
    /// The first of them.
    rows: serde_json::Value,
    #[serde(skip)]
    table: Counted,
}

#[derive(Debug, Serialize)]
struct ThresholdOutcome {
    threshold: String,
    /// In the indicator's unit; nothing when not measured.
    value: Option<f64>,
    part: Option<i64>,
    whole: Option<i64>,
    /// Nothing when not measured: neither met nor missed.
    holds: Option<bool>,
}

impl Outcome {
    /// Faults found and thresholds not met.
    pub fn failures(&self) -> usize {
        let faulty = self.checks.iter().filter(|c| c.faults > 0).count();
        let missed = self.thresholds.iter().filter(|t| t.holds == Some(false));
        faulty + missed.count()
    }

    /// One line for a log.
    pub fn summary(&self) -> String {
        let missed = self.thresholds.iter().filter(|t| t.holds == Some(false));
        let unmeasured = self.thresholds.iter().filter(|t| t.holds.is_none()).count();
        let mut line = format!(
            "{} of {} checks found faults, {} of {} thresholds missed",
            self.checks.iter().filter(|c| c.faults > 0).count(),
            self.checks.len(),
            missed.count(),
            self.thresholds.len(),
        );
        if unmeasured > 0 {
            line.push_str(&format!(", {unmeasured} not measured"));
        }
        line
    }
}

/// `redress check`.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<()> {
    if args.list {
        let checks =
            checks_with(args.queries.as_deref()).map_err(|e| Failure::Usage(e.to_string()))?;
        return output::print(&listing(context, &checks), context.format);
    }
    let outcome = perform(context, args)?;
    output::print_document(&outcome, || shown(&outcome), context.format)?;
    match outcome.failures() {
        0 => Ok(()),
        _ => Err(Failure::Check(outcome.summary()).into()),
    }
}

/// Runs all checks and thresholds, and queues the alarm where one is wanted; used by `check` and `run`.
///
/// # Errors
/// When the lake cannot be asked, or a threshold or a check cannot be read (exit code 2).
pub fn perform(context: &Context, args: &Args) -> anyhow::Result<Outcome> {
    let usage = |e: String| Failure::Usage(e);
    let checks = checks_with(args.queries.as_deref()).map_err(|e| usage(e.to_string()))?;
    let mut thresholds = context.config.read_thresholds()?;
    for text in &args.threshold {
        let read = text.parse::<Threshold>();
        thresholds.push(read.map_err(|why| usage(format!("--threshold: {why}")))?);
    }
    let metrics = metrics_with(None).map_err(|e| usage(e.to_string()))?;
    let (engine, _) = query::open(context, args.snapshot.as_deref(), &args.period)?;
    let language = context.config.language.as_str();
    let outcome = Outcome {
        schema_version: 1,
        period: engine.params().period.to_string(),
        checks: checks
            .iter()
            .map(|check| checked(&engine, check, language))
            .collect::<anyhow::Result<_>>()?,
        thresholds: thresholds
            .iter()
            .map(|threshold| judged(&engine, &metrics, threshold))
            .collect::<anyhow::Result<_>>()?,
    };
    let mail = args.mail.as_ref().or(context.config.alarm_mail.as_ref());
    if let (Some(mail), true) = (mail, outcome.failures() > 0) {
        alarm(context, &outcome, mail)?;
    }
    Ok(outcome)
}

fn checked(
    engine: &LocalEngine,
    check: &CheckFile,
    language: &str,
) -> anyhow::Result<CheckOutcome> {
    let mut table = engine.check(check)?;
    let faults = table.rows.len();
    table.rows.truncate(ROWS_SHOWN);
    Ok(CheckOutcome {
        id: check.id.clone(),
        title: check.title(language).to_owned(),
        definition: check.definition(language).to_owned(),
        faults,
        rows: serde_json::to_value(output::Records(&table))?,
        table,
    })
}

fn judged(
    engine: &LocalEngine,
    metrics: &[QueryFile],
    threshold: &Threshold,
) -> anyhow::Result<ThresholdOutcome> {
    let metric = query::find(metrics, threshold.indicator.metric)?;
    let actual = match engine.unmeasured(metric) {
        Some(_) => None,
        None => threshold.indicator.actual(&engine.metric(metric)?)?,
    };
    Ok(ThresholdOutcome {
        threshold: threshold.to_string(),
        value: actual.map(|a| a.value),
        part: actual.map(|a| a.part),
        whole: actual.map(|a| a.whole),
        holds: actual.map(|a| threshold.holds(a.value)),
    })
}

/// The same failures of the same period are told once.
fn alarm(context: &Context, outcome: &Outcome, mail: &str) -> anyhow::Result<()> {
    let body = format!(
        "{}: {}\n\n{}",
        context.config.organisation()?,
        outcome.summary(),
        shown(outcome)
    );
    let failed: Vec<String> = outcome
        .checks
        .iter()
        .filter(|c| c.faults > 0)
        .map(|c| format!("{}={}", c.id, c.faults))
        .chain(
            outcome
                .thresholds
                .iter()
                .filter(|t| t.holds == Some(false))
                .map(|t| t.threshold.clone()),
        )
        .collect();
    let mark = format!("{}: {}", outcome.period, failed.join("; "));
    Register::open(&context.config.register)?.queue_alarm(mail, &body, &mark, context.now)?;
    Ok(())
}

fn shown(outcome: &Outcome) -> String {
    let mut text = String::new();
    for check in outcome.checks.iter().filter(|c| c.faults > 0) {
        text.push_str(&format!(
            "{} ({}): {}\n{}\n\n{}",
            check.title,
            check.id,
            check.faults,
            check.definition,
            output::table(&check.table)
        ));
        if check.faults > check.table.rows.len() {
            text.push_str(&format!("... {} in all\n", check.faults));
        }
        text.push('\n');
    }
    for threshold in &outcome.thresholds {
        let said = match (threshold.value, threshold.holds) {
            (Some(value), Some(holds)) => format!(
                "{}: {value:.1} ({} of {})",
                if holds { "met" } else { "missed" },
                threshold.part.unwrap_or(0),
                threshold.whole.unwrap_or(0)
            ),
            _ => "not measured".to_owned(),
        };
        text.push_str(&format!("{}  {said}\n", threshold.threshold));
    }
    text.push_str(&format!("{}\n", outcome.summary()));
    text
}

fn listing(context: &Context, checks: &[CheckFile]) -> Counted {
    let language = context.config.language.as_str();
    Counted {
        columns: ["id", "title", "definition"].map(str::to_owned).to_vec(),
        rows: checks
            .iter()
            .map(|c| {
                [&c.id, c.title(language), c.definition(language)]
                    .map(|t| Value::Text(t.to_owned()))
                    .to_vec()
            })
            .collect(),
    }
}
