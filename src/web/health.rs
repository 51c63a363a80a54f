//! Whether the server lives, and whether it can answer: for a service manager or a balancer, without a word of anybody.
//!
//! What is looked at is kept for some seconds, so that a stranger who asks again and again makes no work.

use std::io::Write as _;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use chrono::{DateTime, TimeDelta, Utc};

use super::answer::Answer;
use super::app::App;
use super::error::Result;
use super::logging;
use super::routes::{Access, Route};
use super::visit::Visit;
use redress_register::{Register, RegisterError};

/// These two routes. A proxy need not pass them on.
pub const ROUTES: &[Route] = &[
    Route::get("/healthz", Access::Anyone, alive),
    Route::get("/readyz", Access::Anyone, ready),
];

/// For how long an answer is kept.
const KEPT: Duration = Duration::from_secs(2);

/// What is written to see whether the disk takes it, in bytes: more than a page of the register and its log.
const WRITTEN: usize = 64 << 10;

/// A message that waits longer than this is late: the gateway does not take it, or nobody sends.
pub const LATE_AFTER: TimeDelta = TimeDelta::hours(1);

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Findings {
    /// The register opens and can be read.
    pub register: bool,
    /// It has this program's schema; unknown where that cannot be seen.
    pub schema: Option<bool>,
    /// Its folder takes a write.
    pub disk: bool,
    /// No message waits longer than [`LATE_AFTER`]; unknown where the register cannot be read.
    pub messages: Option<bool>,
}

impl Findings {
    /// Whether requests can be answered. Late messages are no reason to turn people away: complaints are taken all the
    /// same, and a server taken out of service would send none either.
    pub const fn is_ready(self) -> bool {
        self.register && matches!(self.schema, Some(true)) && self.disk
    }

    /// One line a finding, the whole first.
    pub fn in_words(self) -> String {
        let word = |found: Option<bool>, bad: &'static str| match found {
            Some(true) => "ok",
            Some(false) => bad,
            None => "unknown",
        };
        let whole = if self.is_ready() {
            "ready"
        } else {
            "not ready"
        };
        format!(
            "{whole}\nregister {}\nschema {}\ndisk {}\nmessages {}\n",
            word(Some(self.register), "failed"),
            word(self.schema, "failed"),
            word(Some(self.disk), "failed"),
            word(self.messages, "late")
        )
    }
}

/// The last findings, and when they were made.
#[derive(Debug, Default)]
pub struct Readiness(Mutex<Option<(Instant, Findings)>>);

impl Readiness {
    /// The findings, at most two seconds old.
    pub fn findings(&self, register: &Path, now: DateTime<Utc>) -> Findings {
        // Whoever asks meanwhile waits for the same look.
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, findings)) = *kept
            && at.elapsed() < KEPT
        {
            return findings;
        }
        let findings = look(register, now);
        *kept = Some((Instant::now(), findings));
        findings
    }
}

/// `GET /healthz`: the process answers.
fn alive(_: &App, _: &Visit) -> Result<Answer> {
    Ok(text("alive\n".to_owned(), StatusCode::OK))
}

/// `GET /readyz`.
fn ready(app: &App, visit: &Visit) -> Result<Answer> {
    let findings = app.readiness.findings(&app.settings.register, visit.now);
    let status = match findings.is_ready() {
        true => StatusCode::OK,
        false => StatusCode::SERVICE_UNAVAILABLE,
    };
    Ok(text(findings.in_words(), status))
}

fn text(words: String, status: StatusCode) -> Answer {
    Answer::html(words)
        .header(CONTENT_TYPE, "text/plain; charset=utf-8")
        .status(status)
}

/// Looks at register and disk anew. A connection of its own shows what the kept ones hide: a file that is gone.
fn look(path: &Path, now: DateTime<Utc>) -> Findings {
    let disk = takes_a_write(path);
    match Register::open_read_only(path) {
        Ok(register) => {
            let waits = register.messages_wait_since();
            if let Err(error) = &waits {
                let error = logging::of_register(error);
                tracing::error!(error, "the register cannot be read");
            }
            Findings {
                register: waits.is_ok(),
                schema: Some(true),
                disk,
                messages: waits
                    .ok()
                    .map(|since| since.is_none_or(|since| now - since <= LATE_AFTER)),
            }
        }
        Err(error) => {
            let another = matches!(
                error,
                RegisterError::NewerSchema { .. }
                    | RegisterError::OlderSchema { .. }
                    | RegisterError::NotARegister { .. }
                    | RegisterError::NotADatabase { .. }
            );
            let error = logging::of_register(&error);
            tracing::error!(error, "the register cannot be opened");
            Findings {
                register: false,
                schema: another.then_some(false),
                disk,
                messages: None,
            }
        }
    }
}

/// Whether the folder of the register takes a file of some size; it is gone again at once.
fn takes_a_write(register: &Path) -> bool {
    let folder = match register.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let written = tempfile::tempfile_in(folder).and_then(|mut file| {
        file.write_all(&[0_u8; WRITTEN])?;
        file.sync_data()
    });
    if let Err(error) = &written {
        tracing::error!(%error, "the register's folder takes no write");
    }
    written.is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_message_turns_nobody_away_and_a_full_disk_does() {
        let good = Findings {
            register: true,
            schema: Some(true),
            disk: true,
            messages: Some(true),
        };
        assert!(good.is_ready());
        let late = Findings {
            messages: Some(false),
            ..good
        };
        assert!(late.is_ready());
        assert_eq!(
            late.in_words(),
            "ready\nregister ok\nschema ok\ndisk ok\nmessages late\n"
        );
        for bad in [
            Findings {
                register: false,
                ..good
            },
            Findings {
                schema: Some(false),
                ..good
            },
            Findings {
                disk: false,
                ..good
            },
        ] {
            assert!(!bad.is_ready());
            assert!(bad.in_words().starts_with("not ready\n"));
        }
    }

    #[test]
    fn no_register_and_no_folder_are_found() {
        let dir = tempfile::tempdir().unwrap();
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let found = look(&dir.path().join("none.sqlite"), now);
        assert!(!found.register && found.disk);
        assert_eq!((found.schema, found.messages), (None, None));
        let found = look(&dir.path().join("nowhere/none.sqlite"), now);
        assert!(!found.register && !found.disk);
        let text = dir.path().join("letter");
        std::fs::write(&text, "a letter of more than a hundred bytes ".repeat(9)).unwrap();
        assert_eq!(look(&text, now).schema, Some(false));
    }
}
