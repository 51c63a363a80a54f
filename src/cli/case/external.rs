//! After the decision: external recourse, the remedy's delivery, verification, survey.

use chrono::NaiveDate;
use redress_domain::event::{
    CorrectionVerified, EventBody, ExternalOutcome, ReferredExternally, RemedyDue as DueOn,
    SurveySent, Surveyed,
};
use redress_domain::vocabulary::Means;
use redress_register::Register;

use super::common::{Step, word};
use crate::Context;
use crate::failure::Failure;

#[derive(Debug, clap::Args)]
pub struct Refer {
    #[command(flatten)]
    step: Step,
    /// The external body: its name, or the id of one of ours (`config remedies`)
    #[arg(long)]
    body: String,
}

impl Refer {
    /// `case refer`.
    pub fn run(&self, context: &Context) -> anyhow::Result<()> {
        if self.body.trim().is_empty() {
            return Err(Failure::Usage("--body: name the external body".into()).into());
        }
        let known = Register::open(&context.config.register)?.external_remedies()?;
        let body = match known.find(&self.body) {
            Some(remedy) => remedy.texts(context.config.language).name.clone(),
            None => self.body.trim().to_owned(),
        };
        self.step
            .record(context, |_| ReferredExternally { body }.into())
    }
}

#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("satisfaction").required(true)))]
pub struct Outcome {
    #[command(flatten)]
    step: Step,
    /// The outcome satisfies the customer
    #[arg(long, group = "satisfaction")]
    satisfied: bool,
    /// It does not; the case stays outstanding
    #[arg(long, group = "satisfaction")]
    not_satisfied: bool,
}

impl Outcome {
    /// `case outcome`.
    pub fn run(&self, context: &Context) -> anyhow::Result<()> {
        self.step.record(context, |_| {
            ExternalOutcome {
                satisfied: self.satisfied,
            }
            .into()
        })
    }
}

#[derive(Debug, clap::Args)]
pub struct RemedyDue {
    #[command(flatten)]
    step: Step,
    /// The last day for its delivery
    #[arg(long, value_name = "DATE")]
    on: NaiveDate,
}

impl RemedyDue {
    /// `case remedy-due`.
    pub fn run(&self, context: &Context) -> anyhow::Result<()> {
        self.step
            .record(context, |_| DueOn { due_on: self.on }.into())
    }
}

#[derive(Debug, clap::Args)]
pub struct Verify {
    #[command(flatten)]
    step: Step,
    /// The correction holds
    #[arg(long, required_unless_present = "fails", conflicts_with = "fails")]
    holds: bool,
    /// It does not
    #[arg(long)]
    fails: bool,
}

impl Verify {
    /// `case verify`.
    pub fn run(&self, context: &Context) -> anyhow::Result<()> {
        self.step
            .record(context, |_| CorrectionVerified { holds: self.holds }.into())
    }
}

#[derive(Debug, clap::Args)]
pub struct Survey {
    #[command(flatten)]
    step: Step,
    /// The customer's score, 1 (worst) to 5
    #[arg(long, required_unless_present = "sent", conflicts_with = "sent")]
    score: Option<u8>,
    /// The survey was sent, by this means
    #[arg(long, value_parser = word!(Means), value_name = "MEANS")]
    sent: Option<Means>,
}

impl Survey {
    /// `case survey`.
    pub fn run(&self, context: &Context) -> anyhow::Result<()> {
        let body: EventBody = match (self.score, self.sent) {
            (Some(score), _) => Surveyed { score }.into(),
            (None, Some(means)) => SurveySent { means }.into(),
            (None, None) => return Err(Failure::Usage("give --score or --sent".into()).into()),
        };
        self.step.record(context, |_| body)
    }
}
