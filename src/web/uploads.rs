//! Files from outside: what kind they are is told from their content, never from their name, and only
//! kinds that a complaint needs are taken. Nothing here that a browser would run: no HTML, no SVG, no
//! macros; and what is taken is only ever handed out to be saved, never shown in a page.
//!
//! Images lose what they say besides the picture before they are written anywhere. Nothing is unpacked: of documents
//! that are archives the list of entries is read, and one that would grow beyond measure is refused by it.

use std::io::{Cursor, Read as _};

use super::visit::Upload;
use super::words::Words;
pub use redress_register::attachments::CleanFile as Clean;
use redress_register::attachments::image::ImageFault;
use redress_register::attachments::kind::{DOCX, ODT, XLSX};
use redress_register::attachments::name::{clean_name, shortened};

/// The largest file, in MiB.
pub const MOST_MIB: usize = 10;

/// For the `accept` of a file field: a help for choosing, no check. HEIC is not in it, though it is taken: telephones
/// that photograph in it turn it into JPEG for a field that does not ask for HEIC, and everybody can open that.
pub const ACCEPT: &str = "image/jpeg,image/png,image/webp,image/gif,application/pdf,video/mp4,video/quicktime,text/plain,\
                          .docx,.xlsx,.odt";

/// The most entries of a document that is an archive, and the most bytes that they may say to unpack to: a long document
/// with photographs has some hundred entries and some ten megabytes.
const MOST_ENTRIES: usize = 5_000;
const MOST_UNPACKED: u64 = 256 << 20;

/// The most bytes behind the end of a PDF: readers look for it in the last 1,024 (PDF 1.7, implementation note 18).
const MOST_BEHIND_PDF: usize = 1_024;

/// What a file is called whose own name says nothing.
const NAMELESS: &str = "file";

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
    #[error("{name} is cut short or damaged; choose it again, or open it and save it anew")]
    Damaged { name: String },
    #[error("{name} is a picture with too many points; save it smaller")]
    TooManyPixels { name: String },
    #[error("{name} would grow beyond measure when it is opened; save it anew, or as PDF")]
    Unpacks { name: String },
}

impl Refusal {
    /// The refusal in the visitor's language.
    pub fn in_words(&self, words: &Words) -> String {
        let most = words.count(i64::try_from(MOST_MIB).unwrap_or(0));
        let (key, name) = match self {
            Refusal::Empty { name } => ("public_uploads.empty", name),
            Refusal::TooLarge { name } => ("public_uploads.too_large", name),
            Refusal::UnknownKind { name } => ("public_uploads.unknown_kind", name),
            Refusal::Damaged { name } => ("public_uploads.damaged", name),
            Refusal::TooManyPixels { name } => ("public_uploads.too_many_pixels", name),
            Refusal::Unpacks { name } => ("public_uploads.unpacks", name),
        };
        words.fill(key, &[("name", name), ("most", &most)])
    }
}

/// Looks at a file that came with a form, and cleans it.
///
/// # Errors
/// When it is empty, too large, damaged, or of a kind that is not taken.
pub fn check(upload: &Upload) -> Result<Clean, Refusal> {
    let name = clean_name(&upload.name).unwrap_or_else(|| NAMELESS.to_owned());
    if upload.content.is_empty() {
        return Err(Refusal::Empty { name });
    }
    if upload.content.len() > MOST_MIB << 20 {
        return Err(Refusal::TooLarge { name });
    }
    let kind = match Kind::of(&upload.content) {
        Ok(kind) => kind,
        Err(Fault::UnknownKind) => return Err(Refusal::UnknownKind { name }),
        Err(Fault::Damaged) => return Err(Refusal::Damaged { name }),
        Err(Fault::Unpacks) => return Err(Refusal::Unpacks { name }),
    };
    let named = with_ending(name.clone(), kind);
    Clean::new(named, kind.media_type(), upload.content.clone()).map_err(|fault| match fault {
        ImageFault::CutShort | ImageFault::Damaged => Refusal::Damaged { name },
        ImageFault::TooManyPixels => Refusal::TooManyPixels { name },
    })
}

/// What speaks against a content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    UnknownKind,
    Damaged,
    Unpacks,
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
    fn of(content: &[u8]) -> Result<Kind, Fault> {
        let starts = |mark: &[u8]| content.starts_with(mark);
        if starts(b"\xFF\xD8\xFF") {
            Ok(Kind::Jpeg)
        } else if starts(b"\x89PNG\r\n\x1A\n") {
            Ok(Kind::Png)
        } else if starts(b"GIF87a") || starts(b"GIF89a") {
            Ok(Kind::Gif)
        } else if starts(b"RIFF") && content.get(8..12) == Some(b"WEBP") {
            Ok(Kind::WebP)
        } else if starts(b"%PDF-") {
            // Readers also open a PDF that begins somewhere behind; that is how other things hide in one.
            pdf_ends(content).map(|()| Kind::Pdf)
        } else if content.get(4..8) == Some(b"ftyp") {
            content
                .get(8..12)
                .and_then(box_kind)
                .ok_or(Fault::UnknownKind)
        } else if starts(b"PK\x03\x04") {
            document_kind(content)
        } else if is_plain_text(content) {
            Ok(Kind::Text)
        } else {
            Err(Fault::UnknownKind)
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
            Kind::Docx => DOCX,
            Kind::Xlsx => XLSX,
            Kind::Odt => ODT,
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

/// Refuses a PDF that has no end, and one with something else behind it.
fn pdf_ends(content: &[u8]) -> Result<(), Fault> {
    const END: &[u8] = b"%%EOF";
    let last = content.windows(END.len()).rposition(|part| part == END);
    match last {
        Some(at) if content.len() - at - END.len() <= MOST_BEHIND_PDF => Ok(()),
        Some(_) => Err(Fault::UnknownKind),
        None => Err(Fault::Damaged),
    }
}

/// The kind of a document that is a zip, by the entries that it cannot be without; none with macros in it, with anything
/// behind its end, or with entries that would unpack beyond measure. Only the list of entries is read.
fn document_kind(content: &[u8]) -> Result<Kind, Fault> {
    ends_with_its_list(content)?;
    let mut archive = zip::ZipArchive::new(Cursor::new(content)).map_err(|_| Fault::Damaged)?;
    if archive.len() > MOST_ENTRIES {
        return Err(Fault::Unpacks);
    }
    let mut unpacked = 0_u64;
    for at in 0..archive.len() {
        let entry = archive.by_index_raw(at).map_err(|_| Fault::Damaged)?;
        unpacked = unpacked.saturating_add(entry.size());
    }
    if unpacked > MOST_UNPACKED {
        return Err(Fault::Unpacks);
    }
    let has = |name: &str| archive.index_for_name(name).is_some();
    if has("word/vbaProject.bin") || has("xl/vbaProject.bin") {
        return Err(Fault::UnknownKind);
    }
    if has("[Content_Types].xml") {
        return match (has("word/document.xml"), has("xl/workbook.xml")) {
            (true, false) => Ok(Kind::Docx),
            (false, true) => Ok(Kind::Xlsx),
            (true, true) | (false, false) => Err(Fault::UnknownKind),
        };
    }
    let Ok(mimetype) = archive.by_name("mimetype") else {
        return Err(Fault::UnknownKind);
    };
    let mut media_type = String::new();
    let read = mimetype.take(100).read_to_string(&mut media_type);
    match read.is_ok() && media_type.trim() == ODT {
        true => Ok(Kind::Odt),
        false => Err(Fault::UnknownKind),
    }
}

/// Refuses an archive whose last bytes are not the end of its list of entries (APPNOTE 4.3.16: 22 bytes without a comment):
/// a second file hangs behind it, or the end is missing.
fn ends_with_its_list(content: &[u8]) -> Result<(), Fault> {
    const END: &[u8] = b"PK\x05\x06";
    const LENGTH: usize = 22;
    let last = content.len().checked_sub(LENGTH);
    match last.and_then(|at| content.get(at..)) {
        Some(end) if end.starts_with(END) && end.ends_with(&[0, 0]) => Ok(()),
        Some(_) | None => Err(Fault::Damaged),
    }
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
mod tests;
