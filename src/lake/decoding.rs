//! Decoding Parquet files that may be damaged: where the decoder would end the program, it ends the file's reading.

use std::fs::File;

use arrow::record_batch::RecordBatch;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::errors::ParquetError;
use redress_plain::guarded::guarded;

/// Decodes a part of a file.
///
/// # Errors
/// Those of `decode`, and when the decoder panics.
pub fn decoded<T>(decode: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, ParquetError> {
    guarded(decode).unwrap_or_else(|given_up| Err(ParquetError::External(Box::new(given_up))))
}

/// The rows of a file, batch by batch, as `open` asks for them.
///
/// # Errors
/// Those of `open`, and when the footer is damaged; likewise each batch.
pub fn batches(
    open: impl FnOnce() -> Result<ParquetRecordBatchReaderBuilder<File>, ParquetError>,
) -> Result<Batches, ParquetError> {
    decoded(|| open()?.build()).map(|reader| Batches(Some(reader)))
}

/// The batches of a file; none follows one that failed.
#[derive(Debug)]
pub struct Batches(Option<ParquetRecordBatchReader>);

impl Iterator for Batches {
    type Item = Result<RecordBatch, ParquetError>;

    fn next(&mut self) -> Option<Self::Item> {
        let reader = self.0.as_mut()?;
        let batch = decoded(|| reader.next().transpose().map_err(ParquetError::from)).transpose();
        if !matches!(batch, Some(Ok(_))) {
            self.0 = None;
        }
        batch
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

    use super::*;
    use crate::manifest::FileEntry;
    use crate::old_file::OldFile;
    use crate::reader::read_table;
    use crate::table::{Few, FreeText, Rows, Text, table};
    use crate::writer::TableWriter;

    table! {
        /// Every kind of column.
        DamagedRow, DamagedColumns, "damaged", partitioned: true, {
            case_key: i64 => "case",
            row: i32 => "a number",
            word: Text => "few words",
            name: Option<Text> => "NULL at times",
            amount: f64 => "a measure",
            flag: Option<bool> => "NULL at times",
            day: Option<NaiveDate> => "a day",
            at: DateTime<Utc> => "an instant",
            cost: Few<i64> => "few numbers",
            text: FreeText => "words of its own",
        }
    }

    fn write(folder: &Path) -> FileEntry {
        let mut writer =
            TableWriter::<DamagedColumns>::create(folder, Some("2026-07")).expect("a file");
        for row in 0..40_i32 {
            let text = format!("words of row {row}");
            let pushed = writer.push(DamagedRow {
                case_key: i64::from(row / 3),
                row,
                word: ["open", "closed"][usize::from(row % 2 == 0)],
                name: (row % 5 > 0).then_some(text.as_str()),
                amount: f64::from(row) / 7.0,
                flag: [None, Some(true), Some(false)][usize::try_from(row % 3).expect("a place")],
                day: NaiveDate::from_ymd_opt(2026, 1, 1 + u32::try_from(row % 28).expect("a day")),
                at: DateTime::UNIX_EPOCH + TimeDelta::hours(i64::from(row) * 1000),
                cost: i64::from(row % 4) * 5000,
                text: &text,
            });
            pushed.expect("a row");
        }
        writer.finish().expect("a file")
    }

    /// Reads a file as the pipeline does: whole, and to splice into it.
    fn read(folder: &Path, entry: &FileEntry) -> [Result<(), String>; 2] {
        let names: Vec<&str> = <DamagedColumns as Rows>::TABLE
            .columns
            .iter()
            .map(|c| c.name)
            .collect();
        let files = std::slice::from_ref(entry);
        let whole = read_table(folder, files, "damaged", &names, |_| Ok(()));
        let spliced = OldFile::open(&folder.join(&entry.path)).and_then(|old| {
            old.places(0, &[3, 9])?;
            for column in 0..names.len() {
                old.chunk(0, column)?;
                let mut values = old.column(column);
                values.take(old.rows(), |_, _| Ok::<(), ParquetError>(()))?;
            }
            Ok(())
        });
        [
            whole.map_err(|error| error.to_string()),
            spliced.map_err(|error| error.to_string()),
        ]
    }

    #[test]
    fn no_flipped_bit_ends_the_program() {
        let folder = tempfile::tempdir().expect("a folder");
        let entry = write(folder.path());
        let path = folder.path().join(&entry.path);
        let sound = std::fs::read(&path).expect("the file");
        assert_eq!(read(folder.path(), &entry), [Ok(()), Ok(())]);
        let (mut refused, mut given_up) = (0, 0);
        for at in 0..sound.len() * 8 {
            let mut damaged = sound.clone();
            damaged[at / 8] ^= 1 << (at % 8);
            std::fs::write(&path, &damaged).expect("written");
            for error in read(folder.path(), &entry)
                .into_iter()
                .filter_map(Result::err)
            {
                refused += 1;
                given_up += usize::from(error.contains("the decoder gave up"));
            }
        }
        // Else the guard was not needed, or the file is not what the decoder reads.
        assert!(
            refused > sound.len() && given_up > 0,
            "{refused}, {given_up}"
        );
    }
}
