//! Complainants: the only place of their personal data besides texts and waiting messages.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, Row};

use super::error::{RegisterError, Result, unreadable};
use super::seal::{self, COMPLAINANT};
use super::{Register, from_micros, secrets};
use redress_domain::vocabulary::Language;
use redress_plain::hex::hex;
use redress_plain::sha256::Hmac;

/// What is known of a person when they complain. Blank values count as absent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub name: Option<String>,
    pub phone: Option<String>,
    pub email: Option<String>,
    pub address: Option<String>,
    /// The language of messages to them.
    pub language: Language,
}

/// A complainant of the register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complainant {
    pub complainant_id: i64,
    pub person: Person,
    /// When their data were erased.
    pub erased_at: Option<DateTime<Utc>>,
}

/// Gives every complainant a pseudonym that only this register's secret can lead back.
#[derive(Debug, Clone)]
pub struct ComplainantKeys {
    pseudonyms: Pseudonyms,
}

impl ComplainantKeys {
    /// The pseudonym of a complainant of this register, as it stands in the lake.
    pub fn of(&self, complainant_id: i64) -> String {
        self.pseudonyms.of(&complainant_id.to_string())
    }
}

/// The pseudonyms of complainants under one key: the first 16 bytes of HMAC-SHA-256 over the name that the store has
/// for the person, in hexadecimal. With an empty key each is only a hash that a guess can confirm.
#[derive(Debug, Clone)]
pub struct Pseudonyms(Hmac);

impl Pseudonyms {
    /// Under a key of any length.
    pub fn keyed(key: &[u8]) -> Self {
        Pseudonyms(Hmac::keyed(key))
    }

    /// The pseudonym of the person whom the store calls so.
    pub fn of(&self, name: &str) -> String {
        hex(&self.0.of(name.as_bytes())[..16])
    }
}

const COLUMNS: &str = "complainant_id, name, phone, email, address, language, erased_at";

impl Register {
    /// A complainant.
    ///
    /// # Errors
    /// When there is none of this number.
    pub fn complainant(&self, complainant_id: i64) -> Result<Complainant> {
        self.read(|conn| read(conn, complainant_id))
    }

    /// The complainants with this phone number or e-mail address (compared as
    /// [`Person`]s are stored: without blanks and in lower case).
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn find_complainants(
        &self,
        phone: Option<&str>,
        email: Option<&str>,
    ) -> Result<Vec<Complainant>> {
        let (phone, email) = (tidy_phone(phone), tidy_email(email));
        self.read(|conn| find(conn, phone.as_deref(), email.as_deref()))
    }

    /// The cases of a complainant, oldest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn cases_of(&self, complainant_id: i64) -> Result<Vec<i64>> {
        self.read(|conn| {
            let mut select = conn.prepare_cached(
                "SELECT case_key FROM complaint_case WHERE complainant_id = ?1 ORDER BY case_key",
            )?;
            let keys = select.query_map([complainant_id], |row| row.get(0))?;
            Ok(keys.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// What makes the pseudonyms of complainants.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn complainant_keys(&self) -> Result<ComplainantKeys> {
        self.read(|conn| {
            Ok(ComplainantKeys {
                pseudonyms: Pseudonyms::keyed(&secrets::read(conn, secrets::COMPLAINANT_KEY)?),
            })
        })
    }
}

/// Adds a person; answers the complainant's number.
pub(super) fn add(conn: &Connection, person: &Person) -> Result<i64> {
    conn.prepare_cached(
        "INSERT INTO complainant (name, phone, email, address, language, checksum)
         VALUES (?1, ?2, ?3, ?4, ?5, x'')",
    )?
    .execute((
        tidy(person.name.as_deref()),
        tidy_phone(person.phone.as_deref()),
        tidy_email(person.email.as_deref()),
        tidy(person.address.as_deref()),
        person.language.as_str(),
    ))?;
    let id = conn.last_insert_rowid();
    seal::seal(conn, COMPLAINANT, id)?;
    Ok(id)
}

/// The complainant that a person certainly is: the same name, with the same phone number or e-mail
/// address. Families share telephones, so the name has to agree; case and blanks in it do not count.
pub(super) fn recognise(conn: &Connection, person: &Person) -> Result<Option<i64>> {
    let folded = |name: Option<&str>| {
        tidy(name).map(|n| {
            n.split_whitespace()
                .collect::<Vec<_>>()
                .join(" ")
                .to_lowercase()
        })
    };
    let Some(name) = folded(person.name.as_deref()) else {
        return Ok(None);
    };
    let phone = tidy_phone(person.phone.as_deref());
    let email = tidy_email(person.email.as_deref());
    let found = find(conn, phone.as_deref(), email.as_deref())?;
    Ok(found
        .into_iter()
        .find(|known| folded(known.person.name.as_deref()).as_ref() == Some(&name))
        .map(|known| known.complainant_id))
}

/// A complainant by number.
pub(super) fn read(conn: &Connection, complainant_id: i64) -> Result<Complainant> {
    let sql = format!("SELECT {COLUMNS} FROM complainant WHERE complainant_id = ?1");
    let found = conn
        .prepare_cached(&sql)?
        .query_row([complainant_id], |row| Ok(from_row(row)))
        .optional()?;
    found.unwrap_or_else(|| {
        Err(RegisterError::NoSuch {
            what: "complainant",
            key: complainant_id.to_string(),
        })
    })
}

fn find(conn: &Connection, phone: Option<&str>, email: Option<&str>) -> Result<Vec<Complainant>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM complainant WHERE phone = ?1
         UNION SELECT {COLUMNS} FROM complainant WHERE email = ?2
         ORDER BY complainant_id"
    );
    let mut select = conn.prepare_cached(&sql)?;
    let mut rows = select.query((phone, email))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(from_row(row)?);
    }
    Ok(found)
}

fn from_row(row: &Row<'_>) -> Result<Complainant> {
    let language: String = row.get(5)?;
    let erased: Option<i64> = row.get(6)?;
    Ok(Complainant {
        complainant_id: row.get(0)?,
        person: Person {
            name: row.get(1)?,
            phone: row.get(2)?,
            email: row.get(3)?,
            address: row.get(4)?,
            language: language
                .parse()
                .map_err(|e| unreadable("complainant", &language, e))?,
        },
        erased_at: erased.map(from_micros).transpose()?,
    })
}

fn tidy(value: Option<&str>) -> Option<String> {
    let value = value?.trim();
    (!value.is_empty()).then(|| value.to_owned())
}

/// Blanks, brackets and dashes are how people write a number, not the number.
fn tidy_phone(value: Option<&str>) -> Option<String> {
    let kept: String = value?
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '(' | ')' | '-' | '.' | '/'))
        .collect();
    (!kept.is_empty()).then_some(kept)
}

fn tidy_email(value: Option<&str>) -> Option<String> {
    tidy(value).map(|address| address.to_lowercase())
}
