//! Power of the verdict "effective".

use proptest::prelude::*;
use redress::stats::StatsError;
use redress::stats::power::{Comparison, DEFAULT_POWER, FollowUp, follow_up_needed, power};

use super::{close, number, table};

fn halving(follow_up_exposure: f64) -> Comparison {
    Comparison {
        baseline_rate: 4.0,
        baseline_exposure: 12.0,
        follow_up_exposure,
        reduction: 0.5,
        target: 0.0,
    }
}

/// A year's baseline with this many events.
fn year(events: f64, reduction: f64, target: f64) -> Comparison {
    Comparison {
        baseline_rate: events / 12.0,
        reduction,
        target,
        ..halving(1.0)
    }
}

#[test]
fn the_power_matches_the_sum_over_all_pairs_of_counts() {
    for row in table(include_str!("../oracle/stats/power.csv")) {
        let plan = Comparison {
            baseline_rate: number(row[0]),
            baseline_exposure: number(row[1]),
            follow_up_exposure: number(row[2]),
            reduction: number(row[3]),
            target: number(row[4]),
        };
        let ours = power(&plan, 0.95).unwrap();
        assert!((ours - number(row[5])).abs() < 1e-9, "{row:?}: {ours}");
    }
}

#[test]
fn seeing_a_halving_of_four_a_month_takes_more_than_a_year() {
    // The oracle: 12 months of follow-up give 78 %, 24 give 90 %.
    let needed = follow_up_needed(&halving(1.0), DEFAULT_POWER, 0.95, 120).unwrap();
    let FollowUp::Periods { periods, power: at } = needed else {
        panic!("{needed:?}");
    };
    assert!((13..=14).contains(&periods), "{periods}");
    close(
        at,
        power(&halving(f64::from(periods)), 0.95).unwrap(),
        1e-12,
    );
    assert!(at >= DEFAULT_POWER);
    assert!(power(&halving(f64::from(periods - 1)), 0.95).unwrap() < DEFAULT_POWER);
}

#[test]
fn a_small_reduction_of_few_cases_is_never_seen() {
    let needed = follow_up_needed(&year(6.0, 0.2, 0.0), DEFAULT_POWER, 0.95, 60).unwrap();
    assert!(matches!(
        needed,
        FollowUp::NotReached { longest: 60, power } if power < 0.3
    ));
    // The estimate reaches a target equal to the truth only about every other time.
    let needed = follow_up_needed(&year(480.0, 0.5, 0.5), DEFAULT_POWER, 0.95, 24).unwrap();
    assert!(matches!(
        needed,
        FollowUp::NotReached { power, .. } if (0.4..0.6).contains(&power)
    ));
}

#[test]
fn many_cases_are_seen_at_once() {
    let needed = follow_up_needed(&year(120_000.0, 0.5, 0.0), 0.8, 0.95, 12).unwrap();
    assert!(matches!(needed, FollowUp::Periods { periods: 1, .. }));
}

#[test]
fn power_refuses_what_is_no_plan() {
    for broken in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        for plan in [
            Comparison {
                baseline_rate: broken,
                ..halving(6.0)
            },
            Comparison {
                baseline_exposure: broken,
                ..halving(6.0)
            },
            halving(broken),
        ] {
            assert!(matches!(
                power(&plan, 0.95),
                Err(StatsError::OutOfRange { .. })
            ));
        }
    }
    for share in [-0.1, 1.0, f64::NAN] {
        let reduction = Comparison {
            reduction: share,
            ..halving(6.0)
        };
        let target = Comparison {
            target: share,
            ..halving(6.0)
        };
        assert!(power(&reduction, 0.95).is_err() && power(&target, 0.95).is_err());
    }
    assert!(power(&halving(6.0), 1.0).is_err());
    assert!(matches!(
        power(&halving(1e9), 0.95),
        Err(StatsError::TooLarge { .. })
    ));
    assert!(follow_up_needed(&year(0.0, 0.5, 0.0), 0.8, 0.95, 12).is_err());
    for wanted in [0.0, 1.0, f64::NAN] {
        assert!(follow_up_needed(&halving(1.0), wanted, 0.95, 12).is_err());
    }
    assert!(follow_up_needed(&halving(1.0), 0.8, 0.95, 0).is_err());
}

proptest! {
    #[test]
    fn a_larger_reduction_is_seen_more_often(rate in 0.2f64..30.0, months in 1.0f64..30.0, small in 0.0f64..0.5, more in 0.05f64..0.45) {
        let plan = |reduction| Comparison { baseline_rate: rate, reduction, ..halving(months) };
        let (low, high) = (power(&plan(small), 0.95).unwrap(), power(&plan(small + more), 0.95).unwrap());
        prop_assert!((0.0..=1.0).contains(&low) && low <= high + 1e-12);
    }
}
