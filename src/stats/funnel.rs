//! Funnel plots: units compared with a target by limits that widen as the unit gets smaller. They show
//! who differs by more than chance, and no league table.

use statrs::distribution::{ContinuousCDF, Normal};

use super::control::{Counted, Exposed};
use super::tails::{
    Chance, MAX_COUNT, binomial_at_least, binomial_at_most, binomial_point, poisson_at_least,
    poisson_at_most, poisson_point,
};
use super::{StatsError, two_sided_z};

/// Fewer units than this make no funnel: show rates with intervals.
pub const FEWEST_UNITS: usize = 10;

/// Share of units on each side whose z-scores are drawn in before over-dispersion is measured.
pub const DEFAULT_WINSORISED: f64 = 0.1;

/// The customary limits: about 2 and about 3 standard deviations.
pub const LEVELS: [f64; 2] = [0.95, 0.998];

/// What is done when units scatter more than chance alone explains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OverDispersion {
    /// Nothing: exact limits.
    Ignore,
    /// Limits widened by the root of phi, by the same factor for small and large units.
    Multiplicative,
    /// A variance tau squared between the units is added, on the scale of the arcsine of the root of a
    /// share or the root of a rate: it widens the limits of large units most.
    Additive,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FunnelPlan {
    /// `None`: all events by all sizes. For observed / expected give 1.
    pub target: Option<f64>,
    pub over_dispersion: OverDispersion,
    /// At least 0 and below 0.5.
    pub winsorised: f64,
}

impl Default for FunnelPlan {
    fn default() -> Self {
        Self {
            target: None,
            over_dispersion: OverDispersion::Additive,
            winsorised: DEFAULT_WINSORISED,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FunnelLimits {
    pub lower: f64,
    pub upper: f64,
}

/// One unit of a funnel, in the order of the input.
#[derive(Debug, Clone, PartialEq)]
pub struct FunnelPoint {
    pub value: f64,
    /// Size or exposure.
    pub size: f64,
    /// Distance from the target in standard deviations, over-dispersion included.
    pub z: f64,
    /// Two-sided, of a distance as large by chance: for the control of false discoveries. Twice the smaller
    /// exact tail where the limits are exact, else from `z`.
    pub p_value: f64,
    /// At each of [`LEVELS`].
    pub limits: [FunnelLimits; 2],
}

#[derive(Debug, Clone, PartialEq)]
pub struct Funnel {
    kind: Kind,
    pub target: f64,
    /// Mean of the squared winsorised z-scores: 1 is chance alone. On the scale of the adjustment.
    pub phi: f64,
    /// Variance between units on the transformed scale; 0 unless the adjustment is additive.
    pub tau_squared: f64,
    adjustment: Adjustment,
    pub points: Vec<FunnelPoint>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Share,
    Rate,
}

/// What is left of the wish for an adjustment once the scatter is known.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Adjustment {
    Exact,
    Factor(f64),
    Between(f64),
}

/// Funnel of shares, by exact binomial limits unless there is over-dispersion.
///
/// Source: Spiegelhalter (2005), Statistics in Medicine 24, 1185-1202 (exact limits, interpolated between
/// whole counts, and the multiplicative adjustment); Spiegelhalter et al. (2012), JRSS A 175, 1-47, for
/// the additive one, with the scales of R's package FunnelPlotR.
///
/// # Errors
/// Fewer than ten units; a unit of size 0 or with a count above its size; a target outside (0, 1); a share
/// to winsorise outside [0, 0.5). Not estimable without a target when all or none are counted.
pub fn share_funnel(units: &[Counted], plan: &FunnelPlan) -> Result<Funnel, StatsError> {
    for (index, unit) in units.iter().enumerate() {
        if unit.count > unit.size {
            return Err(StatsError::RowMoreThanAll {
                row: index + 1,
                what: "the share",
                part: unit.count,
                total: unit.size,
            });
        }
    }
    let sized = units.iter().map(|unit| (unit.count, unit.size as f64));
    funnel(Kind::Share, sized.collect(), plan)
}

/// Funnel of rates, or of observed / expected with the expected number as exposure and a target of 1, by
/// exact Poisson limits unless there is over-dispersion.
///
/// Source: as for [`share_funnel`].
///
/// # Errors
/// Fewer than ten units; an exposure that is not above 0 and finite; a target that is not above 0 and
/// finite; a share to winsorise outside [0, 0.5). Not estimable without target and event.
pub fn rate_funnel(units: &[Exposed], plan: &FunnelPlan) -> Result<Funnel, StatsError> {
    let sized = units.iter().map(|unit| (unit.count, unit.exposure));
    funnel(Kind::Rate, sized.collect(), plan)
}

impl Funnel {
    /// The limits for a unit of any size, to draw the funnel's outline. Shares take a whole size.
    ///
    /// # Errors
    /// A size that is not above 0 and finite, or too large; a level outside (0, 1).
    pub fn limits_at(&self, size: f64, level: f64) -> Result<FunnelLimits, StatsError> {
        let z = two_sided_z(level)?;
        if !(size.is_finite() && size > 0.0) {
            return Err(StatsError::OutOfRange {
                what: "the size of a unit",
                value: size,
                allowed: "finite and above 0",
            });
        }
        let (kind, target) = (self.kind, self.target);
        kind.check_reach(size, target)?;
        let (lower, upper) = match self.adjustment {
            Adjustment::Exact => {
                let tail = (1.0 - level) / 2.0;
                let at = |share| Ok(interpolated_count(kind, size, target, share)? / size);
                (at(tail)?, at(1.0 - tail)?)
            }
            Adjustment::Factor(phi) => {
                let reach = z * (phi / size).sqrt() * kind.unit_sigma(target);
                (target - reach, target + reach)
            }
            Adjustment::Between(tau_squared) => {
                let reach = z * (tau_squared + 0.25 / size).sqrt();
                let middle = kind.transformed(target);
                (kind.back(middle - reach), kind.back(middle + reach))
            }
        };
        Ok(FunnelLimits {
            lower: lower.max(0.0),
            upper: match kind {
                Kind::Share => upper.min(1.0),
                Kind::Rate => upper,
            },
        })
    }
}

const TOO_LARGE: StatsError = StatsError::TooLarge {
    what: "a unit",
    limit: MAX_COUNT,
};

impl Kind {
    /// Checks that the distribution of a unit on target can be computed.
    fn check_reach(self, size: f64, target: f64) -> Result<(), StatsError> {
        const LEAST_MEAN: f64 = 1e-200;
        let (largest, mean) = match self {
            Kind::Share => (size, size * target),
            Kind::Rate => (size * target, size * target),
        };
        if largest > MAX_COUNT as f64 {
            return Err(TOO_LARGE);
        }
        if mean < LEAST_MEAN {
            return Err(StatsError::NotEstimable {
                what: "the limits of a unit",
                why: "it is too small to expect anything",
            });
        }
        Ok(())
    }

    /// Standard deviation at size 1.
    fn unit_sigma(self, target: f64) -> f64 {
        match self {
            Kind::Share => (target * (1.0 - target)).sqrt(),
            Kind::Rate => target.sqrt(),
        }
    }

    /// On this scale the variance is 1 / (4 size), whatever the target.
    fn transformed(self, value: f64) -> f64 {
        match self {
            Kind::Share => value.sqrt().asin(),
            Kind::Rate => value.sqrt(),
        }
    }

    fn back(self, transformed: f64) -> f64 {
        match self {
            Kind::Share => transformed
                .clamp(0.0, std::f64::consts::FRAC_PI_2)
                .sin()
                .powi(2),
            Kind::Rate => transformed.max(0.0).powi(2),
        }
    }

    /// P(X <= x) for a unit on target.
    fn at_most(self, x: u64, size: f64, target: f64) -> Result<f64, StatsError> {
        match self {
            Kind::Share => binomial_at_most(x, size.round() as u64, chance(target)),
            Kind::Rate => Ok(poisson_at_most(x, size * target)),
        }
    }

    fn at_least(self, x: u64, size: f64, target: f64) -> Result<f64, StatsError> {
        match self {
            Kind::Share => binomial_at_least(x, size.round() as u64, chance(target)),
            Kind::Rate if x == 0 => Ok(1.0),
            Kind::Rate => Ok(poisson_at_least(x, size * target)),
        }
    }

    fn point(self, x: u64, size: f64, target: f64) -> f64 {
        match self {
            Kind::Share => binomial_point(x, size.round() as u64, chance(target)),
            Kind::Rate => poisson_point(x, size * target),
        }
    }
}

fn chance(target: f64) -> Chance {
    Chance {
        yes: target,
        no: 1.0 - target,
    }
}

fn funnel(kind: Kind, units: Vec<(u64, f64)>, plan: &FunnelPlan) -> Result<Funnel, StatsError> {
    if units.len() < FEWEST_UNITS {
        return Err(StatsError::TooFew {
            what: "units of a funnel",
            given: units.len(),
            least: FEWEST_UNITS,
            instead: "show rates with intervals",
        });
    }
    if !(0.0..0.5).contains(&plan.winsorised) {
        return Err(StatsError::OutOfRange {
            what: "the share to winsorise",
            value: plan.winsorised,
            allowed: "at least 0 and below 0.5, for instance 0.1",
        });
    }
    for (index, (count, size)) in units.iter().enumerate() {
        if !(size.is_finite() && *size > 0.0) {
            return Err(StatsError::RowOutOfRange {
                row: index + 1,
                what: "the size of a unit",
                value: *size,
                allowed: "finite and above 0 (leave out units without any)",
            });
        }
        if *count > MAX_COUNT {
            return Err(TOO_LARGE);
        }
    }
    let target = target_of(kind, &units, plan.target)?;
    for (_, size) in &units {
        kind.check_reach(*size, target)?;
    }
    let pearson = |(count, size): &(u64, f64)| {
        (*count as f64 / size - target) / kind.unit_sigma(target) * size.sqrt()
    };
    let transformed = |(count, size): &(u64, f64)| {
        let value = *count as f64 / size;
        (kind.transformed(value) - kind.transformed(target)) * 2.0 * size.sqrt()
    };
    let mut scores: Vec<f64> = match plan.over_dispersion {
        OverDispersion::Ignore | OverDispersion::Multiplicative => {
            units.iter().map(pearson).collect()
        }
        OverDispersion::Additive => units.iter().map(transformed).collect(),
    };
    let phi = winsorised_phi(&scores, plan.winsorised);
    let adjustment = match plan.over_dispersion {
        OverDispersion::Multiplicative if phi > 1.0 => Adjustment::Factor(phi),
        OverDispersion::Additive => match between_variance(&units, phi) {
            0.0 => Adjustment::Exact,
            tau_squared => Adjustment::Between(tau_squared),
        },
        OverDispersion::Ignore | OverDispersion::Multiplicative => Adjustment::Exact,
    };
    for (score, (_, size)) in scores.iter_mut().zip(&units) {
        *score /= match adjustment {
            Adjustment::Exact => 1.0,
            Adjustment::Factor(phi) => phi.sqrt(),
            Adjustment::Between(tau_squared) => (1.0 + 4.0 * size * tau_squared).sqrt(),
        };
    }
    let mut funnel = Funnel {
        kind,
        target,
        phi,
        tau_squared: match adjustment {
            Adjustment::Between(tau_squared) => tau_squared,
            Adjustment::Exact | Adjustment::Factor(_) => 0.0,
        },
        adjustment,
        points: Vec::with_capacity(units.len()),
    };
    for ((count, size), z) in units.into_iter().zip(scores) {
        let p_value = match adjustment {
            Adjustment::Exact => {
                let below = kind.at_most(count, size, target)?;
                let above = kind.at_least(count, size, target)?;
                (2.0 * below.min(above)).min(1.0)
            }
            Adjustment::Factor(_) | Adjustment::Between(_) => 2.0 * Normal::standard().sf(z.abs()),
        };
        let limits = [
            funnel.limits_at(size, LEVELS[0])?,
            funnel.limits_at(size, LEVELS[1])?,
        ];
        funnel.points.push(FunnelPoint {
            value: count as f64 / size,
            size,
            z,
            p_value,
            limits,
        });
    }
    Ok(funnel)
}

fn target_of(kind: Kind, units: &[(u64, f64)], given: Option<f64>) -> Result<f64, StatsError> {
    let (highest, allowed) = match kind {
        Kind::Share => (1.0, "between 0 and 1"),
        Kind::Rate => (f64::INFINITY, "finite and above 0"),
    };
    let target = given.unwrap_or_else(|| {
        let count: f64 = units.iter().map(|(count, _)| *count as f64).sum();
        let size: f64 = units.iter().map(|(_, size)| size).sum();
        count / size
    });
    if target > 0.0 && target < highest {
        Ok(target)
    } else if given.is_some() {
        Err(StatsError::OutOfRange {
            what: "the target",
            value: target,
            allowed,
        })
    } else {
        Err(StatsError::NotEstimable {
            what: "the target",
            why: "all units have none, or all have everything, so nothing differs",
        })
    }
}

/// Mean square of the z-scores after the outermost ones have been drawn in to the quantiles.
fn winsorised_phi(scores: &[f64], share: f64) -> f64 {
    let mut sorted = scores.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (low, high) = (quantile(&sorted, share), quantile(&sorted, 1.0 - share));
    let square = |score: &f64| score.clamp(low, high).powi(2);
    scores.iter().map(square).sum::<f64>() / scores.len() as f64
}

/// Linear between the order statistics: type 7 of Hyndman and Fan (1996), R's default.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len() - 1) as f64;
    let (below, above) = (place.floor() as usize, place.ceil() as usize);
    sorted[below] + (place - place.floor()) * (sorted[above] - sorted[below])
}

/// Variance between units by the method of DerSimonian and Laird (1986), Controlled Clinical Trials 7,
/// 177-188, from phi; never below 0. A unit weighs 4 times its size on the transformed scale.
fn between_variance(units: &[(u64, f64)], phi: f64) -> f64 {
    let number = units.len() as f64;
    let sum: f64 = units.iter().map(|(_, size)| 4.0 * size).sum();
    let squares: f64 = units.iter().map(|(_, size)| (4.0 * size).powi(2)).sum();
    ((number * phi - (number - 1.0)) / (sum - squares / sum)).max(0.0)
}

/// The count below which a unit on target lies with this probability, interpolated between whole counts.
fn interpolated_count(kind: Kind, size: f64, target: f64, share: f64) -> Result<f64, StatsError> {
    // The smallest count that is not exceeded with at least this probability, by halving.
    let (mut from, mut to) = match kind {
        Kind::Share => (0, size.round() as u64),
        Kind::Rate => {
            let mean = size * target;
            (0, (mean + 40.0 * (mean + 1.0).sqrt() + 40.0).ceil() as u64)
        }
    };
    while from < to {
        let middle = from + (to - from) / 2;
        if kind.at_most(middle, size, target)? >= share {
            to = middle;
        } else {
            from = middle + 1;
        }
    }
    let surplus = kind.at_most(from, size, target)? - share;
    Ok(from as f64 - surplus / kind.point(from, size, target))
}
