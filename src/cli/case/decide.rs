//! The decision: taken, signed where it needs it, and told to the customer.

use redress_domain::event::{Communicated, Countersigned, Decided, MinorUnits};
use redress_domain::vocabulary::{Expectation, Means, Response};
use redress_domain::workflow::Pass;

use super::common::{Step, word};
use crate::Context;
use crate::failure::Failure;

#[derive(Debug, clap::Args)]
pub struct Decide {
    #[command(flatten)]
    step: Step,
    /// The response (7.7)
    #[arg(long, value_parser = word!(Response))]
    response: Response,
    /// What is granted; needed where the response promises a remedy
    #[arg(long, value_parser = word!(Response))]
    granted: Option<Response>,
    /// Cost of redress in minor units (kuruş, cents)
    #[arg(long, default_value_t = 0, value_name = "AMOUNT")]
    cost: MinorUnits,
    /// The internal rule that the decision rests on
    #[arg(long)]
    rule: String,
    /// That rule's version
    #[arg(long, value_name = "VERSION")]
    rule_version: String,
    /// Root cause, where one was found
    #[arg(long, value_name = "WORDS")]
    root_cause: Option<String>,
    /// How far it meets what the customer expected, as weighed; say why in --text
    #[arg(long, value_parser = word!(Expectation))]
    expectation: Option<Expectation>,
    /// Ask for a second signature although the decider may grant it alone
    #[arg(long)]
    second_signature: bool,
    /// The pass, when it must be this one [default: the case's own]
    #[arg(long, value_name = "PASS")]
    pass: Option<Pass>,
}

impl Decide {
    /// `case decide`.
    pub fn run(&self, context: &Context) -> anyhow::Result<()> {
        if self.response.lacks_remedy(self.granted) {
            return Err(Failure::Usage(format!(
                "--granted: a response of {} promises a remedy; say which is granted, so that its delivery has a day",
                self.response
            ))
            .into());
        }
        self.step.record(context, |case| {
            Decided {
                pass: self.pass.unwrap_or(case.pass),
                response: self.response,
                granted: self.granted,
                cost: self.cost,
                rule: self.rule.clone(),
                rule_version: self.rule_version.clone(),
                needs_second_signature: self.second_signature,
                root_cause: self.root_cause.clone(),
                expectation: self.expectation,
            }
            .into()
        })
    }
}

/// A step that belongs to a pass and needs nothing more.
#[derive(Debug, clap::Args)]
pub struct OfPass {
    #[command(flatten)]
    step: Step,
    /// The pass, when it must be this one [default: the case's own]
    #[arg(long, value_name = "PASS")]
    pass: Option<Pass>,
}

impl OfPass {
    /// `case countersign`.
    pub fn countersigned(&self, context: &Context) -> anyhow::Result<()> {
        self.step.record(context, |case| {
            Countersigned {
                pass: self.pass.unwrap_or(case.pass),
            }
            .into()
        })
    }
}

#[derive(Debug, clap::Args)]
pub struct Communicate {
    #[command(flatten)]
    step: Step,
    /// By what means
    #[arg(long, value_parser = word!(Means))]
    means: Means,
    /// The pass, when it must be this one [default: the case's own]
    #[arg(long, value_name = "PASS")]
    pass: Option<Pass>,
}

impl Communicate {
    /// `case communicate`.
    pub fn run(&self, context: &Context) -> anyhow::Result<()> {
        self.step.record(context, |case| {
            Communicated {
                pass: self.pass.unwrap_or(case.pass),
                means: self.means,
            }
            .into()
        })
    }
}
