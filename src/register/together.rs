//! What belongs together, recorded together: a complaint or an addition with its files and its further details is in the
//! register whole, or it is not there.
//!
//! Files lie in their folder before ([`Register::lay`]), on the disk under their hashes, and one transaction then records
//! everything that names them. A process that dies before it leaves files that no event names; they are cleared up
//! ([`Register::drop_left_files`]), and nobody was told that they had been taken.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use super::append::{Draft, append_in, check_direct};
use super::attachments::{CleanFile, LaidFile, files_folder, record_in};
use super::error::Result;
use super::register_case::{case_of_form, form_hash, remember_form};
use super::{Actor, Register, Writing, cases, projection, secrets};
use redress_domain::case_file::{CaseFile, Mode};
use redress_domain::event::Resumed;

/// Something that is recorded with other things.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    Event {
        draft: Draft,
        by: Actor,
    },
    /// A file; one that the case has already is passed over.
    File {
        file: LaidFile,
        by: Actor,
    },
    /// The complainant's word: it ends a pause that waited for it when it came.
    Answer {
        at: DateTime<Utc>,
        /// Needed when it came longer ago than the register allows.
        late_reason: Option<String>,
    },
}

impl Part {
    /// An event.
    pub const fn event(draft: Draft, by: Actor) -> Self {
        Part::Event { draft, by }
    }

    /// A file.
    pub const fn file(file: LaidFile, by: Actor) -> Self {
        Part::File { file, by }
    }
}

/// What became of the parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Added {
    /// A pause that waited for the complainant ended.
    pub resumed: bool,
    /// Position of the case's last event.
    pub last_seq: i64,
}

/// What became of an addition that came by a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfAddition {
    New(Added),
    /// The same form was recorded before.
    Before,
}

impl Register {
    /// Adds several things to a case, all of them or none. When they cannot be recorded, no file of them is left unless a
    /// case has it.
    ///
    /// # Errors
    /// Those of [`Register::append`] and of [`Register::attach`].
    pub fn add_together(
        &mut self,
        case_key: i64,
        parts: &[Part],
        now: DateTime<Utc>,
    ) -> Result<Added> {
        let folder = files_folder(&self.path);
        let added = self.write(|w| add_parts(w, &folder, case_key, parts, now));
        if added.is_err() {
            self.drop_files_of(parts);
        }
        added
    }

    /// Adds to a case what came by a form with a key of its own, all of it or none. The key is kept in the same
    /// transaction: whoever sends the form again, because no answer came, adds nothing twice.
    ///
    /// # Errors
    /// Those of [`Register::add_together`].
    pub fn add_form(
        &mut self,
        case_key: i64,
        parts: &[Part],
        form_key: &str,
        now: DateTime<Utc>,
    ) -> Result<OfAddition> {
        let folder = files_folder(&self.path);
        let form_hash = form_hash(form_key);
        let added = self.write(|w| {
            if case_of_form(&w.tx, &form_hash)?.is_some() {
                return Ok(OfAddition::Before);
            }
            let added = add_parts(w, &folder, case_key, parts, now)?;
            remember_form(&w.tx, &form_hash, case_key)?;
            Ok(OfAddition::New(added))
        });
        match &added {
            Ok(OfAddition::New(_)) => {}
            Ok(OfAddition::Before) | Err(_) => self.drop_files_of(parts),
        }
        added
    }

    /// Lays files that were cleaned before beside the register, as parts; all of them or none.
    ///
    /// # Errors
    /// When one of them cannot be kept.
    pub fn lay_together(&mut self, files: &[CleanFile], by: &Actor) -> Result<Vec<Part>> {
        let mut parts = Vec::with_capacity(files.len());
        for file in files {
            match self.lay_clean(file) {
                Ok(laid) => parts.push(Part::file(laid, by.clone())),
                Err(error) => {
                    self.drop_files_of(&parts);
                    return Err(error);
                }
            }
        }
        Ok(parts)
    }

    /// Where a file lies that was laid beside the register.
    pub fn path_of(&self, file: &LaidFile) -> PathBuf {
        self.attachment_path(&file.sha256)
    }

    /// Deletes the files of parts that were not recorded, unless a case has them.
    pub fn drop_files_of(&mut self, parts: &[Part]) {
        let hashes: Vec<String> = parts
            .iter()
            .filter_map(|part| match part {
                Part::File { file, .. } => Some(file.sha256.clone()),
                Part::Event { .. } | Part::Answer { .. } => None,
            })
            .collect();
        if let Err(error) = self.drop_unused(&hashes) {
            tracing::warn!(%error, "files that were not recorded are still there");
        }
    }
}

/// Records the parts within the caller's transaction.
pub(super) fn add_parts(
    w: &Writing<'_>,
    folder: &Path,
    case_key: i64,
    parts: &[Part],
    now: DateTime<Utc>,
) -> Result<Added> {
    let mut resumed = false;
    for part in parts {
        match part {
            Part::Event { draft, by } => {
                check_direct(&draft.body, by)?;
                let salt = secrets::random::<16>()?;
                append_in(w, case_key, draft.clone(), by, now, &salt)?;
            }
            Part::File { file, by } => {
                record_in(w, folder, case_key, file, by, now)?;
            }
            Part::Answer { at, late_reason } => {
                if !is_awaited(w, case_key, *at)? {
                    continue;
                }
                let mut draft = Draft::new(*at, Resumed {});
                draft.late_reason.clone_from(late_reason);
                let salt = secrets::random::<16>()?;
                append_in(w, case_key, draft, &Actor::customer(), now, &salt)?;
                resumed = true;
            }
        }
    }
    Ok(Added {
        resumed,
        last_seq: cases::by_key(&w.tx, case_key)?.last_seq,
    })
}

/// Whether the case rests and waits for the complainant's word since before this moment.
fn is_awaited(w: &Writing<'_>, case_key: i64, at: DateTime<Utc>) -> Result<bool> {
    let events = projection::read_events(&w.tx, case_key)?;
    let file = CaseFile::fold(&events, None, Mode::Strict)?;
    Ok(file
        .running_rest()
        .is_some_and(|rest| rest.from <= at && rest.reason.ends_with_an_answer()))
}
