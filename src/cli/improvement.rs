//! `redress improvement`: audits, recommendations, staff suggestions, research into better ways, and comparison.

mod apply;
mod compare;

use chrono::NaiveDate;
use clap::Subcommand;
use redress_domain::improvement::{
    AuditHeld, RecommendationSource, Recommended, Record, RecordBody, RecordKind, Recorded,
    ResearchBegun, ResearchOutcome, Suggested, SuggestionFate,
};
use redress_engine::counted::{Counted, Value};
use redress_register::{Change, Register};
use serde::Serialize;

use super::Context;
use super::action::{On, Said};
use super::case::common::{SCHEMA_VERSION, word};
use super::failure::{Failure, of_register};
use super::output;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Record an audit of the complaint handling (ISO 10002, 8.5)
    Audit(Audit),
    /// Record a recommendation of an audit or a management review
    Recommend(Recommend),
    /// Record that a recommendation was carried out
    CarryOut(CarryOut),
    /// Record a suggestion by staff (P9)
    Suggest(Suggest),
    /// Record what became of a suggestion
    Decide(Decide),
    /// Begin research into a better way of handling complaints
    Research(Research),
    /// Record what research found
    Conclude(Conclude),
    /// Sites, departments or months beside each other: a funnel, or intervals; standardised where asked
    Compare(compare::Args),
    /// Take events of records from a file of JSON lines, as another system feeds them in
    Apply(super::lines::Args),
    /// The records
    List {
        /// Only this kind
        #[arg(long, value_parser = word!(RecordKind))]
        kind: Option<RecordKind>,
    },
}

#[derive(Debug, clap::Args)]
pub struct Audit {
    /// Who audited
    #[arg(long)]
    auditor: String,
    /// What was found
    #[arg(long, value_name = "TEXT")]
    findings: String,
    /// The department audited [default: the whole]
    #[arg(long)]
    department: Option<String>,
    #[command(flatten)]
    on: On,
    #[command(flatten)]
    said: Said,
}

#[derive(Debug, clap::Args)]
pub struct Recommend {
    /// What it came from
    #[arg(long, value_parser = word!(RecommendationSource))]
    source: RecommendationSource,
    /// The audit or review: AU-0007, MR-0002
    #[arg(long = "ref", value_name = "REF")]
    reference: String,
    /// What is recommended
    #[arg(long)]
    text: String,
    /// Who carries it out
    #[arg(long)]
    owner: String,
    /// The day by which
    #[arg(long, value_name = "DATE")]
    due: Option<NaiveDate>,
    #[command(flatten)]
    on: On,
    #[command(flatten)]
    said: Said,
}

#[derive(Debug, clap::Args)]
pub struct CarryOut {
    /// R-0003
    recommendation: String,
    /// What was done, and where it shows
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    #[command(flatten)]
    on: On,
    #[command(flatten)]
    said: Said,
}

#[derive(Debug, clap::Args)]
pub struct Suggest {
    /// Who suggests it
    #[arg(long)]
    from: String,
    /// Department it comes from
    #[arg(long)]
    department: Option<String>,
    /// What is suggested
    #[arg(long)]
    text: String,
    #[command(flatten)]
    on: On,
    #[command(flatten)]
    said: Said,
}

#[derive(Debug, clap::Args)]
pub struct Decide {
    /// S-0004
    suggestion: String,
    /// What becomes of it
    #[arg(long, value_parser = word!(SuggestionFate))]
    fate: SuggestionFate,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// The action that carries it out
    #[arg(long, value_name = "A-000012")]
    action: Option<redress_domain::action::ActionId>,
    #[command(flatten)]
    on: On,
    #[command(flatten)]
    said: Said,
}

#[derive(Debug, clap::Args)]
pub struct Research {
    /// What is asked
    #[arg(long)]
    question: String,
    /// How it is looked into: literature, a trial, a comparison with others
    #[arg(long)]
    method: String,
    /// Who looks into it
    #[arg(long)]
    owner: String,
    #[command(flatten)]
    on: On,
    #[command(flatten)]
    said: Said,
}

#[derive(Debug, clap::Args)]
pub struct Conclude {
    /// RN-0002
    research: String,
    /// What follows
    #[arg(long, value_parser = word!(ResearchOutcome))]
    outcome: ResearchOutcome,
    /// What was found
    #[arg(long, value_name = "TEXT")]
    finding: String,
    #[command(flatten)]
    on: On,
    #[command(flatten)]
    said: Said,
}

/// `redress improvement`.
pub fn run(context: &Context, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Audit(args) => begin(context, args.on, &args.said, |on| {
            RecordBody::AuditHeld(AuditHeld {
                on,
                department: args.department.clone(),
                auditor: args.auditor.clone(),
                findings: args.findings.clone(),
            })
        }),
        Command::Recommend(args) => begin(context, args.on, &args.said, |on| {
            RecordBody::Recommended(Recommended {
                on,
                source: args.source,
                reference: args.reference.clone(),
                text: args.text.clone(),
                owner: args.owner.clone(),
                due_on: args.due,
            })
        }),
        Command::Suggest(args) => begin(context, args.on, &args.said, |on| {
            RecordBody::Suggested(Suggested {
                on,
                from: args.from.clone(),
                department: args.department.clone(),
                text: args.text.clone(),
            })
        }),
        Command::Research(args) => begin(context, args.on, &args.said, |on| {
            RecordBody::ResearchBegun(ResearchBegun {
                on,
                owner: args.owner.clone(),
                question: args.question.clone(),
                method: args.method.clone(),
            })
        }),
        Command::CarryOut(args) => {
            change(context, &args.recommendation, args.on, &args.said, |on| {
                RecordBody::CarriedOut {
                    on,
                    note: args.note.clone(),
                }
            })
        }
        Command::Decide(args) => change(context, &args.suggestion, args.on, &args.said, |on| {
            RecordBody::SuggestionDecided {
                on,
                fate: args.fate,
                reason: args.reason.clone(),
                action: args.action.map(|id| id.to_string()),
            }
        }),
        Command::Conclude(args) => change(context, &args.research, args.on, &args.said, |on| {
            RecordBody::ResearchConcluded {
                on,
                outcome: args.outcome,
                finding: args.finding.clone(),
            }
        }),
        Command::Compare(args) => compare::run(context, &args),
        Command::Apply(args) => apply::run(context, &args),
        Command::List { kind } => list(context, kind),
    }
}

#[derive(Debug, Serialize)]
struct Answer<'a> {
    schema_version: u32,
    record: String,
    version: u32,
    event: &'a str,
    recorded: bool,
}

fn begin(
    context: &Context,
    on: On,
    said: &Said,
    body: impl FnOnce(NaiveDate) -> RecordBody,
) -> anyhow::Result<()> {
    let mut register = Register::open(&context.config.register)?;
    let name = said.by.actor(&register)?.name.unwrap_or_default();
    let body = body(on.day(context, &register)?);
    let event = body.kind();
    let change = Change {
        actor: &name,
        seen: None,
        now: context.now,
    };
    let record = match said.dry_run {
        true => register.preview_record(body, change),
        false => register.begin_record(body, change),
    }
    .map_err(of_register)?;
    print(context, &record, event, !said.dry_run)
}

fn change(
    context: &Context,
    name: &str,
    on: On,
    said: &Said,
    body: impl FnOnce(NaiveDate) -> RecordBody,
) -> anyhow::Result<()> {
    let mut register = Register::open(&context.config.register)?;
    let actor = said.by.actor(&register)?.name.unwrap_or_default();
    let body = body(on.day(context, &register)?);
    let record = apply(context, &mut register, name, body, said, &actor)?;
    print(context, &record.0, record.1, !said.dry_run)
}

/// Changes the record of a name, or only tries it.
///
/// # Errors
/// When there is no such record, or the event does not fit how it stands.
pub fn apply(
    context: &Context,
    register: &mut Register,
    name: &str,
    body: RecordBody,
    said: &Said,
    actor: &str,
) -> anyhow::Result<(Record, &'static str)> {
    let number = body
        .of()
        .number(name)
        .map_err(|e| Failure::Usage(e.to_string()))?;
    let event = body.kind();
    let change = Change {
        actor,
        seen: said.expect,
        now: context.now,
    };
    let record = match said.dry_run {
        true => register.preview_change(number, body, change),
        false => register.change_record(number, body, change),
    }
    .map_err(of_register)?;
    Ok((record, event))
}

/// Prints what became of a record.
///
/// # Errors
/// When stdout cannot be written.
pub fn print(
    context: &Context,
    record: &Record,
    event: &str,
    recorded: bool,
) -> anyhow::Result<()> {
    let answer = Answer {
        schema_version: SCHEMA_VERSION,
        record: record.name(),
        version: record.version,
        event,
        recorded,
    };
    let human = || {
        let dry = if recorded {
            ""
        } else {
            "nothing was recorded (dry run)\n"
        };
        format!(
            "{} {event} (version {})\n{dry}",
            answer.record, answer.version
        )
    };
    output::print_document(&answer, human, context.format)
}

fn list(context: &Context, kind: Option<RecordKind>) -> anyhow::Result<()> {
    let register = Register::open_read_only(&context.config.register)?;
    let mut rows = Vec::new();
    for of in RecordKind::ALL {
        if kind.is_none_or(|kind| kind == *of) {
            rows.extend(register.records_of(*of, None)?.iter().map(row));
        }
    }
    if rows.is_empty() {
        return Err(Failure::Nothing("nothing is recorded".to_owned()).into());
    }
    let columns = [
        "record",
        "kind",
        "on",
        "who",
        "what",
        "due_on",
        "standing",
        "settled_on",
    ];
    let answer = Counted {
        columns: columns.map(str::to_owned).to_vec(),
        rows,
    };
    output::print(&answer, context.format)
}

fn row(record: &Record) -> Vec<Value> {
    let text = |text: &str| Value::Text(text.to_owned());
    let day = |day: Option<NaiveDate>| day.map_or(Value::Null, Value::Day);
    let (on, who, what, due, standing, settled) = match &record.what {
        Recorded::Audit(held) => (held.on, &held.auditor, &held.findings, None, "held", None),
        Recorded::Recommendation { given, done } => (
            given.on,
            &given.owner,
            &given.text,
            given.due_on,
            if done.is_some() {
                "carried_out"
            } else {
                "open"
            },
            done.as_ref().map(|(on, _)| *on),
        ),
        Recorded::Suggestion {
            made,
            fate,
            decided,
        } => (
            made.on,
            &made.from,
            &made.text,
            None,
            fate.as_str(),
            decided.as_ref().map(|(on, ..)| *on),
        ),
        Recorded::Research {
            begun,
            outcome,
            concluded,
        } => (
            begun.on,
            &begun.owner,
            &begun.question,
            None,
            outcome.as_str(),
            concluded.as_ref().map(|(on, _)| *on),
        ),
        Recorded::Review {
            begun, closed_on, ..
        } => (
            begun.on,
            &begun.chair,
            &begun.period,
            None,
            if closed_on.is_some() {
                "closed"
            } else {
                "open"
            },
            *closed_on,
        ),
    };
    vec![
        Value::Text(record.name()),
        text(record.kind.as_str()),
        Value::Day(on),
        text(who),
        text(what),
        day(due),
        text(standing),
        day(settled),
    ]
}
