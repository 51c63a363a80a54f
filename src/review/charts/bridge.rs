//! Stock and flow as a bridge: the opening stock, what came, what went, the closing stock.

use plotters::prelude::DrawingBackend;
use serde::Serialize;

use super::canvas::{
    AXIS, BLUE, Canvas, Drawn, GRID, Hang, INK, OCHRE, PALE, PAPER, SMALL, SOFT, TEXT,
};
use super::{Tick, WIDTH, scale};
use crate::font;

/// Steps from left to right.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BridgeChart {
    pub unit: String,
    pub top: f64,
    pub ticks: Vec<Tick>,
    pub steps: Vec<BridgeStep>,
}

/// One step: a bar from one level to another.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BridgeStep {
    pub label: String,
    pub text: String,
    pub from: f64,
    pub to: f64,
    pub kind: StepKind,
}

/// What a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    Stock,
    In,
    Out,
}

const TOP: f64 = 44.0;
const PLOT: f64 = 210.0;
const FOOT: f64 = 62.0;
const LEFT: f64 = 46.0;

impl BridgeChart {
    pub(super) fn height(&self) -> u32 {
        (TOP + PLOT + FOOT) as u32
    }

    pub(super) fn draw<DB: DrawingBackend>(&self, canvas: &Canvas<DB>) -> Drawn {
        let right = f64::from(WIDTH) - 8.0;
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
        let step = (right - LEFT) / self.steps.len().max(1) as f64;
        let wide = step * 0.6;
        // Small enough for the longest word, but never below what can be read.
        let room = step - 2.0;
        let words = self.steps.iter().flat_map(|s| s.label.split(' '));
        let widest = words
            .map(|word| font::width(word, 11.5, false))
            .fold(room, f64::max);
        let size = (11.5 * room / widest).max(9.5);
        for (i, bar) in self.steps.iter().enumerate() {
            let middle = LEFT + step * (i as f64 + 0.5);
            let (left, end) = (middle - wide / 2.0, middle + wide / 2.0);
            let (high, low) = (y(bar.from.max(bar.to)), y(bar.from.min(bar.to)));
            let low = low.max(high + 1.0);
            match bar.kind {
                StepKind::Stock => canvas.bar(left, high, end, low, BLUE)?,
                StepKind::In => {
                    canvas.bar(left, high, end, low, PALE)?;
                    canvas.frame(left, high, end, low, BLUE)?;
                }
                StepKind::Out => {
                    canvas.bar(left, high, end, low, PAPER)?;
                    canvas.frame(left, high, end, low, OCHRE)?;
                }
            }
            if i + 1 < self.steps.len() {
                let level = y(bar.to);
                canvas.dashed(
                    &[(end, level), (end + step - wide, level)],
                    AXIS,
                    1,
                    3.0,
                    3.0,
                )?;
            }
            canvas.bold((middle, high - 11.0), &bar.text, TEXT, INK, Hang::Middle)?;
            for (n, line) in font::wrap(&bar.label, size, false, room, 3)
                .iter()
                .enumerate()
            {
                let at = (middle, bottom + 15.0 + 15.0 * n as f64);
                canvas.text(at, line, size, INK, Hang::Middle)?;
            }
        }
        canvas.line((LEFT, bottom), (right, bottom), AXIS, 1)
    }
}
