//! A cluster's window against its past, tested; and false discoveries over all clusters.

use super::CONTRADICTS;
use super::callable::{fewest, window_chance};
use super::tally::{Calendar, Scatter, Tally};
use super::{Judged, Kind, Volume};
use crate::StatsError;
use crate::beta_binomial::{at_least, at_most};
use crate::multiplicity::benjamini_hochberg;
use crate::tails::{Chance, crossing};

/// One cluster's two sides, ready to be tested.
pub(super) struct Compared {
    pub(super) kind: Kind,
    pub(super) recent: u64,
    pub(super) past: u64,
    pub(super) recent_volume: f64,
    pub(super) past_volume: f64,
    pub(super) share_of_others: f64,
    pub(super) phi: f64,
    pub(super) scatter: Scatter,
    pub(super) p_value: f64,
    /// The p-value if all its cases lay within the window.
    pub(super) least_p: f64,
}

impl Compared {
    pub(super) fn of(
        tally: &Tally,
        omega: f64,
        season: Option<f64>,
        calendar: &Calendar,
        volume: Volume,
    ) -> Result<Self, StatsError> {
        let scatter = tally.scatter(omega, volume == Volume::OtherCases);
        let all = tally.cases();
        // Without what a counted volume adds: its own months are as uncertain on both sides here.
        let phi = tally.scatter(omega, false).phi(all, 1.0);
        // The other months are worth what they tell of the window's months: their rate has the variance
        // phi / cases + season against phi / cases, so they count by the quotient. Their cases are taken
        // as expected under the hypothesis, so that the discount does not depend on when they came.
        let expected = all as f64 * tally.other_volume / tally.volume();
        let discount = |season: Option<f64>| match season {
            _ if !calendar.seasons => 1.0,
            Some(season) => 1.0 / (1.0 + season * expected / phi),
            None => 0.0,
        };
        let own = tally
            .seasonal_excess()
            .filter(|(more, variance)| *more > 0.0 && more * more > CONTRADICTS * phi * variance)
            .map(|(more, variance)| (more * more / variance - phi) / variance);
        let stronger = match (season, own) {
            (Some(season), Some(own)) => Some(season.max(own)),
            (season, own) => season.or(own),
        };
        let mut share_of_others = discount(stronger);
        let mut past = tally.matched;
        if tally.other > 0 {
            // Cases are whole: the discount is raised until they are. The rate stays true.
            let kept = (share_of_others * tally.other as f64 - 1e-9)
                .ceil()
                .max(0.0);
            let kept = (kept as u64).min(tally.other);
            past += kept;
            share_of_others = kept as f64 / tally.other as f64;
        }
        let past_volume = tally.matched_volume + share_of_others * tally.other_volume;
        let least_share = discount(season);
        let least_volume = tally.matched_volume + least_share * tally.other_volume;
        if !(past_volume > 0.0 && least_volume > 0.0) {
            return Err(StatsError::NotEstimable {
                what: "the growth of a cluster",
                why: "there is no volume in the months that it can be compared with",
            });
        }
        let chance = window_chance(tally.recent_volume, past_volume);
        let n = tally.recent + past;
        let phi = scatter.phi(n, share_of_others);
        let least_p = at_least(
            all,
            all,
            window_chance(tally.recent_volume, least_volume),
            scatter.phi(all, least_share),
        )?;
        Ok(Self {
            kind: if tally.recent > 0 && tally.silent {
                Kind::Emerging
            } else {
                Kind::Growing
            },
            recent: tally.recent,
            past,
            recent_volume: tally.recent_volume,
            past_volume,
            share_of_others,
            phi,
            scatter,
            p_value: at_least(tally.recent, n, chance, phi)?,
            least_p,
        })
    }

    pub(super) fn judged(
        self,
        q_value: Option<f64>,
        tests: usize,
        level: f64,
        tail: f64,
    ) -> Result<Judged, StatsError> {
        let (x, n) = (self.recent, self.recent + self.past);
        let chance = window_chance(self.recent_volume, self.past_volume);
        let (lower, upper) = self.limits(tail)?;
        let bound = level / tests.max(1) as f64;
        let needed = fewest(self.past, chance, bound, |cases| {
            self.scatter.phi(cases, self.share_of_others)
        })?;
        Ok(Judged {
            kind: self.kind,
            called: q_value.is_some_and(|q| q <= level),
            recent: x,
            past: self.past,
            past_volume: self.past_volume,
            recent_volume: self.recent_volume,
            share_of_others: self.share_of_others,
            ratio: (self.past > 0 && n > 0)
                .then(|| x as f64 / self.past as f64 * (self.past_volume / self.recent_volume)),
            lower,
            upper,
            p_value: self.p_value,
            q_value,
            phi: self.phi,
            needed,
        })
    }

    /// The rate ratios at which the observed count would just lie in a tail: Clopper and Pearson's
    /// limits, with the beta-binomial for the binomial distribution.
    pub(super) fn limits(&self, tail: f64) -> Result<(f64, Option<f64>), StatsError> {
        const FARTHEST: f64 = 60.0;
        let (x, n) = (self.recent, self.recent + self.past);
        let log_volumes = self.recent_volume.ln() - self.past_volume.ln();
        let lower = if x == 0 {
            0.0
        } else {
            let log_odds = crossing(-FARTHEST, FARTHEST, tail, |log_odds| {
                at_least(x, n, Chance::from_log_odds(log_odds), self.phi)
            })?;
            (log_odds - log_volumes).exp()
        };
        let upper = if x == n {
            None
        } else {
            let log_odds = crossing(-FARTHEST, FARTHEST, -tail, |log_odds| {
                Ok(-at_most(x, n, Chance::from_log_odds(log_odds), self.phi)?)
            })?;
            Some((log_odds - log_volumes).exp()).filter(|limit| limit.is_finite())
        };
        // With a scatter in the thousands the tails of so few cases can leave the estimate itself out; an interval
        // that says so little is widened to hold it.
        let estimate = match self.past {
            0 => f64::INFINITY,
            past => x as f64 / past as f64 / log_volumes.exp(),
        };
        Ok((lower.min(estimate), upper.map(|upper| upper.max(estimate))))
    }
}

/// Adjusted p-values, and over how many clusters.
///
/// Clusters that could not be called even with all their cases within the window are left out: with k
/// the smallest number such that at most k clusters could reach level / k, those clusters are tested.
/// Whether a cluster is among them depends on its size and volume, not on when its cases came, so the
/// control holds. Source: Gilbert (2005), after Tarone (1990), Biometrics 46, 515-522.
pub(super) fn false_discoveries(
    compared: &[Result<Compared, StatsError>],
    level: f64,
) -> Result<(Vec<Option<f64>>, usize), StatsError> {
    let mut least: Vec<f64> = compared
        .iter()
        .flatten()
        .map(|compared| compared.least_p)
        .collect();
    least.sort_by(f64::total_cmp);
    let reaching = |k: usize| least.partition_point(|p| *p <= level / k as f64);
    let k = (1..=least.len()).find(|k| reaching(*k) <= *k).unwrap_or(1);
    let bound = level / k as f64;
    let is_tested = |compared: &Compared| compared.least_p <= bound;
    let p_values: Vec<f64> = compared
        .iter()
        .flatten()
        .filter(|compared| is_tested(compared))
        .map(|compared| compared.p_value)
        .collect();
    let tests = p_values.len();
    let adjusted = if tests == 0 {
        Vec::new()
    } else {
        benjamini_hochberg(&p_values)?
    };
    let mut adjusted = adjusted.into_iter();
    let q_values = compared
        .iter()
        .map(|compared| match compared {
            Ok(compared) if is_tested(compared) => adjusted.next(),
            _ => None,
        })
        .collect();
    Ok((q_values, tests))
}
