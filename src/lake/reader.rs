//! Reading columns of a snapshot's tables, batch by batch, for what is computed over all cases.

use std::fs::File;
use std::path::{Path, PathBuf};

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Date32Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType};
use arrow::record_batch::RecordBatch;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::errors::ParquetError;

use super::decoding::batches;
use super::manifest::FileEntry;

/// Rows read at a time.
const BATCH_ROWS: usize = 65_536;

/// Why a table could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("{path}: cannot be read: {source}")]
    Io {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{path}: is no readable Parquet file of the lake: {source}")]
    Parquet { path: PathBuf, source: ParquetError },
    #[error(
        "{path}: is not the file that the manifest names; `redress lake list --verify` names every altered file"
    )]
    Altered { path: PathBuf },
    #[error("{path}: the column `{column}` is missing or of another type")]
    Column { path: PathBuf, column: String },
}

/// Reads the named columns of a table's files in the order of the manifest and gives each batch to `take`.
///
/// # Errors
/// When a file is missing, altered, or lacks a column.
pub fn read_table(
    snapshot: &Path,
    files: &[FileEntry],
    table: &str,
    columns: &[&str],
    mut take: impl FnMut(&Batch<'_>) -> Result<(), ReadError>,
) -> Result<(), ReadError> {
    for entry in files.iter().filter(|file| file.table == table) {
        let path = snapshot.join(&entry.path);
        let failed = |source| ReadError::Parquet {
            path: path.clone(),
            source,
        };
        let unreadable = |source| ReadError::Io {
            path: path.clone(),
            source,
        };
        let file = File::open(&path).map_err(unreadable)?;
        if file.metadata().map_err(unreadable)?.len() != entry.bytes {
            return Err(ReadError::Altered { path });
        }
        let batches = batches(|| {
            let builder = ParquetRecordBatchReaderBuilder::try_new(file)?;
            let mask = ProjectionMask::columns(builder.parquet_schema(), columns.iter().copied());
            Ok(builder.with_projection(mask).with_batch_size(BATCH_ROWS))
        });
        for rows in batches.map_err(failed)? {
            let rows = rows.map_err(failed)?;
            take(&Batch {
                path: &path,
                rows: &rows,
            })?;
        }
    }
    Ok(())
}

/// Some rows of a table.
#[derive(Debug)]
pub struct Batch<'a> {
    path: &'a Path,
    rows: &'a RecordBatch,
}

impl<'a> Batch<'a> {
    /// Number of rows.
    pub fn len(&self) -> usize {
        self.rows.num_rows()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn column(&self, name: &str) -> Result<&'a dyn Array, ReadError> {
        self.rows
            .column_by_name(name)
            .map(AsRef::as_ref)
            .ok_or_else(|| self.misfit(name))
    }

    fn misfit(&self, column: &str) -> ReadError {
        ReadError::Column {
            path: self.path.to_owned(),
            column: column.to_owned(),
        }
    }

    /// A column of text.
    ///
    /// # Errors
    /// When it is missing or of another type; likewise below.
    pub fn texts(&self, name: &str) -> Result<Vec<Option<&'a str>>, ReadError> {
        let column = self.column(name)?;
        let column = column
            .as_string_opt::<i32>()
            .ok_or_else(|| self.misfit(name))?;
        Ok(column.iter().collect())
    }

    /// A column of whole numbers.
    ///
    /// # Errors
    /// As [`Batch::texts`].
    pub fn integers(&self, name: &str) -> Result<Vec<Option<i64>>, ReadError> {
        let column = self.column(name)?;
        if let Some(column) = column.as_primitive_opt::<Int64Type>() {
            return Ok(column.iter().collect());
        }
        let column = column
            .as_primitive_opt::<Int32Type>()
            .ok_or_else(|| self.misfit(name))?;
        Ok(column.iter().map(|cell| cell.map(i64::from)).collect())
    }

    /// A column of real numbers.
    ///
    /// # Errors
    /// As [`Batch::texts`].
    pub fn reals(&self, name: &str) -> Result<Vec<Option<f64>>, ReadError> {
        let column = self.column(name)?;
        let column = column
            .as_primitive_opt::<Float64Type>()
            .ok_or_else(|| self.misfit(name))?;
        Ok(column.iter().collect())
    }

    /// A column of days.
    ///
    /// # Errors
    /// As [`Batch::texts`].
    pub fn days(&self, name: &str) -> Result<Vec<Option<NaiveDate>>, ReadError> {
        let column = self.column(name)?;
        let column = column
            .as_primitive_opt::<Date32Type>()
            .ok_or_else(|| self.misfit(name))?;
        let day =
            |days: i32| NaiveDate::default().checked_add_signed(TimeDelta::days(i64::from(days)));
        Ok(column.iter().map(|cell| cell.and_then(day)).collect())
    }

    /// A column of instants.
    ///
    /// # Errors
    /// As [`Batch::texts`].
    pub fn instants(&self, name: &str) -> Result<Vec<Option<DateTime<Utc>>>, ReadError> {
        let column = self.column(name)?;
        let column = column
            .as_primitive_opt::<TimestampMicrosecondType>()
            .ok_or_else(|| self.misfit(name))?;
        Ok(column
            .iter()
            .map(|cell| cell.and_then(DateTime::from_timestamp_micros))
            .collect())
    }
}
