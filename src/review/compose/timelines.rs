//! Problems month by month, a panel each: those that grew beyond chance first, then the most frequent ones of the period.

use super::changes::Changes;
use super::maker::{Maker, ticks};
use super::problems::Problem;
use crate::charts::multiples::{MultiplesChart, Panel, PanelForm};
use crate::model::{Block, Cell, Chart, Drawing};
use crate::numbers::whole;

/// Panels.
const MOST: usize = 9;
/// Complaints in the period without which a problem is not shown.
const LEAST: u64 = 2;

/// The chart; nothing where no problem has two complaints in the period.
pub(super) fn chart(maker: &Maker, changes: Option<&Changes>) -> Option<Block> {
    let words = maker.words;
    let changes = changes?;
    let found = changes.problems.as_ref()?;
    let span = &changes.courses.span;
    let of_period = |problem: &Problem| problem.months[span.period..].iter().sum::<u64>();
    let mut problems: Vec<(bool, &Problem)> = found
        .list
        .iter()
        .filter(|problem| of_period(problem) >= LEAST)
        .map(|problem| (changes.calls_problem(&problem.id), problem))
        .collect();
    problems.sort_by(|a, b| {
        let rank = |(grew, p): &(bool, &Problem)| (!grew, std::cmp::Reverse(of_period(p)));
        rank(a).cmp(&rank(b)).then_with(|| a.1.id.cmp(&b.1.id))
    });
    problems.truncate(MOST);
    if problems.is_empty() {
        return None;
    }
    let number = |n: u64| words.count(whole(n));
    let panels: Vec<Panel> = problems
        .iter()
        .map(|(grew, problem)| {
            let values = [
                ("n", number(of_period(problem))),
                ("all", number(problem.months.iter().sum())),
            ];
            let values: Vec<(&str, &str)> = values.iter().map(|(k, v)| (*k, v.as_str())).collect();
            let key = match grew {
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
        .flat_map(|(_, problem)| &problem.months)
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
        .flat_map(|(_, problem)| {
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
                    maker.count_cell(whole(*n), None),
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
    Some(Block::Chart {
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
    })
}
