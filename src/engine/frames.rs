//! What goes into the embedded engine as a frame, and its answers as counted tables.

use chrono::{DateTime, NaiveDate};
use polars::prelude::{
    AnyValue, DataFrame, DataType, IntoColumn, NamedFrom, PolarsError, Series, TimeUnit,
};

use super::column_type::polars_type;
use super::counted::{Counted, Value};
use super::error::EngineError;
use redress_lake::table::{ColumnKind, days_since_epoch};
use redress_query::params::Params;

/// The one row of `params`.
pub(super) fn params_frame(params: &Params) -> Result<DataFrame, PolarsError> {
    let day = |name: &str, day: NaiveDate| {
        Series::new(name.into(), [days_since_epoch(day)])
            .cast(&DataType::Date)
            .map(IntoColumn::into_column)
    };
    let instant = Series::new("as_of_at".into(), [params.as_of_at.timestamp_micros()])
        .cast(&polars_type(ColumnKind::Instant))?
        .into_column();
    let text = |name: &str, text: &str| Series::new(name.into(), [text]).into_column();
    DataFrame::new(
        1,
        vec![
            instant,
            day("as_of_on", params.as_of_on)?,
            day("over_on", params.over_on)?,
            day("stock_on", params.stock_on())?,
            text("calendar_id", &params.calendar_id).cast(&polars_type(ColumnKind::Text))?,
            day("period_first", params.period.first)?,
            day("period_last", params.period.last)?,
            day("previous_first", params.previous.first)?,
            day("previous_last", params.previous.last)?,
        ],
    )
}

/// The engine's answer as a counted table.
pub(super) fn counted(frame: &DataFrame) -> Result<Counted, EngineError> {
    let columns: Vec<String> = frame
        .columns()
        .iter()
        .map(|c| c.name().to_string())
        .collect();
    let mut rows = vec![Vec::with_capacity(columns.len()); frame.height()];
    for column in frame.columns() {
        for (row, cells) in rows.iter_mut().enumerate() {
            let value = column.get(row).map_err(|source| EngineError::Query {
                origin: column.name().to_string(),
                source,
                hint: String::new(),
            })?;
            cells.push(cell(column.name(), &value)?);
        }
    }
    Ok(Counted { columns, rows })
}

fn cell(column: &str, value: &AnyValue<'_>) -> Result<Value, EngineError> {
    Ok(match value {
        AnyValue::Null => Value::Null,
        AnyValue::Boolean(flag) => Value::Flag(*flag),
        AnyValue::Int32(count) => Value::Count(i64::from(*count)),
        AnyValue::UInt32(count) => Value::Count(i64::from(*count)),
        AnyValue::Int64(count) => Value::Count(*count),
        AnyValue::UInt64(count) => Value::Count(i64::try_from(*count).unwrap_or(i64::MAX)),
        AnyValue::Float32(real) => Value::Real(f64::from(*real)),
        AnyValue::Float64(real) => Value::Real(*real),
        AnyValue::Date(days) => NaiveDate::default()
            .checked_add_signed(chrono::TimeDelta::days(i64::from(*days)))
            .map_or(Value::Null, Value::Day),
        AnyValue::Datetime(micros, TimeUnit::Microseconds, _) => {
            DateTime::from_timestamp_micros(*micros)
                .map_or(Value::Null, |at| Value::Text(at.to_rfc3339()))
        }
        AnyValue::DatetimeOwned(micros, TimeUnit::Microseconds, _) => {
            DateTime::from_timestamp_micros(*micros)
                .map_or(Value::Null, |at| Value::Text(at.to_rfc3339()))
        }
        AnyValue::String(text) => Value::Text((*text).to_owned()),
        AnyValue::StringOwned(text) => Value::Text(text.to_string()),
        AnyValue::Categorical(..) | AnyValue::CategoricalOwned(..) => {
            Value::Text(value.get_str().unwrap_or_default().to_owned())
        }
        other => {
            return Err(EngineError::UnknownType {
                column: column.to_owned(),
                found: other.dtype().to_string(),
            });
        }
    })
}
