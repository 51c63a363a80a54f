//! Passwords, random values, and the keyed hash of complainants.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use rusqlite::Connection;

use super::error::{RegisterError, Result};
use super::seal::{self, SECRET};

/// Length of a generated password: with 31 signs it has 49 bits, and argon2id stands before each try.
const PASSWORD_LENGTH: usize = 10;

/// Signs that nobody mixes up on paper or on the telephone: no 0, 1, i, l, o.
const PASSWORD_SIGNS: &[u8; 31] = b"23456789abcdefghjkmnpqrstuvwxyz";

/// The key of the complainants' pseudonyms in table `secret`.
pub(super) const COMPLAINANT_KEY: &str = "complainant_key";

/// A PHC string that no password fits, so that an unknown name takes as long as a known one.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5LWtub3dzLWl0$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Random bytes from the system.
pub(super) fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0u8; N];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}

/// A fresh password for a customer or a member of staff.
pub(super) fn new_password() -> Result<String> {
    signs(PASSWORD_LENGTH)
}

/// So many random signs of the passwords' alphabet, each with 4.95 bits.
pub(super) fn signs(length: usize) -> Result<String> {
    // Bytes beyond the last multiple of the alphabet's size are drawn again: every sign is equally likely.
    let fair = 256 - 256 % PASSWORD_SIGNS.len();
    let mut drawn = String::with_capacity(length);
    while drawn.len() < length {
        for byte in random::<16>()? {
            let position = usize::from(byte);
            if position < fair && drawn.len() < length {
                drawn.push(char::from(PASSWORD_SIGNS[position % PASSWORD_SIGNS.len()]));
            }
        }
    }
    Ok(drawn)
}

/// The argon2id hash of a password in PHC form. Takes tens of milliseconds: never call it inside a
/// write transaction.
pub(super) fn hash_password(password: &str) -> Result<String> {
    Argon2::default()
        .hash_password(password.as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|e| RegisterError::Password(e.to_string()))
}

/// Whether the password fits the hash; without a hash the same work is done in vain.
pub(super) fn fits(password: &str, hash: Option<&str>) -> bool {
    let known = PasswordHash::new(hash.unwrap_or(NOBODY));
    let verdict = known.map(|known| Argon2::default().verify_password(password.as_bytes(), &known));
    hash.is_some() && matches!(verdict, Ok(Ok(())))
}

/// Stores a random key under a name.
pub(super) fn create(conn: &Connection, name: &str) -> Result<()> {
    let value = random::<32>()?;
    conn.execute(
        "INSERT INTO secret (name, value, checksum) VALUES (?1, ?2, x'')",
        (name, value.as_slice()),
    )?;
    seal::seal(conn, SECRET, conn.last_insert_rowid())
}

/// A stored key.
pub(super) fn read(conn: &Connection, name: &str) -> Result<Vec<u8>> {
    Ok(
        conn.query_row("SELECT value FROM secret WHERE name = ?1", [name], |row| {
            row.get(0)
        })?,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_fits_only_its_own_hash() {
        let password = new_password().unwrap();
        let hash = hash_password(&password).unwrap();
        assert!(hash.starts_with("$argon2id$v=19$"));
        assert!(fits(&password, Some(&hash)));
        assert!(!fits("something else", Some(&hash)));
        assert!(!fits(&password, None));
        assert!(!fits("", Some("not a hash")));
    }

    #[test]
    fn the_hash_for_nobody_is_readable_and_as_costly_as_a_real_one() {
        let nobody = PasswordHash::new(NOBODY).unwrap();
        let real = hash_password("x").unwrap();
        let real = PasswordHash::new(&real).unwrap();
        assert_eq!(nobody.params, real.params);
        assert_eq!(nobody.algorithm, real.algorithm);
    }

    #[test]
    fn passwords_use_the_whole_alphabet_and_nothing_else() {
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..200 {
            let password = new_password().unwrap();
            assert_eq!(password.len(), PASSWORD_LENGTH);
            seen.extend(password.bytes());
        }
        assert_eq!(seen, PASSWORD_SIGNS.iter().copied().collect());
    }
}
