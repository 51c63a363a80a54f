//! What the limits of a control chart are computed from, by kind of chart.

use super::control::{Baseline, ChartKind, PointLimits};

/// Mean range of two normal values divided by their standard deviation (d2 for n = 2), to the digits
/// of the tables in ISO 7870-2 and in Montgomery, Introduction to Statistical Quality Control, so that
/// their examples come out alike.
pub(super) const D2_OF_TWO: f64 = 1.128;

/// D4 for n = 2: the upper limit of the moving range is this times the mean moving range. Same tables.
pub(super) const D4_OF_TWO: f64 = 3.267;

/// Nelson's exponent: an exponential time to the power 1/3.6 is nearly normal.
const NELSON: f64 = 3.6;

/// A point before it is judged: what was counted or measured, over which weight.
#[derive(Clone, Copy)]
pub(super) struct Weighted {
    total: f64,
    weight: f64,
}

impl Weighted {
    /// A count over a size or an exposure; `None`, a gap, when that is 0.
    pub(super) fn of(count: u64, weight: f64) -> Option<Self> {
        (weight > 0.0).then_some(Self {
            total: count as f64,
            weight,
        })
    }

    /// A single measurement.
    pub(super) fn single(value: f64) -> Self {
        Self {
            total: value,
            weight: 1.0,
        }
    }

    /// The value as it is drawn.
    pub(super) fn value(self) -> f64 {
        self.total / self.weight
    }
}

/// The scale on which a chart's values have the sigma of its baseline: their own, but on t charts
/// Nelson's.
pub(super) fn scale(kind: ChartKind, value: f64) -> f64 {
    match kind {
        ChartKind::TimeBetween => value.powf(1.0 / NELSON),
        ChartKind::P
        | ChartKind::U
        | ChartKind::PPrime
        | ChartKind::UPrime
        | ChartKind::Individuals
        | ChartKind::Between => value,
    }
}

/// The sigma of a point of size 1 by chance alone, where the chart compares with it.
pub(super) fn plain_sigma(kind: ChartKind, centre: f64) -> Option<f64> {
    match kind {
        ChartKind::PPrime => Some(binomial_sigma(centre)),
        ChartKind::UPrime => Some(centre.sqrt()),
        ChartKind::P
        | ChartKind::U
        | ChartKind::Individuals
        | ChartKind::Between
        | ChartKind::TimeBetween => None,
    }
}

fn binomial_sigma(share: f64) -> f64 {
    (share * (1.0 - share)).max(0.0).sqrt()
}

/// The baseline of a phase from its first `wanted` points; `None` when they are too few.
pub(super) fn baseline_of(
    kind: ChartKind,
    phase: &[Option<Weighted>],
    wanted: usize,
) -> Option<Baseline> {
    let mut used: Vec<(usize, Weighted)> = Vec::new();
    for (index, point) in phase.iter().enumerate() {
        used.extend(point.map(|point| (index, point)));
        if used.len() == wanted {
            break;
        }
    }
    let last = used.last()?.0;
    let weight: f64 = used.iter().map(|(_, point)| point.weight).sum();
    let total: f64 = used.iter().map(|(_, point)| scale(kind, point.total)).sum();
    let centre = total / weight;
    let range_sigma = |standard: &dyn Fn(Weighted) -> f64| {
        let ranges: Vec<f64> = phase[..=last]
            .windows(2)
            .filter_map(|pair| Some((standard(pair[1]?) - standard(pair[0]?)).abs()))
            .collect();
        (!ranges.is_empty()).then(|| ranges.iter().sum::<f64>() / ranges.len() as f64 / D2_OF_TWO)
    };
    let unit_sigma = match kind {
        ChartKind::P => binomial_sigma(centre),
        ChartKind::U => centre.sqrt(),
        ChartKind::Between => (centre * (centre + 1.0)).sqrt(),
        ChartKind::Individuals | ChartKind::TimeBetween => {
            range_sigma(&|point| scale(kind, point.value()))?
        }
        // The mean range of z = (share - centre) / (plain / root n) times the plain sigma: the plain
        // sigma cancels out, so a centre of 0 or 1 needs no case of its own.
        ChartKind::PPrime | ChartKind::UPrime => {
            range_sigma(&|point| (point.value() - centre) * point.weight.sqrt())?
        }
    };
    // Values near the largest number overflow in the sums.
    (centre.is_finite() && unit_sigma.is_finite()).then_some(Baseline {
        centre,
        unit_sigma,
        points: used.len(),
    })
}

/// Distance of a point from the one before it, on XmR charts.
pub(super) fn moving_range(
    kind: ChartKind,
    phase: &[Option<Weighted>],
    index: usize,
) -> Option<f64> {
    match kind {
        ChartKind::P
        | ChartKind::U
        | ChartKind::PPrime
        | ChartKind::UPrime
        | ChartKind::Between
        | ChartKind::TimeBetween => None,
        ChartKind::Individuals => {
            let before = phase.get(index.checked_sub(1)?)?.as_ref()?.value();
            let range = (phase.get(index)?.as_ref()?.value() - before).abs();
            range.is_finite().then_some(range)
        }
    }
}

/// The limits at a point; `None` when there is no variation to measure it by.
pub(super) fn limits_of(
    kind: ChartKind,
    baseline: Baseline,
    point: Weighted,
) -> Option<PointLimits> {
    let centre = baseline.centre;
    let sigma = baseline.unit_sigma / point.weight.sqrt();
    let (lower, upper) = (centre - 3.0 * sigma, centre + 3.0 * sigma);
    if !(sigma > 0.0 && lower.is_finite() && upper.is_finite()) {
        return None;
    }
    let drawn = |centre: f64, lower: f64, upper: f64, median: f64| PointLimits {
        centre,
        sigma,
        lower,
        upper,
        median,
    };
    let limits = match kind {
        ChartKind::P | ChartKind::PPrime => drawn(centre, lower.max(0.0), upper.min(1.0), centre),
        ChartKind::U | ChartKind::UPrime => drawn(centre, lower.max(0.0), upper, centre),
        ChartKind::Individuals => drawn(centre, lower, upper, centre),
        ChartKind::Between => drawn(centre, lower.max(0.0), upper, geometric_median(centre)),
        ChartKind::TimeBetween => {
            let time = |root: f64| root.max(0.0).powf(NELSON);
            drawn(time(centre), time(lower), time(upper), time(centre))
        }
    };
    limits.upper.is_finite().then_some(limits)
}

/// The smallest number that at least half of a geometric distribution with this mean does not exceed.
fn geometric_median(mean: f64) -> f64 {
    // P(X > x) is (m / (m + 1)) to the power x + 1.
    let turns = std::f64::consts::LN_2 / (1.0 / mean).ln_1p();
    ((turns - 1e-9).ceil() - 1.0).max(0.0)
}
