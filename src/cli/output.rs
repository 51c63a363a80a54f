//! Answers on stdout: as an aligned table, JSON, CSV or Parquet.

use std::io::{self, BufWriter, IsTerminal, Write};

use anyhow::Context as _;
use clap::ValueEnum;
use redress_engine::counted::{Counted, Value};
use redress_engine::export::{csv_bytes, parquet_bytes};
use serde::{Serialize, Serializer};

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
        Format::Table => for_terminal(&table(answer)).into_bytes(),
        Format::Json => return write_json(&Records(answer)),
        Format::Csv => csv_bytes(answer)?,
        Format::Parquet if io::stdout().is_terminal() => {
            return Err(no_terminal().into());
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
        Format::Table => write_out(for_terminal(&human()).as_bytes()),
        Format::Json => write_json(document),
        Format::Csv | Format::Parquet => Err(no_rows().into()),
    }
}

/// Why a document is not printed as rows.
pub fn no_rows() -> Failure {
    Failure::Usage("this answer is a document, not rows: use --format table or json".into())
}

/// Why Parquet is not printed where a person reads.
pub fn no_terminal() -> Failure {
    Failure::Usage("Parquet is not for a terminal: send it to a file with `> name.parquet`".into())
}

/// Text for a terminal: what a customer wrote must not move its cursor or colour it.
fn for_terminal(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_control() && c != '\n' && c != '\t' {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect()
}

/// Writes bytes to stdout; a closed pipe is no error.
///
/// # Errors
/// When stdout cannot be written.
pub fn write_out(bytes: &[u8]) -> anyhow::Result<()> {
    match io::stdout()
        .write_all(bytes)
        .and_then(|()| io::stdout().flush())
    {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.context("stdout cannot be written"),
    }
}

/// Writes JSON to stdout as it is made: a long list is not held as text. A closed pipe is no error.
fn write_json<T: Serialize>(document: &T) -> anyhow::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    let written = serde_json::to_writer_pretty(&mut out, document)
        .map_err(io::Error::from)
        .and_then(|()| out.write_all(b"\n"))
        .and_then(|()| out.flush());
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.context("stdout cannot be written"),
    }
}

/// An aligned table with a header and a rule.
pub fn table(answer: &Counted) -> String {
    let cells: Vec<Vec<String>> = answer
        .rows
        .iter()
        .map(|row| row.iter().map(Value::as_text).collect())
        .collect();
    let numeric: Vec<bool> = (0..answer.columns.len())
        .map(|c| {
            answer.rows.iter().all(|row| {
                matches!(
                    row.get(c),
                    Some(Value::Count(_) | Value::Real(_) | Value::Null)
                )
            })
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
    out.push_str(&line(
        &widths.iter().map(|w| "-".repeat(*w)).collect::<Vec<_>>(),
    ));
    for row in &cells {
        out.push_str(&line(row));
    }
    out
}

/// One JSON object a row, written from the table as it stands.
#[derive(Debug, Clone, Copy)]
pub struct Records<'a>(pub &'a Counted);

impl<'a> Records<'a> {
    /// The first row alone.
    pub fn first(self) -> Record<'a> {
        let Records(answer) = self;
        Record {
            columns: &answer.columns,
            row: answer.rows.first().map_or(&[], Vec::as_slice),
        }
    }
}

impl Serialize for Records<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Records(answer) = self;
        serializer.collect_seq(answer.rows.iter().map(|row| Record {
            columns: &answer.columns,
            row,
        }))
    }
}

/// One row as an object.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    columns: &'a [String],
    row: &'a [Value],
}

impl Serialize for Record<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.columns.iter().zip(self.row))
    }
}
