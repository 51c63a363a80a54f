//! Files that come with a form: kept beside it until it is sent, then put to the case.

use super::field::Problem;
use crate::register::{Actor, RegisterError};
use crate::web::app::App;
use crate::web::error::{Result, WebError};
use crate::web::uploads;
use crate::web::visit::Visit;
use crate::web::visits::{Keeping, Try};

/// A file that waits for its form to be sent.
#[derive(Debug, Clone)]
pub struct Waiting {
    pub file_id: i64,
    pub name: String,
    pub size: String,
}

/// Keeps the files that came with a page; answers what is wrong with those that were not taken.
///
/// # Errors
/// When the store of visits cannot be used.
pub fn keep(app: &App, visit: &Visit, form_key: &str) -> Result<Vec<Problem>> {
    let words = app.words(visit.language);
    if visit.files.is_empty() {
        return Ok(Vec::new());
    }
    match app
        .visits
        .check(Try::Complaint, form_key, &visit.from, visit.now)
    {
        Ok(()) => {}
        Err(WebError::TooMany { .. }) => {
            return Ok(vec![Problem::new(
                "files",
                words,
                "public_uploads.too_many",
            )]);
        }
        Err(error) => return Err(error),
    }
    app.visits
        .failed(Try::Complaint, form_key, &visit.from, visit.now)?;
    let mut refused = Vec::new();
    for upload in &visit.files {
        let clean = match uploads::check(upload) {
            Ok(clean) => clean,
            Err(refusal) => {
                refused.push(Problem {
                    field: "files",
                    text: refusal.in_words(words),
                });
                continue;
            }
        };
        let key = match app.visits.keep_file(form_key, &clean, visit.now) {
            Ok(Keeping::Kept) => continue,
            Ok(Keeping::FormIsFull) => "public_uploads.form_is_full",
            Ok(Keeping::NoRoom) => "public_uploads.no_room",
            // A full disk costs the file and nothing else of the form.
            Err(error @ WebError::Visits { .. }) => {
                tracing::error!(%error, "a file cannot wait for its form");
                "public_uploads.no_room"
            }
            Err(error) => return Err(error),
        };
        refused.push(Problem {
            field: "files",
            text: words.fill(key, &[("name", &clean.name)]),
        });
    }
    Ok(refused)
}

/// The files that wait for a form.
///
/// # Errors
/// When the store of visits cannot be read.
pub fn waiting(app: &App, visit: &Visit, form_key: &str) -> Result<Vec<Waiting>> {
    let words = app.words(visit.language);
    let waiting = app.visits.files_waiting(form_key)?;
    Ok(waiting
        .into_iter()
        .map(|file| {
            // Rounded up: no file has a size of nothing.
            let kib = words.count((file.bytes + 1023) / 1024);
            Waiting {
                file_id: file.file_id,
                name: file.name,
                size: words.fill("public_uploads.size", &[("kib", &kib)]),
            }
        })
        .collect())
}

/// Puts the files that wait for a form to a case, as the complainant's; answers the names of those that could
/// not be kept, which go on waiting.
pub fn attach(app: &App, visit: &Visit, case_key: i64, form_key: &str) -> Vec<String> {
    let waiting = match app.visits.files_waiting(form_key) {
        Ok(waiting) => waiting,
        Err(error) => {
            tracing::error!(case_key, %error, "files that wait cannot be read");
            return Vec::new();
        }
    };
    let mut lost = Vec::new();
    for file in waiting {
        let attached = attach_one(app, visit, case_key, form_key, file.file_id)
            .and_then(|()| app.visits.drop_file(form_key, file.file_id));
        if let Err(error) = attached {
            tracing::error!(case_key, %error, "a file could not be added");
            lost.push(file.name);
        }
    }
    lost
}

fn attach_one(app: &App, visit: &Visit, case_key: i64, form_key: &str, file_id: i64) -> Result<()> {
    let waiting = app.visits.waiting_file(form_key, file_id)?;
    let file = waiting.ok_or(WebError::NotFound)?;
    let added = app
        .register(|register| register.attach_clean(case_key, &file, &Actor::customer(), visit.now));
    match added {
        // The same photograph chosen twice is there.
        Ok(_) | Err(RegisterError::Exists { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
