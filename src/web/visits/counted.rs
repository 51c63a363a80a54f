//! How many are there: sessions that are open, for whoever watches the server.

use chrono::{DateTime, Utc};

use super::{CASE, DESK, Visits};
use crate::error::Result;

/// Sessions that are open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenSessions {
    /// Of staff at the desk.
    pub desk: u64,
    /// Of complainants.
    pub case: u64,
}

impl Visits {
    /// Counts the sessions whose time is not over.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn open_sessions(&self, now: DateTime<Utc>) -> Result<OpenSessions> {
        let since = |(idle, longest): (chrono::TimeDelta, chrono::TimeDelta)| {
            [now - idle, now - longest].map(|at| at.timestamp_micros())
        };
        let count = |column: &str, [seen, began]: [i64; 2]| {
            let sql = format!(
                "SELECT count(*) FROM session WHERE {column} IS NOT NULL AND seen_at >= ?1 AND began_at >= ?2"
            );
            self.with(|conn| conn.query_row(&sql, [seen, began], |row| row.get::<_, i64>(0)))
        };
        Ok(OpenSessions {
            desk: u64::try_from(count("staff", since(DESK))?).unwrap_or(0),
            case: u64::try_from(count("case_key", since(CASE))?).unwrap_or(0),
        })
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::visits::Opens;

    #[test]
    fn a_session_counts_until_its_time_is_over() {
        let dir = tempfile::tempdir().unwrap();
        let visits = Visits::open(&dir.path().join("register.sqlite")).unwrap();
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let staff = Opens::Desk {
            staff: "ayse".to_owned(),
        };
        visits.begin(&staff, now).unwrap();
        visits.begin(&Opens::Case { case_key: 3 }, now).unwrap();
        visits.begin(&Opens::Case { case_key: 3 }, now).unwrap();
        let open = |minutes| visits.open_sessions(now + TimeDelta::minutes(minutes));
        assert_eq!(open(0).unwrap(), OpenSessions { desk: 1, case: 2 });
        // A complainant's session ends after half an hour, one of staff after an hour.
        assert_eq!(open(45).unwrap(), OpenSessions { desk: 1, case: 0 });
        assert_eq!(open(75).unwrap(), OpenSessions { desk: 0, case: 0 });
    }
}
