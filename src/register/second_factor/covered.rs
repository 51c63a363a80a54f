//! The secret of a second factor as the register holds it: under a key that stands in a file of its own.
//!
//! The file is `<register>.key`, readable by its owner only, and no backup copies it: who steals a backup has no secret
//! of an app. It is made with the first second factor, and never replaced. Who has the machine has both; against that
//! nothing helps here.

use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use crate::attachments::sync_folder;
use crate::error::{RegisterError, Result, file_error};
use crate::secrets;
use redress_plain::hex::{hex, unhex};
use redress_plain::sha256::Hmac;

/// Bytes of the key, of a pad and of a seal: what HMAC-SHA-256 gives.
const KEY_BYTES: usize = 32;
/// Random bytes that make each covering different.
const NONCE_BYTES: usize = 16;

/// The key of a register; made where there is none and one may be made.
///
/// # Errors
/// When there is none and none may be made, or the file cannot be read or written.
pub(super) fn key(register: &Path, may_make: bool) -> Result<Vec<u8>> {
    let path = file_of(register);
    if let Some(key) = read(&path)? {
        return Ok(key);
    }
    if !may_make {
        return Err(RegisterError::FactorKey {
            path,
            why: "the key of the second factors is not there",
        });
    }
    make(&path)?;
    read(&path)?.ok_or(RegisterError::FactorKey {
        path,
        why: "the key of the second factors is gone again",
    })
}

fn file_of(register: &Path) -> PathBuf {
    let mut name = register.as_os_str().to_owned();
    name.push(".key");
    PathBuf::from(name)
}

fn read(path: &Path) -> Result<Option<Vec<u8>>> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(file_error("read", path)(error)),
    };
    match unhex(text.trim()).filter(|key| key.len() == KEY_BYTES) {
        Some(key) => Ok(Some(key)),
        None => Err(RegisterError::FactorKey {
            path: path.to_owned(),
            why: "it holds no key of 64 hexadecimal digits",
        }),
    }
}

/// Writes a fresh key, whole or not at all; one that somebody else has just made stays.
fn make(path: &Path) -> Result<()> {
    let key = secrets::random::<KEY_BYTES>()?;
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        Some(_) | None => Path::new("."),
    };
    // A temporary file is its owner's alone, and keeps that.
    let mut aside =
        tempfile::NamedTempFile::new_in(folder).map_err(file_error("write into", folder))?;
    writeln!(aside, "{}", hex(&key))
        .and_then(|()| aside.as_file().sync_all())
        .map_err(file_error("write", path))?;
    let kept: std::result::Result<File, tempfile::PersistError> = aside.persist_noclobber(path);
    match kept {
        Ok(_) => sync_folder(folder),
        Err(refused) if refused.error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(refused) => Err(file_error("write", path)(refused.error)),
    }
}

/// A secret as the register may hold it: random bytes, the secret joined bit by bit with a pad that follows from them,
/// and a seal that tells whether key and person are the right ones. `secret` has 32 bytes at most, as a pad has.
pub(super) fn cover(key: &[u8], staff: &str, secret: &[u8]) -> Result<Vec<u8>> {
    let nonce = secrets::random::<NONCE_BYTES>()?;
    let mut whole = nonce.to_vec();
    whole.extend(padded(key, &nonce, secret));
    let seal = seal(key, staff, &whole);
    whole.extend(seal);
    Ok(whole)
}

/// The secret; `None` where it was covered with another key, for another person, or was changed.
pub(super) fn uncover(key: &[u8], staff: &str, covered: &[u8]) -> Option<Vec<u8>> {
    let (whole, found) = covered.split_at_checked(covered.len().checked_sub(KEY_BYTES)?)?;
    if found != seal(key, staff, whole) {
        return None;
    }
    let (nonce, hidden) = whole.split_at_checked(NONCE_BYTES)?;
    Some(padded(key, nonce, hidden))
}

fn padded(key: &[u8], nonce: &[u8], bytes: &[u8]) -> Vec<u8> {
    let pad = Hmac::keyed(key).of(&[b"pad\n".as_slice(), nonce].concat());
    bytes
        .iter()
        .zip(pad)
        .map(|(byte, pad)| byte ^ pad)
        .collect()
}

fn seal(key: &[u8], staff: &str, whole: &[u8]) -> [u8; KEY_BYTES] {
    let sealed = [b"seal\n".as_slice(), whole, staff.as_bytes()];
    Hmac::keyed(key).of(&sealed.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_opens_with_its_key_for_its_owner_and_with_nothing_else() {
        let (key, other) = ([7_u8; 32], [8_u8; 32]);
        let secret = b"12345678901234567890";
        let first = cover(&key, "ayse", secret).unwrap();
        let second = cover(&key, "ayse", secret).unwrap();
        assert_ne!(first, second);
        assert!(
            !first
                .windows(4)
                .any(|part| secret.windows(4).any(|s| s == part))
        );
        assert_eq!(uncover(&key, "ayse", &first).as_deref(), Some(&secret[..]));
        assert_eq!(uncover(&other, "ayse", &first), None);
        assert_eq!(uncover(&key, "mehmet", &first), None);
        let mut changed = first.clone();
        changed[20] ^= 1;
        assert_eq!(uncover(&key, "ayse", &changed), None);
        assert_eq!(uncover(&key, "ayse", &first[..10]), None);
    }

    #[test]
    fn a_key_is_made_once_is_its_owners_alone_and_is_not_made_anew_when_it_is_lost() {
        let dir = tempfile::tempdir().unwrap();
        let register = dir.path().join("register.sqlite");
        assert!(matches!(
            key(&register, false),
            Err(RegisterError::FactorKey { .. })
        ));
        let made = key(&register, true).unwrap();
        assert_eq!(key(&register, true).unwrap(), made);
        assert_eq!(key(&register, false).unwrap(), made);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(file_of(&register))
                .unwrap()
                .permissions()
                .mode();
            assert_eq!(mode & 0o077, 0, "{mode:o}");
        }
        fs::write(file_of(&register), "no key").unwrap();
        assert!(matches!(
            key(&register, true),
            Err(RegisterError::FactorKey { .. })
        ));
    }
}
