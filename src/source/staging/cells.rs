//! Cells of a table that is staged: what is missing, what is an instant, and what should be one and is not.

use std::path::Path;

use chrono_tz::Tz;
use rusqlite::ToSql;
use rusqlite::types::{Null, ToSqlOutput, ValueRef};

use super::StagingError;
use super::instants::{instant, is_no_date};
use crate::mapping::StagedFile;
use crate::texts::Texts;

/// So many values that are all no instants mean that the column is another; fewer may be slips of the pen.
const ENOUGH: u64 = 3;

/// A cell as the staged copy holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cell<'t> {
    Missing,
    Text(&'t str),
    /// Microseconds since 1970 in UTC.
    Instant(i64),
}

impl ToSql for Cell<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            Cell::Missing => Null.to_sql(),
            Cell::Text(text) => Ok(ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes()))),
            Cell::Instant(micros) => Ok(ToSqlOutput::Borrowed(ValueRef::Integer(*micros))),
        }
    }
}

/// Reads the cells of some rows, and remembers what could not be read.
pub(super) struct CellReader<'a> {
    missing: &'a Texts,
    forms: Vec<Option<&'a Texts>>,
    zone: Tz,
    pub(super) seen: Seen,
}

impl<'a> CellReader<'a> {
    /// For a table with these columns, in their order.
    pub(super) fn new(spec: &'a StagedFile, header: &[String], zone: Tz) -> CellReader<'a> {
        CellReader {
            missing: &spec.missing,
            forms: header
                .iter()
                .map(|column| spec.instants.get(column))
                .collect(),
            zone,
            seen: Seen(vec![SeenInColumn::default(); header.len()]),
        }
    }

    /// What a text in a column is; `place` is its line or its row's number.
    pub(super) fn read<'t>(
        &mut self,
        column: usize,
        text: Option<&'t str>,
        place: u64,
    ) -> Cell<'t> {
        let Some(text) = text.filter(|t| !t.is_empty() && !self.missing.holds(t)) else {
            return Cell::Missing;
        };
        let Some(forms) = self.forms.get(column).copied().flatten() else {
            return Cell::Text(text);
        };
        if is_no_date(text) {
            return Cell::Missing;
        }
        let found = instant(text, forms, self.zone);
        if let Some(seen) = self.seen.0.get_mut(column) {
            seen.written += 1;
            if found.is_none() {
                seen.unreadable += 1;
                seen.first.get_or_insert_with(|| (text.to_owned(), place));
            }
        }
        match found {
            Some(at) => Cell::Instant(at.timestamp_micros()),
            None => Cell::Missing,
        }
    }
}

/// What was seen in the columns of instants.
#[derive(Debug, Default)]
pub(super) struct Seen(Vec<SeenInColumn>);

#[derive(Debug, Clone, Default)]
struct SeenInColumn {
    /// Values that are not missing.
    written: u64,
    /// Those that are no instants.
    unreadable: u64,
    /// The first of them, and where it stands.
    first: Option<(String, u64)>,
}

impl Seen {
    /// Adds what was seen in later rows, whose places were counted from the end of these.
    pub(super) fn add(&mut self, later: Seen, rows_before: u64) {
        if self.0.len() < later.0.len() {
            self.0.resize(later.0.len(), SeenInColumn::default());
        }
        for (ours, theirs) in self.0.iter_mut().zip(later.0) {
            ours.written += theirs.written;
            ours.unreadable += theirs.unreadable;
            if ours.first.is_none() {
                ours.first = theirs
                    .first
                    .map(|(text, place)| (text, place + rows_before));
            }
        }
    }

    /// What a reader should know about the values that are no instants.
    ///
    /// # Errors
    /// When no value of a column is one, so that the column is another.
    pub(super) fn notes(
        self,
        spec: &StagedFile,
        header: &[String],
        path: &Path,
        place_word: &str,
    ) -> Result<Vec<String>, StagingError> {
        let mut notes = Vec::new();
        for (seen, column) in self.0.into_iter().zip(header) {
            let Some((first, place)) = seen.first else {
                continue;
            };
            let forms = spec.instants.get(column);
            let form = forms.map(ToString::to_string).unwrap_or_default();
            if seen.unreadable == seen.written && seen.unreadable >= ENOUGH {
                return Err(StagingError::NoInstants {
                    path: path.to_owned(),
                    column: column.clone(),
                    values: seen.unreadable,
                    forms: form,
                    first,
                });
            }
            notes.push(format!(
                "{}: {place_word} {place}: `{first}` in {column} is no instant of the form `{form}`; such values count as missing ({} of {})",
                path.display(),
                seen.unreadable,
                seen.written,
            ));
        }
        Ok(notes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> StagedFile {
        toml::from_str(
            "name = \"a.csv\"\ntable = \"a\"\nmissing = \"-\"\ninstants = { at = \"%Y-%m-%d %H:%M:%S%.f\" }",
        )
        .unwrap()
    }

    #[test]
    fn places_of_later_rows_are_counted_from_the_first_of_all() {
        let spec = spec();
        let header = ["id".to_owned(), "at".to_owned()];
        let mut first = CellReader::new(&spec, &header, chrono_tz::UTC);
        assert_eq!(first.read(0, Some("-"), 1), Cell::Missing);
        assert_eq!(first.read(0, Some("7"), 1), Cell::Text("7"));
        // 2026-01-01 00:00:00 UTC is 1 767 225 600 s after 1970 (date -u +%s).
        assert_eq!(
            first.read(1, Some("2026-01-01 00:00:00"), 1),
            Cell::Instant(1_767_225_600_000_000)
        );
        let mut second = CellReader::new(&spec, &header, chrono_tz::UTC);
        assert_eq!(second.read(1, Some("later"), 4), Cell::Missing);
        let mut all = first.seen;
        all.add(second.seen, 10);
        let notes = all
            .notes(&spec, &header, Path::new("store"), "row")
            .unwrap();
        assert_eq!(notes.len(), 1);
        assert!(
            notes[0].starts_with("store: row 14: `later` in at is no instant")
                && notes[0].ends_with("(1 of 2)"),
            "{notes:?}"
        );
    }

    #[test]
    fn a_column_without_one_instant_is_another_column() {
        let spec = spec();
        let header = ["at".to_owned()];
        let mut reader = CellReader::new(&spec, &header, chrono_tz::UTC);
        for place in 1..=3 {
            reader.read(0, Some("yes"), place);
        }
        let error = reader
            .seen
            .notes(&spec, &header, Path::new("store"), "row")
            .unwrap_err();
        assert!(matches!(error, StagingError::NoInstants { values: 3, .. }));
    }
}
