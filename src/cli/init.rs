//! `redress init`: an empty register with the shipped calendar and limits, or with files of your own.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use redress_domain::calendar_file::CalendarFile;
use redress_domain::limits::Limits;
use redress_register::{NewRegister, Register, Setting};
use serde::Serialize;

use super::Context;
use super::failure::Failure;
use super::{output, rules};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Begin with this calendar instead of the shipped one
    #[arg(long, value_name = "FILE")]
    calendar: Option<PathBuf>,
    /// Begin with these limits instead of the shipped ones
    #[arg(long, value_name = "FILE")]
    limits: Option<PathBuf>,
    /// Name that messages to customers sign with
    #[arg(long, value_name = "NAME")]
    organisation: Option<String>,
    /// Address of the tracking page, for messages to customers
    #[arg(long, value_name = "URL")]
    tracking_url: Option<String>,
}

#[derive(Debug, Serialize)]
struct Made {
    schema_version: u32,
    register: PathBuf,
    zone: String,
    calendar: String,
    calendar_version: u32,
    limits_version: u32,
}

/// `redress init`.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<()> {
    let named = |flag: &Option<PathBuf>, setting: &Option<PathBuf>| {
        flag.clone().or_else(|| setting.clone())
    };
    let calendar_file = named(&args.calendar, &context.config.calendar);
    let limits_file = named(&args.limits, &context.config.limits);
    let calendar_toml = match &calendar_file {
        Some(path) => read(path)?,
        None => rules::SHIPPED_CALENDAR.to_owned(),
    };
    let limits_toml = match &limits_file {
        Some(path) => read(path)?,
        None => rules::shipped_limits()?,
    };
    let calendar =
        CalendarFile::from_toml(&calendar_toml).map_err(|e| unfit(calendar_file.as_deref(), &e))?;
    let limits = Limits::from_toml(&limits_toml)
        .and_then(|limits| limits.check_complete().map(|()| limits))
        .map_err(|e| unfit(limits_file.as_deref(), &e))?;
    let path = &context.config.register;
    let mut register = Register::create(
        path,
        &NewRegister {
            zone: calendar.spec.zone,
            calendar_toml,
            limits_toml,
            now: context.now,
        },
    )?;
    if let Some(name) = &args.organisation {
        register.set_setting(Setting::Organisation, name)?;
    }
    if let Some(url) = &args.tracking_url {
        register.set_setting(Setting::TrackingUrl, url)?;
    }
    let made = Made {
        schema_version: 1,
        register: path.clone(),
        zone: calendar.spec.zone.name().to_owned(),
        calendar: calendar.spec.id.clone(),
        calendar_version: calendar.spec.version,
        limits_version: limits.version(),
    };
    let human = || {
        format!(
            "made {}: calendar `{}` version {} ({}), limits version {}\nnext: `redress staff add NAME --roles contact`\n",
            made.register.display(),
            made.calendar,
            made.calendar_version,
            made.zone,
            made.limits_version,
        )
    };
    output::print_document(&made, human, context.format)
}

fn read(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path)
        .with_context(|| Failure::Usage(format!("{}: cannot be read", path.display())))
}

fn unfit(path: Option<&Path>, why: &dyn std::fmt::Display) -> Failure {
    let place = path.map_or_else(
        || "the shipped rules".to_owned(),
        |p| p.display().to_string(),
    );
    Failure::Usage(format!("{place}: {why}"))
}
