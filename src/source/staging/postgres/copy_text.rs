//! A row in the text format of `COPY` (PostgreSQL's manual, "COPY", File Formats).

use std::borrow::Cow;

/// Gives the cells of a row, `None` for NULL. `line` may end with its line break.
pub(super) fn cells(line: &[u8]) -> impl Iterator<Item = Option<Cow<'_, [u8]>>> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.split(|byte| *byte == b'\t').map(cell)
}

/// A cell: a tab or line break within it is written with a backslash.
fn cell(written: &[u8]) -> Option<Cow<'_, [u8]>> {
    if written == b"\\N" {
        return None;
    }
    if !written.contains(&b'\\') {
        return Some(Cow::Borrowed(written));
    }
    let mut text = Vec::with_capacity(written.len());
    let mut rest = written.iter().copied();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            text.push(byte);
            continue;
        }
        match rest.next() {
            Some(b'b') => text.push(8),
            Some(b'f') => text.push(12),
            Some(b'n') => text.push(b'\n'),
            Some(b'r') => text.push(b'\r'),
            Some(b't') => text.push(b'\t'),
            Some(b'v') => text.push(11),
            Some(other) => text.push(other),
            None => text.push(b'\\'),
        }
    }
    Some(Cow::Owned(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Vec<Option<String>> {
        cells(line.as_bytes())
            .map(|cell| cell.map(|bytes| String::from_utf8(bytes.into_owned()).unwrap()))
            .collect()
    }

    fn text(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn nothing_and_an_empty_text_are_two_things() {
        assert_eq!(
            read("1\t\\N\t\t4\n"),
            [text("1"), None, text(""), text("4")]
        );
        // The text `\N` itself is written with two backslashes.
        assert_eq!(read("\\\\N\n"), [text("\\N")]);
    }

    #[test]
    fn what_is_written_with_a_backslash_comes_back() {
        assert_eq!(
            read("a\\tb\\nc\\\\d\tİade, дубль\\r\n"),
            [text("a\tb\nc\\d"), text("İade, дубль\r")]
        );
        assert_eq!(read("\\b\\f\\v"), [text("\u{8}\u{c}\u{b}")]);
    }
}
