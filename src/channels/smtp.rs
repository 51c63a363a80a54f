//! E-mail over a mail server (RFC 5321). One connection serves a whole run.

use std::time::Duration;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{
    Certificate, SmtpConnection, TlsParameters, TlsParametersBuilder,
};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use lettre::{Address, Message};

use super::e_mail::e_mail;
use super::letter::Letter;
use super::refusal::Refusal;
use super::settings::{Smtp, Tls};

/// A mail server, with its connection.
pub(super) struct MailServer<'s> {
    settings: &'s Smtp,
    connection: Option<SmtpConnection>,
}

/// What became of a dialogue that met no refusal.
enum Dialogue {
    Taken,
    /// The server had closed a connection that stood idle; nothing was said on it.
    Stale,
}

impl<'s> MailServer<'s> {
    /// Connects to nothing yet.
    pub const fn new(settings: &'s Smtp) -> Self {
        MailServer {
            settings,
            connection: None,
        }
    }

    /// Hands a message to the server.
    ///
    /// # Errors
    /// Why the server did not take it. After a broken connection it may have it all the same.
    pub fn send(&mut self, letter: &Letter<'_>) -> Result<(), Refusal> {
        let settings = self.settings;
        let message = e_mail(letter, &settings.from, settings.reply_to.as_ref())?;
        let reused = self.connection.is_some();
        match self.dialogue(&message, letter, reused)? {
            Dialogue::Taken => Ok(()),
            Dialogue::Stale => self.dialogue(&message, letter, false).map(|_| ()),
        }
    }

    /// One message over the connection, which is made where there is none. A connection after which it is not
    /// known where the dialogue stands is dropped.
    fn dialogue(
        &mut self,
        message: &Message,
        letter: &Letter<'_>,
        reused: bool,
    ) -> Result<Dialogue, Refusal> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.connect()?,
        };
        let email = message.formatted();
        let Some(from) = message.envelope().from() else {
            return Err(Refusal::Gateway("the settings name no sender".to_owned()));
        };
        let Some(parameters) = parameters(&connection, message, &email) else {
            self.connection = Some(connection);
            return Err(Refusal::Never(
                "the mail server takes no address with such letters".to_owned(),
            ));
        };
        if let Err(error) = connection.command(Mail::new(Some(from.clone()), parameters)) {
            if reused && (error.status().is_none() || is_closing(&error)) {
                return Ok(Dialogue::Stale);
            }
            return Err(match error.status() {
                // The sender is ours, so what is refused is not the message.
                Some(_) if error.is_permanent() => Refusal::Gateway(answered(&error, letter)),
                Some(_) => Refusal::Later(answered(&error, letter)),
                None => Refusal::Later(broken(&error)),
            });
        }
        let refusal = match deliver(&mut connection, message.envelope().to(), &email) {
            Ok(()) => {
                self.connection = Some(connection);
                return Ok(Dialogue::Taken);
            }
            Err(error) => match error.status() {
                Some(_) if error.is_permanent() => Refusal::Never(answered(&error, letter)),
                Some(_) => Refusal::Later(answered(&error, letter)),
                None => return Err(Refusal::Later(broken(&error))),
            },
        };
        if connection.command(Rset).is_ok() {
            self.connection = Some(connection);
        }
        Err(refusal)
    }

    /// A connection that is protected and signed in as the settings say. Whatever goes wrong here is no fault of
    /// a message.
    fn connect(&self) -> Result<SmtpConnection, Refusal> {
        let settings = self.settings;
        let unusable = |what: &str, error: &Error| {
            Refusal::Gateway(format!(
                "{what} of the mail server {}:{}: {error}",
                settings.host, settings.port
            ))
        };
        let hello = settings
            .hello
            .clone()
            .map_or_else(ClientId::default, ClientId::Domain);
        let tls = match settings.tls {
            Tls::Upgraded | Tls::Implicit => Some(self.tls_parameters()?),
            Tls::None => None,
        };
        let at_once = tls.as_ref().filter(|_| settings.tls == Tls::Implicit);
        let mut connection = SmtpConnection::connect(
            (settings.host.as_str(), settings.port),
            Some(settings.timeout),
            &hello,
            at_once,
            None,
        )
        .map_err(|e| unusable("no connection", &e))?;
        if let (Tls::Upgraded, Some(tls)) = (settings.tls, &tls) {
            connection
                .starttls(tls, &hello)
                .map_err(|e| unusable("no protection by STARTTLS", &e))?;
        }
        if !settings.user.is_empty() {
            let credentials =
                Credentials::new(settings.user.clone(), settings.password.reveal().to_owned());
            connection
                .auth(DEFAULT_MECHANISMS, &credentials)
                .map_err(|e| unusable("no entrance with this user and password", &e))?;
        }
        Ok(connection)
    }

    fn tls_parameters(&self) -> Result<TlsParameters, Refusal> {
        let settings = self.settings;
        let mut builder: TlsParametersBuilder = TlsParameters::builder(settings.host.clone());
        if let Some(path) = &settings.ca_file {
            let unreadable =
                |why: String| Refusal::Gateway(format!("[mail] ca_file {}: {why}", path.display()));
            let pem = std::fs::read(path).map_err(|e| unreadable(e.to_string()))?;
            let authority = Certificate::from_pem(&pem).map_err(|e| unreadable(e.to_string()))?;
            builder = builder.add_root_certificate(authority);
        }
        builder
            .build()
            .map_err(|e| Refusal::Gateway(format!("TLS cannot be set up: {e}")))
    }
}

impl Drop for MailServer<'_> {
    fn drop(&mut self) {
        if let Some(mut connection) = self.connection.take() {
            // A server that no longer listens to a farewell has all that it took; waiting for it is no use.
            let _ = connection.set_timeout(Some(Duration::from_secs(2)));
            connection.abort();
        }
    }
}

/// Recipients and content; the server's yes to the last line is its yes to the message.
fn deliver(connection: &mut SmtpConnection, to: &[Address], email: &[u8]) -> Result<(), Error> {
    for address in to {
        connection.command(Rcpt::new(address.clone(), Vec::new()))?;
    }
    connection.command(Data)?;
    connection.message(email)?;
    Ok(())
}

/// What the server has to be told of the message; `None` where it cannot take it.
fn parameters(
    connection: &SmtpConnection,
    message: &Message,
    email: &[u8],
) -> Option<Vec<MailParameter>> {
    let offers = |extension| connection.server_info().supports_feature(extension);
    let mut parameters = Vec::new();
    let is_plain = |address: &Address| AsRef::<str>::as_ref(address).is_ascii();
    let envelope = message.envelope();
    if !envelope.from().is_none_or(is_plain) || !envelope.to().iter().all(is_plain) {
        if !offers(Extension::SmtpUtfEight) {
            return None;
        }
        parameters.push(MailParameter::SmtpUtfEight);
    }
    if !email.is_ascii() {
        if !offers(Extension::EightBitMime) {
            return None;
        }
        parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    Some(parameters)
}

/// Whether the server said that it closes the connection (RFC 5321, 3.8).
fn is_closing(error: &Error) -> bool {
    error.status().is_some_and(|code| code.to_string() == "421")
}

fn answered(error: &Error, letter: &Letter<'_>) -> String {
    let code = error
        .status()
        .map_or_else(String::new, |code| code.to_string());
    let said = std::error::Error::source(error).map_or_else(String::new, |said| said.to_string());
    match letter.quoted(&said).as_str() {
        "" => format!("the mail server answered {code}"),
        said => format!("the mail server answered {code}: {said}"),
    }
}

fn broken(error: &Error) -> String {
    format!("the dialogue with the mail server broke off: {error}")
}
