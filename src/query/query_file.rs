//! A metric or check as a file: a header of comments and one SQL statement.
//!
//! ```sql
//! -- id: volume
//! -- title.en: Complaints received
//! -- key: case_key
//! -- dimensions: month, channel
//! WITH counted AS (...) SELECT ...
//! ```
//! The CTE `counted` has one row per counted thing, so that `--drill` is the same SQL with another
//! last line.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sqlparser::ast::{Query, Statement};

use super::error::QueryFileError;
use super::header::{Header, list};
use super::narrowing::drop_unused;
use super::printed::printed;
use super::statements::statements;
use redress_plain::hex::hex;
use redress_plain::sha256;

/// A query with its header.
#[derive(Debug, Clone)]
pub struct QueryFile {
    /// Where it came from, for messages.
    pub origin: PathBuf,
    pub id: String,
    /// Titles by language code; `en` always exists.
    pub titles: BTreeMap<String, String>,
    /// ISO clause or indicator.
    pub iso: String,
    /// received, started, due, ended or stock.
    pub basis: String,
    pub grain: String,
    pub key: Vec<String>,
    pub dimensions: Vec<String>,
    /// Dimensions over which nothing is ever summed: `--by` keeps them (net and gross, the passes).
    pub apart: Vec<String>,
    pub chart: String,
    /// What a source must record for the figure to mean anything, as a mapping's `not_recorded` names it.
    pub needs: Vec<String>,
    /// The result's columns, in order; empty where the file does not promise them.
    pub columns: Vec<String>,
    /// The table without which the figure is "not measured", however many rows the others have.
    pub rests_on: Option<String>,
    /// The definition in words, by language; English always.
    definitions: BTreeMap<String, String>,
    pub sql: String,
    /// SHA-256 of the whole file: another definition is another hash.
    pub sha256: String,
    query: Box<Query>,
}

const BASES: [&str; 5] = ["received", "started", "due", "ended", "stock"];

impl QueryFile {
    /// Reads a query file's text.
    ///
    /// # Errors
    /// When the header lacks a field, the SQL does not parse, or there is no CTE `counted`.
    pub fn parse(origin: &Path, text: &str) -> Result<Self, QueryFileError> {
        let header = Header::read(origin, text)?;
        let take = |field: &'static str| header.take(field);
        let basis = take("basis")?;
        if !BASES.contains(&basis.as_str()) {
            return Err(QueryFileError::UnknownBasis {
                path: origin.to_owned(),
                found: basis,
            });
        }
        let titles = header.in_languages("title", take("title.en")?);
        let sql = header.sql.clone();
        let query = one_select(origin, &header.sql_in_place())?;
        let has_counted = query
            .with
            .iter()
            .flat_map(|with| &with.cte_tables)
            .any(|cte| cte.alias.name.value == "counted");
        if !has_counted {
            return Err(QueryFileError::NoCounted {
                path: origin.to_owned(),
            });
        }
        let id = header.id()?;
        Ok(QueryFile {
            origin: origin.to_owned(),
            id,
            titles,
            iso: take("iso")?,
            basis,
            grain: take("grain")?,
            key: list(&take("key")?),
            dimensions: list(&take("dimensions")?),
            apart: header.optional("apart").map(list).unwrap_or_default(),
            chart: take("chart")?,
            needs: header.optional("needs").map(list).unwrap_or_default(),
            columns: header.optional("columns").map(list).unwrap_or_default(),
            rests_on: header.optional("rests_on").map(str::to_owned),
            definitions: header.in_languages("definition", take("definition")?),
            sql,
            sha256: hex(&sha256::digest(text.as_bytes())),
            query,
        })
    }

    /// The title in a language, or in English.
    pub fn title(&self, language: &str) -> &str {
        self.titles
            .get(language)
            .or_else(|| self.titles.get("en"))
            .map_or(self.id.as_str(), String::as_str)
    }

    /// The definition in a language, or in English.
    pub fn definition(&self, language: &str) -> &str {
        self.definitions
            .get(language)
            .or_else(|| self.definitions.get("en"))
            .map_or("", String::as_str)
    }

    /// Whether what is counted belongs to a case; an action or a member of staff does not.
    pub fn opens_to_cases(&self) -> bool {
        self.key.first().is_some_and(|key| key == "case_key")
    }

    /// Whether it looks back beyond the period, for a chart of months: its cases are not those of the period.
    pub fn is_course(&self) -> bool {
        matches!(self.chart.as_str(), "control" | "multiples")
    }

    /// The parsed SQL.
    pub(super) fn query(&self) -> &Query {
        &self.query
    }

    /// The SQL before the last SELECT.
    fn ctes(&self) -> String {
        let mut with = self.query.with.clone();
        with.as_mut().map(printed).unwrap_or_default()
    }

    /// The SQL that lists everything that was counted, the case's number first where it belongs to one:
    /// the same CTEs, another last line.
    pub fn counted_sql(&self) -> String {
        let with = self.ctes();
        if self.opens_to_cases() {
            format!(
                "{with} SELECT c.case_id, k.* FROM counted AS k JOIN cases AS c ON c.case_key = k.case_key"
            )
        } else {
            self.list_sql()
        }
    }

    /// The SQL that lists everything that was counted, as `counted` gives it.
    pub fn list_sql(&self) -> String {
        format!("{} SELECT k.* FROM counted AS k", self.ctes())
    }

    /// How many things of each case were counted: columns `case_id` and `n`. For metrics that open to cases.
    pub fn members_sql(&self) -> String {
        let with = self.ctes();
        format!(
            "{with} SELECT c.case_id, CAST(COUNT(*) AS BIGINT) AS n FROM counted AS k \
             JOIN cases AS c ON c.case_key = k.case_key GROUP BY c.case_id ORDER BY c.case_id"
        )
    }

    /// The metric's SQL over a table `counted` that was listed before, instead of its CTE of that name.
    pub fn grouping_sql(&self) -> String {
        let mut query = self.query.clone();
        if let Some(with) = query.with.as_mut() {
            with.cte_tables
                .retain(|cte| cte.alias.name.value != "counted");
        }
        // A table that only `counted` needed would be read for nothing.
        drop_unused(&mut query);
        printed(&mut query)
    }

    /// What [`QueryFile::counted_sql`] lists, under conditions on the alias `k`, in the order of the
    /// cases. An empty value asks for NULL.
    ///
    /// # Errors
    /// When a condition names no dimension of this metric.
    pub fn conditions_sql(
        &self,
        conditions: &[(String, String)],
        limit: Option<usize>,
    ) -> Result<String, QueryFileError> {
        self.conditions_by(conditions, limit, &|_, _| None)
    }

    /// As [`QueryFile::conditions_sql`], where `compared` may say how a column is compared with a value; what it leaves
    /// is compared as text.
    pub fn conditions_by(
        &self,
        conditions: &[(String, String)],
        limit: Option<usize>,
        compared: &dyn Fn(&str, &str) -> Option<String>,
    ) -> Result<String, QueryFileError> {
        let mut filters = Vec::with_capacity(conditions.len());
        for (name, value) in conditions {
            if !self.dimensions.contains(name) {
                return Err(QueryFileError::UnknownDimension {
                    id: self.id.clone(),
                    name: name.clone(),
                    known: self.dimensions.join(", "),
                });
            }
            filters.push(if value.is_empty() {
                format!("k.{name} IS NULL")
            } else {
                // As text, so that numbers need no quoting rules of their own.
                let as_text = || {
                    let value = value.replace('\'', "''");
                    format!("CAST(k.{name} AS VARCHAR) = '{value}'")
                };
                compared(name, value).unwrap_or_else(as_text)
            });
        }
        let filter = if filters.is_empty() {
            String::new()
        } else {
            format!(" WHERE {}", filters.join(" AND "))
        };
        let limit = limit.map(|n| format!(" LIMIT {n}")).unwrap_or_default();
        let order: Vec<String> = self.key.iter().map(|key| format!("k.{key}")).collect();
        Ok(format!("{filter} ORDER BY {}{limit}", order.join(", ")))
    }
}

/// Reads conditions such as `month=2026-07,verdict=missed`.
///
/// # Errors
/// When a part has no `=`.
pub fn parse_conditions(text: &str) -> Result<Vec<(String, String)>, QueryFileError> {
    text.split(',')
        .filter(|part| !part.trim().is_empty())
        .map(|part| {
            part.split_once('=')
                .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
                .ok_or_else(|| QueryFileError::BadCondition(part.to_owned()))
        })
        .collect()
}

pub(super) fn one_select(origin: &Path, sql: &str) -> Result<Box<Query>, QueryFileError> {
    let found = statements(sql).map_err(|error| QueryFileError::Sql {
        path: origin.to_owned(),
        message: error.to_string(),
    })?;
    match <[Statement; 1]>::try_from(found) {
        Ok([Statement::Query(query)]) => Ok(query),
        _ => Err(QueryFileError::NoCounted {
            path: origin.to_owned(),
        }),
    }
}

/// The metrics that the binary carries, in the order of their ids.
///
/// # Errors
/// When a shipped file is broken; a test keeps that from happening.
pub fn shipped_metrics() -> Result<Vec<QueryFile>, QueryFileError> {
    SHIPPED
        .iter()
        .map(|(name, text)| QueryFile::parse(Path::new(name), text))
        .collect()
}

/// The shipped metrics together with those of a folder; a file of the folder with a shipped id is refused.
///
/// # Errors
/// When a file is broken, the folder cannot be read, or two files share an id.
pub fn metrics_with(folder: Option<&Path>) -> Result<Vec<QueryFile>, QueryFileError> {
    let mut metrics = shipped_metrics()?;
    if let Some(folder) = folder {
        for (path, text) in sql_files(folder)? {
            metrics.push(QueryFile::parse(&path, &text)?);
        }
    }
    in_order(metrics, |metric| (&metric.id, &metric.origin))
}

/// The files by their ids.
///
/// # Errors
/// When two have the same.
pub(super) fn in_order<T>(
    mut files: Vec<T>,
    named: impl Fn(&T) -> (&str, &Path),
) -> Result<Vec<T>, QueryFileError> {
    files.sort_by(|a, b| named(a).0.cmp(named(b).0));
    let twice = files.windows(2).find_map(|pair| match pair {
        [first, second] if named(first).0 == named(second).0 => Some((named(first), named(second))),
        _ => None,
    });
    match twice {
        None => Ok(files),
        Some(((id, first), (_, second))) => Err(QueryFileError::DuplicateId {
            id: id.to_owned(),
            first: first.to_owned(),
            second: second.to_owned(),
        }),
    }
}

/// Path and text of every `.sql` file of a folder, by name.
pub(super) fn sql_files(folder: &Path) -> Result<Vec<(PathBuf, String)>, QueryFileError> {
    let unreadable = |source| QueryFileError::Unreadable {
        path: folder.to_owned(),
        source,
    };
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .map_err(unreadable)?
        .filter_map(|entry| entry.ok().map(|e| e.path()))
        .filter(|path| path.extension().is_some_and(|e| e == "sql"))
        .collect();
    paths.sort();
    paths
        .into_iter()
        .map(|path| match std::fs::read_to_string(&path) {
            Ok(text) => Ok((path, text)),
            Err(source) => Err(QueryFileError::Unreadable { path, source }),
        })
        .collect()
}

macro_rules! shipped {
    ($($id:literal),+ $(,)?) => {
        /// Name and text of every file in `queries/metrics/`.
        pub const SHIPPED: &[(&str, &str)] = &[$((
            concat!("queries/metrics/", $id, ".sql"),
            include_str!(concat!("../../queries/metrics/", $id, ".sql")),
        )),+];
    };
}

shipped!(
    "acceptance",
    "acknowledgement",
    "action_course",
    "action_effectiveness",
    "action_list",
    "action_relapses",
    "action_status",
    "action_verdicts",
    "ageing",
    "answer_course",
    "answer_time",
    "answer_wait",
    "audits_held",
    "category_course",
    "complaints_per_exposure",
    "conformance",
    "cost_of_redress",
    "data_quality",
    "documents_changed",
    "duplicates",
    "escalations",
    "evidence",
    "growing_problems",
    "issues",
    "oldest_open",
    "overall_sla",
    "pareto_category",
    "pareto_lot",
    "pareto_product",
    "pareto_root_cause",
    "pauses",
    "priority_changes",
    "problem_course",
    "recommendations",
    "record_changes",
    "recurrent_problems",
    "recurrents",
    "referred",
    "registration_gap",
    "rejection_reasons",
    "remedies",
    "remedies_not_delivered",
    "remedies_not_told",
    "repeats",
    "research_notes",
    "responses",
    "review_decisions",
    "review_inputs",
    "right_first_time",
    "satisfaction",
    "settled_where_made",
    "source_agreement",
    "staff_trained",
    "stage_course",
    "stage_sla",
    "stage_sla_started",
    "stage_time",
    "stock_flow",
    "suggestions",
    "unattended",
    "volume",
    "volume_course",
    "weekday_hour",
);
