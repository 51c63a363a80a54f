//! A session with a server: opened within a time limit, read-only, in UTC, and cancelled when it is given up.

use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use postgres::{CancelToken, Client};

use super::address::{Address, Host};
use super::error::{Doing, PostgresError};
use super::tls::Tls;
use crate::attendance::{Pending, Stop};
use crate::staging::StagingError;

/// How often a wait looks whether stopping was asked for.
pub(super) const LOOK_EVERY: Duration = Duration::from_millis(100);

/// A server to which several sessions are opened.
pub(super) struct Server {
    pub address: Address,
    /// The address without its password, for messages.
    pub store: String,
    tls: Tls,
}

impl Server {
    /// Prepares connecting; nothing is sent yet.
    pub(super) fn new(address: Address) -> Result<Server, PostgresError> {
        Ok(Server {
            store: address.to_string(),
            tls: Tls::of(&address)?,
            address,
        })
    }

    /// What is done, for messages.
    pub(super) fn doing<'a>(&'a self, table: Option<&'a str>) -> Doing<'a> {
        Doing {
            store: &self.store,
            user: &self.address.user,
            database: &self.address.database,
            table,
            statement_limit: self.address.statement_timeout.as_secs(),
            lock_limit: self.address.lock_timeout.as_secs(),
        }
    }

    fn config(&self) -> postgres::Config {
        let address = &self.address;
        let mut config = postgres::Config::new();
        match &address.host {
            Host::Tcp(host) => config.host(host),
            Host::Socket(folder) => config.host_path(folder),
        };
        config
            .port(address.port)
            .user(&address.user)
            .dbname(&address.database)
            .application_name("redress")
            .connect_timeout(address.connect_timeout)
            // A server that went away without a word (a cable, a machine) is noticed within half a minute.
            .keepalives_idle(Duration::from_secs(15))
            .keepalives_interval(Duration::from_secs(5))
            .keepalives_retries(3)
            .tcp_user_timeout(Duration::from_secs(30))
            .ssl_mode(self.tls.mode);
        if let Some(password) = &address.password {
            config.password(password.reveal());
        }
        if let Some(options) = &address.options {
            config.options(options);
        }
        config
    }

    /// Opens a session that only reads.
    ///
    /// # Errors
    /// When the server cannot be reached in time, refuses the login, or stopping was asked for.
    pub(super) fn open(self: &Arc<Self>, stop: &Stop) -> Result<Session, StagingError> {
        let (sender, receiver) = mpsc::sync_channel(1);
        let config = self.config();
        let tls = self.tls.clone();
        // The limit of the library ends with the TCP connection; a server that takes it and says nothing is waited for here.
        // The thread that still waits then ends with the process, or when the server speaks.
        std::thread::spawn(move || {
            let _ = sender.send(tls.connect(&config));
        });
        let until = Instant::now() + self.address.connect_timeout + Duration::from_secs(1);
        let client = loop {
            match receiver.recv_timeout(LOOK_EVERY) {
                Ok(Ok(client)) => break client,
                Ok(Err(error)) => return Err(self.doing(None).refused(&error).into()),
                Err(RecvTimeoutError::Disconnected) => return Err(self.worker_lost().into()),
                Err(RecvTimeoutError::Timeout) if stop.is_asked() => {
                    return Err(StagingError::Interrupted);
                }
                Err(RecvTimeoutError::Timeout) if Instant::now() < until => {}
                Err(RecvTimeoutError::Timeout) => {
                    return Err(PostgresError::Unreachable {
                        store: self.store.clone(),
                        what: format!(
                            "no answer within {} s (connect_timeout in the address)",
                            self.address.connect_timeout.as_secs()
                        ),
                    }
                    .into());
                }
            }
        };
        let token = client.cancel_token();
        let canceller = Canceller {
            token,
            tls: self.tls.clone(),
        };
        let for_stop = canceller.clone();
        let mut session = Session {
            client,
            canceller,
            _pending: stop.on_ask(move || for_stop.cancel()),
        };
        session
            .settle(&self.address)
            .map_err(|e| self.doing(None).failed(&e))?;
        Ok(session)
    }

    pub(super) fn worker_lost(&self) -> PostgresError {
        PostgresError::WorkerLost {
            store: self.store.clone(),
        }
    }
}

/// Ends what a session is doing on the server.
#[derive(Clone)]
pub(super) struct Canceller {
    token: CancelToken,
    tls: Tls,
}

impl Canceller {
    /// Asks the server, over a connection of its own. It says nothing about whether it did.
    pub(super) fn cancel(&self) {
        if let Err(error) = self.tls.cancel(&self.token) {
            tracing::warn!("the server could not be asked to give up a query: {error}");
        }
    }
}

/// An open session.
pub(super) struct Session {
    pub client: Client,
    pub canceller: Canceller,
    /// Cancels on a wish to stop, for as long as the session lives.
    _pending: Pending,
}

impl Session {
    /// Makes the session read-only and its texts independent of the server's own settings.
    fn settle(&mut self, address: &Address) -> Result<(), postgres::Error> {
        let statement = address.statement_timeout.as_millis();
        let lock = address.lock_timeout.as_millis();
        // A policy that hides rows is an error: rows that are missing without a word would be wrong figures. Scans begin at
        // the beginning, so that rows come in the order of the file.
        self.client.batch_execute(&format!(
            "SET default_transaction_read_only = on; SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'; \
             SET IntervalStyle = 'iso_8601'; SET bytea_output = 'hex'; SET extra_float_digits = 1; \
             SET row_security = off; SET synchronize_seqscans = off; \
             SET statement_timeout = {statement}; SET lock_timeout = {lock}; \
             SELECT set_config(name, '0', false) FROM pg_catalog.pg_settings \
             WHERE name IN ('idle_in_transaction_session_timeout', 'idle_session_timeout', 'transaction_timeout')"
        ))?;
        // Since PostgreSQL 14, and not on every system: the server notices within a second that this process is gone.
        let noticing = self
            .client
            .batch_execute("SET client_connection_check_interval = '1s'");
        if let Err(error) = noticing {
            tracing::debug!("the server does not look after lost clients: {error}");
            if error.as_db_error().is_none() {
                return Err(error);
            }
        }
        Ok(())
    }

    /// Begins the one transaction in which the session reads.
    pub(super) fn begin(&mut self) -> Result<(), postgres::Error> {
        self.client
            .batch_execute("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
    }

    /// The name of what this session sees, for others.
    pub(super) fn export(&mut self) -> Result<String, postgres::Error> {
        self.client
            .query_one("SELECT pg_catalog.pg_export_snapshot()", &[])?
            .try_get(0)
    }

    /// Begins a transaction that sees what another session sees.
    pub(super) fn join(&mut self, snapshot: &str) -> Result<(), postgres::Error> {
        self.begin()?;
        let name = snapshot.replace('\'', "''");
        self.client
            .batch_execute(&format!("SET TRANSACTION SNAPSHOT '{name}'"))
    }
}
