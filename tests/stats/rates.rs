//! Poisson rates and their ratio.

use proptest::prelude::*;
use redress::stats::StatsError;
use redress::stats::rate::{Rate, RateMethod, exact_rate, rate_ratio};

use super::{close, maybe, number, printed, table};

fn rate(events: u64, exposure: f64) -> Rate {
    Rate { events, exposure }
}

#[test]
fn an_exact_rate_matches_rs_manual() {
    // R, example of poisson.test: poisson.test(137, 24.19893), Welsh nickel workers.
    let workers = exact_rate(rate(137, 24.19893), 0.95).unwrap();
    printed(workers.value, 5.661407, 6);
    printed(workers.lower, 4.753125, 6);
    printed(workers.upper, 6.692709, 6);
}

#[test]
fn an_exact_rate_without_events_has_the_rule_of_threes_limit() {
    // -ln(0.025) = 3.688879, as epitools' pois.exact documents (3.689).
    let none = exact_rate(rate(0, 1.0), 0.95).unwrap();
    assert_eq!((none.value, none.lower), (0.0, 0.0));
    close(none.upper, 0.025f64.ln().abs(), 1e-12);
}

#[test]
fn an_exact_rate_matches_scipy() {
    for row in table(include_str!("../oracle/stats/poisson_rate.csv")) {
        let (events, exposure) = (row[0].parse().unwrap(), number(row[1]));
        let ours = exact_rate(rate(events, exposure), number(row[2])).unwrap();
        close(ours.lower, number(row[3]), 1e-9);
        close(ours.upper, number(row[4]), 1e-9);
    }
}

#[test]
fn a_rate_ratio_matches_rs_manual() {
    // R, example of poisson.test: poisson.test(c(11, 6+8+7), c(800, 1083+1050+878)).
    let first = rate(11, 800.0);
    let second = rate(6 + 8 + 7, 1083.0 + 1050.0 + 878.0);
    let ours = rate_ratio(first, second, RateMethod::Exact, 0.95).unwrap();
    printed(ours.ratio.unwrap(), 1.971488, 6);
    printed(ours.lower, 0.8584264, 7);
    printed(ours.upper.unwrap(), 4.2772659, 7);
    printed(ours.p_value, 0.07967, 5);
}

#[test]
fn rate_ratios_match_scipy() {
    for row in table(include_str!("../oracle/stats/rate_ratio.csv")) {
        let first = rate(row[0].parse().unwrap(), number(row[1]));
        let second = rate(row[2].parse().unwrap(), number(row[3]));
        for (method, at) in [(RateMethod::Exact, 4), (RateMethod::MidP, 7)] {
            let ours = rate_ratio(first, second, method, 0.95).unwrap();
            close(ours.lower, number(row[at]), 1e-8);
            match (ours.upper, maybe(row[at + 1])) {
                (Some(ours), Some(theirs)) => close(ours, theirs, 1e-8),
                (ours, theirs) => assert_eq!(ours, theirs),
            }
            close(ours.p_value, number(row[at + 2]), 1e-8);
        }
    }
}

#[test]
fn a_group_without_events_leaves_one_side_open() {
    let none = rate_ratio(rate(0, 1.0), rate(4, 1.0), RateMethod::MidP, 0.95).unwrap();
    assert_eq!((none.ratio, none.lower), (Some(0.0), 0.0));
    assert!(none.upper.is_some());
    let all = rate_ratio(rate(4, 1.0), rate(0, 1.0), RateMethod::Exact, 0.95).unwrap();
    assert_eq!((all.ratio, all.upper), (None, None));
    assert!(matches!(
        rate_ratio(rate(0, 1.0), rate(0, 1.0), RateMethod::Exact, 0.95),
        Err(StatsError::NotEstimable { .. })
    ));
}

#[test]
fn rates_refuse_what_is_no_exposure() {
    for exposure in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(matches!(
            exact_rate(rate(1, exposure), 0.95),
            Err(StatsError::OutOfRange { .. })
        ));
        assert!(rate_ratio(rate(1, exposure), rate(1, 1.0), RateMethod::MidP, 0.95).is_err());
        assert!(rate_ratio(rate(1, 1.0), rate(1, exposure), RateMethod::MidP, 0.95).is_err());
    }
    assert!(exact_rate(rate(1, 1.0), f64::NAN).is_err());
    assert!(matches!(
        exact_rate(rate(u64::MAX, 1.0), 0.95),
        Err(StatsError::TooLarge { .. })
    ));
    // The quotient would not be finite.
    assert!(exact_rate(rate(1000, 1e-308), 0.95).is_err());
    assert!(rate_ratio(rate(9, 1e-300), rate(1, 1e300), RateMethod::Exact, 0.95).is_err());
}

proptest! {
    #[test]
    fn a_ratio_lies_in_its_interval_and_turns_over(a in 0u64..400, b in 0u64..400, s in 0.1f64..50.0, t in 0.1f64..50.0) {
        prop_assume!(a + b > 0);
        for method in [RateMethod::Exact, RateMethod::MidP] {
            let there = rate_ratio(rate(a, s), rate(b, t), method, 0.95).unwrap();
            let back = rate_ratio(rate(b, t), rate(a, s), method, 0.95).unwrap();
            if let Some(ratio) = there.ratio {
                prop_assert!(there.lower <= ratio);
                prop_assert!(there.upper.is_none_or(|upper| ratio <= upper));
            }
            prop_assert!((0.0..=1.0).contains(&there.p_value));
            prop_assert!((there.p_value - back.p_value).abs() < 1e-9);
            if let Some(upper) = there.upper && back.lower > 0.0 {
                prop_assert!((upper * back.lower - 1.0).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn the_mid_p_interval_lies_within_the_exact_one(a in 1u64..300, b in 1u64..300) {
        let exact = rate_ratio(rate(a, 2.0), rate(b, 3.0), RateMethod::Exact, 0.95).unwrap();
        let mid = rate_ratio(rate(a, 2.0), rate(b, 3.0), RateMethod::MidP, 0.95).unwrap();
        prop_assert!(exact.lower < mid.lower);
        prop_assert!(mid.upper.unwrap() < exact.upper.unwrap());
    }
}
