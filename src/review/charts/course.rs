//! The course of an action: the rate of complaints in each month, with the windows that the verdict compares.

use plotters::prelude::{DrawingBackend, RGBColor};
use serde::Serialize;

use super::canvas::{AXIS, BLUE, Canvas, Drawn, GOLD, GRID, Hang, INK, PALE, PAPER, SMALL, SOFT};
use super::{Tick, WIDTH, scale};
use crate::font;

/// Months of an action, oldest first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CourseChart {
    /// What a column's height means.
    pub unit: String,
    pub top: f64,
    pub ticks: Vec<Tick>,
    pub columns: Vec<CourseColumn>,
    /// The windows, in order; columns outside of any are left pale.
    pub windows: Vec<CourseWindow>,
    /// Words for grey columns and for hollow ones, where there are any.
    pub not_compared: Option<String>,
    pub unfinished: Option<String>,
}

/// One month.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CourseColumn {
    pub label: String,
    /// `None` where it is not known.
    pub value: Option<f64>,
    /// The complaints, written on the column.
    pub text: String,
    /// Of the baseline or the follow-up.
    pub judged: Option<Judged>,
    /// The month was not over.
    pub unfinished: bool,
}

/// Which of the two windows a month lies in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Judged {
    Before,
    After,
}

/// A stretch of months with a name and, where it is judged, its mean.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CourseWindow {
    /// First and last column.
    pub from: usize,
    pub to: usize,
    pub name: String,
    /// Height of the mean and its text.
    pub mean: Option<(f64, String)>,
}

const TOP: f64 = 76.0;
/// Where the windows are marked.
const BRACKET: f64 = 56.0;
const PLOT: f64 = 190.0;
const FOOT: f64 = 34.0;
/// Height of the legend, where there is one.
const LEGEND: f64 = 22.0;
const LEFT: f64 = 46.0;
const RIGHT: f64 = 16.0;
/// Neither window.
const OUTSIDE: RGBColor = RGBColor(222, 226, 231);

impl CourseChart {
    pub(super) fn height(&self) -> u32 {
        let legend = match (&self.not_compared, &self.unfinished) {
            (None, None) => 0.0,
            (Some(_), _) | (_, Some(_)) => LEGEND,
        };
        (TOP + PLOT + FOOT + legend) as u32
    }

    pub(super) fn draw<DB: DrawingBackend>(&self, canvas: &Canvas<DB>) -> Drawn {
        let right = f64::from(WIDTH) - RIGHT;
        let bottom = TOP + PLOT;
        let y = |value: f64| scale(value, (0.0, self.top), (bottom, TOP));
        let step = (right - LEFT) / self.columns.len().max(1) as f64;
        let edge = |column: usize| LEFT + step * column as f64;
        canvas.text((LEFT - 38.0, 12.0), &self.unit, SMALL, SOFT, Hang::Left)?;
        for tick in &self.ticks {
            canvas.line((LEFT, y(tick.at)), (right, y(tick.at)), GRID, 1)?;
            canvas.text(
                (LEFT - 8.0, y(tick.at)),
                &tick.label,
                SMALL,
                SOFT,
                Hang::Right,
            )?;
        }
        let wide = (step * 0.72).min(34.0);
        let every = (52.0 / step).ceil().max(1.0) as usize;
        for (i, column) in self.columns.iter().enumerate() {
            let middle = edge(i) + step / 2.0;
            let (left, end) = (middle - wide / 2.0, middle + wide / 2.0);
            let top = y(column.value.unwrap_or(0.0));
            // The two windows differ in lightness, and the follow-up in its outline too.
            let fill = match column.judged {
                Some(Judged::Before) => PALE,
                Some(Judged::After) => BLUE,
                None => OUTSIDE,
            };
            if bottom - top >= 1.0 {
                match column.unfinished {
                    true => canvas.frame(left, top, end, bottom, AXIS)?,
                    false => canvas.bar(left, top, end, bottom, fill)?,
                }
            }
            if i % every == 0 {
                let room = step * every as f64 - 4.0;
                let label = font::fit(&column.label, SMALL, false, room);
                canvas.text((middle, bottom + 15.0), &label, SMALL, INK, Hang::Middle)?;
            }
        }
        canvas.line((LEFT, bottom), (right, bottom), AXIS, 1)?;
        for window in &self.windows {
            let (from, to) = (edge(window.from) + 2.0, edge(window.to + 1) - 2.0);
            let middle = f64::midpoint(from, to);
            canvas.line((from, BRACKET), (to, BRACKET), INK, 2)?;
            canvas.line((from, BRACKET), (from, BRACKET + 6.0), INK, 2)?;
            canvas.line((to, BRACKET), (to, BRACKET + 6.0), INK, 2)?;
            // The name and the mean each have a line: together they are too long in some languages.
            let room = (to - from).max(40.0);
            let name = font::fit(&window.name, SMALL, true, room);
            let line = if window.mean.is_some() { 26.0 } else { 12.0 };
            canvas.bold((middle, BRACKET - line), &name, SMALL, INK, Hang::Middle)?;
            if let Some((mean, text)) = &window.mean {
                let text = font::fit(text, SMALL, false, room);
                canvas.text((middle, BRACKET - 11.0), &text, SMALL, INK, Hang::Middle)?;
                canvas.dashed(&[(from, y(*mean)), (to, y(*mean))], GOLD, 3, 6.0, 4.0)?;
            }
        }
        // Last, each on paper of its own, so that no line runs through a number.
        for (i, column) in self.columns.iter().enumerate() {
            let (middle, top) = (edge(i) + step / 2.0, y(column.value.unwrap_or(0.0)));
            let half = font::width(&column.text, SMALL, false) / 2.0 + 2.0;
            if half * 2.0 < step {
                canvas.bar(middle - half, top - 15.0, middle + half, top - 2.0, PAPER)?;
                canvas.text((middle, top - 8.0), &column.text, SMALL, INK, Hang::Middle)?;
            }
        }
        self.legend(canvas, bottom + FOOT + 8.0)
    }

    /// What grey and hollow columns are; the windows are named above.
    fn legend<DB: DrawingBackend>(&self, canvas: &Canvas<DB>, line: f64) -> Drawn {
        let mut at = LEFT;
        let entries = [(&self.not_compared, false), (&self.unfinished, true)];
        for (name, hollow) in entries {
            let Some(name) = name else { continue };
            let (top, bottom) = (line - 6.0, line + 6.0);
            match hollow {
                true => canvas.frame(at, top, at + 12.0, bottom, AXIS)?,
                false => canvas.bar(at, top, at + 12.0, bottom, OUTSIDE)?,
            }
            canvas.text((at + 18.0, line), name, SMALL, INK, Hang::Left)?;
            at += 18.0 + font::width(name, SMALL, false) + 22.0;
        }
        Ok(())
    }
}
