//! The embedded engine: polars SQL over one snapshot of the lake, in this process.
//!
//! A table's columns are decoded once, only those that a query names, and serve all later queries.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDate};
use polars::prelude::{
    AnyValue, Column, DataFrame, DataType, IntoColumn, IntoLazy, NamedFrom, PolarsError, Series,
    TimeUnit, TimeZone,
};
use polars::sql::SQLContext;
use polars_io::SerReader;
use polars_io::parquet::read::ParquetReader;
use rayon::prelude::{IntoParallelRefIterator, ParallelIterator};
use sqlparser::ast::Statement;
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, Tokenizer};

use super::counted::{Counted, Value};
use super::params::Params;
use super::query_file::{QueryFile, QueryFileError};
use crate::lake::manifest::{FileEntry, Manifest, ManifestError};
use crate::lake::table::{ColumnKind, TableSpec, days_since_epoch};
use crate::lake::tables::TABLES;

/// What can go wrong while a query runs.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    #[error("{path}: cannot be read: {source}")]
    File {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error(
        "{path}: is no readable Parquet file: {source}; `redress lake list --verify` names every altered file"
    )]
    Parquet { path: PathBuf, source: PolarsError },
    #[error(
        "{path}: is not the file that the manifest names; `redress lake list --verify` names every altered file, and `redress extract --full` writes a new snapshot"
    )]
    Altered { path: PathBuf },
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    #[error("{origin}: only a SELECT can be asked")]
    NotASelect { origin: String },
    #[error("{origin}: {source}{hint}")]
    Query {
        origin: String,
        source: PolarsError,
        hint: String,
    },
    #[error(transparent)]
    Metric(#[from] QueryFileError),
    #[error("the column `{column}` of the answer has the type {found}, which no figure uses")]
    UnknownType { column: String, found: String },
}

/// One snapshot, opened for queries with one set of parameters.
pub struct LocalEngine {
    snapshot: PathBuf,
    /// The files that the manifest names; nothing else in the folder is data.
    files: Vec<FileEntry>,
    params: Params,
    /// Decoded columns by table; grown when a query names further ones.
    decoded: RefCell<BTreeMap<&'static str, DataFrame>>,
    /// What each metric counted, row by row; filled by the first drill, so that a review's many lists
    /// run its SQL once.
    counted: RefCell<BTreeMap<String, DataFrame>>,
}

impl LocalEngine {
    /// Opens a snapshot by its manifest; no table is read before a query names it.
    ///
    /// # Errors
    /// When the manifest is missing, altered, or of another schema version.
    pub fn open(snapshot: &Path, params: Params) -> Result<Self, EngineError> {
        let manifest = Manifest::read(snapshot)?;
        Ok(LocalEngine {
            snapshot: snapshot.to_owned(),
            files: manifest.files,
            params,
            decoded: RefCell::new(BTreeMap::new()),
            counted: RefCell::new(BTreeMap::new()),
        })
    }

    /// The same snapshot for another question; what was decoded so far is shared.
    #[must_use]
    pub fn for_params(&self, params: Params) -> LocalEngine {
        LocalEngine {
            snapshot: self.snapshot.clone(),
            files: self.files.clone(),
            params,
            decoded: RefCell::new(self.decoded.borrow().clone()),
            counted: RefCell::new(BTreeMap::new()),
        }
    }

    /// The parameters of this engine.
    pub fn params(&self) -> &Params {
        &self.params
    }

    /// The metric's counted table.
    ///
    /// # Errors
    /// When a file of the lake or the query cannot be read, or the engine refuses the SQL.
    pub fn metric(&self, metric: &QueryFile) -> Result<Counted, EngineError> {
        counted(&self.run(&metric.sql, &metric.origin.display().to_string())?)
    }

    /// The metric's counted table, grouped from the list of what was counted, which is kept: for a reader
    /// who will drill as well, so that the SQL over the large tables runs once.
    ///
    /// # Errors
    /// As [`LocalEngine::metric`].
    pub fn metric_to_drill(&self, metric: &QueryFile) -> Result<Counted, EngineError> {
        let counted_frame = self.counted_frame(metric)?;
        let sql = metric.grouping_sql();
        let context = self.context(&identifiers(&sql))?;
        context.register("counted", counted_frame.lazy());
        counted(&execute(
            context,
            &sql,
            &metric.origin.display().to_string(),
        )?)
    }

    /// What was counted: one row a counted thing, the case's number first.
    ///
    /// # Errors
    /// As [`LocalEngine::metric`], and when a condition names an unknown dimension.
    pub fn drill(
        &self,
        metric: &QueryFile,
        conditions: &[(String, String)],
        limit: Option<usize>,
    ) -> Result<Counted, EngineError> {
        let rest = metric.conditions_sql(conditions, limit)?;
        let origin = metric.origin.display().to_string();
        let context = SQLContext::new();
        context.register("counted", self.counted_frame(metric)?.lazy());
        counted(&execute(
            context,
            &format!("SELECT * FROM counted AS k{rest}"),
            &origin,
        )?)
    }

    /// Everything that a metric counted; listed once.
    fn counted_frame(&self, metric: &QueryFile) -> Result<DataFrame, EngineError> {
        if let Some(frame) = self.counted.borrow().get(&metric.id) {
            return Ok(frame.clone());
        }
        let origin = metric.origin.display().to_string();
        let frame = self.run(&metric.counted_sql(), &origin)?;
        self.counted
            .borrow_mut()
            .insert(metric.id.clone(), frame.clone());
        Ok(frame)
    }

    /// Any SELECT over the lake's tables and `params`.
    ///
    /// # Errors
    /// When a file of the lake cannot be read or the engine refuses the SQL.
    pub fn sql(&self, sql: &str, origin: &str) -> Result<Counted, EngineError> {
        let is_select = Parser::parse_sql(&GenericDialect {}, sql)
            .is_ok_and(|parsed| matches!(parsed.as_slice(), [Statement::Query(_)]));
        if !is_select {
            return Err(EngineError::NotASelect {
                origin: origin.to_owned(),
            });
        }
        let mut words = identifiers(sql);
        if has_wildcard(sql) {
            let all = TABLES
                .iter()
                .filter(|t| words.contains(t.name))
                .flat_map(|t| t.columns);
            let names: Vec<String> = all.map(|c| c.name.to_owned()).collect();
            words.extend(names);
        }
        counted(&self.run_with(sql, origin, words)?)
    }

    fn run(&self, sql: &str, origin: &str) -> Result<DataFrame, EngineError> {
        self.run_with(sql, origin, identifiers(sql))
    }

    /// Runs a query over the columns that `words` name.
    fn run_with(
        &self,
        sql: &str,
        origin: &str,
        words: BTreeSet<String>,
    ) -> Result<DataFrame, EngineError> {
        let context = self.context(&words)?;
        execute(context, sql, origin)
    }

    /// The tables and columns that `words` name, and `params`.
    fn context(&self, words: &BTreeSet<String>) -> Result<SQLContext, EngineError> {
        let context = SQLContext::new();
        for table in TABLES {
            if words.contains(table.name) {
                context.register(table.name, self.columns(table, words)?.lazy());
            }
        }
        let params = params_frame(&self.params).map_err(|source| EngineError::Query {
            origin: "params".to_owned(),
            source,
            hint: String::new(),
        })?;
        context.register("params", params.lazy());
        Ok(context)
    }

    /// The named columns of a table, decoding those that are not yet there.
    fn columns(
        &self,
        table: &'static TableSpec,
        words: &BTreeSet<String>,
    ) -> Result<DataFrame, EngineError> {
        let mut wanted: Vec<&'static str> = table
            .columns
            .iter()
            .map(|c| c.name)
            .filter(|name| words.contains(*name))
            .collect();
        // A query that only counts rows names no column; one is enough to count them.
        if wanted.is_empty() {
            wanted.extend(table.columns.first().map(|c| c.name));
        }
        let with_month = table.partitioned && words.contains("received_month");
        let mut decoded = self.decoded.borrow_mut();
        let present = decoded.get(table.name);
        let missing: Vec<&'static str> = wanted
            .iter()
            .copied()
            .filter(|name| present.is_none_or(|frame| frame.column(name).is_err()))
            .collect();
        let month_missing =
            with_month && present.is_none_or(|frame| frame.column("received_month").is_err());
        if !missing.is_empty() || month_missing {
            let read = self.read_table(table, &missing, month_missing)?;
            let joined = match decoded.remove(table.name) {
                Some(frame) => {
                    frame
                        .hstack(read.columns())
                        .map_err(|source| EngineError::Parquet {
                            path: self.snapshot.join(table.name),
                            source,
                        })?
                }
                None => read,
            };
            decoded.insert(table.name, joined);
        }
        let mut names = wanted;
        if with_month {
            names.push("received_month");
        }
        let frame = decoded.get(table.name).cloned().unwrap_or_default();
        frame.select(names).map_err(|source| EngineError::Parquet {
            path: self.snapshot.join(table.name),
            source,
        })
    }
}

/// Runs a query; a refusal names the columns that its tables have.
fn execute(mut context: SQLContext, sql: &str, origin: &str) -> Result<DataFrame, EngineError> {
    context
        .execute(sql)
        .and_then(polars::prelude::LazyFrame::collect)
        .map_err(|source| EngineError::Query {
            origin: origin.to_owned(),
            source,
            hint: known_columns(&identifiers(sql)),
        })
}

/// Every word of the SQL that could name a table or a column.
fn identifiers(sql: &str) -> BTreeSet<String> {
    Tokenizer::new(&GenericDialect {}, sql)
        .tokenize()
        .unwrap_or_default()
        .into_iter()
        .filter_map(|token| match token {
            Token::Word(word) => Some(word.value),
            _ => None,
        })
        .collect()
}

/// Whether a `*` stands for all columns (and not for a product or in `COUNT(*)`).
fn has_wildcard(sql: &str) -> bool {
    let tokens = Tokenizer::new(&GenericDialect {}, sql)
        .tokenize()
        .unwrap_or_default();
    let mut before: Option<Token> = None;
    for token in tokens {
        if matches!(token, Token::Whitespace(_)) {
            continue;
        }
        if token == Token::Mul {
            let all = match &before {
                Some(Token::Period | Token::Comma) => true,
                Some(Token::Word(word)) => {
                    ["SELECT", "DISTINCT", "ALL"].contains(&word.value.to_uppercase().as_str())
                }
                _ => false,
            };
            if all {
                return true;
            }
        }
        before = Some(token);
    }
    false
}

fn known_columns(words: &BTreeSet<String>) -> String {
    let mut hint = String::new();
    for table in TABLES.iter().filter(|t| words.contains(t.name)) {
        let names: Vec<&str> = table.columns.iter().map(|c| c.name).collect();
        hint.push_str(&format!("\n  {} has: {}", table.name, names.join(", ")));
    }
    if hint.is_empty() {
        let names: Vec<&str> = TABLES.iter().map(|t| t.name).collect();
        hint = format!("\n  the lake's tables are: {}, params", names.join(", "));
    }
    hint
}

impl LocalEngine {
    fn read_table(
        &self,
        table: &'static TableSpec,
        columns: &[&'static str],
        with_month: bool,
    ) -> Result<DataFrame, EngineError> {
        let entries: Vec<&FileEntry> = self
            .files
            .iter()
            .filter(|f| f.table == table.name)
            .collect();
        // Months are decoded side by side; their order stays that of the manifest.
        let snapshot = &self.snapshot;
        let frames: Vec<DataFrame> = entries
            .par_iter()
            .map(|entry| read_file(snapshot, entry, columns, with_month))
            .collect::<Result<_, _>>()?;
        let mut whole: Option<DataFrame> = None;
        for (entry, frame) in entries.into_iter().zip(frames) {
            match whole.as_mut() {
                Some(whole) => {
                    whole
                        .vstack_mut_owned(frame)
                        .map_err(|source| EngineError::Parquet {
                            path: self.snapshot.join(&entry.path),
                            source,
                        })?;
                }
                None => whole = Some(frame),
            }
        }
        match whole {
            Some(frame) => Ok(frame),
            None => {
                empty_frame(table, columns, with_month).map_err(|source| EngineError::Parquet {
                    path: self.snapshot.join(table.name),
                    source,
                })
            }
        }
    }
}

/// The named columns of one file. Its size and its rows must be those of the manifest: a file that
/// was cut, exchanged or lost is an error, never a smaller figure.
fn read_file(
    snapshot: &Path,
    entry: &FileEntry,
    columns: &[&'static str],
    with_month: bool,
) -> Result<DataFrame, EngineError> {
    let path = snapshot.join(&entry.path);
    let parquet = |source| EngineError::Parquet {
        path: path.clone(),
        source,
    };
    let unreadable = |source| EngineError::File {
        path: path.clone(),
        source,
    };
    let file = File::open(&path).map_err(unreadable)?;
    let bytes = file.metadata().map_err(unreadable)?.len();
    if bytes != entry.bytes {
        return Err(EngineError::Altered { path });
    }
    let mut reader = ParquetReader::new(file);
    let rows = reader.num_rows().map_err(parquet)?;
    if rows as u64 != entry.rows {
        return Err(EngineError::Altered { path });
    }
    let mut frame = if columns.is_empty() {
        DataFrame::empty_with_height(rows)
    } else {
        let names = columns.iter().map(|c| (*c).to_owned()).collect();
        reader
            .with_columns(Some(names))
            .finish()
            .and_then(|frame| frame.select(columns.iter().copied()))
            .map_err(parquet)?
    };
    if with_month {
        let month = month_of(&entry.path).to_owned();
        let column = Series::new("received_month".into(), vec![month; rows]).into_column();
        frame.with_column(column).map_err(parquet)?;
    }
    Ok(frame)
}

/// The month of receipt that a partition's path names.
fn month_of(path: &str) -> &str {
    path.split('/')
        .find_map(|part| part.strip_prefix("received_month="))
        .unwrap_or_default()
}

fn empty_frame(
    table: &TableSpec,
    columns: &[&str],
    with_month: bool,
) -> Result<DataFrame, PolarsError> {
    let mut empty: Vec<Column> = table
        .columns
        .iter()
        .filter(|c| columns.contains(&c.name))
        .map(|c| Column::new_empty(c.name.into(), &polars_type(c.kind)))
        .collect();
    if with_month {
        empty.push(Column::new_empty(
            "received_month".into(),
            &DataType::String,
        ));
    }
    DataFrame::new(0, empty)
}

fn polars_type(kind: ColumnKind) -> DataType {
    match kind {
        ColumnKind::Text => DataType::String,
        ColumnKind::Integer => DataType::Int64,
        ColumnKind::Count => DataType::Int32,
        ColumnKind::Real => DataType::Float64,
        ColumnKind::Flag => DataType::Boolean,
        ColumnKind::Day => DataType::Date,
        ColumnKind::Instant => DataType::Datetime(TimeUnit::Microseconds, Some(TimeZone::UTC)),
    }
}

fn params_frame(params: &Params) -> Result<DataFrame, PolarsError> {
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
            text("calendar_id", &params.calendar_id),
            day("period_first", params.period.first)?,
            day("period_last", params.period.last)?,
            day("previous_first", params.previous.first)?,
            day("previous_last", params.previous.last)?,
        ],
    )
}

/// The engine's answer as a counted table.
fn counted(frame: &DataFrame) -> Result<Counted, EngineError> {
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
        other => {
            return Err(EngineError::UnknownType {
                column: column.to_owned(),
                found: other.dtype().to_string(),
            });
        }
    })
}
