//! The table `[sms]`: a gateway that is asked over HTTP.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use super::entries::{needed, password, path, timeout};
use super::host::host_of;
use super::{SettingsError, Sms};
use crate::escape::Encoding;
use crate::phone::Numbering;
use crate::rule::Rule;
use crate::secret::Secret;
use crate::template::{Placeholder, Template};

const SMS: &str = "sms";

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

/// An SMS gateway that is asked over HTTP.
#[derive(Debug, Clone)]
pub struct HttpSms {
    pub(crate) url: Template,
    pub(crate) method: Method,
    pub(crate) headers: Vec<(String, Template)>,
    pub(crate) body: Option<Template>,
    pub(crate) encode: Encoding,
    /// When an answer is a yes.
    pub(crate) success: Rule,
    /// When an answer is a no for good; `None`: by the status.
    pub(crate) permanent: Option<Rule>,
    /// When an answer says that the fault is ours: credentials, the sender's name, no credit.
    pub(crate) halt: Option<Rule>,
    pub(crate) timeout: Duration,
    pub(crate) from: String,
    pub(crate) user: String,
    pub(crate) password: Secret,
    pub(crate) numbering: Numbering,
    /// Whether the gateway stands on this machine, so that no proxy is asked.
    pub(crate) is_local: bool,
}

/// How a request is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) enum Method {
    #[serde(rename = "GET")]
    Get,
    #[serde(rename = "POST")]
    Post,
    #[serde(rename = "PUT")]
    Put,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum SmsKind {
    Http,
    File,
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

    pub(super) fn settings(
        &self,
        folder: &Path,
        given: Option<Secret>,
    ) -> Result<Sms, SettingsError> {
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

impl Method {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
        }
    }
}

fn without_query(url: &str) -> String {
    match url.split_once('?') {
        Some((address, _)) => format!("{address}?…"),
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sms(text: &str) -> Result<Sms, SettingsError> {
        let table: SmsTable = toml::from_str(text).unwrap();
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
        assert!(toml::from_str::<SmsTable>("kind = \"telegram\"").is_err());
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
    }
}
