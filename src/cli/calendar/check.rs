//! `redress calendar check`: what in the calendar needs attention.

use chrono::{Datelike as _, Months, NaiveDate};
use redress_domain::calendar::{Calendar, DayKind};
use redress_engine::counted::{Counted, Value};
use redress_register::{CaseFilter, Register};

use crate::Context;
use crate::failure::Failure;
use crate::{output, rules};

/// Holidays should be known at least so far ahead, so that every due date lies within them.
const MONTHS_AHEAD: Months = Months::new(12);

/// Findings; a `fault` makes the check fail, a `warning` wants a look, a `note` only says how days count.
struct Findings(Vec<Vec<Value>>);

impl Findings {
    fn add(&mut self, level: &str, what: &str, date: Option<NaiveDate>, words: String) {
        self.0.push(vec![
            Value::Text(level.to_owned()),
            Value::Text(what.to_owned()),
            date.map_or(Value::Null, Value::Day),
            Value::Text(words),
        ]);
    }

    fn faults(&self) -> usize {
        self.0
            .iter()
            .filter(|row| row.first() == Some(&Value::Text("fault".to_owned())))
            .count()
    }
}

/// `redress calendar check`.
pub fn run(context: &Context) -> anyhow::Result<()> {
    let calendar = rules::load(context, None)?.rulebook.organisation;
    let today = calendar.local_date(context.now)?;
    let mut findings = Findings(Vec::new());
    coverage(&calendar, today, &mut findings);
    uncovered_cases(context, &calendar, &mut findings)?;
    predicted(&calendar, today, &mut findings);
    half_days(&calendar, today, &mut findings);
    let faults = findings.faults();
    let columns = ["level", "what", "date", "words"]
        .map(str::to_owned)
        .to_vec();
    output::print(
        &Counted {
            columns,
            rows: findings.0,
        },
        context.format,
    )?;
    match faults {
        0 => Ok(()),
        count => {
            Err(Failure::Check(format!("calendar `{}`: {count} fault(s)", calendar.id())).into())
        }
    }
}

fn coverage(calendar: &Calendar, today: NaiveDate, findings: &mut Findings) {
    let (_, last) = calendar.spec().covers;
    let wanted = today.checked_add_months(MONTHS_AHEAD).unwrap_or(today);
    if last < today {
        findings.add(
            "fault",
            "not covered",
            Some(last),
            format!("holidays after {last} are unknown, and today is {today}"),
        );
    } else if last < wanted {
        findings.add(
            "warning",
            "not covered",
            Some(last),
            format!(
                "holidays are known until {last} only; add those of {}",
                last.year() + 1
            ),
        );
    }
}

/// Cases received on days whose holidays are unknown.
fn uncovered_cases(
    context: &Context,
    calendar: &Calendar,
    findings: &mut Findings,
) -> anyhow::Result<()> {
    if !context.config.register.is_file() {
        return Ok(());
    }
    let register = Register::open_read_only(&context.config.register)?;
    let mut years: Vec<(i32, NaiveDate, usize)> = Vec::new();
    for case in register.list_cases(&CaseFilter::default())? {
        let day = calendar.local_date(case.received_at)?;
        if calendar.covers(day) {
            continue;
        }
        match years.iter_mut().find(|(year, _, _)| *year == day.year()) {
            Some((_, first, count)) => {
                *first = day.min(*first);
                *count += 1;
            }
            None => years.push((day.year(), day, 1)),
        }
    }
    years.sort_unstable();
    for (year, first, count) in years {
        findings.add(
            "fault",
            "not covered",
            Some(first),
            format!("{count} case(s) were received in {year}, whose holidays are unknown"),
        );
    }
    Ok(())
}

fn predicted(calendar: &Calendar, today: NaiveDate, findings: &mut Findings) {
    for day in calendar.spec().days.iter().filter(|day| day.predicted) {
        if day.date < today {
            findings.add(
                "fault",
                "predicted",
                Some(day.date),
                format!(
                    "{}: is over and still predicted; `redress calendar amend {} --settled`",
                    day.name, day.date
                ),
            );
        } else if day.date <= today.checked_add_months(MONTHS_AHEAD).unwrap_or(today) {
            findings.add(
                "warning",
                "predicted",
                Some(day.date),
                format!("{}: settle it when the official calendar appears", day.name),
            );
        }
    }
}

fn half_days(calendar: &Calendar, today: NaiveDate, findings: &mut Findings) {
    let counts = if calendar.settings().half_days_count {
        "counts as a day of a limit"
    } else {
        "does not count"
    };
    for day in &calendar.spec().days {
        if let DayKind::HalfDay { closes } = day.kind
            && day.date.year() == today.year()
        {
            findings.add(
                "note",
                "half day",
                Some(day.date),
                format!(
                    "{}: closes at {}, {counts}",
                    day.name,
                    closes.format("%H:%M")
                ),
            );
        }
    }
}
