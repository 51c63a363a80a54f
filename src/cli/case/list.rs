//! `redress case list`: cases with the clock of their next open stage.

use chrono::NaiveDate;
use redress::domain::rulebook::Rulebook;
use redress::domain::stage_clock::{SideKind, Verdict};
use redress::domain::stages::stages;
use redress::domain::workflow::StateName;
use redress::engine::counted::{Counted, Value};
use redress::register::{CaseFilter, CaseRow, Register};

use super::common::{join, word};
use crate::cli::Context;
use crate::cli::{output, rules};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only cases in this state
    #[arg(long, value_parser = word!(StateName))]
    state: Option<StateName>,
    /// Only cases that are not closed (outstanding ones are not)
    #[arg(long)]
    open: bool,
    /// Only open cases with a stage over its limit, net of pauses
    #[arg(long)]
    late: bool,
    /// Only cases of this department
    #[arg(long)]
    department: Option<String>,
    /// Only cases of this site
    #[arg(long)]
    site: Option<String>,
    /// Only cases of this category
    #[arg(long)]
    category: Option<String>,
    /// Only cases of this member of staff
    #[arg(long, value_name = "NAME")]
    assigned_to: Option<String>,
    /// Received from this month on, YYYY-MM
    #[arg(long, value_name = "MONTH", value_parser = month)]
    from: Option<String>,
    /// Received up to this month, YYYY-MM
    #[arg(long, value_name = "MONTH", value_parser = month)]
    to: Option<String>,
    /// At most so many
    #[arg(long, value_name = "COUNT")]
    limit: Option<usize>,
}

/// The stage of an open case that is due next.
#[derive(Default)]
struct Clock {
    /// Stage and net due date; no date while a pause leaves it open.
    next: Option<(&'static str, Option<NaiveDate>, Verdict)>,
    late: Vec<&'static str>,
}

/// `redress case list`.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<()> {
    let register = Register::open_read_only(&context.config.register)?;
    let rules = rules::load(context, None)?.rulebook;
    let filter = CaseFilter {
        state: args.state,
        open_only: args.open || args.late,
        department: args.department.clone(),
        site: args.site.clone(),
        category: args.category.clone(),
        assigned_to: args.assigned_to.clone(),
        from_month: args.from.clone(),
        to_month: args.to.clone(),
        after_key: None,
        limit: None,
    };
    let mut rows = Vec::new();
    for case in register.list_cases(&filter)? {
        if args.limit.is_some_and(|most| rows.len() >= most) {
            break;
        }
        let clock = if case.state.is_closed() {
            Clock::default()
        } else {
            clock_of(context, &register, &rules, &case)?
        };
        if !args.late || !clock.late.is_empty() {
            rows.push(row(&rules, &case, &clock)?);
        }
    }
    let columns = [
        "number",
        "received_on",
        "state",
        "pass",
        "category",
        "department",
        "site",
        "assigned_to",
        "next_stage",
        "due_on",
        "verdict",
        "late",
    ];
    output::print(
        &Counted {
            columns: columns.map(str::to_owned).to_vec(),
            rows,
        },
        context.format,
    )
}

fn clock_of(
    context: &Context,
    register: &Register,
    rules: &Rulebook,
    case: &CaseRow,
) -> anyhow::Result<Clock> {
    let file = register.case_file(case.case_key, None)?;
    let mut clock = Clock::default();
    for record in stages(&file)
        .iter()
        .filter(|record| record.applies && record.ended.is_none())
    {
        let (_, _, measure) = rules.measure(&file, record)?;
        let verdict = measure.verdict_at(SideKind::Net, context.now);
        if verdict == Verdict::OpenLate {
            clock.late.push(record.stage.as_str());
        }
        let due_on = measure.net.due_on;
        let is_sooner = match &clock.next {
            None => true,
            Some((_, Some(known), _)) => due_on.is_some_and(|due| due < *known),
            Some((_, None, _)) => due_on.is_some(),
        };
        if is_sooner {
            clock.next = Some((record.stage.as_str(), due_on, verdict));
        }
    }
    Ok(clock)
}

fn row(rules: &Rulebook, case: &CaseRow, clock: &Clock) -> anyhow::Result<Vec<Value>> {
    let text = |value: &str| Value::Text(value.to_owned());
    let some = |value: &Option<String>| value.as_deref().map_or(Value::Null, text);
    let next = clock.next.as_ref();
    Ok(vec![
        text(&case.number),
        Value::Day(rules.organisation.local_date(case.received_at)?),
        text(case.state.as_str()),
        Value::Count(i64::from(case.pass)),
        some(&case.category),
        some(&case.department),
        some(&case.site),
        some(&case.assigned_to),
        next.map_or(Value::Null, |(stage, _, _)| text(stage)),
        next.and_then(|(_, due, _)| *due)
            .map_or(Value::Null, Value::Day),
        next.map_or(Value::Null, |(_, _, verdict)| text(verdict.as_str())),
        if clock.late.is_empty() {
            Value::Null
        } else {
            Value::Text(join(&clock.late))
        },
    ])
}

fn month(text: &str) -> Result<String, String> {
    let is_month = text.len() == 7 && format!("{text}-01").parse::<NaiveDate>().is_ok();
    is_month
        .then(|| text.to_owned())
        .ok_or_else(|| format!("`{text}` is no month; write it as 2026-07"))
}
