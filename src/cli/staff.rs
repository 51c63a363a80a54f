//! `redress staff`: who may act, in which roles, with what discretion (P5) and training (P7).

use anyhow::Context as _;
use chrono::NaiveDate;
use clap::Subcommand;
use redress_domain::event::MinorUnits;
use redress_domain::vocabulary::Role;
use redress_engine::counted::{Counted, Value};
use redress_register::{Doing, NewStaff, Register, Staff};
use redress_web::end_sessions;
use serde::Serialize;

use super::Context;
use super::case::common::{SCHEMA_VERSION, join, password, stamp, word};
use super::output;

/// Where a staff password may stand, besides stdin.
const PASSWORD_VARIABLE: &str = "REDRESS_STAFF_PASSWORD";

/// Stands in an account's history where the command line was told no name.
const COMMAND_LINE: &str = "command line";

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Add a member of staff
    Add(Add),
    /// The staff, those who left too
    List {
        /// Only those who may act
        #[arg(long)]
        active: bool,
    },
    /// Give a member of staff a new password; their sessions end
    Reset {
        /// Whose password
        name: String,
        /// The person's own choice is the first line of stdin (or REDRESS_STAFF_PASSWORD) [default: one is made]
        #[arg(long)]
        password_stdin: bool,
        /// Member of staff who gives it, for the account's history
        #[arg(long, env = "REDRESS_BY", value_name = "NAME")]
        by: Option<String>,
    },
    /// Take away the second factor of somebody who has lost it; their sessions end
    ResetSecondFactor {
        /// Whose second factor
        name: String,
        /// Administrator who does it
        #[arg(long, env = "REDRESS_BY", value_name = "NAME")]
        by: String,
        /// Why
        #[arg(long, value_name = "WHY")]
        reason: String,
    },
    /// What was done to passwords, second factors and accounts, the newest first
    History {
        /// Whose account [default: everybody's]
        name: Option<String>,
    },
    /// Change roles, discretion, or whether somebody may act
    Roles(Roles),
    /// Record a course that somebody took, or list courses
    Train(Train),
}

#[derive(Debug, clap::Args)]
pub struct Add {
    /// The name that events will carry
    name: String,
    /// Roles, separated by commas; the first is the usual one
    #[arg(long, required = true, value_delimiter = ',', value_parser = word!(Role))]
    roles: Vec<Role>,
    /// The department the person works in
    #[arg(long)]
    department: Option<String>,
    /// The plant or place the person works at
    #[arg(long)]
    site: Option<String>,
    /// What the person may grant alone, in minor units [default: without limit]
    #[arg(long, value_name = "AMOUNT")]
    discretion: Option<MinorUnits>,
    /// The person's own choice is the first line of stdin (or REDRESS_STAFF_PASSWORD) [default: one is made]
    #[arg(long)]
    password_stdin: bool,
}

#[derive(Debug, clap::Args)]
pub struct Roles {
    /// Whose roles
    name: String,
    /// The roles from now on, separated by commas; the first is the usual one
    #[arg(long, value_delimiter = ',', value_parser = word!(Role), value_name = "ROLES",
          required_unless_present_any = ["discretion", "no_limit", "active", "inactive"])]
    set: Vec<Role>,
    /// What the person may grant alone, in minor units
    #[arg(long, value_name = "AMOUNT", conflicts_with = "no_limit")]
    discretion: Option<MinorUnits>,
    /// The person may grant anything alone
    #[arg(long)]
    no_limit: bool,
    /// The person may act
    #[arg(long, conflicts_with = "inactive")]
    active: bool,
    /// The person may act no longer
    #[arg(long)]
    inactive: bool,
}

#[derive(Debug, clap::Args)]
pub struct Train {
    /// Whose course [default: list everybody's]
    name: Option<String>,
    /// The course; left out, the courses are listed
    #[arg(requires = "on")]
    course: Option<String>,
    /// The day it was held
    #[arg(long, value_name = "DATE")]
    on: Option<NaiveDate>,
    /// What proves it
    #[arg(long, value_name = "WORDS")]
    evidence: Option<String>,
}

#[derive(Debug, Serialize)]
struct Answer<'a> {
    schema_version: u32,
    name: &'a str,
    roles: Vec<&'static str>,
    department: Option<&'a str>,
    site: Option<&'a str>,
    /// In minor units; `None`: no limit.
    discretion: Option<MinorUnits>,
    active: bool,
    must_change_password: bool,
    /// A password that was made; shown this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<&'a str>,
}

/// `redress staff`.
pub fn run(context: &Context, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Add(args) => add(context, &args),
        Command::List { active } => list(context, active),
        Command::Reset {
            name,
            password_stdin,
            by,
        } => reset(context, &name, password_stdin, by.as_deref()),
        Command::ResetSecondFactor { name, by, reason } => {
            reset_second_factor(context, &name, &by, &reason)
        }
        Command::History { name } => history(context, name.as_deref()),
        Command::Roles(args) => roles(context, &args),
        Command::Train(args) => train(context, &args),
    }
}

fn add(context: &Context, args: &Add) -> anyhow::Result<()> {
    let mut register = Register::open(&context.config.register)?;
    let chosen = password(PASSWORD_VARIABLE, args.password_stdin)?;
    let made = register.add_staff(&NewStaff {
        name: args.name.clone(),
        roles: args.roles.clone(),
        department: args.department.clone(),
        site: args.site.clone(),
        discretion_minor: args.discretion,
    })?;
    if let Some(chosen) = &chosen {
        register.set_password(&args.name, chosen).with_context(|| {
            format!(
                "{} was added, but has no usable password yet; `redress staff reset`",
                args.name
            )
        })?;
    }
    print(
        context,
        &register.staff(&args.name)?,
        chosen.is_none().then_some(made.as_str()),
    )
}

fn reset(
    context: &Context,
    name: &str,
    password_stdin: bool,
    by: Option<&str>,
) -> anyhow::Result<()> {
    let mut register = Register::open(&context.config.register)?;
    let doing = Doing {
        by: by.unwrap_or(COMMAND_LINE),
        reason: None,
        now: context.now,
    };
    let made = match password(PASSWORD_VARIABLE, password_stdin)? {
        Some(chosen) => {
            register.choose_password(name, &chosen, doing)?;
            None
        }
        None => Some(register.give_password(name, doing)?),
    };
    end_sessions(&context.config.register, name)?;
    print(context, &register.staff(name)?, made.as_deref())
}

fn reset_second_factor(
    context: &Context,
    name: &str,
    by: &str,
    reason: &str,
) -> anyhow::Result<()> {
    let mut register = Register::open(&context.config.register)?;
    let doing = Doing {
        by: by.trim(),
        reason: Some(reason),
        now: context.now,
    };
    register.reset_second_factor(name, doing)?;
    end_sessions(&context.config.register, name)?;
    print(context, &register.staff(name)?, None)
}

fn history(context: &Context, name: Option<&str>) -> anyhow::Result<()> {
    let register = Register::open_read_only(&context.config.register)?;
    if let Some(name) = name {
        register.staff(name)?;
    }
    let zone = register.zone();
    let rows = register
        .staff_trail(name)?
        .into_iter()
        .map(|event| {
            vec![
                stamp(event.recorded_at, zone, context.format),
                Value::Text(event.staff),
                Value::Text(event.deed.to_string()),
                Value::Text(event.actor),
                event.reason.map_or(Value::Null, Value::Text),
            ]
        })
        .collect();
    let columns = ["recorded", "name", "deed", "by", "reason"]
        .map(str::to_owned)
        .to_vec();
    output::print(&Counted { columns, rows }, context.format)
}

fn roles(context: &Context, args: &Roles) -> anyhow::Result<()> {
    let mut register = Register::open(&context.config.register)?;
    if !args.set.is_empty() {
        register.set_roles(&args.name, &args.set)?;
    }
    if args.discretion.is_some() || args.no_limit {
        register.set_discretion(&args.name, args.discretion)?;
    }
    if args.active || args.inactive {
        let doing = Doing {
            by: COMMAND_LINE,
            reason: None,
            now: context.now,
        };
        register.let_act(&args.name, args.active, doing)?;
    }
    if args.inactive {
        end_sessions(&context.config.register, &args.name)?;
    }
    print(context, &register.staff(&args.name)?, None)
}

fn train(context: &Context, args: &Train) -> anyhow::Result<()> {
    if let (Some(name), Some(course), Some(on)) = (&args.name, &args.course, args.on) {
        let mut register = Register::open(&context.config.register)?;
        register.train(name, course, on, args.evidence.as_deref(), context.now)?;
    }
    let register = Register::open_read_only(&context.config.register)?;
    if let Some(name) = &args.name {
        register.staff(name)?;
    }
    let zone = register.zone();
    let rows = register
        .trainings(args.name.as_deref())?
        .into_iter()
        .map(|t| {
            vec![
                Value::Text(t.staff),
                Value::Text(t.course),
                Value::Day(t.held_on),
                t.evidence.map_or(Value::Null, Value::Text),
                stamp(t.recorded_at, zone, context.format),
            ]
        })
        .collect();
    let columns = ["name", "course", "held_on", "evidence", "recorded"]
        .map(str::to_owned)
        .to_vec();
    output::print(&Counted { columns, rows }, context.format)
}

fn list(context: &Context, only_active: bool) -> anyhow::Result<()> {
    let register = Register::open_read_only(&context.config.register)?;
    let trainings = register.trainings(None)?;
    let factors = register.with_second_factor()?;
    let some = |value: Option<String>| value.map_or(Value::Null, Value::Text);
    let rows = register
        .list_staff()?
        .into_iter()
        .filter(|person| person.active || !only_active)
        .map(|person| {
            let courses = trainings.iter().filter(|t| t.staff == person.name).count();
            let has_factor = factors.contains(&person.name);
            vec![
                Value::Text(person.name),
                Value::Text(join(&person.roles)),
                some(person.department),
                some(person.site),
                person.discretion_minor.map_or(Value::Null, Value::Count),
                Value::Flag(person.active),
                Value::Flag(person.can_sign_in),
                Value::Flag(person.must_change),
                Value::Flag(has_factor),
                Value::Count(i64::try_from(courses).unwrap_or(i64::MAX)),
            ]
        })
        .collect();
    let columns = [
        "name",
        "roles",
        "department",
        "site",
        "discretion_minor",
        "active",
        "can_sign_in",
        "must_change",
        "second_factor",
        "courses",
    ];
    output::print(
        &Counted {
            columns: columns.map(str::to_owned).to_vec(),
            rows,
        },
        context.format,
    )
}

fn print(context: &Context, person: &Staff, made: Option<&str>) -> anyhow::Result<()> {
    let answer = Answer {
        schema_version: SCHEMA_VERSION,
        name: &person.name,
        roles: person.roles.iter().map(|role| role.as_str()).collect(),
        department: person.department.as_deref(),
        site: person.site.as_deref(),
        discretion: person.discretion_minor,
        active: person.active,
        must_change_password: person.must_change,
        password: made,
    };
    let human = || {
        let limit = answer.discretion.map_or_else(
            || "without limit".to_owned(),
            |amount| format!("up to {amount}"),
        );
        let active = if answer.active { "" } else { ", not active" };
        let mut lines = format!(
            "{}: {}; grants alone {limit}{active}\n",
            answer.name,
            answer.roles.join(", ")
        );
        if let Some(password) = answer.password {
            lines.push_str(&format!("first password, to be changed: {password}\n"));
        }
        lines
    };
    output::print_document(&answer, human, context.format)
}
