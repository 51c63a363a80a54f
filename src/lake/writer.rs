//! Rows in, a table out: a Parquet file with its hash, or the rows themselves.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::record_batch::RecordBatch;

use super::error::WriteError;
use super::file::{BATCH_ROWS, ColumnEncoder, GROUP_ROWS, TableFile};
pub use super::file::{file_name, schema};
use super::flush::ToFlush;
use super::manifest::FileEntry;
use super::table::{Rows, TableSpec};

/// Where the tables of a month go.
pub trait Destination {
    /// What a table becomes when all its rows are there.
    type Done;
    /// A table being filled.
    type Table<C: Rows>: Sink<C, Done = Self::Done>;
    /// Begins a table.
    ///
    /// # Errors
    /// When its file cannot be made.
    fn table<C: Rows>(&self) -> Result<Self::Table<C>, WriteError>;
}

/// A table being filled, row by row.
pub trait Sink<C: Rows> {
    /// What it becomes.
    type Done;
    /// Puts a row at the end of the table.
    ///
    /// # Errors
    /// When a full batch cannot be written.
    fn push(&mut self, row: C::Row<'_>) -> Result<(), WriteError>;
    /// Ends the table.
    ///
    /// # Errors
    /// When the rest cannot be written.
    fn finish(self) -> Result<Self::Done, WriteError>;
}

/// The files of a month in a snapshot.
#[derive(Debug, Clone, Copy)]
pub struct MonthFolder<'a> {
    pub snapshot: &'a Path,
    pub month: &'a str,
    /// Who flushes them to the disk.
    pub flusher: &'a ToFlush,
}

impl Destination for MonthFolder<'_> {
    type Done = FileEntry;
    type Table<C: Rows> = TableWriter<C>;
    fn table<C: Rows>(&self) -> Result<TableWriter<C>, WriteError> {
        let mut table = TableWriter::create(self.snapshot, Some(self.month))?;
        table.file = table.file.flushed_by(self.flusher);
        Ok(table)
    }
}

/// Rows that are only collected.
#[derive(Debug, Clone, Copy)]
pub struct InMemory;

/// The rows of a table, collected.
#[derive(Debug)]
pub struct TableRows {
    pub table: TableSpec,
    pub rows: RecordBatch,
}

/// A table whose rows are collected.
pub struct Collector<C>(C);

impl Destination for InMemory {
    type Done = TableRows;
    type Table<C: Rows> = Collector<C>;
    fn table<C: Rows>(&self) -> Result<Collector<C>, WriteError> {
        Ok(Collector(C::default()))
    }
}

impl<C: Rows> Sink<C> for Collector<C> {
    type Done = TableRows;

    fn push(&mut self, row: C::Row<'_>) -> Result<(), WriteError> {
        self.0.push(row);
        Ok(())
    }

    fn finish(mut self) -> Result<TableRows, WriteError> {
        let columns = self.0.take();
        Ok(TableRows {
            table: C::TABLE,
            rows: RecordBatch::try_new(Arc::new(schema(&C::TABLE)), columns).map_err(|source| {
                WriteError::Arrow {
                    path: PathBuf::from(C::TABLE.name),
                    source,
                }
            })?,
        })
    }
}

/// A table's Parquet file being written.
pub struct TableWriter<C> {
    columns: C,
    file: TableFile,
    /// The columns of the row group that is being filled, and its rows so far.
    group: Vec<ColumnEncoder>,
    group_rows: usize,
}

impl<C: Rows> TableWriter<C> {
    /// Creates the file of a table below the snapshot folder; `month` names its partition.
    ///
    /// # Errors
    /// When the folder or the file cannot be made.
    pub fn create(snapshot: &Path, month: Option<&str>) -> Result<Self, WriteError> {
        Ok(TableWriter {
            columns: C::default(),
            file: TableFile::create(snapshot, C::TABLE, month)?,
            group: Vec::new(),
            group_rows: 0,
        })
    }

    /// Puts a row at the end of the table.
    ///
    /// # Errors
    /// When a full batch cannot be written.
    pub fn push(&mut self, row: C::Row<'_>) -> Result<(), WriteError> {
        self.columns.push(row);
        if self.columns.pending() >= BATCH_ROWS {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), WriteError> {
        let schema = Arc::clone(self.file.schema());
        let batch = RecordBatch::try_new(schema, self.columns.take()).map_err(|source| {
            WriteError::Arrow {
                path: self.file.path().to_owned(),
                source,
            }
        })?;
        if self.group.is_empty() {
            self.group = self.file.encoders()?;
        }
        for (encoder, values) in self.group.iter_mut().zip(batch.columns()) {
            encoder
                .put(values, 0..values.len())
                .map_err(|source| self.file.failed(source))?;
        }
        self.group_rows += batch.num_rows();
        if self.group_rows >= GROUP_ROWS {
            self.end_group()?;
        }
        Ok(())
    }

    fn end_group(&mut self) -> Result<(), WriteError> {
        let chunks = std::mem::take(&mut self.group)
            .into_iter()
            .map(ColumnEncoder::finish)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|source| self.file.failed(source))?;
        self.file.append(self.group_rows, chunks)?;
        self.group_rows = 0;
        Ok(())
    }

    /// Ends the file, flushed to the disk, and says what it holds.
    ///
    /// # Errors
    /// When the rest cannot be written.
    pub fn finish(mut self) -> Result<FileEntry, WriteError> {
        if self.columns.pending() > 0 {
            self.flush()?;
        }
        if self.group_rows > 0 {
            self.end_group()?;
        }
        self.file.finish()
    }
}

impl<C: Rows> Sink<C> for TableWriter<C> {
    type Done = FileEntry;

    fn push(&mut self, row: C::Row<'_>) -> Result<(), WriteError> {
        TableWriter::push(self, row)
    }

    fn finish(self) -> Result<FileEntry, WriteError> {
        TableWriter::finish(self)
    }
}

/// An empty file of a table, so that a reader finds its schema.
///
/// # Errors
/// As [`TableWriter::create`].
pub fn write_empty<C: Rows>(snapshot: &Path) -> Result<FileEntry, WriteError> {
    // A partitioned table keeps its partition column even without a row.
    let month = C::TABLE.partitioned.then_some("none");
    TableWriter::<C>::create(snapshot, month)?.finish()
}
