//! Files from outside: what kind they are is told from their content, never from their name, and only
//! kinds that a complaint needs are taken. Nothing here that a browser would run: no HTML, no SVG, no
//! macros; and what is taken is only ever handed out to be saved, never shown in a page.

use std::io::{Cursor, Read as _};

use super::visit::Upload;
use super::words::Words;

/// The largest file, in MiB.
pub const MOST_MIB: usize = 10;

/// The longest name that is kept, in characters.
const LONGEST_NAME: usize = 120;

/// For the `accept` of a file field: a help for choosing, no check.
pub const ACCEPT: &str = "image/jpeg,image/png,image/webp,image/gif,image/heic,application/pdf,video/mp4,video/quicktime,\
                          text/plain,.heic,.docx,.xlsx,.odt";

/// A file that may be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clean {
    /// Without folders and control characters, with an ending that fits the content.
    pub name: String,
    pub media_type: String,
    pub content: Vec<u8>,
}

/// Why a file is not taken. The name is cleaned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("{name} is empty; choose it again")]
    Empty { name: String },
    #[error(
        "{name} is larger than {} MiB; make it smaller, or send a part of it",
        MOST_MIB
    )]
    TooLarge { name: String },
    #[error(
        "{name} is none of the kinds that are taken (photographs, PDF, MP4 or MOV, plain text, DOCX, XLSX, ODT); save it as one of them"
    )]
    UnknownKind { name: String },
}

impl Refusal {
    /// The refusal in the visitor's language.
    pub fn in_words(&self, words: &Words) -> String {
        let most = words.count(i64::try_from(MOST_MIB).unwrap_or(0));
        let (key, name) = match self {
            Refusal::Empty { name } => ("public_uploads.empty", name),
            Refusal::TooLarge { name } => ("public_uploads.too_large", name),
            Refusal::UnknownKind { name } => ("public_uploads.unknown_kind", name),
        };
        words.fill(key, &[("name", name), ("most", &most)])
    }
}

/// Looks at a file that came with a form.
///
/// # Errors
/// When it is empty, too large, or of a kind that is not taken.
pub fn check(upload: &Upload) -> Result<Clean, Refusal> {
    let claimed = clean_name(&upload.name);
    if upload.content.is_empty() {
        return Err(Refusal::Empty { name: claimed });
    }
    if upload.content.len() > MOST_MIB << 20 {
        return Err(Refusal::TooLarge { name: claimed });
    }
    match Kind::of(&upload.content) {
        Some(kind) => Ok(Clean {
            name: with_ending(claimed, kind),
            media_type: kind.media_type().to_owned(),
            content: upload.content.clone(),
        }),
        None => Err(Refusal::UnknownKind { name: claimed }),
    }
}

/// The kinds that are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Jpeg,
    Png,
    Gif,
    WebP,
    Heic,
    Pdf,
    Mp4,
    Mov,
    Docx,
    Xlsx,
    Odt,
    Text,
}

impl Kind {
    fn of(content: &[u8]) -> Option<Kind> {
        let starts = |mark: &[u8]| content.starts_with(mark);
        if starts(b"\xFF\xD8\xFF") {
            Some(Kind::Jpeg)
        } else if starts(b"\x89PNG\r\n\x1A\n") {
            Some(Kind::Png)
        } else if starts(b"GIF87a") || starts(b"GIF89a") {
            Some(Kind::Gif)
        } else if starts(b"RIFF") && content.get(8..12) == Some(b"WEBP") {
            Some(Kind::WebP)
        } else if starts(b"%PDF-") {
            // Readers also open a PDF that begins somewhere behind; that is how other things hide in one.
            Some(Kind::Pdf)
        } else if content.get(4..8) == Some(b"ftyp") {
            box_kind(content.get(8..12)?)
        } else if starts(b"PK\x03\x04") {
            document_kind(content)
        } else {
            is_plain_text(content).then_some(Kind::Text)
        }
    }

    const fn media_type(self) -> &'static str {
        match self {
            Kind::Jpeg => "image/jpeg",
            Kind::Png => "image/png",
            Kind::Gif => "image/gif",
            Kind::WebP => "image/webp",
            Kind::Heic => "image/heic",
            Kind::Pdf => "application/pdf",
            Kind::Mp4 => "video/mp4",
            Kind::Mov => "video/quicktime",
            Kind::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Kind::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Kind::Odt => "application/vnd.oasis.opendocument.text",
            Kind::Text => "text/plain",
        }
    }

    /// The endings that a file of this kind has; the first is given to one with another.
    const fn endings(self) -> &'static [&'static str] {
        match self {
            Kind::Jpeg => &["jpg", "jpeg", "jfif"],
            Kind::Png => &["png"],
            Kind::Gif => &["gif"],
            Kind::WebP => &["webp"],
            Kind::Heic => &["heic", "heif"],
            Kind::Pdf => &["pdf"],
            Kind::Mp4 => &["mp4", "m4v"],
            Kind::Mov => &["mov", "qt"],
            Kind::Docx => &["docx"],
            Kind::Xlsx => &["xlsx"],
            Kind::Odt => &["odt"],
            Kind::Text => &["txt", "text", "log", "csv"],
        }
    }
}

/// The kind of an ISO base media file by its major brand (ISO/IEC 14496-12, 4.3).
fn box_kind(brand: &[u8]) -> Option<Kind> {
    match brand {
        b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" | b"mif1" | b"msf1" => {
            Some(Kind::Heic)
        }
        b"qt  " => Some(Kind::Mov),
        b"isom" | b"iso2" | b"iso4" | b"iso5" | b"iso6" | b"mp41" | b"mp42" | b"avc1" | b"M4V "
        | b"MSNV" | b"dash" => Some(Kind::Mp4),
        _ => None,
    }
}

/// The kind of a document that is a zip, by the entries that it cannot be without; none with macros in it.
fn document_kind(content: &[u8]) -> Option<Kind> {
    let mut archive = zip::ZipArchive::new(Cursor::new(content)).ok()?;
    let has = |name: &str| archive.index_for_name(name).is_some();
    if has("word/vbaProject.bin") || has("xl/vbaProject.bin") {
        return None;
    }
    if has("[Content_Types].xml") {
        return match (has("word/document.xml"), has("xl/workbook.xml")) {
            (true, false) => Some(Kind::Docx),
            (false, true) => Some(Kind::Xlsx),
            (true, true) | (false, false) => None,
        };
    }
    let mut media_type = String::new();
    let mimetype = archive.by_name("mimetype").ok()?;
    mimetype.take(100).read_to_string(&mut media_type).ok()?;
    (media_type.trim() == Kind::Odt.media_type()).then_some(Kind::Odt)
}

/// UTF-8 without control characters, and nothing that a browser would take for a page.
fn is_plain_text(content: &[u8]) -> bool {
    const OF_A_PAGE: [&str; 9] = [
        "<!doctype",
        "<html",
        "<head",
        "<body",
        "<script",
        "<iframe",
        "<svg",
        "<object",
        "<?xml",
    ];
    let Ok(text) = std::str::from_utf8(content) else {
        return false;
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let is_clean = text
        .chars()
        .all(|c| !c.is_control() || matches!(c, '\t' | '\n' | '\r' | '\u{c}'));
    if !is_clean || text.trim_start().starts_with('<') {
        return false;
    }
    let lower = text.to_ascii_lowercase();
    !OF_A_PAGE.iter().any(|mark| lower.contains(mark))
}

/// The last part of a name, without what could lead somewhere or turn its letters around.
fn clean_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or("");
    let kept: String = last
        .chars()
        .filter(|c| !c.is_control() && !turns_letters(*c))
        .map(|c| match c {
            '<' | '>' | ':' | '"' | '|' | '?' | '*' => '_',
            c => c,
        })
        .collect();
    let trimmed = kept.trim().trim_matches('.').trim();
    if trimmed.is_empty() {
        return "file".to_owned();
    }
    shortened(trimmed)
}

/// Characters that show a name in another order than it is spelt, or do not show at all.
const fn turns_letters(c: char) -> bool {
    matches!(
        c,
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
    )
}

/// A name of at most [`LONGEST_NAME`] characters; its ending stays.
fn shortened(name: &str) -> String {
    if name.chars().count() <= LONGEST_NAME {
        return name.to_owned();
    }
    let (stem, ending) = match name.rsplit_once('.') {
        Some((stem, ending)) if ending.chars().count() <= 8 => (stem, format!(".{ending}")),
        Some(_) | None => (name, String::new()),
    };
    let left = LONGEST_NAME - ending.chars().count();
    let stem: String = stem.chars().take(left).collect();
    format!("{stem}{ending}")
}

/// The name with an ending that fits, so that a program opens the file as what it is.
fn with_ending(name: String, kind: Kind) -> String {
    let endings = kind.endings();
    let fits = name.rsplit_once('.').is_some_and(|(stem, ending)| {
        !stem.is_empty() && endings.contains(&ending.to_ascii_lowercase().as_str())
    });
    match endings.first() {
        Some(ending) if !fits => shortened(&format!("{name}.{ending}")),
        Some(_) | None => name,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use zip::write::SimpleFileOptions;

    use super::*;

    fn upload(name: &str, content: &[u8]) -> Upload {
        Upload {
            field: "files".to_owned(),
            name: name.to_owned(),
            media_type: "image/jpeg".to_owned(),
            content: content.to_vec(),
        }
    }

    fn kind(name: &str, content: &[u8]) -> Option<String> {
        check(&upload(name, content))
            .ok()
            .map(|clean| clean.media_type)
    }

    /// A zip with these entries, each with a few bytes.
    fn zipped(entries: &[(&str, &str)]) -> Vec<u8> {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in entries {
            let options = SimpleFileOptions::default();
            zip.start_file(*name, options).unwrap();
            zip.write_all(content.as_bytes()).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    /// The first bytes of files as cameras, telephones and offices write them.
    #[test]
    fn kinds_are_told_by_their_first_bytes() {
        let jpeg = b"\xFF\xD8\xFF\xE1\x00\x18Exif\x00\x00MM\x00*";
        let png = b"\x89PNG\r\n\x1A\n\x00\x00\x00\rIHDR";
        let webp = b"RIFF\x24\x00\x00\x00WEBPVP8 ";
        let heic = b"\x00\x00\x00\x24ftypheic\x00\x00\x00\x00mif1";
        let mp4 = b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2";
        let mov = b"\x00\x00\x00\x14ftypqt  \x00\x00\x00\x00qt  ";
        let known: [(&[u8], &str); 9] = [
            (jpeg, "image/jpeg"),
            (png, "image/png"),
            (b"GIF89a\x01\x00\x01\x00", "image/gif"),
            (webp, "image/webp"),
            (heic, "image/heic"),
            (b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n", "application/pdf"),
            (mp4, "video/mp4"),
            (mov, "video/quicktime"),
            (
                "Boya kabardı.\r\nКраска вздулась.\n".as_bytes(),
                "text/plain",
            ),
        ];
        for (content, media_type) in known {
            assert_eq!(kind("x", content).as_deref(), Some(media_type));
        }
    }

    #[test]
    fn office_documents_are_told_by_their_entries_and_come_without_macros() {
        let docx = zipped(&[
            ("[Content_Types].xml", "<Types/>"),
            ("word/document.xml", "<w/>"),
        ]);
        let late = zipped(&[
            ("_rels/.rels", "x"),
            ("xl/workbook.xml", "x"),
            ("[Content_Types].xml", "x"),
        ]);
        let odt = zipped(&[
            ("mimetype", "application/vnd.oasis.opendocument.text"),
            ("content.xml", "x"),
        ]);
        assert!(
            kind("a.docx", &docx)
                .unwrap()
                .ends_with("wordprocessingml.document")
        );
        assert!(
            kind("a.xlsx", &late)
                .unwrap()
                .ends_with("spreadsheetml.sheet")
        );
        assert!(kind("a.odt", &odt).unwrap().ends_with("opendocument.text"));
        let macros = zipped(&[
            ("[Content_Types].xml", "x"),
            ("word/document.xml", "x"),
            ("word/vbaProject.bin", "x"),
        ]);
        let jar = zipped(&[("META-INF/MANIFEST.MF", "Main-Class: X")]);
        let other = zipped(&[("mimetype", "application/epub+zip")]);
        for refused in [macros, jar, other, b"PK\x03\x04 and no zip".to_vec()] {
            assert_eq!(kind("a.docx", &refused), None);
        }
    }

    #[test]
    fn what_a_browser_would_run_is_refused_under_every_name() {
        let refused: [&[u8]; 9] = [
            b"<!DOCTYPE html><html><script>alert(1)</script></html>",
            b"  \n<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
            b"\xEF\xBB\xBF<html>",
            b"hello <ScRiPt src=//x></ScRiPt>",
            b"<?xml version='1.0'?><x/>",
            // A PDF behind a page: readers would open it, and browsers too.
            b"<html><!--\n%PDF-1.4\n%%EOF\n--></html>",
            b"MZ\x90\x00\x03\x00\x00\x00",
            b"\x7FELF\x02\x01\x01\x00",
            b"#!/bin/sh\n\x00",
        ];
        for content in refused {
            for name in ["photo.jpg", "letter.pdf", "note.txt"] {
                let refusal = check(&upload(name, content)).unwrap_err();
                assert_eq!(
                    refusal,
                    Refusal::UnknownKind {
                        name: name.to_owned()
                    }
                );
            }
        }
    }

    #[test]
    fn a_name_leads_nowhere_and_ends_as_its_content() {
        let jpeg = b"\xFF\xD8\xFF\xE0\x00\x10JFIF";
        let name = |given: &str| check(&upload(given, jpeg)).unwrap().name;
        assert_eq!(name("../../etc/passwd"), "passwd.jpg");
        assert_eq!(name("C:\\Users\\Ayşe\\fotoğraf.JPG"), "fotoğraf.JPG");
        assert_eq!(name("page.html"), "page.html.jpg");
        assert_eq!(name("a\r\nSet-Cookie: x=1.jpeg"), "aSet-Cookie_ x=1.jpeg");
        // Shown, this one would end in `gpj.exe` turned around.
        assert_eq!(name("photo\u{202e}exe.jpg"), "photoexe.jpg");
        assert_eq!(name("..."), "file.jpg");
        assert_eq!(name(".jpg"), "jpg.jpg");
        let long = name(&format!("{}.jpeg", "ş".repeat(400)));
        assert_eq!(long.chars().count(), LONGEST_NAME);
        assert!(long.ends_with(".jpeg"));
    }

    #[test]
    fn empty_and_too_large_files_are_refused() {
        let empty = check(&upload("a.jpg", b"")).unwrap_err();
        assert_eq!(
            empty,
            Refusal::Empty {
                name: "a.jpg".to_owned()
            }
        );
        let mut large = b"\xFF\xD8\xFF".to_vec();
        large.resize((MOST_MIB << 20) + 1, 0);
        let refusal = check(&upload("a.jpg", &large)).unwrap_err();
        assert_eq!(
            refusal,
            Refusal::TooLarge {
                name: "a.jpg".to_owned()
            }
        );
        large.truncate(MOST_MIB << 20);
        assert!(check(&upload("a.jpg", &large)).is_ok());
    }
}
