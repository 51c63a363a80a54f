//! SMS over a gateway that is asked by HTTP, as the settings say.

use std::io::ErrorKind;
use std::time::Duration;

use ureq::http::{Request, Response};
use ureq::{Agent, Body, Error, Timeout};

use super::letter::Letter;
use super::refusal::Refusal;
use super::rule::{Answer, Rule};
use super::settings::HttpSms;
use super::template::{Place, Values};

/// Bytes of an answer that are looked at.
const ANSWER_BYTES: u64 = 64 * 1024;

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(10);

/// The header by which a gateway can tell a message that is sent twice
/// (<https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/>).
const KEY_HEADER: &str = "Idempotency-Key";

/// A gateway, with its connections.
#[derive(Debug)]
pub(super) struct SmsGateway<'s> {
    settings: &'s HttpSms,
    agent: Agent,
}

impl<'s> SmsGateway<'s> {
    /// Connects to nothing yet.
    pub fn new(settings: &'s HttpSms) -> Self {
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            // A redirect leads elsewhere than the settings say, and nobody knows whether the message goes along.
            .max_redirects(0)
            .timeout_global(Some(settings.timeout))
            .timeout_resolve(Some(settings.timeout.min(CONNECT)))
            .timeout_connect(Some(settings.timeout.min(CONNECT)))
            .user_agent(concat!("redress/", env!("CARGO_PKG_VERSION")));
        if settings.is_local {
            config = config.proxy(None);
        }
        SmsGateway {
            settings,
            agent: config.build().into(),
        }
    }

    /// Hands a message to the gateway.
    ///
    /// # Errors
    /// Why the gateway did not take it. After a time-out or a broken connection it may have it all the same.
    pub fn send(&self, letter: &Letter<'_>) -> Result<(), Refusal> {
        let settings = self.settings;
        let Some(number) = settings.numbering.read(letter.to) else {
            return Err(Refusal::Never("this is no phone number".to_owned()));
        };
        let values = Values {
            to: &number.international,
            to_digits: &number.digits,
            to_national: &number.national,
            text: letter.text,
            key: &letter.key,
            from: &settings.from,
            user: &settings.user,
            password: settings.password.reveal(),
        };
        let mut answer = self.ask(&values, &letter.key).map_err(|e| refusal(&e))?;
        let status = answer.status().as_u16();
        // Where the rest of an answer does not come, its status still says something.
        let body = answer
            .body_mut()
            .with_config()
            .limit(ANSWER_BYTES)
            .lossy_utf8(true)
            .read_to_string()
            .unwrap_or_default();
        self.judged(
            Answer {
                status,
                body: &body,
            },
            letter,
        )
    }

    fn ask(&self, values: &Values<'_>, key: &str) -> Result<Response<Body>, Error> {
        let settings = self.settings;
        let mut request = Request::builder()
            .method(settings.method.as_str())
            .uri(settings.url.fill(values, Place::Address));
        let has = |name: &str| {
            settings
                .headers
                .iter()
                .any(|(given, _)| given.eq_ignore_ascii_case(name))
        };
        if !has(KEY_HEADER) {
            request = request.header(KEY_HEADER, key);
        }
        if settings.body.is_some() && !has("Content-Type") {
            request = request.header("Content-Type", settings.encode.content_type());
        }
        for (name, value) in &settings.headers {
            request = request.header(name, value.fill(values, Place::Header));
        }
        match &settings.body {
            Some(body) => {
                let body = body.fill(values, Place::Body(settings.encode));
                self.agent.run(request.body(body)?)
            }
            None => self.agent.run(request.body(())?),
        }
    }

    /// What an answer means: the settings' rules first, then the status.
    fn judged(&self, answer: Answer<'_>, letter: &Letter<'_>) -> Result<(), Refusal> {
        let settings = self.settings;
        let said = letter.quoted(answer.body);
        let line = match said.as_str() {
            "" => format!("the gateway answered {}", answer.status),
            said => format!("the gateway answered {}: {said}", answer.status),
        };
        let holds = |rule: &Option<Rule>| rule.as_ref().is_some_and(|rule| rule.holds(answer));
        if holds(&settings.halt) {
            return Err(Refusal::Gateway(line));
        }
        if holds(&settings.permanent) {
            return Err(Refusal::Never(line));
        }
        if settings.success.holds(answer) {
            return Ok(());
        }
        Err(match answer.status {
            // Credentials, the address or the method are wrong: our fault, not the message's.
            300..=399 | 401 | 403 | 404 | 405 | 407 => Refusal::Gateway(line),
            408 | 425 | 429 => Refusal::Later(line),
            400..=499 if settings.permanent.is_none() => Refusal::Never(line),
            _ => Refusal::Later(line),
        })
    }
}

/// What a request means that got no answer.
fn refusal(error: &Error) -> Refusal {
    match error {
        // What is wrong with an address would be quoted with all that was filled into it.
        Error::BadUri(_) | Error::Http(_) => Refusal::Gateway(
            "the address or a header of the gateway cannot be used as the settings have it"
                .to_owned(),
        ),
        Error::HostNotFound
        | Error::ConnectionFailed
        | Error::Tls(_)
        | Error::Rustls(_)
        | Error::Pem(_)
        | Error::TlsRequired
        | Error::RequireHttpsOnly(_)
        | Error::InvalidProxyUrl
        | Error::ConnectProxyFailed(_)
        | Error::Timeout(Timeout::Resolve | Timeout::Connect) => {
            Refusal::Gateway(format!("the gateway is not reachable: {error}"))
        }
        Error::Io(io) if is_unreached(io.kind()) => {
            Refusal::Gateway(format!("the gateway is not reachable: {io}"))
        }
        other => Refusal::Later(format!("no answer of the gateway: {other}")),
    }
}

/// Whether the request cannot have reached the gateway; a certificate that is not accepted is invalid data.
const fn is_unreached(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::ConnectionRefused
            | ErrorKind::HostUnreachable
            | ErrorKind::NetworkUnreachable
            | ErrorKind::NetworkDown
            | ErrorKind::AddrNotAvailable
            | ErrorKind::InvalidData
    )
}
