//! `redress clusters run --input`: the search over any table, so that anyone can check it.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use redress_clusters::{Options, Vectors};
use redress_domain::cluster::ClusterLevel;
use redress_engine::counted::{Counted, Value};
use redress_plain::place::{folder_for, unnamed};
use redress_recurrence::table::{Place, Row, place};
use redress_table_file::{TableError, TableFile};

use super::Level;
use crate::Context;
use crate::failure::Failure;
use crate::output;

#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// A table to search instead of the lake: CSV, TSV or Parquet with a header
    #[arg(long, value_name = "FILE", requires_all = ["id", "text", "out"])]
    pub input: Option<PathBuf>,
    /// Its column of ids
    #[arg(long, value_name = "COL", requires = "input")]
    id: Option<String>,
    /// Its column of texts
    #[arg(long, value_name = "COL", requires = "input")]
    text: Option<String>,
    /// A reliable field (lot, product code): rows that differ in it are never compared; may be repeated
    #[arg(long, value_name = "COL", requires = "input")]
    gate: Vec<String>,
    /// Its column of dates, as 2026-07-31; the earlier row decides where two are equal
    #[arg(long, value_name = "COL", requires = "input")]
    date: Option<String>,
    /// Its column of complainants: the answer says how many are in each cluster
    #[arg(long, value_name = "COL", requires = "input")]
    complainant: Option<String>,
    #[command(flatten)]
    level: Level,
    /// Where to write id and cluster, separated by tabs
    #[arg(long, value_name = "FILE", requires = "input")]
    out: Option<PathBuf>,
    /// An earlier answer of this command: its rows keep their cluster, the others are placed
    #[arg(long, value_name = "FILE", requires = "input")]
    previous: Option<PathBuf>,
}

impl Default for Args {
    fn default() -> Self {
        Args {
            input: None,
            id: None,
            text: None,
            gate: Vec::new(),
            date: None,
            complainant: None,
            level: Level {
                level: ClusterLevel::Problem,
            },
            out: None,
            previous: None,
        }
    }
}

pub fn run(
    context: &Context,
    input: &Path,
    args: &Args,
    vectors: Option<&Vectors>,
) -> anyhow::Result<()> {
    let usage = |error: String| anyhow::Error::from(Failure::Usage(error));
    let (Some(out), Some(_)) = (&args.out, &args.id) else {
        return Err(usage("--input needs --id, --text and --out".to_owned()));
    };
    let mut rows = rows(input, args)?;
    let previous = args.previous.as_deref().map(earlier).transpose()?;
    let options = Options { vectors };
    let places = place(&mut rows, args.level.level, previous.as_ref(), &options)
        .map_err(|error| usage(format!("{}: {error}", input.display())))?;
    write(out, &rows, &places, args.complainant.is_some())?;
    let mut sizes: BTreeMap<u32, usize> = BTreeMap::new();
    for place in &places {
        sizes.insert(place.cluster, place.size);
    }
    let together: usize = sizes.values().filter(|size| **size > 1).sum();
    let share =
        |n: usize| Value::Real((n as f64 / rows.len() as f64 * 10_000.0).round() / 10_000.0);
    let number = |n: usize| Value::Count(i64::try_from(n).unwrap_or(i64::MAX));
    let says = |what: &str, value: Value| vec![Value::Text(what.to_owned()), value];
    let table = Counted {
        columns: ["what", "value"].map(str::to_owned).to_vec(),
        rows: vec![
            says("rows", number(rows.len())),
            says("level", Value::Text(args.level.level.to_string())),
            says(
                "clusters of two or more",
                number(sizes.values().filter(|size| **size > 1).count()),
            ),
            says("share of rows in them", share(together)),
            says(
                "share of the biggest",
                share(sizes.values().copied().max().unwrap_or(0)),
            ),
            says("written to", Value::Text(out.display().to_string())),
        ],
    };
    output::print(&table, context.format)
}

fn rows(input: &Path, args: &Args) -> anyhow::Result<Vec<Row>> {
    let mut named: Vec<&str> = Vec::new();
    let single = [&args.id, &args.text, &args.date, &args.complainant];
    named.extend(single.into_iter().flatten().map(String::as_str));
    named.extend(args.gate.iter().map(String::as_str));
    named.sort_unstable();
    named.dedup();
    let table = TableFile::read(input, &named).map_err(|error| match error {
        TableError::MissingColumn { .. } => Failure::Usage(error.to_string()).into(),
        other => anyhow::Error::from(other),
    })?;
    let column = |name: &Option<String>| -> anyhow::Result<Vec<Option<String>>> {
        match name {
            Some(name) => Ok(table.texts(name)?),
            None => Ok(vec![None; table.rows()]),
        }
    };
    let (ids, texts) = (column(&args.id)?, column(&args.text)?);
    let (dates, complainants) = (column(&args.date)?, column(&args.complainant)?);
    let gates = args
        .gate
        .iter()
        .map(|name| table.texts(name))
        .collect::<Result<Vec<_>, _>>()?;
    let mut rows = Vec::with_capacity(table.rows());
    let whole = ids.into_iter().zip(texts).zip(dates).zip(complainants);
    for (at, (((id, text), date), complainant)) in whole.enumerate() {
        rows.push(Row {
            id: id.unwrap_or_default(),
            text,
            gates: gates.iter().map(|gate| gate[at].clone()).collect(),
            date,
            complainant,
        });
    }
    Ok(rows)
}

/// An earlier answer: id and cluster.
fn earlier(path: &Path) -> anyhow::Result<HashMap<String, u32>> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let mut found = HashMap::new();
    for (at, line) in text.lines().enumerate().skip(1) {
        let mut cells = line.split('\t');
        let (id, cluster) = (cells.next(), cells.next());
        let cluster = cluster.and_then(|cell| cell.parse().ok());
        let (Some(id), Some(cluster)) = (id, cluster) else {
            return Err(Failure::Usage(format!(
                "{}: line {}: is no id and cluster's number, as this command writes them",
                path.display(),
                at + 1
            ))
            .into());
        };
        found.insert(id.to_owned(), cluster);
    }
    Ok(found)
}

/// Writes aside and renames, so that no half answer is ever there.
fn write(out: &Path, rows: &[Row], places: &[Place], complainants: bool) -> anyhow::Result<()> {
    let mut text = String::from("id\tcluster");
    if complainants {
        text.push_str("\tcomplainants");
    }
    text.push('\n');
    for (row, place) in rows.iter().zip(places) {
        write!(text, "{}\t{}", row.id, place.cluster)?;
        if complainants {
            write!(text, "\t{}", place.complainants)?;
        }
        text.push('\n');
    }
    let mut aside = folder_for(out)
        .and_then(|folder| tempfile::NamedTempFile::new_in(folder).map_err(unnamed))
        .with_context(|| format!("{}: cannot be written", out.display()))?;
    std::io::Write::write_all(&mut aside, text.as_bytes())
        .with_context(|| format!("{}: cannot be written", out.display()))?;
    aside
        .persist(out)
        .with_context(|| format!("{}: cannot be written", out.display()))?;
    Ok(())
}
