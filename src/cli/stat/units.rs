//! Units compared: funnel, standardise.

use std::collections::BTreeMap;

use clap::ValueEnum;
use redress_engine::counted::{Counted, Value};
use redress_stats::control::{Counted as Share, Exposed};
use redress_stats::funnel::{
    DEFAULT_WINSORISED, FunnelPlan, FunnelPoint, OverDispersion, rate_funnel, share_funnel,
};
use redress_stats::multiplicity::benjamini_hochberg;
use redress_stats::standardise::{RatioLimits, Stratum, direct, indirect};

use super::table::{Confidence, Source, answer, count, real, text};

#[derive(Debug, clap::Args)]
pub struct FunnelArgs {
    #[command(flatten)]
    source: Source,
    /// Column that names the unit, one row each
    #[arg(long, value_name = "COLUMN")]
    unit: String,
    /// Column with the counts
    #[arg(long, value_name = "COLUMN", visible_alias = "events")]
    count: String,
    /// Column with the sizes, exposures or expected numbers
    #[arg(long, value_name = "COLUMN", visible_aliases = ["exposure", "expected"])]
    size: String,
    /// What is compared: shares of a size, rates (or observed by expected, with --target 1)
    #[arg(long, value_enum)]
    kind: Kind,
    /// The target [default: all counts by all sizes]
    #[arg(long)]
    target: Option<f64>,
    /// What widens the limits when units scatter more than chance
    #[arg(long, value_enum, default_value_t = Scatter::Additive)]
    over_dispersion: Scatter,
    /// Share of units on each side drawn in before the scatter is measured
    #[arg(long, value_name = "SHARE", default_value_t = DEFAULT_WINSORISED)]
    winsorised: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    Share,
    Rate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Scatter {
    Ignore,
    Multiplicative,
    Additive,
}

/// `redress stat funnel`.
pub fn funnel(args: &FunnelArgs) -> anyhow::Result<Counted> {
    let columns = [Some(&args.unit), Some(&args.count), Some(&args.size)];
    let table = args.source.read(&columns)?;
    let plan = FunnelPlan {
        target: args.target,
        over_dispersion: match args.over_dispersion {
            Scatter::Ignore => OverDispersion::Ignore,
            Scatter::Multiplicative => OverDispersion::Multiplicative,
            Scatter::Additive => OverDispersion::Additive,
        },
        winsorised: args.winsorised,
    };
    let counts = table.all_counts(&args.count)?;
    let funnel = match args.kind {
        Kind::Share => {
            let pairs = counts.iter().zip(table.all_counts(&args.size)?);
            let units: Vec<Share> = pairs.map(|(&count, size)| Share { count, size }).collect();
            share_funnel(&units, &plan)
        }
        Kind::Rate => {
            let pairs = counts.iter().zip(table.all_numbers(&args.size)?);
            let units: Vec<Exposed> = pairs
                .map(|(&count, exposure)| Exposed { count, exposure })
                .collect();
            rate_funnel(&units, &plan)
        }
    };
    let funnel = args.source.judged(funnel)?;
    let p_values: Vec<f64> = funnel.points.iter().map(|point| point.p_value).collect();
    let adjusted = args.source.judged(benjamini_hochberg(&p_values))?;
    let names = table.all_texts(&args.unit)?;
    let rows = names
        .iter()
        .zip(&counts)
        .zip(funnel.points.iter().zip(adjusted))
        .map(|((name, &number), (point, adjusted))| {
            let [warning, action] = point.limits;
            [
                text(name),
                count(number),
                real(point.size),
                real(point.value),
                real(funnel.target),
                real(warning.lower),
                real(warning.upper),
                real(action.lower),
                real(action.upper),
                text(beyond(point)),
                real(point.z),
                real(point.p_value),
                real(adjusted),
                real(funnel.phi),
                real(funnel.tau_squared),
            ]
        });
    let columns = [
        "unit",
        "count",
        "size",
        "value",
        "target",
        "lower_95",
        "upper_95",
        "lower_998",
        "upper_998",
        "beyond",
        "z",
        "p_value",
        "p_adjusted",
        "phi",
        "tau_squared",
    ];
    Ok(answer(columns, rows.collect()))
}

/// The widest limit that a unit lies beyond.
fn beyond(point: &FunnelPoint) -> &'static str {
    let [warning, action] = point.limits;
    if point.value < action.lower || point.value > action.upper {
        "99.8 %"
    } else if point.value < warning.lower || point.value > warning.upper {
        "95 %"
    } else {
        ""
    }
}

#[derive(Debug, clap::Args)]
pub struct StandardiseArgs {
    #[command(flatten)]
    source: Source,
    /// Column that names the unit
    #[arg(long, value_name = "COLUMN")]
    unit: String,
    /// Column that names the stratum
    #[arg(long, value_name = "COLUMN")]
    stratum: String,
    /// Column with the number of events
    #[arg(long, value_name = "COLUMN")]
    events: String,
    /// Column with the exposure
    #[arg(long, value_name = "COLUMN")]
    exposure: String,
    /// Observed by expected, or the rate with the mix of all units together
    #[arg(long, value_enum, default_value_t = Method::Indirect)]
    method: Method,
    /// Limits of observed by expected
    #[arg(long, value_enum, default_value_t = Limits::Exact)]
    limits: Limits,
    #[command(flatten)]
    level: Confidence,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Method {
    Indirect,
    Direct,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Limits {
    Exact,
    Byar,
}

const NOTHING: Stratum = Stratum {
    events: 0,
    exposure: 0.0,
};

/// `redress stat standardise`.
pub fn standardise(args: &StandardiseArgs) -> anyhow::Result<Counted> {
    let (strata, units) = cells(args)?;
    let names: Vec<&String> = units.keys().collect();
    let tables: Vec<Vec<Stratum>> = units
        .values()
        .map(|cells| {
            let of = |stratum| cells.get(stratum).copied().unwrap_or(NOTHING);
            strata.iter().map(of).collect()
        })
        .collect();
    let confidence = args.level.confidence;
    match args.method {
        Method::Indirect => {
            let limits = match args.limits {
                Limits::Exact => RatioLimits::Exact,
                Limits::Byar => RatioLimits::Byar,
            };
            let ratios = args.source.judged(indirect(&tables, limits, confidence))?;
            let rows = names.iter().zip(ratios).map(|(name, unit)| {
                [
                    text(*name),
                    count(unit.observed),
                    real(unit.expected),
                    real(unit.ratio.value),
                    real(unit.ratio.lower),
                    real(unit.ratio.upper),
                ]
            });
            let columns = ["unit", "observed", "expected", "ratio", "lower", "upper"];
            Ok(answer(columns, rows.collect()))
        }
        Method::Direct => {
            let standard: Vec<f64> = (0..strata.len())
                .map(|stratum| tables.iter().map(|unit| unit[stratum].exposure).sum())
                .collect();
            let mut rows: Vec<[Value; 4]> = Vec::with_capacity(tables.len());
            for (name, unit) in names.iter().zip(&tables) {
                if let Some(empty) = unit.iter().position(|cell| cell.exposure == 0.0) {
                    anyhow::bail!(
                        "{}: the unit `{name}` has no exposure in the stratum `{}`, so its rate cannot be \
                         standardised directly; use --method indirect",
                        args.source.file.display(),
                        strata[empty]
                    );
                }
                let rate = args.source.judged(direct(unit, &standard, confidence))?;
                rows.push([
                    text(*name),
                    real(rate.value),
                    real(rate.lower),
                    real(rate.upper),
                ]);
            }
            Ok(answer(["unit", "rate", "lower", "upper"], rows))
        }
    }
}

type Cells = BTreeMap<String, Stratum>;

/// The strata's names and each unit's cells; rows of the same unit and stratum are added up.
fn cells(args: &StandardiseArgs) -> anyhow::Result<(Vec<String>, BTreeMap<String, Cells>)> {
    let columns = [
        Some(&args.unit),
        Some(&args.stratum),
        Some(&args.events),
        Some(&args.exposure),
    ];
    let table = args.source.read(&columns)?;
    let events = table.all_counts(&args.events)?;
    let exposure = table.all_numbers(&args.exposure)?;
    let names = table
        .all_texts(&args.unit)?
        .into_iter()
        .zip(table.all_texts(&args.stratum)?);
    let mut units: BTreeMap<String, Cells> = BTreeMap::new();
    let mut strata: Vec<String> = Vec::new();
    for (row, (unit, stratum)) in names.enumerate() {
        anyhow::ensure!(
            exposure[row] > 0.0 || exposure[row] == 0.0 && events[row] == 0,
            "{}: row {}: {} events over an exposure of {}; it must be above 0",
            args.source.file.display(),
            row + 1,
            events[row],
            exposure[row]
        );
        if !strata.contains(&stratum) {
            strata.push(stratum.clone());
        }
        let cell = units
            .entry(unit)
            .or_default()
            .entry(stratum)
            .or_insert(NOTHING);
        cell.events = cell.events.saturating_add(events[row]);
        cell.exposure += exposure[row];
    }
    Ok((strata, units))
}
