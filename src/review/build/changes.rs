//! What changed in the period beyond chance: every series against its own past, under one control of false discoveries.
//!
//! The family holds shares (late stages, rejected decisions), complaints over working days, categories and problems. All
//! are asked the same: do the months of the period that are over differ from those before it, in what the metrics look
//! back on? So a review of a month tests that month, one of a year twelve, the one as the other against all months before.
//! What reaches the first page as a change has passed it.

use std::ops::Range;

use super::maker::Maker;
use super::months;
use super::phases;
use super::problems::{self, LONGEST_WINDOW, Problems};
use super::series::{Counts, Courses, Point, Series, Span};
use crate::review::ReviewError;
use crate::review::model::{Finding, FindingKind};
use crate::review::numbers::rounded;
use crate::review::words::clean;
use crate::stats::control::Counted as OfAll;
use crate::stats::effect::{self, Criterion, Month, matched};
use crate::stats::growth::{DEFAULT_LEVEL, History, Judged, Kind, Settings, judge};
use crate::stats::multiplicity::benjamini_hochberg;
use crate::stats::shift::share_shift;
use crate::stats::{DEFAULT_CONFIDENCE, Estimate, StatsError};

/// Months before the period without which a series is not tested.
pub(super) const LEAST_PAST: usize = 6;
/// Months of the past from which seasons are minded.
const SEASONS_FROM: usize = 24;
/// Changes for the worse that are findings of their own.
const MOST_FINDINGS: usize = 1;

/// How a figure changed.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Change {
    /// A share, 0 to 1, before and in the period; the difference with its limits.
    Share {
        before: f64,
        after: f64,
        difference: Estimate,
        /// Counted and all, in the period.
        counts: (u64, u64),
    },
    /// A rate by its past: the ratio with its limits, unbounded where there was nothing before.
    Ratio {
        recent: u64,
        expected: f64,
        ratio: Option<f64>,
        lower: f64,
        upper: Option<f64>,
    },
}

impl Change {
    /// Numbers of complaints that it tells of the period.
    pub(super) fn counts(&self) -> Vec<u64> {
        match self {
            Change::Share {
                counts: (count, size),
                ..
            } => vec![*count, size.saturating_sub(*count)],
            Change::Ratio { recent, .. } => vec![*recent],
        }
    }
}

/// What a test is about.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Subject {
    /// Place among the series.
    Series(usize),
    Category(String),
    Problem {
        id: String,
        label: String,
        /// Nothing of it lies before the period, or nothing for a year.
        is_new: bool,
    },
}

/// One test of the family.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Test {
    pub(super) subject: Subject,
    pub(super) change: Change,
    pub(super) p_value: f64,
    /// Benjamini and Hochberg's, over the family.
    pub(super) q_value: f64,
}

impl Test {
    /// Whether it is beyond chance.
    pub(super) fn is_called(&self) -> bool {
        self.q_value <= DEFAULT_LEVEL
    }

    pub(super) fn rose(&self) -> bool {
        match &self.change {
            Change::Share { difference, .. } => difference.value > 0.0,
            Change::Ratio { ratio, .. } => ratio.is_none_or(|ratio| ratio > 1.0),
        }
    }
}

/// The family.
#[derive(Debug, Clone)]
pub(super) struct Changes {
    pub(super) courses: Courses,
    /// `None`: the snapshot was not searched.
    pub(super) problems: Option<Problems>,
    /// Places of the months that were tested; `None`: none could be.
    pub(super) window: Option<Range<usize>>,
    /// By q, then by p, in the order of the series.
    pub(super) tests: Vec<Test>,
    /// Series with too little to be tested.
    pub(super) untested: usize,
}

impl Changes {
    /// Called tests of problems, the surest first.
    pub(super) fn called_problems(&self) -> impl Iterator<Item = &Test> {
        let of_problem = |test: &&Test| matches!(test.subject, Subject::Problem { .. });
        self.called().filter(of_problem)
    }

    /// Whether a problem is beyond chance; `false` too where it was not tested.
    pub(super) fn calls_problem(&self, called: &str) -> bool {
        self.called()
            .any(|test| matches!(&test.subject, Subject::Problem { id, .. } if id == called))
    }

    /// The test of a category that is beyond chance.
    pub(super) fn called_category(&self, name: &str) -> Option<&Test> {
        self.called()
            .find(|test| matches!(&test.subject, Subject::Category(own) if own == name))
    }

    /// Whether categories were tested, and none is beyond chance.
    pub(super) fn all_categories_steady(&self) -> bool {
        let of_category = |test: &&Test| matches!(test.subject, Subject::Category(_));
        let mut tests = self.tests.iter().filter(of_category).peekable();
        tests.peek().is_some() && tests.all(|test| !test.is_called())
    }

    fn called(&self) -> impl Iterator<Item = &Test> {
        self.tests.iter().filter(|test| test.is_called())
    }

    /// Whether the problems were tested: they were searched, and the period is one that they can be tested in.
    pub(super) fn tests_problems(&self) -> bool {
        self.problems.is_some() && self.window.as_ref().is_some_and(fits_growth)
    }

    /// The months that were tested, YYYY-MM; none where none could be.
    pub(super) fn tested_months(&self) -> &[String] {
        match &self.window {
            Some(window) => &self.courses.span.months[window.clone()],
            None => &[],
        }
    }

    /// Complaints of a problem in the period, also in a month that is not over.
    pub(super) fn in_period(&self, problem: &str) -> u64 {
        let found = self.problems.as_ref().and_then(|problems| {
            let mut list = problems.list.iter();
            list.find(|known| known.id == problem)
        });
        found.map_or(0, |problem| {
            problem.months[self.courses.span.period..].iter().sum()
        })
    }

    /// The months that were tested, and those before them, in words; nothing where none could be.
    pub(super) fn months(&self, maker: &Maker) -> (String, String) {
        match &self.window {
            Some(window) => months::tested(maker.words, &self.courses.span, window),
            None => Default::default(),
        }
    }

    /// Called tests of series, the surest first.
    pub(super) fn called_series(&self) -> impl Iterator<Item = (&Test, &Series)> {
        self.tests.iter().filter_map(|test| match &test.subject {
            Subject::Series(at) if test.is_called() => {
                self.courses.series.get(*at).map(|series| (test, series))
            }
            _ => None,
        })
    }
}

/// Tests every series; `None` when there are no months to test.
pub(super) fn read(
    maker: &Maker,
    courses: Option<Courses>,
) -> Result<Option<Changes>, ReviewError> {
    let Some(courses) = courses else {
        return Ok(None);
    };
    let window = window(&courses.span);
    let problems = problems::read(maker, &courses.span.months)?;
    let mut untested = 0;
    let mut found: Vec<(Subject, Change, f64)> = Vec::new();
    for (at, series) in courses.series.iter().enumerate() {
        match tested(series, &courses.span).map_err(Maker::refused(metric_of(&series.counts)))? {
            Some((change, p)) => found.push((Subject::Series(at), change, p)),
            None => untested += 1,
        }
    }
    let categories = of_categories(&courses).map_err(Maker::refused("category_course"))?;
    untested += courses.categories.len() - categories.len();
    found.extend(categories);
    let testable = window.as_ref().filter(|window| fits_growth(window));
    if let Some((problems, window)) = problems.as_ref().zip(testable) {
        let grown = problems.grown(window);
        let grown = grown.map_err(Maker::refused(problems::METRIC))?;
        found.extend(grown.iter().map(|(problem, judged)| {
            let subject = Subject::Problem {
                id: problem.id.clone(),
                label: problem.label.clone(),
                is_new: judged.kind == Kind::Emerging,
            };
            (subject, of_growth(judged), judged.p_value)
        }));
    }
    let p_values: Vec<f64> = found.iter().map(|(_, _, p)| *p).collect();
    let q_values = match p_values.is_empty() {
        true => Vec::new(),
        false => benjamini_hochberg(&p_values).map_err(Maker::refused("changes"))?,
    };
    let mut tests: Vec<Test> = found
        .into_iter()
        .zip(q_values)
        .map(|((subject, change, p_value), q_value)| Test {
            subject,
            change,
            p_value,
            q_value,
        })
        .collect();
    tests.sort_by(|a, b| {
        let by_q = a.q_value.total_cmp(&b.q_value);
        by_q.then(a.p_value.total_cmp(&b.p_value))
    });
    Ok(Some(Changes {
        courses,
        problems,
        window,
        tests,
        untested,
    }))
}

/// The metric that a series comes from.
pub(super) const fn metric_of(counts: &Counts) -> &'static str {
    match counts {
        Counts::Late { .. } => "stage_course",
        Counts::Rejected => "answer_course",
        Counts::Received => "volume_course",
    }
}

/// The months of the period that are over, all of those before being what they are set against. `None` where the period
/// has no whole month, or too few lie before it.
fn window(span: &Span) -> Option<Range<usize>> {
    let end = span.months.len() - usize::from(span.unfinished);
    let testable = span.whole && span.period >= LEAST_PAST && end > span.period;
    testable.then_some(span.period..end)
}

/// Whether the test of growth takes a window of that length.
fn fits_growth(window: &Range<usize>) -> bool {
    window.len() <= LONGEST_WINDOW
}

/// The months before the period that are of the present phase, and those that are tested. Nothing where a phase is too
/// new to have a past.
fn sides<'a>(series: &'a Series, span: &Span) -> Option<(&'a [Point], &'a [Point])> {
    let window = window(span)?;
    let before = series.points.get(series.present()..window.start)?;
    (before.len() >= LEAST_PAST).then(|| (before, &series.points[window]))
}

/// A series against its past; `None` where there is too little to say anything.
fn tested(series: &Series, span: &Span) -> Result<Option<(Change, f64)>, StatsError> {
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
    if past < LEAST_PAST || size < super::SMALLEST_FOR_PERCENT {
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

/// Each category's share of the complaints, one-sided: what grows.
fn of_categories(courses: &Courses) -> Result<Vec<(Subject, Change, f64)>, StatsError> {
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

fn of_growth(judged: &Judged) -> Change {
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

/// A series' name with its site, and with the phase whose months alone are looked at.
pub(super) fn name(maker: &Maker, series: &Series) -> String {
    let name = bare_name(maker, series);
    match series.phases.last() {
        None => name,
        Some(phase) => {
            let month = maker.words.month(&phase.begins);
            let values = [("series", name.as_str()), ("month", month.as_str())];
            maker.words.fill("changes.since", &values)
        }
    }
}

/// A series' name with its site.
pub(super) fn bare_name(maker: &Maker, series: &Series) -> String {
    match &series.site {
        None => series.label.clone(),
        Some(site) => {
            let values = [("series", series.label.as_str()), ("site", site.as_str())];
            maker.words.fill("changes.at_site", &values)
        }
    }
}

/// "18.0% → 31.2%" or "1.4 times as many".
pub(super) fn change_text(maker: &Maker, change: &Change) -> String {
    let words = maker.words;
    match change {
        Change::Share { before, after, .. } => {
            let (before, after) = (words.percent(*before), words.percent(*after));
            words.fill("changes.from_to", &[("before", &before), ("after", &after)])
        }
        Change::Ratio {
            recent, expected, ..
        } => {
            let recent = words.count(i64::try_from(*recent).unwrap_or(i64::MAX));
            let expected = words.real(*expected, 1);
            words.fill(
                "changes.instead_of",
                &[("recent", &recent), ("expected", &expected)],
            )
        }
    }
}

/// A probability with its sign, as "= 0.0123" or "< 0.0001".
pub(super) fn probability(maker: &Maker, p: f64) -> String {
    let words = maker.words;
    match p < 0.0001 {
        true => format!("< {}", words.real(0.0001, 4)),
        false => format!("= {}", words.real(p, 4)),
    }
}

/// The interval of the difference in percentage points, or of the ratio.
pub(super) fn interval_text(maker: &Maker, change: &Change) -> String {
    let words = maker.words;
    match change {
        Change::Share { difference, .. } => {
            let points = |share: f64| {
                let text = words.real(share * 100.0, 1);
                match rounded(share * 100.0, 1) > 0.0 {
                    true => format!("+{text}"),
                    false => text,
                }
            };
            let values = [
                ("value", points(difference.value)),
                ("low", points(difference.lower)),
                ("high", points(difference.upper)),
            ];
            let values: Vec<(&str, &str)> = values.iter().map(|(k, v)| (*k, v.as_str())).collect();
            words.fill("changes.points", &values)
        }
        Change::Ratio {
            ratio,
            lower,
            upper,
            ..
        } => {
            let bound = |value: Option<f64>| value.map_or("∞".to_owned(), |v| words.real(v, 2));
            let values = [
                ("value", bound(*ratio)),
                ("low", words.real(*lower, 2)),
                ("high", bound(*upper)),
            ];
            let values: Vec<(&str, &str)> = values.iter().map(|(k, v)| (*k, v.as_str())).collect();
            words.fill("changes.times", &values)
        }
    }
}

/// Sentences of the first page: shares that changed for the worse beyond chance; what else changed is said below.
pub(super) fn findings(
    maker: &Maker,
    changes: Option<&Changes>,
    found: &mut Vec<Finding>,
    clear: &mut Vec<String>,
) {
    let words = maker.words;
    clear.extend(changes.and_then(|changes| phases::too_new(maker, changes)));
    let Some(changes) = changes.filter(|changes| !changes.tests.is_empty()) else {
        clear.push(words.text("changes.not_tested"));
        return;
    };
    let (months, before) = changes.months(maker);
    let tested = i64::try_from(changes.tests.len()).unwrap_or(i64::MAX);
    let called = changes.tests.iter().filter(|test| test.is_called()).count();
    if called == 0 {
        let values = [("months", months.as_str()), ("before", before.as_str())];
        clear.push(words.plural("changes.none", tested, &values));
        return;
    }
    let n = words.count(i64::try_from(called).unwrap_or(i64::MAX));
    clear.push(words.plural(
        "changes.tested",
        tested,
        &[("called", &n), ("months", &months), ("before", &before)],
    ));
    let (worse, other): (Vec<_>, Vec<_>) = changes
        .called_series()
        .partition(|(test, series)| test.rose() && !matches!(series.counts, Counts::Received));
    for (test, series) in worse.iter().take(MOST_FINDINGS) {
        let Change::Share {
            counts: (count, size),
            ..
        } = &test.change
        else {
            continue;
        };
        let share = *count as f64 / (*size).max(1) as f64;
        let name = name(maker, series);
        let change = change_text(maker, &test.change);
        let interval = interval_text(maker, &test.change);
        let of = maker.of(*count, *size);
        let q = probability(maker, test.q_value);
        found.push(Finding {
            kind: FindingKind::ShareRose,
            figure: words.percent(share),
            sentence: words.fill("changes.finding", &[("series", &name), ("change", &change)]),
            detail: words.fill(
                "changes.finding_detail",
                &[
                    ("interval", &interval),
                    ("of", &of),
                    ("q", &q),
                    ("tested", &words.count(tested)),
                ],
            ),
            decision: words.text("changes.decide"),
            link: "changes".into(),
            link_text: words.text("findings.see_figures"),
        });
    }
    let mut said: Vec<String> = worse
        .iter()
        .skip(MOST_FINDINGS)
        .chain(&other)
        .map(|(test, series)| {
            format!(
                "{} {}",
                name(maker, series),
                change_text(maker, &test.change)
            )
        })
        .collect();
    // Problems have a sentence of their own; categories only where nobody works on them.
    said.extend(changes.tests.iter().filter_map(|test| match &test.subject {
        Subject::Category(category) if test.is_called() => {
            let category = words.name("categories", &clean(category));
            let category = words.fill("changes.category", &[("category", &category)]);
            Some(format!("{category} {}", change_text(maker, &test.change)))
        }
        _ => None,
    }));
    if !said.is_empty() {
        clear.push(words.fill("changes.also", &[("list", &said.join("; "))]));
    }
}
