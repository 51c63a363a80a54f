//! `redress action study`: how often the method errs, on simulated actions whose truth is known.

use redress_engine::counted::{Counted, Value};
use redress_improvement::study::{ScenarioResult, reach, study};
use redress_stats::effect::Verdict;

use crate::failure::Failure;
use crate::{Context, output};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Simulated actions of each scenario
    #[arg(long, value_name = "N", default_value_t = 2_000)]
    actions: usize,
    /// Seed of the simulation
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Instead: how many months of follow-up plans need, by complaints a month, baseline and scatter
    #[arg(long)]
    reach: bool,
}

/// `action study`.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<()> {
    if args.actions == 0 {
        return Err(
            Failure::Usage("--actions 0 simulates nothing; give at least 1".to_owned()).into(),
        );
    }
    if args.reach {
        return output::print(&reached(args)?, context.format);
    }
    let results = study(args.actions, args.seed)?;
    let judged = ["effective", "ineffective", "inconclusive"];
    // Among those whose plan announced an end, then among all, with the binomial standard error of each.
    let columns = [
        "scenario",
        "truth",
        "actions",
        "announced",
        "announced_se",
        "median_months",
    ]
    .map(str::to_owned)
    .into_iter()
    .chain(["", "all_"].iter().flat_map(|of| {
        judged
            .iter()
            .flat_map(move |verdict| [format!("{of}{verdict}"), format!("{of}{verdict}_se")])
    }));
    let answer = Counted {
        columns: columns.collect(),
        rows: results.iter().map(row).collect(),
    };
    output::print(&answer, context.format)
}

/// How long plans have to follow up before they see a halving and refute what does nothing.
fn reached(args: &Args) -> anyhow::Result<Counted> {
    let months = |n: Option<u32>| n.map_or(Value::Null, |n| Value::Count(n.into()));
    let rows = reach(args.actions, args.seed)?
        .iter()
        .map(|found| {
            let share = f64::from(found.reachable) / f64::from(found.plans.max(1));
            vec![
                Value::Real(found.a_month),
                Value::Count(found.baseline_months.into()),
                Value::Real(found.dispersion),
                Value::Count(found.plans.into()),
                Value::Real((share * 1000.0).round() / 1000.0),
                months(found.median),
                months(found.ninth_decile),
            ]
        })
        .collect();
    let columns = [
        "complaints_a_month",
        "baseline_months",
        "scatter",
        "plans",
        "reachable",
        "median_months",
        "ninth_decile",
    ];
    Ok(Counted {
        columns: columns.map(str::to_owned).to_vec(),
        rows,
    })
}

fn row(result: &ScenarioResult) -> Vec<Value> {
    let places = |x: f64, n: f64| (x * n).round() / n;
    let share = |found: Option<(f64, f64)>| match found {
        Some((share, error)) => [
            Value::Real(places(share, 1000.0)),
            Value::Real(places(error, 1000.0)),
        ],
        None => [Value::Null, Value::Null],
    };
    let mut row = vec![
        Value::Text(result.scenario.as_str().to_owned()),
        Value::Text(result.scenario.describe().to_owned()),
        Value::Count(result.actions.into()),
    ];
    row.extend(share(result.reachable_share()));
    row.push(result.median_months.map_or(Value::Null, Value::Real));
    for verdicts in [&result.among_reachable, &result.among_all] {
        for verdict in [
            Verdict::Effective,
            Verdict::Ineffective,
            Verdict::Inconclusive,
        ] {
            row.extend(share(verdicts.share(verdict)));
        }
    }
    row
}
