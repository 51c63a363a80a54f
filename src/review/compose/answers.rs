//! What customers answered: the way of a decision through acceptance, rejection, re-examination and Outstanding.

use std::collections::BTreeMap;

use super::maker::Maker;
use crate::ReviewError;
use crate::charts::steps::{Step, StepKind, StepsChart};
use crate::model::{Block, Cell, Chart, Drawing, Section, Table};
use redress_engine::counted::Counted;

const METRIC: &str = "acceptance";
/// Metric that this section shows.
pub(super) const SHOWN: [&str; 1] = [METRIC];

/// A step's row: what it is, its name, how many, and of how many.
struct Row {
    kind: StepKind,
    label: String,
    count: i64,
    of: i64,
    /// The drill's condition.
    opens: Option<(&'static str, String)>,
}

pub(super) fn section(maker: &Maker) -> Result<Section, ReviewError> {
    let words = maker.words;
    let mut blocks = vec![Block::Text {
        text: words.text("answers.lead"),
    }];
    let columns = ["first_step", "second_step", "last_step", "complaints"];
    match maker.metric(METRIC, &columns)? {
        None => blocks.push(maker.not_measured(METRIC)),
        Some(table) if table.rows.is_empty() => blocks.push(Block::Absent {
            text: words.text("answers.none"),
        }),
        Some(table) => {
            let rows = rows(maker, &table);
            let mut lists = Vec::new();
            let mut cells = Vec::new();
            for row in &rows {
                let list = match &row.opens {
                    Some((column, value)) if row.count > 0 => {
                        let conditions = [(*column, value.as_str())];
                        Some(maker.cases(METRIC, &conditions, row.label.clone(), row.count)?)
                    }
                    _ => None,
                };
                let share = maker
                    .share(unsigned(row.count), unsigned(row.of))
                    .map_err(Maker::refused(METRIC))?;
                cells.push(vec![
                    Cell::text(row.label.clone()),
                    maker.count_cell(row.count, list.as_ref()),
                    Maker::share_cell(&share),
                    Cell::text(share.interval_text.clone()),
                ]);
                lists.extend(list);
            }
            let keys = [
                "answers.col_step",
                "answers.col_count",
                "answers.col_share",
                "answers.col_interval",
            ];
            let caption = words.text("answers.caption");
            let table = maker.table("answers", caption, maker.columns(&keys), cells);
            blocks.push(Block::Chart {
                chart: Box::new(chart(maker, &rows, table)),
            });
            blocks.extend(maker.cases_block(lists));
        }
    }
    Ok(Section {
        id: "answers".into(),
        title: words.text("answers.title"),
        reference: words.text("answers.reference"),
        blocks,
    })
}

fn unsigned(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}

/// Three steps, each with what became of those who came to it.
fn rows(maker: &Maker, table: &Counted) -> Vec<Row> {
    let words = maker.words;
    let count = |column: &str| -> BTreeMap<String, i64> {
        let mut sums: BTreeMap<String, i64> = BTreeMap::new();
        for row in 0..table.rows.len() {
            let step = table.text(row, column);
            if !step.is_empty() {
                *sums.entry(step).or_default() += table.count(row, "complaints");
            }
        }
        sums
    };
    let mut rows = Vec::new();
    for (column, key) in [
        ("first_step", "answers.first"),
        ("second_step", "answers.second"),
        ("last_step", "answers.last"),
    ] {
        let sums = count(column);
        let all: i64 = sums.values().sum();
        if all == 0 {
            continue;
        }
        rows.push(Row {
            kind: StepKind::Whole,
            label: words.text(key),
            count: all,
            of: rows.first().map_or(all, |first: &Row| first.count),
            opens: None,
        });
        let mut parts: Vec<(String, i64)> = sums.into_iter().collect();
        parts.sort_by_key(|(step, _)| place(step));
        for (step, n) in parts {
            rows.push(Row {
                kind: match step.as_str() {
                    "accepted" | "accepted_on_behalf" | "external_satisfied" => StepKind::Settled,
                    _ => StepKind::Other,
                },
                label: words.name("codes", &step),
                count: n,
                of: all,
                opens: Some((column, step)),
            });
        }
    }
    rows
}

/// What is settled first, what goes on last.
fn place(step: &str) -> usize {
    const ORDER: [&str; 12] = [
        "accepted",
        "accepted_on_behalf",
        "external_satisfied",
        "in_examination",
        "waiting",
        "lapsed",
        "withdrawn",
        "exhausted",
        "outstanding",
        "rejected",
        "rejected_on_behalf",
        "",
    ];
    ORDER
        .iter()
        .position(|known| *known == step)
        .unwrap_or(ORDER.len())
}

fn chart(maker: &Maker, rows: &[Row], table: Table) -> Chart {
    let words = maker.words;
    let top = rows.iter().map(|row| row.count).max().unwrap_or(1);
    let steps: Vec<Step> = rows
        .iter()
        .zip(&table.rows)
        .map(|(row, cells)| {
            let share = cells.get(2).filter(|cell| cell.number.is_some());
            let count = words.count(row.count);
            Step {
                label: row.label.clone(),
                count: row.count as f64,
                text: match share.filter(|_| row.count != row.of) {
                    Some(share) => format!("{count} · {}", share.text),
                    None => count,
                },
                kind: row.kind,
            }
        })
        .collect();
    let said: Vec<String> = steps
        .iter()
        .map(|step| format!("{}: {}", step.label, step.text))
        .collect();
    Chart {
        name: "answers".into(),
        title: words.text("answers.chart"),
        alt: said.join("; "),
        drawing: Drawing::Steps(StepsChart {
            unit: words.text("answers.unit"),
            top: top as f64,
            rows: steps,
        }),
        table,
    }
}
