//! `redress objectives`: targets of indicators, each with its owner and the day from which it holds.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use clap::Subcommand;
use redress_engine::counted::{Counted, Value};
use redress_engine::indicator_codes as codes;
use redress_register::{Direction, NewObjective, Objective, Register};
use serde::Serialize;

use crate::Context;
use crate::case::common::{SCHEMA_VERSION, as_of, stamp, word};
use crate::failure::Failure;
use crate::output;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// The targets in force
    Show {
        /// Every version, not only the one in force
        #[arg(long)]
        all: bool,
        /// As the register knew them then
        #[arg(long, value_name = "INSTANT")]
        as_of: Option<String>,
    },
    /// A new version of a target
    Set(Set),
}

#[derive(Debug, clap::Args)]
pub struct Set {
    /// M1 to M8, P1 to P15, or a figure of ours such as sla.processing (percent)
    indicator: String,
    /// The target, in the indicator's own unit
    #[arg(long, allow_hyphen_values = true)]
    target: f64,
    /// Which side of it is asked for
    #[arg(long, value_parser = word!(Direction))]
    direction: Direction,
    /// Who answers for it
    #[arg(long)]
    owner: String,
    /// The first day on which it holds
    #[arg(long, value_name = "DATE")]
    from: NaiveDate,
    /// Why it is set
    #[arg(long)]
    reason: String,
}

#[derive(Debug, Serialize)]
struct Added<'a> {
    schema_version: u32,
    indicator: &'a str,
    version: i64,
    target: f64,
    direction: &'static str,
}

/// `redress objectives`.
pub fn run(context: &Context, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Show { all, as_of } => show(context, all, as_of.as_deref()),
        Command::Set(args) => set(context, &args),
    }
}

fn target_of(given: &str) -> Result<String, Failure> {
    codes::of_target(given).map_err(|refused| Failure::Usage(refused.to_string()))
}

fn set(context: &Context, args: &Set) -> anyhow::Result<()> {
    let new = NewObjective {
        indicator: target_of(&args.indicator)?,
        target: args.target,
        direction: args.direction,
        owner: args.owner.clone(),
        effective_from: args.from,
        reason: args.reason.clone(),
    };
    codes::check_target(&new.indicator, new.target)
        .map_err(|outside| Failure::Usage(format!("--target: {outside}")))?;
    let version = Register::open(&context.config.register)?.set_objective(&new, context.now)?;
    let added = Added {
        schema_version: SCHEMA_VERSION,
        indicator: &new.indicator,
        version,
        target: new.target,
        direction: new.direction.as_str(),
    };
    let human = || {
        format!(
            "{}: {} {} from {}, version {version}\n",
            new.indicator, new.direction, new.target, new.effective_from
        )
    };
    output::print_document(&added, human, context.format)
}

fn show(context: &Context, all: bool, moment: Option<&str>) -> anyhow::Result<()> {
    let register = Register::open_read_only(&context.config.register)?;
    let zone = register.zone();
    let moment = as_of(moment, zone, context.now)?;
    let today = moment
        .unwrap_or(context.now)
        .with_timezone(&zone)
        .date_naive();
    let mut objectives = register.objectives(moment)?;
    let in_force: BTreeMap<String, i64> = Objective::in_force(&objectives, today)
        .into_iter()
        .map(|(indicator, o)| (indicator.to_owned(), o.version))
        .collect();
    objectives.retain(|o| all || in_force.get(&o.objective.indicator) == Some(&o.version));
    let rows = objectives
        .into_iter()
        .map(|o| {
            let holds = in_force.get(&o.objective.indicator) == Some(&o.version);
            let objective = o.objective;
            vec![
                Value::Text(objective.indicator),
                Value::Text(objective.direction.as_str().to_owned()),
                Value::Real(objective.target),
                Value::Text(objective.owner),
                Value::Day(objective.effective_from),
                Value::Count(o.version),
                Value::Flag(holds),
                stamp(o.recorded_at, zone, context.format),
                Value::Text(objective.reason),
            ]
        })
        .collect();
    let columns = [
        "indicator",
        "direction",
        "target",
        "owner",
        "effective_from",
        "version",
        "in_force",
        "recorded",
        "reason",
    ];
    output::print(
        &Counted {
            columns: columns.map(str::to_owned).to_vec(),
            rows,
        },
        context.format,
    )
}
