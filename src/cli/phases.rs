//! `redress phases`: from which month the limits of a control chart begin anew, and why.

use clap::Subcommand;
use redress_domain::chart_phase::in_force;
use redress_domain::chart_series::ChartSeries;
use redress_engine::counted::{Counted, Value};
use redress_register::{NewPhase, Register};
use serde::Serialize;

use super::Context;
use super::case::common::{SCHEMA_VERSION, as_of, stamp};
use super::failure::of_register;
use super::output;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Record that the limits of a series begin anew with a month
    Set(Record),
    /// Record that a phase does not hold after all
    Withdraw(Record),
    /// The phases in force
    List {
        /// Every version, not only those in force
        #[arg(long)]
        all: bool,
        /// As the register knew them then
        #[arg(long, value_name = "INSTANT")]
        as_of: Option<String>,
    },
}

#[derive(Debug, clap::Args)]
pub struct Record {
    /// The series, as a pack names its chart: processing-1 for charts/course-processing-1.svg
    #[arg(value_name = "SERIES")]
    series: ChartSeries,
    /// First month of the phase: 2026-03
    #[arg(long = "from", value_name = "MONTH")]
    begins: String,
    /// The site whose series it is [default: the series of the whole]
    #[arg(long)]
    site: Option<String>,
    /// What made the process another one, or why the phase is withdrawn
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Member of staff who records it, with the role quality or admin
    #[arg(long, env = "REDRESS_BY", value_name = "NAME")]
    by: String,
}

#[derive(Debug, Serialize)]
struct Recorded<'a> {
    schema_version: u32,
    series: String,
    site: Option<&'a str>,
    begins_month: &'a str,
    version: i64,
    withdrawn: bool,
}

/// `redress phases`.
pub fn run(context: &Context, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Set(args) => record(context, args, false),
        Command::Withdraw(args) => record(context, args, true),
        Command::List { all, as_of } => list(context, all, as_of.as_deref()),
    }
}

fn record(context: &Context, args: Record, withdrawn: bool) -> anyhow::Result<()> {
    let new = NewPhase {
        series: args.series,
        site: args.site.filter(|site| !site.trim().is_empty()),
        begins: args.begins,
        reason: args.reason,
        by: args.by,
    };
    let mut register = Register::open(&context.config.register)?;
    let version = match withdrawn {
        false => register.set_phase(&new, context.now),
        true => register.withdraw_phase(&new, context.now),
    }
    .map_err(of_register)?;
    let recorded = Recorded {
        schema_version: SCHEMA_VERSION,
        series: new.series.to_string(),
        site: new.site.as_deref(),
        begins_month: &new.begins,
        version,
        withdrawn,
    };
    output::print_document(&recorded, || recorded.in_words(), context.format)
}

impl Recorded<'_> {
    fn in_words(&self) -> String {
        let site = self
            .site
            .map_or(String::new(), |site| format!(" at {site}"));
        let what = match self.withdrawn {
            false => "limits begin anew from",
            true => "no limits of their own any more from",
        };
        format!(
            "{}{site}: {what} {}, version {}\n",
            self.series, self.begins_month, self.version
        )
    }
}

fn list(context: &Context, all: bool, moment: Option<&str>) -> anyhow::Result<()> {
    let register = Register::open_read_only(&context.config.register)?;
    let zone = register.zone();
    let versions = register.phases(as_of(moment, zone, context.now)?)?;
    let standing = in_force(&versions);
    let rows = versions
        .into_iter()
        .map(|phase| (standing.contains(&phase), phase))
        .filter(|(holds, _)| all || *holds)
        .map(|(holds, phase)| {
            vec![
                Value::Text(phase.series),
                phase.site.map_or(Value::Null, Value::Text),
                Value::Text(phase.begins),
                Value::Count(phase.version),
                Value::Flag(phase.withdrawn),
                Value::Flag(holds),
                Value::Text(phase.entered_by),
                stamp(phase.recorded_at, zone, context.format),
                Value::Text(phase.reason),
            ]
        })
        .collect();
    let columns = [
        "series",
        "site",
        "begins_month",
        "version",
        "withdrawn",
        "in_force",
        "entered_by",
        "recorded",
        "reason",
    ];
    let answer = Counted {
        columns: columns.map(str::to_owned).to_vec(),
        rows,
    };
    output::print(&answer, context.format)
}
