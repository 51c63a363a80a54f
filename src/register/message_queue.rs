//! Queueing a message: in which words, by which means, and once.

use chrono::{DateTime, Utc};
use rusqlite::Connection;

use super::entry::recording_time;
use super::error::{RegisterError, Result};
use super::messages::{self, Saying};
use super::seal::{self, OUTBOX};
use super::settings::{self, Setting};
use super::{
    CaseRow, Register, Writing, cases, external_remedies, people, projection, sealed_password,
    to_micros,
};
use redress_domain::event::SurveySent;
use redress_domain::vocabulary::{Means, MessagePurpose};
use redress_domain::workflow::StateName;

impl Register {
    /// Queues an e-mail to the organisation itself: a check or a threshold failed. The same `mark` (what
    /// failed, and for which period) is told once; answers the message's number, or nothing when it was
    /// queued before.
    ///
    /// # Errors
    /// When the recipient is no mail address, or the database cannot be written.
    pub fn queue_alarm(
        &mut self,
        recipient: &str,
        body: &str,
        mark: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<i64>> {
        let recipient = recipient.trim();
        if !recipient.contains('@') || recipient.contains(char::is_whitespace) {
            return Err(RegisterError::invalid(
                "recipient",
                recipient,
                "give a mail address",
            ));
        }
        self.write(|w| {
            let now = recording_time(&w.tx, now)?;
            let queued = w.tx.execute(
                "INSERT INTO outbox (case_key, purpose, pass, means, recipient, body, state, attempts,
                                     next_attempt_at, idempotency_key, created_at, checksum)
                 VALUES (NULL, ?1, NULL, ?2, ?3, ?4, 'queued', 0, ?5, ?6, ?5, x'')
                 ON CONFLICT (idempotency_key) DO NOTHING",
                (
                    MessagePurpose::Alarm.as_str(),
                    Means::Email.as_str(),
                    recipient,
                    body,
                    to_micros(now),
                    format!("alarm/{mark}"),
                ),
            )?;
            if queued == 0 {
                return Ok(None);
            }
            let message_id = w.tx.last_insert_rowid();
            seal::seal(&w.tx, OUTBOX, message_id)?;
            Ok(Some(message_id))
        })
    }

    /// Queues a reminder to a customer who has not answered a communicated decision; answers its
    /// number, or nothing when there is neither phone nor e-mail.
    ///
    /// # Errors
    /// When no answer is awaited, or a reminder waits already.
    pub fn remind(&mut self, case_key: i64, now: DateTime<Utc>) -> Result<Option<i64>> {
        self.write(|w| queue_reminder(w, case_key, now, now))
    }

    /// Queues the question how the complaint was handled; answers its number, or nothing when there
    /// is neither phone nor e-mail.
    ///
    /// # Errors
    /// When the handling has not ended, or the customer was asked already.
    pub fn invite_to_survey(&mut self, case_key: i64, now: DateTime<Utc>) -> Result<Option<i64>> {
        self.write(|w| queue_survey(w, case_key, now, now))
    }
}

/// [`Register::remind`] within the caller's transaction; it is sent from `send_from` on.
pub(super) fn queue_reminder(
    w: &Writing<'_>,
    case_key: i64,
    now: DateTime<Utc>,
    send_from: DateTime<Utc>,
) -> Result<Option<i64>> {
    let case = cases::by_key(&w.tx, case_key)?;
    if case.state != StateName::Resolved {
        return Err(RegisterError::invalid(
            "case",
            case.number,
            "no answer to a decision is awaited",
        ));
    }
    let queued = once(w, case, MessagePurpose::Reminder, Saying::Reminder, now)?;
    hold_back(&w.tx, queued, send_from)
}

/// [`Register::invite_to_survey`] within the caller's transaction; it is sent from `send_from` on.
pub(super) fn queue_survey(
    w: &Writing<'_>,
    case_key: i64,
    now: DateTime<Utc>,
    send_from: DateTime<Utc>,
) -> Result<Option<i64>> {
    let case = cases::by_key(&w.tx, case_key)?;
    let folded = projection::refold(&w.tx, case_key)?;
    let asked = SurveySent { means: Means::Sms }.into();
    if folded.file.survey_sent_at.is_some() || folded.file.state.apply(&asked, None).is_err() {
        return Err(RegisterError::invalid(
            "case",
            case.number,
            "the handling is judged once, when it has ended",
        ));
    }
    let queued = once(w, case, MessagePurpose::Survey, Saying::Survey, now)?;
    hold_back(&w.tx, queued, send_from)
}

/// Lets a message that was queued just now wait until a moment that may lie ahead.
fn hold_back(
    conn: &Connection,
    queued: Option<i64>,
    send_from: DateTime<Utc>,
) -> Result<Option<i64>> {
    if let Some(message_id) = queued {
        conn.execute(
            "UPDATE outbox SET next_attempt_at = max(next_attempt_at, ?2) WHERE message_id = ?1",
            (message_id, to_micros(send_from)),
        )?;
        seal::seal(conn, OUTBOX, message_id)?;
    }
    Ok(queued)
}

/// Queues a message unless one for the same purpose waits.
fn once(
    w: &Writing<'_>,
    case: CaseRow,
    purpose: MessagePurpose,
    saying: Saying<'_>,
    now: DateTime<Utc>,
) -> Result<Option<i64>> {
    let waits: bool = w.tx.query_row(
        "SELECT EXISTS (SELECT 1 FROM outbox
                        WHERE case_key = ?1 AND purpose = ?2 AND state IN ('queued', 'failed'))",
        (case.case_key, purpose.as_str()),
        |row| row.get(0),
    )?;
    if waits {
        return Err(RegisterError::Exists {
            what: "a message waiting for case",
            key: case.number,
        });
    }
    queue(
        w,
        &Queue {
            case_key: case.case_key,
            purpose,
            pass: None,
            saying,
            mark: to_micros(now),
            now,
        },
    )
}

/// A message about to be queued.
#[derive(Debug)]
pub(super) struct Queue<'a> {
    pub case_key: i64,
    pub purpose: MessagePurpose,
    pub pass: Option<u8>,
    pub saying: Saying<'a>,
    /// What causes it, unique for the case and the purpose: the event's position, mostly.
    pub mark: i64,
    pub now: DateTime<Utc>,
}

/// Queues a message to the complainant, by SMS where there is a phone number, else by e-mail (the other way
/// round where the register prefers e-mail). `None` when there is neither.
pub(super) fn queue(w: &Writing<'_>, queue: &Queue<'_>) -> Result<Option<i64>> {
    let case = cases::by_key(&w.tx, queue.case_key)?;
    let person = people::read(&w.tx, case.complainant_id)?.person;
    let by_sms = person.phone.map(|phone| (Means::Sms, phone));
    let by_email = person.email.map(|email| (Means::Email, email));
    let prefers_email = settings::text(&w.tx, Setting::PreferredMeans)? == Means::Email.as_str();
    let way = if prefers_email {
        by_email.or(by_sms)
    } else {
        by_sms.or(by_email)
    };
    let Some((means, recipient)) = way else {
        return Ok(None);
    };
    let idempotency_key = format!("{}/{}/{}", case.number, queue.purpose, queue.mark);
    let covered = match queue.saying.password() {
        Some(password) => Some(sealed_password::cover(&w.tx, &idempotency_key, password)?),
        None => None,
    };
    let saying = match &covered {
        Some(covered) => queue.saying.with_password(covered),
        None => queue.saying,
    };
    let bodies = match queue.purpose {
        MessagePurpose::Remedies => external_remedies::of(&w.tx)?.names(person.language),
        MessagePurpose::Registration
        | MessagePurpose::Acknowledgement
        | MessagePurpose::Question
        | MessagePurpose::Decision
        | MessagePurpose::Reminder
        | MessagePurpose::Survey
        | MessagePurpose::Password
        | MessagePurpose::Alarm => String::new(),
    };
    let body = w.messages.render(
        person.language,
        messages::Setting {
            number: &case.number,
            organisation: &settings::text(&w.tx, Setting::Organisation)?,
            tracking_url: &settings::text(&w.tx, Setting::TrackingUrl)?,
            bodies: &bodies,
        },
        saying,
    );
    let at = to_micros(queue.now);
    w.tx.execute(
        "INSERT INTO outbox (case_key, purpose, pass, means, recipient, body, state, attempts,
                             next_attempt_at, idempotency_key, created_at, checksum)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'queued', 0, ?7, ?8, ?7, x'')",
        (
            queue.case_key,
            queue.purpose.as_str(),
            queue.pass,
            means.as_str(),
            recipient,
            body,
            at,
            idempotency_key,
        ),
    )?;
    let message_id = w.tx.last_insert_rowid();
    seal::seal(&w.tx, OUTBOX, message_id)?;
    Ok(Some(message_id))
}
