//! Stacked columns: a total by month, split into named parts, each labelled where it stands.

use plotters::prelude::{DrawingBackend, RGBColor};
use serde::Serialize;

use super::canvas::{AXIS, Canvas, Drawn, GRID, Hang, INK, PAPER, SMALL, SOFT, TEXT};
use super::{Tick, WIDTH, scale};
use crate::font;

/// Columns of one unit, lowest part first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StackedChart {
    pub unit: String,
    pub top: f64,
    pub ticks: Vec<Tick>,
    /// Names of the parts, lowest first; at most six are told apart.
    pub parts: Vec<String>,
    pub columns: Vec<StackedColumn>,
}

/// One column.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StackedColumn {
    pub label: String,
    /// A second line below the label.
    pub beside: String,
    pub total: String,
    pub values: Vec<f64>,
    pub texts: Vec<String>,
}

/// One hue from dark to light: told apart in grey too; neighbours are parted by white.
const FILLS: [(RGBColor, RGBColor); 6] = [
    (RGBColor(8, 48, 107), PAPER),
    (RGBColor(33, 113, 181), PAPER),
    (RGBColor(107, 174, 214), INK),
    (RGBColor(174, 207, 230), INK),
    (RGBColor(215, 228, 240), INK),
    (RGBColor(238, 240, 242), INK),
];

const TOP: f64 = 40.0;
const PLOT: f64 = 230.0;
const FOOT: f64 = 48.0;
const LEFT: f64 = 46.0;
const NAMES: f64 = 150.0;

impl StackedChart {
    pub(super) fn height(&self) -> u32 {
        (TOP + PLOT + FOOT) as u32
    }

    pub(super) fn draw<DB: DrawingBackend>(&self, canvas: &Canvas<DB>) -> Drawn {
        let right = f64::from(WIDTH) - NAMES;
        let bottom = TOP + PLOT;
        let y = |value: f64| scale(value, (0.0, self.top), (bottom, TOP));
        canvas.text((LEFT - 38.0, 14.0), &self.unit, SMALL, SOFT, Hang::Left)?;
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
        let step = (right - LEFT) / self.columns.len().max(1) as f64;
        let wide = (step * 0.62).min(96.0);
        // With many columns only every second or third is labelled.
        let every = (58.0 / step).ceil().max(1.0) as usize;
        for (i, column) in self.columns.iter().enumerate() {
            let middle = LEFT + step * (i as f64 + 0.5);
            let mut low = 0.0;
            for (part, value) in column.values.iter().enumerate() {
                let (from, to) = (y(low), y(low + value));
                let (fill, ink) = FILLS[part.min(FILLS.len() - 1)];
                if from - to >= 1.0 {
                    let gap = if part == 0 { 0.0 } else { 1.0 };
                    canvas.bar(
                        middle - wide / 2.0,
                        to,
                        middle + wide / 2.0,
                        from - gap,
                        fill,
                    )?;
                }
                let text = column.texts.get(part).map_or("", String::as_str);
                if from - to >= 16.0 && font::width(text, SMALL, false) < wide - 6.0 {
                    canvas.text((middle, (from + to) / 2.0), text, SMALL, ink, Hang::Middle)?;
                }
                low += value;
            }
            if step >= 34.0 {
                canvas.bold(
                    (middle, y(low) - 11.0),
                    &column.total,
                    TEXT,
                    INK,
                    Hang::Middle,
                )?;
            }
            if i % every == 0 {
                let room = step * every as f64 - 4.0;
                let label = font::fit(&column.label, SMALL, false, room);
                canvas.text((middle, bottom + 15.0), &label, SMALL, INK, Hang::Middle)?;
                let beside = font::fit(&column.beside, 11.0, false, room);
                canvas.text((middle, bottom + 32.0), &beside, 11.0, SOFT, Hang::Middle)?;
            }
        }
        canvas.line((LEFT, bottom), (right, bottom), AXIS, 1)?;
        self.names(canvas, right, bottom)
    }

    /// The parts' names beside the last column, in the order of the stack, spread where crowded.
    fn names<DB: DrawingBackend>(&self, canvas: &Canvas<DB>, right: f64, bottom: f64) -> Drawn {
        let mut at = bottom - 8.0;
        for (part, name) in self.parts.iter().enumerate() {
            let (fill, _) = FILLS[part.min(FILLS.len() - 1)];
            let x = right + 14.0;
            canvas.bar(x, at - 6.0, x + 13.0, at + 7.0, fill)?;
            canvas.frame(x, at - 6.0, x + 13.0, at + 7.0, AXIS)?;
            let name = font::fit(name, SMALL, false, NAMES - 38.0);
            canvas.text((x + 20.0, at), &name, SMALL, INK, Hang::Left)?;
            at -= 22.0;
        }
        Ok(())
    }
}
