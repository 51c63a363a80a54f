//! `redress review diff`: what two packs say differently, and why.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use redress_engine::counted::{Counted, Value};
use redress_query::query_file::{QueryFile, metrics_with};
use redress_review::pack::difference::{Difference, difference};
use redress_review::pack::{PackError, PackManifest};

use crate::failure::Failure;
use crate::{Context, output, query};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The earlier pack's folder
    #[arg(value_name = "A")]
    before: PathBuf,
    /// The later pack's folder
    #[arg(value_name = "B")]
    after: PathBuf,
    /// The folder with metrics of your own that they were built with
    #[arg(long, value_name = "DIR")]
    queries: Option<PathBuf>,
}

/// What the register learnt from the period's first day on.
const EVENTS_SINCE: &str = "SELECT k.case_id, e.kind, e.occurred_at, e.recorded_at FROM events AS e \
     JOIN cases AS k ON k.case_key = e.case_key CROSS JOIN params AS p WHERE e.recorded_on >= p.period_first";

/// Rows that a list shows on a terminal.
const SHOWN: usize = 40;

/// `review diff`.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<()> {
    let metrics =
        metrics_with(args.queries.as_deref()).map_err(|e| Failure::Usage(e.to_string()))?;
    let keys = |id: &str| -> Vec<String> {
        let metric = metrics.iter().find(|metric| metric.id == id);
        metric.map_or_else(Vec::new, QueryFile::row_names)
    };
    let found = difference(&args.before, &args.after, &keys);
    let mut found = found.map_err(|error| match error {
        PackError::NoPack(_) => Failure::Usage(error.to_string()).into(),
        other => anyhow::Error::from(other),
    })?;
    let (before, after) = (
        PackManifest::read(&args.before)?.origin,
        PackManifest::read(&args.after)?.origin,
    );
    // From the day before, whatever the zone, to the day of the later moment.
    let since = before.as_of.date_naive().pred_opt().unwrap_or_default();
    let between = format!("{since}..{}", after.as_of.date_naive());
    if before.as_of <= after.as_of
        && let Ok((engine, manifest)) = query::open(context, Some(&after.snapshot), &between)
        && manifest.digest == after.lake_digest
    {
        explain(
            &mut found,
            &engine.sql(EVENTS_SINCE, "events since")?,
            before.as_of,
        );
    }
    output::print_document(&found, || in_words(&found), context.format)
}

/// Says of each case what the register learnt of it after the first pack's moment of judgement.
fn explain(found: &mut Difference, events: &Counted, since: DateTime<Utc>) {
    let moment = |value: &Value| match value {
        Value::Text(text) => text.parse::<DateTime<Utc>>().ok(),
        _ => None,
    };
    let changed: BTreeSet<&str> = found.cases.iter().map(|c| c.case_id.as_str()).collect();
    let mut why: BTreeMap<String, &'static str> = BTreeMap::new();
    for row in 0..events.rows.len() {
        let case = events.text(row, "case_id");
        let recorded = moment(events.cell(row, "recorded_at"));
        if !changed.contains(case.as_str()) || recorded.is_none_or(|at| at <= since) {
            continue;
        }
        let kind = events.text(row, "kind");
        let occurred = moment(events.cell(row, "occurred_at"));
        let said = if kind == "amended" || kind == "voided" {
            "mended"
        } else if occurred.is_some_and(|at| at <= since) {
            "late_entry"
        } else {
            "new_event"
        };
        // What was entered late or mended says more than what merely went on.
        why.entry(case)
            .and_modify(|known| {
                if *known == "new_event" {
                    *known = said;
                }
            })
            .or_insert(said);
    }
    for case in &mut found.cases {
        // Without an event it is the calendar, a limit, a definition, or time itself.
        case.why = Some(why.get(&case.case_id).copied().unwrap_or("no_event"));
    }
}

fn in_words(found: &Difference) -> String {
    if found.reasons.is_empty() && found.figures.is_empty() && found.cases.is_empty() {
        return "the packs say the same\n".to_owned();
    }
    let mut text = String::new();
    for reason in &found.reasons {
        text.push_str(&format!(
            "{}: {} -> {}\n",
            reason.what.as_str(),
            reason.before,
            reason.after
        ));
    }
    let side = |value: &Option<String>| value.clone().unwrap_or_else(|| "not there".to_owned());
    text.push_str(&format!("\n{} figure(s) differ\n", found.figures.len()));
    for figure in found.figures.iter().take(SHOWN) {
        text.push_str(&format!(
            "  {} [{}] {}: {} -> {}\n",
            figure.metric,
            figure.row,
            figure.column,
            side(&figure.before),
            side(&figure.after)
        ));
    }
    let cases: BTreeSet<&str> = found.cases.iter().map(|c| c.case_id.as_str()).collect();
    text.push_str(&format!(
        "\n{} case(s) are counted otherwise\n",
        cases.len()
    ));
    for case in found.cases.iter().take(SHOWN) {
        let why = case.why.map(|why| format!(" ({why})")).unwrap_or_default();
        text.push_str(&format!(
            "  {} in {}: {} -> {}{why}\n",
            case.case_id, case.metric, case.before, case.after
        ));
    }
    let more = found.figures.len().max(found.cases.len());
    if more > SHOWN {
        text.push_str(&format!(
            "\nthe first {SHOWN} of each are shown; --format json has all\n"
        ));
    }
    text
}
