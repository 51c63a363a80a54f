//! What can go wrong while a page is made.

use redress_register::RegisterError;

/// Why a page could not be made.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    /// There is no such page, case or file, or the visitor may not know that there is.
    #[error("there is no such page")]
    NotFound,
    /// The visitor's role does not allow it.
    #[error("this role may not do that")]
    Forbidden,
    /// A form that the browser says was not sent from a page of this site.
    #[error("the form was sent from a page of another origin")]
    OtherSite,
    /// Too many tries from one address or for one name.
    #[error("too many tries; wait {wait_minutes} minutes")]
    TooMany { wait_minutes: i64 },
    /// What was sent cannot be read as a form.
    #[error("the form cannot be read: {why}")]
    BadForm { why: String },
    /// More was sent than is taken.
    #[error("more than {most_mib} MiB was sent")]
    TooLarge { most_mib: u64 },
    #[error(transparent)]
    Register(#[from] RegisterError),
    /// The rules in force (calendar, limits) cannot be read.
    #[error("the rules in force cannot be read: {0}")]
    Rules(String),
    #[error(transparent)]
    Rule(#[from] redress_domain::rulebook::RuleError),
    #[error(transparent)]
    Calendar(#[from] redress_domain::calendar::CalendarError),
    #[error(transparent)]
    Limit(#[from] redress_domain::limits::LimitError),
    /// The store of visits cannot be used.
    #[error("the store of visits {path}: {source}")]
    Visits {
        path: String,
        source: rusqlite::Error,
    },
    /// Random numbers are not to be had.
    #[error("no random numbers: {0}")]
    Random(#[from] getrandom::Error),
    #[error(transparent)]
    Words(#[from] redress_review::ReviewError),
    /// A translation of the pages is damaged.
    #[error("the translation {file} cannot be read: {why}")]
    Translation { file: &'static str, why: String },
    #[error(transparent)]
    Form(#[from] redress_forms::FormError),
    #[error("the page cannot be set: {0}")]
    Template(#[from] askama::Error),
    /// Another part of the program failed; the sentence is its own.
    #[error("{0}")]
    Other(String),
}

/// The result of a handler.
pub type Result<T, E = WebError> = std::result::Result<T, E>;
