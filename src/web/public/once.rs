//! A form that is sent twice, by a double click or a page loaded anew, counts once.

use std::thread::sleep;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::web::app::App;
use crate::web::error::Result;
use crate::web::visits::Reserved;

/// How often it is asked whether the same form, being recorded by another request, is done.
const ASKED: u32 = 20;
/// The time between two questions.
const BETWEEN: Duration = Duration::from_millis(100);

/// Takes a form's key. Where the same form is being recorded at this moment, waits for its end, two seconds at most.
///
/// # Errors
/// When the store of visits cannot be used.
pub fn reserve(app: &App, form_key: &str, now: DateTime<Utc>) -> Result<Reserved> {
    for _ in 0..ASKED {
        match app.visits.reserve(form_key, now)? {
            Reserved::Busy => sleep(BETWEEN),
            Reserved::Yours => return Ok(Reserved::Yours),
            Reserved::Done(outcome) => return Ok(Reserved::Done(outcome)),
        }
    }
    Ok(Reserved::Busy)
}

/// Whether a text can be a form's key, as [`crate::web::visits::random_token`] makes them.
pub fn is_key(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit())
}
