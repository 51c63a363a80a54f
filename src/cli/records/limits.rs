//! `redress limits`: how many counted days a stage may take, in versions that are only added to.

use std::path::PathBuf;

use anyhow::Context as _;
use chrono::NaiveDate;
use clap::Subcommand;
use redress_domain::limits::{LimitRule, Limits};
use redress_domain::rulebook::Rulebook;
use redress_domain::stages::Stage;
use redress_domain::vocabulary::Severity;
use redress_engine::counted::{Counted, Value};
use redress_register::Register;

use crate::Context;
use crate::calendar::effect::effect;
use crate::case::common::{as_of, stamp, word};
use crate::failure::Failure;
use crate::{output, rules};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Every limit, old and new
    Show {
        /// As the register knew them then
        #[arg(long, value_name = "INSTANT")]
        as_of: Option<String>,
    },
    /// A further limit; says first which verdicts change
    Set(Set),
}

#[derive(Debug, clap::Args)]
pub struct Set {
    /// The stage
    #[arg(long, value_parser = word!(Stage), requires = "days", required_unless_present = "file")]
    stage: Option<Stage>,
    /// Counted days, 1 or more
    #[arg(long, requires = "stage")]
    days: Option<u32>,
    /// Only for this pass
    #[arg(long, requires = "stage")]
    pass: Option<u8>,
    /// Only for cases of this severity at the stage's start
    #[arg(long, value_parser = word!(Severity), requires = "stage")]
    severity: Option<Severity>,
    /// Only for this department
    #[arg(long, requires = "stage")]
    department: Option<String>,
    /// All limits, as a TOML file that holds the present ones too
    #[arg(long, conflicts_with = "stage")]
    file: Option<PathBuf>,
    /// First day of a stage's start to which it applies
    #[arg(long, value_name = "DATE")]
    from: NaiveDate,
    /// Why the limits change
    #[arg(long)]
    reason: String,
    /// Only say which verdicts would change
    #[arg(long)]
    dry_run: bool,
}

/// `redress limits`.
pub fn run(context: &Context, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Show { as_of } => show(context, as_of.as_deref()),
        Command::Set(args) => set(context, &args),
    }
}

fn show(context: &Context, moment: Option<&str>) -> anyhow::Result<()> {
    let zone = rules::load(context, None)?.rulebook.organisation.zone();
    let rulebook = rules::load(context, as_of(moment, zone, context.now)?)?.rulebook;
    let word = |text: Option<&str>| text.map_or(Value::Null, |t| Value::Text(t.to_owned()));
    let rows = rulebook
        .limits
        .rules()
        .iter()
        .map(|rule| {
            vec![
                Value::Text(rule.stage.as_str().to_owned()),
                rule.pass
                    .map_or(Value::Null, |pass| Value::Count(i64::from(pass))),
                word(rule.severity.map(|s| s.as_str())),
                word(rule.department.as_deref()),
                Value::Count(i64::from(rule.days)),
                Value::Day(rule.effective_from),
                Value::Count(i64::from(rule.version)),
                rule.recorded_at
                    .map_or(Value::Null, |at| stamp(at, zone, context.format)),
            ]
        })
        .collect();
    let columns = [
        "stage",
        "pass",
        "severity",
        "department",
        "days",
        "effective_from",
        "version",
        "recorded",
    ];
    output::print(
        &Counted {
            columns: columns.map(str::to_owned).to_vec(),
            rows,
        },
        context.format,
    )
}

fn set(context: &Context, args: &Set) -> anyhow::Result<()> {
    if let Some(path) = &context.config.limits {
        return Err(Failure::Usage(format!(
            "the setting `limits` names {}, which stands over the register's limits; change that file, or remove the setting",
            path.display()
        ))
        .into());
    }
    let mut register = Register::open(&context.config.register)?;
    let before = rules::load(context, None)?.rulebook;
    let limits = args.limits(&before.limits, context)?;
    let after = Rulebook {
        limits: limits.clone(),
        ..before.clone()
    };
    let effect = effect(context, &register, &before, &after)?;
    output::print(&effect.verdicts, context.format)?;
    say_line!("redress: {}", effect.in_words());
    if args.dry_run {
        say_line!("redress: nothing was written (--dry-run)");
        return Ok(());
    }
    let number = register.set_limits(&limits.to_toml()?, args.from, &args.reason, context.now)?;
    say_line!("redress: the limits are now version {number}");
    Ok(())
}

impl Set {
    /// The present limits with the further one.
    fn limits(&self, present: &Limits, context: &Context) -> anyhow::Result<Limits> {
        let usage = |e: &dyn std::fmt::Display| Failure::Usage(e.to_string());
        if let Some(path) = &self.file {
            let text = std::fs::read_to_string(path)
                .with_context(|| Failure::Usage(format!("{}: cannot be read", path.display())))?;
            let limits = Limits::from_toml(&text)
                .map_err(|e| Failure::Usage(format!("{}: {e}", path.display())))?;
            let lost = present
                .rules()
                .iter()
                .find(|rule| !limits.rules().contains(rule));
            if let Some(rule) = lost {
                return Err(Failure::Usage(format!(
                    "{}: the present limit of {} days for {} (version {}) is missing; limits are only added to, begin with `redress limits show`",
                    path.display(),
                    rule.days,
                    rule.stage,
                    rule.version
                ))
                .into());
            }
            return Ok(limits);
        }
        let stage = self.stage.context("give --stage or --file")?;
        let mut rules = present.rules().to_vec();
        rules.push(LimitRule {
            version: present.version() + 1,
            effective_from: self.from,
            recorded_at: Some(context.now),
            stage,
            pass: self.pass,
            severity: self.severity,
            department: self.department.clone(),
            days: self.days.context("give --days")?,
        });
        Limits::new(rules).map_err(|e| usage(&e).into())
    }
}
