//! `redress evidence`: figures and findings that are entered by hand, with what proves them.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use chrono::NaiveDate;
use clap::Subcommand;
use redress_engine::counted::{Counted, Value};
use redress_register::{NewEvidence, Register};
use serde::Serialize;

use super::indicator;
use crate::Context;
use crate::case::common::{By, SCHEMA_VERSION, as_of, stamp, text};
use crate::output;
use redress_plain::hex::hex;
use redress_plain::sha256;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Enter a figure or finding
    Add(Add),
    /// What was entered
    List {
        /// Only of this indicator
        #[arg(long)]
        indicator: Option<String>,
        /// As the register knew it then
        #[arg(long, value_name = "INSTANT")]
        as_of: Option<String>,
    },
}

#[derive(Debug, clap::Args)]
pub struct Add {
    /// P1 to P15, I1 to I8, O1 to O3
    indicator: String,
    /// The figure
    #[arg(long, allow_hyphen_values = true)]
    value: Option<f64>,
    /// Its unit
    #[arg(long, requires = "value")]
    unit: Option<String>,
    /// The day it speaks of
    #[arg(long, value_name = "DATE")]
    dated: NaiveDate,
    /// The finding in words; `-` reads it from stdin
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    note: Option<String>,
    /// A file that proves it; its hash is recorded, the file stays where it is
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    by: By,
}

#[derive(Debug, Serialize)]
struct Added<'a> {
    schema_version: u32,
    evidence: i64,
    indicator: &'a str,
    file_sha256: Option<&'a str>,
}

/// `redress evidence`.
pub fn run(context: &Context, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Add(args) => add(context, &args),
        Command::List { indicator, as_of } => list(context, indicator.as_deref(), as_of.as_deref()),
    }
}

fn add(context: &Context, args: &Add) -> anyhow::Result<()> {
    let mut register = Register::open(&context.config.register)?;
    let new = NewEvidence {
        indicator: indicator(&args.indicator)?,
        value: args.value,
        unit: args.unit.clone(),
        dated: args.dated,
        entered_by: args.by.actor(&register)?.name.unwrap_or_default(),
        file_sha256: args.file.as_deref().map(hash_of).transpose()?,
        note: text(args.note.as_deref())?,
    };
    let id = register.add_evidence(&new, context.now)?;
    let added = Added {
        schema_version: SCHEMA_VERSION,
        evidence: id,
        indicator: &new.indicator,
        file_sha256: new.file_sha256.as_deref(),
    };
    output::print_document(
        &added,
        || format!("evidence {id} for {}\n", new.indicator),
        context.format,
    )
}

fn list(context: &Context, only: Option<&str>, moment: Option<&str>) -> anyhow::Result<()> {
    let register = Register::open_read_only(&context.config.register)?;
    let only = only.map(indicator).transpose()?;
    let zone = register.zone();
    let some = |value: Option<String>| value.map_or(Value::Null, Value::Text);
    let rows = register
        .evidence(as_of(moment, zone, context.now)?)?
        .into_iter()
        .filter(|found| {
            only.as_ref()
                .is_none_or(|name| *name == found.evidence.indicator)
        })
        .map(|found| {
            let evidence = found.evidence;
            vec![
                Value::Count(found.evidence_id),
                Value::Text(evidence.indicator),
                evidence.value.map_or(Value::Null, Value::Real),
                some(evidence.unit),
                Value::Day(evidence.dated),
                Value::Text(evidence.entered_by),
                stamp(found.recorded_at, zone, context.format),
                some(evidence.note),
                some(evidence.file_sha256),
            ]
        })
        .collect();
    let columns = [
        "id",
        "indicator",
        "value",
        "unit",
        "dated",
        "entered_by",
        "recorded",
        "note",
        "file_sha256",
    ];
    output::print(
        &Counted {
            columns: columns.map(str::to_owned).to_vec(),
            rows,
        },
        context.format,
    )
}

fn hash_of(path: &Path) -> anyhow::Result<String> {
    let content =
        std::fs::read(path).with_context(|| format!("{}: cannot be read", path.display()))?;
    Ok(hex(&sha256::digest(content)))
}
