//! What a body's transfer encoding hides (RFC 2045, 6), read leniently: what can be read of a damaged one is read.

use std::borrow::Cow;

/// The bytes behind a `Content-Transfer-Encoding`; an unknown one hides nothing.
pub fn decode<'a>(bytes: &'a [u8], encoding: Option<&str>) -> Cow<'a, [u8]> {
    let named = encoding.map(|name| name.trim().to_ascii_lowercase());
    match named.as_deref() {
        Some("base64") if looks_like_base64(bytes) => Cow::Owned(base64(bytes)),
        Some("quoted-printable") => Cow::Owned(quoted_printable(bytes)),
        _ => Cow::Borrowed(bytes),
    }
}

/// Bytes from base64: signs of no meaning are passed over, an end in the middle gives what came before it.
pub fn base64(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() / 4 * 3);
    let (mut held, mut bits) = (0_u32, 0_u32);
    for &byte in bytes {
        let Some(value) = sextet(byte) else {
            if byte == b'=' {
                // Padding ends a group; mails glued together go on with another one.
                (held, bits) = (0, 0);
            }
            continue;
        };
        held = (held << 6) | u32::from(value);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push(u8::try_from((held >> bits) & 0xff).unwrap_or_default());
        }
    }
    out
}

const fn sextet(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

/// Whether it is not plain text that only says to be base64: words have blanks between them.
fn looks_like_base64(bytes: &[u8]) -> bool {
    let (mut lines, mut with_words) = (0_usize, 0_usize);
    for line in bytes.split(|byte| *byte == b'\n') {
        let line = line.trim_ascii();
        if line.is_empty() {
            continue;
        }
        lines += 1;
        if line.iter().any(u8::is_ascii_whitespace) {
            with_words += 1;
        }
    }
    with_words * 2 <= lines
}

/// Bytes from quoted-printable: what is no valid escape stays as it stands.
pub fn quoted_printable(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'=' {
            if byte == b'\n' {
                trim_blanks(&mut out);
            }
            out.push(byte);
            continue;
        }
        if let [high, low, ..] = after
            && let (Some(high), Some(low)) = (nibble(*high), nibble(*low))
        {
            out.push((high << 4) | low);
            rest = &after[2..];
        } else if let Some(next) = after_soft_break(after) {
            rest = next;
        } else if after.is_empty() {
            break;
        } else {
            out.push(byte);
        }
    }
    out
}

/// Blanks that a relay added at a line's end (RFC 2045, 6.7, rule 3). An encoded blank there is a text's own, and is
/// lost with them: it says nothing.
fn trim_blanks(out: &mut Vec<u8>) {
    let carriage_return = out.last() == Some(&b'\r');
    if carriage_return {
        out.pop();
    }
    while matches!(out.last(), Some(b' ' | b'\t')) {
        out.pop();
    }
    if carriage_return {
        out.push(b'\r');
    }
}

/// What follows a line break that is none of the text's.
fn after_soft_break(after: &[u8]) -> Option<&[u8]> {
    let blanks = after
        .iter()
        .take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r'))
        .count();
    after[blanks..].strip_prefix(b"\n")
}

const fn nibble(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_gives_the_values_of_rfc_4648() {
        // Its section 10.
        for (given, wanted) in [
            ("", ""),
            ("Zg==", "f"),
            ("Zm8=", "fo"),
            ("Zm9v", "foo"),
            ("Zm9vYg==", "foob"),
            ("Zm9vYmE=", "fooba"),
            ("Zm9vYmFy", "foobar"),
        ] {
            assert_eq!(base64(given.as_bytes()), wanted.as_bytes(), "{given}");
        }
    }

    #[test]
    fn damaged_base64_gives_what_can_be_read() {
        assert_eq!(base64(b"Zm9v\r\nYmF"), b"fooba");
        assert_eq!(base64(b"Zm!9v"), b"foo");
        assert_eq!(base64(b"Zg==Zg=="), b"ff");
    }

    #[test]
    fn plain_text_that_says_to_be_base64_is_left_alone() {
        let text = "Merhaba,\nürün kırık geldi.\nNe yapmalıyım?\n".as_bytes();
        assert_eq!(&*decode(text, Some("BASE64")), text);
        assert_eq!(&*decode(b"Zm9v\nYmFy\n", Some("base64")), b"foobar");
    }

    #[test]
    fn quoted_printable_joins_lines_and_keeps_what_is_no_escape() {
        // The example of RFC 2045, 6.7.
        let given = b"Now's the time =\r\nfor all folk to come=\r\n to the aid of their country.";
        let wanted = b"Now's the time for all folk to come to the aid of their country.";
        assert_eq!(quoted_printable(given), wanted);
        assert_eq!(quoted_printable(b"k=FDr=fdk"), b"k\xfdr\xfdk");
        assert_eq!(
            quoted_printable(b"1 = 1, =zz, 100 =%"),
            b"1 = 1, =zz, 100 =%"
        );
        assert_eq!(quoted_printable(b"a  \r\nb\t\n"), b"a\r\nb\n");
        assert_eq!(quoted_printable(b"cut off ="), b"cut off ");
        assert_eq!(quoted_printable(b"soft= \t\r\nbreak"), b"softbreak");
    }
}
