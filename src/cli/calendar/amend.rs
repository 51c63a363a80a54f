//! `redress calendar amend`: one day changed, with its reason, after saying what it does to verdicts.

use anyhow::Context as _;
use chrono::{NaiveDate, NaiveTime};
use redress_domain::calendar::{DayKind, SpecialDay};
use redress_domain::calendar_file::{Amendment, CalendarFile, DayKindWord};
use redress_domain::rulebook::Rulebook;
use redress_register::Register;

use super::effect::effect;
use super::{closes, kind_word, newest};
use crate::Context;
use crate::case::common::word;
use crate::failure::Failure;
use crate::{output, rules};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The day
    #[arg(value_name = "DATE")]
    date: NaiveDate,
    /// What the day is from now on
    #[arg(long, value_parser = word!(DayKindWord), required_unless_present_any = ["remove", "settled"])]
    kind: Option<DayKindWord>,
    /// Make it an ordinary day of its weekday again
    #[arg(long, conflicts_with_all = ["kind", "settled", "name", "name_en", "name_ru", "closes", "predicted"])]
    remove: bool,
    /// A predicted day is confirmed as it stands
    #[arg(long, conflicts_with_all = ["kind", "name", "name_en", "name_ru", "closes", "predicted"])]
    settled: bool,
    /// Its name [default: the one it has]
    #[arg(long)]
    name: Option<String>,
    /// Its name in English
    #[arg(long, value_name = "NAME")]
    name_en: Option<String>,
    /// Its name in Russian
    #[arg(long, value_name = "NAME")]
    name_ru: Option<String>,
    /// When a half day closes, as 13:00
    #[arg(long, value_name = "TIME")]
    closes: Option<String>,
    /// Not officially fixed yet
    #[arg(long)]
    predicted: bool,
    /// Why the calendar changes
    #[arg(long)]
    reason: String,
    /// Only say which verdicts would change
    #[arg(long)]
    dry_run: bool,
}

/// `redress calendar amend`.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<()> {
    if let Some(path) = &context.config.calendar {
        return Err(Failure::Usage(format!(
            "the setting `calendar` names {}, which stands over the register's calendar; change that file, or remove the setting",
            path.display()
        ))
        .into());
    }
    let mut register = Register::open(&context.config.register)?;
    let version = newest(&register, None)?;
    let file = CalendarFile::from_toml(&version.toml).with_context(|| {
        format!(
            "calendar `{}` version {} of the register",
            version.calendar_id, version.version
        )
    })?;
    let today = context.now.with_timezone(&file.spec.zone).date_naive();
    let amended = file
        .amend(args.amendment(&file)?, &args.reason, today)
        .map_err(|e| Failure::Usage(e.to_string()))?;
    let before = rules::load(context, None)?.rulebook;
    let after = Rulebook {
        organisation: amended.calendar()?,
        ..before.clone()
    };
    let effect = effect(context, &register, &before, &after)?;
    output::print(&effect.verdicts, context.format)?;
    say_line!("redress: {}", effect.in_words());
    if args.dry_run {
        say_line!("redress: nothing was written (--dry-run)");
        return Ok(());
    }
    let number = register.set_calendar(
        &version.calendar_id,
        &amended.to_toml()?,
        &args.reason,
        context.now,
    )?;
    say_line!(
        "redress: calendar `{}` is now version {number}",
        amended.spec.id
    );
    Ok(())
}

impl Args {
    fn amendment(&self, file: &CalendarFile) -> anyhow::Result<Amendment> {
        if self.remove {
            return Ok(Amendment::Remove(self.date));
        }
        let present = file.spec.days.iter().find(|day| day.date == self.date);
        if self.settled {
            let day = present.filter(|day| day.predicted).ok_or_else(|| {
                Failure::Usage(format!(
                    "{} is not predicted, so there is nothing to settle",
                    self.date
                ))
            })?;
            return Ok(Amendment::Set(SpecialDay {
                predicted: false,
                ..day.clone()
            }));
        }
        let name = self
            .name
            .clone()
            .or_else(|| present.map(|day| day.name.clone()))
            .ok_or_else(|| {
                Failure::Usage(format!(
                    "{} is no special day yet; give it a --name",
                    self.date
                ))
            })?;
        // Translations of a name that changes would be wrong.
        let keeps_name = present.filter(|day| day.name == name);
        Ok(Amendment::Set(SpecialDay {
            date: self.date,
            name_en: self
                .name_en
                .clone()
                .or_else(|| keeps_name.and_then(|day| day.name_en.clone())),
            name_ru: self
                .name_ru
                .clone()
                .or_else(|| keeps_name.and_then(|day| day.name_ru.clone())),
            name,
            kind: self.day_kind(present)?,
            predicted: self.predicted,
        }))
    }

    fn day_kind(&self, present: Option<&SpecialDay>) -> anyhow::Result<DayKind> {
        let kind = match self.kind {
            Some(kind) => kind,
            None => kind_word(present.context("give --kind, --settled or --remove")?.kind),
        };
        let closing = self.closes.clone().or_else(|| present.and_then(closes));
        Ok(match (kind, closing, &self.closes) {
            (DayKindWord::HalfDay, Some(time), _) => DayKind::HalfDay {
                closes: NaiveTime::parse_from_str(&time, "%H:%M").map_err(|_| {
                    Failure::Usage(format!("--closes {time}: write a time of day as 13:00"))
                })?,
            },
            (DayKindWord::HalfDay, None, _) => {
                return Err(Failure::Usage("a half day needs --closes".into()).into());
            }
            (_, _, Some(_)) => {
                return Err(Failure::Usage("--closes belongs to half days only".into()).into());
            }
            (DayKindWord::FullDay, _, None) => DayKind::FullDay,
            (DayKindWord::Closure, _, None) => DayKind::Closure,
            (DayKindWord::AdministrativeLeave, _, None) => DayKind::AdministrativeLeave,
        })
    }
}
