//! The sessions at work: each reads its share of the pieces, and all are ended when one fails or nobody wants more.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::error::PostgresError;
use super::reading::{Message, Share};
use super::session::{Canceller, LOOK_EVERY, Server, Session};
use crate::attendance::Stop;
use crate::staging::StagingError;

/// Chunks of one session that wait to be put away: some 10 MiB, unless texts are very long.
const WAITING: usize = 24;
/// How much longer than its own limit a server may be silent: it has to notice, and its word has to come through.
const GRACE: Duration = Duration::from_secs(15);
/// How long sessions that were told to end are waited for.
const PARTING: Duration = Duration::from_secs(5);

/// Sessions that read.
pub(super) struct Crew {
    server: Arc<Server>,
    workers: Vec<Worker>,
}

struct Worker {
    messages: Option<Receiver<Message>>,
    canceller: Canceller,
    handle: Option<JoinHandle<Session>>,
}

impl Crew {
    /// Sets each session to work on its share.
    pub(super) fn start(server: &Arc<Server>, sessions: Vec<(Session, Share)>) -> Crew {
        let workers = sessions
            .into_iter()
            .map(|(session, share)| {
                let (sender, messages) = sync_channel(WAITING);
                Worker {
                    canceller: session.canceller.clone(),
                    messages: Some(messages),
                    handle: Some(std::thread::spawn(move || share.read(session, &sender))),
                }
            })
            .collect();
        Crew {
            server: Arc::clone(server),
            workers,
        }
    }

    /// The next message of a worker.
    ///
    /// # Errors
    /// When its session failed, the server is silent for too long, or stopping was asked for.
    pub(super) fn next(
        &self,
        worker: usize,
        table: &str,
        stop: &Stop,
    ) -> Result<Message, StagingError> {
        let lost = || StagingError::Postgres(self.server.worker_lost());
        let messages = self
            .workers
            .get(worker)
            .and_then(|worker| worker.messages.as_ref())
            .ok_or_else(lost)?;
        let limit = self.server.address.statement_timeout;
        let began = Instant::now();
        loop {
            let received = messages.recv_timeout(LOOK_EVERY);
            // The server's word that a query was cancelled is our own wish.
            if stop.is_asked() {
                return Err(StagingError::Interrupted);
            }
            match received {
                Ok(Message::Failed(error)) => return Err(error),
                Ok(message) => return Ok(message),
                Err(RecvTimeoutError::Disconnected) => return Err(lost()),
                Err(RecvTimeoutError::Timeout)
                    if limit.is_zero() || began.elapsed() < limit + GRACE => {}
                Err(RecvTimeoutError::Timeout) => {
                    return Err(PostgresError::TimedOut {
                        store: self.server.store.clone(),
                        what: format!("the server's next word on `{table}`"),
                        limit: (limit + GRACE).as_secs(),
                        setting: "`statement_timeout` in the address",
                    }
                    .into());
                }
            }
        }
    }

    /// Waits for sessions that have read everything.
    ///
    /// # Errors
    /// When a worker stopped without a word.
    pub(super) fn finish(mut self) -> Result<(), StagingError> {
        let mut sessions = Vec::with_capacity(self.workers.len());
        for worker in &mut self.workers {
            if let Some(handle) = worker.handle.take() {
                sessions.push(handle.join().map_err(|_| self.server.worker_lost())?);
            }
        }
        Ok(())
    }
}

/// Nothing stays behind on the server, whatever went wrong here.
impl Drop for Crew {
    fn drop(&mut self) {
        let mut working = Vec::new();
        for worker in &mut self.workers {
            // A worker that waits for its chunks to be taken hears at once that they will not be.
            worker.messages = None;
            if let Some(handle) = worker.handle.take()
                && !handle.is_finished()
            {
                worker.canceller.cancel();
                working.push(handle);
            }
        }
        // Sessions of a server that does not even answer this end with the process; the server ends them then.
        let until = Instant::now() + PARTING;
        while working.iter().any(|handle| !handle.is_finished()) && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}
