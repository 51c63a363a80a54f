//! Signing in half-way: the password was right, the code is still to come. What is begun here opens nothing; it is no
//! session, and no route looks for it.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::OptionalExtension;

use super::{Visits, hash, random_token};
use crate::error::Result;

pub(super) const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS half_way (
    token_hash TEXT PRIMARY KEY,
    staff      TEXT NOT NULL,
    began_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;";

/// How long the code is waited for.
const WAITED_FOR: TimeDelta = TimeDelta::minutes(10);

impl Visits {
    /// Begins to wait for the code of somebody whose password was right; answers what tells that it is they.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn begin_half(&self, staff: &str, now: DateTime<Utc>) -> Result<String> {
        let token = random_token()?;
        self.with(|conn| {
            conn.execute(
                "INSERT INTO half_way (token_hash, staff, began_at) VALUES (?1, ?2, ?3)",
                (hash(&token), staff, now.timestamp_micros()),
            )?;
            let old = (now - WAITED_FOR).timestamp_micros();
            conn.execute("DELETE FROM half_way WHERE began_at < ?1", [old])
        })?;
        Ok(token)
    }

    /// Whose code is waited for; `None` when the token is unknown or its time is over.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn half(&self, token: &str, now: DateTime<Utc>) -> Result<Option<String>> {
        let since = (now - WAITED_FOR).timestamp_micros();
        self.with(|conn| {
            conn.query_row(
                "SELECT staff FROM half_way WHERE token_hash = ?1 AND began_at >= ?2",
                (hash(token), since),
                |row| row.get(0),
            )
            .optional()
        })
    }

    /// Waits no longer: the code came, or the page was left.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn end_half(&self, token: &str) -> Result<()> {
        self.with(|conn| {
            conn.execute("DELETE FROM half_way WHERE token_hash = ?1", [hash(token)])
        })?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::visits::Opens;

    #[test]
    fn what_is_half_way_opens_nothing_and_ends_after_its_time_or_with_the_persons_sessions() {
        let dir = tempfile::tempdir().unwrap();
        let visits = Visits::open(&dir.path().join("register.sqlite")).unwrap();
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let half = visits.begin_half("ayse", now).unwrap();
        assert_eq!(visits.find(&half, now).unwrap(), None);
        assert_eq!(visits.half(&half, now).unwrap().as_deref(), Some("ayse"));
        let later = now + WAITED_FOR + TimeDelta::seconds(1);
        assert_eq!(visits.half(&half, later).unwrap(), None);
        // A session is not half-way either.
        let opens = Opens::Desk {
            staff: "ayse".to_owned(),
        };
        let session = visits.begin(&opens, now).unwrap();
        assert_eq!(visits.half(&session, now).unwrap(), None);
        visits.end_all_of("ayse").unwrap();
        assert_eq!(visits.half(&half, now).unwrap(), None);
    }
}
