//! What a figure counted: the list behind it, case by case, and how it can be narrowed.

use std::collections::BTreeMap;

use askama::Template;
use form_urlencoded::Serializer;

use super::figures::{context, metrics};
use super::snapshot::{Snapshot, failed};
use super::{asked_period, none};
use crate::answer::Answer;
use crate::app::App;
use crate::error::{Result, WebError};
use crate::shell::{Area, Shell};
use crate::visit::Visit;
use crate::words::Words;
use redress_engine::counted::{Counted, Value};
use redress_engine::error::EngineError;
use redress_query::measured::Unmeasured;
use redress_query::query_file::QueryFile;
use redress_review::compose::apart::Apart;

/// Rows of a page.
const A_PAGE: usize = 200;
/// A dimension with more values than these is no way to narrow a list.
const MOST_VALUES: usize = 14;
/// Columns that say nothing to a reader.
const NOT_SHOWN: [&str; 2] = ["case_key", "step"];

#[derive(Template)]
#[template(path = "quality/drill.html")]
struct Page<'a> {
    shell: Shell<'a>,
    definition: String,
    period: String,
    as_of: String,
    /// What the list is narrowed by, each with the address without it.
    taken: Vec<Narrowed>,
    facets: Vec<Facet>,
    absent: Option<String>,
    shown: String,
    columns: Vec<String>,
    rows: Vec<Vec<Shown>>,
    more: Option<String>,
    back: String,
}

struct Narrowed {
    text: String,
    without: String,
}

/// A dimension with its values.
struct Facet {
    name: String,
    values: Vec<Way>,
}

struct Way {
    text: String,
    to: String,
}

struct Shown {
    text: String,
    /// Empty: no link.
    to: String,
}

/// `GET /quality/{metric}`.
pub fn page(app: &App, visit: &Visit) -> Result<Answer> {
    let words = app.words(visit.language);
    let metric = metrics()?
        .iter()
        .find(|metric| metric.id == visit.place("metric"))
        .ok_or(WebError::NotFound)?;
    let period = asked_period(visit);
    let Some(snapshot) = Snapshot::newest(app, visit.now, period)? else {
        return none(app, visit);
    };
    let conditions = conditions(visit);
    let (absent, table) = match snapshot.engine.unmeasured(metric) {
        Some(why) => (Some(why_unmeasured(words, &why)), Counted::default()),
        None => (None, drilled(&snapshot, metric, &conditions)?),
    };
    let apart = app.register(|r| {
        let params = snapshot.engine.params();
        let context = context(app, r, &snapshot.manifest, params, visit.language)?;
        Apart::new(context).map_err(WebError::from)
    })?;
    let lister = Lister {
        metric,
        apart: &apart,
        own: snapshot.is_of_the_register(),
        period: snapshot.engine.params().period.name.clone(),
        conditions: &conditions,
    };
    let first = visit.query.get("from").parse::<usize>().unwrap_or(0);
    let last = (first + A_PAGE).min(table.rows.len());
    let zone: chrono_tz::Tz = snapshot.manifest.rules.zone.parse().map_err(failed)?;
    let more = (last < table.rows.len()).then(|| {
        let address = address(&metric.id, &lister.period, &conditions);
        format!("{address}&from={last}")
    });
    let count = |n: usize| words.count(i64::try_from(n).unwrap_or(i64::MAX));
    let shown = match table.rows.is_empty() {
        true => String::new(),
        false => words.fill(
            "quality.shown",
            &[
                ("first", &count(first.min(last) + 1)),
                ("last", &count(last)),
                ("n", &count(table.rows.len())),
            ],
        ),
    };
    Answer::page(&Page {
        shell: Shell::new(
            app,
            visit,
            Area::Desk,
            metric.title(visit.language.as_str()),
        ),
        definition: metric.definition(visit.language.as_str()).to_owned(),
        period: lister.period.clone(),
        as_of: words.moment(snapshot.manifest.as_of, zone),
        taken: lister.taken(),
        facets: lister.facets(&table),
        absent,
        shown,
        columns: lister.columns(&table),
        rows: lister.rows(&table, first, last),
        more,
        back: format!("/quality?period={}", lister.period),
    })
}

/// The address of a list.
pub fn address(metric: &str, period: &str, conditions: &[(String, String)]) -> String {
    let mut query = Serializer::new(String::new());
    query.append_pair("period", period);
    for (name, value) in conditions {
        query.append_pair("drill", &format!("{name}={value}"));
    }
    format!("/quality/{metric}?{}", query.finish())
}

/// Why a figure is not measured, in the reader's language.
pub fn why_unmeasured(words: &Words, why: &Unmeasured) -> String {
    match why {
        Unmeasured::NotRecorded(what) => {
            words.fill("quality.not_recorded", &[("what", what.as_str())])
        }
        Unmeasured::Empty(table) => words.fill("quality.empty_table", &[("table", table.as_str())]),
        Unmeasured::NotSearched => words.text("quality.not_searched").to_owned(),
        Unmeasured::NotRead => words.text("quality.not_read").to_owned(),
    }
}

/// One condition each: a value may hold a comma.
fn conditions(visit: &Visit) -> Vec<(String, String)> {
    visit
        .query
        .all("drill")
        .filter_map(|part| part.split_once('='))
        .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
        .collect()
}

fn drilled(
    snapshot: &Snapshot,
    metric: &QueryFile,
    conditions: &[(String, String)],
) -> Result<Counted> {
    match snapshot.engine.drill_once(metric, conditions) {
        Ok(table) => Ok(table),
        // A link of somebody's own making.
        Err(EngineError::Metric(_)) => Err(WebError::NotFound),
        Err(error) => Err(failed(error)),
    }
}

/// Sets a list.
struct Lister<'a> {
    metric: &'static QueryFile,
    apart: &'a Apart,
    /// Numbers of cases open at the desk.
    own: bool,
    period: String,
    conditions: &'a [(String, String)],
}

impl Lister<'_> {
    fn taken(&self) -> Vec<Narrowed> {
        self.conditions
            .iter()
            .enumerate()
            .map(|(at, (name, value))| {
                let rest: Vec<(String, String)> = self
                    .conditions
                    .iter()
                    .enumerate()
                    .filter(|(other, _)| *other != at)
                    .map(|(_, condition)| condition.clone())
                    .collect();
                Narrowed {
                    text: self.condition(name, value),
                    without: address(&self.metric.id, &self.period, &rest),
                }
            })
            .collect()
    }

    fn condition(&self, name: &str, value: &str) -> String {
        let written = match value.is_empty() {
            true => self.apart.value(name, &Value::Null),
            false => self.apart.value(name, &Value::Text(value.to_owned())),
        };
        format!("{}: {written}", self.apart.heading(name))
    }

    /// The dimensions of the list that have a few values, with how many things each.
    fn facets(&self, table: &Counted) -> Vec<Facet> {
        let mut facets = Vec::new();
        for dimension in &self.metric.dimensions {
            let known = self.conditions.iter().any(|(name, _)| name == dimension);
            if known || table.position(dimension).is_none() {
                continue;
            }
            let mut values: BTreeMap<String, (Value, i64)> = BTreeMap::new();
            for row in 0..table.rows.len() {
                let value = table.cell(row, dimension);
                let held = values
                    .entry(value.as_text())
                    .or_insert_with(|| (value.clone(), 0));
                held.1 += 1;
                if values.len() > MOST_VALUES {
                    break;
                }
            }
            if !(2..=MOST_VALUES).contains(&values.len()) {
                continue;
            }
            let ways = values.into_iter().map(|(text, (value, n))| {
                let mut conditions = self.conditions.to_vec();
                conditions.push((dimension.clone(), text));
                Way {
                    text: format!("{} ({n})", self.apart.value(dimension, &value)),
                    to: address(&self.metric.id, &self.period, &conditions),
                }
            });
            facets.push(Facet {
                name: self.apart.heading(dimension),
                values: ways.collect(),
            });
        }
        facets
    }

    /// Places of the columns that are shown: what a condition fixes is said above.
    fn places(&self, table: &Counted) -> Vec<usize> {
        (0..table.columns.len())
            .filter(|at| {
                let name = table.columns[*at].as_str();
                !NOT_SHOWN.contains(&name) && !self.conditions.iter().any(|(c, _)| c == name)
            })
            .collect()
    }

    fn columns(&self, table: &Counted) -> Vec<String> {
        self.places(table)
            .into_iter()
            .map(|at| self.apart.heading(&table.columns[at]))
            .collect()
    }

    fn rows(&self, table: &Counted, first: usize, last: usize) -> Vec<Vec<Shown>> {
        let places = self.places(table);
        table
            .rows
            .get(first.min(last)..last)
            .unwrap_or_default()
            .iter()
            .map(|row| {
                places
                    .iter()
                    .map(|at| self.cell(&table.columns[*at], row.get(*at).unwrap_or(&Value::Null)))
                    .collect()
            })
            .collect()
    }

    fn cell(&self, column: &str, value: &Value) -> Shown {
        let text = self.apart.value(column, value);
        let to = match (column, value) {
            ("case_id", Value::Text(number)) if self.own => format!("/desk/case/{number}"),
            ("action_id", Value::Text(id)) => format!("/desk/actions/{id}"),
            ("cluster_id", Value::Text(id)) => format!("/desk/clusters/{id}"),
            _ => String::new(),
        };
        Shown { text, to }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_whatever_a_value_holds() {
        let conditions = [("product".to_owned(), "A, B & C=1 ğ".to_owned())];
        let address = address("volume", "2026-Q3", &conditions);
        let (_, query) = address.split_once('?').unwrap();
        let pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect();
        assert_eq!(pairs[1].1, "product=A, B & C=1 ğ");
        assert!(address.starts_with("/quality/volume?period=2026-Q3&drill="));
    }
}
