//! What can go wrong when mails are taken in.

use std::path::{Path, PathBuf};

use redress_domain::vocabulary::Language;
use redress_register::RegisterError;

/// Why a mailbox, or one of its mails, could not be dealt with.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    #[error("cannot {what} {path}: {source}")]
    File {
        what: &'static str,
        path: PathBuf,
        source: std::io::Error,
    },
    #[error(
        "{path} is no mailbox: it has neither new/ and cur/ (Maildir) nor files that end in .eml"
    )]
    NoMailbox { path: PathBuf },
    #[error(
        "{place} is no mail: it has none of the fields From, Date, Subject, Message-ID, Received; look at it, and move it away"
    )]
    NoMail { place: String },
    #[error(
        "{place} has more than {most} bytes; register it by hand (`redress case register`) and attach it"
    )]
    TooLarge { place: String, most: usize },
    #[error(
        "the index of mails {path} cannot be used: {source}; it may be deleted, it is made anew"
    )]
    Index {
        path: PathBuf,
        source: rusqlite::Error,
    },
    /// The register refuses or fails.
    #[error(transparent)]
    Register(#[from] RegisterError),
    #[error("the texts of mails in `{language}` have a fault: {reason}")]
    Words { language: Language, reason: String },
}

impl MailError {
    /// Whether the next mail would fail in the same way, so that going on is of no use.
    pub fn stops(&self) -> bool {
        match self {
            MailError::Index { .. } | MailError::Words { .. } => true,
            MailError::Register(error) => matches!(
                error,
                RegisterError::Busy { .. }
                    | RegisterError::ReadOnly { .. }
                    | RegisterError::DiskFull { .. }
                    | RegisterError::Damaged { .. }
                    | RegisterError::Truncated { .. }
                    | RegisterError::CannotOpen { .. }
                    | RegisterError::ClockBehind { .. }
                    | RegisterError::File { .. }
                    | RegisterError::Inactive { .. }
            ),
            MailError::File { .. }
            | MailError::NoMailbox { .. }
            | MailError::NoMail { .. }
            | MailError::TooLarge { .. } => false,
        }
    }
}

/// Says which file could not be dealt with.
pub(super) fn file_error(
    what: &'static str,
    path: &Path,
) -> impl FnOnce(std::io::Error) -> MailError {
    let path = path.to_owned();
    move |source| MailError::File { what, path, source }
}
