//! `redress staff`: who may act, in which roles, with what discretion (P5) and training (P7).

use anyhow::Context as _;
use chrono::NaiveDate;
use clap::Subcommand;
use redress::domain::event::MinorUnits;
use redress::domain::vocabulary::Role;
use redress::engine::counted::{Counted, Value};
use redress::register::{NewStaff, Register, Staff};
use serde::Serialize;

use super::Context;
use super::case::common::{SCHEMA_VERSION, join, password, stamp, word};
use super::output;

/// Where a staff password may stand, besides stdin.
const PASSWORD_VARIABLE: &str = "REDRESS_STAFF_PASSWORD";

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
    /// Give a member of staff a new password
    Reset {
        name: String,
        /// The person's own choice is the first line of stdin (or REDRESS_STAFF_PASSWORD) [default: one is made]
        #[arg(long)]
        password_stdin: bool,
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
    #[arg(long)]
    department: Option<String>,
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
        } => reset(context, &name, password_stdin),
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

fn reset(context: &Context, name: &str, password_stdin: bool) -> anyhow::Result<()> {
    let mut register = Register::open(&context.config.register)?;
    let made = match password(PASSWORD_VARIABLE, password_stdin)? {
        Some(chosen) => {
            register.set_password(name, &chosen)?;
            None
        }
        None => Some(register.reset_password(name)?),
    };
    print(context, &register.staff(name)?, made.as_deref())
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
        register.set_active(&args.name, args.active)?;
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
    let some = |value: Option<String>| value.map_or(Value::Null, Value::Text);
    let rows = register
        .list_staff()?
        .into_iter()
        .filter(|person| person.active || !only_active)
        .map(|person| {
            let courses = trainings.iter().filter(|t| t.staff == person.name).count();
            vec![
                Value::Text(person.name),
                Value::Text(join(&person.roles)),
                some(person.department),
                some(person.site),
                person.discretion_minor.map_or(Value::Null, Value::Count),
                Value::Flag(person.active),
                Value::Flag(person.can_sign_in),
                Value::Flag(person.must_change),
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
