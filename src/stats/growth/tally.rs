//! A cluster's months added up, how much they scatter, and what all clusters tell of scatter and seasons.

use super::{History, PRIOR_MONTHS, SEASONS_FROM, SILENCE};
use crate::StatsError;

/// Which months are compared with which.
pub(super) struct Calendar {
    /// Months before the window.
    pub(super) past: usize,
    pub(super) seasons: bool,
    /// For each month of the past, whether its calendar month is one of the window's.
    pub(super) matched: Vec<bool>,
}

impl Calendar {
    pub(super) fn of(months: usize, window: usize) -> Self {
        let past = months - window;
        let seasons = months >= SEASONS_FROM;
        let matched = (0..past)
            .map(|month| {
                seasons && (past..months).any(|recent| (recent - month).is_multiple_of(12))
            })
            .collect();
        Self {
            past,
            seasons,
            matched,
        }
    }

    /// Months of the past whose rates are thought equal but for scatter: the same calendar month, or all.
    pub(super) fn alike(&self) -> impl Iterator<Item = impl Iterator<Item = usize> + Clone> {
        let step = if self.seasons { 12 } else { 1 };
        let past = self.past;
        (0..step.min(past)).map(move |first| (first..past).step_by(step))
    }
}

/// One cluster's months added up.
pub(super) struct Tally {
    pub(super) recent: u64,
    /// Cases of the past in the window's calendar months, and in the others.
    pub(super) matched: u64,
    pub(super) other: u64,
    pub(super) recent_volume: f64,
    pub(super) matched_volume: f64,
    pub(super) other_volume: f64,
    /// Sums of squared shares of the volume: of the window with its calendar months, and of the others.
    pub(super) near_squares: f64,
    pub(super) other_squares: f64,
    pub(super) silent: bool,
    /// Pearson's statistic of the past, and its degrees of freedom.
    pub(super) chi_square: f64,
    pub(super) degrees: usize,
    /// How much omega = 1 would add to it.
    pub(super) signal: f64,
}

impl Tally {
    pub(super) fn of(history: &History<'_>, calendar: &Calendar) -> Result<Self, StatsError> {
        let past = calendar.past;
        let (old, new) = history.cases.split_at(past);
        let (old_volume, new_volume) = history.volume.split_at(past);
        let sum = |wanted: bool| -> u64 {
            let marked = old.iter().zip(&calendar.matched);
            marked
                .filter(|(_, is)| **is == wanted)
                .map(|(cases, _)| cases)
                .sum()
        };
        let volume = |wanted: bool| -> f64 {
            let marked = old_volume.iter().zip(&calendar.matched);
            marked
                .filter(|(_, is)| **is == wanted)
                .map(|(volume, _)| volume)
                .sum()
        };
        let whole: f64 = history.volume.iter().sum();
        let (matched, other) = (sum(true), sum(false));
        let quiet = old.iter().rev().take(SILENCE).all(|cases| *cases == 0);
        let mut tally = Self {
            recent: new.iter().sum(),
            matched,
            other,
            recent_volume: new_volume.iter().sum(),
            matched_volume: volume(true),
            other_volume: volume(false),
            near_squares: 0.0,
            other_squares: 0.0,
            silent: quiet && (matched + other == 0 || past >= SILENCE),
            chi_square: 0.0,
            degrees: 0,
            signal: 0.0,
        };
        let refused = |why| StatsError::NotEstimable {
            what: "the growth of a cluster",
            why,
        };
        if tally.cases() == 0 {
            return Err(refused("it has no case in these months"));
        }
        if !(tally.recent_volume > 0.0 && tally.matched_volume + tally.other_volume > 0.0) {
            return Err(refused(
                "there is no volume within the window or none before it; use that of all complaints",
            ));
        }
        if !whole.is_finite() {
            return Err(refused("the volumes are too large to add up"));
        }
        for (month, volume) in history.volume.iter().enumerate() {
            let square = (volume / whole).powi(2);
            match calendar.matched.get(month) {
                Some(false) => tally.other_squares += square,
                _ => tally.near_squares += square,
            }
        }
        for group in calendar.alike() {
            tally.add_scatter(history, group);
        }
        Ok(tally)
    }

    /// Pearson's statistic around the group's own rate. Its expectation is degrees + omega signal: with
    /// shares p of the volume and S cases, signal = S (1 - sum p^2).
    pub(super) fn add_scatter(
        &mut self,
        history: &History<'_>,
        group: impl Iterator<Item = usize> + Clone,
    ) {
        let used = group.filter(|month| history.volume[*month] > 0.0);
        let months = used.clone().count();
        let cases: u64 = used.clone().map(|month| history.cases[month]).sum();
        if months < 2 || cases == 0 {
            return;
        }
        let (all, volume) = (
            cases as f64,
            used.clone().map(|month| history.volume[month]).sum::<f64>(),
        );
        let mut squares = 0.0;
        for month in used {
            let share = history.volume[month] / volume;
            let expected = all * share;
            self.chi_square += (history.cases[month] as f64 - expected).powi(2) / expected;
            squares += share * share;
        }
        self.degrees += months - 1;
        self.signal += all * (1.0 - squares);
    }

    pub(super) fn cases(&self) -> u64 {
        self.recent + self.matched + self.other
    }

    pub(super) fn volume(&self) -> f64 {
        self.recent_volume + self.matched_volume + self.other_volume
    }

    /// Expected cases of a month of the past, where scatter could be seen.
    pub(super) fn monthly(&self) -> f64 {
        if self.degrees == 0 {
            0.0
        } else {
            self.signal / self.degrees as f64
        }
    }

    /// The cluster's own omega: its scatter is shrunk towards the common one at its own mean. Pearson's
    /// statistic of small counts is itself scattered, by about degrees (2 + 1 / mean), so it counts for less.
    pub(super) fn omega(&self, common: f64) -> f64 {
        let mean = self.monthly();
        if mean <= 0.0 {
            return common;
        }
        let weight = 2.0 * mean / (2.0 * mean + 1.0) * self.degrees as f64;
        let own = self.chi_square / self.degrees as f64;
        let phi = (PRIOR_MONTHS * (1.0 + common * mean) + weight * own) / (PRIOR_MONTHS + weight);
        (phi - 1.0).max(0.0) / mean
    }

    pub(super) fn scatter(&self, common: f64, counted: bool) -> Scatter {
        let whole = self.volume();
        Scatter {
            omega: self.omega(common),
            volume: counted.then_some(whole),
            near: (self.recent_volume + self.matched_volume) / whole,
            other: self.other_volume / whole,
            near_squares: self.near_squares,
            other_squares: self.other_squares,
        }
    }

    /// How far the past's cases of the window's calendar months exceed their expectation without a season,
    /// and the Poisson variance of that; `None` where nothing can be seen.
    pub(super) fn seasonal_excess(&self) -> Option<(f64, f64)> {
        let past = (self.matched + self.other) as f64;
        if past == 0.0 || self.matched_volume <= 0.0 || self.other_volume <= 0.0 {
            return None;
        }
        let share = self.matched_volume / (self.matched_volume + self.other_volume);
        let variance = past * share * (1.0 - share);
        Some((self.matched as f64 - past * share, variance))
    }
}

/// A weight near the inverse variance of a squared residual around a count of this mean: small counts say
/// little of scatter, and a single great cluster does not outweigh all others.
pub(super) fn informative(mean: f64) -> f64 {
    mean * mean / (1.0 + mean).powi(3)
}

/// Moment estimate of omega over all clusters, at least 0.
pub(super) fn common_omega(tallies: &[Result<Tally, StatsError>]) -> f64 {
    let (mut excess, mut signal) = (0.0, 0.0);
    for tally in tallies.iter().flatten() {
        let weight = informative(tally.monthly());
        excess += weight * (tally.chi_square - tally.degrees as f64);
        signal += weight * tally.signal;
    }
    if signal > 0.0 {
        (excess / signal).max(0.0)
    } else {
        0.0
    }
}

/// Moment estimate of the variance of log seasonal factors, after DerSimonian and Laird (1986), Controlled
/// Clinical Trials 7, 177-188, with one standard error added: few clusters cannot show that there is no season.
pub(super) fn common_season(tallies: &[Result<Tally, StatsError>], omega: f64) -> Option<f64> {
    let (mut excess, mut squares, mut signal) = (0.0, 0.0, 0.0);
    for tally in tallies.iter().flatten() {
        let Some((more, variance)) = tally.seasonal_excess() else {
            continue;
        };
        let phi = tally.scatter(omega, false).phi(tally.cases(), 1.0);
        let weight = informative(variance);
        excess += weight * (more * more / variance - phi);
        squares += weight * weight * 2.0 * phi * phi;
        signal += weight * variance;
    }
    (signal > 0.0).then(|| ((excess + squares.sqrt()) / signal).max(0.0))
}

/// How much the counts of a comparison vary.
pub(super) struct Scatter {
    pub(super) omega: f64,
    /// Of a volume that varies by chance itself.
    pub(super) volume: Option<f64>,
    /// Shares of the volume, and sums of their squares: the window with its calendar months, the others.
    pub(super) near: f64,
    pub(super) other: f64,
    pub(super) near_squares: f64,
    pub(super) other_squares: f64,
}

impl Scatter {
    /// Variance by that of Poisson counts, when so many cases fall into the window and the past, of which
    /// the other months count by a share.
    ///
    /// The mean of a month is in proportion to its volume v, so phi = 1 + omega n sum v^2 / (sum v)^2. A
    /// counted volume V adds n / V to the variance of the log ratio, as much as a phi of 1 + n / V;
    /// scatter that was seen holds that already, so the larger one counts.
    pub(super) fn phi(&self, cases: u64, share_of_others: f64) -> f64 {
        let n = cases as f64;
        let share = self.near + share_of_others * self.other;
        let squares = self.near_squares + share_of_others * self.other_squares;
        let bursts = 1.0 + self.omega * n * squares / (share * share);
        self.volume
            .map_or(bursts, |volume| bursts.max(1.0 + n / (volume * share)))
    }
}
