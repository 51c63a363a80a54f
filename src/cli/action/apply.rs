//! `redress action apply`: changes of actions as JSON lines, so that another system can feed them in.

use anyhow::Context as _;
use chrono::NaiveDate;
use redress_domain::action::{Action, ActionBody, ActionEvent, ActionId, Check, Planned};
use redress_improvement::plan::fix;
use redress_improvement::source::case_source;
use redress_lake::store::Lake;
use redress_register::{Change, Register};
use serde::Deserialize;

use super::judging::Asking;
use super::{ground, known};
use crate::Context;
use crate::failure::of_register;
use crate::lines::{Args, Done, active, each};

/// One line: an event of an action, as `action history --format json` shows them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    /// The action; left out to open one. `+` is the one that the line before opened or changed.
    #[serde(default)]
    action: Option<String>,
    /// Member of staff.
    by: String,
    /// The version that the other system saw.
    #[serde(default)]
    expect: Option<u32>,
    kind: String,
    data: serde_json::Value,
}

/// A plan whose check is computed here: `kind` is `planned`, and `data.check.by` is `complaints`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlannedByComplaints {
    what: String,
    due_on: NaiveDate,
    check: Asking,
}

/// The same of `check_changed`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ChangedByComplaints {
    reason: String,
    check: Asking,
}

/// `action apply`.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<()> {
    let mut last: Option<Action> = None;
    each(context, args, "action", |register, line| {
        let (action, event) = one(context, register, line, last.as_ref(), args.dry_run)?;
        let done = Done {
            name: action.id.to_string(),
            event,
            version: action.version,
        };
        last = Some(action);
        Ok(done)
    })
}

fn one(
    context: &Context,
    register: &mut Register,
    line: &str,
    last: Option<&Action>,
    dry_run: bool,
) -> anyhow::Result<(Action, String)> {
    let line: Line = serde_json::from_str(line)?;
    active(register, &line.by)?;
    let change = Change {
        actor: &line.by,
        seen: line.expect,
        now: context.now,
    };
    let Some(name) = &line.action else {
        let body: ActionBody = body(&line)?;
        let ActionBody::Opened(mut opened) = body else {
            anyhow::bail!("`{}` needs the action's number", line.kind);
        };
        if opened.case_source.is_none() {
            let lake = Lake::at(&context.config.lake);
            opened.case_source = case_source(register, &lake, &opened);
        }
        let action = match dry_run {
            true => {
                // In a trial the numbers go on from the one that the register would give.
                let next = register.next_action()?.0;
                let id = last.map_or(next, |last| next.max(last.id.0 + 1));
                let event = ActionEvent {
                    event_no: 1,
                    recorded_at: context.now,
                    actor: line.by.clone(),
                    body: ActionBody::Opened(opened),
                };
                Action::begin(ActionId(id), &event)?
            }
            false => register.open_action(opened, change).map_err(of_register)?,
        };
        return Ok((action, line.kind));
    };
    let action = match name.as_str() {
        "+" => last
            .cloned()
            .context("`+` is the action of the line before, and there is none")?,
        name => {
            let id: ActionId = name.parse()?;
            match last.filter(|last| dry_run && last.id == id) {
                Some(last) => last.clone(),
                None => known(register, id)?,
            }
        }
    };
    if let Some(seen) = line.expect.filter(|seen| *seen != action.version) {
        return Err(redress_domain::action::ActionRefusal::Changed {
            id: action.id,
            seen,
            found: action.version,
        }
        .into());
    }
    let by_complaints = ["planned", "check_changed"].contains(&line.kind.as_str())
        && line.data.pointer("/check/by").and_then(|by| by.as_str()) == Some("complaints");
    let body = match by_complaints {
        true if line.kind == "planned" => planned(context, register, &action, &line)?,
        true => check_changed(context, register, &action, &line)?,
        false => body(&line)?,
    };
    anyhow::ensure!(
        !matches!(
            body,
            ActionBody::Judged(_) | ActionBody::MovedOut { .. } | ActionBody::MovedIn { .. }
        ),
        "`{}` is computed, never entered",
        line.kind
    );
    let changed = match dry_run {
        true => {
            let event = ActionEvent {
                event_no: action.version + 1,
                recorded_at: context.now,
                actor: line.by.clone(),
                body,
            };
            action.with(&event)?
        }
        false => register
            .change_action(action.id, body, change)
            .map_err(of_register)?,
    };
    Ok((changed, line.kind))
}

fn body(line: &Line) -> anyhow::Result<ActionBody> {
    let whole = serde_json::json!({ "kind": line.kind, "data": line.data });
    let body: ActionBody = serde_json::from_value(whole)?;
    let rate = match &body {
        ActionBody::Planned(planned) => matches!(planned.check, Check::Rate(_)),
        ActionBody::CheckChanged { check, .. } => matches!(check, Check::Rate(_)),
        _ => false,
    };
    anyhow::ensure!(
        !rate,
        "what a check by rates can see is computed here: give `check` with \"by\": \"complaints\""
    );
    Ok(body)
}

/// A changed check, fixed on the latest snapshot.
fn check_changed(
    context: &Context,
    register: &Register,
    action: &Action,
    line: &Line,
) -> anyhow::Result<ActionBody> {
    let given: ChangedByComplaints = serde_json::from_value(line.data.clone())?;
    let opened = ground::Opened::open(context, register, None)?;
    let asked = given.check.asked(action)?;
    let done = action.round().implementation.as_ref().map(|done| done.on);
    let start = done.or(action.due_on()).unwrap_or(action.opened.on);
    let proposal = fix(&opened.ground(), &asked, start)?;
    Ok(ActionBody::CheckChanged {
        check: Check::Rate(Box::new(proposal.check)),
        reason: given.reason,
    })
}

/// A plan whose check is fixed on the latest snapshot.
fn planned(
    context: &Context,
    register: &Register,
    action: &Action,
    line: &Line,
) -> anyhow::Result<ActionBody> {
    let given: PlannedByComplaints = serde_json::from_value(line.data.clone())?;
    let opened = ground::Opened::open(context, register, None)?;
    let asked = given.check.asked(action)?;
    let proposal = fix(&opened.ground(), &asked, given.due_on)?;
    Ok(ActionBody::Planned(Planned {
        what: given.what,
        due_on: given.due_on,
        check: Check::Rate(Box::new(proposal.check)),
    }))
}
