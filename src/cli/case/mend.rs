//! Mending in the open: merge, amend, void.

use redress_domain::event::{EventKind, Merged};
use redress_register::{Amendment, Register};
use serde_json::Value;

use super::common::{By, Step, instant, print_appended};
use crate::Context;
use crate::failure::of_register;

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
        let appended = register
            .amend(case.case_key, &amendment, &actor, context.now)
            .map_err(of_register)?;
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
