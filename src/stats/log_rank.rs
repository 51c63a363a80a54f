//! Do two or more groups take equally long? The log-rank test.

use super::StatsError;
use super::dispersion::chi_square_tail;
use super::survival::{RiskRow, TimeCount, risk_table};

/// One group of a log-rank test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GroupCount {
    /// Number at time 0.
    pub total: u64,
    pub events: u64,
    /// Events that it would have had if all groups were alike.
    pub expected: f64,
}

/// The test's outcome.
#[derive(Debug, Clone, PartialEq)]
pub struct LogRank {
    /// In the order of the input.
    pub groups: Vec<GroupCount>,
    pub chi_square: f64,
    /// Groups with an expected event, less one.
    pub degrees: usize,
    /// Of the hypothesis that all groups are alike.
    pub p_value: f64,
}

/// Log-rank test of two or more groups, without strata or weights.
///
/// Competing ends count as censored, so groups are compared by how fast the event comes while it still
/// can come.
///
/// Source: Mantel (1966), Cancer Chemotherapy Reports 50, 163-170; Peto and Peto (1972), JRSS A 135,
/// 185-207. Observed, expected, variance and degrees of freedom as in R's `survdiff` with `rho = 0`
/// (package survival).
///
/// # Errors
/// Fewer than two groups; a group without a count; a time that is negative or not finite; counts whose
/// sum overflows. Not estimable without an event while two groups were at risk.
pub fn log_rank(groups: &[Vec<TimeCount>]) -> Result<LogRank, StatsError> {
    if groups.len() < 2 {
        return Err(StatsError::TooFew {
            what: "groups",
            given: groups.len(),
            least: 2,
            instead: "a single group has nothing to be compared with",
        });
    }
    let tables = groups
        .iter()
        .map(|rows| risk_table(rows))
        .collect::<Result<Vec<_>, _>>()?;
    let mut times: Vec<f64> = tables
        .iter()
        .flatten()
        .filter(|row| row.events > 0)
        .map(|row| row.time)
        .collect();
    times.sort_by(f64::total_cmp);
    times.dedup();

    let count = groups.len();
    let mut expected = vec![0.0; count];
    let mut variance = vec![vec![0.0; count]; count];
    for time in times {
        let at: Vec<(f64, f64)> = tables.iter().map(|table| state_at(table, time)).collect();
        let at_risk: f64 = at.iter().map(|(at_risk, _)| at_risk).sum();
        let events: f64 = at.iter().map(|(_, events)| events).sum();
        for (group, (own, _)) in at.iter().enumerate() {
            expected[group] += events * own / at_risk;
        }
        if at_risk <= 1.0 {
            continue;
        }
        let spread = events * (at_risk - events) / (at_risk - 1.0);
        for (row, (own, _)) in at.iter().enumerate() {
            for (column, (other, _)) in at.iter().enumerate() {
                let same = if row == column { 1.0 } else { 0.0 };
                variance[row][column] += spread * own / at_risk * (same - other / at_risk);
            }
        }
    }

    let outcome: Vec<GroupCount> = tables
        .iter()
        .zip(&expected)
        .map(|(table, &expected)| GroupCount {
            total: table.first().map_or(0, |row| row.at_risk),
            events: table.iter().map(|row| row.events).sum(),
            expected,
        })
        .collect();
    // A group that left before the first event tells nothing; of the others one follows from the rest.
    let telling: Vec<usize> = (0..count)
        .filter(|&group| expected[group] > 0.0)
        .skip(1)
        .collect();
    let excess: Vec<f64> = telling
        .iter()
        .map(|&group| outcome[group].events as f64 - expected[group])
        .collect();
    let part: Vec<Vec<f64>> = telling
        .iter()
        .map(|&row| {
            telling
                .iter()
                .map(|&column| variance[row][column])
                .collect()
        })
        .collect();
    let chi_square = quadratic_form(part, &excess).ok_or(StatsError::NotEstimable {
        what: "the log-rank test",
        why: "no event happened while two groups were at risk",
    })?;
    Ok(LogRank {
        groups: outcome,
        chi_square,
        degrees: telling.len(),
        p_value: chi_square_tail(chi_square, telling.len())?,
    })
}

/// How many of a group were at risk just before `time`, and how many events it had then.
fn state_at(table: &[RiskRow], time: f64) -> (f64, f64) {
    let next = table.partition_point(|row| row.time < time);
    table.get(next).map_or((0.0, 0.0), |row| {
        let events = if row.time == time { row.events } else { 0 };
        (row.at_risk as f64, events as f64)
    })
}

/// x' V^-1 x for a positive definite V, by Cholesky's decomposition; `None` when it is not definite.
fn quadratic_form(mut matrix: Vec<Vec<f64>>, vector: &[f64]) -> Option<f64> {
    if vector.is_empty() {
        return None;
    }
    let mut sum = 0.0;
    let mut solved: Vec<f64> = Vec::with_capacity(vector.len());
    for row in 0..vector.len() {
        let whole = matrix[row][row];
        for column in 0..=row {
            let known: f64 = (0..column)
                .map(|k| matrix[row][k] * matrix[column][k])
                .sum();
            let rest = matrix[row][column] - known;
            matrix[row][column] = if column < row {
                rest / matrix[column][column]
            } else if rest > 1e-12 * whole {
                rest.sqrt()
            } else {
                return None;
            };
        }
        let known: f64 = (0..row).map(|k| matrix[row][k] * solved[k]).sum();
        let next = (vector[row] - known) / matrix[row][row];
        sum += next * next;
        solved.push(next);
    }
    sum.is_finite().then_some(sum)
}
