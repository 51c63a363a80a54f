//! Metrics without a section of their own: a table each, as counted.

use super::maker::Maker;
use crate::engine::counted::Value;
use crate::review::ReviewError;
use crate::review::figures::OtherMetric;
use crate::review::model::{Block, Cell, Column, Section};
use crate::review::numbers::rounded;
use crate::review::words::clean;

/// Metrics that other sections show.
const SHOWN: [&str; 11] = [
    "stage_sla",
    "stage_sla_started",
    "overall_sla",
    "acknowledgement",
    "volume",
    "stock_flow",
    "ageing",
    "pareto_category",
    "stage_time",
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
    for metric in maker.others() {
        if !SHOWN.contains(&metric.id.as_str()) {
            blocks.extend(metric_blocks(maker, &metric)?);
        }
    }
    Ok((!blocks.is_empty()).then(|| Section {
        id: "others".into(),
        title: words.text("others.title"),
        reference: words.text("others.reference"),
        blocks,
    }))
}

fn metric_blocks(maker: &Maker, metric: &OtherMetric) -> Result<Vec<Block>, ReviewError> {
    let words = maker.words;
    let about = [
        metric.iso.as_str(),
        metric.basis.as_str(),
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
    match maker.metric(&metric.id, &[])? {
        None => blocks.push(maker.not_measured(&metric.id)),
        Some(table) if table.rows.is_empty() => {
            blocks.push(Block::Absent {
                text: words.text("others.none"),
            });
        }
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
                    title: words.name("columns", name),
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
                            number: value.as_real().map(|real| rounded(real, 4)),
                            link: None,
                        })
                        .collect()
                })
                .collect();
            let shown = words.count(rows.len() as i64);
            let caption =
                words.plural("others.rows", table.rows.len() as i64, &[("shown", &shown)]);
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
    Ok(blocks)
}
