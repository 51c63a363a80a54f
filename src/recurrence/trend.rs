//! Which clusters emerge or grow: monthly counts of each against its own past and the volume of its product.
//!
//! The months are whole ones before the moment of judgement, three years of them at most; the running month is left out.

use chrono::{Datelike, Months, NaiveDate};
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::complaints::{Complaint, Name};
use redress_stats::StatsError;
use redress_stats::growth::{
    DEFAULT_WINDOW, Growth, History, Kind, Settings, Situation, Surroundings, is_its_product,
    judge, smallest_callable,
};

/// Months that are looked at, the recent ones with them.
const MOST_MONTHS: u32 = 36;

/// How one cluster develops.
#[derive(Debug, Clone, PartialEq)]
pub struct Trend {
    /// Complaints in the recent months.
    pub recent: u64,
    /// Complaints expected in them from its past and the volume.
    pub expected: Option<f64>,
    pub ratio: Option<f64>,
    pub lower: Option<f64>,
    pub upper: Option<f64>,
    pub p_value: Option<f64>,
    pub q_value: Option<f64>,
    /// growing, emerging, steady, not_testable.
    pub verdict: &'static str,
}

/// How the clusters of a level develop.
#[derive(Debug, Clone, PartialEq)]
pub struct Trends {
    /// First and last day of the recent months.
    pub recent_first: NaiveDate,
    pub recent_last: NaiveDate,
    /// Clusters under the false-discovery control.
    pub tested: usize,
    /// The control's level.
    pub level: f64,
    /// Fewest recent complaints with which a cluster without a past could be called emerging.
    pub smallest_emerging: Option<u64>,
    /// In the order of the clusters.
    pub clusters: Vec<Trend>,
}

/// Judges the clusters of a level; `members` are places in `complaints`, merged ones left out.
///
/// # Errors
/// When the statistics refuse their settings; that is an error of this program.
pub fn trends(
    complaints: &[Complaint],
    members: &[&[usize]],
    as_of_on: NaiveDate,
) -> Result<Trends, StatsError> {
    let span = Span::before(as_of_on, complaints);
    let volumes = Volumes::of(complaints, &span);
    let counts: Vec<Vec<u64>> = members
        .par_iter()
        .map(|own| span.count(own.iter().map(|at| complaints[*at].received_on)))
        .collect();
    let exposures: Vec<Vec<f64>> = members
        .par_iter()
        .zip(&counts)
        .map(|(own, counts)| volumes.for_cluster(complaints, own, counts, &span))
        .collect();
    let window = DEFAULT_WINDOW;
    let settings = Settings {
        window,
        ..Settings::default()
    };
    let blank = |counts: &Vec<u64>| Trend {
        recent: counts.iter().rev().take(window).sum(),
        expected: None,
        ratio: None,
        lower: None,
        upper: None,
        p_value: None,
        q_value: None,
        verdict: "not_testable",
    };
    let mut trends = Trends {
        recent_first: span.day(span.months.saturating_sub(window)),
        recent_last: span.day(span.months).pred_opt().unwrap_or(as_of_on),
        tested: 0,
        level: settings.level,
        smallest_emerging: None,
        clusters: counts.iter().map(blank).collect(),
    };
    if span.months <= window || members.is_empty() {
        return Ok(trends);
    }
    let histories: Vec<History<'_>> = counts
        .iter()
        .zip(&exposures)
        .map(|(cases, volume)| History { cases, volume })
        .collect();
    let growth = judge(&histories, &settings)?;
    for (trend, judged) in trends.clusters.iter_mut().zip(&growth.clusters) {
        // A cluster that cannot be estimated stays "not testable".
        let Ok(judged) = judged else { continue };
        trend.expected = (judged.past_volume > 0.0)
            .then(|| judged.past as f64 * judged.recent_volume / judged.past_volume);
        trend.ratio = judged.ratio;
        trend.lower = Some(judged.lower);
        trend.upper = judged.upper;
        trend.p_value = Some(judged.p_value);
        trend.q_value = judged.q_value;
        trend.verdict = match (judged.q_value, judged.called, judged.kind) {
            (None, _, _) => "not_testable",
            (Some(_), false, _) => "steady",
            (Some(_), true, Kind::Emerging) => "emerging",
            (Some(_), true, Kind::Growing) => "growing",
        };
    }
    trends.tested = growth.tests;
    trends.smallest_emerging = smallest(&growth, &volumes, &span, window)?;
    Ok(trends)
}

fn smallest(
    growth: &Growth,
    volumes: &Volumes,
    span: &Span,
    window: usize,
) -> Result<Option<u64>, StatsError> {
    let past = span.months - window;
    let sum = |months: &[u64]| months.iter().sum::<u64>() as f64;
    let situation = Situation {
        past: 0,
        recent_volume: sum(&volumes.all[past..]),
        past_volume: sum(&volumes.all[..past]),
        omega: growth.omega,
        months: span.months as f64,
    };
    let some = growth.tests > 0 && situation.recent_volume > 0.0 && situation.past_volume > 0.0;
    match some {
        true => smallest_callable(&situation, growth.tests, growth.level),
        false => Ok(None),
    }
}

/// Whole months before the day of judgement.
#[derive(Debug)]
struct Span {
    first: NaiveDate,
    months: usize,
}

impl Span {
    /// At most [`MOST_MONTHS`], and none before the first complaint.
    fn before(as_of_on: NaiveDate, complaints: &[Complaint]) -> Self {
        let end = as_of_on.with_day(1).unwrap_or(as_of_on);
        let earliest = end
            .checked_sub_months(Months::new(MOST_MONTHS))
            .unwrap_or(end);
        let received = complaints.first().map_or(end, |c| c.received_on);
        let received = received.with_day(1).unwrap_or(received);
        let first = received.clamp(earliest, end);
        let months = month_number(end) - month_number(first);
        Span {
            first,
            months: usize::try_from(months).unwrap_or(0),
        }
    }

    /// First day of a month of the span, counted from 0.
    fn day(&self, month: usize) -> NaiveDate {
        let months = Months::new(u32::try_from(month).unwrap_or(0));
        self.first.checked_add_months(months).unwrap_or(self.first)
    }

    fn place(&self, day: NaiveDate) -> Option<usize> {
        let place = usize::try_from(month_number(day) - month_number(self.first)).ok()?;
        (place < self.months).then_some(place)
    }

    fn count(&self, days: impl Iterator<Item = NaiveDate>) -> Vec<u64> {
        let mut counts = vec![0; self.months];
        for place in days.filter_map(|day| self.place(day)) {
            counts[place] += 1;
        }
        counts
    }
}

fn month_number(day: NaiveDate) -> i64 {
    i64::from(day.year()) * 12 + i64::from(day.month0())
}

/// Complaints a month, merged ones left out: all, and of each product.
#[derive(Debug)]
struct Volumes {
    all: Vec<u64>,
    of_product: FxHashMap<Name, Vec<u64>>,
}

impl Volumes {
    fn of(complaints: &[Complaint], span: &Span) -> Self {
        let mut volumes = Volumes {
            all: vec![0; span.months],
            of_product: FxHashMap::default(),
        };
        for complaint in complaints.iter().filter(|c| !c.merged) {
            let Some(place) = span.place(complaint.received_on) else {
                continue;
            };
            volumes.all[place] += 1;
            if let Some(product) = complaint.product {
                let own = volumes
                    .of_product
                    .entry(product)
                    .or_insert_with(|| vec![0; span.months]);
                own[place] += 1;
            }
        }
        volumes
    }

    /// What the cluster's complaints are measured by.
    fn for_cluster(
        &self,
        complaints: &[Complaint],
        own: &[usize],
        counts: &[u64],
        span: &Span,
    ) -> Vec<f64> {
        let mut tally: FxHashMap<Name, u64> = FxHashMap::default();
        for product in own.iter().filter_map(|at| complaints[*at].product) {
            *tally.entry(product).or_default() += 1;
        }
        let main = tally
            .into_iter()
            .max_by_key(|(product, n)| (*n, std::cmp::Reverse(*product)))
            .filter(|(_, n)| is_its_product(*n, own.len() as u64))
            .map(|(product, _)| product);
        let of_it = main.map(|main| {
            let named = own.iter().map(|at| &complaints[*at]);
            let named = named.filter(|complaint| complaint.product == Some(main));
            span.count(named.map(|complaint| complaint.received_on))
        });
        let of_product = main
            .and_then(|main| self.of_product.get(&main))
            .zip(of_it.as_ref());
        let surroundings = Surroundings {
            own: counts,
            all: &self.all,
            of_product: of_product.map(|(all, own)| (own.as_slice(), all.as_slice())),
        };
        surroundings.others(DEFAULT_WINDOW)
    }
}
