//! What `redress.toml` says of the gateways, checked before anything is sent.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use lettre::message::Mailbox;
use serde::Deserialize;

use super::escape::Encoding;
use super::phone::Numbering;
use super::rule::Rule;
use super::secret::Secret;
use super::template::{Placeholder, Template, UnknownPlaceholder};
use crate::domain::vocabulary::Language;

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

/// An SMS gateway that is asked over HTTP.
#[derive(Debug, Clone)]
pub struct HttpSms {
    pub(super) url: Template,
    pub(super) method: Method,
    pub(super) headers: Vec<(String, Template)>,
    pub(super) body: Option<Template>,
    pub(super) encode: Encoding,
    /// When an answer is a yes.
    pub(super) success: Rule,
    /// When an answer is a no for good; `None`: by the status.
    pub(super) permanent: Option<Rule>,
    /// When an answer says that the fault is ours: credentials, the sender's name, no credit.
    pub(super) halt: Option<Rule>,
    pub(super) timeout: Duration,
    pub(super) from: String,
    pub(super) user: String,
    pub(super) password: Secret,
    pub(super) numbering: Numbering,
    /// Whether the gateway stands on this machine, so that no proxy is asked.
    pub(super) is_local: bool,
}

/// A mail server.
#[derive(Debug, Clone)]
pub struct Smtp {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) tls: Tls,
    /// PEM file of an authority that signed the server's certificate, besides the usual ones.
    pub(super) ca_file: Option<PathBuf>,
    pub(super) user: String,
    pub(super) password: Secret,
    pub(super) from: Mailbox,
    pub(super) reply_to: Option<Mailbox>,
    /// The name by which this machine greets; `None`: its own.
    pub(super) hello: Option<String>,
    pub(super) timeout: Duration,
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

/// How a request is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) enum Method {
    #[serde(rename = "GET")]
    Get,
    #[serde(rename = "POST")]
    Post,
    #[serde(rename = "PUT")]
    Put,
}

/// How the connection to a mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Tls {
    /// Begins in clear and has to change to TLS before anything is said (RFC 3207).
    #[serde(rename = "starttls")]
    Upgraded,
    /// TLS from the first byte (RFC 8314).
    Implicit,
    /// In clear: for a server on this machine.
    None,
}

/// The table `[sms]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmsTable {
    kind: SmsKind,
    url: Option<String>,
    method: Option<Method>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    body: Option<String>,
    encode: Option<Encoding>,
    success: Option<Rule>,
    permanent: Option<Rule>,
    halt: Option<Rule>,
    timeout: Option<u64>,
    from: Option<String>,
    user: Option<String>,
    password: Option<Secret>,
    password_file: Option<PathBuf>,
    country_code: Option<String>,
    trunk_prefix: Option<String>,
}

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
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum SmsKind {
    Http,
    File,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum MailKind {
    Smtp,
    File,
}

/// Seconds that a gateway may take, unless the settings say otherwise, and at most: a claim on a message has to
/// outlast the sending.
const USUAL_TIMEOUT: u64 = 20;
const LONGEST_TIMEOUT: u64 = 60;

const FOLDER: &str = "outbox";
const SMS: &str = "sms";
const MAIL: &str = "mail";

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

impl SmsTable {
    /// Name and value of every setting that is given, secrets out of sight.
    pub fn shown(&self) -> Vec<(&'static str, String)> {
        let mut shown = vec![(
            "sms.kind",
            match self.kind {
                SmsKind::Http => "http".to_owned(),
                SmsKind::File => "file".to_owned(),
            },
        )];
        let mut add = |name: &'static str, value: Option<String>| {
            shown.extend(value.map(|value| (name, value)));
        };
        let set = || "(set)".to_owned();
        // What stands behind the question mark of an address may be a password.
        add("sms.url", self.url.as_deref().map(without_query));
        add(
            "sms.method",
            self.method.map(|method| method.as_str().to_owned()),
        );
        let names: Vec<&str> = self.headers.keys().map(String::as_str).collect();
        add("sms.headers", (!names.is_empty()).then(|| names.join(", ")));
        add("sms.body", self.body.as_ref().map(|_| set()));
        add("sms.encode", self.encode.map(|e| e.as_str().to_owned()));
        add("sms.success", self.success.as_ref().map(|_| set()));
        add("sms.permanent", self.permanent.as_ref().map(|_| set()));
        add("sms.halt", self.halt.as_ref().map(|_| set()));
        add("sms.timeout", self.timeout.map(|n| n.to_string()));
        add("sms.from", self.from.clone());
        add("sms.user", self.user.clone());
        add("sms.password", self.password.as_ref().map(|_| set()));
        add("sms.password_file", self.password_file.as_deref().map(path));
        add("sms.country_code", self.country_code.clone());
        add("sms.trunk_prefix", self.trunk_prefix.clone());
        shown
    }

    fn settings(&self, folder: &Path, given: Option<Secret>) -> Result<Sms, SettingsError> {
        match self.kind {
            SmsKind::File => Ok(Sms::File(folder.to_owned())),
            SmsKind::Http => self.http(given).map(Box::new).map(Sms::Http),
        }
    }

    fn http(&self, given: Option<Secret>) -> Result<HttpSms, SettingsError> {
        let unfit = |key, why: &str| SettingsError::Unfit {
            table: SMS,
            key,
            why: why.to_owned(),
        };
        let parse = |key: &str, text: &str| {
            Template::parse(text).map_err(|source| SettingsError::Placeholder {
                table: SMS,
                key: key.to_owned(),
                source,
            })
        };
        let written = needed(SMS, "url", self.url.as_deref())?;
        let is_local = host_of(written)
            .ok_or_else(|| {
                unfit(
                    "url",
                    "write an address that begins with https:// or http://",
                )
            })?
            .is_this_machine();
        let url = parse("url", written)?;
        let body = self
            .body
            .as_deref()
            .map(|body| parse("body", body))
            .transpose()?;
        let method = self.method.unwrap_or(Method::Post);
        if method == Method::Get && body.is_some() {
            return Err(unfit("body", "a request with GET has none; fill in `url`"));
        }
        let says = |what| url.says(what) || body.as_ref().is_some_and(|body| body.says(what));
        let to = [
            Placeholder::To,
            Placeholder::ToDigits,
            Placeholder::ToNational,
        ];
        if !says(Placeholder::Text) || !to.into_iter().any(says) {
            return Err(unfit(
                "body",
                "{text} and one of {to}, {to_digits}, {to_national} have to stand in `url` or `body`",
            ));
        }
        let mut headers = Vec::new();
        for (name, value) in &self.headers {
            headers.push((name.clone(), parse(&format!("headers.{name}"), value)?));
        }
        Ok(HttpSms {
            url,
            method,
            headers,
            body,
            encode: self.encode.unwrap_or(Encoding::Form),
            success: self
                .success
                .clone()
                .map_or_else(Rule::any_success, Rule::or_success),
            permanent: self.permanent.clone().filter(|rule| !rule.is_empty()),
            halt: self.halt.clone().filter(|rule| !rule.is_empty()),
            timeout: timeout(SMS, self.timeout)?,
            from: self.from.clone().unwrap_or_default(),
            user: self.user.clone().unwrap_or_default(),
            password: password(
                SMS,
                given,
                self.password_file.as_deref(),
                self.password.as_ref(),
            )?,
            numbering: self.numbering()?,
            is_local,
        })
    }

    fn numbering(&self) -> Result<Numbering, SettingsError> {
        let digits = |key, text: &str, most: usize| {
            let fits = text.len() <= most && text.bytes().all(|b| b.is_ascii_digit());
            fits.then(|| text.to_owned())
                .ok_or_else(|| SettingsError::Unfit {
                    table: SMS,
                    key,
                    why: format!("`{text}`: write digits only, such as 90 and 0 for Turkey"),
                })
        };
        let country = match self.country_code.as_deref() {
            None | Some("") => None,
            Some(text) => Some(digits("country_code", text.trim_start_matches('+'), 3)?),
        };
        Ok(Numbering {
            country,
            trunk: digits(
                "trunk_prefix",
                self.trunk_prefix.as_deref().unwrap_or("0"),
                2,
            )?,
        })
    }
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

    fn settings(&self, folder: &Path, given: Option<Secret>) -> Result<Mail, SettingsError> {
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

impl FileTable {
    /// Name and value of its setting.
    pub fn shown(&self) -> Vec<(&'static str, String)> {
        vec![("file.folder", path(&self.folder))]
    }
}

impl Method {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
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

/// Where a gateway stands.
struct Host<'a>(&'a str);

impl Host<'_> {
    fn is_this_machine(&self) -> bool {
        let bare = self.0.trim_start_matches('[').trim_end_matches(']');
        let address = bare.parse::<std::net::IpAddr>();
        bare.eq_ignore_ascii_case("localhost") || address.is_ok_and(|a| a.is_loopback())
    }
}

/// The host of an address of the web.
fn host_of(url: &str) -> Option<Host<'_>> {
    let rest = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"))?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or("");
    let host_and_port = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    let host = match host_and_port.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        Some(_) | None => host_and_port,
    };
    (!host.is_empty()).then_some(Host(host))
}

fn needed<'a>(
    table: &'static str,
    key: &'static str,
    value: Option<&'a str>,
) -> Result<&'a str, SettingsError> {
    value
        .filter(|value| !value.trim().is_empty())
        .ok_or_else(|| SettingsError::Unfit {
            table,
            key,
            why: "it is missing".to_owned(),
        })
}

fn timeout(table: &'static str, seconds: Option<u64>) -> Result<Duration, SettingsError> {
    let seconds = seconds.unwrap_or(USUAL_TIMEOUT);
    if (1..=LONGEST_TIMEOUT).contains(&seconds) {
        return Ok(Duration::from_secs(seconds));
    }
    Err(SettingsError::Unfit {
        table,
        key: "timeout",
        why: format!("{seconds}: write seconds from 1 to {LONGEST_TIMEOUT}"),
    })
}

/// The password: of the environment, else the first line of its file, else that of the settings.
fn password(
    table: &'static str,
    given: Option<Secret>,
    file: Option<&Path>,
    written: Option<&Secret>,
) -> Result<Secret, SettingsError> {
    if let Some(given) = given {
        return Ok(given);
    }
    match (file, written) {
        (Some(_), Some(_)) => Err(SettingsError::Unfit {
            table,
            key: "password_file",
            why: "`password` is there as well; keep one of them".to_owned(),
        }),
        (Some(path), None) => {
            let text =
                std::fs::read_to_string(path).map_err(|source| SettingsError::PasswordFile {
                    table,
                    path: path.to_owned(),
                    source,
                })?;
            Ok(Secret::new(text.lines().next().unwrap_or("")))
        }
        (None, Some(written)) => Ok(written.clone()),
        (None, None) => Ok(Secret::default()),
    }
}

fn without_query(url: &str) -> String {
    match url.split_once('?') {
        Some((address, _)) => format!("{address}?…"),
        None => url.to_owned(),
    }
}

fn path(path: &Path) -> String {
    path.display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sms(text: &str) -> Result<Sms, SettingsError> {
        let table: SmsTable = toml::from_str(text).unwrap();
        table.settings(Path::new("outbox"), None)
    }

    fn mail(text: &str) -> Result<Mail, SettingsError> {
        let table: MailTable = toml::from_str(text).unwrap();
        table.settings(Path::new("outbox"), None)
    }

    #[test]
    fn a_gateway_that_is_told_neither_text_nor_number_is_refused() {
        let error = sms("kind = \"http\"\nurl = \"https://example.org\"\nbody = \"{text}\"");
        assert!(error.unwrap_err().to_string().contains("{to_national}"));
        assert!(sms("kind = \"http\"\nurl = \"https://example.org?t={text}&n={to}\"").is_ok());
    }

    #[test]
    fn an_address_without_a_scheme_is_refused() {
        let error = sms("kind = \"http\"\nurl = \"example.org\"\nbody = \"{text}{to}\"");
        assert!(error.unwrap_err().to_string().contains("[sms] url"));
    }

    #[test]
    fn unknown_keys_are_errors() {
        assert!(toml::from_str::<SmsTable>("kind = \"http\"\nuri = \"x\"").is_err());
        assert!(toml::from_str::<MailTable>("kind = \"smtp\"\nserver = \"x\"").is_err());
        assert!(toml::from_str::<SmsTable>("kind = \"telegram\"").is_err());
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
    fn the_password_of_the_environment_stands_over_the_file_and_none_is_shown() {
        let text = "kind = \"http\"\nurl = \"https://example.org?p=hidden&t={text}&n={to}\"\n\
                    password = \"hidden\"\nheaders = { Authorization = \"hidden\" }";
        let table: SmsTable = toml::from_str(text).unwrap();
        let secret = Some(Secret::new("of the environment"));
        match table.settings(Path::new("outbox"), secret).unwrap() {
            Sms::Http(http) => assert_eq!(http.password.reveal(), "of the environment"),
            Sms::File(_) => panic!("it is a gateway"),
        }
        assert!(!format!("{:?}", table.shown()).contains("hidden"));
        let both = "kind = \"smtp\"\nhost = \"h\"\nfrom = \"a@example.org\"\npassword = \"x\"\npassword_file = \"y\"";
        assert!(mail(both).unwrap_err().to_string().contains("keep one"));
    }

    #[test]
    fn only_addresses_of_this_machine_are_local() {
        let local = [
            "http://localhost:8080/x",
            "http://127.0.0.1",
            "http://[::1]:9/",
        ];
        for url in local {
            assert!(host_of(url).unwrap().is_this_machine(), "{url}");
        }
        assert!(
            !host_of("https://example.org/127.0.0.1")
                .unwrap()
                .is_this_machine()
        );
        assert!(host_of("https:///x").is_none());
    }
}
