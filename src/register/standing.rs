//! How much there is in the register and what waits in its outbox: figures for whoever watches the server, of nobody.

use chrono::{DateTime, Utc};
use rusqlite::Connection;

use super::error::{Result, unreadable};
use super::outbox::MessageState;
use super::{Register, from_micros};

/// What a register holds, in numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Cases ever registered, merged and voided ones too.
    pub cases: u64,
    /// Messages in each state; a state without any has 0.
    pub messages: Vec<(MessageState, u64)>,
    /// Since when the oldest message waits that is neither sent nor given up.
    pub waits_since: Option<DateTime<Utc>>,
}

impl Register {
    /// Counts cases and messages, by indices alone.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn standing(&self) -> Result<Standing> {
        self.read(|conn| {
            Ok(Standing {
                cases: count(conn, "SELECT count(*) FROM complaint_case")?,
                messages: messages(conn)?,
                waits_since: waits_since(conn)?,
            })
        })
    }

    /// Since when the oldest message waits that is neither sent nor given up.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn messages_wait_since(&self) -> Result<Option<DateTime<Utc>>> {
        self.read(waits_since)
    }
}

fn count(conn: &Connection, sql: &str) -> Result<u64> {
    let n: i64 = conn.query_row(sql, [], |row| row.get(0))?;
    Ok(u64::try_from(n).unwrap_or(0))
}

fn messages(conn: &Connection) -> Result<Vec<(MessageState, u64)>> {
    let mut counted: Vec<(MessageState, u64)> =
        MessageState::ALL.iter().map(|state| (*state, 0)).collect();
    let mut select = conn.prepare_cached("SELECT state, count(*) FROM outbox GROUP BY state")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let code: String = row.get(0)?;
        let state: MessageState = code.parse().map_err(|e| unreadable("outbox", &code, e))?;
        let n: i64 = row.get(1)?;
        for (known, sum) in &mut counted {
            if *known == state {
                *sum = u64::try_from(n).unwrap_or(0);
            }
        }
    }
    Ok(counted)
}

fn waits_since(conn: &Connection) -> Result<Option<DateTime<Utc>>> {
    let oldest: Option<i64> = conn.query_row(
        "SELECT min(created_at) FROM outbox WHERE state IN ('queued', 'failed')",
        [],
        |row| row.get(0),
    )?;
    oldest.map(from_micros).transpose()
}
