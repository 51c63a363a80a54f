//! The course of an action, month by month, with the windows that its verdict compares.

use std::collections::BTreeMap;

use super::actions::title;
use super::maker::{Maker, ticks};
use crate::charts::course::{CourseChart, CourseColumn, CourseWindow, Judged};
use crate::model::{Block, Cell, Chart, Column, Drawing, Table};
use crate::numbers::rounded;
use redress_engine::counted::{Counted, Value};

/// Courses drawn.
const MOST_CHARTS: usize = 6;

/// Courses of the actions judged in the period, then of those whose follow-up runs.
pub(super) fn charts(
    maker: &Maker,
    judged: Option<&Counted>,
    list: Option<&Counted>,
    course: &Counted,
    blocks: &mut Vec<Block>,
) {
    let mut titles: BTreeMap<String, String> = BTreeMap::new();
    let mut wanted: Vec<String> = Vec::new();
    for table in [judged, list].into_iter().flatten() {
        let runs = table.position("state");
        for row in 0..table.rows.len() {
            let id = table.text(row, "action_id");
            titles
                .entry(id.clone())
                .or_insert_with(|| title(table, row));
            let follows = runs.is_none() || table.text(row, "state") == "checking";
            if follows && !wanted.contains(&id) {
                wanted.push(id);
            }
        }
    }
    for id in wanted.iter().take(MOST_CHARTS) {
        let rows: Vec<usize> = (0..course.rows.len())
            .filter(|row| course.text(*row, "action_id") == *id)
            .collect();
        let title = titles.get(id).cloned().unwrap_or_else(|| id.clone());
        if let Some(chart) = chart(maker, id, &title, course, &rows) {
            blocks.push(Block::Chart {
                chart: Box::new(chart),
            });
        }
    }
}

pub(super) fn chart(
    maker: &Maker,
    id: &str,
    title: &str,
    course: &Counted,
    rows: &[usize],
) -> Option<Chart> {
    let words = maker.words;
    // From the baseline on; earlier months say nothing of the verdict.
    let first = rows
        .iter()
        .position(|row| course.text(*row, "time_window") == "baseline")?;
    let rows = &rows[first..];
    // Months are made comparable by what they are set against: as if each had the baseline's average month.
    let exposure_of = |row: usize| course.cell(row, "exposure").as_real().filter(|e| *e > 0.0);
    let baseline: Vec<f64> = rows
        .iter()
        .filter(|row| course.text(**row, "time_window") == "baseline")
        .filter_map(|row| exposure_of(*row))
        .collect();
    let usual = baseline.iter().sum::<f64>() / baseline.len().max(1) as f64;
    let rate_of = |row: usize| {
        let cases = course.count(row, "cases") as f64;
        exposure_of(row).map(|exposure| rounded(cases / exposure * usual, 2))
    };
    let columns: Vec<CourseColumn> = rows
        .iter()
        .map(|row| CourseColumn {
            // A year and a month fit below a narrow column in any language.
            label: course.text(*row, "month"),
            value: rate_of(*row),
            text: words.count(course.count(*row, "cases")),
            judged: match course.text(*row, "time_window").as_str() {
                "baseline" => Some(Judged::Before),
                "follow_up" => Some(Judged::After),
                _ => None,
            },
            unfinished: matches!(course.cell(*row, "whole"), Value::Flag(false)),
        })
        .collect();
    let mut windows = Vec::new();
    let mut said = Vec::new();
    for (window, key) in [
        ("baseline", "baseline"),
        ("between", "between"),
        ("follow_up", "follow_up"),
    ] {
        let within: Vec<usize> = (0..rows.len())
            .filter(|at| course.text(rows[*at], "time_window") == window)
            .collect();
        let (Some(from), Some(to)) = (within.first(), within.last()) else {
            continue;
        };
        let whole: Vec<&usize> = within
            .iter()
            .filter(|at| !columns[**at].unfinished)
            .collect();
        // All complaints over all exposure, as the rate ratio has it; months of unknown exposure are left out.
        let (cases, exposure) = whole
            .iter()
            .filter_map(|at| Some((course.count(rows[**at], "cases"), exposure_of(rows[**at])?)))
            .fold((0, 0.0), |(n, e), (cases, exposure)| {
                (n + cases, e + exposure)
            });
        let mean = (window != "between" && exposure > 0.0)
            .then(|| rounded(cases as f64 / exposure * usual, 2));
        let name = words.text(&format!("actions.window_{key}"));
        let mean = mean.map(|mean| {
            let text = words.fill("actions.mean", &[("mean", &words.real(mean, 1))]);
            said.push(format!("{name}: {text}"));
            (mean, text)
        });
        windows.push(CourseWindow {
            from: *from,
            to: *to,
            name,
            mean,
        });
    }
    let top = columns.iter().filter_map(|c| c.value).fold(0.0, f64::max);
    let ticks = ticks(words, top * 1.08, true);
    let drawn = |column: &&CourseColumn| column.value.is_some_and(|value| value > 0.0);
    let grey = |column: &CourseColumn| column.judged.is_none() && !column.unfinished;
    let not_compared = columns.iter().filter(drawn).any(grey);
    let unfinished = columns.iter().filter(drawn).any(|column| column.unfinished);
    let table_rows = rows
        .iter()
        .map(|row| {
            let exposure = course.cell(*row, "exposure");
            vec![
                Cell::text(words.month(&course.text(*row, "month"))),
                Cell::text(words.name("codes", &course.text(*row, "time_window"))),
                maker.count_cell(course.count(*row, "cases"), None),
                maker.count_cell(course.count(*row, "moved_out"), None),
                maker.real_cell(exposure.as_real()),
                maker.real_cell(rate_of(*row)),
            ]
        })
        .collect();
    let heads = ["month", "window", "cases", "moved_out", "exposure", "rate"]
        .iter()
        .enumerate()
        .map(|(i, name)| Column {
            title: words.text(&format!("actions.col_{name}")),
            number: i > 1,
        })
        .collect();
    let name = format!("action-{}", id.to_lowercase());
    let caption = words.fill("actions.course_caption", &[("action", title)]);
    Some(Chart {
        title: caption.clone(),
        alt: words.fill(
            "actions.course_alt",
            &[("action", title), ("means", &said.join("; "))],
        ),
        drawing: Drawing::Course(CourseChart {
            unit: words.text("actions.course_unit"),
            top: ticks.last().map_or(1.0, |tick| tick.at),
            ticks,
            columns,
            windows,
            not_compared: not_compared.then(|| words.text("actions.mark_not_compared")),
            unfinished: unfinished.then(|| words.text("actions.mark_unfinished")),
        }),
        table: Table {
            folded: true,
            ..maker.table(&name, caption, heads, table_rows)
        },
        name,
    })
}
