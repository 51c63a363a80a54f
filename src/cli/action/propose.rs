//! `redress action propose`: what has no action, and what asks to be reopened.

use std::collections::BTreeMap;

use redress_engine::counted::{Counted, Value};
use redress_improvement::evaluate::evaluate;
use redress_improvement::signals::{Signal, SignalKind, Subject, signals};
use redress_register::Register;

use super::ground;
use crate::failure::Failure;
use crate::{Context, output};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The snapshot [default: the latest]
    #[arg(long, value_name = "NAME")]
    snapshot: Option<String>,
    /// How many
    #[arg(long, value_name = "N", default_value_t = 30)]
    limit: usize,
}

/// `action propose`.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<()> {
    let register = Register::open_read_only(&context.config.register)?;
    let opened = ground::Opened::open(context, &register, args.snapshot.as_deref())?;
    let ground = opened.ground();
    let actions = register.actions(None)?;
    let mut evaluations = BTreeMap::new();
    for action in &actions {
        match evaluate(&ground, action) {
            Ok(Some(evaluation)) => {
                evaluations.insert(action.id, evaluation);
            }
            Ok(None) => {}
            Err(error) => say!("note: {} cannot be evaluated: {error}\n", action.id),
        }
    }
    let found = signals(&ground, &actions, &evaluations)?;
    if !ground.manifest.rows.contains_key("clusters") {
        say!(
            "note: this snapshot was not searched for what comes again; run `redress clusters run`\n"
        );
    }
    if found.is_empty() {
        return Err(Failure::Nothing("nothing asks for an action".to_owned()).into());
    }
    let more = found.len().saturating_sub(args.limit);
    let rows = found.iter().take(args.limit).map(row).collect();
    let columns = [
        "proposal",
        "on",
        "id",
        "label",
        "trend",
        "recent",
        "expected",
        "q",
        "cases_year",
        "open_cases",
        "cost_year_minor",
        "cases",
    ];
    let answer = Counted {
        columns: columns.map(str::to_owned).to_vec(),
        rows,
    };
    output::print(&answer, context.format)?;
    if more > 0 {
        say!("note: {more} more; --limit shows them\n");
    }
    Ok(())
}

fn row(signal: &Signal) -> Vec<Value> {
    let text = |text: &str| Value::Text(text.to_owned());
    let real = |real: Option<f64>, places: f64| {
        real.map_or(Value::Null, |r| Value::Real((r * places).round() / places))
    };
    let reopen = matches!(signal.subject, Subject::Action(_));
    let year = |n: i64| match reopen && signal.kind == SignalKind::Repeat {
        true => Value::Null,
        false => Value::Count(n),
    };
    vec![
        text(if reopen { "reopen" } else { "open" }),
        text(signal.subject.kind()),
        Value::Text(signal.subject.id()),
        text(&signal.label),
        signal.trend.as_deref().map_or(Value::Null, text),
        signal
            .recent
            .and_then(|n| i64::try_from(n).ok())
            .map_or(Value::Null, Value::Count),
        real(signal.expected, 10.0),
        real(signal.q_value, 10_000.0),
        year(signal.year.cases),
        match reopen {
            // Whether they are open is looked up for problems and categories only.
            true => Value::Null,
            false => Value::Count(signal.year.open),
        },
        year(signal.year.cost_minor),
        match signal.cases.is_empty() {
            true => Value::Null,
            false => Value::Text(signal.cases.join(", ")),
        },
    ]
}
