//! Files of a complaint that is still being written: they wait here, so that a page with an error in it
//! costs nobody the photographs that were chosen on an earlier one.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::Connection;

use super::{Visits, hash};
use crate::error::Result;
use crate::uploads::Clean;

/// The first line clears the table of older programs, whose files had no column for the original.
pub(super) const SCHEMA: &str = "
DROP TABLE IF EXISTS waiting_file;
CREATE TABLE IF NOT EXISTS waiting_upload (
    file_id         INTEGER PRIMARY KEY,
    key_hash        TEXT NOT NULL, -- of the form's key
    name            TEXT NOT NULL,
    media_type      TEXT NOT NULL,
    content         BLOB NOT NULL, -- an image without its metadata
    original_sha256 TEXT,          -- of the file as it came, where something was taken out of it
    at              INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS waiting_upload_by_key ON waiting_upload (key_hash);";

/// For how long a file waits for its form.
const KEPT_FOR: TimeDelta = TimeDelta::hours(3);

/// The most files of a form.
const MOST_FILES: i64 = 10;
/// The most bytes of a form's files.
const MOST_OF_FORM: i64 = 32 << 20;
/// The most bytes of all files that wait: strangers fill no disk with forms that they never send.
const MOST_OF_ALL: i64 = 512 << 20;

/// A file that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingFile {
    pub file_id: i64,
    pub name: String,
    pub bytes: i64,
}

/// What became of keeping a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeping {
    Kept,
    /// The form has as many files, or as many bytes, as one may have.
    FormIsFull,
    /// No more files can wait now.
    NoRoom,
}

impl Visits {
    /// Keeps a file until its form is sent.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn keep_file(&self, form_key: &str, file: &Clean, now: DateTime<Utc>) -> Result<Keeping> {
        let key_hash = hash(form_key);
        let bytes = i64::try_from(file.content.len()).unwrap_or(i64::MAX);
        self.with(|conn| {
            drop_old(conn, now)?;
            let (files, of_form): (i64, i64) = conn.query_row(
                "SELECT count(*), coalesce(sum(length(content)), 0) FROM waiting_upload WHERE key_hash = ?1",
                [&key_hash],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )?;
            if files >= MOST_FILES || of_form.saturating_add(bytes) > MOST_OF_FORM {
                return Ok(Keeping::FormIsFull);
            }
            let of_all: i64 = conn.query_row(
                "SELECT coalesce(sum(length(content)), 0) FROM waiting_upload",
                [],
                |row| row.get(0),
            )?;
            if of_all.saturating_add(bytes) > MOST_OF_ALL {
                return Ok(Keeping::NoRoom);
            }
            conn.execute(
                "INSERT INTO waiting_upload (key_hash, name, media_type, content, original_sha256, at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                (
                    &key_hash,
                    &file.name,
                    &file.media_type,
                    &file.content,
                    &file.original_sha256,
                    now.timestamp_micros(),
                ),
            )?;
            Ok(Keeping::Kept)
        })
    }

    /// The files that wait for a form, in the order in which they came.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn files_waiting(&self, form_key: &str) -> Result<Vec<WaitingFile>> {
        self.with(|conn| {
            let mut select = conn.prepare(
                "SELECT file_id, name, length(content) FROM waiting_upload WHERE key_hash = ?1 ORDER BY file_id",
            )?;
            let files = select.query_map([hash(form_key)], |row| {
                Ok(WaitingFile {
                    file_id: row.get(0)?,
                    name: row.get(1)?,
                    bytes: row.get(2)?,
                })
            })?;
            files.collect()
        })
    }

    /// A file that waits for a form; `None` when its time is over.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn waiting_file(&self, form_key: &str, file_id: i64) -> Result<Option<Clean>> {
        self.with(|conn| {
            let mut select = conn.prepare(
                "SELECT name, media_type, content, original_sha256 FROM waiting_upload
                 WHERE key_hash = ?1 AND file_id = ?2",
            )?;
            let mut rows = select.query((hash(form_key), file_id))?;
            match rows.next()? {
                Some(row) => Ok(Some(Clean {
                    name: row.get(0)?,
                    media_type: row.get(1)?,
                    content: row.get(2)?,
                    original_sha256: row.get(3)?,
                })),
                None => Ok(None),
            }
        })
    }

    /// Takes a file away from a form.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn drop_file(&self, form_key: &str, file_id: i64) -> Result<()> {
        self.with(|conn| {
            conn.execute(
                "DELETE FROM waiting_upload WHERE key_hash = ?1 AND file_id = ?2",
                (hash(form_key), file_id),
            )
        })?;
        Ok(())
    }
}

pub(super) fn drop_old(conn: &Connection, now: DateTime<Utc>) -> rusqlite::Result<()> {
    let old = (now - KEPT_FOR).timestamp_micros();
    conn.execute("DELETE FROM waiting_upload WHERE at < ?1", [old])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, bytes: usize) -> Clean {
        Clean {
            name: name.to_owned(),
            media_type: "image/jpeg".to_owned(),
            content: vec![7; bytes],
            original_sha256: Some("00".to_owned()),
        }
    }

    fn store() -> (tempfile::TempDir, Visits, DateTime<Utc>) {
        let dir = tempfile::tempdir().unwrap();
        let visits = Visits::open(&dir.path().join("register.sqlite")).unwrap();
        (
            dir,
            visits,
            DateTime::from_timestamp(1_800_000_000, 0).unwrap(),
        )
    }

    #[test]
    fn a_file_waits_for_its_form_and_for_no_other() {
        let (_dir, visits, now) = store();
        assert_eq!(
            visits.keep_file("a", &file("x.jpg", 3), now).unwrap(),
            Keeping::Kept
        );
        let waiting = visits.files_waiting("a").unwrap();
        assert_eq!((waiting[0].name.as_str(), waiting[0].bytes), ("x.jpg", 3));
        let file_id = waiting[0].file_id;
        assert_eq!(
            visits.waiting_file("a", file_id).unwrap(),
            Some(file("x.jpg", 3))
        );
        assert_eq!(visits.waiting_file("b", file_id).unwrap(), None);
        visits.drop_file("b", file_id).unwrap();
        assert_eq!(visits.files_waiting("a").unwrap().len(), 1);
        visits.drop_file("a", file_id).unwrap();
        assert!(visits.files_waiting("a").unwrap().is_empty());
    }

    #[test]
    fn a_form_takes_ten_files_and_thirty_two_mebibytes() {
        let (_dir, visits, now) = store();
        for _ in 0..MOST_FILES {
            assert_eq!(
                visits.keep_file("a", &file("x.jpg", 1), now).unwrap(),
                Keeping::Kept
            );
        }
        let one_more = visits.keep_file("a", &file("x.jpg", 1), now).unwrap();
        assert_eq!(one_more, Keeping::FormIsFull);
        for _ in 0..3 {
            assert_eq!(
                visits
                    .keep_file("b", &file("x.mp4", 10 << 20), now)
                    .unwrap(),
                Keeping::Kept
            );
        }
        let too_much = visits.keep_file("b", &file("x.mp4", 3 << 20), now).unwrap();
        assert_eq!(too_much, Keeping::FormIsFull);
    }

    #[test]
    fn what_nobody_sent_is_gone_after_its_time() {
        let (_dir, visits, now) = store();
        visits.keep_file("a", &file("x.jpg", 3), now).unwrap();
        let later = now + KEPT_FOR + TimeDelta::seconds(1);
        visits.keep_file("b", &file("y.jpg", 3), later).unwrap();
        assert!(visits.files_waiting("a").unwrap().is_empty());
        assert_eq!(visits.files_waiting("b").unwrap().len(), 1);
    }
}
