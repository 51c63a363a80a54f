//! The work on a case before its decision: assessed, classified, routed, paused, with its evidence.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use redress_domain::event::{
    Acknowledged, Assessed, Assigned, Classified, Escalated, EventKind, IssueAdded, NoteAdded,
    Paused, RemediesTold, Routed,
};
use redress_domain::vocabulary::{AssessmentChange, Means, PauseReason, Severity};
use redress_register::Register;
use serde::Serialize;

use super::common::{By, SCHEMA_VERSION, Step, print_appended, text, word};
use crate::Context;
use crate::failure::Failure;
use crate::output;

/// Something that the customer was told by a proven means.
#[derive(Debug, clap::Args)]
pub struct Told {
    #[command(flatten)]
    step: Step,
    /// By what means
    #[arg(long, value_parser = word!(Means))]
    means: Means,
}

impl Told {
    /// `case acknowledge`.
    pub fn acknowledged(&self, context: &Context) -> anyhow::Result<()> {
        self.step
            .record(context, |_| Acknowledged { means: self.means }.into())
    }

    /// `case remedies-told`.
    pub fn remedies(&self, context: &Context) -> anyhow::Result<()> {
        self.step
            .record(context, |_| RemediesTold { means: self.means }.into())
    }
}

#[derive(Debug, clap::Args)]
pub struct Assess {
    #[command(flatten)]
    step: Step,
    /// How severe it is
    #[arg(long, value_parser = word!(Severity))]
    severity: Severity,
    /// Safety is concerned
    #[arg(long)]
    safety: bool,
    /// The case is complex
    #[arg(long)]
    complex: bool,
    /// Immediate action is needed
    #[arg(long)]
    immediate_action: bool,
    /// Why it differs from the assessment before; needed from the second one on
    #[arg(long, value_parser = word!(AssessmentChange))]
    change: Option<AssessmentChange>,
}

impl Assess {
    /// `case assess`.
    pub fn run(&self, context: &Context) -> anyhow::Result<()> {
        let mut register = Register::open(&context.config.register)?;
        let case = register.case_by_number(&self.step.number)?;
        let actor = self.step.by.actor(&register)?;
        let is_first = register
            .case_file(case.case_key, None)?
            .assessments
            .is_empty();
        let change = match (is_first, self.change) {
            (true, None | Some(AssessmentChange::First)) => AssessmentChange::First,
            (true, Some(change)) => {
                return Err(Failure::Usage(format!(
                    "--change {change}: this is the case's first assessment"
                ))
                .into());
            }
            (false, Some(change @ (AssessmentChange::Misjudged | AssessmentChange::NewFacts))) => {
                change
            }
            (false, None | Some(AssessmentChange::First)) => {
                return Err(Failure::Usage(
                    "the case is assessed already; say with --change whether it was misjudged or there are new_facts".into(),
                )
                .into());
            }
        };
        let assessed = Assessed {
            severity: self.severity,
            safety: self.safety,
            complex: self.complex,
            immediate_action: self.immediate_action,
            change,
        };
        self.step
            .record_as(context, &mut register, &case, &actor, assessed.into())
    }
}

#[derive(Debug, clap::Args)]
pub struct Classify {
    #[command(flatten)]
    step: Step,
    /// Category
    #[arg(long)]
    category: String,
    /// Product or service
    #[arg(long)]
    product: Option<String>,
    /// Lot or serial number
    #[arg(long)]
    lot: Option<String>,
}

impl Classify {
    /// `case classify`.
    pub fn classified(&self, context: &Context) -> anyhow::Result<()> {
        let category = named("--category", &self.category)?;
        let classified = Classified {
            category,
            product: self.product.clone(),
            lot: self.lot.clone(),
        };
        self.step.record(context, |_| classified.into())
    }

    /// `case issue`.
    pub fn issue_added(&self, context: &Context) -> anyhow::Result<()> {
        let category = named("--category", &self.category)?;
        let issue = IssueAdded {
            category,
            product: self.product.clone(),
            lot: self.lot.clone(),
        };
        self.step.record(context, |_| issue.into())
    }
}

#[derive(Debug, clap::Args)]
pub struct Route {
    #[command(flatten)]
    step: Step,
    /// The responsible department
    #[arg(long)]
    department: String,
    /// Plant
    #[arg(long)]
    site: Option<String>,
    /// Other units taking part, separated by commas
    #[arg(long, value_name = "UNITS", value_delimiter = ',')]
    also: Vec<String>,
}

impl Route {
    /// `case route`.
    pub fn run(&self, context: &Context) -> anyhow::Result<()> {
        let department = named("--department", &self.department)?;
        let routed = Routed {
            department,
            site: self.site.clone(),
            also: self.also.clone(),
        };
        self.step.record(context, |_| routed.into())
    }
}

#[derive(Debug, clap::Args)]
pub struct Assign {
    #[command(flatten)]
    step: Step,
    /// The member of staff who has the case from now on
    #[arg(long, value_name = "NAME")]
    to: String,
}

impl Assign {
    /// `case assign`.
    pub fn run(&self, context: &Context) -> anyhow::Result<()> {
        let to = named("--to", &self.to)?;
        let staff = Register::open(&context.config.register)?.list_staff()?;
        match staff.iter().find(|person| person.name == to) {
            Some(person) if person.active => {}
            Some(_) => return Err(Failure::Usage(format!("--to: {to} is no longer active")).into()),
            None => {
                return Err(Failure::Usage(format!(
                    "--to: there is no member of staff `{to}`; `redress staff list --active` shows who may be named"
                ))
                .into());
            }
        }
        self.step.record(context, |_| Assigned { to }.into())
    }
}

#[derive(Debug, clap::Args)]
pub struct Pause {
    #[command(flatten)]
    step: Step,
    /// Why; the customer_* reasons stop the clock, the others do not
    #[arg(long, value_parser = word!(PauseReason))]
    reason: PauseReason,
    /// Send --text to the customer as a question
    #[arg(long, requires = "text", conflicts_with_all = ["at", "expect"])]
    ask: bool,
}

impl Pause {
    /// `case pause`.
    pub fn run(&self, context: &Context) -> anyhow::Result<()> {
        if !self.ask {
            return self.step.record(context, |_| {
                Paused {
                    reason: self.reason,
                }
                .into()
            });
        }
        let mut register = Register::open(&context.config.register)?;
        let case = register.case_by_number(&self.step.number)?;
        let actor = self.step.by.actor(&register)?;
        let question = text(self.step.text.as_deref())?.unwrap_or_default();
        let appended =
            register.ask_customer(case.case_key, self.reason, &question, &actor, context.now)?;
        print_appended(context, &case.number, EventKind::Paused, &appended)
    }
}

#[derive(Debug, clap::Args)]
pub struct Escalate {
    #[command(flatten)]
    step: Step,
    /// The rule that raises it [default: the person who does]
    #[arg(long)]
    rule: Option<String>,
}

impl Escalate {
    /// `case escalate`.
    pub fn run(&self, context: &Context) -> anyhow::Result<()> {
        let by = self.rule.clone().unwrap_or_else(|| self.step.by.by.clone());
        self.step.record(context, |_| Escalated { by }.into())
    }
}

/// `case note`.
pub fn note(context: &Context, step: &Step) -> anyhow::Result<()> {
    if step
        .text
        .as_deref()
        .is_none_or(|text| text.trim().is_empty())
    {
        return Err(Failure::Usage("a note needs its words: --text".into()).into());
    }
    step.record(context, |_| NoteAdded {}.into())
}

#[derive(Debug, clap::Args)]
pub struct Attach {
    /// Number of the case
    #[arg(value_name = "CASE")]
    number: String,
    /// The file; it is copied into the register's folder of files
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    by: By,
    /// Media type, believed where the content tells none: message/rfc822 or text/plain [default: by the file's ending]
    #[arg(long, value_name = "TYPE")]
    media_type: Option<String>,
}

#[derive(Debug, Serialize)]
struct Kept {
    schema_version: u32,
    number: String,
    sha256: String,
    media_type: String,
    bytes: u64,
    path: PathBuf,
}

impl Attach {
    /// `case attach`.
    pub fn run(&self, context: &Context) -> anyhow::Result<()> {
        let mut register = Register::open(&context.config.register)?;
        let case = register.case_by_number(&self.number)?;
        let actor = self.by.actor(&register)?;
        if self.file.is_dir() {
            return Err(Failure::Usage(format!(
                "{}: is a folder; attach the files in it, one at a time",
                self.file.display()
            ))
            .into());
        }
        let mut content = File::open(&self.file)
            .with_context(|| format!("{}: cannot be read", self.file.display()))?;
        let name = self
            .file
            .file_name()
            .with_context(|| format!("{}: names no file", self.file.display()))?
            .to_string_lossy();
        let media_type = self
            .media_type
            .clone()
            .unwrap_or_else(|| media_type_of(&self.file).to_owned());
        let kept = register.attach(
            case.case_key,
            &name,
            &media_type,
            &mut content,
            &actor,
            context.now,
        )?;
        // Only of images anything is left out.
        let cleaned = content
            .metadata()
            .is_ok_and(|about| about.len() != kept.bytes);
        let name = kept.name.unwrap_or_default();
        let answer = Kept {
            schema_version: SCHEMA_VERSION,
            number: case.number,
            path: register.attachment_path(&kept.sha256),
            sha256: kept.sha256,
            media_type: kept.media_type,
            bytes: kept.bytes,
        };
        let human = || {
            let cleaned = match cleaned {
                true => "; what the image says besides the picture was left out",
                false => "",
            };
            format!(
                "{}: {name} added, {} bytes, {}{cleaned}\nkept as {}\n",
                answer.number,
                answer.bytes,
                answer.media_type,
                answer.path.display()
            )
        };
        output::print_document(&answer, human, context.format)
    }
}

/// What an ending says of a file whose content says nothing; the others are told by their content.
fn media_type_of(file: &Path) -> &'static str {
    let ending = file
        .extension()
        .map(|e| e.to_string_lossy().to_ascii_lowercase());
    match ending.as_deref() {
        Some("txt") => "text/plain",
        Some("eml") => "message/rfc822",
        _ => "application/octet-stream",
    }
}

/// A name that is not blank.
fn named(flag: &str, value: &str) -> Result<String, Failure> {
    match value.trim() {
        "" => Err(Failure::Usage(format!("{flag}: give a name"))),
        name => Ok(name.to_owned()),
    }
}
