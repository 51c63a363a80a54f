//! The embedded engine: polars SQL over one snapshot of the lake, in this process.
//!
//! A table's columns are decoded once, only those that a query names, and serve all later queries.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::Instant;

use chrono::{DateTime, NaiveDate};
use polars::prelude::{
    AnyValue, DataFrame, DataType, IntoColumn, IntoLazy, NamedFrom, PolarsError, Series, TimeUnit,
};
use polars::sql::SQLContext;
use sqlparser::ast::Statement;
use sqlparser::dialect::GenericDialect;
use sqlparser::tokenizer::{Token, Tokenizer};

use super::check_file::CheckFile;
use super::columns::{Columns, Needed};
use super::counted::{Counted, Value};
use super::decode::polars_type;
use super::error::EngineError;
use super::listed::{Listed, ROOM};
use super::measured::{Unmeasured, unmeasured};
use super::narrowing::narrowed;
use super::params::Params;
use super::pruning::{Reference, prune};
use super::query_file::QueryFile;
use super::statements::statements;
use redress_lake::derived::read_with_layers;
use redress_lake::table::{ColumnKind, days_since_epoch};
use redress_lake::tables::{DERIVED, TABLES};

/// One snapshot, opened for queries with one set of parameters.
pub struct LocalEngine {
    /// Decoded columns; grown when a query names further ones.
    columns: Columns,
    /// Rows of each table, as the manifest counts them.
    rows: BTreeMap<String, u64>,
    /// What the source does not record.
    not_recorded: Vec<String>,
    params: Params,
    /// What each metric counted, row by row; filled by the first drill, so that a review's many lists
    /// run its SQL once while there is room.
    listed: Mutex<Listed>,
}

impl LocalEngine {
    /// Opens a snapshot by its manifest; no table is read before a query names it.
    ///
    /// # Errors
    /// When the manifest is missing, altered, or of another schema version.
    pub fn open(snapshot: &Path, params: Params) -> Result<Self, EngineError> {
        let (manifest, _) = read_with_layers(snapshot)?;
        Ok(LocalEngine {
            columns: Columns::new(snapshot, manifest.files),
            rows: manifest.rows,
            not_recorded: manifest.not_recorded,
            params,
            listed: Mutex::new(Listed::new(ROOM)),
        })
    }

    /// The same snapshot for another question; what either of the two decodes is there for both.
    #[must_use]
    pub fn for_params(&self, params: Params) -> LocalEngine {
        LocalEngine {
            columns: self.columns.share(),
            rows: self.rows.clone(),
            not_recorded: self.not_recorded.clone(),
            params,
            listed: Mutex::new(Listed::new(ROOM)),
        }
    }

    /// The parameters of this engine.
    pub fn params(&self) -> &Params {
        &self.params
    }

    /// Why a metric has no answer here, whatever its SQL gives; `None` when it has one.
    pub fn unmeasured(&self, metric: &QueryFile) -> Option<Unmeasured> {
        unmeasured(metric, &self.rows, &self.not_recorded)
    }

    /// The metric's sums by other dimensions than its own.
    ///
    /// # Errors
    /// As [`LocalEngine::metric`], and when a name is no dimension of the metric.
    pub fn metric_by(&self, metric: &QueryFile, by: &[String]) -> Result<Counted, EngineError> {
        let sql = metric.by_sql(by)?;
        counted(&self.run(&sql, &metric.origin.display().to_string())?)
    }

    /// The metric's counted table.
    ///
    /// # Errors
    /// When a file of the lake or the query cannot be read, or the engine refuses the SQL.
    pub fn metric(&self, metric: &QueryFile) -> Result<Counted, EngineError> {
        let origin = metric.origin.display().to_string();
        as_promised(
            counted(&self.run(&metric.sql, &origin)?)?,
            &metric.columns,
            origin,
        )
    }

    /// Several metrics at once, side by side on the processors; answers in the order of the questions. Each
    /// is told to `done` with the seconds it took.
    ///
    /// # Errors
    /// The first one's that fails, as [`LocalEngine::metric`].
    pub fn metrics(
        &self,
        metrics: &[&QueryFile],
        done: impl Fn(&QueryFile, f64) + Sync,
    ) -> Result<Vec<Counted>, EngineError> {
        // Threads of their own: a worker of the pool that waits for a decoding would take up another metric,
        // which waits for the same decoding.
        let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let next = AtomicUsize::new(0);
        let answers = Mutex::new(Vec::with_capacity(metrics.len()));
        let work = || -> Result<(), EngineError> {
            loop {
                let place = next.fetch_add(1, Ordering::Relaxed);
                let Some(metric) = metrics.get(place) else {
                    return Ok(());
                };
                let began = Instant::now();
                let answer = self.metric(metric).inspect_err(|_| {
                    // The others need not go on.
                    next.store(metrics.len(), Ordering::Relaxed);
                })?;
                done(metric, began.elapsed().as_secs_f64());
                held(&answers).push((place, answer));
            }
        };
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..workers.min(metrics.len()))
                .map(|_| scope.spawn(work))
                .collect();
            threads
                .into_iter()
                .map(|thread| match thread.join() {
                    Ok(outcome) => outcome,
                    Err(panic) => std::panic::resume_unwind(panic),
                })
                .collect::<Result<Vec<()>, EngineError>>()
        })?;
        let mut answers = answers
            .into_inner()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        answers.sort_by_key(|(place, _)| *place);
        Ok(answers.into_iter().map(|(_, answer)| answer).collect())
    }

    /// The rows that a check finds at fault; none when all is well.
    ///
    /// # Errors
    /// As [`LocalEngine::metric`].
    pub fn check(&self, check: &CheckFile) -> Result<Counted, EngineError> {
        let origin = check.origin.display().to_string();
        as_promised(
            counted(&self.run(&check.sql, &origin)?)?,
            &check.columns,
            origin,
        )
    }

    /// The same snapshot with one table replaced by what a SELECT over it answers: how a test plants a
    /// fault, or an analyst asks "what if".
    ///
    /// # Errors
    /// When the SELECT is refused or names no table of the lake.
    pub fn with_table(&self, table: &str, sql: &str) -> Result<LocalEngine, EngineError> {
        let spec = TABLES
            .iter()
            .chain(DERIVED)
            .find(|t| t.name == table)
            .ok_or_else(|| EngineError::NoSuchTable {
                table: table.to_owned(),
                known: known_columns(&BTreeSet::new()),
            })?;
        let origin = format!("the SELECT for `{table}`");
        let mut frame = self.run(sql, &origin)?;
        for column in spec.columns {
            let typed = frame
                .column(column.name)
                .and_then(|c| c.cast(&polars_type(column.kind)))
                .and_then(|c| frame.with_column(c).map(|_| ()));
            typed.map_err(|source| EngineError::Query {
                origin: origin.clone(),
                source,
                hint: known_columns(&BTreeSet::from([table.to_owned()])),
            })?;
        }
        let mut engine = LocalEngine {
            columns: self.columns.fork(),
            ..self.for_params(self.params.clone())
        };
        engine
            .rows
            .insert(spec.name.to_owned(), frame.height() as u64);
        engine.columns.replace(spec, frame);
        Ok(engine)
    }

    /// The metric's counted table, grouped from the list of what was counted, which is kept: for a reader
    /// who will drill as well, so that the SQL over the large tables runs once.
    ///
    /// # Errors
    /// As [`LocalEngine::metric`].
    pub fn metric_to_drill(&self, metric: &QueryFile) -> Result<Counted, EngineError> {
        let counted_frame = self.counted_frame(metric)?;
        let sql = metric.grouping_sql();
        let context = self.context(&identifiers(&sql), &[])?;
        context.register("counted", counted_frame.lazy());
        let origin = metric.origin.display().to_string();
        as_promised(
            counted(&execute(context, &sql, &origin)?)?,
            &metric.columns,
            origin,
        )
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

    /// How many things of each case a metric counted: columns `case_id` and `n`.
    ///
    /// # Errors
    /// As [`LocalEngine::metric`].
    pub fn members(&self, metric: &QueryFile) -> Result<Counted, EngineError> {
        let origin = metric.origin.display().to_string();
        let context = SQLContext::new();
        context.register("counted", self.counted_frame(metric)?.lazy());
        let sql = "SELECT k.case_id, CAST(COUNT(*) AS BIGINT) AS n FROM counted AS k \
                   GROUP BY k.case_id ORDER BY k.case_id";
        counted(&execute(context, sql, &origin)?)
    }

    /// As [`LocalEngine::drill`], for a reader who asks once: the conditions are carried into the metric's SQL, so
    /// that only what can meet them is decoded and judged.
    ///
    /// # Errors
    /// As [`LocalEngine::drill`].
    pub fn drill_once(
        &self,
        metric: &QueryFile,
        conditions: &[(String, String)],
    ) -> Result<Counted, EngineError> {
        let sql = metric.counted_sql() + &metric.conditions_sql(conditions, None)?;
        let origin = metric.origin.display().to_string();
        counted(&self.run(&narrowed(&sql, conditions), &origin)?)
    }

    /// Everything that a metric counted; listed once while there is room.
    fn counted_frame(&self, metric: &QueryFile) -> Result<DataFrame, EngineError> {
        let kept = held(&self.listed).get(&metric.id);
        if let Some(frame) = kept {
            return Ok(frame);
        }
        let origin = metric.origin.display().to_string();
        let frame = self.run(&metric.counted_sql(), &origin)?;
        held(&self.listed).keep(&metric.id, frame.clone());
        Ok(frame)
    }

    /// Any SELECT over the lake's tables and `params`.
    ///
    /// # Errors
    /// When a file of the lake cannot be read or the engine refuses the SQL.
    pub fn sql(&self, sql: &str, origin: &str) -> Result<Counted, EngineError> {
        let parsed = statements(sql).map_err(|error| EngineError::Unparsable {
            origin: origin.to_owned(),
            message: error.to_string(),
        })?;
        let is_select = matches!(parsed.as_slice(), [Statement::Query(_)]);
        if !is_select {
            return Err(EngineError::NotASelect {
                origin: origin.to_owned(),
            });
        }
        let mut words = identifiers(sql);
        if has_wildcard(sql) {
            let all = TABLES
                .iter()
                .chain(DERIVED)
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

    /// Runs a query over the columns that `words` name, of the months that it can need.
    fn run_with(
        &self,
        sql: &str,
        origin: &str,
        words: BTreeSet<String>,
    ) -> Result<DataFrame, EngineError> {
        let partitioned = TABLES.iter().filter(|t| t.partitioned).map(|t| t.name);
        let Some(pruned) = prune(sql, &self.params, &partitioned.collect()) else {
            return execute(self.context(&words, &[])?, sql, origin);
        };
        // A table that is bounded in every place is not there whole.
        let all = words;
        let mut words = all.clone();
        let left = identifiers(&pruned.sql);
        for reference in &pruned.references {
            if !left.contains(&reference.table) {
                words.remove(&reference.table);
            }
        }
        let context = self.context(&words, &pruned.references)?;
        match execute(context, &pruned.sql, origin) {
            Ok(answer) => Ok(answer),
            // What is refused is told of the SQL as it was written.
            Err(_) => execute(self.context(&all, &[])?, sql, origin),
        }
    }

    /// The tables and columns that `words` name, the bounded tables under their own names, and `params`.
    fn context(
        &self,
        words: &BTreeSet<String>,
        bounded: &[Reference],
    ) -> Result<SQLContext, EngineError> {
        let context = SQLContext::new();
        for table in TABLES.iter().chain(DERIVED) {
            if words.contains(table.name) {
                let frame = self.columns.frame(table, words, &Needed::default())?;
                context.register(table.name, frame.lazy());
            }
        }
        // Months in which each reference needs a file; an earlier one may bound a later one.
        let mut months: BTreeMap<&str, Option<BTreeSet<String>>> = BTreeMap::new();
        for reference in bounded {
            let Some(table) = TABLES.iter().find(|t| t.name == reference.table) else {
                continue;
            };
            let within = reference.within.as_ref().and_then(|origins| {
                let known = origins
                    .iter()
                    .map(|origin| months.get(origin.as_str()).cloned().flatten());
                let known: Option<Vec<BTreeSet<String>>> = known.collect();
                known.map(|all| all.into_iter().flatten().collect::<BTreeSet<String>>())
            });
            let needed = Needed {
                bounds: &reference.bounds,
                months: within.as_ref(),
            };
            let frame = self.columns.frame(table, words, &needed)?;
            context.register(&reference.name, frame.lazy());
            months.insert(&reference.name, self.columns.months(table, &needed)?);
        }
        let params = params_frame(&self.params).map_err(|source| EngineError::Query {
            origin: "params".to_owned(),
            source,
            hint: String::new(),
        })?;
        context.register("params", params.lazy());
        Ok(context)
    }
}

/// What another thread left is whole: it is only ever put in place at once.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// The answer, when its columns are those of the file's header.
fn as_promised(
    answer: Counted,
    promised: &[String],
    origin: String,
) -> Result<Counted, EngineError> {
    if promised.is_empty() || answer.columns == promised {
        Ok(answer)
    } else {
        Err(EngineError::Columns {
            origin,
            promised: promised.join(", "),
            answered: answer.columns.join(", "),
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
    for table in TABLES
        .iter()
        .chain(DERIVED)
        .filter(|t| words.contains(t.name))
    {
        let names: Vec<&str> = table.columns.iter().map(|c| c.name).collect();
        hint.push_str(&format!("\n  {} has: {}", table.name, names.join(", ")));
    }
    if hint.is_empty() {
        let names: Vec<&str> = TABLES.iter().chain(DERIVED).map(|t| t.name).collect();
        hint = format!("\n  the lake's tables are: {}, params", names.join(", "));
    }
    hint
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
            text("calendar_id", &params.calendar_id).cast(&polars_type(ColumnKind::Text))?,
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
