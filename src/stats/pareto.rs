//! Pareto analysis: which few categories make up most of the total.

use std::cmp::Ordering;

use super::StatsError;

/// The customary cut between the vital few and the useful many.
pub const DEFAULT_CUT: f64 = 0.8;

/// One bar of a Pareto chart.
#[derive(Debug, Clone, PartialEq)]
pub struct ParetoBar<L> {
    pub label: L,
    /// Count or cost, as it was given.
    pub weight: f64,
    /// Share of the total, 0 to 1.
    pub share: f64,
    /// Share of this bar and all larger ones together, 0 to 1; exactly 1 on the last bar.
    pub cumulative_share: f64,
    /// Whether the bar belongs to the vital few.
    pub vital: bool,
}

/// Bars from the largest weight to the smallest; equal weights in the order of their labels, so that
/// the result does not depend on the order of the input.
///
/// The vital few are the fewest bars that together reach `cut` of the total. Bars of equal weight
/// are not torn apart: when the last vital bar has equals, they are vital too. A weight of 0 never is.
///
/// Source: Juran and De Feo, Juran's Quality Handbook (Pareto principle); the bars are those of
/// `pareto.chart` in R's qcc.
///
/// # Errors
/// No category; a weight that is negative or not finite; a `cut` outside (0, 1]; a total of 0 is not
/// estimable.
pub fn pareto<L: Clone + Ord>(
    categories: &[(L, f64)],
    cut: f64,
) -> Result<Vec<ParetoBar<L>>, StatsError> {
    if !(cut > 0.0 && cut <= 1.0) {
        return Err(StatsError::OutOfRange {
            what: "the cut of the vital few",
            value: cut,
            allowed: "above 0 and at most 1, for instance 0.8",
        });
    }
    if categories.is_empty() {
        return Err(StatsError::Empty {
            what: "the categories",
        });
    }
    for (index, (_, weight)) in categories.iter().enumerate() {
        if !(weight.is_finite() && *weight >= 0.0) {
            return Err(StatsError::RowOutOfRange {
                row: index + 1,
                what: "the weight of a category",
                value: *weight,
                allowed: "finite and at least 0",
            });
        }
    }

    let mut sorted: Vec<&(L, f64)> = categories.iter().collect();
    sorted.sort_by(|a, b| match b.1.total_cmp(&a.1) {
        Ordering::Equal => a.0.cmp(&b.0),
        Ordering::Less => Ordering::Less,
        Ordering::Greater => Ordering::Greater,
    });
    // Summed in the bars' own order, so that the last cumulative share is exactly 1.
    let total: f64 = sorted.iter().map(|(_, weight)| weight).sum();
    if total == 0.0 {
        return Err(StatsError::NotEstimable {
            what: "the shares",
            why: "all weights are 0",
        });
    }
    if !total.is_finite() {
        return Err(StatsError::OutOfRange {
            what: "the sum of the weights",
            value: total,
            allowed: "finite",
        });
    }

    let mut bars: Vec<ParetoBar<L>> = Vec::with_capacity(sorted.len());
    let mut running = 0.0;
    let mut reached = false;
    for (label, weight) in sorted {
        let tied = bars
            .last()
            .is_some_and(|last| last.vital && last.weight == *weight);
        running += weight;
        let cumulative_share = running / total;
        bars.push(ParetoBar {
            label: label.clone(),
            weight: *weight,
            share: weight / total,
            cumulative_share,
            vital: *weight > 0.0 && (!reached || tied),
        });
        reached = reached || cumulative_share >= cut;
    }
    Ok(bars)
}
