//! `redress case form`: the complaint form and the follow-up form, blank or filled from a case.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::ValueEnum;
use redress_forms::case::FormCase;
use redress_plain::place::{folder_for, unnamed};
use redress_register::{Contact, Register};

use crate::Context;
use crate::failure::Failure;
use crate::output::{self, Format};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Which form
    #[arg(value_enum, value_name = "FORM")]
    form: Form,
    /// Number of the case that fills it; a blank form when left out
    #[arg(value_name = "CASE")]
    number: Option<String>,
    /// The file to write [default: stdout]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Replace the file where it exists
    #[arg(long, requires = "out")]
    force: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For the complainant: what happened, and what is asked for
    Complaint,
    /// For staff: receipt, assessment, resolution, progress
    FollowUp,
}

/// `redress case form`.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<()> {
    if context.format != Format::Table {
        return Err(Failure::Usage("a form is an HTML page: leave --format out".into()).into());
    }
    if let Some(path) = &args.out
        && !args.force
        && path.symlink_metadata().is_ok()
    {
        return Err(taken(path));
    }
    let path = &context.config.register;
    // A blank form needs no register, and says what one knows of the organisation.
    let register = match args.number.is_some() || path.exists() {
        true => Some(Register::open_read_only(path)?),
        false => None,
    };
    let contact = match &register {
        Some(register) => register.contact()?,
        None => Contact::default(),
    };
    let case = match (&args.number, &register) {
        (Some(number), Some(register)) => Some(FormCase::read(register, number, context.now)?),
        (Some(_) | None, _) => None,
    };
    let organisation = &context.config.organisation()?;
    let language = context.config.language;
    let page = match args.form {
        Form::Complaint => {
            redress_forms::complaint(organisation, &contact, language, case.as_ref())?
        }
        Form::FollowUp => {
            redress_forms::follow_up(organisation, &contact, language, case.as_ref())?
        }
    };
    match &args.out {
        None => output::write_out(page.as_bytes()),
        Some(path) => {
            write(path, &page, args.force, case.is_none())?;
            output::write_out(format!("{}\n", path.display()).as_bytes())
        }
    }
}

/// Writes the page aside and gives it its name last. A blank form is for everybody to read, a filled one holds
/// personal data.
fn write(path: &Path, page: &str, force: bool, is_public: bool) -> anyhow::Result<()> {
    let failed = || format!("{}: cannot be written", path.display());
    let mut aside = folder_for(path)
        .and_then(|folder| tempfile::NamedTempFile::new_in(folder).map_err(unnamed))
        .with_context(failed)?;
    aside
        .write_all(page.as_bytes())
        .and_then(|()| {
            if is_public {
                readable(aside.as_file())
            } else {
                Ok(())
            }
        })
        .and_then(|()| aside.as_file().sync_all())
        .with_context(failed)?;
    let named = if force {
        aside.persist(path)
    } else {
        aside.persist_noclobber(path)
    };
    match named {
        Ok(_) => Ok(()),
        Err(e) if !force && e.error.kind() == io::ErrorKind::AlreadyExists => Err(taken(path)),
        Err(e) => Err(e.error).with_context(failed),
    }
}

fn taken(path: &Path) -> anyhow::Error {
    anyhow::anyhow!(
        "{}: exists already; choose another --out or add --force",
        path.display()
    )
}

/// A temporary file is private.
#[cfg(unix)]
fn readable(file: &fs::File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable(_file: &fs::File) -> io::Result<()> {
    Ok(())
}
