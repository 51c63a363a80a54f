//! One metric in two periods, side by side.

use std::collections::BTreeMap;

use super::counted::{Counted, Value};

/// Joins the tables of two periods by their grouping columns. A group of one period only has NULL in the
/// other's columns: nothing counted there is not the same as a count of nothing.
///
/// `by` names the grouping columns; every other column comes twice, the second time with the suffix
/// `_before`. Rows come in the order of the first table, then those of the second alone.
pub fn side_by_side(now: &Counted, before: &Counted, by: &[String]) -> Counted {
    let figures: Vec<&String> = now.columns.iter().filter(|c| !by.contains(c)).collect();
    let mut columns: Vec<String> = by.to_vec();
    for figure in &figures {
        columns.push((*figure).clone());
        columns.push(format!("{figure}_before"));
    }
    let keys = |table: &Counted, row: usize| -> Vec<Value> {
        by.iter().map(|c| table.cell(row, c).clone()).collect()
    };
    let text = |key: &[Value]| -> Vec<String> { key.iter().map(|v| format!("{v:?}")).collect() };
    let mut earlier: BTreeMap<Vec<String>, usize> = (0..before.rows.len())
        .map(|row| (text(&keys(before, row)), row))
        .collect();
    let mut rows = Vec::with_capacity(now.rows.len());
    for row in 0..now.rows.len() {
        let key = keys(now, row);
        let other = earlier.remove(&text(&key));
        let mut cells = key;
        for figure in &figures {
            cells.push(now.cell(row, figure).clone());
            cells.push(other.map_or(Value::Null, |o| before.cell(o, figure).clone()));
        }
        rows.push(cells);
    }
    let mut alone: Vec<usize> = earlier.into_values().collect();
    alone.sort_unstable();
    for row in alone {
        let mut cells = keys(before, row);
        for figure in &figures {
            cells.push(Value::Null);
            cells.push(before.cell(row, figure).clone());
        }
        rows.push(cells);
    }
    Counted { columns, rows }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: &[(Option<&str>, i64)]) -> Counted {
        Counted {
            columns: vec!["site".into(), "n".into()],
            rows: rows
                .iter()
                .map(|(site, n)| {
                    let site = site.map_or(Value::Null, |s| Value::Text(s.into()));
                    vec![site, Value::Count(*n)]
                })
                .collect(),
        }
    }

    #[test]
    fn groups_of_either_period_stand_side_by_side() {
        let now = table(&[(Some("Bursa"), 3), (None, 1)]);
        let before = table(&[(Some("Gebze"), 5), (Some("Bursa"), 2)]);
        let both = side_by_side(&now, &before, &["site".to_owned()]);
        assert_eq!(both.columns, ["site", "n", "n_before"]);
        assert_eq!(
            both.rows,
            vec![
                vec![
                    Value::Text("Bursa".into()),
                    Value::Count(3),
                    Value::Count(2)
                ],
                vec![Value::Null, Value::Count(1), Value::Null],
                vec![Value::Text("Gebze".into()), Value::Null, Value::Count(5)],
            ]
        );
    }
}
