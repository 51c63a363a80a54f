//! What entries of both tables have in common: needed ones, seconds, passwords, and how a value is shown.

use std::path::Path;
use std::time::Duration;

use super::SettingsError;
use crate::secret::Secret;

/// Seconds that a gateway may take, unless the settings say otherwise, and at most: a claim on a message has to
/// outlast the sending.
const USUAL_TIMEOUT: u64 = 20;
const LONGEST_TIMEOUT: u64 = 60;

/// An entry that has to be there.
pub(super) fn needed<'a>(
    table: &'static str,
    key: &'static str,
    value: Option<&'a str>,
) -> Result<&'a str, SettingsError> {
    value
        .filter(|value| !value.trim().is_empty())
        .ok_or_else(|| SettingsError::Unfit {
            table,
            key,
            why: "it is missing".to_owned(),
        })
}

/// How long a gateway may take.
pub(super) fn timeout(
    table: &'static str,
    seconds: Option<u64>,
) -> Result<Duration, SettingsError> {
    let seconds = seconds.unwrap_or(USUAL_TIMEOUT);
    if (1..=LONGEST_TIMEOUT).contains(&seconds) {
        return Ok(Duration::from_secs(seconds));
    }
    Err(SettingsError::Unfit {
        table,
        key: "timeout",
        why: format!("{seconds}: write seconds from 1 to {LONGEST_TIMEOUT}"),
    })
}

/// The password: of the environment, else the first line of its file, else that of the settings.
pub(super) fn password(
    table: &'static str,
    given: Option<Secret>,
    file: Option<&Path>,
    written: Option<&Secret>,
) -> Result<Secret, SettingsError> {
    if let Some(given) = given {
        return Ok(given);
    }
    match (file, written) {
        (Some(_), Some(_)) => Err(SettingsError::Unfit {
            table,
            key: "password_file",
            why: "`password` is there as well; keep one of them".to_owned(),
        }),
        (Some(path), None) => {
            let text =
                std::fs::read_to_string(path).map_err(|source| SettingsError::PasswordFile {
                    table,
                    path: path.to_owned(),
                    source,
                })?;
            Ok(Secret::new(text.lines().next().unwrap_or("")))
        }
        (None, Some(written)) => Ok(written.clone()),
        (None, None) => Ok(Secret::default()),
    }
}

/// A path as people read it.
pub(super) fn path(path: &Path) -> String {
    path.display().to_string()
}
