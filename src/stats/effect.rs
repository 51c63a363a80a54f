//! Did a corrective action work? Judged by the counts of two windows of months, and foretold before it
//! starts.
//!
//! # The judgement
//!
//! The effect is the rate of the follow-up divided by that of the baseline. Complaints come in bursts,
//! so their counts scatter more than Poisson ones. The scatter `phi` is estimated from the months of
//! both windows and the limits are widened by it:
//!
//! - **Model.** A month's expected count is its exposure times the rate of its window times, when months
//!   are matched by season, the height of its calendar month; fitted by maximum likelihood (quasi-Poisson,
//!   log link). Given the events of each calendar month, those of the follow-up are binomial, and the fit
//!   is a root in one unknown.
//! - **Scatter.** `phi` is Pearson's chi-square of that fit by its degrees of freedom, at least 1. What
//!   is common to a calendar month in both windows is season and no scatter. Source: McCullagh and Nelder
//!   (1989), Generalized Linear Models, sections 4.5 and 6.2.3.
//! - **Limits.** Those of Clopper and Pearson (1934), Biometrika 26, 404-413, for the follow-up's share
//!   of all events, at counts divided by `phi` (no longer whole, so by the incomplete beta function).
//!   Where `phi` was estimated above 1 it is uncertain itself, and the counts are divided further by the
//!   square of Student's t by the normal deviate. This is the interval of Korn and Graubard (1998), Survey
//!   Methodology 24, 193-201, which American health statistics use for clustered counts, with `phi` as
//!   the design effect. With `phi` = 1 the limits are exactly those of [`super::rate::rate_ratio`].
//! - **Unequal matches.** Where calendar months weigh unequally in the windows (18 months of follow-up
//!   against 12 of baseline), the conditional counts carry less information than one pair of the same
//!   sums; the divisor makes up for that. It is 1 when the windows match.
//!
//! Why not a Wald interval with t ([`super::quasi_poisson`])? It does not exist where a window has no
//! event, and an action that worked leaves few.
//!
//! # What it cannot do
//!
//! Months are taken as independent given their window. Waves that last for several months are no
//! scatter between months, and make the limits too narrow. A trend that was there before is taken for
//! the action's effect.

mod limits;
mod outlook;
mod windows;

use super::rate::Rate;
use super::tails::{Chance, MAX_COUNT};
use super::{DEFAULT_CONFIDENCE, StatsError};
use limits::{Counts, Level};
use windows::{
    BASELINE, FOLLOW_UP, Fit, TOO_FAR_APART, TOO_MANY, Window, check_seasons, phi, seasons_of,
};

pub use outlook::{Ahead, Announcement, Outlook, Wanted, follow_up, outlook};

/// Share by which the rate must fall unless a setting says otherwise.
pub const DEFAULT_TARGET: f64 = 1.0 / 3.0;

/// One month of a window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Month {
    pub events: u64,
    /// Above 0; the same unit in both windows (units sold, working days, or 1 for "a month").
    pub exposure: f64,
    /// Calendar month, 1 to 12, when months are matched by season; else `None` in all months.
    pub season: Option<u8>,
}

/// What an action must reach.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Criterion {
    /// Share by which the rate must fall; at least 0 and below 1.
    pub target: f64,
    /// Of the two-sided limits; 0.95.
    pub confidence: f64,
}

impl Default for Criterion {
    fn default() -> Self {
        Self {
            target: DEFAULT_TARGET,
            confidence: DEFAULT_CONFIDENCE,
        }
    }
}

/// What the counts say about an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The upper limit of the ratio is below 1, and the estimate at most 1 - target.
    Effective,
    /// The lower limit is above 1 - target: what was wanted was not reached.
    Ineffective,
    /// Neither. No sign that the action failed, and none that it worked.
    Inconclusive,
}

impl Verdict {
    /// The word for files and commands.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Effective => "effective",
            Self::Ineffective => "ineffective",
            Self::Inconclusive => "inconclusive",
        }
    }
}

/// How the rate changed, and the verdict.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Effect {
    /// All events and all exposure of the baseline.
    pub before: Rate,
    /// Of the follow-up.
    pub after: Rate,
    /// Rate after by rate before; when months are matched by season and weigh unequally in the windows,
    /// with the season taken out. `None`: unbounded, because the baseline has no event.
    pub ratio: Option<f64>,
    /// 0 where the follow-up has no event.
    pub lower: f64,
    /// `None`: unbounded, because the baseline has no event (or next to none for this much scatter).
    pub upper: Option<f64>,
    /// Two-sided, of the hypothesis that the rate is the same: twice the smaller tail, so that it is
    /// below 1 - confidence exactly when the limits leave 1 out. (R's `poisson.test` adds up all outcomes
    /// that are at most as probable; its p-value can contradict its own limits. Source: Fay (2010),
    /// Biostatistics 11, 373-374.) With scatter it holds at the criterion's confidence.
    pub p_value: f64,
    /// `phi`: variance by mean, at least 1. What the months showed if that was less is taken for chance.
    pub dispersion: f64,
    /// Degrees of freedom it was estimated on; 0: none, and the counts are taken as Poisson.
    pub dispersion_degrees: u32,
    pub verdict: Verdict,
}

/// Judges an action by the months of the baseline and of the follow-up, in any order.
///
/// Months of a calendar month without an event in either window say nothing about the effect or the
/// scatter and are not counted in the degrees of freedom; neither are the months of a window without an
/// event.
///
/// # Errors
/// A window without a month; an exposure that is not above 0 and finite (row named); a calendar month
/// that is not 1 to 12, is missing in some months, or is not in the other window ([`matched`] leaves such
/// months of the baseline out); more than a thousand million events; a target outside [0, 1); a
/// confidence level outside (0, 1). Not estimable without a single event, or when exposures are too far
/// apart to divide.
pub fn judge(
    before: &[Month],
    after: &[Month],
    criterion: &Criterion,
) -> Result<Effect, StatsError> {
    let level = Level::of(criterion)?;
    check_seasons(&seasons_of(before), &seasons_of(after))?;
    let (before, after) = (
        Window::of(before, &BASELINE)?,
        Window::of(after, &FOLLOW_UP)?,
    );
    let (x, y) = (after.events as f64, before.events as f64);
    if after.events + before.events == 0 {
        return Err(StatsError::NotEstimable {
            what: "the effect",
            why: "neither the baseline nor the follow-up has an event",
        });
    }
    if after.events + before.events > MAX_COUNT {
        return Err(TOO_MANY);
    }
    let fit = Fit::of(&before, &after)?;
    let (dispersion, degrees) = phi(fit.chi_square, fit.degrees);
    let divisor = dispersion * fit.imbalance * level.stretch(dispersion, degrees)?;
    let counts = Counts {
        after: x / divisor,
        before: y / divisor,
    };
    let log_weight = fit.weight.ln();
    let ratio = (before.events > 0).then(|| x / y / fit.weight);
    let lower = counts.lower_log_odds(level.tail)?;
    let upper = counts.upper_log_odds(level.tail)?;
    let lower = lower.map_or(0.0, |log_odds| (log_odds - log_weight).exp());
    let upper = upper.map(|log_odds| (log_odds - log_weight).exp());
    if !(lower.is_finite() && ratio.is_none_or(f64::is_finite)) {
        return Err(TOO_FAR_APART);
    }
    let upper = upper.filter(|upper| upper.is_finite());
    let alike = Chance::from_log_odds(log_weight);
    let smaller = counts.at_least(alike)?.min(counts.at_most(alike)?);
    let low_enough = is_low_enough(x, y, fit.weight, criterion.target);
    let verdict = if low_enough && upper.is_some_and(|upper| upper < 1.0) {
        Verdict::Effective
    } else if lower > 1.0 - criterion.target {
        Verdict::Ineffective
    } else {
        Verdict::Inconclusive
    };
    Ok(Effect {
        before: before.rate(),
        after: after.rate(),
        ratio,
        lower,
        upper,
        p_value: (2.0 * smaller).min(1.0),
        dispersion,
        dispersion_degrees: degrees,
        verdict,
    })
}

/// The months of a baseline whose calendar month occurs in the follow-up; all of them when none has a
/// calendar month.
pub fn matched(before: &[Month], follow_up: &[Option<u8>]) -> Vec<Month> {
    let occurs = |month: &&Month| follow_up.contains(&month.season);
    before.iter().filter(occurs).copied().collect()
}

/// Whether the estimated ratio is at most 1 - target. As a product, so that a baseline without an event
/// has no ratio to be low; with room for rounding, so that 8 after 12 is a third less.
fn is_low_enough(x: f64, y: f64, weight: f64, target: f64) -> bool {
    y > 0.0 && x <= (1.0 - target) * y * weight * (1.0 + 1e-12)
}

fn checked_share(what: &'static str, value: f64) -> Result<f64, StatsError> {
    if (0.0..1.0).contains(&value) {
        Ok(value)
    } else {
        Err(StatsError::OutOfRange {
            what,
            value,
            allowed: "at least 0 and below 1, for instance 0.5",
        })
    }
}
