//! `redress calendar`: working days and holidays, whether they are up to date, and new versions of them.

mod amend;
mod check;
pub(super) mod effect;
mod show;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use clap::Subcommand;
use redress_domain::calendar::{DayKind, SpecialDay};
use redress_domain::calendar_file::DayKindWord;
use redress_register::{CalendarVersion, Register};

use super::Context;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// A year's or a month's holidays and working days
    Show(show::Args),
    /// What needs attention: years not covered, predicted feasts, half days
    Check,
    /// A new version with one day changed; says first which verdicts change
    Amend(amend::Args),
}

/// `redress calendar`.
pub fn run(context: &Context, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Show(args) => show::run(context, &args),
        Command::Check => check::run(context),
        Command::Amend(args) => amend::run(context, &args),
    }
}

/// The version of the register's calendar that was known at a moment (the newest when `None`).
fn newest(register: &Register, known_at: Option<DateTime<Utc>>) -> anyhow::Result<CalendarVersion> {
    register
        .calendar_versions(known_at)?
        .into_iter()
        .max_by_key(|version| version.version)
        .context("the register holds no calendar; run `redress audit verify`")
}

/// The word for a day's kind.
const fn kind_word(kind: DayKind) -> DayKindWord {
    match kind {
        DayKind::FullDay => DayKindWord::FullDay,
        DayKind::HalfDay { .. } => DayKindWord::HalfDay,
        DayKind::Closure => DayKindWord::Closure,
        DayKind::AdministrativeLeave => DayKindWord::AdministrativeLeave,
    }
}

/// The closing time of a half day.
fn closes(day: &SpecialDay) -> Option<String> {
    match day.kind {
        DayKind::HalfDay { closes } => Some(closes.format("%H:%M").to_string()),
        DayKind::FullDay | DayKind::Closure | DayKind::AdministrativeLeave => None,
    }
}
