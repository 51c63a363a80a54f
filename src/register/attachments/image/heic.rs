//! HEIC, the photographs of telephones (ISO/IEC 23008-12 in the boxes of ISO/IEC 14496-12). Its parts stand at places that
//! other parts name, so nothing is taken out: the bytes of EXIF and XMP are overwritten with noughts where they lie. The
//! direction is a property of the picture here and no part of EXIF.

use std::ops::Range;

use super::bytes::Bytes;
use super::{ImageFault, Result};

/// The type of an item with a media type of its own, and the media type of XMP.
const WITH_TYPE: &[u8; 4] = b"mime";
const XMP: &[u8] = b"application/rdf+xml";
const EXIF: &[u8; 4] = b"Exif";

/// The most items of a picture: large ones have some hundred tiles.
const MOST_ITEMS: u32 = 65_536;
/// The most of them that are EXIF or XMP, and the most places of these: there is one of each.
const MOST_SECRETS: usize = 16;

/// The picture with noughts for EXIF and XMP, and without whatever lies behind its last box.
pub(super) fn clean(content: &[u8]) -> Result<Vec<u8>> {
    let mut from = Bytes::of(content);
    let mut meta = None;
    let mut end = 0;
    while let Some(found) = next_box(&mut from, content.len())? {
        end = content.len() - from.rest().len();
        if found.kind == *b"meta" {
            meta = Some((end - found.content.len(), found.content));
        }
    }
    let mut out = content.get(..end).unwrap_or(content).to_vec();
    if let Some((at, meta)) = meta {
        for place in secret_places(meta, at, content.len())? {
            out.get_mut(place).ok_or(ImageFault::CutShort)?.fill(0);
        }
    }
    Ok(out)
}

/// A box, with its content.
struct Found<'a> {
    kind: [u8; 4],
    content: &'a [u8],
}

/// The next box; `None` at the end, and at what is no box. Only the first of a file, which is known by the file's length
/// (`whole`), has to be one.
fn next_box<'a>(from: &mut Bytes<'a>, whole: usize) -> Result<Option<Found<'a>>> {
    if from.is_empty() {
        return Ok(None);
    }
    let is_first = from.rest().len() == whole;
    let mut ahead = *from;
    let (Ok(size), Ok(kind)) = (ahead.u32(), ahead.array::<4>()) else {
        return match is_first {
            true => Err(ImageFault::CutShort),
            false => Ok(None),
        };
    };
    // Letters, figures and blanks name a box; anything else is something that hangs behind the picture.
    if !is_first && !kind.iter().all(|b| b.is_ascii_alphanumeric() || *b == b' ') {
        return Ok(None);
    }
    let length = match size {
        0 => ahead.rest().len(),
        1 => length_of(u64::from_be_bytes(ahead.array()?), 16)?,
        size => length_of(u64::from(size), 8)?,
    };
    let content = ahead.take(length)?;
    *from = ahead;
    Ok(Some(Found { kind, content }))
}

fn length_of(size: u64, head: u64) -> Result<usize> {
    let length = size.checked_sub(head).ok_or(ImageFault::Damaged)?;
    usize::try_from(length).map_err(|_| ImageFault::CutShort)
}

/// Where EXIF and XMP lie in a file of so many bytes; the box `meta` begins at `at`.
fn secret_places(meta: &[u8], at: usize, file: usize) -> Result<Vec<Range<usize>>> {
    let mut from = Bytes::of(meta);
    // Version and flags.
    from.take(4)?;
    let (mut items, mut places, mut own_at) = (None, None, 0);
    while let Some(found) = next_box(&mut from, usize::MAX)? {
        match &found.kind {
            b"iinf" => items = Some(found.content),
            b"iloc" => places = Some(found.content),
            // What items have here is counted from its beginning.
            b"idat" => own_at = at + meta.len() - from.rest().len() - found.content.len(),
            _ => {}
        }
    }
    let (Some(items), Some(places)) = (items, places) else {
        return Ok(Vec::new());
    };
    let secret = secret_items(items)?;
    let extents = extents(places, &secret)?;
    extents
        .into_iter()
        .map(|extent| extent.range(own_at, file))
        .collect()
}

/// The numbers of the items that are EXIF or XMP (ISO/IEC 14496-12, 8.11.6).
fn secret_items(content: &[u8]) -> Result<Vec<u32>> {
    let mut from = Bytes::of(content);
    let [version, ..] = from.array::<4>()?;
    let count = match version {
        0 => u32::from(from.u16()?),
        _ => from.u32()?,
    };
    if count > MOST_ITEMS {
        return Err(ImageFault::Damaged);
    }
    let mut secret = Vec::new();
    for _ in 0..count {
        let Some(entry) = next_box(&mut from, usize::MAX)? else {
            return Err(ImageFault::CutShort);
        };
        let mut from = Bytes::of(entry.content);
        let [version, ..] = from.array::<4>()?;
        let number = match version {
            2 => u32::from(from.u16()?),
            3 => from.u32()?,
            // Older entries name no type; pictures of this kind have none.
            _ => continue,
        };
        let _protection = from.u16()?;
        let kind: [u8; 4] = from.array()?;
        // The name of the item, then its media type, each with a nought behind it.
        let media_type = from.rest().split(|byte| *byte == 0).nth(1);
        if kind == *EXIF || (kind == *WITH_TYPE && media_type == Some(XMP)) {
            secret.push(number);
        }
        if secret.len() > MOST_SECRETS {
            return Err(ImageFault::Damaged);
        }
    }
    Ok(secret)
}

/// A part of an item.
struct Extent {
    /// Whether it lies in the box of the items' own data.
    own: bool,
    start: Option<u64>,
    /// Nothing means all that follow.
    length: u64,
}

impl Extent {
    /// Its bytes in a file of so many; the items' own data begin at `own_at`.
    fn range(&self, own_at: usize, file: usize) -> Result<Range<usize>> {
        let within = if self.own { own_at } else { 0 };
        let start = self
            .start
            .and_then(|start| usize::try_from(start).ok())
            .and_then(|start| start.checked_add(within))
            .ok_or(ImageFault::CutShort)?;
        let end = match self.length {
            0 => Some(file),
            length => usize::try_from(length)
                .ok()
                .and_then(|length| start.checked_add(length)),
        };
        match end {
            Some(end) if start <= end && end <= file => Ok(start..end),
            Some(_) | None => Err(ImageFault::CutShort),
        }
    }
}

/// The parts of the wanted items (8.11.3).
fn extents(content: &[u8], wanted: &[u32]) -> Result<Vec<Extent>> {
    let mut from = Bytes::of(content);
    let [version, ..] = from.array::<4>()?;
    let [sizes, more] = from.array()?;
    let (offset_size, length_size) = (sizes >> 4, sizes & 15);
    let (base_size, index_size) = (more >> 4, more & 15);
    if offset_size == 0 && length_size == 0 {
        // Each part would take no bytes here, and there could be endlessly many.
        return Err(ImageFault::Damaged);
    }
    let count = match version {
        0 | 1 => u32::from(from.u16()?),
        _ => from.u32()?,
    };
    let mut found = Vec::new();
    for _ in 0..count.min(MOST_ITEMS) {
        let number = match version {
            0 | 1 => u32::from(from.u16()?),
            _ => from.u32()?,
        };
        let method = match version {
            0 => 0,
            _ => from.u16()? & 15,
        };
        let _data_reference = from.u16()?;
        let base = number_of(&mut from, base_size)?;
        for _ in 0..from.u16()? {
            if version > 0 {
                number_of(&mut from, index_size)?;
            }
            let offset = number_of(&mut from, offset_size)?;
            let length = number_of(&mut from, length_size)?;
            // Parts of other items (method 2) hold nothing of their own.
            if wanted.contains(&number) && method < 2 {
                found.push(Extent {
                    own: method == 1,
                    start: base.checked_add(offset),
                    length,
                });
            }
            if found.len() > MOST_SECRETS {
                return Err(ImageFault::Damaged);
            }
        }
    }
    Ok(found)
}

/// A number of 0, 4 or 8 bytes.
fn number_of(from: &mut Bytes<'_>, size: u8) -> Result<u64> {
    match size {
        0 => Ok(0),
        4 => from.u32().map(u64::from),
        8 => from.array().map(u64::from_be_bytes),
        _ => Err(ImageFault::Damaged),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boxed(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
        let size = u32::try_from(content.len() + 8).unwrap();
        [&size.to_be_bytes()[..], kind, content].concat()
    }

    fn item(number: u16, kind: &[u8; 4], rest: &[u8]) -> Vec<u8> {
        let number = number.to_be_bytes();
        boxed(
            b"infe",
            &[&[2, 0, 0, 0][..], &number, &[0, 0], kind, rest].concat(),
        )
    }

    /// An item's place as version 1 has it: offsets and lengths of four bytes, no base, no index.
    fn place(number: u16, method: u16, offset: u32, length: u32) -> Vec<u8> {
        [
            &number.to_be_bytes()[..],
            &method.to_be_bytes(),
            &[0, 0],
            &1_u16.to_be_bytes(),
            &offset.to_be_bytes(),
            &length.to_be_bytes(),
        ]
        .concat()
    }

    const POINTS: &[u8] = b"the points of the picture";
    const SECRET: &[u8] = b"Acme Telephone 7, GPS 41.0082 28.9784";
    const PERSON: &[u8] = b"<x:xmpmeta>Elif Kaya</x:xmpmeta>";

    /// A picture with EXIF behind it in the file and XMP among the items' own data.
    fn picture() -> Vec<u8> {
        let whole = |offset: u32| {
            let items = [
                &[0, 0, 0, 0, 0, 3][..],
                &item(1, b"hvc1", b"\0"),
                &item(2, EXIF, b"\0"),
                &item(3, WITH_TYPE, b"\0application/rdf+xml\0"),
            ]
            .concat();
            let length = |part: &[u8]| u32::try_from(part.len()).unwrap();
            let places = [
                &[1, 0, 0, 0, 0x44, 0, 0, 3][..],
                &place(1, 0, offset, length(POINTS)),
                &place(2, 0, offset + length(POINTS), length(SECRET)),
                &place(3, 1, 0, length(PERSON)),
            ]
            .concat();
            let meta = [
                &[0, 0, 0, 0][..],
                &boxed(b"iinf", &items),
                &boxed(b"iloc", &places),
                &boxed(b"idat", PERSON),
            ]
            .concat();
            [boxed(b"ftyp", b"heic\0\0\0\0mif1"), boxed(b"meta", &meta)].concat()
        };
        let head = whole(0).len() + 8;
        let points = [POINTS, SECRET].concat();
        [whole(u32::try_from(head).unwrap()), boxed(b"mdat", &points)].concat()
    }

    fn holds(content: &[u8], part: &[u8]) -> bool {
        content.windows(part.len()).any(|window| window == part)
    }

    #[test]
    fn exif_and_xmp_are_overwritten_where_they_lie_and_nothing_moves() {
        let given = picture();
        assert!(holds(&given, SECRET) && holds(&given, PERSON));
        let cleaned = clean(&given).unwrap();
        assert_eq!(cleaned.len(), given.len());
        let differ = given.iter().zip(&cleaned).filter(|(a, b)| a != b).count();
        assert_eq!(differ, SECRET.len() + PERSON.len(), "and nothing else");
        assert!(holds(&cleaned, POINTS));
        assert!(!holds(&cleaned, b"Acme") && !holds(&cleaned, b"Elif"));
        assert_eq!(clean(&cleaned).unwrap(), cleaned, "nothing is left to do");
    }

    #[test]
    fn what_hangs_behind_the_last_box_is_cut_off() {
        let mut given = picture();
        given.extend(b"PK\x03\x04\x14\0\0\0 an archive");
        assert_eq!(clean(&given).unwrap(), clean(&picture()).unwrap());
    }

    #[test]
    fn what_is_cut_short_or_damaged_is_refused() {
        let whole = picture();
        let cut = whole.get(..whole.len() - 1).unwrap();
        assert_eq!(clean(cut), Err(ImageFault::CutShort));
        assert_eq!(clean(b"\0\0\0\x24ftypheic"), Err(ImageFault::CutShort));
        assert_eq!(clean(b"\0\0\0\x04ftypheic"), Err(ImageFault::Damaged));
        // Places that lie outside of the file.
        let mut outside = whole.clone();
        let at = outside.windows(4).position(|part| part == b"iloc").unwrap();
        // Behind the name eight bytes of head, the first item of sixteen, and eight of the second.
        outside[at + 4 + 8 + 16 + 8] = 0x7f;
        assert_eq!(clean(&outside), Err(ImageFault::CutShort));
    }
}
