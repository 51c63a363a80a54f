//! The second factor of staff: codes of an authenticator app (RFC 6238) besides the password, and recovery codes for
//! whoever has lost the app.
//!
//! A secret is in force once a code has proved it. It is covered by a key that no backup holds ([`covered`]). A code is
//! taken once: the step of the newest one is kept. Tries are counted where sessions are, not here.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, OptionalExtension};

use super::error::{RegisterError, Result, unreadable};
use super::records::instant;
use super::seal::{self, RECOVERY_CODE, SECOND_FACTOR};
use super::staff::{Staff, find, no_such};
use super::staff_trail::{self, Doing, StaffDeed};
use super::{Register, Setting, Writing, from_micros, secrets, settings, to_micros};
use redress_domain::vocabulary::Role;

mod code;
mod covered;

/// How long a secret waits for the code that proves it.
const PROVED_WITHIN: TimeDelta = TimeDelta::minutes(30);

/// A second factor in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecondFactor {
    pub since: DateTime<Utc>,
    /// Recovery codes that were not used yet.
    pub recovery_codes_left: i64,
}

/// What proved that it is the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// A code of the app.
    Code,
    /// A recovery code; so many are left.
    Recovery { left: i64 },
}

/// A secret that was begun: to be shown to its owner, and to nobody else. It has no `Debug`, so that no log holds it.
#[derive(Clone, PartialEq, Eq)]
pub struct Enrolment {
    secret: Vec<u8>,
    staff: String,
}

impl Enrolment {
    /// The secret in base 32, to be typed into an app by hand.
    pub fn secret(&self) -> String {
        code::base32(&self.secret)
    }

    /// What apps read from a QR code (the key URI format of Google Authenticator).
    pub fn address(&self, issuer: &str) -> String {
        code::address(&self.secret, issuer, &self.staff)
    }
}

/// The row of a person's second factor.
struct Row {
    rowid: i64,
    covered: Vec<u8>,
    begun_at: DateTime<Utc>,
    confirmed_at: Option<DateTime<Utc>>,
    last_step: i64,
}

impl Register {
    /// A person's second factor; `None` where there is none, or none that was proved.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn second_factor(&self, name: &str) -> Result<Option<SecondFactor>> {
        self.read(|conn| {
            let Some(since) = row_of(conn, name)?.and_then(|row| row.confirmed_at) else {
                return Ok(None);
            };
            Ok(Some(SecondFactor {
                since,
                recovery_codes_left: codes_left(conn, name)?,
            }))
        })
    }

    /// Names of those whose second factor is in force.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn with_second_factor(&self) -> Result<BTreeSet<String>> {
        self.read(|conn| {
            let mut select =
                conn.prepare("SELECT staff FROM second_factor WHERE confirmed_at IS NOT NULL")?;
            let names = select.query_map([], |row| row.get::<_, String>(0))?;
            Ok(names.collect::<rusqlite::Result<BTreeSet<String>>>()?)
        })
    }

    /// Whether the setting `second_factor_roles` asks a second factor of a person.
    ///
    /// # Errors
    /// When the setting cannot be read.
    pub fn must_have_second_factor(&self, staff: &Staff) -> Result<bool> {
        self.read(|conn| is_asked_of(conn, staff))
    }

    /// Whether a person must have a second factor and has none.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn owes_second_factor(&self, staff: &Staff) -> Result<bool> {
        self.read(|conn| {
            if !is_asked_of(conn, staff)? {
                return Ok(false);
            }
            let row = row_of(conn, &staff.name)?;
            Ok(row.is_none_or(|row| row.confirmed_at.is_none()))
        })
    }

    /// Begins a second factor with a fresh secret, in the place of one that was never proved.
    ///
    /// # Errors
    /// When there is no such person, one is in force already, or the key of secrets is not to be had.
    pub fn begin_second_factor(&mut self, name: &str, now: DateTime<Utc>) -> Result<Enrolment> {
        let may_make = !self.read(any_in_force)?;
        let key = covered::key(&self.path, may_make)?;
        let secret = secrets::random::<{ code::SECRET_BYTES }>()?;
        let hidden = covered::cover(&key, name, &secret)?;
        self.write(|w| {
            find(&w.tx, name)?.ok_or_else(|| no_such(name))?;
            let written = w.tx.execute(
                "INSERT INTO second_factor (staff, secret, begun_at, confirmed_at, last_step, checksum)
                 VALUES (?1, ?2, ?3, NULL, 0, x'')
                 ON CONFLICT (staff) DO UPDATE SET secret = excluded.secret, begun_at = excluded.begun_at
                 WHERE confirmed_at IS NULL",
                (name, &hidden, to_micros(now)),
            )?;
            match row_of(&w.tx, name)? {
                Some(row) if written == 1 => seal::seal(&w.tx, SECOND_FACTOR, row.rowid),
                Some(_) | None => Err(RegisterError::Exists {
                    what: "second factor of",
                    key: name.to_owned(),
                }),
            }
        })?;
        Ok(Enrolment {
            secret: secret.to_vec(),
            staff: name.to_owned(),
        })
    }

    /// The second factor that was begun and waits for its code; `None` when its time is over.
    ///
    /// # Errors
    /// When the database cannot be read, or the key of secrets is not to be had.
    pub fn begun_second_factor(&self, name: &str, now: DateTime<Utc>) -> Result<Option<Enrolment>> {
        let Some(row) = self.read(|conn| row_of(conn, name))? else {
            return Ok(None);
        };
        if !waits(&row, now) {
            return Ok(None);
        }
        let key = covered::key(&self.path, false)?;
        Ok(Some(Enrolment {
            secret: uncovered(&key, name, &row)?,
            staff: name.to_owned(),
        }))
    }

    /// Proves a begun second factor by a code of the app, which puts it in force; answers ten recovery codes, to be
    /// shown this once. `None`: the code does not fit, or nothing waits for one.
    ///
    /// # Errors
    /// When the database cannot be written, or the key of secrets is not to be had.
    pub fn confirm_second_factor(
        &mut self,
        name: &str,
        entered: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<Vec<String>>> {
        let key = covered::key(&self.path, false)?;
        let codes = code::recovery_codes()?;
        self.write(|w| {
            let Some(row) = row_of(&w.tx, name)?.filter(|row| waits(row, now)) else {
                return Ok(None);
            };
            let secret = uncovered(&key, name, &row)?;
            let Some(step) = code::step(&secret, &code::plain(entered), now)? else {
                return Ok(None);
            };
            w.tx.execute(
                "UPDATE second_factor SET confirmed_at = ?2, last_step = ?3 WHERE rowid = ?1",
                (row.rowid, to_micros(now), step),
            )?;
            seal::seal(&w.tx, SECOND_FACTOR, row.rowid)?;
            put_codes(w, name, &codes)?;
            let doing = Doing::own(name, now);
            staff_trail::note(w, name, StaffDeed::SecondFactorAdded, doing)?;
            Ok(Some(codes.clone()))
        })
    }

    /// Whether a code of the app, or a recovery code, proves that it is the person; it is used up by that. `None`: it
    /// does not fit, was taken before, or the person has no second factor.
    ///
    /// # Errors
    /// When the database cannot be written, or a code of the app is given and the key of secrets is not to be had.
    pub fn check_second_factor(
        &mut self,
        name: &str,
        entered: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<Proof>> {
        let plain = code::plain(entered);
        if !code::is_of_app(&plain) {
            return self.write(|w| take_recovery_code(w, name, &plain, now));
        }
        let key = covered::key(&self.path, false)?;
        self.write(|w| {
            let Some(row) = row_of(&w.tx, name)?.filter(|row| row.confirmed_at.is_some()) else {
                return Ok(None);
            };
            let secret = uncovered(&key, name, &row)?;
            let step = code::step(&secret, &plain, now)?;
            let Some(step) = step.filter(|step| *step > row.last_step) else {
                return Ok(None);
            };
            w.tx.execute(
                "UPDATE second_factor SET last_step = ?2 WHERE rowid = ?1",
                (row.rowid, step),
            )?;
            seal::seal(&w.tx, SECOND_FACTOR, row.rowid)?;
            Ok(Some(Proof::Code))
        })
    }

    /// Ten new recovery codes in the place of the former ones, to be shown this once. The caller has proved who asks.
    ///
    /// # Errors
    /// When the person has no second factor.
    pub fn renew_recovery_codes(&mut self, name: &str, now: DateTime<Utc>) -> Result<Vec<String>> {
        let codes = code::recovery_codes()?;
        self.write(|w| {
            must_have(&w.tx, name)?;
            put_codes(w, name, &codes)?;
            let doing = Doing::own(name, now);
            staff_trail::note(w, name, StaffDeed::RecoveryCodesMade, doing)
        })?;
        Ok(codes)
    }

    /// Takes a person's own second factor away. The caller has proved who asks.
    ///
    /// # Errors
    /// When the person has none.
    pub fn remove_second_factor(&mut self, name: &str, now: DateTime<Utc>) -> Result<()> {
        self.write(|w| {
            must_have(&w.tx, name)?;
            take_away(&w.tx, name)?;
            let doing = Doing::own(name, now);
            staff_trail::note(w, name, StaffDeed::SecondFactorRemoved, doing)
        })
    }

    /// Takes away the second factor of somebody who has lost it. Only an administrator may, and says why.
    ///
    /// # Errors
    /// When the reason is blank, who does it is no administrator who may act, or the person has no second factor.
    pub fn reset_second_factor(&mut self, name: &str, doing: Doing<'_>) -> Result<()> {
        if doing.reason.is_none_or(|reason| reason.trim().is_empty()) {
            return Err(RegisterError::invalid(
                "reason",
                doing.reason.unwrap_or(""),
                "say why the second factor is taken away",
            ));
        }
        self.write(|w| {
            let by = find(&w.tx, doing.by)?.ok_or_else(|| no_such(doing.by))?;
            if !by.active || !by.roles.contains(&Role::Admin) {
                return Err(RegisterError::invalid(
                    "administrator",
                    doing.by,
                    "only an administrator who may act takes a second factor away",
                ));
            }
            must_have(&w.tx, name)?;
            take_away(&w.tx, name)?;
            staff_trail::note(w, name, StaffDeed::SecondFactorReset, doing)
        })
    }
}

fn row_of(conn: &Connection, name: &str) -> Result<Option<Row>> {
    let mut select = conn.prepare_cached(
        "SELECT rowid, secret, begun_at, confirmed_at, last_step FROM second_factor WHERE staff = ?1",
    )?;
    let mut rows = select.query([name])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let confirmed_at: Option<i64> = row.get(3)?;
    Ok(Some(Row {
        rowid: row.get(0)?,
        covered: row.get(1)?,
        begun_at: instant(row, 2)?,
        confirmed_at: confirmed_at.map(from_micros).transpose()?,
        last_step: row.get(4)?,
    }))
}

fn waits(row: &Row, now: DateTime<Utc>) -> bool {
    row.confirmed_at.is_none() && now - row.begun_at <= PROVED_WITHIN
}

fn is_asked_of(conn: &Connection, staff: &Staff) -> Result<bool> {
    let text = settings::text(conn, Setting::SecondFactorRoles)?;
    let asked = settings::staff_roles(&text)
        .ok_or_else(|| unreadable("setting", "second_factor_roles", "it names no roles"))?;
    Ok(staff.roles.iter().any(|role| asked.contains(role)))
}

fn any_in_force(conn: &Connection) -> Result<bool> {
    Ok(conn.query_row(
        "SELECT EXISTS (SELECT 1 FROM second_factor WHERE confirmed_at IS NOT NULL)",
        [],
        |row| row.get(0),
    )?)
}

fn must_have(conn: &Connection, name: &str) -> Result<()> {
    match row_of(conn, name)?.and_then(|row| row.confirmed_at) {
        Some(_) => Ok(()),
        None => Err(RegisterError::NoSuch {
            what: "second factor of",
            key: name.to_owned(),
        }),
    }
}

fn uncovered(key: &[u8], name: &str, row: &Row) -> Result<Vec<u8>> {
    covered::uncover(key, name, &row.covered).ok_or_else(|| {
        unreadable(
            "second_factor",
            name,
            "its secret does not fit the key beside the register",
        )
    })
}

fn take_away(conn: &Connection, name: &str) -> Result<()> {
    conn.execute("DELETE FROM recovery_code WHERE staff = ?1", [name])?;
    conn.execute("DELETE FROM second_factor WHERE staff = ?1", [name])?;
    Ok(())
}

fn put_codes(w: &Writing<'_>, name: &str, codes: &[String]) -> Result<()> {
    w.tx.execute("DELETE FROM recovery_code WHERE staff = ?1", [name])?;
    for code in codes {
        w.tx.execute(
            "INSERT INTO recovery_code (staff, hash, used_at, checksum) VALUES (?1, ?2, NULL, x'')",
            (name, code::hash(name, &code::plain(code)).as_slice()),
        )?;
        seal::seal(&w.tx, RECOVERY_CODE, w.tx.last_insert_rowid())?;
    }
    Ok(())
}

fn codes_left(conn: &Connection, name: &str) -> Result<i64> {
    Ok(conn.query_row(
        "SELECT count(*) FROM recovery_code WHERE staff = ?1 AND used_at IS NULL",
        [name],
        |row| row.get(0),
    )?)
}

fn take_recovery_code(
    w: &Writing<'_>,
    name: &str,
    plain: &str,
    now: DateTime<Utc>,
) -> Result<Option<Proof>> {
    let code_id: Option<i64> =
        w.tx.query_row(
            "SELECT code_id FROM recovery_code WHERE staff = ?1 AND hash = ?2 AND used_at IS NULL",
            (name, code::hash(name, plain).as_slice()),
            |row| row.get(0),
        )
        .optional()?;
    let Some(code_id) = code_id else {
        return Ok(None);
    };
    w.tx.execute(
        "UPDATE recovery_code SET used_at = ?2 WHERE code_id = ?1",
        (code_id, to_micros(now)),
    )?;
    seal::seal(&w.tx, RECOVERY_CODE, code_id)?;
    let doing = Doing::own(name, now);
    staff_trail::note(w, name, StaffDeed::RecoveryCodeUsed, doing)?;
    Ok(Some(Proof::Recovery {
        left: codes_left(&w.tx, name)?,
    }))
}

#[cfg(test)]
mod tests;
