//! The header fields of a mail as bytes, and what they say as text: encoded words (RFC 2047), raw 8-bit letters, folded
//! lines, and the first mailbox of a field of addresses (RFC 5322, 3.4).

use super::charset;
use super::transfer;

/// Bytes of one field that are read; longer ones are cut. No field of a mail that a person sends comes near it.
const LONGEST_FIELD: usize = 64 * 1024;

/// Fields that are read of one mail.
const MOST_FIELDS: usize = 2_000;

/// Bytes of an encoded word. RFC 2047 allows 75, and many programs write a whole subject as one.
const LONGEST_WORD: usize = 4_096;

/// The fields of a mail in their order, names in small letters, values without the breaks of folding.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Headers {
    fields: Vec<(String, Vec<u8>)>,
}

/// Somebody as a field of addresses names them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mailbox {
    pub name: Option<String>,
    /// In small letters; `None` when there is nothing that could be written to.
    pub address: Option<String>,
    /// Whether others are named beside them.
    pub among_others: bool,
}

impl Headers {
    /// Reads the fields up to the first empty line. Lines that are no fields are passed over.
    pub fn read(raw: &[u8]) -> Headers {
        let mut fields: Vec<(String, Vec<u8>)> = Vec::new();
        for line in raw.split(|byte| *byte == b'\n') {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.is_empty() {
                break;
            }
            if line.starts_with(b" ") || line.starts_with(b"\t") {
                if let Some((_, value)) = fields.last_mut() {
                    append(value, b" ");
                    append(value, line.trim_ascii());
                }
                continue;
            }
            if let Some((name, value)) = field(line) {
                if fields.len() == MOST_FIELDS {
                    break;
                }
                fields.push((name, Vec::new()));
                if let Some((_, kept)) = fields.last_mut() {
                    append(kept, value.trim_ascii());
                }
            }
        }
        Headers { fields }
    }

    /// The first field of this name (in small letters).
    pub fn first(&self, name: &str) -> Option<&[u8]> {
        let found = self.fields.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_slice())
    }

    /// Every field of this name (in small letters), the topmost first.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.fields
            .iter()
            .filter(move |(known, _)| known == name)
            .map(|(_, value)| value.as_slice())
    }

    /// The first field of this name in small letters, for fields that hold a word of a protocol.
    pub fn word(&self, name: &str) -> Option<String> {
        let value = self.first(name)?;
        Some(String::from_utf8_lossy(value).trim().to_lowercase())
    }
}

/// Adds to a value as far as it may grow; a NUL is no letter.
fn append(value: &mut Vec<u8>, more: &[u8]) {
    let room = LONGEST_FIELD.saturating_sub(value.len());
    value.extend(more.iter().take(room).filter(|byte| **byte != 0));
}

/// The name and the value of a field's first line.
fn field(line: &[u8]) -> Option<(String, &[u8])> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let name = line[..colon].trim_ascii_end();
    let is_name = !name.is_empty() && name.iter().all(u8::is_ascii_graphic);
    is_name.then(|| {
        let name = String::from_utf8_lossy(name).to_ascii_lowercase();
        (name, &line[colon + 1..])
    })
}

/// A field's value as text. `charset` is the one of the mail's body, where raw letters most often are of the same;
/// `domain` the last part of the sender's domain, which helps a guess.
pub fn text(value: &[u8], charset: Option<&str>, domain: Option<&str>) -> String {
    let mut text = String::new();
    let mut rest = value;
    // Neighbouring words of one character set are one text: some senders cut between the bytes of a letter.
    let mut open: Option<(String, Vec<u8>)> = None;
    while !rest.is_empty() {
        let next = find_word(rest);
        let plain = next.as_ref().map_or(rest, |(at, _, _)| &rest[..*at]);
        let only_space = plain.iter().all(u8::is_ascii_whitespace);
        if !(only_space && open.is_some() && next.is_some()) {
            close(&mut text, open.take(), domain);
            text.push_str(&charset::decode_unnamed(plain, charset, domain));
        }
        let Some((_, word, after)) = next else { break };
        match &mut open {
            Some((name, bytes)) if *name == word.charset => bytes.extend(word.bytes),
            other => {
                close(&mut text, other.take(), domain);
                *other = Some((word.charset, word.bytes));
            }
        }
        rest = after;
    }
    close(&mut text, open, domain);
    tidy(&text)
}

fn close(text: &mut String, word: Option<(String, Vec<u8>)>, domain: Option<&str>) {
    if let Some((name, bytes)) = word {
        text.push_str(&charset::decode(&bytes, Some(&name), domain));
    }
}

/// An encoded word, not yet read as letters.
#[derive(Debug)]
struct EncodedWord {
    charset: String,
    bytes: Vec<u8>,
}

/// The first encoded word: where it begins, what it holds, and what follows it.
fn find_word(value: &[u8]) -> Option<(usize, EncodedWord, &[u8])> {
    let mut from = 0;
    while let Some(found) = position(&value[from..], b"=?") {
        let at = from + found;
        let near = &value[at..value.len().min(at + LONGEST_WORD)];
        if let Some((word, length)) = encoded_word(near) {
            return Some((at, word, &value[at + length..]));
        }
        from = at + 2;
    }
    None
}

/// Reads `=?charset?encoding?text?=` at the start; answers its length, too.
fn encoded_word(value: &[u8]) -> Option<(EncodedWord, usize)> {
    let rest = value.strip_prefix(b"=?")?;
    let (charset, rest) = split_once(rest, b"?")?;
    let (encoding, rest) = split_once(rest, b"?")?;
    let (text, after) = split_once(rest, b"?=")?;
    // RFC 2231, 5: a language may follow the character set after a star.
    let charset = charset.split(|byte| *byte == b'*').next()?;
    if charset.is_empty() || !charset.iter().all(u8::is_ascii_graphic) {
        return None;
    }
    let bytes = match encoding {
        b"b" | b"B" => transfer::base64(text),
        b"q" | b"Q" => {
            let spaced: Vec<u8> = text
                .iter()
                .map(|byte| if *byte == b'_' { b' ' } else { *byte })
                .collect();
            transfer::quoted_printable(&spaced)
        }
        _ => return None,
    };
    let charset = String::from_utf8_lossy(charset).to_ascii_lowercase();
    Some((EncodedWord { charset, bytes }, value.len() - after.len()))
}

fn position(value: &[u8], wanted: &[u8]) -> Option<usize> {
    value.windows(wanted.len()).position(|part| part == wanted)
}

fn split_once<'a>(value: &'a [u8], mark: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = position(value, mark)?;
    Some((&value[..at], &value[at + mark.len()..]))
}

/// One line without control characters and without blanks around it.
fn tidy(text: &str) -> String {
    let spaced: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .filter(|c| !is_invisible(*c))
        .collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Letters that are not seen and only mislead: marks of direction, of width nought, of byte order.
pub(super) const fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
    )
}

/// The first mailbox of a field of addresses. What stands in quotes or in a comment is never an address.
pub fn mailbox(value: &[u8], charset: Option<&str>) -> Mailbox {
    let first = Pieces::of(value);
    let name_of = |bytes: &[u8], domain: Option<&str>| {
        let name = text(bytes, charset, domain);
        let name = name.trim_matches(['"', '\'', ' ']).trim();
        (!name.is_empty()).then(|| name.chars().take(LONGEST_NAME).collect::<String>())
    };
    let (address, name) = match &first.angle {
        Some(address) => (address_of(address), &first.plain),
        None => (address_of(&first.plain), &first.comment),
    };
    let domain = address.as_deref().and_then(top_domain);
    // Without an address the words are all that is known of the sender.
    let words = if address.is_none() && name.trim_ascii().is_empty() {
        &first.plain
    } else {
        name
    };
    let name = name_of(words, domain).filter(|name| Some(name.to_lowercase()) != address);
    Mailbox {
        name,
        among_others: first.others,
        address,
    }
}

/// Letters of a name that are kept.
const LONGEST_NAME: usize = 200;

/// The longest address that can be written to (RFC 5321, 4.5.3.1.3, with its correction).
const LONGEST_ADDRESS: usize = 254;

/// An address that could be written to, in small letters.
fn address_of(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes.trim_ascii()).ok()?;
    let (local, domain) = text.rsplit_once('@')?;
    let sound = |part: &str| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| !c.is_control() && !c.is_whitespace() && !"<>()[],;:\\\"@".contains(c))
    };
    let fits = sound(local) && sound(domain) && domain.contains('.') && !domain.starts_with('.');
    (fits && text.len() <= LONGEST_ADDRESS).then(|| text.to_lowercase())
}

/// The last part of an address's domain.
pub fn top_domain(address: &str) -> Option<&str> {
    let top = address.rsplit_once('.')?.1;
    (!top.is_empty() && top.bytes().all(|byte| byte.is_ascii_lowercase())).then_some(top)
}

/// The first mailbox's parts.
#[derive(Debug, Default)]
struct Pieces {
    /// What stands outside of angles and comments, without its quotes.
    plain: Vec<u8>,
    /// What stands in the first angles.
    angle: Option<Vec<u8>>,
    comment: Vec<u8>,
    /// A further mailbox follows.
    others: bool,
}

impl Pieces {
    fn of(value: &[u8]) -> Pieces {
        let mut pieces = Pieces::default();
        let mut quoted = false;
        let mut escaped = false;
        let mut depth = 0_u32;
        let mut in_angle = false;
        for (at, &byte) in value.iter().enumerate() {
            if escaped {
                escaped = false;
                pieces.push(byte, depth, in_angle);
                continue;
            }
            match byte {
                b'\\' if quoted || depth > 0 => escaped = true,
                b'"' if depth == 0 && !in_angle => quoted = !quoted,
                _ if quoted => pieces.push(byte, depth, in_angle),
                b'(' if !in_angle => {
                    depth += 1;
                    if depth > 1 {
                        pieces.comment.push(byte);
                    }
                }
                b')' if depth > 0 => {
                    depth -= 1;
                    if depth > 0 {
                        pieces.comment.push(byte);
                    }
                }
                _ if depth > 0 => pieces.comment.push(byte),
                b'<' if pieces.angle.is_none() => {
                    in_angle = true;
                    pieces.angle = Some(Vec::new());
                }
                b'>' if in_angle => in_angle = false,
                // Before an address a comma belongs to a name that should have been in quotes.
                b',' | b';' if !in_angle && pieces.has_address() => {
                    pieces.others = value[at + 1..].contains(&b'@');
                    break;
                }
                _ => pieces.push(byte, depth, in_angle),
            }
        }
        pieces
    }

    fn has_address(&self) -> bool {
        self.angle.is_some() || self.plain.contains(&b'@')
    }

    fn push(&mut self, byte: u8, depth: u32, in_angle: bool) {
        match &mut self.angle {
            _ if depth > 0 => self.comment.push(byte),
            Some(angle) if in_angle => angle.push(byte),
            // Words after the address belong to nothing.
            Some(_) => {}
            None => self.plain.push(byte),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(value: &[u8]) -> String {
        text(value, None, Some("tr"))
    }

    #[test]
    fn fields_are_unfolded_and_found_by_any_spelling_of_their_name() {
        let raw = b"Subject: one\r\n two\r\n\tthree\r\nX-Y :  z \r\nnonsense\r\nsubject: second\r\n\r\nSubject: body\r\n";
        let headers = Headers::read(raw);
        assert_eq!(headers.first("subject"), Some(&b"one two three"[..]));
        assert_eq!(headers.all("subject").count(), 2);
        assert_eq!(headers.word("x-y"), Some("z".to_owned()));
        assert_eq!(headers.first("nonsense"), None);
    }

    #[test]
    fn a_field_without_end_is_cut() {
        let mut raw = b"Subject: ".to_vec();
        for _ in 0..200_000 {
            raw.extend(b"a\r\n ");
        }
        let headers = Headers::read(&raw);
        assert!(headers.first("subject").unwrap().len() <= LONGEST_FIELD);
    }

    #[test]
    fn encoded_words_are_read_as_rfc_2047_shows_them() {
        // The examples of its section 8.
        assert_eq!(
            said(b"=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?=\t =?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?="),
            "If you can read this you understand the example."
        );
        assert_eq!(said(b"=?ISO-8859-1?Q?a?= b"), "a b");
        assert_eq!(said(b"=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?="), "ab");
        assert_eq!(said(b"=?ISO-8859-1?Q?a_b?="), "a b");
        assert_eq!(said(b"=?ISO-8859-1*en?Q?a?="), "a");
    }

    #[test]
    fn a_letter_cut_between_two_words_is_one_letter() {
        // U+015F is C5 9F in UTF-8.
        assert_eq!(said(b"=?utf-8?Q?Kar=C5?= =?UTF-8?Q?=9F=C4=B1?="), "Karşı");
        assert_eq!(said(b"=?utf-8?B?xQ==?= =?utf-8?B?nw==?="), "ş");
    }

    #[test]
    fn what_is_no_encoded_word_stays() {
        assert_eq!(said(b"2 =? 3"), "2 =? 3");
        assert_eq!(said(b"=?utf-8?X?abc?="), "=?utf-8?X?abc?=");
        assert_eq!(said(b"why=?"), "why=?");
    }

    #[test]
    fn raw_letters_are_of_the_bodys_character_set() {
        let raw = b"\xea\xe0\xfb\xf0\xe8\xea";
        assert_eq!(text(raw, Some("windows-1254"), None), "êàûğèê");
        let raw = b"\xef\xeb\xe8\xf2\xea\xe0";
        assert_eq!(text(raw, Some("windows-1251"), None), "плитка");
        assert_eq!(
            text("kırık".as_bytes(), Some("windows-1251"), None),
            "kırık"
        );
    }

    #[test]
    fn the_address_is_what_stands_in_the_angles() {
        let read = |value: &[u8]| {
            let found = mailbox(value, None);
            (found.name, found.address, found.among_others)
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            read(b"\"Kaya, Elif\" <Elif@Example.org>"),
            (some("Kaya, Elif"), some("elif@example.org"), false)
        );
        assert_eq!(
            read(b"\"known@example.org\" <other@example.net>"),
            (some("known@example.org"), some("other@example.net"), false)
        );
        assert_eq!(
            read(b"elif@example.org (Elif Kaya)"),
            (some("Elif Kaya"), some("elif@example.org"), false)
        );
        assert_eq!(
            read(b"=?utf-8?Q?=3Cknown=40example=2Eorg=3E?= <other@example.net>"),
            (
                some("<known@example.org>"),
                some("other@example.net"),
                false
            )
        );
        assert_eq!(
            read(b"<a@example.org>, <b@example.org>"),
            (None, some("a@example.org"), true)
        );
        assert_eq!(
            read(b"Kaya, Elif <elif@example.org>"),
            (some("Kaya, Elif"), some("elif@example.org"), false)
        );
        assert_eq!(read(b"nobody"), (some("nobody"), None, false));
        assert_eq!(read(b""), (None, None, false));
        assert_eq!(
            read(b"\"a@b\"@example.org"),
            (some("a@b@example.org"), None, false)
        );
        assert_eq!(read(b"(a@example.org) <>"), (None, None, false));
    }
}
