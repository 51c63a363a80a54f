//! `redress action update`: the night's work on actions, a step of `redress run`.

use redress_engine::counted::{Counted, Value};
use redress_improvement::update::{Done, Order, Reminder, update};
use redress_lake::store::Lake;
use redress_register::Register;

use crate::failure::Failure;
use crate::{Context, output, query};

#[derive(Debug, Clone, Default, clap::Args)]
pub struct Args {
    /// The snapshot [default: the latest]; on an earlier one nothing is recorded, its actions are those known then
    #[arg(long, value_name = "NAME")]
    pub snapshot: Option<String>,
    /// Where reminders go [default: alarm_mail of the settings]
    #[arg(long, value_name = "ADDRESS")]
    pub mail: Option<String>,
    /// Evaluate and report, and write nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// `action update`.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<()> {
    let done = perform(context, args)?;
    let text = |t: &str| Value::Text(t.to_owned());
    let number = |n: usize| Value::Count(i64::try_from(n).unwrap_or(i64::MAX));
    let layer = done
        .layer
        .as_ref()
        .map_or("none (dry run)".to_owned(), |path| {
            path.display().to_string()
        });
    let mut rows = vec![
        vec![text("layer"), text(&layer)],
        vec![text("actions"), number(done.actions.len())],
        vec![text("evaluated"), number(done.evaluations.len())],
        vec![text("judged now"), number(done.judged.len())],
        vec![text("cases that left a scope"), number(done.moved_out)],
        vec![text("proposals"), number(done.signals.len())],
        vec![text("due soon or overdue"), number(done.reminders.len())],
    ];
    for reminder in &done.reminders {
        rows.push(vec![text("due"), text(&said(reminder))]);
    }
    let columns = ["what", "value"].map(str::to_owned).to_vec();
    output::print(&Counted { columns, rows }, context.format)
}

/// Updates a snapshot, puts reminders into the outbox, and says on stderr what a reader should know.
///
/// # Errors
/// When there is no register or snapshot, or one of them cannot be written.
pub fn perform(context: &Context, args: &Args) -> anyhow::Result<Done> {
    let lake = Lake::at(&context.config.lake);
    let folder = lake.snapshot(args.snapshot.as_deref())?;
    let latest = lake.snapshot(None)?;
    let record = folder.canonicalize()? == latest.canonicalize()?;
    let (folder, _, params) = query::asked(context, args.snapshot.as_deref(), "last-quarter")?;
    let mut register = Register::open(&context.config.register)?;
    let done = update(
        &mut register,
        &Order {
            lake: &lake,
            snapshot: &folder.canonicalize()?,
            params,
            now: context.now,
            record,
            dry_run: args.dry_run,
        },
    )?;
    for note in &done.notes {
        say!("note: {note}\n");
    }
    if record && !args.dry_run {
        remind(context, &mut register, args.mail.as_deref(), &done)?;
    }
    Ok(done)
}

/// One mail for all that is due; the same list is not sent twice.
fn remind(
    context: &Context,
    register: &mut Register,
    mail: Option<&str>,
    done: &Done,
) -> anyhow::Result<()> {
    let Some(mail) = mail.or(context.config.alarm_mail.as_deref()) else {
        return Ok(());
    };
    if done.reminders.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> = done.reminders.iter().map(said).collect();
    let body = format!(
        "{}: {} action(s) or recommendation(s) due soon or overdue\n\n{}\n",
        context.config.organisation()?,
        lines.len(),
        lines.join("\n")
    );
    register
        .queue_alarm(
            mail,
            &body,
            &format!("due: {}", lines.join("; ")),
            context.now,
        )
        .map_err(|error| Failure::Usage(error.to_string()))?;
    Ok(())
}

fn said(reminder: &Reminder) -> String {
    format!(
        "{} {} ({}): {} {}{}",
        reminder.id,
        reminder.title,
        reminder.owner,
        reminder.what.as_str(),
        if reminder.overdue { "since " } else { "by " },
        reminder.due_on
    )
}
