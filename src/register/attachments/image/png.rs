//! PNG (<https://www.w3.org/TR/png-3/>): chunks, each with its length, kind and checksum.

use flate2::Crc;

use super::bytes::Bytes;
use super::{ImageFault, Result, bounded, exif};

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
const HEADER: &[u8; 4] = b"IHDR";
const DATA: &[u8; 4] = b"IDAT";
const END: &[u8; 4] = b"IEND";
const EXIF: &[u8; 4] = b"eXIf";

/// Chunks that a picture needs to look as it does, those of moving pictures among them (third edition, 11.2 and 11.3).
const NEEDED: [&[u8; 4]; 18] = [
    HEADER, b"PLTE", DATA, END, b"tRNS", b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB", b"cICP",
    b"mDCV", b"cLLI", b"bKGD", b"pHYs", b"acTL", b"fcTL", b"fdAT",
];

/// The longest chunk (11.1): 2^31 - 1.
const LONGEST: u32 = 0x7fff_ffff;

/// The picture without texts, time, EXIF, makers' data and whatever lies behind its end.
pub(super) fn clean(content: &[u8]) -> Result<Vec<u8>> {
    let mut from = Bytes::of(content);
    if from.take(SIGNATURE.len())? != SIGNATURE {
        return Err(ImageFault::Damaged);
    }
    let mut out = Vec::with_capacity(content.len());
    out.extend(SIGNATURE);
    let mut behind_header = None;
    let mut orientation = None;
    let mut has_data = false;
    loop {
        let chunk = Chunk::read(&mut from)?;
        match behind_header {
            None if chunk.kind == *HEADER => {
                size(chunk.data)?;
                chunk.put(&mut out);
                behind_header = Some(out.len());
                continue;
            }
            None => return Err(ImageFault::Damaged),
            Some(_) if chunk.kind == *HEADER => return Err(ImageFault::Damaged),
            Some(_) => {}
        }
        if chunk.kind == *EXIF {
            orientation = orientation.or_else(|| exif::orientation(chunk.data));
        } else if NEEDED.iter().any(|kind| chunk.kind == **kind) {
            chunk.put(&mut out);
        } else if chunk.is_critical() {
            // A picture that needs something unknown is none that anybody could look at.
            return Err(ImageFault::Damaged);
        }
        has_data |= chunk.kind == *DATA;
        if chunk.kind == *END {
            break;
        }
    }
    if !has_data {
        return Err(ImageFault::Damaged);
    }
    if let (Some(orientation), Some(at)) = (orientation, behind_header) {
        let rest = out.split_off(at);
        let data = exif::only(orientation);
        Chunk {
            kind: *EXIF,
            data: &data,
        }
        .put(&mut out);
        out.extend(rest);
    }
    Ok(out)
}

struct Chunk<'a> {
    kind: [u8; 4],
    data: &'a [u8],
}

impl<'a> Chunk<'a> {
    fn read(from: &mut Bytes<'a>) -> Result<Self> {
        let length = from.u32()?;
        if length > LONGEST {
            return Err(ImageFault::Damaged);
        }
        let kind: [u8; 4] = from.array()?;
        if !kind.iter().all(u8::is_ascii_alphabetic) {
            return Err(ImageFault::Damaged);
        }
        let data = from.take(usize::try_from(length).map_err(|_| ImageFault::Damaged)?)?;
        let chunk = Chunk { kind, data };
        match from.u32()? == chunk.checksum() {
            true => Ok(chunk),
            false => Err(ImageFault::Damaged),
        }
    }

    fn checksum(&self) -> u32 {
        let mut crc = Crc::new();
        crc.update(&self.kind);
        crc.update(self.data);
        crc.sum()
    }

    fn put(&self, out: &mut Vec<u8>) {
        // None is longer than the one that was read.
        let length = u32::try_from(self.data.len()).unwrap_or(LONGEST);
        out.extend(length.to_be_bytes());
        out.extend(self.kind);
        out.extend(self.data);
        out.extend(self.checksum().to_be_bytes());
    }

    /// Whether a viewer that does not know the chunk cannot show the picture (5.4): its first letter is a capital.
    fn is_critical(&self) -> bool {
        self.kind.first().is_some_and(u8::is_ascii_uppercase)
    }
}

fn size(header: &[u8]) -> Result<()> {
    let mut header = Bytes::of(header);
    bounded(header.u32()?, header.u32()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two by one points, as the `png` crate writes them, with a text in front.
    fn picture() -> Vec<u8> {
        let mut out = Vec::new();
        let mut encoder = ::png::Encoder::new(&mut out, 2, 1);
        encoder.set_color(::png::ColorType::Rgb);
        encoder
            .add_text_chunk("Author".to_owned(), "Elif Kaya".to_owned())
            .unwrap();
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(&[1, 2, 3, 4, 5, 6]).unwrap();
        writer.finish().unwrap();
        out
    }

    fn points(png: &[u8]) -> Vec<u8> {
        let decoder = ::png::Decoder::new(std::io::Cursor::new(png));
        let mut reader = decoder.read_info().unwrap();
        let mut points = vec![0; reader.output_buffer_size().unwrap()];
        let frame = reader.next_frame(&mut points).unwrap();
        points.truncate(frame.buffer_size());
        points
    }

    fn with_chunk(png: &[u8], kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
        let (head, rest) = png.split_at(8 + 25);
        let mut out = head.to_vec();
        Chunk { kind: *kind, data }.put(&mut out);
        out.extend(rest);
        out
    }

    fn holds(content: &[u8], part: &[u8]) -> bool {
        content.windows(part.len()).any(|window| window == part)
    }

    #[test]
    fn another_program_reads_the_same_points_and_no_text() {
        let mut given = picture();
        for kind in [b"zTXt", b"iTXt", b"tIME", b"caBX"] {
            given = with_chunk(&given, kind, b"Elif Kaya");
        }
        given.extend(b"PK\x03\x04 an archive behind it");
        let cleaned = clean(&given).unwrap();
        assert_eq!(points(&cleaned), [1, 2, 3, 4, 5, 6]);
        assert!(holds(&given, b"Elif Kaya") && !holds(&cleaned, b"Elif"));
        assert!(cleaned.ends_with(b"IEND\xaeB`\x82"));
        assert_eq!(clean(&cleaned).unwrap(), cleaned, "nothing is left to do");
    }

    #[test]
    fn a_turned_picture_stays_turned() {
        let mut block = exif::only(8);
        block.extend(b"GPS 41.0082 28.9784");
        let cleaned = clean(&with_chunk(&picture(), EXIF, &block)).unwrap();
        assert!(!holds(&cleaned, b"GPS"));
        let wanted = with_chunk(&clean(&picture()).unwrap(), EXIF, &exif::only(8));
        assert_eq!(cleaned, wanted);
        assert_eq!(points(&cleaned), [1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn what_is_cut_short_or_damaged_is_refused() {
        let whole = picture();
        for end in 0..whole.len() {
            let cut = whole.get(..end).unwrap();
            assert_eq!(clean(cut), Err(ImageFault::CutShort), "{end}");
        }
        for at in 8..whole.len() {
            let mut flipped = whole.clone();
            flipped[at] ^= 0x01;
            assert!(clean(&flipped).is_err(), "{at}");
        }
        let unknown = with_chunk(&whole, b"CgBI", &[0; 4]);
        assert_eq!(clean(&unknown), Err(ImageFault::Damaged));
    }

    #[test]
    fn a_few_bytes_that_unpack_to_a_giant_are_refused() {
        let mut header = Vec::new();
        for size in [100_000_u32, 100_000] {
            header.extend(size.to_be_bytes());
        }
        header.extend([8, 6, 0, 0, 0]);
        let mut giant = SIGNATURE.to_vec();
        let parts: [(&[u8; 4], &[u8]); 3] = [(HEADER, &header), (DATA, &[0; 40]), (END, &[])];
        for (kind, data) in parts {
            Chunk { kind: *kind, data }.put(&mut giant);
        }
        assert_eq!(clean(&giant), Err(ImageFault::TooManyPixels));
    }
}
