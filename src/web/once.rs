//! A form that is sent twice counts once: it carries a key of its own, which is taken before anything is recorded.

use super::app::App;
use super::error::Result;
use super::visit::{Fields, Visit};
use super::visits::{Reserved, random_token};

/// The hidden field that holds the key.
pub const FIELD: &str = "once";

/// The key of a form: the one that it was sent with, or a fresh one.
///
/// # Errors
/// When no random numbers are to be had.
pub fn key(entered: &Fields) -> Result<String> {
    match entered.given(FIELD) {
        Some(key) => Ok(key.to_owned()),
        None => random_token(),
    }
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
