//! Problems month by month up to the end of the period, and whether they grew in it: each against its own months before
//! and the other complaints of its product.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use super::maker::Maker;
use crate::ReviewError;
use crate::words::clean;
use redress_engine::counted::{Counted, Value};
use redress_stats::StatsError;
use redress_stats::growth::{History, Judged, Settings, Surroundings, is_its_product, judge};

pub(super) const METRIC: &str = "problem_course";
/// Metric that is read here.
pub(super) const SHOWN: [&str; 1] = [METRIC];

/// Longest window of the test of growth, in months.
pub(super) const LONGEST_WINDOW: usize = 12;

/// One problem.
#[derive(Debug, Clone)]
pub(super) struct Problem {
    pub(super) id: String,
    pub(super) label: String,
    /// Complaints in each month.
    pub(super) months: Vec<u64>,
    /// The product that is the problem's own, and the problem's complaints of it.
    product: Option<(String, Vec<u64>)>,
}

/// Every problem by its number, and all complaints beside.
#[derive(Debug, Clone)]
pub(super) struct Problems {
    pub(super) list: Vec<Problem>,
    all: Vec<u64>,
    of_product: BTreeMap<String, Vec<u64>>,
}

/// Reads the problems in these months; `None` where the snapshot was not searched.
pub(super) fn read(maker: &Maker, months: &[String]) -> Result<Option<Problems>, ReviewError> {
    let columns = ["cluster_id", "label", "product", "month", "complaints"];
    let table = maker.metric(METRIC, &columns)?;
    Ok(table.map(|table| Problems::of(&table, months)))
}

impl Problems {
    fn of(table: &Counted, months: &[String]) -> Problems {
        type ByProduct = BTreeMap<Option<String>, Vec<u64>>;
        let places: HashMap<&str, usize> = months
            .iter()
            .enumerate()
            .map(|(at, month)| (month.as_str(), at))
            .collect();
        let none = || vec![0; months.len()];
        let mut all = none();
        let mut of_product: BTreeMap<String, Vec<u64>> = BTreeMap::new();
        let mut found: BTreeMap<String, (String, ByProduct)> = BTreeMap::new();
        for row in 0..table.rows.len() {
            let Some(at) = places.get(table.text(row, "month").as_str()).copied() else {
                continue;
            };
            let n = u64::try_from(table.count(row, "complaints")).unwrap_or(0);
            let product = named(table, row, "product");
            all[at] += n;
            if let Some(product) = &product {
                of_product.entry(product.clone()).or_insert_with(none)[at] += n;
            }
            if let Some(id) = named(table, row, "cluster_id") {
                let label = || (clean(&table.text(row, "label")), ByProduct::new());
                let (_, own) = found.entry(id).or_insert_with(label);
                own.entry(product).or_insert_with(none)[at] += n;
            }
        }
        let list = found
            .into_iter()
            .map(|(id, (label, own))| problem(id, label, own, months.len()))
            .collect();
        Problems {
            list,
            all,
            of_product,
        }
    }

    /// Judges every problem in a window of months against those before it, together; those too small to be called
    /// whenever their complaints came are left out.
    ///
    /// Seasons are minded, scatter is pooled and small ones are left out as in the search for problems, which asks the
    /// same of the last three whole months; only the window is another.
    ///
    /// # Errors
    /// When the statistics refuse their settings; that is an error of this program.
    pub(super) fn grown(
        &self,
        window: &Range<usize>,
    ) -> Result<Vec<(&Problem, Judged)>, StatsError> {
        if self.list.is_empty() {
            return Ok(Vec::new());
        }
        let end = window.end;
        let settings = Settings {
            window: window.len(),
            ..Settings::default()
        };
        let volumes: Vec<Vec<f64>> = self
            .list
            .iter()
            .map(|problem| self.others(problem, window))
            .collect();
        let histories: Vec<History<'_>> = self
            .list
            .iter()
            .zip(&volumes)
            .map(|(problem, volume)| History {
                cases: &problem.months[..end],
                volume,
            })
            .collect();
        let growth = judge(&histories, &settings)?;
        let judged = self.list.iter().zip(growth.clusters);
        Ok(judged
            .filter_map(|(problem, judged)| Some((problem, judged.ok()?)))
            .filter(|(_, judged)| judged.q_value.is_some())
            .collect())
    }

    /// What a problem's complaints are measured by, up to the end of the window.
    fn others(&self, problem: &Problem, window: &Range<usize>) -> Vec<f64> {
        let end = window.end;
        let of_product = problem.product.as_ref().and_then(|(product, own)| {
            let all = self.of_product.get(product)?;
            Some((&own[..end], &all[..end]))
        });
        let surroundings = Surroundings {
            own: &problem.months[..end],
            all: &self.all[..end],
            of_product,
        };
        surroundings.others(window.len())
    }
}

/// Text of a cell; `None` for NULL.
fn named(table: &Counted, row: usize, column: &str) -> Option<String> {
    match table.cell(row, column) {
        Value::Null => None,
        value => Some(value.as_text()),
    }
}

fn problem(
    id: String,
    label: String,
    by_product: BTreeMap<Option<String>, Vec<u64>>,
    months: usize,
) -> Problem {
    let sums = |at: usize| by_product.values().map(|own| own[at]).sum();
    let all: Vec<u64> = (0..months).map(sums).collect();
    let in_all: u64 = all.iter().sum();
    let product = by_product.into_iter().find_map(|(product, own)| {
        let is_its_own = is_its_product(own.iter().sum(), in_all);
        product.filter(|_| is_its_own).map(|product| (product, own))
    });
    Problem {
        id,
        label,
        months: all,
        product,
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Months, NaiveDate};

    use super::*;
    use redress_recurrence::complaints::{Complaint, Name};
    use redress_recurrence::trend::trends;

    const MONTHS: usize = 36;

    /// Complaints of a month, of a problem and a product.
    type Share = (usize, Option<&'static str>, Option<Name>, u64);

    /// Two products and three problems: one that trebles, one that keeps its course and one of both products alike.
    fn shares() -> Vec<Share> {
        let mut shares = Vec::new();
        for at in 0..MONTHS {
            let wave = (at as u64 * 7 + 3) % 4;
            let grown = if at >= MONTHS - 3 { 12 } else { 4 };
            shares.push((at, Some("C-000001"), Some(0), grown + wave));
            shares.push((at, Some("C-000001"), Some(1), 1));
            shares.push((at, Some("C-000002"), Some(1), 3 + wave));
            shares.push((at, Some("C-000003"), Some(at as Name % 2), 2));
            shares.push((at, None, Some(0), 20 + wave));
            shares.push((at, None, Some(1), 15));
            shares.push((at, None, None, 9));
        }
        shares
    }

    fn first_day(at: usize) -> NaiveDate {
        let first = NaiveDate::from_ymd_opt(2023, 10, 1).expect("a day");
        first + Months::new(u32::try_from(at).expect("a month"))
    }

    fn month(at: usize) -> String {
        first_day(at).format("%Y-%m").to_string()
    }

    fn counted() -> Counted {
        let text = |text: Option<String>| text.map_or(Value::Null, Value::Text);
        let row = |(at, problem, product, n): Share| {
            vec![
                text(problem.map(str::to_owned)),
                text(problem.map(|_| "words".to_owned())),
                text(product.map(|product| format!("Product {product}"))),
                Value::Text(month(at)),
                Value::Count(i64::try_from(n).expect("a count")),
            ]
        };
        let columns = ["cluster_id", "label", "product", "month", "complaints"];
        Counted {
            columns: columns.map(str::to_owned).to_vec(),
            rows: shares().into_iter().map(row).collect(),
        }
    }

    fn complaint(case_key: i64, received_on: NaiveDate, product: Option<Name>) -> Complaint {
        Complaint {
            case_key,
            case_id: case_key.to_string(),
            received_at: DateTime::UNIX_EPOCH,
            received_on,
            merged: false,
            merged_into: None,
            open: false,
            complainant: None,
            product,
            lot: None,
            site: None,
            channel: None,
            category: None,
            cost_minor: 0,
            decided_on: Vec::new(),
        }
    }

    fn problems() -> Problems {
        let months: Vec<String> = (0..MONTHS).map(month).collect();
        Problems::of(&counted(), &months)
    }

    #[test]
    fn over_the_searchs_own_months_it_answers_as_the_search_does() {
        let mut complaints = Vec::new();
        let mut members: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (at, problem, product, n) in shares() {
            for _ in 0..n {
                let place = complaints.len();
                complaints.push(complaint(place as i64, first_day(at), product));
                if let Some(problem) = problem {
                    members.entry(problem).or_default().push(place);
                }
            }
        }
        let members: Vec<&[usize]> = members.values().map(Vec::as_slice).collect();
        let searched = trends(&complaints, &members, first_day(MONTHS)).expect("trends");
        let problems = problems();
        let grown = problems.grown(&(MONTHS - 3..MONTHS)).expect("a judgement");
        assert_eq!(grown.len(), 3);
        for ((problem, judged), trend) in grown.iter().zip(&searched.clusters) {
            assert_eq!(Some(judged.p_value), trend.p_value, "{}", problem.id);
            assert_eq!(judged.ratio, trend.ratio, "{}", problem.id);
            assert_eq!(judged.recent, trend.recent, "{}", problem.id);
        }
        assert!(grown[0].1.called && !grown[1].1.called && !grown[2].1.called);
    }

    #[test]
    fn a_longer_window_has_its_own_complaints_and_those_before_it() {
        let problems = problems();
        let recent = |window: Range<usize>| {
            let grown = problems.grown(&window).expect("a judgement");
            let found = grown.iter().find(|(problem, _)| problem.id == "C-000001");
            found.map(|(_, judged)| (judged.recent, judged.called))
        };
        let of = |window: Range<usize>| problems.list[0].months[window].iter().sum::<u64>();
        assert_eq!(of(MONTHS - 3..MONTHS), 3 * 13 + 2 + 1);
        // A month, a half-year, a year.
        for length in [1, 6, 12] {
            let window = MONTHS - length..MONTHS;
            assert_eq!(recent(window.clone()).map(|(n, _)| n), Some(of(window)));
        }
        // Before the months in which it grew there is nothing to call.
        assert_eq!(
            recent(MONTHS - 6..MONTHS - 3).map(|(_, called)| called),
            Some(false)
        );
    }

    #[test]
    fn a_problem_of_two_products_has_none_of_its_own() {
        let own = |problem: &Problem| problem.product.as_ref().map(|(name, _)| name.clone());
        let owns: Vec<Option<String>> = problems().list.iter().map(own).collect();
        let named = |name: &str| Some(name.to_owned());
        assert_eq!(owns, [named("Product 0"), named("Product 1"), None]);
    }
}
