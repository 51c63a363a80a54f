//! What the statistics' commands share: the file, the options, the cells of an answer.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use redress_engine::counted::{Counted, Value};
use redress_stats::StatsError;
use redress_table_file::{TableError, TableFile};

use crate::failure::Failure;

#[derive(Debug, clap::Args)]
pub struct Source {
    /// CSV (UTF-8, with a header) or Parquet
    pub file: PathBuf,
}

#[derive(Debug, clap::Args)]
pub struct Confidence {
    /// Confidence level of the limits
    #[arg(long, value_name = "LEVEL", default_value_t = redress_stats::DEFAULT_CONFIDENCE, value_parser = fraction)]
    pub confidence: f64,
}

/// A number between 0 and 1, both excluded.
pub fn fraction(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number > 0.0 && number < 1.0 => Ok(number),
        Ok(_) | Err(_) => Err("must be a number between 0 and 1, for instance 0.95".to_owned()),
    }
}

impl Source {
    /// Reads the columns that were named; a column that is missing is a mistake of the command.
    pub fn read(&self, columns: &[Option<&String>]) -> anyhow::Result<TableFile> {
        let named: Vec<&str> = columns.iter().flatten().map(|name| name.as_str()).collect();
        TableFile::read(&self.file, &named).map_err(|error| match error {
            TableError::MissingColumn { .. } => Failure::Usage(error.to_string()).into(),
            other => other.into(),
        })
    }

    /// A statistic's refusal, with the file that it is about.
    pub fn judged<T>(&self, outcome: Result<T, StatsError>) -> anyhow::Result<T> {
        judged(&self.file, outcome)
    }
}

fn judged<T>(file: &Path, outcome: Result<T, StatsError>) -> anyhow::Result<T> {
    outcome.with_context(|| file.display().to_string())
}

/// A mistake of the command.
pub fn usage(text: impl Into<String>) -> anyhow::Error {
    Failure::Usage(text.into()).into()
}

/// Rows in groups, in the order in which the groups first appear. Without a column all rows are one.
pub fn groups(
    table: &TableFile,
    column: Option<&String>,
) -> Result<Vec<(String, Vec<usize>)>, TableError> {
    let Some(column) = column else {
        return Ok(vec![("all".to_owned(), (0..table.rows()).collect())]);
    };
    let mut groups: Vec<(String, Vec<usize>)> = Vec::new();
    for (row, name) in table.all_texts(column)?.into_iter().enumerate() {
        match groups.iter_mut().find(|(group, _)| *group == name) {
            Some((_, rows)) => rows.push(row),
            None => groups.push((name, vec![row])),
        }
    }
    Ok(groups)
}

/// The labels of the rows: a column, or their numbers from 1.
pub fn labels(table: &TableFile, column: Option<&String>) -> Result<Vec<String>, TableError> {
    match column {
        Some(column) => table.all_texts(column),
        None => Ok((1..=table.rows()).map(|row| row.to_string()).collect()),
    }
}

pub fn answer<const N: usize>(columns: [&str; N], rows: Vec<[Value; N]>) -> Counted {
    Counted {
        columns: columns.map(str::to_owned).to_vec(),
        rows: rows.into_iter().map(Vec::from).collect(),
    }
}

pub fn text(text: impl Into<String>) -> Value {
    Value::Text(text.into())
}

pub fn count(count: u64) -> Value {
    i64::try_from(count).map_or(Value::Real(count as f64), Value::Count)
}

pub fn size(size: usize) -> Value {
    count(size as u64)
}

pub fn real(number: f64) -> Value {
    Value::Real(number)
}

pub fn maybe(number: Option<f64>) -> Value {
    number.map_or(Value::Null, Value::Real)
}
