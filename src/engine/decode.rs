//! Decoding the files of a snapshot into frames: named columns only, names and codes as categoricals.
//!
//! A column of codes as text costs 16 bytes a row; as a categorical it costs 4. Polars would look up the word
//! of every row; here only the file's dictionary is looked up, and the rows keep their places in it.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array as _, ArrayRef, AsArray};
use arrow::datatypes::{DataType as ArrowType, Field, Int32Type, Schema};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use parquet::basic::Encoding;
use parquet::errors::ParquetError;
use parquet::file::metadata::ParquetMetaData;
use polars::prelude::{
    Categories, Column, DataFrame, DataType, IdxCa, IdxSize, IntoColumn, NamedFrom, PlSmallStr,
    PolarsError, Scalar, Series, TimeUnit, TimeZone,
};

use super::arrays::{column_of, misfit};
use super::error::EngineError;
use redress_lake::manifest::FileEntry;
use redress_lake::table::{ColumnKind, TableSpec};

/// The named columns of one file. Its size and its rows must be those of the manifest: a file that
/// was cut, exchanged or lost is an error, never a smaller figure.
pub(super) fn read_file(
    snapshot: &Path,
    entry: &FileEntry,
    table: &TableSpec,
    columns: &[&'static str],
    with_month: bool,
) -> Result<DataFrame, EngineError> {
    let path = snapshot.join(&entry.path);
    let unreadable = |source| EngineError::File {
        path: path.clone(),
        source,
    };
    let failed = |source: ParquetError| EngineError::Parquet {
        path: path.clone(),
        source: PolarsError::ComputeError(source.to_string().into()),
    };
    let file = File::open(&path).map_err(unreadable)?;
    let bytes = file.metadata().map_err(unreadable)?.len();
    if bytes != entry.bytes {
        return Err(EngineError::Altered { path });
    }
    let footer = ArrowReaderMetadata::load(&file, ArrowReaderOptions::new()).map_err(failed)?;
    let rows = footer.metadata().file_metadata().num_rows();
    if u64::try_from(rows).ok() != Some(entry.rows) {
        return Err(EngineError::Altered { path });
    }
    let month = with_month.then(|| month_of(&entry.path));
    decoded(&file, &footer, table, columns, month).map_err(failed)
}

/// The named columns of a file, and that of the month where one is given.
fn decoded(
    file: &File,
    footer: &ArrowReaderMetadata,
    table: &TableSpec,
    columns: &[&'static str],
    month: Option<&str>,
) -> Result<DataFrame, ParquetError> {
    let rows = rows_in(footer)?;
    if rows == 0 {
        return empty_frame(table, columns, month.is_some()).map_err(of_engine);
    }
    let coded = coded_columns(footer.metadata(), table, columns);
    let others: Vec<&str> = columns
        .iter()
        .filter(|c| !coded.contains(c))
        .copied()
        .collect();
    let footer = with_types(footer, table, &coded)?;
    let mut read = read_codes(file, &footer, &coded)?;
    read.extend(read_others(file, &footer, table, &others)?);
    let mut wanted = columns.to_vec();
    if let Some(month) = month {
        let name = "received_month";
        wanted.push(name);
        let month = Scalar::from(PlSmallStr::from_str(month));
        let month = Column::new_scalar(name.into(), month, rows);
        let month = month.cast(&polars_type(ColumnKind::Text));
        read.push(month.map_err(of_engine)?);
    }
    let frame = DataFrame::new(rows, read).and_then(|frame| frame.select(wanted));
    frame.map_err(of_engine)
}

fn rows_in(footer: &ArrowReaderMetadata) -> Result<usize, ParquetError> {
    Ok(usize::try_from(
        footer.metadata().file_metadata().num_rows(),
    )?)
}

/// The month of receipt that a partition's path names.
pub(super) fn month_of(path: &str) -> &str {
    path.split('/')
        .find_map(|part| part.strip_prefix("received_month="))
        .unwrap_or_default()
}

/// The columns wanted that are names or codes, and whose pages all point into a dictionary: their codes are
/// read as they stand, no text is built.
fn coded_columns<'a>(
    footer: &ParquetMetaData,
    table: &'a TableSpec,
    wanted: &[&str],
) -> Vec<&'a str> {
    let groups = footer.row_groups();
    let in_dictionary = |name: &str| {
        groups.iter().all(|group| {
            let chunk = group
                .columns()
                .iter()
                .find(|c| c.column_path().string() == name);
            chunk.is_some_and(|chunk| {
                chunk.dictionary_page_offset().is_some()
                    && chunk
                        .page_encoding_stats_mask()
                        .is_some_and(|mask| mask.is_only(Encoding::RLE_DICTIONARY))
            })
        })
    };
    table
        .columns
        .iter()
        .filter(|c| c.kind == ColumnKind::Text && wanted.contains(&c.name))
        .map(|c| c.name)
        .filter(|name| !groups.is_empty() && in_dictionary(name))
        .collect()
}

/// A footer by which columns of codes are read as dictionaries, and other texts as views: those are not bound to the
/// two gigabytes that offsets of 32 bits reach.
fn with_types(
    footer: &ArrowReaderMetadata,
    table: &TableSpec,
    coded: &[&str],
) -> Result<ArrowReaderMetadata, ParquetError> {
    let fields: Vec<Field> = table
        .columns
        .iter()
        .map(|column| {
            let kind = match column.kind.arrow() {
                ArrowType::Utf8 if coded.contains(&column.name) => {
                    ArrowType::Dictionary(Box::new(ArrowType::Int32), Box::new(ArrowType::Utf8))
                }
                ArrowType::Utf8 => ArrowType::Utf8View,
                other => other,
            };
            Field::new(column.name, kind, column.nullable)
        })
        .collect();
    let options = ArrowReaderOptions::new().with_schema(Arc::new(Schema::new(fields)));
    ArrowReaderMetadata::try_new(Arc::clone(footer.metadata()), options)
}

/// Which columns of a file are read.
fn mask(footer: &ArrowReaderMetadata, names: &[&str]) -> ProjectionMask {
    ProjectionMask::columns(footer.parquet_schema(), names.iter().copied())
}

/// Columns that are no codes, each read in one piece, whose memory the engine takes over.
fn read_others(
    file: &File,
    footer: &ArrowReaderMetadata,
    table: &TableSpec,
    names: &[&str],
) -> Result<Vec<Column>, ParquetError> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let batches =
        ParquetRecordBatchReaderBuilder::new_with_metadata(file.try_clone()?, footer.clone())
            .with_projection(mask(footer, names))
            .with_batch_size(rows_in(footer)?)
            .build()?;
    let mut whole: Vec<Column> = Vec::new();
    for batch in batches {
        let (schema, arrays, _) = batch?.into_parts();
        let columns = schema.fields().iter().zip(arrays).map(|(field, array)| {
            let column = table.columns.iter().find(|c| c.name == field.name());
            column_of(column.ok_or_else(|| misfit(field.name()))?, array)
        });
        let columns: Vec<Column> = columns.collect::<Result<_, _>>().map_err(of_engine)?;
        if whole.is_empty() {
            whole = columns;
        } else {
            for (column, more) in whole.iter_mut().zip(&columns) {
                column.append(more).map_err(of_engine)?;
            }
        }
    }
    Ok(whole)
}

fn of_engine(error: PolarsError) -> ParquetError {
    ParquetError::General(error.to_string())
}

/// Columns of names and codes, all of whose pages point into a dictionary. Each row's code is taken from the
/// file as it stands: only the dictionary's words are looked up.
///
/// One row group after the other, since each has dictionaries of its own: a batch over several of them makes the reader
/// build every row's text and look it up again.
fn read_codes(
    file: &File,
    footer: &ArrowReaderMetadata,
    coded: &[&str],
) -> Result<Vec<Column>, ParquetError> {
    if coded.is_empty() {
        return Ok(Vec::new());
    }
    let mask = mask(footer, coded);
    let mut whole: Vec<Codes> = Vec::new();
    for group in 0..footer.metadata().num_row_groups() {
        let rows = footer.metadata().row_group(group).num_rows();
        let batches =
            ParquetRecordBatchReaderBuilder::new_with_metadata(file.try_clone()?, footer.clone())
                .with_projection(mask.clone())
                .with_row_groups(vec![group])
                .with_batch_size(usize::try_from(rows).unwrap_or(usize::MAX))
                .build()?;
        for batch in batches {
            let batch = batch?;
            if whole.is_empty() {
                let fields = batch.schema_ref().fields().iter();
                whole.extend(fields.map(|field| Codes::of(field.name())));
            }
            for (codes, array) in whole.iter_mut().zip(batch.columns()) {
                codes.append(array);
            }
        }
    }
    whole
        .into_iter()
        .map(|codes| codes.into_column().map_err(of_engine))
        .collect()
}

/// A column of codes: the dictionaries of its row groups one behind the other, and each row's place in them.
struct Codes {
    name: PlSmallStr,
    words: Vec<Option<String>>,
    places: Vec<IdxSize>,
}

impl Codes {
    fn of(name: &str) -> Codes {
        Codes {
            name: name.into(),
            words: Vec::new(),
            places: Vec::new(),
        }
    }

    /// Puts the rows of a row group at the end. Rows without a value point at a word that is NULL.
    fn append(&mut self, array: &ArrayRef) {
        let dictionary = array.as_dictionary::<Int32Type>();
        let place = |words: usize| IdxSize::try_from(words).unwrap_or(IdxSize::MAX);
        let first = place(self.words.len());
        let words = dictionary.values().as_string::<i32>().iter();
        self.words.extend(words.map(|word| word.map(str::to_owned)));
        let keys = dictionary.keys();
        let places = keys
            .values()
            .iter()
            .map(|key| first.wrapping_add(key.unsigned_abs()));
        match keys.nulls() {
            None => self.places.extend(places),
            Some(known) => {
                let nothing = place(self.words.len());
                self.words.push(None);
                let known = places.zip(known.iter());
                self.places
                    .extend(known.map(|(place, known)| if known { place } else { nothing }));
            }
        }
    }

    /// As a categorical column.
    fn into_column(self) -> Result<Column, PolarsError> {
        let kind = polars_type(ColumnKind::Text);
        let categories = Series::new(self.name.clone(), self.words).cast(&kind)?;
        if categories.null_count() == categories.len() {
            return Ok(Column::full_null(self.name, self.places.len(), &kind));
        }
        let places = IdxCa::from_vec(self.name, self.places);
        Ok(categories.take(&places)?.into_column())
    }
}

pub(super) fn empty_frame(
    table: &TableSpec,
    columns: &[&str],
    with_month: bool,
) -> Result<DataFrame, PolarsError> {
    let mut empty: Vec<Column> = table
        .columns
        .iter()
        .filter(|c| columns.contains(&c.name))
        .map(|c| Column::new_empty(c.name.into(), &polars_type(c.kind)))
        .collect();
    if with_month {
        empty.push(Column::new_empty(
            "received_month".into(),
            &polars_type(ColumnKind::Text),
        ));
    }
    DataFrame::new(0, empty)
}

/// The type in which the engine holds a column: names and codes as categoricals.
pub(super) fn polars_type(kind: ColumnKind) -> DataType {
    match kind {
        ColumnKind::Text => DataType::from_categories(Categories::global()),
        ColumnKind::FreeText => DataType::String,
        ColumnKind::Integer => DataType::Int64,
        ColumnKind::Count => DataType::Int32,
        ColumnKind::Real => DataType::Float64,
        ColumnKind::Flag => DataType::Boolean,
        ColumnKind::Day => DataType::Date,
        ColumnKind::Instant => DataType::Datetime(TimeUnit::Microseconds, Some(TimeZone::UTC)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use redress_lake::tables::{IssueColumns, IssueRow};
    use redress_lake::writer::TableWriter;

    fn issues(folder: &Path, products: impl Iterator<Item = Option<String>>) -> FileEntry {
        let mut writer =
            TableWriter::<IssueColumns>::create(folder, Some("2026-07")).expect("a file");
        for (key, product) in products.enumerate() {
            let row = IssueRow {
                case_key: key as i64,
                issue_no: 0,
                category: Some(if key % 2 == 0 { "leak" } else { "noise" }),
                product: product.as_deref(),
                lot: None,
            };
            writer.push(row).expect("a row");
        }
        writer.finish().expect("a file")
    }

    fn read(folder: &Path, entry: &FileEntry) -> (Vec<String>, DataFrame) {
        let table = redress_lake::tables::TABLES
            .iter()
            .find(|t| t.name == "case_issues")
            .expect("the table");
        let columns = ["category", "product", "lot", "case_key"];
        let file = File::open(folder.join(&entry.path)).expect("the file");
        let footer = ArrowReaderMetadata::load(&file, ArrowReaderOptions::new()).expect("a footer");
        let coded = coded_columns(footer.metadata(), table, &columns);
        let coded = coded.into_iter().map(str::to_owned).collect();
        let frame = read_file(folder, entry, table, &columns, true).expect("a frame");
        (coded, frame)
    }

    #[test]
    fn codes_are_taken_over_from_the_files_dictionary() {
        let folder = tempfile::tempdir().expect("a folder");
        let products = (0..5000).map(|n| (n % 3 > 0).then(|| format!("P{}", n % 7)));
        let entry = issues(folder.path(), products);
        let (coded, frame) = read(folder.path(), &entry);
        assert!(coded.contains(&"category".to_owned()), "{coded:?}");
        assert!(coded.contains(&"product".to_owned()), "{coded:?}");
        for column in ["category", "product", "lot", "received_month"] {
            let found = frame.column(column).expect(column);
            assert_eq!(*found.dtype(), polars_type(ColumnKind::Text), "{column}");
        }
        let product = frame.column("product").expect("product");
        let at = |row: usize| {
            product
                .get(row)
                .expect("a cell")
                .get_str()
                .map(str::to_owned)
        };
        assert_eq!(
            (at(0), at(1), at(5)),
            (None, Some("P1".into()), Some("P5".into()))
        );
        assert_eq!(product.null_count(), 1667);
        assert_eq!(frame.column("lot").expect("lot").null_count(), 5000);
    }

    #[test]
    fn each_row_group_has_words_of_its_own() {
        let folder = tempfile::tempdir().expect("a folder");
        // Three row groups and a piece, as the lake cuts them: the first without any product, the second with gaps.
        let name = |n: usize| match n / 32_768 {
            0 => None,
            1 => n.is_multiple_of(2).then(|| format!("second {}", n % 5)),
            group => Some(format!("{group} of {}", n % 5)),
        };
        let rows = 100_000;
        let entry = issues(folder.path(), (0..rows).map(name));
        let (coded, frame) = read(folder.path(), &entry);
        assert!(coded.contains(&"category".to_owned()), "{coded:?}");
        let product = frame.column("product").expect("product");
        let texts = product.cast(&DataType::String).expect("texts");
        let texts = texts.str().expect("texts");
        for (row, found) in texts.iter().enumerate() {
            assert_eq!(found, name(row).as_deref(), "row {row}");
        }
        assert_eq!(texts.len(), rows);
    }

    #[test]
    fn names_that_outgrow_the_dictionary_are_read_all_the_same() {
        let folder = tempfile::tempdir().expect("a folder");
        // More than a dictionary page of a megabyte holds.
        let name = |n: usize| format!("{}{n}", "a rather long name of a product ".repeat(4));
        let entry = issues(folder.path(), (0..20_000).map(|n| Some(name(n))));
        let (coded, frame) = read(folder.path(), &entry);
        assert!(!coded.contains(&"product".to_owned()), "{coded:?}");
        let product = frame.column("product").expect("product");
        assert_eq!(*product.dtype(), polars_type(ColumnKind::Text));
        let last = product
            .get(19_999)
            .expect("a cell")
            .get_str()
            .map(str::to_owned);
        assert_eq!(last, Some(name(19_999)));
    }
}
