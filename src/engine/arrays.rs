//! Arrays that the Parquet reader made, as columns of the engine. Both hold values as Arrow lays them out, so that
//! numbers, days and instants change hands without being copied.

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use arrow::datatypes::{Date32Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType};
use polars::prelude::{
    BooleanChunked, ChunkedArray, Column, Float64Type as Real, Int32Type as Count,
    Int64Type as Integer, IntoColumn, IntoSeries, NewChunkedArray, PolarsError, PolarsNumericType,
    StringChunked, TimeUnit, TimeZone,
};
use polars_arrow::array::BooleanArray;
use polars_arrow::bitmap::Bitmap;
use polars_arrow::datatypes::ArrowDataType;

use super::decode::polars_type;
use redress_lake::table::{ColumnKind, ColumnSpec};

/// An array as the column that the lake declares. Texts are expected as views.
///
/// # Errors
/// When the array is of another type than the column.
pub(super) fn column_of(column: &ColumnSpec, array: ArrayRef) -> Result<Column, PolarsError> {
    let name = column.name;
    let series = match column.kind {
        ColumnKind::Integer => numbers::<Int64Type, Integer>(name, array)?.into_series(),
        ColumnKind::Count => numbers::<Int32Type, Count>(name, array)?.into_series(),
        ColumnKind::Real => numbers::<Float64Type, Real>(name, array)?.into_series(),
        ColumnKind::Day => numbers::<Date32Type, Count>(name, array)?
            .into_date()
            .into_series(),
        ColumnKind::Instant => numbers::<TimestampMicrosecondType, Integer>(name, array)?
            .into_datetime(TimeUnit::Microseconds, Some(TimeZone::UTC))
            .into_series(),
        ColumnKind::Flag => flags(name, &array)?.into_series(),
        ColumnKind::FreeText => texts(name, &array)?.into_series(),
        ColumnKind::Text => texts(name, &array)?
            .into_series()
            .cast(&polars_type(ColumnKind::Text))?,
    };
    Ok(series.into_column())
}

/// A column of a file that is missing or of another type than the lake declares.
pub(super) fn misfit(name: &str) -> PolarsError {
    PolarsError::SchemaMismatch(format!("the column `{name}` is missing or of another type").into())
}

/// Numbers of one machine type; `A` and `P` are Arrow's and the engine's names for it.
fn numbers<A, P>(name: &str, array: ArrayRef) -> Result<ChunkedArray<P>, PolarsError>
where
    A: ArrowPrimitiveType,
    P: PolarsNumericType<Native = A::Native>,
{
    let typed = array.as_primitive_opt::<A>();
    let typed = typed.ok_or_else(|| misfit(name))?.clone();
    // The memory can be taken over when nobody else holds it.
    drop(array);
    let (_, values, nulls) = typed.into_parts();
    let values = values.into_inner().into_vec::<A::Native>();
    let values = values.unwrap_or_else(|shared| shared.typed_data::<A::Native>().to_vec());
    Ok(ChunkedArray::from_vec_validity(
        name.into(),
        values,
        known(nulls.as_ref()),
    ))
}

fn flags(name: &str, array: &ArrayRef) -> Result<BooleanChunked, PolarsError> {
    let typed = array.as_boolean_opt().ok_or_else(|| misfit(name))?;
    let values = bits(typed.values());
    let whole = BooleanArray::new(ArrowDataType::Boolean, values, known(typed.nulls()));
    Ok(ChunkedArray::with_chunk(name.into(), whole))
}

fn texts(name: &str, array: &ArrayRef) -> Result<StringChunked, PolarsError> {
    let typed = array.as_string_view_opt().ok_or_else(|| misfit(name))?;
    Ok(StringChunked::from_iter_options(name.into(), typed.iter()))
}

/// Which rows have a value; `None` when all have.
fn known(nulls: Option<&NullBuffer>) -> Option<Bitmap> {
    let nulls = nulls.filter(|nulls| nulls.null_count() > 0)?;
    Some(bits(nulls.inner()))
}

fn bits(bits: &BooleanBuffer) -> Bitmap {
    Bitmap::from_u8_slice(bits.sliced(), bits.len())
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
            let column = column_of(&spec(kind), rows(kind)).expect("a column");
            assert_eq!(*column.dtype(), polars_type(kind));
            assert_eq!(column.null_count(), 1, "{kind:?}");
            assert_eq!(shown(&column), expected, "{kind:?}");
        }
    }

    #[test]
    fn a_part_of_an_array_is_that_part_and_an_array_that_others_hold_is_copied() {
        for kind in KINDS {
            let whole = rows(kind);
            let part = column_of(&spec(kind), whole.slice(1, 2)).expect("a column");
            let all = column_of(&spec(kind), Arc::clone(&whole)).expect("a column");
            assert_eq!(shown(&part), shown(&all)[1..], "{kind:?}");
            assert_eq!(whole.len(), 3);
        }
    }

    #[test]
    fn another_type_is_refused_and_never_taken_for_a_number() {
        for kind in KINDS {
            for other in KINDS {
                let fits = spec(kind).kind.arrow() == spec(other).kind.arrow();
                let found = column_of(&spec(kind), rows(other));
                assert_eq!(found.is_ok(), fits, "{kind:?} from {other:?}");
            }
            let plain: ArrayRef = Arc::new(StringArray::from(vec!["not a view"]));
            let refused = column_of(&spec(kind), plain).expect_err("a refusal");
            assert!(refused.to_string().contains("`c`"), "{refused}");
        }
        assert_ne!(polars_type(ColumnKind::Text), DataType::String);
    }
}
