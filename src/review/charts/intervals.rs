//! Shares with their intervals on a percent axis: net and gross, and the objective.

use plotters::prelude::DrawingBackend;
use serde::Serialize;

use super::canvas::{
    AXIS, BLUE, Canvas, Drawn, GRID, Hang, INK, Mark, OCHRE, PAPER, SMALL, SOFT, TEXT,
};
use super::{Tick, WIDTH, scale};
use crate::font;

/// Shares in percent, a row each.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct IntervalChart {
    /// First and last percent of the axis.
    pub from: f64,
    pub to: f64,
    pub ticks: Vec<Tick>,
    pub rows: Vec<IntervalRow>,
    pub net: String,
    pub gross: String,
    /// Named only when any row has an objective.
    pub objective: Option<String>,
}

/// One row: what has no percentage says why in `note`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct IntervalRow {
    pub label: String,
    pub net: Option<Share>,
    pub gross: Option<Share>,
    /// Percent.
    pub objective: Option<f64>,
    pub note: Option<String>,
}

/// A share and its 95 % interval, in percent.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Share {
    pub low: f64,
    pub share: f64,
    pub high: f64,
    pub text: String,
}

const LABELS: f64 = 176.0;
const TOP: f64 = 40.0;
const ROW: f64 = 50.0;
const FOOT: f64 = 26.0;
const VALUES: f64 = 64.0;

impl IntervalChart {
    pub(super) fn height(&self) -> u32 {
        (TOP + ROW * self.rows.len() as f64 + FOOT) as u32
    }

    pub(super) fn draw<DB: DrawingBackend>(&self, canvas: &Canvas<DB>) -> Drawn {
        let right = f64::from(WIDTH) - VALUES;
        let bottom = TOP + ROW * self.rows.len() as f64;
        let x = |percent: f64| scale(percent, (self.from, self.to), (LABELS, right));
        self.legend(canvas)?;
        for tick in &self.ticks {
            canvas.line((x(tick.at), TOP), (x(tick.at), bottom), GRID, 1)?;
            canvas.text(
                (x(tick.at), bottom + 15.0),
                &tick.label,
                SMALL,
                SOFT,
                Hang::Middle,
            )?;
        }
        canvas.line((LABELS, bottom), (right, bottom), AXIS, 1)?;
        for (i, row) in self.rows.iter().enumerate() {
            let middle = TOP + ROW * (i as f64 + 0.5);
            let lines = font::wrap(&row.label, TEXT, false, LABELS - 14.0, 2);
            let first = middle - 8.0 * (lines.len() as f64 - 1.0);
            for (n, line) in lines.iter().enumerate() {
                let y = first + 16.0 * n as f64;
                canvas.text((LABELS - 12.0, y), line, TEXT, INK, Hang::Right)?;
            }
            if let Some(objective) = row.objective {
                let at = x(objective);
                canvas.dashed(
                    &[(at, middle - 20.0), (at, middle + 20.0)],
                    INK,
                    2,
                    4.0,
                    3.0,
                )?;
            }
            if let Some(note) = &row.note {
                let note = font::fit(note, SMALL, false, right - LABELS - 12.0);
                let left = LABELS + 10.0;
                let end = left + font::width(&note, SMALL, false);
                // On paper of its own, so that no line of the grid runs through it.
                canvas.bar(left - 3.0, middle - 9.0, end + 3.0, middle + 9.0, PAPER)?;
                canvas.text((left, middle), &note, SMALL, SOFT, Hang::Left)?;
            }
            if let Some(share) = &row.net {
                let y = if row.gross.is_some() {
                    middle - 9.0
                } else {
                    middle
                };
                canvas.line((x(share.low), y), (x(share.high), y), BLUE, 3)?;
                canvas.mark((x(share.share), y), Mark::Disc, BLUE)?;
                canvas.bold((right + 8.0, y), &share.text, TEXT, BLUE, Hang::Left)?;
            }
            if let Some(share) = &row.gross {
                let y = if row.net.is_some() {
                    middle + 9.0
                } else {
                    middle
                };
                canvas.line((x(share.low), y), (x(share.high), y), OCHRE, 1)?;
                canvas.mark((x(share.share), y), Mark::Square, OCHRE)?;
                canvas.text((right + 8.0, y), &share.text, TEXT, OCHRE, Hang::Left)?;
            }
        }
        Ok(())
    }

    fn legend<DB: DrawingBackend>(&self, canvas: &Canvas<DB>) -> Drawn {
        let y = 16.0;
        let mut at = LABELS;
        canvas.line((at, y), (at + 26.0, y), BLUE, 3)?;
        canvas.mark((at + 13.0, y), Mark::Disc, BLUE)?;
        canvas.bold((at + 32.0, y), &self.net, SMALL, BLUE, Hang::Left)?;
        at += 32.0 + font::width(&self.net, SMALL, true) + 22.0;
        canvas.line((at, y), (at + 26.0, y), OCHRE, 1)?;
        canvas.mark((at + 13.0, y), Mark::Square, OCHRE)?;
        canvas.text((at + 32.0, y), &self.gross, SMALL, OCHRE, Hang::Left)?;
        at += 32.0 + font::width(&self.gross, SMALL, false) + 22.0;
        if let Some(objective) = &self.objective {
            canvas.dashed(&[(at, y - 9.0), (at, y + 9.0)], INK, 2, 4.0, 3.0)?;
            canvas.text((at + 8.0, y), objective, SMALL, INK, Hang::Left)?;
        }
        Ok(())
    }
}
