//! The customer's answer to a decision: entered by staff with proof, or given with the tracking password.

use redress_domain::event::{Accepted, AnswerLapsed, AnsweredOnBehalf, EventBody, Rejected};
use redress_domain::vocabulary::{Answer, Means, RejectionReason, Role};
use redress_domain::workflow::Pass;
use redress_register::{Actor, CaseRow, Draft, Register};

use super::common::{By, Step, When, password, print_appended, text, word};
use crate::Context;
use crate::failure::Failure;

/// Where a tracking password may stand, besides stdin.
const PASSWORD_VARIABLE: &str = "REDRESS_TRACKING_PASSWORD";

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Number of the case
    #[arg(value_name = "CASE")]
    number: String,
    /// Staff enter the answer that the customer gave them
    #[arg(long, requires_all = ["by", "means", "proof"], conflicts_with = "password_stdin")]
    on_behalf: bool,
    /// Member of staff who enters it
    #[arg(long, value_name = "NAME", requires = "on_behalf")]
    by: Option<String>,
    /// In which role; the first of the person's roles when left out
    #[arg(long, value_parser = word!(Role), value_name = "ROLE", requires = "on_behalf")]
    role: Option<Role>,
    /// By what means the customer answered
    #[arg(long, value_parser = word!(Means), requires = "on_behalf")]
    means: Option<Means>,
    /// What proves it: a recording, a letter, a mail
    #[arg(long, value_name = "WORDS", requires = "on_behalf")]
    proof: Option<String>,
    /// The customer answers: the tracking password is the first line of stdin (or REDRESS_TRACKING_PASSWORD)
    #[arg(long)]
    password_stdin: bool,
    #[command(flatten)]
    when: When,
    /// The customer's reason, erasable; `-` reads it from stdin
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    text: Option<String>,
    /// Why the decision is rejected, as a code beside the customer's words
    #[arg(long, value_parser = word!(RejectionReason), value_name = "REASON")]
    reason: Option<RejectionReason>,
    /// The pass, when it must be this one [default: the case's own]
    #[arg(long, value_name = "PASS")]
    pass: Option<Pass>,
}

impl Args {
    /// `case accept`.
    pub fn accepted(&self, context: &Context) -> anyhow::Result<()> {
        self.answered(context, Answer::Accepted)
    }

    /// `case reject`.
    pub fn rejected(&self, context: &Context) -> anyhow::Result<()> {
        self.answered(context, Answer::Rejected)
    }

    fn answered(&self, context: &Context, answer: Answer) -> anyhow::Result<()> {
        if answer == Answer::Accepted && self.reason.is_some() {
            return Err(Failure::Usage(
                "--reason says why a decision is rejected; an accepted one has none".into(),
            )
            .into());
        }
        let mut register = Register::open(&context.config.register)?;
        let case = register.case_by_number(&self.number)?;
        let pass = self.pass.unwrap_or(case.pass);
        let (actor, body): (Actor, EventBody) = match (&self.by, self.means, &self.proof) {
            (Some(name), Some(means), Some(proof)) => {
                let by = By {
                    by: name.clone(),
                    role: self.role,
                };
                let body = AnsweredOnBehalf {
                    pass,
                    answer,
                    means,
                    proof: proof.clone(),
                    reason: self.reason,
                };
                (by.actor(&register)?, body.into())
            }
            _ => {
                self.check_password(&register, &case)?;
                let body = match answer {
                    Answer::Accepted => Accepted { pass }.into(),
                    Answer::Rejected => Rejected {
                        pass,
                        reason: self.reason,
                    }
                    .into(),
                };
                (Actor::customer(), body)
            }
        };
        let kind = body.kind();
        let draft = Draft {
            occurred_at: self.when.instant(register.zone(), context.now)?,
            body,
            text: text(self.text.as_deref())?,
            late_reason: self.when.late_reason.clone(),
            expected_seq: None,
        };
        let appended = register.append(case.case_key, draft, &actor, context.now)?;
        print_appended(context, &case.number, kind, &appended)
    }

    /// The customer's own answer needs number and password, as on the tracking page.
    fn check_password(&self, register: &Register, case: &CaseRow) -> anyhow::Result<()> {
        let given = password(PASSWORD_VARIABLE, self.password_stdin)?.ok_or_else(|| {
            Failure::Usage(
                "who answers? staff enter it with --on-behalf --by NAME --means .. --proof ..; the customer with --password-stdin".into(),
            )
        })?;
        match register.verify_tracking(&case.number, &given)? {
            Some(_) => Ok(()),
            None => anyhow::bail!("number and password do not fit"),
        }
    }
}

#[derive(Debug, clap::Args)]
pub struct Lapse {
    #[command(flatten)]
    step: Step,
    /// Reminders that were sent
    #[arg(long, value_name = "COUNT")]
    reminders: u8,
}

impl Lapse {
    /// `case lapse`.
    pub fn run(&self, context: &Context) -> anyhow::Result<()> {
        self.step.record(context, |case| {
            AnswerLapsed {
                pass: case.pass,
                reminders: self.reminders,
            }
            .into()
        })
    }
}
