//! What people type: codes of an app and recovery codes, as pure functions of secret and time.

use chrono::{DateTime, Utc};
use totp_rs::{Builder, Secret};

use crate::chain::Hash;
use crate::error::{Result, unreadable};
use crate::secrets;
use redress_plain::sha256::Sha256;

/// Bytes of a secret: as many as SHA-1 gives (RFC 4226, 4, R6).
pub(super) const SECRET_BYTES: usize = 20;

/// Digits of an app's code. Apps know no other number, and no other hash than SHA-1 and step than 30 s.
const DIGITS: usize = 6;

/// Recovery codes that are made at a time.
const RECOVERY_CODES: usize = 10;

/// Signs of a recovery code: 79 bits of chance, so that its plain hash is enough.
const RECOVERY_SIGNS: usize = 16;

/// Signs between two hyphens of a recovery code.
const GROUP: usize = 4;

/// The step (30 s since 1970) of an app's code, if it is the one of this moment, of the step before it or of the step
/// after it (RFC 6238, 5.2).
///
/// # Errors
/// When the secret is shorter than 128 bits.
pub(super) fn step(secret: &[u8], plain: &str, at: DateTime<Utc>) -> Result<Option<i64>> {
    // The builder's own defaults are SHA-1, six digits, 30 s and one step of drift; a test holds them to the RFC.
    let totp = Builder::new()
        .with_secret(secret)
        .build()
        .map_err(|e| unreadable("second_factor", "secret", e))?;
    let seconds = u64::try_from(at.timestamp()).unwrap_or(0);
    Ok(totp
        .check(plain, seconds)
        .and_then(|step| i64::try_from(step).ok()))
}

/// A code as it was typed, without what people put between its signs.
pub(super) fn plain(entered: &str) -> String {
    entered
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '\u{2010}'..='\u{2015}'))
        .flat_map(char::to_lowercase)
        .collect()
}

/// Whether it has the form of an app's code.
pub(super) fn is_of_app(plain: &str) -> bool {
    plain.len() == DIGITS && plain.bytes().all(|b| b.is_ascii_digit())
}

/// A secret in base 32 (RFC 4648, without padding).
pub(super) fn base32(secret: &[u8]) -> String {
    Secret::from(secret).to_base32()
}

/// The address that a QR code holds.
pub(super) fn address(secret: &[u8], issuer: &str, staff: &str) -> String {
    let (issuer, staff) = (encoded(issuer), encoded(staff));
    format!(
        "otpauth://totp/{issuer}:{staff}?secret={}&issuer={issuer}",
        base32(secret)
    )
}

/// A name as a part of an address. A colon would end the issuer, so there is none.
fn encoded(name: &str) -> String {
    let mut text = String::new();
    for byte in name.replace(':', " ").bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                text.push(char::from(byte));
            }
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

/// Fresh recovery codes, as people read them.
pub(super) fn recovery_codes() -> Result<Vec<String>> {
    (0..RECOVERY_CODES).map(|_| recovery_code()).collect()
}

fn recovery_code() -> Result<String> {
    let mut code = String::new();
    for (place, sign) in secrets::signs(RECOVERY_SIGNS)?.chars().enumerate() {
        if place > 0 && place % GROUP == 0 {
            code.push('-');
        }
        code.push(sign);
    }
    Ok(code)
}

/// What is kept of a recovery code.
pub(super) fn hash(staff: &str, plain: &str) -> Hash {
    let mut sha = Sha256::new();
    sha.update(b"recovery code of ");
    sha.update(staff.as_bytes());
    sha.update(b"\n");
    sha.update(plain.as_bytes());
    sha.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The secret of the appendices of RFC 4226 and RFC 6238.
    const OF_THE_RFC: &[u8] = b"12345678901234567890";

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn codes_are_those_of_rfc_4226_and_rfc_6238() {
        // RFC 4226, appendix D: the code of the counter, which is the step.
        let of_steps = [
            "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583",
            "399871", "520489",
        ];
        for (step_no, code) in (0_i64..).zip(of_steps) {
            let found = step(OF_THE_RFC, code, at(step_no * 30)).unwrap();
            assert_eq!(found, Some(step_no), "{code}");
        }
        // RFC 6238, appendix B, for SHA-1: the last six of its eight digits.
        let of_times = [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ];
        for (seconds, code) in of_times {
            let found = step(OF_THE_RFC, code, at(seconds)).unwrap();
            assert_eq!(found, Some(seconds / 30), "{code}");
        }
    }

    #[test]
    fn a_clock_may_be_one_step_off_and_no_more() {
        // 287922 is the code of step 6.
        for (seconds, fits) in [(149, false), (150, true), (239, true), (240, false)] {
            let found = step(OF_THE_RFC, "287922", at(seconds)).unwrap();
            assert_eq!(found, fits.then_some(6), "{seconds}");
        }
        assert_eq!(step(OF_THE_RFC, "+87922", at(180)).unwrap(), None);
        assert_eq!(step(OF_THE_RFC, "", at(180)).unwrap(), None);
    }

    #[test]
    fn base_32_is_that_of_rfc_4648() {
        // RFC 4648, 10, without its padding.
        assert_eq!(base32(b"foobar"), "MZXW6YTBOI");
        assert_eq!(base32(OF_THE_RFC), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    }

    #[test]
    fn an_address_keeps_its_parts_apart() {
        assert_eq!(
            address(OF_THE_RFC, "Boya: A.Ş.&x=1", "ay?se"),
            "otpauth://totp/Boya%20%20A.%C5%9E.%26x%3D1:ay%3Fse\
             ?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Boya%20%20A.%C5%9E.%26x%3D1"
        );
    }

    #[test]
    fn a_code_is_read_however_it_was_typed() {
        assert_eq!(plain(" 287 922 "), "287922");
        assert_eq!(plain("K7M2-p9x4\u{2013}QD23 ab9c"), "k7m2p9x4qd23ab9c");
        assert!(is_of_app("287922"));
        assert!(!is_of_app("28792a") && !is_of_app("2879223") && !is_of_app(""));
    }

    #[test]
    fn recovery_codes_are_ten_different_ones_in_groups_of_four() {
        let codes = recovery_codes().unwrap();
        let different: std::collections::BTreeSet<&String> = codes.iter().collect();
        assert_eq!(different.len(), 10);
        for code in &codes {
            let groups: Vec<usize> = code.split('-').map(str::len).collect();
            assert_eq!(groups, [4, 4, 4, 4], "{code}");
            assert!(!is_of_app(&plain(code)));
        }
        // The same code of another person is another one.
        assert_ne!(hash("ayse", "k7m2"), hash("mehmet", "k7m2"));
    }
}
