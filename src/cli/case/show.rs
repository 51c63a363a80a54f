//! `redress case show`: the whole file of a case, as known at a moment.

mod text;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use redress_domain::case_file::{CaseFile, Mode, PassRecord};
use redress_domain::event::Event;
use redress_register::{
    Attachment, CaseRow, Complainant, Message, MessageFilter, Recorded, Register,
};
use serde::Serialize;
use serde_json::Value;

use super::common::{SCHEMA_VERSION, as_of};
use super::words::Words;
use crate::Context;
use crate::output;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Number of the case
    #[arg(value_name = "CASE")]
    number: String,
    /// As the register knew it then: RFC 3339, local 'YYYY-MM-DD HH:MM', or the end of a day YYYY-MM-DD
    #[arg(long, value_name = "INSTANT")]
    as_of: Option<String>,
}

/// A case as people and programs read it. Personal data stand in `complainant`, `narrative`, and the texts.
#[derive(Debug, Serialize)]
struct Document {
    schema_version: u32,
    number: String,
    as_of: DateTime<Utc>,
    zone: String,
    state: &'static str,
    pass: u8,
    channel: &'static str,
    received_at: DateTime<Utc>,
    registered_at: DateTime<Utc>,
    acknowledged_at: Option<DateTime<Utc>>,
    category: Option<String>,
    product: Option<String>,
    lot: Option<String>,
    site: Option<String>,
    unit: Option<String>,
    remedy_sought: Option<&'static str>,
    immediate_action: Option<String>,
    issues: Vec<Issue>,
    department: Option<String>,
    also: Vec<String>,
    assigned_to: Option<String>,
    severity_first: Option<&'static str>,
    severity_last: Option<&'static str>,
    complainant: Who,
    narrative: Option<String>,
    passes: Vec<Pass>,
    paused: Option<&'static str>,
    paused_since: Option<DateTime<Utc>>,
    remedies_told_at: Option<DateTime<Utc>>,
    referred_to: Option<String>,
    external_outcome_satisfied: Option<bool>,
    remedy_due_on: Option<NaiveDate>,
    remedy_done_at: Option<DateTime<Utc>>,
    correction_holds: Option<bool>,
    survey_score: Option<u8>,
    closed_at: Option<DateTime<Utc>>,
    reopenings: u32,
    escalations: u32,
    late_entries: u32,
    amendments: u32,
    voided: u32,
    attachments: Vec<File>,
    messages: Vec<Told>,
    history: Vec<Entry>,
}

#[derive(Debug, Serialize)]
struct Issue {
    category: String,
    product: Option<String>,
    lot: Option<String>,
}

#[derive(Debug, Serialize)]
struct Who {
    id: i64,
    name: Option<String>,
    phone: Option<String>,
    email: Option<String>,
    address: Option<String>,
    language: &'static str,
    erased_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Serialize)]
struct Pass {
    pass: u8,
    decided_at: Option<DateTime<Utc>>,
    in_force_at: Option<DateTime<Utc>>,
    decided_by: Option<String>,
    response: Option<&'static str>,
    granted: Option<&'static str>,
    cost: Option<i64>,
    rule: Option<String>,
    rule_version: Option<String>,
    communicated_at: Option<DateTime<Utc>>,
    answer: Option<&'static str>,
    answered_at: Option<DateTime<Utc>>,
    on_behalf: Option<bool>,
    lapsed_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Serialize)]
struct File {
    sha256: String,
    name: Option<String>,
    media_type: String,
    bytes: u64,
    erased_at: Option<DateTime<Utc>>,
}

/// A message to the customer, without its words: they may hold the password.
#[derive(Debug, Serialize)]
struct Told {
    id: i64,
    purpose: &'static str,
    means: &'static str,
    state: &'static str,
    attempts: u32,
    created_at: DateTime<Utc>,
    sent_at: Option<DateTime<Utc>>,
    last_error: Option<String>,
}

#[derive(Debug, Serialize)]
struct Entry {
    event: i64,
    kind: &'static str,
    occurred_at: DateTime<Utc>,
    recorded_at: DateTime<Utc>,
    role: &'static str,
    by: Option<String>,
    late_reason: Option<String>,
    data: Value,
    text: Option<String>,
    text_erased: bool,
}

/// `redress case show`.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<()> {
    let register = Register::open_read_only(&context.config.register)?;
    let zone = register.zone();
    let moment = as_of(args.as_of.as_deref(), zone, context.now)?;
    let case = register.case_by_number(&args.number)?;
    let known = |at: DateTime<Utc>| moment.is_none_or(|limit| at <= limit);
    let mut history = register.history(case.case_key)?;
    history.retain(|recorded| known(recorded.event.recorded_at));
    let events: Vec<Event> = history
        .iter()
        .map(|recorded| recorded.event.clone())
        .collect();
    let file = CaseFile::fold(&events, moment, Mode::Strict)?;
    let filter = MessageFilter {
        case_key: Some(case.case_key),
        ..MessageFilter::default()
    };
    let mut messages = register.messages(&filter)?;
    messages.retain(|message| known(message.created_at));
    messages.sort_by_key(|message| message.message_id);
    let mut attachments = register.attachments(case.case_key)?;
    attachments.retain(|attachment| known(attachment.recorded_at));
    let complainant = register.complainant(case.complainant_id)?;
    let found = Found {
        case,
        file,
        history,
        complainant,
        attachments,
        messages,
    };
    let document = found.document(moment.unwrap_or(context.now), zone)?;
    let words = Words::of(context.config.language)?;
    output::print_document(
        &document,
        || document.in_words(&words, zone),
        context.format,
    )
}

struct Found {
    case: CaseRow,
    file: CaseFile,
    history: Vec<Recorded>,
    complainant: Complainant,
    attachments: Vec<Attachment>,
    messages: Vec<Message>,
}

impl Found {
    fn document(self, as_of: DateTime<Utc>, zone: Tz) -> anyhow::Result<Document> {
        let Found {
            case,
            file,
            history,
            complainant,
            attachments,
            messages,
        } = self;
        let registration = &file.registration;
        let holding = file.holdings.last();
        let severities = file.severities();
        let person = complainant.person;
        let narrative = history
            .first()
            .and_then(|registered| registered.text.clone());
        Ok(Document {
            schema_version: SCHEMA_VERSION,
            number: case.number,
            as_of,
            zone: zone.name().to_owned(),
            state: file.state.name().as_str(),
            pass: file.state.pass(),
            channel: registration.channel.as_str(),
            received_at: file.received_at(),
            registered_at: file.registered_at,
            acknowledged_at: file.acknowledged.map(|(at, _)| at),
            category: file.category.clone(),
            product: file.product.clone(),
            lot: file.lot.clone(),
            site: holding
                .and_then(|h| h.site.clone())
                .or_else(|| registration.site.clone()),
            unit: registration.unit.clone(),
            remedy_sought: registration.remedy_sought.map(|remedy| remedy.as_str()),
            immediate_action: registration.immediate_action.clone(),
            issues: file
                .issues
                .iter()
                .map(|i| Issue {
                    category: i.category.clone(),
                    product: i.product.clone(),
                    lot: i.lot.clone(),
                })
                .collect(),
            department: holding.map(|h| h.department.clone()),
            also: holding.map(|h| h.also.clone()).unwrap_or_default(),
            assigned_to: file.assigned_to.clone(),
            severity_first: severities.map(|(first, _)| first.as_str()),
            severity_last: severities.map(|(_, last)| last.as_str()),
            complainant: Who {
                id: complainant.complainant_id,
                name: person.name,
                phone: person.phone,
                email: person.email,
                address: person.address,
                language: person.language.as_str(),
                erased_at: complainant.erased_at,
            },
            narrative,
            passes: file.passes.iter().map(pass).collect(),
            paused: file.running_rest().map(|rest| rest.reason.as_str()),
            paused_since: file.running_rest().map(|rest| rest.from),
            remedies_told_at: file.remedies_told_at,
            referred_to: file.referral.as_ref().map(|(_, body)| body.clone()),
            external_outcome_satisfied: file.external_outcome.map(|(_, satisfied)| satisfied),
            remedy_due_on: file.remedy_due_on,
            remedy_done_at: file.remedy_done_at,
            correction_holds: file.correction_verified.map(|(_, holds)| holds),
            survey_score: file.survey_score,
            closed_at: file.closed_at(),
            reopenings: file.reopenings,
            escalations: file.escalations,
            late_entries: file.late_entries,
            amendments: file.amendments,
            voided: file.voided,
            attachments: attachments.into_iter().map(attachment).collect(),
            messages: messages.into_iter().map(message).collect(),
            history: history
                .into_iter()
                .map(entry)
                .collect::<anyhow::Result<_>>()?,
        })
    }
}

fn pass(record: &PassRecord) -> Pass {
    let decision = record.decision.as_ref();
    let answer = record.answer.as_ref();
    Pass {
        pass: record.pass,
        decided_at: decision.map(|d| d.at),
        in_force_at: decision.and_then(|d| d.in_force_at),
        decided_by: decision.and_then(|d| d.by.clone()),
        response: decision.map(|d| d.data.response.as_str()),
        granted: decision
            .and_then(|d| d.data.granted)
            .map(|granted| granted.as_str()),
        cost: decision.map(|d| d.data.cost),
        rule: decision.map(|d| d.data.rule.clone()),
        rule_version: decision.map(|d| d.data.rule_version.clone()),
        communicated_at: record.communicated.map(|(at, _)| at),
        answer: answer.map(|a| a.answer.as_str()),
        answered_at: answer.map(|a| a.at),
        on_behalf: answer.map(|a| a.on_behalf),
        lapsed_at: record.lapsed_at,
    }
}

fn attachment(attachment: Attachment) -> File {
    File {
        sha256: attachment.sha256,
        name: attachment.name,
        media_type: attachment.media_type,
        bytes: attachment.bytes,
        erased_at: attachment.erased_at,
    }
}

fn message(message: Message) -> Told {
    Told {
        id: message.message_id,
        purpose: message.purpose.as_str(),
        means: message.means.as_str(),
        state: message.state.as_str(),
        attempts: message.attempts,
        created_at: message.created_at,
        sent_at: message.sent_at,
        last_error: message.last_error,
    }
}

fn entry(recorded: Recorded) -> anyhow::Result<Entry> {
    let event = recorded.event;
    Ok(Entry {
        event: event.seq,
        kind: event.body.kind().as_str(),
        occurred_at: event.occurred_at,
        recorded_at: event.recorded_at,
        role: event.role.as_str(),
        data: serde_json::from_str(&event.body.to_json()?)?,
        by: event.actor,
        late_reason: event.late_reason,
        text: recorded.text,
        text_erased: recorded.text_erased,
    })
}
