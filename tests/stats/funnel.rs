//! Funnel limits.

use proptest::prelude::*;
use redress::stats::StatsError;
use redress::stats::control::{Counted, Exposed};
use redress::stats::funnel::{
    DEFAULT_WINSORISED, Funnel, FunnelPlan, LEVELS, OverDispersion, rate_funnel, share_funnel,
};

use super::{close, maybe, number, table};

const FUNNEL: &str = include_str!("../oracle/stats/funnel.csv");

fn plan(over_dispersion: OverDispersion, target: Option<f64>) -> FunnelPlan {
    FunnelPlan {
        target,
        over_dispersion,
        winsorised: DEFAULT_WINSORISED,
    }
}

fn funnel_of(name: &str, rows: &[Vec<&str>], over_dispersion: OverDispersion) -> Funnel {
    let plan = plan(over_dispersion, maybe(rows[0][3]));
    if name.starts_with("share") {
        let unit = |row: &Vec<&str>| Counted {
            count: row[1].parse().unwrap(),
            size: number(row[2]) as u64,
        };
        share_funnel(&rows.iter().map(unit).collect::<Vec<_>>(), &plan).unwrap()
    } else {
        let unit = |row: &Vec<&str>| Exposed {
            count: row[1].parse().unwrap(),
            exposure: number(row[2]),
        };
        rate_funnel(&rows.iter().map(unit).collect::<Vec<_>>(), &plan).unwrap()
    }
}

#[test]
fn funnels_match_the_papers_formulas() {
    for name in ["share_wide", "share_plain", "rate_wide", "ratio_wide"] {
        let rows: Vec<_> = table(FUNNEL).into_iter().filter(|r| r[0] == name).collect();
        for (over_dispersion, first_column) in [
            (OverDispersion::Ignore, 9),
            (OverDispersion::Multiplicative, 11),
            (OverDispersion::Additive, 13),
        ] {
            let funnel = funnel_of(name, &rows, over_dispersion);
            close(funnel.target, number(rows[0][4]), 1e-12);
            let additive = over_dispersion == OverDispersion::Additive;
            close(
                funnel.phi,
                number(rows[0][if additive { 6 } else { 5 }]),
                1e-10,
            );
            if additive {
                close(funnel.tau_squared, number(rows[0][7]), 1e-9);
            } else {
                assert_eq!(funnel.tau_squared, 0.0);
            }
            // Without over-dispersion all three funnels are the exact one.
            let exact = match over_dispersion {
                OverDispersion::Ignore => true,
                OverDispersion::Multiplicative => funnel.phi <= 1.0,
                OverDispersion::Additive => funnel.tau_squared == 0.0,
            };
            let first_column = if exact { 9 } else { first_column };
            for (point, row) in funnel.points.iter().zip(&rows) {
                for (limits, offset) in point.limits.iter().zip([0, 6]) {
                    close(limits.lower, number(row[first_column + offset]), 1e-8);
                    close(limits.upper, number(row[first_column + offset + 1]), 1e-8);
                }
                if exact {
                    close(point.p_value, number(row[8]), 1e-8);
                }
            }
        }
    }
}

#[test]
fn over_dispersion_widens_and_calms_the_funnel() {
    let rows: Vec<_> = table(FUNNEL)
        .into_iter()
        .filter(|row| row[0] == "share_wide")
        .collect();
    let beyond = |over_dispersion| {
        let funnel = funnel_of("share_wide", &rows, over_dispersion);
        let far = |point: &&redress::stats::funnel::FunnelPoint| {
            point.value > point.limits[1].upper || point.value < point.limits[1].lower
        };
        funnel.points.iter().filter(far).count()
    };
    assert!(beyond(OverDispersion::Ignore) > beyond(OverDispersion::Additive));
    assert_eq!(beyond(OverDispersion::Multiplicative), 0);
}

#[test]
fn the_outline_passes_through_the_limits_of_the_units() {
    let rows: Vec<_> = table(FUNNEL)
        .into_iter()
        .filter(|row| row[0] == "rate_wide")
        .collect();
    for over_dispersion in [
        OverDispersion::Ignore,
        OverDispersion::Multiplicative,
        OverDispersion::Additive,
    ] {
        let funnel = funnel_of("rate_wide", &rows, over_dispersion);
        let point = &funnel.points[3];
        let at = funnel.limits_at(point.size, LEVELS[0]).unwrap();
        assert_eq!(at, point.limits[0]);
        for size in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(funnel.limits_at(size, 0.95).is_err());
        }
        assert!(funnel.limits_at(1.0, 1.0).is_err());
    }
}

#[test]
fn fewer_than_ten_units_make_no_funnel() {
    let nine = [Counted { count: 1, size: 9 }; 9];
    let refusal = share_funnel(&nine, &FunnelPlan::default()).unwrap_err();
    assert!(matches!(
        refusal,
        StatsError::TooFew {
            given: 9,
            least: 10,
            ..
        }
    ));
    assert!(refusal.to_string().contains("rates with intervals"));
}

#[test]
fn funnels_refuse_what_is_no_unit() {
    let plan = FunnelPlan::default();
    assert!(matches!(
        share_funnel(&[], &plan),
        Err(StatsError::TooFew { given: 0, .. })
    ));
    let mut shares = [Counted { count: 1, size: 9 }; 10];
    shares[4] = Counted { count: 2, size: 1 };
    assert!(matches!(
        share_funnel(&shares, &plan),
        Err(StatsError::RowMoreThanAll { row: 5, .. })
    ));
    shares[4] = Counted { count: 0, size: 0 };
    assert!(matches!(
        share_funnel(&shares, &plan),
        Err(StatsError::RowOutOfRange { row: 5, .. })
    ));
    for count in [0, 9] {
        assert!(matches!(
            share_funnel(&[Counted { count, size: 9 }; 10], &plan),
            Err(StatsError::NotEstimable { .. })
        ));
    }
    let mut rates = [Exposed {
        count: 2,
        exposure: 1.0,
    }; 12];
    for exposure in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        rates[1].exposure = exposure;
        assert!(matches!(
            rate_funnel(&rates, &plan),
            Err(StatsError::RowOutOfRange { row: 2, .. })
        ));
    }
    rates[1].exposure = 1.0;
    for target in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let plan = FunnelPlan {
            target: Some(target),
            ..plan
        };
        assert!(matches!(
            rate_funnel(&rates, &plan),
            Err(StatsError::OutOfRange { .. })
        ));
    }
    for target in [1e300, 1e-300] {
        let plan = FunnelPlan {
            target: Some(target),
            over_dispersion: OverDispersion::Ignore,
            ..plan
        };
        assert!(rate_funnel(&rates, &plan).is_err());
    }
    for winsorised in [-0.1, 0.5, f64::NAN] {
        assert!(rate_funnel(&rates, &FunnelPlan { winsorised, ..plan }).is_err());
    }
    rates[3].count = u64::MAX;
    assert!(matches!(
        rate_funnel(&rates, &plan),
        Err(StatsError::TooLarge { .. })
    ));
}

proptest! {
    #[test]
    fn limits_hold_the_target_and_are_numbers(units in prop::collection::vec((0u64..40, 1u64..60), 10..30)) {
        let shares: Vec<Counted> = units.iter().map(|&(count, more)| Counted { count, size: count + more }).collect();
        let rates: Vec<Exposed> = units.iter().map(|&(count, more)| Exposed { count, exposure: more as f64 / 3.0 }).collect();
        for over_dispersion in [OverDispersion::Ignore, OverDispersion::Multiplicative, OverDispersion::Additive] {
            let plan = plan(over_dispersion, None);
            for funnel in [share_funnel(&shares, &plan), rate_funnel(&rates, &plan)].into_iter().flatten() {
                for point in &funnel.points {
                    prop_assert!(point.z.is_finite() && (0.0..=1.0).contains(&point.p_value));
                    for limits in point.limits {
                        prop_assert!(0.0 <= limits.lower && limits.lower <= limits.upper && limits.upper.is_finite());
                    }
                    prop_assert!(point.limits[1].lower <= point.limits[0].lower + 1e-12);
                    prop_assert!(point.limits[0].upper <= point.limits[1].upper + 1e-12);
                }
            }
        }
    }
}
