//! The queue of what webhooks are told: filled from the chains of events, handed to the process that sends, tried again
//! with longer and longer waits, and given up in the end.
//!
//! Of one subject an earlier event goes first: a later one waits until the earlier was delivered or given up.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, Row};
use serde_json::json;

use super::error::{RegisterError, Result, unreadable};
use super::integration_log::IntegrationChange;
use super::outbox::wait_after;
use super::records::instant;
use super::seal::{self, WEBHOOK, WEBHOOK_DELIVERY};
use super::webhooks::{Webhook, all, noted, secret, standing};
use super::{LEASE, MessageState, Register, from_micros, settings, to_micros};
use redress_domain::action::ActionId;

/// Attempts before a delivery is given up: with the waits between them, the better part of a day.
pub const WEBHOOK_ATTEMPTS: u32 = 12;
/// How long a delivery is listed after it was taken.
const DELIVERED_KEPT: TimeDelta = TimeDelta::days(90);
/// Events that are read in one transaction.
const AT_A_TIME: i64 = 500;

/// Something that a webhook is to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    pub delivery_id: i64,
    /// Name of the webhook.
    pub webhook: String,
    /// Number of a case or of an action.
    pub subject: String,
    /// `case.decided`, `action.verified` …
    pub kind: String,
    /// What a command on the subject would name as seen: the position of a case's event, the version of an action.
    pub version: i64,
    /// When the event was recorded.
    pub recorded_at: DateTime<Utc>,
    pub state: MessageState,
    pub attempts: u32,
    pub next_attempt_at: DateTime<Utc>,
    pub sent_at: Option<DateTime<Utc>>,
    pub last_error: Option<String>,
    /// Tells it from every other, also in other registers; the same at every attempt.
    pub message_id: String,
}

/// A delivery that is the caller's to send, with all that is needed for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedDelivery {
    pub delivery: Delivery,
    pub webhook: Webhook,
    pub secret: Vec<u8>,
}

const COLUMNS: &str = "d.delivery_id, d.webhook_id, d.chain, d.seq, d.subject, d.kind, d.version, d.recorded_at, d.state, \
                       d.attempts, d.next_attempt_at, d.sent_at, d.last_error, h.name";

/// How a chain is read: its own name, the statement that answers seq, kind, number, version and moment of the events
/// after a position, and the name of the webhook's position.
struct Chain {
    name: &'static str,
    sql: &'static str,
    position: &'static str,
}

const CASES: Chain = Chain {
    name: "case",
    sql:
        "SELECT e.seq, 'case.' || e.kind, c.number, e.seq, e.recorded_at FROM case_event e
          JOIN complaint_case c ON c.case_key = e.case_key WHERE e.seq > ?1 ORDER BY e.seq LIMIT ?2",
    position: "case_seq",
};
/// Other subjects of the chain of improvement are read over: their kind is NULL.
const ACTIONS: Chain = Chain {
    name: "action",
    sql: "SELECT seq, CASE WHEN subject = 'action' THEN 'action.' || kind END, number, event_no, recorded_at
          FROM improvement_event WHERE seq > ?1 ORDER BY seq LIMIT ?2",
    position: "improvement_seq",
};

impl Register {
    /// Queues what happened since each webhook last looked; answers how many deliveries that made.
    ///
    /// # Errors
    /// When the database cannot be written. What was queued before stays, and the next call goes on there.
    pub fn queue_deliveries(&mut self, now: DateTime<Utc>) -> Result<u64> {
        let standing = self.read(|conn| {
            let mut found = all(conn)?;
            found.retain(|webhook| webhook.removed_at.is_none());
            Ok(found)
        })?;
        let mut queued = 0;
        for webhook in standing {
            for chain in [CASES, ACTIONS] {
                while let Some(more) = self.queue_some(&webhook.name, &chain, now)? {
                    queued += more;
                }
            }
        }
        if queued > 0 {
            self.forget_delivered(now)?;
        }
        Ok(queued)
    }

    /// Deletes what was delivered long ago; what was given up stays.
    fn forget_delivered(&mut self, now: DateTime<Utc>) -> Result<()> {
        self.write(|w| {
            w.tx.execute(
                "DELETE FROM webhook_delivery WHERE state = 'sent' AND sent_at < ?1",
                [to_micros(now - DELIVERED_KEPT)],
            )?;
            Ok(())
        })
    }

    /// Reads on in one chain for one webhook; `None` where there is nothing to read.
    fn queue_some(&mut self, name: &str, chain: &Chain, now: DateTime<Utc>) -> Result<Option<u64>> {
        // Most of the time nothing happened: no write is begun for that.
        let waits = self.read(|conn| {
            let webhook = match standing(conn, name) {
                Ok(webhook) => webhook,
                // Removed a moment ago by another process.
                Err(RegisterError::Invalid { .. }) => return Ok(false),
                Err(error) => return Err(error),
            };
            let at = position(&webhook, chain);
            let mut select = conn.prepare_cached(chain.sql)?;
            Ok(select.exists((at, 1))?)
        })?;
        if !waits {
            return Ok(None);
        }
        self.write(|w| {
            let webhook = match standing(&w.tx, name) {
                Err(RegisterError::Invalid { .. }) => return Ok(None),
                found => found?,
            };
            let mut at = position(&webhook, chain);
            let mut queued = 0;
            for event in read_on(&w.tx, chain, at)? {
                at = event.seq;
                let Some(kind) = event.kind.filter(|kind| webhook.takes(kind)) else {
                    continue;
                };
                w.tx.prepare_cached(
                    "INSERT INTO webhook_delivery (webhook_id, chain, seq, subject, kind, version, recorded_at, state,
                                                   attempts, next_attempt_at, created_at, checksum)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'queued', 0, ?8, ?8, x'')",
                )?
                .execute((
                    webhook.webhook_id,
                    chain.name,
                    event.seq,
                    event.subject,
                    kind,
                    event.version,
                    event.recorded_at,
                    to_micros(now),
                ))?;
                seal::seal(&w.tx, WEBHOOK_DELIVERY, w.tx.last_insert_rowid())?;
                queued += 1;
            }
            let sql = format!(
                "UPDATE webhook SET {} = ?2 WHERE webhook_id = ?1",
                chain.position
            );
            w.tx.execute(&sql, (webhook.webhook_id, at))?;
            seal::seal(&w.tx, WEBHOOK, webhook.webhook_id)?;
            Ok(Some(queued))
        })
    }

    /// Takes deliveries that were due at `due`, oldest first, of webhooks other than those that are left alone. They are
    /// this caller's for a [`LEASE`].
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn claim_deliveries(
        &mut self,
        due: DateTime<Utc>,
        now: DateTime<Utc>,
        left_alone: &[i64],
        limit: u32,
    ) -> Result<Vec<ClaimedDelivery>> {
        let left_alone: Vec<String> = left_alone.iter().map(i64::to_string).collect();
        let sql = format!(
            "SELECT {COLUMNS} FROM webhook_delivery d JOIN webhook h ON h.webhook_id = d.webhook_id
             WHERE d.state IN ('queued', 'failed') AND d.next_attempt_at <= ?1 AND h.removed_at IS NULL
               AND d.webhook_id NOT IN ({})
               AND NOT EXISTS (SELECT 1 FROM webhook_delivery AS earlier
                               WHERE earlier.webhook_id = d.webhook_id AND earlier.subject = d.subject
                                 AND earlier.delivery_id < d.delivery_id
                                 AND earlier.state IN ('queued', 'failed'))
             ORDER BY d.delivery_id LIMIT ?2",
            left_alone.join(", ")
        );
        // A look without a write comes first, since mostly nothing is due.
        let any = self.read(|conn| {
            let mut select = conn.prepare(&sql)?;
            Ok(select.exists((to_micros(due), 1))?)
        })?;
        if !any {
            return Ok(Vec::new());
        }
        self.write(|w| {
            let until = to_micros(now + LEASE);
            let deliveries = list(&w.tx, &sql, (to_micros(due), limit))?;
            let mut claimed = Vec::new();
            for mut delivery in deliveries {
                w.tx.execute(
                    "UPDATE webhook_delivery SET next_attempt_at = ?2 WHERE delivery_id = ?1",
                    (delivery.delivery_id, until),
                )?;
                seal::seal(&w.tx, WEBHOOK_DELIVERY, delivery.delivery_id)?;
                delivery.next_attempt_at = from_micros(until)?;
                let webhook = standing(&w.tx, &delivery.webhook)?;
                claimed.push(ClaimedDelivery {
                    secret: secret(&w.tx, &webhook)?,
                    webhook,
                    delivery,
                });
            }
            Ok(claimed)
        })
    }

    /// Gives a claimed delivery back unsent, to be tried from `from` on. It counts as no attempt.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn give_back_delivery(&mut self, delivery_id: i64, from: DateTime<Utc>) -> Result<()> {
        self.write(|w| {
            w.tx.execute(
                "UPDATE webhook_delivery SET next_attempt_at = ?2
                 WHERE delivery_id = ?1 AND state IN ('queued', 'failed')",
                (delivery_id, to_micros(from)),
            )?;
            seal::seal(&w.tx, WEBHOOK_DELIVERY, delivery_id)
        })
    }

    /// Records that a webhook took a delivery. Saying it twice changes nothing.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn delivery_done(&mut self, delivery_id: i64, now: DateTime<Utc>) -> Result<()> {
        self.write(|w| {
            w.tx.execute(
                "UPDATE webhook_delivery
                 SET state = 'sent', sent_at = ?2, attempts = attempts + 1, last_error = NULL
                 WHERE delivery_id = ?1 AND state <> 'sent'",
                (delivery_id, to_micros(now)),
            )?;
            seal::seal(&w.tx, WEBHOOK_DELIVERY, delivery_id)
        })
    }

    /// Records that an attempt failed: it is tried again after a longer wait, or given up when the failure is permanent
    /// or the attempts are used up. Answers where it stands now.
    ///
    /// # Errors
    /// When the database cannot be written, or there is no such delivery.
    pub fn delivery_failed(
        &mut self,
        delivery_id: i64,
        error: &str,
        permanent: bool,
        now: DateTime<Utc>,
    ) -> Result<MessageState> {
        self.write(|w| {
            let attempts: u32 = w.tx.query_row(
                "SELECT attempts + 1 FROM webhook_delivery WHERE delivery_id = ?1",
                [delivery_id],
                |row| row.get(0),
            )?;
            let state = match permanent || attempts >= WEBHOOK_ATTEMPTS {
                true => MessageState::Dead,
                false => MessageState::Failed,
            };
            // What was given up or delivered meanwhile by another process stays so.
            w.tx.execute(
                "UPDATE webhook_delivery SET state = ?2, attempts = ?3, next_attempt_at = ?4, last_error = ?5
                 WHERE delivery_id = ?1 AND state IN ('queued', 'failed')",
                (
                    delivery_id,
                    state.as_str(),
                    attempts,
                    to_micros(now + wait_after(attempts)),
                    error,
                ),
            )?;
            seal::seal(&w.tx, WEBHOOK_DELIVERY, delivery_id)?;
            Ok(state)
        })
    }

    /// Deliveries, newest first; of one webhook or of one state when asked for.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn deliveries(
        &self,
        webhook: Option<&str>,
        state: Option<MessageState>,
        limit: u32,
    ) -> Result<Vec<Delivery>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM webhook_delivery d JOIN webhook h ON h.webhook_id = d.webhook_id
             WHERE (?1 IS NULL OR h.name = ?1) AND (?2 IS NULL OR d.state = ?2)
             ORDER BY d.delivery_id DESC LIMIT ?3"
        );
        self.read(|conn| {
            list(
                conn,
                &sql,
                (webhook, state.map(MessageState::as_str), limit),
            )
        })
    }

    /// Queues the dead deliveries of a webhook again; answers how many.
    ///
    /// # Errors
    /// When there is no such webhook, or `by` is no active member of staff.
    pub fn retry_deliveries(&mut self, name: &str, by: &str, now: DateTime<Utc>) -> Result<u64> {
        self.write(|w| {
            let webhook = standing(&w.tx, name)?;
            let dead = ids(&w.tx, webhook.webhook_id, "state = 'dead'")?;
            for delivery_id in &dead {
                w.tx.execute(
                    "UPDATE webhook_delivery SET state = 'queued', attempts = 0, next_attempt_at = ?2
                     WHERE delivery_id = ?1",
                    (delivery_id, to_micros(now)),
                )?;
                seal::seal(&w.tx, WEBHOOK_DELIVERY, *delivery_id)?;
            }
            let detail = json!({ "deliveries": dead.len() });
            noted(w, name, IntegrationChange::Retried, detail, by, now)?;
            Ok(u64::try_from(dead.len()).unwrap_or(u64::MAX))
        })
    }
}

/// Gives up all that waits for a webhook which is removed.
pub(super) fn give_up(conn: &Connection, webhook_id: i64) -> Result<()> {
    for delivery_id in ids(conn, webhook_id, "state IN ('queued', 'failed')")? {
        conn.execute(
            "UPDATE webhook_delivery SET state = 'dead', last_error = 'the webhook was removed'
             WHERE delivery_id = ?1",
            [delivery_id],
        )?;
        seal::seal(conn, WEBHOOK_DELIVERY, delivery_id)?;
    }
    Ok(())
}

fn ids(conn: &Connection, webhook_id: i64, condition: &str) -> Result<Vec<i64>> {
    let sql = format!(
        "SELECT delivery_id FROM webhook_delivery WHERE webhook_id = ?1 AND {condition} ORDER BY delivery_id"
    );
    let mut select = conn.prepare(&sql)?;
    let found = select.query_map([webhook_id], |row| row.get(0))?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

const fn position(webhook: &Webhook, chain: &Chain) -> i64 {
    match chain.name.as_bytes() {
        b"case" => webhook.case_seq,
        _ => webhook.improvement_seq,
    }
}

/// An event as a chain tells it.
struct Told {
    seq: i64,
    /// `None` where webhooks are not told of it.
    kind: Option<String>,
    subject: String,
    version: i64,
    recorded_at: i64,
}

fn read_on(conn: &Connection, chain: &Chain, after: i64) -> Result<Vec<Told>> {
    let mut select = conn.prepare_cached(chain.sql)?;
    let mut rows = select.query((after, AT_A_TIME))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let subject = match chain.name {
            "case" => row.get(2)?,
            _ => ActionId(row.get(2)?).to_string(),
        };
        found.push(Told {
            seq: row.get(0)?,
            kind: row.get(1)?,
            subject,
            version: row.get(3)?,
            recorded_at: row.get(4)?,
        });
    }
    Ok(found)
}

fn list(conn: &Connection, sql: &str, values: impl rusqlite::Params) -> Result<Vec<Delivery>> {
    let register_id = settings::required(conn, settings::REGISTER_ID)?;
    let mut select = conn.prepare(sql)?;
    let mut rows = select.query(values)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(from_row(row, &register_id)?);
    }
    Ok(found)
}

fn from_row(row: &Row<'_>, register_id: &str) -> Result<Delivery> {
    let delivery_id: i64 = row.get(0)?;
    let (webhook_id, chain, seq): (i64, String, i64) = (row.get(1)?, row.get(2)?, row.get(3)?);
    let state: String = row.get(8)?;
    let sent_at: Option<i64> = row.get(11)?;
    Ok(Delivery {
        delivery_id,
        subject: row.get(4)?,
        kind: row.get(5)?,
        version: row.get(6)?,
        recorded_at: instant(row, 7)?,
        state: state
            .parse()
            .map_err(|e| unreadable("webhook_delivery", &delivery_id.to_string(), e))?,
        attempts: row.get(9)?,
        next_attempt_at: instant(row, 10)?,
        sent_at: sent_at.map(from_micros).transpose()?,
        last_error: row.get(12)?,
        webhook: row.get(13)?,
        message_id: format!("{register_id}.{webhook_id}.{chain}.{seq}"),
    })
}
