//! Metrics without a section of their own: a table each, as counted.

use super::maker::Maker;
use super::{actions, answers, exposure, meeting, problems, series};
use crate::ReviewError;
use crate::figures::OtherMetric;
use crate::model::{Block, Cell, Column, Section};
use crate::numbers::rounded;
use crate::words::clean;
use redress_engine::counted::{Counted, Value};

/// Metrics that other sections show.
const SHOWN: [&str; 14] = [
    "stage_sla",
    "stage_sla_started",
    "overall_sla",
    "acknowledgement",
    "volume",
    "stock_flow",
    "ageing",
    "pareto_category",
    "recurrent_problems",
    "growing_problems",
    "stage_time",
    "pauses",
    "remedies_not_delivered",
    "remedies_not_told",
];
/// Rows shown of one metric.
const MOST_ROWS: usize = 100;
/// Rows above which a table is folded.
const UNFOLDED: usize = 20;

/// The section; `None` when there is no such metric.
pub(super) fn section(maker: &Maker) -> Result<Option<Section>, ReviewError> {
    let words = maker.words;
    let mut blocks = Vec::new();
    let mut empty = Vec::new();
    for metric in maker.others() {
        if is_shown(&metric.id) {
            continue;
        }
        let counted = maker.metric(&metric.id, &[])?;
        match counted {
            Some(table) if table.rows.is_empty() => empty.push(clean(&metric.title)),
            counted => blocks.extend(metric_blocks(maker, &metric, counted)),
        }
    }
    if !empty.is_empty() {
        let text = words.fill("others.none", &[("list", &empty.join("; "))]);
        blocks.push(Block::Absent { text });
    }
    Ok((!blocks.is_empty()).then(|| Section {
        id: "others".into(),
        title: words.text("others.title"),
        reference: words.text("others.reference"),
        blocks,
    }))
}

fn is_shown(id: &str) -> bool {
    let elsewhere: [&[&str]; 6] = [
        &actions::SHOWN,
        &answers::SHOWN,
        &exposure::SHOWN,
        &meeting::SHOWN,
        &problems::SHOWN,
        &series::SHOWN,
    ];
    SHOWN.contains(&id) || elsewhere.iter().any(|shown| shown.contains(&id))
}

/// Whether a metric of this section answers for an indicator or clause, and has anything to show.
pub(super) fn has_rows(maker: &Maker, code: &str) -> Result<bool, ReviewError> {
    for metric in maker.others() {
        let names = metric.iso.split([',', ' ']).any(|part| part == code);
        if names && !is_shown(&metric.id) {
            let counted = maker.metric(&metric.id, &[])?;
            if counted.is_some_and(|table| !table.rows.is_empty()) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

fn metric_blocks(maker: &Maker, metric: &OtherMetric, counted: Option<Counted>) -> Vec<Block> {
    let words = maker.words;
    let basis = words.name("bases", &metric.basis);
    let about = [
        metric.iso.as_str(),
        basis.as_str(),
        metric.definition.as_str(),
    ];
    let about: Vec<String> = about
        .iter()
        .filter(|t| !t.is_empty())
        .map(|t| clean(t))
        .collect();
    let mut blocks = vec![
        Block::Heading {
            text: clean(&metric.title),
        },
        Block::Text {
            text: about.join(" · "),
        },
    ];
    match counted {
        None => blocks.push(maker.not_measured(&metric.id)),
        Some(table) => {
            let is_number = |column: usize| {
                table.rows.iter().all(|row| {
                    matches!(
                        row.get(column),
                        Some(Value::Count(_) | Value::Real(_) | Value::Null)
                    )
                })
            };
            let columns = table
                .columns
                .iter()
                .enumerate()
                .map(|(i, name)| Column {
                    title: maker.heading(name),
                    number: i > 0 && is_number(i),
                })
                .collect();
            let rows: Vec<Vec<Cell>> = table
                .rows
                .iter()
                .take(MOST_ROWS)
                .map(|row| {
                    row.iter()
                        .zip(&table.columns)
                        .map(|(value, column)| Cell {
                            text: maker.value(column, value),
                            number: value
                                .as_real()
                                .map(|real| match column.ends_with("_minor") {
                                    true => rounded(real / 100.0, 2),
                                    false => rounded(real, 4),
                                }),
                            link: None,
                            counts: Vec::new(),
                            inside: false,
                        })
                        .collect()
                })
                .collect();
            let shown = words.count(rows.len() as i64);
            let title = clean(&metric.title);
            let caption = match rows.len() < table.rows.len() {
                true => {
                    let values = [("title", title.as_str()), ("shown", shown.as_str())];
                    words.plural("others.rows", table.rows.len() as i64, &values)
                }
                false => title,
            };
            let mut set = maker.table(&metric.id, caption, columns, rows);
            set.folded = set.rows.len() > UNFOLDED;
            blocks.push(Block::Table { table: set });
            let command = maker.command(&metric.id, &[]);
            blocks.push(Block::Command {
                text: words.text("cases.open_with"),
                command,
            });
        }
    }
    blocks
}
