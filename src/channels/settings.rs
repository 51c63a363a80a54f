//! What `redress.toml` says of the gateways, checked before anything is sent.

mod entries;
mod host;
mod mail;
mod sms;

use std::path::PathBuf;

use lettre::message::Mailbox;
use serde::Deserialize;

use super::secret::Secret;
use super::template::UnknownPlaceholder;
use redress_domain::vocabulary::Language;

pub(super) use mail::Tls;
pub use mail::{MailTable, Smtp};
pub use sms::{HttpSms, SmsTable};

/// How messages go out; what is `None` does not go.
#[derive(Debug, Clone)]
pub struct Settings {
    pub sms: Option<Sms>,
    pub mail: Option<Mail>,
    /// Language of messages to the organisation itself.
    pub language: Language,
}

/// How SMS go out.
#[derive(Debug, Clone)]
pub enum Sms {
    Http(Box<HttpSms>),
    /// Into files of this folder, for trying out.
    File(PathBuf),
}

/// How e-mails go out.
#[derive(Debug, Clone)]
pub enum Mail {
    Smtp(Box<Smtp>),
    /// Into files of this folder, for trying out.
    File {
        folder: PathBuf,
        from: Mailbox,
    },
}

/// Passwords of the environment, which stand over those of the file.
#[derive(Debug, Clone, Default)]
pub struct Passwords {
    pub sms: Option<Secret>,
    pub mail: Option<Secret>,
}

/// What is wrong with the settings of a gateway.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("[{table}] {key}: {why}")]
    Unfit {
        table: &'static str,
        key: &'static str,
        why: String,
    },
    #[error("[{table}] {key}: {source}")]
    Placeholder {
        table: &'static str,
        key: String,
        source: UnknownPlaceholder,
    },
    #[error(
        "[{table}] password_file {path}: {source}; the user who runs redress has to be able to read it"
    )]
    PasswordFile {
        table: &'static str,
        path: PathBuf,
        source: std::io::Error,
    },
}

/// The table `[file]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileTable {
    folder: PathBuf,
}

impl FileTable {
    /// The folder that messages are written into, which has a default where there is no table.
    pub fn folder_of(table: Option<&FileTable>) -> PathBuf {
        table.map_or_else(|| PathBuf::from(FOLDER), |table| table.folder.clone())
    }

    /// Name and value of its setting.
    pub fn shown(&self) -> Vec<(&'static str, String)> {
        vec![("file.folder", entries::path(&self.folder))]
    }
}

const FOLDER: &str = "outbox";

impl Settings {
    /// Checks the tables and reads the password files.
    ///
    /// # Errors
    /// Names the table and the key that do not fit, and what to write.
    pub fn from_tables(
        sms: Option<&SmsTable>,
        mail: Option<&MailTable>,
        file: Option<&FileTable>,
        passwords: Passwords,
        language: Language,
    ) -> Result<Settings, SettingsError> {
        let folder = FileTable::folder_of(file);
        Ok(Settings {
            sms: sms
                .map(|table| table.settings(&folder, passwords.sms))
                .transpose()?,
            mail: mail
                .map(|table| table.settings(&folder, passwords.mail))
                .transpose()?,
            language,
        })
    }
}
