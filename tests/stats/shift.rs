//! A share before and after, against R (`oracle/stats/shift.R`) and a printed example.

use redress::stats::control::Counted;
use redress::stats::shift::share_shift;
use redress::stats::{DEFAULT_CONFIDENCE, StatsError};

use super::{close, number, printed, table};

fn months(name: &str, side: &str) -> Vec<Counted> {
    table(include_str!("../oracle/stats/shift_months.csv"))
        .into_iter()
        .filter(|row| row[0] == name && row[1] == side)
        .map(|row| Counted {
            count: row[2].parse().unwrap(),
            size: row[3].parse().unwrap(),
        })
        .collect()
}

fn month(count: u64, size: u64) -> Counted {
    Counted { count, size }
}

#[test]
fn as_r_computes_it() {
    let expected = table(include_str!("../oracle/stats/shift.csv"));
    assert_eq!(expected.len(), 6);
    for row in expected {
        let (before, after) = (months(row[0], "before"), months(row[0], "after"));
        let ours = share_shift(&before, &after, DEFAULT_CONFIDENCE).unwrap();
        let figures = [
            ours.before,
            ours.after,
            ours.difference.value,
            ours.difference.lower,
            ours.difference.upper,
            ours.p_value,
            ours.dispersion,
        ];
        for (ours, theirs) in figures.into_iter().zip(&row[1..8]) {
            close(ours, number(theirs), 1e-7);
        }
        assert_eq!(ours.degrees, row[8].parse::<usize>().unwrap(), "{}", row[0]);
    }
}

/// Newcombe (1998), Statistics in Medicine 17, 873-890, table II, contrast (a), method 10: 56/70 less 48/80.
#[test]
fn newcombes_example() {
    let ours = share_shift(&[month(48, 80)], &[month(56, 70)], 0.95).unwrap();
    printed(ours.difference.lower, 0.0524, 4);
    printed(ours.difference.upper, 0.3339, 4);
}

#[test]
fn too_little_is_not_estimable_and_a_gap_is_left_out() {
    let few = share_shift(&[month(3, 40)], &[month(1, 20)], 0.95);
    assert!(matches!(few, Err(StatsError::NotEstimable { .. })));
    let all = share_shift(&[month(40, 40)], &[month(20, 20)], 0.95);
    assert!(matches!(all, Err(StatsError::NotEstimable { .. })));
    let none = share_shift(&[], &[month(1, 20)], 0.95);
    assert!(matches!(none, Err(StatsError::Empty { .. })));
    let wrong = share_shift(&[month(10, 40)], &[month(21, 20)], 0.95);
    assert!(matches!(
        wrong,
        Err(StatsError::RowMoreThanAll { row: 2, .. })
    ));
    let with_gap = [month(10, 40), month(0, 0), month(12, 40)];
    let without = [month(10, 40), month(12, 40)];
    let after = [month(20, 40), month(18, 40)];
    assert_eq!(
        share_shift(&with_gap, &after, 0.95),
        share_shift(&without, &after, 0.95)
    );
}
