//! Does a share differ in the last months from what it was before, by more than chance and its usual scatter?
//!
//! A month's count is taken as quasi-binomial: its variance is `phi` times the binomial one. `phi` is Pearson's
//! chi-square of the months around the share of their own side, by its degrees of freedom, and at least 1. Where
//! it is above 1 it is uncertain itself, and Student's t takes the place of the normal deviate.
//!
//! Why not the control chart's own rules? A point beyond three sigma speaks of one month; a review asks about its
//! period, and asks it of many series at once, which needs a p-value each.

use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

use super::control::Counted;
use super::{Estimate, StatsError, checked_confidence};

/// Counts that both sides must lead to expect, of those counted and of the others, for the normal approximation.
/// Source: Cochran (1954), Biometrics 10, 417-451.
pub const LEAST_EXPECTED: f64 = 5.0;

/// A share before and after, compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shift {
    /// Shares, 0 to 1.
    pub before: f64,
    pub after: f64,
    /// After less before, with its limits: from -1 to 1.
    pub difference: Estimate,
    /// Two-sided, of the hypothesis that both are equal.
    pub p_value: f64,
    /// `phi`, at least 1.
    pub dispersion: f64,
    /// Degrees of freedom it was estimated on; 0: none, and the counts are taken as binomial.
    pub degrees: usize,
}

/// Compares the months after with those before; months of size 0 are gaps.
///
/// The test is the score test of two shares (R's `prop.test` without correction is its square at `phi` = 1) with
/// its variance times `phi`. The limits are those of Newcombe (1998), Statistics in Medicine 17, 873-890, method
/// 10, with Wilson's limits widened in the same way.
///
/// Sources: Wedderburn (1974), Biometrika 61, 439-447; McCullagh and Nelder (1989), Generalized Linear Models,
/// section 4.5.
///
/// # Errors
/// A month with more counted than there are (row named, those before first); a side without a month; a confidence
/// level outside (0, 1). Not estimable where either side leads to expect fewer than [`LEAST_EXPECTED`] counted or
/// not counted.
pub fn share_shift(
    before: &[Counted],
    after: &[Counted],
    confidence: f64,
) -> Result<Shift, StatsError> {
    let confidence = checked_confidence(confidence)?;
    let first = Side::of(before, 0)?;
    let second = Side::of(after, before.len())?;
    let pooled = (first.count + second.count) / (first.size + second.size);
    let least = first.size.min(second.size) * pooled.min(1.0 - pooled);
    if least < LEAST_EXPECTED {
        return Err(StatsError::NotEstimable {
            what: "the change of the share",
            why: "one side leads to expect fewer than five",
        });
    }
    let degrees = first.months + second.months - 2;
    let chi_square = first.chi_square(before) + second.chi_square(after);
    let phi = match degrees {
        0 => 1.0,
        _ => (chi_square / degrees as f64).max(1.0),
    };
    let variance = phi * pooled * (1.0 - pooled) * (1.0 / first.size + 1.0 / second.size);
    let deviate = ((second.share() - first.share()) / variance.sqrt()).abs();
    let (p_value, wide) = if phi > 1.0 {
        let refused = |_| StatsError::NotEstimable {
            what: "the change of the share",
            why: "there are no degrees of freedom",
        };
        let student = StudentsT::new(0.0, 1.0, degrees as f64).map_err(refused)?;
        let wide = student.inverse_cdf(0.5 + confidence / 2.0);
        (2.0 * student.sf(deviate), wide)
    } else {
        let normal = Normal::standard();
        let wide = normal.inverse_cdf(0.5 + confidence / 2.0);
        (2.0 * normal.sf(deviate), wide)
    };
    let (low_before, high_before) = first.wilson(wide, phi);
    let (low_after, high_after) = second.wilson(wide, phi);
    let value = second.share() - first.share();
    let below = (second.share() - low_after).hypot(high_before - first.share());
    let above = (high_after - second.share()).hypot(first.share() - low_before);
    Ok(Shift {
        before: first.share(),
        after: second.share(),
        difference: Estimate {
            value,
            lower: value - below,
            upper: value + above,
        },
        p_value: p_value.min(1.0),
        dispersion: phi,
        degrees,
    })
}

/// The months of one side together.
struct Side {
    count: f64,
    size: f64,
    months: usize,
}

impl Side {
    /// `rows_before`: months of the other side that stand before these in messages.
    fn of(months: &[Counted], rows_before: usize) -> Result<Side, StatsError> {
        let mut side = Side {
            count: 0.0,
            size: 0.0,
            months: 0,
        };
        for (index, month) in months.iter().enumerate() {
            if month.count > month.size {
                return Err(StatsError::RowMoreThanAll {
                    row: rows_before + index + 1,
                    what: "the share",
                    part: month.count,
                    total: month.size,
                });
            }
            if month.size > 0 {
                side.count += month.count as f64;
                side.size += month.size as f64;
                side.months += 1;
            }
        }
        match side.months {
            0 => Err(StatsError::Empty { what: "a side" }),
            _ => Ok(side),
        }
    }

    fn share(&self) -> f64 {
        self.count / self.size
    }

    /// Around the share of this side; 0 where all or none are counted.
    fn chi_square(&self, months: &[Counted]) -> f64 {
        let share = self.share();
        let unit = share * (1.0 - share);
        if unit <= 0.0 {
            return 0.0;
        }
        months
            .iter()
            .filter(|month| month.size > 0)
            .map(|month| {
                let size = month.size as f64;
                (month.count as f64 - size * share).powi(2) / (size * unit)
            })
            .sum()
    }

    /// Wilson's limits at a deviate, with the size divided by the scatter.
    fn wilson(&self, deviate: f64, phi: f64) -> (f64, f64) {
        let (share, size) = (self.share(), self.size / phi);
        let square = deviate * deviate;
        let middle = share * size + square / 2.0;
        let spread = deviate * (size * share * (1.0 - share) + square / 4.0).sqrt();
        let scale = size + square;
        (
            ((middle - spread) / scale).clamp(0.0, share),
            ((middle + spread) / scale).clamp(share, 1.0),
        )
    }
}
