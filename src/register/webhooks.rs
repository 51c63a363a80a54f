//! Webhooks: addresses that are told of events of cases and actions.
//!
//! Each webhook has read the two chains of events up to a position of its own. What lies behind it is queued and the
//! position moved in one transaction, so that no event is lost and none is queued twice, whoever recorded it. A delivery
//! holds no words and no names: the number of its subject, the kind and the instant.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, Row};
use serde_json::json;

use super::error::{RegisterError, Result, unreadable};
use super::integration_log::{
    IntegrationChange, IntegrationEvent, IntegrationPart, check_name, note,
};
use super::records::instant;
use super::seal::{self, WEBHOOK};
use super::sealed_password::veiled;
use super::{Register, Writing, from_micros, secrets, to_micros};
use redress_domain::action::ActionBody;
use redress_domain::event::EventKind;

/// The key in table `secret` that covers the secrets of webhooks.
const KEY: &str = "webhook_key";
/// Length of a secret in bytes; the specification asks for 24 to 64.
const SECRET_BYTES: usize = 32;

/// A webhook to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewWebhook {
    /// Given once.
    pub name: String,
    /// Checked by whoever sends to it (`channels::webhook::check_url`).
    pub url: String,
    /// `case.<kind of event>`, `action.<kind of event>`, `case.*`, `action.*`.
    pub kinds: Vec<String>,
    /// Whether it may lead to an address of a private network.
    pub allows_private: bool,
}

/// A webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    pub webhook_id: i64,
    pub name: String,
    pub url: String,
    pub kinds: Vec<String>,
    pub allows_private: bool,
    pub created_at: DateTime<Utc>,
    pub removed_at: Option<DateTime<Utc>>,
    /// Positions up to which it has read the two chains.
    pub(super) case_seq: i64,
    pub(super) improvement_seq: i64,
}

impl Webhook {
    /// Whether it is told of events of this kind.
    pub fn takes(&self, kind: &str) -> bool {
        let all = kind.split_once('.').map(|(subject, _)| subject);
        self.kinds.iter().any(|asked| {
            asked == kind || all.is_some_and(|subject| asked.strip_suffix(".*") == Some(subject))
        })
    }
}

/// Every kind of event that a webhook can be told of.
pub fn webhook_kinds() -> Vec<String> {
    let cases = EventKind::ALL.iter().map(|kind| format!("case.{kind}"));
    let actions = ActionBody::KINDS
        .iter()
        .map(|kind| format!("action.{kind}"));
    cases.chain(actions).collect()
}

pub(super) const COLUMNS: &str = "webhook_id, name, url, kinds, allows_private, created_at, removed_at, case_seq, \
                                  improvement_seq";

impl Register {
    /// Adds a webhook, which is told of what happens from now on; answers its secret, this once.
    ///
    /// # Errors
    /// When the name is taken or unfit, a kind is unknown, or `by` is no active member of staff.
    pub fn add_webhook(
        &mut self,
        new: &NewWebhook,
        by: &str,
        now: DateTime<Utc>,
    ) -> Result<Vec<u8>> {
        check_name("webhook", &new.name)?;
        check_kinds(&new.kinds)?;
        let secret = secrets::random::<SECRET_BYTES>()?;
        self.write(|w| {
            if find(&w.tx, &new.name)?.is_some() {
                return Err(RegisterError::Exists {
                    what: "webhook",
                    key: new.name.clone(),
                });
            }
            let covered = veiled(&key(&w.tx)?, &new.name, &secret);
            w.tx.execute(
                "INSERT INTO webhook (name, url, kinds, secret, allows_private, case_seq, improvement_seq, created_at,
                                      checksum)
                 VALUES (?1, ?2, ?3, ?4, ?5, COALESCE((SELECT max(seq) FROM case_event), 0),
                         COALESCE((SELECT max(seq) FROM improvement_event), 0), ?6, x'')",
                (
                    &new.name,
                    &new.url,
                    json!(new.kinds).to_string(),
                    covered,
                    new.allows_private,
                    to_micros(now),
                ),
            )?;
            seal::seal(&w.tx, WEBHOOK, w.tx.last_insert_rowid())?;
            let detail = json!({
                "url": new.url,
                "kinds": new.kinds,
                "allows_private": new.allows_private,
            });
            noted(w, &new.name, IntegrationChange::Created, detail, by, now)
        })?;
        Ok(secret.to_vec())
    }

    /// Removes a webhook: its secret goes, and what waits for it is given up.
    ///
    /// # Errors
    /// When there is none of this name, it is removed already, or `by` is no active member of staff.
    pub fn remove_webhook(&mut self, name: &str, by: &str, now: DateTime<Utc>) -> Result<()> {
        self.write(|w| {
            let webhook = standing(&w.tx, name)?;
            w.tx.execute(
                "UPDATE webhook SET removed_at = ?2, secret = x'' WHERE webhook_id = ?1",
                (webhook.webhook_id, to_micros(now)),
            )?;
            seal::seal(&w.tx, WEBHOOK, webhook.webhook_id)?;
            super::webhook_queue::give_up(&w.tx, webhook.webhook_id)?;
            noted(w, name, IntegrationChange::Removed, json!({}), by, now)
        })
    }

    /// Every webhook by name, removed ones too.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn webhooks(&self) -> Result<Vec<Webhook>> {
        self.read(all)
    }

    /// A webhook that stands, with its secret in clear.
    ///
    /// # Errors
    /// When there is none of this name, or it is removed.
    pub fn webhook_secret(&self, name: &str) -> Result<(Webhook, Vec<u8>)> {
        self.read(|conn| {
            let webhook = standing(conn, name)?;
            let secret = secret(conn, &webhook)?;
            Ok((webhook, secret))
        })
    }
}

/// Every webhook by name.
pub(super) fn all(conn: &Connection) -> Result<Vec<Webhook>> {
    let sql = format!("SELECT {COLUMNS} FROM webhook ORDER BY name");
    let mut select = conn.prepare_cached(&sql)?;
    let mut rows = select.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(from_row(row)?);
    }
    Ok(found)
}

/// The secret of a webhook in clear.
pub(super) fn secret(conn: &Connection, webhook: &Webhook) -> Result<Vec<u8>> {
    let covered: Vec<u8> = conn.query_row(
        "SELECT secret FROM webhook WHERE webhook_id = ?1",
        [webhook.webhook_id],
        |row| row.get(0),
    )?;
    Ok(veiled(&key(conn)?, &webhook.name, &covered))
}

/// Notes what was done to a webhook.
pub(super) fn noted(
    w: &Writing<'_>,
    name: &str,
    change: IntegrationChange,
    detail: serde_json::Value,
    by: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    note(
        &w.tx,
        &IntegrationEvent {
            part: IntegrationPart::Webhook,
            name: name.to_owned(),
            change,
            detail,
            actor: by.to_owned(),
            recorded_at: now,
        },
    )
}

/// A webhook that is not removed.
pub(super) fn standing(conn: &Connection, name: &str) -> Result<Webhook> {
    match find(conn, name)? {
        Some(webhook) if webhook.removed_at.is_none() => Ok(webhook),
        Some(_) => Err(RegisterError::invalid("webhook", name, "it was removed")),
        None => Err(RegisterError::NoSuch {
            what: "webhook",
            key: name.to_owned(),
        }),
    }
}

fn find(conn: &Connection, name: &str) -> Result<Option<Webhook>> {
    let sql = format!("SELECT {COLUMNS} FROM webhook WHERE name = ?1");
    let found = conn
        .prepare_cached(&sql)?
        .query_row([name], |row| Ok(from_row(row)))
        .optional()?;
    found.transpose()
}

fn from_row(row: &Row<'_>) -> Result<Webhook> {
    let name: String = row.get(1)?;
    let kinds: String = row.get(3)?;
    let removed_at: Option<i64> = row.get(6)?;
    Ok(Webhook {
        webhook_id: row.get(0)?,
        url: row.get(2)?,
        kinds: serde_json::from_str(&kinds).map_err(|e| unreadable("webhook", &name, e))?,
        allows_private: row.get(4)?,
        created_at: instant(row, 5)?,
        removed_at: removed_at.map(from_micros).transpose()?,
        case_seq: row.get(7)?,
        improvement_seq: row.get(8)?,
        name,
    })
}

/// The register's key for the secrets of webhooks; made on first use, which is always a write.
fn key(conn: &Connection) -> Result<Vec<u8>> {
    let found = conn
        .query_row("SELECT value FROM secret WHERE name = ?1", [KEY], |row| {
            row.get(0)
        })
        .optional()?;
    match found {
        Some(key) => Ok(key),
        None => {
            secrets::create(conn, KEY)?;
            secrets::read(conn, KEY)
        }
    }
}

fn check_kinds(kinds: &[String]) -> Result<()> {
    let known = webhook_kinds();
    let fits = |kind: &String| kind == "case.*" || kind == "action.*" || known.contains(kind);
    match kinds.iter().find(|kind| !fits(kind)) {
        None if kinds.is_empty() => Err(RegisterError::invalid(
            "kinds",
            "",
            "name one kind of event or more, such as case.decided or action.*",
        )),
        None => Ok(()),
        Some(unknown) => Err(RegisterError::invalid(
            "kind of event",
            unknown,
            "kinds are case.* and action.*, or one of those that docs/api.md lists",
        )),
    }
}
