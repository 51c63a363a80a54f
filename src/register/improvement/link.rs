//! The links of the chain of actions and records: what each covers, and how one is appended. The metadata of a link are
//! `seq`, `subject`, `number`, `event_no`, `kind`, `recorded_at`, `actor` and `data`, in this order.

use rusqlite::{Connection, OptionalExtension as _};

use super::{Change, Stored, TABLE};
use crate::chain::{self, Hash};
use crate::error::{RegisterError, Result, unreadable};
use crate::{from_micros, settings, to_micros};
use redress_plain::sha256::Sha256;

/// How far behind the last event a clock may be: longer than any write waits.
const CLOCK_TOLERANCE_MICROS: i64 = 60_000_000;

/// Appends an event to a subject.
///
/// # Errors
/// When the clock is behind the last event, or the database refuses.
pub(super) fn append(
    conn: &Connection,
    subject: &str,
    number: u32,
    event_no: u32,
    stored: &Stored,
    change: Change<'_>,
) -> Result<()> {
    let last: Option<i64> = conn.query_row(
        "SELECT max(recorded_at) FROM improvement_event",
        [],
        |row| row.get(0),
    )?;
    // Two processes read their clocks in one order and write in the other: that is no clock that runs backwards.
    let asked = to_micros(change.now);
    let recorded_at = last.map_or(asked, |last| asked.max(last));
    if recorded_at - asked > CLOCK_TOLERANCE_MICROS {
        return Err(RegisterError::ClockBehind {
            now: change.now,
            last: from_micros(recorded_at)?,
        });
    }
    let (seq, previous) = tail(conn)?;
    let data = stored.data.to_string();
    let link = Link {
        seq: seq + 1,
        subject: subject.as_bytes(),
        number: number.into(),
        event_no: event_no.into(),
        kind: stored.kind.as_bytes(),
        recorded_at,
        actor: change.actor.as_bytes(),
        data: data.as_bytes(),
        format: chain::FORMAT,
    };
    conn.prepare_cached(
        "INSERT INTO improvement_event (seq, subject, number, event_no, kind, recorded_at, actor, data, format, hash)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?
    .execute((
        seq + 1,
        subject,
        number,
        event_no,
        &stored.kind,
        recorded_at,
        change.actor,
        &data,
        chain::FORMAT,
        link_hash(&previous, &link).as_slice(),
    ))?;
    Ok(())
}

/// What one link covers besides the previous hash.
pub(crate) struct Link<'a> {
    pub seq: i64,
    pub subject: &'a [u8],
    pub number: i64,
    pub event_no: i64,
    pub kind: &'a [u8],
    pub recorded_at: i64,
    pub actor: &'a [u8],
    pub data: &'a [u8],
    pub format: i64,
}

/// The hash of a link after `previous`.
pub(crate) fn link_hash(previous: &Hash, link: &Link<'_>) -> Hash {
    let mut sha = Sha256::new();
    sha.update(previous);
    chain::number(&mut sha, link.format);
    chain::number(&mut sha, link.seq);
    chain::bytes(&mut sha, Some(link.subject));
    chain::number(&mut sha, link.number);
    chain::number(&mut sha, link.event_no);
    chain::bytes(&mut sha, Some(link.kind));
    chain::number(&mut sha, link.recorded_at);
    chain::bytes(&mut sha, Some(link.actor));
    chain::bytes(&mut sha, Some(link.data));
    sha.finish()
}

/// The hash before the first event.
pub(crate) fn genesis(conn: &Connection) -> Result<Hash> {
    let id = settings::required(conn, settings::REGISTER_ID)?;
    let mut sha = Sha256::new();
    sha.update(b"redress improvement ");
    sha.update(id.as_bytes());
    Ok(sha.finish())
}

/// Position and hash of the last link; the hash before the first where there is none.
pub(super) fn tail(conn: &Connection) -> Result<(i64, Hash)> {
    let last: Option<(i64, Vec<u8>)> = conn
        .prepare_cached("SELECT seq, hash FROM improvement_event ORDER BY seq DESC LIMIT 1")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    match last {
        None => Ok((0, genesis(conn)?)),
        Some((seq, hash)) => {
            let hash = Hash::try_from(hash.as_slice()).map_err(|_| {
                unreadable(
                    TABLE,
                    &format!("seq {seq}"),
                    "its hash is not 32 bytes long",
                )
            })?;
            Ok((seq, hash))
        }
    }
}
