//! Statistics against figures printed elsewhere: papers, handbooks, R's manuals, Python packages.
//! How the tables in `oracle/stats` were made is told in the README there.

mod control;
mod dispersion;
mod effect;
mod funnel;
mod growth;
mod log_rank;
mod power;
mod rate_models;
mod rates;
mod shares;
mod shift;
mod standardise;
mod survival;
mod wide_charts;

/// The rows of a table made by another implementation, without its header.
fn table(text: &str) -> Vec<Vec<&str>> {
    let rows: Vec<Vec<&str>> = text
        .lines()
        .skip(1)
        .map(|line| line.split(',').collect())
        .collect();
    assert!(!rows.is_empty());
    rows
}

fn number(field: &str) -> f64 {
    field.parse().unwrap()
}

fn maybe(field: &str) -> Option<f64> {
    (!field.is_empty()).then(|| number(field))
}

/// Equal up to a relative (near 0: absolute) difference.
#[track_caller]
fn close(ours: f64, theirs: f64, tolerance: f64) {
    let allowed = tolerance * theirs.abs().max(1e-3);
    assert!(
        (ours - theirs).abs() <= allowed,
        "ours {ours}, theirs {theirs}"
    );
}

/// Equal to a figure printed with so many decimals.
#[track_caller]
fn printed(ours: f64, theirs: f64, decimals: i32) {
    let half_a_digit = 0.5 * 10f64.powi(-decimals) * (1.0 + 1e-6);
    assert!(
        (ours - theirs).abs() <= half_a_digit,
        "ours {ours}, printed {theirs}"
    );
}
