//! Limits of the odds of two counts that need not be whole.

use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

use super::{Criterion, checked_share};
use crate::tails::{Chance, incomplete_beta};
use crate::{StatsError, checked_confidence};

/// Confidence and target, checked, with what follows from them.
pub(super) struct Level {
    /// On each side.
    pub(super) tail: f64,
    /// Normal deviate of that tail.
    pub(super) deviate: f64,
    pub(super) target: f64,
}

impl Level {
    pub(super) fn of(criterion: &Criterion) -> Result<Self, StatsError> {
        let tail = (1.0 - checked_confidence(criterion.confidence)?) / 2.0;
        Ok(Self {
            tail,
            deviate: -Normal::standard().inverse_cdf(tail),
            target: checked_share("the target", criterion.target)?,
        })
    }

    /// What estimated scatter divides the counts by beyond itself: (t / z)^2.
    pub(super) fn stretch(&self, dispersion: f64, degrees: u32) -> Result<f64, StatsError> {
        if dispersion <= 1.0 {
            return Ok(1.0);
        }
        self.student(degrees)
    }

    pub(super) fn student(&self, degrees: u32) -> Result<f64, StatsError> {
        let refused = |_| StatsError::NotEstimable {
            what: "the effect",
            why: "its scatter has no degrees of freedom",
        };
        let student = StudentsT::new(0.0, 1.0, f64::from(degrees)).map_err(refused)?;
        let stretch = (student.inverse_cdf(self.tail) / self.deviate).powi(2);
        // A deviate of 0 (no confidence at all) leaves nothing to stretch.
        Ok(if stretch.is_finite() {
            stretch.max(1.0)
        } else {
            1.0
        })
    }
}

/// Events of both windows, not necessarily whole; those after are binomial given the sum.
#[derive(Clone, Copy)]
pub(super) struct Counts {
    pub(super) after: f64,
    pub(super) before: f64,
}

impl Counts {
    /// P(X >= after).
    pub(super) fn at_least(self, chance: Chance) -> Result<f64, StatsError> {
        if self.after <= 0.0 {
            return Ok(1.0);
        }
        incomplete_beta(self.after, self.before + 1.0, chance)
    }

    /// P(X <= after).
    pub(super) fn at_most(self, chance: Chance) -> Result<f64, StatsError> {
        if self.before <= 0.0 {
            return Ok(1.0);
        }
        let turned = Chance {
            yes: chance.no,
            no: chance.yes,
        };
        incomplete_beta(self.before, self.after + 1.0, turned)
    }

    /// Logarithm of the lower limit of the odds; `None`: 0.
    pub(super) fn lower_log_odds(self, tail: f64) -> Result<Option<f64>, StatsError> {
        if self.after <= 0.0 {
            return Ok(None);
        }
        tail_reached(self.log_odds(), -1.0, tail, |log_odds| {
            self.at_least(Chance::from_log_odds(log_odds))
        })
    }

    /// Logarithm of the upper limit of the odds; `None`: unbounded.
    pub(super) fn upper_log_odds(self, tail: f64) -> Result<Option<f64>, StatsError> {
        if self.before <= 0.0 {
            return Ok(None);
        }
        tail_reached(self.log_odds(), 1.0, tail, |log_odds| {
            self.at_most(Chance::from_log_odds(log_odds))
        })
    }

    /// Of the estimate, pulled towards even odds, so that it is finite.
    pub(super) fn log_odds(self) -> f64 {
        (self.after + 0.5).ln() - (self.before + 0.5).ln()
    }
}

/// Where a probability that falls in one direction (1 or -1) reaches `tail`; `None`: beyond odds that can
/// be computed with. By false position on the logarithm of the probability, with the step of Dowell and
/// Jarratt (1971), BIT 11, 168-174, from `start`: a dozen steps where halving takes sixty, for a study asks
/// for many limits.
fn tail_reached(
    start: f64,
    direction: f64,
    tail: f64,
    probability: impl Fn(f64) -> Result<f64, StatsError>,
) -> Result<Option<f64>, StatsError> {
    const FARTHEST: f64 = 700.0;
    const CLOSE: f64 = 1e-13;
    // The smallest number above 0 keeps the logarithm finite.
    let excess = |at: f64| -> Result<f64, StatsError> {
        Ok((probability(at)?.max(f64::MIN_POSITIVE) / tail).ln())
    };
    // Outwards in steps that double, until the tail lies between two points.
    let mut other = (start, excess(start)?);
    let mut step = if other.1 > 0.0 { direction } else { -direction };
    let mut last = other;
    while (last.1 > 0.0) == (other.1 > 0.0) {
        other = last;
        let at = last.0 + step;
        if at.abs() > FARTHEST {
            return Ok(None);
        }
        last = (at, excess(at)?);
        step *= 2.0;
    }
    for _ in 0..200 {
        let at = last.0 - last.1 * (last.0 - other.0) / (last.1 - other.1);
        if last.1.abs() <= CLOSE || at == last.0 || at == other.0 {
            break;
        }
        let next = (at, excess(at)?);
        if (next.1 > 0.0) == (last.1 > 0.0) {
            other.1 *= 0.5;
        } else {
            other = last;
        }
        last = next;
    }
    Ok(Some(last.0))
}
