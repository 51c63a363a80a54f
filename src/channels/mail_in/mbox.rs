//! The mbox format (RFC 4155), as `mboxrd` quotes it: many mails in one file, each below a line that begins with `From `.

use std::io::{BufRead, Read as _};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use super::error::{MailError, file_error};
use super::mailbox::{Incoming, LARGEST_MAIL};

/// Bytes of a line that are read at once.
const LONGEST_LINE: u64 = 1024 * 1024;

/// Reads one mail after the other; only one is held in memory.
#[derive(Debug)]
pub struct Reader<R> {
    from: R,
    path: PathBuf,
    written_at: Option<DateTime<Utc>>,
    /// How many mails were begun.
    count: usize,
    /// The line before was empty, or there was none.
    after_empty: bool,
    /// A mail's first line was read already.
    begun: bool,
    ended: bool,
}

impl<R: BufRead> Reader<R> {
    /// Reads from `from`, which lies at `path` and was last written at `written_at`.
    pub fn new(from: R, path: &Path, written_at: Option<DateTime<Utc>>) -> Self {
        Reader {
            from,
            path: path.to_owned(),
            written_at,
            count: 0,
            after_empty: true,
            begun: false,
            ended: false,
        }
    }

    /// The next line or the start of a very long one; empty at the end.
    fn line(&mut self) -> std::io::Result<Vec<u8>> {
        let mut line = Vec::new();
        self.from
            .by_ref()
            .take(LONGEST_LINE)
            .read_until(b'\n', &mut line)?;
        Ok(line)
    }

    fn mail(&mut self) -> Result<Option<Incoming>, MailError> {
        let mut raw = Vec::new();
        let mut too_large = false;
        let mut in_mail = self.begun;
        let mut line_begins = true;
        loop {
            let line = self.line().map_err(|error| {
                self.ended = true;
                file_error("read", &self.path)(error)
            })?;
            if line.is_empty() {
                self.ended = true;
                break;
            }
            let separates = line_begins && self.after_empty && is_separator(&line, self.count == 0);
            self.after_empty = line_begins && line.trim_ascii().is_empty();
            line_begins = line.ends_with(b"\n");
            if separates {
                self.begun = true;
                if in_mail {
                    break;
                }
                self.count += 1;
                in_mail = true;
                continue;
            }
            if in_mail {
                let line = unquoted(&line);
                too_large |= raw.len() + line.len() > LARGEST_MAIL;
                if !too_large {
                    raw.extend_from_slice(line);
                }
            }
        }
        if !in_mail {
            return Ok(None);
        }
        let place = format!("{}, mail {}", self.path.display(), self.count);
        if !self.ended {
            self.count += 1;
        }
        if too_large {
            return Err(MailError::TooLarge {
                place,
                most: LARGEST_MAIL,
            });
        }
        // The empty line before the next mail is the file's.
        for end in [&b"\r\n\r\n"[..], b"\n\n"] {
            if raw.ends_with(end) {
                raw.truncate(raw.len() - end.len() / 2);
            }
        }
        Ok(Some(Incoming {
            raw,
            place,
            file_time: self.written_at,
            file: None,
        }))
    }
}

impl<R: BufRead> Iterator for Reader<R> {
    type Item = Result<Incoming, MailError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        self.mail().transpose()
    }
}

/// Whether a line begins a mail. "From now on" at the start of a paragraph does not: the line has a time and a year.
fn is_separator(line: &[u8], is_first: bool) -> bool {
    let Some(rest) = line.strip_prefix(b"From ") else {
        return false;
    };
    let time = rest
        .windows(5)
        .any(|part| part[2] == b':' && [0, 1, 3, 4].iter().all(|at| part[*at].is_ascii_digit()));
    let year = rest.windows(4).any(|part| {
        (part.starts_with(b"19") || part.starts_with(b"20")) && part.iter().all(u8::is_ascii_digit)
    });
    is_first || (time && year)
}

/// A line without the mark that kept it from looking like the start of a mail.
fn unquoted(line: &[u8]) -> &[u8] {
    let marks = line.iter().take_while(|byte| **byte == b'>').count();
    if marks > 0 && line[marks..].starts_with(b"From ") {
        &line[1..]
    } else {
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mails(content: &str) -> Vec<String> {
        Reader::new(content.as_bytes(), Path::new("box"), None)
            .map(|mail| String::from_utf8(mail.unwrap().raw).unwrap())
            .collect()
    }

    #[test]
    fn mails_are_parted_and_their_quoted_lines_restored() {
        let content = "From a@example.org Tue Mar  3 10:00:00 2026\nSubject: 1\n\n>From hell\n>>From twice\n> From no\n\nFrom now on I complain.\n\nFrom b@example.org Tue Mar  3 10:00:00 +0300 2026\nSubject: 2\n\nend\n";
        assert_eq!(
            mails(content),
            [
                "Subject: 1\n\nFrom hell\n>From twice\n> From no\n\nFrom now on I complain.\n",
                "Subject: 2\n\nend\n"
            ]
        );
    }

    #[test]
    fn line_ends_of_windows_and_odd_first_lines_are_read() {
        let content = "From nobody\r\nSubject: 1\r\n\r\nx\r\n\r\nFrom - Tue Mar 03 10:00:00 2026\r\nSubject: 2\r\n\r\ny";
        assert_eq!(
            mails(content),
            ["Subject: 1\r\n\r\nx\r\n", "Subject: 2\r\n\r\ny"]
        );
        assert_eq!(mails("From a Tue Mar  3 10:00:00 2026\n"), [""]);
        assert!(mails("").is_empty());
    }

    #[test]
    fn places_are_counted() {
        let line = "From a Tue Mar  3 10:00:00 2026\nx\n\n";
        let content = line.repeat(3);
        let places: Vec<String> = Reader::new(content.as_bytes(), Path::new("box"), None)
            .map(|mail| mail.unwrap().place)
            .collect();
        assert_eq!(places, ["box, mail 1", "box, mail 2", "box, mail 3"]);
    }

    #[test]
    fn a_line_without_end_is_read_in_pieces() {
        let long = "x".repeat(3 * 1024 * 1024);
        let content = format!("From a Tue Mar  3 10:00:00 2026\n\n{long}\nend\n");
        assert_eq!(mails(&content), [format!("\n{long}\nend\n")]);
    }
}
