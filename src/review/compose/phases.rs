//! Recorded phases of the series: from which month on limits and tests look at a series, and the table that says why.

use super::changes::{self, Changes, LEAST_PAST, Subject, Test};
use super::control_charts;
use super::maker::Maker;
use super::series::Series;
use crate::ReviewError;
use crate::model::{Block, Cell};
use crate::numbers::whole;
use crate::words::{NOTHING, clean};
use redress_domain::chart_phase::ChartPhase;

/// A phase that begins after the first month of its series: what begins with it leaves nothing out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Phase {
    /// Place of its first month among the months of the series.
    pub(super) start: usize,
    /// YYYY-MM.
    pub(super) begins: String,
    pub(super) reason: String,
}

/// The phases of a series among its months, oldest first.
pub(super) fn of(maker: &Maker, code: &str, site: Option<&str>, months: &[String]) -> Vec<Phase> {
    let begun = |phase: &ChartPhase| {
        let start = months.iter().position(|month| *month == phase.begins)?;
        (start > 0).then(|| Phase {
            start,
            begins: phase.begins.clone(),
            reason: clean(&phase.reason),
        })
    };
    let mut phases: Vec<Phase> = maker
        .context
        .phases
        .iter()
        .filter(|phase| is_of(phase, code, site))
        .filter_map(begun)
        .collect();
    phases.sort_by_key(|phase| phase.start);
    phases.dedup_by_key(|phase| phase.start);
    phases
}

/// Whether a phase is of the series with this name, of a site or of the whole.
fn is_of(phase: &ChartPhase, code: &str, site: Option<&str>) -> bool {
    phase.series == code && phase.site.as_deref().map(clean).as_deref() == site
}

/// Every phase that bears on the months shown, with its reason; nothing where none was recorded. A phase whose series
/// is not there is shown too, for its name may be a slip.
pub(super) fn table(maker: &Maker, changes: &Changes) -> Result<Option<Block>, ReviewError> {
    let months = &changes.courses.span.months;
    let (Some(first), Some(last)) = (months.first(), months.last()) else {
        return Ok(None);
    };
    let recorded = &maker.context.phases;
    // Of those that began before the first month only the latest is left.
    let bears = |phase: &&ChartPhase| {
        let over = |other: &ChartPhase| follows(other, phase) && other.begins <= *first;
        phase.begins <= *last && !recorded.iter().any(over)
    };
    let rows = recorded
        .iter()
        .filter(bears)
        .map(|phase| row(maker, changes, phase, last))
        .collect::<Result<Vec<_>, _>>()?;
    if rows.is_empty() {
        return Ok(None);
    }
    let mut columns = maker.columns(&[
        "changes.col_series",
        "changes.col_phase_begins",
        "changes.col_phase_reason",
        "changes.col_phase_recorded",
        "changes.col_phase_limits",
        "changes.col_phase_test",
    ]);
    for column in &mut columns {
        column.number = false;
    }
    let caption = maker.words.text("changes.phases");
    Ok(Some(Block::Table {
        table: maker.table("chart_phases", caption, columns, rows),
    }))
}

/// Whether a phase is a later one of the same series.
fn follows(phase: &ChartPhase, earlier: &ChartPhase) -> bool {
    let alike = phase.series == earlier.series && phase.site == earlier.site;
    alike && phase.begins > earlier.begins
}

/// One phase. Why and by whom is for inside.
fn row(
    maker: &Maker,
    changes: &Changes,
    phase: &ChartPhase,
    last: &str,
) -> Result<Vec<Cell>, ReviewError> {
    let words = maker.words;
    let series = &changes.courses.series;
    let found = series
        .iter()
        .position(|series| is_of(phase, &series.counts.code(), series.site.as_deref()));
    let mut later = maker.context.phases.iter();
    let is_over = later.any(|other| follows(other, phase) && other.begins.as_str() <= last);
    let (name, limits) = match found {
        None => (
            of_nothing(maker, phase),
            words.text("changes.phase_no_series"),
        ),
        Some(at) => (
            changes::bare_name(maker, &series[at]),
            limits(maker, changes, &series[at], phase)?,
        ),
    };
    let test = match found.filter(|_| !is_over) {
        None => NOTHING.to_owned(),
        Some(at) => words.text(match is_tested(changes, at) {
            true => "changes.phase_tested",
            false => "changes.phase_untested",
        }),
    };
    let by = clean(&phase.entered_by);
    let on = phase.recorded_at.with_timezone(&maker.context.zone);
    let on = words.date(on.date_naive());
    let recorded = [("name", by.as_str()), ("day", on.as_str())];
    Ok(vec![
        Cell::text(name),
        Cell::text(words.month(&phase.begins)),
        Cell::text(clean(&phase.reason)).kept_inside(),
        Cell::text(words.fill("changes.phase_recorded", &recorded)).kept_inside(),
        Cell::text(limits),
        Cell::text(test),
    ])
}

/// Whether a series stands among the tests of the period.
fn is_tested(changes: &Changes, at: usize) -> bool {
    let is_it = |test: &Test| matches!(test.subject, Subject::Series(own) if own == at);
    changes.tests.iter().any(is_it)
}

/// A sentence of the first page: series that are not tested because a phase of theirs is too new to have a past. Whoever
/// records a phase takes a test away, and that is not done in silence.
pub(super) fn too_new(maker: &Maker, changes: &Changes) -> Option<String> {
    let span = &changes.courses.span;
    let could_be = |series: &&Series| span.period >= LEAST_PAST && !series.phases.is_empty();
    let list: Vec<String> = changes
        .courses
        .series
        .iter()
        .filter(could_be)
        .filter(|series| span.period < series.present() + LEAST_PAST)
        .map(|series| changes::name(maker, series))
        .collect();
    let list = (!list.is_empty()).then(|| list.join("; "))?;
    Some(maker.words.fill("changes.too_new", &[("list", &list)]))
}

/// The name of a series that no complaint belongs to, as it was recorded.
fn of_nothing(maker: &Maker, phase: &ChartPhase) -> String {
    let series = clean(&phase.series);
    match &phase.site {
        None => series,
        Some(site) => {
            let site = clean(site);
            let values = [("series", series.as_str()), ("site", site.as_str())];
            maker.words.fill("changes.at_site", &values)
        }
    }
}

/// What the limits of a phase rest on, in words; nothing where the series has no chart.
fn limits(
    maker: &Maker,
    changes: &Changes,
    series: &Series,
    phase: &ChartPhase,
) -> Result<String, ReviewError> {
    let span = &changes.courses.span;
    // What began before the first month rules from there on.
    let start = span.months.iter().position(|month| *month == phase.begins);
    let refused = Maker::refused(changes::metric_of(&series.counts));
    let baseline = control_charts::baseline(series, span, start.unwrap_or(0)).map_err(refused)?;
    Ok(match baseline {
        None => NOTHING.to_owned(),
        Some(baseline) => {
            let months = whole(baseline.points);
            let key = match baseline.is_firm() {
                true => "changes.phase_firm",
                false => "changes.phase_provisional",
            };
            maker.words.plural(key, months, &[])
        }
    })
}
