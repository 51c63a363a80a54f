//! Messages into files of a folder, for trying out: one file each, named by what it is. A message that is sent
//! again replaces its file.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use lettre::message::Mailbox;
use serde::Serialize;

use super::e_mail::e_mail;
use super::letter::{Letter, delivery_key};
use super::refusal::Refusal;
use redress_register::Message;

/// An SMS as it stands in its file.
#[derive(Serialize)]
struct Sms<'a> {
    to: &'a str,
    text: &'a str,
    key: &'a str,
}

/// Writes an SMS as a JSON object with `to`, `text` and `key`.
///
/// # Errors
/// When the folder cannot be written.
pub(super) fn write_sms(folder: &Path, letter: &Letter<'_>) -> Result<(), Refusal> {
    let sms = Sms {
        to: letter.to,
        text: letter.text,
        key: &letter.key,
    };
    let mut text = serde_json::to_vec_pretty(&sms)
        .map_err(|e| Refusal::Never(format!("it cannot be written as JSON: {e}")))?;
    text.push(b'\n');
    put(folder, &name(letter, "json"), &text)
}

/// Writes an e-mail as `.eml`.
///
/// # Errors
/// When the recipient is no mail address, or the folder cannot be written.
pub(super) fn write_mail(
    folder: &Path,
    letter: &Letter<'_>,
    from: &Mailbox,
) -> Result<(), Refusal> {
    let mail = e_mail(letter, from, None)?;
    put(folder, &name(letter, "eml"), &mail.formatted())
}

/// Deletes the files of messages, and what a process that was killed left of them; answers how many. Files of other
/// messages, of this register and of others, stay.
///
/// # Errors
/// When the folder is there and cannot be read, or a file in it cannot be deleted.
pub fn forget(folder: &Path, register_id: &str, messages: &[Message]) -> io::Result<usize> {
    let stems: Vec<String> = messages
        .iter()
        .map(|message| {
            stem(
                message,
                &delivery_key(register_id, &message.idempotency_key),
            )
        })
        .collect();
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(error),
    };
    let mut gone = 0;
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let name = name.strip_prefix('.').unwrap_or(&name);
        let is_theirs = stems.iter().any(|stem| {
            name.strip_prefix(stem.as_str())
                .is_some_and(|rest| rest.starts_with('.'))
        });
        if is_theirs {
            fs::remove_file(entry.path())?;
            gone += 1;
        }
    }
    Ok(gone)
}

fn name(letter: &Letter<'_>, ending: &str) -> String {
    format!("{}.{ending}", stem(letter.message, &letter.key))
}

/// What the names of a message's files begin with.
fn stem(message: &Message, key: &str) -> String {
    let key = key.get(..8).unwrap_or(key);
    format!("{:06}-{}-{key}", message.message_id, message.purpose)
}

/// Written aside and renamed, readable by the owner only: there may be a password in it.
fn put(folder: &Path, name: &str, content: &[u8]) -> Result<(), Refusal> {
    let aside = folder.join(format!(".{name}.part"));
    let written = (|| -> io::Result<()> {
        fs::create_dir_all(folder)?;
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            options.mode(0o600);
        }
        let mut file = options.open(&aside)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&aside, folder.join(name))
    })();
    written.map_err(|e| Refusal::Gateway(format!("{}: cannot be written: {e}", folder.display())))
}
