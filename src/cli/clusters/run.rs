//! `redress clusters run`: over the latest snapshot, or over any table.

use std::path::PathBuf;

use anyhow::Context as _;
use redress_clusters::Vectors;
use redress_engine::counted::{Counted, Value};
use redress_lake::manifest::Manifest;
use redress_lake::store::Lake;
use redress_recurrence::run::{Done, Order, run as search};
use redress_register::Register;

use super::table;
use crate::Context;
use crate::failure::Failure;
use crate::{logging, output, progress};

#[derive(Debug, Clone, Default, clap::Args)]
pub struct Args {
    /// Search all complaints anew; otherwise new ones join what stands
    #[arg(long)]
    pub full: bool,
    /// The snapshot [default: the latest]
    #[arg(long, value_name = "NAME", conflicts_with = "input")]
    pub snapshot: Option<String>,
    /// Search and report, and record nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Word vectors of your own (word2vec or GloVe text, or safetensors), as a third voice in the similarity
    #[arg(long, value_name = "FILE")]
    pub vectors: Option<PathBuf>,
    #[command(flatten)]
    pub table: table::Args,
}

/// `redress clusters run`.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<()> {
    if let Some(input) = &args.table.input {
        let vectors = vectors(args)?;
        return table::run(context, input, &args.table, vectors.as_ref());
    }
    let done = perform(context, args)?;
    let text = |t: &str| Value::Text(t.to_owned());
    let number = |n: usize| Value::Count(i64::try_from(n).unwrap_or(i64::MAX));
    let layer = done
        .layer
        .as_ref()
        .map_or("none (dry run)".to_owned(), |path| {
            path.display().to_string()
        });
    let mut rows = vec![
        vec![text("layer"), text(&layer)],
        vec![text("search"), text(done.mode.as_str())],
        vec![text("complaints"), number(done.complaints)],
        vec![text("problems of two or more"), number(done.problems)],
        vec![text("themes of two or more"), number(done.themes)],
        vec![text("growing problems"), number(done.growing)],
        vec![text("emerging problems"), number(done.emerging)],
        vec![text("duplicates"), number(done.duplicates)],
        vec![text("repeats"), number(done.repeats)],
        vec![text("stood in a problem before"), number(done.stood)],
        vec![text("moved to another number or none"), number(done.moved)],
    ];
    for (kind, count) in &done.events {
        rows.push(vec![text(&format!("problems: {kind}")), number(*count)]);
    }
    for (step, seconds) in &done.seconds {
        let rounded = (seconds * 1000.0).round() / 1000.0;
        rows.push(vec![
            text(&format!("seconds: {step}")),
            Value::Real(rounded),
        ]);
    }
    let columns = ["what", "value"].map(str::to_owned).to_vec();
    output::print(&Counted { columns, rows }, context.format)
}

/// Searches a snapshot and says on stderr what a reader should know; used by `clusters run`, `run` and `demo`.
///
/// # Errors
/// When there is no register or snapshot, or the search fails.
pub fn perform(context: &Context, args: &Args) -> anyhow::Result<Done> {
    let config = &context.config;
    let snapshot = Lake::at(&config.lake).snapshot(args.snapshot.as_deref())?;
    let manifest = Manifest::read(&snapshot)?;
    let mut register = Register::open(&config.register).context(
        "the numbers of clusters and the analyst's word are kept in a register, also for the cases of another store",
    )?;
    let vectors = vectors(args)?;
    let bar = progress::steps("clusters");
    let done =
        search(
            &mut register,
            &Order {
                snapshot: &snapshot,
                lake: &config.lake,
                source: manifest.source_key(),
                zone: manifest.rules.zone.parse().map_err(|_| {
                    Failure::Usage(format!("unknown zone `{}`", manifest.rules.zone))
                })?,
                now: context.now,
                full: args.full,
                full_every_days: config.clusters_full_every_days,
                vectors: vectors.as_ref(),
                dry_run: args.dry_run,
                progress: &|step| bar.set_message(format!("clusters: {step}")),
            },
        );
    bar.finish_and_clear();
    let done = done?;
    for note in &done.notes {
        logging::notice(&format!("note: {note}"));
    }
    Ok(done)
}

fn vectors(args: &Args) -> anyhow::Result<Option<Vectors>> {
    let read = |path: &PathBuf| {
        Vectors::read(path).map_err(|e| anyhow::Error::from(Failure::Usage(e.to_string())))
    };
    args.vectors.as_ref().map(read).transpose()
}
