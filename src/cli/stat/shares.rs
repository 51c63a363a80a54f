//! Shares and many tests: pareto, wilson, fdr.

use redress_engine::counted::{Counted, Value};
use redress_stats::multiplicity::benjamini_hochberg;
use redress_stats::pareto::{DEFAULT_CUT, pareto};
use redress_stats::proportion::wilson;

use super::table::{Confidence, Source, answer, count, fraction, groups, labels, real, text};

#[derive(Debug, clap::Args)]
pub struct ParetoArgs {
    #[command(flatten)]
    source: Source,
    /// Column with the category; rows of the same category are added up
    #[arg(long, value_name = "COLUMN")]
    category: String,
    /// Column with the count or cost [default: rows are counted]
    #[arg(long, value_name = "COLUMN")]
    weight: Option<String>,
    /// Share of the total that the vital few reach
    #[arg(long, value_name = "SHARE", default_value_t = DEFAULT_CUT)]
    cut: f64,
}

/// `redress stat pareto`.
pub fn pareto_bars(args: &ParetoArgs) -> anyhow::Result<Counted> {
    let columns = [Some(&args.category), args.weight.as_ref()];
    let table = args.source.read(&columns)?;
    let weights = match &args.weight {
        Some(column) => table.all_numbers(column)?,
        None => vec![1.0; table.rows()],
    };
    let categories: Vec<(String, f64)> = groups(&table, Some(&args.category))?
        .into_iter()
        .map(|(name, rows)| (name, rows.into_iter().map(|row| weights[row]).sum()))
        .collect();
    let bars = args.source.judged(pareto(&categories, args.cut))?;
    let rows = bars.into_iter().map(|bar| {
        [
            text(bar.label),
            real(bar.weight),
            real(bar.share),
            real(bar.cumulative_share),
            Value::Flag(bar.vital),
        ]
    });
    let columns = ["category", "weight", "share", "cumulative_share", "vital"];
    Ok(answer(columns, rows.collect()))
}

#[derive(Debug, clap::Args)]
pub struct WilsonArgs {
    #[command(flatten)]
    source: Source,
    /// Column with the counts
    #[arg(long, value_name = "COLUMN")]
    count: String,
    /// Column with the sizes
    #[arg(long, value_name = "COLUMN")]
    size: String,
    /// Column that names the rows
    #[arg(long, value_name = "COLUMN")]
    label: Option<String>,
    #[command(flatten)]
    level: Confidence,
}

/// `redress stat wilson`.
pub fn wilson_intervals(args: &WilsonArgs) -> anyhow::Result<Counted> {
    let columns = [Some(&args.count), Some(&args.size), args.label.as_ref()];
    let table = args.source.read(&columns)?;
    let counts = table.all_counts(&args.count)?;
    let sizes = table.all_counts(&args.size)?;
    let labels = labels(&table, args.label.as_ref())?;
    let mut rows = Vec::with_capacity(table.rows());
    for ((x, n), label) in counts.into_iter().zip(sizes).zip(labels) {
        let share = wilson(x, n, args.level.confidence).map_err(|error| {
            anyhow::anyhow!(
                "{}: row {}: {error}",
                args.source.file.display(),
                rows.len() + 1
            )
        })?;
        rows.push([
            text(label),
            count(x),
            count(n),
            real(share.value),
            real(share.lower),
            real(share.upper),
        ]);
    }
    let columns = ["row", "count", "size", "share", "lower", "upper"];
    Ok(answer(columns, rows))
}

#[derive(Debug, clap::Args)]
pub struct FdrArgs {
    #[command(flatten)]
    source: Source,
    /// Column with the p-values
    #[arg(long, value_name = "COLUMN")]
    p: String,
    /// Column that names the tests
    #[arg(long, value_name = "COLUMN")]
    label: Option<String>,
    /// Expected share of false ones among the discoveries
    #[arg(long, default_value_t = 0.05, value_parser = fraction)]
    level: f64,
}

/// `redress stat fdr`.
pub fn discoveries(args: &FdrArgs) -> anyhow::Result<Counted> {
    let table = args.source.read(&[Some(&args.p), args.label.as_ref()])?;
    let p_values = table.all_numbers(&args.p)?;
    let adjusted = args.source.judged(benjamini_hochberg(&p_values))?;
    let labels = labels(&table, args.label.as_ref())?;
    let rows =
        labels
            .into_iter()
            .zip(p_values.iter().zip(adjusted))
            .map(|(label, (&p, adjusted))| {
                [
                    text(label),
                    real(p),
                    real(adjusted),
                    Value::Flag(adjusted <= args.level),
                ]
            });
    let columns = ["test", "p_value", "p_adjusted", "discovery"];
    Ok(answer(columns, rows.collect()))
}
