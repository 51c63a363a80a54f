//! What a follow-up can be expected to show, computed before it begins.

use statrs::distribution::{ContinuousCDF, Normal};

use super::limits::{Counts, Level};
use super::windows::{
    BASELINE, CALENDAR, Cell, FOLLOW_UP, Strata, TOO_FAR_APART, TOO_MANY, Window, check_seasons,
    checked_exposure, phi, seasons_of, slot,
};
use super::{Criterion, Month, checked_share, matched};
use crate::StatsError;
use crate::power::DEFAULT_POWER;
use crate::tails::{Chance, MAX_COUNT, incomplete_beta};

/// A month of a follow-up that lies ahead.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ahead {
    /// Above 0, in the unit of the baseline.
    pub exposure: f64,
    /// Calendar month, 1 to 12, when months are matched by season; else `None` in all months.
    pub season: Option<u8>,
    /// Share of the month's events, if the rate were unchanged, that the action cannot reach any more:
    /// those from goods sold before it. At least 0 and below 1; 0 where cases count by production date.
    pub carried_over: f64,
}

/// What a follow-up can be expected to show.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outlook {
    /// Months of follow-up.
    pub months: u32,
    /// Probability of "effective" if the rate really falls by the reduction.
    pub seen: f64,
    /// Probability of "ineffective" if it does not change.
    pub refuted: f64,
}

/// What a follow-up should be able to show.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wanted {
    /// See [`Outlook::seen`]; above 0 and below 1.
    pub seen: f64,
    /// See [`Outlook::refuted`]; at least 0 and below 1.
    pub refuted: f64,
}

impl Default for Wanted {
    fn default() -> Self {
        Self {
            seen: DEFAULT_POWER,
            refuted: 0.6,
        }
    }
}

/// How long a follow-up must be. ([`crate::power::FollowUp`] knows one probability and no baseline as it
/// was observed.)
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Announcement {
    /// The shortest follow-up that can show both.
    Reached(Outlook),
    /// Not even the longest can; what it can.
    NotReached(Outlook),
}

impl Announcement {
    /// The follow-up announced, or the longest.
    pub fn outlook(&self) -> &Outlook {
        match self {
            Self::Reached(outlook) | Self::NotReached(outlook) => outlook,
        }
    }
}

/// The probabilities of both verdicts for one follow-up, given the baseline as it was observed.
///
/// These are predictive probabilities: the baseline's counts are known when the plan is made, and what
/// stays uncertain is averaged over.
///
/// - **Rate.** Jeffreys' gamma posterior of the rate, at counts divided by `phi`. The follow-up's count
///   has the mean that follows and the variance `phi` mean + mean^2 / shape, and is negative binomial:
///   exactly so when `phi` = 1.
/// - **Scatter.** The baseline's chi-square by `phi` is chi-squared; read the other way it gives the
///   posterior of `phi` (a scaled inverse chi-square), at least 1. Each `phi` brings the scatter that the
///   follow-up will show itself, and so the divisor of the limits. Both are averaged over 16 evenly spread
///   pairs (a lattice).
/// - **Verdict.** For a given scatter it depends on the follow-up's count alone and is monotone in it:
///   few events are effective, many ineffective. So each probability is one tail.
///
/// Source: Spiegelhalter, Abrams and Myles (2004), Bayesian Approaches to Clinical Trials and Health-Care
/// Evaluation, chapter 6; O'Hagan, Stevens and Campbell (2005), Pharmaceutical Statistics 4, 187-201
/// ("assurance").
///
/// `reduction` is the share by which the rate really falls: at least 0 and below 1. With a `reduction`
/// equal to the target, "effective" comes about every other time at best.
///
/// # Errors
/// As for [`super::judge`], but a baseline without an event is an answer: nothing can be seen. A reduction or a
/// share carried over outside [0, 1).
pub fn outlook(
    before: &[Month],
    ahead: &[Ahead],
    reduction: f64,
    criterion: &Criterion,
) -> Result<Outlook, StatsError> {
    let level = Level::of(criterion)?;
    checked_share("the reduction", reduction)?;
    check_seasons(&seasons_of(before), &seasons_ahead(ahead))?;
    let plan = Plan::of(before, ahead, LATTICE, &level)?;
    Ok(Outlook {
        months: plan.months,
        seen: plan.seen(reduction, &level)?,
        refuted: plan.refuted(&level)?,
    })
}

/// The shortest follow-up, beginning with the first of the months ahead, that can show what is wanted.
///
/// With calendar months only those of the baseline count that the follow-up reaches, so a longer
/// follow-up also lengthens the baseline. The probabilities rise with saw teeth, for counts are whole;
/// the answer is the first length that reaches both and from which on the next two do as well.
///
/// # Errors
/// As for [`outlook`]; a wanted probability out of its range; a calendar month ahead that the baseline
/// does not have.
pub fn follow_up(
    before: &[Month],
    ahead: &[Ahead],
    reduction: f64,
    wanted: &Wanted,
    criterion: &Criterion,
) -> Result<Announcement, StatsError> {
    let level = Level::of(criterion)?;
    checked_share("the reduction", reduction)?;
    if !(wanted.seen > 0.0 && wanted.seen < 1.0) {
        return Err(StatsError::OutOfRange {
            what: "the wanted probability of seeing the reduction",
            value: wanted.seen,
            allowed: "between 0 and 1, for instance 0.8",
        });
    }
    checked_share("the wanted probability of refuting", wanted.refuted)?;
    let seasons = seasons_ahead(ahead);
    let reached_at_last = matched(before, &seasons);
    let compared = if reached_at_last.is_empty() {
        before
    } else {
        &reached_at_last
    };
    check_seasons(&seasons_of(compared), &seasons)?;
    if ahead.is_empty() {
        return Err(StatsError::Empty {
            what: FOLLOW_UP.name,
        });
    }
    let plan = |length: usize, lattice: Lattice| {
        let before = matched(before, &seasons[..length]);
        Plan::of(&before, &ahead[..length], lattice, &level)
    };
    // Lengths that fail by far are passed over by halving and at a glance: saw teeth are lower than that.
    let fails_by_far = |length: usize| -> Result<bool, StatsError> {
        let plan = plan(length, GLANCE)?;
        Ok(plan.refuted(&level)? < wanted.refuted - SAW_TOOTH
            || plan.seen(reduction, &level)? < wanted.seen - SAW_TOOTH)
    };
    let longest = ahead.len();
    let (mut failing, mut end) = (0, longest + 1);
    if fails_by_far(longest)? {
        failing = longest - 1;
    }
    while end - failing > FEW_LENGTHS {
        let middle = failing + (end - failing) / 2;
        if fails_by_far(middle)? {
            failing = middle;
        } else {
            end = middle;
        }
    }
    let mut reached: Option<Outlook> = None;
    for length in failing + 1..=longest {
        let plan = plan(length, LATTICE)?;
        let refuted = plan.refuted(&level)?;
        if refuted < wanted.refuted && length < longest {
            reached = None;
            continue;
        }
        let now = Outlook {
            months: plan.months,
            seen: plan.seen(reduction, &level)?,
            refuted,
        };
        if now.seen < wanted.seen || refuted < wanted.refuted {
            if length == longest {
                return Ok(Announcement::NotReached(now));
            }
            reached = None;
            continue;
        }
        let first = *reached.get_or_insert(now);
        if now.months - first.months >= 2 || length == longest {
            return Ok(Announcement::Reached(first));
        }
    }
    Err(StatsError::Empty {
        what: FOLLOW_UP.name,
    })
}

fn seasons_ahead(months: &[Ahead]) -> Vec<Option<u8>> {
    months.iter().map(|month| month.season).collect()
}

/// What a probability may fall by from one length of follow-up to a longer one, at most.
const SAW_TOOTH: f64 = 0.1;
/// Lengths that are tried one by one.
const FEW_LENGTHS: usize = 4;

/// Pairs of probabilities over which the scatter is averaged.
#[derive(Clone, Copy)]
struct Lattice {
    pairs: u32,
    /// Of the second probability from one pair to the next.
    step: u32,
}

/// Two Fibonacci numbers in a row spread the pairs evenly over the square. Source: Niederreiter (1992),
/// Random Number Generation and Quasi-Monte Carlo Methods, chapter 5. With 13 the probabilities are within
/// 0.02 of those with many, and 0.01 as a rule.
const LATTICE: Lattice = Lattice { pairs: 13, step: 8 };
const GLANCE: Lattice = Lattice { pairs: 3, step: 2 };

/// A baseline as observed, and a follow-up ahead.
struct Plan<'a> {
    ahead: &'a [Ahead],
    months: u32,
    /// Events of the baseline.
    events: f64,
    strata: Strata,
    /// Expected events of each month ahead for one of the baseline, if the rate does not change.
    shares: Vec<f64>,
    /// Variance of the expected count by that of a matching follow-up's, at least 1.
    spread: f64,
    /// By rising divisor.
    scatter: Vec<Scatter>,
}

/// One possible scatter.
#[derive(Clone, Copy)]
struct Scatter {
    /// How likely it is.
    chance: f64,
    /// Of the counts to come.
    real: f64,
    /// What the counts will be divided by, but for the imbalance.
    divisor: f64,
}

impl Scatter {
    /// What is assumed where nothing is known of it.
    const POISSON: Self = Self {
        chance: 1.0,
        real: 1.0,
        divisor: 1.0,
    };
}

impl<'a> Plan<'a> {
    fn of(
        before: &[Month],
        ahead: &'a [Ahead],
        lattice: Lattice,
        level: &Level,
    ) -> Result<Self, StatsError> {
        let before = Window::of(before, &BASELINE)?;
        let mut after = [Cell::default(); CALENDAR];
        if ahead.is_empty() {
            return Err(StatsError::Empty {
                what: FOLLOW_UP.name,
            });
        }
        for (index, month) in ahead.iter().enumerate() {
            if !(0.0..1.0).contains(&month.carried_over) {
                return Err(StatsError::RowOutOfRange {
                    row: index + 1,
                    what: "the share carried over",
                    value: month.carried_over,
                    allowed: "at least 0 and below 1",
                });
            }
            let exposure = checked_exposure(index, month.exposure, &FOLLOW_UP)?;
            if let Some(cell) = after.get_mut(slot(month.season)) {
                cell.months += 1;
                cell.exposure += exposure;
            }
        }
        let events = before.events as f64;
        // Without an event every month is as high as any other.
        let heights = before.cells.map(|cell| {
            if events > 0.0 {
                cell.events
            } else {
                cell.exposure / before.exposure
            }
        });
        let all: f64 = heights.iter().sum();
        let pairs = before.cells.iter().zip(&after);
        let strata = Strata::of(
            heights
                .iter()
                .zip(pairs)
                .map(|(height, (before, after))| (*height, before, after)),
        )?;
        let share = |month: &Ahead| {
            let place = slot(month.season);
            heights[place] / all * (month.exposure / before.cells[place].exposure)
        };
        let shares: Vec<f64> = ahead.iter().map(share).collect();
        let sum: f64 = shares.iter().sum();
        let squares: f64 = strata.used().iter().map(|(n, w)| n / all * w * w).sum();
        let spread = (squares / (sum * sum)).max(1.0);
        if !(sum.is_finite() && sum > 0.0 && spread.is_finite()) {
            return Err(TOO_FAR_APART);
        }
        if (1.0 + events) * (1.0 + sum) > MAX_COUNT as f64 {
            return Err(TOO_MANY);
        }
        let months = u32::try_from(ahead.len()).map_err(|_| TOO_MANY)?;
        let scatter = if events > 0.0 {
            let expected = before.cells.map(|cell| cell.events);
            let (chi_square, cells) = before.scatter(&expected);
            possible_scatter(chi_square, cells - strata.count, months - 1, lattice, level)?
        } else {
            vec![Scatter::POISSON]
        };
        Ok(Self {
            ahead,
            months,
            events,
            strata,
            shares,
            spread,
            scatter,
        })
    }

    /// Probability of "effective" when the rate falls by the reduction.
    fn seen(&self, reduction: f64, level: &Level) -> Result<f64, StatsError> {
        if self.events <= 0.0 {
            return Ok(0.0);
        }
        let weight = self.weight();
        let imbalance = self.imbalance(1.0 - reduction);
        let alike = Chance::from_log_odds(weight.ln());
        // The most follow-up events that are still effective: by the estimate, and by the upper limit.
        let low_enough = ((1.0 - level.target) * self.events * weight * (1.0 + 1e-12)).floor();
        let mut highest = low_enough;
        let mut searched = 0.0;
        let mut sum = 0.0;
        for scatter in &self.scatter {
            let divisor = scatter.divisor * imbalance;
            let is_below = |after: f64| {
                let counts = self.counts(after, divisor);
                Ok(counts.at_most(alike)? < level.tail)
            };
            if divisor > searched {
                // More scatter never allows more events.
                let Some(found) = last_where(highest, highest, is_below)? else {
                    break;
                };
                (highest, searched) = (found, divisor);
            }
            let count = self.count_ahead(reduction, scatter.real);
            sum += scatter.chance * count.at_most(highest)?;
        }
        Ok(sum.min(1.0))
    }

    /// Probability of "ineffective" when the rate stays.
    fn refuted(&self, level: &Level) -> Result<f64, StatsError> {
        let target = (1.0 - level.target) * self.weight();
        let imbalance = self.imbalance(1.0);
        let missed = Chance::from_log_odds(target.ln());
        let log_error = (1.0 / (1.0 + self.events * target) + 1.0 / (1.0 + self.events)).sqrt();
        // The most follow-up events that are not yet ineffective; where to begin the search by the
        // normal approximation.
        let mut highest = (self.events * target * (level.deviate * log_error).exp()).floor();
        let mut searched = 0.0;
        let mut sum = 0.0;
        for scatter in &self.scatter {
            let divisor = scatter.divisor * imbalance;
            let is_not_above = |after: f64| {
                let counts = self.counts(after, divisor);
                Ok(counts.at_least(missed)? >= level.tail)
            };
            if divisor > searched {
                // No event at all is never ineffective.
                highest = last_where(highest, MAX_COUNT as f64, is_not_above)?.unwrap_or(0.0);
                searched = divisor;
            }
            let count = self.count_ahead(0.0, scatter.real);
            sum += scatter.chance * (1.0 - count.at_most(highest)?);
        }
        Ok(sum.clamp(0.0, 1.0))
    }

    /// Expected follow-up events for one of the baseline if nothing changes.
    fn weight(&self) -> f64 {
        self.shares.iter().sum()
    }

    fn imbalance(&self, ratio: f64) -> f64 {
        let after = ratio * self.weight() * self.events;
        // The events of a calendar month are those of both windows, which are not known yet.
        let part = |(n, w): &(f64, f64)| n * (ratio * w) / (1.0 + ratio * w);
        let information: f64 = self.strata.used().iter().map(part).sum();
        if self.strata.is_even() || information <= 0.0 || after <= 0.0 {
            return 1.0;
        }
        (after * self.events / (after + self.events) / information).max(1.0)
    }

    /// The predictive distribution of the follow-up's count.
    fn count_ahead(&self, reduction: f64, real: f64) -> NegativeBinomialCount {
        let fallen: f64 = self
            .shares
            .iter()
            .zip(self.ahead)
            .map(|(share, month)| share * (1.0 - reduction * (1.0 - month.carried_over)))
            .sum();
        let unit = real * self.spread;
        let shape = self.events / unit + 0.5;
        let mean = shape * unit * fallen;
        let variance = real * mean + mean * mean / shape;
        NegativeBinomialCount {
            mean,
            size: mean * mean / (variance - mean),
        }
    }

    fn counts(&self, after: f64, divisor: f64) -> Counts {
        Counts {
            after: after / divisor,
            before: self.events / divisor,
        }
    }
}

/// The last whole number, from 0 to `most`, of those for which something holds that holds for small ones
/// only; `None`: for none. Searched from a guess, in steps that double.
fn last_where(
    guess: f64,
    most: f64,
    holds: impl Fn(f64) -> Result<bool, StatsError>,
) -> Result<Option<f64>, StatsError> {
    let mut step = 1.0;
    let guess = guess.clamp(0.0, most);
    let (mut low, mut high);
    if holds(guess)? {
        low = guess;
        loop {
            if low >= most {
                return Ok(Some(most));
            }
            let next = (low + step).min(most);
            if !holds(next)? {
                high = next;
                break;
            }
            low = next;
            step *= 2.0;
        }
    } else {
        high = guess;
        loop {
            if high <= 0.0 {
                return Ok(None);
            }
            let next = (high - step).max(0.0);
            if holds(next)? {
                low = next;
                break;
            }
            high = next;
            step *= 2.0;
        }
    }
    while high - low > 1.0 {
        let middle = ((low + high) / 2.0).floor();
        if holds(middle)? {
            low = middle;
        } else {
            high = middle;
        }
    }
    Ok(Some(low))
}

/// What scatter the counts to come may have and may show, given the baseline's chi-square: evenly likely.
fn possible_scatter(
    chi_square: f64,
    degrees: u32,
    degrees_ahead: u32,
    lattice: Lattice,
    level: &Level,
) -> Result<Vec<Scatter>, StatsError> {
    let all = degrees + degrees_ahead;
    if all == 0 {
        return Ok(vec![Scatter::POISSON]);
    }
    let normal = Normal::standard();
    let stretch = level.student(all)?;
    let pairs = f64::from(lattice.pairs);
    let one = |pair: u32| {
        let first = (f64::from(pair) + 0.5) / pairs;
        let second = (f64::from(pair * lattice.step % lattice.pairs) + 0.5) / pairs;
        let real = if degrees == 0 {
            1.0
        } else {
            (chi_square / chi_square_quantile(degrees, normal.inverse_cdf(first))).max(1.0)
        };
        let ahead = if degrees_ahead == 0 {
            0.0
        } else {
            real * chi_square_quantile(degrees_ahead, normal.inverse_cdf(second))
        };
        let (shown, _) = phi(chi_square + ahead, all);
        Scatter {
            chance: 1.0 / pairs,
            real,
            divisor: if shown > 1.0 { shown * stretch } else { shown },
        }
    };
    let mut scatter: Vec<Scatter> = (0..lattice.pairs).map(one).collect();
    scatter.sort_by(|a, b| {
        a.divisor
            .total_cmp(&b.divisor)
            .then(a.real.total_cmp(&b.real))
    });
    // Many are no scatter at all and are reckoned once.
    scatter.dedup_by(|next, kept| {
        let same = next.divisor == kept.divisor && next.real == kept.real;
        if same {
            kept.chance += next.chance;
        }
        same
    });
    Ok(scatter)
}

/// The quantile of a chi-squared distribution at a normal deviate. Source: Wilson and Hilferty (1931),
/// Proceedings of the National Academy of Sciences 17, 684-688. Good to a percent or so except far below
/// the mean with few degrees, where it is kept above 0.
fn chi_square_quantile(degrees: u32, deviate: f64) -> f64 {
    let degrees = f64::from(degrees);
    let part = 2.0 / (9.0 * degrees);
    degrees * (1.0 - part + deviate * part.sqrt()).max(0.1).powi(3)
}

/// A count with the variance mean + mean^2 / size.
struct NegativeBinomialCount {
    mean: f64,
    size: f64,
}

impl NegativeBinomialCount {
    /// P(X <= count) for a whole count.
    fn at_most(&self, count: f64) -> Result<f64, StatsError> {
        if count < 0.0 {
            return Ok(0.0);
        }
        let sum = self.size + self.mean;
        let chance = Chance {
            yes: self.size / sum,
            no: self.mean / sum,
        };
        incomplete_beta(self.size, count + 1.0, chance)
    }
}
