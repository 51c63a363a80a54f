//! `redress action show` and `history`: everything about an action.

use chrono::SecondsFormat;
use redress_domain::action::{Action, ActionId};
use redress_engine::counted::{Counted, Value};
use redress_register::Register;

use super::document::{Document, ratio};
use super::{judging, known, today};
use crate::failure::of_register;
use crate::{Context, foreign, output};

/// Cases named that are gone from the source; `--format json` has all.
const GONE_SHOWN: usize = 20;

/// The source of the register's own cases, which goes without saying.
const OWN: &str = "redress";

#[derive(Debug, clap::Args)]
pub struct Args {
    /// A-000012
    action: ActionId,
}

/// `action show`.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<()> {
    let register = Register::open_read_only(&context.config.register)?;
    let action = known(&register, args.action)?;
    let mut document = Document::of(&action, today(context, &register));
    document.gone = foreign::of_action(&register, &action)?;
    output::print_document(&document, || in_words(&action, &document), context.format)
}

fn in_words(action: &Action, document: &Document<'_>) -> String {
    let opened = &action.opened;
    let mut text = format!(
        "{} {}\n{} ({}), {}, version {}\nowner {}{}\nopened on {} by {}",
        action.id,
        opened.title,
        opened.kind,
        opened.source,
        document.state,
        action.version,
        opened.owner,
        opened
            .department
            .as_ref()
            .map_or(String::new(), |d| format!(", {d}")),
        opened.on,
        action.opened_by
    );
    if let Some(reference) = &opened.reference {
        text.push_str(&format!(", from {reference}"));
    }
    if let Some(due) = document.due_on {
        text.push_str(&format!("\ndue {due}"));
    }
    if let Some(scope) = action.scope() {
        text.push_str(&format!("\nscope {scope}"));
    }
    if !opened.cases.is_empty() {
        text.push_str(&format!("\nanswers {}", opened.cases.join(", ")));
    }
    if let Some(source) = opened.case_source.as_deref().filter(|s| *s != OWN) {
        text.push_str(&format!("\ncases of {source}"));
    }
    text.push('\n');
    for contained in &action.containments {
        text.push_str(&format!(
            "contained on {}: {}\n",
            contained.on, contained.what
        ));
    }
    for (number, round) in (1..).zip(&action.rounds) {
        if action.rounds.len() > 1 {
            text.push_str(&format!("\nattempt {number}\n"));
        } else {
            text.push('\n');
        }
        if let Some(analysis) = &round.analysis {
            text.push_str(&format!(
                "root cause: {} ({})\n",
                analysis.root_cause, analysis.method
            ));
            for why in &analysis.whys {
                text.push_str(&format!("  why? {why}\n"));
            }
            if let Some(branch) = analysis.branch {
                text.push_str(&format!("  branch: {branch}\n"));
            }
            if let Some(escape) = &analysis.escape_point {
                text.push_str(&format!("  escaped at: {escape}\n"));
            }
            if !analysis.elsewhere.is_empty() {
                text.push_str(&format!("  elsewhere: {}\n", analysis.elsewhere.join(", ")));
            }
        }
        if let Some((what, due)) = &round.plan {
            text.push_str(&format!("plan, by {due}: {what}\n"));
        }
        for (at, fixed) in round.checks.iter().enumerate() {
            let when = fixed.fixed_at.date_naive();
            text.push_str(&match &fixed.reason {
                None => format!("check, fixed on {when} by {}:\n", fixed.by),
                Some(reason) => format!(
                    "check changed on {when} by {}{}: {reason}\n",
                    fixed.by,
                    if fixed.after_start {
                        ", after the action had begun"
                    } else {
                        ""
                    }
                ),
            });
            if at + 1 == round.checks.len() {
                for line in judging::in_words(&fixed.check).lines() {
                    text.push_str(&format!("  {line}\n"));
                }
            }
        }
        if let Some(done) = &round.implementation {
            text.push_str(&format!("carried out on {}", done.on));
            if let Some(what) = &done.what {
                text.push_str(&format!(": {what}"));
            }
            if !done.documents.is_empty() {
                text.push_str(&format!("; changed {}", done.documents.join(", ")));
            }
            text.push('\n');
        }
        for look in &round.looks {
            text.push_str(&format!(
                "look {}, {} to {}: {}, rate ratio {}{}\n",
                look.number,
                look.follow_up_first,
                look.follow_up_last,
                look.found.verdict,
                ratio(&look.found),
                if look.settles {
                    ""
                } else {
                    "; left open, the extension runs"
                }
            ));
        }
        if let Some((by, verified)) = &round.verification {
            text.push_str(&format!(
                "verified on {} by {by}: {}",
                verified.on, verified.verdict
            ));
            let differs = round
                .settled()
                .is_some_and(|look| look.found.verdict != verified.verdict);
            if differs {
                text.push_str(" (differs from the computed verdict)");
            }
            if let Some(note) = &verified.note {
                text.push_str(&format!(": {note}"));
            }
            text.push('\n');
        }
    }
    for (on, reason) in &action.reopenings {
        text.push_str(&format!("reopened on {on}: {reason}\n"));
    }
    if let Some(ending) = &action.ending {
        let note = ending
            .note
            .as_ref()
            .map_or(String::new(), |n| format!(": {n}"));
        text.push_str(&format!(
            "{} on {} by {}{note}\n",
            document.state, ending.on, ending.by
        ));
    }
    if !action.moved_out.is_empty() {
        text.push_str(&format!(
            "moved out of its scope: {}\n",
            document.moved_out.join(", ")
        ));
    }
    if !document.gone.is_empty() {
        text.push_str(&format!(
            "no longer in the source: {} of its cases; they count in its months as they were\n",
            document.gone.len()
        ));
        for gone in document.gone.iter().take(GONE_SHOWN) {
            text.push_str(&format!("  {}", gone.line()));
        }
    }
    for (by, note) in &action.notes {
        text.push_str(&format!("note by {by}: {note}\n"));
    }
    text
}

/// `action history`.
pub fn history(context: &Context, id: ActionId) -> anyhow::Result<()> {
    let register = Register::open_read_only(&context.config.register)?;
    let events = register.action_events(id).map_err(of_register)?;
    let rows = events
        .iter()
        .map(|event| {
            let recorded = event.recorded_at.to_rfc3339_opts(SecondsFormat::Secs, true);
            let data = serde_json::to_value(&event.body)
                .ok()
                .and_then(|mut body| body.get_mut("data").map(serde_json::Value::take));
            vec![
                Value::Count(event.event_no.into()),
                Value::Text(recorded),
                Value::Text(event.body.kind().to_owned()),
                Value::Text(event.actor.clone()),
                data.map_or(Value::Null, |data| Value::Text(data.to_string())),
            ]
        })
        .collect();
    let columns = ["event", "recorded_at", "what", "by", "data"];
    let answer = Counted {
        columns: columns.map(str::to_owned).to_vec(),
        rows,
    };
    output::print(&answer, context.format)
}
