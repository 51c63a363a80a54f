//! One Parquet file of the lake being written: the only place that decides where batches and row groups end.
//!
//! The bytes of a Parquet file depend on how its rows are handed to the encoder: pages and dictionaries
//! are cut between batches. A spliced file has to be the one that reading everything would give, so both
//! ways write through [`TableFile`] and [`ColumnEncoder`]: whatever pieces come, a column is encoded in
//! batches counted from the start of its row group.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::datatypes::{Field, FieldRef, Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::{
    ArrowColumnChunk, ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves,
};
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::ColumnPath;

use super::error::WriteError;
use super::flush::ToFlush;
use super::manifest::FileEntry;
use super::pieces::Pieces;
use super::table::{ColumnKind, ColumnSpec, TableSpec};
use redress_plain::hex::hex;
use redress_plain::sha256::Sha256;

/// Rows that are encoded at once.
pub(super) const BATCH_ROWS: usize = 16_384;
/// Rows of a Parquet row group: what bounds the memory of an open file. Small enough that a month of a register of a million
/// fills one, so that a larger register needs no more.
pub(super) const GROUP_ROWS: usize = 32_768;
const _: () = assert!(GROUP_ROWS.is_multiple_of(BATCH_ROWS));

/// What a file says of the program that wrote it. The build names how it is laid out: row groups, and how columns are encoded.
/// Files of another layout hold the same rows in other bytes, so nothing is spliced into them.
pub(super) const WRITER: &str = concat!(
    "redress version ",
    env!("CARGO_PKG_VERSION"),
    " (build layout-3)"
);

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

/// A table's Parquet file being written, row group by row group.
pub(super) struct TableFile {
    table: TableSpec,
    path: PathBuf,
    /// Path relative to the snapshot, as in the manifest.
    name: String,
    schema: SchemaRef,
    file: SerializedFileWriter<HashingFile>,
    factory: ArrowRowGroupWriterFactory,
    rows: u64,
    /// Who flushes it to the disk; without one that is waited for.
    flusher: Option<ToFlush>,
}

/// One column of a row group, complete.
pub(super) enum Chunk {
    /// Encoded now.
    Encoded(Box<ArrowColumnChunk>),
    /// Taken over as it stands in another file.
    Kept {
        file: Arc<File>,
        close: Box<ColumnCloseResult>,
    },
}

impl TableFile {
    /// Creates the file of a table below the snapshot folder; `month` names its partition.
    ///
    /// # Errors
    /// When the folder or the file cannot be made, or the file is there already: it may be a link into
    /// another snapshot.
    pub(super) fn create(
        snapshot: &Path,
        table: TableSpec,
        month: Option<&str>,
    ) -> Result<Self, WriteError> {
        let name = file_name(&table, month);
        let path = snapshot.join(&name);
        let io_error = |source| WriteError::Io {
            path: path.clone(),
            source,
        };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(io_error)?;
        }
        let file = HashingFile::create(&path).map_err(io_error)?;
        let schema = Arc::new(schema(&table));
        let mut properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_max_row_group_row_count(Some(GROUP_ROWS))
            .set_created_by(WRITER.to_owned());
        for column in table.columns {
            properties = encoded(properties, column);
        }
        let opened = ArrowWriter::try_new(file, Arc::clone(&schema), Some(properties.build()))
            .and_then(ArrowWriter::into_serialized_writer);
        let (file, factory) = opened.map_err(|source| WriteError::Parquet {
            path: path.clone(),
            source,
        })?;
        Ok(TableFile {
            table,
            path,
            name,
            schema,
            file,
            factory,
            rows: 0,
            flusher: None,
        })
    }

    /// Leaves the flushing to another thread.
    pub(super) fn flushed_by(mut self, flusher: &ToFlush) -> Self {
        self.flusher = Some(flusher.clone());
        self
    }

    /// The table's Arrow schema.
    pub(super) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Where the file lies, for messages.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// An encoder for every column of the next row group.
    ///
    /// # Errors
    /// When a column's type cannot be written.
    pub(super) fn encoders(&self) -> Result<Vec<ColumnEncoder>, WriteError> {
        let writers = self
            .factory
            .create_column_writers(self.file.flushed_row_groups().len())
            .map_err(|source| self.failed(source))?;
        let fields = self.schema.fields().iter();
        Ok(fields
            .zip(writers)
            .map(|(field, writer)| ColumnEncoder {
                field: Arc::clone(field),
                writer,
                pending: Pieces::default(),
            })
            .collect())
    }

    /// Puts a row group at the end of the file: all its columns, in the table's order.
    ///
    /// # Errors
    /// When it cannot be written, or a column is missing.
    pub(super) fn append(&mut self, rows: usize, chunks: Vec<Chunk>) -> Result<(), WriteError> {
        let appended = (|| {
            let mut group = self.file.next_row_group()?;
            for chunk in chunks {
                match chunk {
                    Chunk::Encoded(chunk) => chunk.append_to_row_group(&mut group)?,
                    Chunk::Kept { file, close } => group.append_column(&*file, *close)?,
                }
            }
            group.close().map(|_| ())
        })();
        appended.map_err(|source| self.failed(source))?;
        self.rows += rows as u64;
        Ok(())
    }

    /// Ends the file and says what it holds. It is flushed to the disk, or will be by the one it was left to.
    ///
    /// # Errors
    /// When the rest cannot be written.
    pub(super) fn finish(self) -> Result<FileEntry, WriteError> {
        let path = self.path;
        let file = self
            .file
            .into_inner()
            .map_err(|source| WriteError::Parquet {
                path: path.clone(),
                source,
            })?;
        let io_error = |source| WriteError::Io {
            path: path.clone(),
            source,
        };
        let (file, bytes, sha256) = file.finish().map_err(io_error)?;
        match self.flusher {
            Some(flusher) => flusher.put(path, file),
            None => file.sync_all().map_err(io_error)?,
        }
        Ok(FileEntry {
            table: self.table.name.to_owned(),
            path: self.name,
            rows: self.rows,
            bytes,
            sha256,
        })
    }

    /// Parquet's word on this file.
    pub(super) fn failed(&self, source: ParquetError) -> WriteError {
        WriteError::Parquet {
            path: self.path.clone(),
            source,
        }
    }
}

/// How a column is encoded, by what it holds.
fn encoded(
    mut properties: WriterPropertiesBuilder,
    column: &ColumnSpec,
) -> WriterPropertiesBuilder {
    let path = ColumnPath::from(column.name);
    let (is_text, is_difference) = match column.kind {
        ColumnKind::Text | ColumnKind::FreeText => (true, false),
        // Keys grow by little steps, instants of a case lie near each other: their differences are small.
        ColumnKind::Integer | ColumnKind::Instant => (false, !column.repeats),
        ColumnKind::Count | ColumnKind::Real | ColumnKind::Flag | ColumnKind::Day => (false, false),
    };
    if is_text {
        // Every row group holds nearly every word, so that extremes rule out none; they cost two comparisons a value.
        properties =
            properties.set_column_statistics_enabled(path.clone(), EnabledStatistics::None);
    }
    if is_difference {
        // Dense already: compression would take time for the twentieth part.
        properties = properties
            .set_column_encoding(path.clone(), Encoding::DELTA_BINARY_PACKED)
            .set_column_compression(path.clone(), Compression::UNCOMPRESSED);
    }
    if !column.repeats {
        // A dictionary of what hardly repeats costs hashing and saves nothing.
        properties = properties.set_column_dictionary_enabled(path, false);
    }
    properties
}

/// Encodes one column of a row group.
pub(super) struct ColumnEncoder {
    field: FieldRef,
    writer: ArrowColumnWriter,
    pending: Pieces,
}

impl ColumnEncoder {
    /// Puts rows of an array at the end of the column. The pieces they come in leave no trace in the file.
    ///
    /// # Errors
    /// When a value does not fit the column.
    pub(super) fn put(
        &mut self,
        values: &ArrayRef,
        rows: Range<usize>,
    ) -> Result<(), ParquetError> {
        let mut from = rows.start;
        while from < rows.end {
            let to = rows.end.min(from + BATCH_ROWS - self.pending.rows());
            self.pending.put(values, from..to);
            from = to;
            if self.pending.rows() == BATCH_ROWS {
                self.encode()?;
            }
        }
        Ok(())
    }

    /// The whole column.
    ///
    /// # Errors
    /// When the rest of its values does not fit.
    pub(super) fn finish(mut self) -> Result<Chunk, ParquetError> {
        self.encode()?;
        Ok(Chunk::Encoded(Box::new(self.writer.close()?)))
    }

    fn encode(&mut self) -> Result<(), ParquetError> {
        let Some(batch) = self.pending.take()? else {
            return Ok(());
        };
        for leaf in compute_leaves(&self.field, &batch)? {
            self.writer.write(&leaf)?;
        }
        Ok(())
    }
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
            file: BufWriter::with_capacity(1 << 18, File::create_new(path)?),
            hash: Sha256::new(),
            bytes: 0,
        })
    }

    /// The file, its length and its hash.
    fn finish(self) -> io::Result<(File, u64, String)> {
        let file = self.file.into_inner().map_err(|error| error.into_error())?;
        Ok((file, self.bytes, hex(&self.hash.finish())))
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
