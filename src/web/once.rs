//! A form that is sent twice, by a double click or a page loaded anew, counts once: it carries a key of its own, which
//! is taken before anything is recorded.

use std::thread::sleep;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::app::App;
use super::error::Result;
use super::visit::{Fields, Visit};
use super::visits::{Reserved, random_token};

/// The hidden field that holds the key.
pub const FIELD: &str = "once";

/// How often it is asked whether the same form, being recorded by another request, is done.
const ASKED: u32 = 20;
/// The time between two questions.
const BETWEEN: Duration = Duration::from_millis(100);

/// The key of a form: the one that it was sent with, or a fresh one.
///
/// # Errors
/// When no random numbers are to be had.
pub fn key(entered: &Fields) -> Result<String> {
    match entered.given(FIELD).filter(|key| is_key(key)) {
        Some(key) => Ok(key.to_owned()),
        None => random_token(),
    }
}

/// Takes a form's key. Where the same form is being recorded at this moment, waits for its end, two seconds at most.
///
/// # Errors
/// When the store of visits cannot be used.
pub fn reserve(app: &App, key: &str, now: DateTime<Utc>) -> Result<Reserved> {
    for _ in 0..ASKED {
        match app.visits.reserve(key, now)? {
            Reserved::Busy => sleep(BETWEEN),
            Reserved::Yours => return Ok(Reserved::Yours),
            Reserved::Done(outcome) => return Ok(Reserved::Done(outcome)),
        }
    }
    Ok(Reserved::Busy)
}

/// Whether a text can be a form's key, as [`random_token`] makes them.
pub fn is_key(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// What became of the form when it was sent before (empty while that is still at work); `None` when it is to be recorded now.
///
/// # Errors
/// When the store of visits cannot be written.
pub fn sent_before(app: &App, visit: &Visit) -> Result<Option<String>> {
    let Some(key) = visit.form.given(FIELD) else {
        return Ok(None);
    };
    Ok(match app.visits.reserve(key, visit.now)? {
        Reserved::Yours => None,
        Reserved::Busy => Some(String::new()),
        Reserved::Done(outcome) => Some(outcome),
    })
}

/// Notes what became of the form.
///
/// # Errors
/// When the store of visits cannot be written.
pub fn done(app: &App, visit: &Visit, outcome: &str) -> Result<()> {
    match visit.form.given(FIELD) {
        Some(key) => app.visits.remember(key, outcome, visit.now),
        None => Ok(()),
    }
}

/// Lets the form be sent again: nothing was recorded.
///
/// # Errors
/// When the store of visits cannot be written.
pub fn not_done(app: &App, visit: &Visit) -> Result<()> {
    match visit.form.given(FIELD) {
        Some(key) => app.visits.release(key),
        None => Ok(()),
    }
}
