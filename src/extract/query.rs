//! Prepared queries of a mapping, and their rows read as canonical columns.

use std::path::PathBuf;

use rusqlite::fallible_streaming_iterator::FallibleStreamingIterator as _;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row, Rows, Statement, ToSql};

use super::reader::{ReadError, Scope};
use redress_source::mapping::Mapping;

/// A prepared query with its canonical columns.
pub(super) struct Query<'c> {
    statement: Statement<'c>,
    columns: Columns,
}

impl<'c> Query<'c> {
    pub(super) fn prepare(
        connection: &'c Connection,
        mapping: &Mapping,
        file: &str,
        names: &'static [&'static str],
    ) -> Result<Self, ReadError> {
        let statement = connection
            .prepare(mapping.sql(file).unwrap_or_default())
            .map_err(|error| ReadError::Sql {
                file: mapping.path(file),
                error,
            })?;
        let columns = Columns::of(mapping, file, &statement, names)?;
        Ok(Query { statement, columns })
    }

    pub(super) fn takes(&self, parameter: &str) -> Result<bool, ReadError> {
        self.statement
            .parameter_index(parameter)
            .map(|index| index.is_some())
            .map_err(|source| self.columns.failed(source))
    }

    /// Runs the query up to its first row. It is given those of `:month`, `:first_key` and `:last_key` that it takes.
    pub(super) fn open(&mut self, scope: &Scope<'_>) -> Result<Stream<'_>, ReadError> {
        let parameters: [(&str, &dyn ToSql); 3] = [
            (":month", &scope.month),
            (":first_key", scope.keys.start()),
            (":last_key", scope.keys.end()),
        ];
        let mut taken = Vec::with_capacity(parameters.len());
        for parameter in parameters {
            if self.takes(parameter.0)? {
                taken.push(parameter);
            }
        }
        let rows = self
            .statement
            .query(taken.as_slice())
            .map_err(|source| self.columns.failed(source))?;
        let mut stream = Stream {
            rows,
            columns: &self.columns,
            number: 0,
            key: None,
        };
        stream.advance()?;
        Ok(stream)
    }
}

/// The canonical columns of a query's answer, by position.
pub(super) struct Columns {
    file: PathBuf,
    names: &'static [&'static str],
    positions: Vec<usize>,
}

impl Columns {
    pub(super) fn of(
        mapping: &Mapping,
        file: &str,
        statement: &Statement<'_>,
        names: &'static [&'static str],
    ) -> Result<Self, ReadError> {
        let found: Vec<&str> = statement.column_names().collect();
        let mut positions = Vec::with_capacity(names.len());
        for name in names {
            match found.iter().position(|f| f == name) {
                Some(position) => positions.push(position),
                None => {
                    return Err(ReadError::MissingColumn {
                        file: mapping.path(file),
                        column: name,
                        found: found.join(", "),
                    });
                }
            }
        }
        Ok(Columns {
            file: mapping.path(file),
            names,
            positions,
        })
    }

    pub(super) fn failed(&self, error: rusqlite::Error) -> ReadError {
        ReadError::Sql {
            file: self.file.clone(),
            error,
        }
    }

    pub(super) fn cell<'r>(
        &self,
        row: &'r Row<'_>,
        column: usize,
    ) -> Result<ValueRef<'r>, ReadError> {
        row.get_ref(self.positions[column])
            .map_err(|source| self.failed(source))
    }

    pub(super) fn wrong(
        &self,
        column: usize,
        row: u64,
        cell: ValueRef<'_>,
        wanted: &'static str,
    ) -> ReadError {
        ReadError::WrongType {
            file: self.file.clone(),
            column: self.names[column],
            row,
            found: match cell {
                ValueRef::Null => "nothing (NULL)".to_owned(),
                ValueRef::Integer(i) => format!("the number {i}"),
                ValueRef::Real(r) => format!("the number {r}"),
                ValueRef::Text(t) => format!("the text `{}`", String::from_utf8_lossy(t)),
                ValueRef::Blob(_) => "bytes".to_owned(),
            },
            wanted,
        }
    }

    pub(super) fn integer(
        &self,
        row: &Row<'_>,
        column: usize,
        number: u64,
    ) -> Result<i64, ReadError> {
        match self.cell(row, column)? {
            ValueRef::Integer(value) => Ok(value),
            other => Err(self.wrong(column, number, other, "a whole number")),
        }
    }

    /// A name: text, or a number that serves as one.
    pub(super) fn optional_name(
        &self,
        row: &Row<'_>,
        column: usize,
        number: u64,
    ) -> Result<Option<String>, ReadError> {
        match self.cell(row, column)? {
            ValueRef::Null => Ok(None),
            ValueRef::Integer(value) => Ok(Some(value.to_string())),
            ValueRef::Text(text) => Ok(Some(match std::str::from_utf8(text) {
                Ok(text) => text.to_owned(),
                Err(_) => String::from_utf8_lossy(text).into_owned(),
            })),
            other @ (ValueRef::Real(_) | ValueRef::Blob(_)) => {
                Err(self.wrong(column, number, other, "text"))
            }
        }
    }

    pub(super) fn name(
        &self,
        row: &Row<'_>,
        column: usize,
        number: u64,
    ) -> Result<String, ReadError> {
        match self.optional_name(row, column, number)? {
            Some(name) => Ok(name),
            None => Err(self.wrong(column, number, ValueRef::Null, "text")),
        }
    }

    pub(super) fn text<'r>(
        &self,
        row: &'r Row<'_>,
        column: usize,
    ) -> Result<Option<&'r str>, ReadError> {
        Ok(match self.cell(row, column)? {
            ValueRef::Text(text) => std::str::from_utf8(text).ok(),
            _ => None,
        })
    }
}

/// Rows of a query, in the order of `case_key`: one of them lies under the cursor until the next is asked for.
pub(super) struct Stream<'s> {
    rows: Rows<'s>,
    columns: &'s Columns,
    number: u64,
    /// Of the row under the cursor; `None` behind the last.
    key: Option<i64>,
}

impl Stream<'_> {
    /// The `case_key` of the row under the cursor; `None` when all rows were read.
    pub(super) const fn key(&self) -> Option<i64> {
        self.key
    }

    /// The row under the cursor, with its number.
    pub(super) fn row(&self) -> Option<(&Columns, &Row<'_>, u64)> {
        let row = self.rows.get()?;
        Some((self.columns, row, self.number))
    }

    /// Puts the next row under the cursor.
    pub(super) fn advance(&mut self) -> Result<(), ReadError> {
        let columns = self.columns;
        self.rows
            .advance()
            .map_err(|source| columns.failed(source))?;
        let Some(row) = self.rows.get() else {
            self.key = None;
            return Ok(());
        };
        self.number += 1;
        let key = columns.integer(row, 0, self.number)?;
        if self.key.is_some_and(|before| key < before) {
            return Err(ReadError::OutOfOrder {
                file: columns.file.clone(),
                row: self.number,
            });
        }
        self.key = Some(key);
        Ok(())
    }

    /// What `read` makes of the row under the cursor, with its key; the next row lies there afterwards.
    pub(super) fn next<T>(
        &mut self,
        read: impl FnOnce(&Columns, &Row<'_>, u64) -> Result<T, ReadError>,
    ) -> Result<Option<(i64, T)>, ReadError> {
        let (Some(key), Some((columns, row, number))) = (self.key, self.row()) else {
            return Ok(None);
        };
        let value = read(columns, row, number)?;
        self.advance()?;
        Ok(Some((key, value)))
    }
}
