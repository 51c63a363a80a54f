//! The staff list: who may act, in which roles, and how much they may grant alone (P5, P7).

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::{Connection, OptionalExtension, Row};

use super::error::{RegisterError, Result, unreadable};
use super::records::{day, instant};
use super::seal::{self, STAFF, TRAINING};
use super::staff_trail::{self, Doing, StaffDeed};
use super::{Register, secrets, to_micros};
use redress_domain::event::MinorUnits;
use redress_domain::vocabulary::Role;

/// A member of staff to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewStaff {
    /// The name that events carry.
    pub name: String,
    pub roles: Vec<Role>,
    pub department: Option<String>,
    pub site: Option<String>,
    /// What the person may grant alone, in minor units; `None`: no limit.
    pub discretion_minor: Option<MinorUnits>,
}

/// A member of staff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staff {
    pub name: String,
    pub roles: Vec<Role>,
    pub department: Option<String>,
    pub site: Option<String>,
    /// What the person may grant alone, in minor units; `None`: no limit.
    pub discretion_minor: Option<MinorUnits>,
    /// Whether a password is set.
    pub can_sign_in: bool,
    /// Whether the password was given by somebody else and has to be changed.
    pub must_change: bool,
    pub active: bool,
}

/// A course that a member of staff took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Training {
    pub staff: String,
    pub course: String,
    pub held_on: NaiveDate,
    /// What proves it.
    pub evidence: Option<String>,
    pub recorded_at: DateTime<Utc>,
}

const COLUMNS: &str =
    "name, roles, department, site, discretion_minor, password_hash, must_change, active";

/// Passwords that people choose have at least so many characters (NIST SP 800-63B, 5.1.1.1).
const SHORTEST_PASSWORD: usize = 8;

impl Register {
    /// Adds a member of staff with a first password, which is answered and has to be changed.
    ///
    /// # Errors
    /// When the name is blank or taken, or no role is given.
    pub fn add_staff(&mut self, new: &NewStaff) -> Result<String> {
        check_name(&new.name)?;
        check_roles(&new.roles)?;
        check_discretion(new.discretion_minor)?;
        let password = secrets::new_password()?;
        let hash = secrets::hash_password(&password)?;
        self.write(|w| {
            if find(&w.tx, &new.name)?.is_some() {
                return Err(RegisterError::Exists {
                    what: "member of staff",
                    key: new.name.clone(),
                });
            }
            w.tx.execute(
                "INSERT INTO staff (name, roles, department, site, password_hash, must_change,
                                    discretion_minor, active, checksum)
                 VALUES (?1, ?2, ?3, ?4, ?5, 1, ?6, 1, x'')",
                (
                    &new.name,
                    roles_json(&new.roles),
                    &new.department,
                    &new.site,
                    hash,
                    new.discretion_minor,
                ),
            )?;
            seal::seal(&w.tx, STAFF, w.tx.last_insert_rowid())
        })?;
        Ok(password)
    }

    /// Sets a password that the person chose, where an account is being set up: the trail of accounts has nothing of it.
    ///
    /// # Errors
    /// When it is shorter than eight characters, or there is no such person.
    pub fn set_password(&mut self, name: &str, password: &str) -> Result<()> {
        let hash = hash_chosen(name, password)?;
        self.change(
            name,
            "UPDATE staff SET password_hash = ?2, must_change = 0 WHERE name = ?1",
            &hash,
        )
    }

    /// Sets a person's roles.
    ///
    /// # Errors
    /// When none is given, or there is no such person.
    pub fn set_roles(&mut self, name: &str, roles: &[Role]) -> Result<()> {
        check_roles(roles)?;
        self.change(
            name,
            "UPDATE staff SET roles = ?2 WHERE name = ?1",
            &roles_json(roles),
        )
    }

    /// Sets what a person may grant alone, in minor units; `None`: no limit.
    ///
    /// # Errors
    /// When it is negative, or there is no such person.
    pub fn set_discretion(&mut self, name: &str, limit: Option<MinorUnits>) -> Result<()> {
        check_discretion(limit)?;
        self.change(
            name,
            "UPDATE staff SET discretion_minor = ?2 WHERE name = ?1",
            &limit,
        )
    }

    /// A member of staff.
    ///
    /// # Errors
    /// When there is none of this name.
    pub fn staff(&self, name: &str) -> Result<Staff> {
        self.read(|conn| find(conn, name)?.ok_or_else(|| no_such(name)))
    }

    /// The whole staff by name, those who left too.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn list_staff(&self) -> Result<Vec<Staff>> {
        self.read(|conn| {
            let mut select = conn.prepare(&format!("SELECT {COLUMNS} FROM staff ORDER BY name"))?;
            let mut rows = select.query([])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(from_row(row)?);
            }
            Ok(found)
        })
    }

    /// The person who signs in with this name and password; `None` when they do not fit or the person
    /// left, after the same time as when they do.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn verify_staff(&self, name: &str, password: &str) -> Result<Option<Staff>> {
        let (person, hash) = self.read(|conn| {
            let hash: Option<Option<String>> = conn
                .query_row(
                    "SELECT password_hash FROM staff WHERE name = ?1",
                    [name],
                    |row| row.get(0),
                )
                .optional()?;
            Ok((find(conn, name)?, hash.flatten()))
        })?;
        let fits = secrets::fits(password, hash.as_deref());
        Ok(person.filter(|person| fits && person.active))
    }

    /// Records that a member of staff took a course.
    ///
    /// # Errors
    /// When the course is blank, or there is no such person.
    pub fn train(
        &mut self,
        name: &str,
        course: &str,
        held_on: NaiveDate,
        evidence: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<()> {
        if course.trim().is_empty() {
            return Err(RegisterError::invalid("course", course, "name the course"));
        }
        self.write(|w| {
            find(&w.tx, name)?.ok_or_else(|| no_such(name))?;
            w.tx.execute(
                "INSERT INTO training (staff, course, held_on, evidence, recorded_at, checksum)
                 VALUES (?1, ?2, ?3, ?4, ?5, x'')",
                (name, course, held_on.to_string(), evidence, to_micros(now)),
            )?;
            seal::seal(&w.tx, TRAINING, w.tx.last_insert_rowid())
        })
    }

    /// All courses taken, in the order of entry; of one person when named.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn trainings(&self, name: Option<&str>) -> Result<Vec<Training>> {
        self.read(|conn| {
            let mut select = conn.prepare(
                "SELECT staff, course, held_on, evidence, recorded_at FROM training
                 WHERE ?1 IS NULL OR staff = ?1 ORDER BY training_id",
            )?;
            let mut rows = select.query([name])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(Training {
                    staff: row.get(0)?,
                    course: row.get(1)?,
                    held_on: day(row, 2, "training")?,
                    evidence: row.get(3)?,
                    recorded_at: instant(row, 4)?,
                });
            }
            Ok(found)
        })
    }

    fn change(&mut self, name: &str, sql: &str, value: &dyn rusqlite::ToSql) -> Result<()> {
        self.change_staff(name, sql, value, None)
    }

    /// Changes a person's row, and notes in the trail what that was.
    pub(super) fn change_staff(
        &mut self,
        name: &str,
        sql: &str,
        value: &dyn rusqlite::ToSql,
        noted: Option<(StaffDeed, Doing<'_>)>,
    ) -> Result<()> {
        self.write(|w| {
            let rowid: Option<i64> =
                w.tx.query_row("SELECT rowid FROM staff WHERE name = ?1", [name], |row| {
                    row.get(0)
                })
                .optional()?;
            let rowid = rowid.ok_or_else(|| no_such(name))?;
            w.tx.execute(sql, rusqlite::params![name, value])?;
            seal::seal(&w.tx, STAFF, rowid)?;
            match noted {
                Some((deed, doing)) => staff_trail::note(w, name, deed, doing),
                None => Ok(()),
            }
        })
    }
}

/// The hash of a password that the person chose.
pub(super) fn hash_chosen(name: &str, password: &str) -> Result<String> {
    if password.chars().count() < SHORTEST_PASSWORD {
        return Err(RegisterError::invalid(
            "password of",
            name,
            "choose one of eight characters or more",
        ));
    }
    secrets::hash_password(password)
}

/// The member of staff with this name.
pub(super) fn find(conn: &Connection, name: &str) -> Result<Option<Staff>> {
    let found = conn
        .prepare_cached(&format!("SELECT {COLUMNS} FROM staff WHERE name = ?1"))?
        .query_row([name], |row| Ok(from_row(row)))
        .optional()?;
    found.transpose()
}

fn from_row(row: &Row<'_>) -> Result<Staff> {
    let name: String = row.get(0)?;
    let roles: String = row.get(1)?;
    Ok(Staff {
        roles: serde_json::from_str(&roles).map_err(|e| unreadable("staff", &name, e))?,
        department: row.get(2)?,
        site: row.get(3)?,
        discretion_minor: row.get(4)?,
        can_sign_in: row.get::<_, Option<String>>(5)?.is_some(),
        must_change: row.get(6)?,
        active: row.get(7)?,
        name,
    })
}

fn roles_json(roles: &[Role]) -> String {
    let words: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
    serde_json::Value::from(words).to_string()
}

fn check_name(name: &str) -> Result<()> {
    // A name stands in lines of logs and lists; a break in it would make up another line.
    let is_line = !name.contains(char::is_control);
    if name.trim().is_empty() || name.trim() != name || !is_line {
        return Err(RegisterError::invalid(
            "name",
            name,
            "give a name in one line, without blanks around it",
        ));
    }
    Ok(())
}

fn check_roles(roles: &[Role]) -> Result<()> {
    let unfit = roles
        .iter()
        .any(|role| matches!(role, Role::Customer | Role::System));
    if roles.is_empty() || unfit {
        return Err(RegisterError::invalid(
            "roles",
            roles_json(roles),
            "give one role of staff or more: contact, agent, technical, quality, admin",
        ));
    }
    Ok(())
}

fn check_discretion(limit: Option<MinorUnits>) -> Result<()> {
    match limit {
        Some(limit) if limit < 0 => Err(RegisterError::invalid(
            "discretion",
            limit.to_string(),
            "a limit is not negative",
        )),
        _ => Ok(()),
    }
}

pub(super) fn no_such(name: &str) -> RegisterError {
    RegisterError::NoSuch {
        what: "member of staff",
        key: name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::check_name;

    #[test]
    fn a_name_is_one_line_without_blanks_around_it() {
        for name in ["Ayşe Demir", "Ольга", "o'neil-2"] {
            assert!(check_name(name).is_ok(), "{name}");
        }
        for name in [
            "",
            " ",
            " ayse",
            "ayse ",
            "a\nb",
            "a\r\nX: 1",
            "a\u{1b}[31m",
            "a\0",
        ] {
            assert!(check_name(name).is_err(), "{name:?}");
        }
    }
}
