//! Decoding the files of a snapshot into frames: named columns only, names and codes as categoricals.
//!
//! A column of codes as text costs 16 bytes a row; as a categorical it costs 4, and nothing is hashed, since
//! the file's own dictionary is taken over.

use std::collections::HashMap;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::datatypes::{DataType as ArrowType, Field, Schema};
use parquet::arrow::{ARROW_SCHEMA_META_KEY, encode_arrow_schema};
use parquet::basic::Encoding;
use parquet::errors::ParquetError;
use parquet::file::reader::FileReader;
use parquet::file::serialized_reader::SerializedFileReader;
use polars::prelude::{
    Categories, Column, DataFrame, DataType, PlSmallStr, PolarsError, Scalar, TimeUnit, TimeZone,
};
use polars_io::SerReader;
use polars_io::parquet::read::ParquetReader;

use super::local::EngineError;
use crate::lake::manifest::FileEntry;
use crate::lake::table::{ColumnKind, TableSpec};

/// Polars' field metadata for the one global set of categories: empty name, empty namespace, 32-bit codes.
const GLOBAL_CATEGORIES: &str = "0;0;u32;";

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
    let parquet = |source| EngineError::Parquet {
        path: path.clone(),
        source,
    };
    let unreadable_footer = |source: ParquetError| EngineError::Parquet {
        path: path.clone(),
        source: PolarsError::ComputeError(source.to_string().into()),
    };
    let unreadable = |source| EngineError::File {
        path: path.clone(),
        source,
    };
    let file = File::open(&path).map_err(unreadable)?;
    let bytes = file.metadata().map_err(unreadable)?.len();
    if bytes != entry.bytes {
        return Err(EngineError::Altered { path });
    }
    let coded = coded_columns(&file, table, columns).map_err(unreadable_footer)?;
    let mut reader = ParquetReader::new(file);
    let rows = reader.num_rows().map_err(parquet)?;
    if rows as u64 != entry.rows {
        return Err(EngineError::Altered { path });
    }
    let mut frame = if columns.is_empty() {
        DataFrame::empty_with_height(rows)
    } else {
        let names = columns.iter().map(|c| (*c).to_owned()).collect();
        let mut metadata = (**reader.get_metadata().map_err(parquet)?).clone();
        for pair in metadata.key_value_metadata.iter_mut().flatten() {
            if pair.key == ARROW_SCHEMA_META_KEY {
                pair.value = Some(schema_as_read(table, &coded));
            }
        }
        reader.set_metadata(Arc::new(metadata));
        reader
            .with_columns(Some(names))
            .finish()
            .and_then(|frame| frame.select(columns.iter().copied()))
            .and_then(|frame| in_codes(frame, table))
            .map_err(parquet)?
    };
    if with_month {
        let month = month_of(&entry.path).to_owned();
        let month = Scalar::from(PlSmallStr::from_string(month));
        let column = Column::new_scalar("received_month".into(), month, rows)
            .cast(&polars_type(ColumnKind::Text));
        column
            .and_then(|column| frame.with_column(column).map(|_| ()))
            .map_err(parquet)?;
    }
    Ok(frame)
}

/// The month of receipt that a partition's path names.
fn month_of(path: &str) -> &str {
    path.split('/')
        .find_map(|part| part.strip_prefix("received_month="))
        .unwrap_or_default()
}

/// Names and codes of a frame as categoricals: the columns whose pages could not be taken as they are.
fn in_codes(mut frame: DataFrame, table: &TableSpec) -> Result<DataFrame, PolarsError> {
    for column in table.columns.iter().filter(|c| c.kind == ColumnKind::Text) {
        let as_text = frame
            .column(column.name)
            .is_ok_and(|found| *found.dtype() == DataType::String);
        if as_text {
            let coded = frame
                .column(column.name)?
                .cast(&polars_type(ColumnKind::Text))?;
            frame.with_column(coded)?;
        }
    }
    Ok(frame)
}

/// The columns wanted that are names or codes, and whose pages all point into a dictionary: their codes are
/// read as they stand, no text is built.
fn coded_columns<'a>(
    file: &File,
    table: &'a TableSpec,
    wanted: &[&str],
) -> Result<Vec<&'a str>, ParquetError> {
    let footer = SerializedFileReader::new(file.try_clone()?)?;
    let groups = footer.metadata().row_groups();
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
    Ok(table
        .columns
        .iter()
        .filter(|c| c.kind == ColumnKind::Text && wanted.contains(&c.name))
        .map(|c| c.name)
        .filter(|name| !groups.is_empty() && in_dictionary(name))
        .collect())
}

/// The table's Arrow schema in the form in which Parquet files carry it, with the coded columns as what
/// polars knows for categoricals. The files say plain text, since they are everybody's.
fn schema_as_read(table: &TableSpec, coded: &[&str]) -> String {
    let fields: Vec<Field> = table
        .columns
        .iter()
        .map(|column| {
            if coded.contains(&column.name) {
                let words = ArrowType::Dictionary(
                    Box::new(ArrowType::UInt32),
                    Box::new(ArrowType::Utf8View),
                );
                Field::new(column.name, words, column.nullable).with_metadata(HashMap::from([(
                    "_PL_CATEGORICAL2".to_owned(),
                    GLOBAL_CATEGORIES.to_owned(),
                )]))
            } else {
                Field::new(column.name, column.kind.arrow(), column.nullable)
            }
        })
        .collect();
    encode_arrow_schema(&Schema::new(fields))
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
