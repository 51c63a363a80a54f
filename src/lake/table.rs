//! One declaration makes a table of the lake: its row, its Arrow schema, and its column builders.

use std::marker::PhantomData;
use std::sync::Arc;

use arrow::array::{
    Array as _, ArrayRef, BooleanBuilder, Date32Builder, Float64Builder, Int32Builder,
    Int64Builder, StringBuilder, TimestampMicrosecondBuilder,
};
use arrow::datatypes::{DataType, TimeUnit};
use chrono::{DateTime, NaiveDate, Utc};

/// A column of a table: name, type, and what it holds, for the data dictionary.
#[derive(Debug, Clone, Copy)]
pub struct ColumnSpec {
    pub name: &'static str,
    pub kind: ColumnKind,
    pub nullable: bool,
    /// Its values come again and again, so that a file keeps each of them once.
    pub repeats: bool,
    pub doc: &'static str,
}

/// The types that the lake uses; every engine knows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// One of a few words or names that come again and again.
    Text,
    /// Words of its own for nearly every row.
    FreeText,
    Integer,
    Count,
    Real,
    Flag,
    Day,
    Instant,
}

impl ColumnKind {
    /// The Arrow type. Instants are microseconds in UTC.
    pub fn arrow(self) -> DataType {
        match self {
            ColumnKind::Text | ColumnKind::FreeText => DataType::Utf8,
            ColumnKind::Integer => DataType::Int64,
            ColumnKind::Count => DataType::Int32,
            ColumnKind::Real => DataType::Float64,
            ColumnKind::Flag => DataType::Boolean,
            ColumnKind::Day => DataType::Date32,
            ColumnKind::Instant => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        }
    }
}

/// A table of the lake.
#[derive(Debug, Clone, Copy)]
pub struct TableSpec {
    pub name: &'static str,
    /// Large tables lie in one folder a month of receipt.
    pub partitioned: bool,
    pub doc: &'static str,
    pub columns: &'static [ColumnSpec],
}

/// The type of a column in a declaration: what fills it, and what builds it.
pub trait Cell {
    /// Its column type.
    const KIND: ColumnKind;
    /// Whether it can be absent.
    const NULLABLE: bool;
    /// Whether its values come again and again.
    const REPEATS: bool;
    /// The Rust value of one cell.
    type Value<'a>: std::fmt::Debug + Clone;
    /// The builder of its column.
    type Builder: ColumnBuilder;
    /// Puts the value at the end of the column.
    fn push(value: Self::Value<'_>, into: &mut Self::Builder);
}

/// A column of names and codes, filled from borrowed strings; engines may keep each word once.
pub struct Text;

/// A column of text that hardly repeats, filled from borrowed strings.
pub struct FreeText;

impl Cell for FreeText {
    const KIND: ColumnKind = ColumnKind::FreeText;
    const NULLABLE: bool = false;
    const REPEATS: bool = false;
    type Value<'a> = &'a str;
    type Builder = StringBuilder;
    fn push(value: &str, into: &mut StringBuilder) {
        into.append_value(value);
    }
}

impl Cell for Text {
    const KIND: ColumnKind = ColumnKind::Text;
    const NULLABLE: bool = false;
    const REPEATS: bool = true;
    type Value<'a> = &'a str;
    type Builder = StringBuilder;
    fn push(value: &str, into: &mut StringBuilder) {
        into.append_value(value);
    }
}

/// What the builders of all columns have in common.
pub trait ColumnBuilder: Default {
    /// Puts a NULL at the end.
    fn push_null(&mut self);
    /// The column so far; the builder is empty afterwards, with room for as much again: batches are alike, and a column
    /// that grew from nothing would be copied a dozen times.
    fn take(&mut self) -> ArrayRef;
}

macro_rules! builder {
    ($name:ident) => {
        impl ColumnBuilder for $name {
            fn push_null(&mut self) {
                self.append_null();
            }
            fn take(&mut self) -> ArrayRef {
                let column = self.finish();
                *self = $name::with_capacity(column.len());
                Arc::new(column)
            }
        }
    };
}
builder!(Int64Builder);
builder!(Int32Builder);
builder!(Float64Builder);
builder!(BooleanBuilder);
builder!(Date32Builder);

impl ColumnBuilder for StringBuilder {
    fn push_null(&mut self) {
        self.append_null();
    }
    fn take(&mut self) -> ArrayRef {
        let column = self.finish();
        *self = StringBuilder::with_capacity(column.len(), column.value_data().len());
        Arc::new(column)
    }
}

/// Instants in UTC.
pub struct InstantBuilder(TimestampMicrosecondBuilder);

impl InstantBuilder {
    fn with_capacity(rows: usize) -> Self {
        InstantBuilder(TimestampMicrosecondBuilder::with_capacity(rows).with_timezone("UTC"))
    }
}

impl Default for InstantBuilder {
    fn default() -> Self {
        InstantBuilder::with_capacity(0)
    }
}

impl ColumnBuilder for InstantBuilder {
    fn push_null(&mut self) {
        self.0.append_null();
    }
    fn take(&mut self) -> ArrayRef {
        let column = self.0.finish();
        *self = InstantBuilder::with_capacity(column.len());
        Arc::new(column)
    }
}

macro_rules! cell {
    ($type:ty, $kind:ident, repeats: $repeats:literal, $builder:ty, $append:expr) => {
        impl Cell for $type {
            const KIND: ColumnKind = ColumnKind::$kind;
            const NULLABLE: bool = false;
            const REPEATS: bool = $repeats;
            type Value<'a> = $type;
            type Builder = $builder;
            fn push(value: $type, into: &mut $builder) {
                let append: fn(&mut $builder, $type) = $append;
                append(into, value);
            }
        }
    };
}
cell!(i64, Integer, repeats: false, Int64Builder, Int64Builder::append_value);
cell!(i32, Count, repeats: true, Int32Builder, Int32Builder::append_value);
cell!(f64, Real, repeats: false, Float64Builder, Float64Builder::append_value);
cell!(bool, Flag, repeats: true, BooleanBuilder, BooleanBuilder::append_value);
cell!(NaiveDate, Day, repeats: true, Date32Builder, |b, v| b
    .append_value(days_since_epoch(v)));
cell!(DateTime<Utc>, Instant, repeats: false, InstantBuilder, |b, v| b
    .0
    .append_value(v.timestamp_micros()));

/// A column of few different numbers or instants.
pub struct Few<T>(PhantomData<T>);

impl<T: Cell> Cell for Few<T> {
    const KIND: ColumnKind = T::KIND;
    const NULLABLE: bool = T::NULLABLE;
    const REPEATS: bool = true;
    type Value<'a> = T::Value<'a>;
    type Builder = T::Builder;
    fn push(value: T::Value<'_>, into: &mut Self::Builder) {
        T::push(value, into);
    }
}

impl<T: Cell> Cell for Option<T> {
    const KIND: ColumnKind = T::KIND;
    const NULLABLE: bool = true;
    const REPEATS: bool = T::REPEATS;
    type Value<'a> = Option<T::Value<'a>>;
    type Builder = T::Builder;
    fn push(value: Option<T::Value<'_>>, into: &mut Self::Builder) {
        match value {
            Some(value) => T::push(value, into),
            None => into.push_null(),
        }
    }
}

/// Days since 1970-01-01, as Arrow counts dates.
pub const fn days_since_epoch(day: NaiveDate) -> i32 {
    day.to_epoch_days()
}

/// Rows collected for a table until they become a batch.
pub trait Rows: Default {
    /// The row type.
    type Row<'a>;
    /// The table they belong to.
    const TABLE: TableSpec;
    /// Puts a row at the end.
    fn push(&mut self, row: Self::Row<'_>);
    /// The columns so far, in the table's order; empty afterwards.
    fn take(&mut self) -> Vec<ArrayRef>;
    /// Rows collected since the last batch.
    fn pending(&self) -> usize;
}

/// Declares a table: the row struct, its columns' builders, and its [`TableSpec`].
macro_rules! table {
    ($(#[doc = $doc:literal])* $row:ident, $columns:ident, $name:literal, partitioned: $partitioned:literal,
     { $($field:ident : $type:ty => $fdoc:literal),+ $(,)? }) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone)]
        pub struct $row<'a> { $(#[doc = $fdoc] pub $field: <$type as $crate::table::Cell>::Value<'a>,)+ }

        /// Columns of the table, being filled.
        #[derive(Default)]
        pub struct $columns { $($field: <$type as $crate::table::Cell>::Builder,)+ rows: usize }

        impl $crate::table::Rows for $columns {
            type Row<'a> = $row<'a>;
            const TABLE: $crate::table::TableSpec = $crate::table::TableSpec {
                name: $name,
                partitioned: $partitioned,
                doc: concat!($($doc),*),
                columns: &[$($crate::table::ColumnSpec {
                    name: stringify!($field),
                    kind: <$type as $crate::table::Cell>::KIND,
                    nullable: <$type as $crate::table::Cell>::NULLABLE,
                    repeats: <$type as $crate::table::Cell>::REPEATS,
                    doc: $fdoc,
                }),+],
            };
            fn push(&mut self, row: $row<'_>) {
                self.rows += 1;
                $(<$type as $crate::table::Cell>::push(row.$field, &mut self.$field);)+
            }
            fn take(&mut self) -> Vec<arrow::array::ArrayRef> {
                self.rows = 0;
                vec![$($crate::table::ColumnBuilder::take(&mut self.$field)),+]
            }
            fn pending(&self) -> usize { self.rows }
        }
    };
}
pub(crate) use table;
