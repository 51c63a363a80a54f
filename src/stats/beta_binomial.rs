//! Tail probabilities of the beta-binomial distribution: a binomial one whose chance differs from time
//! to time, as when the cases come in bursts.

use statrs::function::gamma::ln_gamma;

use super::StatsError;
use super::tails::{Chance, binomial_at_least};

/// Largest number of cases for which the tails are added up.
pub(super) const MAX_CASES: u64 = 10_000_000;

/// Below this the distribution cannot be told from the binomial one, and its size would be too large
/// for the logarithms to keep their digits.
const LEAST_PHI: f64 = 1.001;

/// P(X >= x) out of `n`, where the variance is about `phi` times that of the binomial distribution.
///
/// Two sums of negative binomial counts with the variance phi times their mean are, given their total
/// `n`, beta-binomial with parameters that add up to n / (phi - 1): the counterpart of the binomial for
/// two Poisson counts. Source: Skellam (1948), JRSS B 10, 257-261, for the distribution.
pub(super) fn at_least(x: u64, n: u64, chance: Chance, phi: f64) -> Result<f64, StatsError> {
    if n > MAX_CASES {
        return Err(StatsError::TooLarge {
            what: "the number of cases of a cluster",
            limit: MAX_CASES,
        });
    }
    if phi < LEAST_PHI {
        return binomial_at_least(x, n, chance);
    }
    if x == 0 {
        return Ok(1.0);
    }
    if x > n {
        return Ok(0.0);
    }
    // The shorter tail is added up, so that small probabilities keep their digits.
    Ok(if x as f64 > n as f64 * chance.yes {
        upper_sum(x, n, chance, phi)
    } else {
        1.0 - upper_sum(n - x + 1, n, turned(chance), phi)
    }
    .clamp(0.0, 1.0))
}

/// P(X <= x) out of `n`.
pub(super) fn at_most(x: u64, n: u64, chance: Chance, phi: f64) -> Result<f64, StatsError> {
    at_least(n.saturating_sub(x), n, turned(chance), phi)
}

fn turned(chance: Chance) -> Chance {
    Chance {
        yes: chance.no,
        no: chance.yes,
    }
}

/// The sum of the probabilities from `x` to `n`, each from the one before.
fn upper_sum(x: u64, n: u64, chance: Chance, phi: f64) -> f64 {
    let total = n as f64;
    let size = total / (phi - 1.0);
    let (a, b) = (size * chance.yes, size * chance.no);
    if a <= 0.0 {
        return 0.0;
    }
    if b <= 0.0 {
        return 1.0;
    }
    let log_beta = |a: f64, b: f64| ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b);
    let hits = x as f64;
    let choose = ln_gamma(total + 1.0) - ln_gamma(hits + 1.0) - ln_gamma(total - hits + 1.0);
    let first = (choose + log_beta(a + hits, b + total - hits) - log_beta(a, b)).exp();
    let (mut term, mut sum) = (first, first);
    for i in x..n {
        let i = i as f64;
        term *= (total - i) / (i + 1.0) * ((a + i) / (b + total - i - 1.0));
        sum += term;
        // Where b is below 1 the probabilities may rise again towards n.
        if b >= 1.0 && term < sum * 1e-18 {
            break;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chance(share: f64) -> Chance {
        Chance::from_log_odds((share / (1.0 - share)).ln())
    }

    /// R's `dnbinom` of both sides, given their sum: `tests/oracle/stats/growth.R`.
    #[test]
    fn the_tails_are_those_of_two_negative_binomial_counts_given_their_sum() {
        let table = include_str!("../../tests/oracle/stats/beta_binomial.csv");
        for line in table.lines().skip(1) {
            let row: Vec<f64> = line
                .split(',')
                .map(|field| field.parse().unwrap())
                .collect();
            let (x, n, chance, phi) = (row[0] as u64, row[1] as u64, chance(row[2]), row[3]);
            for (ours, theirs) in [
                (at_least(x, n, chance, phi).unwrap(), row[4]),
                (at_most(x, n, chance, phi).unwrap(), row[5]),
            ] {
                assert!((ours / theirs - 1.0).abs() < 1e-8, "{line}: {ours}");
            }
        }
    }

    #[test]
    fn both_tails_overlap_in_one_outcome_and_reach_the_ends() {
        for phi in [1.0, 1.5, 30.0] {
            for x in 0..=12 {
                let lower = at_most(x, 12, chance(0.3), phi).unwrap();
                let above = at_least(x + 1, 12, chance(0.3), phi).unwrap();
                assert!((lower + above - 1.0).abs() < 1e-12, "{x} {phi}");
            }
            assert_eq!(at_least(0, 12, chance(0.3), phi).unwrap(), 1.0);
            assert_eq!(at_least(13, 12, chance(0.3), phi).unwrap(), 0.0);
        }
        assert_eq!(
            at_least(1, 12, Chance::from_log_odds(-800.0), 2.0).unwrap(),
            0.0
        );
        assert_eq!(
            at_least(12, 12, Chance::from_log_odds(800.0), 2.0).unwrap(),
            1.0
        );
        assert!(at_least(1, MAX_CASES + 1, chance(0.3), 2.0).is_err());
    }
}
