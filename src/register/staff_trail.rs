//! What was done to the ways in which staff sign in, by whom and why: passwords, second factors, leaving.
//!
//! A row is written in the transaction of what it tells, is sealed, and stays. No password, secret or code is in one.

use chrono::{DateTime, Utc};

use super::error::{Result, unreadable};
use super::records::instant;
use super::seal::{self, STAFF_EVENT};
use super::{Register, Writing, secrets, to_micros};
use redress_domain::vocabulary::words;

words! {
    /// Something that was done to an account.
    StaffDeed {
        /// The person chose a password.
        PasswordChanged = "password_changed",
        /// Somebody gave the person a password, which has to be changed.
        PasswordReset = "password_reset",
        /// A code proved a new second factor.
        SecondFactorAdded = "second_factor_added",
        /// The person took it away, with password and code.
        SecondFactorRemoved = "second_factor_removed",
        /// An administrator took it away.
        SecondFactorReset = "second_factor_reset",
        /// Ten new recovery codes stand in the place of the former ones.
        RecoveryCodesMade = "recovery_codes_made",
        /// One of them opened the desk.
        RecoveryCodeUsed = "recovery_code_used",
        /// The password was right and so many codes were wrong that none is taken for a while: somebody may know it.
        CodesLocked = "codes_locked",
        /// The person may act no longer.
        Deactivated = "deactivated",
        /// The person may act again.
        Activated = "activated",
    }
}

/// The actor of what nobody of the staff did.
const PROGRAM: &str = "system";

/// A row of the trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffEvent {
    /// Whose account it is.
    pub staff: String,
    pub deed: StaffDeed,
    /// Who did it.
    pub actor: String,
    pub reason: Option<String>,
    pub recorded_at: DateTime<Utc>,
}

/// Who does something to an account, when and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Doing<'d> {
    pub by: &'d str,
    pub reason: Option<&'d str>,
    pub now: DateTime<Utc>,
}

impl Doing<'_> {
    /// Somebody does it to their own account.
    pub const fn own(name: &str, now: DateTime<Utc>) -> Doing<'_> {
        Doing {
            by: name,
            reason: None,
            now,
        }
    }
}

impl Register {
    /// Sets a password that the person chose, and notes that.
    ///
    /// # Errors
    /// When it is shorter than eight characters, or there is no such person.
    pub fn choose_password(&mut self, name: &str, password: &str, doing: Doing<'_>) -> Result<()> {
        let hash = super::staff::hash_chosen(name, password)?;
        self.change_staff(
            name,
            "UPDATE staff SET password_hash = ?2, must_change = 0 WHERE name = ?1",
            &hash,
            Some((StaffDeed::PasswordChanged, doing)),
        )
    }

    /// Gives a person a new password, which is answered and has to be changed, and notes who did.
    ///
    /// # Errors
    /// When there is no such person.
    pub fn give_password(&mut self, name: &str, doing: Doing<'_>) -> Result<String> {
        let password = secrets::new_password()?;
        let hash = secrets::hash_password(&password)?;
        self.change_staff(
            name,
            "UPDATE staff SET password_hash = ?2, must_change = 1 WHERE name = ?1",
            &hash,
            Some((StaffDeed::PasswordReset, doing)),
        )?;
        Ok(password)
    }

    /// Notes that so many codes of a person were wrong, after the right password, that none is taken for a while.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn note_locked_codes(&mut self, name: &str, now: DateTime<Utc>) -> Result<()> {
        self.write(|w| note(w, name, StaffDeed::CodesLocked, Doing::own(PROGRAM, now)))
    }

    /// Lets a person act, or no longer, and notes who did.
    ///
    /// # Errors
    /// When there is no such person.
    pub fn let_act(&mut self, name: &str, active: bool, doing: Doing<'_>) -> Result<()> {
        let deed = match active {
            true => StaffDeed::Activated,
            false => StaffDeed::Deactivated,
        };
        self.change_staff(
            name,
            "UPDATE staff SET active = ?2 WHERE name = ?1",
            &active,
            Some((deed, doing)),
        )
    }

    /// What was done to accounts, the newest first; to one person's when named.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn staff_trail(&self, name: Option<&str>) -> Result<Vec<StaffEvent>> {
        self.read(|conn| {
            let mut select = conn.prepare(
                "SELECT staff, deed, actor, reason, recorded_at, event_id FROM staff_event
                 WHERE ?1 IS NULL OR staff = ?1 ORDER BY event_id DESC",
            )?;
            let mut rows = select.query([name])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let deed: String = row.get(1)?;
                found.push(StaffEvent {
                    staff: row.get(0)?,
                    deed: deed.parse().map_err(|e| {
                        let event_id = row.get::<_, i64>(5).unwrap_or_default();
                        unreadable("staff_event", &event_id.to_string(), e)
                    })?,
                    actor: row.get(2)?,
                    reason: row.get(3)?,
                    recorded_at: instant(row, 4)?,
                });
            }
            Ok(found)
        })
    }
}

/// Notes what is done to an account, within the transaction that does it.
pub(super) fn note(w: &Writing<'_>, name: &str, deed: StaffDeed, doing: Doing<'_>) -> Result<()> {
    w.tx.execute(
        "INSERT INTO staff_event (staff, deed, actor, reason, recorded_at, checksum) VALUES (?1, ?2, ?3, ?4, ?5, x'')",
        (
            name,
            deed.as_str(),
            doing.by,
            doing.reason,
            to_micros(doing.now),
        ),
    )?;
    seal::seal(&w.tx, STAFF_EVENT, w.tx.last_insert_rowid())
}
