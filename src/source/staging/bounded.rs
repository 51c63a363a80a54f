//! A file whose entries have a largest size: one that never ends, be it by damage or by intent, is an error and not all
//! of the memory. A package of some megabytes can hold a value of as many gigabytes.

use std::io::{self, BufRead, Read};

/// Bytes of one entry (a row, an event with its attributes) as read; the longest complaints have some thousands.
pub const LONGEST_ENTRY: u64 = 32 * 1024 * 1024;

/// Counts what is read since the last entry began.
#[derive(Debug)]
pub struct Bounded<R> {
    from: R,
    read: u64,
}

impl<R> Bounded<R> {
    pub const fn new(from: R) -> Self {
        Bounded { from, read: 0 }
    }

    /// Says that an entry begins.
    pub const fn begin_entry(&mut self) {
        self.read = 0;
    }

    fn check(&self) -> io::Result<()> {
        if self.read > LONGEST_ENTRY {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!(
                    "one entry is longer than {} MiB; is a quotation mark or an element not closed?",
                    LONGEST_ENTRY >> 20
                ),
            ));
        }
        Ok(())
    }

    fn count(&mut self, bytes: usize) {
        self.read = self
            .read
            .saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.check()?;
        let read = self.from.read(into)?;
        self.count(read);
        Ok(read)
    }
}

impl<R: BufRead> BufRead for Bounded<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.check()?;
        self.from.fill_buf()
    }

    fn consume(&mut self, bytes: usize) {
        self.from.consume(bytes);
        self.count(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_without_an_end_is_an_error_and_many_short_ones_are_not() {
        let mut endless = Bounded::new(io::BufReader::new(io::repeat(b'a')));
        let mut line = Vec::new();
        let said = endless.read_until(b'\n', &mut line).unwrap_err();
        assert!(said.to_string().contains("longer than 32 MiB"), "{said}");
        assert!(line.len() < 34 << 20);

        let text = "a line\n".repeat(6 << 20);
        let mut lines = Bounded::new(text.as_bytes());
        let mut read = 0;
        loop {
            let mut line = Vec::new();
            if lines.read_until(b'\n', &mut line).unwrap() == 0 {
                break;
            }
            lines.begin_entry();
            read += line.len();
        }
        assert_eq!(read, text.len());
    }
}
