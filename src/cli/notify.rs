//! `redress notify`: queues what became due, and sends what waits.

use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, Utc};
use redress_channels::notify::{self, NotifyError, Sent, Step};
use redress_channels::settings::Settings;
use redress_domain::vocabulary::Means;
use redress_engine::counted::{Counted, Value};
use redress_register::{DueKind, Message, Queued, Register};
use serde::Serialize;

use super::case::common::{SCHEMA_VERSION, stamp};
use super::config::Config;
use super::failure::Failure;
use super::{Context, output, progress, rules};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Show what would go, and to whom; nothing is sent or queued
    #[arg(long, conflicts_with = "watch")]
    dry_run: bool,
    /// Go on for good, with so many seconds between two rounds
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    watch: Option<u64>,
    /// Queue no reminders and surveys, and let nothing lapse; only send what waits
    #[arg(long)]
    no_follow_ups: bool,
}

/// What a run did, for machines.
#[derive(Debug, Serialize)]
struct Answer {
    schema_version: u32,
    reminders: usize,
    surveys: usize,
    lapsed: usize,
    /// Due, but there is neither phone nor e-mail.
    unreachable: usize,
    delivered: u64,
    later: u64,
    dead: u64,
    settled_elsewhere: u64,
    without_gateway: u64,
    webhooks: ToldWebhooks,
    /// Gateways that could not be used.
    faults: Vec<String>,
}

/// What webhooks were told, for machines.
#[derive(Debug, Serialize)]
struct ToldWebhooks {
    delivered: u64,
    later: u64,
    dead: u64,
    /// Those that did not answer, and were left alone for this run.
    left_alone: Vec<String>,
}

/// `redress notify`.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<()> {
    if args.dry_run {
        return dry_run(context);
    }
    let settings = settings(&context.config)?;
    if notify::served(&settings).is_empty() && !tells_webhooks(&context.config.register) {
        return Err(Failure::Usage(
            "no gateway is set and no webhook added: write [sms] or [mail] into redress.toml (docs/messages.md), or \
             `redress webhook add`"
                .into(),
        )
        .into());
    }
    if let Some(seconds) = args.watch {
        return watch(context, args, &settings, Duration::from_secs(seconds));
    }
    let sent = once(context, args, &settings, context.now)?;
    report(context, &sent)?;
    match faults(&sent) {
        Some(why) => anyhow::bail!(why),
        None => Ok(()),
    }
}

/// Whether a webhook waits for events.
fn tells_webhooks(register: &Path) -> bool {
    Register::open_read_only(register)
        .and_then(|register| register.webhooks())
        .is_ok_and(|all| all.iter().any(|webhook| webhook.removed_at.is_none()))
}

/// The gateways of the settings.
///
/// # Errors
/// When they do not fit (exit code 2).
pub fn settings(config: &Config) -> anyhow::Result<Settings> {
    Ok(config.channels()?)
}

/// One round in the background of the server: what became due is queued once a day, what waits is sent.
///
/// # Errors
/// When the register cannot be read or written. Faults of gateways are only logged: the messages wait.
pub fn round(
    register: &Path,
    settings: &Settings,
    now: DateTime<Utc>,
) -> Result<Sent, NotifyError> {
    let sent = notify::run_once(&mut Register::open(register)?, settings, now)?;
    for fault in &sent.faults {
        tracing::warn!(%fault, "messages wait");
    }
    if let Some(why) = &sent.not_queued {
        tracing::warn!(why, "reminders and surveys were not queued");
    }
    if sent.dead > 0 {
        tracing::warn!(
            dead = sent.dead,
            "messages were given up; see `redress outbox list --state dead`"
        );
    }
    for webhook in &sent.webhooks.left_alone {
        tracing::warn!(%webhook, "a webhook does not answer; what it is told waits");
    }
    if sent.webhooks.dead > 0 {
        tracing::warn!(
            dead = sent.webhooks.dead,
            "deliveries to webhooks were given up; see `redress webhook deliveries --state dead`"
        );
    }
    Ok(sent)
}

/// Queues what is due, without sending; used by the nightly batch too.
///
/// # Errors
/// When the calendar cannot be read, or the register not written.
pub fn queue(context: &Context) -> anyhow::Result<Queued> {
    let mut register = Register::open(&context.config.register)?;
    let calendar = rules::load(context, None)?.rulebook.organisation;
    Ok(register.queue_follow_ups(&calendar, context.now)?)
}

fn once(
    context: &Context,
    args: &Args,
    settings: &Settings,
    now: DateTime<Utc>,
) -> anyhow::Result<Sent> {
    let now_here = Context {
        config: context.config.clone(),
        format: context.format,
        now,
    };
    let follow_ups = match args.no_follow_ups {
        true => None,
        false => Some(queue(&now_here)?),
    };
    let mut register = Register::open(&context.config.register)?;
    let bar = progress::steps("messages");
    bar.set_length(u64::try_from(register.due_messages(now)?.len()).unwrap_or(0));
    let sent = notify::send_due(&mut register, settings, now, &mut |step: Step| {
        bar.inc(1);
        tracing::info!(id = step.message_id, outcome = ?step.outcome, "message");
    });
    bar.finish_and_clear();
    Ok(Sent {
        follow_ups,
        ..sent?
    })
}

/// Round after round; what goes wrong in one is said, and the next begins all the same.
fn watch(
    context: &Context,
    args: &Args,
    settings: &Settings,
    pause: Duration,
) -> anyhow::Result<()> {
    let mut now = context.now;
    loop {
        match once(context, args, settings, now) {
            Ok(sent) => {
                let answer = Answer::of(&sent);
                if answer.is_worth_a_line() {
                    say!(
                        "{}  {}",
                        now.format("%Y-%m-%dT%H:%M:%SZ"),
                        answer.in_words()
                    );
                }
            }
            Err(error) => say!("{}  {error:#}\n", now.format("%Y-%m-%dT%H:%M:%SZ")),
        }
        std::thread::sleep(pause);
        now = Utc::now();
    }
}

fn report(context: &Context, sent: &Sent) -> anyhow::Result<()> {
    let answer = Answer::of(sent);
    output::print_document(&answer, || answer.in_words(), context.format)
}

fn faults(sent: &Sent) -> Option<String> {
    let faults: Vec<String> = sent.faults.iter().map(ToString::to_string).collect();
    (!faults.is_empty()).then(|| faults.join("; "))
}

impl Answer {
    fn of(sent: &Sent) -> Answer {
        let queued = sent.follow_ups.unwrap_or_default();
        Answer {
            schema_version: SCHEMA_VERSION,
            reminders: queued.reminders,
            surveys: queued.surveys,
            lapsed: queued.lapsed,
            unreachable: queued.unreachable,
            delivered: sent.delivered,
            later: sent.later,
            dead: sent.dead,
            settled_elsewhere: sent.settled_elsewhere,
            without_gateway: sent.without_gateway,
            webhooks: ToldWebhooks {
                delivered: sent.webhooks.delivered,
                later: sent.webhooks.later,
                dead: sent.webhooks.dead,
                left_alone: sent.webhooks.left_alone.clone(),
            },
            faults: sent.faults.iter().map(ToString::to_string).collect(),
        }
    }

    /// Whether anything happened; in a watch, silence is the usual thing.
    fn is_worth_a_line(&self) -> bool {
        let queued = self.reminders + self.surveys + self.lapsed;
        let sent = self.delivered + self.later + self.dead + self.settled_elsewhere;
        let told = self.webhooks.delivered + self.webhooks.later + self.webhooks.dead;
        queued > 0 || sent > 0 || told > 0 || !self.faults.is_empty()
    }

    fn in_words(&self) -> String {
        let mut parts = vec![format!("{} message(s) delivered", self.delivered)];
        let further = [
            (self.later, "to be tried again"),
            (self.dead, "given up (`redress outbox list --state dead`)"),
            (self.settled_elsewhere, "settled by another process"),
            (self.without_gateway, "waiting without a gateway for them"),
            (self.webhooks.delivered, "event(s) told to webhooks"),
            (self.webhooks.later, "event(s) to be told to webhooks again"),
            (
                self.webhooks.dead,
                "delivery(ies) to webhooks given up (`redress webhook deliveries --state dead`)",
            ),
        ];
        for (n, what) in further {
            if n > 0 {
                parts.push(format!("{n} {what}"));
            }
        }
        let queued = [
            (self.reminders, "reminder(s) queued"),
            (self.surveys, "survey(s) queued"),
            (self.lapsed, "case(s) closed without an answer"),
            (
                self.unreachable,
                "reminder(s) or survey(s) due to customers with neither phone nor e-mail",
            ),
        ];
        for (n, what) in queued {
            if n > 0 {
                parts.push(format!("{n} {what}"));
            }
        }
        let mut lines = parts.join(", ");
        lines.push('\n');
        for fault in &self.faults {
            lines.push_str(&format!("{fault}\n"));
        }
        lines
    }
}

/// What would be queued and sent now.
fn dry_run(context: &Context) -> anyhow::Result<()> {
    let register = Register::open_read_only(&context.config.register)?;
    let calendar = rules::load(context, None)?.rulebook.organisation;
    let served = notify::served(&settings(&context.config)?);
    let mut rows = Vec::new();
    for due in register.due_follow_ups(&calendar, context.now)? {
        let what = match due.kind {
            DueKind::Reminder { number } => format!("would queue reminder {number}"),
            DueKind::Survey => "would queue the survey".to_owned(),
            DueKind::Lapse { reminders, .. } => {
                format!("would close without an answer, after {reminders} reminders")
            }
        };
        let number = register.case_row(due.case_key)?.number;
        let mut row = vec![Value::Null, Value::Text(number), Value::Text(what)];
        row.resize(COLUMNS.len(), Value::Null);
        rows.push(row);
    }
    for message in register.due_messages(context.now)? {
        rows.push(shown(context, &register, message, &served)?);
    }
    let columns = COLUMNS.map(str::to_owned).to_vec();
    output::print(&Counted { columns, rows }, context.format)
}

const COLUMNS: [&str; 8] = [
    "message", "case", "what", "means", "to", "queued", "attempts", "text",
];

fn shown(
    context: &Context,
    register: &Register,
    message: Message,
    served: &[Means],
) -> anyhow::Result<Vec<Value>> {
    let text = |value: String| Value::Text(value);
    let number = match message.case_key {
        Some(case_key) => text(register.case_row(case_key)?.number),
        None => Value::Null,
    };
    let what = match served.contains(&message.means) {
        true => format!("would send {}", message.purpose),
        false => format!("would leave {}: no gateway", message.purpose),
    };
    Ok(vec![
        Value::Count(message.message_id),
        number,
        text(what),
        text(message.means.to_string()),
        message.recipient.map_or(Value::Null, text),
        stamp(message.created_at, register.zone(), context.format),
        Value::Count(i64::from(message.attempts)),
        message.body.map_or(Value::Null, |body| {
            let words: Vec<&str> = body.split_whitespace().collect();
            text(words.join(" "))
        }),
    ])
}
