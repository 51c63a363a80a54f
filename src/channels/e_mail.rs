//! A message as an e-mail (RFC 5322).

use std::time::SystemTime;

use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, SinglePart};
use lettre::{Address, Message};

use super::escape;
use super::letter::Letter;
use super::refusal::Refusal;

/// Says that no person wrote it, so that no machine answers it (RFC 3834, 5).
const AUTO_SUBMITTED: HeaderName = HeaderName::new_from_ascii_str("Auto-Submitted");

/// The e-mail of a message.
///
/// # Errors
/// When the recipient is no mail address.
pub(super) fn e_mail(
    letter: &Letter<'_>,
    from: &Mailbox,
    reply_to: Option<&Mailbox>,
) -> Result<Message, Refusal> {
    let to: Address = letter
        .to
        .parse()
        .map_err(|_| Refusal::Never("this is no mail address".to_owned()))?;
    let (subject, link, signature) = match &letter.words {
        Some(words) => (
            words.subject.as_str(),
            words.link.as_deref(),
            words.signature.as_deref(),
        ),
        None => ("", None, None),
    };
    let mut text = format!("{}\n", letter.text);
    if let Some(link) = link {
        text.push_str(&format!("\n{link}\n"));
    }
    if let Some(signature) = signature {
        // By this line programs tell the signature from the text (RFC 3676, 4.3).
        text.push_str(&format!("\n-- \n{signature}\n"));
    }
    let mut builder = Message::builder()
        .from(from.clone())
        .to(Mailbox::from(to))
        .subject(escape::header(subject))
        .date(SystemTime::from(letter.at))
        // The same each time that it is sent: whoever gets it twice can tell.
        .message_id(Some(format!("<{}@{}>", letter.key, from.email.domain())))
        .raw_header(HeaderValue::new(
            AUTO_SUBMITTED,
            "auto-generated".to_owned(),
        ));
    if let Some(reply_to) = reply_to {
        builder = builder.reply_to(reply_to.clone());
    }
    builder
        .singlepart(SinglePart::plain(text))
        .map_err(|e| Refusal::Never(format!("it cannot be written as an e-mail: {e}")))
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::*;
    use redress_domain::vocabulary::{Means, MessagePurpose};
    use redress_register::{EmailWords, MessageState};

    fn at() -> DateTime<Utc> {
        "2026-11-26T12:00:00Z".parse().unwrap()
    }

    fn message() -> redress_register::Message {
        redress_register::Message {
            message_id: 1,
            case_key: Some(1),
            purpose: MessagePurpose::Decision,
            pass: Some(1),
            means: Means::Email,
            recipient: None,
            body: None,
            state: MessageState::Queued,
            attempts: 0,
            next_attempt_at: at(),
            idempotency_key: "2026-000001/decision/4".to_owned(),
            created_at: at(),
            sent_at: None,
            last_error: None,
        }
    }

    fn sent(to: &str, subject: &str, text: &str) -> Result<String, Refusal> {
        let message = message();
        let letter = Letter {
            message: &message,
            to,
            text,
            key: "0123456789abcdef0123456789abcdef".to_owned(),
            words: Some(EmailWords {
                subject: subject.to_owned(),
                link: Some("https://example.org/t/x".to_owned()),
                signature: Some("Example Ltd\n+90 232 123 45 67".to_owned()),
            }),
            at: at(),
        };
        let from: Mailbox = "Kuzey Yapı <sikayet@example.org>".parse().unwrap();
        let made = e_mail(&letter, &from, None)?;
        Ok(String::from_utf8(made.formatted()).unwrap())
    }

    #[test]
    fn an_e_mail_says_what_it_is_in_its_headers() {
        let text = sent("elif@example.org", "Complaint 1: decision", "Read it here.").unwrap();
        for line in [
            "To: elif@example.org",
            "Subject: Complaint 1: decision",
            "Message-ID: <0123456789abcdef0123456789abcdef@example.org>",
            "Auto-Submitted: auto-generated",
            "Date: Thu, 26 Nov 2026 12:00:00 +0000",
            "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8",
            "Read it here.",
            "https://example.org/t/x",
            "-- ",
            "+90 232 123 45 67",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}: {text}");
        }
        // Base64 of "Kuzey Yapı" in UTF-8 begins so; a header holds ASCII only.
        assert!(text.is_ascii(), "{text}");
    }

    #[test]
    fn a_subject_brings_no_header_of_its_own() {
        let text = sent("elif@example.org", "Karar\r\nBcc: thief@example.org", "x").unwrap();
        assert!(!text.lines().any(|line| line.starts_with("Bcc")), "{text}");
    }

    #[test]
    fn an_address_brings_no_second_recipient() {
        for to in [
            "elif@example.org\r\nBcc: thief@example.org",
            "elif@example.org, thief@example.org",
            "elif",
            "",
        ] {
            assert!(matches!(sent(to, "x", "x"), Err(Refusal::Never(_))), "{to}");
        }
    }
}
