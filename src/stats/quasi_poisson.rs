//! The ratio of two rates from counts per period that scatter more than Poisson: quasi-Poisson.

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::dispersion::Dispersion;
use super::rate::Rate;
use super::tails::MAX_COUNT;
use super::{ModelRatio, StatsError, checked_confidence};

/// A rate ratio whose Poisson variance is stretched by the scatter within the groups.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct QuasiPoisson {
    pub ratio: ModelRatio,
    /// Scatter of the periods around the rate of their own group, on periods - 2 degrees of freedom. Its
    /// `phi` multiplies the variance, also when it is below 1.
    pub dispersion: Dispersion,
}

/// The rate of `first` divided by the rate of `second`, each given by its periods (months, lots).
///
/// Limits and p-value use Student's t on periods - 2 degrees of freedom, as R's `summary` of a `glm` of
/// the family `quasipoisson` does for its p-value.
///
/// Source: Wedderburn (1974), Biometrika 61, 439-447; McCullagh and Nelder, Generalized Linear Models,
/// section 6.2.3.
///
/// # Errors
/// An exposure that is not above 0 and finite (0 with no event is a gap); more than a thousand million
/// events; fewer than three periods; a confidence level outside (0, 1). Not estimable when a group has
/// no event, or no period scatters.
pub fn quasi_poisson(
    first: &[Rate],
    second: &[Rate],
    confidence: f64,
) -> Result<QuasiPoisson, StatsError> {
    let confidence = checked_confidence(confidence)?;
    let groups = [Periods::of(first)?, Periods::of(second)?];
    let degrees = degrees_within(&groups)?;
    let chi_square = groups.iter().map(Periods::chi_square).sum();
    let dispersion = Dispersion::of(chi_square, degrees)?;
    if dispersion.phi <= 0.0 {
        return Err(StatsError::NotEstimable {
            what: "the quasi-Poisson rate ratio",
            why: "the periods do not scatter at all",
        });
    }
    let [first, second] = &groups;
    let log_ratio = first.rate().ln() - second.rate().ln();
    let std_error = (dispersion.phi * (1.0 / first.events + 1.0 / second.events)).sqrt();
    let refused = |_| StatsError::NotEstimable {
        what: "the quasi-Poisson rate ratio",
        why: "there are no degrees of freedom",
    };
    let student = StudentsT::new(0.0, 1.0, degrees as f64).map_err(refused)?;
    let deviate = student.inverse_cdf(0.5 + confidence / 2.0);
    let p_value = 2.0 * student.sf((log_ratio / std_error).abs());
    Ok(QuasiPoisson {
        ratio: ModelRatio::new(log_ratio, std_error, deviate, p_value)?,
        dispersion,
    })
}

/// The periods of one group, gaps left out.
pub(super) struct Periods {
    /// Count and exposure.
    pub(super) used: Vec<(f64, f64)>,
    pub(super) events: f64,
    pub(super) exposure: f64,
}

impl Periods {
    /// Checks the periods of a group and adds them up; a group without an event is not estimable.
    pub(super) fn of(periods: &[Rate]) -> Result<Self, StatsError> {
        let mut used = Vec::with_capacity(periods.len());
        for (index, period) in periods.iter().enumerate() {
            if period.exposure == 0.0 && period.events == 0 {
                continue;
            }
            if !(period.exposure.is_finite() && period.exposure > 0.0) {
                return Err(StatsError::RowOutOfRange {
                    row: index + 1,
                    what: "the exposure",
                    value: period.exposure,
                    allowed: "finite and above 0 (or 0 with no event, for a gap)",
                });
            }
            if period.events > MAX_COUNT {
                return Err(StatsError::TooLarge {
                    what: "the number of events",
                    limit: MAX_COUNT,
                });
            }
            used.push((period.events as f64, period.exposure));
        }
        if used.is_empty() {
            return Err(StatsError::Empty { what: "a group" });
        }
        let events: f64 = used.iter().map(|(events, _)| events).sum();
        let exposure: f64 = used.iter().map(|(_, exposure)| exposure).sum();
        if events == 0.0 {
            return Err(StatsError::NotEstimable {
                what: "the rate ratio by a model",
                why: "a group has no event; the exact ratio still has limits",
            });
        }
        if !exposure.is_finite() {
            return Err(StatsError::OutOfRange {
                what: "the sum of the exposures",
                value: exposure,
                allowed: "finite",
            });
        }
        Ok(Self {
            used,
            events,
            exposure,
        })
    }

    /// Events by exposure of the whole group.
    pub(super) fn rate(&self) -> f64 {
        self.events / self.exposure
    }

    fn chi_square(&self) -> f64 {
        let rate = self.rate();
        let term =
            |(count, exposure): &(f64, f64)| (count - exposure * rate).powi(2) / (exposure * rate);
        self.used.iter().map(term).sum()
    }
}

/// Periods less one a group: what is left to see scatter by.
pub(super) fn degrees_within(groups: &[Periods; 2]) -> Result<usize, StatsError> {
    let periods: usize = groups.iter().map(|group| group.used.len()).sum();
    if periods < 3 {
        return Err(StatsError::TooFew {
            what: "periods of both groups",
            given: periods,
            least: 3,
            instead: "use the exact rate ratio",
        });
    }
    Ok(periods - 2)
}
