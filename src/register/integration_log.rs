//! What was done to the tokens and webhooks of integrations, and by whom: rows are added, and never changed.

use chrono::{DateTime, Utc};
use rusqlite::Connection;
use serde_json::Value;

use super::error::{RegisterError, Result, unreadable};
use super::records::instant;
use super::seal::{self, INTEGRATION_EVENT};
use super::{Register, staff, to_micros};
use redress_domain::vocabulary::words;

words! {
    /// What an integration consists of.
    IntegrationPart { Token = "token", Webhook = "webhook" }
}

words! {
    /// What was done to it.
    IntegrationChange { Created = "created", Revoked = "revoked", Removed = "removed", Retried = "retried" }
}

/// Something that was done to a token or a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntegrationEvent {
    pub part: IntegrationPart,
    /// Of the token or webhook.
    pub name: String,
    pub change: IntegrationChange,
    /// Scopes, kinds, reason …; never a token or a secret.
    pub detail: Value,
    /// Member of staff.
    pub actor: String,
    pub recorded_at: DateTime<Utc>,
}

impl Register {
    /// Everything that was done to tokens and webhooks, oldest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn integration_events(&self) -> Result<Vec<IntegrationEvent>> {
        self.read(|conn| {
            let mut select = conn.prepare(
                "SELECT subject, name, kind, detail, actor, recorded_at FROM integration_event ORDER BY event_id",
            )?;
            let mut rows = select.query([])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let (part, name): (String, String) = (row.get(0)?, row.get(1)?);
                let (change, detail): (String, String) = (row.get(2)?, row.get(3)?);
                let damaged = |why: String| unreadable("integration_event", &name, why);
                found.push(IntegrationEvent {
                    part: part.parse().map_err(|e| damaged(format!("{e}")))?,
                    change: change.parse().map_err(|e| damaged(format!("{e}")))?,
                    detail: serde_json::from_str(&detail).map_err(|e| damaged(e.to_string()))?,
                    actor: row.get(4)?,
                    recorded_at: instant(row, 5)?,
                    name,
                });
            }
            Ok(found)
        })
    }
}

/// Adds an event within the caller's transaction.
///
/// # Errors
/// When the actor is no active member of staff, or the database cannot be written.
pub(super) fn note(conn: &Connection, event: &IntegrationEvent) -> Result<()> {
    match staff::find(conn, &event.actor)? {
        Some(person) if person.active => {}
        Some(_) => {
            return Err(RegisterError::invalid(
                "member of staff",
                &event.actor,
                "somebody who may still act does this",
            ));
        }
        None => {
            return Err(RegisterError::NoSuch {
                what: "member of staff",
                key: event.actor.clone(),
            });
        }
    }
    conn.execute(
        "INSERT INTO integration_event (subject, name, kind, detail, actor, recorded_at, checksum)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, x'')",
        (
            event.part.as_str(),
            &event.name,
            event.change.as_str(),
            event.detail.to_string(),
            &event.actor,
            to_micros(event.recorded_at),
        ),
    )?;
    seal::seal(conn, INTEGRATION_EVENT, conn.last_insert_rowid())
}

/// Refuses names that could not stand in an event, a log line or an address.
pub(super) fn check_name(what: &'static str, name: &str) -> Result<()> {
    let fits = (1..=60).contains(&name.len())
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_.".contains(&b));
    match fits {
        true => Ok(()),
        false => Err(RegisterError::invalid(
            what,
            name,
            "a name has up to sixty small letters a-z, digits, hyphens, underscores and points",
        )),
    }
}
