//! What the store of visits has of cases that are erased.

use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Visits, path_of, waiting};
use crate::error::Result;

/// For how long a file waits for a form of the desk.
const HELD_FOR: TimeDelta = TimeDelta::hours(3);

/// Ends the complainants' sessions of these cases, clears away what nobody sent in its time, and empties the log. Answers
/// whether nothing of it is left: not while another process reads just then.
///
/// # Errors
/// When the store beside the register is there and cannot be written.
pub fn forget(register: &Path, case_keys: &[i64], now: DateTime<Utc>) -> Result<bool> {
    if !Path::new(&path_of(register)).exists() {
        return Ok(true);
    }
    Visits::open(register)?.with(|conn| {
        let mut end = conn.prepare("DELETE FROM session WHERE case_key = ?1")?;
        for case_key in case_keys {
            end.execute([case_key])?;
        }
        drop(end);
        waiting::drop_old(conn, now)?;
        let old = (now - HELD_FOR).timestamp_micros();
        conn.execute("DELETE FROM held_file WHERE at < ?1", [old])?;
        let busy: i64 = conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        Ok(busy == 0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::uploads::Clean;
    use crate::visits::{Keeping, Opens};

    fn stands_in(folder: &Path, part: &[u8]) -> bool {
        std::fs::read_dir(folder).unwrap().any(|entry| {
            let content = std::fs::read(entry.unwrap().path()).unwrap();
            content.windows(part.len()).any(|window| window == part)
        })
    }

    #[test]
    fn the_sessions_of_an_erased_case_end_and_no_file_is_left_in_the_log() {
        let folder = tempfile::tempdir().unwrap();
        let register = folder.path().join("register.sqlite");
        let began = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        assert!(forget(&register, &[1], began).unwrap(), "there is no store");
        let visits = Visits::open(&register).unwrap();
        let theirs = visits.begin(&Opens::Case { case_key: 1 }, began).unwrap();
        let others = visits.begin(&Opens::Case { case_key: 2 }, began).unwrap();
        let file = Clean {
            name: "Erasmus.txt".to_owned(),
            media_type: "text/plain".to_owned(),
            content: b"Zubeyde Erasmus, +90 555 000 11 22".to_vec(),
            original_sha256: None,
        };
        assert_eq!(
            visits.keep_file("form", &file, began).unwrap(),
            Keeping::Kept
        );
        assert!(stands_in(folder.path(), b"Erasmus"));
        // Of a form that is still being written nothing is taken away.
        forget(&register, &[1], began).unwrap();
        assert!(stands_in(folder.path(), b"Erasmus"));
        let later = began + TimeDelta::hours(3) + TimeDelta::seconds(1);
        assert!(forget(&register, &[1], later).unwrap());
        assert!(!stands_in(folder.path(), b"Erasmus"));
        let soon = began + TimeDelta::minutes(1);
        assert_eq!(visits.find(&theirs, soon).unwrap(), None);
        assert!(visits.find(&others, soon).unwrap().is_some());
    }
}
