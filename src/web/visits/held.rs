//! Files of a form of the desk that could not be taken yet: its sender has to sign in again, or something else in it was
//! wrong. They are held as they came, and come back with the form under a key that only its page knows.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Visits, hash};
use crate::error::Result;
use crate::visit::Upload;

pub(super) const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS held_file (
    file_id    INTEGER PRIMARY KEY,
    key_hash   TEXT NOT NULL, -- of the key in the page
    field      TEXT NOT NULL,
    name       TEXT NOT NULL, -- as the sender claims, and so the type
    media_type TEXT NOT NULL,
    content    BLOB NOT NULL,
    at         INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS held_file_by_key ON held_file (key_hash);";

/// For how long they are held.
const HELD_FOR: TimeDelta = TimeDelta::hours(3);
/// The most bytes of all of them; they have room of their own, so that they take none from complainants.
const MOST_OF_ALL: i64 = 256 << 20;

impl Visits {
    /// Holds the files of a form in place of those that were held under its key. Answers whether there was room.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn hold(&self, key: &str, files: &[Upload], now: DateTime<Utc>) -> Result<bool> {
        let key_hash = hash(key);
        let bytes: usize = files.iter().map(|file| file.content.len()).sum();
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        self.with(|conn| {
            let old = (now - HELD_FOR).timestamp_micros();
            conn.execute(
                "DELETE FROM held_file WHERE at < ?1 OR key_hash = ?2",
                (old, &key_hash),
            )?;
            let of_all: i64 = conn.query_row(
                "SELECT coalesce(sum(length(content)), 0) FROM held_file",
                [],
                |row| row.get(0),
            )?;
            if of_all.saturating_add(bytes) > MOST_OF_ALL {
                return Ok(false);
            }
            for file in files {
                conn.execute(
                    "INSERT INTO held_file (key_hash, field, name, media_type, content, at)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                    (
                        &key_hash,
                        &file.field,
                        &file.name,
                        &file.media_type,
                        &file.content,
                        now.timestamp_micros(),
                    ),
                )?;
            }
            Ok(true)
        })
    }

    /// The files that are held under a key, in the order in which they came.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn held(&self, key: &str) -> Result<Vec<Upload>> {
        self.with(|conn| {
            let mut select = conn.prepare(
                "SELECT field, name, media_type, content FROM held_file WHERE key_hash = ?1 ORDER BY file_id",
            )?;
            let files = select.query_map([hash(key)], |row| {
                Ok(Upload {
                    field: row.get(0)?,
                    name: row.get(1)?,
                    media_type: row.get(2)?,
                    content: row.get(3)?,
                })
            })?;
            files.collect()
        })
    }

    /// Lets the files of a key go: the form was taken, or its sender wants them no more.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn let_go(&self, key: &str) -> Result<()> {
        self.with(|conn| conn.execute("DELETE FROM held_file WHERE key_hash = ?1", [hash(key)]))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(field: &str, name: &str) -> Upload {
        Upload {
            field: field.to_owned(),
            name: name.to_owned(),
            media_type: "image/jpeg".to_owned(),
            content: vec![7; 3],
        }
    }

    #[test]
    fn files_come_back_to_their_form_alone_until_it_is_taken() {
        let dir = tempfile::tempdir().unwrap();
        let visits = Visits::open(&dir.path().join("register.sqlite")).unwrap();
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let files = [file("files", "a.jpg"), file("files", "b.jpg")];
        assert!(visits.hold("k", &files, now).unwrap());
        let held = visits.held("k").unwrap();
        let names: Vec<&str> = held.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(names, ["a.jpg", "b.jpg"]);
        assert!(visits.held("other").unwrap().is_empty());
        // The same form sent again holds what it holds now, and not everything twice.
        assert!(visits.hold("k", &files[1..], now).unwrap());
        let held = visits.held("k").unwrap();
        assert_eq!(held.len(), 1);
        assert_eq!((held[0].name.as_str(), held[0].content.len()), ("b.jpg", 3));
        visits.let_go("k").unwrap();
        assert!(visits.held("k").unwrap().is_empty());
    }

    #[test]
    fn nobody_fills_the_disk_and_nothing_is_held_for_ever() {
        let dir = tempfile::tempdir().unwrap();
        let visits = Visits::open(&dir.path().join("register.sqlite")).unwrap();
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        visits.hold("old", &[file("f", "x.jpg")], now).unwrap();
        let later = now + HELD_FOR + TimeDelta::seconds(1);
        visits.hold("new", &[file("f", "y.jpg")], later).unwrap();
        assert!(visits.held("old").unwrap().is_empty());
        let full = MOST_OF_ALL - 3;
        visits
            .with(|conn| conn.execute("UPDATE held_file SET content = zeroblob(?1)", [full]))
            .unwrap();
        assert!(visits.hold("a", &[file("f", "z.jpg")], later).unwrap());
        assert!(!visits.hold("b", &[file("f", "z.jpg")], later).unwrap());
    }
}
