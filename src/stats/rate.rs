//! Rates of rare events over an exposure, and the ratio of two of them.
//!
//! Counts are taken as Poisson. Where they scatter more than that (complaints arrive in bursts), these
//! intervals are too narrow, and the caller has to say so or to widen them.

use super::tails::{
    Chance, MAX_COUNT, binomial_at_least, binomial_at_most, binomial_point, crossing,
    poisson_at_least, poisson_at_most,
};
use super::{Estimate, StatsError, checked_confidence};

/// Events counted over an exposure (units sold, working days, …).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    pub events: u64,
    /// Above 0; both sides of a ratio in the same unit.
    pub exposure: f64,
}

/// How much of the observed outcome's own probability belongs to each tail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RateMethod {
    /// All of it: never below the promised coverage, usually above.
    Exact,
    /// Half of it: close to the promised coverage on average, narrower.
    MidP,
}

/// How the rate of one group compares with that of another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RateRatio {
    /// `None`: unbounded, because the second group has no event.
    pub ratio: Option<f64>,
    /// 0 where the first group has no event.
    pub lower: f64,
    /// `None`: unbounded, because the second group has no event.
    pub upper: Option<f64>,
    /// Two-sided, of the hypothesis that both rates are equal.
    pub p_value: f64,
    pub method: RateMethod,
}

/// Exact interval of a rate: events per unit of exposure.
///
/// Source: Garwood (1936), Biometrika 28, 437-442; the interval of R's `poisson.test(x, T)`.
///
/// # Errors
/// An exposure that is not above 0 and finite; more than a thousand million events; a confidence level
/// outside (0, 1).
pub fn exact_rate(rate: Rate, confidence: f64) -> Result<Estimate, StatsError> {
    let tail = (1.0 - checked_confidence(confidence)?) / 2.0;
    let Rate { events, exposure } = checked(rate)?;
    let count = events as f64;
    // Searched on a logarithmic scale, so that small means are as precise as large ones.
    let lower = if events == 0 {
        0.0
    } else {
        crossing(-200.0, count.ln(), tail, |log_mean| {
            Ok(poisson_at_least(events, log_mean.exp()))
        })?
        .exp()
    };
    let far = count + 40.0 * (count + 1.0).sqrt() + 1000.0;
    let start = if events == 0 { -40.0 } else { count.ln() };
    let upper = crossing(start, far.ln(), 1.0 - tail, |log_mean| {
        Ok(1.0 - poisson_at_most(events, log_mean.exp()))
    })?
    .exp();
    finite(Estimate {
        value: count / exposure,
        lower: lower / exposure,
        upper: upper / exposure,
    })
}

/// The rate of `first` divided by the rate of `second`, with interval and two-sided p-value.
///
/// Given the sum of both counts, the first is binomial and its odds are the rate ratio times the ratio
/// of exposures, so both methods are binomial ones:
/// - `Exact`: Clopper and Pearson's limits; the p-value adds up all outcomes that are at most as
///   probable as the observed one. Both as in R's `poisson.test` for two counts.
/// - `MidP`: limits and p-value with half of the observed outcome's probability in each tail; the
///   p-value is twice the smaller tail. Source: Berry and Armitage (1995), The Statistician 44, 417-423.
///
/// # Errors
/// An exposure that is not above 0 and finite; more than a thousand million events; a confidence level
/// outside (0, 1). Without a single event the ratio is not estimable.
pub fn rate_ratio(
    first: Rate,
    second: Rate,
    method: RateMethod,
    confidence: f64,
) -> Result<RateRatio, StatsError> {
    let tail = (1.0 - checked_confidence(confidence)?) / 2.0;
    let (first, second) = (checked(first)?, checked(second)?);
    let (x, n) = (first.events, first.events + second.events);
    if n == 0 {
        return Err(StatsError::NotEstimable {
            what: "the rate ratio",
            why: "neither group has an event",
        });
    }
    let log_exposures = first.exposure.ln() - second.exposure.ln();
    let lower = if x == 0 {
        0.0
    } else {
        let log_odds = crossing(LOWEST_LOG_ODDS, HIGHEST_LOG_ODDS, tail, |log_odds| {
            upper_tail(x, n, Chance::from_log_odds(log_odds), method)
        })?;
        (log_odds - log_exposures).exp()
    };
    let upper = if x == n {
        None
    } else {
        let log_odds = crossing(LOWEST_LOG_ODDS, HIGHEST_LOG_ODDS, -tail, |log_odds| {
            Ok(-lower_tail(x, n, Chance::from_log_odds(log_odds), method)?)
        })?;
        Some((log_odds - log_exposures).exp())
    };
    let ratio = (second.events > 0)
        .then(|| (first.events as f64 / second.events as f64) * (second.exposure / first.exposure));
    for value in [Some(lower), upper, ratio].into_iter().flatten() {
        if !value.is_finite() {
            return Err(TOO_FAR_APART);
        }
    }
    let null = Chance::from_log_odds(log_exposures);
    let p_value = match method {
        RateMethod::Exact => two_sided_by_probability(x, n, null)?,
        RateMethod::MidP => {
            let smaller = upper_tail(x, n, null, method)?.min(lower_tail(x, n, null, method)?);
            (2.0 * smaller).min(1.0)
        }
    };
    Ok(RateRatio {
        ratio,
        lower,
        upper,
        p_value,
        method,
    })
}

/// Odds of e^±60 are beyond what a thousand million events can tell from 0 or from 1.
const LOWEST_LOG_ODDS: f64 = -60.0;
const HIGHEST_LOG_ODDS: f64 = 60.0;

const TOO_FAR_APART: StatsError = StatsError::NotEstimable {
    what: "the rate",
    why: "the exposure is too small or too large to divide by",
};

fn checked(rate: Rate) -> Result<Rate, StatsError> {
    if !(rate.exposure.is_finite() && rate.exposure > 0.0) {
        return Err(StatsError::OutOfRange {
            what: "the exposure",
            value: rate.exposure,
            allowed: "finite and above 0",
        });
    }
    if rate.events > MAX_COUNT {
        return Err(StatsError::TooLarge {
            what: "the number of events",
            limit: MAX_COUNT,
        });
    }
    Ok(rate)
}

fn finite(estimate: Estimate) -> Result<Estimate, StatsError> {
    if estimate.value.is_finite() && estimate.lower.is_finite() && estimate.upper.is_finite() {
        Ok(estimate)
    } else {
        Err(TOO_FAR_APART)
    }
}

fn upper_tail(x: u64, n: u64, chance: Chance, method: RateMethod) -> Result<f64, StatsError> {
    let all = binomial_at_least(x, n, chance)?;
    Ok(match method {
        RateMethod::Exact => all,
        RateMethod::MidP => all - binomial_point(x, n, chance) / 2.0,
    })
}

fn lower_tail(x: u64, n: u64, chance: Chance, method: RateMethod) -> Result<f64, StatsError> {
    let all = binomial_at_most(x, n, chance)?;
    Ok(match method {
        RateMethod::Exact => all,
        RateMethod::MidP => all - binomial_point(x, n, chance) / 2.0,
    })
}

/// Sum over all outcomes at most as probable as `x`. As in R's `binom.test`, outcomes count as equally
/// probable up to a relative 1e-7, so that rounding does not drop the mirror image of a symmetric case.
fn two_sided_by_probability(x: u64, n: u64, chance: Chance) -> Result<f64, StatsError> {
    let bound = binomial_point(x, n, chance) * (1.0 + 1e-7);
    let mean = n as f64 * chance.yes;
    let at = x as f64;
    let p_value = if at < mean {
        // The probabilities fall from the mean to n: the first one within the bound is found by halving.
        let (mut from, mut to) = (mean.ceil() as u64, n + 1);
        while from < to {
            let middle = from + (to - from) / 2;
            if binomial_point(middle, n, chance) <= bound {
                to = middle;
            } else {
                from = middle + 1;
            }
        }
        binomial_at_most(x, n, chance)? + binomial_at_least(from, n, chance)?
    } else if at > mean {
        // They rise from 0 to the mean: `from` ends as the number of outcomes within the bound.
        let (mut from, mut to) = (0, mean.floor() as u64 + 1);
        while from < to {
            let middle = from + (to - from) / 2;
            if binomial_point(middle, n, chance) <= bound {
                from = middle + 1;
            } else {
                to = middle;
            }
        }
        let below = if from == 0 {
            0.0
        } else {
            binomial_at_most(from - 1, n, chance)?
        };
        below + binomial_at_least(x, n, chance)?
    } else {
        1.0
    };
    Ok(p_value.min(1.0))
}
