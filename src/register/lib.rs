//! The operational store: one SQLite file with every complaint, its events and its messages.
//!
//! Events are only appended, each hash-chained to the one before it; what a case looks like now is
//! folded from them inside the transaction that adds one. Nothing here reads a clock: `now` is an
//! argument. See `docs/db-pragmas.md` for how the file is opened.

mod append;
pub mod attachments;
mod audit;
mod backup;
pub mod bulk;
mod cases;
mod chain;
mod clusters;
mod contact;
mod decision_rules;
mod due;
mod each_case;
mod email_words;
mod entry;
mod erase;
mod error;
mod exposure;
mod external_remedies;
mod follow_up;
mod foreign;
mod improvement;
mod integration_log;
mod mend;
mod message_queue;
mod messages;
mod open;
mod outbox;
pub mod people;
mod phases;
mod projection;
mod records;
mod register_case;
mod schema;
mod seal;
mod sealed_password;
mod second_factor;
mod secrets;
mod sending;
mod settings;
mod staff;
mod staff_trail;
mod standing;
mod together;
mod tokens;
mod tracking_link;
mod untrue_messages;
mod webhook_queue;
mod webhooks;
mod wording;

use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use rusqlite::{Connection, Transaction, TransactionBehavior};

pub use append::{Appended, Draft};
pub use attachments::{Attachment, LaidFile};
pub use audit::{AuditReport, Difference};
pub use backup::{BackupReport, half_copies, recorded_head};
pub use cases::{CaseFilter, CaseRow, Recorded};
pub use chain::ChainHead;
pub use clusters::{KnownBook, RUN_NAME};
pub use contact::{Contact, is_email, is_phone};
pub use decision_rules::{DecisionRule, DecisionRules, RuleText};
pub use due::{Due, DueKind, Queued};
pub use email_words::EmailWords;
pub use erase::Erasure;
pub use error::{RegisterError, Result};
pub use exposure::{Exposure, ExposureEntry, ExposureTaken};
pub use external_remedies::{ExternalRemedies, ExternalRemedy, RemedyTexts};
pub use foreign::{SourceSeen, Witness};
pub use improvement::Change;
pub use integration_log::{IntegrationChange, IntegrationEvent, IntegrationPart};
pub use mend::Amendment;
pub use messages::Messages;
pub use open::{Durability, NewRegister};
pub use outbox::{Message, MessageFilter, MessageState};
pub use people::{Complainant, ComplainantKeys, Person};
pub use phases::{NewPhase, PhaseRefusal};
pub use records::{
    CalendarVersion, Direction, Evidence, LimitsVersion, NewEvidence, NewObjective, Objective,
};
pub use register_case::{Complaining, NewCase, OfForm, Registration};
pub use schema::SCHEMA_VERSION;
pub use second_factor::{Enrolment, Proof, SecondFactor};
pub use sending::{Claim, LEASE};
pub use settings::Setting;
pub use staff::{NewStaff, Staff, Training};
pub use staff_trail::{Doing, StaffDeed, StaffEvent};
pub use standing::Standing;
pub use together::{Added, OfAddition, Part};
pub use tokens::{Integration, NewIntegration, Scope, TOKEN_PREFIX, USUAL_PER_MINUTE};
pub use tracking_link::tracking_link;
pub use webhook_queue::{ClaimedDelivery, Delivery, WEBHOOK_ATTEMPTS};
pub use webhooks::{NewWebhook, Webhook, webhook_kinds};
pub use wording::Wording;

use redress_domain::vocabulary::Role;

/// How long a write waits for another process's write, in milliseconds.
pub const BUSY_TIMEOUT_MS: u64 = 5_000;

/// Who does something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// In which capacity.
    pub role: Role,
    /// The staff name; nothing for the customer and the system.
    pub name: Option<String>,
}

impl Actor {
    /// A member of staff.
    pub fn staff(role: Role, name: impl Into<String>) -> Self {
        Actor {
            role,
            name: Some(name.into()),
        }
    }

    /// The complainant.
    pub const fn customer() -> Self {
        Actor {
            role: Role::Customer,
            name: None,
        }
    }

    /// The program itself.
    pub const fn system() -> Self {
        Actor {
            role: Role::System,
            name: None,
        }
    }
}

/// An open register. One connection: to be used by one thread at a time.
#[derive(Debug)]
pub struct Register {
    conn: Connection,
    path: PathBuf,
    zone: Tz,
    messages: Messages,
}

impl Register {
    /// The file of the register.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The zone in which the organisation counts its days.
    pub fn zone(&self) -> Tz {
        self.zone
    }

    /// The connection, for reading with SQL.
    pub fn connection(&self) -> &Connection {
        &self.conn
    }

    /// Uses other texts for the messages to customers than the built-in ones.
    pub fn set_messages(&mut self, messages: Messages) {
        self.messages = messages;
    }

    /// One write: all or nothing, and alone.
    fn write<T>(&mut self, work: impl FnOnce(&Writing<'_>) -> Result<T>) -> Result<T> {
        let outcome = (|| {
            let tx = self
                .conn
                .transaction_with_behavior(TransactionBehavior::Immediate)?;
            let writing = Writing {
                tx,
                zone: self.zone,
                messages: &self.messages,
            };
            let value = work(&writing)?;
            writing.tx.commit()?;
            Ok(value)
        })();
        outcome.map_err(|e: RegisterError| e.at(&self.path, BUSY_TIMEOUT_MS))
    }

    /// One read, from one consistent state.
    fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let outcome = (|| {
            let tx = Transaction::new_unchecked(&self.conn, TransactionBehavior::Deferred)?;
            let value = work(&tx)?;
            tx.finish()?;
            Ok(value)
        })();
        outcome.map_err(|e: RegisterError| e.at(&self.path, BUSY_TIMEOUT_MS))
    }
}

/// A write transaction with what its steps need.
struct Writing<'r> {
    tx: Transaction<'r>,
    zone: Tz,
    messages: &'r Messages,
}

/// An instant as the register stores it: microseconds since 1970-01-01T00:00:00Z.
pub fn to_micros(at: DateTime<Utc>) -> i64 {
    at.timestamp_micros()
}

/// The instant that the register stores as this number of microseconds.
///
/// # Errors
/// When the number lies outside the years that a date can have.
pub fn from_micros(micros: i64) -> Result<DateTime<Utc>> {
    DateTime::from_timestamp_micros(micros).ok_or_else(|| RegisterError::Unreadable {
        table: "an instant",
        key: micros.to_string(),
        why: "it lies outside the calendar".to_owned(),
    })
}

/// The local day of an instant.
fn local_day(at: DateTime<Utc>, zone: Tz) -> NaiveDate {
    at.with_timezone(&zone).date_naive()
}
