//! What changed in the period beyond chance: every series against its own past, under one control of false discoveries.
//!
//! The family holds shares (late stages, rejected decisions), complaints over working days, categories and problems. All
//! are asked the same: do the months of the period that are over differ from those before it, in what the metrics look
//! back on? So a review of a month tests that month, one of a year twelve, the one as the other against all months before.
//! What reaches the first page as a change has passed it.

mod against_past;
mod findings;
mod wording;

use std::ops::Range;

use super::maker::Maker;
use super::months;
use super::problems::{self, LONGEST_WINDOW, Problems};
use super::series::{Counts, Courses, Series, Span};
use crate::ReviewError;
use against_past::{of_categories, of_growth, of_series};
use redress_stats::Estimate;
use redress_stats::growth::{DEFAULT_LEVEL, Kind};
use redress_stats::multiplicity::benjamini_hochberg;

pub(super) use findings::findings;
pub(super) use wording::{bare_name, change_text, interval_text, name, probability};

/// Months before the period without which a series is not tested.
pub(super) const LEAST_PAST: usize = 6;

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
        let refused = Maker::refused(metric_of(&series.counts));
        match of_series(series, &courses.span).map_err(refused)? {
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
