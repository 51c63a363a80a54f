//! `redress outbox`: the messages to customers, and what was given up.

use clap::Subcommand;
use redress_engine::counted::{Counted, Value};
use redress_register::{Message, MessageFilter, MessageState, Register};
use serde::Serialize;

use super::case::common::{SCHEMA_VERSION, join, stamp, word};
use super::failure::Failure;
use super::{Context, output};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Messages, newest first
    List(List),
    /// Try messages again that were given up
    Retry(Retry),
}

#[derive(Debug, clap::Args)]
pub struct List {
    /// Only those in this state; the dead ones were given up
    #[arg(long, value_parser = word!(MessageState), value_name = "STATE")]
    state: Option<MessageState>,
    /// Only those of this case
    #[arg(long, value_name = "CASE")]
    case: Option<String>,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 200)]
    limit: u32,
    /// Phone numbers and addresses in full
    #[arg(long)]
    full: bool,
}

#[derive(Debug, clap::Args)]
pub struct Retry {
    /// Numbers of messages, as `outbox list` shows them
    #[arg(value_name = "ID", required_unless_present = "all_dead")]
    ids: Vec<i64>,
    /// Every message that was given up and still has its words
    #[arg(long, conflicts_with = "ids")]
    all_dead: bool,
}

#[derive(Debug, Serialize)]
struct Retried {
    schema_version: u32,
    /// Messages that are sent with the next round.
    messages: Vec<i64>,
}

/// `redress outbox`.
pub fn run(context: &Context, command: Command) -> anyhow::Result<()> {
    match command {
        Command::List(args) => list(context, &args),
        Command::Retry(args) => retry(context, &args),
    }
}

fn list(context: &Context, args: &List) -> anyhow::Result<()> {
    let register = Register::open_read_only(&context.config.register)?;
    let case_key = match &args.case {
        Some(number) => Some(register.case_by_number(number)?.case_key),
        None => None,
    };
    let messages = register.messages(&MessageFilter {
        state: args.state,
        case_key,
        purpose: None,
        limit: Some(args.limit),
    })?;
    let rows = messages
        .into_iter()
        .map(|message| row(context, &register, message, args.full))
        .collect::<anyhow::Result<_>>()?;
    let columns = [
        "message", "case", "purpose", "means", "to", "state", "attempts", "queued", "next", "sent",
        "error",
    ];
    let columns = columns.map(str::to_owned).to_vec();
    output::print(&Counted { columns, rows }, context.format)
}

fn row(
    context: &Context,
    register: &Register,
    message: Message,
    full: bool,
) -> anyhow::Result<Vec<Value>> {
    let text = |value: String| Value::Text(value);
    let at = |moment| stamp(moment, register.zone(), context.format);
    let number = match message.case_key {
        Some(case_key) => text(register.case_row(case_key)?.number),
        None => Value::Null,
    };
    let to = message.recipient.map(|to| match full {
        true => to,
        false => masked(&to),
    });
    let next = match message.state {
        MessageState::Queued | MessageState::Failed => at(message.next_attempt_at),
        MessageState::Sent | MessageState::Dead => Value::Null,
    };
    Ok(vec![
        Value::Count(message.message_id),
        number,
        text(message.purpose.to_string()),
        text(message.means.to_string()),
        to.map_or(Value::Null, text),
        text(message.state.to_string()),
        Value::Count(i64::from(message.attempts)),
        at(message.created_at),
        next,
        message.sent_at.map_or(Value::Null, at),
        message.last_error.map_or(Value::Null, text),
    ])
}

fn retry(context: &Context, args: &Retry) -> anyhow::Result<()> {
    let mut register = Register::open(&context.config.register)?;
    let messages = if args.all_dead {
        register.retry_dead_messages(context.now)?
    } else {
        for &id in &args.ids {
            register
                .retry_message(id, context.now)
                .map_err(|e| Failure::Usage(e.to_string()))?;
        }
        args.ids.clone()
    };
    let retried = Retried {
        schema_version: SCHEMA_VERSION,
        messages,
    };
    let human = || match retried.messages.as_slice() {
        [] => "no message was given up that still has its words\n".to_owned(),
        some => format!("queued again: {}\n", join(some)),
    };
    output::print_document(&retried, human, context.format)
}

/// Enough of a recipient to recognise it by, and not enough to write to it: the last two digits of a number, the
/// first letter and the domain of an address.
fn masked(to: &str) -> String {
    match to.split_once('@') {
        Some((user, domain)) => {
            let first: String = user.chars().take(1).collect();
            format!("{first}…@{domain}")
        }
        None => {
            let digits: Vec<char> = to.chars().collect();
            let last: String = digits[digits.len().saturating_sub(2)..].iter().collect();
            format!("…{last}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn a_masked_recipient_cannot_be_written_to() {
        assert_eq!(masked("+905551112233"), "…33");
        assert_eq!(masked("şule@example.org"), "ş…@example.org");
        assert_eq!(masked("1"), "…1");
    }
}
