//! Many tests at once: control of the share of false discoveries.

use super::StatsError;

/// Adjusted p-values by Benjamini and Hochberg, in the order of the input.
///
/// Calling "a discovery" whatever is at most q keeps the expected share of false ones among them at
/// q or below, for independent (or positively dependent) tests. Each adjusted value is the smallest
/// of p(j) * m / j over the ranks j from its own upwards, and at most 1.
///
/// Source: Benjamini and Hochberg (1995), JRSS B 57, 289-300; the same figures as R's
/// `p.adjust(p, "BH")`.
///
/// # Errors
/// No p-value at all; a p-value that is not a number from 0 to 1.
pub fn benjamini_hochberg(p_values: &[f64]) -> Result<Vec<f64>, StatsError> {
    if p_values.is_empty() {
        return Err(StatsError::Empty {
            what: "the p-values",
        });
    }
    for (index, &p) in p_values.iter().enumerate() {
        if !(0.0..=1.0).contains(&p) {
            return Err(StatsError::RowOutOfRange {
                row: index + 1,
                what: "the p-value",
                value: p,
                allowed: "from 0 to 1",
            });
        }
    }
    let tests = p_values.len();
    let mut by_size: Vec<usize> = (0..tests).collect();
    by_size.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));

    let mut adjusted = vec![1.0; tests];
    let mut smallest: f64 = 1.0;
    for (rank, &index) in by_size.iter().enumerate().rev() {
        // The quotient first: it is at least 1, so rounding cannot push the product below p.
        smallest = smallest.min(p_values[index] * (tests as f64 / (rank + 1) as f64));
        adjusted[index] = smallest;
    }
    Ok(adjusted)
}
