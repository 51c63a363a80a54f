//! Mails and mailboxes.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use redress::channels::mail_in::{Mail, Mails};

use super::harness::{Seen, Target, Try, attack};

/// Letters of a text and of a subject that are kept, and files that are taken out (docs/operations.md).
const LONGEST_TEXT: usize = 100_000;
const LONGEST_SUBJECT: usize = 500;
const MOST_FILES: usize = 50;

const WORDS: &[&str] = &[
    "From: ",
    "Subject: ",
    "=?utf-8?B?",
    "=?windows-1254?Q?",
    "?=",
    "Content-Type: multipart/mixed; boundary=b\r\n",
    "Content-Type: multipart/alternative; boundary=\"b\"\r\n",
    "Content-Type: message/rfc822\r\n\r\n",
    "Content-Type: text/html; charset=koi8-r\r\n\r\n",
    "Content-Type: text/plain; charset=utf-16\r\n\r\n",
    "Content-Transfer-Encoding: base64\r\n",
    "Content-Transfer-Encoding: quoted-printable\r\n",
    "Content-Transfer-Encoding: x-uuencode\r\n",
    "Content-Disposition: attachment; filename*0*=utf-8''a%",
    "\r\n--b\r\n",
    "\r\n--b--\r\n",
    "\r\n\r\n",
    "\r\n\t",
    "=C4=B0",
    "<html><body><p>",
    "<table><tr><td>",
    "&#x130;",
    "&#4294967296;",
    "<!--",
    "On Tue, 3 Mar 2026 a wrote:\r\n> ",
    "\r\nFrom a@b Tue Mar  3 10:00:00 2026\r\n",
    ">From ",
    "Received: by mx; Tue, 3 Mar 2026 10:00:05 +9999\r\n",
    "Date: Tue, 32 Mar 99999 25:61:61 -9959\r\n",
    "Message-ID: <",
    "Re: 2026-000001",
    "dmarc=fail",
];

/// The mails that the tests of mail know.
fn seeds() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mail");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the mails")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    paths
        .iter()
        .map(|path| std::fs::read(path).expect("a mail"))
        .filter(|mail| mail.len() <= super::mutate::LONGEST)
        .collect()
}

fn now() -> DateTime<Utc> {
    "2026-03-03T12:00:00Z".parse().expect("a moment")
}

fn a_mail(raw: &[u8]) -> Result<Seen, String> {
    let mail = Mail::read(raw);
    let text = mail.text.chars().count();
    if text > LONGEST_TEXT {
        return Err(format!("a text of {text} letters"));
    }
    if mail.subject.chars().count() > LONGEST_SUBJECT || mail.subject.contains(['\n', '\r']) {
        return Err(format!("the subject {:?}", mail.subject));
    }
    if mail.files.len() > MOST_FILES {
        return Err(format!("{} files", mail.files.len()));
    }
    // No way of writing a file in a mail makes it shorter than it is; a letter of an older encoding takes up to three
    // bytes in ours.
    if let Some(file) = mail
        .files
        .iter()
        .find(|f| f.content.len() > 3 * raw.len() + 3)
    {
        return Err(format!("a file of {} bytes", file.content.len()));
    }
    if let Some(file) = mail
        .files
        .iter()
        .find(|f| f.name.contains(['/', '\\', '\0']) || f.name.trim().is_empty())
    {
        return Err(format!("a file of the name {:?}", file.name));
    }
    if mail.received_at(None, now()) > now() {
        return Err("received in the future".to_owned());
    }
    if mail.words().chars().count() > LONGEST_TEXT + LONGEST_SUBJECT + 2 {
        return Err("words that are longer than subject and text".to_owned());
    }
    let again = Mail::read(raw);
    if again.fingerprint() != mail.fingerprint() || again.text != mail.text {
        return Err("another mail when it is read again".to_owned());
    }
    Ok(match mail.is_mail() {
        true => Seen::Read,
        false => Seen::Refused,
    })
}

#[test]
fn no_mail_breaks_the_reader_or_grows_in_it() {
    let target = Target {
        name: "mail",
        share: 80,
        seeds: seeds(),
        words: WORDS,
    };
    attack(target, || Box::new(a_mail));
}

/// A mailbox of many mails gives no more than it holds, and ends.
fn a_mailbox() -> Try {
    let folder = tempfile::tempdir().expect("a folder");
    Box::new(move |raw| {
        let path = folder.path().join("box");
        std::fs::write(&path, raw).expect("a mailbox");
        let mails = Mails::at(std::slice::from_ref(&path)).map_err(|e| e.to_string())?;
        let (mut count, mut bytes) = (0_usize, 0_usize);
        for mail in mails {
            let mail = mail.map_err(|e| e.to_string())?;
            count += 1;
            bytes += mail.raw.len();
            if bytes > raw.len() || count > raw.len() + 1 {
                return Err(format!("{count} mails of {bytes} bytes"));
            }
        }
        Ok(match count > 1 {
            true => Seen::Read,
            false => Seen::Refused,
        })
    })
}

#[test]
fn no_mailbox_gives_more_mails_than_it_holds() {
    let separator = b"From a@example.org Tue Mar  3 10:00:00 2026\n";
    let mut mailbox = Vec::new();
    for mail in seeds().iter().filter(|mail| mail.len() < 2_000) {
        mailbox.extend_from_slice(separator);
        mailbox.extend_from_slice(mail);
        mailbox.extend_from_slice(b"\n\n");
    }
    let target = Target {
        name: "mailbox",
        share: 30,
        seeds: vec![mailbox, [&separator[..], b"x\n"].concat()],
        words: WORDS,
    };
    attack(target, a_mailbox);
}
