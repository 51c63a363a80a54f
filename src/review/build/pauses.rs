//! How many stages were paused on the customer's side, and for how long.

use std::collections::BTreeMap;

use super::maker::{Maker, Shown};
use super::sla::StageSla;
use crate::review::ReviewError;
use crate::review::model::{CaseList, Cell};
use crate::review::numbers::rounded;
use crate::review::words::NOTHING;

const METRIC: &str = "pauses";

/// Stages of one pass that started in the period.
#[derive(Debug, Clone, Default)]
struct Counts {
    stages: u64,
    /// Paused ones by the counted days left out.
    paused: BTreeMap<i64, u64>,
}

/// Pauses by stage and pass.
#[derive(Debug, Clone)]
pub(super) struct Pauses(BTreeMap<(String, i64), Counts>);

/// Reads the metric; `None` when it is not measured.
pub(super) fn read(maker: &Maker) -> Result<Option<Pauses>, ReviewError> {
    let columns = ["stage", "pass", "paused", "paused_days", "stages"];
    let Some(table) = maker.metric(METRIC, &columns)? else {
        return Ok(None);
    };
    let mut found: BTreeMap<(String, i64), Counts> = BTreeMap::new();
    for row in 0..table.rows.len() {
        let key = (table.text(row, "stage"), table.count(row, "pass"));
        let counts = found.entry(key).or_default();
        let n = u64::try_from(table.count(row, "stages")).unwrap_or(0);
        counts.stages += n;
        if table.text(row, "paused") == "yes" {
            let days = table.count(row, "paused_days");
            *counts.paused.entry(days).or_default() += n;
        }
    }
    Ok(Some(Pauses(found)))
}

/// The cells of a stage: share paused with its interval, and the median pause; and the cases paused.
pub(super) fn cells(
    maker: &Maker,
    pauses: &Pauses,
    row: &StageSla,
) -> Result<([Cell; 2], Option<CaseList>), ReviewError> {
    let Some(counts) = pauses.0.get(&(row.stage.clone(), row.pass)) else {
        return Ok(([Cell::text(NOTHING), Cell::text(NOTHING)], None));
    };
    let paused: u64 = counts.paused.values().sum();
    let shown = maker
        .share(paused, counts.stages)
        .map_err(Maker::refused(METRIC))?;
    let mut share = Cell::text(said(maker, &shown, paused, counts.stages));
    share.number = shown.percent;
    if paused == 0 {
        return Ok(([share, Cell::text(NOTHING)], None));
    }
    let pass = row.pass.to_string();
    let conditions = [
        ("stage", row.stage.as_str()),
        ("pass", pass.as_str()),
        ("paused", "yes"),
    ];
    let title = maker.words.fill("pauses.list", &[("stage", &row.label)]);
    let list = maker.cases(METRIC, &conditions, title, paused as i64)?;
    let median = median(&counts.paused).map_or_else(
        || Cell::text(NOTHING),
        |days| {
            let places = u32::from(days.fract() != 0.0);
            let text = maker.words.real(days, places);
            Cell::number(text, rounded(days, 1))
        },
    );
    Ok(([share.linked(&list.id), median], Some(list)))
}

/// "12 of 92 (13.0%, 7.6–21.4%)".
fn said(maker: &Maker, shown: &Shown, paused: u64, stages: u64) -> String {
    if shown.percent.is_none() {
        return shown.text.clone();
    }
    let of = maker.of(paused, stages);
    format!("{of} ({}; {})", shown.text, shown.interval_text)
}

/// The median of values with their counts: the middle one, or the mean of the two in the middle.
fn median(counts: &BTreeMap<i64, u64>) -> Option<f64> {
    let total: u64 = counts.values().sum();
    let at = |place: u64| {
        let mut seen = 0;
        counts.iter().find_map(|(value, n)| {
            seen += n;
            (seen > place).then_some(*value as f64)
        })
    };
    let last = total.checked_sub(1)?;
    Some((at(last / 2)? + at(total / 2)?) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_that_of_r() {
        // R: median(rep(c(1, 3, 4, 6), c(3, 1, 2, 2))) is 3.5; of c(1, 1, 9) it is 1.
        let even = BTreeMap::from([(1, 3), (3, 1), (4, 2), (6, 2)]);
        assert_eq!(median(&even), Some(3.5));
        assert_eq!(median(&BTreeMap::from([(1, 2), (9, 1)])), Some(1.0));
        assert_eq!(median(&BTreeMap::new()), None);
    }
}
