//! `redress improvement apply`: audits, recommendations, suggestions, research and minutes as JSON lines.

use anyhow::Context as _;
use redress_domain::improvement::{Record, RecordBody, RecordEvent, RecordRefusal};
use redress_register::{Change, Register};
use serde::Deserialize;

use crate::Context;
use crate::failure::of_register;
use crate::lines::{Args, Done, active, each};

/// One line: an event of a record.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    /// The record: `AU-0007`; left out to begin one. `+` is the one that the line before began or changed.
    #[serde(default)]
    record: Option<String>,
    /// Member of staff.
    by: String,
    /// The version that the other system saw.
    #[serde(default)]
    expect: Option<u32>,
    kind: String,
    data: serde_json::Value,
}

/// `improvement apply`.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<()> {
    let mut last: Option<Record> = None;
    each(context, args, "record", |register, line| {
        let line: Line = serde_json::from_str(line)?;
        let record = one(context, register, &line, last.as_ref(), args.dry_run)?;
        let done = Done {
            name: record.name(),
            event: line.kind,
            version: record.version,
        };
        last = Some(record);
        Ok(done)
    })
}

/// What would become of a record that is not in the register yet.
fn tried(record: Record, body: RecordBody, line: &Line) -> anyhow::Result<Record> {
    if let Some(seen) = line.expect.filter(|seen| *seen != record.version) {
        return Err(RecordRefusal::Changed {
            name: record.name(),
            seen,
            found: record.version,
        }
        .into());
    }
    let event = RecordEvent {
        event_no: record.version + 1,
        actor: line.by.clone(),
        body,
    };
    Ok(record.with(&event)?)
}

fn one(
    context: &Context,
    register: &mut Register,
    line: &Line,
    last: Option<&Record>,
    dry_run: bool,
) -> anyhow::Result<Record> {
    active(register, &line.by)?;
    let whole = serde_json::json!({ "kind": line.kind, "data": line.data });
    let body: RecordBody = serde_json::from_value(whole)?;
    anyhow::ensure!(
        !matches!(body, RecordBody::Decided { .. }),
        "a decision opens an action too: use `redress review minutes decide`"
    );
    let change = Change {
        actor: &line.by,
        seen: line.expect,
        now: context.now,
    };
    let Some(name) = &line.record else {
        let begun = match dry_run {
            true => register.preview_record(body, change),
            false => register.begin_record(body, change),
        };
        return begun.map_err(of_register);
    };
    let number = match name.as_str() {
        "+" => {
            let last = last.context("`+` is the record of the line before, and there is none")?;
            if dry_run {
                return tried(last.clone(), body, line);
            }
            last.number
        }
        name => body.of().number(name)?,
    };
    let changed = match dry_run {
        true => register.preview_change(number, body, change),
        false => register.change_record(number, body, change),
    };
    changed.map_err(of_register)
}
