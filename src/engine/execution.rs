//! One query of the embedded engine: the columns that it names, of the files that it can need.

use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::{Column, DataFrame, DataType, IntoLazy, LazyFrame, PolarsError};
use polars::sql::SQLContext;

use super::coded::with_codes;
use super::column_type::polars_type;
use super::columns::Needed;
use super::error::EngineError;
use super::frames::params_frame;
use super::local::LocalEngine;
use redress_lake::table::ColumnKind;
use redress_lake::tables::{DERIVED, TABLES};
use redress_query::params::Params;
use redress_query::partial::parted;
use redress_query::pruning::{Reference, prune};
use redress_query::statements::identifiers;

/// A query and what is known of it.
#[derive(Clone, Copy)]
pub(super) struct Question<'a> {
    pub sql: &'a str,
    /// For messages.
    pub origin: &'a str,
    /// Columns that it reads without naming them.
    pub unnamed: &'a BTreeSet<String>,
    /// The period that it asks about.
    pub params: &'a Params,
    /// The answer is long and is kept: its texts are held as codes.
    pub coded: bool,
}

/// What a query reads beside the tables of the lake that have no months.
#[derive(Clone, Copy, Default)]
pub(super) struct Among<'a> {
    /// The months of receipt of which the others are read; `None`: all.
    pub months: Option<&'a BTreeSet<String>>,
    /// Answers that stand as tables, by name.
    pub answers: &'a [(&'a str, &'a DataFrame)],
}

impl LocalEngine {
    /// Answers a query, of the files that it can need.
    ///
    /// # Errors
    /// When a file of the lake cannot be read or the engine refuses the SQL.
    pub(super) fn answer(
        &self,
        question: Question<'_>,
        among: Among<'_>,
    ) -> Result<DataFrame, EngineError> {
        let bounded = Bounded::of(question);
        let (context, _) = self.context(question.params, &bounded, among)?;
        match execute_coded(context, &bounded.sql, question) {
            // What is refused is told of the SQL as it was written.
            Err(_) if !bounded.references.is_empty() => {
                let whole = Bounded::nowhere(question);
                let (context, _) = self.context(question.params, &whole, among)?;
                execute_coded(context, &whole.sql, question)
            }
            outcome => outcome,
        }
    }

    /// As [`LocalEngine::answer`]; `None` when no file of the months can have a row for it.
    ///
    /// # Errors
    /// As [`LocalEngine::answer`].
    pub(super) fn answer_where_files_are(
        &self,
        question: Question<'_>,
        among: Among<'_>,
    ) -> Result<Option<DataFrame>, EngineError> {
        let bounded = Bounded::of(question);
        let (context, has_files) = self.context(question.params, &bounded, among)?;
        match has_files {
            true => execute_coded(context, &bounded.sql, question).map(Some),
            false => Ok(None),
        }
    }

    /// The tables and columns that a query names, the bounded tables under their own names, and `params`; and whether
    /// any file of a month is among them.
    fn context(
        &self,
        params: &Params,
        bounded: &Bounded,
        among: Among<'_>,
    ) -> Result<(SQLContext, bool), EngineError> {
        let words = &bounded.words;
        let context = SQLContext::new();
        let mut has_files = false;
        for table in TABLES.iter().chain(DERIVED) {
            if words.contains(table.name) {
                let needed = Needed {
                    bounds: &[],
                    months: among.months.filter(|_| table.partitioned),
                };
                let frame = self.columns().frame(table, words, &needed)?;
                has_files |= table.partitioned && frame.height() > 0;
                context.register(table.name, frame.lazy());
            }
        }
        // Months in which each reference needs a file; an earlier one may bound a later one.
        let mut months: BTreeMap<&str, Option<BTreeSet<String>>> = BTreeMap::new();
        for reference in &bounded.references {
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
            let within = match (within, among.months) {
                (Some(within), Some(asked)) => Some(&within & asked),
                (within, asked) => within.or_else(|| asked.cloned()),
            };
            let needed = Needed {
                bounds: &reference.bounds,
                months: within.as_ref(),
            };
            let frame = self.columns().frame(table, words, &needed)?;
            has_files |= frame.height() > 0;
            context.register(&reference.name, frame.lazy());
            months.insert(&reference.name, self.columns().months(table, &needed)?);
        }
        for (name, answer) in among.answers {
            context.register(name, DataFrame::clone(answer).lazy());
        }
        let params = params_frame(params).map_err(|source| EngineError::Query {
            origin: "params".to_owned(),
            source,
            hint: String::new(),
        })?;
        context.register("params", params.lazy());
        Ok((context, has_files))
    }
}

/// A query whose tables are read only where a day that it asks for lies.
struct Bounded {
    sql: String,
    /// Every word that could name a table or a column; without the tables that are bounded in every place, since those
    /// are not there whole.
    words: BTreeSet<String>,
    references: Vec<Reference>,
}

impl Bounded {
    fn of(question: Question<'_>) -> Self {
        let mut bounded = Bounded::nowhere(question);
        if let Some(pruned) = prune(question.sql, question.params, &parted()) {
            let left = identifiers(&pruned.sql);
            for reference in &pruned.references {
                if !left.contains(&reference.table) {
                    bounded.words.remove(&reference.table);
                }
            }
            bounded.sql = pruned.sql;
            bounded.references = pruned.references;
        }
        bounded
    }

    /// All tables whole.
    fn nowhere(question: Question<'_>) -> Self {
        let mut words = identifiers(question.sql);
        words.extend(question.unnamed.iter().cloned());
        Bounded {
            sql: question.sql.to_owned(),
            words,
            references: Vec::new(),
        }
    }
}

/// As [`execute`], with the answer as the question wants it.
fn execute_coded(
    context: SQLContext,
    sql: &str,
    question: Question<'_>,
) -> Result<DataFrame, EngineError> {
    let answer = execute(context, sql, question.origin)?;
    match question.coded {
        true => as_codes(answer, question.origin),
        false => Ok(answer),
    }
}

/// The frame with its texts as codes, which take a quarter of the room.
fn as_codes(mut frame: DataFrame, origin: &str) -> Result<DataFrame, EngineError> {
    let texts: Vec<Column> = frame
        .columns()
        .iter()
        .filter(|column| *column.dtype() == DataType::String)
        .map(|column| column.cast(&polars_type(ColumnKind::Text)))
        .collect::<Result<_, _>>()
        .map_err(|source| refused(origin, source))?;
    for text in texts {
        frame
            .with_column(text)
            .map_err(|source| refused(origin, source))?;
    }
    Ok(frame)
}

/// What the engine refuses, without a hint.
pub(super) fn refused(origin: &str, source: PolarsError) -> EngineError {
    EngineError::Query {
        origin: origin.to_owned(),
        source,
        hint: String::new(),
    }
}

/// Runs a query; a refusal names the columns that its tables have.
pub(super) fn execute(
    mut context: SQLContext,
    sql: &str,
    origin: &str,
) -> Result<DataFrame, EngineError> {
    context
        .execute(sql)
        .and_then(|query| {
            // What codes cannot be made of is asked as it is written.
            with_codes(query.clone())
                .and_then(LazyFrame::collect)
                .or_else(|error| {
                    tracing::debug!("{origin}: asked as it is written, since with codes: {error}");
                    query.collect()
                })
        })
        .map_err(|source| EngineError::Query {
            origin: origin.to_owned(),
            source,
            hint: known_columns(&identifiers(sql)),
        })
}

/// The columns of the tables that the words name, or the tables where they name none.
pub(super) fn known_columns(words: &BTreeSet<String>) -> String {
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
