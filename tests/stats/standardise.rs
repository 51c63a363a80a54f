//! Indirect and direct standardisation.

use proptest::prelude::*;
use redress::stats::StatsError;
use redress::stats::standardise::{RatioLimits, Stratum, direct, indirect, observed_expected};

use super::{close, number, table};

fn stratum(events: u64, exposure: f64) -> Stratum {
    Stratum { events, exposure }
}

#[test]
fn observed_by_expected_matches_scipy_and_byar() {
    for row in table(include_str!("../oracle/stats/observed_expected.csv")) {
        let (observed, expected) = (row[0].parse().unwrap(), number(row[1]));
        for (limits, at) in [(RatioLimits::Exact, 2), (RatioLimits::Byar, 4)] {
            let ours = observed_expected(observed, expected, limits, 0.95).unwrap();
            close(ours.ratio.value, observed as f64 / expected, 1e-14);
            close(ours.ratio.lower, number(row[at]), 1e-9);
            close(ours.ratio.upper, number(row[at + 1]), 1e-9);
        }
    }
}

#[test]
fn the_expected_number_follows_the_case_mix() {
    // By hand: all units together 10 in 100 of the first stratum and 60 in 200 of the second. The first unit
    // has 80 and 20, so 8 + 6 are expected; the second 20 and 180, so 2 + 54.
    let units = [
        vec![stratum(6, 80.0), stratum(8, 20.0)],
        vec![stratum(4, 20.0), stratum(52, 180.0)],
    ];
    let ours = indirect(&units, RatioLimits::Exact, 0.95).unwrap();
    close(ours[0].expected, 14.0, 1e-12);
    close(ours[1].expected, 56.0, 1e-12);
    assert_eq!((ours[0].observed, ours[1].observed), (14, 56));
    close(ours[0].ratio.value, 1.0, 1e-12);
    assert!(ours[1].ratio.lower < 1.0 && ours[1].ratio.upper > 1.0);
}

#[test]
fn a_unit_may_lack_a_stratum_indirectly_but_not_directly() {
    let units = [
        vec![stratum(6, 80.0), stratum(0, 0.0)],
        vec![stratum(4, 20.0), stratum(52, 180.0)],
    ];
    let ours = indirect(&units, RatioLimits::Byar, 0.95).unwrap();
    close(ours[0].expected, 8.0, 1e-12);
    let refusal = direct(&units[0], &[100.0, 200.0], 0.95).unwrap_err();
    assert!(matches!(
        refusal,
        StatsError::RowOutOfRange { row: 2, value, .. } if value == 0.0
    ));
    assert!(refusal.to_string().contains("empty stratum"));
}

#[test]
fn direct_rates_match_the_formula_of_fay_and_feuer() {
    let rows = table(include_str!("../oracle/stats/direct_rate.csv"));
    for name in ["mixed", "none", "one", "rare"] {
        let rows: Vec<_> = rows.iter().filter(|row| row[0] == name).collect();
        let strata: Vec<Stratum> = rows
            .iter()
            .map(|row| stratum(row[1].parse().unwrap(), number(row[2])))
            .collect();
        let standard: Vec<f64> = rows.iter().map(|row| number(row[3])).collect();
        let ours = direct(&strata, &standard, 0.95).unwrap();
        close(ours.value, number(rows[0][4]), 1e-12);
        close(ours.lower, number(rows[0][5]), 1e-9);
        close(ours.upper, number(rows[0][6]), 1e-9);
    }
}

#[test]
fn standardising_refuses_what_cannot_be_weighed() {
    for expected in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(matches!(
            observed_expected(1, expected, RatioLimits::Byar, 0.95),
            Err(StatsError::OutOfRange { .. })
        ));
    }
    assert!(observed_expected(1, 1.0, RatioLimits::Exact, 1.0).is_err());
    let refused = |units: &[Vec<Stratum>]| indirect(units, RatioLimits::Exact, 0.95).unwrap_err();
    assert!(matches!(refused(&[]), StatsError::Empty { .. }));
    assert!(matches!(refused(&[Vec::new()]), StatsError::Empty { .. }));
    let sound = vec![stratum(1, 2.0), stratum(0, 3.0)];
    assert!(matches!(
        refused(&[sound.clone(), vec![stratum(1, 2.0)]]),
        StatsError::RowOutOfRange { row: 2, .. }
    ));
    for exposure in [-1.0, f64::NAN, f64::INFINITY, 0.0] {
        assert!(matches!(
            refused(&[sound.clone(), vec![stratum(1, exposure), stratum(0, 1.0)]]),
            StatsError::RowOutOfRange { row: 2, .. }
        ));
    }
    for units in [
        vec![vec![stratum(u64::MAX, 1.0), stratum(u64::MAX, 1.0)]],
        vec![vec![stratum(u64::MAX, 1.0)], vec![stratum(1, 1.0)]],
    ] {
        assert!(matches!(refused(&units), StatsError::TooLarge { .. }));
    }
    assert!(matches!(
        direct(&[stratum(u64::MAX, 1.0)], &[1.0], 0.95),
        Err(StatsError::TooLarge { .. })
    ));
    // Only in the stratum where nobody has an event.
    assert!(matches!(
        refused(&[sound.clone(), vec![stratum(0, 0.0), stratum(0, 1.0)]]),
        StatsError::NotEstimable { .. }
    ));
    assert!(matches!(
        direct(&[], &[], 0.95),
        Err(StatsError::Empty { .. })
    ));
    for standard in [&[1.0][..], &[1.0, -1.0], &[0.0, 0.0], &[f64::NAN, 1.0]] {
        assert!(direct(&sound, standard, 0.95).is_err());
    }
    assert!(direct(&sound, &[1.0, 1.0], 0.0).is_err());
    assert!(direct(&[stratum(5, 1e-320)], &[1.0], 0.95).is_err());
}

proptest! {
    #[test]
    fn all_observed_are_expected_and_a_rate_lies_in_its_interval(
        cells in prop::collection::vec((0u64..30, 0.5f64..90.0, 0u64..30, 0.5f64..90.0, 0.1f64..9.0), 1..6)
    ) {
        let first: Vec<Stratum> = cells.iter().map(|c| stratum(c.0, c.1)).collect();
        let second: Vec<Stratum> = cells.iter().map(|c| stratum(c.2, c.3)).collect();
        let standard: Vec<f64> = cells.iter().map(|c| c.4).collect();
        if let Ok(both) = indirect(&[first.clone(), second], RatioLimits::Byar, 0.95) {
            let observed: u64 = both.iter().map(|unit| unit.observed).sum();
            let expected: f64 = both.iter().map(|unit| unit.expected).sum();
            prop_assert!((observed as f64 - expected).abs() < 1e-9 * (1.0 + expected));
        }
        let rate = direct(&first, &standard, 0.95).unwrap();
        prop_assert!(0.0 <= rate.lower && rate.lower <= rate.value && rate.value <= rate.upper);
    }
}
