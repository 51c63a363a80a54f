//! JPEG (ITU-T T.81, annex B): segments, and the coded picture between them.

use super::bytes::Bytes;
use super::{ImageFault, Result, bounded, exif};

const P: u8 = 0xff;
const SOI: u8 = 0xd8;
const EOI: u8 = 0xd9;
const SOS: u8 = 0xda;
const APP0: u8 = 0xe0;
const APP1: u8 = 0xe1;
const APP2: u8 = 0xe2;
const APP14: u8 = 0xee;

const JFIF: &[u8] = b"JFIF\0";
/// Bytes of a JFIF segment before its thumbnail, and of them those before the thumbnail's size.
const JFIF_HEAD: usize = 14;
const BEFORE_THUMBNAIL: usize = 12;
const ICC: &[u8] = b"ICC_PROFILE\0";
const ADOBE: &[u8] = b"Adobe";
const ADOBE_LENGTH: usize = 12;

/// The picture without EXIF, XMP, IPTC, comments, thumbnails, makers' data and whatever lies behind its end.
pub(super) fn clean(content: &[u8]) -> Result<Vec<u8>> {
    let mut from = Bytes::of(content);
    if from.take(2)? != [P, SOI] {
        return Err(ImageFault::Damaged);
    }
    let mut picture = Picture {
        out: Vec::with_capacity(content.len()),
        after_head: 2,
        orientation: None,
        framed: false,
        scanned: false,
    };
    picture.out.extend([P, SOI]);
    loop {
        match marker(&mut from)? {
            EOI => break,
            // Restart markers and TEM stand alone; between segments they mean nothing.
            0x01 | 0xd0..=0xd7 => {}
            0x00 | SOI => return Err(ImageFault::Damaged),
            kind => picture.segment(kind, &mut from)?,
        }
    }
    picture.finish()
}

/// The next marker; bytes of filling may stand before it.
fn marker(from: &mut Bytes<'_>) -> Result<u8> {
    if from.u8()? != P {
        return Err(ImageFault::Damaged);
    }
    loop {
        match from.u8()? {
            P => {}
            kind => return Ok(kind),
        }
    }
}

struct Picture {
    out: Vec<u8>,
    /// Where a block of EXIF belongs: behind JFIF's, or at the beginning.
    after_head: usize,
    orientation: Option<u8>,
    framed: bool,
    scanned: bool,
}

impl Picture {
    fn segment(&mut self, kind: u8, from: &mut Bytes<'_>) -> Result<()> {
        let length = usize::from(from.u16()?);
        let body = from.take(length.checked_sub(2).ok_or(ImageFault::Damaged)?)?;
        match kind {
            APP0 if body.starts_with(JFIF) && body.len() >= JFIF_HEAD => {
                if let Some(head) = body.get(..BEFORE_THUMBNAIL) {
                    self.put(kind, &[head, &[0, 0]].concat());
                    self.after_head = self.out.len();
                }
            }
            APP1 if body.starts_with(exif::MARK) => {
                self.orientation = self.orientation.or_else(|| exif::orientation(body));
            }
            // Without its profile a picture has other colours.
            APP2 if body.starts_with(ICC) => self.put(kind, body),
            APP14 if body.starts_with(ADOBE) => {
                if let Some(body) = body.get(..ADOBE_LENGTH) {
                    self.put(kind, body);
                }
            }
            // Frames; of the others in this range C8 is reserved, and C4 and CC are tables.
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                frame(body)?;
                self.framed = true;
                self.put(kind, body);
            }
            // Huffman and arithmetic tables, quantisation, lines, restarts, hierarchy.
            0xc4 | 0xcc | 0xdb..=0xdf => self.put(kind, body),
            SOS => {
                if !self.framed {
                    return Err(ImageFault::Damaged);
                }
                self.put(kind, body);
                let coded = from.take(coded(from.rest())?)?;
                self.out.extend(coded);
                self.scanned = true;
            }
            // The rest of the segments for applications, comments, and what is reserved.
            _ => {}
        }
        Ok(())
    }

    fn put(&mut self, kind: u8, body: &[u8]) {
        // No body is longer than the one that was read, whose length fitted.
        let length = u16::try_from(body.len() + 2).unwrap_or(u16::MAX);
        self.out.extend([P, kind]);
        self.out.extend(length.to_be_bytes());
        self.out.extend(body);
    }

    fn finish(mut self) -> Result<Vec<u8>> {
        if !self.scanned {
            return Err(ImageFault::Damaged);
        }
        self.out.extend([P, EOI]);
        if let Some(orientation) = self.orientation {
            let body = [exif::MARK, &exif::only(orientation)].concat();
            let rest = self.out.split_off(self.after_head);
            self.put(APP1, &body);
            self.out.extend(rest);
        }
        Ok(self.out)
    }
}

/// Refuses a frame without a width, with too many points, or without components. Its height may follow the first scan (DNL).
fn frame(body: &[u8]) -> Result<()> {
    let mut body = Bytes::of(body);
    let (_precision, height, width) = (body.u8()?, body.u16()?, body.u16()?);
    if body.u8()? == 0 {
        return Err(ImageFault::Damaged);
    }
    bounded(u32::from(width), u32::from(height.max(1)))
}

/// Bytes of the coded picture: up to the next marker that is no restart.
fn coded(rest: &[u8]) -> Result<usize> {
    let mut at = 0;
    loop {
        let found = rest
            .get(at..)
            .and_then(|rest| rest.iter().position(|b| *b == P));
        at += found.ok_or(ImageFault::CutShort)?;
        match rest.get(at + 1) {
            None => return Err(ImageFault::CutShort),
            Some(0x00 | 0xd0..=0xd7) => at += 2,
            // Bytes of filling before a marker.
            Some(&P) => at += 1,
            Some(_) => return Ok(at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(kind: u8, body: &[u8]) -> Vec<u8> {
        let length = u16::try_from(body.len() + 2).unwrap();
        [&[P, kind][..], &length.to_be_bytes(), body].concat()
    }

    /// One component, eight by eight points.
    const FRAME: &[u8] = &[8, 0, 8, 0, 8, 1, 1, 0x11, 0];
    const SCAN: &[u8] = &[1, 1, 0, 0, 63, 0];

    fn picture(extra: &[Vec<u8>]) -> Vec<u8> {
        let mut parts = vec![
            vec![P, SOI],
            segment(APP0, b"JFIF\0\x01\x02\0\0\x01\0\x01\x01\x01abc"),
        ];
        parts.extend_from_slice(extra);
        parts.push(segment(0xdb, &[7; 65]));
        parts.push(segment(0xc0, FRAME));
        parts.push(segment(0xc4, &[1; 20]));
        parts.push(segment(SOS, SCAN));
        // Coded bytes with a stuffed FF and a restart.
        parts.push(vec![1, 2, P, 0, 3, P, 0xd0, 4, P, EOI]);
        parts.concat()
    }

    #[test]
    fn the_picture_stays_and_what_is_said_besides_goes() {
        let mut secret = exif::MARK.to_vec();
        secret.extend(exif::only(1));
        secret.extend(b"GPS 41.0082 28.9784");
        let extra = [
            segment(APP1, &secret),
            segment(
                APP1,
                b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>Elif</x:xmpmeta>",
            ),
            segment(0xed, b"Photoshop 3.0\08BIM Elif"),
            segment(0xfe, b"by Elif"),
            segment(APP2, b"MPF\0 a smaller picture"),
            segment(APP2, b"ICC_PROFILE\0\x01\x01 profile"),
            segment(APP14, b"Adobe\0\x64\0\0\0\0\x01 more"),
        ];
        let mut given = picture(&extra);
        given.extend(b"PK\x03\x04 an archive behind it");
        let cleaned = clean(&given).unwrap();
        let wanted = [
            vec![P, SOI],
            segment(APP0, b"JFIF\0\x01\x02\0\0\x01\0\x01\0\0"),
            segment(APP2, b"ICC_PROFILE\0\x01\x01 profile"),
            segment(APP14, b"Adobe\0\x64\0\0\0\0\x01"),
            segment(0xdb, &[7; 65]),
            segment(0xc0, FRAME),
            segment(0xc4, &[1; 20]),
            segment(SOS, SCAN),
            vec![1, 2, P, 0, 3, P, 0xd0, 4, P, EOI],
        ];
        assert_eq!(cleaned, wanted.concat());
        assert_eq!(clean(&cleaned).unwrap(), cleaned, "nothing is left to do");
    }

    #[test]
    fn a_turned_picture_stays_turned() {
        let mut body = exif::MARK.to_vec();
        body.extend(exif::only(6));
        body.extend(b"Acme Phone 7, serial 0042");
        let cleaned = clean(&picture(&[segment(APP1, &body)])).unwrap();
        let block = [exif::MARK, &exif::only(6)].concat();
        let block = segment(APP1, &block);
        let behind_head = 2 + 4 + JFIF_HEAD;
        assert_eq!(
            cleaned.get(behind_head..behind_head + block.len()),
            Some(&block[..])
        );
        assert!(!cleaned.windows(4).any(|part| part == b"Acme"));
        assert_eq!(clean(&cleaned).unwrap(), cleaned);
    }

    #[test]
    fn a_comment_between_two_scans_goes_too() {
        let mut given = picture(&[]);
        given.truncate(given.len() - 2);
        for part in [
            segment(0xfe, b"hidden"),
            segment(0xc4, &[2; 20]),
            segment(SOS, SCAN),
            vec![9, P, EOI],
        ] {
            given.extend(part);
        }
        let cleaned = clean(&given).unwrap();
        assert!(!cleaned.windows(6).any(|part| part == b"hidden"));
        assert!(cleaned.ends_with(&[9, P, EOI]));
    }

    #[test]
    fn what_is_cut_short_or_no_picture_is_refused() {
        let whole = picture(&[]);
        for end in 2..whole.len() {
            let cut = whole.get(..end).unwrap();
            assert_eq!(clean(cut), Err(ImageFault::CutShort), "{end}");
        }
        let without_scan = [vec![P, SOI], segment(0xc0, FRAME), vec![P, EOI]].concat();
        let without_frame = [vec![P, SOI], segment(SOS, SCAN), vec![1, P, EOI]].concat();
        let page = b"\xff\xd8\xff\xfe\0\x02<script>alert(1)</script>";
        let short_length = b"\xff\xd8\xff\xe1\0\x01";
        for fault in [&without_scan[..], &without_frame, page, short_length] {
            assert_eq!(clean(fault), Err(ImageFault::Damaged));
        }
        let huge = [
            vec![P, SOI],
            segment(0xc0, &[8, 0xff, 0xff, 0xff, 0xff, 1, 1, 0x11, 0]),
            segment(SOS, SCAN),
            vec![1, P, EOI],
        ];
        assert_eq!(clean(&huge.concat()), Err(ImageFault::TooManyPixels));
    }
}
