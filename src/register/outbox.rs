//! Messages to customers: queued in the transaction of the event that causes them (`message_queue.rs`), sent by
//! another process (`sending.rs`), told to the case when a gateway took them, and given up where they became untrue
//! (`untrue_messages.rs`).

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, OptionalExtension, Row};

use super::entry::recording_time;
use super::error::{RegisterError, Result, unreadable};
use super::follow_up::record_follow_up;
use super::projection::Folded;
use super::records::instant;
use super::seal::{self, OUTBOX};
use super::settings::{self, Setting};
use super::{Register, from_micros, sealed_password, to_micros};
use redress_domain::event::{
    Acknowledged, Communicated, EventBody, MessageFailed, MessageSent, RemediesTold, SurveySent,
};
use redress_domain::vocabulary::{Means, MessagePurpose, words};

words! {
    /// Where a message stands.
    MessageState { Queued = "queued", Sent = "sent", Failed = "failed", Dead = "dead" }
}

/// Wait before the second attempt; it doubles with each one up to [`LONGEST_WAIT`].
const FIRST_WAIT: TimeDelta = TimeDelta::minutes(1);

/// The longest wait between two attempts.
const LONGEST_WAIT: TimeDelta = TimeDelta::hours(6);

/// A message to a customer, or an alarm to the organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub message_id: i64,
    /// `None` where it goes to the organisation itself.
    pub case_key: Option<i64>,
    pub purpose: MessagePurpose,
    /// Of the decision told.
    pub pass: Option<u8>,
    pub means: Means,
    /// Phone number or e-mail address; `None` once erased.
    pub recipient: Option<String>,
    /// `None` once erased, once a message with a password was sent, and once it has become untrue. The password
    /// in it is in clear only for whoever claimed the message; else it is masked.
    pub body: Option<String>,
    pub state: MessageState,
    pub attempts: u32,
    pub next_attempt_at: DateTime<Utc>,
    /// To be handed to the gateway, so that a message sent twice arrives once.
    pub idempotency_key: String,
    pub created_at: DateTime<Utc>,
    pub sent_at: Option<DateTime<Utc>>,
    pub last_error: Option<String>,
}

/// Which messages to list; what is `None` does not matter.
#[derive(Debug, Clone, Copy, Default)]
pub struct MessageFilter {
    pub state: Option<MessageState>,
    pub case_key: Option<i64>,
    pub purpose: Option<MessagePurpose>,
    /// At most so many, newest first.
    pub limit: Option<u32>,
}

pub(super) const COLUMNS: &str = "message_id, case_key, purpose, pass, means, recipient, body, state, attempts, \
                       next_attempt_at, idempotency_key, created_at, sent_at, last_error";

impl Register {
    /// Messages, newest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn messages(&self, filter: &MessageFilter) -> Result<Vec<Message>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM outbox
             WHERE (?1 IS NULL OR state = ?1) AND (?2 IS NULL OR case_key = ?2)
               AND (?3 IS NULL OR purpose = ?3)
             ORDER BY message_id DESC LIMIT ?4"
        );
        self.read(|conn| {
            let found = list(
                conn,
                &sql,
                (
                    filter.state.map(MessageState::as_str),
                    filter.case_key,
                    filter.purpose.map(MessagePurpose::as_str),
                    filter.limit.map_or(-1, i64::from),
                ),
            )?;
            Ok(found.into_iter().map(Message::masked).collect())
        })
    }

    /// Records that a gateway accepted a message: the message is sent, and the case learns what that
    /// means (acknowledged, communicated, remedies told), where it does not know it yet. Saying it
    /// twice changes nothing.
    ///
    /// # Errors
    /// When there is no such message.
    pub fn message_delivered(&mut self, message_id: i64, now: DateTime<Utc>) -> Result<()> {
        self.write(|w| {
            let message = by_id(&w.tx, message_id)?;
            match message.state {
                MessageState::Sent => return Ok(()),
                MessageState::Queued | MessageState::Failed | MessageState::Dead => {}
            }
            let now = recording_time(&w.tx, now)?;
            let with_password = holds_password(message.purpose);
            w.tx.execute(
                "UPDATE outbox SET state = 'sent', sent_at = ?2, attempts = attempts + 1,
                        last_error = NULL, body = CASE WHEN ?3 THEN NULL ELSE body END
                 WHERE message_id = ?1",
                (message_id, to_micros(now), with_password),
            )?;
            seal::seal(&w.tx, OUTBOX, message_id)?;
            if with_password && message.body.is_some() {
                sealed_password::note_delivered(&w.tx, message_id)?;
            }
            let Some(case_key) = message.case_key else {
                return Ok(());
            };
            let sent = MessageSent {
                purpose: message.purpose,
                means: message.means,
            };
            let folded = record_follow_up(w, case_key, &sent.into(), now, now)?;
            if let Some(body) = told(&message, &folded) {
                record_follow_up(w, case_key, &body, now, now)?;
            }
            Ok(())
        })
    }

    /// Records that an attempt failed; answers where the message stands now. It is tried again later,
    /// each time after a longer wait, until the failure is permanent or the attempts are used up;
    /// then it is dead and the case learns that.
    ///
    /// # Errors
    /// When there is no such message, or it was sent already.
    pub fn message_failed(
        &mut self,
        message_id: i64,
        error: &str,
        permanent: bool,
        now: DateTime<Utc>,
    ) -> Result<MessageState> {
        self.write(|w| {
            let message = by_id(&w.tx, message_id)?;
            match message.state {
                MessageState::Sent | MessageState::Dead => {
                    return Err(RegisterError::invalid(
                        "message",
                        message_id.to_string(),
                        "it waits for no attempt; list the outbox again",
                    ));
                }
                MessageState::Queued | MessageState::Failed => {}
            }
            let now = recording_time(&w.tx, now)?;
            let attempts = message.attempts + 1;
            let allowed = settings::whole(&w.tx, Setting::SendAttempts)?;
            let dead = permanent || i64::from(attempts) >= allowed;
            let state = if dead {
                MessageState::Dead
            } else {
                MessageState::Failed
            };
            w.tx.execute(
                "UPDATE outbox SET state = ?2, attempts = ?3, next_attempt_at = ?4, last_error = ?5
                 WHERE message_id = ?1",
                (
                    message_id,
                    state.as_str(),
                    attempts,
                    to_micros(now + wait_after(attempts)),
                    error,
                ),
            )?;
            seal::seal(&w.tx, OUTBOX, message_id)?;
            if let Some(case_key) = message.case_key.filter(|_| dead) {
                let failed = MessageFailed {
                    purpose: message.purpose,
                    means: message.means,
                };
                record_follow_up(w, case_key, &failed.into(), now, now)?;
            }
            Ok(state)
        })
    }

    /// Queues a dead message again.
    ///
    /// # Errors
    /// When there is no such message, it is not dead, or its words are gone: erased, or no longer true.
    pub fn retry_message(&mut self, message_id: i64, now: DateTime<Utc>) -> Result<()> {
        self.write(|w| {
            let message = by_id(&w.tx, message_id)?;
            if message.state != MessageState::Dead || message.body.is_none() {
                return Err(RegisterError::invalid(
                    "message",
                    message_id.to_string(),
                    "only a dead message that still has its words is tried again",
                ));
            }
            queue_again(&w.tx, message_id, now)
        })
    }

    /// Queues every dead message again that still has its words; answers their numbers.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn retry_dead_messages(&mut self, now: DateTime<Utc>) -> Result<Vec<i64>> {
        self.write(|w| {
            let ids = {
                let mut select = w.tx.prepare(
                    "SELECT message_id FROM outbox
                     WHERE state = 'dead' AND body IS NOT NULL AND recipient IS NOT NULL
                     ORDER BY message_id",
                )?;
                let ids = select.query_map([], |row| row.get(0))?;
                ids.collect::<rusqlite::Result<Vec<i64>>>()?
            };
            for &message_id in &ids {
                queue_again(&w.tx, message_id, now)?;
            }
            Ok(ids)
        })
    }
}

impl Message {
    /// The message as it may be shown: its password out of sight.
    #[must_use]
    pub(super) fn masked(mut self) -> Self {
        if holds_password(self.purpose) {
            self.body = self.body.as_deref().and_then(sealed_password::masked);
        }
        self
    }
}

/// Whether the words of such a message hold a tracking password.
pub(super) const fn holds_password(purpose: MessagePurpose) -> bool {
    match purpose {
        MessagePurpose::Registration | MessagePurpose::Password => true,
        MessagePurpose::Acknowledgement
        | MessagePurpose::Question
        | MessagePurpose::Decision
        | MessagePurpose::Remedies
        | MessagePurpose::Reminder
        | MessagePurpose::Survey
        | MessagePurpose::Alarm => false,
    }
}

fn queue_again(conn: &Connection, message_id: i64, now: DateTime<Utc>) -> Result<()> {
    conn.execute(
        "UPDATE outbox SET state = 'queued', attempts = 0, next_attempt_at = ?2 WHERE message_id = ?1",
        (message_id, to_micros(now)),
    )?;
    seal::seal(conn, OUTBOX, message_id)
}

/// What a case learns from a delivered message, where it does not know it yet.
fn told(message: &Message, folded: &Folded) -> Option<EventBody> {
    let state = &folded.file.state;
    let means = message.means;
    let (body, known): (EventBody, bool) = match message.purpose {
        MessagePurpose::Registration | MessagePurpose::Acknowledgement => (
            Acknowledged { means }.into(),
            folded.file.acknowledged.is_some(),
        ),
        MessagePurpose::Decision => {
            let pass = message.pass.unwrap_or(state.pass());
            (Communicated { pass, means }.into(), false)
        }
        MessagePurpose::Remedies => (RemediesTold { means }.into(), false),
        MessagePurpose::Survey => (
            SurveySent { means }.into(),
            folded.file.survey_sent_at.is_some(),
        ),
        MessagePurpose::Question
        | MessagePurpose::Reminder
        | MessagePurpose::Password
        | MessagePurpose::Alarm => {
            return None;
        }
    };
    // A case that went on meanwhile (told by telephone, withdrawn …) takes the event no more.
    let is_possible = state.clone().apply(&body, None).is_ok();
    (is_possible && !known).then_some(body)
}

/// How long a message waits after that many failed attempts.
pub(super) fn wait_after(attempts: u32) -> TimeDelta {
    let doublings = attempts.saturating_sub(1).min(16);
    (FIRST_WAIT * 2_i32.pow(doublings)).min(LONGEST_WAIT)
}

fn by_id(conn: &Connection, message_id: i64) -> Result<Message> {
    let sql = format!("SELECT {COLUMNS} FROM outbox WHERE message_id = ?1");
    let found = conn
        .prepare_cached(&sql)?
        .query_row([message_id], |row| Ok(from_row(row)))
        .optional()?;
    found.unwrap_or_else(|| {
        Err(RegisterError::NoSuch {
            what: "message",
            key: message_id.to_string(),
        })
    })
}

/// The messages that a query with [`COLUMNS`] finds, their passwords covered.
pub(super) fn list(
    conn: &Connection,
    sql: &str,
    params: impl rusqlite::Params,
) -> Result<Vec<Message>> {
    let mut select = conn.prepare_cached(sql)?;
    let mut rows = select.query(params)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(from_row(row)?);
    }
    Ok(found)
}

fn from_row(row: &Row<'_>) -> Result<Message> {
    let message_id: i64 = row.get(0)?;
    let key = message_id.to_string();
    let word = |column: usize| -> Result<String> { Ok(row.get(column)?) };
    let sent_at: Option<i64> = row.get(12)?;
    Ok(Message {
        message_id,
        case_key: row.get(1)?,
        purpose: word(2)?
            .parse()
            .map_err(|e| unreadable("outbox", &key, e))?,
        pass: row.get(3)?,
        means: word(4)?
            .parse()
            .map_err(|e| unreadable("outbox", &key, e))?,
        recipient: row.get(5)?,
        body: row.get(6)?,
        state: word(7)?
            .parse()
            .map_err(|e| unreadable("outbox", &key, e))?,
        attempts: row.get(8)?,
        next_attempt_at: instant(row, 9)?,
        idempotency_key: row.get(10)?,
        created_at: instant(row, 11)?,
        sent_at: sent_at.map(from_micros).transpose()?,
        last_error: row.get(13)?,
    })
}
