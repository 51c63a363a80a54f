//! A small counted table: what a metric's SQL answers, whichever engine ran it.

use chrono::NaiveDate;
use serde::Serialize;

/// One cell of a counted table.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Value {
    Null,
    Flag(bool),
    Count(i64),
    Real(f64),
    Day(NaiveDate),
    Text(String),
}

impl Value {
    /// The text of the cell; nothing for NULL.
    pub fn as_text(&self) -> String {
        match self {
            Value::Null => String::new(),
            Value::Flag(flag) => flag.to_string(),
            Value::Count(count) => count.to_string(),
            Value::Real(real) => real.to_string(),
            Value::Day(day) => day.to_string(),
            Value::Text(text) => text.clone(),
        }
    }

    /// The count in the cell, when it is one.
    pub const fn as_count(&self) -> Option<i64> {
        match self {
            Value::Count(count) => Some(*count),
            Value::Null | Value::Flag(_) | Value::Real(_) | Value::Day(_) | Value::Text(_) => None,
        }
    }

    /// The number in the cell, whole or not.
    pub const fn as_real(&self) -> Option<f64> {
        match self {
            Value::Count(count) => Some(*count as f64),
            Value::Real(real) => Some(*real),
            Value::Null | Value::Flag(_) | Value::Day(_) | Value::Text(_) => None,
        }
    }
}

/// Rows and columns in the order of the query's answer.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Counted {
    pub columns: Vec<String>,
    pub rows: Vec<Vec<Value>>,
}

impl Counted {
    /// The position of a column.
    pub fn position(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|c| c == column)
    }

    /// A cell by row number and column name; NULL where there is none.
    pub fn cell(&self, row: usize, column: &str) -> &Value {
        const NOTHING: &Value = &Value::Null;
        self.position(column)
            .and_then(|c| self.rows.get(row)?.get(c))
            .unwrap_or(NOTHING)
    }

    /// Text of a cell.
    pub fn text(&self, row: usize, column: &str) -> String {
        self.cell(row, column).as_text()
    }

    /// Count in a cell; 0 where there is none.
    pub fn count(&self, row: usize, column: &str) -> i64 {
        self.cell(row, column).as_count().unwrap_or(0)
    }

    /// The sum of a column of counts over the rows that `keep` accepts.
    pub fn sum(&self, column: &str, keep: impl Fn(usize) -> bool) -> i64 {
        (0..self.rows.len())
            .filter(|row| keep(*row))
            .map(|row| self.count(row, column))
            .sum()
    }
}
