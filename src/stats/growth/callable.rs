//! The smallest cluster that can be called at all.

use super::checked_level;
use crate::StatsError;
use crate::beta_binomial::at_least;
use crate::tails::Chance;

/// What [`smallest_callable`] assumes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Situation {
    /// Cases before the window; 0 for an emerging cluster.
    pub past: u64,
    /// Volume of the window and of the past, both above 0 and in one unit (months will do when the
    /// volume is steady).
    pub recent_volume: f64,
    pub past_volume: f64,
    /// Variance = mean + omega mean^2 of a month's count; 0 for Poisson.
    pub omega: f64,
    /// Months over which the volume is spread, window and past together; at least 1.
    pub months: f64,
}

/// The fewest recent cases that are called whatever the other clusters do: with a p-value of at most
/// level / tests, which is where Benjamini and Hochberg's procedure calls a cluster that stands alone. In
/// the company of other growing clusters fewer may do. `None`: not even a million would.
///
/// # Errors
/// A figure outside its range; no test.
pub fn smallest_callable(
    situation: &Situation,
    tests: usize,
    level: f64,
) -> Result<Option<u64>, StatsError> {
    let level = checked_level(level)?;
    if tests == 0 {
        return Err(StatsError::Empty { what: "the tests" });
    }
    for (what, value) in [
        ("the recent volume", situation.recent_volume),
        ("the past volume", situation.past_volume),
    ] {
        if !(value.is_finite() && value > 0.0) {
            return Err(StatsError::OutOfRange {
                what,
                value,
                allowed: "finite and above 0",
            });
        }
    }
    for (what, value, least, allowed) in [
        ("omega", situation.omega, 0.0, "finite and at least 0"),
        (
            "the number of months",
            situation.months,
            1.0,
            "finite and at least 1",
        ),
    ] {
        if !(value.is_finite() && value >= least) {
            return Err(StatsError::OutOfRange {
                what,
                value,
                allowed,
            });
        }
    }
    let chance = window_chance(situation.recent_volume, situation.past_volume);
    fewest(situation.past, chance, level / tests as f64, |cases| {
        1.0 + situation.omega * cases as f64 / situation.months
    })
}

/// The smallest x of which at least as many are no more probable than `bound`; `phi` is that of x and
/// the past together.
pub(super) fn fewest(
    past: u64,
    chance: Chance,
    bound: f64,
    phi: impl Fn(u64) -> f64,
) -> Result<Option<u64>, StatsError> {
    const MOST: u64 = 1_000_000;
    let enough = |x: u64| -> Result<bool, StatsError> {
        let n = x + past;
        Ok(at_least(x, n, chance, phi(n))? <= bound)
    };
    let mut high = 1;
    while !enough(high)? {
        if high >= MOST {
            return Ok(None);
        }
        high = (high * 2).min(MOST);
    }
    let mut low = high / 2;
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if enough(middle)? {
            high = middle;
        } else {
            low = middle;
        }
    }
    Ok(Some(high))
}

pub(super) fn window_chance(recent_volume: f64, past_volume: f64) -> Chance {
    Chance::from_log_odds(recent_volume.ln() - past_volume.ln())
}
