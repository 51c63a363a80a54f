//! Which clusters of complaints emerge or grow beyond chance?
//!
//! # The hypothesis that is tested
//!
//! A cluster's share of its product's complaints (or its rate by any other volume) is the same in the
//! last months, the *window*, as before. Given the cluster's `n` cases, those within the window are then
//! binomial with the window's share of the volume as their chance; with cases that come in bursts they
//! are beta-binomial. The p-value is the chance of at least as many within the window. So a product that
//! sells more, or is complained about more each spring, grows no cluster; only its share of them does.
//!
//! *Emerging* is the corner of the same test where nothing lies before the window (or nothing for a year):
//! all `n` of `n` cases within it. One might fear that new clusters are picked because they are new. They
//! are not: the test is made of every cluster whatever its cases' dates, and each answers for its own `n`.
//!
//! # What is done about chance
//!
//! - **Bursts.** The variance of a month's count is mean + omega mean^2. Omega is estimated from the past
//!   of all clusters together, each cluster's own scatter is shrunk towards it, and the window is never
//!   looked at for it. With 24 months and more only the same calendar months are compared for it.
//! - **Seasons.** With 24 months and more the same calendar months of former years count in full. The other
//!   months count by a *discount*: in full when no cluster has a season beyond its product's, hardly at
//!   all when clusters have strong ones. See [`Judged::share_of_others`].
//! - **Many clusters.** Benjamini and Hochberg's false-discovery rate over all clusters that are large
//!   enough to be called at all (Gilbert's rule, by size alone and not by dates).
//!
//! # What was measured
//!
//! By `tests/oracle/stats/growth.py`: 200 clusters of seasonal products over 36 months, omega 0.15, level
//! 0.05. When nothing grows, 4 % of 100 runs called any cluster (standard error 2); 4 % (2) when three in
//! ten clusters have a season of their own; 8 % (2.7) when all have a strong one, against 15 % (3.6) with seasons
//! ignored. When one in ten doubles, 2.7 % (1.8) of the called are false, and 18 % of the doubled with four
//! cases a month or more are found: three months of bursts are little to tell a doubling by.
//!
//! # What it cannot do
//!
//! - Where the product has only some twenty other cases a month the control is less sure: 10 % (4.7) of 40 runs.
//! - Cases of one burst (a bad lot) that is the cluster's only one look like growth; they are growth, for
//!   a month. Omega from other clusters widens the test, no more.
//! - A new cluster's omega is that of other clusters: it has no past to show its own.
//! - A single strong season with less than two years of history is called growth.
//! - The clustering must not know the dates. If clusters are cut anew each month, a cluster can seem new
//!   because an old one was split; follow the ids' redirects before counting.
//! - The rate is controlled for independent or positively dependent tests. Clusters of one product share
//!   its volume, so they compete a little: when one floods the others shrink. Leaving a cluster's own
//!   cases out of its volume does not undo that.

mod callable;
mod compared;
mod others;
mod tally;

pub use callable::{Situation, smallest_callable};
use rayon::prelude::*;

use compared::{Compared, false_discoveries};
pub use others::{Surroundings, is_its_product};
use tally::{Calendar, Tally, common_omega, common_season};

use super::beta_binomial::MAX_CASES;
use super::{DEFAULT_CONFIDENCE, StatsError, checked_confidence};

/// Months that are "recent" unless a setting says otherwise.
pub const DEFAULT_WINDOW: usize = 3;
/// False-discovery rate unless a setting says otherwise.
pub const DEFAULT_LEVEL: f64 = 0.05;
/// Months of history from which seasons are minded.
pub const SEASONS_FROM: usize = 24;
/// Months without a case after which a cluster that comes back is emerging again.
pub const SILENCE: usize = 12;

/// Months that the scatter of all clusters counts as, when a cluster's own scatter is shrunk towards it.
const PRIOR_MONTHS: f64 = 12.0;
/// A cluster whose own past shows a season, more than this chi-square of one degree (one standard error), is not
/// overruled by the others.
const CONTRADICTS: f64 = 1.0;

/// One cluster's months, oldest first; the last ones are the window.
#[derive(Debug, Clone, Copy)]
pub struct History<'a> {
    /// Cases of the cluster in each month.
    pub cases: &'a [u64],
    /// What they are measured by in each month: see [`Volume`].
    pub volume: &'a [f64],
}

/// What the volume is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Volume {
    /// The product's complaints *without the cluster's own*, see [`Surroundings`]. Being counts they vary by chance too, which
    /// is allowed for; a month may have cases of the cluster and no other.
    OtherCases,
    /// Units sold, working days: known without error. A month with cases needs a volume above 0.
    Known,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Recent months: 1 to 12, and fewer than the history.
    pub window: usize,
    /// False-discovery rate, above 0 and below 1.
    pub level: f64,
    /// Of the rate ratio's interval, two-sided. It is that of one cluster, not adjusted for their number.
    pub confidence: f64,
    pub volume: Volume,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            window: DEFAULT_WINDOW,
            level: DEFAULT_LEVEL,
            confidence: DEFAULT_CONFIDENCE,
            volume: Volume::OtherCases,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Its first case lies within the window, or the first after a year of silence.
    Emerging,
    Growing,
}

/// How one cluster stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judged {
    /// What it would be called.
    pub kind: Kind,
    /// Whether it is called so: within the false-discovery rate.
    pub called: bool,
    /// Cases within the window.
    pub recent: u64,
    /// Cases before it that count in the comparison, and their volume.
    pub past: u64,
    pub past_volume: f64,
    pub recent_volume: f64,
    /// How much of the months other than the same calendar months counts, 0 to 1; 1 without seasons.
    pub share_of_others: f64,
    /// Recent rate by past rate. `None`: unbounded, no past case counts.
    pub ratio: Option<f64>,
    pub lower: f64,
    /// `None`: unbounded.
    pub upper: Option<f64>,
    /// One-sided, of growth.
    pub p_value: f64,
    /// Benjamini and Hochberg's; `None`: too few cases to be called whenever they came, so not tested.
    pub q_value: Option<f64>,
    /// Variance by that of Poisson counts, at least 1.
    pub phi: f64,
    /// The fewest recent cases with which this cluster would be called whatever the others do, given
    /// its past; `None`: no number would do.
    pub needed: Option<u64>,
}

/// All clusters, judged together.
#[derive(Debug, Clone, PartialEq)]
pub struct Growth {
    /// In the order of the input; an error where a cluster is not estimable.
    pub clusters: Vec<Result<Judged, StatsError>>,
    /// Clusters under the false-discovery control, called or not.
    pub tests: usize,
    pub level: f64,
    /// Scatter common to the clusters: variance = mean + omega mean^2. 0 when it is Poisson.
    pub omega: f64,
    /// Degrees of freedom behind omega; with 0 the counts were taken as Poisson for want of a past.
    pub degrees: usize,
    /// Variance of the clusters' own seasons on the logarithmic scale, one standard error added for
    /// caution. `None`: less than two years of history, or no past case to see a season by.
    pub season: Option<f64>,
}

/// Judges every cluster against its own past and its volume.
///
/// Sources: Przyborowski and Wilenski (1940), Biometrika 31, 313-323 (the conditional test); Farrington et
/// al. (1996), JRSS A 159, 547-563 (same months of former years, quasi-Poisson scatter); Ibrahim and Chen
/// (2000), Statistical Science 15, 46-60, and Hobbs et al. (2011), Biometrics 67, 1047-1056 (evidence
/// that counts by a discount, which the data's own disagreement lowers); Benjamini and Hochberg (1995);
/// Gilbert (2005), JRSS C 54, 143-158 (tests that cannot reject are left out).
///
/// # Errors
/// No cluster; histories of different lengths; a volume that is negative or not finite, or 0 with cases
/// where it is [`Volume::Known`]; a window that leaves no past; a level or confidence outside (0, 1); more
/// than ten million cases of a cluster. A cluster without a case or without a volume on either side is
/// not estimable, which is said in its place and hinders no other.
pub fn judge(clusters: &[History<'_>], settings: &Settings) -> Result<Growth, StatsError> {
    let tail = (1.0 - checked_confidence(settings.confidence)?) / 2.0;
    let months = check(clusters, settings)?;
    let calendar = Calendar::of(months, settings.window);

    let tallies: Vec<Result<Tally, StatsError>> = clusters
        .par_iter()
        .map(|history| Tally::of(history, &calendar))
        .collect();
    let omega = common_omega(&tallies);
    let season = calendar
        .seasons
        .then(|| common_season(&tallies, omega))
        .flatten();
    let compared: Vec<Result<Compared, StatsError>> = tallies
        .par_iter()
        .map(|tally| match tally {
            Ok(tally) => Compared::of(tally, omega, season, &calendar, settings.volume),
            Err(refusal) => Err(refusal.clone()),
        })
        .collect();
    let (q_values, tests) = false_discoveries(&compared, settings.level)?;
    let judged: Result<Vec<_>, StatsError> = compared
        .into_par_iter()
        .zip(q_values)
        .map(|(compared, q_value)| match compared {
            Ok(compared) => Ok(Ok(compared.judged(q_value, tests, settings.level, tail)?)),
            Err(refusal) => Ok(Err(refusal)),
        })
        .collect();
    Ok(Growth {
        clusters: judged?,
        tests,
        level: settings.level,
        omega,
        degrees: tallies.iter().flatten().map(|tally| tally.degrees).sum(),
        season,
    })
}

fn checked_level(level: f64) -> Result<f64, StatsError> {
    if level > 0.0 && level < 1.0 {
        Ok(level)
    } else {
        Err(StatsError::OutOfRange {
            what: "the false-discovery rate",
            value: level,
            allowed: "between 0 and 1, for instance 0.05",
        })
    }
}

/// Checks the input; the number of months.
fn check(clusters: &[History<'_>], settings: &Settings) -> Result<usize, StatsError> {
    checked_level(settings.level)?;
    let Some(first) = clusters.first() else {
        return Err(StatsError::Empty {
            what: "the clusters",
        });
    };
    let months = first.cases.len();
    if !(1..=12).contains(&settings.window) {
        return Err(StatsError::OutOfRange {
            what: "the window in months",
            value: settings.window as f64,
            allowed: "from 1 to 12",
        });
    }
    if months <= settings.window {
        return Err(StatsError::TooFew {
            what: "months",
            given: months,
            least: settings.window + 1,
            instead: "give a longer history or a shorter window",
        });
    }
    for (index, history) in clusters.iter().enumerate() {
        let row = index + 1;
        for (what, given) in [
            ("the number of months with cases", history.cases.len()),
            ("the number of months with a volume", history.volume.len()),
        ] {
            if given != months {
                return Err(StatsError::RowOutOfRange {
                    row,
                    what,
                    value: given as f64,
                    allowed: "that of the first cluster: all share one span",
                });
            }
        }
        for (&cases, &volume) in history.cases.iter().zip(history.volume) {
            let lacking = settings.volume == Volume::Known && cases > 0 && volume == 0.0;
            if !(volume.is_finite() && volume >= 0.0) || lacking {
                return Err(StatsError::RowOutOfRange {
                    row,
                    what: "the volume of a month",
                    value: volume,
                    allowed: "finite and at least 0, and above 0 in a month with cases when it is a known volume",
                });
            }
        }
        let all = history
            .cases
            .iter()
            .try_fold(0_u64, |sum, &cases| sum.checked_add(cases));
        if all.is_none_or(|all| all > MAX_CASES) {
            return Err(StatsError::TooLarge {
                what: "the number of cases of a cluster",
                limit: MAX_CASES,
            });
        }
    }
    Ok(months)
}
