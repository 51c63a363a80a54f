//! One series, or the categories, against their own past.

use std::ops::Range;

use super::{Change, LEAST_PAST, Subject, fits_growth, window};
use crate::compose::SMALLEST_FOR_PERCENT;
use crate::compose::series::{Counts, Courses, Point, Series, Span};
use redress_stats::control::Counted as OfAll;
use redress_stats::effect::{self, Criterion, Month, matched};
use redress_stats::growth::{History, Judged, Settings, judge};
use redress_stats::shift::share_shift;
use redress_stats::{DEFAULT_CONFIDENCE, StatsError};

/// Months of the past from which seasons are minded.
const SEASONS_FROM: usize = 24;

/// A series against its past; `None` where there is too little to say anything.
pub(super) fn of_series(series: &Series, span: &Span) -> Result<Option<(Change, f64)>, StatsError> {
    let Some((before, after)) = sides(series, span) else {
        return Ok(None);
    };
    match series.counts {
        Counts::Late { .. } | Counts::Rejected => of_share(before, after),
        // The first month of a register may hold a part of its complaints only; that of a phase is like the others.
        Counts::Received if series.present() == 0 => {
            of_rate(before.get(1..).unwrap_or_default(), after)
        }
        Counts::Received => of_rate(before, after),
    }
}

/// Each category's share of the complaints, one-sided: what grows.
pub(super) fn of_categories(courses: &Courses) -> Result<Vec<(Subject, Change, f64)>, StatsError> {
    // The first month of a register may hold a part of its complaints only.
    let whole = |window: &Range<usize>| fits_growth(window) && window.start > LEAST_PAST;
    let Some(window) = window(&courses.span).filter(whole) else {
        return Ok(Vec::new());
    };
    if courses.categories.len() < 2 {
        return Ok(Vec::new());
    }
    let end = window.end;
    let own: Vec<&[u64]> = courses
        .categories
        .iter()
        .map(|(_, months)| &months[1..end])
        .collect();
    let total: Vec<u64> = (0..end - 1)
        .map(|at| own.iter().map(|own| own[at]).sum())
        .collect();
    let others: Vec<Vec<f64>> = own
        .iter()
        .map(|own| {
            total
                .iter()
                .zip(*own)
                .map(|(all, own)| (all - own) as f64)
                .collect()
        })
        .collect();
    let histories: Vec<History<'_>> = own
        .iter()
        .zip(&others)
        .map(|(cases, volume)| History { cases, volume })
        .collect();
    let settings = Settings {
        window: window.len(),
        ..Settings::default()
    };
    let growth = judge(&histories, &settings)?;
    Ok(courses
        .categories
        .iter()
        .zip(&growth.clusters)
        .filter_map(|((name, _), judged)| {
            // Without a q it is too small to be called, whenever its complaints came.
            let judged = judged
                .as_ref()
                .ok()
                .filter(|judged| judged.q_value.is_some())?;
            let subject = Subject::Category(name.clone());
            Some((subject, of_growth(judged), judged.p_value))
        })
        .collect())
}

/// What the test of growth found of a category or problem.
pub(super) fn of_growth(judged: &Judged) -> Change {
    let expected = match judged.past_volume > 0.0 {
        true => judged.past as f64 * judged.recent_volume / judged.past_volume,
        false => 0.0,
    };
    Change::Ratio {
        recent: judged.recent,
        expected,
        ratio: judged.ratio,
        lower: judged.lower,
        upper: judged.upper,
    }
}

/// The months before the period that are of the present phase, and those that are tested. Nothing where a phase is too
/// new to have a past.
fn sides<'a>(series: &'a Series, span: &Span) -> Option<(&'a [Point], &'a [Point])> {
    let window = window(span)?;
    let before = series.points.get(series.present()..window.start)?;
    (before.len() >= LEAST_PAST).then(|| (before, &series.points[window]))
}

/// A refusal for want of data is no error here: the series is not tested.
fn or_untested<T>(answer: Result<T, StatsError>) -> Result<Option<T>, StatsError> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(
            StatsError::NotEstimable { .. } | StatsError::Empty { .. } | StatsError::TooFew { .. },
        ) => Ok(None),
        Err(refused) => Err(refused),
    }
}

fn of_share(before: &[Point], after: &[Point]) -> Result<Option<(Change, f64)>, StatsError> {
    let counts = |points: &[Point]| -> Vec<OfAll> {
        let count = |point: &Point| OfAll {
            count: point.count,
            size: point.size as u64,
        };
        points.iter().map(count).collect()
    };
    let past = before.iter().filter(|point| point.size > 0.0).count();
    let after_counts = counts(after);
    let (count, size) = after_counts.iter().fold((0, 0), |(count, size), month| {
        (count + month.count, size + month.size)
    });
    if past < LEAST_PAST || size < SMALLEST_FOR_PERCENT {
        return Ok(None);
    }
    let shift = or_untested(share_shift(
        &counts(before),
        &after_counts,
        DEFAULT_CONFIDENCE,
    ))?;
    Ok(shift.map(|shift| {
        let change = Change::Share {
            before: shift.before,
            after: shift.after,
            difference: shift.difference,
            counts: (count, size),
        };
        (change, shift.p_value)
    }))
}

/// Complaints over working days, by the same calendar months of former years where there are two of them.
fn of_rate(before: &[Point], after: &[Point]) -> Result<Option<(Change, f64)>, StatsError> {
    if before.len() < LEAST_PAST {
        return Ok(None);
    }
    let seasons = before.len() >= SEASONS_FROM;
    let month = |point: &Point| Month {
        events: point.count,
        exposure: point.size,
        season: seasons
            .then(|| point.month.get(5..).and_then(|m| m.parse().ok()))
            .flatten(),
    };
    let months = |points: &[Point]| -> Vec<Month> {
        let open = points.iter().filter(|point| point.size > 0.0);
        open.map(month).collect()
    };
    let after = months(after);
    let of_after: Vec<Option<u8>> = after.iter().map(|month| month.season).collect();
    let before = matched(&months(before), &of_after);
    let criterion = Criterion {
        target: 0.0,
        confidence: DEFAULT_CONFIDENCE,
    };
    let judged = or_untested(effect::judge(&before, &after, &criterion))?;
    Ok(judged.map(|judged| {
        let expected = match judged.ratio {
            Some(ratio) if ratio > 0.0 => judged.after.events as f64 / ratio,
            _ => judged.before.events as f64 * judged.after.exposure / judged.before.exposure,
        };
        let change = Change::Ratio {
            recent: judged.after.events,
            expected,
            ratio: judged.ratio,
            lower: judged.lower,
            upper: judged.upper,
        };
        (change, judged.p_value)
    }))
}
