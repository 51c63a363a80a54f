//! Which cases each metric counted, so that every figure of a pack opens to them without the lake.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int32Array, RecordBatch, StringArray};
use arrow::datatypes::Int32Type;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::engine::counted::Counted;
use crate::engine::export::{ExportError, batch_bytes};

/// Name of the column of cases.
const CASE_ID: &str = "case_id";

/// How many things of each case each metric counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Members {
    by_metric: BTreeMap<String, BTreeMap<String, i32>>,
}

impl Members {
    /// Adds a metric: `counted` has the columns `case_id` and `n`.
    pub fn add(&mut self, metric: &str, counted: &Counted) {
        let cases = (0..counted.rows.len())
            .map(|row| {
                let n = i32::try_from(counted.count(row, "n")).unwrap_or(i32::MAX);
                (counted.text(row, CASE_ID), n)
            })
            .collect();
        self.by_metric.insert(metric.to_owned(), cases);
    }

    /// The cases that a metric counted, with how many things of each.
    pub fn of(&self, metric: &str) -> Option<&BTreeMap<String, i32>> {
        self.by_metric.get(metric)
    }

    /// The metrics, in the order of their names.
    pub fn metrics(&self) -> impl Iterator<Item = &str> {
        self.by_metric.keys().map(String::as_str)
    }

    /// One row a case that any metric counted, a column a metric: how many things of it were counted, NULL for none.
    ///
    /// # Errors
    /// When it cannot be encoded.
    pub fn parquet(&self) -> Result<Vec<u8>, ExportError> {
        let cases: BTreeSet<&str> = self
            .by_metric
            .values()
            .flat_map(|cases| cases.keys().map(String::as_str))
            .collect();
        let ids: StringArray = cases.iter().map(|case| Some(*case)).collect();
        let mut columns: Vec<(&str, ArrayRef, bool)> = vec![(CASE_ID, Arc::new(ids), false)];
        for (metric, counted) in &self.by_metric {
            let column: Int32Array = cases
                .iter()
                .map(|case| counted.get(*case).copied())
                .collect();
            columns.push((metric, Arc::new(column), true));
        }
        let batch = RecordBatch::try_from_iter_with_nullable(columns)?;
        batch_bytes(&batch)
    }

    /// Reads what [`Members::parquet`] wrote.
    ///
    /// # Errors
    /// In words, when the file cannot be read or has other columns.
    pub fn read(path: &Path) -> Result<Members, String> {
        let file = std::fs::File::open(path).map_err(|e| e.to_string())?;
        let batches = ParquetRecordBatchReaderBuilder::try_new(file)
            .and_then(|builder| builder.build())
            .map_err(|e| e.to_string())?;
        let mut members = Members::default();
        for batch in batches {
            let batch = batch.map_err(|e| e.to_string())?;
            let ids = batch
                .column_by_name(CASE_ID)
                .and_then(|column| column.as_string_opt::<i32>())
                .ok_or("it has no column `case_id`")?;
            for (place, field) in batch.schema().fields().iter().enumerate() {
                if field.name() == CASE_ID {
                    continue;
                }
                let counts = batch
                    .column(place)
                    .as_primitive_opt::<Int32Type>()
                    .ok_or_else(|| format!("the column `{}` holds no counts", field.name()))?;
                let known = members.by_metric.entry(field.name().clone()).or_default();
                for row in 0..batch.num_rows() {
                    if counts.is_valid(row) {
                        known.insert(ids.value(row).to_owned(), counts.value(row));
                    }
                }
            }
        }
        Ok(members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::counted::Value;

    #[test]
    fn what_was_written_is_read_again() {
        let counted = |rows: &[(&str, i64)]| Counted {
            columns: vec!["case_id".to_owned(), "n".to_owned()],
            rows: rows
                .iter()
                .map(|(case, n)| vec![Value::Text((*case).to_owned()), Value::Count(*n)])
                .collect(),
        };
        let mut members = Members::default();
        members.add("volume", &counted(&[("2026-1", 1), ("2026-2", 1)]));
        members.add("stage_sla", &counted(&[("2026-2", 3), ("2025-9", 2)]));
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("cases.parquet");
        std::fs::write(&path, members.parquet().expect("bytes")).expect("written");
        let again = Members::read(&path).expect("read");
        assert_eq!(again, members);
        assert_eq!(
            again.of("stage_sla").and_then(|c| c.get("2026-2")),
            Some(&3)
        );
    }

    #[test]
    fn a_pack_without_cases_has_an_empty_table() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("cases.parquet");
        let none = Members::default();
        std::fs::write(&path, none.parquet().expect("bytes")).expect("written");
        assert_eq!(Members::read(&path), Ok(none));
    }
}
