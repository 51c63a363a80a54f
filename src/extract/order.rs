//! What an extract is asked for, what it did, and why it can fail.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use super::continuity::OtherStore;
use super::reader::ReadError;
use redress_domain::calendar::CalendarError;
use redress_domain::rulebook::Rulebook;
use redress_lake::error::WriteError;
use redress_lake::manifest::Manifest;
use redress_lake::reader::ReadError as LakeReadError;
use redress_lake::store::LakeError;
use redress_register::RegisterError;
use redress_source::mapping::{Mapping, MappingError};
use redress_source::store::{SourceError, query_words};

/// What an extract is asked for.
pub struct Order<'a> {
    pub store: &'a Path,
    /// How the manifest names the source.
    pub source_name: String,
    pub mapping: &'a Mapping,
    pub as_of: DateTime<Utc>,
    /// Restated: what had happened by `as_of`, as it is known at this later moment. `None`: as it was known
    /// at `as_of` itself.
    pub known_at: Option<DateTime<Utc>>,
    pub rules: &'a Rulebook,
    /// What of the rules decides figures, as text, so that a change is noticed.
    pub rules_text: String,
    /// Key of the complainants' pseudonyms where the source has none of its own.
    pub pseudonym_key: Option<Vec<u8>>,
    pub threads: usize,
    /// Read everything even where nothing changed.
    pub full: bool,
    /// Told the months done and the months in all.
    pub progress: &'a (dyn Fn(usize, usize) + Sync),
}

impl Order<'_> {
    /// The moment whose knowledge counts: events recorded later are not there.
    pub fn knowledge(&self) -> DateTime<Utc> {
        self.known_at.unwrap_or(self.as_of)
    }
}

/// What an extract did.
#[derive(Debug)]
pub struct Done {
    pub snapshot: PathBuf,
    pub manifest: Manifest,
    /// Months of which every case was read.
    pub months_read: usize,
    /// Months of which only the changed cases were read.
    pub months_spliced: usize,
    /// Months in which nothing changed.
    pub months_linked: usize,
    /// What a reader should know, in words.
    pub notes: Vec<String>,
}

/// Why an extract failed; the lake is then as it was.
#[derive(Debug, thiserror::Error)]
pub enum ExtractError {
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error(transparent)]
    Lake(#[from] LakeError),
    #[error(transparent)]
    Mapping(#[from] MappingError),
    #[error(transparent)]
    Snapshot(#[from] LakeReadError),
    #[error(transparent)]
    OtherStore(#[from] OtherStore),
    #[error(transparent)]
    Register(#[from] RegisterError),
    #[error(
        "{file}: the case `{case_id}` stands twice, in {first} and in {second}; give every case once, with a number of its own"
    )]
    Twice {
        file: PathBuf,
        case_id: String,
        first: String,
        second: String,
    },
    #[error(transparent)]
    Calendar(#[from] CalendarError),
    #[error("{file}: {}", query_words(error))]
    Query {
        file: PathBuf,
        error: rusqlite::Error,
    },
    #[error(
        "{file}: `{found}` is no month, or stands twice; give each once, as YYYY-MM or `unknown`"
    )]
    BadMonth { file: PathBuf, found: String },
    #[error(
        "{file}: marks {marked} case(s) received in {month}, and case.sql gives {given}: both have to speak of the same cases; \
         run with --full, and mend it"
    )]
    OtherCases {
        file: PathBuf,
        month: String,
        marked: u64,
        given: u64,
    },
    #[error(
        "the files of {month} in the last snapshot were altered while they were built upon; run again"
    )]
    Spoiled { month: String },
    #[error("the source gives {cases} cases and none of them can be used: {reason}")]
    NothingUsable { cases: u64, reason: String },
    #[error("{path}: cannot be linked or removed: {source}")]
    Link {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("interrupted; the last snapshot stands")]
    Interrupted,
    #[error("a worker stopped without a word; run again and report this")]
    WorkerLost,
}

/// A mapping's query that failed, with its file.
pub(super) fn query_error(mapping: &Mapping, file: &str, error: rusqlite::Error) -> ExtractError {
    ExtractError::Query {
        file: mapping.path(file),
        error,
    }
}
