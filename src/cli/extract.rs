//! `redress extract`: a snapshot of the register, or of another store by a mapping.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use redress::engine::counted::{Counted, Value};
use redress::extract::mapping::{Mapping, Unrecorded};
use redress::extract::order::{Done, Order};
use redress::extract::run::extract;
use redress::lake::store::Lake;

use super::Context;
use super::failure::Failure;
use super::{output, progress, rules};

#[derive(Debug, Clone, Default, clap::Args)]
pub struct Args {
    /// The store to read [default: the register]
    #[arg(long, value_name = "PATH")]
    pub store: Option<PathBuf>,
    /// A shipped mapping (redress, csv, xes, zammad, glpi, osticket, servicenow_csv) or a folder of SQL
    #[arg(long, value_name = "NAME|DIR")]
    pub mapping: Option<String>,
    /// What was recorded by then [default: now]
    #[arg(long, value_name = "INSTANT")]
    pub as_of: Option<DateTime<Utc>>,
    /// What had happened by --as-of as it is known today, with today's calendar and limits: late entries,
    /// amendments and voids since then count
    #[arg(long, requires = "as_of")]
    pub restated: bool,
    /// Read every month again, even those without a change
    #[arg(long)]
    pub full: bool,
    /// Months read at the same time [default: one a processor]
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
}

/// `redress extract`.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<()> {
    let done = perform(context, args)?;
    let manifest = &done.manifest;
    let totals = manifest.totals();
    let text = |t: &str| Value::Text(t.to_owned());
    let number = |n: u64| Value::Count(i64::try_from(n).unwrap_or(i64::MAX));
    let mut rows = vec![
        vec![text("snapshot"), text(&done.snapshot.display().to_string())],
        vec![text("as_of"), text(&manifest.as_of.to_rfc3339())],
        vec![text("known at"), text(&manifest.knowledge().to_rfc3339())],
        vec![text("months read"), number(done.months_read as u64)],
        vec![text("months spliced"), number(done.months_spliced as u64)],
        vec![text("months linked"), number(done.months_linked as u64)],
        vec![text("cases in"), number(totals.cases_in)],
        vec![text("cases out"), number(totals.cases_out)],
        vec![text("events in"), number(totals.events_in)],
        vec![text("events out"), number(totals.events_out)],
    ];
    for (table, count) in &manifest.rows {
        rows.push(vec![text(&format!("rows of {table}")), number(*count)]);
    }
    for unknown in &manifest.unknown {
        rows.push(vec![
            text(&format!("unknown {}: {}", unknown.what, unknown.word)),
            number(unknown.rows),
        ]);
    }
    for refused in &totals.refused {
        rows.push(vec![
            text(&format!("refused {}: {}", refused.what, refused.reason)),
            number(refused.rows),
        ]);
    }
    let columns = ["what", "value"].map(str::to_owned).to_vec();
    output::print(&Counted { columns, rows }, context.format)
}

/// Extracts and says on stderr what a reader should know; used by `extract`, `run` and `demo`.
///
/// # Errors
/// When the store or the mapping cannot be read or the lake cannot be written.
pub fn perform(context: &Context, args: &Args) -> anyhow::Result<Done> {
    let config = &context.config;
    let as_of = args.as_of.unwrap_or(context.now);
    if as_of > context.now {
        return Err(Failure::Usage(format!("--as-of {as_of} lies in the future")).into());
    }
    let store: &Path = args
        .store
        .as_deref()
        .or(config.store.as_deref())
        .unwrap_or(&config.register);
    let name = args.mapping.as_deref().unwrap_or(&config.mapping);
    let mapping = Mapping::load(name).map_err(|e| Failure::Usage(e.to_string()))?;
    let no_history = mapping.settings.not_recorded.contains(&Unrecorded::History);
    if args.as_of.is_some() && no_history && !args.restated {
        return Err(Failure::Usage(format!(
            "what was known at {as_of} is not reconstructable: the source `{name}` does not record when it learnt its \
             events; add --restated for what had happened by then as it is known today"
        ))
        .into());
    }
    let known_at = args.restated.then_some(context.now);
    let in_force = rules::load(context, Some(known_at.unwrap_or(as_of)))?;
    let bar = progress::steps("extract: months");
    let threads = args
        .threads
        .or_else(|| {
            std::thread::available_parallelism()
                .ok()
                .map(std::num::NonZero::get)
        })
        .unwrap_or(1);
    let order = Order {
        store,
        source_name: store.display().to_string(),
        mapping: &mapping,
        as_of,
        known_at,
        rules: &in_force.rulebook,
        rules_text: in_force.text.clone(),
        pseudonym_key: config.pseudonym_key.clone().map(String::into_bytes),
        threads,
        full: args.full,
        progress: &|done, total| {
            bar.set_length(total as u64);
            bar.set_position(done as u64);
        },
    };
    let outcome = extract(&Lake::at(&config.lake), &order);
    bar.finish_and_clear();
    let done = outcome?;
    for note in &done.notes {
        eprintln!("note: {note}");
    }
    Ok(done)
}
