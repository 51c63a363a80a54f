//! The hash chain over the events.
//!
//! `hash = SHA-256(previous hash ‖ format ‖ metadata ‖ text hash)`. The metadata are the stored
//! values in a fixed order, each as one tag byte (0 absent, 1 whole number, 2 bytes), its length as
//! eight big-endian bytes, and its bytes; so no two different events have the same bytes. The first
//! event's previous hash is that of the register's own random id.

use rusqlite::{Connection, OptionalExtension};
use serde::{Deserialize, Serialize};

use super::error::{RegisterError, Result};
use super::settings;
use redress_plain::hex::hex;
pub(super) use redress_plain::sha256::Hash;
use redress_plain::sha256::Sha256;

/// The format of the canonical bytes that this program writes.
pub(super) const FORMAT: i64 = 1;

/// The last link of a chain: enough to notice later that a tail was cut or rewritten.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainHead {
    /// Number of events, and the position of the last one; 0 for none.
    pub seq: i64,
    /// SHA-256 of the last link, in hexadecimal.
    pub hash: String,
}

/// What one link covers besides the previous hash: the stored values, as they stand in the table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Link<'a> {
    pub seq: i64,
    pub number: &'a [u8],
    pub case_key: i64,
    pub event_no: i64,
    pub kind: &'a [u8],
    pub occurred_at: i64,
    pub recorded_at: i64,
    pub role: &'a [u8],
    pub actor: Option<&'a [u8]>,
    pub late_reason: Option<&'a [u8]>,
    pub data: &'a [u8],
    pub text_id: Option<i64>,
    pub text_hash: Option<&'a [u8]>,
    pub format: i64,
}

/// The hash of a link after `previous`.
pub(super) fn link_hash(previous: &Hash, link: &Link<'_>) -> Hash {
    let mut sha = Sha256::new();
    sha.update(previous);
    number(&mut sha, link.format);
    number(&mut sha, link.seq);
    bytes(&mut sha, Some(link.number));
    number(&mut sha, link.case_key);
    number(&mut sha, link.event_no);
    bytes(&mut sha, Some(link.kind));
    number(&mut sha, link.occurred_at);
    number(&mut sha, link.recorded_at);
    bytes(&mut sha, Some(link.role));
    bytes(&mut sha, link.actor);
    bytes(&mut sha, link.late_reason);
    bytes(&mut sha, Some(link.data));
    match link.text_id {
        Some(id) => number(&mut sha, id),
        None => bytes(&mut sha, None),
    }
    bytes(&mut sha, link.text_hash);
    sha.finish()
}

/// The hash that stands for a free text in its event, so that the text can be erased alone.
pub(super) fn text_hash(salt: &[u8], body: &[u8]) -> Hash {
    let mut sha = Sha256::new();
    sha.update(salt);
    sha.update(body);
    sha.finish()
}

/// The hash before the first event.
pub(super) fn genesis(conn: &Connection) -> Result<Hash> {
    let id = settings::required(conn, settings::REGISTER_ID)?;
    let mut sha = Sha256::new();
    sha.update(b"redress register ");
    sha.update(id.as_bytes());
    Ok(sha.finish())
}

/// The last event's position and hash.
pub(super) fn tail(conn: &Connection) -> Result<(i64, Hash)> {
    let last: Option<(i64, Vec<u8>)> = conn
        .prepare_cached("SELECT seq, hash FROM case_event ORDER BY seq DESC LIMIT 1")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    match last {
        None => Ok((0, genesis(conn)?)),
        Some((seq, hash)) => {
            let hash = Hash::try_from(hash.as_slice()).map_err(|_| RegisterError::Unreadable {
                table: "case_event",
                key: format!("seq {seq}"),
                why: "its hash is not 32 bytes long".to_owned(),
            })?;
            Ok((seq, hash))
        }
    }
}

/// The head of the chain as it is recorded outside the register.
pub(super) fn head(conn: &Connection) -> Result<ChainHead> {
    let (seq, hash) = tail(conn)?;
    Ok(ChainHead {
        seq,
        hash: hex(&hash),
    })
}

/// Feeds a whole number, tagged and with its length.
pub(super) fn number(sha: &mut Sha256, value: i64) {
    let mut field = [0u8; 17];
    field[0] = 1;
    field[8] = 8;
    field[9..].copy_from_slice(&value.to_be_bytes());
    sha.update(field);
}

/// Feeds bytes or their absence, tagged and with their length.
pub(super) fn bytes(sha: &mut Sha256, value: Option<&[u8]>) {
    match value {
        None => sha.update([0u8]),
        Some(value) => {
            let mut field = [0u8; 9];
            field[0] = 2;
            field[1..].copy_from_slice(&(value.len() as u64).to_be_bytes());
            sha.update(field);
            sha.update(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINK: Link<'static> = Link {
        seq: 1,
        number: b"2026-000001",
        case_key: 1,
        event_no: 1,
        kind: b"note_added",
        occurred_at: 0,
        recorded_at: 0,
        role: b"agent",
        actor: Some(b"ab"),
        late_reason: Some(b"c"),
        data: b"{}",
        text_id: None,
        text_hash: None,
        format: 1,
    };

    #[test]
    fn a_byte_that_moves_to_the_next_field_changes_the_hash() {
        let moved = Link {
            actor: Some(b"a"),
            late_reason: Some(b"bc"),
            ..LINK
        };
        let absent = Link {
            late_reason: None,
            ..LINK
        };
        let empty = Link {
            late_reason: Some(b""),
            ..LINK
        };
        let hashes = [LINK, moved, absent, empty].map(|l| link_hash(&[0; 32], &l));
        for (i, a) in hashes.iter().enumerate() {
            for b in &hashes[i + 1..] {
                assert_ne!(a, b);
            }
        }
    }

    #[test]
    fn the_hash_is_that_of_the_documented_bytes() {
        // Computed with Python's hashlib from the description at the head of this file:
        // tests/oracle/register/chain.py prints it.
        assert_eq!(
            hex(&link_hash(&[0; 32], &LINK)),
            "0397dbf513e4a0d83b55b0817c3af6dceaa641d978fe0120cb88280aff5bbd68"
        );
    }
}
