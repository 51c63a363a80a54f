//! Changes that another system feeds in: one JSON object a line, each checked and named by its number.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use redress_engine::counted::{Counted, Value};
use redress_register::Register;

use super::failure::Failure;
use super::{Context, output};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// JSON lines; `-` reads stdin
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Check every line and record nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// What became of a line.
pub struct Done {
    /// Name of the action or record.
    pub name: String,
    pub event: String,
    pub version: u32,
}

/// Takes every line in turn and prints what became of it; `subject` heads the column of names.
///
/// # Errors
/// At the first line that is refused; the message says which, and what was recorded before it.
pub fn each(
    context: &Context,
    args: &Args,
    subject: &str,
    mut take: impl FnMut(&mut Register, &str) -> anyhow::Result<Done>,
) -> anyhow::Result<()> {
    let text = read(&args.file)?;
    let mut register = Register::open(&context.config.register)?;
    let mut rows = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim().is_empty() {
            continue;
        }
        let done = take(&mut register, line).map_err(|error| {
            let before = match (rows.len(), args.dry_run) {
                (0, _) => "nothing was recorded".to_owned(),
                (_, true) => "nothing was recorded (dry run)".to_owned(),
                (n, false) => format!("the {n} line(s) before it were recorded"),
            };
            let file = args.file.display();
            Failure::Usage(format!("{file}, line {number}: {error:#}; {before}"))
        })?;
        rows.push(vec![
            Value::Count(number),
            Value::Text(done.name),
            Value::Text(done.event),
            Value::Count(done.version.into()),
        ]);
    }
    if rows.is_empty() {
        return Err(Failure::Nothing(format!("{}: holds no line", args.file.display())).into());
    }
    if args.dry_run {
        say!("nothing was recorded (dry run)\n");
    }
    let columns = ["line", subject, "event", "version"]
        .map(str::to_owned)
        .to_vec();
    output::print(&Counted { columns, rows }, context.format)
}

/// The name of a member of staff who is active.
///
/// # Errors
/// When there is none of this name.
pub fn active(register: &Register, name: &str) -> anyhow::Result<()> {
    let known = register
        .list_staff()?
        .iter()
        .any(|person| person.active && person.name == name);
    anyhow::ensure!(
        known,
        "there is no active member of staff `{name}`; add them with `redress staff add`"
    );
    Ok(())
}

fn read(file: &Path) -> anyhow::Result<String> {
    if file.as_os_str() != "-" {
        return std::fs::read_to_string(file)
            .with_context(|| Failure::Usage(format!("{}: cannot be read", file.display())));
    }
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .context("stdin cannot be read")?;
    Ok(text)
}
