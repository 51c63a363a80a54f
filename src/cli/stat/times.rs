//! Time until an event: survival, logrank.

use clap::ValueEnum;
use redress_engine::counted::{Counted, Value};
use redress_stats::incidence::{Incidence, cumulative_incidence};
use redress_stats::log_rank::log_rank;
use redress_stats::survival::{
    CurveInterval, CurveOptions, Quantile, SurvivalCurve, TimeCount, kaplan_meier,
};
use redress_table_file::TableFile;

use super::table::{Confidence, Source, answer, count, fraction, groups, maybe, real, size, text};

#[derive(Debug, clap::Args)]
pub struct Times {
    #[command(flatten)]
    source: Source,
    /// Column with the time, 0 or more
    #[arg(long, value_name = "COLUMN")]
    time: String,
    /// Column that tells how it ended: 1 or true the event, 0 or false still open, 2 something else first
    #[arg(long, value_name = "COLUMN")]
    event: String,
    /// Column with how many a row stands for [default: one each]
    #[arg(long, value_name = "COLUMN")]
    count: Option<String>,
}

#[derive(Debug, clap::Args)]
pub struct SurvivalArgs {
    #[command(flatten)]
    times: Times,
    /// Column with the group: one curve each
    #[arg(long, value_name = "COLUMN")]
    group: Option<String>,
    /// Scale of the limits, as R's conf.type
    #[arg(long, value_enum, default_value_t = Scale::Log)]
    interval: Scale,
    #[command(flatten)]
    level: Confidence,
    /// The curve is shown while so many are at risk
    #[arg(long, value_name = "NUMBER", default_value_t = 10)]
    min_at_risk: u64,
    /// Answer with the times by which these shares have ended, such as 0.5,0.9
    #[arg(long, value_name = "SHARES", value_delimiter = ',', value_parser = fraction)]
    quantiles: Vec<f64>,
    /// Answer with the cumulative incidence of the event and of what came first
    #[arg(long, conflicts_with_all = ["quantiles", "interval"])]
    incidence: bool,
}

#[derive(Debug, clap::Args)]
pub struct LogRankArgs {
    #[command(flatten)]
    times: Times,
    /// Column with the group
    #[arg(long, value_name = "COLUMN")]
    group: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Scale {
    Plain,
    Log,
    LogLog,
}

/// `redress stat survival`.
pub fn survival(args: &SurvivalArgs) -> anyhow::Result<Counted> {
    let source = &args.times.source;
    let options = CurveOptions {
        confidence: args.level.confidence,
        interval: match args.interval {
            Scale::Plain => CurveInterval::Plain,
            Scale::Log => CurveInterval::Log,
            Scale::LogLog => CurveInterval::LogLog,
        },
        min_at_risk: args.min_at_risk,
    };
    let groups = read(&args.times, args.group.as_ref())?;
    if args.incidence {
        return incidence(source, &groups, &options);
    }
    let mut curves = Vec::with_capacity(groups.len());
    for (name, rows) in groups {
        curves.push((name, source.judged(kaplan_meier(&rows, &options))?));
    }
    if args.quantiles.is_empty() {
        Ok(steps(&curves))
    } else {
        quantiles(source, &curves, &args.quantiles)
    }
}

fn steps(curves: &[(String, SurvivalCurve)]) -> Counted {
    let mut rows = Vec::new();
    for (name, curve) in curves {
        let shown = curve.shown().len();
        for (index, step) in curve.steps().iter().enumerate() {
            rows.push([
                text(name),
                real(step.time),
                count(step.at_risk),
                count(step.events),
                count(step.competing),
                count(step.censored),
                real(step.survival),
                maybe(step.std_error),
                maybe(step.lower),
                maybe(step.upper),
                Value::Flag(index < shown),
            ]);
        }
    }
    let columns = [
        "group",
        "time",
        "at_risk",
        "events",
        "competing",
        "censored",
        "survival",
        "std_error",
        "lower",
        "upper",
        "shown",
    ];
    answer(columns, rows)
}

fn quantiles(
    source: &Source,
    curves: &[(String, SurvivalCurve)],
    shares: &[f64],
) -> anyhow::Result<Counted> {
    let mut rows = Vec::new();
    for (name, curve) in curves {
        for &share in shares {
            let (found, status) = match source.judged(curve.quantile(share))? {
                Quantile::Reached(found) => (Some(found), "reached"),
                Quantile::Sparse(found) => (Some(found), "few at risk"),
                Quantile::NotReached => (None, "not reached"),
            };
            rows.push([
                text(name),
                count(curve.total()),
                count(curve.events()),
                real(share),
                maybe(found.map(|found| found.time)),
                maybe(found.and_then(|found| found.lower)),
                maybe(found.and_then(|found| found.upper)),
                text(status),
            ]);
        }
    }
    let columns = [
        "group", "total", "events", "ended", "time", "lower", "upper", "status",
    ];
    Ok(answer(columns, rows))
}

fn incidence(
    source: &Source,
    groups: &[(String, Vec<TimeCount>)],
    options: &CurveOptions,
) -> anyhow::Result<Counted> {
    let mut rows = Vec::new();
    for (name, table) in groups {
        let curve = source.judged(cumulative_incidence(table, options))?;
        let shown = curve.shown().len();
        for (index, step) in curve.steps().iter().enumerate() {
            let figures = |cause: &Incidence| {
                [
                    real(cause.share),
                    real(cause.std_error),
                    maybe(cause.lower),
                    maybe(cause.upper),
                ]
            };
            let [share, error, lower, upper] = figures(&step.event);
            let [other, other_error, other_lower, other_upper] = figures(&step.competing);
            rows.push([
                text(name),
                real(step.time),
                count(step.at_risk),
                share,
                error,
                lower,
                upper,
                other,
                other_error,
                other_lower,
                other_upper,
                Value::Flag(index < shown),
            ]);
        }
    }
    let columns = [
        "group",
        "time",
        "at_risk",
        "event",
        "event_std_error",
        "event_lower",
        "event_upper",
        "competing",
        "competing_std_error",
        "competing_lower",
        "competing_upper",
        "shown",
    ];
    Ok(answer(columns, rows))
}

/// `redress stat logrank`.
pub fn logrank(args: &LogRankArgs) -> anyhow::Result<Counted> {
    let (names, tables): (Vec<String>, Vec<Vec<TimeCount>>) =
        read(&args.times, Some(&args.group))?.into_iter().unzip();
    let test = args.times.source.judged(log_rank(&tables))?;
    let rows = names.into_iter().zip(&test.groups).map(|(name, group)| {
        [
            text(name),
            count(group.total),
            count(group.events),
            real(group.expected),
            real(test.chi_square),
            size(test.degrees),
            real(test.p_value),
        ]
    });
    let columns = [
        "group",
        "total",
        "observed",
        "expected",
        "chi_square",
        "degrees",
        "p_value",
    ];
    Ok(answer(columns, rows.collect()))
}

/// The counted table of each group.
fn read(args: &Times, group: Option<&String>) -> anyhow::Result<Vec<(String, Vec<TimeCount>)>> {
    let columns = [
        Some(&args.time),
        Some(&args.event),
        args.count.as_ref(),
        group,
    ];
    let table = args.source.read(&columns)?;
    let times = table.all_numbers(&args.time)?;
    let endings = endings(args, &table)?;
    let counts = match &args.count {
        Some(column) => table.all_counts(column)?,
        None => vec![1; table.rows()],
    };
    for (row, time) in times.iter().enumerate() {
        anyhow::ensure!(
            *time >= 0.0,
            "{}: row {}: the time is {time}; it must be 0 or more",
            args.source.file.display(),
            row + 1
        );
    }
    let counted = |row: usize| {
        let of = |ending: Ending| {
            if endings[row] == ending {
                counts[row]
            } else {
                0
            }
        };
        TimeCount {
            time: times[row],
            events: of(Ending::Event),
            competing: of(Ending::Competing),
            censored: of(Ending::Open),
        }
    };
    let groups = groups(&table, group)?.into_iter();
    Ok(groups
        .map(|(name, rows)| (name, rows.into_iter().map(counted).collect()))
        .collect())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    Open,
    Event,
    Competing,
}

fn endings(args: &Times, table: &TableFile) -> anyhow::Result<Vec<Ending>> {
    let mut endings = Vec::with_capacity(table.rows());
    for (row, cell) in table.all_texts(&args.event)?.iter().enumerate() {
        endings.push(match cell.to_ascii_lowercase().as_str() {
            "0" | "false" => Ending::Open,
            "1" | "true" => Ending::Event,
            "2" => Ending::Competing,
            _ => anyhow::bail!(
                "{}: row {}: the column `{}` holds `{cell}`; it must be 1 or true (the event), \
                 0 or false (still open) or 2 (something else first)",
                args.source.file.display(),
                row + 1,
                args.event
            ),
        });
    }
    Ok(endings)
}
