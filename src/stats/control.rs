//! Control charts: does a series differ from its own past by more than chance?
//!
//! p for shares, u for counts over an exposure, p' and u' where these scatter more than chance alone
//! ([`super::dispersion`] tells), XmR for single measurements, g and t for rare events. Each phase of a
//! chart has one baseline. It is **firm** when it rests on [`FIRM_BASELINE`] points or more: then later
//! points are judged against it and never move it, and all four rules apply. Below that it is
//! provisional: it rests on all points of the phase, and only the 3-sigma rule applies.

use super::StatsError;
use super::chart_limits::{
    D2_OF_TWO, D4_OF_TWO, Weighted, baseline_of, limits_of, moving_range, plain_sigma, scale,
};

/// Points on which a baseline must rest to be frozen and to carry all rules.
pub const FIRM_BASELINE: usize = 20;

/// `count` of `size`: one point of a p or p' chart. A size of 0 is a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    pub count: u64,
    pub size: u64,
}

/// `count` over an exposure: one point of a u or u' chart. An exposure of 0 is a gap.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exposed {
    pub count: u64,
    pub exposure: f64,
}

/// From what limits are computed: kept with a figure, it lets an old chart be drawn again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Baseline {
    /// On t charts of the times to the power 1/3.6.
    pub centre: f64,
    /// Standard deviation of a point of size or exposure 1; at size n it is this divided by the root of n.
    /// On t charts of the times to the power 1/3.6.
    pub unit_sigma: f64,
    /// How many points it rests on.
    pub points: usize,
}

impl Baseline {
    /// Whether it is frozen and carries all rules.
    pub fn is_firm(&self) -> bool {
        self.points >= FIRM_BASELINE
    }

    /// Upper limit of the moving range, for an XmR chart.
    pub fn moving_range_limit(&self) -> f64 {
        D4_OF_TWO * D2_OF_TWO * self.unit_sigma
    }

    /// Laney's sigma z: how many times wider the limits are than chance alone makes them. `None` on
    /// charts other than p' and u', and where chance alone makes none.
    pub fn sigma_z(&self, kind: ChartKind) -> Option<f64> {
        let plain = plain_sigma(kind, self.centre)?;
        (plain > 0.0).then(|| self.unit_sigma / plain)
    }
}

/// Whence a phase has its baseline.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum BaselineSource {
    /// From the phase's own points.
    Computed,
    /// From an earlier chart.
    Frozen(Baseline),
}

/// A deliberate new start of the limits.
#[derive(Debug, Clone, PartialEq)]
pub struct Rebase {
    /// Index of the first point of the new phase, counted from 0.
    pub start: usize,
    /// Why the process is a different one from here; must not be blank.
    pub reason: String,
    pub baseline: BaselineSource,
}

/// How a series is to be charted.
#[derive(Debug, Clone, PartialEq)]
pub struct ChartPlan {
    /// Baseline of the first phase.
    pub first: BaselineSource,
    /// Later phases, by rising start.
    pub rebased: Vec<Rebase>,
    /// A computed baseline rests on the first so many points of its phase; 20 or more. Until there are
    /// so many it rests on all of them and moves with each new one, so above 20 is for looking back.
    pub baseline_points: usize,
    /// The last point's period is not over: it is drawn, but judged by no rule and part of no baseline.
    pub last_unfinished: bool,
}

impl Default for ChartPlan {
    fn default() -> Self {
        Self {
            first: BaselineSource::Computed,
            rebased: Vec::new(),
            baseline_points: FIRM_BASELINE,
            last_unfinished: false,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChartKind {
    P,
    U,
    /// Laney's p'.
    PPrime,
    /// Laney's u'.
    UPrime,
    Individuals,
    /// Number of cases (or days) between rare events.
    Between,
    /// Time between rare events.
    TimeBetween,
}

/// What stands out at a point. Sources: Shewhart (1931) for the first; the Western Electric handbook
/// (1956) and Nelson (1984), Journal of Quality Technology 16, 237-239, for the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RunRule {
    /// Beyond the 3-sigma limits.
    BeyondThreeSigma,
    /// The last of 8 or more in a row on one side of the centre.
    EightOnOneSide,
    /// The last of 6 or more in a row that all rise or all fall.
    SixTrending,
    /// Beyond 2 sigma, as at least one of the two points before it, on the same side.
    TwoOfThreeBeyondTwoSigma,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PointLimits {
    pub centre: f64,
    /// Standard deviation of this point; on t charts of the time to the power 1/3.6.
    pub sigma: f64,
    /// 3 sigma below the centre; at least 0 except on XmR charts.
    pub lower: f64,
    /// 3 sigma above the centre; on p and p' charts at most 1.
    pub upper: f64,
    /// The line that a run on one side must keep to: the centre, but on g charts the median, for the
    /// geometric distribution has far more than half of its values below its mean.
    pub median: f64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ChartPoint {
    /// `None`: a gap.
    pub value: Option<f64>,
    /// Distance from the previous point of the phase; only on XmR charts.
    pub moving_range: Option<f64>,
    /// `None`: a gap, or no limits can be estimated.
    pub limits: Option<PointLimits>,
    pub signals: Vec<RunRule>,
    pub unfinished: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ChartPhase {
    /// Index of the first point, and of the point after the last one.
    pub start: usize,
    pub end: usize,
    /// `None` for the first phase.
    pub reason: Option<String>,
    /// `None`: not estimable, because the phase has too few points. Without any variation
    /// (`unit_sigma` = 0) there is a centre, but no limits and no rules.
    pub baseline: Option<Baseline>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ControlChart {
    pub kind: ChartKind,
    pub phases: Vec<ChartPhase>,
    pub points: Vec<ChartPoint>,
}

/// p chart: shares with varying sizes. The centre is the sum of counts by the sum of sizes.
///
/// Source: Montgomery, Introduction to Statistical Quality Control, chapter "Control charts for
/// attributes"; NIST/SEMATECH e-Handbook of Statistical Methods, 6.3.3.2.
///
/// # Errors
/// No point; a count above its size; a plan that contradicts itself or the series.
pub fn p_chart(points: &[Counted], plan: &ChartPlan) -> Result<ControlChart, StatsError> {
    chart(ChartKind::P, shares(points)?, plan)
}

/// p' chart: a p chart whose limits are widened (or narrowed) by sigma z, the mean moving range of the
/// standardised shares divided by 1.128. For large sizes, where the share itself moves from point to
/// point. No range is taken across a gap or a rebasing.
///
/// Source: Laney (2002), Quality Engineering 14, 531-537.
///
/// # Errors
/// As for [`p_chart`].
pub fn p_prime_chart(points: &[Counted], plan: &ChartPlan) -> Result<ControlChart, StatsError> {
    chart(ChartKind::PPrime, shares(points)?, plan)
}

fn shares(points: &[Counted]) -> Result<Vec<Option<Weighted>>, StatsError> {
    for (index, point) in points.iter().enumerate() {
        if point.count > point.size {
            return Err(StatsError::RowMoreThanAll {
                row: index + 1,
                what: "the share",
                part: point.count,
                total: point.size,
            });
        }
    }
    let point = |point: &Counted| Weighted::of(point.count, point.size as f64);
    Ok(points.iter().map(point).collect())
}

/// u chart: counts over varying exposures. The centre is the sum of counts by the sum of exposures.
///
/// Source: as for [`p_chart`].
///
/// # Errors
/// No point; an exposure that is negative or not finite; a count without exposure; a plan that
/// contradicts itself or the series.
pub fn u_chart(points: &[Exposed], plan: &ChartPlan) -> Result<ControlChart, StatsError> {
    chart(ChartKind::U, exposures(points)?, plan)
}

/// u' chart: to the u chart what the p' chart is to the p chart.
///
/// Source: as for [`p_prime_chart`].
///
/// # Errors
/// As for [`u_chart`].
pub fn u_prime_chart(points: &[Exposed], plan: &ChartPlan) -> Result<ControlChart, StatsError> {
    chart(ChartKind::UPrime, exposures(points)?, plan)
}

fn exposures(points: &[Exposed]) -> Result<Vec<Option<Weighted>>, StatsError> {
    for (index, point) in points.iter().enumerate() {
        let gap = point.exposure == 0.0 && point.count == 0;
        if !(gap || point.exposure.is_finite() && point.exposure > 0.0) {
            return Err(StatsError::RowOutOfRange {
                row: index + 1,
                what: "the exposure",
                value: point.exposure,
                allowed: "finite and above 0 (or 0 with a count of 0, for a gap)",
            });
        }
    }
    let point = |point: &Exposed| Weighted::of(point.count, point.exposure);
    Ok(points.iter().map(point).collect())
}

/// XmR chart: single measurements, `None` for a gap. Sigma is the mean moving range by 1.128; no range
/// is taken across a gap or a rebasing.
///
/// Source: NIST/SEMATECH e-Handbook of Statistical Methods, 6.3.2.2.
///
/// # Errors
/// No point; a value that is not finite; a plan that contradicts itself or the series.
pub fn xmr_chart(values: &[Option<f64>], plan: &ChartPlan) -> Result<ControlChart, StatsError> {
    let finite = |value: f64| value.is_finite();
    let series = singles(values, "the value", "finite (leave a gap empty)", finite)?;
    chart(ChartKind::Individuals, series, plan)
}

/// g chart: how many cases (or days) lie between one rare event and the next, `None` for a gap. Sigma is
/// the root of m (m + 1), m the mean: that of a geometric distribution. Its lower limit is 0, so that a
/// crowd of events shows by a run, not by a point.
///
/// Source: Kaminsky, Benneyan, Davis and Burke (1992), Journal of Quality Technology 24, 63-69;
/// Montgomery, Introduction to Statistical Quality Control, section on low defect levels.
///
/// # Errors
/// No point; a plan that contradicts itself or the series.
pub fn g_chart(between: &[Option<u64>], plan: &ChartPlan) -> Result<ControlChart, StatsError> {
    let series = between
        .iter()
        .map(|count| count.and_then(|count| Weighted::of(count, 1.0)));
    chart(ChartKind::Between, series.collect(), plan)
}

/// t chart: the time between one rare event and the next, `None` for a gap. An XmR chart of the times to
/// the power 1/3.6, which makes exponential times nearly normal; centre and limits are drawn back on the
/// scale of the times.
///
/// Source: Nelson (1994), Journal of Quality Technology 26, 239-240; Montgomery, Introduction to
/// Statistical Quality Control, section on low defect levels.
///
/// # Errors
/// No point; a time that is negative or not finite; a plan that contradicts itself or the series.
pub fn t_chart(times: &[Option<f64>], plan: &ChartPlan) -> Result<ControlChart, StatsError> {
    let allowed = "finite and at least 0 (leave a gap empty)";
    let sound = |time: f64| time.is_finite() && time >= 0.0;
    let series = singles(times, "the time", allowed, sound)?;
    chart(ChartKind::TimeBetween, series, plan)
}

fn singles(
    values: &[Option<f64>],
    what: &'static str,
    allowed: &'static str,
    sound: impl Fn(f64) -> bool,
) -> Result<Vec<Option<Weighted>>, StatsError> {
    for (index, value) in values.iter().enumerate() {
        if let Some(value) = *value
            && !sound(value)
        {
            return Err(StatsError::RowOutOfRange {
                row: index + 1,
                what,
                value,
                allowed,
            });
        }
    }
    let single = |value: &Option<f64>| value.map(Weighted::single);
    Ok(values.iter().map(single).collect())
}

fn chart(
    kind: ChartKind,
    series: Vec<Option<Weighted>>,
    plan: &ChartPlan,
) -> Result<ControlChart, StatsError> {
    if series.iter().all(Option::is_none) {
        return Err(StatsError::Empty { what: "the series" });
    }
    check_plan(kind, plan, series.len())?;

    let mut starts = vec![(0, None, plan.first)];
    for rebase in &plan.rebased {
        starts.push((rebase.start, Some(rebase.reason.clone()), rebase.baseline));
    }
    let mut phases = Vec::with_capacity(starts.len());
    let mut points = Vec::with_capacity(series.len());
    for (number, (start, reason, source)) in starts.iter().enumerate() {
        let end = starts.get(number + 1).map_or(series.len(), |next| next.0);
        let phase = &series[*start..end];
        let holds_unfinished = plan.last_unfinished && end == series.len();
        let finished = &phase[..phase.len() - usize::from(holds_unfinished)];
        let baseline = match source {
            BaselineSource::Frozen(given) => Some(*given),
            BaselineSource::Computed => baseline_of(kind, finished, plan.baseline_points),
        };
        for (index, point) in phase.iter().enumerate() {
            points.push(ChartPoint {
                value: point.map(Weighted::value),
                moving_range: moving_range(kind, phase, index),
                limits: baseline.and_then(|base| limits_of(kind, base, (*point)?)),
                signals: Vec::new(),
                unfinished: index >= finished.len(),
            });
        }
        let judged = &mut points[*start..*start + finished.len()];
        let firm = baseline.is_some_and(|base| base.is_firm());
        super::run_rules::judge(judged, firm, |value| scale(kind, value));
        phases.push(ChartPhase {
            start: *start,
            end,
            reason: reason.clone(),
            baseline,
        });
    }
    Ok(ControlChart {
        kind,
        phases,
        points,
    })
}

fn check_plan(kind: ChartKind, plan: &ChartPlan, points: usize) -> Result<(), StatsError> {
    if plan.baseline_points < FIRM_BASELINE {
        return Err(StatsError::OutOfRange {
            what: "the number of points of a baseline",
            value: plan.baseline_points as f64,
            allowed: "at least 20",
        });
    }
    check_source(kind, plan.first)?;
    let mut previous = 0;
    for (index, rebase) in plan.rebased.iter().enumerate() {
        let refusal = if rebase.start <= previous {
            Some("it must start after the phase before it")
        } else if rebase.start >= points {
            Some("it starts after the end of the series")
        } else if rebase.reason.trim().is_empty() {
            Some("it needs a reason")
        } else {
            None
        };
        if let Some(why) = refusal {
            return Err(StatsError::Rebase {
                number: index + 1,
                start: rebase.start,
                why,
            });
        }
        check_source(kind, rebase.baseline)?;
        previous = rebase.start;
    }
    Ok(())
}

fn check_source(kind: ChartKind, source: BaselineSource) -> Result<(), StatsError> {
    match source {
        BaselineSource::Computed => Ok(()),
        BaselineSource::Frozen(baseline) => {
            let (lowest, highest, allowed) = match kind {
                ChartKind::Individuals => (f64::MIN, f64::MAX, "finite"),
                ChartKind::P | ChartKind::PPrime => (0.0, 1.0, "from 0 to 1"),
                ChartKind::U | ChartKind::UPrime | ChartKind::Between | ChartKind::TimeBetween => {
                    (0.0, f64::MAX, "finite and at least 0")
                }
            };
            if !(lowest..=highest).contains(&baseline.centre) {
                return Err(StatsError::OutOfRange {
                    what: "the centre of a frozen baseline",
                    value: baseline.centre,
                    allowed,
                });
            }
            if !(baseline.unit_sigma.is_finite() && baseline.unit_sigma >= 0.0) {
                return Err(StatsError::OutOfRange {
                    what: "the sigma of a frozen baseline",
                    value: baseline.unit_sigma,
                    allowed: "finite and at least 0",
                });
            }
            Ok(())
        }
    }
}
