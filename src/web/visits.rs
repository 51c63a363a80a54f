//! Sessions and tries, in a small database beside the register: `<register>.visits`.
//!
//! They are no records of complaints: they are kept out of the register, its chain and its backups, and
//! losing them only means to sign in again. They are on disk so that a restart forgets no failed try.
//! A token is stored as its SHA-256, so the file opens no session.

use std::net::IpAddr;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, OptionalExtension};

use super::error::{Result, WebError};
use redress_plain::hex::hex;
use redress_plain::sha256;

mod counted;
mod forget;
mod half;
mod held;
mod own;
mod waiting;

pub use forget::forget;
pub use waiting::Keeping;

/// What a session opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opens {
    /// The desk, to this member of staff.
    Desk { staff: String },
    /// One case, to its complainant.
    Case { case_key: i64 },
}

/// What is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Try {
    SignIn,
    /// The code after the password.
    Code,
    Track,
    NewPassword,
    Complaint,
}

impl Try {
    const fn as_str(self) -> &'static str {
        match self {
            Try::SignIn => "sign_in",
            Try::Code => "code",
            Try::Track => "track",
            Try::NewPassword => "new_password",
            Try::Complaint => "complaint",
        }
    }

    /// Failed tries for one name, and from one address, within the window. Offices share an address.
    const fn allowed(self) -> (i64, i64) {
        match self {
            Try::SignIn | Try::Code => (8, 40),
            Try::Track => (8, 40),
            Try::NewPassword => (3, 20),
            Try::Complaint => (i64::MAX, 60),
        }
    }

    /// The time over which failed tries add up. Of a million codes three fit at a time: with eight tries an hour, somebody
    /// who knows the password has one chance in 1 700 a day.
    const fn window(self) -> TimeDelta {
        match self {
            Try::Code => KEPT_FOR,
            Try::SignIn | Try::Track | Try::NewPassword | Try::Complaint => WINDOW,
        }
    }
}

/// The time over which most failed tries add up.
pub const WINDOW: TimeDelta = TimeDelta::minutes(15);

/// How long a failed try is known.
const KEPT_FOR: TimeDelta = TimeDelta::hours(1);

/// A desk session ends so long after its last page, and after its beginning.
const DESK: (TimeDelta, TimeDelta) = (TimeDelta::minutes(60), TimeDelta::hours(12));
/// The same of a complainant's session.
const CASE: (TimeDelta, TimeDelta) = (TimeDelta::minutes(30), TimeDelta::hours(4));

/// How long the answer to a form's key is known.
const KEYS_KEPT: TimeDelta = TimeDelta::days(2);

/// After this time a form that was begun to be recorded is taken to have failed: its process died.
const RESERVED_FOR: TimeDelta = TimeDelta::minutes(2);

/// What became of reserving a form's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reserved {
    /// It is the caller's: record the form, then [`Visits::remember`] what became of it.
    Yours,
    /// The same form is being recorded at this moment.
    Busy,
    /// The same form was recorded before; what became of it.
    Done(String),
}

/// The store of sessions and tries.
#[derive(Debug)]
pub struct Visits {
    conn: Mutex<Connection>,
    path: String,
}

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS session (
    token_hash TEXT PRIMARY KEY,
    staff      TEXT,
    case_key   INTEGER,
    began_at   INTEGER NOT NULL,
    seen_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS attempt (
    what  TEXT NOT NULL,
    whom  TEXT NOT NULL, -- hash of a name or number, or an address
    at    INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS attempt_by_whom ON attempt (what, whom, at);
CREATE TABLE IF NOT EXISTS form_key (
    key_hash TEXT PRIMARY KEY,
    outcome  TEXT NOT NULL,
    at       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;";

/// Ends all sessions of a member of staff at the pages of a register: another process has changed how they sign in.
///
/// # Errors
/// When the store of visits is there and cannot be written.
pub fn end_sessions(register: &Path, staff: &str) -> Result<()> {
    match Path::new(&path_of(register)).exists() {
        true => Visits::open(register)?.end_all_of(staff),
        // Nobody ever signed in here.
        false => Ok(()),
    }
}

fn path_of(register: &Path) -> String {
    let mut path = register.as_os_str().to_owned();
    path.push(".visits");
    path.to_string_lossy().into_owned()
}

/// Makes the file where there is none, and lets nobody but its owner read it: files that people chose wait in it. The
/// files that SQLite makes beside it have its mode. Whatever cannot be done here the opening of the store says.
fn keep_private(path: &str) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        if options.open(path).is_err() {
            // An older program made it for everybody to read. It is not opened for this: closing it would end the locks
            // that this process holds on it.
            let _ = std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600));
        }
    }
}

impl Visits {
    /// Opens the store beside a register, or makes it.
    ///
    /// # Errors
    /// When the file cannot be opened or written.
    pub fn open(register: &Path) -> Result<Visits> {
        let path = path_of(register);
        keep_private(&path);
        let conn = Connection::open(&path).and_then(|conn| {
            conn.busy_timeout(std::time::Duration::from_secs(5))?;
            conn.pragma_update(None, "journal_mode", "WAL")?;
            conn.pragma_update(None, "synchronous", "NORMAL")?;
            // What is deleted here was said in confidence.
            conn.pragma_update(None, "secure_delete", "ON")?;
            conn.execute_batch(SCHEMA)?;
            conn.execute_batch(waiting::SCHEMA)?;
            conn.execute_batch(held::SCHEMA)?;
            conn.execute_batch(half::SCHEMA)?;
            Ok(conn)
        });
        match conn {
            Ok(conn) => Ok(Visits {
                conn: Mutex::new(conn),
                path,
            }),
            Err(source) => Err(WebError::Visits { path, source }),
        }
    }

    /// Begins a session; answers its token, of which only the hash is kept.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn begin(&self, opens: &Opens, now: DateTime<Utc>) -> Result<String> {
        let token = random_token()?;
        let (staff, case_key) = match opens {
            Opens::Desk { staff } => (Some(staff.as_str()), None),
            Opens::Case { case_key } => (None, Some(*case_key)),
        };
        let at = now.timestamp_micros();
        self.with(|conn| {
            conn.execute(
                "INSERT INTO session (token_hash, staff, case_key, began_at, seen_at) VALUES (?1, ?2, ?3, ?4, ?4)",
                (hash(&token), staff, case_key, at),
            )?;
            // Nobody comes back to those.
            let old = (now - DESK.1).timestamp_micros();
            conn.execute("DELETE FROM session WHERE began_at < ?1", [old])
        })?;
        Ok(token)
    }

    /// What a token opens; `None` when it is unknown or its time is over. Looking counts as being there.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub fn find(&self, token: &str, now: DateTime<Utc>) -> Result<Option<Opens>> {
        let token_hash = hash(token);
        let found: Option<(Option<String>, Option<i64>, i64, i64)> = self.with(|conn| {
            conn.query_row(
                "SELECT staff, case_key, began_at, seen_at FROM session WHERE token_hash = ?1",
                [&token_hash],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
            )
            .optional()
        })?;
        let Some((staff, case_key, began_at, seen_at)) = found else {
            return Ok(None);
        };
        let (opens, (idle, longest)) = match (staff, case_key) {
            (Some(staff), _) => (Opens::Desk { staff }, DESK),
            (None, Some(case_key)) => (Opens::Case { case_key }, CASE),
            (None, None) => return Ok(None),
        };
        let at = now.timestamp_micros();
        if at - seen_at > idle.num_microseconds().unwrap_or(0)
            || at - began_at > longest.num_microseconds().unwrap_or(0)
        {
            self.end(token)?;
            return Ok(None);
        }
        // Once a minute is exact enough, and spares a write for each page.
        if at - seen_at > 60_000_000 {
            self.with(|conn| {
                conn.execute(
                    "UPDATE session SET seen_at = ?2 WHERE token_hash = ?1",
                    (&token_hash, at),
                )
            })?;
        }
        Ok(Some(opens))
    }

    /// Ends a session.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn end(&self, token: &str) -> Result<()> {
        self.with(|conn| conn.execute("DELETE FROM session WHERE token_hash = ?1", [hash(token)]))?;
        Ok(())
    }

    /// Ends all sessions of a member of staff, those half-way too: a password or a second factor was changed, or the
    /// person left.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn end_all_of(&self, staff: &str) -> Result<()> {
        self.with(|conn| {
            conn.execute("DELETE FROM half_way WHERE staff = ?1", [staff])?;
            conn.execute("DELETE FROM session WHERE staff = ?1", [staff])
        })?;
        Ok(())
    }

    /// Refuses when too many tries failed for this name or from this address.
    ///
    /// # Errors
    /// [`WebError::TooMany`]; when the store cannot be read.
    pub fn check(&self, what: Try, name: &str, from: &str, now: DateTime<Utc>) -> Result<()> {
        let (by_name, by_address) = what.allowed();
        if self.failures(what, &named(name), now)? >= by_name
            || self.failures(what, &addressed(from), now)? >= by_address
        {
            return Err(WebError::TooMany {
                wait_minutes: what.window().num_minutes(),
            });
        }
        Ok(())
    }

    /// Whether so many tries failed for a name, from wherever, that no more are looked at.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn is_locked(&self, what: Try, name: &str, now: DateTime<Utc>) -> Result<bool> {
        let (by_name, _) = what.allowed();
        Ok(self.failures(what, &named(name), now)? >= by_name)
    }

    fn failures(&self, what: Try, whom: &str, now: DateTime<Utc>) -> Result<i64> {
        let since = (now - what.window()).timestamp_micros();
        self.with(|conn| {
            conn.query_row(
                "SELECT count(*) FROM attempt WHERE what = ?1 AND whom = ?2 AND at > ?3",
                (what.as_str(), whom, since),
                |row| row.get(0),
            )
        })
    }

    /// Records a failed try (or, of complaints, each one).
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn failed(&self, what: Try, name: &str, from: &str, now: DateTime<Utc>) -> Result<()> {
        let at = now.timestamp_micros();
        self.with(|conn| {
            for whom in [named(name), addressed(from)] {
                conn.execute(
                    "INSERT INTO attempt (what, whom, at) VALUES (?1, ?2, ?3)",
                    (what.as_str(), whom, at),
                )?;
            }
            let old = (now - KEPT_FOR).timestamp_micros();
            conn.execute("DELETE FROM attempt WHERE at < ?1", [old])
        })?;
        Ok(())
    }

    /// What became of the form with this key, when it was sent before: a form that is sent twice counts once.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn outcome(&self, form_key: &str) -> Result<Option<String>> {
        self.with(|conn| {
            conn.query_row(
                "SELECT outcome FROM form_key WHERE key_hash = ?1 AND outcome <> ''",
                [hash(form_key)],
                |row| row.get(0),
            )
            .optional()
        })
    }

    /// Takes a form's key before the form is recorded, so that of two sendings at the same moment only one is.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn reserve(&self, form_key: &str, now: DateTime<Utc>) -> Result<Reserved> {
        let at = now.timestamp_micros();
        let dead = (now - RESERVED_FOR).timestamp_micros();
        self.with(|conn| {
            let taken = conn.execute(
                "INSERT INTO form_key (key_hash, outcome, at) VALUES (?1, '', ?2)
                 ON CONFLICT (key_hash) DO UPDATE SET at = excluded.at WHERE outcome = '' AND at < ?3",
                (hash(form_key), at, dead),
            )?;
            if taken > 0 {
                return Ok(Reserved::Yours);
            }
            let outcome: String = conn.query_row(
                "SELECT outcome FROM form_key WHERE key_hash = ?1",
                [hash(form_key)],
                |row| row.get(0),
            )?;
            Ok(match outcome.is_empty() {
                true => Reserved::Busy,
                false => Reserved::Done(outcome),
            })
        })
    }

    /// Gives a reserved key back: the form was not recorded, and may be sent again.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn release(&self, form_key: &str) -> Result<()> {
        self.with(|conn| {
            conn.execute(
                "DELETE FROM form_key WHERE key_hash = ?1 AND outcome = ''",
                [hash(form_key)],
            )
        })?;
        Ok(())
    }

    /// Remembers what became of a form.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn remember(&self, form_key: &str, outcome: &str, now: DateTime<Utc>) -> Result<()> {
        self.with(|conn| {
            conn.execute(
                "INSERT OR REPLACE INTO form_key (key_hash, outcome, at) VALUES (?1, ?2, ?3)",
                (hash(form_key), outcome, now.timestamp_micros()),
            )?;
            let old = (now - KEYS_KEPT).timestamp_micros();
            conn.execute("DELETE FROM form_key WHERE at < ?1", [old])
        })?;
        Ok(())
    }

    fn with<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        let conn: MutexGuard<'_, Connection> =
            self.conn.lock().unwrap_or_else(PoisonError::into_inner);
        work(&conn).map_err(|source| WebError::Visits {
            path: self.path.clone(),
            source,
        })
    }
}

/// 32 random bytes in hexadecimal: a session's token, a form's key.
pub fn random_token() -> Result<String> {
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes)?;
    Ok(hex(&bytes))
}

fn hash(token: &str) -> String {
    hex(&sha256::digest(token.as_bytes()))
}

/// A name in the list of tries; hashed, since people type passwords into the wrong field.
fn named(name: &str) -> String {
    format!("n:{}", &hash(&name.trim().to_lowercase())[..32])
}

/// An address in the list of tries. A network of IPv6 is one: whoever has one of its addresses has them all (RFC 6177
/// gives no site less than a /64).
fn addressed(from: &str) -> String {
    match from.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(IpAddr::V6(address)) => {
            let network = address.to_bits() >> 64;
            format!("a:{network:016x}/64")
        }
        Ok(IpAddr::V4(address)) => format!("a:{address}"),
        Err(_) => format!("a:{from}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> (tempfile::TempDir, Visits) {
        let dir = tempfile::tempdir().unwrap();
        let visits = Visits::open(&dir.path().join("register.sqlite")).unwrap();
        (dir, visits)
    }

    #[test]
    fn a_session_opens_until_nobody_came_for_its_time() {
        let (_dir, visits) = store();
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let opens = Opens::Desk {
            staff: "ayse".to_owned(),
        };
        let token = visits.begin(&opens, now).unwrap();
        let at = |minutes| now + TimeDelta::minutes(minutes);
        assert_eq!(visits.find(&token, at(50)).unwrap(), Some(opens.clone()));
        assert_eq!(visits.find(&token, at(105)).unwrap(), Some(opens));
        assert_eq!(visits.find(&token, at(170)).unwrap(), None);
        assert_eq!(visits.find(&token, at(106)).unwrap(), None);
        assert_eq!(visits.find("else", now).unwrap(), None);
    }

    #[test]
    fn a_network_of_ipv6_is_one_address_and_a_mapped_one_is_its_own() {
        assert_eq!(
            addressed("2001:db8:1:2::1"),
            addressed("2001:db8:1:2:ffff::9")
        );
        assert_ne!(addressed("2001:db8:1:2::1"), addressed("2001:db8:1:3::1"));
        assert_eq!(addressed("::ffff:192.0.2.7"), addressed("192.0.2.7"));
        assert_ne!(addressed("192.0.2.7"), addressed("192.0.2.8"));
    }

    #[test]
    #[cfg(unix)]
    fn the_file_is_read_by_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;

        let dir = tempfile::tempdir().unwrap();
        let register = dir.path().join("register.sqlite");
        let path = path_of(&register);
        std::fs::write(&path, "").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        let visits = Visits::open(&register).unwrap();
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        visits.begin(&Opens::Case { case_key: 1 }, now).unwrap();
        for ending in ["", "-wal", "-shm"] {
            let about = std::fs::metadata(format!("{path}{ending}")).unwrap();
            assert_eq!(about.permissions().mode() & 0o777, 0o600, "{ending}");
        }
    }

    #[test]
    fn the_file_holds_no_token() {
        let (dir, visits) = store();
        let now = Utc::now();
        let token = visits.begin(&Opens::Case { case_key: 3 }, now).unwrap();
        for file in std::fs::read_dir(dir.path()).unwrap() {
            let bytes = std::fs::read(file.unwrap().path()).unwrap();
            assert!(!bytes.windows(token.len()).any(|w| w == token.as_bytes()));
        }
    }

    #[test]
    fn of_two_sendings_of_a_form_one_is_recorded() {
        let (_dir, visits) = store();
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        assert_eq!(visits.reserve("k", now).unwrap(), Reserved::Yours);
        assert_eq!(visits.reserve("k", now).unwrap(), Reserved::Busy);
        assert_eq!(visits.outcome("k").unwrap(), None);
        visits.remember("k", "2026-000001", now).unwrap();
        let done = Reserved::Done("2026-000001".to_owned());
        assert_eq!(
            visits.reserve("k", now + TimeDelta::hours(1)).unwrap(),
            done
        );
    }

    #[test]
    fn a_form_that_was_not_recorded_may_be_sent_again() {
        let (_dir, visits) = store();
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        assert_eq!(visits.reserve("k", now).unwrap(), Reserved::Yours);
        visits.release("k").unwrap();
        assert_eq!(visits.reserve("k", now).unwrap(), Reserved::Yours);
        // The process that had it died without a word.
        let later = now + RESERVED_FOR + TimeDelta::seconds(1);
        assert_eq!(visits.reserve("k", later).unwrap(), Reserved::Yours);
    }

    #[test]
    fn tries_add_up_over_a_restart_and_pass_with_time() {
        let (dir, visits) = store();
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        for _ in 0..8 {
            visits
                .check(Try::Track, "2026-000001", "10.0.0.1", now)
                .unwrap();
            visits
                .failed(Try::Track, "2026-000001", "10.0.0.1", now)
                .unwrap();
        }
        drop(visits);
        let visits = Visits::open(&dir.path().join("register.sqlite")).unwrap();
        let other = |name, from, at| visits.check(Try::Track, name, from, at);
        assert!(other("2026-000001", "10.0.0.2", now).is_err());
        assert!(other("2026-000002", "10.0.0.1", now).is_ok());
        assert!(
            other(
                "2026-000001",
                "10.0.0.2",
                now + WINDOW + TimeDelta::seconds(1)
            )
            .is_ok()
        );
    }
}
