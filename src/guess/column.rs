//! One column of a file, as its cells show it.

use std::collections::HashMap;
use std::hash::BuildHasher as _;

use rustc_hash::{FxBuildHasher, FxHashSet};

use super::dates::{Dates, Shapes};
use super::shape::shape;

/// Values that are kept and counted one by one; a column with more has no list of states.
const VALUES: usize = 300;

/// Different values that are counted; beyond it there are "at least so many".
const DISTINCT: usize = 500_000;

/// Texts that usually stand for no value.
const MISSING: [&str; 14] = [
    "?", "-", "--", "NULL", "null", "\\N", "N/A", "n/a", "NA", "#N/A", "EMPTY", "NaN", "nan",
    "None",
];

/// So many words on the average make a text, where most cells are different.
const WORDS_OF_A_TEXT: u64 = 4;

/// What a column's cells are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    Empty,
    OneValue,
    Dates,
    Numbers,
    FewWords,
    ManyWords,
    Texts,
}

impl Holds {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Holds::Empty => "empty",
            Holds::OneValue => "one value",
            Holds::Dates => "dates",
            Holds::Numbers => "numbers",
            Holds::FewWords => "few words",
            Holds::ManyWords => "many words",
            Holds::Texts => "texts",
        }
    }
}

/// A value with how often it came and where first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ValueSeen {
    pub value: String,
    pub rows: u64,
    pub line: u64,
}

/// A column that has been read.
#[derive(Debug)]
pub(super) struct Column {
    pub name: String,
    /// Cells that hold something.
    pub filled: u64,
    /// Cells that hold a text which usually stands for nothing, by that text.
    pub missing: HashMap<&'static str, u64>,
    pub example: String,
    pub dates: Dates,
    shapes: Shapes,
    values: HashMap<String, (u64, u64)>,
    /// Whether there are more values than are kept.
    many: bool,
    hashes: FxHashSet<u64>,
    numbers: u64,
    words: u64,
}

impl Column {
    pub(super) fn named(name: &str) -> Column {
        Column {
            name: name.to_owned(),
            filled: 0,
            missing: HashMap::new(),
            example: String::new(),
            dates: Dates::default(),
            shapes: Shapes::default(),
            values: HashMap::new(),
            many: false,
            hashes: FxHashSet::default(),
            numbers: 0,
            words: 0,
        }
    }

    /// Looks at a cell.
    pub(super) fn see(&mut self, cell: &str, line: u64) {
        if cell.is_empty() {
            return;
        }
        if let Some(mark) = MISSING.iter().find(|mark| **mark == cell) {
            *self.missing.entry(mark).or_default() += 1;
            return;
        }
        if self.filled == 0 {
            cell.clone_into(&mut self.example);
        }
        self.filled += 1;
        if let Some(shape) = shape(cell) {
            self.shapes.add(&shape, line, cell);
        }
        if cell.trim().parse::<f64>().is_ok() {
            self.numbers += 1;
        }
        self.words += cell.split_whitespace().count() as u64;
        if self.hashes.len() < DISTINCT {
            self.hashes.insert(FxBuildHasher.hash_one(cell));
        }
        if let Some((rows, _)) = self.values.get_mut(cell) {
            *rows += 1;
        } else if self.values.len() < VALUES {
            self.values.insert(cell.to_owned(), (1, line));
        } else {
            self.many = true;
        }
    }

    /// To be called after the last cell.
    pub(super) fn finish(&mut self) {
        self.dates = self.shapes.dates();
        if self.many {
            self.values = HashMap::new();
        }
    }

    /// Different values; at least so many where they are too many to count.
    pub(super) fn distinct(&self) -> u64 {
        self.hashes.len() as u64
    }

    /// Whether a value comes in several cells, as far as they were counted.
    pub(super) fn comes_again(&self) -> bool {
        self.hashes.len() < DISTINCT && self.distinct() < self.filled
    }

    pub(super) fn holds(&self) -> Holds {
        if self.filled == 0 {
            Holds::Empty
        } else if self.dates.rows * 5 >= self.filled * 4 {
            Holds::Dates
        } else if self.distinct() == 1 {
            Holds::OneValue
        } else if self.numbers == self.filled {
            Holds::Numbers
        } else if self.words >= self.filled * WORDS_OF_A_TEXT
            && (self.many || self.distinct() * 2 > self.filled)
        {
            Holds::Texts
        } else if self.many {
            Holds::ManyWords
        } else {
            Holds::FewWords
        }
    }

    /// The values, the most frequent first; none where they are too many.
    pub(super) fn values(&self) -> Vec<ValueSeen> {
        let mut values: Vec<ValueSeen> = self
            .values
            .iter()
            .map(|(value, (rows, line))| ValueSeen {
                value: value.clone(),
                rows: *rows,
                line: *line,
            })
            .collect();
        values.sort_by(|a, b| b.rows.cmp(&a.rows).then_with(|| a.value.cmp(&b.value)));
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(cells: &[&str]) -> Column {
        let mut column = Column::named("x");
        for (line, cell) in cells.iter().enumerate() {
            column.see(cell, line as u64 + 2);
        }
        column.finish();
        column
    }

    #[test]
    fn cells_show_what_a_column_holds() {
        assert_eq!(column(&["", "?"]).holds(), Holds::Empty);
        assert_eq!(column(&["a", "a"]).holds(), Holds::OneValue);
        assert_eq!(column(&["open", "closed", "open"]).holds(), Holds::FewWords);
        assert_eq!(column(&["1", "2.5"]).holds(), Holds::Numbers);
        assert_eq!(
            column(&["05.01.2026", "06.01.2026", "?"]).holds(),
            Holds::Dates
        );
        let texts: Vec<String> = (0..400)
            .map(|n| format!("the box number {n} came wet"))
            .collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        assert_eq!(column(&texts).holds(), Holds::Texts);
        assert!(column(&texts).values().is_empty());
    }

    #[test]
    fn values_are_counted_and_marks_for_nothing_apart() {
        let seen = column(&["open", "closed", "open", "-", ""]);
        assert_eq!((seen.filled, seen.distinct()), (3, 2));
        assert_eq!(seen.missing["-"], 1);
        assert_eq!(
            seen.values()[0],
            ValueSeen {
                value: "open".to_owned(),
                rows: 2,
                line: 2
            }
        );
    }
}
