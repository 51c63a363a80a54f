//! A message on its way to a gateway.

use chrono::{DateTime, Utc};

use redress_domain::vocabulary::{Means, MessagePurpose};
use redress_plain::hex::hex;
use redress_plain::sha256;
use redress_register::{EmailWords, Message};

/// A message with all that a gateway needs.
#[derive(Debug, Clone)]
pub(super) struct Letter<'a> {
    pub message: &'a Message,
    /// Phone number or e-mail address as registered.
    pub to: &'a str,
    pub text: &'a str,
    /// The same each time that the same message is sent; see [`delivery_key`].
    pub key: String,
    /// For e-mails.
    pub words: Option<EmailWords>,
    /// The moment of sending.
    pub at: DateTime<Utc>,
}

impl Letter<'_> {
    /// What a gateway said of it, fit to be kept: of a message with a password nothing is repeated.
    pub fn quoted(&self, said: &str) -> String {
        match self.message.purpose {
            MessagePurpose::Registration | MessagePurpose::Password => String::new(),
            MessagePurpose::Acknowledgement
            | MessagePurpose::Question
            | MessagePurpose::Decision
            | MessagePurpose::Remedies
            | MessagePurpose::Reminder
            | MessagePurpose::Survey
            | MessagePurpose::Alarm => super::refusal::in_short(said, self.text),
        }
    }
}

/// What a gateway knows a message by: 32 hexadecimal digits of SHA-256 over the register's identity and the
/// message's idempotency key. Fit for a header, a form and a Message-ID, whatever a case number holds.
pub fn delivery_key(register_id: &str, idempotency_key: &str) -> String {
    let hash = sha256::digest(format!("{register_id}\n{idempotency_key}").as_bytes());
    hex(&hash[..16])
}

/// The means by which a gateway sends, for people.
pub(super) const fn name_of(means: Means) -> &'static str {
    match means {
        Means::Sms => "SMS",
        Means::Email => "e-mail",
        Means::Phone | Means::Letter | Means::InPerson | Means::Web => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_that_of_the_message_and_of_the_register() {
        // printf 'r\n2026-000012/decision/45' | sha256sum
        assert_eq!(
            delivery_key("r", "2026-000012/decision/45"),
            "af1253ba7ae2783ed5e3d4d71fbd9eed"
        );
        assert_ne!(
            delivery_key("s", "2026-000012/decision/45"),
            delivery_key("r", "2026-000012/decision/45")
        );
    }
}
