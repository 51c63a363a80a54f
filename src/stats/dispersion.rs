//! Do counts scatter more than chance alone would make them? It decides between p and p', u and u',
//! Poisson and quasi-Poisson.

use statrs::distribution::{ChiSquared, ContinuousCDF};

use super::StatsError;
use super::control::{Counted, Exposed};

/// Significance level at which over-dispersion is taken for real unless a setting says otherwise.
pub const DEFAULT_LEVEL: f64 = 0.05;

/// Scatter of counts around their common share or rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dispersion {
    /// Pearson's statistic: the sum of squared standardised residuals.
    pub chi_square: f64,
    pub degrees: usize,
    /// The statistic by its degrees of freedom: 1 is chance alone, above it is over-dispersion.
    pub phi: f64,
    /// Of a statistic at least as large by chance alone.
    pub p_value: f64,
}

impl Dispersion {
    /// Whether the counts are over-dispersed at this level, 0 to 1.
    pub fn is_over(&self, level: f64) -> bool {
        self.phi > 1.0 && self.p_value <= level
    }

    /// The scatter within several phases together, each around its own share or rate.
    ///
    /// Source: independent chi-squares add up, and so do their degrees of freedom; Fisher (1925), Statistical Methods for
    /// Research Workers, section 20.
    ///
    /// # Errors
    /// No phase; not estimable when the statistics are too large.
    pub fn together(phases: &[Dispersion]) -> Result<Self, StatsError> {
        if phases.is_empty() {
            return Err(StatsError::Empty { what: "the phases" });
        }
        let chi_square = phases.iter().map(|phase| phase.chi_square).sum();
        let degrees = phases.iter().map(|phase| phase.degrees).sum();
        Self::of(chi_square, degrees)
    }

    pub(super) fn of(chi_square: f64, degrees: usize) -> Result<Self, StatsError> {
        let refused = StatsError::NotEstimable {
            what: "the dispersion",
            why: "the counts are too large or the exposures too far apart",
        };
        if degrees == 0 || !chi_square.is_finite() {
            return Err(refused);
        }
        Ok(Self {
            chi_square,
            degrees,
            phi: chi_square / degrees as f64,
            p_value: chi_square_tail(chi_square, degrees)?,
        })
    }
}

/// P(X >= x) for X chi-squared.
pub(super) fn chi_square_tail(x: f64, degrees: usize) -> Result<f64, StatsError> {
    let refused = |_| StatsError::NotEstimable {
        what: "the p-value",
        why: "there are no degrees of freedom",
    };
    Ok(ChiSquared::new(degrees as f64).map_err(refused)?.sf(x))
}

/// Scatter of shares around the share of all points together, on points - 1 degrees of freedom.
/// Points of size 0 are gaps.
///
/// Source: Pearson's test of equal proportions, R's `prop.test`; its use before choosing a p' chart:
/// Laney (2002), Quality Engineering 14, 531-537.
///
/// # Errors
/// No point; a count above its size; fewer than two points that are no gaps; not estimable when all or
/// none are counted.
pub fn share_dispersion(points: &[Counted]) -> Result<Dispersion, StatsError> {
    for (index, point) in points.iter().enumerate() {
        if point.count > point.size {
            return Err(StatsError::RowMoreThanAll {
                row: index + 1,
                what: "the share",
                part: point.count,
                total: point.size,
            });
        }
    }
    let used: Vec<(f64, f64)> = points
        .iter()
        .filter(|point| point.size > 0)
        .map(|point| (point.count as f64, point.size as f64))
        .collect();
    let share = common(&used)?;
    if share >= 1.0 {
        return Err(StatsError::NotEstimable {
            what: "the dispersion",
            why: "every one is counted",
        });
    }
    let terms = used
        .iter()
        .map(|(count, size)| (count - size * share).powi(2) / (size * share * (1.0 - share)));
    Dispersion::of(terms.sum(), used.len() - 1)
}

/// Scatter of rates around the rate of all points together, on points - 1 degrees of freedom. Points
/// of exposure 0 are gaps.
///
/// Source: Fisher's index of dispersion; with exposures it is R's `chisq.test(count, p = exposure,
/// rescale.p = TRUE)`.
///
/// # Errors
/// No point; an exposure that is negative or not finite, or 0 with a count; fewer than two points that
/// are no gaps; not estimable without a single event.
pub fn rate_dispersion(points: &[Exposed]) -> Result<Dispersion, StatsError> {
    for (index, point) in points.iter().enumerate() {
        let gap = point.exposure == 0.0 && point.count == 0;
        if !(gap || point.exposure.is_finite() && point.exposure > 0.0) {
            return Err(StatsError::RowOutOfRange {
                row: index + 1,
                what: "the exposure",
                value: point.exposure,
                allowed: "finite and above 0 (or 0 with a count of 0, for a gap)",
            });
        }
    }
    let used: Vec<(f64, f64)> = points
        .iter()
        .filter(|point| point.exposure > 0.0)
        .map(|point| (point.count as f64, point.exposure))
        .collect();
    let rate = common(&used)?;
    let terms = used
        .iter()
        .map(|(count, exposure)| (count - exposure * rate).powi(2) / (exposure * rate));
    Dispersion::of(terms.sum(), used.len() - 1)
}

/// All counts by all weights.
fn common(used: &[(f64, f64)]) -> Result<f64, StatsError> {
    if used.is_empty() {
        return Err(StatsError::Empty { what: "the series" });
    }
    if used.len() < 2 {
        return Err(StatsError::TooFew {
            what: "points",
            given: used.len(),
            least: 2,
            instead: "scatter cannot be seen in one",
        });
    }
    let count: f64 = used.iter().map(|(count, _)| count).sum();
    let weight: f64 = used.iter().map(|(_, weight)| weight).sum();
    if count == 0.0 {
        return Err(StatsError::NotEstimable {
            what: "the dispersion",
            why: "nothing is counted",
        });
    }
    Ok(count / weight)
}
