//! A result folder of Spark as a counted table.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Date32Array, Float32Array, Float64Array, Int8Array,
    Int16Array, Int32Array, Int64Array, StringArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Decimal128Type, Schema, TimeUnit};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use chrono::{DateTime, NaiveDate, TimeDelta};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowPredicateFn, ParquetRecordBatchReaderBuilder, RowFilter};
use parquet::errors::ParquetError;

use super::SparkError;
use super::script::NUMBER;
use crate::counted::{Counted, Value};
use redress_lake::decoding::batches;

/// The file that Spark puts into a folder when all of its parts are there.
const COMPLETE: &str = "_SUCCESS";

/// Whether Spark has said that a result is complete.
pub(super) fn is_whole(folder: &Path) -> bool {
    folder.join(COMPLETE).is_file()
}

/// The rows of a result, in the order of the query, that meet all conditions (column, text of the value;
/// empty text means NULL), the first `limit` of them.
pub(super) fn read(
    folder: &Path,
    conditions: &[(String, String)],
    limit: Option<usize>,
) -> Result<Counted, SparkError> {
    let mut answer: Option<Counted> = None;
    for path in parts(folder)? {
        let so_far = answer.as_ref().map_or(0, |a| a.rows.len());
        let left = limit.map(|limit| limit.saturating_sub(so_far));
        if left == Some(0) && answer.is_some() {
            break;
        }
        let (columns, batches) = read_part(&path, conditions, left)?;
        let answer = answer.get_or_insert_with(|| Counted {
            columns: columns.clone(),
            rows: Vec::new(),
        });
        for batch in batches {
            append(&batch, answer)?;
        }
    }
    answer.ok_or_else(|| SparkError::Incomplete {
        step: "a query".to_owned(),
        folder: folder.to_owned(),
    })
}

/// The part files; their names sort in the order of the rows.
fn parts(folder: &Path) -> Result<Vec<PathBuf>, SparkError> {
    let failed = |source| SparkError::Io {
        path: folder.to_owned(),
        source,
    };
    let mut parts = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if entry.file_name().to_string_lossy().starts_with("part-") {
            parts.push(entry.path());
        }
    }
    parts.sort();
    Ok(parts)
}

fn read_part(
    path: &Path,
    conditions: &[(String, String)],
    limit: Option<usize>,
) -> Result<(Vec<String>, Vec<RecordBatch>), SparkError> {
    let broken = |source| SparkError::Parquet {
        path: path.to_owned(),
        source,
    };
    let file = File::open(path).map_err(|source| SparkError::Io {
        path: path.to_owned(),
        source,
    })?;
    let mut columns = Vec::new();
    let batches = batches(|| {
        let mut builder = ParquetRecordBatchReaderBuilder::try_new(file)?;
        columns = names(builder.schema());
        let root = builder.parquet_schema();
        let wanted = ProjectionMask::columns(root, columns.iter().map(String::as_str));
        if !conditions.is_empty() {
            let asked = conditions.iter().map(|(column, _)| column.as_str());
            let mask = ProjectionMask::columns(root, asked);
            let conditions = conditions.to_vec();
            let meets = ArrowPredicateFn::new(mask, move |batch| meeting(&batch, &conditions));
            builder = builder.with_row_filter(RowFilter::new(vec![Box::new(meets)]));
        }
        if let Some(limit) = limit {
            builder = builder.with_limit(limit);
        }
        Ok(builder.with_projection(wanted))
    });
    let batches: Result<Vec<RecordBatch>, ParquetError> =
        batches.and_then(std::iter::Iterator::collect);
    let batches = batches.map_err(broken)?;
    Ok((columns, batches))
}

/// The columns that were asked for; the numbering of a list is not among them.
fn names(schema: &Schema) -> Vec<String> {
    schema
        .fields()
        .iter()
        .map(|field| field.name().clone())
        .filter(|name| name != NUMBER)
        .collect()
}

/// Which rows of a batch meet all conditions.
fn meeting(
    batch: &RecordBatch,
    conditions: &[(String, String)],
) -> Result<BooleanArray, ArrowError> {
    let mut columns = Vec::with_capacity(conditions.len());
    for (name, value) in conditions {
        let column = batch
            .column_by_name(name)
            .ok_or_else(|| ArrowError::SchemaError(format!("there is no column `{name}`")))?;
        columns.push((name, column, value));
    }
    (0..batch.num_rows())
        .map(|row| {
            for (name, column, value) in &columns {
                let meets = if value.is_empty() {
                    column.is_null(row)
                } else {
                    let cell = cell(name, column, row)
                        .map_err(|error| ArrowError::CastError(error.to_string()))?;
                    !column.is_null(row) && cell.as_text() == **value
                };
                if !meets {
                    return Ok(Some(false));
                }
            }
            Ok(Some(true))
        })
        .collect()
}

fn append(batch: &RecordBatch, answer: &mut Counted) -> Result<(), SparkError> {
    let from = answer.rows.len();
    let width = answer.columns.len();
    answer
        .rows
        .extend((0..batch.num_rows()).map(|_| Vec::with_capacity(width)));
    for (name, column) in answer.columns.iter().zip(batch.columns()) {
        for (row, cells) in answer.rows.iter_mut().skip(from).enumerate() {
            cells.push(cell(name, column, row)?);
        }
    }
    Ok(())
}

/// One cell, as the embedded engine would give it.
fn cell(name: &str, column: &ArrayRef, row: usize) -> Result<Value, SparkError> {
    if column.is_null(row) {
        return Ok(Value::Null);
    }
    macro_rules! at {
        ($array:ty) => {
            column
                .as_any()
                .downcast_ref::<$array>()
                .map(|array| array.value(row))
        };
    }
    let value = match column.data_type() {
        DataType::Boolean => at!(BooleanArray).map(Value::Flag),
        DataType::Int8 => at!(Int8Array).map(|n| Value::Count(n.into())),
        DataType::Int16 => at!(Int16Array).map(|n| Value::Count(n.into())),
        DataType::Int32 => at!(Int32Array).map(|n| Value::Count(n.into())),
        DataType::Int64 => at!(Int64Array).map(Value::Count),
        DataType::Float32 => at!(Float32Array).map(|real| Value::Real(real.into())),
        DataType::Float64 => at!(Float64Array).map(Value::Real),
        // Spark takes 0.5 for a decimal; the figure is a real number all the same.
        DataType::Decimal128(_, _) => column
            .as_primitive_opt::<Decimal128Type>()
            .and_then(|decimals| decimals.value_as_string(row).parse().ok())
            .map(Value::Real),
        DataType::Date32 => at!(Date32Array).map(|days| {
            NaiveDate::default()
                .checked_add_signed(TimeDelta::days(days.into()))
                .map_or(Value::Null, Value::Day)
        }),
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            at!(TimestampMicrosecondArray).map(|micros| {
                DateTime::from_timestamp_micros(micros)
                    .map_or(Value::Null, |at| Value::Text(at.to_rfc3339()))
            })
        }
        DataType::Utf8 => at!(StringArray).map(|text| Value::Text(text.to_owned())),
        _ => None,
    };
    value.ok_or_else(|| SparkError::UnknownType {
        column: name.to_owned(),
        found: column.data_type().to_string(),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::Decimal128Array;
    use parquet::arrow::ArrowWriter;
    use tempfile::TempDir;

    use super::*;

    /// A list as Spark leaves it: two parts, the numbering last.
    fn list() -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        part(
            folder.path(),
            0,
            &[1, 2, 3],
            &[Some("met"), None, Some("missed")],
        );
        part(folder.path(), 1, &[4, 5], &[Some("missed"), Some("missed")]);
        fs::write(folder.path().join(".part-00000.crc"), "not data").unwrap();
        folder
    }

    fn part(folder: &Path, number: usize, keys: &[i64], verdicts: &[Option<&str>]) {
        let days: Vec<i32> = keys.iter().map(|key| *key as i32).collect();
        let halves = keys.iter().map(|key| i128::from(*key) * 5);
        let halves = Decimal128Array::from_iter_values(halves);
        let columns: [(&str, ArrayRef); 5] = [
            ("case_key", Arc::new(Int64Array::from(keys.to_vec()))),
            ("verdict", Arc::new(StringArray::from(verdicts.to_vec()))),
            ("day", Arc::new(Date32Array::from(days))),
            (
                "half",
                Arc::new(halves.with_precision_and_scale(3, 1).unwrap()),
            ),
            (NUMBER, Arc::new(Int32Array::from(vec![1; keys.len()]))),
        ];
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let file = File::create(folder.join(format!("part-0000{number}-x.parquet"))).unwrap();
        let mut writer = ArrowWriter::try_new(file, batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
    }

    fn keys(answer: &Counted) -> Vec<i64> {
        (0..answer.rows.len())
            .map(|row| answer.count(row, "case_key"))
            .collect()
    }

    #[test]
    fn the_parts_are_read_in_order_and_the_numbering_left_out() {
        let answer = read(list().path(), &[], None).unwrap();
        assert_eq!(answer.columns, ["case_key", "verdict", "day", "half"]);
        assert_eq!(keys(&answer), [1, 2, 3, 4, 5]);
        let third = [
            Value::Count(3),
            Value::Text("missed".to_owned()),
            Value::Day("1970-01-04".parse().unwrap()),
            Value::Real(1.5),
        ];
        assert_eq!(answer.rows[2], third);
        assert_eq!(answer.rows[1][1], Value::Null);
    }

    #[test]
    fn conditions_and_a_limit_hold_over_all_parts() {
        let list = list();
        let verdict = |text: &str| vec![("verdict".to_owned(), text.to_owned())];
        let missed = verdict("missed");
        let found = |conditions: &[(String, String)], limit| {
            keys(&read(list.path(), conditions, limit).unwrap())
        };
        assert_eq!(found(&missed, None), [3, 4, 5]);
        assert_eq!(found(&missed, Some(2)), [3, 4]);
        assert_eq!(found(&verdict(""), None), [2]);
        let both = [missed, vec![("day".to_owned(), "1970-01-06".to_owned())]].concat();
        assert_eq!(found(&both, Some(20)), [5]);
        assert_eq!(found(&[], Some(0)), [0_i64; 0]);
    }

    #[test]
    fn a_folder_without_parts_is_no_result() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!is_whole(folder.path()));
        fs::write(folder.path().join(COMPLETE), "").unwrap();
        assert!(is_whole(folder.path()));
        let refused = read(folder.path(), &[], None).unwrap_err();
        assert!(matches!(refused, SparkError::Incomplete { .. }));
    }
}
