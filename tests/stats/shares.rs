//! Wilson's interval, Pareto bars, false discoveries.

use proptest::prelude::*;
use redress::stats::StatsError;
use redress::stats::multiplicity::benjamini_hochberg;
use redress::stats::pareto::{DEFAULT_CUT, pareto};
use redress::stats::proportion::wilson;

use super::{close, number, printed, table};

#[test]
fn wilson_matches_newcombes_examples() {
    // Newcombe (1998), Statistics in Medicine 17, 857-872, table I, method 3.
    for (x, n, lower, upper) in [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ] {
        let share = wilson(x, n, 0.95).unwrap();
        printed(share.lower, lower, 4);
        printed(share.upper, upper, 4);
    }
}

#[test]
fn wilson_matches_statsmodels() {
    for row in table(include_str!("../oracle/stats/wilson.csv")) {
        let (x, n) = (row[0].parse().unwrap(), row[1].parse().unwrap());
        let share = wilson(x, n, number(row[2])).unwrap();
        close(share.lower, number(row[3]), 1e-12);
        close(share.upper, number(row[4]), 1e-12);
    }
}

#[test]
fn wilson_refuses_what_is_no_share() {
    assert!(matches!(
        wilson(3, 2, 0.95),
        Err(StatsError::MoreThanAll {
            part: 3,
            total: 2,
            ..
        })
    ));
    assert!(matches!(
        wilson(0, 0, 0.95),
        Err(StatsError::NotEstimable { .. })
    ));
    for level in [0.0, 1.0, 95.0, -0.5, f64::NAN] {
        assert!(matches!(
            wilson(1, 2, level),
            Err(StatsError::OutOfRange { .. })
        ));
    }
}

#[test]
fn pareto_matches_qccs_example() {
    // R, package qcc, example of pareto.chart: frequency, percentage, cumulative percentage.
    let defects = [
        ("price code", 80.0),
        ("schedule date", 27.0),
        ("supplier code", 66.0),
        ("contact num.", 94.0),
        ("part num.", 33.0),
    ];
    let bars = pareto(&defects, DEFAULT_CUT).unwrap();
    let expected = [
        ("contact num.", 94.0, 31.33333, 31.33333, true),
        ("price code", 80.0, 26.66667, 58.0, true),
        ("supplier code", 66.0, 22.0, 80.0, true),
        ("part num.", 33.0, 11.0, 91.0, false),
        ("schedule date", 27.0, 9.0, 100.0, false),
    ];
    assert_eq!(bars.len(), expected.len());
    for (bar, (label, weight, share, cumulative, vital)) in bars.iter().zip(expected) {
        assert_eq!((bar.label, bar.weight, bar.vital), (label, weight, vital));
        printed(bar.share * 100.0, share, 5);
        printed(bar.cumulative_share * 100.0, cumulative, 5);
    }
}

#[test]
fn pareto_keeps_equals_together_and_leaves_out_zeros() {
    let bars = pareto(&[("d", 0.0), ("c", 2.0), ("b", 2.0), ("a", 6.0)], 0.8).unwrap();
    let vital: Vec<&str> = bars
        .iter()
        .filter(|bar| bar.vital)
        .map(|bar| bar.label)
        .collect();
    assert_eq!(vital, ["a", "b", "c"]);
    let all = pareto(&[("d", 0.0), ("a", 6.0)], 1.0).unwrap();
    assert_eq!(
        all.iter().map(|bar| bar.vital).collect::<Vec<_>>(),
        [true, false]
    );
}

#[test]
fn pareto_refuses_what_has_no_shares() {
    let none: [(&str, f64); 0] = [];
    assert!(matches!(pareto(&none, 0.8), Err(StatsError::Empty { .. })));
    assert!(matches!(
        pareto(&[("a", 0.0)], 0.8),
        Err(StatsError::NotEstimable { .. })
    ));
    for weight in [-1.0, f64::NAN, f64::INFINITY] {
        assert!(matches!(
            pareto(&[("a", 1.0), ("b", weight)], 0.8),
            Err(StatsError::RowOutOfRange { row: 2, .. })
        ));
    }
    for cut in [0.0, 1.1, f64::NAN] {
        assert!(matches!(
            pareto(&[("a", 1.0)], cut),
            Err(StatsError::OutOfRange { .. })
        ));
    }
    assert!(pareto(&[("a", f64::MAX), ("b", f64::MAX)], 0.8).is_err());
}

/// Benjamini and Hochberg (1995), section 3.2: fifteen tests of treatments after a heart attack.
const BENJAMINI_HOCHBERG_1995: [f64; 15] = [
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719,
    0.6528, 0.7590, 1.0000,
];

#[test]
fn false_discoveries_match_the_paper_of_1995() {
    // The paper: at q = 0.05 the procedure rejects the four smallest, Bonferroni's three.
    let adjusted = benjamini_hochberg(&BENJAMINI_HOCHBERG_1995).unwrap();
    let discovered: Vec<bool> = adjusted.iter().map(|&p| p <= 0.05).collect();
    assert_eq!(discovered[..4], [true; 4]);
    assert_eq!(discovered[4..], [false; 11]);
    // The paper's comparison for the fourth: 0.0095 <= 4 / 15 * 0.05.
    close(adjusted[3], 0.0095 * 15.0 / 4.0, 1e-15);
}

#[test]
fn false_discoveries_match_statsmodels_in_the_order_of_the_input() {
    let rows = table(include_str!("../oracle/stats/false_discovery.csv"));
    for name in ["mixed", "ties", "one"] {
        let rows: Vec<_> = rows.iter().filter(|row| row[0] == name).collect();
        let p: Vec<f64> = rows.iter().map(|row| number(row[1])).collect();
        for (ours, row) in benjamini_hochberg(&p).unwrap().into_iter().zip(rows) {
            close(ours, number(row[2]), 1e-13);
        }
    }
}

#[test]
fn false_discoveries_refuse_what_is_no_p_value() {
    assert!(matches!(
        benjamini_hochberg(&[]),
        Err(StatsError::Empty { .. })
    ));
    for p in [-0.1, 1.1, f64::NAN] {
        assert!(matches!(
            benjamini_hochberg(&[0.5, p]),
            Err(StatsError::RowOutOfRange { row: 2, .. })
        ));
    }
}

proptest! {
    #[test]
    fn wilson_holds_the_share_within_0_and_1(n in 1u64..1_000_000, part in 0.0f64..=1.0, level in 0.01f64..0.9999) {
        let x = ((n as f64 * part) as u64).min(n);
        let share = wilson(x, n, level).unwrap();
        prop_assert!(0.0 <= share.lower && share.lower <= share.value);
        prop_assert!(share.value <= share.upper && share.upper <= 1.0);
    }

    #[test]
    fn an_adjusted_p_is_never_below_its_own_and_keeps_the_order(p in prop::collection::vec(0.0f64..=1.0, 1..60)) {
        let adjusted = benjamini_hochberg(&p).unwrap();
        for (i, &a) in adjusted.iter().enumerate() {
            prop_assert!(p[i] <= a && a <= 1.0);
            for (j, &b) in adjusted.iter().enumerate() {
                prop_assert!(p[i] > p[j] || a <= b);
            }
        }
    }

    #[test]
    fn pareto_shares_fall_and_add_up(weights in prop::collection::vec(0u32..1000, 1..40)) {
        prop_assume!(weights.iter().any(|&weight| weight > 0));
        let named: Vec<(usize, f64)> = weights.iter().map(|&weight| f64::from(weight)).enumerate().collect();
        let bars = pareto(&named, 0.8).unwrap();
        prop_assert!(bars.windows(2).all(|pair| pair[0].weight >= pair[1].weight));
        prop_assert_eq!(bars.last().unwrap().cumulative_share, 1.0);
        let vital: f64 = bars.iter().filter(|bar| bar.vital).map(|bar| bar.share).sum();
        prop_assert!(vital >= 0.8 - 1e-12);
    }
}
