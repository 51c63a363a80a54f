//! Series: control charts, and whether their counts scatter more than chance.

use clap::ValueEnum;
use redress_engine::counted::{Counted, Value};
use redress_stats::control::{
    BaselineSource, ChartPlan, ControlChart, Counted as Share, Exposed, FIRM_BASELINE, Rebase,
    RunRule, g_chart, p_chart, p_prime_chart, t_chart, u_chart, u_prime_chart, xmr_chart,
};
use redress_stats::dispersion::{DEFAULT_LEVEL, rate_dispersion, share_dispersion};
use redress_table_file::TableFile;

use super::table::{Source, answer, count, fraction, labels, maybe, real, size, text, usage};

#[derive(Debug, clap::Args)]
pub struct ControlArgs {
    #[command(flatten)]
    source: Source,
    /// Kind of chart
    #[arg(long, value_enum)]
    kind: Kind,
    /// Column with the counts (p, u, p-prime, u-prime)
    #[arg(long, value_name = "COLUMN")]
    count: Option<String>,
    /// Column with the sizes or exposures (p, u, p-prime, u-prime); 0 is a gap
    #[arg(long, value_name = "COLUMN", visible_alias = "exposure")]
    size: Option<String>,
    /// Column with the values (xmr), the cases between events (g) or the time between them (t)
    #[arg(long, value_name = "COLUMN")]
    value: Option<String>,
    /// Column that names the points, such as the month
    #[arg(long, value_name = "COLUMN")]
    label: Option<String>,
    /// A new phase from this point (counted from 1) with its reason: 13="new supplier"
    #[arg(long, value_name = "POINT=REASON", value_parser = phase)]
    phase: Vec<Phase>,
    /// Points that a baseline rests on, 20 or more
    #[arg(long, value_name = "NUMBER", default_value_t = FIRM_BASELINE)]
    baseline_points: usize,
    /// The last point's period is not over: it is shown, but not judged
    #[arg(long)]
    unfinished: bool,
}

#[derive(Debug, clap::Args)]
pub struct DispersionArgs {
    #[command(flatten)]
    source: Source,
    /// What is counted: shares of a size, or a rate over an exposure
    #[arg(long, value_enum)]
    kind: Counts,
    /// Column with the counts
    #[arg(long, value_name = "COLUMN")]
    count: String,
    /// Column with the sizes or exposures; 0 is a gap
    #[arg(long, value_name = "COLUMN", visible_alias = "exposure")]
    size: String,
    /// Significance level
    #[arg(long, default_value_t = DEFAULT_LEVEL, value_parser = fraction)]
    level: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    P,
    U,
    PPrime,
    UPrime,
    Xmr,
    G,
    T,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Counts {
    Share,
    Rate,
}

#[derive(Debug, Clone)]
struct Phase {
    start: usize,
    reason: String,
}

fn phase(text: &str) -> Result<Phase, String> {
    let wanted = "must be a point and its reason, for instance 13=\"new supplier\"";
    let (point, reason) = text.split_once('=').ok_or(wanted)?;
    let point: usize = point.trim().parse().map_err(|_| wanted)?;
    let start = point.checked_sub(1).ok_or("points are counted from 1")?;
    if reason.trim().is_empty() {
        return Err("a new phase needs a reason".to_owned());
    }
    Ok(Phase {
        start,
        reason: reason.trim().to_owned(),
    })
}

/// `redress stat control`.
pub fn control(args: &ControlArgs) -> anyhow::Result<Counted> {
    let plan = ChartPlan {
        first: BaselineSource::Computed,
        rebased: args
            .phase
            .iter()
            .map(|phase| Rebase {
                start: phase.start,
                reason: phase.reason.clone(),
                baseline: BaselineSource::Computed,
            })
            .collect(),
        baseline_points: args.baseline_points,
        last_unfinished: args.unfinished,
    };
    let wanted = match args.kind {
        Kind::P | Kind::U | Kind::PPrime | Kind::UPrime => [
            Some(needed(args.count.as_ref(), args.kind, "--count")?),
            Some(needed(args.size.as_ref(), args.kind, "--size")?),
            args.label.as_ref(),
        ],
        Kind::Xmr | Kind::G | Kind::T => [
            Some(needed(args.value.as_ref(), args.kind, "--value")?),
            None,
            args.label.as_ref(),
        ],
    };
    let table = args.source.read(&wanted)?;
    let [first, second, _] = wanted.map(|column| column.map_or("", String::as_str));
    let chart = match args.kind {
        Kind::P => p_chart(&shares(&table, first, second)?, &plan),
        Kind::PPrime => p_prime_chart(&shares(&table, first, second)?, &plan),
        Kind::U => u_chart(&exposed(&table, first, second)?, &plan),
        Kind::UPrime => u_prime_chart(&exposed(&table, first, second)?, &plan),
        Kind::Xmr => xmr_chart(&table.numbers(first)?, &plan),
        Kind::G => g_chart(&table.counts(first)?, &plan),
        Kind::T => t_chart(&table.numbers(first)?, &plan),
    };
    let chart = args.source.judged(chart)?;
    Ok(points(&chart, &labels(&table, args.label.as_ref())?))
}

fn needed<'a>(column: Option<&'a String>, kind: Kind, option: &str) -> anyhow::Result<&'a String> {
    column.ok_or_else(|| {
        let kind = kind
            .to_possible_value()
            .map_or_else(String::new, |value| value.get_name().to_owned());
        usage(format!("a chart of the kind {kind} needs {option} COLUMN"))
    })
}

fn shares(table: &TableFile, count: &str, size: &str) -> anyhow::Result<Vec<Share>> {
    let pairs = table
        .all_counts(count)?
        .into_iter()
        .zip(table.all_counts(size)?);
    Ok(pairs.map(|(count, size)| Share { count, size }).collect())
}

fn exposed(table: &TableFile, count: &str, exposure: &str) -> anyhow::Result<Vec<Exposed>> {
    let pairs = table
        .all_counts(count)?
        .into_iter()
        .zip(table.all_numbers(exposure)?);
    Ok(pairs
        .map(|(count, exposure)| Exposed { count, exposure })
        .collect())
}

fn points(chart: &ControlChart, labels: &[String]) -> Counted {
    let mut rows = Vec::with_capacity(chart.points.len());
    for (number, phase) in chart.phases.iter().enumerate() {
        let sigma_z = phase.baseline.and_then(|base| base.sigma_z(chart.kind));
        let own = phase.start..phase.end;
        for (point, label) in chart.points[own.clone()].iter().zip(&labels[own]) {
            let limit = |of: fn(&redress_stats::control::PointLimits) -> f64| {
                maybe(point.limits.as_ref().map(of))
            };
            let signals: Vec<&str> = point.signals.iter().map(|rule| name(*rule)).collect();
            rows.push([
                text(label),
                maybe(point.value),
                limit(|limits| limits.centre),
                limit(|limits| limits.lower),
                limit(|limits| limits.upper),
                text(signals.join(" ")),
                Value::Flag(point.unfinished),
                size(number + 1),
                text(phase.reason.as_deref().unwrap_or_default()),
                phase.baseline.map_or(Value::Null, |base| size(base.points)),
                Value::Flag(phase.baseline.is_some_and(|base| base.is_firm())),
                maybe(sigma_z),
            ]);
        }
    }
    let columns = [
        "point",
        "value",
        "centre",
        "lower",
        "upper",
        "signals",
        "unfinished",
        "phase",
        "reason",
        "baseline_points",
        "firm",
        "sigma_z",
    ];
    answer(columns, rows)
}

fn name(rule: RunRule) -> &'static str {
    match rule {
        RunRule::BeyondThreeSigma => "beyond_3_sigma",
        RunRule::EightOnOneSide => "8_on_one_side",
        RunRule::SixTrending => "6_trending",
        RunRule::TwoOfThreeBeyondTwoSigma => "2_of_3_beyond_2_sigma",
    }
}

/// `redress stat dispersion`.
pub fn dispersion(args: &DispersionArgs) -> anyhow::Result<Counted> {
    let table = args.source.read(&[Some(&args.count), Some(&args.size)])?;
    let (scatter, plain, prime) = match args.kind {
        Counts::Share => {
            let points = shares(&table, &args.count, &args.size)?;
            (share_dispersion(&points), "p", "p-prime")
        }
        Counts::Rate => {
            let points = exposed(&table, &args.count, &args.size)?;
            (rate_dispersion(&points), "u", "u-prime")
        }
    };
    let scatter = args.source.judged(scatter)?;
    let over = scatter.is_over(args.level);
    let row = [
        real(scatter.chi_square),
        size(scatter.degrees),
        real(scatter.phi),
        real(scatter.p_value),
        Value::Flag(over),
        text(if over { prime } else { plain }),
        count(table.rows() as u64),
    ];
    let columns = [
        "chi_square",
        "degrees",
        "phi",
        "p_value",
        "over_dispersed",
        "chart",
        "points",
    ];
    Ok(answer(columns, vec![row]))
}
