//! Tables of another SQLite file: the same mapping reads them where they were copied there instead of exported as CSV.

use std::io::Read as _;
use std::path::Path;

use chrono_tz::Tz;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};

use super::super::attendance::Stop;
use super::StagingError;
use super::table::{Rows, Target, quoted};
use crate::mapping::StagedFile;

/// What a SQLite file begins with (its file format, 1.3.1).
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// Whether a file is a SQLite database.
pub(super) fn is_sqlite(path: &Path) -> bool {
    let mut start = Vec::with_capacity(MAGIC.len());
    std::fs::File::open(path)
        .and_then(|file| file.take(MAGIC.len() as u64).read_to_end(&mut start))
        .is_ok_and(|_| start == MAGIC)
}

/// Stages the tables that the mapping names, all from one state of the file.
pub(super) fn stage(
    into: &mut Connection,
    store: &Path,
    tables: &[StagedFile],
    zone: Tz,
    hint: &str,
    stop: &Stop,
) -> Result<Vec<String>, StagingError> {
    let failed = |source| StagingError::Prepare {
        path: store.to_owned(),
        source,
        hint: String::new(),
    };
    let source = Connection::open_with_flags(
        store,
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )
    .map_err(failed)?;
    source
        .busy_timeout(std::time::Duration::from_secs(5))
        .and_then(|()| source.execute_batch("BEGIN"))
        .map_err(failed)?;
    let mut notes = Vec::new();
    for spec in tables {
        let target = Target {
            spec,
            path: store,
            zone,
            place: "row",
            hint,
        };
        notes.extend(stage_table(into, &source, &target, stop)?);
    }
    Ok(notes)
}

fn stage_table(
    into: &mut Connection,
    source: &Connection,
    target: &Target<'_>,
    stop: &Stop,
) -> Result<Vec<String>, StagingError> {
    let table = &target.spec.table;
    let failed = |error| target.failed(error);
    let columns = names(
        source,
        "SELECT name FROM pragma_table_info(?1) ORDER BY cid",
        table,
    )
    .map_err(failed)?;
    if columns.is_empty() {
        if target.spec.optional {
            target.create_empty(into)?;
            return Ok(Vec::new());
        }
        let found = names(
            source,
            "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name <> ?1 ORDER BY name",
            table,
        )
        .map_err(failed)?;
        return Err(StagingError::MissingTable {
            path: target.path.to_owned(),
            table: table.clone(),
            found: found.join(", "),
            hint: target.hint.to_owned(),
        });
    }
    target.check_header(&columns).map_err(|error| match error {
        // A database has many tables: which one lacks the column has to be said.
        StagingError::MissingColumn {
            path,
            column,
            found,
            hint,
        } => StagingError::MissingColumn {
            path: path.join(table),
            column,
            found,
            hint,
        },
        other => other,
    })?;
    let wanted = target.spec.wanted();
    let list: Vec<String> = wanted.iter().map(|column| quoted(column)).collect();
    let mut statement = source
        .prepare(&format!(
            "SELECT {} FROM {}",
            list.join(", "),
            quoted(table)
        ))
        .map_err(failed)?;
    let mut rows = TableRows {
        rows: statement.query([]).map_err(failed)?,
        columns: wanted.len(),
        number: 0,
        target,
    };
    target.fill(into, &wanted, &mut rows, stop)
}

fn names(source: &Connection, sql: &str, table: &str) -> rusqlite::Result<Vec<String>> {
    source
        .prepare(sql)?
        .query_map([table], |row| row.get(0))?
        .collect()
}

/// The rows of a table, as text.
struct TableRows<'s> {
    rows: rusqlite::Rows<'s>,
    columns: usize,
    number: u64,
    target: &'s Target<'s>,
}

impl Rows for TableRows<'_> {
    fn next(&mut self, cells: &mut Vec<Option<String>>) -> Result<Option<u64>, StagingError> {
        let failed = |error| self.target.failed(error);
        let Some(row) = self.rows.next().map_err(failed)? else {
            return Ok(None);
        };
        self.number += 1;
        for column in 0..self.columns {
            cells.push(match row.get_ref(column).map_err(failed)? {
                ValueRef::Null => None,
                ValueRef::Integer(number) => Some(number.to_string()),
                ValueRef::Real(number) => Some(number.to_string()),
                ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
                    Some(String::from_utf8_lossy(bytes).into_owned())
                }
            });
        }
        Ok(Some(self.number))
    }
}
