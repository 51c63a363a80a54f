//! `redress bench`: what each step takes on this machine with this register, each in a process of its own.

use std::path::Path;
use std::process::Stdio;

use redress_engine::counted::{Counted, Value};
use redress_register::Register;

use super::config::Config;
use super::failure::Failure;
use super::{Context, child, output};

mod measured;

use measured::{Taken, measure};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Times that each step that changes nothing is run; the middle one is shown
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=99))]
    rounds: u32,
    /// The period that is asked for
    #[arg(long, value_name = "PERIOD", default_value = "last-quarter")]
    period: String,
    /// Where the copy of the register, its lake and its pack lie while it runs [default: the system's temporary folder]
    #[arg(long, value_name = "DIR")]
    scratch: Option<std::path::PathBuf>,
    /// Leave the search for repeat complaints out
    #[arg(long)]
    no_clusters: bool,
    /// Also each metric by itself
    #[arg(long)]
    metrics: bool,
}

/// One step: its name in the table, and the command.
struct Step {
    name: String,
    command: Vec<String>,
    /// What it leaves behind is there already after the first round, so it is run once.
    once: bool,
    /// Exit codes that are answers and no failures.
    answers: &'static [i32],
}

impl Step {
    fn new(name: &str, command: &[&str]) -> Step {
        Step {
            name: name.to_owned(),
            command: command.iter().map(|&word| word.to_owned()).collect(),
            once: false,
            answers: &[0],
        }
    }

    fn once(self) -> Step {
        Step { once: true, ..self }
    }
}

/// `redress bench`: the register itself is only copied; lake, clusters, judgements and pack come from the copy.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<()> {
    let cases = Register::open(&context.config.register)?.count_cases()?;
    let scratch = match &args.scratch {
        Some(folder) => tempfile::tempdir_in(folder),
        None => tempfile::tempdir(),
    }
    .map_err(|e| Failure::Usage(format!("no scratch folder can be made: {e}")))?;
    let folder = scratch.path();
    let mut copy = context.config.clone();
    copy.register = folder.join("register.sqlite");
    copy.lake = folder.join("lake");
    let mut answer = Counted {
        columns: COLUMNS.iter().map(|&name| name.to_owned()).collect(),
        rows: Vec::new(),
    };
    let mut shown = |step: &Step, config: &Config| -> anyhow::Result<()> {
        let taken = take(config, step, args.rounds, folder)?;
        say!("{}: {:.1} s\n", step.name, taken.elapsed);
        answer.rows.push(row(&step.name, &taken, cases));
        Ok(())
    };
    let backup = copy.register.to_string_lossy().into_owned();
    shown(
        &Step::new("backup", &["backup", &backup]).once(),
        &context.config,
    )?;
    let pack = folder.join("pack").to_string_lossy().into_owned();
    for step in steps(args, &pack) {
        shown(&step, &copy)?;
    }
    if args.metrics {
        for step in each_metric(&copy, &args.period)? {
            shown(&step, &copy)?;
        }
    }
    output::print(&answer, context.format)
}

const COLUMNS: &[&str] = &[
    "step",
    "elapsed_s",
    "processor_s",
    "processors",
    "peak_mib",
    "read_mib",
    "written_mib",
    "cases_per_s",
];

/// The steps of a nightly batch and of a review, in their order.
fn steps(args: &Args, pack: &str) -> Vec<Step> {
    let period = args.period.as_str();
    let mut steps = vec![
        Step::new("extract, full", &["extract", "--full"]),
        Step::new("extract, nothing changed", &["extract"]),
    ];
    if !args.no_clusters {
        steps.push(Step::new("clusters, full", &["clusters", "run", "--full"]).once());
        steps.push(Step::new("clusters, nothing new", &["clusters", "run"]).once());
    }
    steps.extend([
        Step::new("actions", &["action", "update"]).once(),
        Step::new("all metrics", &["query", "--all", "--period", period]),
        Step::new(
            "one drill",
            &[
                "query",
                "stage_sla",
                "--period",
                period,
                "--drill=verdict=missed",
            ],
        ),
        Step {
            answers: &[0, 10],
            ..Step::new("checks", &["check", "--period", period])
        },
        Step::new(
            "review pack",
            &["review", "build", period, "--force", "--out", pack],
        ),
        Step::new("audit", &["audit", "verify"]),
    ]);
    steps
}

/// A step for each metric, as `query --list` names them.
fn each_metric(config: &Config, period: &str) -> anyhow::Result<Vec<Step>> {
    let listed = child::program(config)
        .map_err(Failure::Usage)?
        .args(["--format", "json", "query", "--list"])
        .output()?;
    let listed: Vec<serde_json::Value> = serde_json::from_slice(&listed.stdout)?;
    let names = listed.iter().filter_map(|metric| metric["id"].as_str());
    let steps = names.map(|name| {
        Step::new(
            &format!("metric {name}"),
            &["query", name, "--period", period],
        )
    });
    Ok(steps.collect())
}

/// Runs a step as often as asked, and gives the round in the middle by elapsed time.
fn take(config: &Config, step: &Step, rounds: u32, folder: &Path) -> anyhow::Result<Taken> {
    let mut all = Vec::new();
    for _ in 0..if step.once { 1 } else { rounds } {
        let said = folder.join("said");
        let mut command = child::program(config).map_err(Failure::Usage)?;
        command
            .args(&step.command)
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(&said)?);
        let (status, taken) = measure(&mut command)?;
        if !status
            .code()
            .is_some_and(|code| step.answers.contains(&code))
        {
            let said = std::fs::read_to_string(&said).unwrap_or_default();
            anyhow::bail!("{} ended with {status}: {}", step.name, said.trim());
        }
        all.push(taken);
    }
    all.sort_by(|a, b| a.elapsed.total_cmp(&b.elapsed));
    Ok(all.get(all.len() / 2).copied().unwrap_or_default())
}

/// One line of the answer, rounded to what a single machine can tell.
fn row(name: &str, taken: &Taken, cases: u64) -> Vec<Value> {
    let rounded = |value: f64, digits: i32| {
        let unit = 10_f64.powi(digits);
        Value::Real((value * unit).round() / unit)
    };
    let known = |value: Option<f64>, digits| value.map_or(Value::Null, |v| rounded(v, digits));
    let processors = taken
        .processor
        .filter(|_| taken.elapsed > 0.0)
        .map(|p| p / taken.elapsed);
    vec![
        Value::Text(name.to_owned()),
        rounded(taken.elapsed, 2),
        known(taken.processor, 2),
        known(processors, 1),
        known(taken.peak, 0),
        known(taken.read, 0),
        known(taken.written, 0),
        match taken.elapsed > 0.0 {
            true => rounded(cases as f64 / taken.elapsed, 0),
            false => Value::Null,
        },
    ]
}
