//! Words of the source that the mapping does not know: a state, an activity, a priority that was added since.

use rusqlite::Connection;

use super::order::{ExtractError, Order, query_error};
use redress_lake::manifest::UnknownWord;

/// So many are named one by one; all of them stand in the manifest.
const NAMED: usize = 20;

/// What `unknown.sql` of the mapping gives: `what`, `word`, `rows` and `first`. None without that file.
pub(super) fn unknown_words(
    connection: &Connection,
    order: &Order<'_>,
) -> Result<Vec<UnknownWord>, ExtractError> {
    let Some(sql) = order.mapping.sql("unknown.sql") else {
        return Ok(Vec::new());
    };
    let read = || -> rusqlite::Result<Vec<UnknownWord>> {
        connection
            .prepare(sql)?
            .query_map([], |row| {
                let rows: i64 = row.get("rows")?;
                Ok(UnknownWord {
                    what: row.get("what")?,
                    word: row.get("word")?,
                    rows: u64::try_from(rows).unwrap_or(0),
                    first: row.get("first")?,
                })
            })?
            .collect()
    };
    read().map_err(|source| query_error(order.mapping, "unknown.sql", source))
}

/// Lines for a reader.
pub(super) fn in_words(unknown: &[UnknownWord]) -> Vec<String> {
    let mut lines: Vec<String> = unknown
        .iter()
        .take(NAMED)
        .map(|word| {
            format!(
                "the mapping does not know the {} `{}`: {} row(s) kept as notes, the first is {}",
                word.what, word.word, word.rows, word.first
            )
        })
        .collect();
    if let Some(more) = unknown.len().checked_sub(NAMED)
        && more > 0
    {
        lines.push(format!(
            "the mapping does not know {more} word(s) more; the snapshot's manifest has them all"
        ));
    }
    lines
}
