//! Filling a register from a source that has its own past: a migration, or the sample.
//!
//! Events come in the order in which they were recorded there. They are chained as they come; the
//! projections are folded once per case at the end, by the same strict rules as everywhere.

use std::collections::HashMap;

use chrono::{DateTime, Datelike, Utc};

use super::entry::{Entry, Tail, next_event_no};
use super::error::{RegisterError, Result};
use super::people::{self, Person};
use super::register_case::{CaseHeader, add_case};
use super::{
    BUSY_TIMEOUT_MS, Register, cases, from_micros, local_day, projection, secrets, settings,
    to_micros,
};
use redress_domain::event::EventBody;
use redress_domain::vocabulary::Role;

/// Rows between two commits: large enough that committing costs nothing, small enough for the log.
const ROWS_PER_COMMIT: u32 = 200_000;

/// Page cache while loading, in KiB.
const CACHE_KIB: i64 = 256 * 1024;

/// A case to be loaded; its first event has to be its registration.
#[derive(Debug, Clone, Copy)]
pub struct BulkCase<'a> {
    pub complainant_id: i64,
    pub received_at: DateTime<Utc>,
    /// When it was registered there; the register's own numbers begin with this year.
    pub recorded_at: DateTime<Utc>,
    /// The number it has already; `None`: the next of the register.
    pub number: Option<&'a str>,
    /// An argon2id hash in PHC form.
    pub tracking_hash: Option<&'a str>,
}

/// A case that was loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkCaseRef {
    pub case_key: i64,
    pub number: String,
}

/// An event to be loaded.
#[derive(Debug, Clone, Copy)]
pub struct BulkEvent<'a> {
    pub occurred_at: DateTime<Utc>,
    /// Never before that of the event loaded before it.
    pub recorded_at: DateTime<Utc>,
    pub role: Role,
    pub actor: Option<&'a str>,
    pub late_reason: Option<&'a str>,
    pub body: &'a EventBody,
    pub text: Option<&'a str>,
}

/// What a load brought in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BulkReport {
    pub cases: u64,
    pub events: u64,
}

/// A load that runs. Unless it is finished, the register stays marked as half loaded, and its audit
/// says so.
#[derive(Debug)]
pub struct Loader<'r> {
    register: &'r mut Register,
    tail: Tail,
    recorded_at: i64,
    loaded: HashMap<i64, Loaded>,
    salts: Salts,
    rows: u32,
    events: u64,
    is_open: bool,
}

#[derive(Debug)]
struct Loaded {
    number: Box<str>,
    next_event_no: i64,
}

impl<'r> Loader<'r> {
    /// Begins a load.
    ///
    /// # Errors
    /// When the register cannot be written.
    pub fn begin(register: &'r mut Register) -> Result<Self> {
        let begun = (|| {
            register.conn.pragma_update(None, "synchronous", "NORMAL")?;
            register
                .conn
                .pragma_update(None, "cache_size", -CACHE_KIB)?;
            register.conn.execute_batch("BEGIN IMMEDIATE")?;
            settings::store(&register.conn, settings::LOADING, "1")?;
            Ok((Tail::read(&register.conn)?, last_recorded(register)?))
        })();
        let (tail, recorded_at) =
            begun.map_err(|e: RegisterError| e.at(&register.path, BUSY_TIMEOUT_MS))?;
        Ok(Loader {
            register,
            tail,
            recorded_at,
            loaded: HashMap::new(),
            salts: Salts::default(),
            rows: 0,
            events: 0,
            is_open: true,
        })
    }

    /// Adds a complainant; answers the number. Nobody is recognised: the source knows who is who.
    ///
    /// # Errors
    /// When the register cannot be written.
    pub fn complainant(&mut self, person: &Person) -> Result<i64> {
        self.step(|loader| people::add(&loader.register.conn, person))
    }

    /// Adds a case.
    ///
    /// # Errors
    /// When its number is taken or its complainant unknown.
    pub fn case(&mut self, case: &BulkCase<'_>) -> Result<BulkCaseRef> {
        self.step(|loader| {
            let zone = loader.register.zone;
            let header = CaseHeader {
                number: case.number,
                numbered_in: local_day(case.recorded_at, zone).year(),
                received_month: local_day(case.received_at, zone)
                    .format("%Y-%m")
                    .to_string(),
                received_at: to_micros(case.received_at),
                complainant_id: case.complainant_id,
                tracking_hash: case.tracking_hash,
            };
            let (case_key, number) = add_case(&loader.register.conn, &header)?;
            let loaded = Loaded {
                number: number.as_str().into(),
                next_event_no: 1,
            };
            loader.loaded.insert(case_key, loaded);
            Ok(BulkCaseRef { case_key, number })
        })
    }

    /// Adds an event of a case; answers its position.
    ///
    /// # Errors
    /// When it is recorded before the event before it, happened after it was recorded, or there is no
    /// such case. Whether the workflow allows it shows at the end.
    pub fn event(&mut self, case_key: i64, event: &BulkEvent<'_>) -> Result<i64> {
        let recorded = to_micros(event.recorded_at);
        if recorded < self.recorded_at {
            return Err(RegisterError::ClockBehind {
                now: event.recorded_at,
                last: from_micros(self.recorded_at)?,
            });
        }
        if event.occurred_at > event.recorded_at {
            return Err(RegisterError::InTheFuture {
                kind: event.body.kind(),
                occurred_at: event.occurred_at,
                now: event.recorded_at,
            });
        }
        self.step(|loader| {
            let conn = &loader.register.conn;
            let loaded = match loader.loaded.entry(case_key) {
                std::collections::hash_map::Entry::Occupied(entry) => entry.into_mut(),
                std::collections::hash_map::Entry::Vacant(entry) => entry.insert(Loaded {
                    number: cases::by_key(conn, case_key)?.number.into(),
                    next_event_no: next_event_no(conn, case_key)?,
                }),
            };
            let salt = match event.text {
                Some(_) => loader.salts.next()?,
                None => [0; 16],
            };
            let seq = loader.tail.add(
                conn,
                &Entry {
                    case_key,
                    number: &loaded.number,
                    event_no: loaded.next_event_no,
                    occurred_at: event.occurred_at,
                    recorded_at: event.recorded_at,
                    role: event.role,
                    actor: event.actor,
                    late_reason: event.late_reason,
                    body: event.body,
                    text: event.text,
                },
                &salt,
            )?;
            loaded.next_event_no += 1;
            loader.recorded_at = recorded;
            loader.events += 1;
            Ok(seq)
        })
    }

    /// Folds every loaded case and ends the load.
    ///
    /// # Errors
    /// When the workflow refuses an event: the case's number and the refusal.
    pub fn finish(mut self) -> Result<BulkReport> {
        let mut keys: Vec<i64> = self.loaded.keys().copied().collect();
        keys.sort_unstable();
        for case_key in &keys {
            self.step(|loader| {
                let folded = projection::refold(&loader.register.conn, *case_key);
                match folded {
                    Ok(_) => Ok(()),
                    Err(RegisterError::Refused(why)) => Err(RegisterError::CaseRefused {
                        number: loader
                            .loaded
                            .get(case_key)
                            .map_or_else(String::new, |l| l.number.to_string()),
                        why,
                    }),
                    Err(other) => Err(other),
                }
            })?;
        }
        self.step(|loader| {
            let conn = &loader.register.conn;
            conn.execute("DELETE FROM setting WHERE key = ?1", [settings::LOADING])?;
            conn.execute_batch("COMMIT")?;
            loader.is_open = false;
            conn.execute_batch("PRAGMA optimize")?;
            conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
            Ok(())
        })?;
        Ok(BulkReport {
            cases: keys.len() as u64,
            events: self.events,
        })
    }

    /// One row's work, with a commit when enough have come together.
    fn step<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let outcome = work(self).and_then(|value| {
            self.rows += 1;
            if self.is_open && self.rows >= ROWS_PER_COMMIT {
                self.rows = 0;
                self.register
                    .conn
                    .execute_batch("COMMIT; BEGIN IMMEDIATE")?;
                // Somebody may have written between the two.
                self.tail = Tail::read(&self.register.conn)?;
                self.recorded_at = last_recorded(self.register)?;
            }
            Ok(value)
        });
        outcome.map_err(|e| e.at(&self.register.path, BUSY_TIMEOUT_MS))
    }
}

impl Drop for Loader<'_> {
    fn drop(&mut self) {
        let conn = &self.register.conn;
        // Nothing can be reported from here: a register that refuses these refuses the next step too.
        if self.is_open && !conn.is_autocommit() {
            let _ = conn.execute_batch("ROLLBACK");
        }
        let _ = conn.pragma_update(None, "synchronous", "FULL");
        let _ = conn.pragma_update(None, "cache_size", -2000);
    }
}

fn last_recorded(register: &Register) -> Result<i64> {
    let last: Option<i64> = register
        .conn
        .query_row(
            "SELECT recorded_at FROM case_event ORDER BY seq DESC LIMIT 1",
            [],
            |row| row.get(0),
        )
        .map(Some)
        .or_else(|e| match e {
            rusqlite::Error::QueryReturnedNoRows => Ok(None),
            other => Err(other),
        })?;
    Ok(last.unwrap_or(i64::MIN))
}

/// Random salts, fetched many at a time.
#[derive(Debug)]
struct Salts {
    bytes: [u8; 4096],
    used: usize,
}

impl Default for Salts {
    fn default() -> Self {
        Salts {
            bytes: [0; 4096],
            used: 4096,
        }
    }
}

impl Salts {
    fn next(&mut self) -> Result<[u8; 16]> {
        if self.used == self.bytes.len() {
            self.bytes = secrets::random()?;
            self.used = 0;
        }
        let mut salt = [0; 16];
        salt.copy_from_slice(&self.bytes[self.used..self.used + 16]);
        // A salt that was given out is not kept.
        self.bytes[self.used..self.used + 16].fill(0);
        self.used += 16;
        Ok(salt)
    }
}
