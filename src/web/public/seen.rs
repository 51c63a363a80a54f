//! A case as its complainant's pages read it: once, and whole.

use chrono_tz::Tz;

use crate::app::App;
use crate::error::{Result, WebError};
use crate::visit::{Fields, Visit};
use redress_domain::case_file::{CaseFile, Mode, Rest};
use redress_domain::event::{Event, EventBody, EventKind};
use redress_domain::vocabulary::{Language, MessagePurpose, Role};
use redress_domain::workflow::{Pass, State};
use redress_register::{
    Attachment, DecisionRules, Message, MessageFilter, Recorded, Register, RegisterError,
};

/// What is known of a case, staff's words and ours alike; what the complainant may see of it is chosen by
/// the modules that show it.
#[derive(Debug, Clone)]
pub struct Seen {
    pub case_key: i64,
    pub number: String,
    pub file: CaseFile,
    pub history: Vec<Recorded>,
    pub attachments: Vec<Attachment>,
    pub messages: Vec<Message>,
    pub zone: Tz,
    /// The texts of the rules on which decisions rest.
    pub rules: DecisionRules,
    struck: Vec<i64>,
}

impl Seen {
    /// The case of the complainant who asks.
    ///
    /// # Errors
    /// When nobody follows a case, or it cannot be read.
    pub fn of(app: &App, visit: &Visit) -> Result<Seen> {
        let case_key = visit.case_key().ok_or(WebError::NotFound)?;
        Seen::by_key(app, case_key)
    }

    /// The case with this key.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn by_key(app: &App, case_key: i64) -> Result<Seen> {
        app.register(|register| Seen::read(register, case_key))
    }

    fn read(register: &Register, case_key: i64) -> Result<Seen> {
        let row = register.case_row(case_key)?;
        let history = register.history(case_key)?;
        let events: Vec<Event> = history
            .iter()
            .map(|recorded| recorded.event.clone())
            .collect();
        let file = CaseFile::fold(&events, None, Mode::Strict).map_err(RegisterError::from)?;
        let struck = events
            .iter()
            .filter_map(|event| match &event.body {
                EventBody::Voided(voided) => Some(voided.seq),
                _ => None,
            })
            .collect();
        let messages = register.messages(&MessageFilter {
            case_key: Some(case_key),
            ..MessageFilter::default()
        })?;
        Ok(Seen {
            case_key,
            number: row.number,
            file,
            history,
            attachments: register.attachments(case_key)?,
            messages,
            zone: register.zone(),
            rules: register.decision_rules()?,
            struck,
        })
    }

    /// Position of the case's last event.
    pub fn last_seq(&self) -> i64 {
        self.history.last().map_or(0, |recorded| recorded.event.seq)
    }

    /// The events that were not struck out.
    pub fn effective(&self) -> impl Iterator<Item = &Recorded> {
        self.history
            .iter()
            .filter(|recorded| !self.struck.contains(&recorded.event.seq))
    }

    /// Whether a form was written for another case than the one that is followed now: the session changed under it.
    pub fn is_other(&self, form: &Fields) -> bool {
        form.given("for")
            .is_some_and(|number| number != self.number)
    }

    /// The language in which the complaint was made.
    pub fn language(&self) -> Language {
        self.file.registration.language
    }

    /// The complaint in the complainant's words; `None` once erased.
    pub fn narrative(&self) -> Option<&str> {
        let registered = |r: &&Recorded| r.event.body.kind() == EventKind::Registered;
        self.history.iter().find(registered)?.text.as_deref()
    }

    /// The pass of the decision that the complainant may answer now.
    pub fn answerable(&self) -> Option<Pass> {
        match self.file.state {
            State::Resolved { pass } | State::Unanswered { pass } => Some(pass),
            State::Registered { .. }
            | State::InProcessing { .. }
            | State::Decided { .. }
            | State::Completed { .. }
            | State::Outstanding { .. }
            | State::CompletedExternally
            | State::Exhausted
            | State::Withdrawn { .. }
            | State::Merged { .. } => None,
        }
    }

    /// The rest of the work that waits for the complainant.
    pub fn waits_for_complainant(&self) -> Option<&Rest> {
        self.file
            .running_rest()
            .filter(|rest| rest.reason.stops_clock())
    }

    /// Whether a question went out with the pause at this position: its text is then meant for the complainant.
    /// A pause without a message may have a note of staff as its text.
    pub fn is_question(&self, seq: i64) -> bool {
        let mark = format!("{}/{}/{seq}", self.number, MessagePurpose::Question);
        self.messages
            .iter()
            .any(|message| message.idempotency_key == mark)
    }

    /// The file of this hash, when the complainant sent it: what staff put to the case is not theirs to read.
    pub fn own_file(&self, sha256: &str) -> Option<&Attachment> {
        let sent = self.effective().any(|recorded| {
            recorded.event.role == Role::Customer
                && matches!(&recorded.event.body, EventBody::EvidenceAdded(added) if added.sha256 == sha256)
        });
        self.attachments
            .iter()
            .find(|file| sent && file.sha256 == sha256 && file.erased_at.is_none())
    }
}
