//! In which encoding a text file is.

use std::io::{self, Read as _};
use std::path::Path;

use encoding_rs::Encoding;

use super::opened::bytes_of;

/// An encoding, and how it is known.
#[derive(Debug, Clone, Copy)]
pub struct Found {
    pub encoding: &'static Encoding,
    /// Neither a byte order mark says it nor is the whole file UTF-8.
    pub guessed: bool,
    /// A byte order mark says it.
    pub marked: bool,
    /// No letter but those of ASCII: the file is the same in nearly every encoding.
    pub plain: bool,
}

/// Bytes that a guess is made from at most, some three seconds of work: a hundred thousand lines tell the letters of a language
/// as well as a million.
const GUESSED_FROM: usize = 32 << 20;

/// UTF-8 when the whole file is, what its byte order mark says, or the best guess. Reads the file once, and a second
/// time where it has to be guessed, which takes many times as long as seeing that it is UTF-8.
///
/// # Errors
/// When the file cannot be read.
pub fn encoding_of(path: &Path) -> io::Result<Found> {
    let mut file = bytes_of(path)?;
    let mut utf8 = Utf8Check::default();
    let mut buffer = vec![0; 1 << 16];
    let mut start = true;
    let mut plain = true;
    loop {
        let read = file.read(&mut buffer)?;
        let bytes = &buffer[..read];
        if start && let Some((encoding, _)) = Encoding::for_bom(bytes) {
            return Ok(Found {
                encoding,
                guessed: false,
                marked: true,
                plain: false,
            });
        }
        start = false;
        plain &= bytes.is_ascii();
        utf8.feed(bytes);
        if read == 0 || utf8.broken {
            break;
        }
    }
    let is_utf8 = utf8.valid();
    Ok(Found {
        encoding: match is_utf8 {
            true => encoding_rs::UTF_8,
            false => guessed(path)?,
        },
        guessed: !is_utf8,
        marked: false,
        plain,
    })
}

/// The best guess from the first pieces that hold more than ASCII, which says nothing.
fn guessed(path: &Path) -> io::Result<&'static Encoding> {
    let mut file = bytes_of(path)?;
    let mut guess = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
    let mut buffer = vec![0; 1 << 16];
    let mut told = 0;
    // The second byte of a letter of two may be ASCII and stand at the start of the next piece.
    let mut goes_on = false;
    loop {
        let read = file.read(&mut buffer)?;
        let bytes = &buffer[..read];
        let is_ascii = bytes.is_ascii();
        if !is_ascii || goes_on {
            guess.feed(bytes, false);
            told += read;
        }
        goes_on = !is_ascii;
        if read == 0 || told >= GUESSED_FROM {
            guess.feed(&[], true);
            return Ok(guess.guess(None, chardetng::Utf8Detection::Deny));
        }
    }
}

/// Whether a stream of bytes is UTF-8, over the borders of its pieces.
#[derive(Default)]
struct Utf8Check {
    pending: Vec<u8>,
    broken: bool,
}

impl Utf8Check {
    fn feed(&mut self, bytes: &[u8]) {
        if self.broken {
            return;
        }
        self.pending.extend_from_slice(bytes);
        match std::str::from_utf8(&self.pending) {
            Ok(_) => self.pending.clear(),
            Err(error) if error.error_len().is_none() => {
                self.pending.drain(..error.valid_up_to());
            }
            Err(_) => self.broken = true,
        }
    }

    fn valid(&self) -> bool {
        !self.broken && self.pending.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(bytes: &[u8]) -> Found {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), bytes).expect("it is written");
        encoding_of(file.path()).expect("it can be read")
    }

    #[test]
    fn letters_behind_megabytes_without_any_tell_the_encoding() {
        let words =
            "Şikâyet: kutu ezik geldi, iğne kırık, değişim istiyorum. Müşteri görüşmesi yapıldı.\n";
        let (turkish, _, _) = encoding_rs::WINDOWS_1254.encode(words);
        let mut bytes = b"number,text,place\n".repeat(200_000);
        bytes.extend_from_slice(&turkish);
        let found = found(&bytes);
        assert!(found.guessed && !found.plain);
        assert_eq!(found.encoding, encoding_rs::WINDOWS_1254);
    }

    #[test]
    fn a_great_file_is_guessed_from_its_beginning() {
        let words = "Жалоба: коробка помята, игла сломана, прошу заменить товар.\n";
        let (russian, _, _) = encoding_rs::WINDOWS_1251.encode(words);
        let bytes = russian.repeat((GUESSED_FROM + (1 << 20)) / russian.len());
        assert_eq!(found(&bytes).encoding, encoding_rs::WINDOWS_1251);
    }
}
