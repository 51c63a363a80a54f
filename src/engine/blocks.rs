//! What was decoded of a table: columns that hold the rows of several files in one piece, and where each file's rows
//! lie in them.
//!
//! A frame of many pieces costs: each row that a join takes is looked for among them. A frame of a table's files one
//! below the other is therefore put together of as few pieces as the blocks allow.

use std::collections::BTreeMap;
use std::sync::Arc;

use polars::prelude::{Column, DataFrame, PolarsError};

/// What was decoded of a table's files; `default` knows of none.
#[derive(Clone, Default)]
pub(super) struct Blocks {
    /// By place of the file and column.
    known: BTreeMap<usize, BTreeMap<&'static str, Rows>>,
}

/// One file's rows of a column.
#[derive(Clone)]
struct Rows {
    block: Arc<Column>,
    first: usize,
    count: usize,
}

impl Rows {
    /// Whether other rows lie right behind these in the same block.
    fn go_on_in(&self, other: &Rows) -> bool {
        Arc::ptr_eq(&self.block, &other.block) && self.first + self.count == other.first
    }
}

impl Blocks {
    /// Those of the wanted columns that are not there of a file.
    pub(super) fn missing(&self, place: usize, wanted: &[&'static str]) -> Vec<&'static str> {
        let known = self.known.get(&place);
        let lacks = |name: &&&str| known.is_none_or(|known| !known.contains_key(**name));
        wanted.iter().filter(lacks).copied().collect()
    }

    /// Takes over columns with the rows of files one behind the other, each given by its place and its rows.
    pub(super) fn put(
        &mut self,
        files: &[(usize, usize)],
        names: &[&'static str],
        mut frame: DataFrame,
    ) -> Result<(), PolarsError> {
        frame.rechunk_mut();
        for name in names {
            let block = Arc::new(frame.column(name)?.clone());
            let mut first = 0;
            for (place, count) in files.iter().copied() {
                let rows = Rows {
                    block: Arc::clone(&block),
                    first,
                    count,
                };
                self.known.entry(place).or_default().insert(name, rows);
                first += count;
            }
        }
        Ok(())
    }

    /// Lets go what was decoded of a file. A block's memory is free when no file of it is left.
    pub(super) fn forget(&mut self, place: usize) {
        self.known.remove(&place);
    }

    /// Columns of files, one below the other; `None` when there is no file. All must have been put.
    pub(super) fn stacked(
        &self,
        places: &[usize],
        wanted: &[&'static str],
    ) -> Result<Option<DataFrame>, PolarsError> {
        let files: Vec<Vec<&Rows>> = places
            .iter()
            .map(|place| self.rows(*place, wanted))
            .collect::<Result<_, _>>()?;
        // All columns of a frame are cut at the same rows, else the engine copies them to make them so.
        let pieces = files.chunk_by(|upper, lower| {
            let mut columns = upper.iter().zip(lower);
            columns.all(|(upper, lower)| upper.go_on_in(lower))
        });
        let mut whole: Option<DataFrame> = None;
        for piece in pieces {
            let Some(top) = piece.first() else { continue };
            let count = piece.iter().filter_map(|rows| rows.first());
            let count = count.map(|rows| rows.count).sum();
            let columns = top.iter();
            let columns = columns.map(|rows| rows.block.slice(offset(rows.first), count));
            let piece = DataFrame::new(count, columns.collect())?;
            match whole.as_mut() {
                Some(whole) => {
                    whole.vstack_mut_owned(piece)?;
                }
                None => whole = Some(piece),
            }
        }
        Ok(whole)
    }

    fn rows(&self, place: usize, wanted: &[&'static str]) -> Result<Vec<&Rows>, PolarsError> {
        let known = self.known.get(&place);
        let rows = wanted.iter().map(|name| {
            let rows = known.and_then(|known| known.get(name));
            rows.ok_or_else(|| PolarsError::ColumnNotFound((*name).into()))
        });
        rows.collect()
    }
}

fn offset(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use polars::prelude::{IntoColumn, NamedFrom, Series};

    use super::*;

    fn frame(columns: &[(&'static str, &[i32])]) -> DataFrame {
        let rows = columns.first().map_or(0, |(_, values)| values.len());
        let columns = columns
            .iter()
            .map(|(name, values)| Series::new((*name).into(), *values).into_column());
        DataFrame::new(rows, columns.collect()).expect("a frame")
    }

    fn values(frame: &DataFrame, name: &str) -> Vec<i32> {
        let column = frame.column(name).expect("a column");
        let numbers = column.i32().expect("numbers");
        numbers
            .iter()
            .map(|value| value.expect("a value"))
            .collect()
    }

    fn pieces(frame: &DataFrame, name: &str) -> usize {
        let column = frame.column(name).expect("a column");
        column.as_materialized_series().chunks().len()
    }

    /// Files 0 to 3 of 2, 0, 1 and 3 rows: `a` read in one go, `b` in two.
    fn blocks() -> Blocks {
        let mut blocks = Blocks::default();
        let files = [(0, 2), (1, 0), (2, 1), (3, 3)];
        let a = frame(&[("a", &[1, 2, 3, 4, 5, 6])]);
        blocks.put(&files, &["a"], a).expect("put");
        let upper = frame(&[("b", &[10, 20])]);
        blocks.put(&files[..2], &["b"], upper).expect("put");
        let lower = frame(&[("b", &[30, 40, 50, 60])]);
        blocks.put(&files[2..], &["b"], lower).expect("put");
        blocks
    }

    #[test]
    fn files_of_a_block_are_one_piece_and_all_columns_are_cut_alike() {
        let blocks = blocks();
        let stacked = |places: &[usize], wanted: &[&'static str]| {
            let frame = blocks.stacked(places, wanted).expect("a frame");
            frame.expect("files")
        };
        let whole = stacked(&[0, 1, 2, 3], &["a"]);
        assert_eq!(values(&whole, "a"), [1, 2, 3, 4, 5, 6]);
        assert_eq!(pieces(&whole, "a"), 1);
        let both = stacked(&[0, 1, 2, 3], &["a", "b"]);
        assert_eq!(values(&both, "a"), [1, 2, 3, 4, 5, 6]);
        assert_eq!(values(&both, "b"), [10, 20, 30, 40, 50, 60]);
        assert_eq!((pieces(&both, "a"), pieces(&both, "b")), (2, 2));
        let some = stacked(&[0, 3], &["b", "a"]);
        assert_eq!(values(&some, "a"), [1, 2, 4, 5, 6]);
        assert_eq!(values(&some, "b"), [10, 20, 40, 50, 60]);
        assert!(blocks.stacked(&[], &["a"]).expect("no files").is_none());
    }

    #[test]
    fn what_was_let_go_is_missing() {
        let mut blocks = blocks();
        assert_eq!(blocks.missing(2, &["a", "b", "c"]), ["c"]);
        blocks.forget(2);
        assert_eq!(blocks.missing(2, &["a", "b"]), ["a", "b"]);
        assert!(blocks.stacked(&[1, 2], &["a"]).is_err());
        // Put again, it is a block of its own among those that stayed.
        let again = frame(&[("a", &[7])]);
        blocks.put(&[(2, 1)], &["a"], again).expect("put");
        let whole = blocks.stacked(&[0, 1, 2, 3], &["a"]).expect("a frame");
        assert_eq!(values(&whole.expect("files"), "a"), [1, 2, 7, 4, 5, 6]);
    }
}
