//! The two windows of an action, added up by calendar month, and the model that is fitted to them.

use super::Month;
use crate::StatsError;
use crate::rate::Rate;
use crate::tails::{MAX_COUNT, crossing};

/// Places for calendar months; place 0 is for months without one.
pub(super) const CALENDAR: usize = 13;

pub(super) const TOO_FAR_APART: StatsError = StatsError::NotEstimable {
    what: "the effect",
    why: "the exposures are too small, too large or too far apart to divide",
};

pub(super) const TOO_MANY: StatsError = StatsError::TooLarge {
    what: "the number of events",
    limit: MAX_COUNT,
};

/// What a window is called in messages.
pub(super) struct Names {
    pub(super) name: &'static str,
    pub(super) exposure: &'static str,
    pub(super) season: &'static str,
}

pub(super) const BASELINE: Names = Names {
    name: "the baseline",
    exposure: "the exposure of the baseline",
    season: "the calendar month of the baseline",
};

pub(super) const FOLLOW_UP: Names = Names {
    name: "the follow-up",
    exposure: "the exposure of the follow-up",
    season: "the calendar month of the follow-up",
};

pub(super) fn slot(season: Option<u8>) -> usize {
    season.map_or(0, usize::from)
}

/// Calendar months are given in all months or in none, are 1 to 12, and occur in both windows.
pub(super) fn check_seasons(before: &[Option<u8>], after: &[Option<u8>]) -> Result<(), StatsError> {
    let refusal = |row: usize, names: &Names, season: Option<u8>, allowed| {
        Err(StatsError::RowOutOfRange {
            row: row + 1,
            what: names.season,
            value: season.map_or(0.0, f64::from),
            allowed,
        })
    };
    let with_seasons = before
        .iter()
        .chain(after)
        .next()
        .is_some_and(Option::is_some);
    for (names, own) in [(&BASELINE, before), (&FOLLOW_UP, after)] {
        for (row, season) in own.iter().enumerate() {
            let allowed = match season {
                None if with_seasons => "1 to 12, as in the other months",
                Some(_) if !with_seasons => "left out, as in the other months",
                Some(month) if !(1..=12).contains(month) => "1 to 12",
                None | Some(_) => continue,
            };
            return refusal(row, names, *season, allowed);
        }
    }
    for (names, own, other) in [(&BASELINE, before, after), (&FOLLOW_UP, after, before)] {
        // A window without a month is refused as such.
        let alone = |season| !other.is_empty() && !other.contains(season);
        if let Some(row) = own.iter().position(alone) {
            return refusal(row, names, own[row], "one that both windows have");
        }
    }
    Ok(())
}

pub(super) fn seasons_of(months: &[Month]) -> Vec<Option<u8>> {
    months.iter().map(|month| month.season).collect()
}

/// The months of one window that share a calendar month.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cell {
    pub(super) months: u32,
    pub(super) events: f64,
    pub(super) exposure: f64,
}

/// A window, added up by calendar month.
pub(super) struct Window<'a> {
    pub(super) months: &'a [Month],
    pub(super) cells: [Cell; CALENDAR],
    pub(super) events: u64,
    pub(super) exposure: f64,
}

impl<'a> Window<'a> {
    pub(super) fn of(months: &'a [Month], names: &Names) -> Result<Self, StatsError> {
        let mut window = Self {
            months,
            cells: [Cell::default(); CALENDAR],
            events: 0,
            exposure: 0.0,
        };
        for (index, month) in months.iter().enumerate() {
            let exposure = checked_exposure(index, month.exposure, names)?;
            window.events = window.events.saturating_add(month.events);
            window.exposure += exposure;
            if let Some(cell) = window.cells.get_mut(slot(month.season)) {
                cell.months += 1;
                cell.events += month.events as f64;
                cell.exposure += exposure;
            }
        }
        if months.is_empty() {
            return Err(StatsError::Empty { what: names.name });
        }
        if window.events > MAX_COUNT {
            return Err(TOO_MANY);
        }
        if !window.exposure.is_finite() {
            return Err(TOO_FAR_APART);
        }
        Ok(window)
    }

    pub(super) fn rate(&self) -> Rate {
        Rate {
            events: self.events,
            exposure: self.exposure,
        }
    }

    /// Pearson's chi-square around the expected events of each calendar month, and the number of months
    /// where events are expected.
    pub(super) fn scatter(&self, expected: &[f64; CALENDAR]) -> (f64, u32) {
        let (mut chi_square, mut months) = (0.0, 0);
        for month in self.months {
            let place = slot(month.season);
            let mean = expected[place] * (month.exposure / self.cells[place].exposure);
            if mean > 0.0 {
                chi_square += (month.events as f64 - mean).powi(2) / mean;
                months += 1;
            }
        }
        (chi_square, months)
    }
}

pub(super) fn checked_exposure(
    index: usize,
    exposure: f64,
    names: &Names,
) -> Result<f64, StatsError> {
    if exposure.is_finite() && exposure > 0.0 {
        Ok(exposure)
    } else {
        Err(StatsError::RowOutOfRange {
            row: index + 1,
            what: names.exposure,
            value: exposure,
            allowed: "finite and above 0",
        })
    }
}

/// Variance by mean, at least 1, and the degrees of freedom.
pub(super) fn phi(chi_square: f64, degrees: u32) -> (f64, u32) {
    if degrees == 0 {
        (1.0, 0)
    } else {
        ((chi_square / f64::from(degrees)).max(1.0), degrees)
    }
}

/// The model window x calendar month, fitted.
pub(super) struct Fit {
    /// Exposure of the follow-up by that of the baseline, each calendar month weighed by its height.
    pub(super) weight: f64,
    /// How much less the counts tell than one pair with the same sums, at least 1.
    pub(super) imbalance: f64,
    pub(super) chi_square: f64,
    pub(super) degrees: u32,
}

impl Fit {
    /// At least one window has an event.
    pub(super) fn of(before: &Window, after: &Window) -> Result<Self, StatsError> {
        let (x, y) = (after.events as f64, before.events as f64);
        let strata = Strata::of(
            before
                .cells
                .iter()
                .zip(&after.cells)
                .map(|(before, after)| (before.events + after.events, before, after)),
        )?;
        let weight = strata.weight(x, y)?;
        let imbalance = strata.imbalance(x, y, weight);
        let mut expected = [[0.0; CALENDAR]; 2];
        for (place, (before, after)) in before.cells.iter().zip(&after.cells).enumerate() {
            let events = before.events + after.events;
            if events > 0.0 {
                // The share of the follow-up, from the odds x : y of windows that match.
                let tilt = after.exposure / before.exposure / weight;
                let (one, other) = (x * tilt, y);
                expected[1][place] = events * one / (one + other);
                expected[0][place] = events * other / (one + other);
            }
        }
        let (chi_before, months_before) = before.scatter(&expected[0]);
        let (chi_after, months_after) = after.scatter(&expected[1]);
        let chi_square = chi_before + chi_after;
        if !chi_square.is_finite() {
            return Err(TOO_FAR_APART);
        }
        let windows = u32::from(x > 0.0 && y > 0.0);
        Ok(Self {
            weight,
            imbalance,
            chi_square,
            degrees: (months_before + months_after).saturating_sub(strata.count + windows),
        })
    }
}

/// The calendar months that have events: their events, and the exposure after by the exposure before.
pub(super) struct Strata {
    pub(super) count: u32,
    /// Events and weight of each; only the first `count` are used.
    pub(super) list: [(f64, f64); CALENDAR],
    pub(super) lightest: f64,
    pub(super) heaviest: f64,
    /// Of all exposures together.
    pub(super) plain: f64,
}

impl Strata {
    pub(super) fn of<'c>(
        cells: impl Iterator<Item = (f64, &'c Cell, &'c Cell)>,
    ) -> Result<Self, StatsError> {
        let mut strata = Self {
            count: 0,
            list: [(0.0, 0.0); CALENDAR],
            lightest: f64::INFINITY,
            heaviest: 0.0,
            plain: 0.0,
        };
        let (mut exposure_before, mut exposure_after) = (0.0, 0.0);
        for (events, before, after) in cells {
            if events <= 0.0 {
                continue;
            }
            let weight = after.exposure / before.exposure;
            if !(weight.is_finite() && weight > 0.0 && (1.0 / weight).is_finite()) {
                return Err(TOO_FAR_APART);
            }
            strata.list[strata.count as usize] = (events, weight);
            strata.count += 1;
            strata.lightest = strata.lightest.min(weight);
            strata.heaviest = strata.heaviest.max(weight);
            exposure_before += before.exposure;
            exposure_after += after.exposure;
        }
        strata.plain = exposure_after / exposure_before;
        Ok(strata)
    }

    pub(super) fn used(&self) -> &[(f64, f64)] {
        &self.list[..self.count as usize]
    }

    /// Whether every calendar month weighs the same, up to rounding.
    pub(super) fn is_even(&self) -> bool {
        self.heaviest - self.lightest <= 1e-12 * self.heaviest
    }

    /// The weight with which x events after and y before have the ratio of maximum likelihood, x / y by
    /// the weight.
    pub(super) fn weight(&self, x: f64, y: f64) -> Result<f64, StatsError> {
        if self.is_even() {
            return Ok(self.plain);
        }
        let mean = |heavy: &dyn Fn(f64) -> f64| {
            let sum: f64 = self.used().iter().map(|(n, w)| n * heavy(*w)).sum();
            sum / (x + y)
        };
        // With one window empty the season is that of the other.
        if x == 0.0 {
            return Ok(mean(&|weight| weight));
        }
        if y == 0.0 {
            return Ok(1.0 / mean(&|weight| 1.0 / weight));
        }
        let log_odds = x.ln() - y.ln();
        let (low, high) = (log_odds - self.heaviest.ln(), log_odds - self.lightest.ln());
        let log_ratio = crossing(low, high, x, |log_ratio| {
            let ratio = log_ratio.exp();
            let after = |(n, w): &(f64, f64)| n * (ratio * w) / (1.0 + ratio * w);
            Ok(self.used().iter().map(after).sum())
        })?;
        Ok((log_odds - log_ratio).exp())
    }

    /// The information of one pair of counts with these sums by that of the pairs of all calendar months.
    pub(super) fn imbalance(&self, x: f64, y: f64, weight: f64) -> f64 {
        if self.is_even() || x == 0.0 || y == 0.0 {
            return 1.0;
        }
        let ratio = x / y / weight;
        let part = |(n, w): &(f64, f64)| n * (ratio * w) / (1.0 + ratio * w).powi(2);
        let information: f64 = self.used().iter().map(part).sum();
        (x * y / (x + y) / information).max(1.0)
    }
}
