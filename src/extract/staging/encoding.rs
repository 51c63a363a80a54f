//! In which encoding a text file is.

use std::io::{self, Read as _};
use std::path::Path;

use encoding_rs::Encoding;

use super::opened::bytes_of;

/// An encoding, and how it is known.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found {
    pub encoding: &'static Encoding,
    /// Neither a byte order mark says it nor is the whole file UTF-8.
    pub guessed: bool,
    /// A byte order mark says it.
    pub marked: bool,
    /// No letter but those of ASCII: the file is the same in nearly every encoding.
    pub plain: bool,
}

/// UTF-8 when the whole file is, what its byte order mark says, or the best guess. Reads the file once, and a second
/// time where it has to be guessed, which takes many times as long as seeing that it is UTF-8.
///
/// # Errors
/// When the file cannot be read.
pub(crate) fn encoding_of(path: &Path) -> io::Result<Found> {
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

fn guessed(path: &Path) -> io::Result<&'static Encoding> {
    let mut file = bytes_of(path)?;
    let mut guess = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut buffer)?;
        guess.feed(&buffer[..read], read == 0);
        if read == 0 {
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
