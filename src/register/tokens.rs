//! Tokens of integrations: which program may use `/api`, for what, as which roles, and until when.
//!
//! A token is shown once and only its SHA-256 is kept; it has 256 random bits, so no slow hash is needed. What a program
//! may do follows from two things: its scopes open routes, and its roles decide there as they decide at the desk.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, OptionalExtension, Row};
use serde_json::json;

use super::error::{RegisterError, Result, unreadable};
use super::integration_log::{
    IntegrationChange, IntegrationEvent, IntegrationPart, check_name, note,
};
use super::records::instant;
use super::seal::{self, INTEGRATION_TOKEN};
use super::{Register, Staff, from_micros, secrets, to_micros};
use redress_domain::vocabulary::{Role, words};
use redress_plain::hex::hex;
use redress_plain::sha256;

words! {
    /// What a token opens.
    Scope {
        CasesRead = "cases:read",
        CasesWrite = "cases:write",
        MessagesRead = "messages:read",
        MessagesWrite = "messages:write",
        ActionsRead = "actions:read",
        ActionsWrite = "actions:write",
        ClustersRead = "clusters:read",
        ClustersWrite = "clusters:write",
        IndicatorsRead = "indicators:read",
        ReviewsRead = "reviews:read",
        ReviewsBuild = "reviews:build",
    }
}

impl Scope {
    /// The roles that use it: those that see the same pages at the desk.
    pub const fn roles(self) -> &'static [Role] {
        match self {
            Scope::CasesRead | Scope::CasesWrite | Scope::ActionsRead => &[
                Role::Contact,
                Role::Agent,
                Role::Technical,
                Role::Quality,
                Role::Admin,
            ],
            Scope::ActionsWrite | Scope::ClustersRead => {
                &[Role::Agent, Role::Technical, Role::Quality, Role::Admin]
            }
            Scope::MessagesRead | Scope::MessagesWrite => {
                &[Role::Agent, Role::Quality, Role::Admin]
            }
            Scope::ClustersWrite
            | Scope::IndicatorsRead
            | Scope::ReviewsRead
            | Scope::ReviewsBuild => &[Role::Quality, Role::Admin],
        }
    }
}

/// What every token begins with, so that one which lies about somewhere is known for what it is.
pub const TOKEN_PREFIX: &str = "redress_";
/// What stands before an integration's name in the events that it records.
const ACTOR_PREFIX: &str = "api:";
/// Requests that a token may make a minute where nothing else is said.
pub const USUAL_PER_MINUTE: u32 = 600;
/// A use is recorded when the last recorded one is so long ago: one write an hour, not one a request.
const USE_KEPT: TimeDelta = TimeDelta::hours(1);

/// A token to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewIntegration {
    /// Given once, to one integration: events carry it as `api:<name>`.
    pub name: String,
    pub scopes: Vec<Scope>,
    pub roles: Vec<Role>,
    /// With a department or a site it sees the cases of that plant alone, as technical staff do.
    pub department: Option<String>,
    pub site: Option<String>,
    /// Requests that it may make a minute.
    pub per_minute: u32,
    pub expires_at: Option<DateTime<Utc>>,
}

/// An integration, by its token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Integration {
    pub token_id: i64,
    pub name: String,
    pub scopes: Vec<Scope>,
    pub roles: Vec<Role>,
    pub department: Option<String>,
    pub site: Option<String>,
    pub per_minute: u32,
    pub created_at: DateTime<Utc>,
    pub expires_at: Option<DateTime<Utc>>,
    /// Exact to the hour.
    pub last_used_at: Option<DateTime<Utc>>,
    pub revoked_at: Option<DateTime<Utc>>,
}

impl Integration {
    /// Whether its token still opens anything.
    pub fn is_valid(&self, now: DateTime<Utc>) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }

    /// As whom it acts: under the name that its events carry. Nobody of that name is on the staff list, so that it
    /// decides alone only what costs nothing.
    pub fn as_staff(&self) -> Staff {
        Staff {
            name: format!("{ACTOR_PREFIX}{}", self.name),
            roles: self.roles.clone(),
            department: self.department.clone(),
            site: self.site.clone(),
            discretion_minor: Some(0),
            can_sign_in: false,
            must_change: false,
            active: true,
        }
    }
}

const COLUMNS: &str = "token_id, name, scopes, roles, department, site, per_minute, created_at, expires_at, \
                       last_used_at, revoked_at";

impl Register {
    /// Makes a token; answers it, this once.
    ///
    /// # Errors
    /// When the name is taken or unfit, no scope or role is given, a scope is given that none of the roles uses, a
    /// plant is given to other than technical roles, or `by` is no active member of staff.
    pub fn create_token(
        &mut self,
        new: &NewIntegration,
        by: &str,
        now: DateTime<Utc>,
    ) -> Result<String> {
        check(new, now)?;
        let token = format!("{TOKEN_PREFIX}{}", hex(&secrets::random::<32>()?));
        self.write(|w| {
            let taken: Option<i64> =
                w.tx.query_row(
                    "SELECT token_id FROM integration_token WHERE name = ?1",
                    [&new.name],
                    |row| row.get(0),
                )
                .optional()?;
            if taken.is_some() {
                return Err(RegisterError::Exists {
                    what: "integration",
                    key: new.name.clone(),
                });
            }
            let scopes: Vec<&str> = new.scopes.iter().map(|scope| scope.as_str()).collect();
            let roles: Vec<&str> = new.roles.iter().map(|role| role.as_str()).collect();
            w.tx.execute(
                "INSERT INTO integration_token (name, token_hash, scopes, roles, department, site, per_minute,
                                                created_at, expires_at, checksum)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, x'')",
                (
                    &new.name,
                    hashed(&token).as_slice(),
                    json!(scopes).to_string(),
                    json!(roles).to_string(),
                    &new.department,
                    &new.site,
                    new.per_minute,
                    to_micros(now),
                    new.expires_at.map(to_micros),
                ),
            )?;
            seal::seal(&w.tx, INTEGRATION_TOKEN, w.tx.last_insert_rowid())?;
            let detail = json!({
                "scopes": scopes,
                "roles": roles,
                "department": new.department,
                "site": new.site,
                "per_minute": new.per_minute,
                "expires_at": new.expires_at,
            });
            note(
                &w.tx,
                &IntegrationEvent {
                    part: IntegrationPart::Token,
                    name: new.name.clone(),
                    change: IntegrationChange::Created,
                    detail,
                    actor: by.to_owned(),
                    recorded_at: now,
                },
            )
        })?;
        Ok(token)
    }

    /// Takes a token back, from the next request on.
    ///
    /// # Errors
    /// When there is none of this name, it is revoked already, no reason is given, or `by` is no active member of
    /// staff.
    pub fn revoke_token(
        &mut self,
        name: &str,
        reason: &str,
        by: &str,
        now: DateTime<Utc>,
    ) -> Result<()> {
        if reason.trim().is_empty() {
            return Err(RegisterError::invalid(
                "reason",
                reason,
                "say why the token is revoked",
            ));
        }
        self.write(|w| {
            let found = by_name(&w.tx, name)?;
            if found.revoked_at.is_some() {
                return Err(RegisterError::invalid(
                    "integration",
                    name,
                    "its token is revoked already",
                ));
            }
            w.tx.execute(
                "UPDATE integration_token SET revoked_at = ?2 WHERE token_id = ?1",
                (found.token_id, to_micros(now)),
            )?;
            seal::seal(&w.tx, INTEGRATION_TOKEN, found.token_id)?;
            note(
                &w.tx,
                &IntegrationEvent {
                    part: IntegrationPart::Token,
                    name: name.to_owned(),
                    change: IntegrationChange::Revoked,
                    detail: json!({ "reason": reason }),
                    actor: by.to_owned(),
                    recorded_at: now,
                },
            )
        })
    }

    /// Every integration by name, revoked ones too.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn integrations(&self) -> Result<Vec<Integration>> {
        self.read(|conn| {
            let sql = format!("SELECT {COLUMNS} FROM integration_token ORDER BY name");
            let mut select = conn.prepare(&sql)?;
            let mut rows = select.query([])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(from_row(row)?);
            }
            Ok(found)
        })
    }

    /// The integration that holds a token; `None` when it is unknown, revoked or its time is over. It is looked up by
    /// its hash, so the time that takes says nothing about tokens that exist.
    ///
    /// # Errors
    /// When the database cannot be read or written (a use is recorded once an hour).
    pub fn integration_of(
        &mut self,
        token: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<Integration>> {
        let found = self.read(|conn| {
            let sql = format!("SELECT {COLUMNS} FROM integration_token WHERE token_hash = ?1");
            let found = conn
                .prepare_cached(&sql)?
                .query_row([hashed(token).as_slice()], |row| Ok(from_row(row)))
                .optional()?;
            found.transpose()
        })?;
        let Some(mut found) = found.filter(|found| found.is_valid(now)) else {
            return Ok(None);
        };
        if found
            .last_used_at
            .is_none_or(|before| now - before >= USE_KEPT)
        {
            self.write(|w| {
                w.tx.execute(
                    "UPDATE integration_token SET last_used_at = ?2 WHERE token_id = ?1",
                    (found.token_id, to_micros(now)),
                )?;
                seal::seal(&w.tx, INTEGRATION_TOKEN, found.token_id)
            })?;
            found.last_used_at = Some(from_micros(to_micros(now))?);
        }
        Ok(Some(found))
    }
}

fn hashed(token: &str) -> [u8; 32] {
    sha256::digest(token.as_bytes())
}

fn check(new: &NewIntegration, now: DateTime<Utc>) -> Result<()> {
    check_name("integration", &new.name)?;
    let refuse =
        |what: &'static str, found: String, hint| Err(RegisterError::invalid(what, found, hint));
    if new.scopes.is_empty() {
        return refuse(
            "scopes",
            String::new(),
            "give one scope or more, such as cases:read",
        );
    }
    let unfit = |role: &Role| matches!(role, Role::Customer | Role::System);
    if new.roles.is_empty() || new.roles.iter().any(unfit) {
        return refuse(
            "roles",
            String::new(),
            "give one role of staff or more: contact, agent, technical, quality, admin",
        );
    }
    let unused = |scope: &&Scope| !new.roles.iter().any(|role| scope.roles().contains(role));
    if let Some(scope) = new.scopes.iter().find(unused) {
        return refuse(
            "scope",
            scope.to_string(),
            "none of the roles given uses it at the desk; add a role that does",
        );
    }
    let is_of_a_plant = new.department.is_some() || new.site.is_some();
    if is_of_a_plant && new.roles != [Role::Technical] {
        return refuse(
            "roles",
            new.roles
                .iter()
                .map(|role| role.as_str())
                .collect::<Vec<_>>()
                .join(","),
            "a token of one plant has the role technical alone: every other role sees all cases",
        );
    }
    if new.per_minute == 0 {
        return refuse("per_minute", "0".to_owned(), "allow one request or more");
    }
    if new.expires_at.is_some_and(|end| end <= now) {
        return refuse(
            "expires",
            new.expires_at.map(|e| e.to_rfc3339()).unwrap_or_default(),
            "give a day that lies ahead",
        );
    }
    Ok(())
}

fn by_name(conn: &Connection, name: &str) -> Result<Integration> {
    let sql = format!("SELECT {COLUMNS} FROM integration_token WHERE name = ?1");
    let found = conn
        .prepare_cached(&sql)?
        .query_row([name], |row| Ok(from_row(row)))
        .optional()?;
    found.unwrap_or_else(|| {
        Err(RegisterError::NoSuch {
            what: "integration",
            key: name.to_owned(),
        })
    })
}

fn from_row(row: &Row<'_>) -> Result<Integration> {
    let name: String = row.get(1)?;
    let (scopes, roles): (String, String) = (row.get(2)?, row.get(3)?);
    let damaged = |e: serde_json::Error| unreadable("integration_token", &name, e);
    let moment = |column: usize| -> Result<Option<DateTime<Utc>>> {
        let micros: Option<i64> = row.get(column)?;
        micros.map(from_micros).transpose()
    };
    Ok(Integration {
        token_id: row.get(0)?,
        scopes: serde_json::from_str(&scopes).map_err(damaged)?,
        roles: serde_json::from_str(&roles).map_err(damaged)?,
        department: row.get(4)?,
        site: row.get(5)?,
        per_minute: row.get(6)?,
        created_at: instant(row, 7)?,
        expires_at: moment(8)?,
        last_used_at: moment(9)?,
        revoked_at: moment(10)?,
        name,
    })
}
