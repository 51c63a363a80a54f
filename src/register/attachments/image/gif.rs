//! GIF (<https://www.w3.org/Graphics/GIF/spec-gif89a.txt>): blocks of small parts.

use super::bytes::Bytes;
use super::{ImageFault, Result, bounded};

const TRAILER: u8 = 0x3b;
const IMAGE: u8 = 0x2c;
const EXTENSION: u8 = 0x21;
/// Of the extensions, those that a picture needs: how long each image is shown, and how often all are.
const CONTROL: u8 = 0xf9;
const APPLICATION: u8 = 0xff;
const LOOPS: [&[u8]; 2] = [b"NETSCAPE2.0", b"ANIMEXTS1.0"];

/// The bit that says that a table of colours follows, and those with its size.
const HAS_TABLE: u8 = 0x80;
const TABLE_SIZE: u8 = 0x07;

/// The picture without comments, XMP and whatever lies behind its end.
pub(super) fn clean(content: &[u8]) -> Result<Vec<u8>> {
    let mut from = Bytes::of(content);
    let signature = from.take(6)?;
    if signature != b"GIF87a" && signature != b"GIF89a" {
        return Err(ImageFault::Damaged);
    }
    let screen: [u8; 7] = from.array()?;
    let [width, width_high, height, height_high, flags, ..] = screen;
    bounded(
        u16::from_le_bytes([width, width_high]).into(),
        u16::from_le_bytes([height, height_high]).into(),
    )?;
    let mut out = Vec::with_capacity(content.len());
    out.extend(signature);
    out.extend(screen);
    out.extend(colours(&mut from, flags)?);
    let mut has_image = false;
    loop {
        match from.u8()? {
            TRAILER => break,
            IMAGE => {
                let place: [u8; 9] = from.array()?;
                let [.., flags] = place;
                out.push(IMAGE);
                out.extend(place);
                out.extend(colours(&mut from, flags)?);
                // The least size of a code stands before the coded points.
                out.push(from.u8()?);
                out.extend(parts(&mut from)?);
                has_image = true;
            }
            EXTENSION => {
                let kind = from.u8()?;
                let body = parts(&mut from)?;
                let needed = match kind {
                    CONTROL => true,
                    // The first part names the application; its length stands before it.
                    APPLICATION => body
                        .get(1..)
                        .is_some_and(|body| LOOPS.iter().any(|name| body.starts_with(name))),
                    _ => false,
                };
                if needed {
                    out.extend([EXTENSION, kind]);
                    out.extend(body);
                }
            }
            _ => return Err(ImageFault::Damaged),
        }
    }
    if !has_image {
        return Err(ImageFault::Damaged);
    }
    out.push(TRAILER);
    Ok(out)
}

/// The table of colours that follows, where there is one.
fn colours<'a>(from: &mut Bytes<'a>, flags: u8) -> Result<&'a [u8]> {
    match flags & HAS_TABLE {
        0 => Ok(&[]),
        _ => from.take(3 << ((flags & TABLE_SIZE) + 1)),
    }
}

/// Small parts, each with its length before it, and the empty one that ends them.
fn parts<'a>(from: &mut Bytes<'a>) -> Result<&'a [u8]> {
    let start = from.rest();
    let mut length = 0;
    loop {
        let part = usize::from(from.u8()?);
        from.take(part)?;
        length += 1 + part;
        if part == 0 {
            return start.get(..length).ok_or(ImageFault::CutShort);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One point, as it stands in mails that count who opens them.
    const DOT: &[u8] =
        b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";

    fn with(extension: &[u8]) -> Vec<u8> {
        let (head, rest) = DOT.split_at(19);
        [head, extension, rest].concat()
    }

    #[test]
    fn comments_and_programs_behind_the_end_go_and_the_loop_stays() {
        assert_eq!(clean(DOT).unwrap(), DOT);
        let control = b"!\xf9\x04\0\x0a\0\0\0";
        let repeat = b"!\xff\x0bNETSCAPE2.0\x03\x01\0\0\0";
        let moving = with(&[&control[..], repeat].concat());
        assert_eq!(clean(&moving).unwrap(), moving);
        for hidden in [
            &b"!\xfe\x04Elif\0"[..],
            b"!\xff\x0bXMP DataXMP\x04Elif\0",
            b"!\x01\x04Elif\0",
        ] {
            assert_eq!(clean(&with(hidden)).unwrap(), DOT);
        }
        let gifar = [DOT, b"PK\x03\x04 classes"].concat();
        assert_eq!(clean(&gifar).unwrap(), DOT);
    }

    #[test]
    fn what_is_cut_short_or_no_picture_is_refused() {
        for end in 0..DOT.len() {
            let cut = DOT.get(..end).unwrap();
            assert_eq!(clean(cut), Err(ImageFault::CutShort), "{end}");
        }
        let script = b"GIF89a/*\0\0\0\0\0*/=1;alert(1)";
        assert!(clean(script).is_err());
        let without_image = b"GIF89a\x01\0\x01\0\0\0\0;";
        assert_eq!(clean(without_image), Err(ImageFault::Damaged));
        let mut giant = DOT.to_vec();
        giant[6..10].fill(0xff);
        assert_eq!(clean(&giant), Err(ImageFault::TooManyPixels));
    }
}
