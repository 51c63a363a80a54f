//! The table `[mail]`: a mail server.

use std::path::{Path, PathBuf};
use std::time::Duration;

use lettre::message::Mailbox;
use serde::Deserialize;

use super::entries::{needed, password, path, timeout};
use super::{Mail, SettingsError};
use crate::secret::Secret;

const MAIL: &str = "mail";

/// The table `[mail]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailTable {
    kind: MailKind,
    host: Option<String>,
    port: Option<u16>,
    tls: Option<Tls>,
    ca_file: Option<PathBuf>,
    user: Option<String>,
    password: Option<Secret>,
    password_file: Option<PathBuf>,
    from: Option<String>,
    reply_to: Option<String>,
    hello: Option<String>,
    timeout: Option<u64>,
}

/// A mail server.
#[derive(Debug, Clone)]
pub struct Smtp {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) tls: Tls,
    /// PEM file of an authority that signed the server's certificate, besides the usual ones.
    pub(crate) ca_file: Option<PathBuf>,
    pub(crate) user: String,
    pub(crate) password: Secret,
    pub(crate) from: Mailbox,
    pub(crate) reply_to: Option<Mailbox>,
    /// The name by which this machine greets; `None`: its own.
    pub(crate) hello: Option<String>,
    pub(crate) timeout: Duration,
}

/// How the connection to a mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Tls {
    /// Begins in clear and has to change to TLS before anything is said (RFC 3207).
    #[serde(rename = "starttls")]
    Upgraded,
    /// TLS from the first byte (RFC 8314).
    Implicit,
    /// In clear: for a server on this machine.
    None,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum MailKind {
    Smtp,
    File,
}

impl MailTable {
    /// Name and value of every setting that is given, secrets out of sight.
    pub fn shown(&self) -> Vec<(&'static str, String)> {
        let mut shown = vec![(
            "mail.kind",
            match self.kind {
                MailKind::Smtp => "smtp".to_owned(),
                MailKind::File => "file".to_owned(),
            },
        )];
        let mut add = |name: &'static str, value: Option<String>| {
            shown.extend(value.map(|value| (name, value)));
        };
        add("mail.host", self.host.clone());
        add("mail.port", self.port.map(|n| n.to_string()));
        add("mail.tls", self.tls.map(|tls| tls.as_str().to_owned()));
        add("mail.ca_file", self.ca_file.as_deref().map(path));
        add("mail.user", self.user.clone());
        add(
            "mail.password",
            self.password.as_ref().map(|_| "(set)".to_owned()),
        );
        add(
            "mail.password_file",
            self.password_file.as_deref().map(path),
        );
        add("mail.from", self.from.clone());
        add("mail.reply_to", self.reply_to.clone());
        add("mail.hello", self.hello.clone());
        add("mail.timeout", self.timeout.map(|n| n.to_string()));
        shown
    }

    pub(super) fn settings(
        &self,
        folder: &Path,
        given: Option<Secret>,
    ) -> Result<Mail, SettingsError> {
        let mailbox = |key, text: &str| {
            text.parse::<Mailbox>().map_err(|_| SettingsError::Unfit {
                table: MAIL,
                key,
                why: format!(
                    "`{text}` is no mail address; write `name@example.org` or `Name <name@example.org>`"
                ),
            })
        };
        let from = mailbox("from", needed(MAIL, "from", self.from.as_deref())?)?;
        match self.kind {
            MailKind::File => Ok(Mail::File {
                folder: folder.to_owned(),
                from,
            }),
            MailKind::Smtp => {
                let tls = self.tls.unwrap_or(Tls::Upgraded);
                Ok(Mail::Smtp(Box::new(Smtp {
                    host: needed(MAIL, "host", self.host.as_deref())?.to_owned(),
                    port: self.port.unwrap_or(tls.usual_port()),
                    tls,
                    ca_file: self.ca_file.clone(),
                    user: self.user.clone().unwrap_or_default(),
                    password: password(
                        MAIL,
                        given,
                        self.password_file.as_deref(),
                        self.password.as_ref(),
                    )?,
                    from,
                    reply_to: self
                        .reply_to
                        .as_deref()
                        .map(|text| mailbox("reply_to", text))
                        .transpose()?,
                    hello: self.hello.clone(),
                    timeout: timeout(MAIL, self.timeout)?,
                })))
            }
        }
    }
}

impl Tls {
    const fn as_str(self) -> &'static str {
        match self {
            Tls::Upgraded => "starttls",
            Tls::Implicit => "implicit",
            Tls::None => "none",
        }
    }

    /// The port that IANA gives to it.
    const fn usual_port(self) -> u16 {
        match self {
            Tls::Upgraded => 587,
            Tls::Implicit => 465,
            Tls::None => 25,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(text: &str) -> Result<Mail, SettingsError> {
        let table: MailTable = toml::from_str(text).unwrap();
        table.settings(Path::new("outbox"), None)
    }

    #[test]
    fn unknown_keys_are_errors() {
        assert!(toml::from_str::<MailTable>("kind = \"smtp\"\nserver = \"x\"").is_err());
    }

    #[test]
    fn a_mail_server_gets_the_usual_port_of_its_protection() {
        let ports = [("starttls", 587), ("implicit", 465), ("none", 25)];
        for (tls, port) in ports {
            let text = format!(
                "kind = \"smtp\"\nhost = \"mail.example.org\"\nfrom = \"a@example.org\"\ntls = \"{tls}\""
            );
            match mail(&text).unwrap() {
                Mail::Smtp(smtp) => assert_eq!(smtp.port, port),
                Mail::File { .. } => panic!("it is a server"),
            }
        }
        let error = mail("kind = \"smtp\"\nhost = \"mail.example.org\"\nfrom = \"nobody\"");
        assert!(error.unwrap_err().to_string().contains("[mail] from"));
    }

    #[test]
    fn a_password_stands_in_one_place() {
        let both = "kind = \"smtp\"\nhost = \"h\"\nfrom = \"a@example.org\"\npassword = \"x\"\npassword_file = \"y\"";
        assert!(mail(both).unwrap_err().to_string().contains("keep one"));
    }
}
