//! The password in a waiting message, kept so that nothing of it is left in the register's file once the
//! message was delivered.
//!
//! When rows move, their bytes stay behind in the unused part of a page, where no overwriting reaches them
//! (`docs/db-pragmas.md`). So a waiting message holds its password only under a key of the register, and that key
//! is replaced after passwords were delivered: what is left of them then opens with nothing. The key itself stands in a
//! table of one page, whose rows are overwritten where they are.

use rusqlite::{Connection, OptionalExtension};

use super::error::{Result, unreadable};
use super::outbox::holds_password;
use super::seal::{self, OUTBOX, SECRET};
use super::{BUSY_TIMEOUT_MS, Register, RegisterError, Writing, secrets, settings};
use redress_domain::vocabulary::MessagePurpose;
use redress_plain::hex::{hex, unhex};
use redress_plain::sha256::Hmac;

/// The key in table `secret`.
const KEY: &str = "waiting_password_key";

/// In table `setting` from the delivery of a password until its traces are closed: the message's number.
const DELIVERED: &str = "password_delivered";

/// What stands around a covered password in a text.
const OPENS: &str = "{password:";
const CLOSES: char = '}';

/// What people see in its place.
const MASK: &str = "••••••••••";

impl Register {
    /// Makes what delivered messages left of their passwords in the register's file unreadable: the key that
    /// covered them is replaced, the passwords that still wait are covered anew, and the log is emptied. Does
    /// nothing when no password was delivered since. Answers whether all is done; where another process reads
    /// the register just then, the next call does the rest.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn forget_delivered_passwords(&mut self) -> Result<bool> {
        let Some(delivered) = self.read(|conn| settings::lookup(conn, DELIVERED))? else {
            return Ok(true);
        };
        self.write(replace_key)?;
        let busy: i64 = self
            .conn
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))
            .map_err(|e| RegisterError::from(e).at(&self.path, BUSY_TIMEOUT_MS))?;
        if busy != 0 {
            return Ok(false);
        }
        // A password that was delivered meanwhile left another number, and waits for the next call.
        self.write(|w| settings::remove(&w.tx, DELIVERED, &delivered))?;
        Ok(true)
    }
}

/// The password as a message's text may hold it. `message_key` is the message's idempotency key, which no other
/// message has.
pub(super) fn cover(conn: &Connection, message_key: &str, password: &str) -> Result<String> {
    let key = key(conn)?;
    let covered = veiled(&key, message_key, password.as_bytes());
    Ok(format!("{OPENS}{}{CLOSES}", hex(&covered)))
}

/// A text with its password in clear; one without a covered password as it is.
pub(super) fn uncover(conn: &Connection, message_key: &str, text: &str) -> Result<String> {
    let Some((before, covered, after)) = parts(text) else {
        return Ok(text.to_owned());
    };
    let bytes = unhex(covered)
        .ok_or_else(|| unreadable("outbox", message_key, "its password is no hexadecimal text"))?;
    let password = String::from_utf8(veiled(&key(conn)?, message_key, &bytes))
        .map_err(|_| unreadable("outbox", message_key, "its password does not fit the key"))?;
    Ok(format!("{before}{password}{after}"))
}

/// A text with its password out of sight; `None` where it cannot be told what the password is.
pub(super) fn masked(text: &str) -> Option<String> {
    let (before, _, after) = parts(text)?;
    Some(format!("{before}{MASK}{after}"))
}

/// Notes that the password of this message was delivered.
pub(super) fn note_delivered(conn: &Connection, message_id: i64) -> Result<()> {
    settings::store(conn, DELIVERED, &message_id.to_string())
}

/// Takes another key, and covers with it what waits.
fn replace_key(w: &Writing<'_>) -> Result<()> {
    let waiting = {
        let mut select = w.tx.prepare(
            "SELECT message_id, purpose, idempotency_key, body FROM outbox
             WHERE state <> 'sent' AND body IS NOT NULL",
        )?;
        let mut rows = select.query([])?;
        let mut waiting: Vec<(i64, String, String)> = Vec::new();
        while let Some(row) = rows.next()? {
            let message_key: String = row.get(2)?;
            let purpose: String = row.get(1)?;
            let purpose: MessagePurpose = purpose
                .parse()
                .map_err(|e| unreadable("outbox", &message_key, e))?;
            if holds_password(purpose) {
                waiting.push((row.get(0)?, message_key, row.get(3)?));
            }
        }
        waiting
    };
    let old = key(&w.tx)?;
    let new = secrets::random::<32>()?;
    for (message_id, message_key, body) in waiting {
        let Some((before, covered, after)) = parts(&body) else {
            continue;
        };
        let bytes = unhex(covered).ok_or_else(|| {
            unreadable(
                "outbox",
                &message_key,
                "its password is no hexadecimal text",
            )
        })?;
        let password = veiled(&old, &message_key, &bytes);
        let covered = hex(&veiled(&new, &message_key, &password));
        w.tx.execute(
            "UPDATE outbox SET body = ?2 WHERE message_id = ?1",
            (
                message_id,
                format!("{before}{OPENS}{covered}{CLOSES}{after}"),
            ),
        )?;
        seal::seal(&w.tx, OUTBOX, message_id)?;
    }
    let rowid: i64 =
        w.tx.query_row("SELECT rowid FROM secret WHERE name = ?1", [KEY], |row| {
            row.get(0)
        })?;
    w.tx.execute(
        "UPDATE secret SET value = ?2 WHERE rowid = ?1",
        (rowid, new.as_slice()),
    )?;
    seal::seal(&w.tx, SECRET, rowid)
}

/// The register's key for passwords that wait; made on first use.
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

/// Covers or uncovers: the bytes are joined bit by bit (exclusive or) with HMAC-SHA-256 of the message's key and
/// the block's number. A message has one password and a key of its own, so no stretch of it serves twice.
pub(super) fn veiled(key: &[u8], message_key: &str, bytes: &[u8]) -> Vec<u8> {
    let covers = Hmac::keyed(key);
    bytes
        .chunks(32)
        .enumerate()
        .flat_map(|(block, chunk)| {
            let pad = covers.of(format!("{message_key}\n{block}").as_bytes());
            chunk
                .iter()
                .zip(pad)
                .map(|(byte, pad)| byte ^ pad)
                .collect::<Vec<u8>>()
        })
        .collect()
}

/// What stands before the covered password, itself, and what stands after it.
fn parts(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once(OPENS)?;
    let (covered, after) = rest.split_once(CLOSES)?;
    Some((before, covered, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn covering_twice_gives_the_password_back_and_no_two_messages_look_alike() {
        let key = [7_u8; 32];
        let password = b"k7m2p9x4qd";
        let first = veiled(&key, "2026-000001/registration/1", password);
        let second = veiled(&key, "2026-000002/registration/2", password);
        assert_ne!(first, password);
        assert_ne!(first, second);
        assert_eq!(veiled(&key, "2026-000001/registration/1", &first), password);
        let long: Vec<u8> = (0..100).collect();
        let covered = veiled(&key, "m", &long);
        assert_eq!(veiled(&key, "m", &covered), long);
        assert_ne!(covered[..32], covered[32..64]);
    }

    #[test]
    fn a_masked_text_shows_everything_but_the_password() {
        let text = "number 2026-000001, password {password:00ff}. Follow it here.";
        assert_eq!(
            masked(text).unwrap(),
            format!("number 2026-000001, password {MASK}. Follow it here.")
        );
        assert_eq!(masked("password k7m2p9x4qd"), None);
    }
}
