//! Messages into files of a folder, for trying out: one file each, named by what it is. A message that is sent
//! again replaces its file.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use lettre::message::Mailbox;
use serde::Serialize;

use super::e_mail::e_mail;
use super::letter::Letter;
use super::refusal::Refusal;

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

fn name(letter: &Letter<'_>, ending: &str) -> String {
    let message = letter.message;
    let key = letter.key.get(..8).unwrap_or(&letter.key);
    format!(
        "{:06}-{}-{key}.{ending}",
        message.message_id, message.purpose
    )
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
