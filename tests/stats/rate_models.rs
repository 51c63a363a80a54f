//! Rate ratios by negative binomial and quasi-Poisson models.

use proptest::prelude::*;
use redress::stats::negative_binomial::negative_binomial;
use redress::stats::quasi_poisson::quasi_poisson;
use redress::stats::rate::Rate;
use redress::stats::{ModelRatio, StatsError};

use super::{close, maybe, number, table};

fn rate(events: u64, exposure: f64) -> Rate {
    Rate { events, exposure }
}

/// The periods of group a and of group b.
fn periods(name: &str) -> (Vec<Rate>, Vec<Rate>) {
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for row in table(include_str!("../oracle/stats/periods.csv")) {
        if row[0] == name {
            let period = rate(row[2].parse().unwrap(), number(row[3]));
            if row[1] == "a" {
                first.push(period);
            } else {
                second.push(period);
            }
        }
    }
    (first, second)
}

fn compare(ours: &ModelRatio, row: &[&str], tolerance: f64) {
    close(ours.ratio.value, number(row[2]), tolerance);
    close(ours.std_error, number(row[3]), tolerance);
    close(ours.ratio.lower, number(row[4]), tolerance);
    close(ours.ratio.upper, number(row[5]), tolerance);
    close(ours.p_value, number(row[6]), 10.0 * tolerance);
}

#[test]
fn models_match_r() {
    for row in table(include_str!("../oracle/stats/rate_models.csv")) {
        let (first, second) = periods(row[0]);
        if row[1] == "quasi" {
            let ours = quasi_poisson(&first, &second, 0.95).unwrap();
            compare(&ours.ratio, &row, 1e-8);
            close(ours.dispersion.phi, number(row[7]), 1e-8);
        } else {
            let ours = negative_binomial(&first, &second, 0.95).unwrap();
            // glm.nb ends its search for theta early.
            compare(&ours.ratio, &row, 1e-7);
            match (ours.theta, maybe(row[7])) {
                (Some(ours), Some(theirs)) => close(ours, theirs, 1e-7),
                (ours, theirs) => assert_eq!(ours, theirs),
            }
        }
    }
}

#[test]
fn the_unit_of_the_exposure_does_not_matter() {
    let (first, second) = periods("large");
    let thin = |rates: &[Rate]| -> Vec<Rate> {
        let thinner = |r: &Rate| rate(r.events, r.exposure / 1000.0);
        rates.iter().map(thinner).collect()
    };
    let there = negative_binomial(&first, &second, 0.95).unwrap();
    let thinner = negative_binomial(&thin(&first), &thin(&second), 0.95).unwrap();
    close(thinner.theta.unwrap(), there.theta.unwrap(), 1e-9);
    close(thinner.ratio.ratio.value, there.ratio.ratio.value, 1e-9);
}

#[test]
fn gaps_do_not_count() {
    let (first, mut second) = periods("monthly");
    let there = negative_binomial(&first, &second, 0.95).unwrap();
    second.push(rate(0, 0.0));
    assert_eq!(negative_binomial(&first, &second, 0.95).unwrap(), there);
}

#[test]
fn models_refuse_what_they_cannot_fit() {
    let sound = [rate(3, 1.0), rate(5, 1.0), rate(9, 1.0)];
    let both = |first: &[Rate], second: &[Rate]| {
        [
            negative_binomial(first, second, 0.95).map(|_| ()),
            quasi_poisson(first, second, 0.95).map(|_| ()),
        ]
    };
    for refusal in both(&sound, &[]) {
        assert!(matches!(refusal, Err(StatsError::Empty { .. })));
    }
    for refusal in both(&sound, &[rate(0, 2.0), rate(0, 1.0)]) {
        assert!(matches!(refusal, Err(StatsError::NotEstimable { .. })));
    }
    for refusal in both(&[rate(3, 1.0)], &[rate(4, 1.0)]) {
        assert!(matches!(refusal, Err(StatsError::TooFew { .. })));
    }
    for exposure in [-1.0, 0.0, f64::NAN, f64::INFINITY] {
        for refusal in both(&[rate(3, 1.0), rate(3, exposure)], &sound) {
            assert!(matches!(
                refusal,
                Err(StatsError::RowOutOfRange { row: 2, .. })
            ));
        }
    }
    for refusal in both(&sound, &[rate(u64::MAX, 1.0)]) {
        assert!(matches!(refusal, Err(StatsError::TooLarge { .. })));
    }
    for level in [0.0, 1.0, f64::NAN] {
        assert!(negative_binomial(&sound, &sound, level).is_err());
        assert!(quasi_poisson(&sound, &sound, level).is_err());
    }
    // Nothing scatters: no error to judge by in one model, Poisson in the other.
    let flat = [rate(4, 1.0); 4];
    assert!(matches!(
        quasi_poisson(&flat, &flat, 0.95),
        Err(StatsError::NotEstimable { .. })
    ));
    assert_eq!(negative_binomial(&flat, &flat, 0.95).unwrap().theta, None);
    assert!(negative_binomial(&[rate(9, 1e-320), rate(1, 1e300)], &sound, 0.95).is_err());
}

proptest! {
    #[test]
    fn models_give_finite_limits_or_refuse(
        a in prop::collection::vec((0u64..60, 0.1f64..9.0), 1..12),
        b in prop::collection::vec((0u64..60, 0.1f64..9.0), 1..12),
    ) {
        let rates = |group: &[(u64, f64)]| -> Vec<Rate> { group.iter().map(|&(x, t)| rate(x, t)).collect() };
        let (a, b) = (rates(&a), rates(&b));
        for ratio in [negative_binomial(&a, &b, 0.95).map(|m| m.ratio), quasi_poisson(&a, &b, 0.95).map(|m| m.ratio)].into_iter().flatten() {
            prop_assert!(0.0 < ratio.ratio.lower && ratio.ratio.lower <= ratio.ratio.value);
            prop_assert!(ratio.ratio.value <= ratio.ratio.upper && ratio.ratio.upper.is_finite());
            prop_assert!((0.0..=1.0).contains(&ratio.p_value));
        }
        if let (Ok(there), Ok(back)) = (negative_binomial(&a, &b, 0.95), negative_binomial(&b, &a, 0.95)) {
            prop_assert!((there.ratio.ratio.value * back.ratio.ratio.value - 1.0).abs() < 1e-9);
        }
    }
}
