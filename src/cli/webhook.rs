//! `redress webhook`: addresses that are told of events of cases and actions.

use clap::Subcommand;
use redress_channels::webhook::{check_url, secret_text, try_out};
use redress_engine::counted::{Counted, Value};
use redress_register::{Delivery, MessageState, NewWebhook, Register, webhook_kinds};
use serde::Serialize;

use super::case::common::{SCHEMA_VERSION, stamp, word};
use super::failure::Failure;
use super::token::can_be_shown;
use super::{Context, output};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Tell an address of what happens from now on; its secret is shown this once
    Add(Add),
    /// The webhooks by name, removed ones too
    List,
    /// Tell an address nothing more; what waits for it is given up
    Remove {
        /// The webhook's name
        name: String,
        /// Member of staff who does it
        #[arg(long, env = "REDRESS_BY", value_name = "NAME")]
        by: String,
    },
    /// Send a trial event, past the queue; exit code 1 when it is not taken
    Test {
        /// The webhook's name
        name: String,
    },
    /// What was told, what waits and what was given up, newest first
    Deliveries(Deliveries),
    /// Try the deliveries again that were given up
    Retry {
        /// The webhook's name
        name: String,
        /// Member of staff who does it
        #[arg(long, env = "REDRESS_BY", value_name = "NAME")]
        by: String,
    },
    /// Every kind of event
    Kinds,
}

#[derive(Debug, clap::Args)]
pub struct Add {
    /// A name for it, given once
    name: String,
    /// Its address, https://…
    url: String,
    /// Kinds of events, separated by commas: case.decided, action.*, … (`webhook kinds` lists them)
    #[arg(
        long,
        value_delimiter = ',',
        default_values = ["case.*", "action.*"],
        value_name = "KINDS"
    )]
    kinds: Vec<String>,
    /// It may lead to an address of a private network, and be http://
    #[arg(long)]
    allow_private: bool,
    /// Member of staff who adds it
    #[arg(long, env = "REDRESS_BY", value_name = "NAME")]
    by: String,
}

#[derive(Debug, clap::Args)]
pub struct Deliveries {
    /// Only those of this webhook
    name: Option<String>,
    /// Only those in this state; the dead ones were given up
    #[arg(long, value_parser = word!(MessageState), value_name = "STATE")]
    state: Option<MessageState>,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 200)]
    limit: u32,
}

#[derive(Debug, Serialize)]
struct Added<'a> {
    schema_version: u32,
    name: &'a str,
    url: &'a str,
    kinds: &'a [String],
    /// Shown this once.
    secret: String,
}

#[derive(Debug, Serialize)]
struct Done<'a> {
    schema_version: u32,
    name: &'a str,
    done: &'static str,
    deliveries: u64,
}

/// `redress webhook`.
pub fn run(context: &Context, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Add(args) => add(context, &args),
        Command::List => list(context),
        Command::Remove { name, by } => {
            let mut register = Register::open(&context.config.register)?;
            register.remove_webhook(&name, &by, context.now)?;
            done(context, &name, "removed", 0)
        }
        Command::Test { name } => test(context, &name),
        Command::Deliveries(args) => deliveries(context, &args),
        Command::Retry { name, by } => {
            let mut register = Register::open(&context.config.register)?;
            let queued = register.retry_deliveries(&name, &by, context.now)?;
            done(context, &name, "queued again", queued)
        }
        Command::Kinds => {
            let rows = webhook_kinds()
                .into_iter()
                .map(|kind| vec![Value::Text(kind)]);
            let answer = Counted {
                columns: vec!["kind".to_owned()],
                rows: rows.collect(),
            };
            output::print(&answer, context.format)
        }
    }
}

fn add(context: &Context, args: &Add) -> anyhow::Result<()> {
    can_be_shown(context.format)?;
    check_url(&args.url, args.allow_private).map_err(|e| Failure::Usage(e.to_string()))?;
    let mut register = Register::open(&context.config.register)?;
    let secret = register.add_webhook(
        &NewWebhook {
            name: args.name.clone(),
            url: args.url.clone(),
            kinds: args.kinds.clone(),
            allows_private: args.allow_private,
        },
        &args.by,
        context.now,
    )?;
    let answer = Added {
        schema_version: SCHEMA_VERSION,
        name: &args.name,
        url: &args.url,
        kinds: &args.kinds,
        secret: secret_text(&secret),
    };
    let human = || {
        format!(
            "{}: {} is told of {}\nsecret, shown this once: {}\n",
            answer.name,
            answer.url,
            answer.kinds.join(", "),
            answer.secret
        )
    };
    output::print_document(&answer, human, context.format)
}

fn list(context: &Context) -> anyhow::Result<()> {
    let register = Register::open_read_only(&context.config.register)?;
    let zone = register.zone();
    let rows = register
        .webhooks()?
        .into_iter()
        .map(|webhook| {
            vec![
                Value::Text(webhook.name),
                Value::Text(webhook.url),
                Value::Text(webhook.kinds.join(", ")),
                Value::Flag(webhook.allows_private),
                stamp(webhook.created_at, zone, context.format),
                webhook
                    .removed_at
                    .map_or(Value::Null, |at| stamp(at, zone, context.format)),
            ]
        })
        .collect();
    let columns = ["name", "url", "kinds", "allows_private", "added", "removed"];
    let columns = columns.map(str::to_owned).to_vec();
    output::print(&Counted { columns, rows }, context.format)
}

fn test(context: &Context, name: &str) -> anyhow::Result<()> {
    let register = Register::open_read_only(&context.config.register)?;
    let (webhook, secret) = register.webhook_secret(name)?;
    match try_out(&webhook, &secret, context.now) {
        Ok(()) => done(context, name, "taken", 1),
        Err(why) => anyhow::bail!("{name} did not take the trial event: {why}"),
    }
}

fn deliveries(context: &Context, args: &Deliveries) -> anyhow::Result<()> {
    let register = Register::open_read_only(&context.config.register)?;
    let zone = register.zone();
    let rows = register
        .deliveries(args.name.as_deref(), args.state, args.limit)?
        .into_iter()
        .map(|delivery: Delivery| {
            let next = match delivery.state {
                MessageState::Queued | MessageState::Failed => {
                    stamp(delivery.next_attempt_at, zone, context.format)
                }
                MessageState::Sent | MessageState::Dead => Value::Null,
            };
            vec![
                Value::Text(delivery.webhook),
                Value::Text(delivery.kind),
                Value::Text(delivery.subject),
                Value::Count(delivery.version),
                Value::Text(delivery.state.to_string()),
                Value::Count(i64::from(delivery.attempts)),
                stamp(delivery.recorded_at, zone, context.format),
                next,
                delivery
                    .sent_at
                    .map_or(Value::Null, |at| stamp(at, zone, context.format)),
                delivery.last_error.map_or(Value::Null, Value::Text),
            ]
        })
        .collect();
    let columns = [
        "webhook", "kind", "subject", "version", "state", "attempts", "recorded", "next", "sent",
        "error",
    ];
    let columns = columns.map(str::to_owned).to_vec();
    output::print(&Counted { columns, rows }, context.format)
}

fn done(context: &Context, name: &str, done: &'static str, deliveries: u64) -> anyhow::Result<()> {
    let answer = Done {
        schema_version: SCHEMA_VERSION,
        name,
        done,
        deliveries,
    };
    output::print_document(&answer, || format!("{name}: {done}\n"), context.format)
}
