//! What a complainant gets at once: number and password, shown this once, and what happens next by when.

use askama::Template;

use super::case::printed;
use super::progress::{Due, progress};
use super::seen::Seen;
use crate::answer::Answer;
use crate::app::App;
use crate::error::{Result, WebError};
use crate::logging;
use crate::shell::{Area, Shell};
use crate::visit::Visit;
use redress_domain::stages::{Stage, stages};
use redress_domain::vocabulary::Means;
use redress_register::Registration;

/// A complaint that was just registered by the form.
#[derive(Debug, Clone)]
pub struct Receipt {
    pub registration: Registration,
    /// By what means, and to where, number and password are sent.
    pub told: Option<(Means, String)>,
}

#[derive(Template)]
#[template(path = "public/receipt.html")]
struct Page<'a> {
    shell: Shell<'a>,
    /// As of when, for a printed page.
    printed: String,
    number: &'a str,
    /// Shown once; `None` when the form was sent before.
    password: Option<&'a str>,
    told: String,
    /// What happens next; empty when it cannot be said.
    next: Vec<String>,
}

/// The page after registration.
///
/// # Errors
/// When the page cannot be set.
pub fn page(app: &App, visit: &Visit, receipt: &Receipt) -> Result<Answer> {
    let words = app.words(visit.language);
    let told = match &receipt.told {
        Some((Means::Email, to)) => words.fill("public_receipt.by_email", &[("to", to)]),
        Some((_, to)) => words.fill("public_receipt.by_sms", &[("to", to)]),
        None => words.text("public_receipt.by_nothing").to_owned(),
    };
    let next = next(app, visit, receipt.registration.case_key).unwrap_or_else(|error| {
        // The number and the password are what counts.
        let error = logging::reason(&error);
        tracing::error!(error, "a receipt says nothing of what happens next");
        Vec::new()
    });
    Answer::page(&Page {
        shell: Shell::new(app, visit, Area::Public, words.text("public_receipt.title")).once(),
        printed: as_of(app, visit),
        number: &receipt.registration.number,
        password: Some(&receipt.registration.password),
        told,
        next,
    })
}

/// The page for a form that was sent before: its number, and no password.
///
/// # Errors
/// When the page cannot be set.
pub fn again(app: &App, visit: &Visit, number: &str) -> Result<Answer> {
    let words = app.words(visit.language);
    Answer::page(&Page {
        shell: Shell::new(
            app,
            visit,
            Area::Public,
            words.text("public_receipt.title_again"),
        )
        .once(),
        printed: as_of(app, visit),
        number,
        password: None,
        told: words.text("public_receipt.again").to_owned(),
        next: Vec::new(),
    })
}

/// As of when; empty when it cannot be said, since the number and the password are what counts.
fn as_of(app: &App, visit: &Visit) -> String {
    let words = app.words(visit.language);
    match app.register(|register| Ok::<_, WebError>(register.zone())) {
        Ok(zone) => printed(words, visit, zone),
        Err(error) => {
            let error = logging::reason(&error);
            tracing::error!(error, "a receipt does not say as of when it is");
            String::new()
        }
    }
}

/// What happens next by when, and by when all of it.
fn next(app: &App, visit: &Visit, case_key: i64) -> Result<Vec<String>> {
    let words = app.words(visit.language);
    let seen = Seen::by_key(app, case_key)?;
    let rules = app.rules(visit.now)?;
    let mut lines = vec![progress(&seen, &rules, words, visit.now).next];
    let overall = stages(&seen.file)
        .into_iter()
        .find(|record| record.stage == Stage::Overall)
        .ok_or_else(|| WebError::Other("a case without an overall stage".to_owned()))?;
    let due = Due::of(&seen, &overall, &rules, visit.now)?;
    let by = due.in_words(words);
    lines.push(words.fill("public_receipt.overall", &[("by", &by)]));
    Ok(lines)
}
