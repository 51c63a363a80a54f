//! Statistics on small counted tables: pure functions, no input or output, no clock, no randomness.
//!
//! Every function refuses what it cannot judge (nothing counted, a share above one, a number that is
//! not finite) with a [`StatsError`], and says "not estimable" where the data hold no answer. No
//! function returns NaN. Confidence levels are fractions: 0.95, not 95.

mod beta_binomial;
mod chart_limits;
pub mod control;
pub mod dispersion;
pub mod effect;
pub mod funnel;
pub mod growth;
pub mod incidence;
pub mod log_rank;
pub mod multiplicity;
pub mod negative_binomial;
pub mod pareto;
pub mod power;
pub mod proportion;
pub mod quasi_poisson;
pub mod rate;
mod run_rules;
pub mod shift;
pub mod standardise;
pub mod survival;
mod tails;

use statrs::distribution::{ContinuousCDF, Normal};

/// Confidence level of every interval that is shown unless a setting says otherwise.
pub const DEFAULT_CONFIDENCE: f64 = 0.95;

/// Why a statistic was refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum StatsError {
    #[error("{what}: nothing was counted; give at least one row with a count above 0")]
    Empty { what: &'static str },

    #[error("{what} is {value}; it must be {allowed}")]
    OutOfRange {
        what: &'static str,
        value: f64,
        allowed: &'static str,
    },

    /// `row` counts from 1.
    #[error("row {row}: {what} is {value}; it must be {allowed}")]
    RowOutOfRange {
        row: usize,
        what: &'static str,
        value: f64,
        allowed: &'static str,
    },

    #[error("{what}: {part} of {total} is more than all; check how both were counted")]
    MoreThanAll {
        what: &'static str,
        part: u64,
        total: u64,
    },

    /// `row` counts from 1.
    #[error("row {row}: {what}: {part} of {total} is more than all; check how both were counted")]
    RowMoreThanAll {
        row: usize,
        what: &'static str,
        part: u64,
        total: u64,
    },

    #[error("{what} is too large; at most {limit} can be computed exactly")]
    TooLarge { what: &'static str, limit: u64 },

    #[error("{what}: {given} given, at least {least} needed; {instead}")]
    TooFew {
        what: &'static str,
        given: usize,
        least: usize,
        /// What to do instead.
        instead: &'static str,
    },

    #[error("rebasing number {number} at point {start}: {why}")]
    Rebase {
        number: usize,
        start: usize,
        why: &'static str,
    },

    /// The input is sound, but holds no answer.
    #[error("{what} is not estimable: {why}")]
    NotEstimable {
        what: &'static str,
        why: &'static str,
    },
}

/// An estimate with its confidence limits, all finite.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    pub value: f64,
    pub lower: f64,
    pub upper: f64,
}

/// The ratio of two rates by a model, with Wald limits on the logarithmic scale. All finite.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ModelRatio {
    /// Above 0, as are the limits.
    pub ratio: Estimate,
    /// Of the ratio's natural logarithm.
    pub std_error: f64,
    /// Two-sided, of the hypothesis that both rates are equal.
    pub p_value: f64,
}

impl ModelRatio {
    /// From a log ratio, its standard error, the deviate of the limits and the p-value; not estimable
    /// when a figure would not be finite.
    fn new(log_ratio: f64, std_error: f64, deviate: f64, p_value: f64) -> Result<Self, StatsError> {
        let at = |log: f64| log.exp();
        let ratio = Estimate {
            value: at(log_ratio),
            lower: at(log_ratio - deviate * std_error),
            upper: at(log_ratio + deviate * std_error),
        };
        let finite = [ratio.value, ratio.lower, ratio.upper, std_error, p_value];
        if finite.iter().all(|figure| figure.is_finite()) && ratio.value > 0.0 {
            Ok(Self {
                ratio,
                std_error,
                p_value,
            })
        } else {
            Err(StatsError::NotEstimable {
                what: "the rate ratio",
                why: "its logarithm is too uncertain for finite limits",
            })
        }
    }
}

/// Checks a confidence level: above 0 and below 1.
fn checked_confidence(confidence: f64) -> Result<f64, StatsError> {
    if confidence > 0.0 && confidence < 1.0 {
        Ok(confidence)
    } else {
        Err(StatsError::OutOfRange {
            what: "the confidence level",
            value: confidence,
            allowed: "between 0 and 1, for instance 0.95",
        })
    }
}

/// The normal deviate that leaves `1 - confidence` outside on both sides together: 1.96 for 0.95.
fn two_sided_z(confidence: f64) -> Result<f64, StatsError> {
    let confidence = checked_confidence(confidence)?;
    Ok(Normal::standard().inverse_cdf(0.5 + confidence / 2.0))
}
