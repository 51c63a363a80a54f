//! A table's file of an earlier snapshot: where cases stand in it, and parts of its columns.

use std::fs::File;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringViewArray};
use arrow::datatypes::{DataType, Int64Type, Schema, SchemaRef};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::ParquetError;
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData};
use parquet::file::statistics::Statistics;

use super::decoding::{Batches, batches, decoded};
use super::file::{BATCH_ROWS, Chunk, WRITER};

/// A file that parts are taken from.
pub(super) struct OldFile {
    file: Arc<File>,
    schema: SchemaRef,
    /// Reads texts as views: those of a dictionary are pointed at, not copied row by row.
    metadata: ArrowReaderMetadata,
}

impl OldFile {
    /// Opens a file with all that its footer says of pages, so that column chunks can be taken over whole.
    ///
    /// # Errors
    /// When it is missing or no Parquet file.
    pub(super) fn open(path: &Path) -> Result<Self, ParquetError> {
        let file = File::open(path)?;
        let options = ArrowReaderOptions::new()
            .with_page_index_policy(PageIndexPolicy::Required)
            .with_encoding_stats_as_mask(false);
        let metadata = decoded(|| ArrowReaderMetadata::load(&file, options.clone()))?;
        let schema = Arc::clone(metadata.schema());
        let options = options.with_schema(Arc::new(with_views(&schema)));
        Ok(OldFile {
            file: Arc::new(file),
            metadata: ArrowReaderMetadata::try_new(Arc::clone(metadata.metadata()), options)?,
            schema,
        })
    }

    /// Whether it has exactly the columns of a schema, laid out as this program lays them out.
    pub(super) fn has(&self, schema: &Schema) -> bool {
        let created_by = self.parquet().file_metadata().created_by();
        self.schema.fields() == schema.fields() && created_by == Some(WRITER)
    }

    /// Rows of a row group; 0 where there is none.
    pub(super) fn group_rows(&self, group: usize) -> usize {
        match self.parquet().row_groups().get(group) {
            Some(group) => usize::try_from(group.num_rows()).unwrap_or(0),
            None => 0,
        }
    }

    /// Rows in all.
    pub(super) fn rows(&self) -> usize {
        (0..self.parquet().num_row_groups())
            .map(|group| self.group_rows(group))
            .sum()
    }

    /// Where the rows of each case stand, or would stand; `keys` ascend, and so do those of the file.
    ///
    /// # Errors
    /// When the column cannot be read, or does not ascend.
    pub(super) fn places(
        &self,
        key_column: usize,
        keys: &[i64],
    ) -> Result<Vec<Range<usize>>, ParquetError> {
        let mut starts = Vec::with_capacity(keys.len());
        let mut ends = Vec::with_capacity(keys.len());
        let mut before = 0;
        let mut column = self.column(key_column);
        while let Some(batch) = column.next_batch()? {
            let found = batch
                .as_primitive_opt::<Int64Type>()
                .ok_or_else(|| ParquetError::General("the key is no whole number".to_owned()))?
                .values();
            let Some(last) = found.last() else { continue };
            if !found.is_sorted() {
                return Err(ParquetError::General("the keys do not ascend".to_owned()));
            }
            while let Some(key) = keys.get(starts.len()).filter(|key| *key <= last) {
                starts.push(before + found.partition_point(|k| k < key));
            }
            while let Some(key) = keys.get(ends.len()).filter(|key| *key < last) {
                ends.push(before + found.partition_point(|k| k <= key));
            }
            before += found.len();
        }
        starts.resize(keys.len(), before);
        ends.resize(keys.len(), before);
        Ok(starts.into_iter().zip(ends).map(|(s, e)| s..e).collect())
    }

    /// The values of a column, to be taken in order from the first row on.
    pub(super) fn column(&self, column: usize) -> OldColumn<'_> {
        OldColumn {
            file: self,
            column,
            row: 0,
            group: 0,
            skip: 0,
            reader: None,
            batch: None,
            used: 0,
        }
    }

    /// A column of one row group from a row of the group on.
    fn read(&self, column: usize, group: usize, skip: usize) -> Result<Batches, ParquetError> {
        let mask = ProjectionMask::leaves(self.metadata.parquet_schema(), [column]);
        batches(|| {
            let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(
                self.file.try_clone()?,
                self.metadata.clone(),
            );
            Ok(builder
                .with_projection(mask)
                .with_row_groups(vec![group])
                .with_offset(skip)
                .with_batch_size(BATCH_ROWS))
        })
    }

    /// A column of a row group as it stands, to be put into another file.
    ///
    /// # Errors
    /// When what the footer says of it makes no sense.
    pub(super) fn chunk(&self, group: usize, column: usize) -> Result<Chunk, ParquetError> {
        let metadata = self.parquet().row_group(group);
        let chunk = metadata.column(column);
        let pages = self.parquet().page_index_for_row_group(group);
        let mut builder = chunk.clone().into_builder();
        if let Some(statistics) = chunk.statistics() {
            let signed = chunk.column_descr().sort_order().is_signed();
            builder = builder.set_statistics(as_written(statistics.clone(), signed));
        }
        Ok(Chunk::Kept {
            file: Arc::clone(&self.file),
            close: Box::new(ColumnCloseResult {
                bytes_written: u64::try_from(chunk.compressed_size()).unwrap_or(0),
                rows_written: u64::try_from(metadata.num_rows()).unwrap_or(0),
                metadata: builder.build()?,
                bloom_filter: None,
                column_index: pages.column_index(column).cloned(),
                offset_index: pages.offset_index(column).cloned(),
            }),
        })
    }

    fn parquet(&self) -> &Arc<ParquetMetaData> {
        self.metadata.metadata()
    }
}

/// A schema with texts as views.
fn with_views(schema: &Schema) -> Schema {
    let fields = schema.fields().iter().map(|field| {
        let field = field.as_ref().clone();
        match field.data_type() {
            DataType::Utf8 => field.with_data_type(DataType::Utf8View),
            _ => field,
        }
    });
    Schema::new_with_metadata(fields.collect::<Vec<_>>(), schema.metadata().clone())
}

/// A column as [`OldColumn`] gives its values: texts as views.
pub(super) fn as_views(values: &ArrayRef) -> ArrayRef {
    match values.as_string_opt::<i32>() {
        Some(texts) => Arc::new(StringViewArray::from(texts)),
        None => Arc::clone(values),
    }
}

/// Statistics as the writer of the chunk had them: the footer repeats the extremes of signed numbers in a
/// deprecated place, and reading forgets that it did.
fn as_written(statistics: Statistics, signed: bool) -> Statistics {
    match statistics {
        Statistics::Boolean(s) => s.with_backwards_compatible_min_max(signed).into(),
        Statistics::Int32(s) => s.with_backwards_compatible_min_max(signed).into(),
        Statistics::Int64(s) => s.with_backwards_compatible_min_max(signed).into(),
        Statistics::Float(s) => s.with_backwards_compatible_min_max(signed).into(),
        Statistics::Double(s) => s.with_backwards_compatible_min_max(signed).into(),
        // Types that no table has, and text, whose extremes have no deprecated place.
        other @ (Statistics::Int96(_)
        | Statistics::ByteArray(_)
        | Statistics::FixedLenByteArray(_)) => other,
    }
}

/// Values of one column, in the order of the file. A row group is opened when its first value is wanted, one at a
/// time: a batch over the dictionaries of two would have every text made anew.
pub(super) struct OldColumn<'a> {
    file: &'a OldFile,
    column: usize,
    /// Row of the file that comes next.
    row: usize,
    /// Row group that is opened next, and how many of its rows are passed over.
    group: usize,
    skip: usize,
    reader: Option<Batches>,
    batch: Option<ArrayRef>,
    used: usize,
}

impl OldColumn<'_> {
    /// Goes on at a row of the file. Where that is the row that comes next anyway, what was decoded is kept.
    pub(super) fn go_to(&mut self, row: usize) {
        if row == self.row {
            return;
        }
        *self = self.file.column(self.column);
        self.row = row;
        self.skip = row;
        while self.group < self.file.parquet().num_row_groups()
            && self.skip >= self.file.group_rows(self.group)
        {
            self.skip -= self.file.group_rows(self.group);
            self.group += 1;
        }
    }

    /// Hands the next values on, as arrays and which of their rows, in as many pieces as they come.
    ///
    /// # Errors
    /// When there are not as many, they cannot be read, or `take` fails.
    pub(super) fn take<E: From<ParquetError>>(
        &mut self,
        mut rows: usize,
        mut take: impl FnMut(&ArrayRef, Range<usize>) -> Result<(), E>,
    ) -> Result<(), E> {
        while rows > 0 {
            let batch = match self.batch.take() {
                Some(batch) => batch,
                None => match self.next_batch()? {
                    Some(batch) => batch,
                    None => return Err(ParquetError::EOF("too few rows".to_owned()).into()),
                },
            };
            let now = rows.min(batch.len() - self.used);
            take(&batch, self.used..self.used + now)?;
            rows -= now;
            self.row += now;
            self.used += now;
            if self.used < batch.len() {
                self.batch = Some(batch);
            } else {
                self.used = 0;
            }
        }
        Ok(())
    }

    fn next_batch(&mut self) -> Result<Option<ArrayRef>, ParquetError> {
        loop {
            if let Some(batch) = self.reader.as_mut().and_then(Iterator::next) {
                return Ok(Some(Arc::clone(batch?.column(0))));
            }
            if self.group >= self.file.parquet().num_row_groups() {
                return Ok(None);
            }
            self.reader = Some(self.file.read(self.column, self.group, self.skip)?);
            self.group += 1;
            self.skip = 0;
        }
    }
}
