//! How likely is it that a real reduction of a rate will be seen? Computed before an action starts.

use super::tails::{Chance, binomial_at_most, poisson_point};
use super::{StatsError, checked_confidence};

/// The power that a plan should have at least.
pub const DEFAULT_POWER: f64 = 0.8;

/// A comparison of a follow-up with a baseline, planned but not yet made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Comparison {
    /// Events per unit of exposure before the action; above 0.
    pub baseline_rate: f64,
    /// Above 0.
    pub baseline_exposure: f64,
    /// Above 0, in the same unit.
    pub follow_up_exposure: f64,
    /// By which share the action really lowers the rate: at least 0 and below 1; 0.5 is a halving.
    pub reduction: f64,
    /// The verdict "effective" also needs an estimated reduction of at least this share, at least 0 and
    /// below 1; 0 leaves it to the interval alone.
    pub target: f64,
}

/// Probability of the verdict "effective": the upper limit of the exact rate ratio (follow-up by baseline)
/// is below 1, and the estimate at most 1 - target.
///
/// Both counts are Poisson. The sum of both is Poisson too, and given the sum the follow-up is binomial;
/// the power is the sum of the verdict's probability over all sums that can occur. No simulation. With a
/// `target` equal to the true reduction the estimate misses it about every other time, so the power
/// cannot much exceed a half.
///
/// Source: Przyborowski and Wilenski (1940), Biometrika 31, 313-323, for the conditional test; the power
/// as in Gu, Ng, Tang and Schucany (2008), Biometrical Journal 50, 283-298.
///
/// # Errors
/// A figure of the plan out of its range; a confidence level outside (0, 1); more than a million expected
/// events.
pub fn power(plan: &Comparison, confidence: f64) -> Result<f64, StatsError> {
    let tail = (1.0 - checked_confidence(confidence)?) / 2.0;
    check(plan)?;
    let before = plan.baseline_rate * plan.baseline_exposure;
    let after = plan.baseline_rate * (1.0 - plan.reduction) * plan.follow_up_exposure;
    let mean = before + after;
    if !(mean.is_finite() && mean > 0.0) {
        return Err(StatsError::OutOfRange {
            what: "the expected number of events",
            value: mean,
            allowed: "finite and above 0",
        });
    }
    if mean > MOST_EVENTS as f64 {
        return Err(StatsError::TooLarge {
            what: "the expected number of events",
            limit: MOST_EVENTS,
        });
    }
    let log_exposures = plan.follow_up_exposure.ln() - plan.baseline_exposure.ln();
    let alike = Chance::from_log_odds(log_exposures);
    let real = Chance::from_log_odds(after.ln() - before.ln());
    let reach = 10.0 * mean.sqrt() + 40.0;
    let (first, last) = (
        (mean - reach).max(0.0).floor() as u64,
        (mean + reach).ceil() as u64,
    );

    // The number of follow-up counts, from 0 upwards, that lead to the verdict; it never falls as the
    // sum grows.
    let mut verdicts = 0;
    let mut power = 0.0;
    for sum in first..=last {
        while verdicts <= sum
            && is_low_enough(verdicts, sum, plan)
            && binomial_at_most(verdicts, sum, alike)? < tail
        {
            verdicts += 1;
        }
        if let Some(highest) = u64::checked_sub(verdicts, 1) {
            power += poisson_point(sum, mean) * binomial_at_most(highest, sum, real)?;
        }
    }
    Ok(power.min(1.0))
}

/// How long a follow-up must be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FollowUp {
    /// The fewest whole periods that reach the power, and the power then.
    Periods { periods: u32, power: f64 },
    /// Not even the longest follow-up tried reaches it; its power. A short baseline cannot be made up for.
    NotReached { longest: u32, power: f64 },
}

/// The fewest whole periods of follow-up with at least the wanted power, whatever follow-up the plan
/// names. Exposure is counted in periods (months).
///
/// The power rises with saw teeth, for counts are whole; the answer is the first period that reaches it
/// and from which on the next two do as well.
///
/// # Errors
/// As for [`power`]; a wanted power outside (0, 1); no period to try.
pub fn follow_up_needed(
    plan: &Comparison,
    wanted: f64,
    confidence: f64,
    longest: u32,
) -> Result<FollowUp, StatsError> {
    if !(wanted > 0.0 && wanted < 1.0) {
        return Err(StatsError::OutOfRange {
            what: "the wanted power",
            value: wanted,
            allowed: "between 0 and 1, for instance 0.8",
        });
    }
    if longest == 0 {
        return Err(StatsError::OutOfRange {
            what: "the longest follow-up",
            value: 0.0,
            allowed: "at least 1 period",
        });
    }
    let after = |periods: u32| {
        let follow_up_exposure = f64::from(periods);
        let plan = Comparison {
            follow_up_exposure,
            ..*plan
        };
        power(&plan, confidence)
    };
    let mut reached: Option<(u32, f64)> = None;
    let mut latest = 0.0;
    for periods in 1..=longest {
        latest = after(periods)?;
        if latest < wanted {
            reached = None;
            continue;
        }
        let (first, power) = *reached.get_or_insert((periods, latest));
        if periods - first >= 2 || periods == longest {
            return Ok(FollowUp::Periods {
                periods: first,
                power,
            });
        }
    }
    Ok(FollowUp::NotReached {
        longest,
        power: latest,
    })
}

const MOST_EVENTS: u64 = 1_000_000;

/// Whether the estimated ratio is at most 1 - target.
fn is_low_enough(follow_up: u64, sum: u64, plan: &Comparison) -> bool {
    let (after, before) = (follow_up as f64, (sum - follow_up) as f64);
    // As products, so that a baseline without an event has no ratio to be low.
    after * plan.baseline_exposure <= (1.0 - plan.target) * before * plan.follow_up_exposure
}

fn check(plan: &Comparison) -> Result<(), StatsError> {
    for (what, value) in [
        ("the baseline rate", plan.baseline_rate),
        ("the exposure of the baseline", plan.baseline_exposure),
        ("the exposure of the follow-up", plan.follow_up_exposure),
    ] {
        if !(value.is_finite() && value > 0.0) {
            return Err(StatsError::OutOfRange {
                what,
                value,
                allowed: "finite and above 0",
            });
        }
    }
    for (what, value) in [
        ("the reduction", plan.reduction),
        ("the target", plan.target),
    ] {
        if !(0.0..1.0).contains(&value) {
            return Err(StatsError::OutOfRange {
                what,
                value,
                allowed: "at least 0 and below 1, for instance 0.5",
            });
        }
    }
    Ok(())
}
