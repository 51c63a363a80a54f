//! Counted tables as bytes for other programs: CSV that no spreadsheet takes for formulas, and Parquet.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Date32Array, Float64Array, Int64Array, StringArray};
use arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;

use super::counted::{Counted, Value};
use redress_lake::table::days_since_epoch;

/// Why a table could not be written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error("the table cannot be written as CSV: {0}")]
    Csv(String),
    #[error("the table does not fit Arrow: {0}")]
    Arrow(#[from] arrow::error::ArrowError),
    #[error("the table cannot be written as Parquet: {0}")]
    Parquet(#[from] parquet::errors::ParquetError),
}

/// CSV with a header; NULL is an empty field.
///
/// # Errors
/// When a row does not fit the header.
pub fn csv_bytes(answer: &Counted) -> Result<Vec<u8>, ExportError> {
    let failed = |error: csv::Error| ExportError::Csv(error.to_string());
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&answer.columns).map_err(failed)?;
    for row in &answer.rows {
        writer
            .write_record(row.iter().map(|value| match value {
                Value::Text(text) => harmless(text),
                other => other.as_text(),
            }))
            .map_err(failed)?;
    }
    writer
        .into_inner()
        .map_err(|e| ExportError::Csv(e.to_string()))
}

/// Text that a spreadsheet would take for a formula gets an apostrophe, so that it stays text (OWASP, CSV Injection;
/// ASVS 5.0, 1.2.10). A spreadsheet whose lists are parted by semicolons or tabs, as in Turkey and Russia, cuts a field
/// of ours there and takes no quotes for quotes: within a text a cell may begin after each of them, and after a line's
/// end.
fn harmless(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    if text.starts_with(['\t', '\r', '\n', '\0']) {
        safe.push('\'');
    }
    let mut begins = true;
    for c in text.chars() {
        // The last four are what keyboards for East Asian languages type in the place of the first.
        if begins && matches!(c, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠') {
            safe.push('\'');
        }
        begins = matches!(c, ';' | '\t' | '\r' | '\n');
        safe.push(c);
    }
    safe
}

/// Parquet with one nullable column each.
///
/// # Errors
/// When the columns differ in length or cannot be encoded.
pub fn parquet_bytes(answer: &Counted) -> Result<Vec<u8>, ExportError> {
    let columns = answer.columns.iter().enumerate().map(|(c, name)| {
        let cells = || {
            answer
                .rows
                .iter()
                .map(move |row| row.get(c).unwrap_or(&Value::Null))
        };
        (name.as_str(), column(cells), true)
    });
    let batch = RecordBatch::try_from_iter_with_nullable(columns)?;
    batch_bytes(&batch)
}

/// A batch as a Parquet file.
///
/// # Errors
/// When it cannot be encoded.
pub fn batch_bytes(batch: &RecordBatch) -> Result<Vec<u8>, ExportError> {
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None)?;
    writer.write(batch)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_becomes_a_formula_wherever_a_spreadsheet_cuts_it() {
        let cases = [
            ("=1+1", "'=1+1"),
            ("+90 555", "'+90 555"),
            ("-5", "'-5"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t'=1"),
            ("\0=1", "'\0=1"),
            ("＝1＋1", "'＝1＋1"),
            ("Kapı;=HYPERLINK(\"x\")", "Kapı;'=HYPERLINK(\"x\")"),
            ("Kapı\n=1", "Kapı\n'=1"),
            ("Kapı\r\nçatladı\n\n- iki", "Kapı\r\nçatladı\n\n'- iki"),
            // What cannot begin a cell stays as it is.
            ("a=b, 3-4, x@y.z; -1", "a=b, 3-4, x@y.z; -1"),
            ("", ""),
        ];
        for (text, safe) in cases {
            assert_eq!(harmless(text), safe, "{text:?}");
        }
    }

    #[test]
    fn numbers_stay_numbers_and_texts_are_made_harmless() {
        let table = Counted {
            columns: ["n", "name"].map(str::to_owned).to_vec(),
            rows: vec![vec![
                Value::Count(-3),
                Value::Text("=cmd|'/c calc'!A1".to_owned()),
            ]],
        };
        let csv = String::from_utf8(csv_bytes(&table).unwrap()).unwrap();
        assert_eq!(csv, "n,name\n-3,'=cmd|'/c calc'!A1\n");
    }
}
