//! Control charts: does a series differ from its own past by more than chance?
//!
//! p for shares, u for counts over an exposure, XmR for single measurements. Each phase of a chart has
//! one baseline. It is **firm** when it rests on [`FIRM_BASELINE`] points or more: then later points
//! are judged against it and never move it, and all four rules apply. Below that it is provisional:
//! it rests on all points of the phase, and only the 3-sigma rule applies.

use super::StatsError;

/// Points on which a baseline must rest to be frozen and to carry all rules.
pub const FIRM_BASELINE: usize = 20;

/// Mean range of two normal values divided by their standard deviation (d2 for n = 2), to the digits
/// of the tables in ISO 7870-2 and in Montgomery, Introduction to Statistical Quality Control, so that
/// their examples come out alike.
const D2_OF_TWO: f64 = 1.128;

/// D4 for n = 2: the upper limit of the moving range is this times the mean moving range. Same tables.
const D4_OF_TWO: f64 = 3.267;

/// `count` of `size`: one point of a p chart. A size of 0 is a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    pub count: u64,
    pub size: u64,
}

/// `count` over an exposure: one point of a u chart. An exposure of 0 is a gap.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exposed {
    pub count: u64,
    pub exposure: f64,
}

/// From what limits are computed: kept with a figure, it lets an old chart be drawn again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Baseline {
    pub centre: f64,
    /// Standard deviation of a point of size or exposure 1; at size n it is this divided by the root of n.
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
    Individuals,
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
    /// Standard deviation of this point.
    pub sigma: f64,
    /// 3 sigma below the centre; on p and u charts at least 0.
    pub lower: f64,
    /// 3 sigma above the centre; on p charts at most 1.
    pub upper: f64,
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
    let series = points
        .iter()
        .map(|point| weighted(point.count, point.size as f64));
    chart(ChartKind::P, series.collect(), plan)
}

/// u chart: counts over varying exposures. The centre is the sum of counts by the sum of exposures.
///
/// Source: as for [`p_chart`].
///
/// # Errors
/// No point; an exposure that is negative or not finite; a count without exposure; a plan that
/// contradicts itself or the series.
pub fn u_chart(points: &[Exposed], plan: &ChartPlan) -> Result<ControlChart, StatsError> {
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
    let series = points
        .iter()
        .map(|point| weighted(point.count, point.exposure));
    chart(ChartKind::U, series.collect(), plan)
}

/// XmR chart: single measurements, `None` for a gap. Sigma is the mean moving range by 1.128; no range
/// is taken across a gap or a rebasing.
///
/// Source: NIST/SEMATECH e-Handbook of Statistical Methods, 6.3.2.2.
///
/// # Errors
/// No point; a value that is not finite; a plan that contradicts itself or the series.
pub fn xmr_chart(values: &[Option<f64>], plan: &ChartPlan) -> Result<ControlChart, StatsError> {
    for (index, value) in values.iter().enumerate() {
        if let Some(value) = value
            && !value.is_finite()
        {
            return Err(StatsError::RowOutOfRange {
                row: index + 1,
                what: "the value",
                value: *value,
                allowed: "finite (leave a missing one out as a gap)",
            });
        }
    }
    let series = values
        .iter()
        .map(|value| value.map(|total| Weighted { total, weight: 1.0 }));
    chart(ChartKind::Individuals, series.collect(), plan)
}

/// A point before it is judged: what was counted or measured, over which weight.
#[derive(Clone, Copy)]
struct Weighted {
    total: f64,
    weight: f64,
}

impl Weighted {
    fn value(self) -> f64 {
        self.total / self.weight
    }
}

fn weighted(count: u64, weight: f64) -> Option<Weighted> {
    (weight > 0.0).then_some(Weighted {
        total: count as f64,
        weight,
    })
}

fn chart(
    kind: ChartKind,
    series: Vec<Option<Weighted>>,
    plan: &ChartPlan,
) -> Result<ControlChart, StatsError> {
    if series.iter().all(Option::is_none) {
        return Err(StatsError::Empty { what: "the series" });
    }
    check_plan(plan, series.len())?;

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
        super::run_rules::judge(judged, baseline.is_some_and(|base| base.is_firm()));
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

fn check_plan(plan: &ChartPlan, points: usize) -> Result<(), StatsError> {
    if plan.baseline_points < FIRM_BASELINE {
        return Err(StatsError::OutOfRange {
            what: "the number of points of a baseline",
            value: plan.baseline_points as f64,
            allowed: "at least 20",
        });
    }
    check_source(plan.first)?;
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
        check_source(rebase.baseline)?;
        previous = rebase.start;
    }
    Ok(())
}

fn check_source(source: BaselineSource) -> Result<(), StatsError> {
    match source {
        BaselineSource::Computed => Ok(()),
        BaselineSource::Frozen(baseline) => {
            if !baseline.centre.is_finite() {
                return Err(StatsError::OutOfRange {
                    what: "the centre of a frozen baseline",
                    value: baseline.centre,
                    allowed: "finite",
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

/// The baseline of a phase from its first `wanted` points; `None` when they are too few.
fn baseline_of(kind: ChartKind, phase: &[Option<Weighted>], wanted: usize) -> Option<Baseline> {
    let used: Vec<(usize, Weighted)> = phase
        .iter()
        .enumerate()
        .filter_map(|(index, point)| point.map(|point| (index, point)))
        .take(wanted)
        .collect();
    let last = used.last()?.0;
    let total: f64 = used.iter().map(|(_, point)| point.total).sum();
    let weight: f64 = used.iter().map(|(_, point)| point.weight).sum();
    let centre = total / weight;
    let unit_sigma = match kind {
        ChartKind::P => (centre * (1.0 - centre)).max(0.0).sqrt(),
        ChartKind::U => centre.sqrt(),
        ChartKind::Individuals => {
            let ranges: Vec<f64> = (0..=last)
                .filter_map(|index| moving_range(kind, phase, index))
                .collect();
            if ranges.is_empty() {
                return None;
            }
            ranges.iter().sum::<f64>() / ranges.len() as f64 / D2_OF_TWO
        }
    };
    // Values near the largest number overflow in the sums.
    (centre.is_finite() && unit_sigma.is_finite()).then_some(Baseline {
        centre,
        unit_sigma,
        points: used.len(),
    })
}

fn moving_range(kind: ChartKind, phase: &[Option<Weighted>], index: usize) -> Option<f64> {
    match kind {
        ChartKind::P | ChartKind::U => None,
        ChartKind::Individuals => {
            let before = phase.get(index.checked_sub(1)?)?.as_ref()?.value();
            let range = (phase.get(index)?.as_ref()?.value() - before).abs();
            range.is_finite().then_some(range)
        }
    }
}

fn limits_of(kind: ChartKind, baseline: Baseline, point: Weighted) -> Option<PointLimits> {
    let sigma = baseline.unit_sigma / point.weight.sqrt();
    let (lower, upper) = (baseline.centre - 3.0 * sigma, baseline.centre + 3.0 * sigma);
    if !(sigma > 0.0 && lower.is_finite() && upper.is_finite()) {
        return None;
    }
    let (lower, upper) = match kind {
        ChartKind::P => (lower.max(0.0), upper.min(1.0)),
        ChartKind::U => (lower.max(0.0), upper),
        ChartKind::Individuals => (lower, upper),
    };
    Some(PointLimits {
        centre: baseline.centre,
        sigma,
        lower,
        upper,
    })
}
