//! Promises not kept yet: remedies not delivered, and outstanding complainants not told of their remedies.

use chrono::NaiveDate;

use super::maker::Maker;
use crate::ReviewError;
use crate::model::{Block, CaseList, Cell, Section};
use crate::words::NOTHING;
use redress_engine::counted::{Counted, Value};

/// One of the two lists.
#[derive(Debug, Clone)]
pub(super) struct Waiting {
    pub(super) total: i64,
    pub(super) oldest: Option<NaiveDate>,
    table: Counted,
    lists: Vec<CaseList>,
}

/// Both lists; `None` where a metric is not measured.
#[derive(Debug, Clone)]
pub(super) struct Remedies {
    pub(super) not_delivered: Option<Waiting>,
    pub(super) not_told: Option<Waiting>,
}

const NOT_DELIVERED: Columns = Columns {
    metric: "remedies_not_delivered",
    group: "remedy",
    since: "oldest_due",
};
const NOT_TOLD: Columns = Columns {
    metric: "remedies_not_told",
    group: "department",
    since: "longest_since",
};

/// The columns of such a list.
struct Columns {
    metric: &'static str,
    group: &'static str,
    since: &'static str,
}

pub(super) fn read(maker: &Maker) -> Result<Remedies, ReviewError> {
    Ok(Remedies {
        not_delivered: waiting(maker, &NOT_DELIVERED)?,
        not_told: waiting(maker, &NOT_TOLD)?,
    })
}

fn waiting(maker: &Maker, columns: &Columns) -> Result<Option<Waiting>, ReviewError> {
    let names = [columns.group, "complaints", columns.since];
    let Some(table) = maker.metric(columns.metric, &names)? else {
        return Ok(None);
    };
    let total = table.sum("complaints", |_| true);
    let oldest = (0..table.rows.len())
        .filter_map(|row| match table.cell(row, columns.since) {
            Value::Day(day) => Some(*day),
            Value::Text(text) => text.parse().ok(),
            Value::Null | Value::Flag(_) | Value::Count(_) | Value::Real(_) => None,
        })
        .min();
    let mut lists = Vec::new();
    for row in 0..table.rows.len() {
        let (group, n) = (
            table.text(row, columns.group),
            table.count(row, "complaints"),
        );
        let title = group_name(maker, columns, &table, row);
        lists.push(maker.cases(columns.metric, &[(columns.group, &group)], title, n)?);
    }
    Ok(Some(Waiting {
        total,
        oldest,
        table,
        lists,
    }))
}

/// Name of a row's group; said in words where none is given.
fn group_name(maker: &Maker, columns: &Columns, table: &Counted, row: usize) -> String {
    match table.cell(row, columns.group) {
        Value::Null => maker.words.text("words.not_given"),
        value @ (Value::Flag(_)
        | Value::Count(_)
        | Value::Real(_)
        | Value::Day(_)
        | Value::Text(_)) => maker.value(columns.group, value),
    }
}

pub(super) fn section(maker: &Maker, remedies: &Remedies) -> Result<Section, ReviewError> {
    let words = maker.words;
    let mut blocks = Vec::new();
    let parts = [
        (&remedies.not_delivered, &NOT_DELIVERED, "delivered"),
        (&remedies.not_told, &NOT_TOLD, "told"),
    ];
    for (waiting, columns, key) in parts {
        blocks.push(Block::Heading {
            text: words.text(&format!("remedies_due.{key}_title")),
        });
        match waiting {
            None => blocks.push(maker.not_measured(columns.metric)),
            Some(waiting) if waiting.total == 0 => {
                blocks.push(Block::Absent {
                    text: words.text(&format!("remedies_due.{key}_none")),
                });
            }
            Some(waiting) => {
                blocks.push(Block::Table {
                    table: table(maker, waiting, columns, key),
                });
                blocks.extend(maker.cases_block(waiting.lists.clone()));
            }
        }
    }
    Ok(Section {
        id: "remedies".into(),
        title: words.text("remedies_due.title"),
        reference: words.text("remedies_due.reference"),
        blocks,
    })
}

fn table(maker: &Maker, waiting: &Waiting, columns: &Columns, key: &str) -> crate::model::Table {
    let group = format!("columns.{}", columns.group);
    let since = format!("remedies_due.{key}_since");
    let headings = maker.columns(&[&group, "words.complaints", &since]);
    let rows = (0..waiting.table.rows.len())
        .map(|row| {
            let since = waiting.table.cell(row, columns.since);
            vec![
                Cell::text(group_name(maker, columns, &waiting.table, row)),
                maker.count_cell(
                    waiting.table.count(row, "complaints"),
                    waiting.lists.get(row),
                ),
                Cell::text(match since {
                    Value::Null => NOTHING.to_owned(),
                    Value::Flag(_)
                    | Value::Count(_)
                    | Value::Real(_)
                    | Value::Day(_)
                    | Value::Text(_) => maker.value(columns.since, since),
                }),
            ]
        })
        .collect();
    let caption = maker.words.text(&format!("remedies_due.{key}_caption"));
    maker.table(columns.metric, caption, headings, rows)
}
