//! Answers on stdout: as an aligned table, JSON, CSV or Parquet.

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;

use anyhow::Context as _;
use arrow::array::{ArrayRef, BooleanArray, Date32Array, Float64Array, Int64Array, StringArray};
use arrow::record_batch::RecordBatch;
use clap::ValueEnum;
use parquet::arrow::ArrowWriter;
use redress::engine::counted::{Counted, Value};
use redress::lake::table::days_since_epoch;
use serde::Serialize;

use super::failure::Failure;

/// Form of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Table,
    Json,
    Csv,
    Parquet,
}

/// Prints a counted table in the wanted form.
///
/// # Errors
/// When stdout cannot be written; a closed pipe is no error.
pub fn print(answer: &Counted, format: Format) -> anyhow::Result<()> {
    let bytes = match format {
        Format::Table => table(answer).into_bytes(),
        Format::Json => {
            let mut text = serde_json::to_vec_pretty(&records(answer))?;
            text.push(b'\n');
            text
        }
        Format::Csv => csv_bytes(answer)?,
        Format::Parquet if io::stdout().is_terminal() => {
            return Err(Failure::Usage("Parquet is not for a terminal: send it to a file with `> name.parquet`".into()).into());
        }
        Format::Parquet => parquet_bytes(answer)?,
    };
    write_out(&bytes)
}

/// Prints a document that is one JSON object rather than rows; as text it is shown by `human`.
///
/// # Errors
/// As [`print`].
pub fn print_document<T: Serialize>(
    document: &T,
    human: impl FnOnce() -> String,
    format: Format,
) -> anyhow::Result<()> {
    match format {
        Format::Table => write_out(human().as_bytes()),
        Format::Json => {
            let mut text = serde_json::to_vec_pretty(document)?;
            text.push(b'\n');
            write_out(&text)
        }
        Format::Csv | Format::Parquet => {
            Err(Failure::Usage("this answer is a document, not rows: use --format table or json".into()).into())
        }
    }
}

fn write_out(bytes: &[u8]) -> anyhow::Result<()> {
    match io::stdout().write_all(bytes).and_then(|()| io::stdout().flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.context("stdout cannot be written"),
    }
}

fn table(answer: &Counted) -> String {
    let cells: Vec<Vec<String>> = answer
        .rows
        .iter()
        .map(|row| row.iter().map(Value::as_text).collect())
        .collect();
    let numeric: Vec<bool> = (0..answer.columns.len())
        .map(|c| {
            answer
                .rows
                .iter()
                .all(|row| matches!(row.get(c), Some(Value::Count(_) | Value::Real(_) | Value::Null)))
        })
        .collect();
    let widths: Vec<usize> = answer
        .columns
        .iter()
        .enumerate()
        .map(|(c, name)| {
            cells
                .iter()
                .filter_map(|row| row.get(c))
                .map(|text| text.chars().count())
                .chain([name.chars().count()])
                .max()
                .unwrap_or(0)
        })
        .collect();
    let line = |texts: &[String]| {
        let mut out = String::new();
        for (c, text) in texts.iter().enumerate() {
            let pad = " ".repeat(widths[c].saturating_sub(text.chars().count()));
            if numeric[c] {
                out.push_str(&pad);
                out.push_str(text);
            } else {
                out.push_str(text);
                out.push_str(&pad);
            }
            out.push_str("  ");
        }
        out.trim_end().to_owned() + "\n"
    };
    let mut out = line(&answer.columns);
    out.push_str(&line(&widths.iter().map(|w| "-".repeat(*w)).collect::<Vec<_>>()));
    for row in &cells {
        out.push_str(&line(row));
    }
    out
}

fn records(answer: &Counted) -> Vec<serde_json::Map<String, serde_json::Value>> {
    answer
        .rows
        .iter()
        .map(|row| {
            answer
                .columns
                .iter()
                .zip(row)
                .map(|(name, value)| (name.clone(), serde_json::to_value(value).unwrap_or_default()))
                .collect()
        })
        .collect()
}

fn csv_bytes(answer: &Counted) -> anyhow::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&answer.columns)?;
    for row in &answer.rows {
        writer.write_record(row.iter().map(|value| match value {
            Value::Text(text) => harmless(text),
            other => other.as_text(),
        }))?;
    }
    Ok(writer.into_inner()?)
}

/// Text that a spreadsheet would take for a formula is prefixed, so that it stays text.
fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

fn parquet_bytes(answer: &Counted) -> anyhow::Result<Vec<u8>> {
    let columns = answer.columns.iter().enumerate().map(|(c, name)| {
        let cells = || answer.rows.iter().map(move |row| row.get(c).unwrap_or(&Value::Null));
        (name.as_str(), column(cells), true)
    });
    let batch = RecordBatch::try_from_iter_with_nullable(columns)?;
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None)?;
    writer.write(&batch)?;
    writer.close()?;
    Ok(bytes)
}

/// A column of the type that all its cells share; text where they share none.
fn column<'a, I: Iterator<Item = &'a Value>>(cells: impl Fn() -> I) -> ArrayRef {
    let all = |fits: fn(&Value) -> bool| cells().all(|v| *v == Value::Null || fits(v));
    if all(|v| matches!(v, Value::Count(_))) {
        Arc::new(cells().map(Value::as_count).collect::<Int64Array>())
    } else if all(|v| matches!(v, Value::Count(_) | Value::Real(_))) {
        Arc::new(cells().map(Value::as_real).collect::<Float64Array>())
    } else if all(|v| matches!(v, Value::Flag(_))) {
        Arc::new(
            cells()
                .map(|v| match v {
                    Value::Flag(flag) => Some(*flag),
                    _ => None,
                })
                .collect::<BooleanArray>(),
        )
    } else if all(|v| matches!(v, Value::Day(_))) {
        Arc::new(
            cells()
                .map(|v| match v {
                    Value::Day(day) => Some(days_since_epoch(*day)),
                    _ => None,
                })
                .collect::<Date32Array>(),
        )
    } else {
        Arc::new(
            cells()
                .map(|v| match v {
                    Value::Null => None,
                    other => Some(other.as_text()),
                })
                .collect::<StringArray>(),
        )
    }
}
