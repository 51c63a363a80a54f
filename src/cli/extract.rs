//! `redress extract`: a snapshot of the register, or of another store by a mapping.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use redress_engine::counted::{Counted, Value};
use redress_extract::continuity::Beside;
use redress_extract::order::{Done, ExtractError, Order};
use redress_extract::run::extract_attended;
use redress_lake::manifest::Manifest;
use redress_lake::store::Lake;
use redress_register::Register;
use redress_source::attendance::{Attendance, Stop};
use redress_source::mapping::{Mapping, SourceKind, Unrecorded};
use redress_source::staging::StagingError;
use redress_source::staging::postgres::error::PostgresError;
use redress_source::store::{SourceError, store_name};

use super::Context;
use super::config::Config;
use super::failure::Failure;
use super::{logging, output, progress, rules, signals};

#[derive(Debug, Clone, Default, clap::Args)]
pub struct Args {
    /// The store to read: a file, a folder, or postgres://USER@HOST/DATABASE [default: the register]
    #[arg(long, value_name = "PATH|URL")]
    pub store: Option<PathBuf>,
    /// A shipped mapping (redress, csv, xes, zammad, glpi, osticket, servicenow_csv) or a folder of SQL
    #[arg(long, value_name = "NAME|DIR")]
    pub mapping: Option<String>,
    /// Name of the store's source: clusters, actions and what else is ours about its cases are kept under it
    /// [default: the setting source, else the mapping's name]
    #[arg(long, value_name = "NAME")]
    pub source: Option<String>,
    /// The store is still this source, although most of its cases are gone or are others
    #[arg(long)]
    pub same_source: bool,
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
    /// Months read at the same time, and connections to a server [default: one a processor]
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
        vec![text("source read"), text(&reading(manifest))],
        vec![text("months read"), number(done.months_read as u64)],
        vec![text("months spliced"), number(done.months_spliced as u64)],
        vec![text("months linked"), number(done.months_linked as u64)],
        vec![text("cases in"), number(totals.cases_in)],
        vec![text("cases out"), number(totals.cases_out)],
        vec![text("events in"), number(totals.events_in)],
        vec![text("events out"), number(totals.events_out)],
    ];
    let server_rows = manifest.reading.and_then(|reading| reading.server_rows);
    if let Some(count) = server_rows {
        rows.push(vec![text("rows read from the server"), number(count)]);
    }
    for (table, count) in &manifest.rows {
        rows.push(vec![text(&format!("rows of {table}")), number(*count)]);
    }
    if let Some(gone) = &manifest.gone {
        rows.push(vec![
            text("cases no longer in the source"),
            number(gone.in_all),
        ]);
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

/// Whether the source was read whole and why, or what else was read.
fn reading(manifest: &Manifest) -> String {
    let because = manifest.reading.and_then(|reading| reading.whole_because);
    match (because, &manifest.linked_from) {
        (Some(because), _) => format!("whole: {because}"),
        (None, Some(since)) => format!("what changed since {since}"),
        (None, None) => "what changed".to_owned(),
    }
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
    let mapping = Mapping::load(name)
        .map_err(|e| Failure::Usage(e.to_string()))?
        .for_source(source_name(args, config)?);
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
        source_name: store_name(store),
        mapping: &mapping,
        as_of,
        known_at,
        rules: &in_force.rulebook,
        rules_text: in_force.text.clone(),
        pseudonym_key: config.pseudonym_key.clone().map(String::into_bytes),
        threads,
        full: args.full,
        progress: &|done, total| {
            bar.set_message("extract: months");
            bar.set_length(total as u64);
            bar.set_position(done as u64);
        },
    };
    let is_foreign = mapping.settings.source != SourceKind::Register;
    let mut register = match is_foreign && config.register.is_file() {
        true => Some(Register::open(&config.register)?),
        false => None,
    };
    let beside = Beside {
        register: register.as_mut(),
        same_source: args.same_source,
        now: context.now,
    };
    let stop = Stop::default();
    // A half-written snapshot is taken away, and queries on a server are cancelled.
    let _watching = signals::watch(stop.clone())?;
    let attendance = Attendance {
        stop,
        progress: &|told| {
            bar.set_message(format!("extract: {} ({} rows)", told.table, told.rows));
            bar.set_length(told.parts as u64);
            bar.set_position(told.done as u64);
        },
    };
    let outcome = extract_attended(&Lake::at(&config.lake), &order, beside, &attendance);
    bar.finish_and_clear();
    let done = outcome.map_err(of_address)?;
    for note in &done.notes {
        logging::notice(&format!("note: {note}"));
    }
    let against = done.manifest.rows.get("case_deviations").copied();
    if let Some(against @ 1..) = against.filter(|_| is_foreign) {
        logging::notice(&format!(
            "note: {against} event(s) contradict the procedure, such as an answer before its complaint; they are kept \
             and counted (`redress query conformance`)"
        ));
    }
    Ok(done)
}

/// A failed extract: an address that cannot be read, or that the mapping does not read, is the asker's to mend.
fn of_address(error: ExtractError) -> anyhow::Error {
    match error {
        ExtractError::Source(SourceError::Staging(StagingError::Postgres(
            refusal @ (PostgresError::Url { .. } | PostgresError::OtherMapping { .. }),
        ))) => Failure::Usage(refusal.to_string()).into(),
        other => other.into(),
    }
}

/// The name that was given to the source of a foreign store.
fn source_name<'a>(args: &'a Args, config: &'a Config) -> Result<Option<&'a str>, Failure> {
    let Some(name) = args.source.as_deref().or(config.source.as_deref()) else {
        return Ok(None);
    };
    let is_name = !name.is_empty() && name.trim() == name && !name.chars().any(char::is_control);
    match is_name {
        true => Ok(Some(name)),
        false => Err(Failure::Usage(format!(
            "`{name}` is no name of a source: give it one without blanks around it, such as complaints-desk"
        ))),
    }
}
