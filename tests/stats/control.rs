//! p, u and XmR charts and their rules.

use proptest::prelude::*;
use redress::stats::StatsError;
use redress::stats::control::{
    Baseline, BaselineSource, ChartPlan, ControlChart, Counted, Exposed, Rebase, RunRule, p_chart,
    u_chart, xmr_chart,
};

use super::printed;

/// Cans of orange juice that did not hold tight, of 50 each: Montgomery, Introduction to Statistical
/// Quality Control, example of the p chart; `orangejuice` in R's qcc. NIST/SEMATECH e-Handbook 6.3.3.2
/// shows the same counts as defective chips on wafers.
const ORANGE_JUICE: [u64; 30] = [
    12, 15, 8, 10, 4, 7, 16, 9, 14, 10, 5, 6, 17, 12, 22, 8, 10, 5, 13, 11, 20, 18, 24, 15, 9, 12,
    7, 13, 9, 6,
];

/// Nonconformities in 20 lots of 5 computers: Montgomery, example of the u chart; `pcmanufact` in qcc.
const COMPUTERS: [u64; 20] = [
    10, 12, 8, 14, 10, 16, 11, 7, 10, 15, 9, 5, 7, 11, 12, 6, 8, 10, 7, 5,
];

/// Defects on 25 wafers: NIST/SEMATECH e-Handbook 6.3.3.1.
const WAFERS: [u64; 25] = [
    16, 14, 28, 16, 12, 20, 10, 12, 10, 17, 19, 17, 14, 16, 15, 13, 14, 16, 11, 20, 11, 19, 16, 31,
    13,
];

/// Flow rates of 10 batches: NIST/SEMATECH e-Handbook 6.3.2.2.
const FLOW_RATES: [f64; 10] = [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1];

fn of_fifty(counts: &[u64]) -> Vec<Counted> {
    let point = |&count| Counted { count, size: 50 };
    counts.iter().map(point).collect()
}

fn over(counts: &[u64], exposure: f64) -> Vec<Exposed> {
    let point = |&count| Exposed { count, exposure };
    counts.iter().map(point).collect()
}

fn resting_on(baseline_points: usize) -> ChartPlan {
    ChartPlan {
        baseline_points,
        ..ChartPlan::default()
    }
}

/// Centre 0 and sigma 1, known from 50 points.
fn standard() -> ChartPlan {
    ChartPlan {
        first: BaselineSource::Frozen(Baseline {
            centre: 0.0,
            unit_sigma: 1.0,
            points: 50,
        }),
        ..ChartPlan::default()
    }
}

fn standard_chart(values: &[f64]) -> ControlChart {
    let values: Vec<Option<f64>> = values.iter().copied().map(Some).collect();
    xmr_chart(&values, &standard()).unwrap()
}

/// Indices, from 0, at which a rule fires.
fn fired(chart: &ControlChart, rule: RunRule) -> Vec<usize> {
    let hits = chart.points.iter().enumerate();
    hits.filter(|(_, point)| point.signals.contains(&rule))
        .map(|(index, _)| index)
        .collect()
}

#[test]
fn a_p_chart_matches_montgomery_and_nist() {
    // Montgomery: centre 0.2313, limits 0.0524 and 0.4102, samples 15 and 23 beyond them.
    let chart = p_chart(&of_fifty(&ORANGE_JUICE), &resting_on(30)).unwrap();
    let limits = chart.points[0].limits.unwrap();
    printed(limits.centre, 0.2313, 4);
    printed(limits.lower, 0.0524, 4);
    printed(limits.upper, 0.4102, 4);
    assert_eq!(fired(&chart, RunRule::BeyondThreeSigma), [14, 22]);
}

#[test]
fn a_p_chart_without_the_explained_samples_matches_montgomery() {
    // Montgomery: without samples 15 and 23 the centre is 0.2150 and the limits 0.0407 and 0.3893;
    // sample 21 (here 0.40) then lies beyond.
    let mut points = of_fifty(&ORANGE_JUICE);
    for explained in [14, 22] {
        points[explained] = Counted { count: 0, size: 0 };
    }
    let chart = p_chart(&points, &resting_on(30)).unwrap();
    let limits = chart.points[0].limits.unwrap();
    printed(limits.centre, 0.2150, 4);
    printed(limits.lower, 0.0407, 4);
    printed(limits.upper, 0.3893, 4);
    assert_eq!(fired(&chart, RunRule::BeyondThreeSigma), [20]);
    assert_eq!(chart.points[14].value, None);
    assert_eq!(chart.points[14].limits, None);
}

#[test]
fn a_u_chart_matches_montgomery() {
    // Montgomery: centre 1.93, limits 0.07 and 3.79, nothing beyond.
    let chart = u_chart(&over(&COMPUTERS, 5.0), &ChartPlan::default()).unwrap();
    let limits = chart.points[0].limits.unwrap();
    printed(limits.centre, 1.93, 2);
    printed(limits.lower, 0.07, 2);
    printed(limits.upper, 3.79, 2);
    assert!(chart.phases[0].baseline.unwrap().is_firm());
    assert!(fired(&chart, RunRule::BeyondThreeSigma).is_empty());
}

#[test]
fn a_chart_of_counts_matches_nist() {
    // NIST: centre 16, limits 4 and 28. The third wafer lies on the limit, the 24th (31) beyond.
    let chart = u_chart(&over(&WAFERS, 1.0), &resting_on(25)).unwrap();
    let limits = chart.points[0].limits.unwrap();
    assert_eq!(
        (limits.centre, limits.lower, limits.upper),
        (16.0, 4.0, 28.0)
    );
    assert_eq!(fired(&chart, RunRule::BeyondThreeSigma), [23]);
}

#[test]
fn an_individuals_chart_matches_nist() {
    // NIST: mean 50.81, mean moving range 1.8778, limits 45.8159 and 55.8041.
    let values: Vec<Option<f64>> = FLOW_RATES.iter().copied().map(Some).collect();
    let chart = xmr_chart(&values, &ChartPlan::default()).unwrap();
    let limits = chart.points[0].limits.unwrap();
    let ranges: Vec<f64> = chart
        .points
        .iter()
        .filter_map(|point| point.moving_range)
        .collect();
    printed(ranges.iter().sum::<f64>() / 9.0, 1.8778, 4);
    printed(limits.centre, 50.81, 2);
    printed(limits.lower, 45.8159, 4);
    printed(limits.upper, 55.8041, 4);
    // D4 = 3.267 of the same tables.
    printed(
        chart.phases[0].baseline.unwrap().moving_range_limit(),
        3.267 * 1.8778,
        3,
    );
    assert!(!chart.phases[0].baseline.unwrap().is_firm());
}

#[test]
fn limits_follow_the_size_of_the_point() {
    let mut points = over(&COMPUTERS, 5.0);
    points.push(Exposed {
        count: 40,
        exposure: 20.0,
    });
    let chart = u_chart(&points, &ChartPlan::default()).unwrap();
    let (small, large) = (
        chart.points[0].limits.unwrap(),
        chart.points[20].limits.unwrap(),
    );
    assert_eq!(small.centre, large.centre);
    assert!((small.sigma - 2.0 * large.sigma).abs() < 1e-12);
}

#[test]
fn eight_on_one_side_fires_at_the_eighth_and_the_centre_breaks_it() {
    let chart = standard_chart(&[0.1, 0.3, 0.2, 0.5, 0.4, 0.6, 0.2, 0.3, 0.1, -0.1]);
    assert_eq!(fired(&chart, RunRule::EightOnOneSide), [7, 8]);
    let broken = standard_chart(&[0.1, 0.3, 0.2, 0.5, 0.0, 0.6, 0.2, 0.3, 0.1, 0.1]);
    assert!(fired(&broken, RunRule::EightOnOneSide).is_empty());
    let switching = standard_chart(&[-0.1, 0.1, 0.3, 0.2, 0.5, 0.4, 0.6, 0.2, -0.3]);
    assert!(fired(&switching, RunRule::EightOnOneSide).is_empty());
}

#[test]
fn six_trending_counts_points_and_equals_break_it() {
    let rising = standard_chart(&[-1.0, -0.6, -0.2, 0.2, 0.6, 1.0, 0.9]);
    assert_eq!(fired(&rising, RunRule::SixTrending), [5]);
    let falling = standard_chart(&[1.0, 1.1, 0.6, 0.2, -0.2, -0.6, -1.0]);
    assert_eq!(fired(&falling, RunRule::SixTrending), [6]);
    let equals = standard_chart(&[-1.0, -0.6, -0.2, -0.2, 0.6, 1.0, 1.2]);
    assert!(fired(&equals, RunRule::SixTrending).is_empty());
}

#[test]
fn two_of_three_wants_the_same_side_and_the_point_itself() {
    let rule = RunRule::TwoOfThreeBeyondTwoSigma;
    assert_eq!(fired(&standard_chart(&[2.1, 0.0, 2.2, 0.0]), rule), [2]);
    assert_eq!(fired(&standard_chart(&[-2.1, -2.2, 1.0]), rule), [1]);
    assert!(fired(&standard_chart(&[2.1, -2.2, 0.0]), rule).is_empty());
    assert!(fired(&standard_chart(&[2.1, 0.0, 0.0, 2.2]), rule).is_empty());
    // Exactly 2 sigma is not beyond.
    assert!(fired(&standard_chart(&[2.0, 2.0, 2.0]), rule).is_empty());
}

#[test]
fn a_gap_breaks_every_run_and_every_range() {
    let mut values: Vec<Option<f64>> = vec![Some(0.5); 12];
    values[6] = None;
    let chart = xmr_chart(&values, &standard()).unwrap();
    assert!(fired(&chart, RunRule::EightOnOneSide).is_empty());
    assert_eq!(chart.points[6].moving_range, None);
    assert_eq!(chart.points[7].moving_range, None);
    assert_eq!(chart.points[8].moving_range, Some(0.0));
}

#[test]
fn a_provisional_baseline_carries_only_the_three_sigma_rule() {
    let mut provisional = standard();
    provisional.first = BaselineSource::Frozen(Baseline {
        centre: 0.0,
        unit_sigma: 1.0,
        points: 19,
    });
    let values: Vec<Option<f64>> = (0..12).map(|step| Some(0.3 * f64::from(step))).collect();
    let chart = xmr_chart(&values, &provisional).unwrap();
    assert!(fired(&chart, RunRule::EightOnOneSide).is_empty());
    assert!(fired(&chart, RunRule::SixTrending).is_empty());
    assert!(fired(&chart, RunRule::TwoOfThreeBeyondTwoSigma).is_empty());
    assert_eq!(fired(&chart, RunRule::BeyondThreeSigma), [11]);
}

#[test]
fn points_after_the_twentieth_do_not_move_frozen_limits() {
    let first: Vec<Counted> = of_fifty(&ORANGE_JUICE[..20]);
    let frozen = p_chart(&first, &ChartPlan::default()).unwrap();
    let later = p_chart(&of_fifty(&ORANGE_JUICE), &ChartPlan::default()).unwrap();
    assert_eq!(frozen.phases[0].baseline, later.phases[0].baseline);
    // One point fewer, and the limits are provisional.
    let short = p_chart(&first[..19], &ChartPlan::default()).unwrap();
    assert!(!short.phases[0].baseline.unwrap().is_firm());
}

#[test]
fn a_stored_baseline_draws_the_same_chart_again() {
    let points = of_fifty(&ORANGE_JUICE);
    let chart = p_chart(&points, &ChartPlan::default()).unwrap();
    let again = ChartPlan {
        first: BaselineSource::Frozen(chart.phases[0].baseline.unwrap()),
        ..ChartPlan::default()
    };
    assert_eq!(p_chart(&points, &again).unwrap(), chart);
}

#[test]
fn a_rebased_phase_has_limits_and_runs_of_its_own() {
    let values: Vec<Option<f64>> = (0..48)
        .map(|index| Some(if index < 24 { 10.0 } else { 30.0 } + f64::from(index % 2)))
        .collect();
    let plan = ChartPlan {
        rebased: vec![Rebase {
            start: 24,
            reason: "new bottling line".to_owned(),
            baseline: BaselineSource::Computed,
        }],
        ..ChartPlan::default()
    };
    let chart = xmr_chart(&values, &plan).unwrap();
    let centres: Vec<f64> = chart
        .phases
        .iter()
        .map(|phase| phase.baseline.unwrap().centre)
        .collect();
    assert_eq!(centres, [10.5, 30.5]);
    assert_eq!(
        (
            chart.phases[0].end,
            chart.phases[1].start,
            chart.phases[1].end
        ),
        (24, 24, 48)
    );
    assert_eq!(chart.phases[1].reason.as_deref(), Some("new bottling line"));
    assert_eq!(chart.points[24].moving_range, None);
    assert!(chart.points.iter().all(|point| point.signals.is_empty()));
    // Without the rebasing the same points are far out.
    let plain = xmr_chart(&values, &ChartPlan::default()).unwrap();
    assert_eq!(
        fired(&plain, RunRule::BeyondThreeSigma),
        (24..48).collect::<Vec<_>>()
    );
}

#[test]
fn rebasing_needs_a_reason_and_an_order() {
    let points = of_fifty(&ORANGE_JUICE);
    let rebase = |start: usize, reason: &str| Rebase {
        start,
        reason: reason.to_owned(),
        baseline: BaselineSource::Computed,
    };
    for rebased in [
        vec![rebase(5, "  ")],
        vec![rebase(0, "start")],
        vec![rebase(30, "end")],
        vec![rebase(20, "b"), rebase(10, "a")],
        vec![rebase(10, "a"), rebase(10, "b")],
    ] {
        let plan = ChartPlan {
            rebased,
            ..ChartPlan::default()
        };
        assert!(matches!(
            p_chart(&points, &plan),
            Err(StatsError::Rebase { .. })
        ));
    }
}

#[test]
fn an_unfinished_period_is_drawn_but_not_judged() {
    let mut values: Vec<Option<f64>> = (0..25).map(|index| Some(f64::from(index % 3))).collect();
    values.push(Some(100.0));
    let finished = xmr_chart(&values, &ChartPlan::default()).unwrap();
    assert_eq!(fired(&finished, RunRule::BeyondThreeSigma), [25]);
    let plan = ChartPlan {
        last_unfinished: true,
        ..resting_on(26)
    };
    let chart = xmr_chart(&values, &plan).unwrap();
    assert!(chart.points[25].unfinished && chart.points[25].signals.is_empty());
    assert!(chart.points[25].limits.is_some());
    assert_eq!(chart.phases[0].baseline.unwrap().points, 25);
}

#[test]
fn what_has_no_limits_says_so() {
    let one = xmr_chart(&[Some(3.0)], &ChartPlan::default()).unwrap();
    assert_eq!(one.phases[0].baseline, None);
    assert_eq!(one.points[0].limits, None);
    let constant = xmr_chart(&[Some(3.0); 30], &ChartPlan::default()).unwrap();
    assert_eq!(constant.phases[0].baseline.unwrap().unit_sigma, 0.0);
    assert!(
        constant
            .points
            .iter()
            .all(|point| point.limits.is_none() && point.signals.is_empty())
    );
    let never = p_chart(&of_fifty(&[0; 25]), &ChartPlan::default()).unwrap();
    assert!(never.points.iter().all(|point| point.limits.is_none()));
}

#[test]
fn charts_refuse_what_is_no_series() {
    let plan = ChartPlan::default();
    assert!(matches!(p_chart(&[], &plan), Err(StatsError::Empty { .. })));
    assert!(matches!(
        xmr_chart(&[None, None], &plan),
        Err(StatsError::Empty { .. })
    ));
    assert!(matches!(
        p_chart(&[Counted { count: 3, size: 2 }], &plan),
        Err(StatsError::RowMoreThanAll { row: 1, .. })
    ));
    for exposure in [-1.0, f64::NAN, f64::INFINITY, 0.0] {
        assert!(matches!(
            u_chart(&[Exposed { count: 1, exposure }], &plan),
            Err(StatsError::RowOutOfRange { row: 1, .. })
        ));
    }
    assert!(xmr_chart(&[Some(1.0), Some(f64::NAN)], &plan).is_err());
    assert!(xmr_chart(&[Some(1.0)], &resting_on(19)).is_err());
    for (centre, unit_sigma) in [(f64::NAN, 1.0), (0.0, -1.0), (0.0, f64::INFINITY)] {
        let first = BaselineSource::Frozen(Baseline {
            centre,
            unit_sigma,
            points: 20,
        });
        let plan = ChartPlan {
            first,
            ..ChartPlan::default()
        };
        assert!(matches!(
            xmr_chart(&[Some(1.0)], &plan),
            Err(StatsError::OutOfRange { .. })
        ));
    }
    // Ranges that overflow leave the limits out.
    let huge = xmr_chart(&[Some(f64::MAX), Some(f64::MIN), Some(0.0)], &plan).unwrap();
    assert!(
        huge.points
            .iter()
            .all(|point| point.limits.is_none_or(|limits| limits.upper.is_finite()))
    );
}

proptest! {
    #[test]
    fn no_chart_holds_a_number_that_is_none(counts in prop::collection::vec((0u64..50, 0u64..60), 1..60), unfinished: bool) {
        let points: Vec<Counted> = counts.iter().map(|&(count, more)| Counted { count, size: count + more }).collect();
        let plan = ChartPlan { last_unfinished: unfinished, ..ChartPlan::default() };
        if let Ok(chart) = p_chart(&points, &plan) {
            prop_assert_eq!(chart.points.len(), points.len());
            for point in &chart.points {
                prop_assert!(point.value.is_none_or(f64::is_finite));
                if let Some(limits) = point.limits {
                    prop_assert!(0.0 <= limits.lower && limits.lower <= limits.centre);
                    prop_assert!(limits.centre <= limits.upper && limits.upper <= 1.0);
                    prop_assert!(limits.sigma > 0.0);
                }
            }
        }
    }
}
