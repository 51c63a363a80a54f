//! A case as the forms need it, read from the register.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use redress_domain::case_file::{CaseFile, Mode};
use redress_domain::event::{Event, EventBody, EventKind};
use redress_register::{Attachment, Complainant, Recorded, Register, Result};

use super::model::Entry;

/// What the register holds of a case at a moment.
#[derive(Debug, Clone)]
pub struct FormCase {
    number: String,
    read_at: DateTime<Utc>,
    zone: Tz,
    file: CaseFile,
    /// Without what was struck out, in the order of recording.
    history: Vec<Recorded>,
    complainant: Complainant,
    attachments: Vec<Attachment>,
}

impl FormCase {
    /// Reads a case; nothing is written.
    ///
    /// # Errors
    /// When there is no case of this number, or the register cannot be read.
    pub fn read(register: &Register, number: &str, now: DateTime<Utc>) -> Result<FormCase> {
        let case = register.case_by_number(number)?;
        let mut history = register.history(case.case_key)?;
        let events: Vec<Event> = history.iter().map(|r| r.event.clone()).collect();
        let struck: Vec<i64> = events
            .iter()
            .filter_map(|event| match &event.body {
                EventBody::Voided(voided) => Some(voided.seq),
                _ => None,
            })
            .collect();
        history.retain(|recorded| !struck.contains(&recorded.event.seq));
        Ok(FormCase {
            number: case.number,
            read_at: now,
            zone: register.zone(),
            file: CaseFile::fold(&events, None, Mode::Strict)?,
            history,
            complainant: register.complainant(case.complainant_id)?,
            attachments: register.attachments(case.case_key)?,
        })
    }

    /// Its number.
    pub fn number(&self) -> &str {
        &self.number
    }

    /// When it was read.
    pub fn read_at(&self) -> DateTime<Utc> {
        self.read_at
    }

    /// The organisation's zone.
    pub fn zone(&self) -> Tz {
        self.zone
    }

    /// Its milestones.
    pub fn file(&self) -> &CaseFile {
        &self.file
    }

    /// Who complained.
    pub fn complainant(&self) -> &Complainant {
        &self.complainant
    }

    /// Its files, those that were erased too.
    pub fn attachments(&self) -> &[Attachment] {
        &self.attachments
    }

    /// Who recorded an event of this kind that happened then; nobody for the customer, the system, and an event
    /// whose time was amended.
    pub fn by(&self, kind: EventKind, at: DateTime<Utc>) -> Option<&str> {
        self.event(kind, at)?.event.actor.as_deref()
    }

    /// The member of staff whose entry of that moment came last.
    pub fn by_at(&self, at: DateTime<Utc>) -> Option<&str> {
        let mut last_first = self.history.iter().rev();
        last_first.find_map(|recorded| {
            let event = &recorded.event;
            event.actor.as_deref().filter(|_| event.occurred_at == at)
        })
    }

    /// The free text of an event of this kind that happened then.
    pub fn text(&self, kind: EventKind, at: DateTime<Utc>) -> Entry {
        self.event(kind, at).map_or(Entry::Blank, written)
    }

    /// The complaint in the complainant's words.
    pub fn narrative(&self) -> Entry {
        self.history
            .iter()
            .find(|recorded| recorded.event.body.kind() == EventKind::Registered)
            .map_or(Entry::Blank, written)
    }

    fn event(&self, kind: EventKind, at: DateTime<Utc>) -> Option<&Recorded> {
        self.history
            .iter()
            .rev()
            .find(|recorded| recorded.event.body.kind() == kind && recorded.event.occurred_at == at)
    }
}

fn written(recorded: &Recorded) -> Entry {
    Entry::unless_erased(recorded.text.as_deref(), recorded.text_erased)
}
