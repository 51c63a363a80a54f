//! `redress import mail`: mails into the register, each once.

use std::collections::BTreeMap;
use std::path::PathBuf;

use chrono::Utc;
use redress_channels::mail_in::{
    Automatic, Incoming, Intake, MailError, Mails, Order, Outcome, put_away,
};
use redress_domain::vocabulary::{Language, Role};
use redress_register::{Actor, Register};
use serde::Serialize;

use crate::Context;
use crate::case::common::{By, SCHEMA_VERSION, lay_out, word};
use crate::failure::Failure;
use crate::{output, progress};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Maildir folders, mbox files, single mails (.eml) or folders of them; `-` reads one mail from stdin
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// Member of staff who takes them in [default: the program itself]
    #[arg(long, env = "REDRESS_BY", value_name = "NAME")]
    by: Option<String>,
    /// In which role; the first of the person's roles when left out
    #[arg(long, value_parser = word!(Role), value_name = "ROLE", requires = "by")]
    role: Option<Role>,
    /// Language of a mail whose own does not show [default: that of the settings]
    #[arg(long, value_parser = word!(Language))]
    language: Option<Language>,
    /// A mailing list through which complaints reach us, by its List-Id; other lists are passed over
    #[arg(long = "own-list", value_name = "ID")]
    own_lists: Vec<String>,
    /// Move each mail that was dealt with into this folder; without it mailboxes are only read
    #[arg(long, value_name = "DIR", conflicts_with = "dry_run")]
    move_to: Option<PathBuf>,
    /// Say what would become of each mail and record nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Default, Serialize)]
struct Taken {
    schema_version: u32,
    /// Mails read, those that failed among them.
    read: usize,
    registered: usize,
    /// Additions to the sender's case.
    added: usize,
    /// Notes for staff, since the sender is not the complainant of the case that the mail names.
    noted: usize,
    /// Taken in before.
    seen: usize,
    /// Automatic mails, by what shows it.
    skipped: BTreeMap<&'static str, usize>,
    failed: usize,
    moved: usize,
    recorded: bool,
    /// One for each mail that became something.
    mails: Vec<Line>,
}

#[derive(Debug, Serialize)]
struct Line {
    place: String,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<String>,
    /// The closed case that the mail names.
    #[serde(skip_serializing_if = "Option::is_none")]
    after_closed: Option<String>,
    /// The mail ended a pause that waited for it.
    resumed: bool,
    /// There is no address for number and password: tell the sender otherwise.
    unreachable: bool,
}

/// `import mail`.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<()> {
    let mails = Mails::at(&args.paths).map_err(of_paths)?;
    if args.move_to.is_some() && !mails.are_files() {
        return Err(Failure::Usage(
            "--move-to: a mail of an mbox or of stdin has no file to itself".into(),
        )
        .into());
    }
    let mut register = Register::open(&context.config.register)?;
    let order = Order {
        by: actor(args, &register)?,
        language: args.language.unwrap_or(context.config.language),
        staff_language: context.config.language,
        own_lists: args.own_lists.clone(),
        dry_run: args.dry_run,
    };
    let bar = progress::steps("mails");
    bar.set_length(mails.files() as u64);
    let mut intake = Intake::new(&mut register, order, context.now)?;
    let mut taken = Taken {
        schema_version: SCHEMA_VERSION,
        recorded: !args.dry_run,
        ..Taken::default()
    };
    let mut stopped = None;
    for mail in mails {
        taken.read += 1;
        match mail.and_then(|mail| take(&mut intake, &mail, args, &mut taken)) {
            Ok(()) => {}
            Err(error) => {
                taken.failed += 1;
                bar.suspend(|| say!("{error}\n"));
                if error.stops() {
                    stopped = Some(error);
                    break;
                }
            }
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    output::print_document(&taken, || taken.in_words(), context.format)?;
    if let Some(error) = stopped {
        return Err(anyhow::Error::new(error)
            .context("no further mail was read; repeat it when that is mended"));
    }
    anyhow::ensure!(
        taken.failed == 0,
        "{} of {} mail(s) could not be taken in; they are where they were, and the next run tries them again",
        taken.failed,
        taken.read
    );
    Ok(())
}

/// Takes in one mail, and moves its file where that is asked for.
fn take(
    intake: &mut Intake<'_>,
    mail: &Incoming,
    args: &Args,
    taken: &mut Taken,
) -> Result<(), MailError> {
    // A run over a large mailbox takes long, and others write meanwhile: each mail has its own moment.
    let outcome = intake
        .take(mail, Utc::now())
        .inspect_err(|_| tracing::info!("{}", mail.place))?;
    taken.count(&mail.place, outcome);
    if let (Some(folder), Some(file)) = (&args.move_to, &mail.file) {
        put_away(file, folder)?;
        taken.moved += 1;
    }
    Ok(())
}

impl Taken {
    fn count(&mut self, place: &str, outcome: Outcome) {
        let mut line = Line {
            place: place.to_owned(),
            outcome: "",
            number: None,
            after_closed: None,
            resumed: false,
            unreachable: false,
        };
        match outcome {
            Outcome::Registered {
                number,
                after_closed,
                told,
            } => {
                self.registered += 1;
                line = Line {
                    outcome: "registered",
                    number,
                    after_closed,
                    unreachable: !told,
                    ..line
                };
            }
            Outcome::Added { number, resumed } => {
                self.added += 1;
                line = Line {
                    outcome: "added",
                    number: Some(number),
                    resumed,
                    ..line
                };
            }
            Outcome::Noted { number } => {
                self.noted += 1;
                line = Line {
                    outcome: "noted",
                    number: Some(number),
                    ..line
                };
            }
            Outcome::Seen { number } => {
                self.seen += 1;
                tracing::info!("{place}: taken in before, case {number}");
                return;
            }
            Outcome::Skipped(why) => {
                *self.skipped.entry(why.as_str()).or_default() += 1;
                tracing::info!("{place}: passed over, {why}");
                return;
            }
        }
        self.mails.push(line);
    }

    fn in_words(&self) -> String {
        let mut out = String::new();
        let rows: Vec<Vec<String>> = self.mails.iter().map(Line::in_words).collect();
        out.push_str(&lay_out(&rows, "", &[]));
        out.push_str(&format!(
            "{} mail(s): {} registered, {} added to cases, {} noted for staff, {} taken in before, {} automatic, {} failed\n",
            self.read,
            self.registered,
            self.added,
            self.noted,
            self.seen,
            self.skipped.values().sum::<usize>(),
            self.failed
        ));
        for (why, count) in &self.skipped {
            out.push_str(&format!("automatic, {}: {count}\n", meaning(why)));
        }
        if self.moved > 0 {
            out.push_str(&format!("{} moved\n", self.moved));
        }
        if !self.recorded {
            out.push_str("nothing was recorded (dry run)\n");
        }
        out
    }
}

impl Line {
    fn in_words(&self) -> Vec<String> {
        let mut remark = Vec::new();
        if let Some(closed) = &self.after_closed {
            remark.push(format!("names {closed}, which is closed"));
        }
        if self.resumed {
            remark.push("ended the pause".to_owned());
        }
        if self.unreachable {
            remark.push("no address: tell the sender number and password otherwise".to_owned());
        }
        vec![
            self.number.clone().unwrap_or_else(|| "-".to_owned()),
            self.outcome.to_owned(),
            self.place.clone(),
            remark.join("; "),
        ]
    }
}

/// What shows that a mail is automatic, in words.
fn meaning(why: &str) -> &'static str {
    match why.parse::<Automatic>() {
        Ok(Automatic::AutoSubmitted) => "marked as Auto-Submitted",
        Ok(Automatic::Precedence) => "of a precedence below that of a person's mail",
        Ok(Automatic::AutoReply) => "marked as an automatic reply",
        Ok(Automatic::List) => "of a mailing list (--own-list names ours)",
        Ok(Automatic::NoReturnPath) => "without a return path",
        Ok(Automatic::MailSystem) => "from a mail system",
        Ok(Automatic::Report) => "a report of a mail system",
        Err(_) => "otherwise",
    }
}

fn actor(args: &Args, register: &Register) -> anyhow::Result<Actor> {
    match &args.by {
        None => Ok(Actor::system()),
        Some(name) => By {
            by: name.clone(),
            role: args.role,
        }
        .actor(register),
    }
}

/// A path that is no mailbox is the asker's to mend.
fn of_paths(error: MailError) -> anyhow::Error {
    Failure::Usage(error.to_string()).into()
}
