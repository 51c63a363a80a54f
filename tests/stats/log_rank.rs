//! The log-rank test.

use proptest::prelude::*;
use redress::stats::StatsError;
use redress::stats::log_rank::{LogRank, log_rank};
use redress::stats::survival::TimeCount;

use super::{close, number, printed, table};

fn count(time: f64, events: u64, censored: u64) -> TimeCount {
    TimeCount {
        time,
        events,
        competing: 0,
        censored,
    }
}

/// The counted tables of one of the oracle's data sets, by group in the order of their names.
fn data(name: &str) -> Vec<(String, Vec<TimeCount>)> {
    let mut groups: Vec<(String, Vec<TimeCount>)> = Vec::new();
    for row in table(include_str!("../oracle/stats/log_rank_data.csv")) {
        if row[0] != name {
            continue;
        }
        if groups.last().is_none_or(|(group, _)| group != row[1]) {
            groups.push((row[1].to_owned(), Vec::new()));
        }
        let time = count(
            number(row[2]),
            row[3].parse().unwrap(),
            row[4].parse().unwrap(),
        );
        groups.last_mut().unwrap().1.push(time);
    }
    groups
}

fn test_of(name: &str) -> LogRank {
    let groups: Vec<_> = data(name).into_iter().map(|(_, rows)| rows).collect();
    log_rank(&groups).unwrap()
}

#[test]
fn the_test_matches_what_rs_manual_prints() {
    // R, package survival, example of survdiff: Surv(futime, fustat) ~ rx of the ovarian cancer data.
    // N 13 and 13, observed 7 and 5, expected 5.23 and 6.77, Chisq = 1.1 on 1 degree, p = 0.3.
    let ovarian = test_of("ovarian");
    printed(ovarian.groups[0].expected, 5.23, 2);
    printed(ovarian.groups[1].expected, 6.77, 2);
    assert_eq!(
        ovarian
            .groups
            .iter()
            .map(|g| (g.total, g.events))
            .collect::<Vec<_>>(),
        [(13, 7), (13, 5)]
    );
    printed(ovarian.chi_square, 1.06, 2);
    printed(ovarian.p_value, 0.3, 1);
    // Surv(time, status) ~ sex of the lung cancer data: Chisq = 10.3 on 1 degree, p = 0.001.
    let lung = test_of("lung_sex");
    printed(lung.chi_square, 10.3, 1);
    printed(lung.p_value, 0.001, 3);
    // Four groups, ~ ph.ecog: expected 54.153, 83.528, 26.147 and 0.172, Chisq = 22 on 3 degrees, p = 7e-05.
    let ecog = test_of("lung_ecog");
    for (group, expected) in ecog.groups.iter().zip([54.153, 83.528, 26.147, 0.172]) {
        printed(group.expected, expected, 3);
    }
    assert_eq!(ecog.degrees, 3);
    printed(ecog.p_value, 7e-5, 5);
}

#[test]
fn tests_match_r() {
    let rows = table(include_str!("../oracle/stats/log_rank.csv"));
    for name in [
        "aml",
        "ovarian",
        "lung_sex",
        "lung_ecog",
        "veteran",
        "tied",
        "early",
    ] {
        let ours = test_of(name);
        let rows: Vec<_> = rows.iter().filter(|row| row[0] == name).collect();
        assert_eq!(ours.groups.len(), rows.len());
        for (group, row) in ours.groups.iter().zip(&rows) {
            assert_eq!(
                (group.total, group.events),
                (row[2].parse().unwrap(), row[3].parse().unwrap())
            );
            close(group.expected, number(row[4]), 1e-10);
        }
        close(ours.chi_square, number(rows[0][5]), 1e-9);
        assert_eq!(ours.degrees as f64, number(rows[0][6]));
        close(ours.p_value, number(rows[0][7]), 1e-8);
    }
}

#[test]
fn a_competing_end_counts_as_censored() {
    let mut competing = vec![count(2.0, 1, 0), count(5.0, 2, 0)];
    let other = vec![count(1.0, 2, 0), count(4.0, 1, 1)];
    let mut censored = competing.clone();
    competing[0].competing = 3;
    censored[0].censored = 3;
    assert_eq!(
        log_rank(&[competing, other.clone()]).unwrap(),
        log_rank(&[censored, other]).unwrap()
    );
}

#[test]
fn the_test_refuses_what_cannot_be_compared() {
    let some = vec![count(1.0, 1, 0), count(2.0, 1, 0)];
    assert!(matches!(log_rank(&[]), Err(StatsError::TooFew { .. })));
    assert!(matches!(
        log_rank(std::slice::from_ref(&some)),
        Err(StatsError::TooFew { given: 1, .. })
    ));
    assert!(matches!(
        log_rank(&[some.clone(), Vec::new()]),
        Err(StatsError::Empty { .. })
    ));
    for time in [-1.0, f64::NAN, f64::INFINITY] {
        assert!(matches!(
            log_rank(&[some.clone(), vec![count(time, 1, 0)]]),
            Err(StatsError::RowOutOfRange { row: 1, .. })
        ));
    }
    // All censored; and the other group gone before the first event.
    let open = vec![count(9.0, 0, 4)];
    assert!(matches!(
        log_rank(&[open.clone(), open]),
        Err(StatsError::NotEstimable { .. })
    ));
    assert!(matches!(
        log_rank(&[some, vec![count(0.5, 0, 3)]]),
        Err(StatsError::NotEstimable { .. })
    ));
    let most = vec![count(1.0, u64::MAX, 0), count(2.0, 1, 0)];
    assert!(matches!(
        log_rank(&[most.clone(), most]),
        Err(StatsError::TooLarge { .. })
    ));
}

proptest! {
    #[test]
    fn observed_and_expected_add_up_alike_and_the_order_of_groups_does_not_matter(
        rows in prop::collection::vec(prop::collection::vec((0u32..12, 0u64..4, 0u64..3), 1..10), 2..5)
    ) {
        let groups: Vec<Vec<TimeCount>> = rows.iter()
            .map(|group| group.iter().map(|&(time, events, censored)| count(f64::from(time), events, censored)).collect())
            .collect();
        let turned: Vec<_> = groups.iter().rev().cloned().collect();
        if let (Ok(there), Ok(back)) = (log_rank(&groups), log_rank(&turned)) {
            let observed: u64 = there.groups.iter().map(|group| group.events).sum();
            let expected: f64 = there.groups.iter().map(|group| group.expected).sum();
            prop_assert!((observed as f64 - expected).abs() < 1e-9);
            prop_assert!((there.chi_square - back.chi_square).abs() < 1e-6 * (1.0 + there.chi_square));
            prop_assert!((0.0..=1.0).contains(&there.p_value));
        }
    }
}
