//! The rulebook in force: files named in the settings, else what the register holds, else the shipped defaults.

use std::path::Path;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use redress_domain::calendar_file::CalendarFile;
use redress_domain::limits::Limits;
use redress_domain::rulebook::Rulebook;
use redress_register::Register;

use super::Context;
use super::config::Config;
use super::failure::Failure;

/// The calendar that the program carries.
pub const SHIPPED_CALENDAR: &str = include_str!("../../reports/calendars/turkey.toml");

/// A rulebook and the texts it was read from, so that a change of them is noticed.
pub struct Rules {
    pub rulebook: Rulebook,
    pub text: String,
}

/// The shipped limits as TOML.
///
/// # Errors
/// When they cannot be written; they can.
pub fn shipped_limits() -> anyhow::Result<String> {
    Ok(Limits::default().to_toml()?)
}

/// The rules as the register knew them at `known_at` (`None`: as known today).
///
/// # Errors
/// When a file cannot be read or holds no calendar or limits.
pub fn load(context: &Context, known_at: Option<DateTime<Utc>>) -> anyhow::Result<Rules> {
    of(&context.config, known_at)
}

/// The same of settings alone.
///
/// # Errors
/// As [`load`].
pub fn of(config: &Config, known_at: Option<DateTime<Utc>>) -> anyhow::Result<Rules> {
    let register = match config.register.is_file() {
        true => Some(Register::open_read_only(&config.register)?),
        false => None,
    };
    let calendar_text = match (&config.calendar, &register) {
        (Some(path), _) => read(path)?,
        (None, Some(register)) => newest_calendar(register, known_at)?,
        (None, None) => SHIPPED_CALENDAR.to_owned(),
    };
    let limits_text = match (&config.limits, &register) {
        (Some(path), _) => read(path)?,
        (None, Some(register)) => newest_limits(register, known_at)?,
        (None, None) => shipped_limits()?,
    };
    let place = |path: &Option<std::path::PathBuf>, what: &str| match path {
        Some(path) => path.display().to_string(),
        None => format!("the {what} in force"),
    };
    let organisation = CalendarFile::from_toml(&calendar_text)
        .map_err(|e| Failure::Usage(format!("{}: {e}", place(&config.calendar, "calendar"))))?
        .calendar()
        .map_err(|e| Failure::Usage(format!("{}: {e}", place(&config.calendar, "calendar"))))?;
    let limits = Limits::from_toml(&limits_text)
        .and_then(|limits| limits.check_complete().map(|()| limits))
        .map_err(|e| Failure::Usage(format!("{}: {e}", place(&config.limits, "limits"))))?;
    Ok(Rules {
        rulebook: Rulebook {
            organisation,
            departments: std::collections::BTreeMap::new(),
            limits,
            known_at,
            max_pause_days: config.max_pause_days,
        },
        text: format!(
            "{calendar_text}\n{limits_text}\nmax_pause_days={:?}",
            config.max_pause_days
        ),
    })
}

fn read(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path)
        .with_context(|| Failure::Usage(format!("{}: cannot be read", path.display())))
}

fn newest_calendar(register: &Register, known_at: Option<DateTime<Utc>>) -> anyhow::Result<String> {
    let versions = register.calendar_versions(known_at)?;
    let all = if versions.is_empty() {
        register.calendar_versions(None)?
    } else {
        versions
    };
    // A register always begins with a calendar; before that moment its first one counts.
    all.into_iter()
        .max_by_key(|v| v.version)
        .map(|v| v.toml)
        .context("the register holds no calendar; run `redress audit verify`")
}

fn newest_limits(register: &Register, known_at: Option<DateTime<Utc>>) -> anyhow::Result<String> {
    let versions = register.limits(known_at)?;
    let all = if versions.is_empty() {
        register.limits(None)?
    } else {
        versions
    };
    all.into_iter()
        .max_by_key(|v| v.version)
        .map(|v| v.toml)
        .context("the register holds no limits; run `redress audit verify`")
}
