//! `redress review minutes`: the record of a management review (ISO 10002, 8.6).

use chrono::NaiveDate;
use clap::Subcommand;
use redress_domain::action::{
    ActionKind, ActionSource, CriterionCheck, Opened, Planned, ReviewOutput,
};
use redress_domain::improvement::{
    Record, RecordBody, RecordKind, Recorded, ReviewBegun, ReviewInput,
};
use redress_domain::period::Period;
use redress_register::{Change, Register};
use redress_review::minutes::{Minutes, minutes};

use crate::Context;
use crate::action::{On, Said, mention_past, today};
use crate::case::common::word;
use crate::failure::{Failure, of_register};
use crate::improvement::{apply, print};
use crate::{output, query};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Begin the minutes of the review of a period
    Begin(Begin),
    /// Enter the text of an input: changes within and outside, recommendations, remarks
    Enter(Enter),
    /// Record a decision; it becomes an action with owner and date, and comes back at the next review
    Decide(Decide),
    /// Close the minutes; nothing is added to them afterwards
    Close(Close),
    /// The minutes: inputs as entered and as the register fills them, decisions and their standing
    Show {
        /// MR-0002 [default: the last]
        review: Option<String>,
        /// The snapshot [default: the latest]
        #[arg(long, value_name = "NAME")]
        snapshot: Option<String>,
    },
}

#[derive(Debug, clap::Args)]
pub struct Begin {
    /// The period reviewed: 2026-Q3
    period: String,
    /// Who chairs it
    #[arg(long)]
    chair: String,
    /// Who is present
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    present: Vec<String>,
    /// Why the period is reviewed once more, where it has minutes already
    #[arg(long, value_name = "REASON")]
    again: Option<String>,
    #[command(flatten)]
    on: On,
    #[command(flatten)]
    said: Said,
}

#[derive(Debug, clap::Args)]
pub struct Enter {
    /// MR-0002
    review: String,
    /// I1 to I8
    #[arg(value_parser = word!(ReviewInput))]
    input: ReviewInput,
    /// The text; it replaces what was entered before
    text: String,
    #[command(flatten)]
    said: Said,
}

#[derive(Debug, clap::Args)]
pub struct Decide {
    /// MR-0002
    review: String,
    /// O1: the process; O2: products and services; O3: resources
    #[arg(long, value_parser = word!(ReviewOutput))]
    output: ReviewOutput,
    /// What was decided
    #[arg(long)]
    text: String,
    /// Who carries it out
    #[arg(long)]
    owner: String,
    /// The day by which
    #[arg(long, value_name = "DATE")]
    due: NaiveDate,
    /// By what it will be judged, in words; `action plan` fixes it later when left out
    #[arg(long, value_name = "TEXT")]
    criterion: Option<String>,
    #[command(flatten)]
    said: Said,
}

#[derive(Debug, clap::Args)]
pub struct Close {
    /// MR-0002
    review: String,
    #[command(flatten)]
    on: On,
    #[command(flatten)]
    said: Said,
}

/// `redress review minutes`.
pub fn run(context: &Context, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Begin(args) => begin(context, &args),
        Command::Enter(args) => enter(context, &args),
        Command::Decide(args) => decide(context, &args),
        Command::Close(args) => close(context, &args),
        Command::Show { review, snapshot } => show(context, review.as_deref(), snapshot.as_deref()),
    }
}

fn begin(context: &Context, args: &Begin) -> anyhow::Result<()> {
    let mut register = Register::open(&context.config.register)?;
    let name = args.said.by.actor(&register)?.name.unwrap_or_default();
    let period = Period::parse(&args.period, today(context, &register))
        .map_err(|e| Failure::Usage(e.to_string()))?;
    if period.first > today(context, &register) {
        return Err(
            Failure::Usage(format!("{period} has not begun; review a period that has")).into(),
        );
    }
    let body = RecordBody::ReviewBegun(ReviewBegun {
        on: args.on.day(context, &register)?,
        period: period.name,
        chair: args.chair.clone(),
        present: args.present.clone(),
        again: args.again.clone(),
    });
    let change = Change {
        actor: &name,
        seen: None,
        now: context.now,
    };
    let record = match args.said.dry_run {
        true => register.preview_record(body, change),
        false => register.begin_record(body, change),
    }
    .map_err(of_register)?;
    print(context, &record, "review_begun", !args.said.dry_run)
}

fn enter(context: &Context, args: &Enter) -> anyhow::Result<()> {
    let body = RecordBody::InputEntered {
        input: args.input,
        text: args.text.clone(),
    };
    changed(context, &args.review, body, &args.said)
}

fn close(context: &Context, args: &Close) -> anyhow::Result<()> {
    let on = {
        let register = Register::open_read_only(&context.config.register)?;
        args.on.day(context, &register)?
    };
    changed(
        context,
        &args.review,
        RecordBody::ReviewClosed { on },
        &args.said,
    )
}

fn changed(context: &Context, review: &str, body: RecordBody, said: &Said) -> anyhow::Result<()> {
    let mut register = Register::open(&context.config.register)?;
    let actor = said.by.actor(&register)?.name.unwrap_or_default();
    let (record, event) = apply(context, &mut register, review, body, said, &actor)?;
    print(context, &record, event, !said.dry_run)
}

fn decide(context: &Context, args: &Decide) -> anyhow::Result<()> {
    let mut register = Register::open(&context.config.register)?;
    let name = args.said.by.actor(&register)?.name.unwrap_or_default();
    mention_past(Some(args.due), today(context, &register));
    let number = RecordKind::Review
        .number(&args.review)
        .map_err(|e| Failure::Usage(e.to_string()))?;
    let opened = Opened {
        on: today(context, &register),
        title: args.text.clone(),
        kind: ActionKind::Improvement,
        source: ActionSource::Review,
        reference: Some(RecordKind::Review.name(number)),
        scope: None,
        cases: Vec::new(),
        case_source: None,
        signal_on: None,
        owner: args.owner.clone(),
        department: None,
        due_on: Some(args.due),
        output: Some(args.output),
    };
    let planned = args.criterion.as_ref().map(|criterion| Planned {
        what: args.text.clone(),
        due_on: args.due,
        check: redress_domain::action::Check::Criterion(CriterionCheck {
            criterion: criterion.clone(),
            due_on: args.due,
        }),
    });
    let change = Change {
        actor: &name,
        seen: args.said.expect,
        now: context.now,
    };
    if args.said.dry_run {
        let body = RecordBody::Decided {
            output: args.output,
            text: args.text.clone(),
            action: register.next_action()?.to_string(),
        };
        let record = register
            .preview_change(number, body, change)
            .map_err(of_register)?;
        return print(context, &record, "decided", false);
    }
    let (record, action) = register
        .decide_in_review(number, opened, planned, change)
        .map_err(of_register)?;
    say_line!(
        "{} carries it out; it comes back at the next review",
        action.id
    );
    print(context, &record, "decided", true)
}

fn show(context: &Context, review: Option<&str>, snapshot: Option<&str>) -> anyhow::Result<()> {
    let register = Register::open_read_only(&context.config.register)?;
    let record = found(&register, review)?;
    let Recorded::Review { begun, .. } = &record.what else {
        return Err(Failure::Usage(format!("{} is no management review", record.name())).into());
    };
    let (engine, _) = query::open(context, snapshot, &begun.period)?;
    let made = minutes(&record, &engine, context.config.language)?;
    output::print_document(&made, || in_words(&made), context.format)
}

fn found(register: &Register, review: Option<&str>) -> anyhow::Result<Record> {
    match review {
        Some(name) => {
            let number = RecordKind::Review
                .number(name)
                .map_err(|e| Failure::Usage(e.to_string()))?;
            register
                .record(RecordKind::Review, number, None)
                .map_err(of_register)
        }
        None => register
            .records_of(RecordKind::Review, None)?
            .pop()
            .ok_or_else(|| {
                Failure::Nothing(
                    "no management review is recorded; `redress review minutes begin` starts one"
                        .to_owned(),
                )
                .into()
            }),
    }
}

fn in_words(minutes: &Minutes) -> String {
    let mut text = format!(
        "{}: management review of {}, held on {}, chair {}{}\npresent: {}\n{}",
        minutes.review,
        minutes.period,
        minutes.held_on,
        minutes.chair,
        match minutes.closed_on {
            Some(day) => format!(", closed on {day}"),
            None => ", open".to_owned(),
        },
        match minutes.present.is_empty() {
            true => "not recorded".to_owned(),
            false => minutes.present.join(", "),
        },
        match &minutes.again {
            Some(reason) => format!("a further review of this period: {reason}\n"),
            None => String::new(),
        }
    );
    for part in &minutes.inputs {
        text.push_str(&format!("\n{} {}\n", part.input, part.title));
        match (&part.entered, part.computed) {
            (Some(entered), _) => text.push_str(&format!("  {entered}\n")),
            (None, true) => {}
            (None, false) => text.push_str("  nothing entered yet\n"),
        }
        for fact in &part.facts {
            text.push_str(&format!("  {}: {}\n", fact.what, fact.value));
        }
        for table in &part.tables {
            text.push_str(&format!("  {}\n", table.title));
            match &table.not_measured {
                Some(why) => text.push_str(&format!("    {why}\n")),
                None if table.counted.rows.is_empty() => text.push_str("    none\n"),
                None => {
                    for line in output::table(&table.counted).lines() {
                        text.push_str(&format!("    {line}\n"));
                    }
                }
            }
        }
    }
    text.push_str("\nDecisions\n");
    if minutes.decisions.is_empty() {
        text.push_str("  none recorded\n");
    }
    for decision in &minutes.decisions {
        text.push_str(&format!(
            "  {} {} ({})\n",
            decision.output, decision.text, decision.action
        ));
    }
    text
}
