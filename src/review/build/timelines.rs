//! Problems month by month, a panel each: those that grow beyond chance first, then the most frequent ones of the period.

use std::collections::BTreeMap;

use super::changes::Changes;
use super::maker::{Maker, ticks};
use crate::engine::counted::Counted;
use crate::review::ReviewError;
use crate::review::charts::multiples::{MultiplesChart, Panel, PanelForm};
use crate::review::model::{Block, Cell, Chart, Drawing};
use crate::review::words::clean;

const METRIC: &str = "problem_course";
/// Metric that is shown here.
pub(super) const SHOWN: [&str; 1] = [METRIC];
/// Panels.
const MOST: usize = 9;

/// One problem.
struct Problem {
    id: String,
    label: String,
    grows: bool,
    months: Vec<u64>,
}

/// The chart; nothing where no problem has two complaints in the period.
pub(super) fn chart(
    maker: &Maker,
    changes: Option<&Changes>,
) -> Result<Option<Block>, ReviewError> {
    let words = maker.words;
    let columns = ["cluster_id", "label", "trend", "month", "complaints"];
    let (Some(table), Some(changes)) = (maker.metric(METRIC, &columns)?, changes) else {
        return Ok(None);
    };
    let span = &changes.courses.span;
    let mut problems = problems(&table, &span.months);
    let of_period = |problem: &Problem| problem.months[span.period..].iter().sum::<u64>();
    problems.sort_by(|a, b| {
        let rank = |p: &Problem| (!p.grows, std::cmp::Reverse(of_period(p)));
        rank(a).cmp(&rank(b)).then_with(|| a.id.cmp(&b.id))
    });
    problems.truncate(MOST);
    if problems.is_empty() {
        return Ok(None);
    }
    let number = |n: u64| words.count(i64::try_from(n).unwrap_or(i64::MAX));
    let panels: Vec<Panel> = problems
        .iter()
        .map(|problem| {
            let values = [
                ("n", number(of_period(problem))),
                ("all", number(problem.months.iter().sum())),
            ];
            let values: Vec<(&str, &str)> = values.iter().map(|(k, v)| (*k, v.as_str())).collect();
            let key = match problem.grows {
                true => "recurrence.panel_growing",
                false => "recurrence.panel",
            };
            Panel {
                title: format!("{} {}", problem.id, problem.label),
                beside: words.fill(key, &values),
                values: problem.months.iter().map(|n| Some(*n as f64)).collect(),
                mean: None,
            }
        })
        .collect();
    let top = problems
        .iter()
        .flat_map(|p| &p.months)
        .copied()
        .max()
        .unwrap_or(0);
    let y_ticks: Vec<_> = ticks(words, top as f64, true);
    let last = y_ticks.len().saturating_sub(1);
    let kept =
        |i: usize| i == 0 || i == last || last <= 2 || (last.is_multiple_of(2) && i == last / 2);
    let y_ticks: Vec<_> = y_ticks
        .into_iter()
        .enumerate()
        .filter(|(i, _)| kept(*i))
        .map(|(_, tick)| tick)
        .collect();
    let mut heads = maker.columns(&[
        "recurrence.col_cluster",
        "recurrence.col_label",
        "changes.col_month",
        "recurrence.col_received",
    ]);
    for column in heads.iter_mut().take(3) {
        column.number = false;
    }
    let rows = problems
        .iter()
        .flat_map(|problem| {
            let months = span
                .months
                .iter()
                .zip(&problem.months)
                .filter(|(_, n)| **n > 0);
            months.map(|(month, n)| {
                vec![
                    Cell::text(problem.id.clone()),
                    Cell::text(problem.label.clone()),
                    Cell::text(words.month(month)),
                    maker.count_cell(i64::try_from(*n).unwrap_or(i64::MAX), None),
                ]
            })
        })
        .collect();
    let title = words.text("recurrence.timelines");
    let mut set = maker.table("problem_timelines", title.clone(), heads, rows);
    set.folded = true;
    let said: Vec<String> = panels
        .iter()
        .map(|panel| format!("{}: {}", panel.title, panel.beside))
        .collect();
    Ok(Some(Block::Chart {
        chart: Box::new(Chart {
            name: "problem-timelines".into(),
            alt: format!("{title}. {}", said.join("; ")),
            title,
            drawing: Drawing::Multiples(MultiplesChart {
                unit: words.text("recurrence.timelines_unit"),
                top: y_ticks.last().map_or(1.0, |tick| tick.at),
                ticks: y_ticks,
                months: span.months.clone(),
                period: span.period,
                form: PanelForm::Columns,
                panels,
            }),
            table: set,
        }),
    }))
}

fn problems(table: &Counted, months: &[String]) -> Vec<Problem> {
    let mut found: BTreeMap<String, Problem> = BTreeMap::new();
    for row in 0..table.rows.len() {
        let id = table.text(row, "cluster_id");
        let problem = found.entry(id.clone()).or_insert_with(|| Problem {
            id,
            label: clean(&table.text(row, "label")),
            grows: matches!(table.text(row, "trend").as_str(), "growing" | "emerging"),
            months: vec![0; months.len()],
        });
        let month = table.text(row, "month");
        if let Some(at) = months.iter().position(|known| *known == month) {
            problem.months[at] += u64::try_from(table.count(row, "complaints")).unwrap_or(0);
        }
    }
    found.into_values().collect()
}
