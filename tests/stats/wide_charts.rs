//! Laney's p' and u' charts, g and t charts.

use proptest::prelude::*;
use redress::stats::StatsError;
use redress::stats::control::{
    Baseline, BaselineSource, ChartKind, ChartPlan, ControlChart, Counted, Exposed, Rebase,
    RunRule, g_chart, p_chart, p_prime_chart, t_chart, u_chart, u_prime_chart,
};

use super::{close, number, table};

const LANEY: &str = include_str!("../oracle/stats/laney.csv");
const RARE: &str = include_str!("../oracle/stats/rare_events.csv");

/// Counts and sizes of one of the oracle's series.
fn series(name: &str) -> Vec<(u64, f64)> {
    table(LANEY)
        .into_iter()
        .filter(|row| row[0] == name)
        .map(|row| (row[1].parse().unwrap(), number(row[2])))
        .collect()
}

fn shares(name: &str) -> Vec<Counted> {
    let point = |(count, size): (u64, f64)| Counted {
        count,
        size: size as u64,
    };
    series(name).into_iter().map(point).collect()
}

fn exposures(name: &str) -> Vec<Exposed> {
    let point = |(count, exposure)| Exposed { count, exposure };
    series(name).into_iter().map(point).collect()
}

fn on_all(points: usize) -> ChartPlan {
    ChartPlan {
        baseline_points: points,
        ..ChartPlan::default()
    }
}

/// Values of the oracle's series of rare events.
fn rare(kind: &str) -> Vec<f64> {
    let rows = table(RARE).into_iter().filter(|row| row[0] == kind);
    rows.map(|row| number(row[1])).collect()
}

fn fired(chart: &ControlChart, rule: RunRule) -> Vec<usize> {
    let hits = chart.points.iter().enumerate();
    hits.filter(|(_, point)| point.signals.contains(&rule))
        .map(|(index, _)| index)
        .collect()
}

#[test]
fn prime_charts_match_laneys_formula() {
    let charts = [
        ("p_orange", p_prime_chart(&shares("p_orange"), &on_all(30))),
        ("p_large", p_prime_chart(&shares("p_large"), &on_all(26))),
        ("u_large", u_prime_chart(&exposures("u_large"), &on_all(24))),
    ];
    for (name, chart) in charts {
        let chart = chart.unwrap();
        let rows: Vec<_> = table(LANEY).into_iter().filter(|r| r[0] == name).collect();
        let baseline = chart.phases[0].baseline.unwrap();
        close(baseline.centre, number(rows[0][3]), 1e-12);
        close(
            baseline.sigma_z(chart.kind).unwrap(),
            number(rows[0][4]),
            1e-12,
        );
        for (point, row) in chart.points.iter().zip(rows) {
            let limits = point.limits.unwrap();
            close(limits.lower, number(row[5]), 1e-12);
            close(limits.upper, number(row[6]), 1e-12);
        }
    }
}

#[test]
fn large_sizes_alarm_on_a_p_chart_and_are_calm_on_a_prime_chart() {
    let points = shares("p_large");
    let plain = p_chart(&points, &on_all(26)).unwrap();
    let prime = p_prime_chart(&points, &on_all(26)).unwrap();
    assert!(fired(&plain, RunRule::BeyondThreeSigma).len() > 10);
    assert!(fired(&prime, RunRule::BeyondThreeSigma).is_empty());
    assert_eq!(plain.phases[0].baseline.unwrap().sigma_z(plain.kind), None);
    let points = exposures("u_large");
    let plain = u_chart(&points, &on_all(24)).unwrap();
    assert!(!fired(&plain, RunRule::BeyondThreeSigma).is_empty());
}

#[test]
fn the_baseline_of_a_prime_chart_freezes_and_a_gap_breaks_its_ranges() {
    let mut points = shares("p_large");
    let first = p_prime_chart(&points[..20], &ChartPlan::default()).unwrap();
    let all = p_prime_chart(&points, &ChartPlan::default()).unwrap();
    assert_eq!(first.phases[0].baseline, all.phases[0].baseline);
    assert!(all.phases[0].baseline.unwrap().is_firm());
    let short = p_prime_chart(&points[..19], &ChartPlan::default()).unwrap();
    assert!(!short.phases[0].baseline.unwrap().is_firm());
    // Two points on either side of a gap have no range, so no sigma z.
    points.truncate(3);
    points[1] = Counted { count: 0, size: 0 };
    let gap = p_prime_chart(&points, &ChartPlan::default()).unwrap();
    assert_eq!(gap.phases[0].baseline, None);
}

#[test]
fn a_stored_prime_baseline_draws_the_same_chart_again() {
    let points = exposures("u_large");
    let chart = u_prime_chart(&points, &ChartPlan::default()).unwrap();
    let again = ChartPlan {
        first: BaselineSource::Frozen(chart.phases[0].baseline.unwrap()),
        ..ChartPlan::default()
    };
    assert_eq!(u_prime_chart(&points, &again).unwrap(), chart);
}

#[test]
fn g_and_t_charts_match_their_formulas() {
    let between: Vec<Option<u64>> = rare("g").iter().map(|&v| Some(v as u64)).collect();
    let times: Vec<Option<f64>> = rare("t").into_iter().map(Some).collect();
    let charts = [
        ("g", g_chart(&between, &on_all(30)).unwrap()),
        ("t", t_chart(&times, &on_all(20)).unwrap()),
    ];
    for (kind, chart) in charts {
        let rows = table(RARE).into_iter().filter(|row| row[0] == kind);
        for (point, row) in chart.points.iter().zip(rows) {
            let limits = point.limits.unwrap();
            close(point.value.unwrap(), number(row[1]), 1e-15);
            close(limits.centre, number(row[2]), 1e-12);
            close(limits.lower, number(row[3]), 1e-12);
            close(limits.upper, number(row[4]), 1e-12);
            close(limits.median, number(row[5]), 1e-12);
            assert_eq!(point.moving_range, None);
        }
    }
}

#[test]
fn a_crowd_of_events_shows_on_a_g_chart_as_a_run_below_the_median() {
    // Mean 23.3 and median 16 as in the oracle: 20 is below the mean, but no sign of a crowd.
    let plan = ChartPlan {
        first: BaselineSource::Frozen(Baseline {
            centre: 70.0 / 3.0,
            unit_sigma: (70.0_f64 / 3.0 * (70.0 / 3.0 + 1.0)).sqrt(),
            points: 30,
        }),
        ..ChartPlan::default()
    };
    let usual = g_chart(&[Some(20); 12], &plan).unwrap();
    assert!(fired(&usual, RunRule::EightOnOneSide).len() == 5);
    let at_median = g_chart(&[Some(16); 12], &plan).unwrap();
    assert!(fired(&at_median, RunRule::EightOnOneSide).is_empty());
    let crowd = g_chart(&[Some(4); 8], &plan).unwrap();
    assert_eq!(fired(&crowd, RunRule::EightOnOneSide), [7]);
    let long_calm = g_chart(&[Some(95)], &plan).unwrap();
    assert_eq!(fired(&long_calm, RunRule::BeyondThreeSigma), [0]);
}

#[test]
fn a_t_chart_judges_on_the_scale_that_it_transforms_to() {
    let mut times: Vec<Option<f64>> = rare("t").into_iter().map(Some).collect();
    // The upper limit is 6937.9 hours.
    times.extend([Some(6900.0), Some(7000.0)]);
    let chart = t_chart(&times, &ChartPlan::default()).unwrap();
    assert_eq!(fired(&chart, RunRule::BeyondThreeSigma), [21]);
    assert_eq!(fired(&chart, RunRule::TwoOfThreeBeyondTwoSigma), [21]);
}

#[test]
fn every_kind_of_chart_is_rebased_with_a_reason() {
    let plan = |reason: &str| ChartPlan {
        rebased: vec![Rebase {
            start: 10,
            reason: reason.to_owned(),
            baseline: BaselineSource::Computed,
        }],
        ..ChartPlan::default()
    };
    let between: Vec<Option<u64>> = (0..20).map(|i| Some(if i < 10 { 5 } else { 50 })).collect();
    let chart = g_chart(&between, &plan("new supplier")).unwrap();
    assert_eq!(chart.kind, ChartKind::Between);
    let centres: Vec<f64> = chart
        .phases
        .iter()
        .map(|phase| phase.baseline.unwrap().centre)
        .collect();
    assert_eq!(centres, [5.0, 50.0]);
    assert!(matches!(
        g_chart(&between, &plan(" ")),
        Err(StatsError::Rebase { .. })
    ));
}

#[test]
fn wide_charts_refuse_what_is_no_series() {
    let plan = ChartPlan::default();
    assert!(matches!(
        p_prime_chart(&[], &plan),
        Err(StatsError::Empty { .. })
    ));
    assert!(matches!(
        p_prime_chart(&[Counted { count: 3, size: 2 }], &plan),
        Err(StatsError::RowMoreThanAll { row: 1, .. })
    ));
    assert!(matches!(g_chart(&[], &plan), Err(StatsError::Empty { .. })));
    assert!(matches!(
        g_chart(&[None], &plan),
        Err(StatsError::Empty { .. })
    ));
    for exposure in [-1.0, f64::NAN, f64::INFINITY, 0.0] {
        assert!(matches!(
            u_prime_chart(&[Exposed { count: 1, exposure }], &plan),
            Err(StatsError::RowOutOfRange { row: 1, .. })
        ));
    }
    for time in [-1.0, f64::NAN, f64::INFINITY] {
        assert!(matches!(
            t_chart(&[Some(1.0), Some(time)], &plan),
            Err(StatsError::RowOutOfRange { row: 2, .. })
        ));
    }
    let frozen = |centre| ChartPlan {
        first: BaselineSource::Frozen(Baseline {
            centre,
            unit_sigma: 1.0,
            points: 20,
        }),
        ..ChartPlan::default()
    };
    assert!(g_chart(&[Some(1)], &frozen(-1.0)).is_err());
    assert!(p_prime_chart(&[Counted { count: 1, size: 2 }], &frozen(1.5)).is_err());
    // Nothing varies: a centre, but no limits.
    let never = p_prime_chart(&[Counted { count: 0, size: 9 }; 25], &plan).unwrap();
    assert!(never.points.iter().all(|point| point.limits.is_none()));
    let at_once = g_chart(&[Some(0); 25], &plan).unwrap();
    assert!(at_once.points.iter().all(|point| point.limits.is_none()));
    let huge = t_chart(&[Some(f64::MAX), Some(0.0)], &plan).unwrap();
    assert!(
        huge.points
            .iter()
            .all(|point| point.limits.is_none_or(|limits| limits.upper.is_finite()))
    );
}

proptest! {
    #[test]
    fn no_wide_chart_holds_a_number_that_is_none(counts in prop::collection::vec((0u64..50, 0u64..60), 1..60)) {
        let plan = ChartPlan::default();
        let shares: Vec<Counted> = counts.iter().map(|&(count, more)| Counted { count, size: count + more }).collect();
        let between: Vec<Option<u64>> = counts.iter().map(|&(count, more)| (more > 0).then_some(count)).collect();
        let times: Vec<Option<f64>> = between.iter().map(|value| value.map(|v| v as f64 / 7.0)).collect();
        let charts = [p_prime_chart(&shares, &plan), g_chart(&between, &plan), t_chart(&times, &plan)];
        for chart in charts.into_iter().flatten() {
            for point in &chart.points {
                if let Some(limits) = point.limits {
                    prop_assert!(0.0 <= limits.lower && limits.lower <= limits.centre && limits.centre <= limits.upper);
                    prop_assert!(limits.upper.is_finite() && limits.sigma > 0.0 && limits.median >= 0.0);
                }
            }
        }
    }
}
