//! Rows of several arrays put together as one.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayData, ArrayRef, MutableArrayData, make_array};
use arrow::error::ArrowError;

/// Pieces of arrays, one behind the other. Many of them are of the same few arrays, so each array is kept once and a piece
/// is only which of its rows: slices would be an array each.
#[derive(Default)]
pub(super) struct Pieces {
    arrays: Vec<ArrayRef>,
    pieces: Vec<(usize, Range<usize>)>,
    rows: usize,
}

impl Pieces {
    /// Rows so far.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// Puts rows of an array behind the others.
    pub(super) fn put(&mut self, values: &ArrayRef, rows: Range<usize>) {
        if rows.is_empty() {
            return;
        }
        self.rows += rows.len();
        let known = self.arrays.iter().rposition(|a| Arc::ptr_eq(a, values));
        let array = known.unwrap_or_else(|| {
            self.arrays.push(Arc::clone(values));
            self.arrays.len() - 1
        });
        match self.pieces.last_mut() {
            Some((last, before)) if *last == array && before.end == rows.start => {
                before.end = rows.end;
            }
            _ => self.pieces.push((array, rows)),
        }
    }

    /// All of them as one array, nothing when there are none; no piece is left afterwards.
    ///
    /// # Errors
    /// When they are too much for one array.
    pub(super) fn take(&mut self) -> Result<Option<ArrayRef>, ArrowError> {
        let Pieces {
            arrays,
            pieces,
            rows,
        } = std::mem::take(self);
        match pieces.as_slice() {
            [] => Ok(None),
            [(array, rows)] => Ok(Some(arrays[*array].slice(rows.start, rows.len()))),
            pieces => {
                let arrays: Vec<ArrayData> = arrays.iter().map(|a| a.to_data()).collect();
                let mut joined = MutableArrayData::new(arrays.iter().collect(), false, rows);
                for (array, rows) in pieces {
                    joined.try_extend(*array, rows.start, rows.end)?;
                }
                Ok(Some(make_array(joined.freeze())))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{Int32Array, StringArray, StringViewArray};
    use arrow::compute::concat;

    use super::*;

    /// Against arrow's own `concat` of slices: numbers, texts and views, with gaps, of slices and across arrays.
    #[test]
    fn pieces_are_what_slices_put_together_are() {
        let texts = [
            Some("a"),
            None,
            Some("a text that is longer than a view"),
            Some(""),
            Some("e"),
        ];
        let sliced = |array: ArrayRef| array.slice(1, 4);
        let pairs: [(ArrayRef, ArrayRef); 3] = [
            (
                Arc::new(Int32Array::from(vec![1, 2, 3, 4, 5])),
                sliced(Arc::new(Int32Array::from(vec![
                    Some(6),
                    None,
                    Some(8),
                    None,
                    Some(9),
                ]))),
            ),
            (
                Arc::new(StringArray::from(texts.to_vec())),
                sliced(Arc::new(StringArray::from(vec!["x"; 5]))),
            ),
            (
                Arc::new(StringViewArray::from(texts.to_vec())),
                sliced(Arc::new(StringViewArray::from(texts.to_vec()))),
            ),
        ];
        for (one, other) in &pairs {
            let mut pieces = Pieces::default();
            assert!(pieces.take().expect("nothing").is_none());
            let parts = [
                (one, 0..2),
                (one, 2..3),
                (other, 1..4),
                (one, 4..5),
                (other, 0..0),
            ];
            for (array, rows) in &parts {
                pieces.put(array, rows.clone());
            }
            assert_eq!(pieces.rows(), 7);
            let slices: Vec<ArrayRef> = parts
                .iter()
                .map(|(array, rows)| array.slice(rows.start, rows.len()))
                .collect();
            let slices: Vec<&dyn Array> = slices.iter().map(AsRef::as_ref).collect();
            let expected = concat(&slices).expect("slices of a type");
            let found = pieces.take().expect("few rows").expect("rows");
            assert_eq!(&found, &expected);
            assert_eq!(pieces.rows(), 0);
        }
    }
}
