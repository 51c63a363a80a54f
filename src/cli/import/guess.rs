//! `redress import guess`: a mapping proposed for a CSV file.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use redress_guess::{Guess, GuessError, guess};
use serde::Serialize;

use crate::Context;
use crate::case::common::SCHEMA_VERSION;
use crate::failure::Failure;
use crate::output;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// CSV, plain or gzipped
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The folder to write the mapping into; it must not be there yet [default: <file's name>_mapping]
    #[arg(long, value_name = "DIR")]
    into: Option<PathBuf>,
    /// Look at the file and write nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Serialize)]
struct Proposed<'g> {
    schema_version: u32,
    #[serde(flatten)]
    guess: &'g Guess,
    /// The folder of the mapping; absent when nothing was written.
    mapping: Option<&'g Path>,
}

/// `import guess`.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<()> {
    let found = guess(&args.file).map_err(refused)?;
    let folder = args
        .into
        .clone()
        .unwrap_or_else(|| PathBuf::from(format!("{}_mapping", stem(&args.file))));
    if !args.dry_run {
        found.write(&folder).map_err(refused)?;
    }
    let mapping = (!args.dry_run).then_some(folder.as_path());
    let proposed = Proposed {
        schema_version: SCHEMA_VERSION,
        guess: &found,
        mapping,
    };
    output::print_document(&proposed, || human(&found, mapping), context.format)
}

/// What is wrong with the file is the asker's to mend; what the disk refuses is not.
fn refused(error: GuessError) -> anyhow::Error {
    match error {
        GuessError::Unreadable { .. } | GuessError::Unwritable { .. } => error.into(),
        GuessError::Csv(_)
        | GuessError::NoCsv { .. }
        | GuessError::Empty { .. }
        | GuessError::OneColumn { .. }
        | GuessError::TooWide { .. }
        | GuessError::NoDates { .. }
        | GuessError::NoCases { .. }
        | GuessError::Exists { .. } => Failure::Usage(error.to_string()).into(),
    }
}

/// A file's name without what says its kind: `list` of `list.csv.gz`.
fn stem(file: &Path) -> String {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    name.rsplit_once('.')
        .map_or(name, |(stem, _)| stem)
        .to_owned()
}

/// A path as a shell takes it.
fn in_shell(path: &Path) -> String {
    let path = path.display().to_string();
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+,:@%=".contains(c);
    match !path.is_empty() && path.chars().all(is_plain) {
        true => path,
        false => format!("'{}'", path.replace('\'', r"'\''")),
    }
}

fn human(found: &Guess, mapping: Option<&Path>) -> String {
    let mut text = String::new();
    let separator = match found.separator {
        '\t' => "a tab".to_owned(),
        other => format!("`{other}`"),
    };
    let form = match found.form {
        "event_log" => "a row is something that happened to a case",
        _ => "a row is a case",
    };
    let _ = writeln!(
        text,
        "{}: {} row(s), {} columns, {}, separated by {separator}; {form}\n",
        found.file.display(),
        found.rows,
        found.columns.len(),
        found.encoding
    );
    for (place, column) in (1..).zip(&found.columns) {
        let taken = match column.taken_for {
            Some(role) => format!(" -> {role}"),
            None => String::new(),
        };
        let name = match column.column.as_str() {
            "" => format!("(column {place}, without a name)"),
            name => name.to_owned(),
        };
        let _ = writeln!(
            text,
            "  {name}: {}, {} filled, {} different{taken}",
            column.holds, column.filled, column.distinct
        );
        for form in &column.forms {
            // Numbers that look like dates here and there are no news.
            if column.holds == "dates" {
                let _ = writeln!(
                    text,
                    "      {} in {} row(s), first in line {}: {}",
                    form.form, form.rows, form.line, form.first
                );
            }
        }
    }
    text.push_str(if found.unsure.is_empty() {
        "\nUnsure is nothing that could be seen.\n"
    } else {
        "\nUnsure is:\n"
    });
    for (place, sentence) in found.unsure.iter().enumerate() {
        let _ = writeln!(text, "  {}. {sentence}", place + 1);
    }
    match mapping {
        Some(folder) => {
            let _ = writeln!(
                text,
                "\nThe mapping is in {}. Read it, change it, and try it:\n  redress extract --store {} --mapping {}",
                folder.display(),
                in_shell(&found.file),
                in_shell(folder)
            );
        }
        None => text.push_str("\nNothing was written (dry run).\n"),
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_with_blanks_or_quotes_can_be_pasted_into_a_shell() {
        let shown = |path: &str| in_shell(Path::new(path));
        assert_eq!(shown("export/şikâyet-2026.csv"), "export/şikâyet-2026.csv");
        assert_eq!(shown("my list.csv"), "'my list.csv'");
        assert_eq!(shown("ayse's.csv"), r"'ayse'\''s.csv'");
    }
}
