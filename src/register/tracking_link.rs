//! A link that opens a case without number and password. Only e-mails carry it, and it is made when they are
//! sent, so the register holds none.

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::{Connection, OptionalExtension};

use super::error::Result;
use super::{Register, local_day, secrets};
use redress_plain::hex::hex;
use redress_plain::sha256::Hmac;

/// The key in table `secret`.
const KEY: &str = "tracking_link_key";

/// Bytes of the code that a token ends with: 160 bits, of which nobody guesses one.
const CODE: usize = 20;

impl Register {
    /// The token that opens a case up to and including a day of the organisation's zone:
    /// `<number>.<yyyymmdd>.<code>`, the code being the first 20 bytes of HMAC-SHA-256 over the number, the day
    /// and the hash of the tracking password, in hexadecimal. A new password therefore ends every older link.
    /// `None` where the case has no password: it was erased, or came from another store.
    ///
    /// # Errors
    /// When there is no such case, or the database cannot be written (the key is made on first use).
    pub fn tracking_token(&mut self, case_key: i64, expires: NaiveDate) -> Result<Option<String>> {
        let number = self.case_row(case_key)?.number;
        self.write(|w| {
            let Some((_, tracking_hash)) = tracked(&w.tx, &number)? else {
                return Ok(None);
            };
            let key = match key(&w.tx)? {
                Some(key) => key,
                None => {
                    secrets::create(&w.tx, KEY)?;
                    secrets::read(&w.tx, KEY)?
                }
            };
            let day = expires.format("%Y%m%d").to_string();
            let code = code(&key, &number, &day, &tracking_hash);
            Ok(Some(format!("{number}.{day}.{code}")))
        })
    }

    /// The case that a token opens at `now`; `None` where it is not of this register, its day is over, or the
    /// case has another password since.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn case_by_token(&self, token: &str, now: DateTime<Utc>) -> Result<Option<i64>> {
        let Some((number, day, given)) = parts(token) else {
            return Ok(None);
        };
        let today = local_day(now, self.zone);
        self.read(|conn| {
            let (Some(key), Some((case_key, tracking_hash))) = (key(conn)?, tracked(conn, number)?)
            else {
                return Ok(None);
            };
            let fits = is_same(given, &code(&key, number, day, &tracking_hash));
            let lasts = NaiveDate::parse_from_str(day, "%Y%m%d").is_ok_and(|last| today <= last);
            Ok((fits && lasts).then_some(case_key))
        })
    }
}

/// The address that a token opens: `t/<token>` beside the tracking page, as a link on that page would lead there
/// (RFC 3986, 5.2). With `https://example.org/track` it is `https://example.org/t/<token>`.
pub fn tracking_link(tracking_url: &str, token: &str) -> String {
    let page = tracking_url.split(['?', '#']).next().unwrap_or("");
    let authority = page.find("://").map_or(0, |at| at + 3);
    let folder = match page[authority..].rfind('/') {
        Some(slash) => &page[..authority + slash],
        None => page,
    };
    let mut link = format!("{folder}/t/");
    for byte in token.bytes() {
        // Numbers of other stores may hold anything; these signs need no escape (RFC 3986, 2.3).
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            link.push(char::from(byte));
        } else {
            link.push_str(&format!("%{byte:02X}"));
        }
    }
    link
}

/// A case that can be tracked, with the hash of its password.
fn tracked(conn: &Connection, number: &str) -> Result<Option<(i64, String)>> {
    Ok(conn
        .prepare_cached(
            "SELECT case_key, tracking_hash FROM complaint_case
             WHERE number = ?1 AND tracking_hash IS NOT NULL",
        )?
        .query_row([number], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?)
}

fn key(conn: &Connection) -> Result<Option<Vec<u8>>> {
    Ok(conn
        .prepare_cached("SELECT value FROM secret WHERE name = ?1")?
        .query_row([KEY], |row| row.get(0))
        .optional()?)
}

fn code(key: &[u8], number: &str, day: &str, tracking_hash: &str) -> String {
    let signed = format!("{number}\n{day}\n{tracking_hash}");
    hex(&Hmac::keyed(key).of(signed.as_bytes())[..CODE])
}

/// Number, last day and code. A number may hold dots itself.
fn parts(token: &str) -> Option<(&str, &str, &str)> {
    let (rest, code) = token.trim().rsplit_once('.')?;
    let (number, day) = rest.rsplit_once('.')?;
    let is_day = day.len() == 8 && day.bytes().all(|b| b.is_ascii_digit());
    (is_day && code.len() == 2 * CODE).then_some((number, day, code))
}

/// Whether two texts are the same, in a time that says nothing of where they differ.
fn is_same(given: &str, expected: &str) -> bool {
    let differences = given
        .bytes()
        .zip(expected.bytes())
        .fold(0, |differences, (a, b)| differences | (a ^ b));
    given.len() == expected.len() && differences == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_link_stands_beside_the_tracking_page() {
        let cases = [
            ("https://example.org/track", "https://example.org/t/x"),
            ("https://example.org/", "https://example.org/t/x"),
            ("https://example.org", "https://example.org/t/x"),
            (
                "https://example.org/a/track?l=tr#top",
                "https://example.org/a/t/x",
            ),
            ("http://127.0.0.1:8080/track", "http://127.0.0.1:8080/t/x"),
        ];
        for (page, link) in cases {
            assert_eq!(tracking_link(page, "x"), link);
        }
        assert_eq!(
            tracking_link("https://example.org", "Ж/1 2.20261226.ab"),
            "https://example.org/t/%D0%96%2F1%202.20261226.ab"
        );
    }

    #[test]
    fn a_token_is_read_from_its_end() {
        let code = "0".repeat(40);
        let token = format!("INC.2016.04.20261226.{code}");
        assert_eq!(
            parts(&token),
            Some(("INC.2016.04", "20261226", code.as_str()))
        );
        assert_eq!(parts("2026-000001.20261226"), None);
        assert_eq!(parts(&format!("2026-000001.2026122.{code}")), None);
        assert_eq!(parts(&format!("2026-000001.20261226.{code}0")), None);
    }

    #[test]
    fn only_equal_texts_are_the_same() {
        assert!(is_same("ab", "ab"));
        assert!(!is_same("ab", "aB"));
        assert!(!is_same("a", "ab"));
    }

    #[test]
    fn the_code_is_the_beginning_of_the_hmac() {
        // printf '2026-000012\n20261226\nhash' | openssl dgst -sha256 -mac HMAC -macopt hexkey:0b…0b (20 bytes)
        assert_eq!(
            code(&[0x0b; 20], "2026-000012", "20261226", "hash"),
            "ad51f221b674a23da4ef1e557166c1820bc9e7fa"
        );
    }
}
