//! Small multiples: the same months of several things, each in a panel of its own on one scale.

use plotters::prelude::DrawingBackend;
use serde::Serialize;

use super::canvas::{AXIS, BLUE, Canvas, Drawn, GRID, Hang, INK, Mark, PALE, SMALL, SOFT};
use super::{Tick, WIDTH, scale};
use crate::font;

/// Panels from left to right and downwards, all over the same months.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MultiplesChart {
    /// What a height means.
    pub unit: String,
    pub top: f64,
    pub ticks: Vec<Tick>,
    pub months: Vec<String>,
    /// First month of the period: from here on the columns are dark.
    pub period: usize,
    pub form: PanelForm,
    pub panels: Vec<Panel>,
}

/// How the months are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PanelForm {
    /// Counts.
    Columns,
    /// Shares; the mean is drawn through.
    Line,
}

/// One thing.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Panel {
    pub title: String,
    /// The figure of the period, in words.
    pub beside: String,
    /// One for each month; `None` is a gap.
    pub values: Vec<Option<f64>>,
    pub mean: Option<f64>,
}

const ACROSS: usize = 3;
const HEAD: f64 = 28.0;
/// Title of two lines, and the figure.
const TITLE: f64 = 56.0;
const PLOT: f64 = 74.0;
const FOOT: f64 = 30.0;
const LEFT: f64 = 40.0;
const GAP: f64 = 18.0;

impl MultiplesChart {
    pub(super) fn height(&self) -> u32 {
        let rows = self.panels.len().div_ceil(ACROSS).max(1) as f64;
        (HEAD + rows * (TITLE + PLOT + FOOT)) as u32
    }

    pub(super) fn draw<DB: DrawingBackend>(&self, canvas: &Canvas<DB>) -> Drawn {
        let right = f64::from(WIDTH) - 6.0;
        let wide = (right - LEFT - GAP * (ACROSS as f64 - 1.0)) / ACROSS as f64;
        canvas.text((2.0, 14.0), &self.unit, SMALL, SOFT, Hang::Left)?;
        for (i, panel) in self.panels.iter().enumerate() {
            let left = LEFT + (i % ACROSS) as f64 * (wide + GAP);
            let head = HEAD + (i / ACROSS) as f64 * (TITLE + PLOT + FOOT);
            // What is said stands upon the plot, whether the title has one line or two.
            let lines = font::wrap(&panel.title, SMALL, true, wide, 2);
            let first = head + 8.0 + 15.0 * (2.0 - lines.len() as f64);
            for (n, line) in lines.iter().enumerate() {
                let at = (left, first + 15.0 * n as f64);
                canvas.bold(at, line, SMALL, INK, Hang::Left)?;
            }
            let beside = font::fit(&panel.beside, SMALL, false, wide);
            canvas.text((left, head + 38.0), &beside, SMALL, SOFT, Hang::Left)?;
            let top = head + TITLE;
            self.panel(
                canvas,
                panel,
                (left, top, left + wide, top + PLOT),
                i % ACROSS == 0,
            )?;
        }
        Ok(())
    }

    fn panel<DB: DrawingBackend>(
        &self,
        canvas: &Canvas<DB>,
        panel: &Panel,
        (left, top, right, bottom): (f64, f64, f64, f64),
        first: bool,
    ) -> Drawn {
        let y = |value: f64| scale(value.min(self.top), (0.0, self.top), (bottom, top));
        let step = (right - left) / self.months.len().max(1) as f64;
        let edge = |month: usize| left + step * month as f64;
        for tick in &self.ticks {
            canvas.line((left, y(tick.at)), (right, y(tick.at)), GRID, 1)?;
            if first {
                let at = (left - 6.0, y(tick.at));
                canvas.text(at, &tick.label, SMALL, SOFT, Hang::Right)?;
            }
        }
        canvas.line((left, bottom), (right, bottom), AXIS, 1)?;
        match self.form {
            PanelForm::Columns => {
                for (i, value) in panel.values.iter().enumerate() {
                    let Some(value) = value.filter(|value| *value > 0.0) else {
                        continue;
                    };
                    let color = if i >= self.period { BLUE } else { PALE };
                    let (from, to) = (edge(i) + step * 0.14, edge(i + 1) - step * 0.14);
                    canvas.bar(from, y(value), to, bottom, color)?;
                }
            }
            PanelForm::Line => {
                let at = |i: usize, value: f64| (edge(i) + step / 2.0, y(value));
                let mut line: Vec<(f64, f64)> = Vec::new();
                for (i, value) in panel.values.iter().enumerate() {
                    match value {
                        Some(value) => line.push(at(i, *value)),
                        None => canvas.path(&std::mem::take(&mut line), BLUE, 1)?,
                    }
                }
                canvas.path(&line, BLUE, 1)?;
                let known = |i: Option<usize>| {
                    i.and_then(|i| panel.values.get(i))
                        .is_some_and(Option::is_some)
                };
                for (i, value) in panel.values.iter().enumerate() {
                    // A month between two gaps has no line to be seen by.
                    let alone = !known(i.checked_sub(1)) && !known(Some(i + 1));
                    if let Some(value) = value.filter(|_| i >= self.period || alone) {
                        canvas.mark(at(i, value), Mark::Dot, BLUE)?;
                    }
                }
            }
        }
        if let Some(mean) = panel.mean {
            canvas.dashed(&[(left, y(mean)), (right, y(mean))], SOFT, 1, 4.0, 3.0)?;
        }
        // The first month and the last one.
        if let (Some(from), Some(to)) = (self.months.first(), self.months.last()) {
            let room = (right - left) / 2.0 - 4.0;
            let (from, to) = (
                font::fit(from, SMALL, false, room),
                font::fit(to, SMALL, false, room),
            );
            canvas.text((left, bottom + 13.0), &from, SMALL, SOFT, Hang::Left)?;
            canvas.text((right, bottom + 13.0), &to, SMALL, SOFT, Hang::Right)?;
        }
        Ok(())
    }
}
