//! `redress case list`: cases with the clock of their next open stage.

use chrono::NaiveDate;
use redress_domain::due::{CaseClock, clock};
use redress_domain::rulebook::Rulebook;
use redress_domain::workflow::StateName;
use redress_engine::counted::{Counted, Value};
use redress_register::{CaseFilter, CaseRow, Register};

use super::common::{join, word};
use crate::Context;
use crate::{output, rules};

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
            CaseClock::default()
        } else {
            let file = register.case_file(case.case_key, None)?;
            clock(&file, &rules, context.now)?
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

fn row(rules: &Rulebook, case: &CaseRow, clock: &CaseClock) -> anyhow::Result<Vec<Value>> {
    let text = |value: &str| Value::Text(value.to_owned());
    let some = |value: &Option<String>| value.as_deref().map_or(Value::Null, text);
    let next = clock.next.as_ref();
    let late: Vec<_> = clock.late.iter().map(|due| due.stage).collect();
    Ok(vec![
        text(&case.number),
        Value::Day(rules.organisation.local_date(case.received_at)?),
        text(case.state.as_str()),
        Value::Count(i64::from(case.pass)),
        some(&case.category),
        some(&case.department),
        some(&case.site),
        some(&case.assigned_to),
        next.map_or(Value::Null, |due| text(due.stage.as_str())),
        next.and_then(|due| due.net.due_on)
            .map_or(Value::Null, Value::Day),
        next.map_or(Value::Null, |due| text(due.verdict.as_str())),
        if late.is_empty() {
            Value::Null
        } else {
            Value::Text(join(&late))
        },
    ])
}

fn month(text: &str) -> Result<String, String> {
    let is_month = text.len() == 7 && format!("{text}-01").parse::<NaiveDate>().is_ok();
    is_month
        .then(|| text.to_owned())
        .ok_or_else(|| format!("`{text}` is no month; write it as 2026-07"))
}
