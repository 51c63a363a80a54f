//! Series of months up to the end of the period: late stages, rejected decisions, complaints received; of the whole and of
//! each site.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate};

use super::maker::Maker;
use super::phases::{self, Phase};
use super::sla;
use crate::ReviewError;
use crate::words::clean;
use redress_domain::chart_series::CHART_PREFIX;
use redress_engine::counted::{Counted, Value};

const STAGES: &str = "stage_course";
const ANSWERS: &str = "answer_course";
const VOLUME: &str = "volume_course";
const CATEGORIES: &str = "category_course";
/// Metrics that are read here.
pub(super) const SHOWN: [&str; 4] = [STAGES, ANSWERS, VOLUME, CATEGORIES];

/// What a series counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Counts {
    /// Late ones of the stages due.
    Late {
        pass: i64,
        place: usize,
        stage: String,
    },
    /// Rejections of the first decisions answered.
    Rejected,
    /// Complaints received, over working days.
    Received,
}

impl Counts {
    /// Name of its chart, fit for a file.
    pub(super) fn chart_name(&self) -> String {
        format!("{CHART_PREFIX}{}", self.code())
    }

    /// The name that commands and the register know it by: where it is one of theirs, that of
    /// [`ChartSeries`](redress_domain::chart_series::ChartSeries).
    pub(super) fn code(&self) -> String {
        match self {
            Counts::Late { pass, stage, .. } => {
                let stage: String = stage
                    .chars()
                    .map(|c| {
                        if c.is_ascii_alphanumeric() {
                            c.to_ascii_lowercase()
                        } else {
                            '-'
                        }
                    })
                    .collect();
                format!("{stage}-{pass}")
            }
            Counts::Rejected => "rejected".to_owned(),
            Counts::Received => "received".to_owned(),
        }
    }
}

/// One month of a series.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Point {
    /// YYYY-MM.
    pub(super) month: String,
    pub(super) count: u64,
    /// How many there were in all, or working days; 0 is a gap.
    pub(super) size: f64,
}

/// Months of one thing, oldest first and without holes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Series {
    pub(super) counts: Counts,
    /// `None`: the whole.
    pub(super) site: Option<String>,
    /// In words, the site left out.
    pub(super) label: String,
    pub(super) points: Vec<Point>,
    /// Recorded new beginnings, oldest first.
    pub(super) phases: Vec<Phase>,
}

impl Series {
    /// The first month of the present phase.
    pub(super) fn present(&self) -> usize {
        self.phases.last().map_or(0, |phase| phase.start)
    }
}

/// The months that all series share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Span {
    /// YYYY-MM, oldest first; from the first month with a complaint on.
    pub(super) months: Vec<String>,
    /// The first month of the period.
    pub(super) period: usize,
    /// The last month is not over, or only a part of it lies in the period.
    pub(super) unfinished: bool,
    /// The period consists of whole months, so that months can be set against it.
    pub(super) whole: bool,
}

/// Every series, and the months of the categories.
#[derive(Debug, Clone)]
pub(super) struct Courses {
    pub(super) span: Span,
    pub(super) series: Vec<Series>,
    /// Complaints of each category in each month of the span.
    pub(super) categories: Vec<(String, Vec<u64>)>,
}

/// Reads the courses; `None` when complaints by month are not measured, or there is none.
pub(super) fn read(maker: &Maker) -> Result<Option<Courses>, ReviewError> {
    let Some(volume) = maker.metric(VOLUME, &["site", "month", "complaints", "working_days"])?
    else {
        return Ok(None);
    };
    let Some(span) = span(maker, &volume) else {
        return Ok(None);
    };
    let words = maker.words;
    let mut series = Vec::new();
    if let Some(table) = maker.metric(
        STAGES,
        &["stage", "pass", "site", "month", "late", "judged"],
    )? {
        let many = (0..table.rows.len()).any(|row| table.count(row, "pass") > 1);
        let counts = |row: usize| Counts::Late {
            pass: table.count(row, "pass"),
            place: sla::place(&table.text(row, "stage")),
            stage: table.text(row, "stage"),
        };
        series.extend(by_site(
            &table,
            &span,
            ("late", "judged"),
            counts,
            |counts| match counts {
                Counts::Late { pass, stage, .. } => {
                    let stage = sla::label(maker, stage, *pass, many);
                    words.fill("changes.late", &[("stage", &stage)])
                }
                Counts::Rejected | Counts::Received => String::new(),
            },
        ));
    }
    if let Some(table) = maker.metric(ANSWERS, &["site", "month", "rejected", "answered"])? {
        let label = |_: &Counts| words.text("changes.rejected");
        let columns = ("rejected", "answered");
        series.extend(by_site(&table, &span, columns, |_| Counts::Rejected, label));
    }
    series.extend(received(maker, &volume, &span));
    for own in &mut series {
        let code = own.counts.code();
        own.phases = phases::of(maker, &code, own.site.as_deref(), &span.months);
    }
    let categories = match maker.metric(CATEGORIES, &["category", "month", "complaints"])? {
        Some(table) => categories(&table, &span),
        None => Vec::new(),
    };
    Ok(Some(Courses {
        span,
        series,
        categories,
    }))
}

/// The months from the first complaint to the end of the period, or to the running month where that comes first: what has
/// not begun is no month without complaints.
fn span(maker: &Maker, volume: &Counted) -> Option<Span> {
    let period = &maker.context.period;
    let first = (0..volume.rows.len())
        .map(|row| volume.text(row, "month"))
        .min()?;
    let today = maker
        .context
        .as_of
        .with_timezone(&maker.context.zone)
        .date_naive();
    let from = month_of(period.first);
    // A period that has not begun has its first month all the same.
    let last = month_of(period.last.min(today)).max(from.clone());
    let mut months = Vec::new();
    let mut month = first;
    while month <= last {
        months.push(month.clone());
        month = next(&month)?;
    }
    let at = months.iter().position(|month| *month == from)?;
    let ends = period.last.succ_opt().is_none_or(|day| day.day() == 1);
    Some(Span {
        months,
        period: at,
        unfinished: !ends || today <= period.last,
        whole: ends && period.first.day() == 1,
    })
}

fn month_of(day: NaiveDate) -> String {
    format!("{}-{:02}", day.year(), day.month())
}

fn next(month: &str) -> Option<String> {
    let (year, number) = month.split_once('-')?;
    let (year, number): (i32, u32) = (year.parse().ok()?, number.parse().ok()?);
    Some(match number {
        12 => format!("{}-01", year + 1),
        _ => format!("{year}-{:02}", number + 1),
    })
}

/// A share of the whole and of each site; sites only where there are two or more.
fn by_site(
    table: &Counted,
    span: &Span,
    (part, whole): (&str, &str),
    counts: impl Fn(usize) -> Counts,
    label: impl Fn(&Counts) -> String,
) -> Vec<Series> {
    type Months = BTreeMap<String, (u64, u64)>;
    let mut found: BTreeMap<Counts, BTreeMap<Option<String>, Months>> = BTreeMap::new();
    for row in 0..table.rows.len() {
        let sites = found.entry(counts(row)).or_default();
        let count = |column: &str| u64::try_from(table.count(row, column)).unwrap_or(0);
        let mut add = |site: Option<String>| {
            let sums = sites.entry(site).or_default();
            let sum = sums.entry(table.text(row, "month")).or_default();
            sum.0 += count(part);
            sum.1 += count(whole);
        };
        add(None);
        if let Some(site) = site(table, row) {
            add(Some(site));
        }
    }
    let mut series = Vec::new();
    for (counts, sites) in found {
        let many = sites.len() > 2;
        for (site, months) in sites {
            if site.is_some() && !many {
                continue;
            }
            let point = |month: &String| {
                let (count, size) = months.get(month).copied().unwrap_or_default();
                Point {
                    month: month.clone(),
                    count,
                    size: size as f64,
                }
            };
            series.push(Series {
                label: label(&counts),
                counts: counts.clone(),
                site,
                points: span.months.iter().map(point).collect(),
                phases: Vec::new(),
            });
        }
    }
    series
}

fn site(table: &Counted, row: usize) -> Option<String> {
    match table.cell(row, "site") {
        Value::Null => None,
        value => Some(clean(&value.as_text())),
    }
}

/// Complaints over working days, of the whole and of each site.
fn received(maker: &Maker, table: &Counted, span: &Span) -> Vec<Series> {
    let mut days: BTreeMap<String, f64> = BTreeMap::new();
    let mut sites: BTreeMap<Option<String>, BTreeMap<String, u64>> = BTreeMap::new();
    for row in 0..table.rows.len() {
        let month = table.text(row, "month");
        let working = table.cell(row, "working_days").as_real().unwrap_or(0.0);
        days.insert(month.clone(), working);
        let count = u64::try_from(table.count(row, "complaints")).unwrap_or(0);
        for site in BTreeSet::from([None, site(table, row)]) {
            *sites
                .entry(site)
                .or_default()
                .entry(month.clone())
                .or_default() += count;
        }
    }
    let many = sites.len() > 2;
    sites
        .into_iter()
        .filter(|(site, _)| site.is_none() || many)
        .map(|(site, months)| Series {
            counts: Counts::Received,
            site,
            label: maker.words.text("changes.received"),
            points: span
                .months
                .iter()
                .map(|month| Point {
                    month: month.clone(),
                    count: months.get(month).copied().unwrap_or(0),
                    size: days.get(month).copied().unwrap_or(0.0),
                })
                .collect(),
            phases: Vec::new(),
        })
        .collect()
}

fn categories(table: &Counted, span: &Span) -> Vec<(String, Vec<u64>)> {
    let mut found: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for row in 0..table.rows.len() {
        if matches!(table.cell(row, "category"), Value::Null) {
            continue;
        }
        let own = found
            .entry(table.text(row, "category"))
            .or_insert_with(|| vec![0; span.months.len()]);
        let month = table.text(row, "month");
        if let Some(at) = span.months.iter().position(|known| *known == month) {
            own[at] = u64::try_from(table.count(row, "complaints")).unwrap_or(0);
        }
    }
    found.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use redress_domain::chart_series::ChartSeries;

    #[test]
    fn a_series_has_the_name_under_which_a_phase_of_it_is_recorded() {
        for series in ChartSeries::ALL {
            let counts = match series {
                ChartSeries::Late { stage, pass } => Counts::Late {
                    pass: i64::from(pass),
                    place: 0,
                    stage: stage.as_str().to_owned(),
                },
                ChartSeries::Rejected => Counts::Rejected,
                ChartSeries::Received => Counts::Received,
            };
            assert_eq!(counts.code(), series.to_string());
            assert_eq!(counts.chart_name().parse(), Ok(series));
        }
    }
}
