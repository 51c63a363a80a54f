//! One event into the table, linked to the one before it.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, OptionalExtension};

use super::chain::{self, Hash, Link};
use super::error::{RegisterError, Result};
use super::{from_micros, to_micros};
use redress_domain::event::EventBody;
use redress_domain::vocabulary::Role;

/// How far a clock may lag behind the register's last event and still be believed: two processes on
/// one computer read it a moment before they get their turn to write.
const CLOCK_TOLERANCE: TimeDelta = TimeDelta::seconds(60);

/// An event that is about to be recorded.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry<'a> {
    pub case_key: i64,
    pub number: &'a str,
    pub event_no: i64,
    pub occurred_at: DateTime<Utc>,
    pub recorded_at: DateTime<Utc>,
    pub role: Role,
    pub actor: Option<&'a str>,
    pub late_reason: Option<&'a str>,
    pub body: &'a EventBody,
    pub text: Option<&'a str>,
}

/// The end of the chain, to which entries are added.
#[derive(Debug, Clone)]
pub(super) struct Tail {
    pub seq: i64,
    hash: Hash,
}

impl Tail {
    /// The end as it stands in the register.
    pub fn read(conn: &Connection) -> Result<Tail> {
        let (seq, hash) = chain::tail(conn)?;
        Ok(Tail { seq, hash })
    }

    /// Writes an entry after the end; answers its position.
    pub fn add(&mut self, conn: &Connection, entry: &Entry<'_>, salt: &[u8; 16]) -> Result<i64> {
        let text = match entry.text {
            Some(body) => {
                conn.prepare_cached(
                    "INSERT INTO event_text (case_key, salt, body) VALUES (?1, ?2, ?3)",
                )?
                .execute((entry.case_key, salt.as_slice(), body))?;
                Some((
                    conn.last_insert_rowid(),
                    chain::text_hash(salt, body.as_bytes()),
                ))
            }
            None => None,
        };
        let data = entry.body.to_json()?;
        let kind = entry.body.kind().as_str();
        let link = Link {
            seq: self.seq + 1,
            number: entry.number.as_bytes(),
            case_key: entry.case_key,
            event_no: entry.event_no,
            kind: kind.as_bytes(),
            occurred_at: to_micros(entry.occurred_at),
            recorded_at: to_micros(entry.recorded_at),
            role: entry.role.as_str().as_bytes(),
            actor: entry.actor.map(str::as_bytes),
            late_reason: entry.late_reason.map(str::as_bytes),
            data: data.as_bytes(),
            text_id: text.map(|(id, _)| id),
            text_hash: text.as_ref().map(|(_, hash)| hash.as_slice()),
            format: chain::FORMAT,
        };
        let hash = chain::link_hash(&self.hash, &link);
        conn.prepare_cached(
            "INSERT INTO case_event (case_key, event_no, seq, kind, occurred_at, recorded_at, role,
                                     actor, late_reason, data, text_id, text_hash, format, hash)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
        )?
        .execute((
            link.case_key,
            link.event_no,
            link.seq,
            kind,
            link.occurred_at,
            link.recorded_at,
            entry.role.as_str(),
            entry.actor,
            entry.late_reason,
            &data,
            link.text_id,
            link.text_hash,
            link.format,
            hash.as_slice(),
        ))?;
        self.seq = link.seq;
        self.hash = hash;
        Ok(link.seq)
    }
}

/// When an entry made now is recorded: never before the one before it, so that what was known at a
/// past moment is always a beginning of the chain.
pub(super) fn recording_time(conn: &Connection, now: DateTime<Utc>) -> Result<DateTime<Utc>> {
    let now = from_micros(to_micros(now))?;
    let last: Option<i64> = conn
        .prepare_cached("SELECT recorded_at FROM case_event ORDER BY seq DESC LIMIT 1")?
        .query_row([], |row| row.get(0))
        .optional()?;
    match last.map(from_micros).transpose()? {
        Some(last) if now + CLOCK_TOLERANCE < last => Err(RegisterError::ClockBehind { now, last }),
        Some(last) => Ok(now.max(last)),
        None => Ok(now),
    }
}

/// The number that the next event of a case gets.
pub(super) fn next_event_no(conn: &Connection, case_key: i64) -> Result<i64> {
    let last: Option<i64> = conn
        .prepare_cached("SELECT max(event_no) FROM case_event WHERE case_key = ?1")?
        .query_row([case_key], |row| row.get(0))?;
    Ok(last.unwrap_or(0) + 1)
}
