//! A table of the staged copy, filled from rows of text.

use std::collections::BTreeMap;
use std::path::Path;

use chrono_tz::Tz;
use rusqlite::Connection;
use rusqlite::types::Value;

use super::StagingError;
use super::instants::{instant, is_no_date};
use crate::extract::mapping::StagedFile;
use crate::extract::texts::Texts;

/// So many values that are all no instants mean that the column is another; fewer may be slips of the pen.
const ENOUGH: u64 = 3;

/// Rows of text, one after the other.
pub(super) trait Rows {
    /// Puts the next row's cells into `cells` and says where it stands: its line, or its number. `None` after the last.
    fn next(&mut self, cells: &mut Vec<Option<String>>) -> Result<Option<u64>, StagingError>;
}

/// What is filled, and what messages say of it.
pub(super) struct Target<'a> {
    pub spec: &'a StagedFile,
    pub path: &'a Path,
    pub zone: Tz,
    /// What a place in the source is called: a line, a row.
    pub place: &'static str,
    /// What columns that are otherwise may mean.
    pub hint: &'a str,
}

impl Target<'_> {
    /// A failure of SQLite while this table is filled.
    pub(super) fn failed(&self, source: rusqlite::Error) -> StagingError {
        StagingError::Prepare {
            path: self.path.to_owned(),
            source,
            hint: String::new(),
        }
    }

    /// The columns that the mapping reads, each once.
    pub(super) fn wanted(&self) -> Vec<String> {
        let mut wanted = self.spec.columns.clone();
        for column in self.spec.instants.keys() {
            if !wanted.contains(column) {
                wanted.push(column.clone());
            }
        }
        wanted
    }

    /// The table without a row, for an optional file that is not there.
    pub(super) fn create_empty(&self, into: &Connection) -> Result<(), StagingError> {
        self.create(into, &self.wanted())
    }

    fn create(&self, into: &Connection, columns: &[String]) -> Result<(), StagingError> {
        let columns: Vec<String> = columns.iter().map(|c| quoted(c)).collect();
        into.execute_batch(&format!(
            "CREATE TABLE {} (row_no INTEGER PRIMARY KEY, {})",
            quoted(&self.spec.table),
            columns.join(", ")
        ))
        .map_err(|e| self.failed(e))
    }

    /// Whether the columns that are read are there, each once.
    pub(super) fn check_header(&self, header: &[String]) -> Result<(), StagingError> {
        for (position, column) in header.iter().enumerate() {
            if header[..position].contains(column) {
                return Err(StagingError::RepeatedColumn {
                    path: self.path.to_owned(),
                    column: column.clone(),
                });
            }
        }
        match self.wanted().into_iter().find(|c| !header.contains(c)) {
            Some(column) => Err(StagingError::MissingColumn {
                path: self.path.to_owned(),
                column,
                found: header.join(", "),
                hint: self.hint.to_owned(),
            }),
            None => Ok(()),
        }
    }

    /// Makes the table, fills it, and looks whether its rows have a key of their own. Gives what a reader should know.
    pub(super) fn fill(
        &self,
        into: &mut Connection,
        header: &[String],
        rows: &mut dyn Rows,
    ) -> Result<Vec<String>, StagingError> {
        self.create(into, header)?;
        let forms: Vec<Option<&Texts>> = header
            .iter()
            .map(|column| self.spec.instants.get(column))
            .collect();
        let mut unreadable: BTreeMap<usize, Unreadable> = BTreeMap::new();
        let mut written = vec![0_u64; header.len()];
        let transaction = into.transaction().map_err(|e| self.failed(e))?;
        {
            let places = vec!["?"; header.len()].join(", ");
            let mut insert = transaction
                .prepare(&format!(
                    "INSERT INTO {} VALUES (NULL, {places})",
                    quoted(&self.spec.table)
                ))
                .map_err(|e| self.failed(e))?;
            let mut cells = Vec::with_capacity(header.len());
            while let Some(place) = rows.next(&mut cells)? {
                let values = cells.drain(..).enumerate().map(|(column, cell)| {
                    let Some(text) = cell.filter(|t| !t.is_empty() && !self.spec.missing.holds(t))
                    else {
                        return Value::Null;
                    };
                    let Some(forms) = forms.get(column).copied().flatten() else {
                        return Value::Text(text);
                    };
                    if is_no_date(&text) {
                        return Value::Null;
                    }
                    written[column] += 1;
                    match instant(&text, forms, self.zone) {
                        Some(at) => Value::Integer(at.timestamp_micros()),
                        None => {
                            let known = unreadable.entry(column).or_insert(Unreadable {
                                first: text,
                                place,
                                rows: 0,
                            });
                            known.rows += 1;
                            Value::Null
                        }
                    }
                });
                insert
                    .execute(rusqlite::params_from_iter(values))
                    .map_err(|e| self.failed(e))?;
            }
        }
        transaction.commit().map_err(|e| self.failed(e))?;
        let mut notes = Vec::new();
        for (column, found) in unreadable {
            let forms = forms.get(column).copied().flatten();
            let form = forms.map(ToString::to_string).unwrap_or_default();
            if found.rows == written[column] && found.rows >= ENOUGH {
                return Err(StagingError::NoInstants {
                    path: self.path.to_owned(),
                    column: header[column].clone(),
                    values: found.rows,
                    forms: form,
                    first: found.first,
                });
            }
            notes.push(format!(
                "{}: {} {}: `{}` in {} is no instant of the form `{form}`; such values count as missing ({} of {})",
                self.path.display(),
                self.place,
                found.place,
                found.first,
                header[column],
                found.rows,
                written[column],
            ));
        }
        self.check_key(into)?;
        Ok(notes)
    }

    /// A row whose key stands twice is named; the key is an index afterwards.
    fn check_key(&self, into: &Connection) -> Result<(), StagingError> {
        if self.spec.key.is_empty() {
            return Ok(());
        }
        let table = quoted(&self.spec.table);
        let columns: Vec<String> = self.spec.key.iter().map(|c| quoted(c)).collect();
        let columns = columns.join(", ");
        let index = quoted(&format!("key of {}", self.spec.table));
        let made = into.execute_batch(&format!(
            "CREATE UNIQUE INDEX {index} ON {table} ({columns})"
        ));
        let Err(error) = made else { return Ok(()) };
        let twice = into.query_row(
            &format!(
                "SELECT MIN(row_no), MAX(row_no), {columns} FROM {table} GROUP BY {columns} HAVING COUNT(*) > 1 ORDER BY 1 LIMIT 1"
            ),
            [],
            |row| {
                let mut key = Vec::with_capacity(self.spec.key.len());
                for (place, column) in self.spec.key.iter().enumerate() {
                    let value: Value = row.get(place + 2)?;
                    key.push(format!("{column} `{}`", shown(&value)));
                }
                Ok((row.get(0)?, row.get(1)?, key.join(", ")))
            },
        );
        match twice {
            Ok((first, second, key)) => Err(StagingError::Twice {
                path: self.path.to_owned(),
                key,
                first,
                second,
            }),
            // Not twice, so that the index failed for another reason.
            Err(_) => Err(self.failed(error)),
        }
    }
}

/// Values of a column that are no instants.
struct Unreadable {
    first: String,
    place: u64,
    rows: u64,
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        Value::Blob(bytes) => format!("{} bytes", bytes.len()),
    }
}

/// A name as SQL writes it.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
