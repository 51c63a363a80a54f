//! Splicing: the file of a table with the rows of some cases replaced, and all others taken over.
//!
//! A case that went on changes a handful of rows among hundreds of thousands. What those rows were and
//! what they are now is folded from the register; everything else comes from the earlier file:
//!
//! - a table whose rows are what they were is not written at all ([`Spliced::Same`]);
//! - a row group in which no row moved takes over every column whose values are what they were, byte
//!   for byte, without decoding it;
//! - the other columns are decoded, spliced and encoded anew by the same [`ColumnEncoder`](super::file)
//!   that a full extract writes through, so that the file is the same to the byte.
//!
//! Nothing here knows a table by name: the key column is found in the schema.

use std::ops::Range;
use std::path::Path;

use arrow::array::{ArrayRef, AsArray, DynComparator, make_comparator};
use arrow::compute::SortOptions;
use arrow::datatypes::Int64Type;
use arrow::error::ArrowError;
use parquet::errors::ParquetError;

use super::error::WriteError;
use super::file::{Chunk, GROUP_ROWS, TableFile, file_name, schema};
use super::manifest::FileEntry;
use super::old_file::{OldColumn, OldFile, as_views};
use super::pieces::Pieces;
use super::writer::{MonthFolder, TableRows};

/// The column that every partitioned table is ordered by.
const KEY: &str = "case_key";

/// What became of a table.
#[derive(Debug)]
pub enum Spliced {
    /// Its rows are what they were: the earlier file serves on.
    Same,
    /// Written anew.
    Written(FileEntry),
    /// The earlier file is not what the register gives for then: nothing may be built upon it.
    Differs,
}

/// Puts a table's file into a new snapshot: the earlier file, with the rows of the changed cases replaced.
///
/// `keys` ascend and name every case that may have changed; `before` and `after` hold all rows of these
/// cases and of no others, in the order of the table: as the earlier snapshot knew them, and now.
///
/// # Errors
/// When the new file cannot be written. A fault of the old one is no error but [`Spliced::Differs`]; the
/// new file is then gone again.
pub fn splice(
    old: &Path,
    into: MonthFolder<'_>,
    keys: &[i64],
    before: &TableRows,
    after: &TableRows,
) -> Result<Spliced, WriteError> {
    match try_splice(old, into, keys, before, after) {
        Ok(spliced) => Ok(spliced),
        Err(Failure::Old) => {
            let name = file_name(&after.table, Some(into.month));
            match std::fs::remove_file(into.snapshot.join(&name)) {
                Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                    let path = into.snapshot.join(&name);
                    Err(WriteError::Io { path, source })
                }
                Ok(()) | Err(_) => Ok(Spliced::Differs),
            }
        }
        Err(Failure::New(error)) => Err(error),
    }
}

/// Why a splice came to nothing.
enum Failure {
    /// The earlier file cannot be read, or is not what it should be.
    Old,
    New(WriteError),
}

// Within this file only reading and comparing the earlier file goes through `?` with these types.
impl From<ParquetError> for Failure {
    fn from(_: ParquetError) -> Self {
        Failure::Old
    }
}

impl From<ArrowError> for Failure {
    fn from(_: ArrowError) -> Self {
        Failure::Old
    }
}

impl From<WriteError> for Failure {
    fn from(error: WriteError) -> Self {
        Failure::New(error)
    }
}

fn try_splice(
    old: &Path,
    into: MonthFolder<'_>,
    keys: &[i64],
    before: &TableRows,
    after: &TableRows,
) -> Result<Spliced, Failure> {
    let columns = after.table.columns;
    let Some(key_column) = columns.iter().position(|c| c.name == KEY) else {
        return Err(Failure::Old);
    };
    let changes = changes(keys, key_column, before, after)?;
    if changes.is_empty() {
        return Ok(Spliced::Same);
    }
    let old = OldFile::open(old)?;
    if !old.has(&schema(&after.table)) {
        return Err(Failure::Old);
    }
    let changed: Vec<i64> = changes.iter().map(|change| change.key).collect();
    let places = old.places(key_column, &changed)?;
    let as_folded = |(change, place): (&Change, &Range<usize>)| change.before.len() == place.len();
    if !changes.iter().zip(&places).all(as_folded) {
        return Err(Failure::Old);
    }
    let mut file =
        TableFile::create(into.snapshot, after.table, Some(into.month))?.flushed_by(into.flusher);
    // Where rows moved, a row group begins in the middle of an earlier one: the columns go on from group to group,
    // so that each is decoded once.
    let mut kept: Vec<OldColumn<'_>> = (0..columns.len())
        .map(|column| old.column(column))
        .collect();
    let views =
        |rows: &TableRows| -> Vec<ArrayRef> { rows.rows.columns().iter().map(as_views).collect() };
    let (before, after) = (views(before), views(after));
    for (number, group) in layout(changes, places, old.rows(), columns.len())
        .iter()
        .enumerate()
    {
        if group.unmoved && old.group_rows(number) != group.rows {
            return Err(Failure::Old);
        }
        let mut encoders = file.encoders()?.into_iter();
        let mut chunks = Vec::with_capacity(columns.len());
        for (column, kept) in kept.iter_mut().enumerate() {
            let Some(encoder) = encoders.next() else {
                return Err(Failure::Old);
            };
            chunks.push(if group.unmoved && !group.differs[column] {
                old.chunk(number, column)?
            } else {
                let values = Values {
                    before: &before[column],
                    after: &after[column],
                };
                encode(&file, encoder, kept, group, values)?
            });
        }
        file.append(group.rows, chunks)?;
    }
    Ok(Spliced::Written(file.finish()?))
}

/// A column of the changed cases, as it was and as it is.
#[derive(Clone, Copy)]
struct Values<'a> {
    before: &'a ArrayRef,
    after: &'a ArrayRef,
}

/// One column of a row group from old values and new ones. What is replaced has to be what it was folded to be.
fn encode(
    file: &TableFile,
    mut encoder: super::file::ColumnEncoder,
    kept: &mut OldColumn<'_>,
    group: &Group,
    values: Values<'_>,
) -> Result<Chunk, Failure> {
    let write = |error| Failure::New(file.failed(error));
    if let Some(row) = group.first_old_row() {
        kept.go_to(row);
    }
    let mut found = Pieces::default();
    let mut expected = Pieces::default();
    for piece in &group.pieces {
        match piece {
            Piece::Keep(rows) => kept.take::<Failure>(rows.len(), |values, rows| {
                encoder.put(values, rows).map_err(write)
            })?,
            Piece::Put {
                after,
                instead,
                before,
            } => {
                kept.take::<Failure>(instead.len(), |values, rows| {
                    found.put(values, rows);
                    Ok(())
                })?;
                expected.put(values.before, before.clone());
                encoder.put(values.after, after.clone()).map_err(write)?;
            }
        }
    }
    let (found, expected) = (found.take()?, expected.take()?);
    if found.as_deref() != expected.as_deref() {
        return Err(Failure::Old);
    }
    encoder.finish().map_err(write)
}

/// A case whose rows differ.
struct Change {
    key: i64,
    /// Its rows as they were.
    before: Range<usize>,
    /// Its rows as they are.
    after: Range<usize>,
    /// The columns that differ; meaningless where the number of rows does.
    columns: Vec<usize>,
}

/// The cases whose rows are not what they were.
fn changes(
    keys: &[i64],
    key_column: usize,
    before: &TableRows,
    after: &TableRows,
) -> Result<Vec<Change>, ArrowError> {
    let columns = before.rows.columns().iter().zip(after.rows.columns());
    let comparators: Vec<DynComparator> = columns
        .map(|(before, after)| make_comparator(before, after, SortOptions::default()))
        .collect::<Result<_, _>>()?;
    let before = CaseRows::of(before, key_column);
    let after = CaseRows::of(after, key_column);
    let changes = keys.iter().filter_map(|&key| {
        let (before, after) = (before.rows(key), after.rows(key));
        let differs = |same: &DynComparator| {
            let mut rows = before.clone().zip(after.clone());
            rows.any(|(b, a)| same(b, a).is_ne())
        };
        let columns: Vec<usize> = (0..comparators.len())
            .filter(|&column| differs(&comparators[column]))
            .collect();
        let same = before.len() == after.len() && columns.is_empty();
        (!same).then_some(Change {
            key,
            before,
            after,
            columns,
        })
    });
    Ok(changes.collect())
}

/// Rows that are ordered by case.
struct CaseRows<'a>(&'a [i64]);

impl<'a> CaseRows<'a> {
    fn of(rows: &'a TableRows, key_column: usize) -> Self {
        let keys = rows.rows.column(key_column);
        CaseRows(
            keys.as_primitive_opt::<Int64Type>()
                .map_or(&[], |keys| keys.values()),
        )
    }

    /// The rows of a case.
    fn rows(&self, key: i64) -> Range<usize> {
        self.0.partition_point(|k| *k < key)..self.0.partition_point(|k| *k <= key)
    }
}

/// Part of a row group of the new file.
enum Piece {
    /// Rows of the earlier file.
    Keep(Range<usize>),
    /// The rows of a changed case as they are, instead of rows of the earlier file, which were these.
    Put {
        after: Range<usize>,
        instead: Range<usize>,
        before: Range<usize>,
    },
}

/// A row group of the new file.
struct Group {
    rows: usize,
    pieces: Vec<Piece>,
    /// Every row stands where it stood: the row group holds the same cases as the earlier one.
    unmoved: bool,
    /// Columns in which a row differs.
    differs: Vec<bool>,
}

impl Group {
    /// The first row of the earlier file that it takes over or replaces; the others follow on it.
    fn first_old_row(&self) -> Option<usize> {
        self.pieces.iter().find_map(|piece| match piece {
            Piece::Keep(rows) => Some(rows.start),
            Piece::Put { instead, .. } => (!instead.is_empty()).then_some(instead.start),
        })
    }
}

/// The row groups of the new file: changed cases in their places, the old rows between them.
fn layout(
    changes: Vec<Change>,
    places: Vec<Range<usize>>,
    old_rows: usize,
    columns: usize,
) -> Vec<Group> {
    let mut layout = Layout {
        groups: Vec::new(),
        columns,
        moved: false,
    };
    let mut next_old = 0;
    for (change, place) in changes.into_iter().zip(places) {
        layout.keep(next_old..place.start);
        next_old = place.end;
        layout.put(change, place);
    }
    layout.keep(next_old..old_rows);
    // A case whose rows went away at the very end leaves no group behind.
    layout.groups.retain(|group| group.rows > 0);
    layout.groups
}

struct Layout {
    groups: Vec<Group>,
    columns: usize,
    /// A case before has more or fewer rows than it had.
    moved: bool,
}

impl Layout {
    fn keep(&mut self, mut rows: Range<usize>) {
        while !rows.is_empty() {
            let now = rows.len().min(self.room());
            let group = self.open();
            group.rows += now;
            group.pieces.push(Piece::Keep(rows.start..rows.start + now));
            rows.start += now;
        }
    }

    fn put(&mut self, change: Change, place: Range<usize>) {
        let Change {
            before,
            mut after,
            columns,
            ..
        } = change;
        self.moved |= before.len() != after.len();
        let mut instead = Some((place, before));
        while instead.is_some() || !after.is_empty() {
            let now = after.len().min(self.room());
            let moved = self.moved;
            let group = self.open();
            let (place, before) = instead.take().unwrap_or((0..0, 0..0));
            group.rows += now;
            group.unmoved &= !moved;
            for column in &columns {
                group.differs[*column] = true;
            }
            group.pieces.push(Piece::Put {
                after: after.start..after.start + now,
                instead: place,
                before,
            });
            after.start += now;
        }
    }

    /// Rows that still fit into the open group, or into a new one.
    fn room(&self) -> usize {
        match self.groups.last() {
            Some(group) if group.rows < GROUP_ROWS => GROUP_ROWS - group.rows,
            Some(_) | None => GROUP_ROWS,
        }
    }

    /// The group that is being filled.
    fn open(&mut self) -> &mut Group {
        if self.groups.last().is_none_or(|g| g.rows >= GROUP_ROWS) {
            self.groups.push(Group {
                rows: 0,
                pieces: Vec::new(),
                unmoved: !self.moved,
                differs: vec![false; self.columns],
            });
        }
        let last = self.groups.len() - 1;
        &mut self.groups[last]
    }
}

#[cfg(test)]
mod tests;
