//! Rates of units whose case mix differs: standardised indirectly (observed by expected) or directly.

use super::rate::{Rate, exact_rate};
use super::tails::{MAX_COUNT, gamma_quantile};
use super::{Estimate, StatsError, checked_confidence, two_sided_z};

/// Events of a unit in one stratum (product group, severity) over an exposure; an exposure of 0, without
/// events, when it has none of that stratum.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stratum {
    pub events: u64,
    pub exposure: f64,
}

/// How the limits of an observed count are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RatioLimits {
    /// Poisson, exact.
    Exact,
    /// Byar's approximation to the exact limits.
    Byar,
}

/// A unit's events against those that its case mix leads to expect.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ObservedExpected {
    pub observed: u64,
    /// Above 0.
    pub expected: f64,
    /// Observed by expected: 1 is as expected.
    pub ratio: Estimate,
}

/// Observed by expected events with its interval.
///
/// Source: exact limits as in [`exact_rate`]; Byar's as in Breslow and Day (1987), Statistical Methods in
/// Cancer Research II, chapter 2. Without an event the lower limit is 0.
///
/// # Errors
/// An expected number that is not above 0 and finite; more than a thousand million events; a confidence
/// level outside (0, 1).
pub fn observed_expected(
    observed: u64,
    expected: f64,
    limits: RatioLimits,
    confidence: f64,
) -> Result<ObservedExpected, StatsError> {
    let z = two_sided_z(confidence)?;
    if !(expected.is_finite() && expected > 0.0) {
        return Err(StatsError::OutOfRange {
            what: "the expected number",
            value: expected,
            allowed: "finite and above 0",
        });
    }
    let rate = Rate {
        events: observed,
        exposure: expected,
    };
    let exact = exact_rate(rate, confidence)?;
    let ratio = match limits {
        RatioLimits::Exact => exact,
        RatioLimits::Byar => {
            let count = observed as f64;
            let byar = |count: f64, z: f64| {
                count * (1.0 - 1.0 / (9.0 * count) + z / (3.0 * count.sqrt())).powi(3) / expected
            };
            Estimate {
                value: exact.value,
                // With one event and high confidence the cube can fall below 0.
                lower: if observed == 0 {
                    0.0
                } else {
                    byar(count, -z).max(0.0)
                },
                upper: byar(count + 1.0, z),
            }
        }
    };
    Ok(ObservedExpected {
        observed,
        expected,
        ratio,
    })
}

/// Indirect standardisation: each unit's events against those expected if it had, in every stratum, the
/// rate of all units together. Strata in the same order for every unit.
///
/// Ratios of two units are no comparison of the two with each other: each is weighted by its own mix.
///
/// Source: Breslow and Day (1987), Statistical Methods in Cancer Research II, chapter 2.
///
/// # Errors
/// No unit; units with different numbers of strata; an exposure that is negative or not finite, or 0 with
/// an event; as for [`observed_expected`]. Not estimable when a unit has nothing to expect: no exposure,
/// or only in strata where no unit has an event.
pub fn indirect(
    units: &[Vec<Stratum>],
    limits: RatioLimits,
    confidence: f64,
) -> Result<Vec<ObservedExpected>, StatsError> {
    let strata = units.first().map_or(0, Vec::len);
    if strata == 0 {
        return Err(StatsError::Empty { what: "the units" });
    }
    let mut all = vec![(0.0, 0.0); strata];
    for (index, unit) in units.iter().enumerate() {
        if unit.len() != strata {
            return Err(StatsError::RowOutOfRange {
                row: index + 1,
                what: "the number of strata of the unit",
                value: unit.len() as f64,
                allowed: "the same for every unit (0 events over 0 where it has none)",
            });
        }
        for (stratum, sum) in unit.iter().zip(&mut all) {
            check(stratum, index, true)?;
            sum.0 += stratum.events as f64;
            sum.1 += stratum.exposure;
        }
    }
    let expected_of = |unit: &Vec<Stratum>| {
        let part = |(stratum, (events, exposure)): (&Stratum, &(f64, f64))| {
            if stratum.exposure > 0.0 {
                events * (stratum.exposure / exposure)
            } else {
                0.0
            }
        };
        unit.iter().zip(&all).map(part).sum::<f64>()
    };
    units
        .iter()
        .map(|unit| {
            let expected = expected_of(unit);
            if expected == 0.0 {
                return Err(StatsError::NotEstimable {
                    what: "a unit's ratio",
                    why: "it has no exposure, or only where no unit has an event",
                });
            }
            let observed = unit.iter().map(|stratum| stratum.events).sum();
            observed_expected(observed, expected, limits, confidence)
        })
        .collect()
}

/// Direct standardisation: the rate that a unit would have if its exposure were spread over the strata as
/// in the standard. `standard` holds the standard's exposure in each stratum, in any unit of measure.
///
/// Source: limits from the gamma distribution, Fay and Feuer (1997), Statistics in Medicine 16, 791-801.
///
/// # Errors
/// No stratum; as many weights as strata are needed, finite and at least 0, not all 0; an exposure that is
/// not above 0 and finite: an **empty stratum** has no rate to weigh, so use [`indirect`]; a confidence
/// level outside (0, 1). Not estimable when a limit would not be finite.
pub fn direct(
    strata: &[Stratum],
    standard: &[f64],
    confidence: f64,
) -> Result<Estimate, StatsError> {
    let tail = (1.0 - checked_confidence(confidence)?) / 2.0;
    if strata.is_empty() {
        return Err(StatsError::Empty { what: "the strata" });
    }
    if standard.len() != strata.len() {
        return Err(StatsError::OutOfRange {
            what: "the number of strata of the standard",
            value: standard.len() as f64,
            allowed: "that of the unit",
        });
    }
    for (index, weight) in standard.iter().enumerate() {
        if !(weight.is_finite() && *weight >= 0.0) {
            return Err(StatsError::RowOutOfRange {
                row: index + 1,
                what: "the standard's weight",
                value: *weight,
                allowed: "finite and at least 0",
            });
        }
    }
    for (index, stratum) in strata.iter().enumerate() {
        check(stratum, index, false)?;
    }
    let total: f64 = standard.iter().sum();
    if !(total.is_finite() && total > 0.0) {
        return Err(StatsError::OutOfRange {
            what: "the sum of the standard's weights",
            value: total,
            allowed: "finite and above 0",
        });
    }
    let (mut rate, mut variance, mut largest) = (0.0, 0.0, 0.0);
    for (stratum, weight) in strata.iter().zip(standard) {
        let per_event = weight / total / stratum.exposure;
        let events = stratum.events as f64;
        rate += per_event * events;
        variance += per_event * per_event * events;
        largest = f64::max(largest, per_event);
    }
    let lower = if rate == 0.0 {
        0.0
    } else {
        variance / rate * gamma_quantile(rate * rate / variance, tail)?
    };
    let (mean, spread) = (rate + largest, variance + largest * largest);
    let upper = spread / mean * gamma_quantile(mean * mean / spread, 1.0 - tail)?;
    if rate.is_finite() && lower.is_finite() && upper.is_finite() {
        Ok(Estimate {
            value: rate,
            lower,
            upper,
        })
    } else {
        Err(StatsError::NotEstimable {
            what: "the standardised rate",
            why: "an exposure is too small or too large to divide by",
        })
    }
}

fn check(stratum: &Stratum, index: usize, may_be_empty: bool) -> Result<(), StatsError> {
    if stratum.events > MAX_COUNT {
        return Err(StatsError::TooLarge {
            what: "the number of events",
            limit: MAX_COUNT,
        });
    }
    let empty = may_be_empty && stratum.exposure == 0.0 && stratum.events == 0;
    if empty || stratum.exposure.is_finite() && stratum.exposure > 0.0 {
        return Ok(());
    }
    Err(StatsError::RowOutOfRange {
        row: index + 1,
        what: "the exposure of a stratum",
        value: stratum.exposure,
        allowed: if may_be_empty {
            "finite and above 0 (or 0 with no event)"
        } else {
            "finite and above 0: an empty stratum cannot be standardised directly, only indirectly"
        },
    })
}
