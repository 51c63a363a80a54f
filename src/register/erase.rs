//! Erasing what is personal in a case, so that nothing of it is left in the register's files.
//!
//! The chain stays whole: it holds only the hash of a random salt and the text, and the salt goes
//! with the text. The erasure is an event itself.

use chrono::{DateTime, Utc};

use super::append::{Draft, append_in};
use super::attachments::{of_case, seal_row};
use super::entry::recording_time;
use super::error::{RegisterError, Result};
use super::people::{self, Person};
use super::seal::{self, COMPLAINANT, COMPLAINT_CASE, OUTBOX};
use super::{Actor, BUSY_TIMEOUT_MS, Register, Writing, cases, secrets, to_micros};
use redress_domain::event::{Erased, EventKind};

/// What an erasure did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Erasure {
    /// Cases erased now; those erased before are not counted.
    pub cases: usize,
    /// Free texts erased.
    pub texts: usize,
    /// Messages whose recipient and words were erased.
    pub messages: usize,
    /// Attached files deleted.
    pub files: usize,
    /// Complainants erased. One who has further cases stays known to those.
    pub persons: usize,
    /// Whether the write-ahead log could be emptied. If not, another process reads the register at
    /// present, and erasing again after that clears the rest.
    pub clean: bool,
}

impl Register {
    /// Erases what is personal in a case: the complainant (for this case, and altogether when there is
    /// no other), texts, messages, attached files and the tracking password.
    ///
    /// The whole register is rewritten for it, in some seconds per gigabyte; to erase many cases, use
    /// [`Register::erase_many`]. Backups keep what they hold until their own retention ends.
    ///
    /// # Errors
    /// When the rule is blank or there is no such case.
    pub fn erase(
        &mut self,
        case_key: i64,
        rule: &str,
        by: &Actor,
        now: DateTime<Utc>,
    ) -> Result<Erasure> {
        self.erase_many(&[case_key], rule, by, now)
    }

    /// Erases what is personal in several cases, in one transaction.
    ///
    /// # Errors
    /// Those of [`Register::erase`]; then none is erased.
    pub fn erase_many(
        &mut self,
        case_keys: &[i64],
        rule: &str,
        by: &Actor,
        now: DateTime<Utc>,
    ) -> Result<Erasure> {
        if rule.trim().is_empty() {
            return Err(RegisterError::invalid(
                "rule",
                rule,
                "name the rule or the request that asks for it",
            ));
        }
        let mut files = Vec::new();
        let mut done = self.write(|w| {
            let now = recording_time(&w.tx, now)?;
            let mut done = Erasure::default();
            for &case_key in case_keys {
                erase_case(w, case_key, (rule, by, now), &mut done, &mut files)?;
            }
            Ok(done)
        })?;
        done.files = self.drop_unused(&files)?;
        self.drop_left_files(now)?;
        done.clean = self
            .rewrite()
            .map_err(|e| e.at(&self.path, BUSY_TIMEOUT_MS))?;
        Ok(done)
    }

    /// Rewrites the whole file and empties the log: what was overwritten or moved may still stand in
    /// the unused parts of pages, which `secure_delete` does not reach.
    fn rewrite(&self) -> Result<bool> {
        self.conn.execute_batch("VACUUM")?;
        let busy: i64 = self
            .conn
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        Ok(busy == 0)
    }
}

fn erase_case(
    w: &Writing<'_>,
    case_key: i64,
    (rule, by, now): (&str, &Actor, DateTime<Utc>),
    done: &mut Erasure,
    files: &mut Vec<String>,
) -> Result<()> {
    let case = cases::by_key(&w.tx, case_key)?;
    let texts = w.tx.execute(
        "UPDATE event_text SET salt = NULL, body = NULL WHERE case_key = ?1 AND body IS NOT NULL",
        [case_key],
    )?;
    let messages = erase_messages(w, case_key)?;
    let attached = erase_attachments(w, case_key, now, files)?;
    let person = erase_person(w, case_key, case.complainant_id, now, done)?;
    done.texts += texts;
    done.messages += messages;
    // A case that was erased before only gets its remains cleared.
    let before: bool = w.tx.query_row(
        "SELECT EXISTS (SELECT 1 FROM case_event WHERE case_key = ?1 AND kind = ?2)",
        (case_key, EventKind::Erased.as_str()),
        |row| row.get(0),
    )?;
    if before && texts + messages + attached == 0 && !person {
        return Ok(());
    }
    done.cases += 1;
    let erased = Erased {
        rule: rule.to_owned(),
    };
    let salt = secrets::random::<16>()?;
    append_in(w, case_key, Draft::new(now, erased), by, now, &salt)?;
    Ok(())
}

fn erase_messages(w: &Writing<'_>, case_key: i64) -> Result<usize> {
    let ids: Vec<i64> = {
        let mut select = w.tx.prepare(
            "SELECT message_id FROM outbox
             WHERE case_key = ?1 AND (recipient IS NOT NULL OR body IS NOT NULL)",
        )?;
        let ids = select.query_map([case_key], |row| row.get(0))?;
        ids.collect::<rusqlite::Result<_>>()?
    };
    for &id in &ids {
        w.tx.execute(
            "UPDATE outbox SET recipient = NULL, body = NULL, last_error = NULL,
                    state = CASE state WHEN 'sent' THEN 'sent' ELSE 'dead' END
             WHERE message_id = ?1",
            [id],
        )?;
        seal::seal(&w.tx, OUTBOX, id)?;
    }
    Ok(ids.len())
}

fn erase_attachments(
    w: &Writing<'_>,
    case_key: i64,
    now: DateTime<Utc>,
    files: &mut Vec<String>,
) -> Result<usize> {
    let mut count = 0;
    for attachment in of_case(&w.tx, case_key)? {
        if attachment.erased_at.is_none() {
            count += 1;
            w.tx.execute(
                "UPDATE attachment SET name = NULL, erased_at = ?3
                 WHERE sha256 = ?1 AND case_key = ?2",
                (&attachment.sha256, case_key, to_micros(now)),
            )?;
            seal_row(&w.tx, &attachment.sha256, case_key)?;
        }
        files.push(attachment.sha256);
    }
    Ok(count)
}

/// Erases the complainant, or parts the case from one who has other cases. Answers whether anything
/// was left to erase.
fn erase_person(
    w: &Writing<'_>,
    case_key: i64,
    complainant_id: i64,
    now: DateTime<Utc>,
    done: &mut Erasure,
) -> Result<bool> {
    let complainant = people::read(&w.tx, complainant_id)?;
    if complainant.erased_at.is_some() {
        return Ok(false);
    }
    let others: i64 = w.tx.query_row(
        "SELECT count(*) FROM complaint_case WHERE complainant_id = ?1 AND case_key <> ?2",
        (complainant_id, case_key),
        |row| row.get(0),
    )?;
    let emptied = if others == 0 {
        done.persons += 1;
        complainant_id
    } else {
        let nobody = Person {
            name: None,
            phone: None,
            email: None,
            address: None,
            language: complainant.person.language,
        };
        people::add(&w.tx, &nobody)?
    };
    w.tx.execute(
        "UPDATE complainant SET name = NULL, phone = NULL, email = NULL, address = NULL, erased_at = ?2
         WHERE complainant_id = ?1",
        (emptied, to_micros(now)),
    )?;
    seal::seal(&w.tx, COMPLAINANT, emptied)?;
    w.tx.execute(
        "UPDATE complaint_case SET complainant_id = ?2, tracking_hash = NULL WHERE case_key = ?1",
        (case_key, emptied),
    )?;
    seal::seal(&w.tx, COMPLAINT_CASE, case_key)?;
    Ok(true)
}
