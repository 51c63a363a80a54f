//! What a chart plots, as a spreadsheet draws it: categories and series, or curves.

use super::ageing::AgeingChart;
use super::bridge::BridgeChart;
use super::control::{ControlChart, ControlPoint};
use super::course::{CourseChart, CourseColumn};
use super::funnel::FunnelChart;
use super::intervals::{IntervalChart, IntervalRow, Share};
use super::multiples::MultiplesChart;
use super::pareto::ParetoChart;
use super::stacked::StackedChart;
use super::steps::StepsChart;
use super::survival::SurvivalChart;
use crate::model::{Chart, Drawing};

/// A chart's data.
#[derive(Debug, Clone, PartialEq)]
pub enum Plotted {
    Bars(Bars),
    Curves(Curves),
}

/// A value of each series at each category.
#[derive(Debug, Clone, PartialEq)]
pub struct Bars {
    pub form: Form,
    pub categories: Vec<String>,
    pub series: Vec<Series>,
    /// Title of the values' axis.
    pub unit: String,
    /// First and last value of the axis, where they are not to be chosen by the spreadsheet.
    pub axis: Option<(f64, f64)>,
}

/// How bars stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Lying, side by side.
    Lying,
    /// Standing, side by side.
    Standing,
    /// Standing, one upon the other.
    Stacked,
    /// A line for each series.
    Lines,
}

/// One value for each category; `None` is a gap.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    pub name: String,
    pub values: Vec<Option<f64>>,
    pub drawn: DrawnAs,
    /// Lower and upper end of each value's interval.
    pub intervals: Option<Vec<Option<(f64, f64)>>>,
}

/// How a series is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DrawnAs {
    Bar,
    /// Takes its room and is not seen: what a step of a bridge stands on.
    Unseen,
    /// A line of running shares in percent, on an axis of its own: a formula over the first series.
    RunningShare,
}

/// Curves over a common axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Curves {
    pub x_title: String,
    pub y_title: String,
    /// Last value of the upright axis, where it is not to be chosen by the spreadsheet.
    pub top: Option<f64>,
    /// Name and corners of each.
    pub curves: Vec<(String, Vec<(f64, f64)>)>,
    /// Marks that no line joins.
    pub points: Vec<(String, Vec<(f64, f64)>)>,
}

impl Series {
    fn bars(name: &str, values: Vec<Option<f64>>) -> Series {
        Series {
            name: name.to_owned(),
            values,
            drawn: DrawnAs::Bar,
            intervals: None,
        }
    }
}

/// The data of a chart.
pub fn plotted(chart: &Chart) -> Plotted {
    match &chart.drawing {
        Drawing::Intervals(data) => Plotted::Bars(intervals(data)),
        Drawing::Stacked(data) => Plotted::Bars(stacked(data)),
        Drawing::Bridge(data) => Plotted::Bars(bridge(data)),
        Drawing::Ageing(data) => Plotted::Bars(ageing(data)),
        Drawing::Pareto(data) => Plotted::Bars(pareto(data)),
        Drawing::Course(data) => Plotted::Bars(course(data)),
        Drawing::Control(data) => Plotted::Bars(control(data)),
        Drawing::Multiples(data) => Plotted::Bars(multiples(data)),
        Drawing::Steps(data) => Plotted::Bars(steps(data)),
        Drawing::Funnel(data) => Plotted::Curves(funnel(data)),
        Drawing::Survival(data) => Plotted::Curves(survival(data)),
    }
}

fn intervals(data: &IntervalChart) -> Bars {
    let of = |name: &str, side: fn(&IntervalRow) -> Option<&Share>| Series {
        name: name.to_owned(),
        values: data.rows.iter().map(|r| side(r).map(|s| s.share)).collect(),
        drawn: DrawnAs::Bar,
        intervals: Some(
            data.rows
                .iter()
                .map(|r| side(r).map(|s| (s.low, s.high)))
                .collect(),
        ),
    };
    let mut series = vec![
        of(&data.net, |row| row.net.as_ref()),
        of(&data.gross, |row| row.gross.as_ref()),
    ];
    if let Some(name) = &data.objective {
        let values = data.rows.iter().map(|row| row.objective).collect();
        series.push(Series::bars(name, values));
    }
    Bars {
        form: Form::Lying,
        categories: data.rows.iter().map(|row| row.label.clone()).collect(),
        series,
        unit: "%".to_owned(),
        axis: Some((data.from, data.to)),
    }
}

fn stacked(data: &StackedChart) -> Bars {
    let series = data
        .parts
        .iter()
        .enumerate()
        .map(|(part, name)| {
            let values = data.columns.iter().map(|c| c.values.get(part).copied());
            Series::bars(name, values.collect())
        })
        .collect();
    Bars {
        form: Form::Stacked,
        categories: data.columns.iter().map(|c| c.label.clone()).collect(),
        series,
        unit: data.unit.clone(),
        axis: None,
    }
}

fn bridge(data: &BridgeChart) -> Bars {
    let ground = data.steps.iter().map(|step| Some(step.from.min(step.to)));
    let height = data
        .steps
        .iter()
        .map(|step| Some((step.to - step.from).abs()));
    Bars {
        form: Form::Stacked,
        categories: data.steps.iter().map(|step| step.label.clone()).collect(),
        series: vec![
            Series {
                drawn: DrawnAs::Unseen,
                ..Series::bars("–", ground.collect())
            },
            Series::bars(&data.unit, height.collect()),
        ],
        unit: data.unit.clone(),
        axis: None,
    }
}

fn ageing(data: &AgeingChart) -> Bars {
    Bars {
        form: Form::Lying,
        categories: data.bands.clone(),
        series: data
            .panels
            .iter()
            .map(|panel| {
                let values = panel.counts.iter().copied().map(Some).collect();
                Series::bars(&panel.title, values)
            })
            .collect(),
        unit: data.bands_title.clone(),
        axis: None,
    }
}

fn pareto(data: &ParetoChart) -> Bars {
    let counts = data.rows.iter().map(|row| Some(row.count)).collect();
    let mut series = vec![Series::bars(&data.count_title, counts)];
    if !data.share_ticks.is_empty() {
        series.push(Series {
            drawn: DrawnAs::RunningShare,
            ..Series::bars(
                &data.share_title,
                data.rows.iter().map(|row| row.cumulative).collect(),
            )
        });
    }
    Bars {
        form: Form::Standing,
        categories: data.rows.iter().map(|row| row.label.clone()).collect(),
        series,
        unit: data.count_title.clone(),
        axis: None,
    }
}

fn course(data: &CourseChart) -> Bars {
    let within = |window: &super::course::CourseWindow, (i, column): (usize, &CourseColumn)| {
        let inside = (window.from..=window.to).contains(&i);
        column.value.filter(|_| inside)
    };
    Bars {
        form: Form::Stacked,
        categories: data.columns.iter().map(|c| c.label.clone()).collect(),
        series: data
            .windows
            .iter()
            .map(|window| {
                let values = data.columns.iter().enumerate();
                Series::bars(
                    &window.name,
                    values.map(|column| within(window, column)).collect(),
                )
            })
            .collect(),
        unit: data.unit.clone(),
        axis: None,
    }
}

fn control(data: &ControlChart) -> Bars {
    type Of = fn(&ControlPoint) -> Option<f64>;
    let lines: [(&str, Of); 4] = [
        (&data.unit, |point| point.value),
        (&data.names.centre, |point| point.centre),
        (&data.names.lower, |point| point.lower),
        (&data.names.upper, |point| point.upper),
    ];
    Bars {
        form: Form::Lines,
        categories: data.points.iter().map(|p| p.label.clone()).collect(),
        series: lines
            .into_iter()
            .map(|(name, of)| Series::bars(name, data.points.iter().map(of).collect()))
            .collect(),
        unit: data.unit.clone(),
        axis: None,
    }
}

fn multiples(data: &MultiplesChart) -> Bars {
    Bars {
        form: Form::Lines,
        categories: data.months.clone(),
        series: data
            .panels
            .iter()
            .map(|panel| Series::bars(&panel.title, panel.values.clone()))
            .collect(),
        unit: data.unit.clone(),
        axis: None,
    }
}

fn steps(data: &StepsChart) -> Bars {
    let counts = data.rows.iter().map(|row| Some(row.count)).collect();
    Bars {
        form: Form::Lying,
        categories: data.rows.iter().map(|row| row.label.clone()).collect(),
        series: vec![Series::bars(&data.unit, counts)],
        unit: data.unit.clone(),
        axis: None,
    }
}

fn funnel(data: &FunnelChart) -> Curves {
    let limits = data.limits.iter().flat_map(|limit| {
        [&limit.lower, &limit.upper].map(|curve| (limit.name.clone(), curve.clone()))
    });
    let units = data.units.iter().map(|unit| (unit.size, unit.value));
    Curves {
        x_title: data.x_title.clone(),
        y_title: data.y_title.clone(),
        top: None,
        curves: limits.collect(),
        points: vec![(data.within.clone(), units.collect())],
    }
}

fn survival(data: &SurvivalChart) -> Curves {
    let corners = |steps: &[(f64, f64)], end: f64| {
        let mut corners: Vec<(f64, f64)> = Vec::new();
        for (day, share) in steps.iter().filter(|(day, _)| *day <= end) {
            if let Some((_, before)) = corners.last().copied() {
                corners.push((*day, before));
            }
            corners.push((*day, *share));
        }
        if let Some((_, last)) = corners.last().copied() {
            corners.push((end, last));
        }
        corners
    };
    Curves {
        x_title: data.x_title.clone(),
        y_title: data.y_title.clone(),
        top: Some(100.0),
        points: Vec::new(),
        curves: data
            .curves
            .iter()
            .map(|curve| (curve.label.clone(), corners(&curve.steps, curve.end)))
            .collect(),
    }
}
