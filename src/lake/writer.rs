//! Writing one Parquet file: rows in, a file with its hash out.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::datatypes::{Field, Schema};
use arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::schema::types::ColumnPath;
use sha2::{Digest, Sha256};

use super::manifest::FileEntry;
use super::table::{ColumnKind, Rows, TableSpec};
use crate::hex::hex;

/// Rows that are turned into one Arrow batch.
const BATCH_ROWS: usize = 16_384;
/// Rows of a Parquet row group: what bounds the memory of an open file.
const GROUP_ROWS: usize = 262_144;

/// What can go wrong while a file of the lake is written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    #[error("{path}: cannot be written: {source}")]
    Io { path: PathBuf, source: io::Error },
    #[error("{path}: cannot be written as Parquet: {source}")]
    Parquet { path: PathBuf, source: ParquetError },
    #[error("{path}: the rows do not fit the table: {source}")]
    Arrow {
        path: PathBuf,
        source: arrow::error::ArrowError,
    },
}

/// A table's Parquet file being written.
pub struct TableWriter<C> {
    path: PathBuf,
    /// Path relative to the snapshot, as in the manifest.
    name: String,
    schema: Arc<Schema>,
    columns: C,
    writer: ArrowWriter<HashingFile>,
    rows: u64,
}

impl<C: Rows> TableWriter<C> {
    /// Creates the file of a table below the snapshot folder; `month` names its partition.
    ///
    /// # Errors
    /// When the folder or the file cannot be made.
    pub fn create(snapshot: &Path, month: Option<&str>) -> Result<Self, WriteError> {
        let name = file_name(&C::TABLE, month);
        let path = snapshot.join(&name);
        let io_error = |source| WriteError::Io {
            path: path.clone(),
            source,
        };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(io_error)?;
        }
        let file = HashingFile::create(&path).map_err(io_error)?;
        let schema = Arc::new(schema(&C::TABLE));
        let mut properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_max_row_group_row_count(Some(GROUP_ROWS))
            .set_created_by(concat!("redress ", env!("CARGO_PKG_VERSION")).to_owned());
        // Keys, instants and measures hardly repeat: a dictionary of them costs hashing and saves nothing.
        for column in C::TABLE.columns {
            if matches!(
                column.kind,
                ColumnKind::Integer | ColumnKind::Instant | ColumnKind::Real
            ) {
                properties =
                    properties.set_column_dictionary_enabled(ColumnPath::from(column.name), false);
            }
        }
        let writer = ArrowWriter::try_new(file, Arc::clone(&schema), Some(properties.build()))
            .map_err(|source| WriteError::Parquet {
                path: path.clone(),
                source,
            })?;
        Ok(TableWriter {
            path,
            name,
            schema,
            columns: C::default(),
            writer,
            rows: 0,
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
        self.rows += self.columns.pending() as u64;
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), self.columns.take()).map_err(
            |source| WriteError::Arrow {
                path: self.path.clone(),
                source,
            },
        )?;
        self.writer
            .write(&batch)
            .map_err(|source| WriteError::Parquet {
                path: self.path.clone(),
                source,
            })
    }

    /// Ends the file, flushed to the disk, and says what it holds.
    ///
    /// # Errors
    /// When the rest cannot be written.
    pub fn finish(mut self) -> Result<FileEntry, WriteError> {
        if self.columns.pending() > 0 {
            self.flush()?;
        }
        let path = self.path;
        let file = self
            .writer
            .into_inner()
            .map_err(|source| WriteError::Parquet {
                path: path.clone(),
                source,
            })?;
        let (bytes, sha256) = file.finish().map_err(|source| WriteError::Io {
            path: path.clone(),
            source,
        })?;
        Ok(FileEntry {
            table: C::TABLE.name.to_owned(),
            path: self.name,
            rows: self.rows,
            bytes,
            sha256,
        })
    }
}

/// The Arrow schema of a table.
pub fn schema(table: &TableSpec) -> Schema {
    Schema::new(
        table
            .columns
            .iter()
            .map(|c| Field::new(c.name, c.kind.arrow(), c.nullable))
            .collect::<Vec<_>>(),
    )
}

/// The path of a table's file within a snapshot, the same on every system.
pub fn file_name(table: &TableSpec, month: Option<&str>) -> String {
    match month {
        Some(month) => format!("{}/received_month={month}/part-0.parquet", table.name),
        None => format!("{}/part-0.parquet", table.name),
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

/// A file that hashes what is written to it, so that it is not read a second time.
struct HashingFile {
    file: BufWriter<File>,
    hash: Sha256,
    bytes: u64,
}

impl HashingFile {
    fn create(path: &Path) -> io::Result<Self> {
        Ok(HashingFile {
            file: BufWriter::with_capacity(1 << 18, File::create(path)?),
            hash: Sha256::new(),
            bytes: 0,
        })
    }

    fn finish(mut self) -> io::Result<(u64, String)> {
        self.file.flush()?;
        self.file.get_ref().sync_all()?;
        Ok((self.bytes, hex(&self.hash.finalize())))
    }
}

impl Write for HashingFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write_all(bytes)?;
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
