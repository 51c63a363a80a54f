//! Kaplan-Meier curves and cumulative incidence.

use proptest::prelude::*;
use redress::stats::StatsError;
use redress::stats::incidence::cumulative_incidence;
use redress::stats::survival::{
    CurveInterval, CurveOptions, Quantile, SurvivalCurve, TimeCount, TimeQuantile, kaplan_meier,
};

use super::{close, maybe, number, printed, table};

const KAPLAN_MEIER: &str = include_str!("../oracle/stats/kaplan_meier.csv");

fn count(time: f64, events: u64, competing: u64, censored: u64) -> TimeCount {
    TimeCount {
        time,
        events,
        competing,
        censored,
    }
}

fn with(interval: CurveInterval) -> CurveOptions {
    CurveOptions {
        interval,
        ..CurveOptions::default()
    }
}

/// The counted table of one of the oracle's data sets.
fn data(name: &str) -> Vec<TimeCount> {
    table(KAPLAN_MEIER)
        .into_iter()
        .filter(|row| row[0] == name)
        .map(|row| {
            count(
                number(row[1]),
                row[2].parse().unwrap(),
                0,
                row[3].parse().unwrap(),
            )
        })
        .collect()
}

fn curve(name: &str) -> SurvivalCurve {
    kaplan_meier(&data(name), &CurveOptions::default()).unwrap()
}

fn time_quantile(quantile: Quantile) -> TimeQuantile {
    match quantile {
        Quantile::Reached(found) | Quantile::Sparse(found) => found,
        Quantile::NotReached => panic!("not reached"),
    }
}

#[test]
fn the_curve_matches_what_r_prints_for_aml() {
    // R, package survival: summary(survfit(Surv(time, status) ~ x, data = aml)).
    // time, at risk, events, survival, standard error, lower, upper (conf.type "log").
    let maintained = [
        (9.0, 11, 1, 0.909, 0.0867, 0.7541, 1.000),
        (13.0, 10, 1, 0.818, 0.1163, 0.6192, 1.000),
        (18.0, 8, 1, 0.716, 0.1397, 0.4884, 1.000),
        (23.0, 7, 1, 0.614, 0.1526, 0.3769, 0.999),
        (31.0, 5, 1, 0.491, 0.1642, 0.2549, 0.946),
        (34.0, 4, 1, 0.368, 0.1627, 0.1549, 0.875),
        (48.0, 2, 1, 0.184, 0.1535, 0.0359, 0.944),
    ];
    let nonmaintained = [
        (5.0, 12, 2, 0.833, 0.1076, 0.6470, 1.000),
        (8.0, 10, 2, 0.667, 0.1361, 0.4468, 0.995),
        (12.0, 8, 1, 0.583, 0.1423, 0.3616, 0.941),
        (23.0, 6, 1, 0.486, 0.1481, 0.2675, 0.883),
        (27.0, 5, 1, 0.389, 0.1470, 0.1854, 0.816),
        (30.0, 4, 1, 0.292, 0.1387, 0.1148, 0.741),
        (33.0, 3, 1, 0.194, 0.1219, 0.0569, 0.664),
        (43.0, 2, 1, 0.097, 0.0919, 0.0153, 0.620),
    ];
    for (name, lines) in [
        ("aml_maintained", &maintained[..]),
        ("aml_nonmaintained", &nonmaintained[..]),
    ] {
        let curve = curve(name);
        for &(time, at_risk, events, survival, error, lower, upper) in lines {
            let step = curve.steps().iter().find(|step| step.time == time).unwrap();
            assert_eq!((step.at_risk, step.events), (at_risk, events));
            printed(step.survival, survival, 3);
            printed(step.std_error.unwrap(), error, 4);
            printed(step.lower.unwrap(), lower, 4);
            printed(step.upper.unwrap(), upper, 3);
        }
    }
    // The last line: survival 0, the rest NaN or NA.
    let nonmaintained = curve("aml_nonmaintained");
    let last = nonmaintained.steps().last().unwrap();
    assert_eq!((last.time, last.survival), (45.0, 0.0));
    assert_eq!((last.std_error, last.lower, last.upper), (None, None, None));
}

#[test]
fn medians_match_what_r_prints() {
    // R, package survival: print(survfit(...)): records, events, median, 0.95LCL, 0.95UCL.
    for (name, records, events, median, lower, upper) in [
        ("aml_maintained", 11, 7, 31.0, Some(18.0), None),
        ("aml_nonmaintained", 12, 11, 23.0, Some(8.0), None),
        ("lung", 228, 165, 310.0, Some(285.0), Some(363.0)),
    ] {
        let curve = curve(name);
        assert_eq!((curve.total(), curve.events()), (records, events));
        let found = time_quantile(curve.median());
        assert_eq!(
            (found.time, found.lower, found.upper),
            (median, lower, upper)
        );
    }
    assert!(matches!(curve("lung").median(), Quantile::Reached(_)));
    // Of the 11 with aml, 5 were left at 31: fewer than ten.
    assert!(matches!(
        curve("aml_maintained").median(),
        Quantile::Sparse(_)
    ));
}

#[test]
fn a_look_up_between_events_matches_what_r_prints_for_lung() {
    // R: summary(survfit(Surv(time, status) ~ 1, data = lung), times = 365.25):
    // at risk 65, survival 0.409, standard error 0.0358, limits 0.345 and 0.486.
    let year = curve("lung").at(365.25).unwrap();
    assert_eq!(year.at_risk, 65);
    printed(year.survival, 0.409, 3);
    printed(year.std_error.unwrap(), 0.0358, 4);
    printed(year.lower.unwrap(), 0.345, 3);
    printed(year.upper.unwrap(), 0.486, 3);
    assert!(!year.sparse);
}

#[test]
fn curves_match_lifelines_and_statsmodels() {
    let rows = table(KAPLAN_MEIER);
    for name in ["aml_maintained", "aml_nonmaintained", "lung", "waltons"] {
        let data = data(name);
        for (interval, at) in [
            (CurveInterval::Log, 7),
            (CurveInterval::Plain, 9),
            (CurveInterval::LogLog, 11),
        ] {
            let curve = kaplan_meier(&data, &with(interval)).unwrap();
            let rows: Vec<_> = rows.iter().filter(|row| row[0] == name).collect();
            assert_eq!(curve.steps().len(), rows.len());
            for (step, row) in curve.steps().iter().zip(rows) {
                close(step.survival, number(row[5]), 1e-10);
                let theirs = [maybe(row[6]), maybe(row[at]), maybe(row[at + 1])];
                if let Some(at_risk) = maybe(row[4]) {
                    assert_eq!(step.at_risk as f64, at_risk);
                }
                for (ours, theirs) in [step.std_error, step.lower, step.upper]
                    .into_iter()
                    .zip(theirs)
                {
                    if let Some(theirs) = theirs {
                        close(ours.unwrap(), theirs, 1e-9);
                    }
                }
            }
        }
    }
}

#[test]
fn quantiles_match_lifelines() {
    for row in table(include_str!("../oracle/stats/quantiles.csv")) {
        let found = curve(row[0]).quantile(number(row[1])).unwrap();
        match maybe(row[2]) {
            Some(theirs) => assert_eq!(time_quantile(found).time, theirs, "{row:?}"),
            None => assert_eq!(found, Quantile::NotReached),
        }
    }
}

#[test]
fn a_level_met_exactly_gives_the_middle_of_the_flat_piece() {
    // As R documents for quantile.survfit: a curve that is flat at the level gives the middle.
    let rows: Vec<TimeCount> = [1.0, 2.0, 4.0, 9.0]
        .map(|time| count(time, 1, 0, 0))
        .to_vec();
    let curve = kaplan_meier(&rows, &CurveOptions::default()).unwrap();
    assert_eq!(time_quantile(curve.median()).time, 3.0);
    assert_eq!(time_quantile(curve.quantile(0.75).unwrap()).time, 6.5);
    // Never lower: the time itself.
    let flat = kaplan_meier(
        &[count(1.0, 2, 0, 0), count(5.0, 0, 0, 2)],
        &CurveOptions::default(),
    )
    .unwrap();
    assert_eq!(time_quantile(flat.median()).time, 1.0);
    // 1 - 0.9 is not quite 0.1, but the same level.
    let ten: Vec<TimeCount> = (1..=10).map(|day| count(f64::from(day), 1, 0, 0)).collect();
    let ten = kaplan_meier(&ten, &CurveOptions::default()).unwrap();
    assert_eq!(time_quantile(ten.quantile(0.9).unwrap()).time, 9.5);
}

#[test]
fn the_limit_itself_is_in_time() {
    let rows = [
        count(3.0, 6, 0, 0),
        count(4.0, 3, 0, 0),
        count(5.0, 1, 0, 0),
    ];
    let curve = kaplan_meier(&rows, &CurveOptions::default()).unwrap();
    assert_eq!(curve.at(4.0).unwrap().survival, 0.1);
    assert_eq!(curve.before(4.0).unwrap().survival, 0.4);
    assert_eq!(curve.before(3.0).unwrap().survival, 1.0);
    assert_eq!(curve.at(0.0).unwrap().survival, 1.0);
    assert_eq!(curve.at(99.0).unwrap().survival, 0.0);
}

#[test]
fn numbers_at_risk_include_those_leaving_at_that_time() {
    let curve = curve("aml_maintained");
    let at_risk: Vec<u64> = [0.0, 9.0, 9.5, 13.0, 28.0, 161.0, 161.5]
        .map(|time| curve.at_risk(time).unwrap())
        .to_vec();
    assert_eq!(at_risk, [11, 11, 10, 10, 6, 1, 0]);
}

#[test]
fn the_shown_curve_stops_where_fewer_than_ten_are_at_risk() {
    let curve = curve("aml_nonmaintained");
    assert_eq!(
        curve.shown().last().map(|step| (step.time, step.at_risk)),
        Some((8.0, 10))
    );
    assert!(curve.at(8.0).is_ok_and(|point| !point.sparse));
    assert!(curve.at(12.0).is_ok_and(|point| point.sparse));
}

#[test]
fn after_the_last_time_an_open_curve_is_not_estimable() {
    let curve = curve("aml_maintained");
    assert!(curve.at(161.0).is_ok());
    assert!(matches!(
        curve.at(162.0),
        Err(StatsError::NotEstimable { .. })
    ));
    assert_eq!(curve.quantile(0.9).unwrap(), Quantile::NotReached);
}

#[test]
fn a_stage_that_ends_at_once_counts() {
    let curve = kaplan_meier(
        &[count(0.0, 1, 0, 0), count(2.0, 1, 0, 2)],
        &with(CurveInterval::LogLog),
    )
    .unwrap();
    assert_eq!(curve.at(0.0).unwrap().survival, 0.75);
    assert_eq!(curve.before(0.0).unwrap().survival, 1.0);
    let all = kaplan_meier(&[count(0.0, 5, 0, 0)], &CurveOptions::default()).unwrap();
    assert_eq!(all.at(0.0).unwrap().survival, 0.0);
}

#[test]
fn without_an_event_the_log_log_interval_is_not_estimable() {
    let curve = kaplan_meier(&[count(4.0, 0, 1, 20)], &with(CurveInterval::LogLog)).unwrap();
    let step = curve.steps()[0];
    assert_eq!((step.survival, step.lower, step.upper), (1.0, None, None));
    assert_eq!(curve.median(), Quantile::NotReached);
    close(curve.competing_share(), 1.0 / 21.0, 1e-15);
}

#[test]
fn curves_refuse_what_is_no_table_of_times() {
    let options = CurveOptions::default();
    for rows in [vec![], vec![count(1.0, 0, 0, 0)]] {
        assert!(matches!(
            kaplan_meier(&rows, &options),
            Err(StatsError::Empty { .. })
        ));
        assert!(matches!(
            cumulative_incidence(&rows, &options),
            Err(StatsError::Empty { .. })
        ));
    }
    for time in [-1.0, f64::NAN, f64::INFINITY] {
        assert!(matches!(
            kaplan_meier(&[count(1.0, 1, 0, 0), count(time, 1, 0, 0)], &options),
            Err(StatsError::RowOutOfRange { row: 2, .. })
        ));
        assert!(curve("lung").at(time).is_err());
        assert!(curve("lung").at_risk(time).is_err());
    }
    for rows in [
        vec![count(1.0, u64::MAX, 1, 0)],
        vec![count(1.0, u64::MAX, 0, 0), count(2.0, 1, 0, 0)],
    ] {
        assert!(matches!(
            kaplan_meier(&rows, &options),
            Err(StatsError::TooLarge { .. })
        ));
    }
    for share in [0.0, 1.0, 90.0, f64::NAN] {
        assert!(matches!(
            curve("lung").quantile(share),
            Err(StatsError::OutOfRange { .. })
        ));
    }
    let percent = CurveOptions {
        confidence: 95.0,
        ..options
    };
    assert!(matches!(
        kaplan_meier(&data("lung"), &percent),
        Err(StatsError::OutOfRange { .. })
    ));
}

#[test]
fn incidences_match_statsmodels_and_lifelines() {
    let rows = table(include_str!("../oracle/stats/incidence.csv"));
    for name in ["tied", "distinct"] {
        let rows: Vec<_> = rows.iter().filter(|row| row[0] == name).collect();
        let parse = |field: &str| field.parse::<u64>().unwrap();
        let counts: Vec<TimeCount> = rows
            .iter()
            .map(|row| count(number(row[1]), parse(row[2]), parse(row[3]), parse(row[4])))
            .collect();
        let curve = cumulative_incidence(&counts, &CurveOptions::default()).unwrap();
        assert_eq!(curve.steps().len(), rows.len());
        for (step, row) in curve.steps().iter().zip(rows) {
            for (ours, at) in [(step.event, 5), (step.competing, 8)] {
                close(ours.share, number(row[at]), 1e-11);
                // Column + 1: lifelines, distinct times only; + 2: statsmodels.
                for theirs in [maybe(row[at + 1]), maybe(row[at + 2])]
                    .into_iter()
                    .flatten()
                {
                    close(ours.std_error, theirs, 1e-9);
                }
            }
        }
    }
}

#[test]
fn an_incidence_is_looked_up_like_the_curve() {
    let rows = [count(1.0, 1, 1, 0), count(3.0, 1, 0, 1)];
    let curve = cumulative_incidence(&rows, &CurveOptions::default()).unwrap();
    assert_eq!(curve.at(0.5).unwrap(), None);
    assert_eq!(
        curve.at(2.0).unwrap().map(|step| step.event.share),
        Some(0.25)
    );
    assert!(matches!(
        curve.at(4.0),
        Err(StatsError::NotEstimable { .. })
    ));
    assert!(curve.at(f64::NAN).is_err());
    assert!(curve.shown().is_empty());
}

fn tables() -> impl Strategy<Value = Vec<TimeCount>> {
    let row =
        (0u32..30, 0u64..4, 0u64..3, 0u64..3).prop_map(|(time, events, competing, censored)| {
            count(f64::from(time), events, competing, censored)
        });
    prop::collection::vec(row, 1..40).prop_filter("nothing counted", |rows| {
        rows.iter()
            .any(|row| row.events + row.competing + row.censored > 0)
    })
}

fn uncensored(rows: &[TimeCount]) -> Vec<TimeCount> {
    rows.iter()
        .map(|row| count(row.time, row.events + row.censored, row.competing, 0))
        .collect()
}

proptest! {
    #[test]
    fn the_curve_falls_from_1_and_stays_in_bounds(rows in tables()) {
        for interval in [CurveInterval::Plain, CurveInterval::Log, CurveInterval::LogLog] {
            let curve = kaplan_meier(&rows, &with(interval)).unwrap();
            let mut before = 1.0;
            for step in curve.steps() {
                prop_assert!((0.0..=1.0).contains(&step.survival) && step.survival <= before);
                before = step.survival;
                prop_assert!(step.std_error.is_none_or(|error| error.is_finite() && error >= 0.0));
                if let (Some(lower), Some(upper)) = (step.lower, step.upper) {
                    prop_assert!(0.0 <= lower && lower <= step.survival + 1e-12);
                    prop_assert!(step.survival <= upper + 1e-12 && upper <= 1.0);
                }
            }
        }
    }

    #[test]
    fn without_censoring_s_at_the_limit_is_exactly_the_share_beyond_it(rows in tables(), limit in 0u32..32) {
        let all: Vec<TimeCount> = uncensored(&rows)
            .into_iter()
            .map(|row| count(row.time, row.events + row.competing, 0, 0))
            .collect();
        let limit = f64::from(limit);
        let total: u64 = all.iter().map(|row| row.events).sum();
        let beyond: u64 = all.iter().filter(|row| row.time > limit).map(|row| row.events).sum();
        let curve = kaplan_meier(&all, &CurveOptions::default()).unwrap();
        let point = curve.at(limit).unwrap();
        prop_assert_eq!(point.survival, beyond as f64 / total as f64);
        // Greenwood's variance is then the binomial one.
        if let Some(error) = point.std_error {
            let binomial = (point.survival * (1.0 - point.survival) / total as f64).sqrt();
            prop_assert!((error - binomial).abs() < 1e-9);
        }
    }

    #[test]
    fn the_order_and_splitting_of_rows_do_not_matter(rows in tables()) {
        let mut split: Vec<TimeCount> = rows
            .iter()
            .flat_map(|row| [count(row.time, row.events, 0, row.censored), count(row.time, 0, row.competing, 0)])
            .collect();
        split.reverse();
        let options = CurveOptions::default();
        prop_assert_eq!(kaplan_meier(&split, &options).unwrap(), kaplan_meier(&rows, &options).unwrap());
        prop_assert_eq!(cumulative_incidence(&split, &options).unwrap(), cumulative_incidence(&rows, &options).unwrap());
    }

    #[test]
    fn both_incidences_and_the_open_share_add_up_to_1(rows in tables()) {
        let curve = cumulative_incidence(&rows, &CurveOptions::default()).unwrap();
        for step in curve.steps() {
            prop_assert!((step.event.share + step.competing.share + step.open - 1.0).abs() < 1e-12);
            for cause in [step.event, step.competing] {
                prop_assert!((0.0..=1.0).contains(&cause.share) && cause.std_error.is_finite());
                prop_assert!(cause.lower.is_none_or(|lower| 0.0 <= lower && lower <= cause.share + 1e-12));
                prop_assert!(cause.upper.is_none_or(|upper| cause.share <= upper + 1e-12 && upper <= 1.0));
            }
        }
    }

    #[test]
    fn without_competing_ends_the_incidence_is_1_minus_s(rows in tables()) {
        let rows: Vec<TimeCount> = rows
            .into_iter()
            .map(|row| count(row.time, row.events, 0, row.censored + row.competing))
            .collect();
        let options = CurveOptions::default();
        let (curve, incidence) = (kaplan_meier(&rows, &options).unwrap(), cumulative_incidence(&rows, &options).unwrap());
        for (s, i) in curve.steps().iter().zip(incidence.steps()) {
            prop_assert!((1.0 - s.survival - i.event.share).abs() < 1e-12);
            if let Some(error) = s.std_error {
                prop_assert!((error - i.event.std_error).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn without_censoring_an_incidence_is_a_share_with_its_binomial_error(rows in tables()) {
        let rows = uncensored(&rows);
        let total: u64 = rows.iter().map(|row| row.events + row.competing).sum();
        for step in cumulative_incidence(&rows, &CurveOptions::default()).unwrap().steps() {
            let ended: u64 = rows.iter().filter(|row| row.time <= step.time).map(|row| row.events).sum();
            let share = ended as f64 / total as f64;
            prop_assert!((step.event.share - share).abs() < 1e-14);
            let binomial = (share * (1.0 - share) / total as f64).sqrt();
            prop_assert!((step.event.std_error - binomial).abs() < 1e-7);
        }
    }
}
