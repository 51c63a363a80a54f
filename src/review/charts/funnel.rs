//! A funnel: units by their size against a figure, with limits that widen as units get smaller.

use plotters::prelude::DrawingBackend;
use serde::Serialize;

use super::canvas::{AXIS, BLUE, Canvas, Drawn, GRID, Hang, INK, Mark, OCHRE, PAPER, SMALL, SOFT};
use super::{Tick, WIDTH, scale};
use crate::font;

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

/// Half the height of a name's paper.
const HALF: f64 = 8.0;
/// Paper left and right of a name.
const NEAR: f64 = 2.0;
/// Between a unit's middle and its name.
const GAP: f64 = 10.0;
/// How much higher a name stands with each step away from its unit, and how many steps are tried.
const RISE: f64 = 10.0;
const STEPS: u32 = 8;

/// A unit's name and where it is written.
struct Name {
    text: String,
    left: f64,
    end: f64,
    /// Its middle line.
    line: f64,
    /// The unit's middle.
    unit: (f64, f64),
}

impl Name {
    /// Places of a unit's name, the best first: right, left, above and below it, then ever higher above it, where a line
    /// leads down to the unit.
    fn places((x, y): (f64, f64), text: &str, wide: f64) -> Vec<Name> {
        let middle = x - wide / 2.0;
        let mut places = vec![
            (x + GAP, y),
            (x - GAP - wide, y),
            (middle, y - HALF - GAP),
            (middle, y + HALF + GAP),
        ];
        for step in 1..=STEPS {
            let line = y - HALF - GAP - f64::from(step) * RISE;
            places.extend([(middle, line), (x - GAP, line), (x + GAP - wide, line)]);
        }
        let named = places.into_iter().map(|(left, line)| Name {
            text: text.to_owned(),
            left,
            end: left + wide,
            line,
            unit: (x, y),
        });
        named.collect()
    }

    /// Where the line to its unit begins and ends, when the name stands apart from it.
    fn leader(&self) -> Option<((f64, f64), (f64, f64))> {
        let (x, y) = self.unit;
        let below = self.line + HALF;
        (y - below > GAP).then_some(((x, below), (x, y)))
    }

    /// Whether it lies on the drawing and clear of its axis.
    fn is_inside(&self) -> bool {
        let wide = self.left > LEFT && self.end + NEAR < f64::from(WIDTH);
        wide && self.line > TOP && self.line + HALF < TOP + PLOT
    }

    fn meets(&self, other: &Name) -> bool {
        let across = self.left < other.end && other.left < self.end;
        across && (self.line - other.line).abs() < 2.0 * HALF
    }

    fn covers(&self, (x, y): (f64, f64)) -> bool {
        const MARK: f64 = 4.0;
        let across = self.left - MARK < x && x < self.end + MARK;
        across && (self.line - y).abs() < HALF + MARK
    }
}

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
        // On paper of their own, so that no line runs through them; the units lie upon it.
        let names = self.names(x, y);
        for name in &names {
            let (left, end) = (name.left - NEAR, name.end + NEAR);
            canvas.bar(left, name.line - HALF, end, name.line + HALF, PAPER)?;
            if let Some((from, to)) = name.leader() {
                canvas.line(from, to, INK, 1)?;
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
        for name in &names {
            canvas.bold((name.left, name.line), &name.text, SMALL, INK, Hang::Left)?;
        }
        self.legend(canvas)
    }

    /// The names of units beyond, each beside its unit where it covers no other name and, if that can be, no other unit.
    /// One without a place is left to the table.
    fn names(&self, x: impl Fn(f64) -> f64, y: impl Fn(f64) -> f64) -> Vec<Name> {
        let mut names: Vec<Name> = Vec::new();
        let marks: Vec<(f64, f64)> = self
            .units
            .iter()
            .map(|unit| (x(unit.size), y(unit.value)))
            .collect();
        for (place, unit) in self.units.iter().enumerate().filter(|(_, u)| u.beyond) {
            let text = font::fit(&unit.name, SMALL, true, 190.0);
            let wide = font::width(&text, SMALL, true);
            let at = marks[place];
            let crowded = |name: &Name| {
                let mut others = marks.iter().enumerate();
                others.any(|(other, mark)| other != place && name.covers(*mark))
            };
            let free: Vec<Name> = Name::places(at, &text, wide)
                .into_iter()
                .filter(|name| name.is_inside() && !names.iter().any(|other| name.meets(other)))
                .collect();
            let alone = free.iter().position(|name| !crowded(name));
            names.extend(free.into_iter().nth(alone.unwrap_or(0)));
        }
        names
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

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(name: &str, size: f64, value: f64, beyond: bool) -> FunnelUnit {
        FunnelUnit {
            name: name.to_owned(),
            size,
            value,
            beyond,
        }
    }

    fn names(units: Vec<FunnelUnit>) -> Vec<Name> {
        let chart = FunnelChart {
            x_title: String::new(),
            y_title: String::new(),
            last: 100.0,
            top: 1.0,
            x_ticks: Vec::new(),
            y_ticks: Vec::new(),
            target: 0.5,
            limits: Vec::new(),
            units,
            within: String::new(),
            beyond: None,
        };
        let right = f64::from(WIDTH) - RIGHT;
        chart.names(
            |size| scale(size, (0.0, 100.0), (LEFT, right)),
            |value| scale(value, (0.0, 1.0), (TOP + PLOT, TOP)),
        )
    }

    #[test]
    fn a_name_covers_neither_the_axis_nor_a_unit_nor_a_name() {
        // One upon the axis, one at the right edge, one with a unit at its right.
        let units = vec![
            unit("Upon the axis", 40.0, 0.0, true),
            unit("At the edge", 99.0, 0.5, true),
            unit("Crowded", 60.0, 0.8, true),
            unit("within", 63.0, 0.8, false),
        ];
        let names = names(units);
        assert_eq!(names.len(), 3);
        assert!(names[0].line + HALF < TOP + PLOT);
        assert!(names[1].end < f64::from(WIDTH));
        let right = f64::from(WIDTH) - RIGHT;
        let within = scale(63.0, (0.0, 100.0), (LEFT, right));
        let high = scale(0.8, (0.0, 1.0), (TOP + PLOT, TOP));
        assert!(!names[2].covers((within, high)));
        for (at, name) in names.iter().enumerate() {
            assert!(names[at + 1..].iter().all(|other| !name.meets(other)));
        }
    }

    #[test]
    fn units_at_one_point_do_not_write_over_each_other() {
        let units: Vec<FunnelUnit> = (0..8)
            .map(|n| unit(&format!("Product {n}"), 50.0, 0.5, true))
            .collect();
        let names = names(units);
        assert_eq!(names.len(), 8);
        for (at, name) in names.iter().enumerate() {
            assert!(names[at + 1..].iter().all(|other| !name.meets(other)));
        }
    }

    #[test]
    fn a_name_amid_units_stands_above_them_and_a_line_leads_down() {
        let mut units = vec![unit("Amid the others", 40.0, 0.0, true)];
        for step in 0..12 {
            units.push(unit("within", 30.0 + 2.0 * f64::from(step), 0.1, false));
            units.push(unit("within", 30.0 + 2.0 * f64::from(step), 0.02, false));
        }
        let name = names(units).remove(0);
        assert!(name.leader().is_some());
        let high = scale(0.1, (0.0, 1.0), (TOP + PLOT, TOP));
        assert!(name.line + HALF < high);
    }
}
