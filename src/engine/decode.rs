//! Decoding the files of a snapshot into frames: named columns only, names and codes as categoricals.
//!
//! A column of codes as text costs 16 bytes a row; as a categorical it costs 4. Polars would look up the word
//! of every row; here only the file's dictionary is looked up, and the rows keep their places in it.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::datatypes::{DataType as ArrowType, Field, Schema};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use parquet::basic::Encoding;
use parquet::errors::ParquetError;
use parquet::file::metadata::ParquetMetaData;
use polars::prelude::{Column, DataFrame, PolarsError};

use super::arrays::{Growing, misfit, months};
use super::column_type::polars_type;
use super::error::EngineError;
use redress_lake::decoding::{batches, decoded};
use redress_lake::manifest::FileEntry;
use redress_lake::table::{ColumnKind, TableSpec};

/// The column that a table's folders hold in their names.
pub(super) const RECEIVED_MONTH: &str = "received_month";

/// The named columns of files, one below the other; among the names may be `received_month`, which the path tells.
///
/// # Errors
/// When one is missing, altered or cannot be decoded.
pub(super) fn read_files(
    snapshot: &Path,
    files: &[&FileEntry],
    table: &TableSpec,
    names: &[&'static str],
) -> Result<DataFrame, EngineError> {
    let opened: Vec<Opened> = files
        .iter()
        .map(|entry| Opened::new(snapshot, entry))
        .collect::<Result<_, _>>()?;
    // Room is made when the files have said themselves how many rows they hold.
    let rows = files.iter().map(|entry| rows_of(entry)).sum();
    let columns = table.columns.iter().filter(|c| names.contains(&c.name));
    let mut columns: Vec<Growing> = columns.map(|column| Growing::new(column, rows)).collect();
    for file in &opened {
        let decoded = file.decode(table, &mut columns);
        decoded.map_err(|source| in_file(&file.path, &source))?;
    }
    let of_files = files.iter().map(|e| (month_of(&e.path), rows_of(e)));
    let with_months = names.contains(&RECEIVED_MONTH).then_some(of_files);
    finished(rows, columns, with_months).map_err(|source| EngineError::Parquet {
        path: snapshot.join(table.name),
        source,
    })
}

/// Columns of so many rows, and that of the months of receipt where it is asked for.
fn finished<'m>(
    rows: usize,
    columns: Vec<Growing>,
    of_files: Option<impl Iterator<Item = (&'m str, usize)>>,
) -> Result<DataFrame, PolarsError> {
    let columns = columns.into_iter().map(Growing::finish);
    let mut columns: Vec<Column> = columns.collect::<Result<_, _>>()?;
    if let Some(of_files) = of_files {
        columns.push(months(RECEIVED_MONTH, of_files)?);
    }
    DataFrame::new(rows, columns)
}

/// Rows of a file, as the manifest counts them.
pub(super) fn rows_of(entry: &FileEntry) -> usize {
    usize::try_from(entry.rows).unwrap_or(usize::MAX)
}

/// A file whose size and rows are those of the manifest: one that was cut, exchanged or lost is an error, never a smaller
/// figure.
struct Opened {
    path: PathBuf,
    file: File,
    footer: ArrowReaderMetadata,
}

impl Opened {
    fn new(snapshot: &Path, entry: &FileEntry) -> Result<Self, EngineError> {
        let path = snapshot.join(&entry.path);
        let unreadable = |source| EngineError::File {
            path: path.clone(),
            source,
        };
        let file = File::open(&path).map_err(unreadable)?;
        let bytes = file.metadata().map_err(unreadable)?.len();
        if bytes != entry.bytes {
            return Err(EngineError::Altered { path });
        }
        let footer = decoded(|| ArrowReaderMetadata::load(&file, ArrowReaderOptions::new()));
        let footer = footer.map_err(|source| in_file(&path, &source))?;
        let rows = footer.metadata().file_metadata().num_rows();
        if u64::try_from(rows).ok() != Some(entry.rows) {
            return Err(EngineError::Altered { path });
        }
        Ok(Opened { path, file, footer })
    }

    /// Puts its rows below what the columns hold, one row group after the other: each has dictionaries of its own, and a
    /// batch over several of them makes the reader build every row's text and look it up again.
    fn decode(&self, table: &TableSpec, columns: &mut [Growing]) -> Result<(), ParquetError> {
        let whole = self.footer.metadata();
        if columns.is_empty() || whole.file_metadata().num_rows() == 0 {
            return Ok(());
        }
        let names: Vec<&str> = columns.iter().map(Growing::name).collect();
        let coded = coded_columns(whole, table, &names);
        let footer = with_types(&self.footer, table, &coded)?;
        let mask = ProjectionMask::columns(footer.parquet_schema(), names);
        for (place, group) in footer.metadata().row_groups().iter().enumerate() {
            let rows = usize::try_from(group.num_rows())?;
            let batches = batches(|| {
                let file = self.file.try_clone()?;
                let builder =
                    ParquetRecordBatchReaderBuilder::new_with_metadata(file, footer.clone());
                Ok(builder
                    .with_projection(mask.clone())
                    .with_row_groups(vec![place])
                    .with_batch_size(rows))
            });
            for batch in batches? {
                let batch = batch?;
                for column in columns.iter_mut() {
                    let array = batch.column_by_name(column.name());
                    let array = array.ok_or_else(|| of_engine(misfit(column.name())))?;
                    column.put(array).map_err(of_engine)?;
                }
            }
        }
        Ok(())
    }
}

/// What the decoder says of a file.
fn in_file(path: &Path, source: &ParquetError) -> EngineError {
    EngineError::Parquet {
        path: path.to_owned(),
        source: PolarsError::ComputeError(source.to_string().into()),
    }
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

fn of_engine(error: PolarsError) -> ParquetError {
    ParquetError::General(error.to_string())
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
            RECEIVED_MONTH.into(),
            &polars_type(ColumnKind::Text),
        ));
    }
    DataFrame::new(0, empty)
}

#[cfg(test)]
mod tests {
    use super::*;
    use polars::prelude::DataType;
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
        let mut columns = columns.to_vec();
        columns.push(RECEIVED_MONTH);
        let frame = read_files(folder, &[entry], table, &columns).expect("a frame");
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
    fn no_flipped_bit_ends_the_program() {
        let folder = tempfile::tempdir().expect("a folder");
        let name = |n: u32| (!n.is_multiple_of(7)).then(|| format!("product {}", n % 3));
        let entry = issues(folder.path(), (0..60).map(name));
        let path = folder.path().join(&entry.path);
        let sound = std::fs::read(&path).expect("the file");
        let table = redress_lake::tables::TABLES
            .iter()
            .find(|t| t.name == "case_issues")
            .expect("the table");
        let columns: Vec<&'static str> = table.columns.iter().map(|c| c.name).collect();
        let mut refused = 0;
        for at in 0..sound.len() * 8 {
            let mut damaged = sound.clone();
            damaged[at / 8] ^= 1 << (at % 8);
            std::fs::write(&path, &damaged).expect("written");
            let read = read_files(folder.path(), &[&entry], table, &columns);
            match read {
                Ok(frame) => assert_eq!(frame.height(), 60, "bit {at}"),
                Err(error) => {
                    assert!(error.to_string().contains("part-0.parquet"), "{error}");
                    refused += 1;
                }
            }
        }
        assert!(refused > sound.len(), "{refused} of {}", sound.len() * 8);
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
