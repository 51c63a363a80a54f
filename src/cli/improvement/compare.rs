//! `redress improvement compare`: sites, departments and months beside each other.

use redress_engine::counted::{Counted, Value};
use redress_engine::indicators::indicator_of;
use redress_improvement::compare::{Method, compare};
use redress_query::query_file::shipped_metrics;

use crate::failure::Failure;
use crate::{Context, output, query};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// A share: M2 to M7b, P7, P12, P15, sla.processing, right_first_time
    indicator: String,
    /// What is compared: site, department, category, channel, month, or another dimension of the metric
    #[arg(long, value_name = "DIMENSION", default_value = "site")]
    by: String,
    /// Set each unit against what its own mix of this leads to expect
    #[arg(long, value_name = "DIMENSION")]
    standardise: Option<String>,
    /// The period
    #[arg(long, value_name = "PERIOD", default_value = "last-quarter")]
    period: String,
    /// The snapshot [default: the latest]
    #[arg(long, value_name = "NAME")]
    snapshot: Option<String>,
}

pub fn run(context: &Context, args: &Args) -> anyhow::Result<()> {
    let indicator = indicator_of(&args.indicator).ok_or_else(|| {
        Failure::Usage(format!(
            "`{}` is no indicator that is computed; `redress objectives set --help` names them",
            args.indicator
        ))
    })?;
    let metrics = shipped_metrics()?;
    let metric = query::find(&metrics, indicator.metric)?;
    let (engine, _) = query::open(context, args.snapshot.as_deref(), &args.period)?;
    if let Some(why) = engine.unmeasured(metric) {
        return Err(Failure::Nothing(why.to_string()).into());
    }
    let found = compare(
        &engine,
        metric,
        indicator,
        &args.by,
        args.standardise.as_deref(),
    )
    .map_err(|error| Failure::Usage(error.to_string()))?;
    let places = |x: f64, n: f64| Value::Real((x * n).round() / n);
    let rows = found
        .units
        .iter()
        .map(|unit| {
            let share = |part: Option<f64>| part.map_or(Value::Null, |p| places(p * 100.0, 10.0));
            vec![
                unit.name.clone().map_or(Value::Null, Value::Text),
                Value::Count(i64::try_from(unit.events).unwrap_or(i64::MAX)),
                Value::Count(i64::try_from(unit.size).unwrap_or(i64::MAX)),
                share(unit.share.map(|s| s.value)),
                share(unit.share.map(|s| s.lower)),
                share(unit.share.map(|s| s.upper)),
                places(unit.expected, 10.0),
                places(unit.ratio.value, 100.0),
                places(unit.ratio.lower, 100.0),
                places(unit.ratio.upper, 100.0),
                Value::Text(unit.place.as_str().to_owned()),
            ]
        })
        .collect();
    match found.method {
        Method::Funnel { phi } => say_line!(
            "funnel over {} units with over-dispersion (phi {phi:.2}); a unit is told from the others only beyond its limits",
            found.units.len()
        ),
        Method::Intervals => say_line!(
            "{} units, too few for a funnel: an interval each; no percentage under twenty",
            found.units.len()
        ),
    }
    let columns = [
        args.by.as_str(),
        "events",
        "of",
        "percent",
        "lower",
        "upper",
        "expected",
        "ratio",
        "ratio_lower",
        "ratio_upper",
        "place",
    ];
    let answer = Counted {
        columns: columns.map(str::to_owned).to_vec(),
        rows,
    };
    output::print(&answer, context.format)
}
