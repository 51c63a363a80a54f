//! The sessions of a member of staff, to be looked at and ended by their owner.

use chrono::{DateTime, Utc};

use super::{DESK, Visits, hash};
use crate::error::Result;

/// A session of the desk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// What names it in a form: the beginning of its token's hash. It opens nothing.
    pub id: String,
    pub began_at: DateTime<Utc>,
    /// The last page, to the minute.
    pub seen_at: DateTime<Utc>,
    /// Whether it is the one that asks.
    pub is_here: bool,
}

/// Signs of a session's name.
const ID_SIGNS: usize = 32;

impl Visits {
    /// The open sessions of a member of staff, the newest first. `token` is the one that asks.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn sessions_of(
        &self,
        staff: &str,
        token: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<Vec<Session>> {
        let here = token.map(hash);
        let (idle, longest) = DESK;
        let (seen_since, begun_since) = (
            (now - idle).timestamp_micros(),
            (now - longest).timestamp_micros(),
        );
        self.with(|conn| {
            let mut select = conn.prepare(
                "SELECT token_hash, began_at, seen_at FROM session
                 WHERE staff = ?1 AND seen_at >= ?2 AND began_at >= ?3 ORDER BY began_at DESC",
            )?;
            let rows = select.query_map((staff, seen_since, begun_since), |row| {
                let token_hash: String = row.get(0)?;
                Ok(Session {
                    is_here: here.as_ref() == Some(&token_hash),
                    id: token_hash.chars().take(ID_SIGNS).collect(),
                    began_at: moment(row.get(1)?),
                    seen_at: moment(row.get(2)?),
                })
            })?;
            rows.collect()
        })
    }

    /// Ends a session of a member of staff, and nobody else's.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn end_one_of(&self, staff: &str, id: &str) -> Result<()> {
        self.with(|conn| {
            conn.execute(
                "DELETE FROM session WHERE staff = ?1 AND substr(token_hash, 1, ?2) = ?3",
                (staff, i64::try_from(ID_SIGNS).unwrap_or(i64::MAX), id),
            )
        })?;
        Ok(())
    }

    /// Ends all sessions of a member of staff but the one that asks.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn end_others_of(&self, staff: &str, token: &str) -> Result<()> {
        self.with(|conn| {
            conn.execute("DELETE FROM half_way WHERE staff = ?1", [staff])?;
            conn.execute(
                "DELETE FROM session WHERE staff = ?1 AND token_hash <> ?2",
                (staff, hash(token)),
            )
        })?;
        Ok(())
    }
}

fn moment(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::visits::Opens;

    #[test]
    fn everybody_sees_and_ends_their_own_sessions_only() {
        let dir = tempfile::tempdir().unwrap();
        let visits = Visits::open(&dir.path().join("register.sqlite")).unwrap();
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let begin = |staff: &str, at| {
            let staff = staff.to_owned();
            visits.begin(&Opens::Desk { staff }, at).unwrap()
        };
        let first = begin("ayse", now);
        let second = begin("ayse", now + TimeDelta::minutes(5));
        let other = begin("mehmet", now);
        let at = now + TimeDelta::minutes(10);
        let found = visits.sessions_of("ayse", Some(&first), at).unwrap();
        let here: Vec<bool> = found.iter().map(|session| session.is_here).collect();
        assert_eq!(here, [false, true]);
        assert_eq!(found[1].began_at, now);
        // Its name opens nothing, and ends nothing of somebody else's.
        assert_eq!(visits.find(&found[0].id, at).unwrap(), None);
        visits.end_one_of("mehmet", &found[0].id).unwrap();
        assert!(visits.find(&second, at).unwrap().is_some());
        visits.end_one_of("ayse", &found[0].id).unwrap();
        assert_eq!(visits.find(&second, at).unwrap(), None);
        let third = begin("ayse", at);
        visits.end_others_of("ayse", &third).unwrap();
        assert_eq!(visits.find(&first, at).unwrap(), None);
        assert!(visits.find(&third, at).unwrap().is_some());
        assert!(visits.find(&other, at).unwrap().is_some());
        // Who was not there for an hour is not listed as if they were.
        let late = at + TimeDelta::minutes(61);
        assert!(visits.sessions_of("ayse", None, late).unwrap().is_empty());
    }
}
