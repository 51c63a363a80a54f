//! Time until a stage ends, with stages that have not ended yet: the Kaplan-Meier curve.
//!
//! The curve is S(t), the share that lasts **longer** than t. So with a limit of 4 counted days, S(4) is
//! the share that took more than 4, and 1 - S(4) the share that ended within the limit.

use super::{StatsError, checked_confidence, two_sided_z};

/// How many ended, dropped out or were left open at one time. Several rows may name the same time and
/// their order does not matter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TimeCount {
    /// 0 or more, finite; counted days or any other unit.
    pub time: f64,
    /// Ended as expected.
    pub events: u64,
    /// Ended by something that rules the event out (withdrawn, merged).
    pub competing: u64,
    /// Still open when last seen.
    pub censored: u64,
}

/// Scale on which the confidence interval of S is symmetric. The names are those of R's `conf.type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CurveInterval {
    /// S itself, cut at 0 and 1.
    Plain,
    /// log S, cut at 1: R's default.
    Log,
    /// log(-log S): never leaves [0, 1]; not estimable where S is 1.
    LogLog,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CurveOptions {
    /// Of the pointwise intervals, between 0 and 1.
    pub confidence: f64,
    pub interval: CurveInterval,
    /// The curve is shown as long as at least this many are at risk.
    pub min_at_risk: u64,
}

impl Default for CurveOptions {
    fn default() -> Self {
        Self {
            confidence: super::DEFAULT_CONFIDENCE,
            interval: CurveInterval::Log,
            min_at_risk: 10,
        }
    }
}

/// The curve at one distinct time of the data. Shares are in [0, 1].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SurvivalStep {
    pub time: f64,
    /// Neither ended nor left before this time.
    pub at_risk: u64,
    pub events: u64,
    pub competing: u64,
    pub censored: u64,
    /// S at this time, its events included.
    pub survival: f64,
    /// Greenwood's; `None` where S is 0.
    pub std_error: Option<f64>,
    pub lower: Option<f64>,
    pub upper: Option<f64>,
}

/// The curve looked up at a time of the caller's choice.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SurvivalAt {
    pub survival: f64,
    pub std_error: Option<f64>,
    pub lower: Option<f64>,
    pub upper: Option<f64>,
    /// Neither ended nor left before this time.
    pub at_risk: u64,
    /// Whether fewer than `min_at_risk` were at risk, so that the point is not on the shown curve.
    pub sparse: bool,
}

/// A quantile of the time, with the times at which the limits of the curve cross the same level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TimeQuantile {
    pub time: f64,
    /// `None`: not reached.
    pub lower: Option<f64>,
    /// `None`: not reached.
    pub upper: Option<f64>,
}

/// Whether the curve comes down to a quantile.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Quantile {
    /// Within the shown curve.
    Reached(TimeQuantile),
    /// Only where fewer than `min_at_risk` are left: beyond the shown curve.
    Sparse(TimeQuantile),
    NotReached,
}

/// A Kaplan-Meier curve.
#[derive(Debug, Clone, PartialEq)]
pub struct SurvivalCurve {
    steps: Vec<SurvivalStep>,
    total: u64,
    min_at_risk: u64,
}

/// The Kaplan-Meier curve of an aggregated table.
///
/// At equal times, events come before censorings. Competing ends count as censored here, so the curve
/// answers "if nothing were withdrawn"; where they are more than a few ([`SurvivalCurve::competing_share`])
/// read [`super::incidence::cumulative_incidence`] instead. As long as nothing has been censored, S is
/// exactly the number still open divided by the number started.
///
/// Source: Kaplan and Meier (1958), JASA 53, 457-481; variance by Greenwood (1926); intervals as in
/// R's `survfit` (package survival).
///
/// # Errors
/// No row with a count; a time that is negative or not finite; counts whose sum overflows; a confidence
/// level outside (0, 1).
pub fn kaplan_meier(
    rows: &[TimeCount],
    options: &CurveOptions,
) -> Result<SurvivalCurve, StatsError> {
    let z = two_sided_z(checked_confidence(options.confidence)?)?;
    let table = risk_table(rows)?;
    let total = table.first().map_or(0, |row| row.at_risk);

    let mut steps = Vec::with_capacity(table.len());
    // Between two censorings the product of the conditional shares telescopes to one division.
    let mut base = 1.0;
    let mut base_at_risk = total as f64;
    let mut greenwood = Some(0.0);
    for row in table {
        let left = row.at_risk - row.events;
        let survival = base * (left as f64 / base_at_risk);
        greenwood = match greenwood {
            Some(sum) if left > 0 => {
                Some(sum + row.events as f64 / (row.at_risk as f64 * left as f64))
            }
            Some(_) | None => None,
        };
        let relative = greenwood.map(f64::sqrt);
        let limits = relative.and_then(|error| limits(survival, error, z, options.interval));
        steps.push(SurvivalStep {
            time: row.time,
            at_risk: row.at_risk,
            events: row.events,
            competing: row.competing,
            censored: row.censored,
            survival,
            std_error: relative.map(|error| survival * error),
            lower: limits.map(|(lower, _)| lower),
            upper: limits.map(|(_, upper)| upper),
        });
        let leaving = row.competing + row.censored;
        if leaving > 0 {
            base = survival;
            base_at_risk = (left - leaving) as f64;
        }
    }
    Ok(SurvivalCurve {
        steps,
        total,
        min_at_risk: options.min_at_risk,
    })
}

impl SurvivalCurve {
    /// All distinct times, also those where few remain.
    pub fn steps(&self) -> &[SurvivalStep] {
        &self.steps
    }

    /// The part to draw: the times with at least `min_at_risk` at risk.
    pub fn shown(&self) -> &[SurvivalStep] {
        let shown = self
            .steps
            .partition_point(|step| step.at_risk >= self.min_at_risk);
        &self.steps[..shown]
    }

    /// Number at time 0.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Number of events over the whole follow-up.
    pub fn events(&self) -> u64 {
        self.steps.iter().map(|step| step.events).sum()
    }

    /// Share of all that ended by a competing event, 0 to 1.
    pub fn competing_share(&self) -> f64 {
        let competing: u64 = self.steps.iter().map(|step| step.competing).sum();
        competing as f64 / self.total as f64
    }

    /// S(t), the share that lasts longer than `time`.
    ///
    /// # Errors
    /// A time that is negative or not finite. After the last time of the data the curve is not
    /// estimable, unless it has come down to 0.
    pub fn at(&self, time: f64) -> Result<SurvivalAt, StatsError> {
        let time = checked_time(time)?;
        self.look_up(time, self.steps.partition_point(|step| step.time <= time))
    }

    /// S(t-), the share that lasts `time` or longer: the limit of the curve from the left.
    ///
    /// # Errors
    /// As for [`SurvivalCurve::at`].
    pub fn before(&self, time: f64) -> Result<SurvivalAt, StatsError> {
        let time = checked_time(time)?;
        self.look_up(time, self.steps.partition_point(|step| step.time < time))
    }

    /// How many had neither ended nor left before `time`.
    ///
    /// # Errors
    /// A time that is negative or not finite.
    pub fn at_risk(&self, time: f64) -> Result<u64, StatsError> {
        let time = checked_time(time)?;
        let next = self.steps.partition_point(|step| step.time < time);
        Ok(self.steps.get(next).map_or(0, |step| step.at_risk))
    }

    /// The time by which half have ended.
    pub fn median(&self) -> Quantile {
        self.crossing_of(0.5)
    }

    /// The time by which the share `ended` has ended: 0.9 for the 90th percentile.
    ///
    /// It is the first time at which S is at most 1 - `ended`; where the curve runs exactly at that
    /// level, the middle of the flat piece, as in R's `quantile.survfit`.
    ///
    /// # Errors
    /// A share outside (0, 1).
    pub fn quantile(&self, ended: f64) -> Result<Quantile, StatsError> {
        if ended > 0.0 && ended < 1.0 {
            Ok(self.crossing_of(1.0 - ended))
        } else {
            Err(StatsError::OutOfRange {
                what: "the quantile",
                value: ended,
                allowed: "between 0 and 1, for instance 0.9",
            })
        }
    }

    fn crossing_of(&self, level: f64) -> Quantile {
        let Some((time, at_risk)) = self.first_at_or_below(level, |step| Some(step.survival))
        else {
            return Quantile::NotReached;
        };
        let time_of = |curve: fn(&SurvivalStep) -> Option<f64>| {
            self.first_at_or_below(level, curve).map(|(time, _)| time)
        };
        let quantile = TimeQuantile {
            time,
            lower: time_of(|step| step.lower),
            upper: time_of(|step| step.upper),
        };
        if at_risk >= self.min_at_risk {
            Quantile::Reached(quantile)
        } else {
            Quantile::Sparse(quantile)
        }
    }

    fn first_at_or_below(
        &self,
        level: f64,
        curve: impl Fn(&SurvivalStep) -> Option<f64>,
    ) -> Option<(f64, u64)> {
        // 1 - 0.9 and 1/10 differ in the last digit; they are the same level.
        const SAME: f64 = 1e-10;
        let first = self
            .steps
            .iter()
            .position(|step| curve(step).is_some_and(|share| share <= level + SAME))?;
        let step = &self.steps[first];
        let share = curve(step)?;
        let next_drop = self.steps[first..]
            .iter()
            .find(|later| curve(later).is_some_and(|lower| lower < share - SAME));
        let time = match next_drop {
            Some(drop) if (share - level).abs() <= SAME => (step.time + drop.time) / 2.0,
            Some(_) | None => step.time,
        };
        Some((time, step.at_risk))
    }

    /// The curve after the first `passed` steps, as seen at `time`.
    fn look_up(&self, time: f64, passed: usize) -> Result<SurvivalAt, StatsError> {
        let at_risk = self.at_risk(time)?;
        let sparse = at_risk < self.min_at_risk;
        let Some(step) = passed.checked_sub(1).and_then(|last| self.steps.get(last)) else {
            // Nothing has happened yet: all are there, and that is known, not estimated.
            return Ok(SurvivalAt {
                survival: 1.0,
                std_error: Some(0.0),
                lower: Some(1.0),
                upper: Some(1.0),
                at_risk,
                sparse,
            });
        };
        if passed == self.steps.len() && time > step.time && step.survival > 0.0 {
            return Err(StatsError::NotEstimable {
                what: "the share at this time",
                why: "nothing was followed that long",
            });
        }
        Ok(SurvivalAt {
            survival: step.survival,
            std_error: step.std_error,
            lower: step.lower,
            upper: step.upper,
            at_risk,
            sparse,
        })
    }
}

/// One distinct time with the number at risk just before it.
pub(super) struct RiskRow {
    pub(super) time: f64,
    pub(super) at_risk: u64,
    pub(super) events: u64,
    pub(super) competing: u64,
    pub(super) censored: u64,
}

/// Rows in the order of time, equal times added up, rows without a count left out.
pub(super) fn risk_table(rows: &[TimeCount]) -> Result<Vec<RiskRow>, StatsError> {
    const OVERFLOW: StatsError = StatsError::TooLarge {
        what: "the sum of the counts",
        limit: u64::MAX,
    };
    let mut total: u64 = 0;
    let mut sorted = Vec::with_capacity(rows.len());
    for (index, row) in rows.iter().enumerate() {
        if !(row.time.is_finite() && row.time >= 0.0) {
            return Err(StatsError::RowOutOfRange {
                row: index + 1,
                what: "the time",
                value: row.time,
                allowed: "finite and at least 0",
            });
        }
        let count = row
            .events
            .checked_add(row.competing)
            .and_then(|sum| sum.checked_add(row.censored))
            .ok_or(OVERFLOW)?;
        total = total.checked_add(count).ok_or(OVERFLOW)?;
        if count > 0 {
            sorted.push(*row);
        }
    }
    if total == 0 {
        return Err(StatsError::Empty {
            what: "the table of times",
        });
    }
    sorted.sort_by(|a, b| a.time.total_cmp(&b.time));

    let mut table: Vec<RiskRow> = Vec::with_capacity(sorted.len());
    let mut at_risk = total;
    for row in sorted {
        let leaving = row.events + row.competing + row.censored;
        match table.last_mut() {
            Some(last) if last.time == row.time => {
                last.events += row.events;
                last.competing += row.competing;
                last.censored += row.censored;
            }
            Some(_) | None => table.push(RiskRow {
                time: row.time,
                at_risk,
                events: row.events,
                competing: row.competing,
                censored: row.censored,
            }),
        }
        at_risk -= leaving;
    }
    Ok(table)
}

pub(super) fn checked_time(time: f64) -> Result<f64, StatsError> {
    if time.is_finite() && time >= 0.0 {
        Ok(time)
    } else {
        Err(StatsError::OutOfRange {
            what: "the time",
            value: time,
            allowed: "finite and at least 0",
        })
    }
}

/// Confidence limits of S from its relative standard error. `None`: not estimable.
fn limits(
    survival: f64,
    relative_error: f64,
    z: f64,
    interval: CurveInterval,
) -> Option<(f64, f64)> {
    let reach = z * relative_error;
    match interval {
        CurveInterval::Plain => Some((
            (survival - survival * reach).max(0.0),
            (survival + survival * reach).min(1.0),
        )),
        CurveInterval::Log => Some((survival * (-reach).exp(), (survival * reach.exp()).min(1.0))),
        CurveInterval::LogLog => {
            if survival >= 1.0 {
                return None;
            }
            let power = (reach / survival.ln()).exp();
            Some((survival.powf(1.0 / power), survival.powf(power)))
        }
    }
}
