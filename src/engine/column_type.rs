//! The engine's type for each kind of column of the lake.

use polars::prelude::{Categories, DataType, TimeUnit, TimeZone};

use redress_lake::table::ColumnKind;

/// The type in which the engine holds a column: names and codes as categoricals.
pub(super) fn polars_type(kind: ColumnKind) -> DataType {
    match kind {
        ColumnKind::Text => DataType::from_categories(Categories::global()),
        ColumnKind::FreeText => DataType::String,
        ColumnKind::Integer => DataType::Int64,
        ColumnKind::Count => DataType::Int32,
        ColumnKind::Real => DataType::Float64,
        ColumnKind::Flag => DataType::Boolean,
        ColumnKind::Day => DataType::Date,
        ColumnKind::Instant => DataType::Datetime(TimeUnit::Microseconds, Some(TimeZone::UTC)),
    }
}
