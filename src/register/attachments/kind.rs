//! What a file is, told by its content; what is said of it decides nothing that could do harm.

/// The media type of a mail that is kept as it came.
pub const MAIL: &str = "message/rfc822";

/// What nobody knows.
pub const BYTES: &str = "application/octet-stream";

pub const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
pub const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
pub const ODT: &str = "application/vnd.oasis.opendocument.text";

const TEXT: &str = "text/plain";

/// Where a zip is looked into for the names of its first entries, in bytes.
const START_OF_ZIP: usize = 4_096;

/// The media type of a file. `start` is its content, or the first part of it; `declared` is believed where the content
/// cannot tell, of a mail and of plain text.
pub fn media_type(start: &[u8], declared: Option<&str>) -> &'static str {
    let at = |from: usize, mark: &[u8]| start.get(from..).is_some_and(|c| c.starts_with(mark));
    let known: [(&[u8], &str); 5] = [
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"GIF87a", "image/gif"),
        (b"GIF89a", "image/gif"),
        (b"%PDF-", "application/pdf"),
    ];
    if let Some((_, found)) = known.iter().find(|(mark, _)| at(0, mark)) {
        return found;
    }
    if at(0, b"RIFF") && at(8, b"WEBP") {
        return "image/webp";
    }
    if at(4, b"ftyp") {
        return match start.get(8..12) {
            Some(b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" | b"mif1" | b"msf1") => {
                "image/heic"
            }
            Some(b"qt  ") => "video/quicktime",
            Some(_) | None => "video/mp4",
        };
    }
    if at(0, b"PK\x03\x04") {
        return zipped(start);
    }
    match declared {
        Some(MAIL) => MAIL,
        Some(TEXT) if is_text(start) => TEXT,
        Some(_) | None => BYTES,
    }
}

/// The ending that a file of a media type has.
pub fn ending(media_type: &str) -> &'static str {
    match media_type {
        "image/jpeg" => ".jpg",
        "image/png" => ".png",
        "image/gif" => ".gif",
        "image/webp" => ".webp",
        "image/heic" => ".heic",
        "application/pdf" => ".pdf",
        "video/mp4" => ".mp4",
        "video/quicktime" => ".mov",
        TEXT => ".txt",
        "application/zip" => ".zip",
        MAIL => ".eml",
        DOCX => ".docx",
        XLSX => ".xlsx",
        ODT => ".odt",
        _ => ".bin",
    }
}

/// UTF-8 without a NUL; a letter that is cut by the end of `start` is none against it.
fn is_text(start: &[u8]) -> bool {
    let whole = match std::str::from_utf8(start) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    };
    whole && !start.contains(&0)
}

/// Which document a zip is, by what its first entries are called (APPNOTE 4.3.7: the name follows 30 bytes).
fn zipped(content: &[u8]) -> &'static str {
    let start = content.get(..START_OF_ZIP).unwrap_or(content);
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
            (b"RIFF\x10\0\0\0WAVEfmt ", "image/webp", BYTES),
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
            // The letter at the end is cut, as where a file is longer than what is looked at.
            (b"kar\xc4", "text/plain", "text/plain"),
            (b"kar\xc4 ", "text/plain", BYTES),
            (b"<script>alert(1)</script>", "text/html", BYTES),
            (b"<svg xmlns='x' onload='y'/>", "image/svg+xml", BYTES),
            (b"MZ\x90\0", "image/png", BYTES),
            (b"a\0b", "text/plain", BYTES),
            (b"", "image/png", BYTES),
        ] {
            assert_eq!(media_type(content, Some(declared)), wanted, "{declared}");
        }
    }
}
