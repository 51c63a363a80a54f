//! How often is the verdict on an action right? A simulation at the level of counts, where the truth is
//! known.
//!
//! Every simulated action is planned and judged as a real one: its baseline is drawn, the plan announces
//! the follow-up that it needs ([`effect::follow_up`]), the follow-up is drawn and judged once at its end
//! ([`effect::judge`]). Mean complaints per month differ between actions: from [`FEWEST`] to [`MOST`],
//! evenly on the logarithm, so that small ones are as common as large ones.

mod draw;
mod simulated;

use rayon::prelude::*;

use self::draw::Draw;
use self::simulated::Action;
use redress_stats::StatsError;
use redress_stats::effect::{
    self, Ahead, Announcement, Criterion, Month, Verdict, Wanted, follow_up, judge,
};

/// Fewest mean complaints per month of a simulated action.
pub const FEWEST: f64 = 2.0;
/// Most.
pub const MOST: f64 = 30.0;
/// By which share the action lowers the rate where it works, and what the plans announce for.
pub const REDUCTION: f64 = 0.5;
/// Months of follow-up beyond which a plan gives up.
pub const LONGEST: u32 = 36;

/// Months of baseline; twice as many where months are matched by season.
const BASELINE: i32 = 12;
const SEASONAL_BASELINE: i32 = 24;
/// Months from the signal to the start of the action.
const DELAY: i32 = 2;
/// Variance by mean of the months in over-dispersed scenarios.
const BURSTS: f64 = 2.0;
/// Mean months from sale to complaint in scenarios with field lag; the lag is exponential.
const LAG: f64 = 3.0;
/// Months of history by which a control limit is set before signals are looked for.
const LIMIT_MONTHS: usize = 24;

/// What is true of the actions of a scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Truth {
    /// The action changes nothing.
    Useless,
    /// It halves the rate.
    Halving,
    /// It changes nothing, and something else that the method does not know of does: shown so that
    /// nobody relies on the verdict there.
    Misled,
}

/// A kind of simulated action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scenario {
    Useless,
    UselessAtPeak,
    UselessAtSeasonalPeak,
    UselessOverDispersed,
    UselessSeasonalOverDispersed,
    UselessFieldLag,
    Halving,
    HalvingAtPeak,
    HalvingSeasonal,
    HalvingOverDispersed,
    HalvingSeasonalOverDispersed,
    HalvingFieldLag,
    FallingAlready,
    ExposureUnrecorded,
    BaselineHoldsPeak,
    BaselineIsPeak,
    SeasonIgnored,
    SlowWaves,
}

impl Scenario {
    pub const ALL: [Self; 18] = [
        Self::Useless,
        Self::UselessAtPeak,
        Self::UselessAtSeasonalPeak,
        Self::UselessOverDispersed,
        Self::UselessSeasonalOverDispersed,
        Self::UselessFieldLag,
        Self::Halving,
        Self::HalvingAtPeak,
        Self::HalvingSeasonal,
        Self::HalvingOverDispersed,
        Self::HalvingSeasonalOverDispersed,
        Self::HalvingFieldLag,
        Self::FallingAlready,
        Self::ExposureUnrecorded,
        Self::BaselineHoldsPeak,
        Self::BaselineIsPeak,
        Self::SeasonIgnored,
        Self::SlowWaves,
    ];

    /// The word for files and commands.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Useless => "useless",
            Self::UselessAtPeak => "useless_at_peak",
            Self::UselessAtSeasonalPeak => "useless_at_seasonal_peak",
            Self::UselessOverDispersed => "useless_over_dispersed",
            Self::UselessSeasonalOverDispersed => "useless_seasonal_over_dispersed",
            Self::UselessFieldLag => "useless_field_lag",
            Self::Halving => "halving",
            Self::HalvingAtPeak => "halving_at_peak",
            Self::HalvingSeasonal => "halving_seasonal",
            Self::HalvingOverDispersed => "halving_over_dispersed",
            Self::HalvingSeasonalOverDispersed => "halving_seasonal_over_dispersed",
            Self::HalvingFieldLag => "halving_field_lag",
            Self::FallingAlready => "falling_already",
            Self::ExposureUnrecorded => "exposure_unrecorded",
            Self::BaselineHoldsPeak => "baseline_holds_peak",
            Self::BaselineIsPeak => "baseline_is_peak",
            Self::SeasonIgnored => "season_ignored",
            Self::SlowWaves => "slow_waves",
        }
    }

    /// What it stands for, in a few words.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Useless => "useless",
            Self::UselessAtPeak => "useless, begun at a peak",
            Self::UselessAtSeasonalPeak => "useless, seasonal, begun at the seasonal peak",
            Self::UselessOverDispersed => "useless, variance twice the mean",
            Self::UselessSeasonalOverDispersed => "useless, seasonal, variance twice the mean",
            Self::UselessFieldLag => "useless, with field lag",
            Self::Halving => "halving",
            Self::HalvingAtPeak => "halving, begun at a peak",
            Self::HalvingSeasonal => "halving, seasonal, begun at the seasonal peak",
            Self::HalvingOverDispersed => "halving, variance twice the mean",
            Self::HalvingSeasonalOverDispersed => "halving, seasonal, variance twice the mean",
            Self::HalvingFieldLag => "halving, with field lag",
            Self::FallingAlready => "useless, the rate fell by 3 % a month all along",
            Self::ExposureUnrecorded => "useless, a third fewer units sold and not recorded",
            Self::BaselineHoldsPeak => "useless, the baseline of 12 months ends with the peak",
            Self::BaselineIsPeak => "useless, the baseline is the 3 months up to the peak",
            Self::SeasonIgnored => "useless, seasonal, begun at the peak, months not matched",
            Self::SlowWaves => "useless, waves that last for months",
        }
    }

    pub fn truth(self) -> Truth {
        match self {
            Self::Useless
            | Self::UselessAtPeak
            | Self::UselessAtSeasonalPeak
            | Self::UselessOverDispersed
            | Self::UselessSeasonalOverDispersed
            | Self::UselessFieldLag => Truth::Useless,
            Self::Halving
            | Self::HalvingAtPeak
            | Self::HalvingSeasonal
            | Self::HalvingOverDispersed
            | Self::HalvingSeasonalOverDispersed
            | Self::HalvingFieldLag => Truth::Halving,
            Self::FallingAlready
            | Self::ExposureUnrecorded
            | Self::BaselineHoldsPeak
            | Self::BaselineIsPeak
            | Self::SeasonIgnored
            | Self::SlowWaves => Truth::Misled,
        }
    }

    /// Whether a signal in the counts raised the action.
    fn is_at_peak(self) -> bool {
        matches!(
            self,
            Self::UselessAtPeak
                | Self::HalvingAtPeak
                | Self::BaselineHoldsPeak
                | Self::BaselineIsPeak
        )
    }

    fn is_seasonal(self) -> bool {
        matches!(
            self,
            Self::UselessAtSeasonalPeak
                | Self::UselessSeasonalOverDispersed
                | Self::HalvingSeasonal
                | Self::HalvingSeasonalOverDispersed
                | Self::SeasonIgnored
        )
    }

    fn is_matched(self) -> bool {
        self.is_seasonal() && self != Self::SeasonIgnored
    }

    fn has_lag(self) -> bool {
        matches!(self, Self::UselessFieldLag | Self::HalvingFieldLag)
    }

    /// Variance by mean of a month.
    fn dispersion(self) -> f64 {
        match self {
            Self::UselessOverDispersed
            | Self::UselessSeasonalOverDispersed
            | Self::HalvingOverDispersed
            | Self::HalvingSeasonalOverDispersed => BURSTS,
            _ => 1.0,
        }
    }
}

/// Verdicts counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Verdicts {
    pub effective: u32,
    pub ineffective: u32,
    pub inconclusive: u32,
}

impl Verdicts {
    /// All of them.
    pub fn total(&self) -> u32 {
        self.effective + self.ineffective + self.inconclusive
    }

    pub fn count(&self, verdict: Verdict) -> u32 {
        match verdict {
            Verdict::Effective => self.effective,
            Verdict::Ineffective => self.ineffective,
            Verdict::Inconclusive => self.inconclusive,
        }
    }

    /// Share of a verdict, and its binomial standard error; `None` of no verdicts.
    pub fn share(&self, verdict: Verdict) -> Option<(f64, f64)> {
        share(self.count(verdict), self.total())
    }

    fn add(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Effective => self.effective += 1,
            Verdict::Ineffective => self.ineffective += 1,
            Verdict::Inconclusive => self.inconclusive += 1,
        }
    }
}

/// What became of the actions of a scenario.
#[derive(Debug, Clone, PartialEq)]
pub struct ScenarioResult {
    pub scenario: Scenario,
    pub actions: u32,
    /// Actions whose plan announced a follow-up of [`LONGEST`] months or less.
    pub reachable: u32,
    /// Months announced: the median of the reachable ones.
    pub median_months: Option<f64>,
    /// Judged after the months announced.
    pub among_reachable: Verdicts,
    /// These, and the others judged after the longest follow-up.
    pub among_all: Verdicts,
}

impl ScenarioResult {
    /// Share that a follow-up was announced for, and its standard error; `None` without an action.
    pub fn reachable_share(&self) -> Option<(f64, f64)> {
        share(self.reachable, self.actions)
    }
}

/// A share with its binomial standard error.
fn share(part: u32, total: u32) -> Option<(f64, f64)> {
    if total == 0 {
        return None;
    }
    let (part, total) = (f64::from(part), f64::from(total));
    let share = part / total;
    Some((share, (share * (1.0 - share) / total).sqrt()))
}

/// Simulates so many actions of every scenario. The same for a seed, whatever the number of threads:
/// every action has a stream of random numbers of its own.
///
/// # Errors
/// No action, or more than a million. A count that cannot be judged, which does not happen.
pub fn study(actions: usize, seed: u64) -> Result<Vec<ScenarioResult>, StatsError> {
    let count = checked_actions(actions)?;
    let mut results = Vec::with_capacity(Scenario::ALL.len());
    for (place, scenario) in Scenario::ALL.into_iter().enumerate() {
        let outcomes = (0..count)
            .into_par_iter()
            .map(|action| outcome(scenario, &mut Draw::new(seed, place, action)))
            .collect::<Result<Vec<_>, _>>()?;
        results.push(summary(scenario, count, &outcomes));
    }
    Ok(results)
}

/// How long a follow-up plans announce at so many complaints a month.
#[derive(Debug, Clone, PartialEq)]
pub struct Reach {
    pub a_month: f64,
    pub baseline_months: u32,
    /// Variance by mean of a month's count.
    pub dispersion: f64,
    pub plans: u32,
    /// Plans that announce a follow-up of [`LONGEST`] months or less.
    pub reachable: u32,
    /// Months that half of all plans announce at most; `None`: more than the longest.
    pub median: Option<u32>,
    /// Months that nine in ten announce at most.
    pub ninth_decile: Option<u32>,
}

/// What can be seen at all: plans for a halving, by complaints a month, months of baseline and scatter.
///
/// # Errors
/// As for [`study`].
pub fn reach(plans: usize, seed: u64) -> Result<Vec<Reach>, StatsError> {
    const RATES: [f64; 10] = [1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0, 15.0, 20.0, 30.0];
    let count = checked_actions(plans)?;
    let mut table = Vec::new();
    for baseline_months in [12, 24] {
        for dispersion in [1.0, BURSTS] {
            for a_month in RATES {
                let place = Scenario::ALL.len() + table.len();
                let plan = |plan| {
                    let mut draw = Draw::new(seed, place, plan);
                    let before: Vec<Month> = (0..baseline_months)
                        .map(|_| plain(draw.count(a_month, dispersion)))
                        .collect();
                    Ok(announced(&announce(&before, &quiet_months())?))
                };
                let months = (0..count).into_par_iter().map(plan);
                let mut months = months.collect::<Result<Vec<_>, StatsError>>()?;
                // Those not reached last.
                months.sort_by_key(|months| months.unwrap_or(u32::MAX));
                let at = |share: usize| months[(months.len() - 1) * share / 10];
                table.push(Reach {
                    a_month,
                    baseline_months,
                    dispersion,
                    plans: count,
                    reachable: months.iter().flatten().map(|_| 1).sum(),
                    median: at(5),
                    ninth_decile: at(9),
                });
            }
        }
    }
    Ok(table)
}

const MOST_ACTIONS: u32 = 1_000_000;

fn checked_actions(actions: usize) -> Result<u32, StatsError> {
    match u32::try_from(actions) {
        Ok(0) => Err(StatsError::Empty {
            what: "the simulated actions",
        }),
        Ok(count) if count <= MOST_ACTIONS => Ok(count),
        Ok(_) | Err(_) => Err(StatsError::TooLarge {
            what: "the number of simulated actions",
            limit: u64::from(MOST_ACTIONS),
        }),
    }
}

/// Months announced, if so, and the verdict at their end or at that of the longest follow-up.
struct Outcome {
    months: Option<u32>,
    verdict: Verdict,
}

fn summary(scenario: Scenario, actions: u32, outcomes: &[Outcome]) -> ScenarioResult {
    let (mut among_reachable, mut among_all) = (Verdicts::default(), Verdicts::default());
    let mut months = Vec::new();
    for outcome in outcomes {
        among_all.add(outcome.verdict);
        if let Some(announced) = outcome.months {
            among_reachable.add(outcome.verdict);
            months.push(announced);
        }
    }
    months.sort_unstable();
    let middle = |from_end: usize| {
        months
            .get((months.len().max(1) - 1 + from_end) / 2)
            .copied()
    };
    ScenarioResult {
        scenario,
        actions,
        reachable: among_reachable.total(),
        median_months: middle(0)
            .zip(middle(1))
            .map(|(low, high)| f64::from(low + high) / 2.0),
        among_reachable,
        among_all,
    }
}

/// Plans, draws and judges one action.
fn outcome(scenario: Scenario, draw: &mut Draw) -> Result<Outcome, StatsError> {
    let mut action = Action::begin(scenario, draw);
    let announcement = announce(&action.before, &action.ahead)?;
    let length = announcement.outlook().months as usize;
    let mut after = action.follow_up(draw);
    after.truncate(length);
    let seasons: Vec<Option<u8>> = after.iter().map(|month| month.season).collect();
    let before = effect::matched(&action.before, &seasons);
    let verdict = match judge(&before, &after, &Criterion::default()) {
        Ok(effect) => effect.verdict,
        // Not a single event in either window says nothing.
        Err(StatsError::NotEstimable { .. }) => Verdict::Inconclusive,
        Err(error) => return Err(error),
    };
    Ok(Outcome {
        months: announced(&announcement),
        verdict,
    })
}

fn announce(before: &[Month], ahead: &[Ahead]) -> Result<Announcement, StatsError> {
    let (wanted, criterion) = (Wanted::default(), Criterion::default());
    follow_up(before, ahead, REDUCTION, &wanted, &criterion)
}

fn announced(announcement: &Announcement) -> Option<u32> {
    match announcement {
        Announcement::Reached(outlook) => Some(outlook.months),
        Announcement::NotReached(_) => None,
    }
}

fn plain(events: u64) -> Month {
    Month {
        events,
        exposure: 1.0,
        season: None,
    }
}

fn quiet_months() -> Vec<Ahead> {
    let month = Ahead {
        exposure: 1.0,
        season: None,
        carried_over: 0.0,
    };
    vec![month; LONGEST as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_study_on_any_number_of_threads() {
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            pool.install(|| study(12, 7).unwrap())
        };
        assert_eq!(on(1), on(3));
        assert_ne!(on(1), study(12, 8).unwrap());
    }

    #[test]
    fn no_action_and_too_many_are_refused() {
        assert!(matches!(study(0, 1), Err(StatsError::Empty { .. })));
        assert!(matches!(
            study(1_000_001, 1),
            Err(StatsError::TooLarge { .. })
        ));
        assert!(reach(0, 1).is_err());
    }

    #[test]
    fn every_action_is_judged_once() {
        for result in study(40, 3).unwrap() {
            assert_eq!(result.among_all.total(), 40);
            assert_eq!(result.among_reachable.total(), result.reachable);
            assert_eq!(result.median_months.is_some(), result.reachable > 0);
        }
    }

    /// With few actions, so within three standard errors; docs/effectiveness.md has the figures of many.
    #[test]
    fn verdicts_are_as_good_as_promised() {
        for result in study(200, 2_718).unwrap() {
            let verdicts = &result.among_reachable;
            let at_most = |verdict, most: f64| {
                let (share, _) = verdicts.share(verdict).unwrap();
                let error = (most * (1.0 - most) / f64::from(verdicts.total())).sqrt();
                assert!(share <= most + 3.0 * error, "{result:?}");
            };
            let at_least = |verdict, least: f64| {
                let (share, _) = verdicts.share(verdict).unwrap();
                let error = (least * (1.0 - least) / f64::from(verdicts.total())).sqrt();
                assert!(share >= least - 3.0 * error, "{result:?}");
            };
            match result.scenario.truth() {
                Truth::Useless => {
                    at_most(Verdict::Effective, 0.05);
                    at_least(Verdict::Ineffective, 0.5);
                }
                Truth::Halving => {
                    at_most(Verdict::Ineffective, 0.05);
                    at_least(Verdict::Effective, 0.8);
                }
                Truth::Misled => {}
            }
        }
    }

    /// Mean and variance against those that the distribution has, within five standard errors.
    #[test]
    fn counts_have_the_mean_and_the_variance_asked_for() {
        const COUNTS: u32 = 40_000;
        for (mean, dispersion) in [(0.4, 1.0), (3.0, 1.0), (90.0, 1.0), (0.4, 2.0), (12.0, 2.0)] {
            let mut draw = Draw::new(1, 0, 0);
            let (mut sum, mut squares) = (0.0, 0.0);
            for _ in 0..COUNTS {
                let count = draw.count(mean, dispersion) as f64;
                sum += count;
                squares += (count - mean).powi(2);
            }
            let (n, variance) = (f64::from(COUNTS), mean * dispersion);
            assert!((sum / n - mean).abs() < 5.0 * (variance / n).sqrt());
            // The fourth moment is at most three squared variances and what small means add.
            let error = ((3.0 + 6.0 / mean) * variance * variance / n).sqrt();
            assert!((squares / n - variance).abs() < 5.0 * error);
        }
    }

    #[test]
    fn goods_sold_before_the_action_fade_with_the_lag() {
        let mut draw = Draw::new(1, 0, 0);
        let action = Action::begin(Scenario::HalvingFieldLag, &mut draw);
        assert_eq!(action.start, DELAY + 7);
        let shares: Vec<f64> = action
            .ahead
            .iter()
            .map(|month| month.carried_over)
            .collect();
        assert!(shares[0] < 0.1 && shares.is_sorted_by(|a, b| a > b));
    }
}
