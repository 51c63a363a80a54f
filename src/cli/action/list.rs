//! `redress action list`: the actions as the register has them.

use redress_domain::action::{Action, ActionState};
use redress_engine::counted::{Counted, Value};
use redress_register::Register;

use super::today;
use crate::case::common::word;
use crate::failure::Failure;
use crate::{Context, output};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only those in this state
    #[arg(long, value_parser = word!(ActionState))]
    state: Option<ActionState>,
    /// Only those that are neither closed nor withdrawn
    #[arg(long)]
    open: bool,
    /// Only those whose due date, or the day of their verdict, has passed
    #[arg(long)]
    overdue: bool,
    /// Only those of this owner
    #[arg(long)]
    owner: Option<String>,
}

/// `action list`.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<()> {
    let register = Register::open_read_only(&context.config.register)?;
    let today = today(context, &register);
    let actions = register.actions(None)?;
    let rows: Vec<Vec<Value>> = actions
        .iter()
        .filter(|a| args.state.is_none_or(|state| a.state(today) == state))
        .filter(|a| !args.open || !a.standing.is_over())
        .filter(|a| !args.overdue || a.is_overdue(today))
        .filter(|a| {
            args.owner
                .as_ref()
                .is_none_or(|owner| a.opened.owner == *owner)
        })
        .map(|action| row(action, today))
        .collect();
    if rows.is_empty() {
        return Err(Failure::Nothing("no action fits".to_owned()).into());
    }
    let columns = [
        "action",
        "title",
        "kind",
        "state",
        "owner",
        "due_on",
        "overdue",
        "verdict_after",
        "verdict",
        "scope",
    ];
    let answer = Counted {
        columns: columns.map(str::to_owned).to_vec(),
        rows,
    };
    output::print(&answer, context.format)
}

fn row(action: &Action, today: chrono::NaiveDate) -> Vec<Value> {
    let text = |text: &str| Value::Text(text.to_owned());
    let day = |day: Option<chrono::NaiveDate>| day.map_or(Value::Null, Value::Day);
    let verdict = action
        .round()
        .settled()
        .map(|look| look.found.verdict.as_str());
    let by_person = action
        .round()
        .verification
        .as_ref()
        .map(|(_, v)| v.verdict.as_str());
    vec![
        Value::Text(action.id.to_string()),
        text(&action.opened.title),
        text(action.opened.kind.as_str()),
        text(action.state(today).as_str()),
        text(&action.opened.owner),
        day(action.due_on()),
        Value::Flag(action.is_overdue(today)),
        day(action.check_due_on()),
        verdict.or(by_person).map_or(Value::Null, text),
        action
            .scope()
            .map_or(Value::Null, |scope| Value::Text(scope.to_string())),
    ]
}
