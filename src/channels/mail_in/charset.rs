//! Bytes to letters: by the character set that a mail names, by what the bytes themselves show, or by a guess.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, WINDOWS_1252, WINDOWS_1254};
use mail_parser::decoders::charsets::map::charset_decoder;

use super::language;
use redress_domain::vocabulary::Language;

/// Names that say nothing about bytes beyond ASCII.
const SAY_NOTHING: [&str; 7] = [
    "us-ascii",
    "ascii",
    "ansi_x3.4-1968",
    "unknown-8bit",
    "unknown",
    "x-unknown",
    "default",
];

/// Bytes around the first letter beyond ASCII by which a character set is guessed.
const GUESSED_BY: usize = 64 * 1024;

/// The text of bytes in a named character set. Without a name, or with one that says nothing or that nobody knows, it
/// is UTF-8 where that is possible, and else a guess; `domain` (`tr`, `ru`) helps that.
pub fn decode(bytes: &[u8], named: Option<&str>, domain: Option<&str>) -> String {
    let name = named.map(|name| name.trim().trim_matches(['"', '\'']).to_ascii_lowercase());
    match name.as_deref() {
        None => unnamed(bytes, domain),
        Some(name) if SAY_NOTHING.contains(&name) => unnamed(bytes, domain),
        Some("utf-8" | "utf8") => as_utf8(bytes, domain),
        Some(name) => match Encoding::for_label(name.as_bytes()) {
            Some(encoding) if encoding == WINDOWS_1252 => western(bytes),
            Some(encoding) => encoding.decode(bytes).0.into_owned(),
            // A few old ones (UTF-7, code page 850) that browsers no longer know.
            None => charset_decoder(name.as_bytes())
                .map_or_else(|| unnamed(bytes, domain), |decoder| decoder(bytes)),
        },
    }
}

/// As [`decode`], for bytes of which the name is only likely: what is UTF-8 is read as UTF-8.
pub fn decode_unnamed(bytes: &[u8], likely: Option<&str>, domain: Option<&str>) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => {
            let single_byte = likely.filter(|name| !name.to_ascii_lowercase().starts_with("utf"));
            decode(bytes, single_byte, domain)
        }
    }
}

fn unnamed(bytes: &[u8], domain: Option<&str>) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.trim_start_matches('\u{feff}').to_owned(),
        Err(_) => guess(bytes, domain),
    }
}

/// Text that says to be UTF-8. A few broken letters do not make it another character set.
fn as_utf8(bytes: &[u8], domain: Option<&str>) -> String {
    let text = String::from_utf8_lossy(bytes);
    if let Cow::Borrowed(text) = text {
        return text.trim_start_matches('\u{feff}').to_owned();
    }
    let broken = text.matches('\u{fffd}').count();
    let letters = text.chars().filter(|c| !c.is_ascii()).count();
    if broken * 2 > letters {
        guess(bytes, domain)
    } else {
        text.into_owned()
    }
}

fn guess(bytes: &[u8], domain: Option<&str>) -> String {
    let first = bytes.iter().position(|byte| !byte.is_ascii()).unwrap_or(0);
    let start = first.saturating_sub(GUESSED_BY / 4);
    let end = bytes.len().min(start + GUESSED_BY);
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(&bytes[start..end], true);
    // The guess panics on anything but small letters.
    let domain = domain
        .filter(|top| top.bytes().all(|byte| byte.is_ascii_lowercase()))
        .map(str::as_bytes);
    let encoding = detector.guess(domain, Utf8Detection::Allow);
    encoding.decode(bytes).0.into_owned()
}

/// Mails of old Turkish programs name ISO-8859-1 and mean ISO-8859-9, which has ğ, ı, ş, İ, Ğ, Ş in the place of six
/// Icelandic letters. Where those occur and the text then reads as Turkish, it is.
fn western(bytes: &[u8]) -> String {
    let has_six = bytes
        .iter()
        .any(|byte| matches!(byte, 0xd0 | 0xdd | 0xde | 0xf0 | 0xfd | 0xfe));
    if has_six && std::str::from_utf8(bytes).is_err() {
        let turkish = WINDOWS_1254.decode(bytes).0;
        if language::of(&turkish) == Some(Language::Tr) {
            return turkish.into_owned();
        }
    }
    WINDOWS_1252.decode(bytes).0.into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TURKISH: &str =
        "Fayans kutusu kırık geldi, üç parça çatlamış. Değişim için ne yapmalıyım?";
    const RUSSIAN: &str = "Плитка пришла разбитой, три штуки треснули. Как её можно заменить?";

    fn bytes(text: &str, name: &str) -> Vec<u8> {
        let encoding = Encoding::for_label(name.as_bytes()).unwrap();
        encoding.encode(text).0.into_owned()
    }

    #[test]
    fn named_character_sets_are_read() {
        for name in ["windows-1254", "iso-8859-9", "latin5", "CP1254", "utf-8"] {
            assert_eq!(decode(&bytes(TURKISH, name), Some(name), None), TURKISH);
        }
        for name in ["koi8-r", "windows-1251", "iso-8859-5", "ibm866", "KOI8-R"] {
            assert_eq!(decode(&bytes(RUSSIAN, name), Some(name), None), RUSSIAN);
        }
        // RFC 2152 gives this text for it.
        assert_eq!(
            decode(b"Hi Mom -+Jjo--!", Some("utf-7"), None),
            "Hi Mom -\u{263a}-!"
        );
    }

    #[test]
    fn without_a_name_the_letters_are_guessed() {
        for (text, name, domain) in [
            (TURKISH, "windows-1254", Some("tr")),
            (RUSSIAN, "koi8-r", None),
            (RUSSIAN, "windows-1251", Some("ru")),
        ] {
            for named in [None, Some("us-ascii"), Some("x-strange")] {
                assert_eq!(decode(&bytes(text, name), named, domain), text, "{name}");
            }
        }
        assert_eq!(decode(TURKISH.as_bytes(), None, None), TURKISH);
    }

    #[test]
    fn a_wrong_name_is_seen_through_where_the_bytes_show_it() {
        let turkish = bytes(TURKISH, "windows-1254");
        assert_eq!(decode(&turkish, Some("iso-8859-1"), None), TURKISH);
        assert_eq!(decode(&turkish, Some("utf-8"), Some("tr")), TURKISH);
        let french = "déjà reçu";
        assert_eq!(
            decode(&bytes(french, "windows-1252"), Some("iso-8859-1"), None),
            french
        );
    }

    #[test]
    fn a_letter_cut_at_the_end_costs_that_letter_alone() {
        let cut = &TURKISH.as_bytes()[..TURKISH.find('ş').unwrap() + 1];
        let read = decode(cut, Some("utf-8"), None);
        assert!(read.starts_with("Fayans kutusu kırık geldi, üç parça çatlamı"));
        assert!(read.ends_with('\u{fffd}'));
    }
}
