//! Time until a stage ends, where something else may end it first: cumulative incidence.

use super::survival::{CurveOptions, TimeCount, checked_time, risk_table};
use super::{StatsError, checked_confidence, two_sided_z};

/// Share that has ended by one cause, with its pointwise interval. Shares are in [0, 1].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Incidence {
    pub share: f64,
    pub std_error: f64,
    /// On the log(-log) scale; `None` where the share is 0 or 1, for there it is not estimable.
    pub lower: Option<f64>,
    pub upper: Option<f64>,
}

/// Both causes at one distinct time of the data, that time included.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct IncidenceStep {
    pub time: f64,
    /// Neither ended nor left before this time.
    pub at_risk: u64,
    pub event: Incidence,
    pub competing: Incidence,
    /// Share that has ended by neither; the three shares add up to 1.
    pub open: f64,
}

/// Cumulative incidence of the event and of the competing ends.
#[derive(Debug, Clone, PartialEq)]
pub struct IncidenceCurve {
    steps: Vec<IncidenceStep>,
    min_at_risk: u64,
}

/// Cumulative incidence by Aalen and Johansen, from an aggregated table.
///
/// Unlike 1 - S of a Kaplan-Meier curve it does not pretend that what was withdrawn would have ended
/// later. Without competing ends it is that very 1 - S; without censoring it is the plain share.
/// The interval is on the log(-log) scale whatever `options.interval` says.
///
/// Source: Aalen and Johansen (1978), Scand. J. Statist. 5, 141-150; variance by the delta method as
/// in Marubini and Valsecchi (1995), Analysing Survival Data, formula 10.12: it gives the binomial
/// variance exactly where nothing is censored.
///
/// # Errors
/// As for [`super::survival::kaplan_meier`].
pub fn cumulative_incidence(
    rows: &[TimeCount],
    options: &CurveOptions,
) -> Result<IncidenceCurve, StatsError> {
    let z = two_sided_z(checked_confidence(options.confidence)?)?;
    let table = risk_table(rows)?;

    let mut event = Cause::default();
    let mut competing = Cause::default();
    let mut steps = Vec::with_capacity(table.len());
    // Between two censorings the estimate is one division: see `kaplan_meier`.
    let mut base = 1.0;
    let mut base_at_risk = table.first().map_or(0.0, |row| row.at_risk as f64);
    let mut open = 1.0;
    for row in table {
        let ended = row.events + row.competing;
        let left = row.at_risk - ended;
        let moment = Moment {
            at_risk: row.at_risk as f64,
            ended: ended as f64,
            left: left as f64,
            open_before: open,
            weight: base / base_at_risk,
        };
        event.advance(row.events, &moment);
        competing.advance(row.competing, &moment);
        open = base * (left as f64 / base_at_risk);
        steps.push(IncidenceStep {
            time: row.time,
            at_risk: row.at_risk,
            event: event.estimate(z),
            competing: competing.estimate(z),
            open,
        });
        if row.censored > 0 {
            base = open;
            base_at_risk = (left - row.censored) as f64;
            event.rebase();
            competing.rebase();
        }
    }
    Ok(IncidenceCurve {
        steps,
        min_at_risk: options.min_at_risk,
    })
}

impl IncidenceCurve {
    /// All distinct times, also those where few remain.
    pub fn steps(&self) -> &[IncidenceStep] {
        &self.steps
    }

    /// The part to draw: the times with at least `min_at_risk` at risk.
    pub fn shown(&self) -> &[IncidenceStep] {
        let shown = self
            .steps
            .partition_point(|step| step.at_risk >= self.min_at_risk);
        &self.steps[..shown]
    }

    /// The last step at or before `time`; `None` before the first one, when nothing has ended yet.
    ///
    /// # Errors
    /// A time that is negative or not finite. After the last time of the data the shares are not
    /// estimable, unless nothing is open any more.
    pub fn at(&self, time: f64) -> Result<Option<&IncidenceStep>, StatsError> {
        let time = checked_time(time)?;
        let passed = self.steps.partition_point(|step| step.time <= time);
        let Some(step) = passed.checked_sub(1).and_then(|last| self.steps.get(last)) else {
            return Ok(None);
        };
        if passed == self.steps.len() && time > step.time && step.open > 0.0 {
            return Err(StatsError::NotEstimable {
                what: "the share at this time",
                why: "nothing was followed that long",
            });
        }
        Ok(Some(step))
    }
}

/// What one distinct time means for both causes.
struct Moment {
    at_risk: f64,
    ended: f64,
    left: f64,
    /// Share ended by neither cause just before.
    open_before: f64,
    /// Share that each one at risk stands for.
    weight: f64,
}

/// Running sums of one cause. With I(t) its incidence, j the times up to t, n at risk, d ended by any
/// cause and c by this one, the variance of I(t) is
/// sum (I(t) - I(j))^2 d / (n (n - d)) + S(j-)^2 c (n - c) / n^3 - 2 (I(t) - I(j)) S(j-) c / n^2.
/// The sums are carried forward by the growth of I, which costs one pass and no cancellation.
#[derive(Default)]
struct Cause {
    share: f64,
    share_at_base: f64,
    count_since_base: u64,
    /// Sum of d / (n (n - d)), also times the distance I(t) - I(j), also times its square.
    spread: f64,
    spread_by_distance: f64,
    spread_by_square: f64,
    own: f64,
    /// Sum of S(j-) c / n^2, also times the distance.
    cross: f64,
    cross_by_distance: f64,
}

impl Cause {
    fn advance(&mut self, count: u64, moment: &Moment) {
        self.count_since_base += count;
        let share = (self.share_at_base + moment.weight * self.count_since_base as f64).min(1.0);
        let growth = share - self.share;
        self.share = share;
        self.spread_by_square += growth * (2.0 * self.spread_by_distance + growth * self.spread);
        self.spread_by_distance += growth * self.spread;
        self.cross_by_distance += growth * self.cross;

        let (n, c) = (moment.at_risk, count as f64);
        // Where nothing is left, I grows no further and the infinite term never gets a distance.
        if moment.left > 0.0 {
            self.spread += moment.ended / (n * moment.left);
        }
        self.own += moment.open_before.powi(2) * c * (n - c) / n.powi(3);
        self.cross += moment.open_before * c / n.powi(2);
    }

    fn rebase(&mut self) {
        self.share_at_base = self.share;
        self.count_since_base = 0;
    }

    fn estimate(&self, z: f64) -> Incidence {
        let variance = self.spread_by_square + self.own - 2.0 * self.cross_by_distance;
        let std_error = variance.max(0.0).sqrt();
        let limits = (self.share > 0.0 && self.share < 1.0).then(|| {
            let power = (z * std_error / (self.share * self.share.ln())).exp();
            // The logarithm is negative, so `power` is below 1 and gives the upper limit.
            (self.share.powf(1.0 / power), self.share.powf(power))
        });
        Incidence {
            share: self.share,
            std_error,
            lower: limits.map(|(lower, _)| lower),
            upper: limits.map(|(_, upper)| upper),
        }
    }
}
