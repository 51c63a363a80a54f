//! What can go wrong with a PostgreSQL server, each in one line that says what to do.

use std::error::Error as _;
use std::io;
use std::path::PathBuf;

use postgres::error::{DbError, SqlState};

/// Why a database cannot be read. `store` is its URL without the password.
#[derive(Debug, thiserror::Error)]
pub enum PostgresError {
    #[error("{store}: {what}")]
    Url { store: String, what: String },
    #[error("{path}: the password file {what}")]
    PasswordFile { path: PathBuf, what: String },
    #[error("{path}: cannot be used for TLS: {what}")]
    Certificates { path: PathBuf, what: String },
    #[error(
        "{store}: the mapping `{mapping}` reads no tables that could be copied; name one whose source is \"csv\", such as zammad"
    )]
    OtherMapping { store: String, mapping: String },
    #[error("{store}: the server cannot be reached: {what}")]
    Unreachable { store: String, what: String },
    #[error("{store}: no connection by TLS: {what}")]
    Tls { store: String, what: String },
    #[error("{store}: the login is refused: {what}")]
    Login { store: String, what: String },
    #[error(
        "{store}: the server has no database `{database}`; name another at the end of the address"
    )]
    NoDatabase { store: String, database: String },
    #[error("{store}: `{user}` may not read what the mapping needs; run as the owner: {grants}")]
    NoPrivilege {
        store: String,
        user: String,
        grants: String,
    },
    #[error(
        "{store}: has no table `{table}` where it looks; the schema {schemas} has one: add `?options=-csearch_path%3D{first}` to the address"
    )]
    OtherSchema {
        store: String,
        table: String,
        schemas: String,
        first: String,
    },
    #[error(
        "{store}: the column `{column}` is of the type `{found}` where the mapping reads an instant (timestamp, date or text){hint}"
    )]
    WrongType {
        store: String,
        /// With its table.
        column: String,
        found: String,
        hint: String,
    },
    #[error(
        "{store}: {what} took longer than {limit} s and was given up; try again, or set {setting}"
    )]
    TimedOut {
        store: String,
        what: String,
        limit: u64,
        setting: &'static str,
    },
    #[error("{store}: the connection was lost while {what}: {why}; run again")]
    Lost {
        store: String,
        what: String,
        why: String,
    },
    #[error(
        "{store}: `{table}` was changed while it was read ({why}); run again when the server's own upgrade has ended"
    )]
    Changed {
        store: String,
        table: String,
        why: String,
    },
    #[error("{store}: {what}: {why}")]
    Server {
        store: String,
        what: String,
        why: String,
    },
    #[error("{store}: a worker stopped without a word; run again and report this")]
    WorkerLost { store: String },
}

/// What was being done, and with what limits.
pub(super) struct Doing<'a> {
    pub store: &'a str,
    pub user: &'a str,
    pub database: &'a str,
    /// The table that is read, if one is.
    pub table: Option<&'a str>,
    /// Seconds.
    pub statement_limit: u64,
    /// Seconds.
    pub lock_limit: u64,
}

impl Doing<'_> {
    fn what(&self) -> String {
        match self.table {
            Some(table) => format!("reading `{table}`"),
            None => "asking what the database has".to_owned(),
        }
    }

    /// What a failure of a connection that stood means.
    pub(super) fn failed(&self, error: &postgres::Error) -> PostgresError {
        match error.as_db_error() {
            Some(said) => self.said(said),
            None => self.lost(because(error)),
        }
    }

    /// What a failure within a copied table means.
    pub(super) fn failed_reading(&self, error: &io::Error) -> PostgresError {
        let inner = error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<postgres::Error>());
        match inner {
            Some(error) => self.failed(error),
            None => self.lost(error.to_string()),
        }
    }

    /// A connection that is gone.
    pub(super) fn lost(&self, why: String) -> PostgresError {
        PostgresError::Lost {
            store: self.store.to_owned(),
            what: self.what(),
            why,
        }
    }

    fn timed_out(&self, what: String, limit: u64, setting: &'static str) -> PostgresError {
        PostgresError::TimedOut {
            store: self.store.to_owned(),
            what,
            limit,
            setting,
        }
    }

    /// What the server says about a statement.
    fn said(&self, error: &DbError) -> PostgresError {
        let code = error.code();
        let store = self.store.to_owned();
        let why = one_line(error.message());
        if *code == SqlState::QUERY_CANCELED && why.contains("statement timeout") {
            return self.timed_out(
                self.what(),
                self.statement_limit,
                "`statement_timeout` in the address",
            );
        }
        if *code == SqlState::LOCK_NOT_AVAILABLE || why.contains("lock timeout") {
            let waited = match self.table {
                Some(table) => {
                    format!("waiting for `{table}`, which another program holds locked,")
                }
                None => "waiting for a lock of another program".to_owned(),
            };
            return self.timed_out(waited, self.lock_limit, "`lock_timeout` in the address");
        }
        if *code == SqlState::INSUFFICIENT_PRIVILEGE {
            return match self.table {
                // Rows that a policy hides would be missing without a word.
                Some(table) if why.contains("row-level security") => PostgresError::Server {
                    store,
                    what: format!("`{}` may not see every row of `{table}`", self.user),
                    why: format!("{why}; read with a role that has BYPASSRLS"),
                },
                Some(table) => PostgresError::NoPrivilege {
                    store,
                    user: self.user.to_owned(),
                    grants: format!("GRANT SELECT ON {table} TO {} ({why})", self.user),
                },
                None => PostgresError::Server {
                    store,
                    what: "is not allowed".to_owned(),
                    why,
                },
            };
        }
        if *code == SqlState::UNDEFINED_TABLE || *code == SqlState::UNDEFINED_COLUMN {
            return PostgresError::Changed {
                store,
                table: self.table.unwrap_or("a table").to_owned(),
                why,
            };
        }
        // Class 57 P: shut down, crashed, starting; class 08: the connection; 40001 is a standby's recovery.
        if code.code().starts_with("57P") || code.code().starts_with("08") {
            return self.lost(why);
        }
        if *code == SqlState::T_R_SERIALIZATION_FAILURE {
            return PostgresError::Server {
                store,
                what: format!("the standby gave up {}", self.what()),
                why: format!("{why}; raise max_standby_streaming_delay there, or read the primary"),
            };
        }
        PostgresError::Server {
            store,
            what: format!("{} failed", self.what()),
            why: match error.detail() {
                Some(detail) => format!("{why} ({})", one_line(detail)),
                None => why,
            },
        }
    }

    /// What a connection that was never made means.
    pub(super) fn refused(&self, error: &postgres::Error) -> PostgresError {
        let store = self.store.to_owned();
        if let Some(said) = error.as_db_error() {
            let why = one_line(said.message());
            let code = said.code();
            if *code == SqlState::INVALID_CATALOG_NAME {
                return PostgresError::NoDatabase {
                    store,
                    database: self.database.to_owned(),
                };
            }
            if *code == SqlState::INVALID_PASSWORD
                || *code == SqlState::INVALID_AUTHORIZATION_SPECIFICATION
            {
                return PostgresError::Login { store, what: why };
            }
            if *code == SqlState::TOO_MANY_CONNECTIONS {
                return PostgresError::Server {
                    store,
                    what: "the server takes no further connection".to_owned(),
                    why,
                };
            }
            if *code == SqlState::INSUFFICIENT_PRIVILEGE {
                return PostgresError::NoPrivilege {
                    store,
                    user: self.user.to_owned(),
                    grants: format!(
                        "GRANT CONNECT ON DATABASE {} TO {}",
                        self.database, self.user
                    ),
                };
            }
            return PostgresError::Unreachable { store, what: why };
        }
        let why = because(error);
        match error.to_string() {
            text if text.contains("TLS") => PostgresError::Tls { store, what: why },
            text if text.contains("configuration") && why.contains("password missing") => {
                PostgresError::Login {
                    store,
                    what: "the server asks for a password; give it in PGPASSWORD or ~/.pgpass"
                        .to_owned(),
                }
            }
            text if text.contains("authentication") || text.contains("configuration") => {
                PostgresError::Login { store, what: why }
            }
            _ => PostgresError::Unreachable { store, what: why },
        }
    }
}

/// The innermost cause that an error has, else the error itself.
fn because(error: &postgres::Error) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        said = inner.to_string();
        cause = inner.source();
    }
    one_line(&said)
}

/// A text in one line: servers and libraries write what they like.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
