//! The ratio of two rates from counts per period that scatter more than Poisson: negative binomial.

use statrs::distribution::{ContinuousCDF, Normal};
use statrs::function::gamma::digamma;

use super::quasi_poisson::{Periods, degrees_within};
use super::rate::Rate;
use super::tails::crossing;
use super::{ModelRatio, StatsError, two_sided_z};

/// A rate ratio with the dispersion that fits the periods best.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NegativeBinomial {
    pub ratio: ModelRatio,
    /// The variance of a count is mean + mean^2 / theta, the same theta in both groups. `None`: the
    /// counts scatter no more than Poisson, and the figures are those of a Poisson model.
    pub theta: Option<f64>,
}

/// The rate of `first` divided by the rate of `second`, each given by its periods (months, lots).
///
/// Rates and theta are those of maximum likelihood together; the limits are Wald's with theta taken as
/// known. All as in R's `glm.nb(events ~ group + offset(log(exposure)))` (package MASS).
///
/// Source: Lawless (1987), Canadian Journal of Statistics 15, 209-225; Venables and Ripley, Modern
/// Applied Statistics with S, section 7.4.
///
/// # Errors
/// An exposure that is not above 0 and finite (0 with no event is a gap); more than a thousand million
/// events; fewer than three periods; a confidence level outside (0, 1). Not estimable when a group has
/// no event.
pub fn negative_binomial(
    first: &[Rate],
    second: &[Rate],
    confidence: f64,
) -> Result<NegativeBinomial, StatsError> {
    let z = two_sided_z(confidence)?;
    let groups = [Periods::of(first)?, Periods::of(second)?];
    degrees_within(&groups)?;
    let theta = best_theta(&groups)?;
    let (mut log_ratio, mut variance) = (0.0, 0.0);
    for (group, sign) in groups.iter().zip([1.0, -1.0]) {
        let rate = best_rate(group, theta)?;
        log_ratio += sign * rate.ln();
        let weight = |(_, exposure): &(f64, f64)| {
            let mean = exposure * rate;
            theta.map_or(mean, |theta| mean / (1.0 + mean / theta))
        };
        variance += 1.0 / group.used.iter().map(weight).sum::<f64>();
    }
    let std_error = variance.sqrt();
    let p_value = 2.0 * Normal::standard().sf((log_ratio / std_error).abs());
    Ok(NegativeBinomial {
        ratio: ModelRatio::new(log_ratio, std_error, z, p_value)?,
        theta,
    })
}

/// Above this theta the model cannot be told from Poisson.
const LARGEST_THETA: f64 = 1e7;
const SMALLEST_THETA: f64 = 1e-8;

/// Where the likelihood, with the best rates for each theta, is highest.
fn best_theta(groups: &[Periods; 2]) -> Result<Option<f64>, StatsError> {
    // The slope of the likelihood in 1 / theta where that is 0 tells whether it rises from there.
    let scatter: f64 = groups
        .iter()
        .map(|group| {
            let rate = group.rate();
            let term = |(count, exposure): &(f64, f64)| (count - exposure * rate).powi(2) - count;
            group.used.iter().map(term).sum::<f64>()
        })
        .sum();
    if scatter <= 0.0 || slope(groups, LARGEST_THETA)? >= 0.0 {
        return Ok(None);
    }
    let log_theta = crossing(SMALLEST_THETA.ln(), LARGEST_THETA.ln(), 0.0, |log_theta| {
        Ok(-slope(groups, log_theta.exp())?)
    })?;
    Ok(Some(log_theta.exp()))
}

/// Slope of the log-likelihood in theta, at the best rates. Its third term, the sum of
/// (mean - count) / (theta + mean), is left out: the best rates are those that make it 0.
fn slope(groups: &[Periods; 2], theta: f64) -> Result<f64, StatsError> {
    let mut sum = 0.0;
    for group in groups {
        let rate = best_rate(group, Some(theta))?;
        for (count, exposure) in &group.used {
            sum += reciprocals(*count, theta) - (exposure * rate / theta).ln_1p();
        }
    }
    Ok(sum)
}

/// The sum of 1 / (theta + j) over j below a whole count.
fn reciprocals(count: f64, theta: f64) -> f64 {
    const FEW: f64 = 1000.0;
    if count > FEW {
        digamma(count + theta) - digamma(theta)
    } else {
        (0..count as u32)
            .map(|j| 1.0 / (theta + f64::from(j)))
            .sum()
    }
}

/// The rate of maximum likelihood for a known theta: where the weighted residuals add up to 0.
fn best_rate(group: &Periods, theta: Option<f64>) -> Result<f64, StatsError> {
    let Some(theta) = theta else {
        return Ok(group.rate());
    };
    // It lies below the highest rate of a period, and far above e^-60 of that.
    let highest = group
        .used
        .iter()
        .map(|(count, exposure)| count / exposure)
        .fold(0.0, f64::max)
        .ln();
    let log_rate = crossing(highest - 60.0, highest, 0.0, |log_rate| {
        let rate = log_rate.exp();
        let residual = |(count, exposure): &(f64, f64)| {
            (exposure * rate - count) / (1.0 + exposure * rate / theta)
        };
        Ok(group.used.iter().map(residual).sum())
    })?;
    Ok(log_rate.exp())
}
