//! Kaplan-Meier curves of the time in a stage: net and gross, the limit, and the numbers at risk.

use plotters::prelude::DrawingBackend;
use serde::Serialize;

use super::canvas::{AXIS, BLUE, Canvas, Drawn, GOLD, GRID, Hang, INK, OCHRE, SMALL, SOFT};
use super::{Tick, WIDTH, scale};
use crate::font;

/// Curves over counted days.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SurvivalChart {
    pub x_title: String,
    pub y_title: String,
    /// Last counted day of the axis.
    pub last: f64,
    pub x_ticks: Vec<Tick>,
    pub y_ticks: Vec<Tick>,
    pub limits: Vec<Tick>,
    pub curves: Vec<Curve>,
    pub at_risk_title: String,
}

/// One curve; the first is set bold, the second dashed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Curve {
    pub label: String,
    /// (counted day, share not yet done in percent) at each step down; starts at (0, 100).
    pub steps: Vec<(f64, f64)>,
    /// Day to which the curve is drawn: the last with ten at risk.
    pub end: f64,
    /// Numbers at risk at the ticks of the axis.
    pub at_risk: Vec<Tick>,
}

const TOP: f64 = 40.0;
const PLOT: f64 = 200.0;
const LEFT: f64 = 84.0;
const RIGHT: f64 = 20.0;

impl SurvivalChart {
    pub(super) fn height(&self) -> u32 {
        (TOP + PLOT + 62.0 + 18.0 * self.curves.len() as f64) as u32
    }

    pub(super) fn draw<DB: DrawingBackend>(&self, canvas: &Canvas<DB>) -> Drawn {
        let right = f64::from(WIDTH) - RIGHT;
        let bottom = TOP + PLOT;
        let x = |day: f64| scale(day, (0.0, self.last), (LEFT, right));
        let y = |percent: f64| scale(percent, (0.0, 100.0), (bottom, TOP));
        self.legend(canvas)?;
        for tick in &self.y_ticks {
            canvas.line((LEFT, y(tick.at)), (right, y(tick.at)), GRID, 1)?;
            canvas.text(
                (LEFT - 8.0, y(tick.at)),
                &tick.label,
                SMALL,
                SOFT,
                Hang::Right,
            )?;
        }
        for tick in &self.x_ticks {
            canvas.line((x(tick.at), bottom), (x(tick.at), bottom + 4.0), AXIS, 1)?;
            canvas.text(
                (x(tick.at), bottom + 15.0),
                &tick.label,
                SMALL,
                SOFT,
                Hang::Middle,
            )?;
        }
        canvas.line((LEFT, bottom), (right, bottom), AXIS, 1)?;
        let title_y = bottom + 32.0;
        canvas.text((right, title_y), &self.x_title, SMALL, SOFT, Hang::Right)?;
        for limit in &self.limits {
            let at = x(limit.at);
            canvas.dashed(&[(at, TOP - 6.0), (at, bottom)], INK, 2, 2.0, 4.0)?;
            let wide = font::width(&limit.label, SMALL, true);
            let hang = if at + wide + 10.0 > right {
                Hang::Right
            } else {
                Hang::Left
            };
            let shift = if matches!(hang, Hang::Right) {
                -7.0
            } else {
                7.0
            };
            canvas.bold((at + shift, TOP + 4.0), &limit.label, SMALL, INK, hang)?;
        }
        // The second curve lies upon the first, so that both show where they run together.
        for (i, curve) in self.curves.iter().enumerate() {
            let path = staircase(curve, &x, &y);
            if i == 0 {
                canvas.path(&path, BLUE, 4)?;
            } else {
                canvas.dashed(&path, GOLD, 2, 7.0, 5.0)?;
            }
        }
        let heading = font::fit(&self.at_risk_title, 11.0, false, right - LEFT);
        canvas.text((8.0, title_y + 4.0), &heading, 11.0, SOFT, Hang::Left)?;
        for (i, curve) in self.curves.iter().enumerate() {
            let row = title_y + 21.0 + 18.0 * i as f64;
            let color = if i == 0 { BLUE } else { OCHRE };
            let label = font::fit(&curve.label, 11.0, false, LEFT - 30.0);
            canvas.text((8.0, row), &label, 11.0, color, Hang::Left)?;
            for tick in &curve.at_risk {
                canvas.text((x(tick.at), row), &tick.label, 11.0, INK, Hang::Middle)?;
            }
        }
        Ok(())
    }

    fn legend<DB: DrawingBackend>(&self, canvas: &Canvas<DB>) -> Drawn {
        let y = 14.0;
        canvas.text((8.0, y), &self.y_title, SMALL, SOFT, Hang::Left)?;
        let mut end = f64::from(WIDTH) - RIGHT;
        for (i, curve) in self.curves.iter().enumerate().rev() {
            let wide = font::width(&curve.label, SMALL, i == 0);
            let line = end - wide - 8.0;
            if i == 0 {
                canvas.bold((end, y), &curve.label, SMALL, BLUE, Hang::Right)?;
                canvas.line((line - 30.0, y), (line, y), BLUE, 4)?;
            } else {
                canvas.text((end, y), &curve.label, SMALL, OCHRE, Hang::Right)?;
                canvas.dashed(&[(line - 30.0, y), (line, y)], GOLD, 2, 7.0, 5.0)?;
            }
            end = line - 30.0 - 22.0;
        }
        Ok(())
    }
}

/// The curve's corners in pixels: level, then down.
fn staircase(curve: &Curve, x: &impl Fn(f64) -> f64, y: &impl Fn(f64) -> f64) -> Vec<(f64, f64)> {
    let mut path = vec![(x(0.0), y(100.0))];
    let mut level = 100.0;
    for (day, share) in curve.steps.iter().filter(|(day, _)| *day <= curve.end) {
        path.push((x(*day), y(level)));
        path.push((x(*day), y(*share)));
        level = *share;
    }
    path.push((x(curve.end), y(level)));
    path
}
