//! The parts of a mail (RFC 2045 to 2047): which of them is the text, and which are files. Broken ones give what can
//! be read of them.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use mail_parser::{Message, MessageParser, MessagePart, MimeHeaders, PartType};

use super::files::{self, MailFile};
use super::{charset, headers, html, transfer};

/// Files that are taken out of one mail; further ones stay in its original.
const MOST_FILES: usize = 50;

/// Bytes of one file that is taken out.
const MOST_BYTES: usize = 25 * 1024 * 1024;

/// Bytes of one text that are read; the rest of a longer one is in the original.
const LONGEST_TEXT: usize = 4 * 1024 * 1024;

/// Pictures below this that a text shows by itself are dots, lines and icons of signatures.
const LEAST_PICTURE: usize = 2_048;

/// Multiparts within multiparts that are looked into.
const DEEPEST: usize = 30;

/// Mails within mails that are still read as such; no person forwards so often.
const MOST_MAILS_WITHIN: usize = 100;

/// Parts that only prove who signed.
const SIGNATURES: [&str; 3] = [
    "application/pkcs7-signature",
    "application/x-pkcs7-signature",
    "application/pgp-signature",
];

/// What a mail holds below its header.
#[derive(Debug, Default)]
pub struct Body {
    pub text: String,
    pub files: Vec<MailFile>,
    /// Files that stay in the original only.
    pub left_out: usize,
    /// A report of a mail system (`multipart/report`).
    pub is_report: bool,
    /// The character set that the first text names.
    pub charset: Option<String>,
}

/// Reads the body of a mail; `domain` is the last part of the sender's domain.
pub fn read(raw: &[u8], domain: Option<&str>) -> Body {
    match parse(raw) {
        Some(message) => Walk::over(&message, raw, domain, true),
        None => unstructured(raw, domain),
    }
}

/// The parts; `None` when there is nothing to go by.
fn parse(raw: &[u8]) -> Option<Message<'_>> {
    if mails_within(raw) > MOST_MAILS_WITHIN || u32::try_from(raw.len()).is_err() {
        return None;
    }
    let parser = MessageParser::new()
        .with_mime_headers()
        .default_header_ignore();
    // One mail on which the parser fails must not keep all others out.
    catch_unwind(AssertUnwindSafe(|| parser.parse(raw)))
        .ok()
        .flatten()
        .filter(|message| !message.parts.is_empty())
}

/// How often a mail says to hold another one.
fn mails_within(raw: &[u8]) -> usize {
    let count = |mark: &[u8]| {
        raw.windows(mark.len())
            .filter(|part| part.eq_ignore_ascii_case(mark))
            .count()
    };
    count(files::MAIL.as_bytes()) + count(b"message/global") + count(b"multipart/digest")
}

/// A mail whose parts cannot be told: what follows the header is its text.
fn unstructured(raw: &[u8], domain: Option<&str>) -> Body {
    let fields = headers::Headers::read(raw);
    let encoding = fields.word("content-transfer-encoding");
    let bytes = transfer::decode(below_header(raw), encoding.as_deref());
    let text = charset::decode(start_of(&bytes), None, domain);
    Body {
        text: if looks_like_html(&text) {
            html::to_text(&text)
        } else {
            text
        },
        ..Body::default()
    }
}

/// As much of a text as is read.
fn start_of(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.len().min(LONGEST_TEXT)]
}

fn below_header(raw: &[u8]) -> &[u8] {
    let mut at = 0;
    for line in raw.split_inclusive(|byte| *byte == b'\n') {
        at += line.len();
        if line.trim_ascii().is_empty() {
            return &raw[at..];
        }
    }
    &[]
}

fn looks_like_html(text: &str) -> bool {
    let start: String = text.trim_start().chars().take(200).collect();
    let start = start.to_ascii_lowercase();
    start.starts_with("<!doctype html") || start.contains("<html") || start.starts_with("<div")
}

/// A text of a part.
struct Said {
    text: String,
    /// Written as plain text, not made from HTML.
    plain: bool,
}

/// The way through the parts.
struct Walk<'m> {
    message: &'m Message<'m>,
    raw: &'m [u8],
    domain: Option<&'m str>,
    body: Body,
    /// Whether a multipart without its boundary is still searched for one.
    may_recover: bool,
}

impl<'m> Walk<'m> {
    fn over(
        message: &'m Message<'m>,
        raw: &'m [u8],
        domain: Option<&'m str>,
        may_recover: bool,
    ) -> Body {
        let mut walk = Walk {
            message,
            raw,
            domain,
            body: Body::default(),
            may_recover,
        };
        let said = walk.part(0, 0);
        let mut body = walk.body;
        body.is_report = message.parts.first().is_some_and(|root| {
            type_of(root).is_some_and(|(kind, sub)| kind == "multipart" && sub == "report")
        });
        body.text = said.map(|said| said.text).unwrap_or_default();
        body
    }

    /// The text of a part and of what it holds; files are put aside.
    fn part(&mut self, id: u32, depth: usize) -> Option<Said> {
        let message = self.message;
        let part = message.parts.get(usize::try_from(id).ok()?)?;
        let kind = type_of(part);
        let (main, sub) = kind.as_ref().map_or(("text", "plain"), |(main, sub)| {
            (main.as_str(), sub.as_str())
        });
        match (&part.body, main) {
            (PartType::Multipart(children), _) if !children.is_empty() => {
                if depth == DEEPEST {
                    self.body.left_out += 1;
                    return None;
                }
                let said: Vec<Said> = children
                    .iter()
                    .filter_map(|child| self.part(*child, depth + 1))
                    .filter(|said| !said.text.trim().is_empty())
                    .collect();
                if sub == "alternative" {
                    best(said)
                } else {
                    joined(said)
                }
            }
            (PartType::Message(_), _) => {
                self.file(part);
                None
            }
            (_, "multipart") => self.without_boundary(part),
            // A mail of one part is its text, also when that has a name.
            (_, "text")
                if matches!(sub, "" | "plain" | "html") && (depth == 0 || !is_file(part)) =>
            {
                Some(self.text(part, sub))
            }
            _ => {
                self.file(part);
                None
            }
        }
    }

    /// The bytes of a part, without their transfer encoding.
    fn content(&self, part: &MessagePart<'_>) -> Cow<'m, [u8]> {
        let start = usize::try_from(part.offset_body).unwrap_or(usize::MAX);
        let end = usize::try_from(part.offset_end).unwrap_or(0);
        let bytes = self.raw.get(start..end).unwrap_or_default();
        transfer::decode(bytes, part.content_transfer_encoding())
    }

    fn text(&mut self, part: &MessagePart<'_>, sub: &str) -> Said {
        let named = part.content_type().and_then(|t| t.attribute("charset"));
        if self.body.charset.is_none() {
            self.body.charset = named.map(str::to_owned);
        }
        let content = self.content(part);
        let text = charset::decode(start_of(&content), named, self.domain);
        match sub {
            "html" => Said {
                text: html::to_text(&text),
                plain: false,
            },
            _ => Said { text, plain: true },
        }
    }

    fn file(&mut self, part: &MessagePart<'_>) {
        let declared = type_of(part).map(|(main, sub)| format!("{main}/{sub}"));
        if declared
            .as_deref()
            .is_some_and(|declared| SIGNATURES.contains(&declared))
        {
            return;
        }
        let content = self.content(part);
        let shown_by_text = part.content_id().is_some();
        let picture = declared.as_deref().is_some_and(|d| d.starts_with("image/"));
        if content.is_empty() || (picture && shown_by_text && content.len() < LEAST_PICTURE) {
            return;
        }
        if self.body.files.len() == MOST_FILES || content.len() > MOST_BYTES {
            self.body.left_out += 1;
            return;
        }
        let name = part.attachment_name().map(|name| {
            // Some programs put encoded words where RFC 2231 has a spelling of its own.
            headers::text(name.as_bytes(), self.body.charset.as_deref(), self.domain)
        });
        let nth = self.body.files.len() + 1;
        let file = MailFile::new(
            name.as_deref(),
            declared.as_deref(),
            content.into_owned(),
            nth,
        );
        self.body.files.push(file);
    }

    /// A multipart that names no boundary, or one that is nowhere: the lines themselves may show it.
    fn without_boundary(&mut self, part: &MessagePart<'_>) -> Option<Said> {
        let content = self.content(part).into_owned();
        if self.may_recover
            && let Some(boundary) = boundary_of(&content)
        {
            let mut mended =
                format!("Content-Type: multipart/mixed; boundary=\"{boundary}\"\r\n\r\n")
                    .into_bytes();
            mended.extend_from_slice(&content);
            if let Some(message) = parse(&mended) {
                let found = Walk::over(&message, &mended, self.domain, false);
                self.take(found.files);
                self.body.left_out += found.left_out;
                self.body.charset = self.body.charset.take().or(found.charset);
                if !found.text.trim().is_empty() {
                    return Some(Said {
                        text: found.text,
                        plain: true,
                    });
                }
            }
        }
        let text = charset::decode(start_of(&content), None, self.domain);
        let text = if looks_like_html(&text) {
            html::to_text(&text)
        } else {
            text
        };
        (!text.trim().is_empty()).then_some(Said { text, plain: true })
    }

    fn take(&mut self, files: Vec<MailFile>) {
        for file in files {
            if self.body.files.len() == MOST_FILES {
                self.body.left_out += 1;
            } else {
                self.body.files.push(file);
            }
        }
    }
}

/// The type of a part in small letters, when it names one.
fn type_of(part: &MessagePart<'_>) -> Option<(String, String)> {
    let content_type = part.content_type()?;
    let main = content_type.ctype().trim().to_ascii_lowercase();
    let sub = content_type.subtype().unwrap_or_default();
    (!main.is_empty()).then(|| (main, sub.trim().to_ascii_lowercase()))
}

/// Whether a text was sent as a file.
fn is_file(part: &MessagePart<'_>) -> bool {
    part.content_disposition()
        .is_some_and(|disposition| disposition.is_attachment())
        || part.attachment_name().is_some()
}

/// Of several forms of one text the plain one; else the last, which is the richest (RFC 2046, 5.1.4).
fn best(mut said: Vec<Said>) -> Option<Said> {
    match said.iter().position(|said| said.plain) {
        Some(at) => Some(said.swap_remove(at)),
        None => said.pop(),
    }
}

fn joined(said: Vec<Said>) -> Option<Said> {
    if said.is_empty() {
        return None;
    }
    let plain = said.iter().all(|said| said.plain);
    let texts: Vec<&str> = said.iter().map(|said| said.text.trim()).collect();
    Some(Said {
        text: texts.join("\n\n"),
        plain,
    })
}

/// The boundary that lines show: `--` and something, with a field of a part below.
fn boundary_of(content: &[u8]) -> Option<String> {
    let mut lines = content
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::trim_ascii_end)
        .peekable();
    while let Some(line) = lines.next() {
        let Some(boundary) = line.strip_prefix(b"--") else {
            continue;
        };
        let below = lines.peek().copied().unwrap_or_default();
        let starts_part = below.len() >= 8 && below[..8].eq_ignore_ascii_case(b"content-");
        let sound = !boundary.is_empty()
            && boundary.len() <= 200
            && boundary
                .iter()
                .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\'));
        if starts_part && sound {
            return Some(String::from_utf8_lossy(boundary).into_owned());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(raw: &str) -> String {
        read(raw.as_bytes(), None).text.trim().to_owned()
    }

    #[test]
    fn of_two_forms_the_plain_one_is_read_and_the_files_of_both_are_kept() {
        let raw = "Content-Type: multipart/alternative; boundary=a\r\n\r\n--a\r\nContent-Type: text/plain\r\n\r\nplain\r\n--a\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>rich</p>\r\n--b\r\nContent-Type: application/pdf; name=a.pdf\r\n\r\n%PDF-1.4\r\n--b--\r\n--a--\r\n";
        let body = read(raw.as_bytes(), None);
        assert_eq!(body.text.trim(), "plain");
        assert_eq!(body.files.len(), 1);
        assert_eq!(body.files[0].name, "a.pdf");
        let blank = raw.replace("plain\r\n--a", " \r\n--a");
        assert_eq!(text(&blank), "rich");
    }

    #[test]
    fn a_multipart_without_its_boundary_is_read_by_its_lines() {
        for kind in ["multipart/mixed", "multipart/mixed; boundary=\"other\""] {
            let raw = format!(
                "Content-Type: {kind}\r\n\r\npreamble\r\n--xyz\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nk=C4=B1r=C4=B1k\r\n--xyz--\r\n"
            );
            assert_eq!(text(&raw), "kırık", "{kind}");
        }
        let none = "Content-Type: multipart/mixed\r\n\r\njust words\r\n";
        assert_eq!(text(none), "just words");
    }

    #[test]
    fn a_mail_cut_short_keeps_what_came() {
        let raw = "Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\nContent-Type: text/plain\r\n\r\nwords\r\n--a\r\nContent-Type: image/png; name=p.png\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgoAAAANSUhEU";
        let body = read(raw.as_bytes(), None);
        assert_eq!(body.text.trim(), "words");
        assert_eq!(body.files.len(), 1);
        assert_eq!(body.files[0].media_type, "image/png");
        let in_the_text = &raw[..raw.find("ords").unwrap()];
        assert_eq!(text(in_the_text), "w");
    }

    #[test]
    fn mails_within_mails_without_end_are_not_unpacked() {
        let mut raw = "Subject: x\r\n".to_owned();
        for _ in 0..50_000 {
            raw.push_str("Content-Type: message/rfc822\r\n\r\n");
        }
        let body = read(raw.as_bytes(), None);
        assert!(body.files.is_empty());
        let mut deep = String::new();
        for depth in 0..5_000 {
            deep.push_str(&format!(
                "Content-Type: multipart/mixed; boundary=b{depth}\r\n\r\n--b{depth}\r\n"
            ));
        }
        deep.push_str("\r\nwords\r\n");
        assert!(read(deep.as_bytes(), None).left_out <= 1);
    }

    #[test]
    fn a_forwarded_mail_is_a_file_of_its_own() {
        let raw = "Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\nContent-Type: text/plain\r\n\r\nsee below\r\n--a\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\nContent-Type: text/plain\r\n\r\ninner words\r\n--a--\r\n";
        let body = read(raw.as_bytes(), None);
        assert_eq!(body.text.trim(), "see below");
        let [file] = body.files.as_slice() else {
            panic!("{:?}", body.files)
        };
        assert_eq!(file.media_type, files::MAIL);
        assert!(file.content.starts_with(b"Subject: inner"));
        assert!(
            file.content.ends_with(b"inner words") || file.content.ends_with(b"inner words\r\n")
        );
    }
}
