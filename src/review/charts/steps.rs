//! The way of a number of things through steps: each step a bar, what parts from it set in below.

use plotters::prelude::DrawingBackend;
use serde::Serialize;

use super::canvas::{AXIS, BLUE, Canvas, Drawn, Hang, INK, OCHRE, PALE, PAPER, SMALL, SOFT, TEXT};
use super::{WIDTH, scale};
use crate::font;

/// Steps from the first down.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StepsChart {
    /// What a bar's length means.
    pub unit: String,
    /// The longest bar.
    pub top: f64,
    pub rows: Vec<Step>,
}

/// One step, or what became of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    pub label: String,
    pub count: f64,
    /// The count and its share, in words.
    pub text: String,
    pub kind: StepKind,
}

/// What a bar is, told by its fill and its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// All that came to this step.
    Whole,
    /// Ended well for both sides.
    Settled,
    /// Went on, or ended otherwise.
    Other,
}

const TOP: f64 = 30.0;
const ROW: f64 = 30.0;
const LABELS: f64 = 252.0;
/// Parts are set in.
const INDENT: f64 = 16.0;
const VALUES: f64 = 150.0;

impl StepsChart {
    pub(super) fn height(&self) -> u32 {
        (TOP + ROW * self.rows.len() as f64 + 10.0) as u32
    }

    pub(super) fn draw<DB: DrawingBackend>(&self, canvas: &Canvas<DB>) -> Drawn {
        let right = f64::from(WIDTH) - VALUES;
        let bottom = TOP + ROW * self.rows.len() as f64;
        canvas.text((LABELS, 14.0), &self.unit, SMALL, SOFT, Hang::Left)?;
        canvas.line((LABELS, TOP), (LABELS, bottom), AXIS, 1)?;
        for (i, row) in self.rows.iter().enumerate() {
            let y = TOP + ROW * (i as f64 + 0.5);
            let whole = row.kind == StepKind::Whole;
            let left = if whole { 2.0 } else { 2.0 + INDENT };
            let lines = font::wrap(&row.label, TEXT, whole, LABELS - left - 10.0, 2);
            let first = y - 7.0 * (lines.len() as f64 - 1.0);
            for (n, line) in lines.iter().enumerate() {
                let at = (left, first + 14.0 * n as f64);
                match whole {
                    true => canvas.bold(at, line, TEXT, INK, Hang::Left)?,
                    false => canvas.text(at, line, TEXT, INK, Hang::Left)?,
                }
            }
            let end = scale(row.count, (0.0, self.top), (LABELS, right));
            if row.count > 0.0 {
                let end = end.max(LABELS + 2.0);
                let (top, low) = (y - 9.0, y + 9.0);
                match row.kind {
                    StepKind::Whole => canvas.bar(LABELS, top, end, low, BLUE)?,
                    StepKind::Settled => {
                        canvas.bar(LABELS, top, end, low, PALE)?;
                        canvas.frame(LABELS, top, end, low, BLUE)?;
                    }
                    StepKind::Other => {
                        canvas.bar(LABELS, top, end, low, PAPER)?;
                        canvas.frame(LABELS, top, end, low, OCHRE)?;
                    }
                }
            }
            let room = f64::from(WIDTH) - end - 10.0;
            let text = font::fit(&row.text, TEXT, false, room);
            canvas.text((end.max(LABELS) + 7.0, y), &text, TEXT, INK, Hang::Left)?;
        }
        Ok(())
    }
}
