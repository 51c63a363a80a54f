//! One line of the log as it goes out: whatever a name of a file or an answer from outside brings along, it ends no line,
//! colours and moves nothing on a terminal, and turns no text around.

use std::fmt::Write as _;
use std::io::{self, Write};

/// The longest line, in characters: what is longer was made long by somebody.
const LONGEST: usize = 4_096;

/// Where the log goes.
#[derive(Debug)]
pub struct Lines {
    /// The lines are JSON: a sign is written as JSON writes it, and nothing is cut off.
    pub as_json: bool,
}

impl Write for Lines {
    /// Takes a whole line, as the log hands it over.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        let mut out = one_line(text.trim_end_matches('\n'), self.as_json);
        out.push('\n');
        io::stderr().write_all(out.as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// A text on one line, with every sign that does not show written out. Within JSON such signs stand in texts alone, so
/// the line stays the same object.
pub fn one_line(text: &str, as_json: bool) -> String {
    let mut line = String::with_capacity(text.len());
    for (at, sign) in text.chars().enumerate() {
        if at == LONGEST && !as_json {
            line.push_str(" ...");
            break;
        }
        let code = u32::from(sign);
        let written = match (is_unseen(sign), as_json) {
            (false, _) => {
                line.push(sign);
                Ok(())
            }
            (true, true) => write!(line, "\\u{code:04x}"),
            (true, false) => write!(line, "{}", sign.escape_default()),
        };
        // A text takes whatever is written into it.
        debug_assert!(written.is_ok());
    }
    line
}

/// Signs that end lines, steer terminals, or turn the direction of what follows (Unicode Technical Report 36, 2.2).
fn is_unseen(sign: char) -> bool {
    sign.is_control()
        || matches!(
            sign,
            '\u{61c}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{2069}'
                | '\u{feff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_stays_one_line_and_colours_nothing() {
        let said = one_line("a\nERROR b\r\u{1b}[2J\0\u{85}\u{2028}\u{202e}c", false);
        assert_eq!(said, r"a\nERROR b\r\u{1b}[2J\u{0}\u{85}\u{2028}\u{202e}c");
    }

    #[test]
    fn an_object_stays_the_same_object() {
        let name = "Ş\u{202e}gpj.exe\u{7f}";
        let whole = serde_json::json!({ "name": name }).to_string();
        let line = one_line(&whole, true);
        assert!(!line.contains(['\u{202e}', '\u{7f}']), "{line}");
        let read: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(read["name"], name);
    }

    #[test]
    fn a_line_for_people_has_an_end_and_an_object_is_whole() {
        let long = "x".repeat(100_000);
        assert!(one_line(&long, false).len() < LONGEST + 10);
        assert_eq!(one_line(&long, true), long);
    }
}
