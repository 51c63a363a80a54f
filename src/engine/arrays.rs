//! Columns of the engine, put together of the arrays that the Parquet reader makes: row group after row group, file after
//! file, in one piece of memory of their final size.

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, DictionaryArray};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use arrow::datatypes::{Date32Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType};
use polars::prelude::{
    BooleanChunked, ChunkedArray, Column, Float64Type as Real, IdxCa, IdxSize, Int32Type as Count,
    Int64Type as Integer, IntoColumn, IntoSeries, NamedFrom, NewChunkedArray, PlSmallStr,
    PolarsError, PolarsNumericType, Series, StringChunked, TimeUnit, TimeZone,
};
use polars_arrow::array::BooleanArray;
use polars_arrow::bitmap::{Bitmap, MutableBitmap};
use polars_arrow::datatypes::ArrowDataType;

use super::column_type::polars_type;
use redress_lake::table::{ColumnKind, ColumnSpec};

/// A column that grows.
pub(super) struct Growing {
    name: &'static str,
    values: Values,
}

enum Values {
    Integer(Numbers<Integer>),
    Count(Numbers<Count>),
    Real(Numbers<Real>),
    Day(Numbers<Count>),
    Instant(Numbers<Integer>),
    Flag(Flags),
    FreeText(Option<StringChunked>),
    Text(Texts),
}

impl Growing {
    /// An empty column, with room for so many rows.
    pub(super) fn new(column: &ColumnSpec, rows: usize) -> Self {
        Growing {
            name: column.name,
            values: match column.kind {
                ColumnKind::Integer => Values::Integer(Numbers::with_room(rows)),
                ColumnKind::Count => Values::Count(Numbers::with_room(rows)),
                ColumnKind::Real => Values::Real(Numbers::with_room(rows)),
                ColumnKind::Day => Values::Day(Numbers::with_room(rows)),
                ColumnKind::Instant => Values::Instant(Numbers::with_room(rows)),
                ColumnKind::Flag => Values::Flag(Flags::default()),
                ColumnKind::FreeText => Values::FreeText(None),
                ColumnKind::Text => Values::Text(Texts::with_room(rows)),
            },
        }
    }

    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    /// Puts the rows of an array at the end. Texts are expected as views, names and codes also as words and each row's
    /// place among them.
    ///
    /// # Errors
    /// When the array is of another type than the column.
    pub(super) fn put(&mut self, array: &ArrayRef) -> Result<(), PolarsError> {
        let fits = match &mut self.values {
            Values::Integer(numbers) => numbers.put::<Int64Type>(array),
            Values::Count(numbers) => numbers.put::<Int32Type>(array),
            Values::Real(numbers) => numbers.put::<Float64Type>(array),
            Values::Day(numbers) => numbers.put::<Date32Type>(array),
            Values::Instant(numbers) => numbers.put::<TimestampMicrosecondType>(array),
            Values::Flag(flags) => flags.put(array),
            Values::FreeText(texts) => match texts_of(array) {
                Some(more) => {
                    match texts {
                        Some(texts) => texts.append_owned(more)?,
                        None => *texts = Some(more),
                    }
                    Some(())
                }
                None => None,
            },
            Values::Text(texts) => texts.put(array)?,
        };
        fits.ok_or_else(|| misfit(self.name))
    }

    /// As the column that the lake declares.
    ///
    /// # Errors
    /// When the engine refuses its words as categories.
    pub(super) fn finish(self) -> Result<Column, PolarsError> {
        let name = PlSmallStr::from_static(self.name);
        let series = match self.values {
            Values::Integer(numbers) => numbers.finish(name).into_series(),
            Values::Count(numbers) => numbers.finish(name).into_series(),
            Values::Real(numbers) => numbers.finish(name).into_series(),
            Values::Day(numbers) => numbers.finish(name).into_date().into_series(),
            Values::Instant(numbers) => numbers
                .finish(name)
                .into_datetime(TimeUnit::Microseconds, Some(TimeZone::UTC))
                .into_series(),
            Values::Flag(flags) => flags.finish(name).into_series(),
            Values::FreeText(texts) => {
                let mut texts = texts.unwrap_or_default();
                texts.rename(name);
                texts.into_series()
            }
            Values::Text(texts) => texts.finish(name)?,
        };
        Ok(series.into_column())
    }
}

/// The month of receipt of so many rows each, as a column of words.
///
/// # Errors
/// When the engine refuses the words as categories.
pub(super) fn months<'m>(
    name: &'static str,
    months: impl Iterator<Item = (&'m str, usize)>,
) -> Result<Column, PolarsError> {
    let mut texts = Texts::with_room(0);
    for (month, rows) in months {
        let place = texts.codes.next_place();
        texts.codes.words.push(Some(month.to_owned()));
        texts.codes.places.extend(std::iter::repeat_n(place, rows));
    }
    Ok(texts.finish(name.into())?.into_column())
}

/// A column of a file that is missing or of another type than the lake declares.
pub(super) fn misfit(name: &str) -> PolarsError {
    PolarsError::SchemaMismatch(format!("the column `{name}` is missing or of another type").into())
}

/// Numbers of one machine type, and which rows have one.
struct Numbers<P: PolarsNumericType> {
    values: Vec<P::Native>,
    known: Known,
}

impl<P: PolarsNumericType> Numbers<P> {
    fn with_room(rows: usize) -> Self {
        Numbers {
            values: Vec::with_capacity(rows),
            known: Known::default(),
        }
    }

    /// `A` is Arrow's name for the type; `None` when the array is of another.
    fn put<A>(&mut self, array: &ArrayRef) -> Option<()>
    where
        A: ArrowPrimitiveType,
        P: PolarsNumericType<Native = A::Native>,
    {
        let typed = array.as_primitive_opt::<A>()?;
        self.known
            .put(self.values.len(), typed.len(), typed.nulls());
        self.values.extend_from_slice(typed.values());
        Some(())
    }

    fn finish(self, name: PlSmallStr) -> ChunkedArray<P> {
        ChunkedArray::from_vec_validity(name, self.values, self.known.finish())
    }
}

#[derive(Default)]
struct Flags {
    values: MutableBitmap,
    known: Known,
}

impl Flags {
    fn put(&mut self, array: &ArrayRef) -> Option<()> {
        let typed = array.as_boolean_opt()?;
        self.known
            .put(self.values.len(), typed.len(), typed.nulls());
        extend(&mut self.values, typed.values());
        Some(())
    }

    fn finish(self, name: PlSmallStr) -> BooleanChunked {
        let values = self.values.into();
        let whole = BooleanArray::new(ArrowDataType::Boolean, values, self.known.finish());
        ChunkedArray::with_chunk(name, whole)
    }
}

/// Which rows have a value; nothing is held until one has none.
#[derive(Default)]
struct Known(Option<MutableBitmap>);

impl Known {
    /// Further rows behind so many.
    fn put(&mut self, behind: usize, rows: usize, nulls: Option<&NullBuffer>) {
        match nulls.filter(|nulls| nulls.null_count() > 0) {
            Some(nulls) => {
                let known = self.0.get_or_insert_with(|| {
                    let mut known = MutableBitmap::with_capacity(behind + rows);
                    known.extend_constant(behind, true);
                    known
                });
                extend(known, nulls.inner());
            }
            None => {
                if let Some(known) = self.0.as_mut() {
                    known.extend_constant(rows, true);
                }
            }
        }
    }

    fn finish(self) -> Option<Bitmap> {
        self.0.map(Bitmap::from)
    }
}

fn extend(bits: &mut MutableBitmap, more: &BooleanBuffer) {
    bits.extend_from_slice(more.values(), more.offset(), more.len());
}

fn texts_of(array: &ArrayRef) -> Option<StringChunked> {
    let typed = array.as_string_view_opt()?;
    Some(StringChunked::from_iter_options(
        PlSmallStr::EMPTY,
        typed.iter(),
    ))
}

/// Names and codes, as categories.
struct Texts {
    /// Rows whose texts were looked up one by one, and those before them.
    done: Option<Series>,
    codes: Codes,
}

impl Texts {
    fn with_room(rows: usize) -> Self {
        Texts {
            done: None,
            codes: Codes {
                words: Vec::new(),
                places: Vec::with_capacity(rows),
            },
        }
    }

    fn put(&mut self, array: &ArrayRef) -> Result<Option<()>, PolarsError> {
        if let Some(coded) = array.as_dictionary_opt::<Int32Type>() {
            return Ok(self.codes.put(coded));
        }
        let Some(texts) = texts_of(array) else {
            return Ok(None);
        };
        let texts = texts.into_series().cast(&polars_type(ColumnKind::Text))?;
        self.settle()?;
        self.append(texts)?;
        Ok(Some(()))
    }

    /// The codes so far become rows.
    fn settle(&mut self) -> Result<(), PolarsError> {
        if self.codes.places.is_empty() {
            return Ok(());
        }
        let coded = std::mem::take(&mut self.codes).finish()?;
        self.append(coded)
    }

    fn append(&mut self, more: Series) -> Result<(), PolarsError> {
        match self.done.as_mut() {
            Some(done) => {
                done.append_owned(more)?;
            }
            None => self.done = Some(more),
        }
        Ok(())
    }

    fn finish(mut self, name: PlSmallStr) -> Result<Series, PolarsError> {
        self.settle()?;
        let mut whole = match self.done {
            Some(done) => done,
            None => Codes::default().finish()?,
        };
        whole.rename(name);
        Ok(whole)
    }
}

/// The dictionaries of row groups one behind the other, and each row's place in them.
#[derive(Default)]
struct Codes {
    words: Vec<Option<String>>,
    places: Vec<IdxSize>,
}

impl Codes {
    /// Where the next word will stand.
    fn next_place(&self) -> IdxSize {
        IdxSize::try_from(self.words.len()).unwrap_or(IdxSize::MAX)
    }

    /// Puts the rows of a row group at the end. Rows without a value point at a word that is NULL.
    fn put(&mut self, coded: &DictionaryArray<Int32Type>) -> Option<()> {
        let first = self.next_place();
        let words = coded.values().as_string_opt::<i32>()?.iter();
        self.words.extend(words.map(|word| word.map(str::to_owned)));
        let keys = coded.keys();
        let before = self.places.len();
        let places = keys.values().iter();
        self.places
            .extend(places.map(|key| first.wrapping_add(key.unsigned_abs())));
        if let Some(known) = keys.nulls().filter(|known| known.null_count() > 0) {
            let nothing = self.next_place();
            self.words.push(None);
            let group = self.places.get_mut(before..)?;
            for gap in (!known.inner()).set_indices() {
                *group.get_mut(gap)? = nothing;
            }
        }
        Some(())
    }

    /// As categories: only the words are looked up.
    fn finish(self) -> Result<Series, PolarsError> {
        let kind = polars_type(ColumnKind::Text);
        let name = PlSmallStr::EMPTY;
        let categories = Series::new(name.clone(), self.words).cast(&kind)?;
        if categories.null_count() == categories.len() {
            return Ok(Series::full_null(name, self.places.len(), &kind));
        }
        categories.take(&IdxCa::from_vec(name, self.places))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{
        BooleanArray as Flags, Date32Array, Float64Array, Int32Array, Int64Array, StringArray,
        StringViewArray, TimestampMicrosecondArray,
    };
    use polars::prelude::{AnyValue, DataType};

    use super::*;

    const KINDS: [ColumnKind; 8] = [
        ColumnKind::Text,
        ColumnKind::FreeText,
        ColumnKind::Integer,
        ColumnKind::Count,
        ColumnKind::Real,
        ColumnKind::Flag,
        ColumnKind::Day,
        ColumnKind::Instant,
    ];

    /// A column of arrays one below the other.
    fn column_of(column: &ColumnSpec, arrays: &[ArrayRef]) -> Result<Column, PolarsError> {
        let mut growing = Growing::new(column, 0);
        for array in arrays {
            growing.put(array)?;
        }
        growing.finish()
    }

    fn spec(kind: ColumnKind) -> ColumnSpec {
        ColumnSpec {
            name: "c",
            kind,
            nullable: true,
            repeats: false,
            doc: "",
        }
    }

    /// Three rows of a kind, the second without a value.
    fn rows(kind: ColumnKind) -> ArrayRef {
        match kind {
            ColumnKind::Text | ColumnKind::FreeText => Arc::new(StringViewArray::from(vec![
                Some("Ş"),
                None,
                Some("a text of more than twelve bytes"),
            ])),
            ColumnKind::Integer => {
                Arc::new(Int64Array::from(vec![Some(i64::MIN), None, Some(i64::MAX)]))
            }
            ColumnKind::Count => Arc::new(Int32Array::from(vec![Some(-1), None, Some(i32::MAX)])),
            ColumnKind::Real => Arc::new(Float64Array::from(vec![Some(-0.5), None, Some(2.25)])),
            ColumnKind::Flag => Arc::new(Flags::from(vec![Some(true), None, Some(false)])),
            ColumnKind::Day => Arc::new(Date32Array::from(vec![Some(20_000), None, Some(-1)])),
            ColumnKind::Instant => Arc::new(
                TimestampMicrosecondArray::from(vec![Some(1), None, Some(-1)]).with_timezone("UTC"),
            ),
        }
    }

    /// As the engine shows them.
    fn shown(column: &Column) -> Vec<String> {
        let value = |row| match column.get(row).expect("a row") {
            AnyValue::Null => "NULL".to_owned(),
            value => value.to_string(),
        };
        (0..column.len()).map(value).collect()
    }

    #[test]
    fn each_kind_keeps_its_values_and_its_gaps() {
        let expected = [
            ["\"Ş\"", "NULL", "\"a text of more than twelve bytes\""],
            ["\"Ş\"", "NULL", "\"a text of more than twelve bytes\""],
            ["-9223372036854775808", "NULL", "9223372036854775807"],
            ["-1", "NULL", "2147483647"],
            ["-0.5", "NULL", "2.25"],
            ["true", "NULL", "false"],
            ["2024-10-04", "NULL", "1969-12-31"],
            [
                "1970-01-01 00:00:00.000001 UTC",
                "NULL",
                "1969-12-31 23:59:59.999999 UTC",
            ],
        ];
        for (kind, expected) in KINDS.into_iter().zip(expected) {
            let column = column_of(&spec(kind), &[rows(kind)]).expect("a column");
            assert_eq!(*column.dtype(), polars_type(kind));
            assert_eq!(column.null_count(), 1, "{kind:?}");
            assert_eq!(shown(&column), expected, "{kind:?}");
        }
    }

    #[test]
    fn arrays_one_below_the_other_are_the_rows_of_all_and_a_part_is_that_part() {
        for kind in KINDS {
            let whole = rows(kind);
            let all = shown(&column_of(&spec(kind), &[Arc::clone(&whole)]).expect("a column"));
            // Rows that all have a value before and behind some that have not, parts and an array of no rows.
            let arrays = [
                whole.slice(2, 1),
                whole.slice(0, 0),
                Arc::clone(&whole),
                whole.slice(1, 2),
                whole.slice(0, 1),
            ];
            let column = column_of(&spec(kind), &arrays).expect("a column");
            let expected = [&all[2..], &all, &all[1..], &all[..1]].concat();
            assert_eq!(shown(&column), expected, "{kind:?}");
            assert_eq!(column.null_count(), 2, "{kind:?}");
            let empty = column_of(&spec(kind), &[]).expect("a column");
            assert_eq!((empty.len(), empty.dtype()), (0, &polars_type(kind)));
        }
    }

    #[test]
    fn codes_and_texts_of_a_column_stay_in_their_order() {
        let coded = |words: Vec<Option<&str>>| -> ArrayRef {
            Arc::new(words.into_iter().collect::<DictionaryArray<Int32Type>>())
        };
        let arrays = [
            coded(vec![Some("b"), None, Some("a"), Some("b")]),
            coded(vec![None, None]),
            rows(ColumnKind::Text),
            coded(vec![Some("a"), Some("c")]),
            coded(vec![Some("c"), None]),
        ];
        let column = column_of(&spec(ColumnKind::Text), &arrays).expect("a column");
        let expected = [
            "\"b\"",
            "NULL",
            "\"a\"",
            "\"b\"",
            "NULL",
            "NULL",
            "\"Ş\"",
            "NULL",
            "\"a text of more than twelve bytes\"",
            "\"a\"",
            "\"c\"",
            "\"c\"",
            "NULL",
        ];
        assert_eq!(shown(&column), expected);
        let nothing = column_of(&spec(ColumnKind::Text), &[coded(vec![None, None])]);
        assert_eq!(shown(&nothing.expect("a column")), ["NULL", "NULL"]);
        let months = months(
            "m",
            [("2026-07", 2), ("2026-08", 0), ("2026-09", 1)].into_iter(),
        );
        let months = months.expect("a column");
        assert_eq!(
            shown(&months),
            ["\"2026-07\"", "\"2026-07\"", "\"2026-09\""]
        );
    }

    #[test]
    fn another_type_is_refused_and_never_taken_for_a_number() {
        for kind in KINDS {
            for other in KINDS {
                let fits = spec(kind).kind.arrow() == spec(other).kind.arrow();
                let found = column_of(&spec(kind), &[rows(other)]);
                assert_eq!(found.is_ok(), fits, "{kind:?} from {other:?}");
            }
            let plain: ArrayRef = Arc::new(StringArray::from(vec!["not a view"]));
            let refused = column_of(&spec(kind), &[plain]).expect_err("a refusal");
            assert!(refused.to_string().contains("`c`"), "{refused}");
        }
        assert_ne!(polars_type(ColumnKind::Text), DataType::String);
    }
}
