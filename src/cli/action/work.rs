//! The steps of an action, one command each.

use chrono::NaiveDate;
use redress_domain::action::{
    Action, ActionBody, ActionEvent, ActionId, ActionKind, ActionSource, AmendedField, Amendment,
    Analysed, AnalysisMethod, Contained, Implemented, IshikawaBranch, Opened, Planned,
    ReviewOutput, Verdict, Verified,
};
use redress_domain::scope::Scope;
use redress_improvement::elsewhere::{Elsewhere, elsewhere};
use redress_improvement::source::{self, SourceError};
use redress_lake::store::Lake;
use redress_register::{Change, Register};

use super::judging::{self, Judging};
use super::{On, Said, document, ground, known, mention_past, record, today};
use crate::Context;
use crate::case::common::word;
use crate::failure::{Failure, of_register};
use crate::output::Format;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "What is recorded of an action stays in the chain and is never erased: write no names of complainants into it, but numbers of cases."
)]
pub struct Open {
    /// What it is about, in a few words
    #[arg(long)]
    title: String,
    /// What it is for
    #[arg(long, value_parser = word!(ActionKind), default_value = "corrective")]
    kind: ActionKind,
    /// Where it comes from
    #[arg(long, value_parser = word!(ActionSource))]
    source: ActionSource,
    /// What of the source: C-000017, a case's number, AU-0007, MR-0002, S-0004
    #[arg(long = "ref", value_name = "REF")]
    reference: Option<String>,
    /// The complaints it is meant to prevent: `category = leak and product in (K20, K30)`; a cluster's own when --ref
    /// names one
    #[arg(long, value_name = "SCOPE")]
    scope: Option<Scope>,
    /// Numbers of the cases that it answers
    #[arg(long = "cases", value_delimiter = ',', value_name = "CASES")]
    cases: Vec<String>,
    /// When the signal that raised it began
    #[arg(long, value_name = "DATE")]
    signal: Option<NaiveDate>,
    /// Who answers for it [default: --by]
    #[arg(long)]
    owner: Option<String>,
    /// Department of the owner
    #[arg(long)]
    department: Option<String>,
    /// The day by which it is to be carried out
    #[arg(long, value_name = "DATE")]
    due: Option<NaiveDate>,
    #[command(flatten)]
    on: On,
    #[command(flatten)]
    said: Said,
}

/// `action open`.
pub fn open(context: &Context, args: &Open) -> anyhow::Result<()> {
    let mut register = Register::open(&context.config.register)?;
    let name = args.said.by.actor(&register)?.name.unwrap_or_default();
    let reference = args.reference.as_deref();
    let scope = args
        .scope
        .clone()
        .or_else(|| source::scope_of(args.source, reference));
    if let Some(reference) = reference {
        source::check_reference(&register, args.source, reference).map_err(of_source)?;
    }
    let cases = source::cases_of(args.source, reference, &args.cases);
    let mut opened = Opened {
        on: args.on.day(context, &register)?,
        title: args.title.clone(),
        kind: args.kind,
        source: args.source,
        reference: args.reference.clone(),
        scope,
        cases,
        case_source: None,
        signal_on: args.signal,
        owner: args.owner.clone().unwrap_or_else(|| name.clone()),
        department: args.department.clone(),
        due_on: args.due,
        output: None::<ReviewOutput>,
    };
    let lake = Lake::at(&context.config.lake);
    opened.case_source = source::case_source(&register, &lake, &opened);
    let covers = covers(context, &register, opened.scope.as_ref());
    mention_past(args.due, today(context, &register));
    let change = Change {
        actor: &name,
        seen: None,
        now: context.now,
    };
    let action = match args.said.dry_run {
        true => Action::begin(
            register.next_action()?,
            &ActionEvent {
                event_no: 1,
                recorded_at: context.now,
                actor: name.clone(),
                body: ActionBody::Opened(opened),
            },
        )
        .map_err(|refusal| Failure::Usage(refusal.to_string()))?,
        false => register.open_action(opened, change).map_err(of_register)?,
    };
    if let Some(said) = covers {
        say!("{said}\n");
    }
    document::print_recorded(context, &register, &action, "opened", !args.said.dry_run)
}

fn of_source(error: SourceError) -> anyhow::Error {
    match error {
        SourceError::Record(error) => of_register(error),
        SourceError::Number(_) | SourceError::Cluster(_) | SourceError::Register(_) => {
            Failure::Usage(format!("--ref: {error}")).into()
        }
    }
}

/// How many complaints a scope covers now. A scope that cannot be counted yet hinders no opening.
fn covers(context: &Context, register: &Register, scope: Option<&Scope>) -> Option<String> {
    let scope = scope?;
    let counted = ground::Opened::open(context, register, None).and_then(|opened| {
        let ground = opened.ground();
        Ok((ground.cases(scope)?.len(), ground.all()?))
    });
    Some(match counted {
        Ok((0, _)) => {
            format!("note: the scope ({scope}) holds no complaint of the latest snapshot")
        }
        Ok((cases, all)) if i64::try_from(cases).unwrap_or(i64::MAX) >= all => {
            format!(
                "note: the scope ({scope}) holds every complaint of the latest snapshot ({all})"
            )
        }
        Ok((cases, all)) => {
            format!("the scope ({scope}) holds {cases} of {all} complaints of the latest snapshot")
        }
        Err(error) => format!("note: the scope ({scope}) cannot be counted yet: {error:#}"),
    })
}

/// A step of an action: of which one, when, and who takes it.
#[derive(Debug, clap::Args)]
pub struct Step {
    /// A-000012
    action: ActionId,
    #[command(flatten)]
    on: On,
    #[command(flatten)]
    said: Said,
}

impl Step {
    fn day(&self, context: &Context) -> anyhow::Result<NaiveDate> {
        let register = Register::open_read_only(&context.config.register)?;
        Ok(self.on.day(context, &register)?)
    }

    fn record(&self, context: &Context, body: ActionBody) -> anyhow::Result<()> {
        record(context, self.action, body, &self.said)
    }
}

#[derive(Debug, clap::Args)]
pub struct Contain {
    #[command(flatten)]
    step: Step,
    /// What was done
    #[arg(long, value_name = "TEXT")]
    what: String,
}

/// `action contain`.
pub fn contain(context: &Context, args: &Contain) -> anyhow::Result<()> {
    let on = args.step.day(context)?;
    let body = ActionBody::Contained(Contained {
        on,
        what: args.what.clone(),
    });
    args.step.record(context, body)
}

#[derive(Debug, clap::Args)]
pub struct Analyse {
    #[command(flatten)]
    step: Step,
    /// Five whys: an answer each, in order; give it as often as there are answers
    #[arg(long = "why", value_name = "TEXT", conflicts_with = "branch")]
    whys: Vec<String>,
    /// Ishikawa: the branch on which the cause lies
    #[arg(long = "ishikawa", value_parser = word!(IshikawaBranch), value_name = "BRANCH")]
    branch: Option<IshikawaBranch>,
    /// The root cause
    #[arg(long, value_name = "TEXT")]
    cause: String,
    /// Where it could have been noticed and was not
    #[arg(long, value_name = "TEXT")]
    escape: Option<String>,
    /// Other products and sites where the cause could act; left out, those in reach are proposed
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    elsewhere: Vec<String>,
}

/// `action analyse`.
pub fn analyse(context: &Context, args: &Analyse) -> anyhow::Result<()> {
    let body = ActionBody::Analysed(Analysed {
        on: args.step.day(context)?,
        method: match (args.whys.is_empty(), args.branch) {
            (false, _) => AnalysisMethod::FiveWhys,
            (true, Some(_)) => AnalysisMethod::Ishikawa,
            (true, None) => AnalysisMethod::Other,
        },
        whys: args.whys.clone(),
        branch: args.branch,
        root_cause: args.cause.clone(),
        escape_point: args.escape.clone(),
        elsewhere: args.elsewhere.clone(),
    });
    args.step.record(context, body)?;
    if args.elsewhere.is_empty() {
        propose_elsewhere(context, args.step.action);
    }
    Ok(())
}

/// Says where else the cause could act. It is a proposal: what cannot be counted is not proposed.
fn propose_elsewhere(context: &Context, id: ActionId) {
    let found = (|| -> anyhow::Result<Vec<Elsewhere>> {
        let register = Register::open_read_only(&context.config.register)?;
        let action = known(&register, id)?;
        let Some(scope) = action.scope() else {
            return Ok(Vec::new());
        };
        let opened = ground::Opened::open(context, &register, None)?;
        Ok(elsewhere(&opened.ground(), scope)?)
    })();
    let found = found.unwrap_or_default();
    if !found.is_empty() {
        say!("the same kind of complaint also came from:\n");
    }
    for place in found {
        say!(
            "  {} {}: {} complaint(s) in the last twelve months\n",
            place.dimension,
            place.value,
            place.cases
        );
    }
}

#[derive(Debug, clap::Args)]
pub struct Plan {
    /// A-000012
    action: ActionId,
    /// What is to be done
    #[arg(long, value_name = "TEXT")]
    what: String,
    /// The day by which it is to be done
    #[arg(long, value_name = "DATE")]
    due: NaiveDate,
    #[command(flatten)]
    judging: Judging,
    #[command(flatten)]
    said: Said,
}

/// `action plan`.
pub fn plan(context: &Context, args: &Plan) -> anyhow::Result<()> {
    let register = Register::open(&context.config.register)?;
    let action = known(&register, args.action)?;
    // Said before anything is counted.
    if action.opened.kind.needs_analysis() && action.round().analysis.is_none() {
        return Err(Failure::Usage(format!(
            "{} cannot be planned yet; find its root cause first with `redress action analyse`",
            action.id
        ))
        .into());
    }
    let made = args.judging.make(context, &register, &action, args.due)?;
    mention_past(Some(args.due), today(context, &register));
    drop(register);
    if context.format == Format::Table {
        say!("{}", judging::in_words(&made.check));
        if let Some(proposal) = &made.proposal {
            say!("{}", judging::prospects(proposal));
        }
    }
    let body = ActionBody::Planned(Planned {
        what: args.what.clone(),
        due_on: args.due,
        check: made.check,
    });
    record(context, args.action, body, &args.said)
}

#[derive(Debug, clap::Args)]
pub struct Implement {
    #[command(flatten)]
    step: Step,
    /// What was done, where it is not what was planned
    #[arg(long, value_name = "TEXT")]
    what: Option<String>,
    /// Procedures, instructions and forms that it changed
    #[arg(long = "document", value_name = "NAME")]
    documents: Vec<String>,
    /// What it cost, in the currency's minor units
    #[arg(
        long,
        value_name = "MINOR",
        default_value_t = 0,
        allow_hyphen_values = true
    )]
    cost: i64,
}

/// `action implement`.
pub fn implement(context: &Context, args: &Implement) -> anyhow::Result<()> {
    let body = ActionBody::Implemented(Implemented {
        on: args.step.day(context)?,
        what: args.what.clone(),
        documents: args.documents.clone(),
        cost_minor: args.cost,
    });
    args.step.record(context, body)
}

#[derive(Debug, clap::Args)]
pub struct Verify {
    #[command(flatten)]
    step: Step,
    /// The verdict
    #[arg(long, value_parser = word!(Verdict))]
    verdict: Verdict,
    /// What it rests on; needed where it differs from the computed one, or none is computed
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
}

/// `action verify`.
pub fn verify(context: &Context, args: &Verify) -> anyhow::Result<()> {
    let is_staff = Register::open_read_only(&context.config.register)?
        .list_staff()?
        .iter()
        .any(|person| person.active && person.name == args.step.said.by.by.trim());
    if !is_staff {
        return Err(Failure::Usage(format!(
            "`{}` is no active member of staff; whoever verifies an action has to be known (`redress staff add`)",
            args.step.said.by.by
        ))
        .into());
    }
    let body = ActionBody::Verified(Verified {
        on: args.step.day(context)?,
        verdict: args.verdict,
        note: args.note.clone(),
    });
    args.step.record(context, body)
}

#[derive(Debug, clap::Args)]
pub struct Close {
    #[command(flatten)]
    step: Step,
    /// A closing remark
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
}

/// `action close`.
pub fn close(context: &Context, args: &Close) -> anyhow::Result<()> {
    let body = ActionBody::Closed {
        on: args.step.day(context)?,
        note: args.note.clone(),
    };
    args.step.record(context, body)
}

#[derive(Debug, clap::Args)]
pub struct Withdraw {
    #[command(flatten)]
    step: Step,
    /// Why; the pack shows it
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// `action withdraw`.
pub fn withdraw(context: &Context, args: &Withdraw) -> anyhow::Result<()> {
    let body = ActionBody::Withdrawn {
        on: args.step.day(context)?,
        reason: args.reason.clone(),
    };
    args.step.record(context, body)
}

#[derive(Debug, clap::Args)]
pub struct Reopen {
    #[command(flatten)]
    step: Step,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// `action reopen`.
pub fn reopen(context: &Context, args: &Reopen) -> anyhow::Result<()> {
    let body = ActionBody::Reopened {
        on: args.step.day(context)?,
        reason: args.reason.clone(),
    };
    args.step.record(context, body)
}

#[derive(Debug, clap::Args)]
pub struct Amend {
    /// A-000012
    action: ActionId,
    /// What is changed
    #[arg(value_parser = word!(AmendedField))]
    field: AmendedField,
    /// What it becomes
    value: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    said: Said,
}

/// `action amend`.
pub fn amend(context: &Context, args: &Amend) -> anyhow::Result<()> {
    let old = {
        let register = Register::open_read_only(&context.config.register)?;
        known(&register, args.action)?.field(args.field)
    };
    let body = ActionBody::Amended(Amendment {
        field: args.field,
        old,
        new: args.value.clone(),
        reason: args.reason.clone(),
    });
    record(context, args.action, body, &args.said)
}

#[derive(Debug, clap::Args)]
pub struct Note {
    /// A-000012
    action: ActionId,
    /// The note
    text: String,
    #[command(flatten)]
    said: Said,
}

/// `action note`.
pub fn note(context: &Context, args: &Note) -> anyhow::Result<()> {
    let body = ActionBody::Noted {
        text: args.text.clone(),
    };
    record(context, args.action, body, &args.said)
}
