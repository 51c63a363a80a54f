//! How long goods made or sold before a fix go on failing.

use chrono::NaiveDate;

use super::ground::ScopeCase;
use super::months::Month;
use super::plan::{Asked, PlanError};
use redress_domain::action::{CountBy, RateCheck};

/// Cases with a known lag from which settling or ripening is taken.
const LEAST_LAGS: usize = 20;
/// Part of the lags that settling waits for.
const SETTLED: f64 = 0.9;

/// Days from production or sale to the complaint, of complaints before the signal, shortest first. For counting by
/// receipt those from the sale: they say how long goods sold before the fix go on failing.
pub(super) fn lags(cases: &[ScopeCase], by: CountBy, signal_on: NaiveDate) -> Vec<i64> {
    let by = match by {
        CountBy::Received => CountBy::Sold,
        other => other,
    };
    let mut lags: Vec<i64> = cases
        .iter()
        .filter(|case| case.received_on < signal_on)
        .filter_map(|case| case.lag(by))
        .filter(|lag| *lag >= 0)
        .collect();
    lags.sort_unstable();
    lags
}

/// The lag within which nine of ten complaints come.
fn p90(lags: &[i64]) -> Option<u32> {
    let place = (SETTLED * lags.len() as f64).ceil() as usize;
    lags.get(place.max(1) - 1)
        .and_then(|lag| u32::try_from(*lag).ok())
}

pub(super) fn ripening(
    asked: &Asked,
    lags: &[i64],
    notes: &mut Vec<String>,
) -> Result<Option<u32>, PlanError> {
    if asked.count_by == CountBy::Received {
        return Ok(None);
    }
    if let Some(days) = asked.ripening_days {
        return Ok(Some(days));
    }
    let days = p90(lags).ok_or(PlanError::NoDates { by: asked.count_by })?;
    notes.push(format!(
        "only complaints within {days} days of {} count, in both windows: nine of ten come by then",
        asked.count_by
    ));
    Ok(Some(days))
}

/// Days to settle: as asked; counting by production or sale needs none; else nine of ten lags from the sale.
pub(super) fn settling(asked: &Asked, cases: &[ScopeCase], notes: &mut Vec<String>) -> u32 {
    if let Some(days) = asked.settling_days {
        return days;
    }
    if asked.count_by != CountBy::Received {
        return 0;
    }
    let lags = lags(cases, CountBy::Received, asked.signal_on);
    match p90(&lags).filter(|_| lags.len() >= LEAST_LAGS) {
        Some(days) => {
            notes.push(format!(
                "settling of {days} days: nine of ten complaints come within it after the sale ({} with a known day)",
                lags.len()
            ));
            days
        }
        None => {
            notes.push(
                "no settling: too few complaints have a day of sale; where goods sold before the fix go on failing, give --settling"
                    .to_owned(),
            );
            0
        }
    }
}

/// Share of a month's complaints that comes from goods sold before the start, if as many are sold as ever.
pub(super) fn carried_over(check: &RateCheck, lags: &[i64], start: NaiveDate, month: Month) -> f64 {
    if check.count_by != CountBy::Received || lags.len() < LEAST_LAGS {
        return 0.0;
    }
    let middle = (month.first() - start).num_days() + 15;
    let longer = lags.iter().filter(|lag| **lag > middle).count();
    // All of them would leave nothing to see; the statistics take shares below 1.
    (longer as f64 / lags.len() as f64).min(0.99)
}
