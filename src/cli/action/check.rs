//! `redress action check`: how an action does, and its verdict once the follow-up is over; or a changed check.

use redress_domain::action::{Action, ActionBody, ActionId, Check, Look, Sides};
use redress_domain::vocabulary::Role;
use redress_improvement::evaluate::{Evaluation, Window, evaluate};
use redress_register::Register;
use serde::Serialize;

use super::document::{percent, ratio};
use super::judging::{self, Judging};
use super::{ground, known, record, today};
use crate::Context;
use crate::case::common::{By, SCHEMA_VERSION, word};
use crate::failure::Failure;
use crate::output::{self, Format};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// A-000012
    action: ActionId,
    /// Fix the check anew, as the options say; the first one stays beside it
    #[arg(long, requires = "reason")]
    change: bool,
    /// Why it is changed
    #[arg(long, value_name = "TEXT", requires = "change")]
    reason: Option<String>,
    #[command(flatten)]
    judging: Judging,
    /// Member of staff who changes it
    #[arg(long, env = "REDRESS_BY", value_name = "NAME")]
    by: Option<String>,
    /// In which role; the first of the person's roles when left out
    #[arg(long, value_parser = word!(Role), value_name = "ROLE")]
    role: Option<Role>,
    /// Only if this is still its version
    #[arg(long, value_name = "VERSION")]
    expect: Option<u32>,
    /// Say what would be recorded, and record nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Serialize)]
struct Checked<'a> {
    schema_version: u32,
    action: String,
    check: &'a Check,
    follow_up_first: Option<chrono::NaiveDate>,
    follow_up_last: Option<chrono::NaiveDate>,
    /// The day whose end the verdict waits for.
    due_on: Option<chrono::NaiveDate>,
    months: Vec<MonthDocument>,
    looks: Vec<&'a Look>,
    /// Whether the last look was recorded by this command.
    recorded: bool,
    moved_out: Vec<&'a str>,
    hindrance: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct MonthDocument {
    month: String,
    window: &'static str,
    cases: u64,
    moved_out: u64,
    exposure: Option<f64>,
    whole: bool,
}

/// `action check`.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<()> {
    if args.change {
        return change(context, args);
    }
    if args.judging.is_touched() {
        return Err(Failure::Usage(
            "how it will be judged is changed with --change and --reason; without them the check is only looked at"
                .to_owned(),
        )
        .into());
    }
    let mut register = Register::open(&context.config.register)?;
    let mut action = known(&register, args.action)?;
    let mut opened = ground::Opened::open(context, &register, None)?;
    let evaluated = |opened: &ground::Opened, action: &Action| {
        evaluate(&opened.ground(), action).map_err(|e| Failure::Usage(e.to_string()))
    };
    let Some(mut evaluation) = evaluated(&opened, &action)? else {
        return without_counting(context, &register, &action);
    };
    let mut recorded = false;
    if evaluation.look.is_some() && !args.dry_run {
        // The night's own way: cases that left the scope are noted before anything is judged.
        drop(register);
        super::perform(context, &super::UpdateArgs::default())?;
        register = Register::open(&context.config.register)?;
        action = known(&register, args.action)?;
        opened = ground::Opened::open(context, &register, None)?;
        recorded = !action.round().looks.is_empty();
        if let Some(again) = evaluated(&opened, &action)? {
            evaluation = again;
        }
    }
    print(context, &action, &evaluation, recorded)
}

fn change(context: &Context, args: &Args) -> anyhow::Result<()> {
    let register = Register::open(&context.config.register)?;
    let action = known(&register, args.action)?;
    let start = action
        .round()
        .implementation
        .as_ref()
        .map(|done| done.on)
        .or(action.due_on())
        .unwrap_or_else(|| today(context, &register));
    let made = args.judging.make(context, &register, &action, start)?;
    drop(register);
    if context.format == Format::Table {
        say!("{}", judging::in_words(&made.check));
        if let Some(proposal) = &made.proposal {
            say!("{}", judging::prospects(proposal));
        }
    }
    let body = ActionBody::CheckChanged {
        check: made.check,
        reason: args.reason.clone().unwrap_or_default(),
    };
    let by = args.by.clone().ok_or_else(|| {
        Failure::Usage("--change needs who changes it: give --by NAME".to_owned())
    })?;
    let said = super::Said {
        by: By {
            by,
            role: args.role,
        },
        expect: args.expect,
        dry_run: args.dry_run,
    };
    record(context, args.action, body, &said)
}

/// An action that is judged by a person, or not planned yet.
fn without_counting(context: &Context, register: &Register, action: &Action) -> anyhow::Result<()> {
    let Some(fixed) = action.round().check() else {
        return Err(Failure::Usage(format!(
            "{} has no check yet; `redress action plan` fixes one",
            action.id
        ))
        .into());
    };
    let document = super::document::Document::of(action, today(context, register));
    output::print_document(
        &document,
        || judging::in_words(&fixed.check),
        context.format,
    )
}

fn print(
    context: &Context,
    action: &Action,
    evaluation: &Evaluation,
    recorded: bool,
) -> anyhow::Result<()> {
    let Some(fixed) = action.round().check() else {
        return Ok(());
    };
    let mut looks: Vec<&Look> = action.round().looks.iter().collect();
    if !recorded {
        looks.extend(&evaluation.look);
    }
    let checked = Checked {
        schema_version: SCHEMA_VERSION,
        action: action.id.to_string(),
        check: &fixed.check,
        follow_up_first: evaluation.follow_up.map(|(first, _)| first),
        follow_up_last: evaluation.follow_up.map(|(_, last)| last),
        due_on: evaluation.due_on,
        months: evaluation
            .months
            .iter()
            .map(|row| MonthDocument {
                month: row.month.to_string(),
                window: row.window.as_str(),
                cases: row.cases,
                moved_out: row.moved_out,
                exposure: row.exposure,
                whole: row.whole,
            })
            .collect(),
        looks,
        recorded,
        moved_out: evaluation
            .moved_out
            .iter()
            .map(|c| c.case_id.as_str())
            .collect(),
        hindrance: evaluation.hindrance.as_deref(),
    };
    output::print_document(
        &checked,
        || in_words(action, evaluation, &checked),
        context.format,
    )
}

fn in_words(action: &Action, evaluation: &Evaluation, checked: &Checked<'_>) -> String {
    let mut text = format!("{} {}\n\n", action.id, action.opened.title);
    text.push_str(&judging::in_words(checked.check));
    text.push('\n');
    let changes = action.round().checks.len() - 1;
    if changes > 0 {
        text.push_str(&format!(
            "The check was changed {changes} time(s) after it was first fixed; `action show` has all of them.\n\n"
        ));
    }
    for (window, name) in [
        (Window::Baseline, "baseline"),
        (Window::Between, "between"),
        (Window::FollowUp, "follow-up"),
        (Window::Later, "later"),
    ] {
        let rows: Vec<_> = evaluation
            .months
            .iter()
            .filter(|row| row.window == window)
            .collect();
        if rows.is_empty() {
            continue;
        }
        let each: Vec<String> = rows.iter().map(|row| row.cases.to_string()).collect();
        let sum: u64 = rows.iter().map(|row| row.cases).sum();
        text.push_str(&format!(
            "{name:<10} {sum:>5} complaints in {:>2} months: {}\n",
            rows.len(),
            each.join(" ")
        ));
    }
    text.push_str(&since_fixed(evaluation));
    if !evaluation.moved_out.is_empty() {
        text.push_str(&format!(
            "moved out of the scope since: {}\n",
            checked.moved_out.join(", ")
        ));
    }
    text.push('\n');
    for look in &checked.looks {
        text.push_str(&format!(
            "look {}: {} (interval of {})\n{}",
            look.number,
            look.found.verdict,
            percent(look.confidence),
            sides(&look.found)
        ));
        if let Some(still) = &look.as_if_still_in {
            text.push_str(&format!(
                "  as if the moved cases were still in it: {}\n{}",
                still.verdict,
                sides(still)
            ));
        }
    }
    if checked.looks.last().is_none_or(|look| !look.settles) {
        text.push_str(&match (evaluation.due_on, &evaluation.hindrance) {
            (_, Some(why)) => format!("It cannot be judged: {why}.\n"),
            (Some(due), None) => {
                format!(
                    "No verdict before the end of {due}: one look, at the end that was fixed.\n"
                )
            }
            (None, None) => {
                "It is not implemented yet, so its follow-up has not begun.\n".to_owned()
            }
        });
    } else if checked.recorded {
        text.push_str(
            "The verdict is recorded; `redress action verify` puts a person's beside it.\n",
        );
    }
    text
}

/// What of the baseline is not as it was when the check was fixed.
fn since_fixed(evaluation: &Evaluation) -> String {
    let fixed = &evaluation.check.foreseen;
    if evaluation.check.seasonal {
        return String::new();
    }
    let baseline = || {
        evaluation
            .months
            .iter()
            .filter(|row| row.window == Window::Baseline)
    };
    let cases: u64 = baseline().map(|row| row.cases).sum();
    let exposure: f64 = baseline().filter_map(|row| row.exposure).sum();
    let mut text = String::new();
    if cases != fixed.baseline_cases {
        text.push_str(&format!(
            "The baseline held {} complaints when the check was fixed: cases joined or left the scope since.\n",
            fixed.baseline_cases
        ));
    }
    if (exposure - fixed.baseline_exposure).abs() > 0.005 * fixed.baseline_exposure {
        text.push_str(&format!(
            "The baseline was set against {:.1} when the check was fixed, and is against {exposure:.1} now.\n",
            fixed.baseline_exposure
        ));
    }
    text
}

fn sides(found: &Sides) -> String {
    format!(
        "  {} before, {} after; rate ratio {}, p = {:.4}, scatter {:.2}\n",
        found.cases_before,
        found.cases_after,
        ratio(found),
        found.p_value,
        found.dispersion
    )
}
