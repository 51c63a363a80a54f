//! The bytes of a file, unpacked where they are gzipped.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

/// What a gzip file begins with (RFC 1952, 2.3.1).
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Bytes read at once.
const PIECE: usize = 1 << 17;

/// Opens a file; one that begins as gzip does is unpacked on the way, whatever its name.
///
/// # Errors
/// When it cannot be opened or its first bytes cannot be read.
pub fn bytes_of(path: &Path) -> io::Result<Box<dyn Read>> {
    let mut file = BufReader::with_capacity(PIECE, File::open(path)?);
    let packed = file.fill_buf()?.starts_with(&GZIP);
    Ok(if packed {
        // Several members make one file: `cat a.gz b.gz` is a gzip file too.
        Box::new(Packed(MultiGzDecoder::new(file)))
    } else {
        Box::new(file)
    })
}

/// A packed file, whose errors say what they mean.
struct Packed<R>(MultiGzDecoder<R>);

impl<R: io::BufRead> Read for Packed<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.0.read(into).map_err(|error| {
            let what = format!("the packed file was cut short or damaged ({error}); copy it again");
            io::Error::new(error.kind(), what)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn read(path: &Path) -> String {
        let mut text = String::new();
        bytes_of(path).unwrap().read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn a_plain_file_and_a_packed_one_give_the_same_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let plain = folder.path().join("a.csv");
        std::fs::write(&plain, "id;tarih\n1;05.01.2026\n").unwrap();
        // Two members, and a name that does not say so.
        let packed = folder.path().join("b.csv");
        let mut file = File::create(&packed).unwrap();
        for part in ["id;tarih\n", "1;05.01.2026\n"] {
            let mut member =
                flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            member.write_all(part.as_bytes()).unwrap();
            file.write_all(&member.finish().unwrap()).unwrap();
        }
        drop(file);
        assert_eq!(read(&plain), read(&packed));
        let empty = folder.path().join("c.csv");
        std::fs::write(&empty, "").unwrap();
        assert_eq!(read(&empty), "");
    }

    #[test]
    fn a_packed_file_that_was_cut_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cut.gz");
        let mut member = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        member.write_all(b"a long enough line\n").unwrap();
        let bytes = member.finish().unwrap();
        std::fs::write(&path, &bytes[..bytes.len() - 9]).unwrap();
        let mut text = String::new();
        let error = bytes_of(&path)
            .unwrap()
            .read_to_string(&mut text)
            .unwrap_err();
        assert!(error.to_string().contains("cut short"), "{error}");
    }
}
