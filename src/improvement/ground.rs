//! The complaints of a scope on a snapshot, and what their months are set against.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, NaiveDate, Utc};

use super::months::Month;
use redress_domain::action::{CountBy, ExposureKind};
use redress_domain::cluster::{ClusterBook, ClusterId};
use redress_domain::gone_case::GoneCase;
use redress_domain::scope::{Condition, Scope, ScopeDimension};
use redress_engine::counted::{Counted, Value};
use redress_engine::error::EngineError;
use redress_engine::local::LocalEngine;
use redress_lake::manifest::Manifest;

/// A snapshot to count on.
pub struct Ground<'a> {
    pub engine: &'a LocalEngine,
    pub manifest: &'a Manifest,
    /// Name of the snapshot's folder.
    pub snapshot: String,
    /// Numbers of clusters that were merged since lead on.
    pub book: &'a ClusterBook,
    /// Cases that a foreign source no longer has. They were complaints all the same, so they stay in what is counted.
    pub gone: Vec<GoneCase>,
}

/// One complaint in a scope. Merged registrations are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeCase {
    /// In the snapshot; `None` for a case that is no longer in the source.
    pub case_key: Option<i64>,
    pub case_id: String,
    pub received_on: NaiveDate,
    pub produced_on: Option<NaiveDate>,
    pub sold_on: Option<NaiveDate>,
    pub cost_minor: i64,
}

impl ScopeCase {
    /// The day that puts it into a month; `None` where it is not known.
    pub fn day(&self, by: CountBy) -> Option<NaiveDate> {
        match by {
            CountBy::Received => Some(self.received_on),
            CountBy::Produced => self.produced_on,
            CountBy::Sold => self.sold_on,
        }
    }

    /// Days from that day to the complaint.
    pub fn lag(&self, by: CountBy) -> Option<i64> {
        self.day(by).map(|day| (self.received_on - day).num_days())
    }
}

/// Why something cannot be counted.
#[derive(Debug, thiserror::Error)]
pub enum GroundError {
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(
        "the scope names {id}, but this snapshot was not searched for what comes again; run `redress clusters run`"
    )]
    NotSearched { id: ClusterId },
    #[error("the scope names {id}: {why}")]
    NoCluster { id: ClusterId, why: String },
    #[error(
        "no units are given for {}; enter them with `redress import exposure`, or count against working days",
        months.join(", ")
    )]
    ExposureGap { months: Vec<String> },
    #[error(
        "{month}: 0 units were sold, so no rate can be taken of it; leave it out of the window"
    )]
    NoUnits { month: String },
    #[error(
        "units cannot be set against a scope that excludes a {0}; name the ones that are in it"
    )]
    ExposureExcluded(ScopeDimension),
    #[error(
        "the calendar of the snapshot ends before {0}; extend it with `redress calendar amend`"
    )]
    NoCalendar(Month),
    #[error(
        "the check was fixed on cases of `{fixed}`, and this lake holds those of `{found}`; name the right --lake"
    )]
    OtherSource { fixed: String, found: String },
}

impl<'a> Ground<'a> {
    /// The same ground with the cases that the source no longer has at the moment of judgement.
    #[must_use]
    pub fn with_gone(mut self, gone: Vec<GoneCase>) -> Self {
        self.gone = gone;
        self.gone.retain(|case| !case.is_merged());
        self
    }

    /// The complaints of a scope received up to the moment of judgement, by receipt; those that are gone from the source
    /// too.
    ///
    /// # Errors
    /// When a cluster of the scope is not known, or a file of the lake cannot be read.
    pub fn cases(&self, scope: &Scope) -> Result<Vec<ScopeCase>, GroundError> {
        let scope = self.present(scope)?;
        let sql = format!(
            "SELECT k.case_key, k.case_id, k.received_on, k.produced_on, k.sold_on, k.cost_minor FROM cases AS k \
             WHERE k.state <> 'merged' AND {} ORDER BY k.received_on, k.case_id",
            condition(&scope)
        );
        let answer = self.engine.sql(&sql, "scope of an action")?;
        let found = (0..answer.rows.len()).filter_map(|row| scope_case(&answer, row));
        let gone = self
            .gone
            .iter()
            .filter(|case| case.is_in(&scope, self.book));
        Ok(by_receipt(found.chain(gone.map(of_gone)).collect()))
    }

    /// The complaints of these numbers that are in the snapshot or gone from the source, and not merged, by receipt.
    ///
    /// # Errors
    /// When a file of the lake cannot be read.
    pub fn cases_named(&self, numbers: &[&String]) -> Result<Vec<ScopeCase>, GroundError> {
        if numbers.is_empty() {
            return Ok(Vec::new());
        }
        let list: Vec<String> = numbers
            .iter()
            .map(|n| format!("'{}'", n.replace('\'', "''")))
            .collect();
        let sql = format!(
            "SELECT k.case_key, k.case_id, k.received_on, k.produced_on, k.sold_on, k.cost_minor FROM cases AS k \
             WHERE k.state <> 'merged' AND k.case_id IN ({}) ORDER BY k.received_on, k.case_id",
            list.join(", ")
        );
        let answer = self.engine.sql(&sql, "cases moved out of a scope")?;
        let found = (0..answer.rows.len()).filter_map(|row| scope_case(&answer, row));
        let gone = self
            .gone
            .iter()
            .filter(|case| numbers.contains(&&case.case_id));
        Ok(by_receipt(found.chain(gone.map(of_gone)).collect()))
    }

    /// How many complaints there are, net of merged ones; those that are gone from the source too.
    ///
    /// # Errors
    /// When a file of the lake cannot be read.
    pub fn all(&self) -> Result<i64, GroundError> {
        let answer = self.engine.sql(
            "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM cases AS k WHERE k.state <> 'merged'",
            "all complaints",
        )?;
        let gone = i64::try_from(self.gone.len()).unwrap_or(i64::MAX);
        Ok(answer.count(0, "n").saturating_add(gone))
    }

    /// First and last day of receipt, of cases that are gone from the source too; `None` when there is none.
    ///
    /// # Errors
    /// When a file of the lake cannot be read.
    pub fn span(&self) -> Result<Option<(NaiveDate, NaiveDate)>, GroundError> {
        let answer = self.engine.sql(
            "SELECT MIN(k.received_on) AS first_on, MAX(k.received_on) AS last_on FROM cases AS k",
            "span of the snapshot",
        )?;
        let at = |name| answer.rows.first().and_then(|_| day(answer.cell(0, name)));
        let gone = || self.gone.iter().map(|case| case.facts.received_on);
        let first = at("first_on").into_iter().chain(gone()).min();
        let last = at("last_on").into_iter().chain(gone()).max();
        Ok(first.zip(last))
    }

    /// The moment of judgement.
    pub fn as_of(&self) -> DateTime<Utc> {
        self.engine.params().as_of_at
    }

    /// The last local day that is over.
    pub fn over_on(&self) -> NaiveDate {
        self.engine.params().over_on
    }

    /// The scope with numbers of clusters that stand in this snapshot.
    pub(super) fn present(&self, scope: &Scope) -> Result<Scope, GroundError> {
        let named = scope.clusters();
        if let Some(id) = named.first()
            && !self.manifest.rows.contains_key("cluster_members")
        {
            return Err(GroundError::NotSearched { id: *id });
        }
        for id in named {
            // One that vanished has no cases any more, which is an answer; one that never was is a slip.
            self.book
                .cluster(id)
                .map_err(|error| GroundError::NoCluster {
                    id,
                    why: error.to_string(),
                })?;
        }
        Ok(scope.with_clusters(|id| self.book.follow(id).map_or(id, |found| found.id)))
    }

    /// What each month of a span is set against: working days, or units of the scope's products and sites.
    ///
    /// # Errors
    /// When a month is not covered, or the scope excludes what units are given by.
    pub fn exposure(
        &self,
        scope: &Scope,
        kind: ExposureKind,
        first: Month,
        last: Month,
    ) -> Result<BTreeMap<Month, f64>, GroundError> {
        let found = self.exposures(scope, kind)?;
        let wanted = Month::between(first.first(), last.first());
        let mut months = BTreeMap::new();
        let mut missing = Vec::new();
        for month in wanted {
            match found.get(&month) {
                Some(exposure) if *exposure > 0.0 => {
                    months.insert(month, *exposure);
                }
                Some(_) => {
                    return Err(GroundError::NoUnits {
                        month: month.to_string(),
                    });
                }
                None => missing.push(month),
            }
        }
        match (missing.first(), kind) {
            (None, _) => Ok(months),
            (Some(month), ExposureKind::WorkingDays) => Err(GroundError::NoCalendar(*month)),
            (Some(_), ExposureKind::Units) => Err(GroundError::ExposureGap {
                months: missing.iter().map(Month::to_string).collect(),
            }),
        }
    }

    /// What is known of every month.
    ///
    /// # Errors
    /// When a file of the lake cannot be read, or the scope excludes what units are given by.
    pub fn exposures(
        &self,
        scope: &Scope,
        kind: ExposureKind,
    ) -> Result<HashMap<Month, f64>, GroundError> {
        match kind {
            ExposureKind::WorkingDays => self.working_days(),
            ExposureKind::Units => self.units(scope),
        }
    }

    /// Working days of each month, half days by their share.
    fn working_days(&self) -> Result<HashMap<Month, f64>, GroundError> {
        let answer = self.engine.sql(
            "SELECT MIN(c.day) AS first_on, SUM(CASE WHEN c.working THEN c.fraction ELSE CAST(0 AS DOUBLE) END) AS days \
             FROM calendar AS c JOIN params AS p ON c.calendar_id = p.calendar_id GROUP BY c.month",
            "working days of each month",
        )?;
        Ok((0..answer.rows.len())
            .filter_map(|row| {
                let first = day(answer.cell(row, "first_on"))?;
                Some((Month::of(first), answer.cell(row, "days").as_real()?))
            })
            .collect())
    }

    /// Units of each month: those of the products and sites that the scope names; where it names none, those given for
    /// all, else the sum over the named ones.
    fn units(&self, scope: &Scope) -> Result<HashMap<Month, f64>, GroundError> {
        let answer = self.engine.sql(
            "SELECT e.month, e.product, e.site, e.units FROM exposures AS e",
            "units of each month",
        )?;
        let of = |dimension| scope.conditions().iter().find(|c| c.dimension == dimension);
        let (product, site) = (of(ScopeDimension::Product), of(ScopeDimension::Site));
        for condition in [product, site].into_iter().flatten() {
            if condition.excluded {
                return Err(GroundError::ExposureExcluded(condition.dimension));
            }
        }
        // Product, site and units of each row.
        type Given = (Option<String>, Option<String>, f64);
        let mut rows: BTreeMap<String, Vec<Given>> = BTreeMap::new();
        for row in 0..answer.rows.len() {
            let text = |name| match answer.cell(row, name) {
                Value::Text(text) => Some(text.clone()),
                _ => None,
            };
            let units = answer.cell(row, "units").as_real().unwrap_or(0.0);
            rows.entry(answer.text(row, "month")).or_default().push((
                text("product"),
                text("site"),
                units,
            ));
        }
        let mut months = HashMap::new();
        for (month, given) in rows {
            let fits =
                |wanted: Option<&Condition>, value: &Option<String>, total: bool| match wanted {
                    Some(condition) => value
                        .as_ref()
                        .is_some_and(|value| condition.values.contains(value)),
                    None if total => value.is_none(),
                    None => value.is_some(),
                };
            // A product or site that the scope names and the month lacks would silently lower the exposure.
            let lacks = |wanted: Option<&Condition>, has: &dyn Fn(&Given, &str) -> bool| {
                wanted.is_some_and(|condition| {
                    condition
                        .values
                        .iter()
                        .any(|v| !given.iter().any(|g| has(g, v)))
                })
            };
            if lacks(product, &|g, v| g.0.as_deref() == Some(v))
                || lacks(site, &|g, v| g.1.as_deref() == Some(v))
            {
                continue;
            }
            // The totals where they are given, else the parts.
            let totals = [(true, true), (true, false), (false, true), (false, false)];
            let sum = totals.iter().find_map(|(product_total, site_total)| {
                let mut any = false;
                let mut sum = 0.0;
                for (p, s, units) in &given {
                    if fits(product, p, *product_total) && fits(site, s, *site_total) {
                        any = true;
                        sum += units;
                    }
                }
                any.then_some(sum)
            });
            if let (Some(sum), Ok(first)) = (sum, format!("{month}-01").parse()) {
                months.insert(Month::of(first), sum);
            }
        }
        Ok(months)
    }
}

/// A day of an answer.
pub(super) fn day(value: &Value) -> Option<NaiveDate> {
    match value {
        Value::Day(day) => Some(*day),
        Value::Text(text) => text.parse().ok(),
        _ => None,
    }
}

fn scope_case(answer: &Counted, row: usize) -> Option<ScopeCase> {
    Some(ScopeCase {
        case_key: Some(answer.count(row, "case_key")),
        case_id: answer.text(row, "case_id"),
        received_on: day(answer.cell(row, "received_on"))?,
        produced_on: day(answer.cell(row, "produced_on")),
        sold_on: day(answer.cell(row, "sold_on")),
        cost_minor: answer.count(row, "cost_minor"),
    })
}

/// A case that is gone from the source, as it was when it was last seen.
fn of_gone(case: &GoneCase) -> ScopeCase {
    ScopeCase {
        case_key: None,
        case_id: case.case_id.clone(),
        received_on: case.facts.received_on,
        produced_on: case.facts.produced_on,
        sold_on: case.facts.sold_on,
        cost_minor: case.facts.cost_minor,
    }
}

fn by_receipt(mut cases: Vec<ScopeCase>) -> Vec<ScopeCase> {
    cases.sort_by(|a, b| (a.received_on, &a.case_id).cmp(&(b.received_on, &b.case_id)));
    cases
}

/// The scope as a condition on `cases AS k`, in the dialect that all engines share.
pub fn condition(scope: &Scope) -> String {
    let parts: Vec<String> = scope.conditions().iter().map(one).collect();
    parts.join(" AND ")
}

fn one(condition: &Condition) -> String {
    let values: Vec<String> = condition
        .values
        .iter()
        .map(|v| format!("'{}'", v.replace('\'', "''")))
        .collect();
    let list = values.join(", ");
    let column = match condition.dimension {
        ScopeDimension::Cluster => {
            let not = if condition.excluded { "NOT " } else { "" };
            return format!(
                "k.case_key {not}IN (SELECT m.case_key FROM cluster_members AS m WHERE m.cluster_id IN ({list}))"
            );
        }
        ScopeDimension::Severity => "severity_last",
        other => other.as_str(),
    };
    match condition.excluded {
        false => format!("k.{column} IN ({list})"),
        true => format!("(k.{column} IS NULL OR k.{column} NOT IN ({list}))"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_becomes_sql_that_holds_no_foreign_quote() {
        let scope: Scope =
            "product = 'it''s' and site not in (A, B) and severity = high and cluster != C-7"
                .parse()
                .expect("a scope");
        assert_eq!(
            condition(&scope),
            "k.product IN ('it''s') AND (k.site IS NULL OR k.site NOT IN ('A', 'B')) AND k.severity_last IN ('high') \
             AND k.case_key NOT IN (SELECT m.case_key FROM cluster_members AS m WHERE m.cluster_id IN ('C-000007'))"
        );
    }
}
