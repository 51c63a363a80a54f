//! Comparative analysis: units (sites, departments, months) beside each other on an indicator, never as a league table.
//!
//! With ten units or more a funnel with over-dispersion tells who lies beyond what chance and the usual differences
//! between units explain; with fewer, each unit has its interval. Standardised indirectly, a unit is set against what
//! its own case mix leads to expect.

use std::collections::{BTreeMap, BTreeSet};

use redress_engine::counted::{Counted, Value};
use redress_engine::error::EngineError;
use redress_engine::indicators::{Indicator, MissingColumn, Reading};
use redress_engine::local::LocalEngine;
use redress_query::query_file::QueryFile;
use redress_stats::control::Exposed;
use redress_stats::funnel::{FunnelPlan, LEVELS, rate_funnel};
use redress_stats::proportion::wilson;
use redress_stats::standardise::{RatioLimits, observed_expected};
use redress_stats::{DEFAULT_CONFIDENCE, Estimate, StatsError};

/// Units from which a funnel is drawn.
pub const LEAST_FUNNEL: usize = 10;
/// Below this many no percentage is shown.
pub const LEAST_SHARE: u64 = 20;

/// How the units were judged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Method {
    /// Limits that allow for this variance between units beyond chance.
    Funnel { phi: f64 },
    /// Too few units for a funnel: an interval each.
    Intervals,
}

/// How a unit lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    AsExpected,
    /// Beyond the 95 % limits, above or below.
    Above95,
    Below95,
    /// Beyond the 99.8 % limits.
    Above998,
    Below998,
}

impl Place {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Place::AsExpected => "as expected",
            Place::Above95 => "above (95 %)",
            Place::Below95 => "below (95 %)",
            Place::Above998 => "above (99.8 %)",
            Place::Below998 => "below (99.8 %)",
        }
    }
}

/// One unit.
#[derive(Debug, Clone, PartialEq)]
pub struct Unit {
    /// `None`: cases without a value.
    pub name: Option<String>,
    pub events: u64,
    pub size: u64,
    /// With its 95 % interval; `None` under twenty.
    pub share: Option<Estimate>,
    /// Events that the whole, or its own case mix, leads to expect.
    pub expected: f64,
    /// Events by expected ones, with the 95 % interval.
    pub ratio: Estimate,
    pub place: Place,
}

/// Units compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    pub method: Method,
    /// By name; those without a single case to expect are left out.
    pub units: Vec<Unit>,
}

/// Why units cannot be compared.
#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    #[error(
        "{0} is no share, so units cannot be compared by it; shares are M2 to M7b, P7, P12, P15 and sla.*"
    )]
    NoShare(&'static str),
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Column(#[from] MissingColumn),
    #[error("the units cannot be compared: {0}")]
    Stats(#[from] StatsError),
    #[error("fewer than two units were counted in the period")]
    TooFew,
}

/// Unit and stratum.
type Key = (Option<String>, Option<String>);
/// Events and size of each.
type Cells = BTreeMap<Key, (u64, u64)>;

/// Compares the units of a dimension, standardised by another one where it is given.
///
/// # Errors
/// When the indicator is no share, a name is no dimension of its metric, or fewer than two units were counted.
pub fn compare(
    engine: &LocalEngine,
    metric: &QueryFile,
    indicator: &Indicator,
    by: &str,
    standardise: Option<&str>,
) -> Result<Comparison, CompareError> {
    if !matches!(indicator.reading, Reading::Share { .. }) {
        return Err(CompareError::NoShare(indicator.code));
    }
    let dimensions: Vec<String> = std::iter::once(by)
        .chain(standardise)
        .map(str::to_owned)
        .collect();
    let table = engine.metric_by(metric, &dimensions)?;
    let cells = cells(&table, indicator, by, standardise)?;
    let names: BTreeSet<&Option<String>> = cells.keys().map(|(unit, _)| unit).collect();
    // The share of each stratum over all units.
    let mut strata: BTreeMap<&Option<String>, (u64, u64)> = BTreeMap::new();
    for ((_, stratum), (events, size)) in &cells {
        let all = strata.entry(stratum).or_default();
        all.0 += events;
        all.1 += size;
    }
    let mut counted: Vec<(Option<String>, u64, u64, f64)> = Vec::new();
    for name in names {
        let (mut events, mut size, mut expected) = (0, 0, 0.0);
        for ((unit, stratum), (own, of)) in &cells {
            if unit == name {
                let (all, whole) = strata[stratum];
                events += own;
                size += of;
                expected += *of as f64 * all as f64 / whole as f64;
            }
        }
        // A unit with nothing to expect has nothing to be compared by.
        if expected > 0.0 {
            counted.push((name.clone(), events, size, expected));
        }
    }
    if counted.len() < 2 {
        return Err(CompareError::TooFew);
    }
    let funnel = (counted.len() >= LEAST_FUNNEL)
        .then(|| {
            let points: Vec<Exposed> = counted
                .iter()
                .map(|(_, events, _, expected)| Exposed {
                    count: *events,
                    exposure: *expected,
                })
                .collect();
            let plan = FunnelPlan {
                target: Some(1.0),
                ..FunnelPlan::default()
            };
            rate_funnel(&points, &plan)
        })
        .transpose()?;
    let mut units = Vec::with_capacity(counted.len());
    for (at, (name, events, size, expected)) in counted.into_iter().enumerate() {
        let limits = |level| observed_expected(events, expected, RatioLimits::Exact, level);
        let ratio = limits(DEFAULT_CONFIDENCE)?.ratio;
        let strict = limits(LEVELS[1])?.ratio;
        let place = match &funnel {
            Some(funnel) => {
                let point = &funnel.points[at];
                let [usual, rare] = point.limits;
                // The funnel's scale is too bold where few events are expected: the exact limits have to agree.
                if point.value > rare.upper && strict.lower > 1.0 {
                    Place::Above998
                } else if point.value < rare.lower && strict.upper < 1.0 {
                    Place::Below998
                } else if point.value > usual.upper && ratio.lower > 1.0 {
                    Place::Above95
                } else if point.value < usual.lower && ratio.upper < 1.0 {
                    Place::Below95
                } else {
                    Place::AsExpected
                }
            }
            None if ratio.lower > 1.0 => Place::Above95,
            None if ratio.upper < 1.0 => Place::Below95,
            None => Place::AsExpected,
        };
        units.push(Unit {
            name,
            events,
            size,
            share: match size >= LEAST_SHARE {
                true => Some(wilson(events, size, DEFAULT_CONFIDENCE)?),
                false => None,
            },
            expected,
            ratio,
            place,
        });
    }
    Ok(Comparison {
        method: funnel.map_or(Method::Intervals, |f| Method::Funnel { phi: f.phi }),
        units,
    })
}

/// Events and size of each unit and stratum, as the indicator reads them.
fn cells(
    table: &Counted,
    indicator: &Indicator,
    by: &str,
    standardise: Option<&str>,
) -> Result<Cells, CompareError> {
    let text = |row: usize, name: &str| match table.cell(row, name) {
        Value::Null => None,
        other => Some(other.as_text()),
    };
    let mut rows: BTreeMap<Key, Vec<Vec<Value>>> = BTreeMap::new();
    for (row, values) in table.rows.iter().enumerate() {
        let key = (text(row, by), standardise.and_then(|name| text(row, name)));
        rows.entry(key).or_default().push(values.clone());
    }
    let mut cells = Cells::new();
    for (key, rows) in rows {
        let part = Counted {
            columns: table.columns.clone(),
            rows,
        };
        if let Some(actual) = indicator.actual(&part)? {
            let count = |n: i64| u64::try_from(n).unwrap_or(0);
            cells.insert(key, (count(actual.part), count(actual.whole)));
        }
    }
    Ok(cells)
}
