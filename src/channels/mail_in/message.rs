//! A mail as read: from whom, when, what it says, what it brings along.

use chrono::{DateTime, Utc};

use super::files::MailFile;
use super::headers::{self, Headers, Mailbox};
use super::{parts, text, when};
use redress_plain::hex::hex;
use redress_plain::sha256::Sha256;

/// Letters of a subject that are kept.
const LONGEST_SUBJECT: usize = 500;

/// Letters of a text that are kept; the rest is in the original.
const LONGEST_TEXT: usize = 100_000;

/// What stands before the colon of an answer's subject.
const ANSWERS: [&str; 13] = [
    "re",
    "ynt",
    "yanıt",
    "yanit",
    "cevap",
    "cvp",
    "отв",
    "ответ",
    "aw",
    "sv",
    "antw",
    "ha",
    "на",
];

/// What stands before the colon of a subject that was forwarded.
const FORWARDS: [&str; 8] = [
    "fw",
    "fwd",
    "ilt",
    "i̇lt",
    "wg",
    "пересл",
    "пер",
    "переслано",
];

/// A mail as read.
#[derive(Debug)]
pub struct Mail {
    pub headers: Headers,
    pub sender: Mailbox,
    /// Whether nothing speaks against the sender's being who the mail says: one `From` with one address, and no server
    /// that found it forged. It is no proof.
    pub sender_is_certain: bool,
    /// In one line; may be empty.
    pub subject: String,
    pub message_id: Option<String>,
    /// The whole text, with what it quotes; may be empty.
    pub text: String,
    /// Whether it answers another mail.
    pub is_answer: bool,
    /// A report of a mail system.
    pub is_report: bool,
    pub files: Vec<MailFile>,
    /// Files that are only in the original.
    pub left_out: usize,
}

impl Mail {
    /// Reads a mail; what is broken in it gives what can be read.
    pub fn read(raw: &[u8]) -> Mail {
        let headers = Headers::read(raw);
        let from = headers.first("from").unwrap_or_default();
        let address = headers::mailbox(from, None).address;
        let domain = address.as_deref().and_then(headers::top_domain);
        let body = parts::read(raw, domain);
        let charset = body.charset.as_deref();
        let sender = headers::mailbox(from, charset);
        let subject = headers.first("subject").unwrap_or_default();
        let subject = headers::text(subject, charset, domain);
        let subject: String = subject.chars().take(LONGEST_SUBJECT).collect();
        let message_id = headers
            .first("message-id")
            .map(|id| String::from_utf8_lossy(id.trim_ascii()).into_owned())
            .filter(|id| !id.is_empty());
        Mail {
            sender_is_certain: is_certain(&headers, &sender),
            is_answer: is_answer(&headers, &subject),
            is_report: body.is_report,
            text: text::tidy(&body.text, LONGEST_TEXT),
            files: body.files,
            left_out: body.left_out,
            headers,
            sender,
            subject,
            message_id,
        }
    }

    /// Whether it is a mail at all: it has one of the fields that every mail has.
    pub fn is_mail(&self) -> bool {
        ["from", "date", "subject", "message-id", "received"]
            .iter()
            .any(|name| self.headers.first(name).is_some())
    }

    /// When our side received it; never after `now`.
    pub fn received_at(
        &self,
        file_time: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> DateTime<Utc> {
        when::received_at(&self.headers, file_time, now)
    }

    /// The sender's own words, below the subject: of an answer without the mail it answers. May be empty.
    pub fn words(&self) -> String {
        let own = if self.is_answer {
            text::own_words(&self.text)
        } else {
            self.text.trim().to_owned()
        };
        let parts = [self.subject.as_str(), own.as_str()];
        let said: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        said.join("\n\n")
    }

    /// What the copies of one mail share, on whatever ways they came: SHA-256 over its Message-ID and what it says, in
    /// hexadecimal. `None` without a Message-ID.
    ///
    /// The Message-ID alone would not do: some programs give every mail the same one, and a stranger who knows that of
    /// a mail could keep it out by sending another one first.
    pub fn fingerprint(&self) -> Option<String> {
        let id = self.message_id.as_deref()?;
        let mut sha = Sha256::new();
        let mut add = |bytes: &[u8]| {
            sha.update((bytes.len() as u64).to_be_bytes());
            sha.update(bytes);
        };
        add(id.as_bytes());
        add(self
            .sender
            .address
            .as_deref()
            .unwrap_or_default()
            .as_bytes());
        add(self.subject.as_bytes());
        add(self.text.as_bytes());
        for file in &self.files {
            add(file.name.as_bytes());
            add(&file.content);
        }
        Some(hex(&sha.finish()))
    }
}

/// Whether nothing speaks against the sender. A server's word that a mail passed is not asked for, since any sender can
/// write one; that it failed nobody writes of himself (RFC 8601, RFC 7489).
fn is_certain(headers: &Headers, sender: &Mailbox) -> bool {
    let failed = headers.all("authentication-results").any(|field| {
        let field = String::from_utf8_lossy(field).to_ascii_lowercase();
        let plain: String = field.chars().filter(|c| !c.is_whitespace()).collect();
        plain.contains("dmarc=fail")
    });
    let one = headers.all("from").count() == 1 && !sender.among_others;
    one && sender.address.is_some() && !failed
}

fn is_answer(headers: &Headers, subject: &str) -> bool {
    match prefix(subject).as_deref() {
        Some(prefix) if FORWARDS.contains(&prefix) => false,
        Some(prefix) if ANSWERS.contains(&prefix) => true,
        _ => ["in-reply-to", "references"]
            .iter()
            .any(|name| headers.first(name).is_some_and(|value| !value.is_empty())),
    }
}

/// The word before the first colon in small letters, without a count (`Re[2]:`).
fn prefix(subject: &str) -> Option<String> {
    let before = subject.split_once(':')?.0;
    let word = before.split(['[', '(']).next()?.trim().to_lowercase();
    (!word.is_empty() && word.chars().count() <= 10).then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(raw: &str) -> Mail {
        Mail::read(raw.as_bytes())
    }

    #[test]
    fn an_answer_is_told_by_its_subject_or_its_fields() {
        for (fields, wanted) in [
            ("Subject: Re: 2026-000001\r\n", true),
            ("Subject: YNT: Karo\r\n", true),
            ("Subject: Отв: плитка\r\n", true),
            ("Subject: Re[2]: x\r\n", true),
            ("Subject: Karo\r\nIn-Reply-To: <a@b>\r\n", true),
            ("Subject: FW: Karo\r\nReferences: <a@b>\r\n", false),
            ("Subject: İLT: Karo\r\nReferences: <a@b>\r\n", false),
            ("Subject: Lot: 77\r\n", false),
            ("", false),
        ] {
            assert_eq!(
                read(&format!("{fields}\r\nx")).is_answer,
                wanted,
                "{fields}"
            );
        }
    }

    #[test]
    fn a_sender_who_may_be_another_is_not_certain() {
        for (fields, wanted) in [
            ("From: Elif <elif@example.org>\r\n", true),
            ("From: elif@example.org, ali@example.org\r\n", false),
            ("From: elif@example.org\r\nFrom: ali@example.org\r\n", false),
            ("From: Elif\r\n", false),
            (
                "From: elif@example.org\r\nAuthentication-Results: mx; spf=pass; dmarc=fail (p=none)\r\n",
                false,
            ),
            (
                "From: elif@example.org\r\nAuthentication-Results: mx; dmarc=pass\r\n",
                true,
            ),
        ] {
            let mail = read(&format!("{fields}\r\nx"));
            assert_eq!(mail.sender_is_certain, wanted, "{fields}");
        }
    }

    #[test]
    fn copies_of_one_mail_are_one_and_another_mail_is_not() {
        let body = "From: elif@example.org\r\nMessage-ID: <1@example.org>\r\nSubject: Karo\r\n\r\nkırık\r\n";
        let copy =
            format!("Received: by b; Tue, 3 Mar 2026 10:00:05 +0300\r\nDelivered-To: x\r\n{body}");
        assert_eq!(read(body).fingerprint(), read(&copy).fingerprint());
        assert!(read(body).fingerprint().is_some());
        for other in [
            body.replace("kırık", "eksik"),
            body.replace("elif@", "ali@"),
            body.replace("<1@", "<2@"),
        ] {
            assert_ne!(read(body).fingerprint(), read(&other).fingerprint());
        }
        assert_eq!(read("Subject: x\r\n\r\ny").fingerprint(), None);
    }

    #[test]
    fn the_words_of_an_answer_are_its_own() {
        let mail = read(
            "Subject: Re: 2026-000001\r\n\r\nLot 77.\r\n\r\nOn 3 March 2026 10:00 Desk wrote:\r\n> Which lot?\r\n",
        );
        assert_eq!(mail.words(), "Re: 2026-000001\n\nLot 77.");
        assert!(mail.text.contains("Which lot?"));
        let first = read("Subject: Karo\r\n\r\nLot 77.\r\n> 3 adet\r\n");
        assert_eq!(first.words(), "Karo\n\nLot 77.\n> 3 adet");
    }
}
