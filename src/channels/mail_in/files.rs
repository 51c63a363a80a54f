//! Files that come with a mail: what they are by their content, and names that do no harm.

/// A file of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailFile {
    /// As it was sent, without paths and without signs that mislead.
    pub name: String,
    /// Told by the content; what is not known is only bytes, whatever the mail says of it.
    pub media_type: &'static str,
    pub content: Vec<u8>,
}

/// The media type of a mail that is kept as it came.
pub const MAIL: &str = "message/rfc822";

/// What nobody knows.
const BYTES: &str = "application/octet-stream";

const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const ODT: &str = "application/vnd.oasis.opendocument.text";

/// The longest name, in letters.
const LONGEST_NAME: usize = 120;

/// Letters of an ending that are kept when a name is cut.
const LONGEST_ENDING: usize = 10;

impl MailFile {
    /// A file with the name that the mail gives it, if it gives one; `nth` (from 1) names the others.
    pub fn new(name: Option<&str>, declared: Option<&str>, content: Vec<u8>, nth: usize) -> Self {
        let media_type = media_type(&content, declared);
        let name = name
            .and_then(clean)
            .unwrap_or_else(|| format!("file-{nth}{}", ending(media_type)));
        MailFile {
            name,
            media_type,
            content,
        }
    }
}

/// A name without folders, control characters and marks of direction; `None` when nothing is left.
fn clean(name: &str) -> Option<String> {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let kept: String = last
        .chars()
        .map(|c| match c {
            ':' | '*' | '?' | '"' | '<' | '>' | '|' => '_',
            other => other,
        })
        .filter(|c| !c.is_control() && !super::headers::is_invisible(*c))
        .collect();
    let kept = kept.trim().trim_start_matches('.').trim();
    if kept.is_empty() {
        return None;
    }
    Some(shortened(kept))
}

/// At most as many letters as a name may have, with its ending.
fn shortened(name: &str) -> String {
    if name.chars().count() <= LONGEST_NAME {
        return name.to_owned();
    }
    let ending = name
        .rsplit_once('.')
        .map(|(_, ending)| format!(".{ending}"))
        .filter(|ending| ending.chars().count() <= LONGEST_ENDING)
        .unwrap_or_default();
    let room = LONGEST_NAME - ending.chars().count();
    let start: String = name.chars().take(room).collect();
    format!("{start}{ending}")
}

/// What a content is. `declared` is believed only where it decides nothing that could do harm.
fn media_type(content: &[u8], declared: Option<&str>) -> &'static str {
    let at = |from: usize, mark: &[u8]| content.get(from..).is_some_and(|c| c.starts_with(mark));
    let known: [(usize, &[u8], &str); 6] = [
        (0, b"\xff\xd8\xff", "image/jpeg"),
        (0, b"\x89PNG\r\n\x1a\n", "image/png"),
        (0, b"GIF87a", "image/gif"),
        (0, b"GIF89a", "image/gif"),
        (0, b"%PDF-", "application/pdf"),
        (8, b"WEBP", "image/webp"),
    ];
    if let Some((_, _, found)) = known.iter().find(|(from, mark, _)| at(*from, mark)) {
        return found;
    }
    if at(4, b"ftyp") {
        return match content.get(8..12) {
            Some(b"heic" | b"heix" | b"heim" | b"heis" | b"mif1" | b"msf1") => "image/heic",
            Some(b"qt  ") => "video/quicktime",
            _ => "video/mp4",
        };
    }
    if at(0, b"PK\x03\x04") {
        return zipped(content);
    }
    let text = std::str::from_utf8(content).is_ok_and(|text| !text.contains('\0'));
    match declared {
        Some(MAIL) => MAIL,
        Some("text/plain") if text => "text/plain",
        _ => BYTES,
    }
}

/// Which document a zip is, by what its first entries are called (APPNOTE 4.3.7: the name follows 30 bytes).
fn zipped(content: &[u8]) -> &'static str {
    let start = &content[..content.len().min(4_096)];
    let names = |mark: &[u8]| start.windows(mark.len()).any(|part| part == mark);
    if names(b"mimetypeapplication/vnd.oasis.opendocument.text") {
        ODT
    } else if names(b"[Content_Types].xml") && names(b"word/") {
        DOCX
    } else if names(b"[Content_Types].xml") && names(b"xl/") {
        XLSX
    } else {
        "application/zip"
    }
}

fn ending(media_type: &str) -> &'static str {
    match media_type {
        "image/jpeg" => ".jpg",
        "image/png" => ".png",
        "image/gif" => ".gif",
        "image/webp" => ".webp",
        "image/heic" => ".heic",
        "application/pdf" => ".pdf",
        "video/mp4" => ".mp4",
        "video/quicktime" => ".mov",
        "text/plain" => ".txt",
        "application/zip" => ".zip",
        MAIL => ".eml",
        DOCX => ".docx",
        XLSX => ".xlsx",
        ODT => ".odt",
        _ => ".bin",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_content_says_what_a_file_is() {
        for (content, declared, wanted) in [
            (
                &b"\xff\xd8\xff\xe0\0\x10JFIF"[..],
                "text/html",
                "image/jpeg",
            ),
            (b"\x89PNG\r\n\x1a\n\0", "image/jpeg", "image/png"),
            (b"RIFF\x10\0\0\0WEBPVP8 ", "image/webp", "image/webp"),
            (b"\0\0\0\x18ftypheic\0\0", "image/heic", "image/heic"),
            (
                b"\0\0\0\x14ftypqt  \0\0",
                "video/quicktime",
                "video/quicktime",
            ),
            (b"\0\0\0\x18ftypisom\0\0", "video/mp4", "video/mp4"),
            (b"%PDF-1.7\n", "application/octet-stream", "application/pdf"),
            (
                b"PK\x03\x04 [Content_Types].xml word/document.xml",
                "x/y",
                DOCX,
            ),
            (
                b"PK\x03\x04 mimetypeapplication/vnd.oasis.opendocument.text",
                "x/y",
                ODT,
            ),
            (
                b"PK\x03\x04 photo.jpg",
                "application/zip",
                "application/zip",
            ),
            (b"plain words", "text/plain", "text/plain"),
            (b"<script>alert(1)</script>", "text/html", BYTES),
            (b"<svg xmlns='x' onload='y'/>", "image/svg+xml", BYTES),
            (b"MZ\x90\0", "image/png", BYTES),
            (b"a\0b", "text/plain", BYTES),
            (b"", "image/png", BYTES),
        ] {
            assert_eq!(media_type(content, Some(declared)), wanted, "{declared}");
        }
    }

    #[test]
    fn names_lose_folders_and_what_misleads() {
        for (given, wanted) in [
            ("../../etc/passwd", Some("passwd")),
            ("C:\\Users\\Elif\\kırık karo.jpg", Some("kırık karo.jpg")),
            ("photo\u{202e}gpj.exe", Some("photogpj.exe")),
            (".bashrc", Some("bashrc")),
            ("a\0b\r\n.txt", Some("ab.txt")),
            ("a<b>|c?.txt", Some("a_b__c_.txt")),
            ("..", None),
            ("/", None),
            ("", None),
        ] {
            assert_eq!(clean(given).as_deref(), wanted, "{given:?}");
        }
        let long = format!("{}.jpeg", "ş".repeat(300));
        let cut = clean(&long).unwrap();
        assert_eq!(cut.chars().count(), LONGEST_NAME);
        assert!(cut.ends_with("ş.jpeg"));
    }

    #[test]
    fn a_file_without_a_name_gets_one_of_its_kind() {
        let file = MailFile::new(None, Some("image/png"), b"%PDF-1.4".to_vec(), 3);
        assert_eq!(
            (file.name.as_str(), file.media_type),
            ("file-3.pdf", "application/pdf")
        );
    }
}
