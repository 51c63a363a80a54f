//! Handing waiting messages to the process that sends them.
//!
//! A claim lasts some minutes: meanwhile no other process gets the message, and after that, when this one died,
//! another does. Of one case the earlier message comes first, and a later one waits until the earlier was sent or
//! given up.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::Connection;

use super::entry::recording_time;
use super::error::Result;
use super::outbox::{COLUMNS, Message, list};
use super::seal::{self, OUTBOX};
use super::{Register, from_micros, sealed_password, to_micros};
use redress_domain::vocabulary::Means;

/// For how long a claimed message is left to the process that claimed it.
pub const LEASE: TimeDelta = TimeDelta::minutes(5);

/// Which messages a process takes.
#[derive(Debug, Clone, Copy)]
pub struct Claim<'a> {
    /// Of these means.
    pub means: &'a [Means],
    /// Not behind a waiting message of the same case for one of these means, whose gateway is out of use just now.
    pub not_behind: &'a [Means],
    /// Those whose time had come by then.
    pub due: DateTime<Utc>,
    /// The claim begins now.
    pub now: DateTime<Utc>,
    /// At most so many, oldest first.
    pub limit: u32,
}

impl Register {
    /// Takes messages whose time has come, of whatever means; see [`Register::claim_messages`].
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn claim_due_messages(&mut self, now: DateTime<Utc>, limit: u32) -> Result<Vec<Message>> {
        self.claim_messages(&Claim {
            means: Means::ALL,
            not_behind: &[],
            due: now,
            now,
            limit,
        })
    }

    /// Takes messages, with their passwords in clear. They are this caller's for a [`LEASE`]; `next_attempt_at`
    /// says until when.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn claim_messages(&mut self, claim: &Claim<'_>) -> Result<Vec<Message>> {
        self.write(|w| {
            let until = from_micros(to_micros(claim.now + LEASE))?;
            let mut claimed = due_by(&w.tx, claim, i64::from(claim.limit))?;
            for message in &mut claimed {
                w.tx.execute(
                    "UPDATE outbox SET next_attempt_at = ?2 WHERE message_id = ?1",
                    (message.message_id, to_micros(until)),
                )?;
                seal::seal(&w.tx, OUTBOX, message.message_id)?;
                message.next_attempt_at = until;
                if let Some(body) = &message.body {
                    message.body = Some(sealed_password::uncover(
                        &w.tx,
                        &message.idempotency_key,
                        body,
                    )?);
                }
            }
            Ok(claimed)
        })
    }

    /// Prolongs a claim, to be called just before the message is sent. Answers false where the message is no
    /// longer this caller's: the claim ran out and another process took it, or it was given up.
    ///
    /// # Errors
    /// When the clock lies behind the register's last event, so that nothing could be recorded of the sending;
    /// when the database cannot be written.
    pub fn keep_claim(&mut self, message: &mut Message, now: DateTime<Utc>) -> Result<bool> {
        let until = from_micros(to_micros(now + LEASE))?;
        let kept = self.write(|w| {
            recording_time(&w.tx, now)?;
            move_claim(&w.tx, message, until, None)
        })?;
        if kept {
            message.next_attempt_at = until;
        }
        Ok(kept)
    }

    /// Gives a claimed message back unsent, to be tried from `from` on. It counts as no attempt: the fault, if
    /// there is one, was not the message's. Answers false where it is no longer this caller's.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn give_back(
        &mut self,
        message: &Message,
        from: DateTime<Utc>,
        fault: Option<&str>,
    ) -> Result<bool> {
        self.write(|w| move_claim(&w.tx, message, from, fault))
    }

    /// How many messages would be sent at `now` if there were a gateway for their means, which is none of these.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn due_without_gateway(&self, served: &[Means], now: DateTime<Utc>) -> Result<u64> {
        let sql = format!(
            "SELECT count(*) FROM outbox INDEXED BY outbox_waiting
             WHERE state IN ('queued', 'failed') AND next_attempt_at <= ?1 AND means NOT IN ({})",
            listed(served)
        );
        let found: i64 =
            self.read(|conn| Ok(conn.query_row(&sql, [to_micros(now)], |row| row.get(0))?))?;
        Ok(found.unsigned_abs())
    }

    /// The messages that would be sent at `now`, oldest first, their passwords masked; nothing is claimed.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn due_messages(&self, now: DateTime<Utc>) -> Result<Vec<Message>> {
        self.read(|conn| {
            let claim = Claim {
                means: Means::ALL,
                not_behind: &[],
                due: now,
                now,
                limit: 0,
            };
            let due = due_by(conn, &claim, -1)?;
            Ok(due.into_iter().map(Message::masked).collect())
        })
    }
}

/// Waiting messages whose time has come, without those that an earlier one of the case holds back.
/// The index is named, since for the order's sake SQLite would rather walk through all that was ever sent.
fn due_by(conn: &Connection, claim: &Claim<'_>, limit: i64) -> Result<Vec<Message>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM outbox AS waiting INDEXED BY outbox_waiting
         WHERE state IN ('queued', 'failed') AND next_attempt_at <= ?1 AND means IN ({})
           AND NOT EXISTS (SELECT 1 FROM outbox AS earlier
                           WHERE earlier.case_key = waiting.case_key
                             AND earlier.message_id < waiting.message_id
                             AND earlier.state IN ('queued', 'failed')
                             AND (earlier.next_attempt_at > ?1 OR earlier.means IN ({})))
         ORDER BY message_id LIMIT ?2",
        listed(claim.means),
        listed(claim.not_behind)
    );
    list(conn, &sql, (to_micros(claim.due), limit))
}

/// Means as SQL lists them; they are words of a closed list, without quotation marks.
fn listed(means: &[Means]) -> String {
    let words: Vec<String> = means.iter().map(|m| format!("'{m}'")).collect();
    words.join(", ")
}

/// Moves the next attempt of a message that is still claimed as this caller knows it.
fn move_claim(
    conn: &Connection,
    message: &Message,
    to: DateTime<Utc>,
    fault: Option<&str>,
) -> Result<bool> {
    let moved = conn.execute(
        "UPDATE outbox SET next_attempt_at = ?3, last_error = COALESCE(?4, last_error)
         WHERE message_id = ?1 AND next_attempt_at = ?2 AND state IN ('queued', 'failed')",
        (
            message.message_id,
            to_micros(message.next_attempt_at),
            to_micros(to),
            fault,
        ),
    )?;
    if moved == 1 {
        seal::seal(conn, OUTBOX, message.message_id)?;
    }
    Ok(moved == 1)
}
