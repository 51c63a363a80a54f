//! Columns of a CSV or Parquet file as plain numbers and texts: what the statistics read when they are
//! asked about a table of the analyst's own.

mod formats;
pub mod quotes;

use std::path::{Path, PathBuf};

/// Why a table could not be read.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    #[error("{path}: cannot be read: {source}")]
    Unreadable {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{path}: is neither CSV nor Parquet that can be read: {why}")]
    NoTable { path: PathBuf, why: String },
    #[error("{path}: is not UTF-8; save it as \"CSV UTF-8\"")]
    NotUtf8 { path: PathBuf },
    #[error("{path}: has no column `{column}`; it has: {known}")]
    MissingColumn {
        path: PathBuf,
        column: String,
        known: String,
    },
    #[error("{path}: the column `{column}` stands twice; rename one")]
    RepeatedColumn { path: PathBuf, column: String },
    #[error(
        "{path}: the file is empty: not even the names of its columns stand in it; export it again"
    )]
    Blank { path: PathBuf },
    #[error("{path}: holds no rows")]
    Empty { path: PathBuf },
    /// `row` counts from 1, below the header.
    #[error("{path}: row {row}: the column `{column}` holds `{found}`, which is not {wanted}")]
    NotA {
        path: PathBuf,
        column: String,
        row: usize,
        found: String,
        wanted: &'static str,
    },
    /// `row` counts from 1, below the header.
    #[error("{path}: row {row}: the column `{column}` is empty; {wanted} is needed")]
    EmptyCell {
        path: PathBuf,
        column: String,
        row: usize,
        wanted: &'static str,
    },
}

const NUMBER: &str = "a number (written like 3.5)";
const COUNT: &str = "a count (a whole number from 0)";
const TEXT: &str = "a text";

/// The named columns of a file. Empty cells, and `NA` in CSV, are gaps.
#[derive(Debug)]
pub struct TableFile {
    path: PathBuf,
    rows: usize,
    columns: Vec<(String, Cells)>,
}

/// One column as the file holds it.
#[derive(Debug)]
enum Cells {
    Text(Vec<Option<String>>),
    Number(Vec<Option<f64>>),
}

impl Cells {
    fn len(&self) -> usize {
        match self {
            Cells::Text(cells) => cells.len(),
            Cells::Number(cells) => cells.len(),
        }
    }
}

impl TableFile {
    /// Reads the wanted columns. A file that begins with Parquet's mark is Parquet, any other CSV with a
    /// header, in UTF-8, separated by commas, semicolons or tabs.
    ///
    /// # Errors
    /// When the file cannot be read, is empty, lacks a wanted column, or holds no rows.
    pub fn read(path: &Path, wanted: &[&str]) -> Result<Self, TableError> {
        let columns = formats::columns(path, wanted)?;
        let rows = columns.first().map_or(0, |(_, cells)| cells.len());
        if rows == 0 {
            return Err(TableError::Empty {
                path: path.to_owned(),
            });
        }
        Ok(Self {
            path: path.to_owned(),
            rows,
            columns,
        })
    }

    /// Number of rows below the header, 1 or more.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// A column of finite numbers, `None` for a gap.
    ///
    /// # Errors
    /// No such column; a cell that is no finite number.
    pub fn numbers(&self, column: &str) -> Result<Vec<Option<f64>>, TableError> {
        let refused = |index: usize, found: String| TableError::NotA {
            path: self.path.clone(),
            column: column.to_owned(),
            row: index + 1,
            found,
            wanted: NUMBER,
        };
        match self.cells(column)? {
            Cells::Number(cells) => cells
                .iter()
                .enumerate()
                .map(|(index, cell)| match cell {
                    Some(number) if !number.is_finite() => Err(refused(index, number.to_string())),
                    other => Ok(*other),
                })
                .collect(),
            Cells::Text(cells) => cells
                .iter()
                .enumerate()
                .map(|(index, cell)| {
                    let Some(text) = cell else { return Ok(None) };
                    match text.parse::<f64>() {
                        Ok(number) if number.is_finite() => Ok(Some(number)),
                        Ok(_) | Err(_) => Err(refused(index, text.clone())),
                    }
                })
                .collect(),
        }
    }

    /// A column of finite numbers without a gap.
    ///
    /// # Errors
    /// As for [`TableFile::numbers`]; an empty cell.
    pub fn all_numbers(&self, column: &str) -> Result<Vec<f64>, TableError> {
        self.without_gaps(column, self.numbers(column)?, NUMBER)
    }

    /// A column of counts, `None` for a gap.
    ///
    /// # Errors
    /// No such column; a cell that is no whole number from 0.
    pub fn counts(&self, column: &str) -> Result<Vec<Option<u64>>, TableError> {
        // Above this a number with a fraction part cannot be told from a whole one.
        const LARGEST: f64 = 9_007_199_254_740_992.0;
        let count = |(index, cell): (usize, Option<f64>)| match cell {
            None => Ok(None),
            Some(number) if number.fract() == 0.0 && (0.0..=LARGEST).contains(&number) => {
                Ok(Some(number as u64))
            }
            Some(number) => Err(TableError::NotA {
                path: self.path.clone(),
                column: column.to_owned(),
                row: index + 1,
                found: number.to_string(),
                wanted: COUNT,
            }),
        };
        let numbers = self.numbers(column)?;
        numbers.into_iter().enumerate().map(count).collect()
    }

    /// A column of counts without a gap.
    ///
    /// # Errors
    /// As for [`TableFile::counts`]; an empty cell.
    pub fn all_counts(&self, column: &str) -> Result<Vec<u64>, TableError> {
        self.without_gaps(column, self.counts(column)?, COUNT)
    }

    /// A column of texts, `None` for a gap. Numbers are texts too.
    ///
    /// # Errors
    /// No such column.
    pub fn texts(&self, column: &str) -> Result<Vec<Option<String>>, TableError> {
        Ok(match self.cells(column)? {
            Cells::Text(cells) => cells.clone(),
            Cells::Number(cells) => {
                let text = |cell: &Option<f64>| cell.map(|number| number.to_string());
                cells.iter().map(text).collect()
            }
        })
    }

    /// A column of texts without a gap.
    ///
    /// # Errors
    /// No such column; an empty cell.
    pub fn all_texts(&self, column: &str) -> Result<Vec<String>, TableError> {
        self.without_gaps(column, self.texts(column)?, TEXT)
    }

    fn cells(&self, column: &str) -> Result<&Cells, TableError> {
        let found = self.columns.iter().find(|(name, _)| name == column);
        found
            .map(|(_, cells)| cells)
            .ok_or_else(|| TableError::MissingColumn {
                path: self.path.clone(),
                column: column.to_owned(),
                known: names(self.columns.iter().map(|(name, _)| name.as_str())),
            })
    }

    fn without_gaps<T>(
        &self,
        column: &str,
        cells: Vec<Option<T>>,
        wanted: &'static str,
    ) -> Result<Vec<T>, TableError> {
        let filled = |(index, cell): (usize, Option<T>)| {
            cell.ok_or_else(|| TableError::EmptyCell {
                path: self.path.clone(),
                column: column.to_owned(),
                row: index + 1,
                wanted,
            })
        };
        cells.into_iter().enumerate().map(filled).collect()
    }
}

/// Names of columns that a message shows.
const MOST_NAMES: usize = 60;

/// Where the wanted columns stand among the known ones.
fn positions(path: &Path, known: &[String], wanted: &[&str]) -> Result<Vec<usize>, TableError> {
    wanted
        .iter()
        .map(|column| {
            let mut found = known.iter().enumerate().filter(|(_, name)| name == column);
            match (found.next(), found.next()) {
                (Some((position, _)), None) => Ok(position),
                (Some(_), Some(_)) => Err(TableError::RepeatedColumn {
                    path: path.to_owned(),
                    column: (*column).to_owned(),
                }),
                (None, _) => Err(TableError::MissingColumn {
                    path: path.to_owned(),
                    column: (*column).to_owned(),
                    known: names(known.iter().map(String::as_str)),
                }),
            }
        })
        .collect()
}

/// Names for a message: the first ones where there are very many.
fn names<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut shown: Vec<&str> = names.take(MOST_NAMES + 1).collect();
    if let Some(last) = shown.get_mut(MOST_NAMES) {
        *last = "…";
    }
    shown.join(", ")
}
