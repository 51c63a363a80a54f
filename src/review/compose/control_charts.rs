//! The section on change: what was tested and what came out, and the control charts.

use super::changes::{self, Changes, Subject, Test};
use super::maker::{Maker, percent_ticks, ticks};
use super::phases;
use super::series::{Counts, Courses, Point, Series, Span};
use super::sites;
use crate::ReviewError;
use crate::charts::control::{ControlChart, ControlNames, ControlPoint, Signal};
use crate::model::{Block, Cell, Chart, Drawing, Section};
use crate::numbers::{rounded, whole};
use crate::words::{NOTHING, clean};
use redress_stats::StatsError;
use redress_stats::control::{
    Baseline, BaselineSource, ChartKind, ChartPhase, ChartPlan, ControlChart as Judged, Counted,
    Exposed, Rebase, RunRule, p_chart, p_prime_chart, u_chart, u_prime_chart,
};
use redress_stats::dispersion::{DEFAULT_LEVEL, Dispersion, rate_dispersion, share_dispersion};
use redress_stats::growth;

/// Without it there are no months.
const VOLUME: &str = "volume_course";
/// Months without which no control chart is drawn.
const LEAST_MONTHS: usize = 6;
/// Things in a month, on average, below which the limits of a share cover all of the axis.
const LEAST_A_MONTH: f64 = 8.0;
/// Tests shown that are not beyond chance.
const MOST_STEADY: usize = 12;

pub(super) fn section(maker: &Maker, changes: Option<&Changes>) -> Result<Section, ReviewError> {
    let words = maker.words;
    let mut blocks = vec![Block::Text {
        text: words.text("changes.lead"),
    }];
    match changes {
        None => blocks.push(match maker.metric(VOLUME, &[])? {
            None => maker.not_measured(VOLUME),
            Some(_) => Block::Absent {
                text: words.text("changes.no_months"),
            },
        }),
        Some(changes) => {
            tests(maker, changes, &mut blocks);
            blocks.extend(phases::table(maker, changes)?);
            let (mut small, mut steady) = (Vec::new(), Vec::new());
            for series in changes.courses.series.iter().filter(|s| s.site.is_none()) {
                if is_small(series) {
                    small.push(series.label.clone());
                    continue;
                }
                let metric = changes::metric_of(&series.counts);
                let chart = control_chart(maker, series, &changes.courses.span)
                    .map_err(Maker::refused(metric))?;
                match chart {
                    Some(chart) if is_shown(series, &chart) => blocks.push(Block::Chart {
                        chart: Box::new(chart),
                    }),
                    Some(_) => steady.push(series.label.clone()),
                    None => {}
                }
            }
            if !steady.is_empty() {
                let list = steady.join("; ");
                blocks.push(Block::Text {
                    text: words.fill("changes.steady_list", &[("list", &list)]),
                });
            }
            if !small.is_empty() {
                let list = small.join("; ");
                blocks.push(Block::Absent {
                    text: words.fill("changes.small", &[("list", &list)]),
                });
            }
            blocks.extend(sites::charts(maker, changes));
            blocks.push(Block::Command {
                text: words.text("cases.open_with"),
                command: maker.command("stage_course", &[]),
            });
        }
    }
    Ok(Section {
        id: "changes".into(),
        title: words.text("changes.title"),
        reference: words.text("changes.reference"),
        blocks,
    })
}

/// The charts of the whole process that a page shows beside its own figures: every series with enough a month.
pub(super) fn charts(maker: &Maker, courses: &Courses) -> Result<Vec<Chart>, ReviewError> {
    let whole = courses.series.iter().filter(|series| series.site.is_none());
    let mut charts = Vec::new();
    for series in whole.filter(|series| !is_small(series)) {
        let metric = changes::metric_of(&series.counts);
        let chart = control_chart(maker, series, &courses.span).map_err(Maker::refused(metric))?;
        charts.extend(chart);
    }
    Ok(charts)
}

/// How many were tested, and the table: all beyond chance, then the nearest to it.
fn tests(maker: &Maker, changes: &Changes, blocks: &mut Vec<Block>) {
    let words = maker.words;
    if changes.tests.is_empty() {
        blocks.push(Block::Absent {
            text: words.text("changes.not_tested"),
        });
        return;
    }
    let (months, before) = changes.months(maker);
    let number = |n: usize| words.count(whole(n));
    let called = changes.tests.iter().filter(|test| test.is_called()).count();
    let values = [
        ("n", number(changes.tests.len())),
        ("called", number(called)),
        ("untested", number(changes.untested)),
        ("level", words.percent_tick(growth::DEFAULT_LEVEL * 100.0)),
        ("months", months),
        ("before", before),
    ];
    let values: Vec<(&str, &str)> = values.iter().map(|(k, v)| (*k, v.as_str())).collect();
    blocks.push(Block::Text {
        text: words.fill("changes.family", &values),
    });
    let shown: Vec<&Test> = changes.tests.iter().take(called + MOST_STEADY).collect();
    let rows = shown
        .iter()
        .map(|test| {
            vec![
                subject(maker, changes, test),
                Cell::text(changes::change_text(maker, &test.change))
                    .telling(&test.change.counts()),
                Cell::text(changes::interval_text(maker, &test.change)),
                probability(maker, test.p_value),
                probability(maker, test.q_value),
                Cell::text(words.text(match test.is_called() {
                    true => "changes.beyond_chance",
                    false => "changes.within_chance",
                })),
            ]
        })
        .collect();
    let mut columns = maker.columns(&[
        "changes.col_series",
        "changes.col_change",
        "changes.col_interval",
        "changes.col_p",
        "changes.col_q",
        "changes.col_verdict",
    ]);
    for text in [1, 2, 5] {
        columns[text].number = false;
    }
    let caption = words.plural(
        "changes.caption",
        whole(changes.tests.len()),
        &[("shown", &number(shown.len()))],
    );
    blocks.push(Block::Table {
        table: maker.table("changes", caption, columns, rows),
    });
}

fn probability(maker: &Maker, p: f64) -> Cell {
    Cell::number(changes::probability(maker, p), rounded(p, 4))
}

/// What a test is about; a problem is named by the words of complainants.
fn subject(maker: &Maker, changes: &Changes, test: &Test) -> Cell {
    let words = maker.words;
    match &test.subject {
        Subject::Series(at) => {
            let series = changes.courses.series.get(*at);
            Cell::text(series.map_or(NOTHING.to_owned(), |series| changes::name(maker, series)))
        }
        Subject::Category(name) => {
            let name = words.name("categories", &clean(name));
            // A small category's number would follow from those of the others.
            Cell::text(words.fill("changes.category", &[("category", &name)])).kept_inside()
        }
        Subject::Problem { id, label, .. } => Cell::text(format!("{id} {label}")).kept_inside(),
    }
}

/// The whole of the process is always drawn; of its parts those where a month stands out or limits begin anew, so that these
/// are seen.
fn is_shown(series: &Series, chart: &Chart) -> bool {
    let whole = match &series.counts {
        Counts::Late { stage, .. } => stage == "overall",
        Counts::Rejected | Counts::Received => true,
    };
    let stands_out = match &chart.drawing {
        Drawing::Control(drawing) => drawing.points.iter().any(|point| point.signal.is_some()),
        _ => true,
    };
    whole || stands_out || !series.phases.is_empty()
}

/// A share of so few a month that a chart of it says nothing.
fn is_small(series: &Series) -> bool {
    let sizes: f64 = series.points.iter().map(|point| point.size).sum();
    !matches!(series.counts, Counts::Received) && sizes < LEAST_A_MONTH * series.points.len() as f64
}

/// The judged points of a series, its unit and the word for a point's height.
struct Charted {
    judged: Judged,
    unit: &'static str,
    /// From the height of a point to that on the axis.
    factor: f64,
}

/// A series by the chart that fits its scatter; `None` where it is too short or has nothing to show.
fn charted(series: &Series, span: &Span) -> Result<Option<Charted>, StatsError> {
    let full = series
        .points
        .iter()
        .filter(|point| point.size > 0.0)
        .count();
    if full < LEAST_MONTHS || series.points.iter().all(|point| point.count == 0) {
        return Ok(None);
    }
    let rebased = series.phases.iter().map(|phase| Rebase {
        start: phase.start,
        reason: phase.reason.clone(),
        baseline: BaselineSource::Computed,
    });
    let plan = ChartPlan {
        rebased: rebased.collect(),
        last_unfinished: span.unfinished,
        ..ChartPlan::default()
    };
    let judged = match series.counts {
        Counts::Late { .. } | Counts::Rejected => {
            let points = shares(&series.points);
            match scatters(series, span, |months| share_dispersion(&shares(months))) {
                true => p_prime_chart(&points, &plan),
                false => p_chart(&points, &plan),
            }
        }
        Counts::Received => {
            let points = rates(&series.points);
            match scatters(series, span, |months| rate_dispersion(&rates(months))) {
                true => u_prime_chart(&points, &plan),
                false => u_chart(&points, &plan),
            }
        }
    }?;
    let (unit, factor) = match series.counts {
        Counts::Late { .. } => ("changes.unit_late", 100.0),
        Counts::Rejected => ("changes.unit_rejected", 100.0),
        Counts::Received => ("changes.unit_received", 1.0),
    };
    Ok(Some(Charted {
        judged,
        unit,
        factor,
    }))
}

fn shares(points: &[Point]) -> Vec<Counted> {
    let share = |point: &Point| Counted {
        count: point.count,
        size: point.size as u64,
    };
    points.iter().map(share).collect()
}

fn rates(points: &[Point]) -> Vec<Exposed> {
    let rate = |point: &Point| Exposed {
        count: point.count,
        exposure: point.size,
    };
    points.iter().map(rate).collect()
}

/// Whether the months before the period scatter more than chance makes them, each phase around its own level: what a phase or
/// the period itself changed is for the chart to show.
fn scatters(
    series: &Series,
    span: &Span,
    scatter: impl Fn(&[Point]) -> Result<Dispersion, StatsError>,
) -> bool {
    let end = span.period.max(1).min(series.points.len());
    let mut start = 0;
    let mut parts = Vec::new();
    let begun = series.phases.iter().map(|phase| phase.start);
    for next in begun.filter(|begun| *begun < end).chain([end]) {
        parts.extend(scatter(&series.points[start..next]).ok());
        start = next;
    }
    Dispersion::together(&parts).is_ok_and(|all| all.is_over(DEFAULT_LEVEL))
}

/// What the limits of the phase that begins with a month rest on; `None` where the series is not drawn, or the phase has too
/// few months.
pub(super) fn baseline(
    series: &Series,
    span: &Span,
    start: usize,
) -> Result<Option<Baseline>, StatsError> {
    if series.site.is_some() || is_small(series) {
        return Ok(None);
    }
    let drawn = charted(series, span)?;
    Ok(drawn.and_then(|drawn| {
        let mut phases = drawn.judged.phases.iter();
        phases.find(|phase| phase.start == start)?.baseline
    }))
}

fn control_chart(maker: &Maker, series: &Series, span: &Span) -> Result<Option<Chart>, StatsError> {
    let words = maker.words;
    let Some(Charted {
        judged,
        unit,
        factor,
    }) = charted(series, span)?
    else {
        return Ok(None);
    };
    let places = if factor > 1.0 { 1 } else { 2 };
    let height = |value: f64| rounded(value * factor, places);
    let written = |value: f64| match factor > 1.0 {
        true => words.percent(value),
        false => words.real(value, places),
    };
    let points: Vec<ControlPoint> = judged
        .points
        .iter()
        .zip(&series.points)
        .map(|(point, month)| ControlPoint {
            label: month.month.clone(),
            value: point.value.map(height),
            text: point.value.map(written).unwrap_or_default(),
            centre: point.limits.map(|limits| height(limits.centre)),
            lower: point.limits.map(|limits| height(limits.lower)),
            upper: point.limits.map(|limits| height(limits.upper)),
            signal: signal(&point.signals),
            unfinished: point.unfinished,
        })
        .collect();
    let firm = |phase: &ChartPhase| phase.baseline.is_some_and(|b| b.is_firm());
    let limits = match (
        judged.phases.iter().any(firm),
        judged.phases.iter().all(firm),
    ) {
        (_, true) => "changes.limits_firm",
        (true, false) => "changes.limits_partly",
        (false, false) => "changes.limits_provisional",
    };
    let begun: Vec<String> = series
        .phases
        .iter()
        .map(|phase| words.month(&phase.begins))
        .collect();
    let signals = |wanted: Signal| -> Vec<String> {
        let marked = points.iter().filter(|point| point.signal == Some(wanted));
        marked.map(|point| words.month(&point.label)).collect()
    };
    let (beyond, runs) = (signals(Signal::Beyond), signals(Signal::Run));
    let said = finding(maker, &beyond, &runs);
    let highest = points
        .iter()
        .flat_map(|point| [point.value, point.upper])
        .flatten()
        .fold(0.0, f64::max);
    let highest = if factor > 1.0 {
        highest.min(100.0)
    } else {
        highest
    };
    let y_ticks = match factor > 1.0 {
        true => percent_ticks(words, highest * 1.1),
        false => ticks(words, highest * 1.1, false),
    };
    let names = ControlNames {
        centre: words.text("changes.centre"),
        limits: words.text(limits),
        lower: words.text("changes.col_lower"),
        upper: words.text("changes.col_upper"),
        beyond: (!beyond.is_empty()).then(|| words.text("changes.mark_beyond")),
        run: (!runs.is_empty()).then(|| words.text("changes.mark_run")),
        unfinished: points
            .iter()
            .any(|point| point.unfinished)
            .then(|| words.text("changes.mark_unfinished")),
        phase: (!begun.is_empty()).then(|| words.text("changes.mark_phase")),
    };
    let rows = judged
        .points
        .iter()
        .zip(&series.points)
        .zip(&points)
        .map(|((point, month), drawn)| {
            let cell = |value: Option<f64>| match value {
                Some(value) => Cell::number(written(value), height(value)),
                None => Cell::text(NOTHING),
            };
            let size = match series.counts {
                Counts::Received => Cell::number(words.real(month.size, 1), rounded(month.size, 1)),
                Counts::Late { .. } | Counts::Rejected => maker.count_cell(month.size as i64, None),
            };
            let begins = series
                .phases
                .iter()
                .any(|phase| phase.begins == month.month);
            vec![
                Cell::text(words.month(&month.month)),
                maker.count_cell(whole(month.count), None),
                size,
                cell(point.value),
                cell(point.limits.map(|limits| limits.centre)),
                cell(point.limits.map(|limits| limits.lower)),
                cell(point.limits.map(|limits| limits.upper)),
                Cell::text(marks(maker, &point.signals, begins, drawn.unfinished)),
            ]
        })
        .collect();
    let size = match series.counts {
        Counts::Late { .. } => "changes.col_due",
        Counts::Rejected => "changes.col_answered",
        Counts::Received => "changes.col_days",
    };
    let mut columns = maker.columns(&[
        "changes.col_month",
        "changes.col_count",
        size,
        unit,
        "changes.centre",
        "changes.col_lower",
        "changes.col_upper",
        "changes.col_mark",
    ]);
    if let Some(last) = columns.last_mut() {
        last.number = false;
    }
    let name = series.counts.chart_name();
    let said = match begun.is_empty() {
        true => said,
        false => {
            let list = begun.join(", ");
            let values = [("finding", said.as_str()), ("months", list.as_str())];
            words.fill("changes.in_phases", &values)
        }
    };
    let values = [
        ("series", series.label.as_str()),
        ("finding", said.as_str()),
    ];
    let title = words.fill("changes.chart", &values);
    let kind = words.text(match judged.kind {
        ChartKind::PPrime | ChartKind::UPrime => "changes.kind_scatter",
        ChartKind::P
        | ChartKind::U
        | ChartKind::Individuals
        | ChartKind::Between
        | ChartKind::TimeBetween => "changes.kind_chance",
    });
    let mut table = maker.table(&name.replace('-', "_"), title.clone(), columns, rows);
    table.folded = true;
    let last = points.len().saturating_sub(1);
    Ok(Some(Chart {
        name,
        alt: words.fill(
            "changes.alt",
            &[
                ("series", &series.label),
                ("finding", &said),
                ("kind", &kind),
            ],
        ),
        title,
        drawing: Drawing::Control(ControlChart {
            unit: words.text(unit),
            top: y_ticks.last().map_or(1.0, |tick| tick.at),
            ticks: y_ticks,
            points,
            period: (span.period <= last)
                .then(|| (span.period, last, clean(&maker.context.period.name))),
            names,
            phases: series
                .phases
                .iter()
                .zip(begun)
                .map(|(phase, month)| (phase.start, month))
                .collect(),
        }),
        table,
    }))
}

/// The strongest of a point's signals.
fn signal(rules: &[RunRule]) -> Option<Signal> {
    if rules.contains(&RunRule::BeyondThreeSigma) {
        Some(Signal::Beyond)
    } else if rules.is_empty() {
        None
    } else {
        Some(Signal::Run)
    }
}

/// What stands out at a month, in words: the rules that it broke, and that limits begin anew with it.
fn marks(maker: &Maker, rules: &[RunRule], begins: bool, unfinished: bool) -> String {
    let words = maker.words;
    let mut said: Vec<String> = rules
        .iter()
        .map(|rule| {
            words.text(match rule {
                RunRule::BeyondThreeSigma => "changes.rule_beyond",
                RunRule::EightOnOneSide => "changes.rule_eight",
                RunRule::SixTrending => "changes.rule_six",
                RunRule::TwoOfThreeBeyondTwoSigma => "changes.rule_two",
            })
        })
        .collect();
    if begins {
        said.push(words.text("changes.mark_phase"));
    }
    if unfinished {
        said.push(words.text("changes.mark_unfinished"));
    }
    said.join("; ")
}

/// What a chart says, for its caption.
fn finding(maker: &Maker, beyond: &[String], runs: &[String]) -> String {
    let words = maker.words;
    let list = |months: &[String]| -> String {
        let shown: Vec<&str> = months
            .iter()
            .rev()
            .take(3)
            .rev()
            .map(String::as_str)
            .collect();
        match months.len() > shown.len() {
            true => format!("… {}", shown.join(", ")),
            false => shown.join(", "),
        }
    };
    let n = |months: &[String]| whole(months.len());
    match (beyond.is_empty(), runs.is_empty()) {
        (true, true) => words.text("changes.steady"),
        (false, _) => words.plural("changes.beyond", n(beyond), &[("months", &list(beyond))]),
        (true, false) => words.plural("changes.runs", n(runs), &[("months", &list(runs))]),
    }
}
