//! A control chart: a series with the limits that its own past sets it, and what stands out by shape as well as colour.

use plotters::prelude::{DrawingBackend, RGBColor};
use serde::Serialize;

use super::canvas::{AXIS, BLUE, Canvas, Drawn, GRID, Hang, INK, Mark, OCHRE, PAPER, SMALL, SOFT};
use super::{Tick, WIDTH, scale};
use crate::font;

/// Months of a series, oldest first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ControlChart {
    /// What a point's height means.
    pub unit: String,
    pub top: f64,
    pub ticks: Vec<Tick>,
    pub points: Vec<ControlPoint>,
    /// First and last point of the period, and its name.
    pub period: Option<(usize, usize, String)>,
    /// Words for the centre, the limits and the marks.
    pub names: ControlNames,
    /// Where a phase of its own begins, and its first month in words.
    pub phases: Vec<(usize, String)>,
}

/// One month.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ControlPoint {
    pub label: String,
    /// `None` is a gap.
    pub value: Option<f64>,
    /// Written beside what stands out.
    pub text: String,
    pub centre: Option<f64>,
    pub lower: Option<f64>,
    pub upper: Option<f64>,
    pub signal: Option<Signal>,
    /// The month was not over.
    pub unfinished: bool,
}

/// What stands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    /// Beyond the limits.
    Beyond,
    /// A run on one side, a trend, or two of three far out.
    Run,
}

/// Words of the legend; a mark that the chart does not have has none.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ControlNames {
    pub centre: String,
    pub limits: String,
    /// Of the two limits, for tables.
    pub lower: String,
    pub upper: String,
    pub beyond: Option<String>,
    pub run: Option<String>,
    pub unfinished: Option<String>,
    /// Of the upright line where limits begin anew.
    pub phase: Option<String>,
}

const TOP: f64 = 66.0;
/// Middle lines of the legend's two rows.
const LEGEND: [f64; 2] = [14.0, 34.0];
const PLOT: f64 = 190.0;
const FOOT: f64 = 34.0;
const LEFT: f64 = 46.0;
const RIGHT: f64 = 16.0;
/// Behind the months of the period.
const WASH: RGBColor = RGBColor(240, 244, 248);

impl ControlChart {
    pub(super) fn height(&self) -> u32 {
        (TOP + PLOT + FOOT) as u32
    }

    pub(super) fn draw<DB: DrawingBackend>(&self, canvas: &Canvas<DB>) -> Drawn {
        let right = f64::from(WIDTH) - RIGHT;
        let bottom = TOP + PLOT;
        let y = |value: f64| scale(value, (0.0, self.top), (bottom, TOP));
        let step = (right - LEFT) / self.points.len().max(1) as f64;
        let edge = |point: usize| LEFT + step * point as f64;
        let middle = |point: usize| edge(point) + step / 2.0;
        if let Some((from, to, name)) = &self.period {
            canvas.bar(edge(*from), TOP, edge(to + 1), bottom, WASH)?;
            let half = font::width(name, SMALL, true) / 2.0;
            let at = f64::midpoint(edge(*from), edge(to + 1)).min(right - half);
            canvas.bold((at, TOP - 9.0), name, SMALL, INK, Hang::Middle)?;
        }
        for tick in &self.ticks {
            canvas.line((LEFT, y(tick.at)), (right, y(tick.at)), GRID, 1)?;
            let at = (LEFT - 8.0, y(tick.at));
            canvas.text(at, &tick.label, SMALL, SOFT, Hang::Right)?;
        }
        self.legend(canvas)?;
        canvas.line((LEFT, bottom), (right, bottom), AXIS, 1)?;
        self.limits(canvas, edge, y)?;
        for (start, _) in &self.phases {
            canvas.line((edge(*start), TOP), (edge(*start), bottom), INK, 1)?;
        }
        // The line breaks at gaps, and does not lead to a month that is not over.
        let mut line: Vec<(f64, f64)> = Vec::new();
        for (i, point) in self.points.iter().enumerate() {
            match point.value.filter(|_| !point.unfinished) {
                Some(value) => line.push((middle(i), y(value.min(self.top)))),
                None => {
                    canvas.path(&std::mem::take(&mut line), BLUE, 1)?;
                }
            }
        }
        if line.len() > 1 {
            canvas.path(&line, BLUE, 1)?;
        }
        let every = (52.0 / step).ceil().max(1.0) as usize;
        for (i, point) in self.points.iter().enumerate() {
            if i % every == 0 {
                let room = step * every as f64 - 4.0;
                let label = font::fit(&point.label, SMALL, false, room);
                // Near the right edge a label leans inwards.
                let half = font::width(&label, SMALL, false) / 2.0;
                let at = middle(i).min(f64::from(WIDTH) - 2.0 - half);
                canvas.text((at, bottom + 15.0), &label, SMALL, INK, Hang::Middle)?;
            }
            let Some(value) = point.value else { continue };
            let at = (middle(i), y(value.min(self.top)));
            match (point.unfinished, point.signal) {
                (true, _) => canvas.mark(at, Mark::Ring, AXIS)?,
                (false, Some(Signal::Beyond)) => canvas.mark(at, Mark::Diamond, OCHRE)?,
                (false, Some(Signal::Run)) => canvas.mark(at, Mark::Square, OCHRE)?,
                (false, None) => canvas.mark(at, Mark::Dot, BLUE)?,
            }
        }
        self.labels(canvas, middle, y)
    }

    /// The limits step from month to month, as the months weigh; the centre is drawn through.
    fn limits<DB: DrawingBackend>(
        &self,
        canvas: &Canvas<DB>,
        edge: impl Fn(usize) -> f64,
        y: impl Fn(f64) -> f64,
    ) -> Drawn {
        type Of = fn(&ControlPoint) -> Option<f64>;
        let lines: [(Of, bool); 3] = [
            (|point| point.centre, false),
            (|point| point.lower, true),
            (|point| point.upper, true),
        ];
        for (of, dashed) in lines {
            let mut steps: Vec<(f64, f64)> = Vec::new();
            let flush = |steps: &mut Vec<(f64, f64)>| -> Drawn {
                let steps = std::mem::take(steps);
                match (steps.is_empty(), dashed) {
                    (true, _) => Ok(()),
                    (false, true) => canvas.dashed(&steps, SOFT, 1, 4.0, 3.0),
                    (false, false) => canvas.path(&steps, SOFT, 1),
                }
            };
            for (i, point) in self.points.iter().enumerate() {
                if self.phases.iter().any(|(start, _)| *start == i) {
                    flush(&mut steps)?;
                }
                match of(point) {
                    Some(at) => {
                        let at = y(at.min(self.top));
                        steps.extend([(edge(i), at), (edge(i + 1), at)]);
                    }
                    None => flush(&mut steps)?,
                }
            }
            flush(&mut steps)?;
        }
        Ok(())
    }

    /// What stands out is labelled, on paper of its own; where two would touch, the later one stands.
    fn labels<DB: DrawingBackend>(
        &self,
        canvas: &Canvas<DB>,
        middle: impl Fn(usize) -> f64,
        y: impl Fn(f64) -> f64,
    ) -> Drawn {
        let mut free = f64::from(WIDTH);
        for (i, point) in self.points.iter().enumerate().rev() {
            let Some(value) = point.value else { continue };
            if point.signal.is_none() || point.unfinished {
                continue;
            }
            let half = font::width(&point.text, SMALL, true) / 2.0 + 3.0;
            let at = middle(i).min(f64::from(WIDTH) - half - 1.0);
            if at + half > free {
                continue;
            }
            free = at - half;
            let high = y(value.min(self.top)) - 16.0;
            canvas.bar(at - half, high - 7.0, at + half, high + 7.0, PAPER)?;
            canvas.bold((at, high), &point.text, SMALL, INK, Hang::Middle)?;
        }
        Ok(())
    }

    fn legend<DB: DrawingBackend>(&self, canvas: &Canvas<DB>) -> Drawn {
        let mut at = (LEFT - 38.0, LEGEND[0]);
        let unit = font::fit(&self.unit, SMALL, false, 300.0);
        canvas.text(at, &unit, SMALL, SOFT, Hang::Left)?;
        at.1 = LEGEND[1];
        let right = f64::from(WIDTH) - RIGHT;
        // The lines first, then the marks; what has no room left on the second row goes on the first.
        let entries: Vec<(Entry, &String)> = [
            (Entry::Centre, Some(&self.names.centre)),
            (Entry::Limits, Some(&self.names.limits)),
            (Entry::Phase, self.names.phase.as_ref()),
            (
                Entry::Mark(Mark::Diamond, OCHRE),
                self.names.beyond.as_ref(),
            ),
            (Entry::Mark(Mark::Square, OCHRE), self.names.run.as_ref()),
            (
                Entry::Mark(Mark::Ring, AXIS),
                self.names.unfinished.as_ref(),
            ),
        ]
        .into_iter()
        .filter_map(|(entry, name)| name.map(|name| (entry, name)))
        .collect();
        let wide = |name: &str| 26.0 + font::width(name, SMALL, false) + 18.0;
        let mut second = at.0;
        let mut first = LEFT - 38.0 + font::width(&unit, SMALL, false) + 26.0;
        for (entry, name) in entries {
            let (x, row) = if second + wide(name) <= right {
                (&mut second, LEGEND[1])
            } else {
                (&mut first, LEGEND[0])
            };
            let name = font::fit(name, SMALL, false, (right - *x - 26.0).max(20.0));
            match entry {
                Entry::Centre => canvas.line((*x, row), (*x + 20.0, row), SOFT, 1)?,
                Entry::Limits => {
                    canvas.dashed(&[(*x, row), (*x + 20.0, row)], SOFT, 1, 4.0, 3.0)?;
                }
                Entry::Phase => {
                    let x = *x + 10.0;
                    canvas.line((x, row - 7.0), (x, row + 7.0), INK, 1)?;
                }
                Entry::Mark(mark, color) => canvas.mark((*x + 11.0, row), mark, color)?,
            }
            canvas.text((*x + 26.0, row), &name, SMALL, INK, Hang::Left)?;
            *x += wide(&name);
        }
        Ok(())
    }
}

/// A line or mark of the legend.
#[derive(Debug, Clone, Copy)]
enum Entry {
    Centre,
    Limits,
    Phase,
    Mark(Mark, RGBColor),
}
