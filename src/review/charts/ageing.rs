//! Ages of what is not closed: a panel for each party that is waited for, on one scale.

use plotters::prelude::DrawingBackend;
use serde::Serialize;

use super::canvas::{AXIS, BLUE, Canvas, Drawn, Hang, INK, OCHRE, PALE, PAPER, SMALL, SOFT, TEXT};
use super::{WIDTH, scale};
use crate::font;

/// Panels side by side, bars from the youngest band down.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AgeingChart {
    pub bands_title: String,
    pub bands: Vec<String>,
    /// The largest count of any bar.
    pub top: f64,
    pub panels: Vec<AgeingPanel>,
}

/// One group of states.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AgeingPanel {
    pub title: String,
    pub counts: Vec<f64>,
    pub texts: Vec<String>,
}

const TOP: f64 = 54.0;
const ROW: f64 = 28.0;
const LABELS: f64 = 104.0;
const GAP: f64 = 28.0;

impl AgeingChart {
    pub(super) fn height(&self) -> u32 {
        (TOP + ROW * self.bands.len() as f64 + 12.0) as u32
    }

    pub(super) fn draw<DB: DrawingBackend>(&self, canvas: &Canvas<DB>) -> Drawn {
        let panels = self.panels.len().max(1) as f64;
        let wide = (f64::from(WIDTH) - LABELS - GAP * (panels - 1.0) - 8.0) / panels;
        let bottom = TOP + ROW * self.bands.len() as f64;
        let title = font::fit(&self.bands_title, SMALL, false, LABELS - 8.0);
        canvas.text((LABELS - 10.0, 18.0), &title, SMALL, SOFT, Hang::Right)?;
        for (i, band) in self.bands.iter().enumerate() {
            let y = TOP + ROW * (i as f64 + 0.5);
            canvas.text((LABELS - 10.0, y), band, TEXT, INK, Hang::Right)?;
        }
        for (p, panel) in self.panels.iter().enumerate() {
            let left = LABELS + p as f64 * (wide + GAP);
            for (n, line) in font::wrap(&panel.title, TEXT, true, wide, 2)
                .iter()
                .enumerate()
            {
                let at = (left, 16.0 + 17.0 * n as f64);
                canvas.bold(at, line, TEXT, INK, Hang::Left)?;
            }
            canvas.line((left, TOP), (left, bottom), AXIS, 1)?;
            for (i, count) in panel.counts.iter().enumerate() {
                let y = TOP + ROW * (i as f64 + 0.5);
                let end = scale(*count, (0.0, self.top), (left, left + wide - 44.0));
                if *count > 0.0 {
                    let (top, low) = (y - 9.0, y + 9.0);
                    let end = end.max(left + 2.0);
                    match p {
                        0 => canvas.bar(left, top, end, low, BLUE)?,
                        1 => {
                            canvas.bar(left, top, end, low, PALE)?;
                            canvas.frame(left, top, end, low, BLUE)?;
                        }
                        _ => {
                            canvas.bar(left, top, end, low, PAPER)?;
                            canvas.frame(left, top, end, low, OCHRE)?;
                        }
                    }
                }
                let text = panel.texts.get(i).map_or("", String::as_str);
                let ink = if *count > 0.0 { INK } else { SOFT };
                canvas.text((end + 7.0, y), text, TEXT, ink, Hang::Left)?;
            }
        }
        Ok(())
    }
}
