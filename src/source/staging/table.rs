//! A table of the staged copy, filled from rows of text.

use std::path::Path;

use chrono_tz::Tz;
use rusqlite::Connection;
use rusqlite::types::Value;

use super::super::attendance::Stop;
use super::StagingError;
use super::cells::CellReader;
use crate::mapping::StagedFile;

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

    /// The table without a row, for an optional file that is not there.
    pub(super) fn create_empty(&self, into: &Connection) -> Result<(), StagingError> {
        self.create(into, &self.spec.wanted())
    }

    /// The table with these columns, without a row.
    pub(super) fn create(&self, into: &Connection, columns: &[String]) -> Result<(), StagingError> {
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
        match self.spec.wanted().into_iter().find(|c| !header.contains(c)) {
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
        stop: &Stop,
    ) -> Result<Vec<String>, StagingError> {
        self.create(into, header)?;
        let mut reader = CellReader::new(self.spec, header, self.zone);
        let transaction = into.transaction().map_err(|e| self.failed(e))?;
        {
            let mut insert = transaction
                .prepare(&self.insertion(header.len()))
                .map_err(|e| self.failed(e))?;
            let mut cells = Vec::with_capacity(header.len());
            while let Some(place) = rows.next(&mut cells)? {
                if stop.is_asked() {
                    return Err(StagingError::Interrupted);
                }
                for (column, text) in cells.iter().enumerate() {
                    let cell = reader.read(column, text.as_deref(), place);
                    insert
                        .raw_bind_parameter(column + 1, cell)
                        .map_err(|e| self.failed(e))?;
                }
                cells.clear();
                insert.raw_execute().map_err(|e| self.failed(e))?;
            }
        }
        transaction.commit().map_err(|e| self.failed(e))?;
        let notes = reader
            .seen
            .notes(self.spec, header, self.path, self.place)?;
        self.check_key(into)?;
        Ok(notes)
    }

    /// The statement that puts a row of so many columns into the table.
    pub(super) fn insertion(&self, columns: usize) -> String {
        let places = vec!["?"; columns].join(", ");
        format!(
            "INSERT INTO {} VALUES (NULL, {places})",
            quoted(&self.spec.table)
        )
    }

    /// A row whose key stands twice is named; the key is an index afterwards.
    pub(super) fn check_key(&self, into: &Connection) -> Result<(), StagingError> {
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
