//! Pareto chart of categories: counts as bars, the cumulative share on a scale of its own beside.

use plotters::prelude::DrawingBackend;
use serde::Serialize;

use super::canvas::{
    AXIS, BLUE, Canvas, Drawn, GRID, Hang, INK, Mark, OCHRE, PALE, SMALL, SOFT, TEXT,
};
use super::{Tick, WIDTH, scale};
use crate::font;

/// Categories, largest first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ParetoChart {
    pub count_title: String,
    pub share_title: String,
    pub top: f64,
    pub rows: Vec<ParetoRow>,
    /// Ticks of the cumulative share; none when there are too few complaints for percentages.
    pub share_ticks: Vec<Tick>,
}

/// One category.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ParetoRow {
    pub label: String,
    pub count: f64,
    pub text: String,
    /// Percent.
    pub cumulative: Option<f64>,
    pub cumulative_text: String,
    /// True for the sum of the smaller categories.
    pub rest: bool,
}

const TOP: f64 = 44.0;
const ROW: f64 = 25.0;
const FOOT: f64 = 30.0;
const LABELS: f64 = 218.0;
const SHARES: f64 = 190.0;

impl ParetoChart {
    pub(super) fn height(&self) -> u32 {
        (TOP + ROW * self.rows.len() as f64 + FOOT) as u32
    }

    pub(super) fn draw<DB: DrawingBackend>(&self, canvas: &Canvas<DB>) -> Drawn {
        let width = f64::from(WIDTH);
        let with_shares = !self.share_ticks.is_empty();
        let bars_end = if with_shares {
            width - SHARES - 70.0
        } else {
            width - 60.0
        };
        let bottom = TOP + ROW * self.rows.len() as f64;
        let y = |i: usize| TOP + ROW * (i as f64 + 0.5);
        canvas.text((LABELS, 18.0), &self.count_title, SMALL, SOFT, Hang::Left)?;
        for (i, row) in self.rows.iter().enumerate() {
            let label = font::fit(&row.label, TEXT, false, LABELS - 14.0);
            canvas.text((LABELS - 10.0, y(i)), &label, TEXT, INK, Hang::Right)?;
            let end = scale(row.count, (0.0, self.top), (LABELS, bars_end)).max(LABELS + 1.0);
            let fill = if row.rest { PALE } else { BLUE };
            canvas.bar(LABELS, y(i) - 8.0, end, y(i) + 8.0, fill)?;
            canvas.text((end + 6.0, y(i)), &row.text, TEXT, INK, Hang::Left)?;
        }
        canvas.line((LABELS, TOP), (LABELS, bottom), AXIS, 1)?;
        if with_shares {
            self.shares(canvas, width - SHARES, width - 42.0, bottom)?;
        }
        Ok(())
    }

    fn shares<DB: DrawingBackend>(
        &self,
        canvas: &Canvas<DB>,
        left: f64,
        right: f64,
        bottom: f64,
    ) -> Drawn {
        let x = |percent: f64| scale(percent, (0.0, 100.0), (left, right));
        let title = font::fit(&self.share_title, SMALL, false, SHARES);
        canvas.text((left, 18.0), &title, SMALL, OCHRE, Hang::Left)?;
        for tick in &self.share_ticks {
            canvas.line((x(tick.at), TOP), (x(tick.at), bottom), GRID, 1)?;
            canvas.text(
                (x(tick.at), bottom + 14.0),
                &tick.label,
                11.0,
                SOFT,
                Hang::Middle,
            )?;
        }
        let points: Vec<(f64, f64, &str)> = self
            .rows
            .iter()
            .enumerate()
            .filter_map(|(i, row)| {
                let at = x(row.cumulative?);
                Some((
                    at,
                    TOP + ROW * (i as f64 + 0.5),
                    row.cumulative_text.as_str(),
                ))
            })
            .collect();
        let path: Vec<(f64, f64)> = points.iter().map(|(x, y, _)| (*x, *y)).collect();
        canvas.path(&path, OCHRE, 1)?;
        for (x, y, text) in points {
            canvas.mark((x, y), Mark::Square, OCHRE)?;
            canvas.text((x + 9.0, y), text, 11.0, INK, Hang::Left)?;
        }
        Ok(())
    }
}
