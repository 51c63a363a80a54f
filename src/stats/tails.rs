//! Tail probabilities of the binomial and the Poisson distribution, and where a falling function
//! crosses a level. The incomplete beta function is our own: the library's stops after a fixed number
//! of terms, which is too few for counts of some ten thousand, and does not say so.

use statrs::function::gamma::{gamma_lr, gamma_ur, ln_gamma};

use super::StatsError;

/// Largest count for which the tails are computed.
pub(super) const MAX_COUNT: u64 = 1_000_000_000;

/// A probability with its complement, each kept to its own full precision.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chance {
    pub(super) yes: f64,
    pub(super) no: f64,
}

impl Chance {
    /// From the odds' natural logarithm.
    pub(super) fn from_log_odds(log_odds: f64) -> Self {
        Self {
            yes: 1.0 / (1.0 + (-log_odds).exp()),
            no: 1.0 / (1.0 + log_odds.exp()),
        }
    }
}

/// P(X = x) for X binomial; 0 when `x` is above `n`.
pub(super) fn binomial_point(x: u64, n: u64, chance: Chance) -> f64 {
    if x > n {
        return 0.0;
    }
    let (hits, misses) = (x as f64, (n - x) as f64);
    let choose = ln_gamma(n as f64 + 1.0) - ln_gamma(hits + 1.0) - ln_gamma(misses + 1.0);
    let part = |count: f64, p: f64| if count == 0.0 { 0.0 } else { count * p.ln() };
    (choose + part(hits, chance.yes) + part(misses, chance.no)).exp()
}

/// P(X <= x) for X binomial.
pub(super) fn binomial_at_most(x: u64, n: u64, chance: Chance) -> Result<f64, StatsError> {
    if x >= n {
        return Ok(1.0);
    }
    let turned = Chance {
        yes: chance.no,
        no: chance.yes,
    };
    incomplete_beta((n - x) as f64, x as f64 + 1.0, turned)
}

/// P(X >= x) for X binomial.
pub(super) fn binomial_at_least(x: u64, n: u64, chance: Chance) -> Result<f64, StatsError> {
    if x == 0 {
        return Ok(1.0);
    }
    if x > n {
        return Ok(0.0);
    }
    incomplete_beta(x as f64, (n - x) as f64 + 1.0, chance)
}

/// P(X <= x) for X Poisson with the given mean above 0.
pub(super) fn poisson_at_most(x: u64, mean: f64) -> f64 {
    gamma_ur(x as f64 + 1.0, mean)
}

/// P(X >= x) for X Poisson with the given mean above 0; x is 1 or more.
pub(super) fn poisson_at_least(x: u64, mean: f64) -> f64 {
    gamma_lr(x as f64, mean)
}

/// P(X = x) for X Poisson with the given mean above 0.
pub(super) fn poisson_point(x: u64, mean: f64) -> f64 {
    let count = x as f64;
    (count * mean.ln() - mean - ln_gamma(count + 1.0)).exp()
}

/// The quantile of a gamma distribution with this shape above 0 and scale 1.
pub(super) fn gamma_quantile(shape: f64, share: f64) -> Result<f64, StatsError> {
    if !(shape.is_finite() && shape > 0.0) {
        return Err(StatsError::NotEstimable {
            what: "the limit",
            why: "the variance is too small or too large to divide by",
        });
    }
    // On a logarithmic scale, so that small quantiles are as precise as large ones.
    let far = shape + 40.0 * (shape + 1.0).sqrt() + 1000.0;
    let log = crossing(-700.0, far.ln(), share, |log| {
        Ok(gamma_lr(shape, log.exp()))
    })?;
    Ok(log.exp())
}

/// Where a function that rises from `low` to `high` crosses `level`, by halving: 200 steps exhaust
/// the precision of the arguments.
pub(super) fn crossing(
    mut low: f64,
    mut high: f64,
    level: f64,
    rising: impl Fn(f64) -> Result<f64, StatsError>,
) -> Result<f64, StatsError> {
    for _ in 0..200 {
        let middle = low + (high - low) / 2.0;
        if middle <= low || middle >= high {
            break;
        }
        if rising(middle)? < level {
            low = middle;
        } else {
            high = middle;
        }
    }
    Ok(low + (high - low) / 2.0)
}

/// The regularised incomplete beta function I_x(a, b), by its continued fraction with the method of
/// Lentz. Source: NIST Digital Library of Mathematical Functions, 8.17.22, and Thompson and Barnett
/// (1986) for the evaluation.
pub(super) fn incomplete_beta(a: f64, b: f64, x: Chance) -> Result<f64, StatsError> {
    if x.yes <= 0.0 {
        return Ok(0.0);
    }
    if x.no <= 0.0 {
        return Ok(1.0);
    }
    let log_front = ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.yes.ln() + b * x.no.ln();
    let front = log_front.exp();
    // The fraction converges fast on one side of the mean; the other side is its mirror image.
    if x.yes < (a + 1.0) / (a + b + 2.0) {
        Ok((front * beta_fraction(a, b, x.yes)? / a).clamp(0.0, 1.0))
    } else {
        Ok((1.0 - front * beta_fraction(b, a, x.no)? / b).clamp(0.0, 1.0))
    }
}

fn beta_fraction(a: f64, b: f64, x: f64) -> Result<f64, StatsError> {
    const TINY: f64 = 1e-300;
    const MAX_TERMS: u32 = 2_000_000;
    let away_from_zero = |value: f64| if value.abs() < TINY { TINY } else { value };

    let mut c = 1.0;
    let mut d = 1.0 / away_from_zero(1.0 - (a + b) * x / (a + 1.0));
    let mut fraction = d;
    for term in 1..MAX_TERMS {
        let m = f64::from(term);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / away_from_zero(1.0 + even * d);
        c = away_from_zero(1.0 + even / c);
        fraction *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / away_from_zero(1.0 + odd * d);
        c = away_from_zero(1.0 + odd / c);
        let change = d * c;
        fraction *= change;
        if (change - 1.0).abs() <= 4.0 * f64::EPSILON {
            return Ok(fraction);
        }
    }
    Err(StatsError::NotEstimable {
        what: "the tail probability",
        why: "its series did not settle; the counts are too large",
    })
}
