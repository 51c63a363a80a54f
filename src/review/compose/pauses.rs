//! How many stages were paused on the customer's side, and for how long.

use std::collections::BTreeMap;

use super::maker::Maker;
use super::sla::{Sla, StageSla};
use crate::ReviewError;
use crate::model::{CaseList, Cell, Table};
use crate::numbers::rounded;
use crate::words::NOTHING;

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

/// A table of the stages with the cases that were paused.
pub(super) fn table(
    maker: &Maker,
    pauses: &Pauses,
    sla: &Sla,
    id: &str,
) -> Result<(Table, Vec<CaseList>), ReviewError> {
    let words = maker.words;
    let mut rows = Vec::new();
    let mut lists = Vec::new();
    for row in &sla.rows {
        let found = pauses.0.get(&(row.stage.clone(), row.pass));
        let Some(counts) = found else { continue };
        let paused: u64 = counts.paused.values().sum();
        let shown = maker
            .share(paused, counts.stages)
            .map_err(Maker::refused(METRIC))?;
        let list = cases(maker, row, paused)?;
        let median = median(&counts.paused).map_or_else(
            || Cell::text(NOTHING),
            |days| {
                let places = u32::from(days.fract() != 0.0);
                Cell::number(words.real(days, places), rounded(days, 1))
            },
        );
        rows.push(vec![
            Cell::text(&row.label),
            maker.count_cell(counts.stages as i64, None),
            maker.count_cell(paused as i64, list.as_ref()),
            Maker::share_cell(&shown),
            Cell::text(&shown.interval_text),
            median,
        ]);
        lists.extend(list);
    }
    let columns = maker.columns(&[
        "sla.col_stage",
        "sla.col_started",
        "pauses.col_paused",
        "pauses.col_share",
        "sla.col_decided_interval",
        "pauses.col_median",
    ]);
    let caption = words.text("pauses.caption");
    Ok((
        maker.table(&format!("{id}_pauses"), caption, columns, rows),
        lists,
    ))
}

fn cases(maker: &Maker, row: &StageSla, paused: u64) -> Result<Option<CaseList>, ReviewError> {
    if paused == 0 {
        return Ok(None);
    }
    let pass = row.pass.to_string();
    let conditions = [
        ("stage", row.stage.as_str()),
        ("pass", pass.as_str()),
        ("paused", "yes"),
    ];
    let title = maker.words.fill("pauses.list", &[("stage", &row.label)]);
    Ok(Some(maker.cases(
        METRIC,
        &conditions,
        title,
        paused as i64,
    )?))
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
