//! `redress token`: which programs may use `/api`, for what, and until when.

use chrono::{DateTime, NaiveDate, TimeZone as _, Utc};
use chrono_tz::Tz;
use clap::Subcommand;
use redress_domain::vocabulary::Role;
use redress_engine::counted::{Counted, Value};
use redress_register::{
    Integration, IntegrationEvent, NewIntegration, Register, Scope, USUAL_PER_MINUTE,
};
use serde::Serialize;

use super::case::common::{SCHEMA_VERSION, join, stamp, word};
use super::failure::Failure;
use super::output::Format;
use super::{Context, output};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a token; it is shown this once
    Create(Create),
    /// The integrations by name, revoked ones too
    List {
        /// Only those whose token still opens anything
        #[arg(long)]
        valid: bool,
    },
    /// Take a token back, from the next request on
    Revoke {
        /// Name of the integration
        name: String,
        /// Member of staff who does it
        #[arg(long, env = "REDRESS_BY", value_name = "NAME")]
        by: String,
        /// Why
        #[arg(long, value_name = "WHY")]
        reason: String,
    },
    /// What was done to tokens and webhooks, and by whom
    History,
}

#[derive(Debug, clap::Args)]
pub struct Create {
    /// Name of the integration, given once: its events carry `api:<name>`
    name: String,
    /// What it opens, separated by commas
    #[arg(long, required = true, value_delimiter = ',', value_parser = word!(Scope))]
    scopes: Vec<Scope>,
    /// As which roles it acts, separated by commas; they decide as they do at the desk
    #[arg(long, required = true, value_delimiter = ',', value_parser = word!(Role))]
    roles: Vec<Role>,
    /// Only the cases of this department; with the role technical alone
    #[arg(long)]
    department: Option<String>,
    /// Only the cases of this site; with the role technical alone
    #[arg(long)]
    site: Option<String>,
    /// Requests a minute
    #[arg(long, value_name = "N", default_value_t = USUAL_PER_MINUTE)]
    per_minute: u32,
    /// The last day on which it opens anything [default: until it is revoked]
    #[arg(long, value_name = "DATE")]
    until: Option<NaiveDate>,
    /// Member of staff who makes it
    #[arg(long, env = "REDRESS_BY", value_name = "NAME")]
    by: String,
}

#[derive(Debug, Serialize)]
struct Answer<'a> {
    schema_version: u32,
    name: &'a str,
    scopes: Vec<&'static str>,
    roles: Vec<&'static str>,
    expires_at: Option<DateTime<Utc>>,
    /// Shown this once.
    token: &'a str,
}

#[derive(Debug, Serialize)]
struct Revoked<'a> {
    schema_version: u32,
    name: &'a str,
    revoked: bool,
}

/// `redress token`.
pub fn run(context: &Context, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Create(args) => create(context, &args),
        Command::List { valid } => list(context, valid),
        Command::Revoke { name, by, reason } => revoke(context, &name, &by, &reason),
        Command::History => history(context),
    }
}

fn create(context: &Context, args: &Create) -> anyhow::Result<()> {
    can_be_shown(context.format)?;
    let mut register = Register::open(&context.config.register)?;
    let expires_at = match args.until {
        Some(day) => Some(end_of(day, register.zone())?),
        None => None,
    };
    let token = register.create_token(
        &NewIntegration {
            name: args.name.clone(),
            scopes: args.scopes.clone(),
            roles: args.roles.clone(),
            department: args.department.clone(),
            site: args.site.clone(),
            per_minute: args.per_minute,
            expires_at,
        },
        &args.by,
        context.now,
    )?;
    let answer = Answer {
        schema_version: SCHEMA_VERSION,
        name: &args.name,
        scopes: args.scopes.iter().map(|scope| scope.as_str()).collect(),
        roles: args.roles.iter().map(|role| role.as_str()).collect(),
        expires_at,
        token: &token,
    };
    let human = || {
        format!(
            "{}: {}, as {}\ntoken, shown this once: {}\n",
            answer.name,
            answer.scopes.join(", "),
            answer.roles.join(", "),
            answer.token
        )
    };
    output::print_document(&answer, human, context.format)
}

/// Refuses a form in which what is shown once could not be shown, before anything is made.
pub fn can_be_shown(format: Format) -> Result<(), Failure> {
    match format {
        Format::Table | Format::Json => Ok(()),
        Format::Csv | Format::Parquet => Err(Failure::Usage(
            "what is shown once is a document, not rows: use --format table or json".into(),
        )),
    }
}

/// The end of a local day.
fn end_of(day: NaiveDate, zone: Tz) -> Result<DateTime<Utc>, Failure> {
    let next = day.succ_opt().and_then(|next| next.and_hms_opt(0, 0, 0));
    next.and_then(|midnight| zone.from_local_datetime(&midnight).earliest())
        .map(|at| at.with_timezone(&Utc))
        .ok_or_else(|| Failure::Usage(format!("--until {day}: give a day that has an end")))
}

fn list(context: &Context, valid: bool) -> anyhow::Result<()> {
    let register = Register::open_read_only(&context.config.register)?;
    let zone = register.zone();
    let rows = register
        .integrations()?
        .into_iter()
        .filter(|integration| !valid || integration.is_valid(context.now))
        .map(|integration| row(context, zone, integration))
        .collect();
    let columns = [
        "name",
        "scopes",
        "roles",
        "department",
        "site",
        "per_minute",
        "created",
        "expires",
        "last_used",
        "revoked",
    ];
    let columns = columns.map(str::to_owned).to_vec();
    output::print(&Counted { columns, rows }, context.format)
}

fn row(context: &Context, zone: Tz, integration: Integration) -> Vec<Value> {
    let at = |moment: Option<DateTime<Utc>>| {
        moment.map_or(Value::Null, |moment| stamp(moment, zone, context.format))
    };
    let some = |value: Option<String>| value.map_or(Value::Null, Value::Text);
    vec![
        Value::Text(integration.name),
        Value::Text(join(&integration.scopes)),
        Value::Text(join(&integration.roles)),
        some(integration.department),
        some(integration.site),
        Value::Count(i64::from(integration.per_minute)),
        at(Some(integration.created_at)),
        at(integration.expires_at),
        at(integration.last_used_at),
        at(integration.revoked_at),
    ]
}

fn revoke(context: &Context, name: &str, by: &str, reason: &str) -> anyhow::Result<()> {
    let mut register = Register::open(&context.config.register)?;
    register.revoke_token(name, reason, by, context.now)?;
    let answer = Revoked {
        schema_version: SCHEMA_VERSION,
        name,
        revoked: true,
    };
    output::print_document(&answer, || format!("{name}: revoked\n"), context.format)
}

fn history(context: &Context) -> anyhow::Result<()> {
    let register = Register::open_read_only(&context.config.register)?;
    let zone = register.zone();
    let rows = register
        .integration_events()?
        .into_iter()
        .map(|event: IntegrationEvent| {
            vec![
                stamp(event.recorded_at, zone, context.format),
                Value::Text(event.part.to_string()),
                Value::Text(event.name),
                Value::Text(event.change.to_string()),
                Value::Text(event.actor),
                Value::Text(event.detail.to_string()),
            ]
        })
        .collect();
    let columns = ["recorded", "part", "name", "change", "by", "detail"];
    let columns = columns.map(str::to_owned).to_vec();
    output::print(&Counted { columns, rows }, context.format)
}
