//! What is taken from outside, and what is not.

use std::io::Write as _;

use zip::write::SimpleFileOptions;

use super::*;
use redress_domain::vocabulary::Language;
use redress_register::attachments::name::LONGEST_NAME;

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

/// The smallest whole ones: of a photograph the header, a frame, a scan and the end.
const JPEG: &[u8] = b"\xFF\xD8\xFF\xE0\x00\x10JFIF\x00\x01\x02\x00\x00\x01\x00\x01\x00\x00\xFF\xC0\x00\x0B\x08\x00\x08\x00\x08\x01\x01\x11\x00\xFF\xDA\x00\x08\x01\x01\x00\x00\x3F\x00\x15\xFF\xD9";
const GIF: &[u8] =
    b"GIF89a\x01\x00\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;";
const WEBP: &[u8] = b"RIFF\x12\x00\x00\x00WEBPVP8 \x06\x00\x00\x00points";
const PDF: &[u8] = b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n1 0 obj<</Type/Catalog>>endobj\n%%EOF\n";

fn png() -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, 1, 1);
    encoder.set_color(png::ColorType::Grayscale);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&[7]).unwrap();
    writer.finish().unwrap();
    out
}

/// Files as cameras, telephones and offices write them.
#[test]
fn kinds_are_told_by_their_content() {
    let heic = b"\x00\x00\x00\x14ftypheic\x00\x00\x00\x00mif1";
    let mp4 = b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2";
    let mov = b"\x00\x00\x00\x14ftypqt  \x00\x00\x00\x00qt  ";
    let png = png();
    let known: [(&[u8], &str); 9] = [
        (JPEG, "image/jpeg"),
        (&png, "image/png"),
        (GIF, "image/gif"),
        (WEBP, "image/webp"),
        (heic, "image/heic"),
        (PDF, "application/pdf"),
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
    // A second file that hangs behind the document, and one that hides in its comment.
    let page = b"<script>alert(1)</script>";
    let mut commented = docx.clone();
    let length = commented.len() - 2;
    commented[length] = u8::try_from(page.len()).unwrap();
    for mut two in [docx, commented] {
        two.extend(page);
        assert_eq!(kind("a.docx", &two), None);
    }
}

#[test]
fn a_document_that_would_grow_beyond_measure_is_refused_by_its_list_of_entries() {
    let mut bomb = zipped(&[("[Content_Types].xml", "x"), ("word/document.xml", "x")]);
    assert_eq!(kind("a.docx", &bomb).as_deref(), Some(DOCX));
    // In the list, an entry's unpacked size follows 24 bytes behind its mark (APPNOTE 4.3.12).
    let listed = bomb
        .windows(4)
        .rposition(|part| part == b"PK\x01\x02")
        .unwrap();
    let size = u32::try_from(MOST_UNPACKED).unwrap();
    bomb[listed + 24..listed + 28].copy_from_slice(&size.to_le_bytes());
    let refusal = check(&upload("a.docx", &bomb)).unwrap_err();
    assert!(matches!(refusal, Refusal::Unpacks { .. }), "{refusal}");
    let names: Vec<String> = (0..=MOST_ENTRIES).map(|n| format!("x/{n}")).collect();
    let entries: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
    let refusal = check(&upload("a.docx", &zipped(&entries))).unwrap_err();
    assert!(matches!(refusal, Refusal::Unpacks { .. }), "{refusal}");
}

#[test]
fn what_hangs_behind_a_picture_is_cut_off_and_behind_a_pdf_refused() {
    let archive = zipped(&[("META-INF/MANIFEST.MF", "Main-Class: X")]);
    let png = png();
    for picture in [JPEG, &png, GIF, WEBP] {
        let clean = check(&upload("a", &[picture, &archive].concat())).unwrap();
        assert_eq!(clean.content, picture);
        assert!(clean.original_sha256.is_some());
        let clean = check(&upload("a", picture)).unwrap();
        assert_eq!(
            (clean.content.as_slice(), clean.original_sha256),
            (picture, None)
        );
    }
    let page = b"<script>alert(1)</script>".repeat(60);
    let two = [PDF, &page].concat();
    assert_eq!(kind("a.pdf", &two), None);
}

#[test]
fn a_damaged_file_is_refused_in_words() {
    let png = png();
    let docx = zipped(&[("[Content_Types].xml", "x"), ("word/document.xml", "x")]);
    for whole in [JPEG, &png, GIF, WEBP, PDF, &docx] {
        let cut = whole.get(..whole.len() - 7).unwrap();
        let refusal = check(&upload("ev.x", cut)).unwrap_err();
        assert_eq!(
            refusal,
            Refusal::Damaged {
                name: "ev.x".to_owned()
            }
        );
    }
    for language in Language::ALL {
        let words = Words::load(*language).unwrap();
        for refusal in [
            Refusal::Damaged { name: "ev".into() },
            Refusal::TooManyPixels { name: "ev".into() },
            Refusal::Unpacks { name: "ev".into() },
        ] {
            assert!(refusal.in_words(&words).contains("ev"));
        }
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
    let name = |given: &str| check(&upload(given, JPEG)).unwrap().name;
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
    // Between the scan's header and the picture's end.
    let (head, end) = JPEG.split_at(JPEG.len() - 2);
    let filled = |length: usize| {
        let mut large = head.to_vec();
        large.resize(length - end.len(), 7);
        large.extend(end);
        large
    };
    let refusal = check(&upload("a.jpg", &filled((MOST_MIB << 20) + 1))).unwrap_err();
    assert_eq!(
        refusal,
        Refusal::TooLarge {
            name: "a.jpg".to_owned()
        }
    );
    assert!(check(&upload("a.jpg", &filled(MOST_MIB << 20))).is_ok());
}
