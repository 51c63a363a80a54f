//! Clusters of any table: texts in, a cluster for each out, so that the search can be checked on other data.

use std::collections::{BTreeSet, HashMap};

use super::complaints::Names;
use redress_clusters::{Material, Options, Standing, State, Text, extend};
use redress_domain::cluster::ClusterLevel;

/// One row of a table.
#[derive(Debug, Clone, Default)]
pub struct Row {
    pub id: String,
    pub text: Option<String>,
    /// Fields declared reliable: rows that differ in one are never compared. An absent value is a value of its own.
    pub gates: Vec<Option<String>>,
    /// When it was received, as a text that sorts by time (2026-07-31, 2026-07-31T10:00).
    pub date: Option<String>,
    pub complainant: Option<String>,
}

/// The cluster of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Number of the cluster. A row that nothing repeats has one of its own.
    pub cluster: u32,
    /// Rows in the cluster.
    pub size: usize,
    /// Different complainants in the cluster; 0 where none are given.
    pub complainants: usize,
}

/// Why a table cannot be searched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    #[error("row {row}: the id `{id}` stands in row {first} already; ids are given once")]
    Twice {
        id: String,
        row: usize,
        first: usize,
    },
    #[error("row {row}: has no id")]
    NoId { row: usize },
    #[error("the earlier result: {0}")]
    Earlier(String),
}

/// Groups rows at a level; answers in the order of the rows.
///
/// The order of the rows decides nothing: they are searched in the order of their dates, then of their ids. With an
/// `earlier` result (id to cluster) its rows keep their number and only the others are placed, as in a nightly run.
///
/// The rows lose their texts: the search works with their words, and needs the room.
///
/// # Errors
/// When an id is missing or stands twice (rows count from 1), or the earlier result does not fit.
pub fn place(
    rows: &mut [Row],
    level: ClusterLevel,
    earlier: Option<&HashMap<String, u32>>,
    options: &Options<'_>,
) -> Result<Vec<Place>, TableError> {
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for (at, row) in rows.iter().enumerate() {
        if row.id.is_empty() {
            return Err(TableError::NoId { row: at + 1 });
        }
        if let Some(first) = seen.insert(&row.id, at) {
            return Err(TableError::Twice {
                id: row.id.clone(),
                row: at + 1,
                first: first + 1,
            });
        }
    }
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by(|a, b| (&rows[*a].date, &rows[*a].id).cmp(&(&rows[*b].date, &rows[*b].id)));
    let mut gates = Names::default();
    // Number 0 would mean that no gate is declared.
    gates.number("");
    let said: Vec<Option<String>> = rows.iter_mut().map(|row| row.text.take()).collect();
    let rows = &*rows;
    let texts = order.iter().map(|at| {
        let row = &rows[*at];
        let gate = match row.gates.is_empty() {
            true => 0,
            false => gates.number(&format!("{:?}", row.gates)),
        };
        Text {
            text: said[*at].as_deref().unwrap_or_default(),
            gate,
            ..Text::default()
        }
    });
    let texts: Vec<Text<'_>> = texts.collect();
    let found = match earlier {
        None => {
            let material = Material::read(&texts);
            drop(texts);
            drop(said);
            let run = material.cluster(options);
            match level {
                ClusterLevel::Problem => run.problem_of,
                ClusterLevel::Theme => run.theme_of,
            }
        }
        Some(earlier) => {
            let ids: Vec<&str> = order.iter().map(|at| rows[*at].id.as_str()).collect();
            placed_beside(&ids, &texts, level, earlier, options)?
        }
    };
    Ok(in_order_of_rows(rows, &order, &found))
}

/// Only the rows that the earlier result does not hold are placed.
fn placed_beside(
    ids: &[&str],
    texts: &[Text<'_>],
    level: ClusterLevel,
    earlier: &HashMap<String, u32>,
    options: &Options<'_>,
) -> Result<Vec<Option<u32>>, TableError> {
    let (known, new): (Vec<usize>, Vec<usize>) =
        (0..ids.len()).partition(|at| earlier.contains_key(ids[*at]));
    let mut sizes: HashMap<u32, usize> = HashMap::new();
    for at in &known {
        *sizes.entry(earlier[ids[*at]]).or_default() += 1;
    }
    // A row that stood alone is free: it stands in nothing yet.
    let stands: Vec<Option<u32>> = known
        .iter()
        .map(|at| Some(earlier[ids[*at]]).filter(|number| sizes[number] > 1))
        .collect();
    let of = |places: &[usize]| -> Vec<Text<'_>> { places.iter().map(|at| texts[*at]).collect() };
    let mut state = State::read(&of(&known), options);
    let nothing = vec![None; known.len()];
    let standing = match level {
        ClusterLevel::Problem => Standing {
            problem_of: &stands,
            theme_of: &nothing,
            ..Standing::default()
        },
        ClusterLevel::Theme => Standing {
            problem_of: &nothing,
            theme_of: &stands,
            ..Standing::default()
        },
    };
    let outcome = extend(&mut state, &standing, &of(&new), options)
        .map_err(|e| TableError::Earlier(e.to_string()))?;
    let found = match level {
        ClusterLevel::Problem => outcome.problem_of,
        ClusterLevel::Theme => outcome.theme_of,
    };
    let mut out = vec![None; ids.len()];
    for (at, number) in known.into_iter().chain(new).zip(found) {
        out[at] = number;
    }
    Ok(out)
}

fn in_order_of_rows(rows: &[Row], order: &[usize], found: &[Option<u32>]) -> Vec<Place> {
    // Texts without words stand alone, under numbers that no cluster has.
    let mut next = found.iter().flatten().max().map_or(0, |most| most + 1);
    let numbers: Vec<u32> = found
        .iter()
        .map(|number| {
            number.unwrap_or_else(|| {
                next += 1;
                next - 1
            })
        })
        .collect();
    let mut sizes: HashMap<u32, usize> = HashMap::new();
    let mut complainants: HashMap<u32, BTreeSet<&str>> = HashMap::new();
    for (at, number) in order.iter().zip(&numbers) {
        *sizes.entry(*number).or_default() += 1;
        if let Some(complainant) = rows[*at].complainant.as_deref() {
            complainants.entry(*number).or_default().insert(complainant);
        }
    }
    let mut out = vec![None; rows.len()];
    for (at, number) in order.iter().zip(&numbers) {
        out[*at] = Some(Place {
            cluster: *number,
            size: sizes[number],
            complainants: complainants.get(number).map_or(0, BTreeSet::len),
        });
    }
    out.into_iter().flatten().collect()
}
