//! A funnel: units by their size against a figure, with limits that widen as units get smaller.

use plotters::prelude::DrawingBackend;
use serde::Serialize;

use super::canvas::{AXIS, BLUE, Canvas, Drawn, GRID, Hang, INK, Mark, OCHRE, PAPER, SMALL, SOFT};
use super::{Tick, WIDTH, scale};
use crate::review::font;

/// Units and limits.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FunnelChart {
    pub x_title: String,
    pub y_title: String,
    /// Ends of the axes; both begin at 0.
    pub last: f64,
    pub top: f64,
    pub x_ticks: Vec<Tick>,
    pub y_ticks: Vec<Tick>,
    /// What all units together have.
    pub target: f64,
    /// The usual limits first, then the strict ones.
    pub limits: Vec<FunnelLimit>,
    pub units: Vec<FunnelUnit>,
    /// Words for units within and beyond.
    pub within: String,
    pub beyond: Option<String>,
}

/// A pair of limit curves, as corners from left to right.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FunnelLimit {
    pub name: String,
    pub lower: Vec<(f64, f64)>,
    pub upper: Vec<(f64, f64)>,
}

/// One unit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FunnelUnit {
    pub name: String,
    pub size: f64,
    pub value: f64,
    /// Beyond the usual limits: marked by shape and named.
    pub beyond: bool,
}

const TOP: f64 = 64.0;
const PLOT: f64 = 230.0;
const FOOT: f64 = 50.0;
const LEFT: f64 = 54.0;
const RIGHT: f64 = 20.0;

impl FunnelChart {
    pub(super) fn height(&self) -> u32 {
        (TOP + PLOT + FOOT) as u32
    }

    pub(super) fn draw<DB: DrawingBackend>(&self, canvas: &Canvas<DB>) -> Drawn {
        let right = f64::from(WIDTH) - RIGHT;
        let bottom = TOP + PLOT;
        let x = |size: f64| scale(size, (0.0, self.last), (LEFT, right));
        let y = |value: f64| scale(value.min(self.top), (0.0, self.top), (bottom, TOP));
        canvas.text((2.0, 12.0), &self.y_title, SMALL, SOFT, Hang::Left)?;
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
            let half = font::width(&tick.label, SMALL, false) / 2.0;
            let at = x(tick.at).min(f64::from(WIDTH) - half - 1.0);
            canvas.text((at, bottom + 14.0), &tick.label, SMALL, SOFT, Hang::Middle)?;
        }
        let at = (f64::midpoint(LEFT, right), bottom + 34.0);
        canvas.text(at, &self.x_title, SMALL, SOFT, Hang::Middle)?;
        canvas.line((LEFT, bottom), (right, bottom), AXIS, 1)?;
        canvas.line((LEFT, y(self.target)), (right, y(self.target)), SOFT, 1)?;
        for (n, limit) in self.limits.iter().enumerate() {
            for curve in [&limit.lower, &limit.upper] {
                // Above the axis a curve is not drawn.
                let inside = curve.iter().filter(|(_, value)| *value <= self.top);
                let corners: Vec<(f64, f64)> =
                    inside.map(|(size, value)| (x(*size), y(*value))).collect();
                match n {
                    0 => canvas.dashed(&corners, SOFT, 1, 4.0, 3.0)?,
                    _ => canvas.path(&corners, SOFT, 1)?,
                }
            }
        }
        for unit in &self.units {
            let mark = if unit.beyond {
                Mark::Diamond
            } else {
                Mark::Dot
            };
            let color = if unit.beyond { OCHRE } else { BLUE };
            canvas.mark((x(unit.size), y(unit.value)), mark, color)?;
        }
        self.legend(canvas)?;
        self.names(canvas, x, y)
    }

    /// The names of units beyond; where one would lie over another it is left to the table.
    fn names<DB: DrawingBackend>(
        &self,
        canvas: &Canvas<DB>,
        x: impl Fn(f64) -> f64,
        y: impl Fn(f64) -> f64,
    ) -> Drawn {
        let mut taken: Vec<(f64, f64, f64)> = Vec::new();
        for unit in self.units.iter().filter(|unit| unit.beyond) {
            let name = font::fit(&unit.name, SMALL, true, 190.0);
            let wide = font::width(&name, SMALL, true);
            let (at, high) = (x(unit.size), y(unit.value));
            let left = match at + 10.0 + wide > f64::from(WIDTH) {
                true => at - 10.0 - wide,
                false => at + 10.0,
            };
            let clear = taken.iter().all(|(from, to, line)| {
                left > *to || left + wide < *from || (high - line).abs() > 16.0
            });
            if clear {
                taken.push((left, left + wide, high));
                canvas.bar(left - 2.0, high - 7.0, left + wide + 2.0, high + 7.0, PAPER)?;
                canvas.bold((left, high), &name, SMALL, INK, Hang::Left)?;
            }
        }
        Ok(())
    }

    fn legend<DB: DrawingBackend>(&self, canvas: &Canvas<DB>) -> Drawn {
        let row = 36.0;
        let mut at = 2.0;
        for (n, limit) in self.limits.iter().enumerate() {
            match n {
                0 => canvas.dashed(&[(at, row), (at + 20.0, row)], SOFT, 1, 4.0, 3.0)?,
                _ => canvas.line((at, row), (at + 20.0, row), SOFT, 1)?,
            }
            canvas.text((at + 26.0, row), &limit.name, SMALL, INK, Hang::Left)?;
            at += 26.0 + font::width(&limit.name, SMALL, false) + 18.0;
        }
        let marks = [
            (Mark::Dot, BLUE, Some(&self.within)),
            (Mark::Diamond, OCHRE, self.beyond.as_ref()),
        ];
        for (mark, color, name) in marks {
            let Some(name) = name else { continue };
            let name = font::fit(name, SMALL, false, (f64::from(WIDTH) - at - 20.0).max(20.0));
            canvas.mark((at + 6.0, row), mark, color)?;
            canvas.text((at + 18.0, row), &name, SMALL, INK, Hang::Left)?;
            at += 18.0 + font::width(&name, SMALL, false) + 18.0;
        }
        Ok(())
    }
}
