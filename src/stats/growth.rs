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

use super::beta_binomial::{MAX_CASES, at_least, at_most};
use super::multiplicity::benjamini_hochberg;
use super::tails::{Chance, crossing};
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
    /// The product's complaints *without the cluster's own*. Being counts they vary by chance too, which
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
        .iter()
        .map(|history| Tally::of(history, &calendar))
        .collect();
    let omega = common_omega(&tallies);
    let season = calendar
        .seasons
        .then(|| common_season(&tallies, omega))
        .flatten();
    let compared: Vec<Result<Compared, StatsError>> = tallies
        .iter()
        .map(|tally| match tally {
            Ok(tally) => Compared::of(tally, omega, season, &calendar, settings.volume),
            Err(refusal) => Err(refusal.clone()),
        })
        .collect();
    let (q_values, tests) = false_discoveries(&compared, settings.level)?;
    let mut judged = Vec::with_capacity(compared.len());
    for (compared, q_value) in compared.into_iter().zip(q_values) {
        judged.push(match compared {
            Ok(compared) => Ok(compared.judged(q_value, tests, settings.level, tail)?),
            Err(refusal) => Err(refusal),
        });
    }
    Ok(Growth {
        clusters: judged,
        tests,
        level: settings.level,
        omega,
        degrees: tallies.iter().flatten().map(|tally| tally.degrees).sum(),
        season,
    })
}

/// What [`smallest_callable`] assumes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Situation {
    /// Cases before the window; 0 for an emerging cluster.
    pub past: u64,
    /// Volume of the window and of the past, both above 0 and in one unit (months will do when the
    /// volume is steady).
    pub recent_volume: f64,
    pub past_volume: f64,
    /// Variance = mean + omega mean^2 of a month's count; 0 for Poisson.
    pub omega: f64,
    /// Months over which the volume is spread, window and past together; at least 1.
    pub months: f64,
}

/// The fewest recent cases that are called whatever the other clusters do: with a p-value of at most
/// level / tests, which is where Benjamini and Hochberg's procedure calls a cluster that stands alone. In
/// the company of other growing clusters fewer may do. `None`: not even a million would.
///
/// # Errors
/// A figure outside its range; no test.
pub fn smallest_callable(
    situation: &Situation,
    tests: usize,
    level: f64,
) -> Result<Option<u64>, StatsError> {
    let level = checked_level(level)?;
    if tests == 0 {
        return Err(StatsError::Empty { what: "the tests" });
    }
    for (what, value) in [
        ("the recent volume", situation.recent_volume),
        ("the past volume", situation.past_volume),
    ] {
        if !(value.is_finite() && value > 0.0) {
            return Err(StatsError::OutOfRange {
                what,
                value,
                allowed: "finite and above 0",
            });
        }
    }
    for (what, value, least, allowed) in [
        ("omega", situation.omega, 0.0, "finite and at least 0"),
        (
            "the number of months",
            situation.months,
            1.0,
            "finite and at least 1",
        ),
    ] {
        if !(value.is_finite() && value >= least) {
            return Err(StatsError::OutOfRange {
                what,
                value,
                allowed,
            });
        }
    }
    let chance = window_chance(situation.recent_volume, situation.past_volume);
    fewest(situation.past, chance, level / tests as f64, |cases| {
        1.0 + situation.omega * cases as f64 / situation.months
    })
}

/// The smallest x of which at least as many are no more probable than `bound`; `phi` is that of x and
/// the past together.
fn fewest(
    past: u64,
    chance: Chance,
    bound: f64,
    phi: impl Fn(u64) -> f64,
) -> Result<Option<u64>, StatsError> {
    const MOST: u64 = 1_000_000;
    let enough = |x: u64| -> Result<bool, StatsError> {
        let n = x + past;
        Ok(at_least(x, n, chance, phi(n))? <= bound)
    };
    let mut high = 1;
    while !enough(high)? {
        if high >= MOST {
            return Ok(None);
        }
        high = (high * 2).min(MOST);
    }
    let mut low = high / 2;
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if enough(middle)? {
            high = middle;
        } else {
            low = middle;
        }
    }
    Ok(Some(high))
}

fn window_chance(recent_volume: f64, past_volume: f64) -> Chance {
    Chance::from_log_odds(recent_volume.ln() - past_volume.ln())
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

/// Which months are compared with which.
struct Calendar {
    /// Months before the window.
    past: usize,
    seasons: bool,
    /// For each month of the past, whether its calendar month is one of the window's.
    matched: Vec<bool>,
}

impl Calendar {
    fn of(months: usize, window: usize) -> Self {
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
    fn alike(&self) -> impl Iterator<Item = impl Iterator<Item = usize> + Clone> {
        let step = if self.seasons { 12 } else { 1 };
        let past = self.past;
        (0..step.min(past)).map(move |first| (first..past).step_by(step))
    }
}

/// One cluster's months added up.
struct Tally {
    recent: u64,
    /// Cases of the past in the window's calendar months, and in the others.
    matched: u64,
    other: u64,
    recent_volume: f64,
    matched_volume: f64,
    other_volume: f64,
    /// Sums of squared shares of the volume: of the window with its calendar months, and of the others.
    near_squares: f64,
    other_squares: f64,
    silent: bool,
    /// Pearson's statistic of the past, and its degrees of freedom.
    chi_square: f64,
    degrees: usize,
    /// How much omega = 1 would add to it.
    signal: f64,
}

impl Tally {
    fn of(history: &History<'_>, calendar: &Calendar) -> Result<Self, StatsError> {
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
    fn add_scatter(&mut self, history: &History<'_>, group: impl Iterator<Item = usize> + Clone) {
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

    fn cases(&self) -> u64 {
        self.recent + self.matched + self.other
    }

    fn volume(&self) -> f64 {
        self.recent_volume + self.matched_volume + self.other_volume
    }

    /// Expected cases of a month of the past, where scatter could be seen.
    fn monthly(&self) -> f64 {
        if self.degrees == 0 {
            0.0
        } else {
            self.signal / self.degrees as f64
        }
    }

    /// The cluster's own omega: its scatter is shrunk towards the common one at its own mean. Pearson's
    /// statistic of small counts is itself scattered, by about degrees (2 + 1 / mean), so it counts for less.
    fn omega(&self, common: f64) -> f64 {
        let mean = self.monthly();
        if mean <= 0.0 {
            return common;
        }
        let weight = 2.0 * mean / (2.0 * mean + 1.0) * self.degrees as f64;
        let own = self.chi_square / self.degrees as f64;
        let phi = (PRIOR_MONTHS * (1.0 + common * mean) + weight * own) / (PRIOR_MONTHS + weight);
        (phi - 1.0).max(0.0) / mean
    }

    fn scatter(&self, common: f64, counted: bool) -> Scatter {
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
    fn seasonal_excess(&self) -> Option<(f64, f64)> {
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
fn informative(mean: f64) -> f64 {
    mean * mean / (1.0 + mean).powi(3)
}

/// Moment estimate of omega over all clusters, at least 0.
fn common_omega(tallies: &[Result<Tally, StatsError>]) -> f64 {
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
fn common_season(tallies: &[Result<Tally, StatsError>], omega: f64) -> Option<f64> {
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
struct Scatter {
    omega: f64,
    /// Of a volume that varies by chance itself.
    volume: Option<f64>,
    /// Shares of the volume, and sums of their squares: the window with its calendar months, the others.
    near: f64,
    other: f64,
    near_squares: f64,
    other_squares: f64,
}

impl Scatter {
    /// Variance by that of Poisson counts, when so many cases fall into the window and the past, of which
    /// the other months count by a share.
    ///
    /// The mean of a month is in proportion to its volume v, so phi = 1 + omega n sum v^2 / (sum v)^2. A
    /// counted volume V adds n / V to the variance of the log ratio, as much as a phi of 1 + n / V;
    /// scatter that was seen holds that already, so the larger one counts.
    fn phi(&self, cases: u64, share_of_others: f64) -> f64 {
        let n = cases as f64;
        let share = self.near + share_of_others * self.other;
        let squares = self.near_squares + share_of_others * self.other_squares;
        let bursts = 1.0 + self.omega * n * squares / (share * share);
        self.volume
            .map_or(bursts, |volume| bursts.max(1.0 + n / (volume * share)))
    }
}

/// One cluster's two sides, ready to be tested.
struct Compared {
    kind: Kind,
    recent: u64,
    past: u64,
    recent_volume: f64,
    past_volume: f64,
    share_of_others: f64,
    phi: f64,
    scatter: Scatter,
    p_value: f64,
    /// The p-value if all its cases lay within the window.
    least_p: f64,
}

impl Compared {
    fn of(
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

    fn judged(
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
    fn limits(&self, tail: f64) -> Result<(f64, Option<f64>), StatsError> {
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
fn false_discoveries(
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
