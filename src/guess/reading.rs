//! A CSV file, read for what its columns hold and for what changes within a case.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::hash::BuildHasher as _;
use std::io::{BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};

use csv::{Reader, ReaderBuilder, StringRecord};
use encoding_rs_io::{DecodeReaderBytes, DecodeReaderBytesBuilder};
use rustc_hash::FxBuildHasher;

use super::GuessError;
use super::column::Column;
use super::kind::{NoCsv, no_csv};
use redress_source::staging::bounded::Bounded;
use redress_source::staging::encoding::{Found, encoding_of};
use redress_source::staging::opened::bytes_of;
use redress_source::staging::{check_names, csv_error};

/// Rows in which changes within a case are looked for.
const ROWS_OF_CHANGES: u64 = 200_000;

/// Characters of a cell that a message shows.
const EXAMPLE: usize = 60;

/// Columns of a table in SQLite, which the proposal would stage the file into (<https://www.sqlite.org/limits.html>).
const MOST_COLUMNS: usize = 2_000;

/// Separators that a table may have.
const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// A file that has been read.
pub(super) struct Reading {
    pub path: PathBuf,
    pub encoding: Found,
    pub separator: u8,
    pub rows: u64,
    pub columns: Vec<Column>,
}

/// What changes within a case.
pub(super) struct Changes {
    /// Cases in which each column has more than one value.
    pub cases: Vec<u64>,
    /// Whether only the first rows were looked at.
    pub partly: bool,
}

type Decoded = Bounded<DecodeReaderBytes<Box<dyn Read>, Vec<u8>>>;

impl Reading {
    /// Reads a file.
    pub(super) fn of(path: &Path) -> Result<Reading, GuessError> {
        let unreadable = |source| GuessError::Unreadable {
            path: path.to_owned(),
            source,
        };
        if let Some(NoCsv { what, instead }) = no_csv(path).map_err(unreadable)? {
            return Err(GuessError::NoCsv {
                path: path.to_owned(),
                what,
                instead,
            });
        }
        let encoding = encoding_of(path).map_err(unreadable)?;
        let separator = separator(path, encoding).map_err(unreadable)?;
        let mut reader = open(path, encoding, separator)?;
        let bad = |error: csv::Error| GuessError::Csv(csv_error(path, &error));
        let header = reader.headers().map_err(bad)?;
        if header.len() > MOST_COLUMNS {
            return Err(GuessError::TooWide {
                path: path.to_owned(),
                columns: header.len(),
                most: MOST_COLUMNS,
            });
        }
        check_names(path, header.iter()).map_err(GuessError::Csv)?;
        let mut columns: Vec<Column> = header
            .iter()
            .map(|name| Column::named(name.trim()))
            .collect();
        let mut rows = 0;
        let mut record = StringRecord::new();
        while reader.read_record(&mut record).map_err(bad)? {
            reader.get_mut().begin_entry();
            rows += 1;
            let line = record.position().map_or(0, csv::Position::line);
            for (column, cell) in columns.iter_mut().zip(&record) {
                column.see(cell, line);
            }
        }
        if rows == 0 {
            return Err(GuessError::Empty {
                path: path.to_owned(),
            });
        }
        if columns.len() < 2 {
            return Err(GuessError::OneColumn {
                path: path.to_owned(),
            });
        }
        for column in &mut columns {
            column.finish();
        }
        Ok(Reading {
            path: path.to_owned(),
            encoding,
            separator,
            rows,
            columns,
        })
    }

    /// Looks, case by case, which columns change. The cases are told apart by a column.
    pub(super) fn changes(&self, case: usize) -> Result<Changes, GuessError> {
        let mut reader = open(&self.path, self.encoding, self.separator)?;
        let bad = |error: csv::Error| GuessError::Csv(csv_error(&self.path, &error));
        // Of each case the first value of every column, and which of them have changed, as hashes.
        let mut first: HashMap<u64, (Vec<u64>, Vec<bool>), FxBuildHasher> = HashMap::default();
        let mut record = StringRecord::new();
        let mut rows = 0;
        let mut cases = vec![0; self.columns.len()];
        while rows < ROWS_OF_CHANGES && reader.read_record(&mut record).map_err(bad)? {
            reader.get_mut().begin_entry();
            rows += 1;
            let hash = |cell: &str| FxBuildHasher.hash_one(cell);
            let key = hash(record.get(case).unwrap_or_default());
            let now: Vec<u64> = record.iter().map(hash).collect();
            match first.get_mut(&key) {
                None => {
                    first.insert(key, (now, vec![false; self.columns.len()]));
                }
                Some((before, changed)) => {
                    for (column, value) in now.iter().enumerate().take(cases.len()) {
                        if before.get(column) != Some(value) && !changed[column] {
                            changed[column] = true;
                            cases[column] += 1;
                        }
                    }
                }
            }
        }
        Ok(Changes {
            cases,
            partly: rows < self.rows,
        })
    }

    /// The first row, as a reader may know it.
    pub(super) fn first_row(&self) -> String {
        let mut text = String::new();
        for column in &self.columns {
            let mut cell: String = column.example.chars().take(EXAMPLE).collect();
            if cell.len() < column.example.len() {
                cell.push('…');
            }
            let _ = write!(text, "{} = `{cell}`; ", column.name);
        }
        text.trim_end_matches("; ").to_owned()
    }
}

fn open(path: &Path, encoding: Found, separator: u8) -> Result<Reader<Decoded>, GuessError> {
    let bytes = bytes_of(path).map_err(|source| GuessError::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    let decoded = DecodeReaderBytesBuilder::new()
        .encoding(Some(encoding.encoding))
        .build(bytes);
    Ok(ReaderBuilder::new()
        .delimiter(separator)
        .from_reader(Bounded::new(decoded)))
}

/// The separator that parts the first lines into the most fields, as many in each; a comma where nothing does.
fn separator(path: &Path, encoding: Found) -> std::io::Result<u8> {
    let decoded = DecodeReaderBytesBuilder::new()
        .encoding(Some(encoding.encoding))
        .build(bytes_of(path)?);
    let mut lines = Vec::new();
    for line in BufReader::new(Bounded::new(decoded)).lines().take(20) {
        lines.push(line?);
    }
    let text = lines.join("\n");
    let mut best = (b',', 0);
    for separator in SEPARATORS {
        let mut reader = ReaderBuilder::new()
            .delimiter(separator)
            .has_headers(false)
            .flexible(true)
            .from_reader(text.as_bytes());
        let widths: Vec<usize> = reader
            .records()
            .map_while(Result::ok)
            .map(|r| r.len())
            .collect();
        let Some(first) = widths.first() else {
            continue;
        };
        // The last line may be one that was cut in the middle of a quoted cell.
        let alike = widths.iter().filter(|width| *width == first).count();
        if alike + 1 >= widths.len() && *first > best.1 {
            best = (separator, *first);
        }
    }
    Ok(best.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(text: &[u8]) -> Result<Reading, GuessError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list.csv");
        std::fs::write(&path, text).unwrap();
        Reading::of(&path)
    }

    #[test]
    fn separator_and_encoding_are_found() {
        let list = "No;Konu;Geliş\n1;\"Kırık; ürün\";05.01.2026\n2;Şikâyet, geç;06.01.2026\n";
        let (bytes, _, _) = encoding_rs::WINDOWS_1254.encode(list);
        let found = reading(&bytes).unwrap();
        assert_eq!((found.separator, found.rows), (b';', 2));
        assert!(found.encoding.guessed);
        assert_eq!(found.columns[1].name, "Konu");
        let tabs = reading(b"id\ttext\n1\tone, two, three\n").unwrap();
        assert_eq!(tabs.separator, b'\t');
    }

    #[test]
    fn a_file_without_rows_or_with_one_column_is_refused() {
        let refused = |text: &str| match reading(text.as_bytes()) {
            Ok(_) => panic!("{text}"),
            Err(error) => error.to_string(),
        };
        assert!(refused("a,b\n").contains("no rows"));
        assert!(refused("a\n1\n").contains("one column"));
        assert!(refused("a,b\n1,2\n\"3,4\n").contains("line"));
    }
}
