//! One simulated action: its history, its baseline and its follow-up, drawn month by month.

use std::f64::consts::TAU;

use super::draw::Draw;
use super::{
    BASELINE, DELAY, FEWEST, LAG, LIMIT_MONTHS, LONGEST, MOST, REDUCTION, SEASONAL_BASELINE,
    Scenario, Truth, plain,
};
use redress_stats::effect::{Ahead, Month};

/// An action whose baseline is drawn. Months are counted from the signal's, which is month 0.
pub(super) struct Action {
    pub(super) scenario: Scenario,
    /// Complaints in a month as they would be without season, trend, waves or action.
    pub(super) mean: f64,
    pub(super) before: Vec<Month>,
    pub(super) ahead: Vec<Ahead>,
    /// First month of the follow-up.
    pub(super) start: i32,
    /// Logarithm of the wave in the last month drawn.
    pub(super) wave: f64,
}

impl Action {
    pub(super) fn begin(scenario: Scenario, draw: &mut Draw) -> Self {
        let mean = FEWEST * (MOST / FEWEST).powf(draw.uniform());
        // Settling: nine in ten complaints about goods sold before the action have come by then.
        let settling = if scenario.has_lag() {
            (LAG * 10f64.ln()).ceil() as i32
        } else {
            0
        };
        let mut action = Self {
            scenario,
            mean,
            before: Vec::new(),
            ahead: Vec::new(),
            start: DELAY + settling,
            wave: draw.normal() * WAVE_SD,
        };
        action.before = if scenario.is_at_peak() {
            action.history_to_signal(draw)
        } else {
            let length = if scenario.is_matched() {
                SEASONAL_BASELINE
            } else {
                BASELINE
            };
            (-length..0)
                .map(|month| action.month(month, draw))
                .collect()
        };
        let ahead = |month| Ahead {
            exposure: 1.0,
            season: action.season(month),
            carried_over: action.carried_over(month),
        };
        action.ahead = action.follow_up_months().map(ahead).collect();
        action
    }

    /// A year of a history whose first month beyond its limit raised the action. The limit is three
    /// standard deviations above the mean of the months before the search began.
    fn history_to_signal(&mut self, draw: &mut Draw) -> Vec<Month> {
        // At two complaints a month a signal comes every few hundred months; this is never reached.
        const AT_LAST: usize = 100_000;
        let length = BASELINE as usize;
        let mut history: Vec<u64> = (0..LIMIT_MONTHS)
            .map(|_| draw.count(self.mean, 1.0))
            .collect();
        let centre = history.iter().sum::<u64>() as f64 / LIMIT_MONTHS as f64;
        let limit = centre + 3.0 * centre.sqrt();
        while history.len() < AT_LAST {
            let events = draw.count(self.mean, 1.0);
            history.push(events);
            if events as f64 > limit {
                break;
            }
        }
        let signal = history.len() - 1;
        let window = match self.scenario {
            Scenario::BaselineHoldsPeak => signal + 1 - length..signal + 1,
            Scenario::BaselineIsPeak => signal - 2..signal + 1,
            _ => signal - length..signal,
        };
        history[window]
            .iter()
            .map(|events| plain(*events))
            .collect()
    }

    pub(super) fn follow_up_months(&self) -> std::ops::Range<i32> {
        self.start..self.start + LONGEST as i32
    }

    /// The months before it, from the signal on, are drawn too: what lasts from month to month goes on.
    pub(super) fn follow_up(&mut self, draw: &mut Draw) -> Vec<Month> {
        let (all, before) = (0..self.follow_up_months().end, self.start as usize);
        let drawn = all.map(|month| self.month(month, draw));
        drawn.skip(before).collect()
    }

    pub(super) fn month(&mut self, month: i32, draw: &mut Draw) -> Month {
        let mut mean = self.mean;
        if self.scenario.is_seasonal() {
            mean *= height(month);
        }
        let begun = month >= DELAY;
        match self.scenario {
            Scenario::FallingAlready => mean *= 0.97f64.powi(month + BASELINE),
            Scenario::ExposureUnrecorded if begun => mean *= 2.0 / 3.0,
            Scenario::SlowWaves => {
                mean *= self.wave.exp();
                let fresh = (1.0 - WAVE_MEMORY * WAVE_MEMORY).sqrt() * WAVE_SD;
                self.wave = self.wave * WAVE_MEMORY + draw.normal() * fresh;
            }
            _ => {}
        }
        if begun && self.scenario.truth() == Truth::Halving {
            mean *= 1.0 - REDUCTION * (1.0 - self.carried_over(month));
        }
        Month {
            events: draw.count(mean, self.scenario.dispersion()),
            exposure: 1.0,
            season: self.season(month),
        }
    }

    pub(super) fn season(&self, month: i32) -> Option<u8> {
        self.scenario
            .is_matched()
            .then(|| (month.rem_euclid(12) + 1) as u8)
    }

    /// The share of goods sold before the action among those that a month's complaints are about: the
    /// mean of exp(-time / lag) over the month.
    pub(super) fn carried_over(&self, month: i32) -> f64 {
        if !self.scenario.has_lag() || month < DELAY {
            return 0.0;
        }
        let since = f64::from(month - DELAY);
        LAG * ((-since / LAG).exp() - (-(since + 1.0) / LAG).exp())
    }
}

/// Standard deviation of the logarithm of slow waves, and how much of one month is left in the next.
const WAVE_SD: f64 = 0.4;
const WAVE_MEMORY: f64 = 0.8;

/// Height of a calendar month by the mean month: three times as many in the highest (month 0) as in the
/// lowest.
fn height(month: i32) -> f64 {
    1.0 + 0.5 * (f64::from(month) / 12.0 * TAU).cos()
}
