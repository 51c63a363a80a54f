//! WebP (RFC 9649): chunks in a RIFF container.

use super::bytes::Bytes;
use super::{ImageFault, Result, bounded, exif};

/// What an extended file says of itself first (2.7).
const EXTENDED: &[u8; 4] = b"VP8X";
const EXIF: &[u8; 4] = b"EXIF";
const LOSSY: &[u8; 4] = b"VP8 ";
const LOSSLESS: &[u8; 4] = b"VP8L";
const FRAME: &[u8; 4] = b"ANMF";
/// The parts that a picture needs besides.
const NEEDED: [&[u8; 4]; 3] = [b"ICCP", b"ANIM", b"ALPH"];

/// Bits of the first byte of [`EXTENDED`]: there is EXIF, there is XMP.
const HAS_EXIF: u8 = 0x08;
const HAS_XMP: u8 = 0x04;

/// Bytes of the container before its chunks.
const HEAD: usize = 12;

/// The picture without EXIF, XMP, unknown chunks and whatever lies behind its end.
pub(super) fn clean(content: &[u8]) -> Result<Vec<u8>> {
    let mut container = Bytes::of(content);
    if container.take(4)? != b"RIFF" {
        return Err(ImageFault::Damaged);
    }
    let length = u32::from_le_bytes(container.array()?);
    let length = usize::try_from(length).map_err(|_| ImageFault::Damaged)?;
    let mut from = Bytes::of(container.take(length)?);
    if from.take(4)? != b"WEBP" {
        return Err(ImageFault::Damaged);
    }
    let mut out = Vec::with_capacity(content.len());
    out.extend(b"RIFF\0\0\0\0WEBP");
    let mut orientation = None;
    let mut extended = false;
    let mut has_picture = false;
    while !from.is_empty() {
        let (kind, data) = chunk(&mut from)?;
        match &kind {
            EXTENDED => {
                // It is the first, or the file is none of the extended kind.
                if out.len() != HEAD {
                    return Err(ImageFault::Damaged);
                }
                canvas(data)?;
                extended = true;
                let mut data = data.to_vec();
                if let Some(flags) = data.first_mut() {
                    *flags &= !(HAS_EXIF | HAS_XMP);
                }
                put(&mut out, &kind, &data);
            }
            EXIF => orientation = orientation.or_else(|| exif::orientation(data)),
            LOSSY | LOSSLESS | FRAME => {
                has_picture = true;
                put(&mut out, &kind, data);
            }
            other if NEEDED.contains(&other) => put(&mut out, &kind, data),
            _ => {}
        }
    }
    if !has_picture {
        return Err(ImageFault::Damaged);
    }
    if let (Some(orientation), true) = (orientation, extended) {
        put(&mut out, EXIF, &exif::only(orientation));
        // The flags are the first byte of the first chunk's data.
        if let Some(flags) = out.get_mut(HEAD + 8) {
            *flags |= HAS_EXIF;
        }
    }
    let length = u32::try_from(out.len() - 8).map_err(|_| ImageFault::Damaged)?;
    if let Some(field) = out.get_mut(4..8) {
        field.copy_from_slice(&length.to_le_bytes());
    }
    Ok(out)
}

/// The next chunk; one of an odd length has a byte of filling behind it, which some programs forget at the very end.
fn chunk<'a>(from: &mut Bytes<'a>) -> Result<([u8; 4], &'a [u8])> {
    let kind = from.array()?;
    let length = u32::from_le_bytes(from.array()?);
    let data = from.take(usize::try_from(length).map_err(|_| ImageFault::Damaged)?)?;
    if length % 2 == 1 && !from.is_empty() {
        from.take(1)?;
    }
    Ok((kind, data))
}

fn put(out: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    // No chunk is longer than the one that was read.
    let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
    out.extend(kind);
    out.extend(length.to_le_bytes());
    out.extend(data);
    if length % 2 == 1 {
        out.push(0);
    }
}

/// Refuses a canvas with too many points: flags, three reserved bytes, width and height less one in three bytes each.
fn canvas(data: &[u8]) -> Result<()> {
    let mut data = Bytes::of(data);
    data.take(4)?;
    let mut side = || -> Result<u32> {
        let [low, middle, high] = data.array()?;
        Ok(u32::from_le_bytes([low, middle, high, 0]) + 1)
    };
    bounded(side()?, side()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
        let mut out = b"RIFF\0\0\0\0WEBP".to_vec();
        for (kind, data) in chunks {
            put(&mut out, kind, data);
        }
        let length = u32::try_from(out.len() - 8).unwrap();
        out[4..8].copy_from_slice(&length.to_le_bytes());
        out
    }

    /// A canvas of sixteen by eight points, with these flags.
    fn head(flags: u8) -> [u8; 10] {
        [flags, 0, 0, 0, 15, 0, 0, 7, 0, 0]
    }

    #[test]
    fn the_picture_stays_and_what_is_said_besides_goes() {
        let secret = [&exif::only(1)[..], b"GPS 41.0082 28.9784"].concat();
        let mut given = file(&[
            (EXTENDED, &head(0x3c)),
            (b"ICCP", b"profile"),
            (b"ALPH", b"a"),
            (LOSSY, b"points"),
            (EXIF, &secret),
            (b"XMP ", b"<x:xmpmeta>Elif</x:xmpmeta>"),
            (b"ELIF", b"own"),
        ]);
        given.extend(b"PK\x03\x04 an archive behind it");
        let wanted = file(&[
            (EXTENDED, &head(0x30)),
            (b"ICCP", b"profile"),
            (b"ALPH", b"a"),
            (LOSSY, b"points"),
        ]);
        let cleaned = clean(&given).unwrap();
        assert_eq!(cleaned, wanted);
        // Another program finds the same parts.
        let read = img_parts::webp::WebP::from_bytes(cleaned.clone().into()).unwrap();
        assert_eq!(read.dimensions(), Some((16, 8)));
        let kinds: Vec<[u8; 4]> = read.chunks().iter().map(|chunk| chunk.id()).collect();
        assert_eq!(kinds, [*EXTENDED, *b"ICCP", *b"ALPH", *LOSSY]);
        assert_eq!(clean(&cleaned).unwrap(), cleaned, "nothing is left to do");
    }

    #[test]
    fn a_turned_picture_stays_turned() {
        let secret = [&exif::only(3)[..], b"Acme Phone 7"].concat();
        let given = file(&[
            (EXTENDED, &head(HAS_EXIF)),
            (LOSSLESS, b"points"),
            (EXIF, &secret),
        ]);
        let wanted = file(&[
            (EXTENDED, &head(HAS_EXIF)),
            (LOSSLESS, b"points"),
            (EXIF, &exif::only(3)),
        ]);
        assert_eq!(clean(&given).unwrap(), wanted);
        assert_eq!(clean(&wanted).unwrap(), wanted);
    }

    #[test]
    fn what_is_cut_short_or_no_picture_is_refused() {
        let whole = file(&[(LOSSY, b"points")]);
        for end in 0..whole.len() {
            let cut = whole.get(..end).unwrap();
            assert_eq!(clean(cut), Err(ImageFault::CutShort), "{end}");
        }
        assert_eq!(clean(&file(&[])), Err(ImageFault::Damaged));
        let late = file(&[(LOSSY, b"points"), (EXTENDED, &head(0))]);
        assert_eq!(clean(&late), Err(ImageFault::Damaged));
        let giant = [0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
        let giant = file(&[(EXTENDED, &giant), (LOSSY, b"points")]);
        assert_eq!(clean(&giant), Err(ImageFault::TooManyPixels));
    }
}
