//! A proposal of a mapping for a CSV file that nobody has described: what its columns are, how its dates are written,
//! what its states may mean, and what of all that is unsure.
//!
//! The proposal is a folder of plain SQL that a person reads and edits. Nothing in it is used unseen.

mod case_list;
mod column;
mod dates;
mod event_log;
mod kind;
mod names;
mod proposal;
mod reading;
mod roles;
mod shape;
mod states;

use std::io;
use std::path::{Path, PathBuf};

use redress_source::staging::StagingError;
use serde::Serialize;

use self::proposal::Proposal;
use self::reading::Reading;
use self::roles::{Form, Roles};

/// What was found in a file, and the mapping that is proposed for it.
#[derive(Debug, Serialize)]
pub struct Guess {
    pub file: PathBuf,
    /// Rows below the header.
    pub rows: u64,
    pub encoding: &'static str,
    pub separator: char,
    /// `event_log`: a row is something that happened to a case; `case_list`: a row is a case.
    pub form: &'static str,
    pub columns: Vec<Found>,
    /// What a person has to look at, each in a sentence.
    pub unsure: Vec<String>,
    /// Files of the proposed mapping: name and text.
    #[serde(skip)]
    pub files: Vec<(&'static str, String)>,
}

/// What a column seems to be.
#[derive(Debug, Serialize)]
pub struct Found {
    pub column: String,
    /// What its cells are: `dates`, `numbers`, `few words`, `many words`, `texts`, `one value`, `empty`.
    pub holds: &'static str,
    /// Cells that are not empty.
    pub filled: u64,
    /// Different values; at least so many where they are too many to count.
    pub distinct: u64,
    /// What the proposal takes it for.
    pub taken_for: Option<&'static str>,
    /// Forms of its dates, the most frequent first.
    pub forms: Vec<dates::FormSeen>,
    /// The first value.
    pub example: String,
}

/// Why nothing can be proposed.
#[derive(Debug, thiserror::Error)]
pub enum GuessError {
    #[error("{path}: cannot be read: {source}")]
    Unreadable { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Csv(#[from] StagingError),
    #[error("{path}: is {what} and no CSV; {instead}")]
    NoCsv {
        path: PathBuf,
        what: &'static str,
        instead: &'static str,
    },
    #[error("{path}: is empty, or holds no rows below its header")]
    Empty { path: PathBuf },
    #[error("{path}: has one column only; is it separated by something else than , ; tab or |?")]
    OneColumn { path: PathBuf },
    #[error(
        "{path}: has {columns} columns, and no table has more than {most}; is it separated by something else?"
    )]
    TooWide {
        path: PathBuf,
        columns: usize,
        most: usize,
    },
    #[error(
        "{path}: no column holds dates, so that nobody can say when a case was received; the first row is: {row}"
    )]
    NoDates { path: PathBuf, row: String },
    #[error("{path}: no column tells the cases apart; the columns are: {columns}")]
    NoCases { path: PathBuf, columns: String },
    #[error(
        "{folder}: is there already and is not overwritten; name another folder, or remove this one"
    )]
    Exists { folder: PathBuf },
    #[error("{path}: cannot be written: {source}")]
    Unwritable { path: PathBuf, source: io::Error },
}

/// Looks at a file and proposes a mapping for it. Reads it three times: for its encoding, its columns, and what changes
/// within a case.
///
/// # Errors
/// When it cannot be read, is no table, or has no cases or no dates.
pub fn guess(file: &Path) -> Result<Guess, GuessError> {
    let reading = Reading::of(file)?;
    let roles = Roles::of(&reading)?;
    let mut proposal = Proposal::begin(&reading, &roles);
    match roles.form {
        Form::EventLog => event_log::propose(&mut proposal),
        Form::CaseList => case_list::propose(&mut proposal),
    }
    let (files, unsure) = proposal.finish();
    let columns = reading
        .columns
        .iter()
        .enumerate()
        .map(|(place, column)| Found {
            column: column.name.clone(),
            holds: column.holds().as_str(),
            filled: column.filled,
            distinct: column.distinct(),
            taken_for: roles.of_column(place),
            forms: column.dates.forms.clone(),
            example: column.example.clone(),
        })
        .collect();
    Ok(Guess {
        file: file.to_owned(),
        rows: reading.rows,
        encoding: reading.encoding.encoding.name(),
        separator: char::from(reading.separator),
        form: roles.form.as_str(),
        columns,
        unsure,
        files,
    })
}

impl Guess {
    /// Writes the proposed mapping into a folder of its own, which must not be there yet.
    ///
    /// # Errors
    /// When the folder is there, or cannot be written.
    pub fn write(&self, folder: &Path) -> Result<(), GuessError> {
        let unwritable = |path: &Path, source| GuessError::Unwritable {
            path: path.to_owned(),
            source,
        };
        match std::fs::create_dir(folder) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(GuessError::Exists {
                    folder: folder.to_owned(),
                });
            }
            Err(error) => return Err(unwritable(folder, error)),
        }
        for (name, text) in &self.files {
            let path = folder.join(name);
            std::fs::write(&path, text).map_err(|e| unwritable(&path, e))?;
        }
        Ok(())
    }
}
