//! What metrics counted, row by row, for a reader who opens their figures again and again: a review.
//!
//! The lists of all metrics are made together, a few months at a time, and hold the case's key; its number is looked up
//! for the rows that are shown.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use polars::prelude::{Column, DataFrame, DataType, IntoLazy};
use polars::sql::SQLContext;

use super::columns::{Needed, held};
use super::counted::{Counted, Value};
use super::error::EngineError;
use super::execution::{Among, Question, execute, refused};
use super::frames::counted;
use super::local::{LocalEngine, as_promised};
use super::months::Step;
use redress_lake::tables::TABLES;
use redress_query::query_file::QueryFile;

/// Name of the column of the case's key.
const CASE: &str = "case_key";

/// An engine, and the lists of what metrics counted in it.
pub struct Lists {
    engine: LocalEngine,
    /// By metric.
    lists: Mutex<BTreeMap<String, DataFrame>>,
    /// Counted tables of metrics that nobody opens.
    tables: Mutex<BTreeMap<String, Counted>>,
    numbers: Mutex<Option<Numbers>>,
}

impl Lists {
    /// No lists yet: each is made when it is asked for, or with others by [`Lists::prepare`].
    pub fn of(engine: LocalEngine) -> Self {
        Lists {
            engine,
            lists: Mutex::default(),
            tables: Mutex::default(),
            numbers: Mutex::default(),
        }
    }

    /// The engine that is asked.
    pub fn engine(&self) -> &LocalEngine {
        &self.engine
    }

    /// Makes ready what is wanted of several periods of one snapshot, all of it together. Steps of the work are told to
    /// `watch`.
    ///
    /// # Errors
    /// As [`LocalEngine::metric`].
    pub fn prepare(wanted: &[Wanted<'_>], watch: impl Fn(Step) + Sync) -> Result<(), EngineError> {
        let Some(engine) = wanted.first().map(|wanted| &wanted.lists.engine) else {
            return Ok(());
        };
        let asked: Vec<Prepared<'_>> = wanted.iter().flat_map(Wanted::asked).collect();
        let unnamed = BTreeSet::new();
        let questions: Vec<Question<'_>> = asked
            .iter()
            .map(|asked| Question {
                sql: &asked.sql,
                origin: &asked.origin,
                unnamed: &unnamed,
                params: asked.lists.engine.params(),
                coded: asked.is_list,
            })
            .collect();
        let answers = engine.answers(&questions, &watch)?;
        for (asked, answer) in asked.iter().zip(answers) {
            let Prepared { lists, metric, .. } = asked;
            if asked.is_list {
                held(&lists.lists).insert(metric.id.clone(), answer);
            } else {
                let table = counted(&answer)?;
                let table = as_promised(table, &metric.columns, asked.origin.clone())?;
                held(&lists.tables).insert(metric.id.clone(), table);
            }
        }
        Ok(())
    }

    /// The metric's counted table; grouped from its list where there is one.
    ///
    /// # Errors
    /// As [`LocalEngine::metric`].
    pub fn metric(&self, metric: &QueryFile) -> Result<Counted, EngineError> {
        if let Some(table) = held(&self.tables).get(&metric.id) {
            return Ok(table.clone());
        }
        let Some(list) = held(&self.lists).get(&metric.id).cloned() else {
            return self.engine.metric(metric);
        };
        let origin = metric.origin.display().to_string();
        let question = Question {
            sql: &metric.grouping_sql(),
            origin: &origin,
            unnamed: &BTreeSet::new(),
            params: self.engine.params(),
            coded: false,
        };
        let among = Among {
            months: None,
            answers: &[("counted", &list)],
        };
        let table = counted(&self.engine.answer(question, among)?)?;
        as_promised(table, &metric.columns, origin)
    }

    /// What was counted under conditions (dimension, value; an empty value asks for NULL), in the order of the metric's
    /// keys: one row a counted thing, the case's number first where it belongs to a case.
    ///
    /// # Errors
    /// As [`LocalEngine::metric`], and when a condition names an unknown dimension.
    pub fn drill(
        &self,
        metric: &QueryFile,
        conditions: &[(String, String)],
        limit: Option<usize>,
    ) -> Result<Counted, EngineError> {
        let list = self.list(metric)?;
        let as_it_is = |name: &str, value: &str| compared(&list, name, value);
        let rest = metric.conditions_by(conditions, limit, &as_it_is)?;
        let origin = metric.origin.display().to_string();
        let shown = over(
            list.clone(),
            &format!("SELECT * FROM counted AS k{rest}"),
            &origin,
        )?;
        let mut table = counted(&shown)?;
        if metric.opens_to_cases() {
            let numbers = self.numbers_of(&keys(&shown, &origin)?)?;
            table.columns.insert(0, "case_id".to_owned());
            for (row, number) in table.rows.iter_mut().zip(numbers) {
                row.insert(0, Value::Text(number));
            }
        }
        Ok(table)
    }

    /// The key of the case of each thing that a metric counted, in no order.
    ///
    /// # Errors
    /// As [`LocalEngine::metric`].
    pub fn cases(&self, metric: &QueryFile) -> Result<Vec<i64>, EngineError> {
        keys(&self.list(metric)?, &metric.origin.display().to_string())
    }

    /// The numbers of cases, in the order of their keys given; empty for a key that no case has.
    ///
    /// # Errors
    /// When the cases cannot be read.
    pub fn numbers_of(&self, keys: &[i64]) -> Result<Vec<String>, EngineError> {
        let mut numbers = held(&self.numbers);
        if numbers.is_none() {
            *numbers = Some(Numbers::read(&self.engine)?);
        }
        let numbers = numbers.as_ref();
        Ok(keys
            .iter()
            .map(|key| {
                numbers
                    .and_then(|numbers| numbers.of(*key))
                    .unwrap_or_default()
            })
            .collect())
    }

    fn list(&self, metric: &QueryFile) -> Result<DataFrame, EngineError> {
        let known = held(&self.lists).get(&metric.id).cloned();
        if let Some(list) = known {
            return Ok(list);
        }
        let list = self.engine.list(metric)?;
        held(&self.lists).insert(metric.id.clone(), list.clone());
        Ok(list)
    }
}

/// What is wanted of a period.
pub struct Wanted<'a> {
    pub lists: &'a Lists,
    /// Metrics of which a reader opens figures.
    pub opened: &'a [&'a QueryFile],
    /// Metrics that are only counted.
    pub closed: &'a [&'a QueryFile],
}

/// One question of those that are asked together.
struct Prepared<'a> {
    lists: &'a Lists,
    metric: &'a QueryFile,
    sql: String,
    origin: String,
    is_list: bool,
}

impl<'a> Wanted<'a> {
    fn asked(&self) -> Vec<Prepared<'a>> {
        let opened = self.opened.iter().map(|metric| (*metric, true));
        let closed = self.closed.iter().map(|metric| (*metric, false));
        let prepared = |(metric, is_list): (&'a QueryFile, bool)| Prepared {
            lists: self.lists,
            metric,
            sql: match is_list {
                true => metric.list_sql(),
                false => metric.sql.clone(),
            },
            origin: metric.origin.display().to_string(),
            is_list,
        };
        opened.chain(closed).map(prepared).collect()
    }
}

/// The cases' numbers by their keys.
struct Numbers {
    /// Key and row, in the order of the keys.
    rows: Vec<(i64, u32)>,
    numbers: Column,
}

impl Numbers {
    fn read(engine: &LocalEngine) -> Result<Self, EngineError> {
        let cases = TABLES.iter().find(|table| table.name == "cases");
        let words = ["case_id", CASE].map(str::to_owned).into_iter().collect();
        let frame = match cases {
            Some(cases) => engine.columns().frame(cases, &words, &Needed::default())?,
            None => DataFrame::empty(),
        };
        let mut rows: Vec<(i64, u32)> = keys(&frame, "cases")?.into_iter().zip(0..).collect();
        rows.sort_unstable();
        let numbers = frame
            .column("case_id")
            .map_err(|source| refused("cases", source))?;
        Ok(Numbers {
            rows,
            numbers: numbers.rechunk(),
        })
    }

    fn of(&self, key: i64) -> Option<String> {
        let place = self.rows.binary_search_by_key(&key, |(key, _)| *key).ok()?;
        let (_, row) = *self.rows.get(place)?;
        let number = self.numbers.get(row as usize).ok()?;
        number.get_str().map(str::to_owned)
    }
}

/// The keys of the cases in a frame.
fn keys(frame: &DataFrame, origin: &str) -> Result<Vec<i64>, EngineError> {
    let keys = frame.column(CASE).and_then(Column::i64);
    let keys = keys.map_err(|source| refused(origin, source))?;
    Ok(keys.iter().map(Option::unwrap_or_default).collect())
}

/// A SELECT over a list alone.
fn over(list: DataFrame, sql: &str, origin: &str) -> Result<DataFrame, EngineError> {
    let context = SQLContext::new();
    context.register("counted", list.lazy());
    execute(context, sql, origin)
}

/// The condition that a column has a value, without writing each of its cells as text, where the value can be read as what
/// the column holds.
fn compared(list: &DataFrame, name: &str, value: &str) -> Option<String> {
    let literal = match list.column(name).ok()?.dtype() {
        DataType::String | DataType::Categorical(..) => format!("'{}'", value.replace('\'', "''")),
        DataType::Int32 | DataType::Int64 => {
            let number: i64 = value.parse().ok()?;
            // As the cell would be written, and not `+7` or `007`.
            (number.to_string() == value).then_some(value)?.to_owned()
        }
        _ => return None,
    };
    Some(format!("k.{name} = {literal}"))
}
