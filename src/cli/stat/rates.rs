//! Two rates: their ratio, and the power to see it.

use clap::ValueEnum;
use redress_engine::counted::{Counted, Value};
use redress_stats::ModelRatio;
use redress_stats::negative_binomial::negative_binomial;
use redress_stats::power::{Comparison, DEFAULT_POWER, FollowUp, follow_up_needed, power};
use redress_stats::quasi_poisson::quasi_poisson;
use redress_stats::rate::{Rate, RateMethod, rate_ratio};

use super::table::{Confidence, Source, answer, count, fraction, groups, maybe, real, text, usage};

#[derive(Debug, clap::Args)]
pub struct Periods {
    #[command(flatten)]
    source: Source,
    /// Column with the group; two groups
    #[arg(long, value_name = "COLUMN")]
    group: String,
    /// Column with the number of events of a period
    #[arg(long, value_name = "COLUMN")]
    events: String,
    /// Column with the exposure of a period
    #[arg(long, value_name = "COLUMN")]
    exposure: String,
    /// The group that the other is compared with [default: the one that stands first]
    #[arg(long, value_name = "GROUP")]
    reference: Option<String>,
    #[command(flatten)]
    level: Confidence,
}

#[derive(Debug, clap::Args)]
pub struct RatioArgs {
    #[command(flatten)]
    periods: Periods,
    /// How the limits are found
    #[arg(long, value_enum, default_value_t = Method::Exact)]
    method: Method,
}

#[derive(Debug, clap::Args)]
pub struct NegbinArgs {
    #[command(flatten)]
    periods: Periods,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Method {
    Exact,
    MidP,
    QuasiPoisson,
}

/// `redress stat rate-ratio`.
pub fn ratio(args: &RatioArgs) -> anyhow::Result<Counted> {
    let two = read(&args.periods)?;
    let confidence = args.periods.level.confidence;
    let source = &args.periods.source;
    let exact = |method: RateMethod, name: &str| {
        let (first, second) = (total(&two.periods), total(&two.reference_periods));
        let ratio = source.judged(rate_ratio(first, second, method, confidence))?;
        let figures = [
            maybe(ratio.ratio),
            real(ratio.lower),
            maybe(ratio.upper),
            real(ratio.p_value),
        ];
        Ok(two.row(figures, name, Value::Null))
    };
    match args.method {
        Method::Exact => exact(RateMethod::Exact, "exact"),
        Method::MidP => exact(RateMethod::MidP, "mid-p"),
        Method::QuasiPoisson => {
            let model = quasi_poisson(&two.periods, &two.reference_periods, confidence);
            let model = source.judged(model)?;
            let phi = real(model.dispersion.phi);
            Ok(two.row(figures(&model.ratio), "quasi-poisson, phi", phi))
        }
    }
}

/// `redress stat negbin`.
pub fn negbin(args: &NegbinArgs) -> anyhow::Result<Counted> {
    let two = read(&args.periods)?;
    let confidence = args.periods.level.confidence;
    let model = negative_binomial(&two.periods, &two.reference_periods, confidence);
    let model = args.periods.source.judged(model)?;
    let method = match model.theta {
        Some(_) => "negative-binomial, theta",
        None => "poisson (no over-dispersion)",
    };
    Ok(two.row(figures(&model.ratio), method, maybe(model.theta)))
}

fn figures(ratio: &ModelRatio) -> [Value; 4] {
    [
        real(ratio.ratio.value),
        real(ratio.ratio.lower),
        real(ratio.ratio.upper),
        real(ratio.p_value),
    ]
}

/// The two groups of a file.
struct Two {
    name: String,
    periods: Vec<Rate>,
    reference: String,
    reference_periods: Vec<Rate>,
}

impl Two {
    fn row(&self, figures: [Value; 4], method: &str, dispersion: Value) -> Counted {
        let (own, other) = (total(&self.periods), total(&self.reference_periods));
        let [ratio, lower, upper, p_value] = figures;
        let row = [
            text(&self.name),
            count(own.events),
            real(own.exposure),
            text(&self.reference),
            count(other.events),
            real(other.exposure),
            ratio,
            lower,
            upper,
            p_value,
            text(method),
            dispersion,
        ];
        let columns = [
            "group",
            "events",
            "exposure",
            "reference",
            "reference_events",
            "reference_exposure",
            "ratio",
            "lower",
            "upper",
            "p_value",
            "method",
            "dispersion",
        ];
        answer(columns, vec![row])
    }
}

fn total(periods: &[Rate]) -> Rate {
    Rate {
        events: periods
            .iter()
            .fold(0, |sum, period| sum.saturating_add(period.events)),
        exposure: periods.iter().map(|period| period.exposure).sum(),
    }
}

fn read(args: &Periods) -> anyhow::Result<Two> {
    let columns = [Some(&args.group), Some(&args.events), Some(&args.exposure)];
    let table = args.source.read(&columns)?;
    let events = table.all_counts(&args.events)?;
    let exposure = table.all_numbers(&args.exposure)?;
    for (row, exposure) in exposure.iter().enumerate() {
        anyhow::ensure!(
            *exposure >= 0.0,
            "{}: row {}: the exposure is {exposure}; it must be 0 or more",
            args.source.file.display(),
            row + 1
        );
    }
    let groups = groups(&table, Some(&args.group))?;
    let names: Vec<&str> = groups.iter().map(|(name, _)| name.as_str()).collect();
    let [one, two] = names[..] else {
        return Err(usage(format!(
            "{}: a rate ratio needs two groups; the column `{}` holds: {}",
            args.source.file.display(),
            args.group,
            names.join(", ")
        )));
    };
    let (name, reference) = match args.reference.as_deref() {
        None => (two, one),
        Some(reference) if reference == one => (two, one),
        Some(reference) if reference == two => (one, two),
        Some(other) => {
            return Err(usage(format!(
                "--reference: `{other}` is no group; the groups are: {one}, {two}"
            )));
        }
    };
    let periods_of = |wanted: &str| {
        let rows = groups.iter().filter(|(name, _)| name == wanted);
        rows.flat_map(|(_, rows)| rows)
            .map(|&row| Rate {
                events: events[row],
                exposure: exposure[row],
            })
            .collect()
    };
    Ok(Two {
        name: name.to_owned(),
        periods: periods_of(name),
        reference: reference.to_owned(),
        reference_periods: periods_of(reference),
    })
}

#[derive(Debug, clap::Args)]
pub struct PowerArgs {
    /// Events per period (month) before the action
    #[arg(long, value_name = "RATE")]
    rate: f64,
    /// Length of the baseline in periods
    #[arg(long, value_name = "PERIODS", default_value_t = 12.0)]
    baseline: f64,
    /// Length of the follow-up in periods
    #[arg(long, value_name = "PERIODS", default_value_t = 12.0)]
    follow_up: f64,
    /// By which share the action really lowers the rate: 0.5 is a halving
    #[arg(long, value_name = "SHARE")]
    reduction: f64,
    /// The estimate must also show a reduction of at least this share
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    target: f64,
    /// Wanted power
    #[arg(long, value_name = "POWER", default_value_t = DEFAULT_POWER, value_parser = fraction)]
    power: f64,
    /// Longest follow-up to try, in periods
    #[arg(long, value_name = "PERIODS", default_value_t = 120)]
    longest: u32,
    #[command(flatten)]
    level: Confidence,
}

/// `redress stat power`.
pub fn power_of(args: &PowerArgs) -> anyhow::Result<Counted> {
    let confidence = args.level.confidence;
    let plan = Comparison {
        baseline_rate: args.rate,
        baseline_exposure: args.baseline,
        follow_up_exposure: args.follow_up,
        reduction: args.reduction,
        target: args.target,
    };
    let refused = |error: redress_stats::StatsError| usage(error.to_string());
    let at = power(&plan, confidence).map_err(refused)?;
    let needed = follow_up_needed(&plan, args.power, confidence, args.longest).map_err(refused)?;
    let (periods, status) = match needed {
        FollowUp::Periods { periods, .. } => (count(u64::from(periods)), "reached".to_owned()),
        FollowUp::NotReached { longest, power } => (
            Value::Null,
            format!("not reached in {longest} periods (power {power:.2})"),
        ),
    };
    let row = [
        real(args.rate),
        real(args.baseline),
        real(args.reduction),
        real(args.target),
        real(args.follow_up),
        real(at),
        real(args.power),
        periods,
        text(status),
    ];
    let columns = [
        "rate",
        "baseline",
        "reduction",
        "target",
        "follow_up",
        "power",
        "wanted_power",
        "follow_up_needed",
        "status",
    ];
    Ok(answer(columns, vec![row]))
}
