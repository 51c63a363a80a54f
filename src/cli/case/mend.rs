//! Mending in the open: merge, amend, void, erase.

use redress::domain::event::{EventKind, Merged};
use redress::register::{Amendment, Register};
use serde::Serialize;
use serde_json::Value;

use super::common::{By, SCHEMA_VERSION, Step, instant, print_appended};
use crate::cli::Context;
use crate::cli::output;

#[derive(Debug, clap::Args)]
pub struct Merge {
    #[command(flatten)]
    step: Step,
    /// Number of the case that stays
    #[arg(long, value_name = "CASE")]
    into: String,
}

impl Merge {
    /// `case merge`.
    pub fn run(&self, context: &Context) -> anyhow::Result<()> {
        self.step.record(context, |_| {
            Merged {
                into: self.into.trim().to_owned(),
            }
            .into()
        })
    }
}

#[derive(Debug, clap::Args)]
pub struct Amend {
    /// Number of the case
    #[arg(value_name = "CASE")]
    number: String,
    /// The event, as `case show` numbers it
    #[arg(long)]
    event: i64,
    /// Its field, as `case show --format json` names it, or occurred_at
    #[arg(long)]
    field: String,
    /// The right value: JSON (null takes it away), or plain text; instants as for --at
    #[arg(long, allow_hyphen_values = true)]
    value: String,
    /// Why it is mended
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    by: By,
}

impl Amend {
    /// `case amend`.
    pub fn run(&self, context: &Context) -> anyhow::Result<()> {
        let mut register = Register::open(&context.config.register)?;
        let case = register.case_by_number(&self.number)?;
        let actor = self.by.actor(&register)?;
        let new = if self.field.ends_with("_at") {
            Value::String(instant(&self.value, register.zone())?.to_rfc3339())
        } else {
            serde_json::from_str(&self.value).unwrap_or_else(|_| Value::String(self.value.clone()))
        };
        let amendment = Amendment {
            seq: self.event,
            field: self.field.clone(),
            new,
            reason: self.reason.clone(),
        };
        let appended = register.amend(case.case_key, &amendment, &actor, context.now)?;
        print_appended(context, &case.number, EventKind::Amended, &appended)
    }
}

#[derive(Debug, clap::Args)]
pub struct Void {
    /// Number of the case
    #[arg(value_name = "CASE")]
    number: String,
    /// The event, as `case show` numbers it
    #[arg(long)]
    event: i64,
    /// Why it is struck out
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    by: By,
}

impl Void {
    /// `case void`.
    pub fn run(&self, context: &Context) -> anyhow::Result<()> {
        let mut register = Register::open(&context.config.register)?;
        let case = register.case_by_number(&self.number)?;
        let actor = self.by.actor(&register)?;
        let appended =
            register.void(case.case_key, self.event, &self.reason, &actor, context.now)?;
        print_appended(context, &case.number, EventKind::Voided, &appended)
    }
}

#[derive(Debug, clap::Args)]
pub struct Erase {
    /// Numbers of the cases
    #[arg(value_name = "CASE", required = true)]
    numbers: Vec<String>,
    /// The rule or request that asks for it
    #[arg(long)]
    rule: String,
    #[command(flatten)]
    by: By,
    /// Only say what would be erased
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Serialize)]
struct Erased {
    schema_version: u32,
    dry_run: bool,
    cases: usize,
    texts: usize,
    messages: usize,
    files: usize,
    /// Complainants without a further case; one who has others stays known to those.
    persons: usize,
    /// Whether the write-ahead log could be emptied; `None` for a dry run.
    clean: Option<bool>,
}

impl Erase {
    /// `case erase`.
    pub fn run(&self, context: &Context) -> anyhow::Result<()> {
        let erased = if self.dry_run {
            self.foresee(&Register::open_read_only(&context.config.register)?)?
        } else {
            let mut register = Register::open(&context.config.register)?;
            let keys = self.keys(&register)?;
            let actor = self.by.actor(&register)?;
            let done = register.erase_many(&keys, &self.rule, &actor, context.now)?;
            Erased {
                schema_version: SCHEMA_VERSION,
                dry_run: false,
                cases: done.cases,
                texts: done.texts,
                messages: done.messages,
                files: done.files,
                persons: done.persons,
                clean: Some(done.clean),
            }
        };
        output::print_document(&erased, || erased.in_words(), context.format)
    }

    fn keys(&self, register: &Register) -> anyhow::Result<Vec<i64>> {
        let mut keys = Vec::new();
        for number in &self.numbers {
            let key = register.case_by_number(number)?.case_key;
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        Ok(keys)
    }

    /// Counts what an erasure would find, with the conditions of the register's own erasure.
    fn foresee(&self, register: &Register) -> anyhow::Result<Erased> {
        let keys = self.keys(register)?;
        self.by.actor(register)?;
        let mut foreseen = Erased {
            schema_version: SCHEMA_VERSION,
            dry_run: true,
            cases: 0,
            texts: 0,
            messages: 0,
            files: 0,
            persons: 0,
            clean: None,
        };
        let mut persons = Vec::new();
        for key in &keys {
            let history = register.history(*key)?;
            let filter = redress::register::MessageFilter {
                case_key: Some(*key),
                ..Default::default()
            };
            let complainant = register.complainant(register.case_row(*key)?.complainant_id)?;
            let others = register.cases_of(complainant.complainant_id)?;
            let goes =
                complainant.erased_at.is_none() && others.iter().all(|other| keys.contains(other));
            let texts = history.iter().filter(|r| r.text.is_some()).count();
            let waiting = register.messages(&filter)?;
            let messages = waiting
                .iter()
                .filter(|m| m.body.is_some() || m.recipient.is_some())
                .count();
            let files = register
                .attachments(*key)?
                .iter()
                .filter(|a| a.erased_at.is_none())
                .count();
            foreseen.texts += texts;
            foreseen.messages += messages;
            foreseen.files += files;
            if goes && !persons.contains(&complainant.complainant_id) {
                persons.push(complainant.complainant_id);
            }
            let before = history
                .iter()
                .any(|r| r.event.body.kind() == EventKind::Erased);
            foreseen.cases += usize::from(!before || goes || texts + messages + files > 0);
        }
        foreseen.persons = persons.len();
        Ok(foreseen)
    }
}

impl Erased {
    fn in_words(&self) -> String {
        let what = if self.dry_run {
            "would be erased"
        } else {
            "erased"
        };
        let mut lines = format!(
            "{what}: {} case(s), {} text(s), {} message(s), {} file(s), {} complainant(s)\n",
            self.cases, self.texts, self.messages, self.files, self.persons
        );
        if self.clean == Some(false) {
            lines.push_str("another process reads the register now; erase again after that to clear the write-ahead log\n");
        }
        if !self.dry_run {
            lines.push_str("backups, and snapshots of the lake made before, keep what they hold: mind their retention\n");
        }
        lines
    }
}
