//! The verdict on a corrective action, and its outlook.

use proptest::prelude::*;
use redress::stats::StatsError;
use redress::stats::effect::{
    Ahead, Announcement, Criterion, Effect, Month, Verdict, Wanted, follow_up, judge, matched,
    outlook,
};
use redress::stats::rate::{Rate, RateMethod, rate_ratio};

use super::{close, maybe, number, printed, table};

fn month(events: u64, exposure: f64) -> Month {
    Month {
        events,
        exposure,
        season: None,
    }
}

fn months(events: &[u64]) -> Vec<Month> {
    events.iter().map(|events| month(*events, 1.0)).collect()
}

fn in_seasons(months: &[Month], seasons: impl Iterator<Item = u8>) -> Vec<Month> {
    let season = |(month, season): (&Month, u8)| Month {
        season: Some(season),
        ..*month
    };
    months.iter().zip(seasons).map(season).collect()
}

fn ahead(count: usize) -> Vec<Ahead> {
    let month = Ahead {
        exposure: 1.0,
        season: None,
        carried_over: 0.0,
    };
    vec![month; count]
}

fn by_default(before: &[Month], after: &[Month]) -> Result<Effect, StatsError> {
    judge(before, after, &Criterion::default())
}

/// Twelve months that scatter as Poisson counts do, about ten each.
const STEADY: [u64; 12] = [8, 12, 9, 10, 14, 7, 11, 10, 6, 13, 9, 11];

#[test]
fn windows_of_months_match_r() {
    let rows = table(include_str!("../oracle/stats/effect_months.csv"));
    let window = |name: &str, which: &str| -> Vec<Month> {
        let own = rows.iter().filter(|row| row[0] == name && row[1] == which);
        let read = |row: &Vec<&str>| Month {
            events: row[2].parse().unwrap(),
            exposure: number(row[3]),
            season: (!row[4].is_empty()).then(|| row[4].parse().unwrap()),
        };
        own.map(read).collect()
    };
    for row in table(include_str!("../oracle/stats/effect.csv")) {
        let ours = by_default(&window(row[0], "before"), &window(row[0], "after")).unwrap();
        close(ours.dispersion, number(row[2]), 1e-8);
        assert_eq!(ours.dispersion_degrees.to_string(), row[3], "{}", row[0]);
        match (ours.ratio, maybe(row[4])) {
            (Some(ours), Some(theirs)) => close(ours, theirs, 1e-8),
            (ours, theirs) => assert_eq!(ours, theirs),
        }
        close(ours.lower, number(row[5]), 1e-7);
        match (ours.upper, maybe(row[6])) {
            (Some(ours), Some(theirs)) => close(ours, theirs, 1e-7),
            (ours, theirs) => assert_eq!(ours, theirs),
        }
        close(ours.p_value, number(row[7]), 1e-7);
    }
}

#[test]
fn two_counts_match_poisson_test() {
    for row in table(include_str!("../oracle/stats/effect_pairs.csv")) {
        let after = month(row[0].parse().unwrap(), number(row[1]));
        let before = month(row[2].parse().unwrap(), number(row[3]));
        let ours = by_default(&[before], &[after]).unwrap();
        close(ours.lower, number(row[4]), 1e-8);
        match (ours.upper, maybe(row[5])) {
            (Some(ours), Some(theirs)) => close(ours, theirs, 1e-8),
            (ours, theirs) => assert_eq!(ours, theirs),
        }
        close(ours.p_value, number(row[6]), 1e-8);
        assert_eq!((ours.dispersion, ours.dispersion_degrees), (1.0, 0));
    }
}

#[test]
fn a_rate_ratio_matches_rs_manual() {
    // R, example of poisson.test: poisson.test(c(11, 6+8+7), c(800, 1083+1050+878)).
    let before = [month(6, 1083.0), month(8, 1050.0), month(7, 878.0)];
    let ours = by_default(&before, &[month(11, 800.0)]).unwrap();
    // These months scatter less than Poisson ones, so there is nothing to widen.
    assert_eq!(ours.dispersion, 1.0);
    printed(ours.ratio.unwrap(), 1.971488, 6);
    printed(ours.lower, 0.8584264, 7);
    printed(ours.upper.unwrap(), 4.2772659, 7);
}

#[test]
fn the_p_value_never_contradicts_the_limits() {
    // The example of the vignette of R's package rateratio.test (Fay): limits that include 1, "barely
    // non-significant", where binom.test's p-value (0.033) says otherwise.
    let ours = by_default(&[month(9, 16660.0)], &[month(2, 17877.0)]).unwrap();
    assert!(ours.upper.unwrap() > 1.0 && ours.p_value > 0.05);
    assert_eq!(ours.verdict, Verdict::Inconclusive);
}

#[test]
fn the_outlook_matches_the_sum_over_all_counts() {
    for row in table(include_str!("../oracle/stats/effect_outlook.csv")) {
        let counts: Vec<u64> = row[0]
            .split(' ')
            .map(|text| text.parse().unwrap())
            .collect();
        let mut plan = ahead(row[2].parse().unwrap());
        for month in &mut plan {
            month.exposure = number(row[1]);
        }
        let ours = outlook(
            &months(&counts),
            &plan,
            number(row[3]),
            &Criterion::default(),
        )
        .unwrap();
        // With one month each nothing is averaged; else thirteen pairs stand for all.
        let allowed = if counts.len() == 1 { 1e-9 } else { 0.02 };
        assert!(
            (ours.seen - number(row[4])).abs() < allowed,
            "{row:?}: {ours:?}"
        );
        assert!(
            (ours.refuted - number(row[5])).abs() < allowed,
            "{row:?}: {ours:?}"
        );
    }
}

#[test]
fn verdicts_follow_the_rule() {
    let before = months(&STEADY);
    let verdict = |after: &[u64]| by_default(&before, &months(after)).unwrap().verdict;
    assert_eq!(verdict(&[4, 6, 5, 5, 4, 6]), Verdict::Effective);
    assert_eq!(verdict(&[10, 9, 11, 10, 12, 8]), Verdict::Ineffective);
    assert_eq!(verdict(&[7, 8, 7, 6, 8, 7]), Verdict::Inconclusive);
    // Significant, but less than a third: not what was wanted, nor clearly missed.
    let many = months(&[300, 290, 310, 300]);
    let fallen = by_default(&many, &months(&[210, 205, 215, 200])).unwrap();
    assert!(fallen.upper.unwrap() < 1.0 && fallen.verdict == Verdict::Inconclusive);
    let words = [
        Verdict::Effective,
        Verdict::Ineffective,
        Verdict::Inconclusive,
    ]
    .map(Verdict::as_str);
    assert_eq!(words, ["effective", "ineffective", "inconclusive"]);
}

#[test]
fn a_third_less_is_a_third_less() {
    // 8 after 12: 1 - 1/3 is no number that a computer has.
    let before = vec![month(1200, 1.0)];
    let exactly = by_default(&before, &[month(800, 1.0)]).unwrap();
    assert_eq!(exactly.verdict, Verdict::Effective);
    let one_more = by_default(&before, &[month(801, 1.0)]).unwrap();
    assert_eq!(one_more.verdict, Verdict::Inconclusive);
}

#[test]
fn no_events_on_one_side_leave_an_interval() {
    let none_left = by_default(&months(&STEADY), &months(&[0, 0, 0])).unwrap();
    assert_eq!((none_left.ratio, none_left.lower), (Some(0.0), 0.0));
    assert!(none_left.upper.unwrap() < 0.2);
    assert_eq!(none_left.verdict, Verdict::Effective);
    let none_before = by_default(&months(&[0, 0, 0]), &months(&[2, 1, 3])).unwrap();
    assert_eq!((none_before.ratio, none_before.upper), (None, None));
    assert_eq!(none_before.verdict, Verdict::Ineffective);
    assert!(matches!(
        by_default(&months(&[0, 0]), &months(&[0])),
        Err(StatsError::NotEstimable { .. })
    ));
}

#[test]
fn bursts_widen_the_limits_and_season_does_not() {
    let calm = by_default(&months(&[10; 12]), &months(&[5; 6])).unwrap();
    let bursts = by_default(
        &months(&[2, 20, 4, 15, 9, 1, 22, 8, 3, 18, 12, 6]),
        &months(&[1, 12, 3, 2, 9, 3]),
    )
    .unwrap();
    assert_eq!(calm.verdict, Verdict::Effective);
    assert_eq!(bursts.ratio, calm.ratio);
    assert!(bursts.dispersion > 3.0 && bursts.upper > calm.upper);
    assert_eq!(bursts.verdict, Verdict::Inconclusive);

    let season = [20u64, 2, 18, 4, 21, 1];
    let two_years: Vec<u64> = season.iter().chain(&season).copied().collect();
    let before = in_seasons(&months(&two_years), (1..=6).chain(1..=6));
    let halved: Vec<u64> = season.iter().map(|events| events.div_ceil(2)).collect();
    let after = in_seasons(&months(&halved), 1..=6);
    let matched = by_default(&before, &after).unwrap();
    assert_eq!((matched.dispersion, matched.dispersion_degrees), (1.0, 11));
    assert!(
        by_default(&months(&two_years), &months(&halved))
            .unwrap()
            .dispersion
            > 5.0
    );
}

#[test]
fn season_is_taken_out_of_windows_that_weigh_it_unequally() {
    // Twelve months before, and the six high ones twice after: the plain rates differ, the action did
    // nothing.
    let year = [20u64, 20, 20, 20, 20, 20, 2, 2, 2, 2, 2, 2];
    let before = in_seasons(&months(&year), 1..=12);
    let after: Vec<u64> = year.iter().chain(&year[..6]).copied().collect();
    let after = in_seasons(&months(&after), (1..=12).chain(1..=6));
    let ours = by_default(&before, &after).unwrap();
    close(ours.ratio.unwrap(), 1.0, 1e-9);
}

#[test]
fn only_months_that_the_follow_up_has_are_compared() {
    let before = in_seasons(&months(&STEADY), 1..=12);
    let seasons = [Some(3), Some(4)];
    let chosen: Vec<u64> = matched(&before, &seasons)
        .iter()
        .map(|m| m.events)
        .collect();
    assert_eq!(chosen, [9, 10]);
    assert_eq!(matched(&months(&STEADY), &[None]).len(), 12);
}

#[test]
fn a_follow_up_is_announced_from_the_baseline_as_it_was() {
    let announced = |before: &[Month], ahead: &[Ahead]| {
        follow_up(
            before,
            ahead,
            0.5,
            &Wanted::default(),
            &Criterion::default(),
        )
        .unwrap()
    };
    let Announcement::Reached(ten_a_month) = announced(&months(&STEADY), &ahead(36)) else {
        panic!("not reached");
    };
    assert!((4..=7).contains(&ten_a_month.months), "{ten_a_month:?}");
    assert!(ten_a_month.seen >= 0.8 && ten_a_month.refuted >= 0.6);
    // It is the first: one month less falls short, the two after do not.
    let at = |length: u32| {
        outlook(
            &months(&STEADY),
            &ahead(length as usize),
            0.5,
            &Criterion::default(),
        )
        .unwrap()
    };
    assert_eq!(at(ten_a_month.months), ten_a_month);
    assert!(at(ten_a_month.months - 1).refuted < 0.6);
    for more in 1..=2 {
        let later = at(ten_a_month.months + more);
        assert!(later.seen >= 0.8 && later.refuted >= 0.6);
    }
    // A few a year are never enough, and none at all show nothing.
    let few = announced(&months(&[0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1]), &ahead(36));
    assert!(matches!(few, Announcement::NotReached(outlook) if outlook.months == 36));
    let none = outlook(&months(&[0; 12]), &ahead(12), 0.5, &Criterion::default()).unwrap();
    assert_eq!(none.seen, 0.0);
    // Goods sold before the action hide a part of it.
    let mut late = ahead(36);
    for month in &mut late {
        month.carried_over = 0.2;
    }
    assert!(announced(&months(&STEADY), &late).outlook().seen < 0.9);
    let hidden = outlook(&months(&STEADY), &late[..6], 0.5, &Criterion::default()).unwrap();
    assert!(hidden.seen < at(6).seen && hidden.refuted == at(6).refuted);
}

#[test]
fn a_seasonal_follow_up_uses_the_same_months_of_the_baseline() {
    let two_years: Vec<u64> = STEADY.iter().chain(&STEADY).copied().collect();
    let before = in_seasons(&months(&two_years), (1..=12).chain(1..=12));
    let plan: Vec<Ahead> = (0..36u8)
        .map(|month| Ahead {
            season: Some((month + 5) % 12 + 1),
            ..ahead(1)[0]
        })
        .collect();
    let (wanted, criterion) = (Wanted::default(), Criterion::default());
    let announced = follow_up(&before, &plan, 0.5, &wanted, &criterion).unwrap();
    let Announcement::Reached(reached) = announced else {
        panic!("{announced:?}");
    };
    let length = reached.months as usize;
    let seasons: Vec<Option<u8>> = plan[..length].iter().map(|month| month.season).collect();
    let same = outlook(
        &matched(&before, &seasons),
        &plan[..length],
        0.5,
        &criterion,
    )
    .unwrap();
    assert_eq!(same, reached);
}

#[test]
fn windows_are_refused_that_are_none() {
    let sound = months(&STEADY);
    assert!(matches!(
        by_default(&[], &sound),
        Err(StatsError::Empty {
            what: "the baseline"
        })
    ));
    assert!(matches!(
        by_default(&sound, &[]),
        Err(StatsError::Empty {
            what: "the follow-up"
        })
    ));
    for exposure in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let broken = [month(3, 1.0), month(3, exposure)];
        for refusal in [by_default(&broken, &sound), by_default(&sound, &broken)] {
            assert!(matches!(
                refusal,
                Err(StatsError::RowOutOfRange { row: 2, .. })
            ));
        }
    }
    for target in [-0.1, 1.0, f64::NAN] {
        let criterion = Criterion {
            target,
            ..Criterion::default()
        };
        assert!(judge(&sound, &sound, &criterion).is_err());
        assert!(outlook(&sound, &ahead(3), 0.5, &criterion).is_err());
    }
    for confidence in [0.0, 1.0, f64::NAN] {
        let criterion = Criterion {
            confidence,
            ..Criterion::default()
        };
        assert!(judge(&sound, &sound, &criterion).is_err());
    }
    assert!(matches!(
        by_default(&[month(u64::MAX, 1.0)], &sound),
        Err(StatsError::TooLarge { .. })
    ));
    assert!(by_default(&[month(9, 1e-300)], &[month(1, 1e300)]).is_err());
}

#[test]
fn mixed_seasons_are_refused() {
    let plain = months(&STEADY);
    let seasonal = in_seasons(&plain, 1..=12);
    let row = |refusal: Result<Effect, StatsError>| match refusal {
        Err(StatsError::RowOutOfRange { row, what, .. }) => (row, what),
        other => panic!("{other:?}"),
    };
    let follow_up = "the calendar month of the follow-up";
    let baseline = "the calendar month of the baseline";
    assert_eq!(row(by_default(&plain, &seasonal)), (1, follow_up));
    assert_eq!(row(by_default(&seasonal, &plain)), (1, follow_up));
    let mut gap = seasonal.clone();
    gap[4].season = None;
    assert_eq!(row(by_default(&seasonal, &gap)), (5, follow_up));
    assert_eq!(row(by_default(&gap, &seasonal)), (5, baseline));
    let thirteen = in_seasons(&plain, 2..=13);
    assert_eq!(row(by_default(&thirteen, &thirteen)), (12, baseline));
    // A calendar month without a counterpart says nothing.
    assert_eq!(row(by_default(&seasonal, &seasonal[..6])), (7, baseline));
    assert_eq!(row(by_default(&seasonal[..6], &seasonal)), (7, follow_up));
}

#[test]
fn plans_are_refused_that_are_none() {
    let sound = months(&STEADY);
    let criterion = Criterion::default();
    for share in [-0.1, 1.0, f64::NAN] {
        assert!(outlook(&sound, &ahead(3), share, &criterion).is_err());
        let mut late = ahead(3);
        late[1].carried_over = share;
        assert!(matches!(
            outlook(&sound, &late, 0.5, &criterion),
            Err(StatsError::RowOutOfRange { row: 2, .. })
        ));
        let wanted = Wanted {
            refuted: share,
            ..Wanted::default()
        };
        assert!(follow_up(&sound, &ahead(3), 0.5, &wanted, &criterion).is_err());
    }
    for seen in [0.0, 1.0, f64::NAN] {
        let wanted = Wanted {
            seen,
            ..Wanted::default()
        };
        assert!(follow_up(&sound, &ahead(3), 0.5, &wanted, &criterion).is_err());
    }
    let wanted = Wanted::default();
    assert!(matches!(
        follow_up(&sound, &[], 0.5, &wanted, &criterion),
        Err(StatsError::Empty { .. })
    ));
    assert!(matches!(
        follow_up(&[], &ahead(3), 0.5, &wanted, &criterion),
        Err(StatsError::Empty { .. })
    ));
    // A month ahead that the baseline does not have.
    let half = in_seasons(&sound[..6], 1..=6);
    let plan: Vec<Ahead> = (1..=12)
        .map(|season| Ahead {
            season: Some(season),
            ..ahead(1)[0]
        })
        .collect();
    assert!(matches!(
        follow_up(&half, &plan, 0.5, &wanted, &criterion),
        Err(StatsError::RowOutOfRange { row: 7, .. })
    ));
}

/// Small counts, none, and huge ones.
fn events() -> impl Strategy<Value = u64> {
    prop_oneof![4 => 0u64..30, 1 => Just(0u64), 1 => 0u64..80_000_000]
}

fn rank(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Effective => 0,
        Verdict::Inconclusive => 1,
        Verdict::Ineffective => 2,
    }
}

proptest! {
    #[test]
    fn effects_are_finite_and_their_verdict_keeps_the_rule(
        before in prop::collection::vec((events(), 0.01f64..90.0), 1..14),
        after in prop::collection::vec((events(), 0.01f64..90.0), 1..14),
        target in 0.0f64..0.9,
        confidence in 0.5f64..0.999,
        seasonal in any::<bool>(),
    ) {
        let window = |list: &[(u64, f64)]| -> Vec<Month> {
            let season = |place: usize| seasonal.then_some((place % 3 + 1) as u8);
            list.iter().enumerate().map(|(place, &(events, exposure))| Month { events, exposure, season: season(place) }).collect()
        };
        let (before, after) = (window(&before), window(&after));
        let seasons = |months: &[Month]| -> Vec<Option<u8>> { months.iter().map(|m| m.season).collect() };
        let (before, after) = (matched(&before, &seasons(&after)), matched(&after, &seasons(&before)));
        let criterion = Criterion { target, confidence };
        match judge(&before, &after, &criterion) {
            Ok(ours) => {
                prop_assert!(ours.lower.is_finite() && ours.lower >= 0.0);
                prop_assert!((0.0..=1.0).contains(&ours.p_value));
                prop_assert!(ours.dispersion.is_finite() && ours.dispersion >= 1.0);
                if let Some(ratio) = ours.ratio {
                    prop_assert!(ratio.is_finite() && ours.lower <= ratio * (1.0 + 1e-9));
                }
                if let Some(upper) = ours.upper {
                    prop_assert!(upper.is_finite() && upper >= ours.ratio.unwrap() * (1.0 - 1e-9));
                }
                let low = ours.upper.is_some_and(|upper| upper < 1.0) && ours.ratio.unwrap() <= (1.0 - target) * (1.0 + 1e-9);
                let high = ours.lower > 1.0 - target;
                prop_assert!(!(low && high));
                prop_assert_eq!(ours.verdict == Verdict::Ineffective, high);
                prop_assert!(low || ours.verdict != Verdict::Effective);
                // 1 is outside the limits exactly when the p-value is below their level.
                let outside = ours.lower > 1.0 || ours.upper.is_some_and(|upper| upper < 1.0);
                let margin = (ours.p_value - (1.0 - confidence)).abs();
                prop_assert!(margin < 1e-6 || outside == (ours.p_value < 1.0 - confidence));
            }
            Err(error) => {
                let refused = matches!(error, StatsError::NotEstimable { .. } | StatsError::TooLarge { .. });
                prop_assert!(refused, "{}", error);
            }
        }
    }

    #[test]
    fn more_complaints_never_make_a_better_verdict(y in 1u64..200, x in 0u64..200, more in 1u64..50, exposure in 0.1f64..4.0) {
        // One month each, so that the scatter stays the same.
        let judged = |x| by_default(&[month(y, 1.0)], &[month(x, exposure)]).unwrap();
        let (few, many) = (judged(x), judged(x + more));
        prop_assert!(few.lower <= many.lower && few.upper <= many.upper && few.ratio < many.ratio);
        prop_assert!(rank(few.verdict) <= rank(many.verdict));
    }

    #[test]
    fn without_scatter_the_limits_are_the_exact_ones(y in 0u64..500, x in 0u64..500, s in 0.1f64..50.0, t in 0.1f64..50.0) {
        prop_assume!(x + y > 0);
        let rate = |events, exposure| Rate { events, exposure };
        let exact = rate_ratio(rate(x, s), rate(y, t), RateMethod::Exact, 0.95).unwrap();
        let ours = by_default(&[month(y, t)], &[month(x, s)]).unwrap();
        prop_assert!((ours.lower - exact.lower).abs() <= 1e-9 * exact.lower);
        match (ours.upper, exact.upper) {
            (Some(ours), Some(exact)) => prop_assert!((ours / exact - 1.0).abs() < 1e-9),
            (ours, exact) => prop_assert_eq!(ours, exact),
        }
    }

    #[test]
    fn neither_the_unit_of_exposure_nor_the_order_matters(
        before in prop::collection::vec((0u64..40, 0.5f64..9.0), 2..12),
        after in prop::collection::vec((0u64..40, 0.5f64..9.0), 2..12),
        unit in 1e-4f64..1e4,
    ) {
        let window = |list: &[(u64, f64)], unit: f64| -> Vec<Month> { list.iter().map(|&(x, t)| month(x, t * unit)).collect() };
        let Ok(plain) = by_default(&window(&before, 1.0), &window(&after, 1.0)) else { return Ok(()); };
        let mut scaled = window(&before, unit);
        scaled.reverse();
        let scaled = by_default(&scaled, &window(&after, unit)).unwrap();
        let alike = |a: f64, b: f64| (a - b).abs() <= 1e-7 * a.abs().max(1e-9);
        prop_assert!(alike(plain.lower, scaled.lower) && alike(plain.p_value, scaled.p_value));
        prop_assert!(plain.upper.is_none() == scaled.upper.is_none());
        if let (Some(a), Some(b)) = (plain.upper, scaled.upper) {
            prop_assert!(alike(a, b));
        }
    }

    #[test]
    fn an_outlook_is_a_probability_and_a_larger_reduction_is_seen_more_often(
        before in prop::collection::vec(events(), 1..14),
        length in 1usize..30,
        small in 0.0f64..0.5,
        more in 0.05f64..0.45,
    ) {
        let before = months(&before);
        let at = |reduction| outlook(&before, &ahead(length), reduction, &Criterion::default());
        let (Ok(less), Ok(more)) = (at(small), at(small + more)) else {
            let refused = matches!(at(small), Err(StatsError::TooLarge { .. }));
            prop_assert!(refused);
            return Ok(());
        };
        for outlook in [less, more] {
            prop_assert!((0.0..=1.0).contains(&outlook.seen) && (0.0..=1.0).contains(&outlook.refuted));
        }
        prop_assert!(less.seen <= more.seen + 1e-9 && less.refuted == more.refuted);
    }
}
