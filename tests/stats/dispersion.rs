//! Scatter beyond chance.

use redress::stats::StatsError;
use redress::stats::control::{Counted, Exposed};
use redress::stats::dispersion::{DEFAULT_LEVEL, Dispersion, rate_dispersion, share_dispersion};

use super::{close, number, printed, table};

#[test]
fn scatter_of_shares_matches_rs_manual() {
    // R, example of prop.test: smokers among patients, X-squared = 12.6004, df = 3, p-value = 0.005585.
    let smokers = [(83, 86), (90, 93), (129, 136), (70, 82)];
    let points = smokers.map(|(count, size)| Counted { count, size });
    let scatter = share_dispersion(&points).unwrap();
    printed(scatter.chi_square, 12.6004, 4);
    assert_eq!(scatter.degrees, 3);
    printed(scatter.p_value, 0.005585, 6);
}

#[test]
fn scatter_matches_r() {
    let rows = table(include_str!("../oracle/stats/dispersion.csv"));
    for (name, over) in [
        ("share_smokers", true),
        ("share_wide", true),
        ("share_plain", false),
        ("rate_wide", true),
        ("rate_plain", false),
    ] {
        let rows: Vec<_> = rows.iter().filter(|row| row[0] == name).collect();
        let ours: Dispersion = if name.starts_with("share") {
            let point = |row: &&Vec<&str>| Counted {
                count: row[1].parse().unwrap(),
                size: number(row[2]) as u64,
            };
            share_dispersion(&rows.iter().map(point).collect::<Vec<_>>()).unwrap()
        } else {
            let point = |row: &&Vec<&str>| Exposed {
                count: row[1].parse().unwrap(),
                exposure: number(row[2]),
            };
            rate_dispersion(&rows.iter().map(point).collect::<Vec<_>>()).unwrap()
        };
        close(ours.chi_square, number(rows[0][3]), 1e-11);
        assert_eq!(ours.degrees as f64, number(rows[0][4]));
        close(ours.p_value, number(rows[0][5]), 1e-9);
        close(ours.phi, ours.chi_square / number(rows[0][4]), 1e-12);
        assert_eq!(ours.is_over(DEFAULT_LEVEL), over, "{name}");
    }
}

#[test]
fn gaps_do_not_count() {
    let point = |count, size| Counted { count, size };
    let with = share_dispersion(&[point(3, 9), point(0, 0), point(5, 9)]).unwrap();
    assert_eq!(with, share_dispersion(&[point(3, 9), point(5, 9)]).unwrap());
}

#[test]
fn scatter_of_phases_adds_up_and_leaves_out_the_step_between_them() {
    let of = |counts: &[(u64, u64)]| {
        let points: Vec<Counted> = counts
            .iter()
            .map(|(count, size)| Counted {
                count: *count,
                size: *size,
            })
            .collect();
        share_dispersion(&points).unwrap()
    };
    // R, example of prop.test, as above: 12.6004 on 3 degrees of freedom.
    let smokers = of(&[(83, 86), (90, 93), (129, 136), (70, 82)]);
    let twice = Dispersion::together(&[smokers, smokers]).unwrap();
    printed(twice.chi_square, 25.2008, 3);
    assert_eq!(twice.degrees, 6);
    // With an even number of degrees the tail is a finite sum: here exp(-h) (1 + h + h²/2), h half the statistic.
    let half = twice.chi_square / 2.0;
    close(
        twice.p_value,
        (-half).exp() * (1.0 + half + half * half / 2.0),
        1e-9,
    );
    assert_eq!(Dispersion::together(&[smokers]).unwrap(), smokers);
    let (before, after) = ([(10, 100), (12, 100), (8, 100)], [(50, 100), (52, 100)]);
    assert!(of(&[before.as_slice(), &after].concat()).is_over(DEFAULT_LEVEL));
    let within = Dispersion::together(&[of(&before), of(&after)]).unwrap();
    assert!(!within.is_over(DEFAULT_LEVEL));
    assert!(matches!(
        Dispersion::together(&[]),
        Err(StatsError::Empty { .. })
    ));
}

#[test]
fn scatter_refuses_what_cannot_scatter() {
    let point = |count, size| Counted { count, size };
    assert!(matches!(
        share_dispersion(&[]),
        Err(StatsError::Empty { .. })
    ));
    assert!(matches!(
        share_dispersion(&[point(0, 0)]),
        Err(StatsError::Empty { .. })
    ));
    assert!(matches!(
        share_dispersion(&[point(1, 2)]),
        Err(StatsError::TooFew { .. })
    ));
    assert!(matches!(
        share_dispersion(&[point(1, 2), point(3, 2)]),
        Err(StatsError::RowMoreThanAll { row: 2, .. })
    ));
    for count in [0, 2] {
        assert!(matches!(
            share_dispersion(&[point(count, 2), point(count, 2)]),
            Err(StatsError::NotEstimable { .. })
        ));
    }
    let rate = |count, exposure| Exposed { count, exposure };
    for exposure in [-1.0, 0.0, f64::NAN, f64::INFINITY] {
        assert!(matches!(
            rate_dispersion(&[rate(1, 1.0), rate(1, exposure)]),
            Err(StatsError::RowOutOfRange { row: 2, .. })
        ));
    }
    assert!(matches!(
        rate_dispersion(&[rate(0, 1.0), rate(0, 1.0)]),
        Err(StatsError::NotEstimable { .. })
    ));
    assert!(rate_dispersion(&[rate(1, 1e-308), rate(1, 1e308)]).is_err());
}
