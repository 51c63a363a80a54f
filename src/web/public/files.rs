//! Files that come with a form: kept beside it until it is sent, then recorded with it.

use super::field::Problem;
use crate::app::App;
use crate::error::{Result, WebError};
use crate::uploads;
use crate::visit::Visit;
use crate::visits::{Keeping, Try};
use redress_register::{Actor, Part};

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

/// Lays the files that wait for a form beside the register, as the complainant's: whatever records the form records
/// them with it. They wait on until [`recorded`] is said.
///
/// # Errors
/// When one of them cannot be read or kept; nothing of them is left beside the register then.
pub fn lay(app: &App, form_key: &str) -> Result<Vec<Part>> {
    let mut parts = Vec::new();
    for file in app.visits.files_waiting(form_key)? {
        let laid = app
            .visits
            .waiting_file(form_key, file.file_id)
            .and_then(|waiting| waiting.ok_or(WebError::NotFound))
            .and_then(|clean| {
                app.register(|register| register.lay_clean(&clean).map_err(WebError::from))
            });
        match laid {
            Ok(file) => parts.push(Part::file(file, Actor::customer())),
            Err(error) => {
                app.register(|register| {
                    register.drop_files_of(&parts);
                    Ok::<_, WebError>(())
                })?;
                return Err(error);
            }
        }
    }
    Ok(parts)
}

/// Lets the files of a form go that was recorded with them.
pub fn recorded(app: &App, form_key: &str) {
    let dropped = app.visits.files_waiting(form_key).and_then(|waiting| {
        let mut files = waiting.iter();
        files.try_for_each(|file| app.visits.drop_file(form_key, file.file_id))
    });
    if let Err(error) = dropped {
        // They go by themselves when their time is over.
        tracing::warn!(%error, "files of a form that was recorded still wait");
    }
}
