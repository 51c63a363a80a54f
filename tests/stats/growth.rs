//! Emerging and growing clusters.

use std::collections::BTreeMap;

use proptest::prelude::*;
use redress::stats::StatsError;
use redress::stats::growth::{
    DEFAULT_LEVEL, Growth, History, Judged, Kind, Settings, Situation, Volume, judge,
    smallest_callable,
};

use super::{close, maybe, number, table};

type Months = (Vec<u64>, Vec<f64>);

fn run(clusters: &[Months], settings: &Settings) -> Result<Growth, StatsError> {
    let histories: Vec<History> = clusters
        .iter()
        .map(|(cases, volume)| History { cases, volume })
        .collect();
    judge(&histories, settings)
}

fn one(cases: &[u64], volume: &[f64], settings: &Settings) -> Result<Judged, StatsError> {
    run(&[(cases.to_vec(), volume.to_vec())], settings)?
        .clusters
        .remove(0)
}

/// The drawn histories of `growth_histories.csv`, by set.
fn histories() -> BTreeMap<String, Vec<Months>> {
    let mut sets: BTreeMap<String, Vec<Months>> = BTreeMap::new();
    for row in table(include_str!("../oracle/stats/growth_histories.csv")) {
        let set = sets.entry(row[0].to_owned()).or_default();
        let cluster: usize = row[1].parse().unwrap();
        set.resize(cluster.max(set.len()), Months::default());
        set[cluster - 1].0.push(row[3].parse().unwrap());
        set[cluster - 1].1.push(number(row[4]));
    }
    sets
}

fn of_set(row: &[&str]) -> Settings {
    Settings {
        window: row[1].parse().unwrap(),
        level: number(row[2]),
        volume: if row[3] == "1" {
            Volume::OtherCases
        } else {
            Volume::Known
        },
        ..Settings::default()
    }
}

/// A field that may be empty in both.
#[track_caller]
fn both(ours: Option<f64>, theirs: &str, tolerance: f64) {
    match (ours, maybe(theirs)) {
        (Some(ours), Some(theirs)) => near(ours, theirs, tolerance),
        (ours, theirs) => assert_eq!(ours, theirs),
    }
}

/// Relative, however small.
#[track_caller]
fn near(ours: f64, theirs: f64, tolerance: f64) {
    assert!(
        (ours - theirs).abs() <= tolerance * theirs.abs(),
        "ours {ours}, theirs {theirs}"
    );
}

#[test]
fn every_cluster_is_judged_as_by_numpy_and_scipy() {
    let sets = histories();
    let verdicts = table(include_str!("../oracle/stats/growth_verdicts.csv"));
    for whole in table(include_str!("../oracle/stats/growth_sets.csv")) {
        let settings = of_set(&whole);
        let clusters = &sets[whole[0]];
        let growth = run(clusters, &settings).unwrap();
        assert_eq!(growth.tests.to_string(), whole[4], "{}", whole[0]);
        close(growth.omega, number(whole[5]), 1e-9);
        match (growth.season, maybe(whole[6])) {
            (Some(ours), Some(theirs)) => close(ours, theirs, 1e-9),
            (ours, theirs) => assert_eq!(ours, theirs),
        }
        let rows: BTreeMap<usize, &Vec<&str>> = verdicts
            .iter()
            .filter(|row| row[0] == whole[0])
            .map(|row| (row[1].parse().unwrap(), row))
            .collect();
        for (index, judged) in growth.clusters.iter().enumerate() {
            let (Some(row), Ok(judged)) = (rows.get(&(index + 1)), judged) else {
                assert!(matches!(judged, Err(StatsError::NotEstimable { .. })));
                assert!(!rows.contains_key(&(index + 1)));
                continue;
            };
            let kind = match judged.kind {
                Kind::Emerging => "emerging",
                Kind::Growing => "growing",
            };
            assert_eq!(kind, row[2], "{row:?}");
            assert_eq!(judged.recent.to_string(), row[3], "{row:?}");
            assert_eq!(judged.past.to_string(), row[4], "{row:?}");
            near(judged.past_volume, number(row[5]), 1e-12);
            near(judged.phi, number(row[6]), 1e-9);
            both(judged.ratio, row[7], 1e-12);
            near(judged.lower, number(row[8]), 1e-6);
            both(judged.upper, row[9], 1e-6);
            near(judged.p_value, number(row[10]), 1e-6);
            both(judged.q_value, row[11], 1e-6);
            assert_eq!(
                judged.called,
                maybe(row[11]).is_some_and(|q| q <= settings.level)
            );
        }
    }
}

#[test]
fn the_smallest_number_that_is_called_is_scipys() {
    for row in table(include_str!("../oracle/stats/growth_smallest.csv")) {
        let situation = Situation {
            past: row[0].parse().unwrap(),
            recent_volume: number(row[1]),
            past_volume: number(row[2]),
            omega: number(row[3]),
            months: number(row[4]),
        };
        let ours = smallest_callable(&situation, row[5].parse().unwrap(), number(row[6])).unwrap();
        assert_eq!(ours.unwrap().to_string(), row[7], "{row:?}");
    }
}

#[test]
fn with_many_cases_the_interval_is_that_of_a_quasi_poisson_model_in_r() {
    let rows = table(include_str!("../oracle/stats/growth_models.csv"));
    let settings = Settings {
        volume: Volume::Known,
        ..Settings::default()
    };
    for months in rows.chunks(20) {
        let cases: Vec<u64> = months.iter().map(|row| row[1].parse().unwrap()).collect();
        let volume: Vec<f64> = months.iter().map(|row| number(row[2])).collect();
        let growth = run(&[(cases, volume)], &settings).unwrap();
        let judged = growth.clusters[0].as_ref().unwrap();
        let (ratio, theta) = (number(months[0][3]), number(months[0][5]));
        near(judged.ratio.unwrap(), ratio, 1e-7);
        // Wald's limits, with R's standard error and our dispersion, are symmetrical on the logarithmic
        // scale and ours are not: with some 30 times the scatter of Poisson they differ by some percent.
        let reach = 1.959_964 * number(months[0][4]) * judged.phi.sqrt();
        near(judged.lower, ratio * (-reach).exp(), 0.1);
        near(judged.upper.unwrap(), ratio * reach.exp(), 0.1);
        // Omega by moments, 1 / theta by maximum likelihood, of 17 months.
        near(growth.omega, 1.0 / theta, 0.35);
    }
}

/// Months of equal volume.
fn steady(months: usize) -> Vec<f64> {
    vec![100.0; months]
}

fn with_recent(months: usize, past: u64, recent: [u64; 3]) -> Vec<u64> {
    let mut cases = vec![past; months - 3];
    cases.extend(recent);
    cases
}

#[test]
fn a_new_cluster_is_called_from_the_number_that_was_said() {
    let settings = Settings {
        volume: Volume::Known,
        ..Settings::default()
    };
    // A hundred steady clusters, and one that is new.
    for cases in 1..8 {
        let mut clusters = vec![(with_recent(18, 2, [2, 2, 2]), steady(18)); 100];
        clusters.push((with_recent(18, 0, [0, 0, cases]), steady(18)));
        let growth = run(&clusters, &settings).unwrap();
        let new = growth.clusters[100].as_ref().unwrap();
        assert_eq!(new.kind, Kind::Emerging);
        assert_eq!((new.ratio, new.upper), (None, None));
        assert_eq!(new.called, cases >= new.needed.unwrap(), "{new:?}");
        let situation = Situation {
            past: 0,
            recent_volume: 3.0,
            past_volume: 15.0,
            omega: growth.omega,
            months: 18.0,
        };
        let said = smallest_callable(&situation, growth.tests, DEFAULT_LEVEL).unwrap();
        // The new cluster itself is tested only from the size on that could be called.
        assert_eq!(new.needed, said);
    }
}

#[test]
fn a_product_that_is_complained_about_more_grows_no_cluster() {
    let cases = with_recent(18, 4, [12, 12, 12]);
    let mut volume = steady(18);
    assert!(one(&cases, &volume, &Settings::default()).unwrap().called);
    for month in &mut volume[15..] {
        *month *= 3.0;
    }
    let judged = one(&cases, &volume, &Settings::default()).unwrap();
    assert!(!judged.called);
    close(judged.ratio.unwrap(), 1.0, 1e-12);
}

#[test]
fn spring_is_no_growth_when_former_springs_were_alike() {
    let spring = |months: usize| -> Vec<u64> {
        (0..months)
            .map(|month| if (months - 1 - month) % 12 < 3 { 20 } else { 5 })
            .collect()
    };
    let judged = one(&spring(36), &steady(36), &Settings::default()).unwrap();
    assert!(
        !judged.called && judged.share_of_others < 0.05,
        "{judged:?}"
    );
    close(judged.ratio.unwrap(), 1.0, 0.2);
    // With less than two years nobody can know, and the module says so.
    let judged = one(&spring(15)[3..], &steady(12), &Settings::default()).unwrap();
    assert!(judged.called);
}

#[test]
fn many_clusters_without_a_season_lend_each_other_the_whole_past() {
    let clusters = vec![(with_recent(36, 4, [4, 4, 4]), steady(36)); 300];
    let growth = run(&clusters, &Settings::default()).unwrap();
    assert!(
        growth
            .clusters
            .iter()
            .flatten()
            .all(|c| c.share_of_others > 0.9 && !c.called)
    );
    let alone = one(
        &with_recent(36, 4, [4, 4, 4]),
        &steady(36),
        &Settings::default(),
    )
    .unwrap();
    assert!(alone.share_of_others < 0.95);
}

#[test]
fn a_cluster_is_emerging_when_it_is_new_or_was_silent_for_a_year() {
    let kind = |cases: &[u64]| {
        one(cases, &steady(cases.len()), &Settings::default())
            .unwrap()
            .kind
    };
    let mut cases = with_recent(20, 0, [0, 2, 2]);
    assert_eq!(kind(&cases), Kind::Emerging);
    cases[4] = 1;
    assert_eq!(kind(&cases), Kind::Emerging);
    cases[5] = 1;
    assert_eq!(kind(&cases), Kind::Growing);
    // Five months do not make a year of silence, but nothing at all before is new.
    assert_eq!(kind(&[0, 0, 0, 0, 0, 1, 1, 1]), Kind::Emerging);
    assert_eq!(kind(&[1, 0, 0, 0, 0, 0, 0, 0]), Kind::Growing);
}

#[test]
fn clusters_too_small_to_be_called_are_not_tested_and_do_not_weigh_on_others() {
    let settings = Settings {
        volume: Volume::Known,
        ..Settings::default()
    };
    let mut clusters = vec![(with_recent(18, 0, [1, 0, 0]), steady(18)); 5000];
    clusters.push((with_recent(18, 0, [2, 2, 2]), steady(18)));
    let growth = run(&clusters, &settings).unwrap();
    assert_eq!(growth.tests, 1);
    assert_eq!(growth.clusters[0].as_ref().unwrap().q_value, None);
    assert!(growth.clusters[5000].as_ref().unwrap().called);
}

#[test]
fn a_product_with_no_other_case_or_a_cluster_with_none_is_not_estimable() {
    let not_estimable = |cases: &[u64], volume: &[f64]| {
        let refusal = one(cases, volume, &Settings::default());
        assert!(
            matches!(refusal, Err(StatsError::NotEstimable { .. })),
            "{refusal:?}"
        );
    };
    not_estimable(&[0; 12], &steady(12));
    not_estimable(&[1; 12], &[0.0; 12]);
    let mut volume = steady(12);
    volume[9..].fill(0.0);
    not_estimable(&[1; 12], &volume);
    let mut volume = steady(12);
    volume[..9].fill(0.0);
    not_estimable(&[1; 12], &volume);
    // Volume, but none in the months that a strong season would compare with.
    let mut volume = steady(24);
    volume[9..12].fill(0.0);
    not_estimable(&with_recent(24, 0, [1, 1, 1]), &[f64::MAX; 24]);
    assert!(
        one(
            &with_recent(24, 1, [1, 1, 1]),
            &volume,
            &Settings::default()
        )
        .is_err()
    );
}

#[test]
fn what_is_no_history_is_refused() {
    let settings = Settings::default();
    assert!(matches!(run(&[], &settings), Err(StatsError::Empty { .. })));
    assert!(matches!(
        one(&[1], &[1.0], &settings),
        Err(StatsError::TooFew { .. })
    ));
    assert!(matches!(
        one(&[1; 3], &[1.0; 3], &settings),
        Err(StatsError::TooFew { .. })
    ));
    assert!(matches!(
        one(&[], &[], &settings),
        Err(StatsError::TooFew { .. })
    ));
    let sound = (vec![1_u64; 12], steady(12));
    for volume in [f64::NAN, f64::INFINITY, -1.0] {
        let mut months = sound.clone();
        months.1[4] = volume;
        assert!(matches!(
            run(&[sound.clone(), months], &settings),
            Err(StatsError::RowOutOfRange { row: 2, .. })
        ));
    }
    let shorter = (vec![1; 11], steady(11));
    let uneven = (vec![1; 12], steady(11));
    for odd in [shorter, uneven] {
        assert!(matches!(
            run(&[sound.clone(), odd], &settings),
            Err(StatsError::RowOutOfRange { row: 2, .. })
        ));
    }
    let mut gap = sound.clone();
    gap.1[3] = 0.0;
    assert!(run(&[gap.clone()], &settings).is_ok());
    let known = Settings {
        volume: Volume::Known,
        ..settings
    };
    assert!(matches!(
        run(&[gap], &known),
        Err(StatsError::RowOutOfRange { .. })
    ));
    assert!(matches!(
        one(&[u64::MAX; 12], &steady(12), &settings),
        Err(StatsError::TooLarge { .. })
    ));
    for window in [0, 13] {
        let settings = Settings { window, ..settings };
        assert!(matches!(
            run(std::slice::from_ref(&sound), &settings),
            Err(StatsError::OutOfRange { .. })
        ));
    }
    for share in [0.0, 1.0, f64::NAN] {
        let level = Settings {
            level: share,
            ..settings
        };
        let confidence = Settings {
            confidence: share,
            ..settings
        };
        assert!(run(std::slice::from_ref(&sound), &level).is_err());
        assert!(run(std::slice::from_ref(&sound), &confidence).is_err());
    }
}

#[test]
fn a_situation_that_cannot_be_is_refused() {
    let sound = Situation {
        past: 0,
        recent_volume: 3.0,
        past_volume: 33.0,
        omega: 0.0,
        months: 36.0,
    };
    assert!(smallest_callable(&sound, 0, 0.05).is_err());
    assert!(smallest_callable(&sound, 5, f64::NAN).is_err());
    for broken in [-1.0, f64::NAN, f64::INFINITY] {
        for situation in [
            Situation {
                recent_volume: broken,
                ..sound
            },
            Situation {
                past_volume: broken,
                ..sound
            },
            Situation {
                omega: broken,
                ..sound
            },
            Situation {
                months: broken,
                ..sound
            },
        ] {
            assert!(matches!(
                smallest_callable(&situation, 5, 0.05),
                Err(StatsError::OutOfRange { .. })
            ));
        }
    }
    // The window is nearly all there is, or every month scatters without bound.
    let window_only = Situation {
        past_volume: 1e-12,
        ..sound
    };
    assert_eq!(smallest_callable(&window_only, 5, 0.05).unwrap(), None);
    let wild = Situation {
        omega: 1e6,
        ..sound
    };
    assert_eq!(smallest_callable(&wild, 5, 0.05).unwrap(), None);
}

/// A small, reproducible source of chance: Knuth's MMIX generator, the upper bits.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    fn poisson(&mut self, mean: f64) -> u64 {
        // Events of a unit rate within `mean`.
        let (mut count, mut time) = (0, -self.roll().ln());
        while time < mean {
            count += 1;
            time -= self.roll().ln();
        }
        count
    }

    /// Negative binomial with omega 1/7: a gamma of shape 7 is a sum of seven exponentials.
    fn scattered(&mut self, mean: f64) -> u64 {
        let gamma: f64 = (0..7).map(|_| -self.roll().ln()).sum();
        self.poisson(mean * gamma / 7.0)
    }
}

/// 60 clusters of seasonal products over 36 months; the first `doubled` double within the window.
fn drawn(dice: &mut Dice, doubled: usize) -> Vec<Months> {
    (0..60)
        .map(|cluster| {
            let peak = (cluster % 5) as f64 * 2.4;
            let (mut cases, mut volume) = (Vec::new(), Vec::new());
            for month in 0..36 {
                let turn = std::f64::consts::TAU * (f64::from(month) - peak) / 12.0;
                let season = (0.5 * turn.cos()).exp();
                let times = if cluster < doubled && month >= 33 {
                    2.5
                } else {
                    1.0
                };
                let level = [0.3, 1.0, 4.0, 12.0][cluster % 4];
                cases.push(dice.scattered(level * season * times));
                volume.push(dice.poisson(150.0 * season) as f64);
            }
            (cases, volume)
        })
        .collect()
}

/// The larger study is `growth.py study`; this one keeps the program to what it found.
#[test]
fn few_of_the_called_are_false_and_many_of_the_grown_are_called() {
    let mut dice = Dice(20_261_125);
    let runs = 60;
    let called = |clusters: &[Months]| -> Vec<bool> {
        let growth = run(clusters, &Settings::default()).unwrap();
        growth
            .clusters
            .iter()
            .map(|c| c.as_ref().is_ok_and(|c| c.called))
            .collect()
    };
    // Nothing grows: a run with any call is a run with only false ones.
    let mut false_runs = 0;
    for _ in 0..runs {
        false_runs += usize::from(called(&drawn(&mut dice, 0)).contains(&true));
    }
    // At most 5 % of the runs and three binomial standard errors.
    let allowed = f64::from(runs) * 0.05 + 3.0 * (f64::from(runs) * 0.05 * 0.95).sqrt();
    assert!(false_runs as f64 <= allowed, "{false_runs} of {runs}");

    let (mut share, mut found) = (0.0, 0);
    for _ in 0..runs {
        let verdicts = called(&drawn(&mut dice, 12));
        let right = verdicts[..12].iter().filter(|called| **called).count();
        let wrong = verdicts[12..].iter().filter(|called| **called).count();
        share += wrong as f64 / (right + wrong).max(1) as f64;
        // Those of 4 and of 12 cases a month.
        found += (0..12).filter(|c| c % 4 >= 2 && verdicts[*c]).count();
    }
    assert!(share / f64::from(runs) <= 0.05 + 3.0 * (0.05 * 0.95 / f64::from(runs)).sqrt());
    let power = found as f64 / (6 * runs) as f64;
    assert!(power > 0.4, "{power}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_was_counted_is_judged_or_refused(
        months in 4usize..40,
        window in 1usize..13,
        seed in any::<u64>(),
        clusters in 1usize..8,
        largest in prop::sample::select(vec![0u64, 2, 30, 5000]),
        volumes in prop::sample::select(vec![0.0, 1e-3, 7.0, 1e9]),
    ) {
        let mut dice = Dice(seed);
        let drawn: Vec<Months> = (0..clusters)
            .map(|_| (0..months)
                .map(|_| {
                    let (cases, volume) = (dice.roll().powi(3), dice.roll());
                    ((cases * (largest as f64 + 1.0)) as u64, if volume < 0.2 { 0.0 } else { volume * volumes })
                })
                .unzip())
            .collect();
        let settings = Settings { window, ..Settings::default() };
        let Ok(growth) = run(&drawn, &settings) else {
            prop_assert!(months <= window);
            return Ok(());
        };
        prop_assert!(growth.omega.is_finite() && growth.tests <= clusters);
        for judged in growth.clusters.iter().flatten() {
            prop_assert!((0.0..=1.0).contains(&judged.p_value));
            prop_assert!(judged.phi >= 1.0 && judged.phi.is_finite());
            prop_assert!((0.0..=1.0).contains(&judged.share_of_others));
            prop_assert!(judged.q_value.is_none_or(|q| q >= judged.p_value));
            let (ratio, upper) = (judged.ratio.unwrap_or(f64::INFINITY), judged.upper.unwrap_or(f64::INFINITY));
            prop_assert!(judged.lower >= 0.0 && judged.lower <= ratio * (1.0 + 1e-9) && ratio <= upper * (1.0 + 1e-9), "{judged:?}");
        }
        // The order of the clusters does not matter.
        let turned: Vec<Months> = drawn.iter().rev().cloned().collect();
        let again = run(&turned, &settings).unwrap();
        for (there, back) in growth.clusters.iter().zip(again.clusters.iter().rev()) {
            match (there, back) {
                (Ok(there), Ok(back)) => prop_assert!((there.p_value - back.p_value).abs() < 1e-6),
                (there, back) => prop_assert_eq!(there.is_err(), back.is_err()),
            }
        }
    }
}
