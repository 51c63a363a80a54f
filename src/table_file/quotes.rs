//! Whether a quotation mark of a CSV text is still open where the text ends. The reader of CSV takes such a mark for the
//! beginning of a long cell: every row behind it would be gone without a word.

/// Follows a CSV text piece by piece, by the rules of RFC 4180: a mark opens a cell at its beginning only, two marks
/// within a quoted cell are one of the text.
#[derive(Debug, Clone)]
pub struct Quotes {
    separator: u8,
    at: At,
    /// Line feeds so far, and one.
    line: u64,
    /// The line of the last mark that opened a cell.
    opened: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    BeginOfCell,
    Plain,
    Quoted,
    /// Behind a mark within a quoted cell: the cell's end, or the first of two.
    MarkInQuoted,
}

impl Quotes {
    pub const fn new(separator: u8) -> Self {
        Quotes {
            separator,
            at: At::BeginOfCell,
            line: 1,
            opened: 1,
        }
    }

    /// Goes on with the next bytes of the text (UTF-8, or any encoding that leaves ASCII alone).
    pub fn follow(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.at = match (self.at, byte) {
                (At::BeginOfCell, b'"') => {
                    self.opened = self.line;
                    At::Quoted
                }
                (At::Quoted, b'"') => At::MarkInQuoted,
                (At::Quoted, _) | (At::MarkInQuoted, b'"') => At::Quoted,
                (At::BeginOfCell | At::Plain | At::MarkInQuoted, _) if self.ends_cell(byte) => {
                    At::BeginOfCell
                }
                (At::BeginOfCell | At::Plain | At::MarkInQuoted, _) => At::Plain,
            };
            self.line += u64::from(byte == b'\n');
        }
    }

    const fn ends_cell(&self, byte: u8) -> bool {
        byte == self.separator || matches!(byte, b'\n' | b'\r')
    }

    /// The line on which the mark stands that no other closed, once the text has ended.
    pub fn open_since(&self) -> Option<u64> {
        (self.at == At::Quoted).then_some(self.opened)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open_since(text: &str) -> Option<u64> {
        let mut quotes = Quotes::new(b',');
        // Piece by piece, as a file is read.
        text.as_bytes().chunks(3).for_each(|c| quotes.follow(c));
        quotes.open_since()
    }

    #[test]
    fn a_mark_that_nothing_closes_is_found_with_its_line() {
        assert_eq!(open_since("id,text\n1,\"broken\n2,x\n"), Some(2));
        assert_eq!(open_since("id,text\n1,\"two\nlines\"\n2,\"x"), Some(4));
        assert_eq!(open_since("a\n\""), Some(2));
        assert_eq!(open_since("a\n\"x\"\"\n"), Some(2));
    }

    #[test]
    fn marks_that_are_closed_doubled_or_of_the_text_are_no_fault() {
        for text in [
            "",
            "id,text\n1,x\n",
            "id,text\n1,\"a, b\"\n",
            "id,text\r\n1,\"he said \"\"no\"\"\"\r\n",
            "id,text\n1,5\" pipe\n",
            "id,text\n1, \"a space before it\n",
            "id,text\n1,\"\"\n",
            "id,text\n1,\"closed\" and on\"\n",
        ] {
            assert_eq!(open_since(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_open_here_swallows_rows_for_the_reader_of_csv_and_nothing_else_does() {
        for (text, rows) in [
            ("id,text\n1,\"broken\n2,x\n", 1),
            ("id,text\n1,\"closed\"\n2,x\n", 2),
            ("id,text\n1,5\" pipe\n2,x\n", 2),
            ("id,text\n1,\"closed\" and on\"\n2,x\n", 2),
        ] {
            let mut reader = csv::Reader::from_reader(text.as_bytes());
            assert_eq!(reader.records().count(), rows, "{text}");
            assert_eq!(open_since(text).is_some(), rows == 1, "{text}");
        }
    }
}
