//! Maildir (<https://cr.yp.to/proto/maildir.html>): one mail a file, new ones in `new`, the others in `cur` with flags in
//! their names. What is in `tmp` is still being written.

use std::fs;
use std::path::{Path, PathBuf};

use super::error::{MailError, file_error};

/// The mails of a Maildir in the order of their arrival; `None` when the folder is none.
///
/// # Errors
/// When a folder cannot be read.
pub fn mails(folder: &Path) -> Result<Option<Vec<PathBuf>>, MailError> {
    let parts = [folder.join("new"), folder.join("cur")];
    if !parts.iter().any(|part| part.is_dir()) {
        return Ok(None);
    }
    let mut found: Vec<PathBuf> = Vec::new();
    for part in parts.iter().filter(|part| part.is_dir()) {
        for entry in fs::read_dir(part).map_err(file_error("read the folder", part))? {
            let path = entry.map_err(file_error("read the folder", part))?.path();
            let name = name_of(&path);
            let wanted = !name.starts_with('.') && !is_given_up(&name) && path.is_file();
            if wanted {
                found.push(path);
            }
        }
    }
    // Names begin with the second of the arrival.
    found.sort_by_key(|path| {
        let name = name_of(path);
        let second: u64 = name
            .split('.')
            .next()
            .and_then(|start| start.parse().ok())
            .unwrap_or(0);
        (second, name)
    });
    Ok(Some(found))
}

/// Where a mail lies now that was at this path a moment ago.
pub fn renamed(path: &Path) -> Option<PathBuf> {
    let name = name_of(path);
    let unique = unique(&name);
    let folder = path.parent()?.parent()?;
    ["cur", "new"].iter().find_map(|part| {
        fs::read_dir(folder.join(part))
            .ok()?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .find(|candidate| self::unique(&name_of(candidate)) == unique)
    })
}

/// A draft, or a mail that somebody threw away.
fn is_given_up(name: &str) -> bool {
    name.split_once(":2,")
        .is_some_and(|(_, flags)| flags.contains(['T', 'D']))
}

/// The name without its flags.
fn unique(name: &str) -> &str {
    name.split_once(":2,").map_or(name, |(unique, _)| unique)
}

fn name_of(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}
