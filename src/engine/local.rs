//! The embedded engine: polars SQL over one snapshot of the lake, in this process.
//!
//! A table's columns are decoded once, only those that a query names, and serve all later queries.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::column_type::polars_type;
use super::columns::Columns;
use super::counted::Counted;
use super::error::EngineError;
use super::execution::{Question, known_columns};
use super::frames::counted;
use super::months::{CASES_TOGETHER, Step};
use polars::prelude::DataFrame;
use redress_lake::derived::read_with_layers;
use redress_lake::tables::{DERIVED, TABLES};
use redress_query::check_file::CheckFile;
use redress_query::measured::{Unmeasured, unmeasured};
use redress_query::narrowing::narrowed;
use redress_query::params::Params;
use redress_query::query_file::QueryFile;
use redress_query::statements::{has_wildcard, identifiers, is_select};

/// One snapshot, opened for queries with one set of parameters.
pub struct LocalEngine {
    /// Decoded columns; grown when a query names further ones.
    columns: Columns,
    /// Rows of each table, as the manifest counts them.
    rows: BTreeMap<String, u64>,
    /// What the source does not record.
    not_recorded: Vec<String>,
    params: Params,
    cases_together: u64,
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
            cases_together: CASES_TOGETHER,
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
            cases_together: self.cases_together,
        }
    }

    /// The same engine, which reads months together until they have so many cases; the answers are the same.
    #[must_use]
    pub fn with_cases_together(mut self, cases: u64) -> LocalEngine {
        self.cases_together = cases;
        self
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

    /// Several metrics at once, side by side on the processors; answers in the order of the questions. Each step of the
    /// work is told to `watch`; the query of a step is the metric's place.
    ///
    /// # Errors
    /// The first one's that fails, as [`LocalEngine::metric`].
    pub fn metrics(
        &self,
        metrics: &[&QueryFile],
        watch: impl Fn(Step) + Sync,
    ) -> Result<Vec<Counted>, EngineError> {
        let origins: Vec<String> = metrics
            .iter()
            .map(|m| m.origin.display().to_string())
            .collect();
        let unnamed = BTreeSet::new();
        let questions: Vec<Question<'_>> = metrics
            .iter()
            .zip(&origins)
            .map(|(metric, origin)| Question {
                sql: &metric.sql,
                origin,
                unnamed: &unnamed,
                params: &self.params,
                coded: false,
            })
            .collect();
        let answers = self.answers(&questions, &watch)?;
        let promised = metrics.iter().zip(origins).zip(answers);
        promised
            .map(|((metric, origin), frame)| as_promised(counted(&frame)?, &metric.columns, origin))
            .collect()
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

    /// What was counted under conditions (dimension, value; an empty value asks for NULL), in the order of the metric's
    /// keys: one row a counted thing, the case's number first where it belongs to a case. The conditions are carried
    /// into the metric's SQL, so that only what can meet them is decoded and judged.
    ///
    /// # Errors
    /// As [`LocalEngine::metric`], and when a condition names an unknown dimension.
    pub fn drill_once(
        &self,
        metric: &QueryFile,
        conditions: &[(String, String)],
    ) -> Result<Counted, EngineError> {
        let sql = metric.counted_sql() + &metric.conditions_sql(conditions, None)?;
        let origin = metric.origin.display().to_string();
        counted(&self.run(&narrowed(&sql, conditions), &origin)?)
    }

    /// Everything that a metric counted, without the numbers of cases.
    pub(super) fn list(&self, metric: &QueryFile) -> Result<DataFrame, EngineError> {
        self.run(&metric.list_sql(), &metric.origin.display().to_string())
    }

    /// Any SELECT over the lake's tables and `params`.
    ///
    /// # Errors
    /// When a file of the lake cannot be read or the engine refuses the SQL.
    pub fn sql(&self, sql: &str, origin: &str) -> Result<Counted, EngineError> {
        let is_select = is_select(sql).map_err(|error| EngineError::Unparsable {
            origin: origin.to_owned(),
            message: error.to_string(),
        })?;
        if !is_select {
            return Err(EngineError::NotASelect {
                origin: origin.to_owned(),
            });
        }
        let words = identifiers(sql);
        let all = TABLES
            .iter()
            .chain(DERIVED)
            .filter(|table| has_wildcard(sql) && words.contains(table.name))
            .flat_map(|table| table.columns);
        let unnamed = all.map(|column| column.name.to_owned()).collect();
        counted(&self.run_with(sql, origin, &unnamed)?)
    }

    fn run(&self, sql: &str, origin: &str) -> Result<DataFrame, EngineError> {
        self.run_with(sql, origin, &BTreeSet::new())
    }

    fn run_with(
        &self,
        sql: &str,
        origin: &str,
        unnamed: &BTreeSet<String>,
    ) -> Result<DataFrame, EngineError> {
        let question = Question {
            sql,
            origin,
            unnamed,
            params: &self.params,
            coded: false,
        };
        let mut answers = self.answers(&[question], &|_| {})?;
        Ok(answers.pop().unwrap_or_default())
    }

    /// The decoded columns.
    pub(super) fn columns(&self) -> &Columns {
        &self.columns
    }

    /// So many cases are read together, where more months are asked for.
    pub(super) fn cases_together(&self) -> u64 {
        self.cases_together
    }
}

/// The answer, when its columns are those of the file's header.
pub(super) fn as_promised(
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
