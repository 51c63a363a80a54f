//! `redress import`: tables that other systems have, and mails.

mod guess;
mod mail;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use clap::Subcommand;
use redress_improvement::months::Month;
use redress_register::{Exposure, ExposureEntry, Register};
use redress_table_file::{TableError, TableFile};
use serde::Serialize;

use super::Context;
use super::case::common::{By, SCHEMA_VERSION};
use super::failure::{Failure, of_register};
use super::output;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Units sold or served: columns month, units, and where given product and site; other units for the same month,
    /// product and site become a new version, with a reason
    Exposure(ExposureArgs),
    /// Mails: new complaints, additions to the cases that their subjects name; a second run does nothing
    Mail(mail::Args),
    /// Look at a CSV file and propose a mapping for it: columns, dates, encoding, states; it says what it is unsure of
    Guess(guess::Args),
}

#[derive(Debug, clap::Args)]
pub struct ExposureArgs {
    /// CSV or Parquet
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    by: By,
    /// Why units that were given before change
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Check it and record nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Serialize)]
struct Taken {
    schema_version: u32,
    rows: usize,
    added: usize,
    replaced: usize,
    unchanged: usize,
    /// All units together.
    units: f64,
    first: String,
    last: String,
    recorded: bool,
}

/// `redress import`.
pub fn run(context: &Context, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Exposure(args) => exposure(context, &args),
        Command::Mail(args) => mail::run(context, &args),
        Command::Guess(args) => guess::run(context, &args),
    }
}

fn exposure(context: &Context, args: &ExposureArgs) -> anyhow::Result<()> {
    let rows = read(&args.file)?;
    let mut register = Register::open(&context.config.register)?;
    let name = args.by.actor(&register)?.name.unwrap_or_default();
    let preview = register.preview_exposure(&rows)?;
    let reason = args
        .reason
        .as_deref()
        .filter(|text| !text.trim().is_empty());
    if preview.replaced > 0 && reason.is_none() {
        return Err(Failure::Usage(format!(
            "{}: other units are in force for {} of its rows; say why they change with --reason",
            args.file.display(),
            preview.replaced
        ))
        .into());
    }
    let entry = ExposureEntry {
        by: &name,
        reason,
        now: context.now,
    };
    let done = match args.dry_run {
        true => preview,
        false => register.set_exposure(&rows, &entry).map_err(of_register)?,
    };
    let months = || rows.iter().map(|row| row.month.clone());
    let taken = Taken {
        schema_version: SCHEMA_VERSION,
        rows: rows.len(),
        added: done.added,
        replaced: done.replaced,
        unchanged: done.unchanged,
        units: rows.iter().map(|row| row.units).sum(),
        first: months().min().unwrap_or_default(),
        last: months().max().unwrap_or_default(),
        recorded: !args.dry_run,
    };
    let human = || {
        let dry = if args.dry_run {
            "nothing was recorded (dry run)\n"
        } else {
            ""
        };
        format!(
            "{} row(s), {} to {}, {} units in all: {} new, {} replaced, {} as before\n{dry}",
            taken.rows,
            taken.first,
            taken.last,
            taken.units,
            taken.added,
            taken.replaced,
            taken.unchanged
        )
    };
    output::print_document(&taken, human, context.format)
}

/// The rows of a file, each checked and named by its number below the header.
fn read(file: &Path) -> Result<Vec<Exposure>, Failure> {
    let refused = |error: TableError| Failure::Usage(error.to_string());
    no_other_columns(file)?;
    let (table, given) = open(file).map_err(refused)?;
    let months = table.all_texts("month").map_err(refused)?;
    let units = table.all_numbers("units").map_err(refused)?;
    let optional = |name: &str| match given.contains(&name) {
        true => table.texts(name).map(Some).map_err(refused),
        false => Ok(None),
    };
    let (products, sites) = (optional("product")?, optional("site")?);
    let place = |row: usize| format!("{}: row {}", file.display(), row + 1);
    let mut rows: Vec<Exposure> = Vec::new();
    let mut known = HashMap::new();
    for (row, (month, units)) in months.iter().zip(units).enumerate() {
        let valid = month.len() == 7 && format!("{month}-01").parse::<chrono::NaiveDate>().is_ok();
        if !valid {
            return Err(Failure::Usage(format!(
                "{}: `{month}` is no month; write it as 2026-07",
                place(row)
            )));
        }
        if !(units.is_finite() && units >= 0.0) {
            return Err(Failure::Usage(format!(
                "{}: {units} units; they are not negative",
                place(row)
            )));
        }
        let cell = |cells: &Option<Vec<Option<String>>>| {
            cells
                .as_ref()
                .and_then(|cells| cells[row].clone())
                .filter(|text| !text.trim().is_empty())
        };
        let exposure = Exposure {
            month: month.clone(),
            product: cell(&products),
            site: cell(&sites),
            units,
        };
        let key = (
            month.clone(),
            exposure.product.clone(),
            exposure.site.clone(),
        );
        if let Some(first) = known.insert(key, row) {
            return Err(Failure::Usage(format!(
                "{}: the same month, product and site as row {}; sum them up, or remove one",
                place(row),
                first + 1
            )));
        }
        rows.push(exposure);
    }
    gaps(file, &rows)?;
    Ok(rows)
}

/// Columns of a CSV that would be passed over: `Product` for `product` would make parts into totals.
fn no_other_columns(file: &Path) -> Result<(), Failure> {
    let Ok(text) = std::fs::read_to_string(file) else {
        // Parquet, or what cannot be read: said where the columns are read.
        return Ok(());
    };
    let text = text.trim_start_matches('\u{feff}');
    if text.trim().is_empty() {
        // Said where the columns are read, too.
        return Ok(());
    }
    let head = text.lines().next().unwrap_or_default();
    let known = ["month", "units", "product", "site"];
    let strange = head
        .split([',', ';', '\t'])
        .map(|name| name.trim().trim_matches('"'))
        .find(|name| !known.contains(name));
    match strange {
        Some(name) => Err(Failure::Usage(format!(
            "{}: the column `{name}` is not known; columns are {}, in small letters",
            file.display(),
            known.join(", ")
        ))),
        None => Ok(()),
    }
}

/// The file with as many of the optional columns as it has.
fn open(file: &Path) -> Result<(TableFile, &'static [&'static str]), TableError> {
    const FORMS: [&[&str]; 4] = [
        &["month", "units", "product", "site"],
        &["month", "units", "product"],
        &["month", "units", "site"],
        &["month", "units"],
    ];
    for wanted in FORMS {
        match TableFile::read(file, wanted) {
            Ok(table) => return Ok((table, wanted)),
            Err(TableError::MissingColumn { column, .. })
                if column == "product" || column == "site" => {}
            Err(error) => return Err(error),
        }
    }
    TableFile::read(file, FORMS[3]).map(|table| (table, FORMS[3]))
}

/// A product and site with a month missing between others would silently lower a rate's exposure.
fn gaps(file: &Path, rows: &[Exposure]) -> Result<(), Failure> {
    let mut of: BTreeMap<(Option<&str>, Option<&str>), Vec<Month>> = BTreeMap::new();
    for row in rows {
        if let Ok(first) = format!("{}-01", row.month).parse() {
            of.entry((row.product.as_deref(), row.site.as_deref()))
                .or_default()
                .push(Month::of(first));
        }
    }
    for ((product, site), mut months) in of {
        months.sort();
        for pair in months.windows(2) {
            if let [earlier, later] = pair
                && earlier.until(*later) > 1
            {
                return Err(Failure::Usage(format!(
                    "{}: {} at {}: no units for {}; give 0 where nothing was sold",
                    file.display(),
                    product.unwrap_or("all products"),
                    site.unwrap_or("all sites"),
                    earlier.plus(1)
                )));
            }
        }
    }
    Ok(())
}
