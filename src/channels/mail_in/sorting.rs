//! Which mails no person wrote to us: automatic replies, bounces, lists (RFC 3834; RFC 3464; RFC 2919). They become no
//! case, or two programs would write to each other for ever.

use super::message::Mail;
use redress_domain::vocabulary::words;

words! {
    /// Why a mail is passed over.
    Automatic {
        /// `Auto-Submitted`, other than `no` (RFC 3834, 5).
        AutoSubmitted = "auto_submitted",
        /// `Precedence`: bulk, junk, list or auto_reply (RFC 2076, 3.9; RFC 3834, 3.1.8).
        Precedence = "precedence",
        /// A field by which older programs mark what they answer by themselves.
        AutoReply = "auto_reply",
        /// `List-Id`, of a list that is not ours.
        List = "list",
        /// An empty return path: nobody wants an answer (RFC 5321, 4.5.5).
        NoReturnPath = "no_return_path",
        /// Sent by a mail system.
        MailSystem = "mail_system",
        /// A report on what became of a mail (RFC 6522).
        Report = "report",
    }
}

/// Fields that only automatic replies have.
const REPLY_FIELDS: [&str; 6] = [
    "x-autoreply",
    "x-auto-reply",
    "x-autorespond",
    "x-autoresponder",
    "x-autoreply-from",
    "x-mail-autoreply",
];

/// Names before the @ under which mail systems write.
const MAIL_SYSTEMS: [&str; 3] = ["mailer-daemon", "postmaster", "maildaemon"];

/// Why no person wrote this mail to us; `None` when one did. `own_lists` are the identifiers of lists through which
/// complaints reach us (a shared mailbox may be one).
pub fn automatic(mail: &Mail, own_lists: &[String]) -> Option<Automatic> {
    let headers = &mail.headers;
    let list = headers.word("list-id");
    let is_ours = list.as_ref().is_some_and(|id| {
        own_lists
            .iter()
            .any(|own| !own.trim().is_empty() && id.contains(&own.trim().to_lowercase()))
    });
    // A word may be followed by parameters or a comment.
    let first_word = |name: &str| {
        let value = headers.word(name)?;
        let word = value.split([';', ' ', '(', ',']).next()?.to_owned();
        (!word.is_empty()).then_some(word)
    };
    if mail.is_report {
        return Some(Automatic::Report);
    }
    let local = mail
        .sender
        .address
        .as_deref()
        .and_then(|a| a.split('@').next());
    if local.is_some_and(|local| MAIL_SYSTEMS.contains(&local)) {
        return Some(Automatic::MailSystem);
    }
    if first_word("auto-submitted").is_some_and(|word| word != "no") {
        return Some(Automatic::AutoSubmitted);
    }
    if REPLY_FIELDS
        .iter()
        .any(|name| headers.first(name).is_some())
    {
        return Some(Automatic::AutoReply);
    }
    let precedence = first_word("precedence");
    match precedence.as_deref() {
        Some("auto_reply" | "junk") => return Some(Automatic::Precedence),
        Some("bulk" | "list") if !is_ours => return Some(Automatic::Precedence),
        _ => {}
    }
    if list.is_some() && !is_ours {
        return Some(Automatic::List);
    }
    let empty_path = headers
        .word("return-path")
        .is_some_and(|path| path.replace(' ', "") == "<>");
    empty_path.then_some(Automatic::NoReturnPath)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(fields: &str) -> Option<Automatic> {
        let raw = format!("{fields}Subject: x\r\n\r\nwords\r\n");
        automatic(
            &Mail::read(raw.as_bytes()),
            &["<support.example.org>".to_owned()],
        )
    }

    #[test]
    fn every_mark_of_a_machine_is_seen() {
        for (fields, wanted) in [
            (
                "Auto-Submitted: auto-replied; owner-email=\"x@example.org\"\r\n",
                Automatic::AutoSubmitted,
            ),
            (
                "auto-submitted: Auto-Generated (x)\r\n",
                Automatic::AutoSubmitted,
            ),
            ("Precedence: bulk\r\n", Automatic::Precedence),
            ("Precedence: Auto_Reply\r\n", Automatic::Precedence),
            ("X-Autoreply: yes\r\n", Automatic::AutoReply),
            ("List-Id: News <news.example.net>\r\n", Automatic::List),
            ("Return-Path: <>\r\n", Automatic::NoReturnPath),
            (
                "From: Mail Delivery System <MAILER-DAEMON@mx.example.org>\r\n",
                Automatic::MailSystem,
            ),
            ("From: postmaster@example.org\r\n", Automatic::MailSystem),
            (
                "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n",
                Automatic::Report,
            ),
        ] {
            assert_eq!(sorted(fields), Some(wanted), "{fields}");
        }
    }

    #[test]
    fn what_people_send_is_none_of_these() {
        for fields in [
            "",
            "Auto-Submitted: no\r\n",
            "Auto-Submitted:\r\n",
            "Precedence: first-class\r\n",
            "Return-Path: <elif@example.org>\r\n",
            "X-Auto-Response-Suppress: All\r\n",
            "From: \"postmaster@example.org\" <elif@example.org>\r\n",
            "List-Unsubscribe: <mailto:x@example.org>\r\n",
        ] {
            assert_eq!(sorted(fields), None, "{fields}");
        }
    }

    #[test]
    fn a_list_of_ours_brings_complaints() {
        let fields = "Precedence: list\r\nList-ID: Support <support.example.org>\r\n";
        assert_eq!(sorted(fields), None);
        assert_eq!(
            sorted(&format!("{fields}Auto-Submitted: auto-replied\r\n")),
            Some(Automatic::AutoSubmitted)
        );
    }
}
