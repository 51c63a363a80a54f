//! `redress lake`: the snapshots, their age and size, and whether they are whole.

use clap::Subcommand;
use redress_engine::counted::{Counted, Value};
use redress_lake::manifest::Manifest;
use redress_lake::store::Lake;
use redress_lake::verify::verify;
use redress_query::dictionary;

use super::Context;
use super::failure::Failure;
use super::{foreign, output};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// The snapshots, oldest first
    List {
        /// Compare every file with its hash
        #[arg(long)]
        verify: bool,
    },
    /// Cases that a foreign source no longer has; what is ours about them is kept
    Gone {
        /// Only those of this source
        #[arg(long, value_name = "NAME")]
        source: Option<String>,
    },
    /// The data dictionary as Markdown: tables, metrics, checks
    Dictionary,
    /// Remove old snapshots
    Prune {
        /// Snapshots to keep [default: the setting keep_snapshots]
        #[arg(long)]
        keep: Option<u32>,
        /// Only say what would go
        #[arg(long)]
        dry_run: bool,
    },
}

/// `redress lake`.
pub fn run(context: &Context, command: Command) -> anyhow::Result<()> {
    let lake = Lake::at(&context.config.lake);
    match command {
        Command::List { verify } => list(context, &lake, verify),
        Command::Gone { source } => foreign::list(context, source.as_deref()),
        Command::Dictionary => output::write_out(dictionary::markdown()?.as_bytes()),
        Command::Prune { keep, dry_run } => {
            let keep = keep.unwrap_or(context.config.keep_snapshots);
            let rows = lake
                .prune(usize::try_from(keep)?, dry_run)?
                .into_iter()
                .map(|name| vec![Value::Text(name)])
                .collect();
            let column = if dry_run { "would_remove" } else { "removed" };
            output::print(
                &Counted {
                    columns: vec![column.to_owned()],
                    rows,
                },
                context.format,
            )
        }
    }
}

fn list(context: &Context, lake: &Lake, check: bool) -> anyhow::Result<()> {
    let mut rows = Vec::new();
    let mut faults = Vec::new();
    for name in lake.snapshots()? {
        let folder = lake.root().join(&name);
        let manifest = match Manifest::read(&folder) {
            Ok(manifest) => manifest,
            Err(error) => {
                let unknown = || Value::Text(String::new());
                let mut row = vec![Value::Text(name.clone())];
                row.extend([unknown(), Value::Null, Value::Null, Value::Null, unknown()]);
                row.push(Value::Text("unusable".to_owned()));
                rows.push(row);
                faults.push(format!("{name}: {error}"));
                continue;
            }
        };
        let count = |n: u64| Value::Count(i64::try_from(n).unwrap_or(i64::MAX));
        let state = if !check {
            "not checked".to_owned()
        } else {
            let found = verify(&folder)?;
            let state = if found.is_empty() {
                "whole".to_owned()
            } else {
                format!("{} fault(s)", found.len())
            };
            faults.extend(
                found
                    .into_iter()
                    .map(|f| format!("{name}/{}: {}", f.path, f.what)),
            );
            state
        };
        rows.push(vec![
            Value::Text(name),
            Value::Text(manifest.source.clone()),
            count(manifest.rows.get("cases").copied().unwrap_or(0)),
            count(manifest.rows.get("events").copied().unwrap_or(0)),
            count(manifest.files.iter().map(|f| f.bytes).sum()),
            Value::Text(manifest.linked_from.clone().unwrap_or_default()),
            Value::Text(state),
        ]);
    }
    let columns = [
        "snapshot",
        "source",
        "cases",
        "events",
        "bytes",
        "linked_from",
        "state",
    ];
    output::print(
        &Counted {
            columns: columns.map(str::to_owned).to_vec(),
            rows,
        },
        context.format,
    )?;
    if faults.is_empty() {
        Ok(())
    } else {
        Err(Failure::Check(faults.join("; ")).into())
    }
}
