//! The sites beside each other: small multiples of the shares, on one scale.

use super::changes::Changes;
use super::maker::{Maker, percent_ticks};
use super::series::{Counts, Point, Series, Span};
use crate::charts::Tick;
use crate::charts::multiples::{MultiplesChart, Panel, PanelForm};
use crate::model::{Block, Cell, Chart, Drawing};
use crate::numbers::{rounded, whole};
use crate::words::NOTHING;

/// Panels of small multiples.
const MOST_PANELS: usize = 12;

/// The sites beside each other, a chart for each share that has any; the period's figures in words.
pub(super) fn charts(maker: &Maker, changes: &Changes) -> Vec<Block> {
    let words = maker.words;
    let span = &changes.courses.span;
    let mut kinds: Vec<&Counts> = Vec::new();
    for series in changes.courses.series.iter().filter(|s| s.site.is_some()) {
        let share = !matches!(series.counts, Counts::Received);
        let first_pass = !matches!(series.counts, Counts::Late { pass, .. } if pass > 1);
        if share && first_pass && !kinds.contains(&&series.counts) {
            kinds.push(&series.counts);
        }
    }
    let mut blocks = Vec::new();
    for counts in kinds {
        let own: Vec<&Series> = changes
            .courses
            .series
            .iter()
            .filter(|series| series.site.is_some() && series.counts == *counts)
            .take(MOST_PANELS)
            .collect();
        let panels: Vec<Panel> = own
            .iter()
            .map(|series| panel(maker, series, span))
            .collect();
        let Some(label) = own.first().map(|series| series.label.clone()) else {
            continue;
        };
        let values = panels
            .iter()
            .flat_map(|panel| panel.values.iter().flatten());
        let top = values.copied().fold(0.0, f64::max);
        let y_ticks = percent_ticks(words, top);
        // Few lines fit a small panel: the ends and the middle.
        let y_ticks: Vec<Tick> = match y_ticks.len() {
            0..=3 => y_ticks,
            n => y_ticks
                .into_iter()
                .enumerate()
                .filter(|(i, _)| i.is_multiple_of(2) || *i == n - 1)
                .map(|(_, t)| t)
                .collect(),
        };
        let rows = own
            .iter()
            .zip(&panels)
            .flat_map(|(series, panel)| {
                let site = series.site.clone().unwrap_or_default();
                series
                    .points
                    .iter()
                    .zip(&panel.values)
                    .map(move |(point, value)| {
                        vec![
                            Cell::text(site.clone()),
                            Cell::text(words.month(&point.month)),
                            maker.count_cell(whole(point.count), None),
                            maker.count_cell(point.size as i64, None),
                            match value {
                                Some(value) => Cell::number(words.percent(value / 100.0), *value),
                                None => Cell::text(NOTHING),
                            },
                        ]
                    })
            })
            .collect();
        let name = format!("{}-sites", counts.chart_name());
        let title = words.fill("changes.sites", &[("series", &label)]);
        let mut columns = maker.columns(&[
            "changes.col_site",
            "changes.col_month",
            "changes.col_count",
            "changes.col_size",
            "changes.col_share",
        ]);
        columns[1].number = false;
        let mut table = maker.table(&name.replace('-', "_"), title.clone(), columns, rows);
        table.folded = true;
        let said: Vec<String> = panels
            .iter()
            .map(|panel| format!("{}: {}", panel.title, panel.beside))
            .collect();
        blocks.push(Block::Chart {
            chart: Box::new(Chart {
                name,
                alt: format!("{title}. {}", said.join("; ")),
                title,
                drawing: Drawing::Multiples(MultiplesChart {
                    unit: words.text("changes.unit_sites"),
                    top: y_ticks.last().map_or(1.0, |tick| tick.at),
                    ticks: y_ticks,
                    months: span.months.clone(),
                    period: span.period,
                    form: PanelForm::Line,
                    panels,
                }),
                table,
            }),
        });
    }
    blocks
}

/// One site; a month of few is a gap, since a share of three says nothing.
fn panel(maker: &Maker, series: &Series, span: &Span) -> Panel {
    const LEAST: f64 = 5.0;
    let share = |points: &[Point]| -> (u64, u64) {
        points.iter().fold((0, 0), |(count, size), point| {
            (count + point.count, size + point.size as u64)
        })
    };
    let (count, size) = share(&series.points[span.period..]);
    let (all_count, all_size) = share(&series.points);
    let beside = match maker.share(count, size) {
        Ok(shown) => maker.with_counts(&shown, count, size),
        Err(_) => maker.of(count, size),
    };
    Panel {
        title: series.site.clone().unwrap_or_default(),
        beside,
        values: series
            .points
            .iter()
            .map(|point| {
                (point.size >= LEAST).then(|| rounded(point.count as f64 / point.size * 100.0, 1))
            })
            .collect(),
        mean: (all_size > 0).then(|| rounded(all_count as f64 / all_size as f64 * 100.0, 1)),
    }
}
